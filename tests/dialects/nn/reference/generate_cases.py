#!/usr/bin/env python3
"""Writes OnnxRuntimeCases.inc: small cases of nn operations with the results
that onnxruntime computes. Run with the project's virtual environment:

    .venv/bin/python tests/dialects/nn/reference/generate_cases.py
"""
import os

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

random = np.random.default_rng(0)
cases = []


def floats(*shape):
    """Few digits, so that the file stays readable."""
    return (random.integers(-20, 21, shape) / 10).astype(np.float32)


def literal(array):
    kind = {"f": "F", "i": "I", "b": "B"}[array.dtype.kind]
    shape = ", ".join(str(extent) for extent in array.shape)
    values = ", ".join(
        format(v, ".9g") if kind == "F" else str(int(v)) for v in array.flatten())
    return f"{kind}({{{shape}}}, {{{values}}})"


def attribute(value):
    if isinstance(value, str):
        return f'std::string("{value}")'
    if isinstance(value, (list, tuple)):
        return "Ints{" + ", ".join(str(v) for v in value) + "}"
    if isinstance(value, float):
        return "double(INFINITY)" if value == np.inf else repr(value)
    return f"int64_t({int(value)})"


def case(name, operator, inputs, onnx_attributes, mnemonic, attributes, constants=(), operands=None,
         opset=18, output=0):
    """Runs the ONNX operator on inputs and constants (operands such as pads,
    which nn has as attributes), and records the nn operation that equals it."""
    arrays = list(inputs) + list(constants)
    names = [f"x{i}" for i in range(len(arrays))]
    types = {"f": TensorProto.FLOAT, "i": TensorProto.INT64, "b": TensorProto.BOOL}
    graph = helper.make_graph(
        [helper.make_node(operator, names, ["first"] * output + ["y"], **onnx_attributes)], "case",
        [helper.make_tensor_value_info(n, types[a.dtype.kind], a.shape)
         for n, a in zip(names, arrays)],
        [helper.make_empty_tensor_value_info("y")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8
    session = onnxruntime.InferenceSession(model.SerializeToString(),
                                           providers=["CPUExecutionProvider"])
    (result,) = session.run(None, dict(zip(names, arrays)))
    listed = "".join(f'{{"{k}", {attribute(v)}}}, ' for k, v in attributes.items())
    operand_text = ", ".join(literal(a) for a in (operands or inputs))
    cases.append(f'{{"{name}", "{mnemonic}", {{{listed}}},\n {{{operand_text}}},\n {literal(np.asarray(result))}}},\n')


def conv(name, x, w, bias=None, groups=1, **window):
    rank = len(x) - 2
    full = dict(strides=[1] * rank, pads=[0] * 2 * rank, dilations=[1] * rank) | window
    case(name, "Conv", [floats(*x), floats(*w)] + ([floats(bias)] if bias else []),
         full | {"group": groups}, "conv", full | {"groups": groups})


conv("asymmetric pads", (1, 2, 4, 5), (3, 2, 3, 2), pads=[1, 0, 2, 1])
conv("strides, dilation, groups, bias, two images", (2, 4, 6, 5), (4, 2, 2, 2), 4, groups=2,
     strides=[2, 1], dilations=[2, 3], pads=[0, 1, 1, 0])
conv("depthwise", (1, 3, 4, 4), (3, 1, 3, 3), groups=3, pads=[1, 1, 1, 1])
conv("one dimension", (1, 2, 7), (2, 2, 3), 2, strides=[2], pads=[2, 1])
conv("three dimensions", (1, 2, 3, 3, 4), (2, 2, 2, 1, 2), pads=[1, 0, 0, 0, 0, 1],
     strides=[1, 2, 1])


def pool(name, operator, mnemonic, x, kernel, flags=(), **window):
    rank = len(x) - 2
    full = dict(strides=[1] * rank, pads=[0] * 2 * rank, dilations=[1] * rank, ceil_mode=0) | window
    extra = {"count_include_pad": 0} if mnemonic == "average_pool" else {}
    extra |= dict(flags)
    # onnxruntime's AveragePool knows dilations since opset 19 only.
    case(name, operator, [floats(*x)], full | extra | {"kernel_shape": kernel}, mnemonic,
         full | extra | {"kernel": kernel}, opset=19)


pool("maximum", "MaxPool", "max_pool", (1, 2, 5, 5), [3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
pool("maximum with dilation", "MaxPool", "max_pool", (1, 1, 6, 6), [2, 3], dilations=[3, 2])
pool("maximum with ceil_mode", "MaxPool", "max_pool", (1, 1, 6, 6), [3, 3], strides=[2, 2], ceil_mode=1)
pool("maximum in one dimension", "MaxPool", "max_pool", (1, 2, 7), [3], strides=[3], pads=[1, 1])
pool("mean", "AveragePool", "average_pool", (1, 2, 5, 5), [3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
pool("mean that counts padding", "AveragePool", "average_pool", (1, 1, 5, 5), [3, 3],
     {"count_include_pad": 1}, strides=[2, 2], pads=[1, 0, 1, 2])
pool("mean with ceil_mode", "AveragePool", "average_pool", (1, 1, 6, 6), [3, 3], strides=[2, 2],
     ceil_mode=1)
pool("mean with ceil_mode that counts padding", "AveragePool", "average_pool", (1, 1, 6, 6), [3, 3],
     {"count_include_pad": 1}, strides=[2, 2], pads=[1, 1, 0, 0], ceil_mode=1)
pool("mean in three dimensions", "AveragePool", "average_pool", (1, 1, 3, 4, 3), [2, 3, 2],
     pads=[0, 1, 0, 1, 1, 1])
case("global mean", "GlobalAveragePool", [floats(2, 2, 3, 2)], {}, "global_average_pool", {})

case("response normalisation", "LRN", [floats(2, 5, 1, 2)],
     dict(size=3, alpha=0.1, beta=0.5, bias=2.0), "lrn", dict(size=3, alpha=0.1, beta=0.5, bias=2.0))
case("softmax inside", "Softmax", [floats(2, 3, 2)], dict(axis=1), "softmax", dict(axis=1))
case("batch norm", "BatchNormalization",
     [floats(2, 3, 2, 1), floats(3), floats(3), floats(3), np.abs(floats(3)) + np.float32(0.1)],
     dict(epsilon=1e-3), "batch_norm", dict(epsilon=1e-3))

case("gemm", "Gemm", [floats(2, 3), floats(3, 4), floats(4)], {}, "gemm",
     dict(alpha=1.0, beta=1.0, transpose_a=0, transpose_b=0))
case("gemm, transposed and scaled", "Gemm", [floats(3, 2), floats(4, 3), floats(2, 1)],
     dict(alpha=0.5, beta=2.0, transA=1, transB=1), "gemm",
     dict(alpha=0.5, beta=2.0, transpose_a=1, transpose_b=1))
case("matmul of stacks", "MatMul", [floats(2, 1, 2, 3), floats(3, 3, 2)], {}, "matmul", {})
case("matmul of a row", "MatMul", [floats(3), floats(2, 3, 2)], {}, "matmul", {})
case("matmul of a column", "MatMul", [floats(2, 2, 3), floats(3)], {}, "matmul", {})
case("matmul of integers", "MatMul", [np.arange(6).reshape(2, 3), np.arange(6).reshape(3, 2)], {},
     "matmul", {})

case("sum with broadcasting", "Add", [floats(2, 1, 3), floats(4, 1)], {}, "add", {})
case("choice", "Where", [np.array([[True], [False]]), floats(1, 3), floats(2, 1)], {}, "where", {})
for kind in ("Mean", "Sum", "Max", "Min", "Prod"):
    case(f"reduce to the {kind.lower()}", f"Reduce{kind}", [floats(2, 3, 2)], dict(keepdims=0), "reduce",
         dict(kind=kind.lower(), axes=[0, 2], keep_dimensions=0), [np.array([0, 2])])

case("transpose", "Transpose", [floats(2, 3, 2)], dict(perm=[2, 0, 1]), "transpose",
     dict(permutation=[2, 0, 1]))
case("slice backwards", "Slice", [floats(4, 5)], {}, "slice",
     dict(starts=[3, 1], sizes=[2, 2], steps=[-2, 3]),
     [np.array([3, 1]), np.array([-9, 5]), np.array([0, 1]), np.array([-2, 3])])
case("concat", "Concat", [floats(2, 1, 2), floats(2, 3, 2)], dict(axis=1), "concat", dict(axis=1))
case("gather", "Gather", [floats(2, 3, 2), np.array([[2, -3], [0, 1]])], dict(axis=1), "gather",
     dict(axis=1))
case("expand", "Expand", [floats(2, 1)], {}, "expand", {}, [np.array([3, 1, 4])])
for mode in ("constant", "reflect", "edge", "wrap"):
    case(f"pad, {mode}", "Pad", [floats(3, 4)], dict(mode=mode), "pad",
         dict(pads=[2, 3, 1, 2], mode=mode, value=1.5 if mode == "constant" else 0.0),
         [np.array([2, 3, 1, 2])] + ([np.array(1.5, np.float32)] if mode == "constant" else []),
         opset=19)
case("pad, some negative", "Pad", [floats(3, 4)], {}, "pad",
     dict(pads=[-1, 2, 1, -3], mode="constant", value=0.0), [np.array([-1, 2, 1, -3])], opset=19)

for function in ("Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Atanh", "Round"):
    scale = np.float32(0.45 if function in ("Asin", "Acos", "Atanh") else 1)
    case(function.lower(), function, [floats(5) * scale], {}, function.lower(), {})
case("acosh", "Acosh", [np.abs(floats(5)) + np.float32(1)], {}, "acosh", {})
case("and of every bit", "BitwiseAnd", [np.array([12, -5]), np.array([10, 7])], {}, "and", {})
case("or of every bit", "BitwiseOr", [np.array([12, -5]), np.array([10, 7])], {}, "or", {})
case("not of every bit", "BitwiseNot", [np.array([12, -5])], {}, "not", {})
repeated = np.array([[3, 1, 3, 2], [0, 0, 5, 0]], np.float32)
for largest in (1, 0):
    case(f"first elements, largest {largest}", "TopK", [repeated], dict(axis=1, largest=largest), "top_k",
         dict(k=3, axis=1, largest=largest), [np.array([3])], output=1)
case("gather elements", "GatherElements", [floats(2, 3, 2), np.array([[[2, -1], [0, 1]]])], dict(axis=1),
     "gather_elements", dict(axis=1))
case("gather by rows of indices", "GatherND", [floats(2, 3, 2), np.array([[1, -1], [0, 2]])], {}, "gather_nd",
     dict(batch_dimensions=0))
case("gather by rows of indices in batches", "GatherND", [floats(2, 3, 2), np.array([[[1], [-1]], [[0], [0]]])],
     dict(batch_dims=1), "gather_nd", dict(batch_dimensions=1))
for reduction, name in (("none", "replace"), ("add", "add"), ("mul", "mul"), ("max", "max"), ("min", "min")):
    case(f"scatter elements, {name}", "ScatterElements", [floats(2, 4), np.array([[1, 3], [-1, 0]]), floats(2, 2)],
         dict(axis=1, reduction=reduction), "scatter_elements", dict(axis=1, reduction=name))
    case(f"scatter rows, {name}", "ScatterND", [floats(3, 2), np.array([[2], [0]]), floats(2, 2)],
         dict(reduction=reduction), "scatter_nd", dict(reduction=name))
case("scatter to one place twice", "ScatterElements", [floats(1, 3), np.array([[1, 1]]), floats(1, 2)],
     dict(axis=1, reduction="add"), "scatter_elements", dict(axis=1, reduction="add"))
for exclusive in (0, 1):
    for reverse in (0, 1):
        flags = dict(exclusive=exclusive, reverse=reverse)
        case(f"running sum {exclusive}{reverse}", "CumSum", [floats(2, 3, 2)], flags, "cumulate",
             flags | dict(kind="sum", axis=1), [np.array(1)])
window = dict(strides=[2, 1], pads=[1, 0, 0, 1], dilations=[1, 2], ceil_mode=1)
for storage_order in (0, 1):
    case(f"where the maximum stands {storage_order}", "MaxPool", [floats(2, 2, 4, 5)],
         window | dict(kernel_shape=[3, 2], storage_order=storage_order), "max_pool_indices",
         window | dict(kernel=[3, 2], column_major=storage_order), opset=12, output=1)
case("sum in a window", "LpPool", [np.abs(floats(1, 2, 4, 4))], dict(kernel_shape=[3, 2], strides=[2, 1],
     pads=[1, 0, 0, 1], p=1), "sum_pool", dict(kernel=[3, 2], strides=[2, 1], pads=[1, 0, 0, 1], dilations=[1, 1],
     ceil_mode=0))
line = floats(1, 1, 1, 3)
case("interpolation", "Resize", [line], dict(mode="linear", coordinate_transformation_mode="asymmetric"),
     "resample", dict(axis=3), [np.zeros(0, np.float32), np.array([1, 1, 1, 2], np.float32)],
     [line, np.array([[0, 1], [0, 1], [1, 2], [1, 2], [2, 2], [2, 2]]),
      np.array([[1, 0], [0.5, 0.5]] * 3, np.float32)])

for function in ("Relu", "Sigmoid", "Tanh", "Exp", "Abs", "Neg", "Floor", "Ceil", "Erf"):
    case(function.lower(), function, [floats(6)], {}, function.lower(), {})
for function in ("Log", "Sqrt", "Reciprocal"):
    case(function.lower(), function, [np.abs(floats(6)) + np.float32(0.1)], {}, function.lower(), {})
case("leaky relu", "LeakyRelu", [floats(6)], dict(alpha=0.1), "leaky_relu", dict(alpha=0.1))
case("clip", "Clip", [floats(8)], {}, "clip", dict(lowest=-0.5, highest=1.25),
     [np.array(-0.5, np.float32), np.array(1.25, np.float32)])
case("difference", "Sub", [floats(2, 3), floats(3)], {}, "sub", {})
case("product", "Mul", [floats(2, 3), floats(2, 1)], {}, "mul", {})
case("quotient", "Div", [floats(2, 3), np.abs(floats(3)) + np.float32(0.1)], {}, "div", {})
case("quotient of integers", "Div", [np.array([7, -7, 7, -7]), np.array([2, 2, -2, -2])], {}, "div", {})
case("remainder", "Mod", [floats(6), np.float32([0.7, 0.7, 0.7, -0.7, -0.7, -0.7])], dict(fmod=1), "mod", {})
case("remainder of integers", "Mod", [np.array([7, -7, 7, -7]), np.array([3, 3, -3, -3])], {}, "mod", {})
case("power", "Pow", [np.abs(floats(2, 3)) + np.float32(0.1), floats(3)], {}, "pow", {})
case("smaller", "Min", [floats(2, 3), floats(3)], {}, "min", {})
case("larger", "Max", [floats(2, 3), floats(2, 1)], {}, "max", {})
for name, function in (("equal", "Equal"), ("less", "Less"), ("greater", "Greater")):
    case(name, function, [np.float32([1, 2, 3]), np.float32([[2], [3]])], {}, name, {})
case("cast to integers", "Cast", [floats(6)], dict(to=TensorProto.INT64), "cast", {})
case("cast to booleans", "Cast", [np.array([0, 3, -1])], dict(to=TensorProto.BOOL), "cast", {})
case("range", "Range", [np.array(number, np.float32) for number in (0.5, 2.25, 0.5)], {}, "range", {})
case("range downwards", "Range", [np.array(7), np.array(-1), np.array(-3)], {}, "range", {})
case("reshape", "Reshape", [floats(2, 6)], {}, "reshape", {}, [np.array([3, -1, 2])])

path = os.path.join(os.path.dirname(__file__), "OnnxRuntimeCases.inc")
with open(path, "w") as file:
    file.write("// Written by generate_cases.py with onnxruntime "
               f"{onnxruntime.__version__}; do not edit.\n// clang-format off\n")
    file.writelines(cases)
