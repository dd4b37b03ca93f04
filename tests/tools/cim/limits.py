"""Runs the built `cim limits` and `cim reproduce` as a user would."""

import json
import os

import onnx

from cim_test_case import CimTestCase, DATA, SOURCE, main
from small_network import ODD_NAMES, small_network, with_odd_names

SMALL = ("small.onnx", *DATA)


class Limits(CimTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.write_evaluation(300)
        cls.write_own_labels()

    def accuracy(self, *arguments, trials=20):
        return self.document("eval", *SMALL, "--trials", trials, *arguments)["accuracy"]

    def test_limits_are_where_the_accuracy_crosses(self):
        document = self.document("limits", *SMALL, "--threshold", 0.9, "--quantize", 6, "--search",
                                 "noise=normal:{0..4}qs", "--search", "shift={0..-8}qs", "--search", "quantize={8..2}")
        self.assertTrue(document["complete"])
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
        together = self.document("limits", *SMALL, *common, *(word for search in searches for word in ("--search", search)))
        for search, limit in zip(searches, together["limits"]):
            self.assertEqual(self.document("limits", *SMALL, *common, "--search", search)["limits"], [limit], search)

    def test_small_sizes_are_measured_as_they_are_reported(self):
        (limit,) = self.document("limits", *SMALL, "--threshold", 0.5, "--search", "shift={0..5e-10}abs")["limits"]
        self.assertEqual((limit["largest"], limit["value"]), (5e-10, "5e-10abs"))
        (limit,) = self.document("limits", *SMALL, "--threshold", 0.5, "--search", "shift={0..1/3}abs", "--trials", 4)["limits"]
        self.assertEqual(float(limit["value"].removesuffix("abs")), limit["largest"])

    def test_layers_and_groups(self):
        search = ("--threshold", 0.95, "--trials", 5, "--search", "noise=normal:{0..0.5}ns", "--store", "limits.sqlite")
        each = self.document("limits", *SMALL, *search, "--each-layer")
        names = [layer["name"] for layer in self.document("info", "small.onnx")["layers"]]
        self.assertEqual([limit["layer"] for limit in each["limits"]], names)
        again = self.document("limits", *SMALL, *search, "--each-layer")
        self.assertEqual(again["computed"], 0)
        self.assertEqual(again["limits"], each["limits"])
        groups = self.document("limits", *SMALL, *search, "--group", names[0], "--group", f"{names[0]},{names[1]}")
        self.assertEqual(groups["limits"][0]["largest"], each["limits"][0]["largest"])
        self.assertLess(groups["limits"][1]["largest"], groups["limits"][0]["largest"])

    def test_layers_whose_names_are_patterns(self):
        onnx.save(with_odd_names(small_network()), self.folder / "odd.onnx")
        search = (*DATA, "--threshold", 0.95, "--trials", 5, "--search", "noise=normal:{0..0.5}ns", "--each-layer")
        plain, odd = (self.document("limits", model, *search)["limits"] for model in ("small.onnx", "odd.onnx"))
        self.assertEqual([limit["layer"] for limit in odd], list(ODD_NAMES.values()))
        self.assertEqual([limit["largest"] for limit in odd], [limit["largest"] for limit in plain])

    def test_progress(self):
        drawn = self.drawn("limits", *SMALL, "--threshold", 0.9, "--trials", 100000, "--search",
                           "noise=normal:{0..0.5}ns", "--json", "part.json")
        self.assertRegex(drawn, r"searching \*: noise normal:[\d.]+ns  [\d,]+ of [\d,]+ images  [\d,]+/s  [^\r]* left")
        # It was ended there.
        part = json.loads((self.folder / "part.json").read_text())
        self.assertEqual((part["limits"], part["complete"]), ([], False))

    def test_bits_of_some_layers(self):
        search = ("--threshold", 0.9, "--search", "fc:quantize={8..2}")
        (bits,) = self.document("limits", *SMALL, *search)["limits"]
        (whole,) = self.document("limits", *SMALL, *search[:2], "--group", "fc", "--search", "quantize={8..2}")["limits"]
        self.assertEqual((bits["largest"], bits["ci95"]), (whole["largest"], whole["ci95"]))

    def test_bits_of_a_cell(self):
        """More bits in a cell are more error."""
        cells = ("--quantize", "4,mode=symmetric", "--crossbar", "64x64", "--noise", "normal:8uS")
        mean = {bits: self.accuracy(*cells, "--cell-bits", bits, trials=4)["mean"] for bits in (1, 4)}
        self.assertGreater(mean[1], mean[4])
        between = (mean[1] + mean[4]) / 2
        (limit,) = self.document("limits", *SMALL, *cells, "--trials", 4, "--threshold", between, "--search", "cell-bits={1..4}")["limits"]
        self.assertIn(limit["largest"], (1, 2, 3))

    def test_wrong_usage(self):
        for words, arguments in (
                ("--search", ["--threshold", "0.9"]),
                ("{LEAST..MOST}", ["--threshold", "0.9", "--search", "noise=normal:1qs"]),
                ("no number", ["--threshold", "0.9", "--search", "noise=normal:{a..2}qs"]),
                ("turn it around", ["--threshold", "0.9", "--search", "noise=normal:{2..0}qs"]),
                ("turn it around", ["--threshold", "0.9", "--search", "quantize={2..8}"]),
                ("turn it around", ["--threshold", "0.9", "--search", "fc:quantize={2..8}"]),
                ("turn it around", ["--threshold", "0.9", "--quantize", "4,mode=symmetric", "--crossbar", "64x64",
                                    "--search", "cell-bits={4..1}"]),
                ("whole numbers", ["--threshold", "0.9", "--search", "quantize={8..2.5}"]),
                ("one sign", ["--threshold", "0.9", "--search", "shift={-1..2}ns"]),
                ("did you mean 'noise'", ["--threshold", "0.9", "--search", "nose={0..1}"]),
                ("no unit", ["--threshold", "0.9", "--search", "noise=normal:{0..1}"]),
                ("exclude", ["--threshold", "0.9", "--search", "shift={0..1}ns", "--each-layer", "--group", "fc"]),
                ("fraction", ["--threshold", "90", "--search", "shift={0..1}ns"]),
                ("--threshold", ["--search", "shift={0..1}ns"])):
            with self.subTest(arguments):
                self.fails(2, words, "limits", *SMALL, *arguments)

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
        (self.folder / "full.md").symlink_to("/dev/full")
        full = self.cim("reproduce", "study.yaml", "-o", "full.md", "-o", "beside.md", "--json", "kept.json")
        self.assertRefused(full, 1, "No space left on device")
        self.assertIn("3 of 4 agree", (self.folder / "beside.md").read_text())
        self.assertEqual(json.loads((self.folder / "kept.json").read_text())["comparison"], document["comparison"])
        unplaced = self.cim("reproduce", "study.yaml", env=dict(os.environ, TMPDIR="/dev/null"))
        self.assertRefused(unplaced, 1, "set TMPDIR")
        result = self.succeeds("reproduce", "study.yaml", "--limit", 100)
        self.assertIn("3 of 4 agree", result.stdout)
        for words, text in (("has no 'runs'", "title: x"), ("no valid YAML", "runs: ["),
                            ("'command' is missing", "runs: {a: {model: small.onnx}}"),
                            ("run 'a'", "runs: {a: {command: sweep, modle: small.onnx}}"),
                            ("no run 'b'", "runs: {}\npublished: [{run: b}]")):
            (self.folder / "bad.yaml").write_text(text)
            self.assertRefused(self.cim("reproduce", "bad.yaml"), 1, words)

    def test_published_experiments_are_well_formed(self):
        # The first run of each gets as far as its model, which is not there.
        experiments = sorted((SOURCE / "experiments").glob("*.yaml"))
        self.assertGreater(len(experiments), 4)
        place = self.folder / "published" / "root"
        (place / "docs/reproduction").mkdir(parents=True)
        (place / "experiments").symlink_to(SOURCE / "experiments")
        for experiment in experiments:
            result = self.cim("reproduce", f"experiments/{experiment.name}", "-o", "docs/reproduction/x.md", cwd=place)
            self.assertRefused(result, 1, ".onnx")


if __name__ == "__main__":
    main()
