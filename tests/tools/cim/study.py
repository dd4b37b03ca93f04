"""Runs experiments/retraining.py with a stand-in for `cim` that answers at once.

`.venv/bin/python tests/tools/cim/study.py .`
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = None

# It notes its arguments, and answers with accuracies that depend on the rate.
STAND_IN = """#!%s
import json, os, sys
with open(os.path.join(os.path.dirname(__file__), "calls"), "a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
words = sys.argv[1:]
def option(name, default):
    return words[words.index(name) + 1] if name in words else default
if option("--select", "") == "last:9":
    sys.exit("cim: error: no")
rewritten = 0.9 - abs(0.03 - float(option("--learning-rate", "0.01")))
measure = lambda mean: {"mean": mean, "std": 0.01}
difference = {"mean": 0.01, "ci95": [0.005, 0.015]}
print(json.dumps({
    "weights": 1000, "digital_parameters": 10, "depth": 3, "chips": [{"cells_written": [5, 7]}],
    "accuracy": {"float": measure(0.95), "injected": measure(0.3), "retrained": measure(0.92),
                 "rewritten": measure(rewritten)},
    "exact": measure(0.9), "layers": [], "comparison": [{"c1": "a", "c2": "b", "difference": difference}],
    "seconds": {"total": 1}}))
""" % sys.executable


class Study(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        stand_in = self.folder / "cim"
        stand_in.write_text(STAND_IN)
        os.chmod(stand_in, 0o755)

    def study(self, *arguments, status=0):
        result = subprocess.run([sys.executable, SOURCE / "experiments/retraining.py", "shared", "--cim",
                                 self.folder / "cim", "--output", self.folder / "out", *arguments],
                                capture_output=True, text=True, timeout=100)
        self.assertEqual(result.returncode, status, result.stderr)
        return result

    def rows(self, name):
        return json.loads((self.folder / f"out/{name}.json").read_text())["rows"]

    def calls(self):
        return (self.folder / "calls").read_text().splitlines()

    def test_rows_are_run_once(self):
        self.study("--part", "published", "--only", "c2:18", "--threads", "3")
        rows = self.rows("retraining")
        self.assertEqual([(row["size"], row["plan"]) for row in rows],
                         [(0.06, "c2:18,layer2.0.conv2"), (0.03, "c2:18")])
        self.assertEqual(set(rows[0]), {"size", "plan", "weights", "depth", "cells_written", "float", "injected",
                                        "retrained", "rewritten", "seconds", "command"})
        self.assertEqual(rows[0]["weights"], 1000)
        # One to unpack the data, and the rows; the folder is named in place of $SHARED.
        self.assertEqual(len(self.calls()), 3)
        self.assertIn("retrain shared/models/resnet32-cifar10.onnx", self.calls()[1])
        self.assertTrue(self.calls()[1].endswith("--threads 3 --json -"))
        self.assertNotIn("--threads", rows[0]["command"])
        self.study("--part", "published", "--only", "c2:18")
        self.assertEqual(len(self.calls()), 3)

    def test_what_is_done_stays_when_a_row_fails(self):
        self.study("--part", "published", status=1)
        self.assertGreaterEqual(len(self.rows("retraining")), 2)

    def test_settings_that_were_found(self):
        self.study("--search", "--jobs", "4", "--only", "c2:18")
        self.study("--part", "best")
        self.assertEqual([row["options"][row["options"].index("--learning-rate") + 1]
                          for row in self.rows("retraining")], ["0.03", "0.03"])

    def test_counts_what_was_written(self):
        self.study("--part", "cells", "--jobs", "2")
        self.assertEqual({row["weights"] for row in self.rows("retraining")}, {7 + 10})

    def test_tables(self):
        self.study("--part", "tolerance", "--part", "cells")
        page = self.folder / "page.md"
        page.write_text((SOURCE / "docs/reproduction.md").read_text())
        self.study("--tables", "--page", page)
        text = page.read_text()
        self.assertIn("| a | b | 1.00 | 0.50 to 1.50 |", text)
        self.assertIn("| `last:32` |", text)
        self.study("--tables", "--page", page)
        self.assertEqual(page.read_text(), text)

    def test_prepared_network(self):
        self.study("--part", "networks", "--only", "tolerant")
        self.assertIn("vgg16-mnist.onnx", self.calls()[1])
        self.assertIn("out/vgg16-tolerance.mlir", self.calls()[2])


if __name__ == "__main__":
    SOURCE = pathlib.Path(sys.argv.pop(1)).absolute()
    unittest.main()
