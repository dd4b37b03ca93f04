"""Runs the built `cim retrain` and `cim train` as a user would.

Run one test with `.venv/bin/python tests/tools/cim/training.py build/bin/cim . Retraining.test_document`.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

CIM = SOURCE = None


class Commands(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def cim(self, *arguments, status=0):
        result = subprocess.run([CIM, *map(str, arguments)], capture_output=True, text=True, timeout=120,
                                cwd=self.folder)
        self.assertEqual(result.returncode, status, result.stderr)
        return result

    def document(self, *arguments):
        return json.loads(self.cim(*arguments, "--json", "-").stdout)

    def refused(self, status, *arguments):
        result = self.cim(*arguments, status=status)
        self.assertRegex(result.stderr, "^cim: error: .*\n$")
        return result.stderr


class Retraining(Commands):
    def setUp(self):
        super().setUp()
        self.common = ["retrain", SOURCE / "tools/demo-network/resnet8-shapes.onnx", "--data", "shapes",
                       "--limit", "128", "--test-limit", "200"]
        self.noise = ["--noise", "normal:0.05ns"]

    def test_document(self):
        result = self.document(*self.common, *self.noise, "--select", "c2:8,layer1.conv1", "--trials", "2",
                               "--rewrites", "3", "-o", "out.onnx")
        self.assertEqual(result["command"], "retrain")
        info = self.document("info", SOURCE / "tools/demo-network/resnet8-shapes.onnx")["layers"]
        wanted = [layer["name"] for i, layer in enumerate(info)
                  if (layer["role"] == "C2" and i >= len(info) - 8) or layer["name"] == "layer1.conv1"]
        self.assertEqual(result["selected"], wanted)
        self.assertGreater(result["weights"], sum(l["shape"][0] for l in info if l["name"] in wanted))
        self.assertGreaterEqual(result["depth"], len(wanted))
        accuracy = result["accuracy"]
        self.assertEqual([len(accuracy[key]["trials"]) for key in ("float", "injected", "retrained", "rewritten")],
                         [1, 2, 2, 6])
        self.assertEqual(len(result["chips"][0]["epochs"]), 1)
        # The network written is the first chip, as it was retrained; errors are in it already.
        again = self.document("eval", "out.onnx", "--data", "shapes", "--limit", "200")
        self.assertAlmostEqual(again["accuracy"]["mean"], accuracy["retrained"]["trials"][0], delta=0.011)
        # The same on another number of threads.
        other = self.document(*self.common, *self.noise, "--select", "c2:8,layer1.conv1", "--trials", "2",
                              "--rewrites", "3", "--threads", "3")
        self.assertEqual(other["accuracy"], accuracy)

    def test_extensions(self):
        result = self.document(*self.common, *self.noise, "--select", "last:2", "--rewrites", "2", "--inject", "1",
                               "--recalibrate-batch-norm", "64", "--threshold", "0.001")
        self.assertLess(result["chips"][0]["cells_written"], result["weights"])
        self.assertEqual(result["options"]["inject"], 1)

    def test_table(self):
        text = self.cim(*self.common, *self.noise, "--select", "last:2").stdout
        for word in ("without errors", "after writing", "after retraining", "after rewriting"):
            self.assertIn(word, text)

    def test_bad_input(self):
        self.assertIn("--select", self.refused(2, *self.common, *self.noise))
        self.assertIn("layer1.conv1", self.refused(2, *self.common, *self.noise, "--select", "layer1.conv11"))
        self.assertIn("role", self.refused(2, *self.common, *self.noise, "--select", "role:C9"))
        self.assertIn("none of the last 1", self.refused(1, *self.common, *self.noise, "--select", "c2:1"))
        self.assertIn("--noise", self.refused(2, *self.common, "--select", "last:2"))
        self.assertIn("--schedule", self.refused(2, *self.common, *self.noise, "--select", "last:2",
                                                 "--schedule", "cosin"))
        self.assertIn("diverged", self.refused(1, *self.common, *self.noise, "--select", "last:2",
                                               "--batch", "16", "--learning-rate", "1e30"))
        # Files appear whole or not at all.
        self.refused(1, *self.common, *self.noise, "--select", "last:2", "-o", "nowhere/out.onnx")
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    CIM = str(pathlib.Path(sys.argv.pop(1)).absolute())
    SOURCE = pathlib.Path(sys.argv.pop(1)).absolute()
    unittest.main()
