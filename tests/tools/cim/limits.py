"""Runs the built `cim limits` and `cim reproduce` as a user would."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy
import onnx
import onnxruntime

from small_network import small_network

CIM = None
DATA = ("small.onnx", "--data", "npy:x.npy,y.npy")


class Limits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name)
        onnx.save(small_network(), cls.folder / "small.onnx")
        images = numpy.random.default_rng(2).normal(0, 1, (300, 3, 8, 8)).astype(numpy.float32)
        session = onnxruntime.InferenceSession(cls.folder / "small.onnx", providers=["CPUExecutionProvider"])
        numpy.save(cls.folder / "x.npy", images)
        numpy.save(cls.folder / "y.npy", session.run(None, {"input": images})[0].argmax(1).astype(numpy.int64))

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def run_cim(self, *arguments):
        return subprocess.run([CIM, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True, timeout=120)

    def document(self, *arguments):
        result = self.run_cim(*arguments, "--json", "-")
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def accuracy(self, *arguments, trials=20):
        return self.document("eval", *DATA, "--trials", trials, *arguments)["accuracy"]

    def test_limits_are_where_the_accuracy_crosses(self):
        document = self.document("limits", *DATA, "--threshold", 0.9, "--quantize", 6, "--search",
                                 "noise=normal:{0..4}qs", "--search", "shift={0..-8}qs", "--search", "quantize={8..2}")
        noise, shift, bits = document["limits"]
        self.assertEqual([limit["option"] for limit in document["limits"]], ["noise", "shift", "quantize"])
        for limit in document["limits"]:
            self.assertEqual(limit["layer"], "*")
            low, high = limit["ci95"]
            self.assertTrue(low <= limit["largest"] <= high)
        at = self.accuracy("--quantize", 6, "--noise", noise["value"])
        self.assertAlmostEqual(at["mean"], 0.9, delta=0.01)
        self.assertGreaterEqual(self.accuracy("--quantize", 6, "--noise", f"normal:{noise['ci95'][0]}qs")["ci95"][0], 0.9)
        self.assertLess(self.accuracy("--quantize", 6, "--noise", f"normal:{noise['ci95'][1]}qs")["ci95"][1], 0.9)
        self.assertLess(shift["largest"], 0)
        self.assertAlmostEqual(self.accuracy("--quantize", 6, "--shift", shift["value"], trials=1)["mean"], 0.9, delta=0.02)
        self.assertGreaterEqual(self.accuracy("--quantize", bits["value"], trials=1)["mean"], 0.9)
        self.assertLess(self.accuracy("--quantize", int(bits["value"]) - 1, trials=1)["mean"], 0.9)

    def test_searches_do_not_touch_each_other(self):
        # A search begins where another has just ended: nothing of its network may remain.
        common = ("--threshold", 0.9, "--quantize", 6, "--trials", 4)
        # Those that end at once leave a point whose place in memory the next one takes.
        searches = ["noise=normal:{0..4}qs", "noise=normal:{6..8}qs", "shift={0..-8}qs", "noise=laplace:{6..8}qs", "shift={0..8}qs",
                    "noise=uniform:{6..8}qs", "faults=low={0..0.5}", "quantize={8..2}"]
        together = self.document("limits", *DATA, *common, *(word for search in searches for word in ("--search", search)))
        for search, limit in zip(searches, together["limits"]):
            self.assertEqual(self.document("limits", *DATA, *common, "--search", search)["limits"], [limit], search)

    def test_layers_and_groups(self):
        search = ("--threshold", 0.95, "--trials", 5, "--search", "noise=normal:{0..0.5}ns", "--store", "limits.sqlite")
        each = self.document("limits", *DATA, *search, "--each-layer")
        names = [layer["name"] for layer in self.document("info", "small.onnx")["layers"]]
        self.assertEqual([limit["layer"] for limit in each["limits"]], names)
        again = self.document("limits", *DATA, *search, "--each-layer")
        self.assertEqual(again["computed"], 0)
        self.assertEqual(again["limits"], each["limits"])
        groups = self.document("limits", *DATA, *search, "--group", names[0], "--group", f"{names[0]},{names[1]}")
        self.assertEqual(groups["limits"][0]["largest"], each["limits"][0]["largest"])
        self.assertLess(groups["limits"][1]["largest"], groups["limits"][0]["largest"])

    def test_wrong_usage(self):
        for words, arguments in (
                ("--search", ["--threshold", "0.9"]),
                ("{LEAST..MOST}", ["--threshold", "0.9", "--search", "noise=normal:1qs"]),
                ("no number", ["--threshold", "0.9", "--search", "noise=normal:{a..2}qs"]),
                ("turn it around", ["--threshold", "0.9", "--search", "noise=normal:{2..0}qs"]),
                ("turn it around", ["--threshold", "0.9", "--search", "quantize={2..8}"]),
                ("whole numbers", ["--threshold", "0.9", "--search", "quantize={8..2.5}"]),
                ("one sign", ["--threshold", "0.9", "--search", "shift={-1..2}ns"]),
                ("did you mean 'noise'", ["--threshold", "0.9", "--search", "nose={0..1}"]),
                ("no unit", ["--threshold", "0.9", "--search", "noise=normal:{0..1}"]),
                ("exclude", ["--threshold", "0.9", "--search", "shift={0..1}ns", "--each-layer", "--group", "fc"]),
                ("fraction", ["--threshold", "90", "--search", "shift={0..1}ns"]),
                ("--threshold", ["--search", "shift={0..1}ns"])):
            with self.subTest(arguments):
                result = self.run_cim("limits", *DATA, *arguments)
                self.assertEqual(result.returncode, 2, result)
                self.assertIn(words, result.stderr)

    def test_reproduce(self):
        (self.folder / "study.yaml").write_text("""
