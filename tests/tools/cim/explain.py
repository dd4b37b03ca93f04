"""Runs the built `cim explain` as a user would, on the network and the images that come along.

Run one test with `.venv/bin/python tests/tools/cim/explain.py build/bin/cim Explain.test_sources`.
"""

from cim_test_case import CimTestCase, DEMO_NETWORK, after, main

SHAPES = ("--data", "shapes", "--limit", "300")
ERRORS = ("--quantize", "4", "--noise", "normal:0.7qs", "--shift", "+0.002ns")


class Explain(CimTestCase):
    def explain(self, *arguments):
        return self.document("explain", DEMO_NETWORK, *SHAPES, *arguments)

    def accuracy(self, *arguments):
        return self.document("eval", DEMO_NETWORK, *SHAPES, *arguments)["accuracy"]["trials"]

    def test_sources(self):
        """Every figure is one that eval gives with the same options."""
        chips = ("--trials", "3", "--seed", "5")
        document = self.explain(*ERRORS, *chips)
        self.assertTrue(document["complete"])
        ideal = self.accuracy()
        self.assertEqual(document["ideal"]["trials"], ideal)
        self.assertEqual(document["accuracy"]["trials"], self.accuracy(*ERRORS, *chips))
        sources = {s["name"]: s for s in document["sources"] if s["layer"] == ""}
        self.assertEqual(list(sources), ["quantize", "noise", "shift", "all"])
        quantized = self.accuracy("--quantize", "4")
        self.assertAlmostEqual(sources["quantize"]["loss"], ideal[0] - quantized[0])
        # Noise in quantization steps comes on top of quantization.
        noisy = self.accuracy("--quantize", "4", "--noise", "normal:0.7qs", *chips)
        self.assertEqual(sources["noise"]["accuracy"]["trials"], noisy)
        self.assertEqual(sources["noise"]["needs"], "quantize")
        self.assertAlmostEqual(sources["noise"]["loss"], quantized[0] - sum(noisy) / 3)
        self.assertEqual(sources["shift"]["accuracy"]["trials"], self.accuracy("--shift", "+0.002ns"))
        # What comes back without the shift, and quantization cannot be left out.
        self.assertAlmostEqual(sources["shift"]["regained"]["mean"],
                               sum(noisy) / 3 - document["accuracy"]["mean"])
        self.assertNotIn("regained", sources["quantize"])
        for source in document["sources"]:
            self.assertLessEqual(source["ci95"][0], source["loss"])
            self.assertGreaterEqual(source["ci95"][1], source["loss"])
            self.assertLess(source["image_ci95"][0], source["image_ci95"][1] + 1e-12)

    def test_layers(self):
        document = self.explain(*ERRORS, "--trials", "2", "--layers", "*.conv2,fc")
        layers = [s for s in document["sources"] if s["layer"]]
        self.assertEqual(len(layers), 10)
        for layer in layers:
            self.assertEqual(layer["name"], "all")
            if layer["layer"] not in ("layer1.conv2", "layer2.conv2", "layer3.conv2", "fc"):
                self.assertEqual((layer["loss"], layer["accuracy"]["std"]), (0, None))
        alone = next(layer for layer in layers if layer["layer"] == "layer2.conv2")
        self.assertEqual(alone["accuracy"]["trials"],
                         self.accuracy(*ERRORS, "--trials", "2", "--layers", "layer2.conv2"))

    def test_overrides_and_slices(self):
        options = ("--crossbar", "64x64", "--quantize", "5,mode=symmetric", "--cell-bits", "2", "--noise",
                   "normal:4uS", "--layer", "fc:noise=normal:1uS")
        document = self.explain(*options, "--trials", "2")
        sources = {s["name"]: s for s in document["sources"] if s["layer"] == ""}
        self.assertEqual((sources["noise"]["value"], sources["noise"]["needs"]), ("several", "quantize"))
        self.assertEqual(document["accuracy"]["trials"], self.accuracy(*options, "--trials", "2"))
        alone = next(s for s in document["sources"] if s["layer"] == "fc")
        self.assertEqual(alone["accuracy"]["trials"],
                         self.accuracy("--crossbar", "64x64", "--layer", "fc:quantize=5,mode=symmetric", "--layer",
                                       "fc:cell-bits=2", "--layer", "fc:noise=normal:1uS", "--trials", "2"))

    def test_converters(self):
        options = ("--crossbar", "64x64", "--dac", "6", "--adc", "4", "--noise", "normal:2uS")
        document = self.explain(*options, "--trials", "2")
        sources = {s["name"]: s for s in document["sources"] if s["layer"] == ""}
        self.assertEqual(list(sources), ["noise", "dac", "adc", "all"])
        self.assertEqual(document["accuracy"]["trials"], self.accuracy(*options, "--trials", "2"))
        self.assertEqual(sources["adc"]["accuracy"]["trials"], self.accuracy("--crossbar", "64x64", "--adc", "4"))
        alone = next(s for s in document["sources"] if s["layer"] == "layer2.conv2")
        self.assertIn("clipped", alone)
        others = [("--layer", f"!layer2.conv2:{name}=none") for name in ("dac", "adc")]
        self.assertEqual(alone["accuracy"]["trials"],
                         self.accuracy(*options, *others[0], *others[1], "--layers", "layer2.conv2", "--trials", "2"))

    def test_window_of_a_device(self):
        """Errors in uS are measured in the window that they have beside the device."""
        crossbar, noise, chips = ("--crossbar", "64x64"), ("--noise", "normal:2uS"), ("--trials", "2")
        document = self.explain(*crossbar, "--device", "pcm-joshi2020", *noise, *chips)
        sources = {s["name"]: s for s in document["sources"] if s["layer"] == ""}
        alone = self.accuracy(*crossbar, "--conductance", "0:25", *noise, *chips)
        self.assertNotEqual(alone, self.accuracy(*crossbar, *noise, *chips))
        self.assertEqual(sources["noise"]["accuracy"]["trials"], alone)
        self.assertAlmostEqual(sources["device"]["regained"]["mean"], sum(alone) / 2 - document["accuracy"]["mean"])

    def test_words(self):
        result = self.cim("explain", DEMO_NETWORK, *SHAPES, "--quantize", "8", "--noise", "normal:0.3ns", "--trials", "2")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        why = result.stdout[result.stdout.index("\nWhy\n"):]
        self.assertIn("1. noise normal:0.3ns: every write leaves a weight somewhere else", why)
        self.assertNotIn("quantize", why)
        result = self.cim("explain", DEMO_NETWORK, *SHAPES, "--quantize", "12")
        self.assertIn("no loss is certain", result.stdout)

    def test_words_of_doubt(self):
        """A large loss that differs much from chip to chip is not left out."""
        text = self.says("explain", DEMO_NETWORK, *SHAPES, "--quantize", "4", "--noise", "normal:0.5qs", "--shift",
                         "-0.01ns", "--trials", "3")
        why = text[text.index("\nWhy\n"):]
        self.assertRegex(why, r"\n  \d\. noise normal:0\.5qs may cost \d+\.\d\d points, but 3 chips differ too much to "
                              r"be certain: take more --trials\.\n")
        self.assertIn("quantize 4: cells hold too few levels", why)

    def test_interrupt(self):
        process = self.start("explain", DEMO_NETWORK, "--data", "shapes", "--noise", "normal:0.1ns", "--trials", "100000",
                             "--json", "out.json")
        self.end(process, after(3))
        self.assertFalse((self.folder / "out.json").exists())

    def test_wrong_usage(self):
        self.fails(2, "nothing to explain", "explain", DEMO_NETWORK, *SHAPES)
        self.fails(2, "nothing to explain", "explain", DEMO_NETWORK, *SHAPES, "--crossbar", "64x64")
        self.fails(2, "the data are missing", "explain", DEMO_NETWORK, "--quantize", "4")
        self.cim("compile", DEMO_NETWORK, "--quantize", "4", "-o", "a.mlir")
        self.cim("compile", DEMO_NETWORK, "--quantize", "4", "-o", "b.plan")
        self.fails(2, "cannot be switched off", "explain", "b.plan", *SHAPES)
        self.fails(2, "cannot be switched off", "explain", "a.mlir", *SHAPES, "--noise", "normal:1qs")


if __name__ == "__main__":
    main()
