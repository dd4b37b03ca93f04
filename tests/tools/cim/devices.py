"""Device models and errors of cells, as a user meets them; and the published
check values of conductances where the shared networks and data are.

Run one test with `.venv/bin/python tests/tools/cim/devices.py build/bin/cim Devices.test_times`.
"""

import json
import pathlib

import numpy

from cim_test_case import CimTestCase, DATA, main

FIELDS = {"name", "kind", "citation", "range", "terms"}


class Devices(CimTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.write_evaluation(50)

    def test_list(self):
        devices = self.document("devices")["devices"]
        self.assertIn("pcm-joshi2020", [device["name"] for device in devices])
        for device in devices:
            self.assertLessEqual(FIELDS, set(device))
        table = self.cim("devices").stdout
        for device in devices:
            self.assertIn(device["name"], table)

    def test_errors(self):
        crossbar = ("--crossbar", "64x64")
        for status, message, *options in [
                (2, "did you mean 'pcm-joshi2020'?", *crossbar, "--device", "pcm-joshi"),
                (2, "time '1' is not", *crossbar, "--device", "pcm-joshi2020@1"),
                (1, "drift begins 20 s", *crossbar, "--device", "pcm-joshi2020@1s"),
                (1, "3 d is after", *crossbar, "--device", "reram-wan2022@3d"),
                (1, "is parametric", *crossbar, "--device", "nand-flash"),
                (1, "put the layer on crossbars", "--device", "pcm-joshi2020"),
                (1, "the window 0:100 leaves", *crossbar, "--conductance", "0:100", "--device", "reram-milo2021"),
                (1, "--cell-bits 1", *crossbar, "--device", "sot-mram-2025"),
                (1, "described in nA", *crossbar, "--device", "sonos-agrawal2022", "--noise", "normal:1uS"),
                (1, "no.yaml", *crossbar, "--device", "no.yaml")]:
            self.eval_fails(status, message, *options)

    def test_own_file(self):
        text = ("format: 1\nname: mine\nkind: test\ncitation: none\nunit: uS\nconductance: [0, 50]\n"
                "programming: {in: G, polynomial: [%s]}\n")
        (self.folder / "mine.yaml").write_text(text % "5")
        device = ("--crossbar", "64x64", "--device", "mine.yaml")
        # The same error as noise of that width, of a source of its own.
        noise = ("--crossbar", "64x64", "--conductance", "0:50", "--noise", "normal:5uS")
        exact, one, other = self.logits(), self.logits(*device), self.logits(*noise)
        self.assertAlmostEqual(numpy.std(one - exact) / numpy.std(other - exact), 1, delta=0.5)
        self.assertGreater(abs(one - other).max(), 1e-3)
        (self.folder / "mine.yaml").write_text(text % "zero")
        self.eval_fails(1, "'mine.yaml' line 7: 'zero' is not a number", *device)
        (self.folder / "mine.yaml").write_text(text % "0")
        numpy.testing.assert_array_equal(self.logits(*device), exact)

    def test_stages(self):
        """A text and a plan hold the device's numbers: its file may go."""
        file = self.folder / "gone.yaml"
        preset = pathlib.Path(json.loads(self.cim("devices", "--json", "-").stdout)["devices"][0]["file"]).parent
        file.write_text((preset / "pcm-joshi2020.yaml").read_text())
        options = ("--crossbar", "64x64", "--device", "gone.yaml@1h")
        expected = self.logits(*options)
        for stage, name in (("mapped", "text.mlir"), ("plan", "text.plan")):
            result = self.cim("compile", "small.onnx", *options, "--until", stage, "-o", name)
            self.assertEqual(result.returncode, 0, result.stderr)
        file.unlink()
        for name in ("text.mlir", "text.plan"):
            numpy.testing.assert_array_equal(self.logits(model=name), expected)

    def test_drift_compensation(self):
        """It gives back what all cells lose, on every path through the arrays."""
        pcm = ("--crossbar", "64x64", "--device")
        fresh = self.logits(*pcm, "pcm-joshi2020")
        error = lambda logits: numpy.abs(logits - fresh).mean() / numpy.abs(fresh).mean()
        drifted = error(self.logits(*pcm, "pcm-joshi2020@30d"))
        for more in ((), ("--dac", "8", "--adc", "8")):
            compensated = error(self.logits(*pcm, "pcm-joshi2020@30d", "--drift-compensation", "global", *more))
            self.assertLess(compensated, drifted / 2)
        options = (*pcm, "pcm-joshi2020@1d", "--drift-compensation", "global", "--adc", "8")
        fast, slow = self.logits(*options), self.logits(*options, "--reference")
        self.assertLess(numpy.abs(fast - slow).max(), 0.05 * numpy.abs(slow).max())
        numpy.testing.assert_array_equal(fast, self.logits(*options, "--threads", "3", "--micro-batch", "5"))
        result = self.cim("compile", "small.onnx", *options[:-2], "-o", "drift.mlir")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual((self.folder / "drift.mlir").read_text().count("cim.drift_compensation"), 4)
        numpy.testing.assert_array_equal(self.logits(*options[:-2]), self.logits(model="drift.mlir"))
        self.eval_fails(1, "has nothing to compensate", "--crossbar", "64x64", "--drift-compensation", "global")
        self.eval_fails(1, "stands on no arrays", "--drift-compensation", "global")
        self.eval_fails(2, "--drift-compensation: unknown compensation 'local'", *pcm, "pcm-joshi2020@1d",
                   "--drift-compensation", "local")

    def test_chips_differ(self):
        document = self.document("eval", "small.onnx", *DATA, "--crossbar", "64x64",
                                 "--device", "pcm-joshi2020@1d", "--trials", "3")
        self.assertEqual(len(document["correct"]), 3)
        self.assertEqual(document["options"]["device"], "pcm-joshi2020@1d")

    def test_per_layer(self):
        alone = self.logits("--crossbar", "64x64", "--layer", "fc:device=reram-wan2022")
        together = self.logits("--crossbar", "64x64", "--device", "reram-wan2022", "--layers", "fc")
        numpy.testing.assert_array_equal(alone, together)
        self.assertGreater(abs(alone - self.logits()).max(), 0)

    def test_check_values(self):
        """ResNet-32 on the first 1,000 test images: guide, semantics section 3."""

        def accuracy(*options):
            return self.document("eval", self.shared("models/resnet32-cifar10.onnx"), "--data",
                                 f"cifar10:{self.shared('data/cifar-10-binary.tar.xz')}", "--limit", 1000, *options)["accuracy"]

        self.assertAlmostEqual(accuracy("--quantize", "5,mode=symmetric")["mean"], 0.926, delta=5e-4)
        # 0.874 +- 0.014 over chips; here the mean of 20.
        measure = accuracy("--crossbar", "128x128", "--noise", "normal:3uS", "--trials", 20)
        self.assertAlmostEqual(measure["mean"], 0.874, delta=0.014)


if __name__ == "__main__":
    main()
