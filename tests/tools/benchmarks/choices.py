"""What tools/benchmarks chooses: the batch at which an opponent runs, and the kernels in the roofline.

Run it with `.venv/bin/python tests/tools/benchmarks/choices.py`.
"""

import json
import pathlib
import sys
import tempfile
import unittest

import numpy
import onnx

TESTS = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(TESTS.parent / "tools/benchmarks"), str(TESTS / "tools/cim")]
import compare  # noqa: E402
import roofline  # noqa: E402
from small_network import small_network  # noqa: E402


class Work:
    """Runs that take no time but on a clock of their own; the first of a candidate is cold, single ones are disturbed."""

    def __init__(self, seconds_per_image, disturbed=()):
        self.seconds_per_image, self.disturbed = seconds_per_image, disturbed
        self.now = 0
        self.runs = []

    def clock(self):
        return self.now

    def run(self, count, *candidate):
        earlier = sum(candidate == run[1:] for run in self.runs)
        cold = 10 if earlier == 0 else 1
        slowness = 5 if (candidate, earlier) in self.disturbed else 1
        self.now += count * self.seconds_per_image[candidate] * cold * slowness
        self.runs.append((count, *candidate))

    def fastest(self, images, **options):
        return compare.fastest(self.run, images, self.seconds_per_image, clock=self.clock, **options)


class Fastest(unittest.TestCase):
    SECONDS = {(1, "contiguous"): 3, (1, "channels_last"): 2.5, (8, "contiguous"): 2, (8, "channels_last"): 1,
               (32, "contiguous"): 1.9, (32, "channels_last"): 1.5}

    def test_fastest(self):
        self.assertEqual(Work(self.SECONDS).fastest(1000), (8, "channels_last"))

    def test_disturbed_run(self):
        for run in (1, 2, 3):
            self.assertEqual(Work(self.SECONDS, {((8, "channels_last"), run)}).fastest(1000), (8, "channels_last"))

    def test_images_of_a_run(self):
        work = Work({(1,): 1, (32,): 1, (160,): 1, (250,): 1, (500,): 1})
        work.fastest(300)
        self.assertEqual(set(work.runs), {(200, 1), (224, 32), (300, 160), (250, 250)})
        work = Work({(1,): 1, (4,): 1, (16,): 1})
        work.fastest(10, least=1)
        self.assertEqual(set(work.runs), {(1, 1), (4, 4)})


class Parts(unittest.TestCase):
    def test_every_image_once(self):
        for count in range(1, 70):
            for batch in range(1, 40):
                parts = compare.parts(count, batch)
                self.assertEqual([i for part in parts for i in range(1000)[part]], list(range(count)))
                self.assertLessEqual(max(part.stop - part.start for part in parts), batch)

    def test_onnxruntime_runs_every_image(self):
        class Session:
            counts = []

            def run(self, names, inputs):
                self.counts += map(len, inputs.values())

        with tempfile.TemporaryDirectory() as folder:
            onnx.save(small_network(), f"{folder}/small.onnx")
            runner = compare.OnnxRuntime(f"{folder}/small.onnx", numpy.zeros((20, 3, 8, 8), numpy.float32), 1, None, "f32")
        self.assertIn(runner.batch, compare.BATCHES)
        runner.session, runner.batch = Session(), 8
        runner.inference()
        self.assertEqual(Session.counts, [8, 8, 4])


class Roofline(unittest.TestCase):
    def read(self, *runs):
        """Of runs of a name and GFLOP/s, each half of the peak."""
        with tempfile.TemporaryDirectory() as folder:
            document = pathlib.Path(folder) / "kernels.json"
            document.write_text(json.dumps({"benchmarks": [
                {"name": name, "GFLOP/s": speed, "%peak": 50, "FLOP/byte": 2, "GB/s": speed} for name, speed in runs]}))
            return roofline.read(document)

    def test_avx2_alone(self):
        points, peak, bandwidths = self.read(("avx2/direct/16to16", 40), ("avx2/winograd4/16to16", 90),
                                             ("memory/main memory", 20))
        self.assertEqual((points, peak, bandwidths),
                         ({"direct": [(2, 40)], "winograd4": [(2, 90)]}, 180, {"main memory": 20}))
        self.assertIn('plot $points0', roofline.script(points, peak, bandwidths, "out.svg"))

    def test_best_of_all(self):
        points, peak, _ = self.read(("amx/bfloat16/16to16", 500), ("avx512/direct/16to16", 80), ("avx2/direct/16to16", 40),
                                    ("baseline/direct/16to16", 10), ("pooling/avx512/average", 1),
                                    ("epilogue/avx512/direct/16to16", 70), ("draws/avx512/normal", 1000))
        self.assertEqual((points, peak), ({"bfloat16": [(2, 500)], "direct": [(2, 80)]}, 1000))

    def test_baseline_alone(self):
        self.assertEqual(self.read(("baseline/direct/16to16", 10))[:2], ({"direct": [(2, 10)]}, 20))


if __name__ == "__main__":
    unittest.main(verbosity=2)
