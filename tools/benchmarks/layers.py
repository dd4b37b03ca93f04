"""The layers of a network under the roofline: what each takes on one core, beside
the least that its multiply-adds and its bytes leave possible. Prints a markdown
table, in which layers of one shape and kernel stand together; medians.

The ideal time is the longer of two. Multiply-adds are those that the kernel's
algorithm does for the results that it stores, without its transforms: of
Winograd's, whole tiles, without padding channels. They run at the peak that
`cim eval --profile` measures. Bytes are the activations of a step and its
weights, once per pass. They arrive as fast as a core reads the nearest memory
that holds all of a pass's, by `bench-kernels`: a step that fits into the
second-level cache is not asked whether its operands are still there.
"""

import argparse
import collections
import json
import math
import os
import pathlib
import re
import statistics
import subprocess
import tempfile

import numpy

from compare import npy
from paths import BUILD, SHARED, cpu_name
from roofline import KERNELS
from sweep import run, spent

CACHES = {2: "second-level cache", 3: "third-level cache"}  # bench-kernels' names
SMALL = 0.01  # of the time; rows that take less are one


def parse(lines):
    """A message of protobuf's text format: a list of values for each name."""
    message = collections.defaultdict(list)
    for line in map(str.strip, lines):
        if line == "}":
            break
        if line.endswith("{"):
            message[line[:-1].strip()].append(parse(lines))
        else:
            name, value = line.split(": ", 1)
            message[name] += json.loads(value) if value.startswith("[") else [value.strip('"')]
    return message


class Shape:
    """Of a step of a plan: for people, and how much of Winograd's tiles is beyond the result."""

    def __init__(self, step, values):
        shapes = [list(map(int, values[int(v)]["shape"])) for v in (*step["inputs"], *step["outputs"])]
        first, result = shapes[0], shapes[-1]
        self.size = result[:1:-1] if len(result) == 4 else []  # width, height
        area = f" @{self.size[0]}²" if len(set(self.size)) == 1 else " @" + "×".join(map(str, self.size)) if self.size else ""
        self.text = f"{result[1]}{area}" if len(result) > 1 else ""
        if step["operation"] == ["conv"]:
            weights = shapes[1]
            strides = [a["value"][0]["integers"][0]["values"][-1] for a in step["attributes"] if a["key"] == ["strides"]]
            stride, groups = max([1, *strides]), first[1] // weights[1]
            self.text = (f"{first[1]}→{result[1]} {weights[3]}×{weights[2]}{area}" + (f", stride {stride}" if stride > 1 else "")
                         + (f", {groups} groups" if groups > 1 else ""))
        elif step["layer"]:  # dense
            self.text = f"{math.prod(shapes[1]) // result[-1]}→{result[-1]}"

    def products(self, kernel):
        """Multiply-adds of the kernel's algorithm over those of a direct convolution."""
        found = re.match(r"winograd (\d+)x", kernel)
        if not found:
            return 1
        results = int(found[1])
        tiles = math.prod(math.ceil(size / results) for size in self.size)
        return tiles * (results + 2) ** 2 / (9 * math.prod(self.size))


