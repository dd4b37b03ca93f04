"""Whole networks against onnxruntime: random ones (residuals, branches, odd
shapes), the graphs of the light models with random weights, a transformer, and
quantized exports. Kernels, the double-precision reference and onnxruntime have
to agree; threads and micro-batches must not change a bit, and neither must shards,
kills and repetition change what chips with errors compute.

Run one test with `.venv/bin/python tests/tools/cim/networks.py build/bin/cim Networks.test_transformer`.
"""

import contextlib
import pathlib
import signal
import sqlite3

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from cim_test_case import CimTestCase, main


def model_of(nodes, inputs, outputs, constants, opset=17):
    """`inputs` and `outputs` are (name, shape); `constants` arrays by name."""
    def infos(values):
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in values]
    graph = helper.make_graph(nodes, "network", infos(inputs), infos(outputs),
                              [numpy_helper.from_array(value, name) for name, value in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def onnxruntime_result(path, images):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: images})[0]


# Errors of the weights, of cells, and of converters.
ERRORS = [
    ("--noise", "student-t:0.03ns,df=4", "--shift", "1/32qs"),
    ("--crossbar", "32x16", "--noise", "normal:0.05ns", "--adc", 6, "--dac", 8, "--calibrate", 4),
    ("--crossbar", "16x16", "--cells", "offset", "--cell-bits", 2, "--faults", "low=0.01,high=0.01"),
]

# Of this machine.
INSTRUCTION_SETS = ["baseline"] + [name for name, flag in (("avx2", "avx2"), ("avx512", "avx512f"))
                                   if f" {flag} " in pathlib.Path("/proc/cpuinfo").read_text()]


