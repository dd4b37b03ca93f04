"""Runs the built `cim retrain` and `cim train` as a user would.

Run one test with `.venv/bin/python tests/tools/cim/training.py build/bin/cim . Retraining.test_document`.
"""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import numpy

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

    def interrupted(self, *arguments):
        """Ends a command whose output is out.onnx with Ctrl-C as soon as it has left a checkpoint, and returns that."""
        process = subprocess.Popen([CIM, *map(str, arguments)], cwd=self.folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        checkpoint = self.folder / "out.checkpoint.safetensors"
        while not checkpoint.exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        error = process.communicate()[1]
        self.assertEqual(process.returncode, 130, error)
        return checkpoint


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

    def test_kept_activations(self):
        arguments = [*self.common, *self.noise, "--select", "last:3", "--rewrites", "1", "--epochs", "3"]
        plain, kept = self.document(*arguments), self.document(*arguments, "--keep", "16")
        self.assertEqual(kept["options"]["keep"], 16)
        self.assertEqual(plain["accuracy"], kept["accuracy"])
        self.assertEqual([epoch["loss"] for epoch in plain["chips"][0]["epochs"]],
                         [epoch["loss"] for epoch in kept["chips"][0]["epochs"]])
        self.assertIn("--keep", self.refused(2, *arguments, "--keep", "16", "--augment", "flip,crop:2"))

    def test_published_counts(self):
        model = SOURCE.parent / "shared/models/resnet32-cifar10.onnx"
        if not model.exists():
            self.skipTest(f"SKIPPED, no {model}")
        random = numpy.random.default_rng(0)
        numpy.save(self.folder / "x.npy", random.standard_normal((4, 3, 32, 32), dtype=numpy.float32))
        numpy.save(self.folder / "y.npy", random.integers(0, 10, 4))
        for plan, weights, depth in (("last:14", 379_978, 14), ("last:9", 296_586, 9), ("c2:18", 185_088, 18),
                                     ("c2:18,layer2.0.conv2", 194_368, 20)):
            result = self.document("retrain", model, "--data", "npy:x.npy,y.npy", "--noise", "normal:0.03ns", "--select",
                                   plan, "--rewrites", "1")
            self.assertEqual((result["weights"], result["depth"]), (weights, depth), plan)

    def test_validation(self):
        self.assertIn("--hold-back", self.refused(2, *self.common, *self.noise, "--select", "last:2", "--validate"))
        result = self.document(*self.common, *self.noise, "--select", "last:2", "--hold-back", "0.25", "--validate")
        self.assertEqual(result["data"]["test"]["images"], 32)

    def test_extensions(self):
        result = self.document(*self.common, *self.noise, "--select", "last:2", "--rewrites", "2", "--inject", "1",
                               "--recalibrate-batch-norm", "64", "--threshold", "0.001")
        for written in result["chips"][0]["cells_written"]:
            self.assertLess(written, result["weights"])
        self.assertEqual(result["options"]["inject"], 1)

    def test_cells(self):
        result = self.document(*self.common, *self.noise, "--select", "last:8", "--rewrites", "2", "--adapt", "64",
                               "--writes", "2000", "--write-rounds", "2")
        for written in result["chips"][0]["cells_written"]:
            self.assertLessEqual(written, 2000)
            self.assertGreater(written, 1500)
        # Scale and bias of all normalisations, and the biases.
        self.assertGreater(result["digital_parameters"], 100)
        self.assertIn("--adapt", self.refused(2, *self.common, *self.noise, "--select", "last:8", "--writes", "9"))
        self.assertIn("--threshold", self.refused(2, *self.common, *self.noise, "--select", "last:8", "--writes", "9",
                                                  "--adapt", "64", "--threshold", "0.1"))
        self.assertIn("--writes", self.refused(2, *self.common, *self.noise, "--select", "last:8", "--write-rounds",
                                              "2"))

    def test_interrupted_retraining_goes_on(self):
        arguments = [*self.common, *self.noise, "--select", "last:2", "--trials", "6", "--rewrites", "2"]
        whole = self.document(*arguments, "-o", "whole.onnx")
        checkpoint = self.interrupted(*arguments, "-o", "out.onnx")
        self.assertIn("other options", self.refused(1, *arguments, "--resume", "-o", "out.onnx", "--momentum", "0.8"))
        rest = self.document(*arguments, "--resume", "-o", "out.onnx")
        self.assertEqual(rest["accuracy"], whole["accuracy"])
        self.assertEqual((self.folder / "out.onnx").read_bytes(), (self.folder / "whole.onnx").read_bytes())
        self.assertFalse(checkpoint.exists())
        self.assertIn("--checkpoint", self.refused(2, *arguments, "--resume"))
        self.assertIn("no checkpoint", self.refused(1, *arguments, "--resume", "-o", "out.onnx"))

    def test_table(self):
        text = self.cim(*self.common, *self.noise, "--select", "last:2").stdout
        for word in ("without errors", "after writing", "after retraining", "after rewriting"):
            self.assertIn(word, text)

    def test_bad_input(self):
        self.assertIn("--select", self.refused(2, *self.common, *self.noise))
        self.assertIn("layer1.conv1", self.refused(1, *self.common, *self.noise, "--select", "layer1.conv11"))
        self.assertIn("role", self.refused(2, *self.common, *self.noise, "--select", "role:C9"))
        self.assertIn("selects nothing", self.refused(1, *self.common, *self.noise, "--select", "c2:1"))
        self.assertIn("--noise", self.refused(2, *self.common, "--select", "last:2"))
        self.assertIn("--schedule", self.refused(2, *self.common, *self.noise, "--select", "last:2",
                                                 "--schedule", "cosin"))
        self.assertIn("diverged", self.refused(1, *self.common, *self.noise, "--select", "last:2",
                                               "--batch", "16", "--learning-rate", "1e30"))
        # Files appear whole or not at all.
        self.refused(1, *self.common, *self.noise, "--select", "last:2", "-o", "nowhere/out.onnx")
        self.assertEqual(list(self.folder.iterdir()), [])


class Training(Commands):
    def setUp(self):
        super().setUp()
        self.data = ["--data", "shapes", "--limit", "300", "--test-limit", "200"]
        self.common = [*self.data, "--learning-rate", "0.05"]

    def test_architecture(self):
        result = self.document("train", "--arch", "resnet8", *self.common, "--epochs", "3", "-o", "out.onnx",
                               "--hold-back", "0.1")
        self.assertEqual(result["command"], "train")
        self.assertEqual([set(e) for e in result["epochs"]], [{"loss", "accuracy", "seconds", "held_back"}] * 3)
        self.assertLess(result["epochs"][2]["loss"], result["epochs"][0]["loss"])
        again = self.document("eval", "out.onnx", "--data", "shapes", "--limit", "200")
        self.assertEqual(again["accuracy"]["mean"], result["accuracy"]["mean"])
        self.assertEqual([path.name for path in self.folder.iterdir()], ["out.onnx"])

    def test_graph(self):
        model = SOURCE / "tools/demo-network/resnet8-shapes.onnx"
        scratch = self.document("train", model, *self.common, "--epochs", "1", "-o", "scratch.onnx")
        tuned = self.document("train", model, *self.data, "--epochs", "1", "-o", "tuned.onnx", "--fine-tune",
                              "--learning-rate", "1e-4", "--augment", "none")
        self.assertLess(tuned["epochs"][0]["loss"], 0.6)
        self.assertGreater(scratch["epochs"][0]["loss"], 1)
        names = [[layer["name"] for layer in self.document("info", file)["layers"]] for file in (model, "scratch.onnx")]
        self.assertEqual(*names)

    def test_interrupted_training_goes_on(self):
        arguments = ["train", "--arch", "resnet8", *self.common, "--epochs", "20", "-o", "out.onnx"]
        checkpoint = self.interrupted(*arguments)
        self.assertFalse((self.folder / "out.onnx").exists())
        # With other options it is another training.
        self.assertIn("other options", self.refused(1, *arguments, "--resume", "--momentum", "0.8"))
        self.assertTrue(checkpoint.exists())
        result = self.document(*arguments, "--resume")
        self.assertEqual(len(result["epochs"]), 20)
        self.assertFalse(checkpoint.exists())

    def test_bad_input(self):
        self.assertIn("resnet8", self.refused(2, "train", "--arch", "resnet9", *self.common, "-o", "out.onnx"))
        self.assertIn("--arch", self.refused(2, "train", *self.common, "-o", "out.onnx"))
        self.assertIn("-o", self.refused(2, "train", "--arch", "resnet8", *self.common))
        self.assertIn("no checkpoint", self.refused(1, "train", "--arch", "resnet8", *self.common, "-o", "out.onnx",
                                                    "--resume"))
        self.assertIn("--patience", self.refused(2, "train", "--arch", "resnet8", *self.common, "-o", "out.onnx",
                                                 "--patience", "3"))
        self.assertIn("diverged", self.refused(1, "train", "--arch", "resnet8", *self.data, "-o", "out.onnx", "--batch",
                                               "32", "--learning-rate", "1e30"))
        # More labels than the network has outputs.
        numpy.save(self.folder / "x.npy", numpy.zeros((8, 3, 32, 32), dtype=numpy.float32))
        numpy.save(self.folder / "y.npy", numpy.arange(8, 16))
        self.assertIn("outputs", self.refused(1, "train", SOURCE / "tools/demo-network/resnet8-shapes.onnx", "--data",
                                              "npy:x.npy,y.npy", "-o", "out.onnx"))
        self.assertFalse((self.folder / "out.onnx").exists())


if __name__ == "__main__":
    CIM = str(pathlib.Path(sys.argv.pop(1)).absolute())
    SOURCE = pathlib.Path(sys.argv.pop(1)).absolute()
    unittest.main()
