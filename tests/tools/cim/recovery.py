"""Runs the built `cim recovery` and `cim plan` as a user would.

Run one test with `.venv/bin/python tests/tools/cim/recovery.py build/bin/cim . Recovery.test_points`.
"""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

CIM = SOURCE = None


class Commands(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.network = SOURCE / "tools/demo-network/resnet8-shapes.onnx"
        self.common = ["--data", "shapes", "--limit", "128", "--test-limit", "200", "--noise", "normal:0.05ns",
                       "--rewrites", "2"]

    def cim(self, *arguments, status=0):
        result = subprocess.run([CIM, *map(str, arguments)], capture_output=True, text=True, timeout=200,
                                cwd=self.folder)
        self.assertEqual(result.returncode, status, result.stderr)
        return result

    def document(self, *arguments):
        return json.loads(self.cim(*arguments, "--json", "-").stdout)

    def refused(self, status, *arguments):
        result = self.cim(*arguments, status=status)
        self.assertRegex(result.stderr, "^cim: error: .*\n$")
        return result.stderr


class Recovery(Commands):
    def test_points(self):
        document = self.document("recovery", self.network, *self.common, "--depths", "2,8", "-o", "curves.svg")
        self.assertEqual(document["command"], "recovery")
        points = {point["plan"]: point for point in document["points"]}
        self.assertEqual(list(points)[:2], ["last:2", "last:8"])
        self.assertTrue(document["complete"])
        for plan, point in points.items():
            self.assertEqual(set(point), {"plan", "depth", "weights", "injected", "retrained", "rewritten"})
            self.assertEqual(len(point["rewritten"]["trials"]), 2)
        # A point is what retrain measures.
        alone = self.document("retrain", self.network, *self.common, "--select", "c2:8")
        self.assertEqual(points["c2:8"]["rewritten"], alone["accuracy"]["rewritten"])
        self.assertEqual(points["c2:8"]["weights"], alone["weights"])
        self.assertEqual(points["c2:8"]["depth"], alone["depth"])
        self.assertIn("C2 only", (self.folder / "curves.svg").read_text())

    def test_tolerant_layers_where_they_are_known(self):
        self.cim("tolerance", self.network, "--data", "shapes", "--limit", "100", "--noise", "normal:0.05ns",
                 "--trials", "2", "-o", "facts.mlir")
        document = self.document("recovery", "facts.mlir", *self.common, "--depths", "4")
        self.assertIn("tolerant:4", [point["plan"] for point in document["points"]])

    def test_interrupt_keeps_what_is_done(self):
        process = subprocess.Popen([CIM, "recovery", self.network, *self.common, "--trials", "3", "--json", "part.json"],
                                   cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=100)
        if process.returncode == 0:
            self.skipTest("it was too fast to be interrupted")
        self.assertEqual(process.returncode, 130, errors)
        if output:
            self.assertFalse(json.loads((self.folder / "part.json").read_text())["complete"])

    def test_bad_input(self):
        self.assertIn("--depths", self.refused(2, "recovery", self.network, *self.common, "--depths", "2,x"))
        self.assertIn("--depths", self.refused(2, "recovery", self.network, *self.common, "--depths", "0"))
        self.assertIn(".svg", self.refused(2, "recovery", self.network, *self.common, "-o", "curves.pdf"))
        self.assertIn("no errors", self.refused(2, "recovery", self.network, "--data", "shapes"))


class Plan(Commands):
    def test_search(self):
        document = self.document("plan", self.network, *self.common, "--budget", "20000", "--rounds", "2",
                                 "--trials", "1")
        self.assertEqual(document["command"], "plan")
        best = document["points"][0]
        self.assertEqual(document["plan"], best["plan"])
        self.assertEqual(best["round"], 2)
        for point in document["points"]:
            self.assertLessEqual(point["weights"], 20000)
        alone = self.document("retrain", self.network, *self.common, "--select", document["plan"])
        self.assertEqual(document["accuracy"]["rewritten"], alone["accuracy"]["rewritten"])
        self.assertEqual(document["selected"], alone["selected"])

    def test_bad_input(self):
        self.assertIn("--budget", self.refused(2, "plan", self.network, *self.common))
        self.assertIn("more weights", self.refused(1, "plan", self.network, *self.common, "--budget", "3"))


if __name__ == "__main__":
    CIM = str(pathlib.Path(sys.argv.pop(1)).absolute())
    SOURCE = pathlib.Path(sys.argv.pop(1)).absolute()
    unittest.main(verbosity=2)