class RandomNetwork:
    """Layers of every kind, put together at random. Every value keeps a scale
    of about one."""

    def __init__(self, seed):
        self.random = numpy.random.default_rng(seed)
        self.nodes, self.constants, self.count = [], {}, 0
        channels = int(self.random.choice([1, 3, 5]))
        self.shape = [channels, int(self.random.integers(9, 18)), int(self.random.integers(9, 18))]
        self.input = list(self.shape)
        x = "input"
        for _ in range(int(self.random.integers(4, 9))):
            x = self.random.choice([self.conv, self.conv, self.depthwise, self.dilated, self.grouped, self.residual,
                                    self.branches, self.pool, self.transposed, self.resize, self.activation,
                                    self.batch_norm])(x)
        self.head(x)

    def add(self, operator, operands, **attributes):
        self.count += 1
        self.nodes.append(helper.make_node(operator, operands, [f"v{self.count}"], name=f"{operator}{self.count}",
                                           **attributes))
        return f"v{self.count}"

    def constant(self, *shape, scale=1.0, mean=0.0):
        self.count += 1
        self.constants[f"c{self.count}"] = self.random.normal(mean, scale, shape).astype(numpy.float32)
        return f"c{self.count}"

    def weights(self, *shape):
        return self.constant(*shape, scale=1 / numpy.sqrt(numpy.prod(shape[1:])))

    def extent(self, size, kernel, stride=1, pads=0, dilation=1):
        return (size + pads - dilation * (kernel - 1) - 1) // stride + 1

    def conv(self, x, dilation=1, groups=1, outputs=None):
        channels, height, width = self.shape
        kernel = [int(self.random.choice([1, 2, 3])) for _ in range(2)]
        stride = int(self.random.choice([1, 1, 2])) if min(height, width) > 6 else 1
        pads = [int(self.random.integers(0, 2)) for _ in range(4)]
        outputs = outputs or groups * int(self.random.integers(1, 20 // groups + 1))
        sizes = [self.extent(height, kernel[0], stride, pads[0] + pads[2], dilation),
                 self.extent(width, kernel[1], stride, pads[1] + pads[3], dilation)]
        if min(sizes) < 2:
            return x
        self.shape = [outputs] + sizes
        return self.add("Conv", [x, self.weights(outputs, channels // groups, *kernel), self.constant(outputs)],
                        strides=[stride] * 2, pads=pads, dilations=[dilation] * 2, group=groups)

    def depthwise(self, x):
        return self.conv(x, groups=self.shape[0], outputs=self.shape[0])

    def dilated(self, x):
        return self.conv(x, dilation=2)

    def grouped(self, x):
        divisors = [d for d in range(2, 5) if self.shape[0] % d == 0]
        return self.conv(x, groups=divisors[0]) if divisors else self.conv(x)

    def residual(self, x):
        channels = self.shape[0]
        y = self.add("Conv", [x, self.weights(channels, channels, 3, 3)], pads=[1] * 4)
        return self.add("Relu", [self.add("Add", [self.batch_norm(y), x])])

    def branches(self, x):
        channels, parts = self.shape[0], []
        for kernel in (1, 3):
            outputs = int(self.random.integers(1, 8))
            parts.append(self.add("Conv", [x, self.weights(outputs, channels, kernel, kernel)], pads=[kernel // 2] * 4))
            self.shape[0] += outputs
        parts.append(x)
        return self.add("Concat", parts, axis=1)

    def pool(self, x):
        if min(self.shape[1:]) < 4:
            return x
        ceil = int(self.random.integers(0, 2))
        sizes = [(size - 3 + ceil) // 2 + 1 for size in self.shape[1:]]
        self.shape[1:] = sizes
        kind = self.random.choice(["MaxPool", "AveragePool"])
        return self.add(str(kind), [x], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=ceil)

    def transposed(self, x):
        channels, height, width = self.shape
        if height * width > 200:
            return x
        outputs = int(self.random.integers(1, 8))
        self.shape = [outputs, 2 * height, 2 * width]
        return self.add("ConvTranspose", [x, self.constant(channels, outputs, 3, 3, scale=(channels * 4) ** -0.5)],
                        strides=[2, 2], pads=[1] * 4, output_padding=[1, 1])

    def resize(self, x):
        if self.shape[1] * self.shape[2] > 200:
            return x
        self.count += 1
        self.constants[f"c{self.count}"] = numpy.array([1, 1, 1.5, 2], numpy.float32)
        self.shape[1:] = [int(self.shape[1] * 1.5), self.shape[2] * 2]
        mode = str(self.random.choice(["linear", "nearest"]))
        return self.add("Resize", [x, "", f"c{self.count}"], mode=mode)

    def activation(self, x):
        return self.add(str(self.random.choice(["Relu", "LeakyRelu", "Sigmoid", "HardSwish", "Elu", "Tanh"])), [x])

    def batch_norm(self, x):
        channels = self.shape[0]
        variance = self.constant(channels)
        self.constants[variance] = numpy.abs(self.constants[variance]) + numpy.float32(0.5)
        return self.add("BatchNormalization", [x, self.constant(channels, scale=0.2, mean=1), self.constant(channels),
                                               self.constant(channels), variance])

    def head(self, x):
        channels = self.shape[0]
        pooled = self.add("Flatten", [self.add("GlobalAveragePool", [x])])
        self.output = self.add("Gemm", [pooled, self.weights(5, channels), self.constant(5)], transB=1)

    def model(self):
        return model_of(self.nodes, [("input", ["N"] + self.input)], [(self.output, ["N", 5])], self.constants)


def with_random_weights(model):
    """A light model whose ConstantOfShape weights are random instead, of a size
    that keeps activations in range."""
    random = numpy.random.default_rng(0)
    shapes = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    kept = []
    for node in model.graph.node:
        if node.op_type != "ConstantOfShape":
            kept.append(node)
            continue
        shape = [int(extent) for extent in shapes[node.input[0]]]
        fan = int(numpy.prod(shape[1:])) if len(shape) > 1 else 1
        values = random.standard_normal(shape, dtype=numpy.float32) * numpy.float32((2 / fan) ** 0.5)
        if len(shape) == 1:  # biases, and statistics of batch normalisation
            values = numpy.abs(values) * numpy.float32(0.1) + numpy.float32(0.5)
        model.graph.initializer.append(numpy_helper.from_array(values, node.output[0]))
    del model.graph.node[:]
    model.graph.node.extend(kept)
    return model


def transformer(tokens=6, size=32, heads=4):
    """An encoder block as PyTorch exports it: shapes are computed, weights are
    right operands of MatMul, GELU and the mean over tokens are written out."""
    random = numpy.random.default_rng(3)
    nodes, constants = [], {}

    def constant(name, value):
        constants[name] = value
        return name

    def add(operator, operands, output, **attributes):
        nodes.append(helper.make_node(operator, operands, [output], name=output, **attributes))
        return output

    def dense(x, name, inputs, outputs):
        weights = constant(f"{name}.weight", random.normal(0, inputs ** -0.5, (inputs, outputs)).astype(numpy.float32))
        bias = constant(f"{name}.bias", random.normal(0, 0.1, outputs).astype(numpy.float32))
        return add("Add", [add("MatMul", [x, weights], f"{name}_product"), bias], name)

    def norm(x, name):
        return add("LayerNormalization",
                   [x, constant(f"{name}.weight", random.normal(1, 0.1, size).astype(numpy.float32)),
                    constant(f"{name}.bias", random.normal(0, 0.1, size).astype(numpy.float32))], name, axis=-1)

    def split(x, name, permutation):
        # [batch, tokens, size] → heads, the batch taken from the input's shape.
        batch = add("Gather", [add("Shape", [x], f"{name}_shape"), "zero"], f"{name}_batch")
        batch = add("Unsqueeze", [batch, "axis"], f"{name}_batch1")
        target = add("Concat", [batch, "rest"], f"{name}_target", axis=0)
        return add("Transpose", [add("Reshape", [x, target], f"{name}_split")], f"{name}_heads", perm=permutation)

    constant("zero", numpy.array(0))
    constant("axis", numpy.array([0]))
    constant("rest", numpy.array([tokens, heads, size // heads]))
    constant("joined", numpy.array([0, tokens, size]))
    x = norm("input", "norm1")
    q = split(dense(x, "query", size, size), "q", [0, 2, 1, 3])
    k = split(dense(x, "key", size, size), "k", [0, 2, 3, 1])
    v = split(dense(x, "value", size, size), "v", [0, 2, 1, 3])
    scores = add("Div", [add("MatMul", [q, k], "qk"),
                         constant("scale", numpy.array((size // heads) ** 0.5, numpy.float32))], "scores")
    mixed = add("MatMul", [add("Softmax", [scores], "shares", axis=-1), v], "mixed")
    mixed = add("Reshape", [add("Transpose", [mixed], "mixed_t", perm=[0, 2, 1, 3]), "joined"], "mixed_j")
    x = add("Add", [dense(mixed, "out", size, size), "input"], "residual1")
    y = dense(norm(x, "norm2"), "up", size, 4 * size)
    inner = add("Erf", [add("Div", [y, constant("root", numpy.array(2 ** 0.5, numpy.float32))], "g1")], "g2")
    y = add("Mul", [add("Mul", [y, add("Add", [inner, constant("one", numpy.array(1, numpy.float32))], "g3")], "g4"),
                    constant("half", numpy.array(0.5, numpy.float32))], "gelu")
    x = add("Add", [dense(y, "down", 4 * size, size), x], "residual2")
    pooled = add("ReduceMean", [x], "pooled", axes=[1], keepdims=0)
    dense(pooled, "logits", size, 5)
    return model_of(nodes, [("input", ["N", tokens, size])], [("logits", ["N", 5])], constants)


def quantized():
    """A convolution and a fully connected layer whose weights stand behind
    DequantizeLinear: of one scale for each channel, and of one for all."""
    random = numpy.random.default_rng(5)
    constants = {
        "conv.weight_quantized": random.integers(-127, 128, (8, 3, 3, 3)).astype(numpy.int8),
        "conv.weight_scale": random.uniform(0.001, 0.003, 8).astype(numpy.float32),
        "conv.weight_zero": numpy.zeros(8, numpy.int8),
        "fc.weight_quantized": random.integers(0, 256, (5, 8)).astype(numpy.uint8),
        "fc.weight_scale": numpy.array(0.004, numpy.float32), "fc.weight_zero": numpy.array(120, numpy.uint8),
        "x_scale": numpy.array(0.03, numpy.float32), "x_zero": numpy.array(128, numpy.uint8),
    }
    nodes = [
        helper.make_node("QuantizeLinear", ["input", "x_scale", "x_zero"], ["xq"]),
        helper.make_node("DequantizeLinear", ["xq", "x_scale", "x_zero"], ["x"]),
        helper.make_node("DequantizeLinear", ["conv.weight_quantized", "conv.weight_scale", "conv.weight_zero"],
                         ["w"], axis=0),
        helper.make_node("Conv", ["x", "w"], ["c"], name="conv", pads=[1] * 4),
        helper.make_node("Relu", ["c"], ["r"]), helper.make_node("GlobalAveragePool", ["r"], ["p"]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("DequantizeLinear", ["fc.weight_quantized", "fc.weight_scale", "fc.weight_zero"], ["v"]),
        helper.make_node("Gemm", ["f", "v"], ["logits"], name="fc", transB=1),
    ]
    return model_of(nodes, [("input", ["N", 3, 8, 8])], [("logits", ["N", 5])], constants, opset=13)


class Networks(CimTestCase):
    def logits(self, *options):
        return super().logits(*options, model="net.onnx")

    def prepare(self, model, shape, images=6, seed=0):
        """Writes the network and images; what onnxruntime makes of them."""
        onnx.save(model, self.folder / "net.onnx")
        x = numpy.random.default_rng(seed).normal(0, 1, (images, *shape)).astype(numpy.float32)
        numpy.save(self.folder / "x.npy", x)
        numpy.save(self.folder / "y.npy", numpy.zeros(images, numpy.int64))
        return x

    def assertClose(self, result, expected, relative, what=""):
        """Differences relative to the largest number of all."""
        self.assertEqual(result.shape, expected.shape, what)
        scale = numpy.abs(expected).max()
        self.assertLessEqual(numpy.abs(result - expected).max() / scale, relative, what)

    def test_random_networks(self):
        for seed in range(24):
            network = RandomNetwork(seed)
            x = self.prepare(network.model(), network.input, seed=seed)
            expected = onnxruntime_result(self.folder / "net.onnx", x)
            fast = self.logits("--threads", 1)
            what = f"seed {seed}: " + ", ".join(node.op_type for node in network.nodes)
            self.assertClose(fast, expected, 2e-4, what)
            self.assertClose(self.logits("--reference"), expected, 5e-5, what)
            for options in (("--threads", 2, "--micro-batch", 1), ("--threads", 2, "--micro-batch", 5)):
                self.assertTrue(numpy.array_equal(fast, self.logits(*options)), what)

    def test_chips_of_random_networks(self):
        """A chip's numbers are those of its seed, however it is run, stopped and begun again."""
        kills = 0
        for seed in range(100, 106):
            network = RandomNetwork(seed)
            x = self.prepare(network.model(), network.input, images=40, seed=seed)
            labels = onnxruntime_result(self.folder / "net.onnx", x).argmax(1)
            numpy.save(self.folder / "y.npy", labels.astype(numpy.int64))
            errors = ERRORS[seed % len(ERRORS)]
            what = f"seed {seed}: {errors}"

            def chip(seed, *options):
                return self.logits(*errors, "--quantize", 4, "--seed", seed, *options)

            def sweep(store, *options):
                return ["sweep", "net.onnx", "--data", "npy:x.npy,y.npy", *errors, "--seed", seed, "--vary",
                        "quantize={3,4,5}", "--trials", 6, "--store", f"{store}-{seed}.sqlite", *options]

            def trials(store):
                with contextlib.closing(sqlite3.connect(self.folder / f"{store}-{seed}.sqlite")) as database:
                    return database.execute("SELECT hash, trial, correct, correct_top5 FROM trial "
                                            "JOIN point ON point = id ORDER BY hash, trial").fetchall()

            first = chip(seed, "--threads", 1)
            for options in ((), ("--threads", 2, "--micro-batch", 1), ("--threads", 2, "--micro-batch", 7)):
                self.assertTrue(numpy.array_equal(first, chip(seed, *options)), what)
            self.assertFalse(numpy.array_equal(first, chip(seed + 1)), what)
            if "--adc" not in errors:  # which makes a step of a rounding
                for instructions in INSTRUCTION_SETS:
                    self.assertClose(chip(seed, "--instruction-set", instructions), first, 2e-4, what)

            self.succeeds(*sweep("whole"))
            whole = trials("whole")
            self.assertEqual(len(whole), 18)
            self.succeeds(*sweep("again", "--threads", 1))
            self.assertEqual(trials("again"), whole, what)
            for i in (1, 2):
                self.succeeds(*sweep(f"shard{i}", "--shard", f"{i}/2"))
            self.succeeds("merge", f"shard1-{seed}.sqlite", f"shard2-{seed}.sqlite", "-o", f"merged-{seed}.sqlite")
            self.assertEqual(trials("merged"), whole, what)
            for _ in range(3):
                store = f"killed-{seed}.sqlite"
                before = self.chips_in(store)
                process = self.start(*sweep("killed"))
                while process.poll() is None and self.chips_in(store) == before:
                    pass  # some chips are finished within milliseconds
                process.kill()
                process.communicate()
                kills += process.returncode == -signal.SIGKILL
            self.succeeds(*sweep("killed"))
            self.assertEqual(trials("killed"), whole, what)
        self.assertGreater(kills, 0)

    def test_transformer(self):
        x = self.prepare(transformer(), (6, 32))
        expected = onnxruntime_result(self.folder / "net.onnx", x)
        self.assertClose(self.logits(), expected, 1e-5)
        self.assertClose(self.logits("--reference"), expected, 1e-5)
        layers = self.document("info", "net.onnx")["layers"]
        self.assertEqual([layer["name"] for layer in layers],
                         ["query", "key", "value", "out", "up", "down", "logits"])
        # Its weights can have errors, like those of every other network.
        self.assertFalse(numpy.array_equal(self.logits("--noise", "normal:0.05ns"), self.logits()))

    def test_quantized_weights_are_layers(self):
        x = self.prepare(quantized(), (3, 8, 8))
        expected = onnxruntime_result(self.folder / "net.onnx", x)
        self.assertClose(self.logits(), expected, 1e-4)
        self.assertClose(self.logits("--reference"), expected, 1e-4)
        layers = self.document("info", "net.onnx")["layers"]
        self.assertEqual([(layer["name"], layer["weights"]) for layer in layers], [("conv", 216), ("fc", 40)])

    def test_narrow_integers_wrap(self):
        """Against NumPy: onnxruntime has no sums of bytes."""
        nodes = [helper.make_node("Mul", ["input", "scale"], ["large"]),
                 helper.make_node("Cast", ["large"], ["bytes"], to=TensorProto.UINT8),
                 helper.make_node("Add", ["bytes", "more"], ["sums"]),
                 helper.make_node("BitwiseNot", ["sums"], ["inverted"]),
                 helper.make_node("Cast", ["inverted"], ["signed"], to=TensorProto.INT8),
                 helper.make_node("Cast", ["signed"], ["logits"], to=TensorProto.FLOAT)]
        constants = {"scale": numpy.array(256, numpy.float32), "more": numpy.array([200], numpy.uint8)}
        x = self.prepare(model_of(nodes, [("input", ["N", 5])], [("logits", ["N", 5])], constants, opset=18), (5,))
        numbers = (x * 256).astype(numpy.int64).astype(numpy.uint8)
        expected = (~(numbers + numpy.uint8(200))).astype(numpy.int8)
        for options in ((), ("--reference",)):
            numpy.testing.assert_array_equal(self.logits(*options), expected)

    def test_light_models_with_random_weights(self):
        """Of those that the onnx package brings along, all but VGG-19, whose layers AlexNet has, too."""
        folder = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
        for name in ("bvlc_alexnet", "densenet121", "inception_v1", "inception_v2", "resnet50", "shufflenet",
                     "squeezenet", "zfnet512"):
            model = with_random_weights(onnx.load(folder / f"light_{name}.onnx"))
            x = self.prepare(model, (3, 224, 224), images=1)
            expected = onnxruntime_result(self.folder / "net.onnx", x)
            self.assertClose(self.logits("--threads", 2).reshape(expected.shape), expected, 1e-3, name)


if __name__ == "__main__":
    main()
