#!/usr/bin/env python3
"""The study of layer-restricted retraining, repeated and taken further.

`experiments/retraining.py SHARED` with the folder of the shared models and data
runs every row with the built `cim`, and keeps the numbers in docs/reproduction.
Rows that are there already, from the same command, are not run again, so it can
be stopped and go on. Numbers do not depend on --threads and --jobs.

  published   as published, with the defaults of `cim retrain`: retraining.json
  best        with the settings that --search found: retraining.json
  cells       cells of all layers, no more than published: retraining.json
  order       all layers, C1 and C2 at the same depth: retraining.json
  extensions  each option beside the published method, on fewer images:
              extensions.json
  tolerance   C1 beside C2, chip by chip: tolerance.json
  networks    ResNet-20, and VGG-16, which has no residual blocks: networks.json

--search tries settings on images that are not trained on, and keeps the outcome
in search.json. --tables runs nothing and writes the tables of the documentation.
It needs nothing but Python, a `cim` (--cim) and the folder.
"""

import argparse
import concurrent.futures
import dataclasses
import itertools
import json
import os
import pathlib
import shlex
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[1]
CIFAR = "cifar10:$SHARED/data/cifar-10-binary.tar.xz"
MNIST = "mnist:$SHARED/data/mnist"
RESNET32 = "$SHARED/models/resnet32-cifar10.onnx"
CHIPS = ["--trials", "3", "--rewrites", "5"]


@dataclasses.dataclass
class Row:
    document: str  # of docs/reproduction, without its ending
    size: float  # of the errors, in ns
    plan: str  # layers that are retrained; roles for tolerance
    words: list  # after `cim`
    options: list  # beyond the published method, or those searched
    network: str = "resnet32"

    @property
    def command(self):
        return "cim " + " ".join(word if word.startswith("$") or ":$" in word else shlex.quote(word)
                                 for word in self.words)


def retraining(size, plan, options=(), document="retraining", model=RESNET32, data=CIFAR, chips=CHIPS, **more):
    words = ["retrain", model, "--data", data, *chips, "--noise", f"normal:{size}ns", "--select", plan, *options]
    return Row(document, size, plan, words, list(options), **more)


PUBLISHED = [retraining(0.06, "c2:18,layer2.0.conv2"), retraining(0.03, "c2:18"),
             retraining(0.06, "last:9"), retraining(0.03, "last:14")]
ORDER = [retraining(size, f"{kind}:18") for size in (0.06, 0.03) for kind in ("last", "c1", "c2")
         if (size, kind) != (0.03, "c2")]
# Any cells of all layers: in all no more than the selective plans rewrite, the
# network's 2,282 digital parameters included; and far fewer.
CELLS = [retraining(size, "last:32", ["--writes", str(writes), "--write-rounds", "3", "--adapt", "4000", "--limit",
                                      "20000", "--learning-rate", "0.03"])
         for size, writes in ((0.06, 194_368 - 2_282), (0.03, 185_088 - 2_282), (0.06, 46_187))]
FEWER = ["--trials", "3", "--rewrites", "5", "--limit", "10000", "--test-limit", "2000"]
EXTENSIONS = [retraining(0.06, "c2:18,layer2.0.conv2", options, document="extensions", chips=FEWER)
              for options in ([], ["--inject", "1"], ["--recalibrate-batch-norm", "2560"], ["--threshold", "0.06"],
                              ["--retrain-rounds", "2"], ["--adapt", "2560"], ["--adapt", "2560", "--inject", "1"])]
EXTENSIONS += [retraining(0.06, "last:32", [*options, "--adapt", "2560"], document="extensions", chips=FEWER)
               for options in (["--writes", "1"], ["--writes", "46187"], ["--writes", "194368"],
                               ["--writes", "194368", "--write-rounds", "3"])]
