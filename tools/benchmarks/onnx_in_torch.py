"""An ONNX network as a PyTorch module, executed eagerly, node by node.

Only what the benchmark networks use. The operators of constant subgraphs are
evaluated once, when the module is made, so that a run does nothing but the
network's own work.
"""

import numpy
import onnx
import torch
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator
from torch.nn import functional


def _attributes(node):
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


def _padded(x, attributes, value):
    """Asymmetric padding as a step of its own; PyTorch only knows symmetric."""
    pads = attributes.get("pads", [0, 0, 0, 0])
    if pads[:2] == pads[2:]:
        return x, tuple(pads[:2])
    return functional.pad(x, (pads[1], pads[3], pads[0], pads[2]), value=value), (0, 0)


class OnnxModule:
    def __init__(self, path):
        graph = onnx.load(path).graph
        self.constants = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
        self.steps = []
        for node in graph.node:
            if all(name in self.constants for name in node.input if name):
                self._fold(node)
            else:
                self.steps.append(node)
        self.input = next(i.name for i in graph.input if i.name not in self.constants)
        self.output = graph.output[0].name
        # The operands of shape operators stay numbers; weights become tensors.
        self.tensors = {
            name: torch.from_numpy(numpy.array(array, dtype=numpy.float32))
            for name, array in self.constants.items()
            if array.dtype in (numpy.float32, numpy.float16)
        }

    def _fold(self, node):
        model = onnx.helper.make_model(
            onnx.helper.make_graph(
                [node], "fold",
                [onnx.helper.make_tensor_value_info(
                    n, onnx.helper.np_dtype_to_tensor_dtype(self.constants[n].dtype), None)
                 for n in dict.fromkeys(node.input) if n],
                [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.UNDEFINED, None) for n in node.output]),
            opset_imports=[onnx.helper.make_opsetid("", 13)])
        results = ReferenceEvaluator(model).run(None, {n: self.constants[n] for n in node.input if n})
        self.constants.update(zip(node.output, results))

    def weights(self):
        """Names of the tensors that a crossbar would hold."""
        return [n.input[1] for n in self.steps if n.op_type in ("Conv", "Gemm") and n.input[1] in self.tensors]

    def __call__(self, images):
        values = dict(self.tensors)
        values[self.input] = images
        for node in self.steps:
            values[node.output[0]] = self._run(node, values)
        return values[self.output]

    def _run(self, node, values):
        attributes = _attributes(node)
        x = values[node.input[0]]
        operand = lambda i: values[node.input[i]] if len(node.input) > i and node.input[i] else None
        match node.op_type:
            case "Conv":
                x, padding = _padded(x, attributes, 0.0)
                return functional.conv2d(
                    x, operand(1), operand(2), tuple(attributes.get("strides", (1, 1))), padding,
                    tuple(attributes.get("dilations", (1, 1))), attributes.get("group", 1))
            case "BatchNormalization":
                return functional.batch_norm(x, operand(3), operand(4), operand(1), operand(2),
                                             eps=attributes.get("epsilon", 1e-5))
            case "Relu":
                return torch.relu(x)
            case "Add":
                return x + operand(1)
            case "MaxPool":
                x, padding = _padded(x, attributes, float("-inf"))
                return functional.max_pool2d(x, tuple(attributes["kernel_shape"]),
                                             tuple(attributes.get("strides", (1, 1))), padding)
            case "AveragePool":
                x, padding = _padded(x, attributes, 0.0)
                return functional.avg_pool2d(x, tuple(attributes["kernel_shape"]),
                                             tuple(attributes.get("strides", (1, 1))), padding)
            case "GlobalAveragePool":
                return x.mean((2, 3), keepdim=True)
            case "Flatten":
                return x.flatten(1)
            case "Reshape":
                return x.reshape(x.shape[0], -1)
            case "Gemm":
                return functional.linear(x, operand(1), operand(2))
            case "Softmax":
                return torch.softmax(x, attributes.get("axis", 1))
            case "Concat":
                return torch.cat([values[n] for n in node.input], attributes["axis"])
            case "Dropout" | "Identity":
                return x
            case "Slice":
                starts, ends, axes, steps = (self.constants[n] for n in node.input[1:5])
                index = [slice(None)] * x.dim()
                for start, end, axis, step in zip(starts, ends, axes, steps):
                    index[axis] = slice(int(start), min(int(end), x.shape[axis]), int(step))
                return x[tuple(index)]
            case "Pad":
                pads = self.constants[node.input[1]]
                half = len(pads) // 2
                order = [int(p) for d in reversed(range(half)) for p in (pads[d], pads[d + half])]
                return functional.pad(x, order)
        raise NotImplementedError(f"{node.op_type} in the PyTorch opponent")
