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
import sys
import tarfile
import time


from cim_test_case import CimTestCase, DATA, SLOWNESS, main

CLOCK = None
NOISE = ("--vary", "noise=normal:{0.5,1}qs", "--quantize", 4, "--trials", 6)
YEAR = 365 * 86400


class ClockJumps(CimTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.write_evaluation(200)

    def environment(self, jumping):
        return {**os.environ, "XDG_CACHE_HOME": str(self.folder / "cache"), **({"LD_PRELOAD": CLOCK} if jumping else {})}

    def says(self, *arguments, jumping=True):
        return super().says(*arguments, env=self.environment(jumping))

    def sweep(self, store, *more, jumping=True):
        return json.loads(self.says("sweep", "small.onnx", *DATA, *NOISE, "--store", store, *more,
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
        self.says("merge", "jumping.sqlite", "steady.sqlite", "-o", "both.sqlite")
        self.assertEqual(self.sweep("both.sqlite")["computed"], 0)
        self.says("report", "jumping.sqlite", "-o", "report.html")
        self.assertIn("</html>", (self.folder / "report.html").read_text())

    def test_killed_and_resumed(self):
        """Times that lie ahead, and claims of a process that died, stop nobody."""
        command = ["sweep", "small.onnx", *DATA, "--store", "killed.sqlite", *NOISE[:-1], 400]

        def is_under_way():
            with contextlib.suppress(sqlite3.Error):
                return len(self.finished("killed.sqlite")) >= 20

        self.end(self.start(*command, env=self.environment(True)), is_under_way, signal.SIGKILL)
        kept = len(self.finished("killed.sqlite"))
        document = json.loads(self.says(*command, "--json", "-"))
        self.assertEqual(document["computed"], 800 - kept)
        self.assertEqual(len(self.finished("killed.sqlite")), 800)

    def test_two_processes(self):
        """They share the work, although each believes the other to live in another century."""
        command = ["sweep", "small.onnx", *DATA, "--store", "shared.sqlite", *NOISE, "--json", "-"]
        processes = [self.start(*command, env=self.environment(jumping)) for jumping in (True, True, False)]
        documents = [json.loads(process.communicate(timeout=100 * SLOWNESS)[0]) for process in processes]
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
                seen.add(json.loads(self.says("data", "cifar10:cifar.tar.gz", "--json", "-"))["data"]["sha256"])
            self.assertEqual(len(seen), label)


if __name__ == "__main__":
    CLOCK = str(pathlib.Path(sys.argv.pop(2)).resolve())
    main()
