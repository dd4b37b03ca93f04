"""Wires, times, and what cells share, correct and gather, as a user meets them;
and their published or exact values where the shared networks and data are.

Run one test with `.venv/bin/python tests/tools/cim/cells.py build/bin/cim Cells.test_wires`.
"""

import json

import numpy

from cim_test_case import CimTestCase, DATA, main

CROSSBAR = ("--crossbar", "64x64")
PCM = (*CROSSBAR, "--device", "pcm-joshi2020")


class Cells(CimTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.write_evaluation(50)

    def test_wires(self):
        exact = self.logits(*CROSSBAR)
        largest = abs(exact).max()

        def loss(*options):
            return abs(self.logits(*CROSSBAR, "--wire-resistance", *options) - exact).max() / largest

        self.assertEqual(loss("0"), 0)
        self.assertGreater(loss("1"), 1e-4)
        self.assertGreater(loss("10"), loss("1"))
        self.assertLess(loss("10,drive=both"), loss("10"))
        self.assertLess(loss("row=10,column=0"), loss("10"))
        # The first order is nearly right where wires matter little.
        wired = self.logits(*CROSSBAR, "--wire-resistance", "1")
        first = self.logits(*CROSSBAR, "--wire-resistance", "1,mode=first-order")
        self.assertLess(abs(first - wired).max(), 0.1 * abs(wired - exact).max())
        # Threads and the reference give the same.
        numpy.testing.assert_array_equal(self.logits(*CROSSBAR, "--wire-resistance", "1", "--threads", "1"), wired)
        reference = self.logits(*CROSSBAR, "--wire-resistance", "1", "--reference")
        self.assertLess(abs(reference - wired).max(), 1e-5 * largest)

    def test_wires_of_every_kind_of_cells(self):
        for options in (("--cells", "offset"), ("--cells", "offset,reference=ideal"),
                        ("--quantize", "5,mode=symmetric", "--cell-bits", "2"),
                        ("--quantize", "5", "--cells", "offset", "--cell-bits", "2")):
            exact = self.logits(*CROSSBAR, *options)
            wired = self.logits(*CROSSBAR, *options, "--wire-resistance", "2")
            self.assertGreater(abs(wired - exact).max(), 1e-4 * abs(exact).max())
            self.assertLess(abs(wired - exact).max(), abs(exact).max())

    def test_wires_per_layer_and_stage(self):
        one = self.logits(*CROSSBAR, "--layer", "fc:wire-resistance=50")
        self.assertGreater(abs(one - self.logits(*CROSSBAR)).max(), 0)
        for stage, name in (("mapped", "text.mlir"), ("plan", "text.plan")):
            result = self.cim("compile", "small.onnx", *CROSSBAR, "--layer", "fc:wire-resistance=50", "--until", stage,
                              "-o", name)
            self.assertEqual(result.returncode, 0, result.stderr)
            numpy.testing.assert_array_equal(self.logits(model=name), one)

    def test_write_verify(self):
        noise = (*CROSSBAR, "--noise", "normal:3uS", "--trials", 3)
        document = self.evaluate(*noise, "--write-verify", "3uS,pulses=10")
        writing = document["writing"]
        # erf(1/sqrt 2) of all pulses succeed; those that would go below zero do
        # more often.
        self.assertAlmostEqual(writing["pulses_per_cell"], 1 / 0.6827, delta=0.25)
        self.assertLess(writing["failed"], 2e-4 * writing["cells"])
        self.assertAlmostEqual(writing["pulses"], writing["pulses_per_cell"] * writing["cells"], delta=1)
        self.assertIn("pulses per cell", self.says("eval", "small.onnx", *DATA, *noise, "--write-verify", "1uS"))
        self.assertNotIn("writing", self.evaluate(*noise))
        loose, tight = (abs(self.logits(*noise, "--write-verify", tolerance) - self.logits(*CROSSBAR)).max()
                        for tolerance in ("100uS", "0.5uS,pulses=64"))
        self.assertLess(tight, loose / 2)
        numpy.testing.assert_array_equal(self.logits(*noise, "--write-verify", "100uS"), self.logits(*noise))

    def test_correlated(self):
        exact = self.logits(*CROSSBAR)
        for widths in ("column=1uS", "array=1uS", "die=1uS", "column=0.1ns", "die=0.1ns"):
            chips = [self.logits(*CROSSBAR, "--correlated", widths, "--seed", seed) for seed in (0, 0, 1)]
            numpy.testing.assert_array_equal(chips[0], chips[1])
            self.assertGreater(abs(chips[0] - chips[2]).max(), 0, widths)
            self.assertGreater(abs(chips[0] - exact).max(), 0, widths)
        self.assertEqual(len(self.evaluate(*CROSSBAR, "--correlated", "die=1uS", "--trials", 3)["correct"]), 3)

    def test_read_disturb(self):
        shifted = self.logits(*CROSSBAR, "--shift", "-2uS")
        # 4 * sqrt(2.5e5 / 1e6) = 2.
        disturbed = self.logits(*CROSSBAR, "--read-disturb", "-4uS,per=1e6,exponent=0.5,reads=250000")
        numpy.testing.assert_allclose(disturbed, shifted, rtol=1e-5, atol=1e-5)
        # 50 images; fc is read once for each.
        counted = self.logits(*CROSSBAR, "--layer", "fc:read-disturb=-0.04uS")
        given = self.logits(*CROSSBAR, "--layer", "fc:read-disturb=-0.04uS,reads=50")
        numpy.testing.assert_array_equal(counted, given)
        self.assertGreater(abs(counted - self.logits(*CROSSBAR)).max(), 0)

    def test_times(self):
        document = self.evaluate(*PCM, "--times", "20s,1h,1d", "--trials", 2)
        self.assertEqual([entry["time"] for entry in document["times"]], [20, 3600, 86400])
        self.assertEqual(document["times"][0]["accuracy"], document["accuracy"])
        for entry, time in zip(document["times"], ("20s", "1h", "1d")):
            alone = self.evaluate(*CROSSBAR, "--device", f"pcm-joshi2020@{time}", "--trials", 2)
            self.assertEqual(entry["accuracy"], alone["accuracy"])
        self.assertEqual(document["options"]["times"], "20s,1h,1d")
        self.assertRegex(self.says("eval", "small.onnx", *DATA, *PCM, "--times", "20s,1d"), r"\n +1 d ")

    def test_times_are_counted_together(self):
        def conversions(times):
            document = self.evaluate(*PCM, "--adc", 8, "--times", times)
            return [layer["adc"]["conversions"] for layer in document["converters"]]

        self.assertEqual(conversions("20s,1h,1d"), [3 * count for count in conversions("20s")])

    def test_measured_distribution(self):
        """A device whose programming errors follow a measured distribution."""
        text = ("format: 1\nname: mine\nkind: test\ncitation: none\nunit: uS\nconductance: [0, 100]\n"
                "programming: {in: G, polynomial: [5]}\n")
        (self.folder / "mine.yaml").write_text(text + "distribution: measured.csv\n")
        (self.folder / "measured.csv").write_text("-1,0\n-1,0.5\n1,0.5\n1,1\n")
        device = (*CROSSBAR, "--conductance", "0:100", "--device", "mine.yaml")
        measured = self.logits(*device)
        # The same distribution as noise, of another source.
        noise = self.logits(*CROSSBAR, "--noise", "empirical:5uS,file=measured.csv")
        exact = self.logits(*CROSSBAR)
        self.assertAlmostEqual(numpy.std(measured - exact) / numpy.std(noise - exact), 1, delta=0.5)
        # A text holds the numbers, not the files.
        result = self.cim("compile", "small.onnx", *device, "--until", "mapped", "-o", "measured.mlir")
        self.assertEqual(result.returncode, 0, result.stderr)
        (self.folder / "measured.csv").write_text("value,probability\n-1,0\n1,two\n")
        numpy.testing.assert_array_equal(self.logits(model="measured.mlir"), measured)
        self.eval_fails(1, "'mine.yaml' line 8", *device)
        self.eval_fails(1, "line 3", *device)

    def test_errors(self):
        for status, message, *options in [
                (2, "--times: time '1' is not", *PCM, "--times", "1"),
                (2, "ascending order", *PCM, "--times", "1d,1h"),
                (1, "drift begins 20 s after", *PCM, "--times", "1s,1d"),
                (1, "leave out @TIME", *CROSSBAR, "--device", "pcm-joshi2020@1d", "--times", "1h"),
                (1, "needs a device that changes with time", *CROSSBAR, "--times", "1h"),
                (1, "needs a device that changes with time", *CROSSBAR, "--conductance", "50:225",
                 "--device", "reram-milo2021", "--times", "1h"),
                (2, "--wire-resistance: resistance (ohm)", *CROSSBAR, "--wire-resistance", "-1"),
                (2, "the resistance is missing", *CROSSBAR, "--wire-resistance", "drive=both"),
                (1, "stands on no arrays", "--wire-resistance", "1"),
                (1, "are described in nA", *CROSSBAR, "--device", "sonos-agrawal2022", "--wire-resistance", "1"),
                (1, "are described in nA", *CROSSBAR, "--device", "sonos-agrawal2022", "--read-noise", "1uS"),
                (2, "tolerance '0uS'", *CROSSBAR, "--noise", "normal:1uS", "--write-verify", "0uS"),
                (1, "nothing to verify", *CROSSBAR, "--write-verify", "1uS"),
                (1, "put it on crossbars", "--write-verify", "1uS"),
                (2, "column '-1uS' is negative", *CROSSBAR, "--correlated", "column=-1uS"),
                (2, "give it in uS", *CROSSBAR, "--correlated", "array=1ns"),
                (2, "read-disturb: exponent", *CROSSBAR, "--read-disturb", "1uS,exponent=-1"),
                (1, "not quantized", "--read-disturb", "1qs")]:
            self.eval_fails(status, message, *options)
        result = self.cim("histogram", "small.onnx", *CROSSBAR, "--read-disturb", "1uS", "-o", "h.csv")
        self.assertEqual(result.returncode, 1)
        self.assertIn("add reads=N", result.stderr)

    def test_everywhere(self):
        """sweep --vary, --config and histogram."""
        (self.folder / "experiment.yaml").write_text(
            "crossbar: 64x64\nwire-resistance: 5\ncorrelated: column=1uS\nnoise: normal:1uS\n"
            "write-verify: 2uS\nread-disturb: 0.1uS\nlayers:\n  fc:\n    wire-resistance: 1\n")
        from_file = self.logits("--config", "experiment.yaml")
        options = (*CROSSBAR, "--wire-resistance", 5, "--correlated", "column=1uS", "--noise", "normal:1uS",
                   "--write-verify", "2uS", "--read-disturb", "0.1uS", "--layer", "fc:wire-resistance=1")
        numpy.testing.assert_array_equal(from_file, self.logits(*options))
        result = self.cim("sweep", "small.onnx", *DATA, *CROSSBAR, "--noise", "normal:1uS",
                          "--vary", "wire-resistance={0,5}", "--vary", "write-verify={1uS,2uS}", "--vary",
                          "correlated=column={0,1}uS", "--vary", "read-disturb={0,1}uS", "--trials", 2, "--store",
                          "s.sqlite", "--json", "-")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(json.loads(result.stdout)["points"]), 16)
        result = self.cim("histogram", "small.onnx", *CROSSBAR, "--wire-resistance", 50, "-o", "h.csv")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_resnet(self):
        """Wires on ResNet-32: 128x128 arrays at full speed after a short solution."""
        result = self.cim("eval", self.shared("models/resnet32-cifar10.onnx"), "--data",
                          f"cifar10:{self.shared('data/cifar-10-binary.tar.xz')}", "--limit", 1000, "--crossbar", "128x128",
                          "--wire-resistance", "0.5", "--json", "-")
        self.assertEqual(result.returncode, 0, result.stderr)
        accuracy = json.loads(result.stdout)["accuracy"]["mean"]
        self.assertGreater(accuracy, 0.5)
        self.assertLess(accuracy, 0.93)


if __name__ == "__main__":
    main()