title: A study
runs:
  bits: {command: sweep, model: small.onnx, data: "npy:x.npy,y.npy", vary: ["quantize={2,8}"]}
  limits: {command: limits, model: small.onnx, data: "npy:x.npy,y.npy", threshold: 0.9, search: ["quantize={8..2}"]}
  weights: {command: histogram, model: small.onnx, quantize: 3, output: weights.svg}
published:
  - {run: bits, at: {quantize: 8}, at_least: 0.95}
  - {run: bits, at: {quantize: 2}, accuracy: 0.999}
  - {run: bits, at: {quantize: 2}, below: 0.9}
  - {run: limits, search: "quantize={8..2}", largest: 8, next: 1}
""")
        document = self.document("reproduce", "study.yaml", "-o", "study.html", "-o", "study.md")
        self.assertEqual([entry["agrees"] for entry in document["comparison"]], [True, False, True, True])
        self.assertEqual(set(document["runs"]), {"bits", "limits", "weights"})
        self.assertTrue((self.folder / "weights.svg").exists())
        self.assertIn("A study", (self.folder / "study.html").read_text())
        self.assertTrue((self.folder / "study.sqlite").exists())
        page = (self.folder / "study.md").read_text()
        self.assertIn("# A study", page)
        self.assertIn("3 of 4 agree", page)
        self.assertIn("| bits | `quantize 2` | 99.90 |", page)
        bits, limits = (document["runs"][name] for name in ("bits", "limits"))
        for point in bits["points"]:
            self.assertIn(f"| {point['quantize']} | 1 | {100 * point['accuracy']['mean']:.2f} |", page)
        self.assertIn(f"| all | quantize={{8..2}} | {limits['limits'][0]['largest']:g} |", page)
        self.assertIn("![](weights.svg)", page)
        result = self.run_cim("reproduce", "study.yaml", "--limit", 100)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("3 of 4 agree", result.stdout)
        for words, text in (("has no 'runs'", "title: x"), ("no valid YAML", "runs: ["),
                            ("'command' is missing", "runs: {a: {model: small.onnx}}"),
                            ("run 'a'", "runs: {a: {command: sweep, modle: small.onnx}}"),
                            ("no run 'b'", "runs: {}\npublished: [{run: b}]")):
            (self.folder / "bad.yaml").write_text(text)
            result = self.run_cim("reproduce", "bad.yaml")
            self.assertEqual(result.returncode, 1, result)
            self.assertIn(words, result.stderr)
            self.assertEqual(len(result.stderr.splitlines()), 1)

    def test_published_experiments_are_well_formed(self):
        # The first run of each gets as far as its model, which is not there.
        root = pathlib.Path(__file__).resolve().parents[3]
        experiments = sorted((root / "experiments").glob("*.yaml"))
        self.assertGreater(len(experiments), 4)
        place = self.folder / "published" / "root"
        (place / "docs/reproduction").mkdir(parents=True)
        (place / "experiments").symlink_to(root / "experiments")
        for experiment in experiments:
            result = subprocess.run([CIM, "reproduce", f"experiments/{experiment.name}", "-o", "docs/reproduction/x.md"], cwd=place,
                                    capture_output=True, text=True, timeout=60)
            self.assertEqual(result.returncode, 1, result)
            self.assertRegex(result.stderr, r"^cim: error: .*\.onnx")


if __name__ == "__main__":
    CIM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