NETWORKS = [
    *(retraining(0.06, plan, document="networks", network="resnet20", model="$SHARED/models/resnet20-cifar10.onnx")
      for plan in ("last:9", "c2:12", "c1:12", "last:12")),
    # Of 0.06 ns VGG-16 takes no notice.
    *(retraining(0.2, plan, document="networks", network="vgg16", model="$OUT/vgg16-tolerance.mlir", data=MNIST,
                 chips=[*CHIPS, "--limit", "4000", "--test-limit", "1000"])
      for plan in ("last:10", "tolerant:10")),
]
TOLERANCE = [
    Row("tolerance", size, "role:C1,role:C2",
        ["tolerance", RESNET32, "--data", CIFAR, "--limit", "2000", "--trials", "20", "--noise", f"normal:{size}ns",
         "--layers", "role:C1,role:C2"], [])
    for size in (0.06, 0.12)]
# What NETWORKS' VGG-16 is selected by.
PREPARED = [(pathlib.Path("vgg16-tolerance.mlir"),
             ["tolerance", "$SHARED/models/vgg16-mnist.onnx", "--data", MNIST, "--limit", "500", "--trials", "5",
              "--noise", "normal:0.2ns", "-o", "$OUT/vgg16-tolerance.mlir"])]


def product(**choices):
    """All settings, as options: learning_rate=(0.01, 0.1) gives two."""
    for values in itertools.product(*choices.values()):
        yield [word for name, value in zip(choices, values)
               for word in (f"--{name.replace('_', '-')}", str(value))]


# By size and plan: the settings that are tried.
SEARCHED = {
    (0.06, "c2:18,layer2.0.conv2"): [
        *product(epochs=(2,), learning_rate=(0.03, 0.1), augment=("flip",)),
        *product(epochs=(1,), learning_rate=(0.003, 0.01, 0.03, 0.1), augment=("flip", "flip,crop:4")),
        *product(epochs=(1, 2), learning_rate=(0.3,), augment=("flip",)),
        *product(epochs=(4,), learning_rate=(0.1,), augment=("flip",)),
        *product(epochs=(1,), learning_rate=(0.1,), augment=("flip",), weight_decay=(5e-4, 3e-3, 1e-2)),
        *product(epochs=(2,), learning_rate=(0.1,), augment=("flip",), weight_decay=(3e-3, 1e-2)),
        *product(epochs=(1,), learning_rate=(0.1,), augment=("flip",), label_smoothing=(0.1,))],
    (0.03, "c2:18"): [
        *product(epochs=(1,), learning_rate=(0.003, 0.01, 0.03, 0.1), augment=("flip", "flip,crop:4")),
        *product(epochs=(2,), learning_rate=(0.1,), augment=("flip",)),
        *product(epochs=(1, 2), learning_rate=(0.1,), augment=("flip",), weight_decay=(3e-3,))],
    (0.06, "last:9"): [*product(epochs=(1,), learning_rate=(0.003, 0.01, 0.03, 0.1), augment=("flip",)),
                       *product(epochs=(2,), learning_rate=(0.1,), augment=("flip",)),
                       *product(epochs=(2,), learning_rate=(0.1,), augment=("flip",), weight_decay=(3e-3,))],
    (0.03, "last:14"): [*product(epochs=(1,), learning_rate=(0.01, 0.03, 0.1), augment=("flip",)),
                        *product(epochs=(2,), learning_rate=(0.1,), augment=("flip",), weight_decay=(1e-4, 3e-3))],
}
HELD_BACK = ["--trials", "1", "--rewrites", "3", "--hold-back", "0.04", "--validate"]
# Settings of CELLS, chosen on few images.
SEARCHED_CELLS = [retraining(0.06, "last:32", ["--writes", "192086", "--adapt", "4000", *options], document="search",
                             chips=["--trials", "1", "--rewrites", "2", "--hold-back", "0.2", "--validate", "--limit",
                                    "5000"])
                  for options in (*product(learning_rate=(0.01, 0.03, 0.1), write_rounds=(3,)),
                                  *product(learning_rate=(0.03,), write_rounds=(1,)))]


def searched():
    """The rows of --search: every plan with every setting."""
    return [*(retraining(size, plan, options, document="search", chips=HELD_BACK)
              for (size, plan), settings in SEARCHED.items() for options in settings), *SEARCHED_CELLS]


DEFAULTS = next(product(epochs=(1,), learning_rate=(0.01,), augment=("flip",)))


