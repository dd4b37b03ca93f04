"""Runs the built `cim` while the system clock jumps by decades, forth and back
(JumpingClock.cpp), and on files from the future and the past.

Run one test with `.venv/bin/python tests/tools/cim/clock_jumps.py build/bin/cim build/lib/libjumping_clock.so
ClockJumps.test_sweep`.
"""

import contextlib
import io
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest

import numpy
import onnx

from small_network import small_network

CIM = CLOCK = None
NOISE = ("--vary", "noise=normal:{0.5,1}qs", "--quantize", 4, "--trials", 6)
YEAR = 365 * 86400


class ClockJumps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name)
        onnx.save(small_network(), cls.folder / "small.onnx")
        generator = numpy.random.default_rng(5)
        numpy.save(cls.folder / "x.npy", generator.normal(0, 1, (200, 3, 8, 8)).astype(numpy.float32))
        numpy.save(cls.folder / "y.npy", generator.integers(0, 4, 200))

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def environment(self, jumping):
        return {**os.environ, "XDG_CACHE_HOME": str(self.folder / "cache"), **({"LD_PRELOAD": CLOCK} if jumping else {})}

    def cim(self, *arguments, jumping=True):
        result = subprocess.run([CIM, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True,
                                timeout=100, env=self.environment(jumping))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def sweep(self, store, *more, jumping=True):
        return json.loads(self.cim("sweep", "small.onnx", "--data", "npy:x.npy,y.npy", *NOISE, "--store", store, *more,
                                   "--json", "-", jumping=jumping))

    def finished(self, store):
        with contextlib.closing(sqlite3.connect(self.folder / store)) as database:
            return [row[0] for row in database.execute("SELECT finished FROM trial")]

    def test_sweep(self):
        """The numbers are those of a steady clock, nothing is computed again, and stores merge."""
        steady = self.sweep("steady.sqlite", jumping=False)
        jumping = self.sweep("jumping.sqlite")
        self.assertEqual(jumping["points"], steady["points"])
        times = self.finished("jumping.sqlite")
        self.assertEqual(len(times), 12)
        # The fault has really happened.
        self.assertGreater(max(times), time.time() + 2 * YEAR)
        self.assertLess(min(times), 0)
        seconds = jumping["seconds"]
        for name, value in seconds.items():
            self.assertTrue(0 <= value < 100, seconds)
        for again in (True, False):
            document = self.sweep("jumping.sqlite", jumping=again)
            self.assertEqual((document["computed"], document["points"]), (0, steady["points"]))
        self.assertEqual(self.finished("jumping.sqlite"), times)
        self.cim("merge", "jumping.sqlite", "steady.sqlite", "-o", "both.sqlite")
        self.assertEqual(self.sweep("both.sqlite")["computed"], 0)
        self.cim("report", "jumping.sqlite", "-o", "report.html")
        self.assertIn("</html>", (self.folder / "report.html").read_text())

    def test_killed_and_resumed(self):
        """Times that lie ahead, and claims of a process that died, stop nobody."""
        command = [CIM, "sweep", "small.onnx", "--data", "npy:x.npy,y.npy", "--store", "killed.sqlite",
                   *map(str, NOISE[:-1]), "400"]
        process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env=self.environment(True))
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(sqlite3.Error):
                if len(self.finished("killed.sqlite")) >= 20:
                    break
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        self.assertEqual(process.wait(), -signal.SIGKILL, "it had finished before it could be killed")
        kept = len(self.finished("killed.sqlite"))
        document = json.loads(self.cim(*command[1:], "--json", "-"))
        self.assertEqual(document["computed"], 800 - kept)
        self.assertEqual(len(self.finished("killed.sqlite")), 800)

    def test_two_processes(self):
        """They share the work, although each believes the other to live in another century."""
        command = [CIM, "sweep", "small.onnx", "--data", "npy:x.npy,y.npy", "--store", "shared.sqlite",
                   *map(str, NOISE), "--json", "-"]
        processes = [subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, text=True,
                                      env=self.environment(jumping)) for jumping in (True, True, False)]
        documents = [json.loads(process.communicate(timeout=100)[0]) for process in processes]
        steady = self.sweep("alone.sqlite", jumping=False)
        for document in documents:
            self.assertEqual(document["points"], steady["points"])
        self.assertEqual(len(self.finished("shared.sqlite")), 12)

    def test_archives_of_other_times(self):
        """An archive that is replaced by an older one is read again; one from the future is as good as any."""
        path = self.folder / "cifar.tar.gz"
        seen = set()
        for label, when in [(1, time.time()), (2, time.time() + 50 * YEAR), (3, 0), (4, -10 * YEAR)]:
            batch = 20 * (bytes([label]) + bytes(3072))
            with tarfile.open(path, mode="w:gz") as archive:
                for name in ["data_batch_1.bin", "test_batch.bin"]:
                    info = tarfile.TarInfo("cifar-10-batches-bin/" + name)
                    info.size = len(batch)
                    archive.addfile(info, io.BytesIO(batch))
            os.utime(path, (when, when))
            for _ in range(2):
                seen.add(json.loads(self.cim("data", "cifar10:cifar.tar.gz", "--json", "-"))["data"]["sha256"])
            self.assertEqual(len(seen), label)


if __name__ == "__main__":
    CIM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    CLOCK = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
