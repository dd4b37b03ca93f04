"""cim beside onnxruntime, OpenVINO and PyTorch: whole trials and plain inference.

Opponents take turns (round by round, so that a busy machine is busy for all)
and every figure is a median. A trial is what a study repeats thousands of
times: fresh weights for the whole network, then all images. For each opponent
that is the fastest way its users have: PyTorch writes the weights in place;
OpenVINO compiles the network anew, since its weights are constants. What is
done once for all chips of a study counts for nobody: cim's compiling (saved
beside the trials as "compile_seconds"), building PyTorch's module. The batch and the
format that are fastest for an opponent are found out once per network and
serve both.
"""

import argparse
import itertools
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy

from paths import BUILD, CIM, SHARED, cpu_name

NOISE_WIDTH = 0.01  # of a layer's range; its size does not matter to speed
BATCHES = (1, 8, 32, 100, 250)


def dividing(count):
    """The batches of BATCHES, and the largest up to 100, that divide so many images."""
    largest = max(batch for batch in range(1, 101) if count % batch == 0)
    return sorted({largest, *(batch for batch in BATCHES if count % batch == 0)})


def parts(count, batch):
    """So many images in batches, of which the last may be smaller."""
    return [slice(begin, min(begin + batch, count)) for begin in range(0, count, batch)]


def fastest(run, images, candidates, least=200, clock=time.perf_counter):
    """The candidate, a tuple of a batch and what else `run` takes, with the highest rate over `least` or more images.

    Each warms up, and the best of three runs counts: other work on the machine only slows a run down.
    """
    rates = {}
    for candidate in candidates:
        batch = candidate[0]
        if batch > images:
            continue
        count = min(images, batch * -(-least // batch))  # whole batches, where there are enough images
        run(count, *candidate)
        seconds = []
        for _ in range(3):
            begin = clock()
            run(count, *candidate)
            seconds.append(clock() - begin)
        rates[candidate] = count / min(seconds)
    return max(rates, key=rates.get)


def npy(images, directory):
    """Images for cim's --data, all of one class."""
    labels = directory / "labels.npy"
    numpy.save(labels, numpy.zeros(len(images), dtype=numpy.int64))
    path = directory / "images.npy"
    numpy.save(path, images)
    return f"npy:{path},{labels}"


class Cim:
    name = "cim"

    def __init__(self, model, images, threads, directory, precision):
        self.model, self.threads, self.precision = model, threads, precision
        self.data = npy(images, directory)

    def _eval(self, *options):
        result = subprocess.run(
            [CIM, "eval", self.model, "--data", self.data, "--threads", str(self.threads),
             "--precision", self.precision, "--json", "-", *options], capture_output=True, text=True)
        if result.returncode != 0:
            raise RuntimeError(result.stderr.strip())
        return json.loads(result.stdout)["seconds"]

    def trial(self, round_number):
        seconds = self._eval("--noise", f"normal:{NOISE_WIDTH}ns", "--seed", str(round_number), "--trials", "1")
        self.program_seconds, self.compile_seconds = seconds["program"], seconds["compile"]
        return seconds["program"] + seconds["forward"]

    def inference(self):
        return self._eval()["forward"]


def perturbed(array, generator):
    width = NOISE_WIDTH * (array.max() - array.min())
    return array + generator.standard_normal(array.shape, dtype=numpy.float32) * width


class Torch:
    name = "pytorch"

    def __init__(self, model, images, threads, directory, precision):
        import torch
        from onnx_in_torch import OnnxModule
        torch.set_num_threads(threads)
        self.torch = torch
        self.module = OnnxModule(model)
        images = torch.from_numpy(images)
        self.images = {"contiguous": images, "channels_last": images.to(memory_format=torch.channels_last)}
        self.clean = {n: self.module.tensors[n].numpy().copy() for n in self.module.weights()}
        self.batch, self.memory_format = fastest(self._run, len(images), itertools.product(BATCHES, self.images))

    def _run(self, count, batch, memory_format):
        images = self.images[memory_format]
        with self.torch.inference_mode():
            for part in parts(count, batch):
                self.module(images[part])

    def _run_all(self):
        self._run(len(self.images["contiguous"]), self.batch, self.memory_format)

    def trial(self, round_number):
        generator = numpy.random.default_rng(round_number)
        begin = time.perf_counter()
        for name, clean in self.clean.items():
            self.module.tensors[name].copy_(self.torch.from_numpy(perturbed(clean, generator)))
        self._run_all()
        return time.perf_counter() - begin

    def inference(self):
        begin = time.perf_counter()
        self._run_all()
        return time.perf_counter() - begin


class OpenVino:
    name = "openvino"

    def __init__(self, model, images, threads, directory, precision):
        import onnx
        import openvino
        from onnx import numpy_helper
        from onnx_in_torch import OnnxModule
        self.numpy_helper = numpy_helper
        self.core = openvino.Core()
        self.settings = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": precision,
                         "PERFORMANCE_HINT": "THROUGHPUT"}
        self.images = images
        self.proto = onnx.load(model)
        names = set(OnnxModule(model).weights()) | {i.name for i in self.proto.graph.initializer if i.name.startswith(tuple("0123456789"))}
        self.clean = {i.name: (i, numpy_helper.to_array(i).astype(numpy.float32))
                      for i in self.proto.graph.initializer if i.name in names and len(i.dims) > 1}
        # The compiled batch is fixed, so it divides the images. A run is so long that every stream has requests enough.
        weights = {initializer.name for initializer in self.proto.graph.initializer}  # inputs, too, in old models
        data = next(value for value in self.proto.graph.input if value.name not in weights)
        fixed = data.type.tensor_type.shape.dim[0].dim_value
        batches = [fixed] if fixed else dividing(len(images))
        self.compiled = {batch: self._compile(batch) for batch in batches}
        self.batch = fixed or fastest(self._run, len(images), [(batch,) for batch in batches], least=2000)[0]
        self.compiled = {self.batch: self.compiled[self.batch]}

    def _compile(self, batch):
        model = self.core.read_model(self.proto.SerializeToString())
        model.reshape([batch, *self.images.shape[1:]])
        return self.core.compile_model(model, "CPU", self.settings)

    def _run(self, count, batch):
        import openvino
        requests = openvino.AsyncInferQueue(self.compiled[batch])
        for part in parts(count, batch):
            requests.start_async({0: self.images[part]}, share_inputs=True)
        requests.wait_all()

    def trial(self, round_number):
        generator = numpy.random.default_rng(round_number)
        begin = time.perf_counter()
        for initializer, clean in self.clean.values():
            initializer.CopyFrom(self.numpy_helper.from_array(perturbed(clean, generator), initializer.name))
        self.compiled[self.batch] = self._compile(self.batch)
        self._run(len(self.images), self.batch)
        return time.perf_counter() - begin

    def inference(self):
        begin = time.perf_counter()
        self._run(len(self.images), self.batch)
        return time.perf_counter() - begin


class OnnxRuntime:
    name = "onnxruntime"

    def __init__(self, model, images, threads, directory, precision):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])
        self.images = images
        self.input = self.session.get_inputs()[0]
        fixed = isinstance(self.input.shape[0], int)
        batches = [(batch,) for batch in BATCHES]
        self.batch = self.input.shape[0] if fixed else fastest(self._run, len(images), batches)[0]

    def _run(self, count, batch):
        for part in parts(count, batch):
            self.session.run(None, {self.input.name: self.images[part]})

    def inference(self):
        begin = time.perf_counter()
        self._run(len(self.images), self.batch)
        return time.perf_counter() - begin


