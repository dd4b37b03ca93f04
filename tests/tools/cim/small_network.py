"""Writes the network that the tests of the command line run: a residual block
and a classifier for 3x8x8 images, with BatchNorm, of random weights."""

import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

CHANNELS = 16


# Of layers, that mean something else in a pattern.
ODD_NAMES = {"stem": "*", "block.conv1": "first:2", "block.conv2": "!fc", "fc": "a,b=c"}


def with_odd_names(model):
    """Gives layers other names, by those of their weights."""
    renamed = {f"{name}.weight": f"{odd}.weight" for name, odd in ODD_NAMES.items()}
    for tensor in model.graph.initializer:
        tensor.name = renamed.get(tensor.name, tensor.name)
    for node in model.graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
    return model


def small_network(classes=4, nan=False, flat=False, kernel=3):
    random = numpy.random.default_rng(1)
    initializers = []

    def constant(name, *shape, scale=0.3):
        values = random.normal(0, scale, shape).astype(numpy.float32)
        if nan and name == "block.conv2.weight":
            values.flat[3] = numpy.nan
        if flat and name == "block.conv2.weight":
            values[:] = 0.25
        initializers.append(numpy_helper.from_array(values, name))
        return name

    def batch_norm(x, name, y):
        for part, value in (("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1)):
            initializers.append(numpy_helper.from_array(
                numpy.full(CHANNELS, value, numpy.float32), f"{name}.{part}"))
        return helper.make_node("BatchNormalization", [x] + [f"{name}.{p}" for p in (
            "weight", "bias", "running_mean", "running_var")], [y], name=name)

    def conv(x, name, y, channels):
        return helper.make_node("Conv", [x, constant(f"{name}.weight", CHANNELS, channels, kernel, kernel)], [y],
                                name=name, pads=[kernel // 2] * 4)

    nodes = [
        conv("input", "stem", "a", 3), batch_norm("a", "stem_bn", "b"), helper.make_node("Relu", ["b"], ["c"]),
        conv("c", "block.conv1", "d", CHANNELS), batch_norm("d", "block.bn1", "e"),
        helper.make_node("Relu", ["e"], ["f"]),
        conv("f", "block.conv2", "g", CHANNELS), batch_norm("g", "block.bn2", "h"),
        helper.make_node("Add", ["h", "c"], ["i"]), helper.make_node("Relu", ["i"], ["j"]),
        helper.make_node("GlobalAveragePool", ["j"], ["k"]), helper.make_node("Flatten", ["k"], ["l"]),
        helper.make_node("Gemm", ["l", constant("fc.weight", classes, CHANNELS), constant("fc.bias", classes)],
                         ["logits"], name="fc", transB=1),
    ]
    graph = helper.make_graph(
        nodes, "small", [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, 8, 8])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", classes])], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return model


if __name__ == "__main__":
    onnx.save(small_network(), sys.argv[1])
