"""What tests of the command line have in common: the built `cim` in a scratch folder, a small network with images to
evaluate it on, and what an error has to look like."""

import contextlib
import json
import os
import pathlib
import pty
import select
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

import numpy
import onnx
import onnxruntime
import safetensors.numpy

from small_network import small_network

SOURCE = pathlib.Path(__file__).resolve().parents[3]
DEMO_NETWORK = SOURCE / "tools/demo-network/resnet8-shapes.onnx"
DATA = ("--data", "npy:x.npy,y.npy")
SLOWNESS = 10 if os.environ.get("CIM_SANITIZE") else 1  # what time limits are multiplied by


def after(seconds):
    """A condition that holds in so many seconds."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


class CimTestCase(unittest.TestCase):
    """The tests of a class share a folder, in which `cim` runs."""

    program = None  # the built cim

    @classmethod
    def setUpClass(cls):
        cls.use_new_folder(cls.addClassCleanup)

    @classmethod
    def use_new_folder(cls, add_cleanup):
        scratch = tempfile.TemporaryDirectory()
        add_cleanup(scratch.cleanup)
        cls.folder = pathlib.Path(scratch.name)

    @classmethod
    def write_evaluation(cls, count):
        """Writes small.onnx, images and random labels; returns the images."""
        onnx.save(small_network(), cls.folder / "small.onnx")
        generator = numpy.random.default_rng(2)
        images = generator.normal(0, 1, (count, 3, 8, 8)).astype(numpy.float32)
        numpy.save(cls.folder / "x.npy", images)
        numpy.save(cls.folder / "y.npy", generator.integers(0, 4, count))
        return images

    @classmethod
    def write_own_labels(cls, wrong=slice(0)):
        """Writes what onnxruntime answers as labels, but for `wrong` ones; returns logits and labels."""
        session = onnxruntime.InferenceSession(cls.folder / "small.onnx", providers=["CPUExecutionProvider"])
        logits = session.run(None, {"input": numpy.load(cls.folder / "x.npy")})[0]
        labels = logits.argmax(1).astype(numpy.int64)
        labels[wrong] = (labels[wrong] + 1) % 4
        numpy.save(cls.folder / "y.npy", labels)
        return logits, labels

    def shared(self, name):
        """A file of the shared folder; without it the test is skipped, loudly."""
        path = SOURCE.parent / "shared" / name
        if not path.exists():
            self.skipTest(f"NOT TESTED: {path} is not there")
        return path

    # Running

    @classmethod
    def cim(cls, *arguments, **options):
        return subprocess.run([cls.program, *map(str, arguments)], **{
            "cwd": cls.folder, "capture_output": True, "text": True, "timeout": 280 * SLOWNESS, **options})

    @classmethod
    def start(cls, *arguments, **options):
        return subprocess.Popen([cls.program, *map(str, arguments)], **{
            "cwd": cls.folder, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options})

    def succeeds(self, *arguments, **options):
        result = self.cim(*arguments, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def says(self, *arguments, warning=None, **options):
        """What a command prints whose stderr is empty, or says `warning`."""
        result = self.succeeds(*arguments, **options)
        if warning:
            self.assertIn(warning, result.stderr)
        else:
            self.assertEqual(result.stderr, "")
        return result.stdout

    def document(self, *arguments, **options):
        return json.loads(self.succeeds(*arguments, "--json", "-", **options).stdout)

    def evaluate(self, *options, model="small.onnx"):
        return self.document("eval", model, *DATA, *options)

    def logits(self, *options, model="small.onnx"):
        self.succeeds("eval", model, *DATA, "--outputs", "out.npy", *options)
        return numpy.load(self.folder / "out.npy")

    def with_closed_output(self, *arguments):
        """Runs a command whose stdout is a pipe that nobody reads any more."""
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "w") as closed:
            return self.cim(*arguments, capture_output=False, stdout=closed, stderr=subprocess.PIPE)

    def end(self, process, when=lambda: True, by=signal.SIGINT):
        """Ends a process by a signal as soon as `when` holds; returns what it wrote."""
        while process.poll() is None and not when():
            time.sleep(0.005)
        self.assertIsNone(process.poll(), "it had finished before it could be ended")
        process.send_signal(by)
        output, errors = process.communicate(timeout=100 * SLOWNESS)
        self.assertEqual(process.returncode, -by if by == signal.SIGKILL else 130, errors)
        return output, errors

    def chips_in(self, store):
        """How many are finished, while a command may be adding more."""
        with contextlib.suppress(sqlite3.Error), contextlib.closing(
                sqlite3.connect(f"file:{self.folder}/{store}?mode=rw", uri=True, timeout=60)) as database:
            return database.execute("SELECT count(*) FROM trial").fetchone()[0]
        return 0

    def end_when_drawn(self, holds, *arguments, **options):
        """Ends a command as soon as `holds` of what it has drawn on a terminal; returns that and its stdout."""
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        process = self.start(*arguments, stderr=slave, **options)
        os.close(slave)
        seen = ""

        def has_drawn():
            nonlocal seen
            with contextlib.suppress(OSError):  # it has come to its end
                while select.select([master], [], [], 0)[0]:
                    seen += os.read(master, 65536).decode()
            return holds(seen)

        output, _ = self.end(process, has_drawn)
        return seen, output

    def drawn(self, *arguments, times=2):
        """What a command draws on a terminal until it has said so many times how long is left, and is ended."""
        return self.end_when_drawn(lambda seen: seen.count(" left") >= times, *arguments)[0]

    # Refusing

    def assertRefused(self, result, status, words):
        """One line on stderr that says `words` (one or several)."""
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertRegex(result.stderr, "^cim: error: .*\n$")
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, result.stderr)

    def files(self):
        return {path: path.stat().st_mtime_ns for path in self.folder.iterdir()}

    def fails(self, status, words, *arguments, **options):
        """It is refused, nothing is printed, and no file is other than before."""
        before = self.files()
        result = self.cim(*arguments, **options)
        self.assertRefused(result, status, words)
        self.assertEqual(result.stdout, "")
        self.assertEqual(self.files(), before)

    def eval_fails(self, status, words, *options):
        self.fails(status, words, "eval", "small.onnx", *DATA, *options)


class FreshFolderTestCase(CimTestCase):
    """Every test has a folder of its own."""

    def setUp(self):
        self.use_new_folder(self.addCleanup)

    def interrupted(self, *arguments, by=signal.SIGINT, when=lambda progress: True, output="out"):
        """Ends a command whose output is out.* as soon as it has left a checkpoint whose progress will do, and returns
        the checkpoint."""
        checkpoint = self.folder / f"{output}.checkpoint.safetensors"
        self.end(self.start(*arguments), lambda: checkpoint.exists() and when(self.progress(checkpoint)), by)
        return checkpoint

    @staticmethod
    def progress(checkpoint):
        return json.loads(safetensors.numpy.load_file(checkpoint)["training"].tobytes())["progress"]


def main():
    """Runs the tests of a script whose first argument is the built cim."""
    CimTestCase.program = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
