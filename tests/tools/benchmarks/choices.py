"""What tools/benchmarks chooses and counts: the batch at which an opponent runs, the kernels in the roofline, and what bounds a
layer under it.

Run it with `.venv/bin/python tests/tools/benchmarks/choices.py`.
"""

import json
import math
import pathlib
import sys
import tempfile
import unittest

import numpy
import onnx

TESTS = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(TESTS.parent / "tools/benchmarks"), str(TESTS / "tools/cim")]
import accuracy  # noqa: E402
import compare  # noqa: E402
import layers  # noqa: E402
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


    def test_batches_that_divide(self):
        self.assertEqual(compare.dividing(10_000), [1, 8, 100, 250])
        self.assertEqual(compare.dividing(64), [1, 8, 32, 64])
        self.assertEqual(compare.dividing(7), [1, 7])


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


class Accuracy(unittest.TestCase):
    def test_differences(self):
        expected = numpy.array([[1, 4], [-8, 2], [3, 3.5]], numpy.float32)
        self.assertEqual(accuracy.differences(expected, expected), (0, 0))
        logits = numpy.array([[2, 4], [-8, 3], [3.75, 3.5]], numpy.float32)  # the last one is now of the first class
        self.assertEqual(accuracy.differences(logits, expected), (1, 0.25))

    def test_row(self):
        result = {"network": "A", "images": 10_000, "correct": 9_173, "accuracy": 0.9173, "classified_otherwise": 0,
                  "largest_difference": 0}
        self.assertEqual(accuracy.row(result | {"precision": "f32-strict"}),
                         "| A | f32-strict | 10,000 | 9,173 | 0.9173 |  |  |")
        self.assertEqual(accuracy.row(result | {"precision": "bf16", "classified_otherwise": 13, "largest_difference": 0.05}),
                         "| A | bf16 | 10,000 | 9,173 | 0.9173 | 13 | 5.0e-02 |")


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


class Layers(unittest.TestCase):
    PLAN = """version: 1
values {
  name: "input {"
  shape: [1, 16, 10, 10]
  layout: CHANNELS_LAST
}
values {
  name: "a: b"
  shape: [32, 16, 3, 3]
}
values {
  shape: [1, 32, 10, 10]
}
values {
  shape: [1, 32, 5, 5]
}
inputs: [0]
steps {
  operation: "conv"
  name: "first"
  inputs: [0, 1]
  outputs: [2]
  attributes {
    key: "pads"
    value {
      integers {
        values: [1, 1, 1, 1]
      }
    }
  }
  layer: 0
}
steps {
  operation: "conv"
  name: "second"
  inputs: [0, 1]
  outputs: [3]
  attributes {
    key: "strides"
    value {
      integers {
        values: [2, 2]
      }
    }
  }
}
steps {
  operation: "relu"
  inputs: [2]
  outputs: [2]
}
"""

    def shapes(self):
        plan = layers.parse(iter(self.PLAN.splitlines()))
        return [layers.Shape(step, plan["values"]) for step in plan["steps"]]

    def test_shapes(self):
        self.assertEqual([shape.text for shape in self.shapes()], ["16→32 3×3 @10²", "16→32 3×3 @5², stride 2", "32 @10²"])

    def test_products(self):
        first = self.shapes()[0]
        self.assertEqual(first.products("direct 8x2x16"), 1)
        self.assertEqual(first.products("winograd 2x2x32"), 16 / 36)
        self.assertEqual(first.products("winograd 4x4x32"), 9 * 36 / 900)  # 3×3 tiles for 10×10 results

    def test_limits(self):
        memories = [(1000, 100, "cache"), (math.inf, 10, "main memory")]
        self.assertEqual(layers.ideal(8e6, 100, 10, 100, memories), (80, "multiply-adds"))
        self.assertEqual(layers.ideal(0, 100, 10, 100, memories), (0.001, "cache"))
        self.assertEqual(layers.ideal(0, 101, 10, 100, memories), (0.0101, "main memory"))

    def test_rows(self):
        def step(name, operation, kernel, seconds, gflops=None):
            return {"name": name, "operation": operation, "kernel": kernel, "seconds": seconds, "gflops": gflops,
                    "gigabytes_per_second": 1, "images_per_pass": 10}

        document = {"data": {"images": 100}, "profile": {"peak_gflops": 100, "steps": [
            step("first", "conv", "winograd 4x4x32", 1, 200), step("first again", "conv", "winograd 4x4x32", 1, 200),
            step("", "relu", None, 0.005)]}}
        shape, _, relu = self.shapes()
        rows = layers.rows_of(document, {("first", "conv"): shape, ("first again", "conv"): shape, ("", "relu"): relu},
                              [(math.inf, 10, "main memory")])
        self.assertEqual([(row["steps"], row["kernel"], row["limit"]) for row in rows],
                         [(2, "winograd 4x4x32", "multiply-adds"), (1, "none (reference)", "main memory")])
        self.assertAlmostEqual(rows[0]["microseconds"], 20_000)
        self.assertAlmostEqual(rows[0]["ideal_microseconds"], 20_000 * 2 * 0.36)
        text = layers.markdown(rows)
        self.assertIn("| 2 | 16→32 3×3 @10² | winograd 4x4x32 | 10 | 20,000.0 | 99.8 % | 200 | 14,400.0 | multiply-adds | 1.39 |", text)
        self.assertIn("| 1 | the rest |  |  | 50.0 |", text)
        self.assertIn("| 3 | all |", text)
        self.assertIn("| first again | 16→32", layers.markdown(layers.rows_of(
            document, {("first again", "conv"): shape}, [(math.inf, 10, "main memory")], each=True), each=True))


if __name__ == "__main__":
    unittest.main(verbosity=2)