def best(rows):
    """With the settings that served best on images held back, by the rows of
    search.json."""
    found = []
    for size, plan in SEARCHED:
        tried = [row for row in rows if (row["size"], row["plan"]) == (size, plan)]
        if tried:
            options = max(tried, key=lambda row: row["rewritten"]["mean"])["options"]
            if options != DEFAULTS:  # else it is a published row
                found.append(retraining(size, plan, options))
    return found


class Experiment:
    def __init__(self, arguments):
        self.arguments = arguments
        self.lock = threading.Lock()
        self.folder = arguments.output
        self.folder.mkdir(parents=True, exist_ok=True)
        self.documents = {}

    def document(self, name):
        if name not in self.documents:
            path = self.folder / f"{name}.json"
            self.documents[name] = json.loads(path.read_text()) if path.exists() else {"rows": []}
        return self.documents[name]

    def cim(self, words):
        places = {"$SHARED": str(self.arguments.shared), "$OUT": str(self.folder)}
        for name, place in places.items():
            words = [word.replace(name, place) for word in words]
        if self.arguments.threads:
            words = [*words, "--threads", str(self.arguments.threads)]
        result = subprocess.run([self.arguments.cim.absolute(), *words, "--json", "-"], stdout=subprocess.PIPE, text=True)
        if result.returncode != 0:
            raise SystemExit(result.returncode)
        return json.loads(result.stdout)

    def run(self, row):
        answer = self.cim(row.words)
        entry = {"size": row.size, "plan": row.plan}
        if row.document == "networks":
            entry["network"] = row.network
        if row.options:
            entry["options"] = row.options
        if row.document == "tolerance":
            entry |= {"exact": answer["exact"], "layers": answer["layers"], "comparison": answer["comparison"]}
        else:
            written = [cells for chip in answer["chips"] for cells in chip["cells_written"]]
            # A plan's count is of all that it retrains. Where cells are chosen one
            # by one it is those that were written, with all that is digital.
            weights = max(written) + answer["digital_parameters"] if "--writes" in row.options else answer["weights"]
            accuracy = answer["accuracy"]
            entry |= {"weights": weights, "depth": answer["depth"], "cells_written": max(written),
                      "float": accuracy["float"]["mean"], "injected": accuracy["injected"],
                      "retrained": accuracy["retrained"], "rewritten": accuracy["rewritten"]}
        entry |= {"seconds": round(answer["seconds"]["total"], 1), "command": row.command}
        with self.lock:
            self.keep(row.document, entry)
            print(self.summary(row, entry), flush=True)

    def keep(self, name, entry):
        """Adds it, and writes the document whole, in the order of the study."""
        rows = self.document(name)["rows"]
        rows.append(entry)
        known = [*itertools.chain(*self.parts().values()), *searched()]
        order = {row.command: place for place, row in enumerate(known)}
        rows.sort(key=lambda row: order.get(row["command"], len(order)))
        path = self.folder / f"{name}.json"
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(self.document(name), indent=1) + "\n")
        os.replace(draft, path)

    def parts(self):
        return {"published": PUBLISHED, "best": best(self.document("search")["rows"]), "cells": CELLS, "order": ORDER,
                "extensions": EXTENSIONS, "tolerance": TOLERANCE, "networks": NETWORKS}

    @staticmethod
    def summary(row, entry):
        words = [row.network, str(row.size), row.plan, *row.options]
        if "rewritten" in entry:
            words += [f"{key} {100 * entry[key]['mean']:.2f}" for key in ("injected", "retrained", "rewritten")]
            words.append(f"cells {entry['cells_written']}")
        return "  ".join([*words, f"{entry['seconds']} s"])

    def go(self, rows):
        wanted = self.arguments.only
        done = {entry["command"] for name in {row.document for row in rows} for entry in self.document(name)["rows"]}
        rows = [row for row in rows if wanted in row.command and row.command not in done]
        if not rows:
            return
        # One process unpacks the archive; the others find it unpacked.
        self.cim(["eval", RESNET32, "--data", CIFAR, "--limit", "1"])
        for file, words in PREPARED:
            if any(str(file) in row.command for row in rows) and not (self.folder / file).exists():
                self.cim(words)
        with concurrent.futures.ThreadPoolExecutor(self.arguments.jobs) as pool:
            tasks = [pool.submit(self.run, row) for row in rows]
            try:
                for task in concurrent.futures.as_completed(tasks):
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()


