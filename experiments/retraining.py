#!/usr/bin/env python3
"""The study of layer-restricted retraining: ResNet-32 on CIFAR-10.

Runs every row with `cim retrain` on the full test set and keeps them in
docs/reproduction/retraining.json. Rows that are there already, from the same
command, are not run again, so it can be stopped and go on: `experiments/retraining.py
SHARED` with the folder of the shared models and data; `--only TEXT` runs the
rows whose command contains TEXT.
"""

import argparse
import json
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
RESULT = ROOT / "docs/reproduction/retraining.json"
COMMON = ["retrain", "$SHARED/models/resnet32-cifar10.onnx", "--data", "cifar10:$SHARED/data/cifar-10-binary.tar.xz",
          "--trials", "3", "--rewrites", "5"]
# As published: one epoch with the defaults of `cim retrain`.
PUBLISHED = [(0.03, "last:14", []), (0.03, "c2:18", []),
             (0.06, "last:9", []), (0.06, "c2:18,layer2.0.conv2", [])]
# Beyond it. The settings were chosen by hand; a search on images held back from
# training (`--hold-back 0.1 --validate`) has yet to improve them.
EXTENDED = [
    (0.03, "c2:18", ["--recalibrate-batch-norm", "2560"]),
    (0.06, "c2:18,layer2.0.conv2", ["--recalibrate-batch-norm", "2560"]),
    (0.03, "c2:18", ["--recalibrate-batch-norm", "2560", "--inject", "1"]),
    (0.06, "c2:18,layer2.0.conv2", ["--recalibrate-batch-norm", "2560", "--inject", "1"]),
    (0.03, "c2:18", ["--recalibrate-batch-norm", "2560", "--threshold", "0.03"]),
    (0.06, "c2:18,layer2.0.conv2", ["--recalibrate-batch-norm", "2560", "--threshold", "0.06"]),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=pathlib.Path)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    document = json.loads(RESULT.read_text()) if RESULT.exists() else {"rows": []}
    for size, plan, options in PUBLISHED + EXTENDED:
        words = [*COMMON, "--noise", f"normal:{size}ns", "--select", plan, *options]
        command = "cim " + " ".join(word if word.startswith(("$", "cifar10")) else shlex.quote(word) for word in words)
        if arguments.only not in command or any(row["command"] == command for row in document["rows"]):
            continue
        print(command, flush=True)
        result = subprocess.run(
            [ROOT / "build/bin/cim", *(word.replace("$SHARED", str(arguments.shared)) for word in words), "--json", "-"],
            stdout=subprocess.PIPE, text=True)
        if result.returncode != 0:
            sys.exit(result.returncode)
        answer = json.loads(result.stdout)
        accuracy = answer["accuracy"]
        document["rows"].append({
            "size": size, "plan": plan, "extensions": options, "weights": answer["weights"], "depth": answer["depth"],
            "cells_written": [chip["cells_written"] for chip in answer["chips"]],
            "injected": accuracy["injected"], "retrained": accuracy["retrained"], "rewritten": accuracy["rewritten"],
            "seconds": answer["seconds"]["total"], "command": command})
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(document, indent=1) + "\n")
        print("  " + "  ".join(f"{key} {100 * accuracy[key]['mean']:.2f}"
                               for key in ("injected", "retrained", "rewritten")), flush=True)


if __name__ == "__main__":
    main()
