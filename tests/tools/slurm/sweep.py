"""Runs tools/slurm/sweep on a Slurm cluster of this machine: an array job, killed once, then the merge.

That is skipped, loudly, where such a cluster cannot start; what the script submits is checked without one.
"""

import contextlib
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

import numpy
import onnx

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cim"))
from cluster import CannotStart, Cluster  # noqa: E402
from small_network import small_network  # noqa: E402

CIM = SCRIPT = None


class Slurm(unittest.TestCase):
    def setUp(self):
        try:
            self.cluster = Cluster()
        except CannotStart as reason:
            self.skipTest(f"SKIPPED: no Slurm cluster on this machine: {reason}")
        self.addCleanup(self.cluster.close)
        scratch = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        onnx.save(small_network(), self.folder / "small.onnx")
        generator = numpy.random.default_rng(2)
        numpy.save(self.folder / "x.npy", generator.normal(0, 1, (300, 3, 8, 8)).astype(numpy.float32))
        numpy.save(self.folder / "y.npy", generator.integers(0, 4, 300))
        self.options = ["small.onnx", "--data", "npy:x.npy,y.npy", "--quantize", "4", "--vary",
                        "noise=normal:{0.25,0.5,1}qs", "--trials", "60", "--instruction-set", "avx2"]

    def submit(self):
        result = subprocess.run([SCRIPT, "3", "results", *self.options], cwd=self.folder, capture_output=True, text=True,
                                env=dict(self.cluster.environment, CIM=CIM), timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        return re.search(r"array job (\d+), then merge job (\d+)", result.stdout).groups()

    def wait_for_jobs(self, seconds=100):
        end = time.monotonic() + seconds
        while self.cluster.output("squeue", "-h"):
            self.assertLess(time.monotonic(), end, self.cluster.output("squeue"))
            time.sleep(0.3)

    def rows(self, store):
        with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
            return database.execute("SELECT hash, seed, trial, correct, correct_top5 FROM trial JOIN point ON point = id "
                                    "ORDER BY hash, seed, trial").fetchall()

    def test_array_job(self):
        whole = self.folder / "whole.sqlite"
        subprocess.run([CIM, "sweep", *self.options, "--store", whole], cwd=self.folder, check=True, capture_output=True)
        results = self.folder / "results"
        array, _ = self.submit()
        end = time.monotonic() + 60
        while not (results / "shard-1.sqlite").exists() and time.monotonic() < end:
            time.sleep(0.02)
        subprocess.run(["scancel", "--signal=KILL", array], env=self.cluster.environment, check=True)
        self.wait_for_jobs()
        self.submit()
        self.wait_for_jobs()
        logs = "".join(log.read_text() for log in results.glob("*.log"))
        self.assertTrue((results / "all.sqlite").exists(), logs)
        self.assertEqual(self.rows(results / "all.sqlite"), self.rows(whole))
        self.assertEqual(len(self.rows(whole)), 180)
        self.assertIn("</html>", (results / "report.html").read_text())
        shards = [len(self.rows(results / f"shard-{i}.sqlite")) for i in (1, 2, 3)]
        self.assertEqual(shards, [60, 60, 60])


class Submission(unittest.TestCase):
    """Of jobs to a stand-in for `sbatch` that keeps the last array job's script."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        sbatch = self.folder / "sbatch"
        sbatch.write_text('#!/bin/sh\ncase "$*" in *--array=*) cat >array ;; *) cat >/dev/null ;; esac\necho 7\n')
        sbatch.chmod(0o755)

    def submit(self, *arguments):
        environment = dict(os.environ, CIM=CIM, PATH=f"{self.folder}:{os.environ['PATH']}")
        return subprocess.run([SCRIPT, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True)

    def test_threads(self):
        for options, given in (((), '--threads "${SLURM_CPUS_ON_NODE:-1}"'), (("--threads", "3"), "--threads 3"),
                               (("--threads=3",), "--threads=3")):
            self.assertEqual(self.submit("2", "results", "x.onnx", *options).returncode, 0)
            job = (self.folder / "array").read_text()
            self.assertIn(given, job)
            self.assertEqual(job.count("--threads"), 1, job)

    def test_wrong_usage(self):
        for arguments in ([], ["0", "results", "x.onnx"], ["3", "results"]):
            self.assertEqual(self.submit(*arguments).returncode, 2)

    def test_options_that_all_tasks_would_share(self):
        for options in (["--store", "x.sqlite"], ["--shard=1/2"], ["--json", "x.json"], ["--json=-"], ["-o", "x.html"],
                        ["-ox.html"], ["--output=x.html"], ["--watch", "x.html"], ["--watch=x.html"]):
            result = self.submit("3", "results", "x.onnx", *options)
            self.assertEqual(result.returncode, 2, options)
            self.assertRegex(result.stderr, r"\Atools/slurm/sweep: -.* would be the same for every task.*\n\Z")
        self.assertFalse((self.folder / "results").exists())


if __name__ == "__main__":
    CIM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    SCRIPT = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