def percent(measure):
    spread = f" ± {100 * measure['std']:.1f}" if measure.get("std") is not None else ""
    return f"{100 * measure['mean']:.1f}{spread}"


# Accuracy after rewriting.
PUBLISHED_ACCURACY = {(0.03, "last:14"): "88.7", (0.03, "c2:18"): "90.4", (0.06, "last:9"): "57.5",
                      (0.06, "c2:18,layer2.0.conv2"): "80.9"}


def markdown(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def retraining_table(name, rows):
    """What is published is of ResNet-32 and all images, as in the first table."""
    networks, published = name == "networks", name == "retraining"
    heads = ["errors", "retrained", "options", "weights written", "injected", "retrained", "rewritten"]
    return markdown(["network"] * networks + heads + ["published"] * published,
                    [[row.get("network")] * networks +
                     [row["size"], f"`{row['plan']}`", f"`{' '.join(row['options'])}`" if "options" in row else "",
                      f"{row['weights']:,}", percent(row["injected"]), percent(row["retrained"]),
                      percent(row["rewritten"])] +
                     [PUBLISHED_ACCURACY.get((row["size"], row["plan"]), "")] * published
                     for row in rows])


def tolerance_table(row):
    lines = []
    for block in row["comparison"]:
        difference = block["difference"]
        low, high = (f"{100 * value:.2f}" for value in difference["ci95"])
        lines.append([block["c1"], block["c2"], f"{100 * difference['mean']:.2f}", f"{low} to {high}"])
    return markdown(["C1", "C2", f"C2 − C1 at {row['size']} ns, points", "95 %"], lines)


def search_table(rows):
    rows = sorted(rows, key=lambda row: (row["size"], row["plan"], -row["rewritten"]["mean"]))
    return markdown(["errors", "retrained", "settings", "retrained", "rewritten"],
                    [[row["size"], f"`{row['plan']}`", f"`{' '.join(row['options'])}`", percent(row["retrained"]),
                      percent(row["rewritten"])] for row in rows])


def write_tables(folder, page):
    """Puts each table between its marks in the page."""
    text = page.read_text()
    for name in ("retraining", "extensions", "networks", "tolerance", "search"):
        path = folder / f"{name}.json"
        rows = json.loads(path.read_text())["rows"] if path.exists() else []
        if not rows:
            table = "To come.\n"
        elif name == "tolerance":
            table = "\n".join(map(tolerance_table, rows))
        else:
            table = search_table(rows) if name == "search" else retraining_table(name, rows)
        begin, end = f"<!-- table {name} -->\n", "<!-- end -->\n"
        before, rest = text.split(begin)
        text = before + begin + "\n" + table + "\n" + end + rest.split(end, 1)[1]
    page.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=pathlib.Path, nargs="?", help="the folder of models and data")
    parser.add_argument("--cim", type=pathlib.Path, default=ROOT / "build/bin/cim")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs/reproduction")
    parser.add_argument("--part", action="append", help="may be repeated (default: all)")
    parser.add_argument("--only", default="", help="rows whose command contains this text")
    parser.add_argument("--threads", type=int, help="of each process (default: all cores)")
    parser.add_argument("--jobs", type=int, default=1, help="processes at the same time (default: 1)")
    parser.add_argument("--search", action="store_true")
    parser.add_argument("--tables", action="store_true")
    parser.add_argument("--page", type=pathlib.Path, default=ROOT / "docs/reproduction.md", help="for --tables")
    arguments = parser.parse_args()
    if arguments.tables:
        return write_tables(arguments.output, arguments.page)
    if not arguments.shared:
        parser.error("name the folder of the shared models and data")
    experiment = Experiment(arguments)
    parts = experiment.parts()
    for part in arguments.part or []:
        if part not in parts:
            parser.error(f"--part {part}: write one of {', '.join(parts)}")
    rows = itertools.chain(*(parts[part] for part in arguments.part or parts))
    experiment.go(searched() if arguments.search else list(rows))


if __name__ == "__main__":
    main()
