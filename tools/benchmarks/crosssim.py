"""cim beside CrossSim (https://github.com/sandialabs/cross-sim), on one network.

The same converters on the same arrays: differential cells, 128 rows, DACs and
ADCs of 8 bits whose ranges are the largest input and the largest partial sum
of each layer. Both run on the same images and threads, in turn, each in its
own best way; CrossSim multiplies matrices with NumPy, image batches at its
fastest size. With --wires both have resistive wires of that many ohm, solved
exactly. CrossSim is third-party software under its own licence (BSD 3-Clause);
nothing of it is in this repository. --crosssim is a folder with its package
`simulator`.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tarfile
import time

# CrossSim multiplies with NumPy, whose BLAS reads its number of threads once, when it is imported.
THREADS = argparse.ArgumentParser(add_help=False)
THREADS.add_argument("--threads", type=int, default=os.cpu_count())
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(THREADS.parse_known_args()[0].threads)

import numpy
import torch
from torch import nn

from compare import fastest, parts
from onnx_in_torch import OnnxModule, _attributes
from paths import BUILD, CIM, SHARED, cpu_name

HIGHEST = 100  # uS: what a cell conducts at most


class Network(nn.Module):
    """An ONNX network whose convolutions and fully connected layers are modules that CrossSim can convert."""

    def __init__(self, path):
        super().__init__()
        self.graph = OnnxModule(path)
        self.layers = nn.ModuleDict()
        for node in self.graph.steps:
            if node.op_type not in ("Conv", "Gemm"):
                continue
            weight = self.graph.tensors[node.input[1]]
            bias = self.graph.tensors[node.input[2]] if len(node.input) > 2 else None
            attributes = _attributes(node)
            if node.op_type == "Conv":
                pads = attributes.get("pads", [0] * 4)
                assert pads[:2] == pads[2:] and attributes.get("group", 1) == 1
                layer = nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2:], attributes.get("strides", (1, 1)),
                                  tuple(pads[:2]), bias=bias is not None)
            else:
                layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
            layer.weight.data = weight.clone()
            if bias is not None:
                layer.bias.data = bias.clone()
            self.layers[node.output[0].replace(".", "_")] = layer

    def forward(self, images):
        values = dict(self.graph.tensors)
        values[self.graph.input] = images
        for node in self.graph.steps:
            name = node.output[0].replace(".", "_")
            values[node.output[0]] = (self.layers[name](values[node.input[0]]) if name in self.layers
                                      else self.graph._run(node, values))
        return values[self.graph.output]


def ranges_of(network, images, rows):
    """For each layer: its largest input, whether any is negative, and its largest partial sum over so many rows."""
    ranges = []

    def look(layer, inputs, _):
        x = inputs[0]
        if isinstance(layer, nn.Conv2d):
            x = nn.functional.unfold(x, layer.kernel_size, 1, layer.padding, layer.stride).transpose(1, 2)
        weights = layer.weight.flatten(1).T
        largest = max(float((x[..., begin:begin + rows] @ weights[begin:begin + rows]).abs().max())
                      for begin in range(0, len(weights), rows))
        seen.append((float(inputs[0].abs().max()), bool(inputs[0].min() < 0), largest))

    hooks = [layer.register_forward_hook(look) for layer in network.layers.values()]
    with torch.inference_mode():
        for begin in range(0, len(images), 20):
            seen = []
            network(images[begin:begin + 20])
            ranges = seen if not ranges else [
                (max(a[0], b[0]), a[1] or b[1], max(a[2], b[2])) for a, b in zip(ranges, seen)]
    for hook in hooks:
        hook.remove()
    return ranges


class CrossSim:
    name = "crosssim"

    def __init__(self, model, images, calibration, arguments):
        from simulator import CrossSimParameters
        from simulator.algorithms.dnn.torch.convert import from_torch
        torch.set_num_threads(arguments.threads)
        network = Network(model)
        parameters = []
        for layer, (largest, is_signed, sum_) in zip(network.layers.values(),
                                                    ranges_of(network, calibration, arguments.rows)):
            p = CrossSimParameters()
            p.core.style = "BALANCED"
            p.core.rows_max = p.core.cols_max = arguments.rows
            p.core.mapping.weights.row_partition_strategy = "MAX"
            p.core.mapping.weights.col_partition_strategy = "MAX"
            p.xbar.device.Rmin = 1e6 / HIGHEST
            p.xbar.device.infinite_on_off_ratio = True
            if arguments.wires:
                p.xbar.array.parasitics.enable = True
                p.xbar.array.parasitics.Rp_row = p.xbar.array.parasitics.Rp_col = arguments.wires
            p.xbar.dac.mvm.bits = 8
            p.xbar.dac.mvm.model = "SignMagnitudeDAC" if is_signed else "QuantizerDAC"
            p.xbar.dac.mvm.signed = is_signed
            p.core.mapping.inputs.mvm.min = -largest if is_signed else 0.0
            p.core.mapping.inputs.mvm.max = largest
            p.xbar.adc.mvm.bits = 8
            p.xbar.adc.mvm.model = "SignMagnitudeADC"
            p.xbar.adc.mvm.signed = True
            p.xbar.adc.mvm.adc_range_option = "CALIBRATED"
            # In units of the largest weight and the largest input.
            limit = sum_ / (float(layer.weight.detach().abs().max()) * largest)
            p.xbar.adc.mvm.calibrated_range = numpy.array([-limit, limit])
            parameters.append(p)
        self.network = from_torch(network, parameters)
        self.images = torch.from_numpy(images)
        self.batch = fastest(self._run, len(images), [(1,), (4,), (16,), (32,)], least=1)[0]

    def _run(self, count, batch):
        with torch.inference_mode():
            return torch.cat([self.network(self.images[part]) for part in parts(count, batch)])

    def run(self):
        begin = time.perf_counter()
        self.answers = self._run(len(self.images), self.batch).argmax(1).numpy()
        return time.perf_counter() - begin


class Cim:
    name = "cim"

    def __init__(self, model, data, arguments):
        self.images = arguments.cim_images
        self.options = ["--data", data, "--threads", str(arguments.threads),
                        "--crossbar", f"{arguments.rows}x{arguments.rows}", "--conductance", f"0:{HIGHEST}",
                        "--dac", "8", "--adc", "8", "--calibrate", str(arguments.calibrate), "--json", "-"]
        if arguments.wires:
            self.options += ["--wire-resistance", str(arguments.wires)]
        self.model = model

    def _eval(self, images):
        result = subprocess.run([CIM, "eval", self.model, *self.options, "--limit", str(images)], capture_output=True,
                                text=True)
        if result.returncode != 0:
            raise RuntimeError(result.stderr.strip())
        return json.loads(result.stdout)

    def run(self):
        seconds = self._eval(self.images)["seconds"]
        return seconds["forward"] + seconds["program"]

    def accuracy(self, images):
        return self._eval(images)["accuracy"]["mean"]


def read_cifar10(path, split, count):
    """Images, normalised as `cim eval` does, and labels: the first of an archive of the binary version."""
    wanted = "test_batch.bin" if split == "test" else "data_batch_"
    with tarfile.open(path) as archive:
        members = sorted((m for m in archive.getmembers() if m.name.split("/")[-1].startswith(wanted)),
                         key=lambda m: m.name)
        records = numpy.frombuffer(archive.extractfile(members[0]).read(), numpy.uint8).reshape(-1, 3073)[:count]
    pixels = records[:, 1:].reshape(-1, 3, 32, 32).astype(numpy.float32) / 255
    mean, std = (numpy.array(v, numpy.float32).reshape(3, 1, 1)
                 for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    return (pixels - mean) / std, records[:, 0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     parents=[THREADS])
    parser.add_argument("--crosssim", required=True, help="folder with CrossSim's package `simulator`")
    parser.add_argument("--model", default=str(SHARED / "models/resnet32-cifar10.onnx"))
    parser.add_argument("--data", default=str(SHARED / "data/cifar-10-binary.tar.xz"),
                        help="archive of CIFAR-10's binary version")
    parser.add_argument("--images", type=int, default=200, help="images that CrossSim runs")
    parser.add_argument("--cim-images", type=int, default=10_000, help="images that cim runs")
    parser.add_argument("--calibrate", type=int, default=200)
    parser.add_argument("--rows", type=int, default=128, help="rows and columns of an array")
    parser.add_argument("--wires", type=float, default=0, help="ohm per segment")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", default=str(BUILD / "bench-crosssim.json"), help="where the figures are saved")
    arguments = parser.parse_args()
    for needed in (pathlib.Path(arguments.crosssim) / "simulator", arguments.model, arguments.data):
        if not os.path.exists(needed):
            sys.exit(f"bench: {needed} is absent")
    sys.path.insert(0, arguments.crosssim)
    images, labels = read_cifar10(arguments.data, "test", arguments.images)
    calibration, _ = read_cifar10(arguments.data, "train", arguments.calibrate)
    crosssim = CrossSim(arguments.model, images, torch.from_numpy(calibration), arguments)
    cim = Cim(arguments.model, f"cifar10:{arguments.data}", arguments)
    counts = {crosssim.name: len(images), cim.name: arguments.cim_images}
    seconds = {runner.name: [] for runner in (cim, crosssim)}
    for _ in range(arguments.rounds):
        for runner in (cim, crosssim):
            seconds[runner.name].append(runner.run())
    rates = {name: counts[name] / statistics.median(s) for name, s in seconds.items()}
    result = {
        "machine": {"cpu": cpu_name(), "cores": os.cpu_count()}, "threads": arguments.threads, "rows": arguments.rows,
        "wires": arguments.wires, "images": counts, "batch": {"crosssim": crosssim.batch}, "seconds": seconds,
        "images_per_second": rates, "times_faster": rates["cim"] / rates["crosssim"],
        "accuracy": {"crosssim": float((crosssim.answers == labels).mean()), "cim": cim.accuracy(len(images))}}
    pathlib.Path(arguments.json).write_text(json.dumps(result, indent=1) + "\n")
    print(f"images/s: cim {rates['cim']:,.1f}  crosssim {rates['crosssim']:,.1f}   cim is "
          f"{result['times_faster']:,.0f}x crosssim; accuracy on the same images: {result['accuracy']}\n"
          f"saved {arguments.json}")


if __name__ == "__main__":
    main()
