"""No option of `cim` is silently without effect: what changes no number is an error or says so.

Run one test with `.venv/bin/python tests/tools/cim/idle_options.py build/bin/cim IdleOptions.test_evaluation`.
"""


from cim_test_case import CimTestCase, DEMO_NETWORK, main

EVAL = ("eval", DEMO_NETWORK, "--data", "shapes", "--limit", "10")
QUANTIZED = ("--quantize", "4,mode=symmetric")
CROSSBAR = ("--crossbar", "64x64")


class IdleOptions(CimTestCase):
    def said(self, arguments):
        result = self.cim(*arguments)
        return result.returncode, result.stderr.splitlines()

    def check(self, cases):
        """Each of (words, arguments): one warning with those words, or none at all."""
        for words, arguments in cases:
            with self.subTest(arguments):
                status, lines = self.said(arguments)
                self.assertEqual(status, 0, lines)
                if words is None:
                    self.assertEqual(lines, [])
                    continue
                self.assertEqual(len(lines), 1, lines)
                self.assertTrue(lines[0].startswith("cim: warning: "), lines)
                self.assertIn(words, lines[0])
                self.assertIn("has no effect", lines[0])

    def test_evaluation(self):
        noisy = (*QUANTIZED, "--noise", "normal:0.5qs")
        self.check((
            ("--conductance", (*EVAL, *CROSSBAR, "--conductance", "1:50", *noisy)),
            (None, (*EVAL, *CROSSBAR, "--conductance", "1:50", "--noise", "normal:1uS")),
            ("--cells", (*EVAL, *CROSSBAR, "--cells", "offset,reference=ideal", "--quantize", "4")),
            (None, (*EVAL, *CROSSBAR, "--cells", "offset", "--faults", "low=0.01")),
            (None, (*EVAL, *CROSSBAR, "--cells", "offset", "--adc", "8")),
            (None, (*EVAL, *CROSSBAR, "--conductance", "1:50", "--wire-resistance", "1")),
            ("--cell-bits", (*EVAL, *CROSSBAR, *noisy, "--cell-bits", "2")),
            (None, (*EVAL, *CROSSBAR, *QUANTIZED, "--cell-bits", "2", "--noise", "normal:1uS")),
            ("',force'", (*EVAL, *CROSSBAR, "--device", "pcm-joshi2020@1d,force")),
            (None, (*EVAL, *CROSSBAR, "--device", "reram-wan2022@3d,force")),
            ("quantize '4' has no effect", (*EVAL, "--quantize", "4", "--layer", "*:quantize=8")),
            (None, (*EVAL, "--quantize", "4", "--layer", "!fc:quantize=8")),
            ("quantize '6'", (*EVAL, "--layer", "fc:quantize=6", "--layer", "last:1:quantize=8")),
            ("--seed", (*EVAL, "--quantize", "4", "--seed", "1")),
            ("--trials", (*EVAL, "--shift", "0.01ns", "--trials", "3")),
            ("--drift-compensation", (*EVAL, *CROSSBAR, "--device", "pcm-joshi2020", "--drift-compensation", "global")),
            (None, (*EVAL, *CROSSBAR, "--device", "pcm-joshi2020", "--times", "1h", "--drift-compensation", "global")),
            ("packing 'dense'", (*EVAL, *CROSSBAR, "--packing", "dense")),
        ))

    def test_weights(self):
        self.check((
            ("--crossbar", ("histogram", DEMO_NETWORK, *CROSSBAR, "--quantize", "4")),
            ("--crossbar", ("program", DEMO_NETWORK, *CROSSBAR, "--quantize", "4", "-o", "chip.onnx")),
            (None, ("histogram", DEMO_NETWORK, *CROSSBAR, "--noise", "normal:1uS", "--seed", "3")),
            ("--seed", ("histogram", DEMO_NETWORK, "--quantize", "4", "--seed", "3")),
            ("--trial", ("program", DEMO_NETWORK, "--quantize", "4", "--trial", "3", "-o", "chip.onnx")),
            ("--quantize", ("map", DEMO_NETWORK, *CROSSBAR, *QUANTIZED)),
            (None, ("map", DEMO_NETWORK, *CROSSBAR, *QUANTIZED, "--cell-bits", "2")),
            ("read noise", ("program", DEMO_NETWORK, *CROSSBAR, "--device", "pcm-joshi2020@1d", "-o", "chip.onnx")),
            ("--adc", ("program", DEMO_NETWORK, *CROSSBAR, "--noise", "normal:1uS", "--adc", "6", "-o", "chip.onnx")),
            (None, (*EVAL, "--fold-batch-norm")),
        ))
        # A network whose BatchNorm is folded already has none to fold.
        status, lines = self.said(("compile", DEMO_NETWORK, "--until", "nn", "--fold-batch-norm", "-o", "folded.mlir"))
        self.assertEqual((status, lines), (0, []))
        self.check((("folding batch normalisation", ("info", "folded.mlir", "--fold-batch-norm")),))

    def test_layers(self):
        """--layers says where errors are; crossbars and what belongs to them are in all layers."""
        data = ("--data", "shapes", "--limit", "10")
        sweep = ("sweep", DEMO_NETWORK, *data, "--trials", "1", "--store", "layers.sqlite")
        override = ("--layers", "role:C1", "--layer", "fc:noise=normal:0.1ns")
        for arguments in (
                (*EVAL, *override), (*EVAL, *CROSSBAR, "--adc", "8", "--layers", "fc"),
                ("compile", DEMO_NETWORK, *override), (*sweep, *override),
                ("explain", DEMO_NETWORK, *data, *CROSSBAR, "--adc", "5", "--layers", "fc"),
                ("program", DEMO_NETWORK, *CROSSBAR, "--read-noise", "1uS", "--layers", "fc", "-o", "chip.onnx"),
                (*sweep, *CROSSBAR, "--vary", "adc={4,5}", "--layers", "fc"),
                (*sweep, *CROSSBAR, "--wire-resistance", "1", "--vary", "layers={none,fc}"),
                ("limits", DEMO_NETWORK, *data, *CROSSBAR, "--threshold", "0.5", "--search", "adc={8..4}", "--layers",
                 "fc")):
            with self.subTest(arguments):
                self.fails(2, "--layers has no effect", *arguments)
        # Where it selects what is looked at, or a single point has an error, it has one.
        self.check(((None, ("histogram", DEMO_NETWORK, "--layers", "fc")),
                    (None, ("tolerance", DEMO_NETWORK, *data, "--layer", "fc:noise=normal:0.1ns", "--layers", "fc")),
                    (None, (*sweep, "--vary", "noise={none,normal:0.1ns}", "--layers", "fc"))))

    def test_errors(self):
        """Where an option cannot mean anything, it is refused."""
        for arguments in (
                (*EVAL, "--layers", "fc"), (*EVAL, "--cells", "offset"), (*EVAL, "--cell-bits", "2", *QUANTIZED),
                (*EVAL, "--noise", "normal:1uS"), (*EVAL, "--shift", "1qs"), (*EVAL, "--faults", "flip=0.1"),
                (*EVAL, "--technology", "isaac2016"), (*EVAL, "--quantize", "4,percentile=99"),
                (*EVAL, "--reference", "--profile"), (*EVAL, "--device", "pcm-joshi2020"),
                ("map", DEMO_NETWORK, *CROSSBAR, "--layer", "fc:noise=normal:1uS"),
                ("histogram", DEMO_NETWORK, *CROSSBAR, "--noise", "normal:1uS", "--read-noise", "1uS"),
                ("compile", DEMO_NETWORK, "--quantize", "4", "--until", "nn", "-o", "a.mlir"),
                ("compile", DEMO_NETWORK, *CROSSBAR, "--until", "perturbed", "-o", "a.mlir")):
            with self.subTest(arguments):
                status, lines = self.said(arguments)
                self.assertIn(status, (1, 2), lines)
                self.assertEqual(len(lines), 1)
                self.assertTrue(lines[0].startswith("cim: error: "), lines)


if __name__ == "__main__":
    main()
