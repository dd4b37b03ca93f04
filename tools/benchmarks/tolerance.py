"""`cim tolerance` beside separate evaluations: errors in one layer at a time, with
and without sharing the work in front of the layer. Both take turns; medians.

A separate evaluation is `cim eval --layers NAME` of one chip, of which only
writing and running count, not starting the program, compiling or opening the data.
One is run for every layer, and counts as often as there are chips. (Asked for
several chips, `cim eval` shares the work in front of the layer, too.) The
accuracies are compared: they must be equal.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

from paths import CIM, SHARED


def run(command, *options):
    result = subprocess.run([CIM, command, *map(str, options), "--json", "-"], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(result.stderr.strip())
    return json.loads(result.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=SHARED / "models/resnet32-cifar10.onnx")
    parser.add_argument("--data", default=f"cifar10:{SHARED / 'data/cifar-10-binary.tar.xz'}")
    parser.add_argument("--noise", default="normal:0.06ns")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    common = (arguments.model, "--data", arguments.data, "--limit", arguments.images, "--noise", arguments.noise,
              "--threads", arguments.threads)
    shared, separate = [], []

    def evaluate(layer):
        """Seconds of one chip with errors in one layer."""
        alone = run("eval", *common, "--layers", layer["name"], "--trials", 1)
        if alone["accuracy"]["trials"] != layer["accuracy"]["trials"][:1]:
            sys.exit(f"{layer['name']}: {alone['accuracy']} alone, {layer['accuracy']} with shared work")
        return alone["seconds"]["program"] + alone["seconds"]["forward"]

    for _ in range(arguments.rounds):
        document = run("tolerance", *common, "--trials", arguments.trials)
        shared.append(document["seconds"]["program"] + document["seconds"]["forward"])
        separate.append(arguments.trials * sum(evaluate(layer) for layer in document["layers"]))
        print(f"shared {shared[-1]:.2f} s, separate {separate[-1]:.2f} s: {separate[-1] / shared[-1]:.2f}x", flush=True)
    a, b = statistics.median(shared), statistics.median(separate)
    evaluations = len(document["layers"]) * arguments.trials
    print(f"{evaluations} evaluations of {arguments.images:,} images on {arguments.threads} threads: shared {a:.2f} s, "
          f"separate {b:.2f} s, {b / a:.2f}x; all numbers equal")


if __name__ == "__main__":
    main()
