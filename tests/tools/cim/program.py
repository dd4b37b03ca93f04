"""Runs the built `cim program` as a user would, and its networks in onnxruntime.

Run one test with `.venv/bin/python tests/tools/cim/program.py build/bin/cim Program.test_chips`.
"""

import json

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from cim_test_case import CimTestCase, DATA, main
from small_network import small_network

ERRORS = ("--quantize", "4", "--noise", "normal:0.5qs")


def tied_network():
    """One initializer of 6 x 6 numbers that is a layer as it is, another one
    transposed, and a digital constant; and weights that Constant nodes hold,
    that are computed from two tensors, and that are split from one."""
    random = numpy.random.default_rng(7)

    def tensor(name, *shape):
        return numpy_helper.from_array(random.normal(0, 1, shape).astype(numpy.float32), name)

    nodes = [
        helper.make_node("MatMul", ["input", "tied"], ["a"], name="first"),
        helper.make_node("Transpose", ["tied"], ["tied_t"]),
        helper.make_node("MatMul", ["a", "tied_t"], ["b"], name="second"),
        helper.make_node("ReduceSum", ["tied"], ["sums"], keepdims=1),
        helper.make_node("Add", ["b", "sums"], ["c"]),
        helper.make_node("Constant", [], ["held"], value=tensor("", 6, 6)),
        helper.make_node("Identity", ["held"], ["same"]),
        helper.make_node("MatMul", ["c", "same"], ["d"]),
        helper.make_node("Add", ["d", "whole"], ["e"]),
        helper.make_node("Mul", ["computed.v", "computed.g"], ["computed"]),
        helper.make_node("MatMul", ["e", "computed"], ["f"]),
        helper.make_node("Split", ["pair"], ["left", "right"], axis=1),
        helper.make_node("MatMul", ["f", "left"], ["g"]),
        helper.make_node("Add", ["g", "right"], ["h"]),
        helper.make_node("Gemm", ["h", "fc.weight", "fc.bias"], ["output"], transB=1),
    ]
    graph = helper.make_graph(
        nodes, "tied", [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 6])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", 3])],
        [tensor("tied", 6, 6), tensor("whole", 1, 6), tensor("computed.v", 6, 6), tensor("computed.g", 6, 1),
         tensor("pair", 6, 12), tensor("fc.weight", 3, 6), tensor("fc.bias", 3)],
        value_info=[helper.make_tensor_value_info("tied_t", TensorProto.FLOAT, [6, 6])])
    graph.initializer[0].doc_string = "kept"
    # The second half of the split is added as a vector.
    graph.node[13].input[1] = "whole"
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def twin_network():
    """Two layers whose weights are equal, and few enough for a text."""
    weights = numpy.random.default_rng(5).normal(0, 0.3, (1, 1, 3, 3)).astype(numpy.float32)
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["input"], ["grey"], axes=[1]),
         helper.make_node("Conv", ["grey", "a.weight"], ["a"]), helper.make_node("Relu", ["a"], ["b"]),
         helper.make_node("Conv", ["b", "b.weight"], ["c"]), helper.make_node("Flatten", ["c"], ["output"])],
        "twins", [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, 8, 8])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", 16])],
        [numpy_helper.from_array(weights, name) for name in ("a.weight", "b.weight")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def in_precision(model, data_type, array_type, cast_weights):
    """The network with weights of another precision, cast to float32, or with
    all of it in that precision."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    graph = model.graph
    casts = []
    for initializer in graph.initializer:
        if initializer.data_type != TensorProto.FLOAT or cast_weights and not initializer.name.endswith(".weight"):
            continue
        name = initializer.name
        initializer.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(initializer).astype(array_type), name))
        if cast_weights:
            initializer.name = name + ".f16"
            casts.append(helper.make_node("Cast", [initializer.name], [name], to=TensorProto.FLOAT))
    if not cast_weights:
        for value in (*graph.input, *graph.output):
            value.type.tensor_type.elem_type = data_type
    nodes = casts + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


class Program(CimTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.images = cls.write_evaluation(20)
        onnx.save(tied_network(), cls.folder / "tied.onnx")
        numpy.save(cls.folder / "y.npy", numpy.random.default_rng(2).integers(0, 3, 20))

    def own_logits(self, model, *arguments):
        result = self.succeeds("eval", model, *DATA, "--outputs", "out.npy", *arguments)
        for line in result.stderr.splitlines():  # of so small a network, any step may take much of the time
            self.assertIn("operations without a kernel", line)
        return numpy.load(self.folder / "out.npy")

    def run_elsewhere(self, name):
        """What onnxruntime answers."""
        session = onnxruntime.InferenceSession(self.folder / name, providers=["CPUExecutionProvider"])
        kind = session.get_inputs()[0].type
        self.assertEqual(kind, "tensor(float)")
        return session.run(None, {session.get_inputs()[0].name: self.images})[0]

    def compare(self, model, *errors, warning=None):
        """A chip runs in onnxruntime as it does here, and differs from the network."""
        self.says("program", model, *errors, "-o", "chip.onnx", warning=warning)
        ours = self.own_logits(model, *errors)
        chip = self.run_elsewhere("chip.onnx")
        scale = abs(ours).max()
        numpy.testing.assert_allclose(chip, ours, atol=1e-5 * scale)
        self.assertGreater(abs(ours - self.own_logits(model)).max(), 1e-3 * scale)
        onnx.checker.check_model(onnx.load(self.folder / "chip.onnx"))
        # Its layers are still the same layers.
        layers = [self.document("info", name)["layers"] for name in (model, "chip.onnx")]
        self.assertEqual([(l["name"], l["shape"], l["role"]) for l in layers[0]],
                         [(l["name"], l["shape"], l["role"]) for l in layers[1]])

    def test_chips(self):
        for errors in (("--quantize", "4"), ERRORS, (*ERRORS, "--layers", "role:C2"),
                       ("--crossbar", "64x64", "--device", "pcm-joshi2020", "--seed", "7"),
                       ("--crossbar", "16x8", "--cells", "offset", "--cell-bits", "2", "--quantize", "4", "--noise",
                        "normal:2uS", "--faults", "low=0.01")):
            with self.subTest(errors):
                self.compare("small.onnx", *errors)

    def test_only_weights_change(self):
        self.says("program", "small.onnx", *ERRORS, "--layers", "block.*", "-o", "chip.onnx")
        before = onnx.load(self.folder / "small.onnx")
        after = onnx.load(self.folder / "chip.onnx")
        changed = []
        for old, new in zip(before.graph.initializer, after.graph.initializer, strict=True):
            if old != new:
                changed.append(old.name)
                self.assertEqual((old.name, old.dims, old.data_type), (new.name, new.dims, new.data_type))
        self.assertEqual(changed, ["block.conv1.weight", "block.conv2.weight"])
        note = after.metadata_props.pop()
        self.assertEqual((note.key, note.value),
                         ("cimulator", "chip of seed 0, trial 0; errors: quantize 4, noise normal:0.5qs in block.*"))
        del before.graph.initializer[:], after.graph.initializer[:]
        self.assertEqual(before, after)
        # Written once more, and again: keys of metadata must differ, and the same is noted once.
        for trial in (1, 1):
            self.says("program", "chip.onnx", "--noise", "normal:0.1ns", "--trial", trial, "-o", "chip.onnx")
        (again,) = onnx.load(self.folder / "chip.onnx").metadata_props
        self.assertEqual(again.value, note.value + "; then: chip of seed 0, trial 1; errors: noise normal:0.1ns")

    def test_chips_that_there_are_not(self):
        self.fails(2, "2^32 - 1", "program", "small.onnx", *ERRORS, "--trial", 1 << 32, "-o", "chip.onnx")

    def test_trials_are_those_of_eval(self):
        """Trial 2 of a seed is the third chip of `eval --trials 3`."""
        correct = json.loads(self.says("eval", "small.onnx", *DATA, *ERRORS, "--trials", 3,
                                           "--json", "-"))["correct"]
        labels = numpy.load(self.folder / "y.npy")
        weights = set()
        for trial in range(3):
            self.says("program", "small.onnx", *ERRORS, "--trial", trial, "-o", "chip.onnx")
            logits = self.run_elsewhere("chip.onnx")
            self.assertEqual((logits.argmax(1) == labels).sum(), correct[trial])
            weights.add((self.folder / "chip.onnx").read_bytes())
        self.assertEqual(len(weights), 3)

    def test_other_precisions(self):
        for cast_weights, warning in ((True, None), (False, "is written as float32")):
            model = in_precision(small_network(), TensorProto.FLOAT16, numpy.float16, cast_weights)
            onnx.save(model, self.folder / "half.onnx")
            self.compare("half.onnx", *ERRORS, warning=warning)
        onnx.save(in_precision(small_network(), TensorProto.DOUBLE, numpy.float64, False), self.folder / "double.onnx")
        self.compare("double.onnx", *ERRORS, warning="is written as float32")

    def test_types_that_attributes_name(self):
        half = TensorProto.FLOAT16
        weights = numpy_helper.from_array(numpy.random.default_rng(5).normal(0, 1, (6, 6)).astype(numpy.float16), "w")
        scale = numpy_helper.from_array(numpy.array(0.125, numpy.float16), "scale")

        def types(opset, ir_version, initializers, nodes):
            """Those that the network has after programming."""
            inputs = [helper.make_tensor_value_info("input", half, ["N", 6])]
            if ir_version < 4:
                inputs += [helper.make_tensor_value_info(i.name, half, list(i.dims)) for i in initializers]
            graph = helper.make_graph(nodes, "typed", inputs,
                                      [helper.make_tensor_value_info("output", half, ["N", 6])], initializers)
            model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version)
            onnx.checker.check_model(model, full_check=opset >= 6)
            onnx.save(model, self.folder / "typed.onnx")
            self.says("program", "typed.onnx", *ERRORS, "-o", "chip.onnx", warning="is written as float32")
            chip = onnx.load(self.folder / "chip.onnx")
            onnx.checker.check_model(chip, full_check=opset >= 6)
            return {f"{node.op_type}.{attribute.name}": helper.get_attribute_value(attribute)
                    for node in chip.graph.node for attribute in node.attribute}

        nodes = [
            helper.make_node("MatMul", ["input", "w"], ["a"]),
            helper.make_node("EyeLike", ["w"], ["eye"], dtype=half),
            helper.make_node("ReduceMax", ["eye"], ["one"]),
            helper.make_node("Add", ["a", "one"], ["b"]),
            helper.make_node("QuantizeLinear", ["b", "scale"], ["codes"], output_dtype=TensorProto.INT8,
                             precision=half),
            helper.make_node("DequantizeLinear", ["codes", "scale"], ["c"], output_dtype=half),
            helper.make_node("Cast", ["c"], ["output"], to=half),
        ]
        self.assertEqual(types(23, 11, [weights, scale], nodes), {
            "EyeLike.dtype": TensorProto.FLOAT, "QuantizeLinear.output_dtype": TensorProto.INT8,
            "QuantizeLinear.precision": TensorProto.FLOAT, "DequantizeLinear.output_dtype": TensorProto.FLOAT,
            "Cast.to": TensorProto.FLOAT})
        # Before opset 6, Cast spells its type, and nothing is inferred from it.
        nodes = [helper.make_node("Cast", ["input"], ["a"], to="FLOAT16"),
                 helper.make_node("MatMul", ["a", "w"], ["output"])]
        self.assertEqual(types(5, 3, [weights], nodes), {"Cast.to": b"FLOAT"})

    def test_external_data(self):
        onnx.save(small_network(), self.folder / "external.onnx", save_as_external_data=True, location="external.bin",
                  size_threshold=0)
        self.assertLess((self.folder / "external.onnx").stat().st_size, 5000)
        self.compare("external.onnx", *ERRORS)
        (self.folder / "elsewhere").mkdir()
        self.says("program", "external.onnx", *ERRORS, "-o", "elsewhere/chip.onnx")
        self.run_elsewhere("elsewhere/chip.onnx")

    def test_weights_of_every_origin(self):
        document = self.document("program", "tied.onnx", *ERRORS, "-o", "chip.onnx")
        names = [layer["name"] for layer in document["layers"]]
        self.assertEqual(names, ["tied", "tied.2", "held", "computed", "left", "fc"])
        chip = onnx.load(self.folder / "chip.onnx")
        onnx.checker.check_model(chip, full_check=True)
        before = {i.name: numpy_helper.to_array(i) for i in onnx.load(self.folder / "tied.onnx").graph.initializer}
        after = {i.name: numpy_helper.to_array(i) for i in chip.graph.initializer}
        by_operation = {node.output[0]: node.input[1] for node in chip.graph.node if node.op_type in ("MatMul", "Gemm")}
        # The digital sum still reads the exact numbers, the layers others.
        numpy.testing.assert_array_equal(after["tied"], before["tied"])
        self.assertEqual(len(set(by_operation.values())), 6)
        for output, original in (("a", before["tied"]), ("b", before["tied"].T),
                                 ("f", before["computed.v"] * before["computed.g"]),
                                 ("g", before["pair"][:, :6]), ("output", before["fc.weight"])):
            programmed = after[by_operation[output]]
            step = numpy.ptp(original) / 15
            self.assertEqual(programmed.shape, original.shape)
            self.assertLess(abs(programmed - original).max(), 4 * step)
            self.assertGreater(abs(programmed - original).std(), 0.2 * step)
        # What only computed weights is gone, what others need is not.
        self.assertEqual({node.op_type for node in chip.graph.node}, {"MatMul", "ReduceSum", "Add", "Gemm"})
        self.assertNotIn("computed.v", after)
        self.assertNotIn("pair", after)
        self.assertEqual(self.document("info", "chip.onnx")["model"]["layers"], 6)

    def test_equal_weights(self):
        """Each of two layers is written, with errors of its own."""
        onnx.save(twin_network(), self.folder / "twins.onnx")
        self.compare("twins.onnx", "--noise", "normal:0.1ns")
        before, after = (onnx.load(self.folder / name).graph.initializer for name in ("twins.onnx", "chip.onnx"))
        first, second = (numpy_helper.to_array(new) - numpy_helper.to_array(old)
                         for old, new in zip(before, after, strict=True))
        for error in (first, second, first - second):
            self.assertTrue((error != 0).all(), error)

    def test_compiled_models(self):
        """A text or a plan has no nodes of ONNX: the file that it came from gets the weights."""
        self.says("program", "small.onnx", *ERRORS, "-o", "expected.onnx")
        expected = self.run_elsewhere("expected.onnx")
        self.says("compile", "small.onnx", *ERRORS, "-o", "errors.mlir")
        self.says("compile", "small.onnx", *ERRORS, "--until", "plan", "-o", "compiled.plan")
        self.says("compile", "small.onnx", "--until", "cim", "-o", "clean.mlir")
        for model, errors in (("errors.mlir", ()), ("compiled.plan", ()), ("clean.mlir", ERRORS)):
            with self.subTest(model):
                self.says("program", model, *errors, "--network", "small.onnx", "-o", "chip.onnx")
                numpy.testing.assert_array_equal(self.run_elsewhere("chip.onnx"), expected)
        note = onnx.load(self.folder / "chip.onnx").metadata_props[-1].value
        self.assertIn("as compiled in clean.mlir, quantize 4", note)
        text = (self.folder / "clean.mlir").read_text()
        (self.folder / "shared.mlir").write_text(text.replace("<block.conv2.weight>", "<block.conv1.weight>"))
        self.fails(1, "layer 'block.conv2' shares the weights 'block.conv1.weight'", "program", "shared.mlir", *ERRORS,
                   "--network", "small.onnx", "-o", "chip2.onnx")
        self.says("compile", "small.onnx", "--fold-batch-norm", *ERRORS, "-o", "folded.mlir")
        for model, network in (("compiled.plan", "tied.onnx"), ("folded.mlir", "small.onnx")):
            self.fails(1, "belong to another file", "program", model, "--network", network, "-o", "chip2.onnx")

    def test_transposed_convolutions(self):
        """Their weights stand in another order in ONNX than on crossbars."""
        random = numpy.random.default_rng(3)

        def tensor(name, *shape):
            return numpy_helper.from_array(random.normal(0, 0.2, shape).astype(numpy.float32), name)

        graph = helper.make_graph(
            [helper.make_node("ConvTranspose", ["input", "up.weight", "up.bias"], ["a"], group=3,
                              pads=[1] * 4),
             helper.make_node("ConvTranspose", ["a", "same.weight"], ["b"]),
             helper.make_node("GlobalAveragePool", ["b"], ["c"]), helper.make_node("Flatten", ["c"], ["output"])],
            "up", [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, 8, 8])],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", 6])],
            [tensor("up.weight", 3, 2, 3, 4), tensor("up.bias", 6), tensor("same.weight", 6, 6, 2, 2)])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.save(model, self.folder / "up.onnx")
        self.compare("up.onnx", *ERRORS)
        layers = self.document("info", "up.onnx")["layers"]
        self.assertEqual([layer["name"] for layer in layers], ["up", "same"])
        before, after = (onnx.load(self.folder / name).graph.initializer for name in ("up.onnx", "chip.onnx"))
        self.assertEqual([(i.name, i.dims) for i in before], [(i.name, i.dims) for i in after])

    def test_weights_behind_dequantize_linear(self):
        from networks import quantized
        onnx.save(quantized(), self.folder / "codes.onnx")
        self.compare("codes.onnx", *ERRORS)
        chip = onnx.load(self.folder / "chip.onnx")
        # That of the activations stays.
        self.assertEqual([node.op_type for node in chip.graph.node].count("DequantizeLinear"), 1)

    def test_old_files(self):
        """Before IR version 4, initializers are inputs as well."""
        model = tied_network()
        model.ir_version = 3
        model.opset_import[0].version = 8
        for initializer in model.graph.initializer:
            model.graph.input.append(helper.make_tensor_value_info(
                initializer.name, initializer.data_type, list(initializer.dims)))
        onnx.save(model, self.folder / "old.onnx")
        self.says("program", "old.onnx", *ERRORS, "-o", "chip.onnx")
        chip = onnx.load(self.folder / "chip.onnx")
        onnx.checker.check_model(chip)
        self.assertEqual({i.name for i in chip.graph.initializer} | {"input"}, {i.name for i in chip.graph.input})

    def test_wrong_usage(self):
        for status, words, arguments in (
                (2, "write -o CHIP.onnx", ("small.onnx",)),
                (2, "name an .onnx file", ("small.onnx", "-o", "chip.txt")),
                (1, "no folder", ("small.onnx", "-o", "nowhere/chip.onnx")),
                (2, "--trial 'x'", ("small.onnx", "-o", "chip2.onnx", "--trial", "x")),
                (2, "--network NETWORK.onnx", ("small.mlir", "-o", "chip2.onnx")),
                (2, "--network has no effect", ("small.onnx", "--network", "small.onnx", "-o", "chip2.onnx")),
                (2, "name an .onnx file", ("small.mlir", "--network", "small.plan", "-o", "chip2.onnx")),
                (2, "leave it out", ("small.onnx", "--fold-batch-norm", "-o", "chip2.onnx")),
                (1, "cannot be read", ("missing.onnx", "-o", "chip2.onnx")),
                (2, "there is no device", ("small.onnx", "--device", "nothing", "-o", "chip2.onnx"))):
            with self.subTest(arguments):
                self.fails(status, words, "program", *arguments)
        self.says("program", "small.onnx", "--quantize", "4", "--trial", 1, "-o", "chip.onnx",
                      warning="--trial has no effect")


if __name__ == "__main__":
    main()