def memories():
    """Of each memory that bench-kernels measures, from the nearest: bytes that fit, GB/s, name."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        subprocess.run([KERNELS, "--benchmark_filter=^memory/", f"--benchmark_out={out.name}", "--benchmark_out_format=json"],
                       check=True, stdout=subprocess.DEVNULL)
        speeds = {r["name"].split("/")[1]: r["GB/s"] for r in json.loads(pathlib.Path(out.name).read_text())["benchmarks"]}
    sizes = {}
    for cache in pathlib.Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"):
        size = (cache / "size").read_text().strip()
        sizes[CACHES.get(int((cache / "level").read_text()))] = int(size.removesuffix("K")) * 1024
    return sorted((math.inf if name == "main memory" else sizes.get(name, 0), speed, name) for name, speed in speeds.items())


def ideal(operations, size, pass_images, peak, memories):
    """Microseconds of an image, and what they are spent on."""
    _, speed, name = next(memory for memory in memories if size * pass_images <= memory[0])
    return max((operations / peak / 1e3, "multiply-adds"), (size / speed / 1e3, name))


def rows_of(document, shapes, memories, each=False):
    """Of one document of `cim eval --profile` with medians as its seconds: rows, the longest first."""
    images = document["data"]["images"]
    rows = {}
    for index, step in enumerate(document["profile"]["steps"]):
        seconds, kernel = step["seconds"] / images, step["kernel"] or "none (reference)"
        shape = shapes.get((step["name"], step["operation"]))
        direct = (step["gflops"] or 0) * 1e9 * seconds
        done = direct * (shape.products(kernel) if shape else 1)
        least, limit = ideal(done, step["gigabytes_per_second"] * 1e9 * seconds, step["images_per_pass"],
                             document["profile"]["peak_gflops"], memories)
        text = shape.text if shape else ""
        row = rows.setdefault(index if each else (text, kernel, limit, step["images_per_pass"]), {
            "name": step["name"], "steps": 0, "shape": text, "kernel": kernel, "images_per_pass": step["images_per_pass"], "limit": limit,
            "microseconds": 0, "operations": 0, "ideal_microseconds": 0})
        row["steps"] += 1
        row["microseconds"] += 1e6 * seconds
        row["operations"] += direct
        row["ideal_microseconds"] += least
    return sorted(rows.values(), key=lambda row: -row["microseconds"])


def summed(rows, **labels):
    return {key: sum(row[key] for row in rows) for key in ("steps", "microseconds", "operations", "ideal_microseconds")} | labels


def markdown(rows, each=False):
    total = summed(rows, shape="all", kernel="", images_per_pass="", limit="", name="all")
    shown = rows if each else [row for row in rows if row["microseconds"] >= SMALL * total["microseconds"]]
    if small := [row for row in rows if row not in shown]:
        shown = [*shown, summed(small, shape="the rest", kernel="", images_per_pass="", limit="")]
    lines = [f"| {'step' if each else 'steps'} | shape | kernel | images together | µs per image | share | GFLOP/s | ideal µs | limit | "
             "times ideal |", "|" + "---|" * 10]
    for row in (*shown, total):
        time, least = row["microseconds"], row["ideal_microseconds"]
        cells = [row["name"] if each else str(row["steps"]), row["shape"], row["kernel"], str(row["images_per_pass"]), f"{time:,.1f}",
                 f"{100 * time / total['microseconds']:.1f} %", f"{row['operations'] / time / 1e3:.0f}" if row["operations"] else "",
                 f"{least:,.1f}", row["limit"], f"{time / least:.2f}" if least else ""]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def profiled(model, images, rounds, directory, options):
    """A document with medians for seconds, and the shapes of the steps."""
    plan = model
    if plan.suffix != ".plan":
        plan = directory / "network.plan"
        spent("compile", model, "-o", plan)
    with plan.open() as lines:
        program = parse(lines)
    shapes = {(step["name"][0] if step["name"] else "", step["operation"][0]): Shape(step, program["values"])
              for step in program["steps"]}
    channels, height, width = map(int, program["values"][int(program["inputs"][0])]["shape"][1:])
    images = images or (2000 if width < 100 else 40)
    data = npy(numpy.random.default_rng(0).standard_normal((images, channels, height, width), dtype=numpy.float32), directory)
    documents = [run("eval", plan, "--data", data, "--threads", 1, "--profile", *options)[0] for _ in range(rounds)]
    document = documents[0]
    document["seconds"]["forward"] = statistics.median(d["seconds"]["forward"] for d in documents)
    # Other work on the machine only lowers a peak.
    document["profile"]["peak_gflops"] = max(d["profile"]["peak_gflops"] for d in documents)
    for index, step in enumerate(document["profile"]["steps"]):
        seconds = statistics.median(d["profile"]["steps"][index]["seconds"] for d in documents)
        for rate in ("gflops", "gigabytes_per_second"):
            step[rate] = step[rate] and step[rate] * step["seconds"] / seconds
        step["seconds"] = seconds
    return document, shapes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=pathlib.Path, default=SHARED / "models/resnet32-cifar10.onnx")
    parser.add_argument("--images", type=int, help="random images of a run (default: 2,000, or 40 of 100×100 or more)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--precision", choices=("f32", "f32-strict"), default="f32")  # of bf16's products no peak is known
    parser.add_argument("--each", action="store_true", help="a row for every step")
    parser.add_argument("--json", default=str(BUILD / "bench-layers.json"), help="where the figures are saved")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        document, shapes = profiled(arguments.model, arguments.images, arguments.rounds, pathlib.Path(directory),
                                    ("--precision", arguments.precision))
    measured = memories()
    rows = rows_of(document, shapes, measured, arguments.each)
    images, peak = document["data"]["images"], document["profile"]["peak_gflops"]
    print(f"{arguments.model}, {images:,} images in micro-batches of {document['options']['micro-batch']}, {arguments.precision}, one core "
          f"(peak {peak:.0f} GFLOP/s; " + ", ".join(f"{name} {speed:.0f} GB/s" for _, speed, name in measured) + "):\n")
    print(markdown(rows, arguments.each))
    print(f"\nWith reading images and what is between steps, {1e6 * document['seconds']['forward'] / images:.2f} µs per image.")
    pathlib.Path(arguments.json).write_text(json.dumps({
        "machine": {"cpu": cpu_name(), "cores": os.cpu_count()}, "model": str(arguments.model), "images": images,
        "micro_batch": document["options"]["micro-batch"], "precision": arguments.precision, "rounds": arguments.rounds,
        "peak_gflops": peak, "memories": {name: {"gigabytes_per_second": speed, "bytes": size if size < math.inf else None}
                                          for size, speed, name in measured},
        "forward_microseconds": 1e6 * document["seconds"]["forward"] / images, "rows": rows}, indent=1) + "\n")
    print(f"saved {arguments.json}")


if __name__ == "__main__":
    main()