KINDS = ("trial", "inference")


def cases(arguments):
    light = SHARED / "onnx-conformance/light"
    n = arguments.images
    # name, model, images, image shape, what is measured, opponents
    yield ("resnet32", SHARED / "models/resnet32-cifar10.onnx", n, (3, 32, 32), KINDS, (OpenVino, OnnxRuntime, Torch))
    yield ("resnet20", SHARED / "models/resnet20-cifar10.onnx", n, (3, 32, 32), ("inference",), (OpenVino, OnnxRuntime))
    yield ("vgg16-32x32", SHARED / "models/vgg16-mnist.onnx", n // 10, (1, 32, 32), ("inference",), (OpenVino, OnnxRuntime))
    for name, side in (("resnet50", 224), ("vgg19", 224), ("squeezenet", 224), ("bvlc_alexnet", 224)):
        yield (name, light / f"light_{name}" / "model.onnx", max(8, n // 250), (3, side, side), ("inference",),
               (OpenVino, OnnxRuntime))


def measure(kinds, model, images, opponents, arguments, precision="f32"):
    with tempfile.TemporaryDirectory() as directory:
        runners = [o(str(model), images, arguments.threads, pathlib.Path(directory), precision)
                   for o in (Cim, *opponents)]
        # onnxruntime has no trial.
        return [measure_kind(kind, [r for r in runners if hasattr(r, kind)], model, images, arguments, precision)
                for kind in kinds]


def measure_kind(kind, runners, model, images, arguments, precision):
    seconds = {r.name: [] for r in runners}
    for round_number in range(arguments.rounds):
        for runner in runners:
            seconds[runner.name].append(runner.trial(round_number) if kind == "trial" else runner.inference())
    medians = {name: statistics.median(s) for name, s in seconds.items()}
    result = {
        "kind": kind, "model": model.name if model.name != "model.onnx" else model.parent.name,
        "images": len(images), "threads": arguments.threads, "precision": precision,
        "seconds": seconds, "images_per_second": {n: len(images) / s for n, s in medians.items()},
        "times_faster": {n: s / medians["cim"] for n, s in medians.items() if n != "cim"},
        "batch": {r.name: r.batch for r in runners if hasattr(r, "batch")},
        "memory_format": {r.name: r.memory_format for r in runners if hasattr(r, "memory_format")},
    }
    if kind == "trial":
        result["program_share"] = runners[0].program_seconds / medians["cim"]
        result["compile_seconds"] = runners[0].compile_seconds
    rates = "  ".join(f"{n} {r:,.1f}" for n, r in result["images_per_second"].items())
    ratios = "  ".join(f"{r:.2f}x {n}" for n, r in result["times_faster"].items())
    print(f"{kind:9} {precision:4} {result['model']:22} images/s: {rates}   cim is {ratios}", flush=True)
    return result


# What a crossbar costs: options beyond a trial's noise. The first is the trial itself.
MAPPINGS = {
    "unmapped": (),
    "mapped": ("--crossbar", "128x128"),
    "errors per cell": ("--crossbar", "128x128", "--noise", "normal:1uS"),
    "ADC": ("--crossbar", "128x128", "--dac", "8", "--adc", "8"),
    "ADC, 2 slices": ("--crossbar", "128x128", "--dac", "8", "--adc", "8", "--quantize", "5,mode=symmetric",
                      "--cell-bits", "2"),
    "read noise": ("--crossbar", "128x128", "--read-noise", "1uS"),
    "wires": ("--crossbar", "128x128", "--wire-resistance", "1"),
}


def measure_mapping(model, images, arguments):
    """Whole trials on crossbars, against one without: seconds, and how often the trial without fits into them."""
    with tempfile.TemporaryDirectory() as directory:
        cim = Cim(str(model), images, arguments.threads, pathlib.Path(directory), "f32")
        seconds = {name: [] for name in MAPPINGS}
        for round_number in range(arguments.rounds):
            for name, options in MAPPINGS.items():
                noise = () if "--noise" in options else ("--noise", f"normal:{NOISE_WIDTH}ns")
                spent = cim._eval(*options, *noise, "--seed", str(round_number), "--trials", "1")
                seconds[name].append(spent["program"] + spent["forward"])
    medians = {name: statistics.median(s) for name, s in seconds.items()}
    result = {"kind": "mapping", "model": model.name, "images": len(images), "threads": arguments.threads,
              "seconds": seconds, "images_per_second": {n: len(images) / s for n, s in medians.items()},
              "times_slower": {n: s / medians["unmapped"] for n, s in medians.items()}}
    rates = "  ".join(f"{n} {len(images) / s:,.1f} ({s / medians['unmapped']:.2f}x)" for n, s in medians.items())
    print(f"{'mapping':9} {model.name:22} images/s, and times a trial without: {rates}", flush=True)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=10_000, help="images of a CIFAR-size run (others scale with it)")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", help="run only the cases whose name contains this")
    parser.add_argument("--json", default=str(BUILD / "bench.json"), help="where the figures are saved")
    arguments = parser.parse_args()
    if not SHARED.is_dir():
        sys.exit(f"bench: the benchmark networks are absent ({SHARED})")
    import onnxruntime
    import openvino
    import torch
    document = {
        "machine": {"cpu": cpu_name(), "cores": os.cpu_count()},
        "opponents": {"openvino": openvino.__version__, "onnxruntime": onnxruntime.__version__, "pytorch": torch.__version__},
        "rounds": arguments.rounds, "results": []}
    for name, model, count, shape, kinds, opponents in cases(arguments):
        if arguments.only and arguments.only not in name:
            continue
        images = numpy.random.default_rng(0).standard_normal((count, *shape), dtype=numpy.float32)
        document["results"] += measure(kinds, model, images, opponents, arguments)
        if kinds == KINDS:  # the opponent that knows bf16
            document["results"] += measure(kinds, model, images, (OpenVino,), arguments, "bf16")
    if not arguments.only or arguments.only in "mapping":
        images = numpy.random.default_rng(0).standard_normal((arguments.images, 3, 32, 32), dtype=numpy.float32)
        document["results"].append(measure_mapping(SHARED / "models/resnet32-cifar10.onnx", images, arguments))
    pathlib.Path(arguments.json).write_text(json.dumps(document, indent=1) + "\n")
    print(f"saved {arguments.json}")


if __name__ == "__main__":
    main()
