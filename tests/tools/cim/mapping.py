"""Runs the built `cim map`, and other commands with crossbars, as a user would.

Run one test with `.venv/bin/python tests/tools/cim/mapping.py build/bin/cim Mapping.test_table`.
"""

import json
import pathlib

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from cim_test_case import CimTestCase, DATA, main


def depthwise_network():
    """3x3 depthwise convolution of 40 channels, then 1x1 to 6."""
    random = numpy.random.default_rng(4)
    weights = {"depthwise.weight": (40, 1, 3, 3), "pointwise.weight": (6, 40, 1, 1)}
    nodes = [helper.make_node("Conv", ["input", "depthwise.weight"], ["a"], group=40),
             helper.make_node("Conv", ["a", "pointwise.weight"], ["output"])]
    graph = helper.make_graph(
        nodes, "depthwise", [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 40, 8, 8])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", 6, 6, 6])],
        [numpy_helper.from_array(random.normal(0, 1, shape).astype(numpy.float32), name)
         for name, shape in weights.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def large_network():
    """One fully connected layer of 10,000 x 10,000."""
    weights = numpy.random.default_rng(5).standard_normal((10000, 10000), dtype=numpy.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["input", "large.weight"], ["output"])], "large",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 10000])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", 10000])],
        [numpy_helper.from_array(weights, "large.weight")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


class Mapping(CimTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.write_evaluation(40)
        onnx.save(depthwise_network(), cls.folder / "depthwise.onnx")

    def test_document(self):
        document = self.document("map", "small.onnx", "--crossbar", "64x12")
        self.assertEqual(document["command"], "map")
        self.assertEqual(document["options"], {"crossbar": "64x12"})
        self.assertEqual([(l["name"], l["rows"], l["columns"], l["row_tiles"], l["column_tiles"], l["crossbars"])
                          for l in document["layers"]],
                         [("stem", 27, 16, 1, 2, 4), ("block.conv1", 144, 16, 3, 2, 12),
                          ("block.conv2", 144, 16, 3, 2, 12), ("fc", 16, 4, 1, 1, 2)])
        self.assertEqual({l["cells_per_weight"] for l in document["layers"]}, {2})
        self.assertAlmostEqual(document["layers"][1]["utilization"], 144 * 16 / (6 * 64 * 12))
        self.assertEqual(document["crossbars"], 30)
        self.assertEqual(document["cells"], 2 * document["model"]["weights"])
        self.assertEqual(document["reference_cells"], 0)

    def test_slices_and_references(self):
        document = self.document("map", "small.onnx", "--crossbar", "64x12", "--cells", "offset",
                                 "--quantize", "5", "--cell-bits", "2")
        self.assertEqual({l["cells_per_weight"] for l in document["layers"]}, {3})
        self.assertEqual(document["crossbars"], 45)
        self.assertEqual(document["cells"], 3 * document["model"]["weights"])
        # What slices have in common is subtracted digitally.
        self.assertEqual(document["reference_cells"], 0)
        document = self.document("map", "small.onnx", "--crossbar", "64x12", "--cells", "offset")
        self.assertEqual(document["reference_cells"], 27 * 2 + 144 * 2 + 144 * 2 + 16)

    def test_verified_writes(self):
        (self.folder / "tech.yaml").write_text(
            "format: 1\nname: mine\ncitation: none\nread_time: 10 ns\ninput_bits: 8\narray: {rows: 64, columns: 64}\n"
            "dac: {bits: 8}\nadc: {bits: 8}\nwrite: {energy: 2 pJ, time: 1 us}\n")
        noise = ("--crossbar", "64x64", "--noise", "normal:5uS")
        verify = (*noise, "--write-verify", "3uS,pulses=10")
        document = self.document("map", "small.onnx", *verify, "--technology", "tech.yaml")
        pulses = document["writing"]["pulses_per_cell"]
        self.assertTrue(1.5 < pulses < 2.2, pulses)
        cost = document["cost"]
        self.assertEqual(cost["pulses_per_write"], pulses)
        self.assertEqual(cost["cell_writes"], document["cells"])
        self.assertAlmostEqual(cost["programming_terms"][0]["joules"], document["cells"] * pulses * 2e-12, delta=1e-15)
        self.assertAlmostEqual(cost["programming_seconds"], document["cells"] * pulses * 1e-6, delta=1e-9)
        text = self.succeeds("map", "small.onnx", *verify, "--technology", "tech.yaml").stdout
        self.assertRegex(text, r"writing one chip: 1\.\d+ pulses per cell")
        self.assertRegex(text, r"programming, once: 10,208 cell writes × 1\.\d+ pulses")
        self.assertRegex(text, r"cells +[\d,]+ pulses +× 2 pJ +\d+.*J")
        # The same chip as the first that is evaluated.
        evaluated = self.document("eval", "small.onnx", *DATA, *verify, "--technology", "tech.yaml")
        self.assertEqual(evaluated["writing"], document["writing"])
        self.assertEqual(evaluated["cost"]["programming_seconds"], cost["programming_seconds"])
        once = self.document("map", "small.onnx", "--crossbar", "64x64", "--technology", "tech.yaml")["cost"]
        self.assertEqual(once["pulses_per_write"], 1)
        # Cells of layers that are not verified take one pulse each.
        partly = self.document("map", "small.onnx", "--crossbar", "64x64", "--layer", "fc:noise=normal:5uS", "--layer",
                               "fc:write-verify=3uS,pulses=10", "--technology", "tech.yaml")
        written = partly["writing"]
        self.assertEqual(written["cells"], partly["cost"]["layers"][-1]["cell_writes"])
        pulses = partly["cells"] + written["pulses"] - written["cells"]
        self.assertGreater(pulses, partly["cells"])
        self.assertAlmostEqual(partly["cost"]["pulses_per_write"], pulses / partly["cells"])
        self.assertAlmostEqual(partly["cost"]["programming_seconds"], pulses * 1e-6, delta=1e-9)
        result = self.cim("map", "small.onnx", *noise)
        self.assertEqual(result.returncode, 2)
        self.assertIn("or add --write-verify, whose pulses it decides", result.stderr)

    def test_packed_wires(self):
        """Groups that share an array have longer lines, and larger drops."""
        options = ("--crossbar", "128x128", "--wire-resistance", "5", "-o", "chip.onnx")
        apart, packed = (self.document("program", "depthwise.onnx", *options, "--packing", packing)["layers"]
                         for packing in ("naive", "dense"))
        self.assertLess(0, apart[0]["rms_change"])
        self.assertLess(2 * apart[0]["rms_change"], packed[0]["rms_change"])
        self.assertEqual(apart[1]["rms_change"], packed[1]["rms_change"])

    def test_table(self):
        lines = self.succeeds("map", "small.onnx", "--crossbar", "64x12").stdout.splitlines()
        self.assertEqual(lines[0].split()[:3], ["layer", "rows", "columns"])
        total = next(i for i, line in enumerate(lines) if line.startswith("4 layers"))
        self.assertEqual(lines[total + 1], "10,208 cells hold weights")

    def test_packing(self):
        naive = self.document("map", "depthwise.onnx", "--crossbar", "128x128")
        dense = self.document("map", "depthwise.onnx", "--crossbar", "128x128", "--packing", "dense")
        self.assertEqual([l["crossbars"] for l in naive["layers"]], [80, 2])
        # 14 groups of 9 x 1 fit on the diagonal: 40 of them take 3 arrays.
        self.assertEqual([l["crossbars"] for l in dense["layers"]], [6, 2])
        self.assertEqual(dense["cells"], naive["cells"])
        result = self.succeeds("map", "small.onnx", "--crossbar", "128x128", "--packing", "dense")
        self.assertIn("packing 'dense' has no effect", result.stderr)
        result = self.succeeds("compile", "small.onnx", "--crossbar", "128x128", "--packing", "dense", "-o", "c.mlir",
                               "--json", "c.json")
        self.assertEqual(result.stderr.count("packing 'dense' has no effect"), 1)

    def test_overrides(self):
        document = self.document("map", "small.onnx", "--crossbar", "64x64", "--quantize", "5", "--cells", "offset",
                                 "--cell-bits", "1", "--layer", "fc:crossbar=8x8", "--layer", "role:C2:cell-bits=5",
                                 "--layer", "stem:cells=differential", "--layer", "stem:quantize=5,mode=symmetric")
        self.assertEqual([(l["array"], l["cells_per_weight"]) for l in document["layers"]],
                         [([64, 64], 8), ([64, 64], 5), ([64, 64], 1), ([8, 8], 5)])

    def test_manifest(self):
        for name in ("m.pb", "m.json"):
            self.succeeds("map", "small.onnx", "--crossbar", "64x12", "-o", name)
        manifest = json.loads((self.folder / "m.json").read_text())
        self.assertEqual((manifest["version"], manifest["arrays"]), (1, 30))
        weights = {i.name: numpy_helper.to_array(i) for i in onnx.load(self.folder / "small.onnx").graph.initializer}
        for layer in manifest["layers"]:
            matrix = weights[layer["weights"]].reshape(layer["groups"], layer["columns"], layer["rows"])
            # Putting every G+ tile back in its place gives the weights.
            found = numpy.full_like(matrix, numpy.nan)
            for tile in layer["tiles"]:
                if tile["sign"] < 0:
                    continue
                rows = slice(tile["row"], tile["row"] + tile["rows"])
                columns = slice(tile["column"], tile["column"] + tile["columns"])
                self.assertTrue(numpy.isnan(found[tile["group"], columns, rows]).all())
                found[tile["group"], columns, rows] = matrix[tile["group"], columns, rows]
            numpy.testing.assert_array_equal(found, matrix)
        arrays = [tile["array"] for layer in manifest["layers"] for tile in layer["tiles"]]
        self.assertEqual(arrays, list(range(30)))
        self.fails(2, "name a .pb or .json file", "map", "small.onnx", "--crossbar", "8x8", "-o", "m.txt")
        self.fails(1, "no folder", "map", "small.onnx", "--crossbar", "8x8", "-o", "nowhere/m.pb")

    def test_stages(self):
        """The mapped stage is text that can be edited and mapped once more."""
        self.succeeds("compile", "small.onnx", "--crossbar", "64x12", "-o", "mapped.mlir")
        text = (self.folder / "mapped.mlir").read_text()
        self.assertEqual(text.count("cim.map "), 4)
        (self.folder / "mapped.mlir").write_text(text.replace("144 x 16 onto 64 x 12", "144 x 16 onto 144 x 16"))
        document = self.document("map", "mapped.mlir")
        self.assertEqual([l["crossbars"] for l in document["layers"]], [4, 2, 2, 2])
        document = self.document("map", "mapped.mlir", "--cells", "offset")
        self.assertEqual([l["crossbars"] for l in document["layers"]], [2, 1, 1, 1])
        self.succeeds("compile", "small.onnx", "--crossbar", "64x12", "-o", "small.plan")
        self.assertEqual(self.document("map", "small.plan")["crossbars"], 30)
        self.fails(2, "compiled plan", "map", "small.plan", "--crossbar", "8x8")

    def test_without_errors_nothing_changes(self):
        expected = self.logits()
        for cells in ("differential", "offset"):
            mapped = self.logits("--crossbar", "64x64", "--cells", cells)
            numpy.testing.assert_allclose(mapped, expected, atol=1e-5 * abs(expected).max())

    def test_conductances_have_errors(self):
        arguments = ("--crossbar", "64x64", "--noise", "normal:3uS")
        first = self.logits(*arguments)
        self.assertGreater(abs(first - self.logits()).max(), 1e-3)
        numpy.testing.assert_array_equal(first, self.logits(*arguments))
        # Cells do not know their tile.
        numpy.testing.assert_array_equal(first, self.logits("--crossbar", "16x8", "--noise", "normal:3uS"))
        self.assertGreater(abs(first - self.logits(*arguments, "--conductance", "0:1000")).max(), 1e-3)

    def test_devices_have_windows(self):
        for options, window in (((), [0, 25]), (("--conductance", "1:20"), [1, 20])):
            self.succeeds("map", "small.onnx", "--crossbar", "64x64", "--device", "pcm-joshi2020", *options, "-o",
                          "device.json")
            layer = json.loads((self.folder / "device.json").read_text())["layers"][0]
            self.assertEqual([layer["lowest_conductance"], layer["highest_conductance"]], window)

    def test_cost(self):
        """Counts by hand, and the same of `eval` as of `map`."""
        options = ("small.onnx", "--crossbar", "64x12")
        cost = self.document("map", *options)["cost"]
        stem = cost["layers"][0]
        self.assertEqual((stem["name"], stem["input_vectors"], stem["macs"]), ("stem", 64, 64 * 27 * 16))
        self.assertEqual((stem["dac_conversions"], stem["adc_conversions"]), (64 * 27 * 2 * 2, 64 * 16))
        macs = sum(l["macs"] for l in self.document("info", "small.onnx")["layers"])
        self.assertEqual(cost["macs"], macs)
        self.assertEqual(sum(l["dac_conversions"] for l in cost["layers"]), cost["dac_conversions"])
        self.assertNotIn("energy_joules", cost)
        evaluated = self.document("eval", *options, *DATA)
        self.assertEqual(evaluated["cost"], cost)
        self.assertNotIn("cost", self.document("eval", "small.onnx", *DATA))

        priced = self.document("map", *options, "--technology", "isaac2016")["cost"]
        # One bit of 16 after the other.
        self.assertEqual(priced["dac_conversions"], 16 * cost["dac_conversions"])
        self.assertAlmostEqual(sum(t["joules"] for t in priced["energy_terms"]) / priced["energy_joules"], 1)
        self.assertAlmostEqual(sum(t["mm2"] for t in priced["area_terms"]) / priced["area_mm2"], 1)
        # Converters that are asked for take the place of the technology's.
        for dac, reads in (("8", 8), ("8,mode=serial", 8), ("1", 1)):
            cost8 = self.document("map", *options, "--technology", "isaac2016", "--dac", dac, "--adc", "6")["cost"]
            self.assertEqual(cost8["dac_conversions"], reads * cost["dac_conversions"])
            self.assertEqual([t["price"] for t in cost8["energy_terms"] if "ADC" in t["name"]], ["1.20 pJ"])
        serial = self.document("map", *options, "--dac", "8,mode=serial")["cost"]
        self.assertEqual(serial["adc_conversions"], 8 * cost["adc_conversions"])
        # Calibration knows that inputs of the first layer have signs, which are no bits of their own.
        serial = self.document("eval", *options, *DATA, "--dac", "8,mode=serial")["cost"]
        self.assertEqual([layer["reads_per_vector"] for layer in serial["layers"]], [7, 8, 8, 8])
        self.fails(1, "does not say the energy of an ADC of 3 bits", "map", *options, "--technology", "isaac2016",
                   "--adc", "3")
        self.succeeds("map", *options, "--dac", "8", "--adc", "6", "-o", "converters.json")
        layer = json.loads((self.folder / "converters.json").read_text())["layers"][0]
        self.assertEqual((layer["dac_bits"], layer["adc_bits"], layer["serial_inputs"]), (8, 6, False))
        text = self.succeeds("eval", *options, *DATA, "--technology", "isaac2016").stdout
        for words in ("3.9 uW × 100 ns", "1.67 pJ", "are outside this model", "10.1109/ISCA.2016.12"):
            self.assertIn(words, text)

    def test_technologies(self):
        listed = self.document("technologies")["technologies"]
        self.assertEqual([t["name"] for t in listed], ["isaac2016"])
        text = pathlib.Path(listed[0]["file"]).read_text()
        (self.folder / "mine.yaml").write_text(text.replace("0.3 mW", "600 uW"))
        options = ("map", "small.onnx", "--crossbar", "64x12", "--technology")
        joules = [[t["joules"] for t in self.document(*options, name)["cost"]["energy_terms"] if t["name"] == "arrays"]
                  for name in ("isaac2016", "mine.yaml")]
        self.assertAlmostEqual(joules[1][0] / joules[0][0], 2)
        (self.folder / "bad.yaml").write_text(text.replace("0.3 mW", "0.3"))
        self.fails(1, "'bad.yaml' line 16: write a number", *options, "bad.yaml")
        self.fails(2, "did you mean 'isaac2016'", *options, "isaac2015")
        self.fails(2, "--technology has no effect", "eval", "small.onnx", *DATA, "--technology",
                   "isaac2016")

    def test_pictures(self):
        for name, begin in (("arrays.png", b"\x89PNG"), ("arrays.svg", b"<?xml")):
            self.succeeds("map", "small.onnx", "--crossbar", "64x12", "-o", name)
            self.assertTrue((self.folder / name).read_bytes().startswith(begin))
        picture = (self.folder / "arrays.svg").read_text()
        for words in ("small: 30 arrays", "block.conv2: 12 of 64x12", "fc: 2 of 64x12"):
            self.assertIn(words, picture)
        self.fails(1, "a picture shows 1 to", "map", "small.onnx", "--crossbar", "1x1", "--quantize",
                   "16,mode=symmetric", "--cell-bits", "1", "-o", "many.png")

    def test_wrong_options(self):
        for status, words, arguments in (
                (2, "--crossbar ROWSxCOLUMNS", ()),
                (1, "stands on no arrays", ("--cells", "offset")),
                (2, "is not ROWSxCOLUMNS", ("--crossbar", "128")),
                (2, "is not ROWSxCOLUMNS", ("--crossbar", "0x8")),
                (2, "did you mean 'offset'", ("--crossbar", "8x8", "--cells", "ofset")),
                (2, "GMIN must be below GMAX", ("--crossbar", "8x8", "--conductance", "40:1")),
                (2, "GMIN '-1'", ("--crossbar", "8x8", "--conductance=-1:1")),
                (2, "from 1 to 16", ("--crossbar", "8x8", "--cell-bits", "0")),
                (2, "packing", ("--crossbar", "8x8", "--packing", "tight")),
                (1, "needs quantization of mode symmetric", ("--crossbar", "8x8", "--cell-bits", "2")),
                (1, "needs quantization of mode minmax",
                 ("--crossbar", "8x8", "--cells", "offset", "--cell-bits", "2", "--quantize", "5,mode=symmetric")),
                (2, "--noise", ("--crossbar", "8x8", "--noise", "normal:1uS")),
                (2, "no effect on which cells", ("--crossbar", "8x8", "--layer", "fc:noise=normal:1uS")),
                (2, "no effect on which cells", ("--crossbar", "8x8", "--wire-resistance", "1")),
                (2, "did you mean '--dac'", ("--crossbar", "8x8", "--dax", "8"))):
            with self.subTest(arguments):
                self.fails(status, words, "map", "small.onnx", *arguments)
        self.fails(1, "has noise in uS, but is not mapped",
                   "eval", "small.onnx", *DATA, "--noise", "normal:1uS")
        for stage, option in (("perturbed", "--crossbar=8x8"), ("nn", "--layer=fc:crossbar=8x8")):
            self.fails(2, "no effect before stage", "compile", "small.onnx", option, "--until", stage)

    def test_large_networks(self):
        onnx.save(large_network(), self.folder / "large.onnx")
        document = self.document("map", "large.onnx", "--crossbar", "64x64", "-o", "large.pb")
        self.assertEqual(document["crossbars"], 157 * 157 * 2)
        self.fails(1, "a manifest holds at most", "map", "large.onnx", "--crossbar", "4x4", "-o", "larger.pb")


if __name__ == "__main__":
    main()
