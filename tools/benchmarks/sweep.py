"""Measures the throughput of a sweep beside that of `cim eval`, in turn; whether its memory stays flat; and how quickly a
finished sweep and a store of a million chips answer.

    .venv/bin/python tools/benchmarks/sweep.py ../shared/models/resnet20-cifar10.onnx \\
        cifar10:../shared/data/cifar-10-binary.tar.xz --points 200 --trials 10 --limit 2000

Whole commands are measured, in images per wall second of what they do after loading the data: for `eval` its program and
forward seconds, for the sweep all of its seconds but those of its start (an empty run of the same sweep). Memory is the peak
resident size of the whole process, of the sweep and of one with a tenth of its points.
"""

import argparse
import json
import os
import pathlib
import sqlite3
import statistics
import subprocess
import tempfile
import time

from paths import CIM


def spent(*arguments):
    """Wall seconds and peak megabytes of a whole process; of the latter not less than this one's own, which it begins with."""
    begin = time.monotonic()
    process = subprocess.Popen([CIM, *map(str, arguments)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {arguments}")
    return time.monotonic() - begin, usage.ru_maxrss / 1024


def run(*arguments):
    """cim's document, and what the process spent."""
    with tempfile.TemporaryDirectory() as scratch:
        output = pathlib.Path(scratch) / "out.json"
        seconds, megabytes = spent(*arguments, "--json", output)
        return json.loads(output.read_text()), seconds, megabytes


def fill(store, chips, images):
    """Adds chips until there are so many, shared by the store's points, each with any number of right images."""
    with sqlite3.connect(store) as database:
        points = [id for id, in database.execute("SELECT id FROM point")]
        for point in points:
            database.execute("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT ?) INSERT OR IGNORE INTO trial "
                             "SELECT ?, 0, i, abs(random() % ?), ?, 0, 0, 0 FROM n", (chips // len(points), point, images, images))


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

    def sweep(points, store):
        widths = ",".join(f"{2 * i / options.points:.6g}" for i in range(1, points + 1))
        return ["sweep", *common, "--vary", f"noise=normal:{{{widths}}}qs", "--trials", options.trials, "--store", store]

    images = options.points * options.trials * options.limit
    rates = []
    for index in range(options.rounds):
        document, _, evalMemory = run("eval", *common, "--noise", "normal:0.5qs", "--trials", options.trials)
        evalRate = options.trials * options.limit / (document["seconds"]["program"] + document["seconds"]["forward"])
        with tempfile.TemporaryDirectory() as scratch:
            whole_sweep = sweep(options.points, f"{scratch}/s.sqlite")
            _, whole, memory = run(*whole_sweep)
            _, start, _ = run(*whole_sweep)  # answers from the store
        rate = images / (whole - start)
        rates.append(rate / evalRate)
        print(f"round {index + 1}: sweep {rate:,.0f} images/s, {memory:.0f} MB; eval {evalRate:,.0f} images/s, {evalMemory:.0f} MB; "
              f"{100 * rates[-1]:.1f} %; the finished sweep answers in {start:.2f} s", flush=True)
    print(f"median: {100 * statistics.median(rates):.1f} % of eval", flush=True)

    with tempfile.TemporaryDirectory() as scratch:
        fewer = max(1, options.points // 10)
        _, _, fewerMemory = run(*sweep(fewer, f"{scratch}/few.sqlite"))
        print(f"peak memory: {fewerMemory:.0f} MB over {fewer} points, {memory:.0f} MB over {options.points}", flush=True)
        run(*sweep(10, f"{scratch}/many.sqlite"))
        fill(f"{scratch}/many.sqlite", 1_000_000, options.limit)
        report, seconds, reportMemory = run("report", f"{scratch}/many.sqlite", "-o", f"{scratch}/many.html")
        print(f"a report of {report['studies'][0]['chips']:,} chips in {report['studies'][0]['points']} points: {seconds:.2f} s, "
              f"{reportMemory:.0f} MB")


if __name__ == "__main__":
    main()
