"""Roles of layers in residual networks, whatever their names: every structure is
generated as ONNX, and `cim info` says what it finds.

Run one test with `.venv/bin/python tests/tools/cim/roles.py build/bin/cim Roles.test_bottleneck`.
"""


import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from cim_test_case import CimTestCase, main


class Graph:
    """A network for 4x8x8 images. Layers are named after letters in an order
    that has nothing to do with their places."""

    NAMES = "qzmxjkwvyhgufed"

    def __init__(self, folded):
        self.folded = folded
        self.random = numpy.random.default_rng(3)
        self.nodes, self.initializers, self.count, self.layers = [], [], 0, []

    def constant(self, name, values):
        self.initializers.append(numpy_helper.from_array(numpy.asarray(values), name))
        return name

    def node(self, kind, *inputs, **attributes):
        self.count += 1
        self.nodes.append(helper.make_node(kind, inputs, [f"v{self.count}"], **attributes))
        return f"v{self.count}"

    def conv(self, x, inputs, outputs, size, stride=1, groups=1):
        """Returns the result; remembers the layer's name."""
        name = self.NAMES[len(self.layers)]
        self.layers.append(name)
        weights = self.random.normal(0, 1, (outputs, inputs // groups, size, size)).astype(numpy.float32)
        operands = [x, self.constant(f"{name}.weight", weights)]
        if self.folded:
            operands.append(self.constant(f"{name}.bias", numpy.ones(outputs, numpy.float32)))
        return self.node("Conv", *operands, pads=[size // 2] * 4, strides=[stride, stride], group=groups)

    def norm(self, x, channels):
        if self.folded:
            return x
        return self.node("BatchNormalization", x, *(
            self.constant(f"n{self.count}.{part}", numpy.full(channels, value, numpy.float32))
            for part, value in (("scale", 1), ("bias", 0), ("mean", 0), ("var", 1))))

    def relu(self, x):
        return self.node("Relu", x)

    def model(self, y):
        graph = helper.make_graph(
            self.nodes, "generated", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4, 8, 8])],
            [helper.make_tensor_value_info(y, TensorProto.FLOAT, None)], self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        return onnx.shape_inference.infer_shapes(model)


class Roles(CimTestCase):
    def check(self, build, roles):
        """Builds with normalisation and with it folded, and compares the roles
        of the layers in the order in which they were made."""
        for folded in (False, True):
            graph = Graph(folded)
            model = graph.model(build(graph))
            with self.subTest(folded=folded):
                onnx.save(model, self.folder / "network.onnx")
                found = {layer["name"]: layer for layer in self.document("info", "network.onnx")["layers"]}
                self.assertEqual([found[name]["block_role"] for name in graph.layers], roles)
                # The contract knows two roles only.
                self.assertEqual([found[name]["role"] for name in graph.layers],
                                 [role if role in ("C1", "C2") else "" for role in roles])

    def test_basic(self):
        def build(g):
            x = g.relu(g.norm(g.conv("x", 4, 4, 3), 4))
            y = g.relu(g.norm(g.conv(x, 4, 4, 3), 4))
            y = g.norm(g.conv(y, 4, 4, 3), 4)
            return g.relu(g.node("Add", y, x))
        self.check(build, ["", "C1", "C2"])

    def test_preactivation(self):
        def build(g):
            x = g.conv("x", 4, 4, 3)
            y = g.conv(g.relu(g.norm(x, 4)), 4, 4, 3)
            y = g.conv(g.relu(g.norm(y, 4)), 4, 4, 3)
            x = g.node("Add", x, y)
            # A wider block: branch and projection begin at the activated value.
            start = g.relu(g.norm(x, 4))
            y = g.conv(start, 4, 8, 3, stride=2)
            y = g.conv(g.relu(g.norm(y, 8)), 8, 8, 3)
            return g.node("Add", g.conv(start, 4, 8, 1, stride=2), y)
        self.check(build, ["", "C1", "C2", "P1", "P2", "S"])

    def test_projection(self):
        def build(g):
            y = g.relu(g.norm(g.conv("x", 4, 8, 3, stride=2), 8))
            y = g.norm(g.conv(y, 8, 8, 3), 8)
            return g.relu(g.node("Add", y, g.norm(g.conv("x", 4, 8, 1, stride=2), 8)))
        self.check(build, ["P1", "P2", "S"])

    def test_shortcut_that_strides_and_pads(self):
        def build(g):
            y = g.relu(g.norm(g.conv("x", 4, 8, 3, stride=2), 8))
            y = g.norm(g.conv(y, 8, 8, 3), 8)
            cut = g.node("Slice", "x", *(g.constant(f"slice{i}", numpy.array(v, numpy.int64))
                                         for i, v in enumerate(([0, 0], [8, 8], [2, 3], [2, 2]))))
            padded = g.node("Pad", cut, g.constant("pads", numpy.array([0, 2, 0, 0, 0, 2, 0, 0], numpy.int64)))
            return g.relu(g.node("Add", padded, y))
        self.check(build, ["P1", "P2"])

    def test_bottleneck(self):
        def build(g):
            y = g.relu(g.norm(g.conv("x", 4, 2, 1), 2))
            y = g.relu(g.norm(g.conv(y, 2, 2, 3), 2))
            y = g.norm(g.conv(y, 2, 4, 1), 4)
            x = g.relu(g.node("Add", y, "x"))
            y = g.relu(g.norm(g.conv(x, 4, 2, 1), 2))
            y = g.relu(g.norm(g.conv(y, 2, 2, 3), 2))
            y = g.norm(g.conv(y, 2, 8, 1), 8)
            return g.node("Add", g.norm(g.conv(x, 4, 8, 1), 8), y)
        self.check(build, ["B1", "B2", "B3", "P1", "P2", "P3", "S"])

    def test_inverted_bottleneck(self):
        def build(g):
            y = g.node("Clip", g.norm(g.conv("x", 4, 8, 1), 8), g.constant("low", numpy.float32(0)),
                       g.constant("high", numpy.float32(6)))
            y = g.relu(g.norm(g.conv(y, 8, 8, 3, groups=8), 8))
            return g.node("Add", "x", g.norm(g.conv(y, 8, 4, 1), 4))
        self.check(build, ["B1", "B2", "B3"])

    def test_no_block(self):
        def build(g):
            a = g.conv("x", 4, 4, 3)  # two paths of one convolution
            b = g.conv("x", 4, 4, 3)
            x = g.node("Add", a, b)
            y = x
            for _ in range(4):  # a branch of four
                y = g.relu(g.conv(y, 4, 4, 3))
            x = g.node("Add", x, y)
            y = g.conv(g.relu(g.conv(x, 4, 4, 3)), 4, 4, 3)  # a gate
            return g.node("Add", x, g.node("Mul", y, g.node("GlobalAveragePool", y)))
        self.check(build, [""] * 8)


if __name__ == "__main__":
    main()
