"""Measures the throughput of a sweep beside that of `cim eval`, in turn, and its memory.

    .venv/bin/python tools/benchmarks/sweep.py ../shared/models/resnet20-cifar10.onnx \\
        cifar10:../shared/data/cifar-10-binary.tar.xz --points 200 --trials 10 --limit 2000

Whole commands are measured, in images per wall second of what they do after loading the data: for `eval` its program and
forward seconds, for the sweep all of its seconds but those of its start (an empty run of the same sweep).
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time


def run(*arguments):
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        output = pathlib.Path(scratch) / "out.json"
        process = subprocess.Popen(["build/bin/cim", *map(str, arguments), "--json", output], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"failed: {arguments}")
        return json.loads(output.read_text()), time.monotonic() - begin, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--limit", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    common = [options.model, "--data", options.data, "--limit", options.limit, "--quantize", 5]
    widths = ",".join(f"{2 * i / options.points:.6g}" for i in range(1, options.points + 1))
    images = options.points * options.trials * options.limit
    rates = []
    for index in range(options.rounds):
        document, _, evalMemory = run("eval", *common, "--noise", "normal:0.5qs", "--trials", options.trials)
        evalRate = options.trials * options.limit / (document["seconds"]["program"] + document["seconds"]["forward"])
        with tempfile.TemporaryDirectory() as scratch:
            sweep = [*common, "--vary", f"noise=normal:{{{widths}}}qs", "--trials", options.trials, "--store", f"{scratch}/s.sqlite"]
            _, whole, memory = run("sweep", *sweep)
            _, start, _ = run("sweep", *sweep)  # answers from the store
        rate = images / (whole - start)
        rates.append(rate / evalRate)
        print(f"round {index + 1}: sweep {rate:,.0f} images/s, {memory:.0f} MB; eval {evalRate:,.0f} images/s, {evalMemory:.0f} MB; "
              f"{100 * rates[-1]:.1f} %; the finished sweep answers in {start:.2f} s", flush=True)
    print(f"median: {100 * statistics.median(rates):.1f} % of eval")


if __name__ == "__main__":
    main()
