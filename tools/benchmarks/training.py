"""cim's training beside PyTorch's: images per second of whole steps.

ResNet-32, batch 128, SGD with momentum: all layers, the last nine, and C2 of
the last 18; the latter two also with `cim retrain --keep`, which keeps what the
layers in front compute from pass to pass. Layers that are not trained are frozen, and PyTorch stops its
backward pass at the earliest trained layer, too. Both take turns, round by
round; figures are medians. Of both the first pass over the images, which
allocates memory, does not count. PyTorch runs in whichever memory format is
faster.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
import torch
from torch.nn import functional

from onnx_in_torch import OnnxModule
from paths import BUILD, CIM, SHARED, cpu_name

MODEL = SHARED / "models/resnet32-cifar10.onnx"
# The plan, and megabytes of activations that cim keeps from pass to pass.
CASES = {
    "all layers": ("last:32", 0),
    "last 9": ("last:9", 0),
    "C2 of the last 18": ("c2:18", 0),
    "last 9, kept": ("last:9", 1024),
    "C2 of the last 18, kept": ("c2:18", 1024),
}
BATCH = 128


class Trained(OnnxModule):
    """Trains the layers named, and the batch normalisations that follow them."""

    def __init__(self, path, layers):
        super().__init__(path)
        results = set()
        self.batch_mode = set()
        trained = []
        for node in self.steps:
            if node.op_type in ("Conv", "Gemm") and node.input[1].removesuffix(".weight") in layers:
                results.add(node.output[0])
                trained += list(node.input[1:])
            elif node.op_type == "BatchNormalization" and node.input[0] in results:
                self.batch_mode.add(node.output[0])
                trained += list(node.input[1:3])
        self.parameters = [self.tensors[name].requires_grad_(True) for name in trained]

    def _run(self, node, values):
        if node.output[0] not in self.batch_mode:
            return super()._run(node, values)
        x, scale, bias, mean, variance = (values[name] for name in node.input)
        return functional.batch_norm(x, mean, variance, scale, bias, training=True)


class PyTorch:
    def __init__(self, layers, images, labels, channels_last):
        self.network = Trained(MODEL, layers)
        memory = torch.channels_last if channels_last else torch.contiguous_format
        self.images = torch.from_numpy(images).to(memory_format=memory)
        self.labels = torch.from_numpy(labels)
        self.optimizer = torch.optim.SGD(self.network.parameters, 0.01, momentum=0.9, weight_decay=1e-4)

    def seconds(self):
        begin = time.perf_counter()
        for first in range(0, len(self.images), BATCH):
            images = self.images[first:first + BATCH]
            loss = functional.cross_entropy(self.network(images), self.labels[first:first + BATCH])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        return time.perf_counter() - begin


def cim(plan, kept, data, threads):
    result = subprocess.run(
        [CIM, "retrain", MODEL, "--data", data, "--noise", "normal:0.03ns", "--select", plan, "--test-limit", "1",
         "--rewrites", "1", "--threads", str(threads), "--augment", "none", "--epochs", "2",
         *(["--keep", str(kept)] if kept else []), "--json", "-"],
        capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(result.stderr.strip())
    document = json.loads(result.stdout)
    return document["chips"][0]["epochs"][1]["seconds"], document["selected"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=20 * BATCH)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", default=str(BUILD / "bench-training.json"), help="where the figures are saved")
    arguments = parser.parse_args()
    if not SHARED.is_dir():
        sys.exit(f"bench: the benchmark networks are absent ({SHARED})")
    torch.set_num_threads(arguments.threads)
    random = numpy.random.default_rng(0)
    images = random.standard_normal((arguments.images, 3, 32, 32), dtype=numpy.float32)
    labels = random.integers(0, 10, arguments.images)
    document = {"machine": {"cpu": cpu_name(), "cores": os.cpu_count()}, "pytorch": torch.__version__, "results": []}
    with tempfile.TemporaryDirectory() as directory:
        stem = pathlib.Path(directory)
        numpy.save(stem / "images.npy", images)
        numpy.save(stem / "labels.npy", labels)
        data = f"npy:{stem}/images.npy,{stem}/labels.npy"
        for name, (plan, kept) in CASES.items():
            _, layers = cim(plan, kept, data, arguments.threads)
            opponents = [PyTorch(set(layers), images, labels, last) for last in (False, True)]
            for opponent in opponents:
                opponent.seconds()
            ours, theirs = [], [[] for _ in opponents]
            for _ in range(arguments.rounds):
                ours.append(cim(plan, kept, data, arguments.threads)[0])
                for seconds, opponent in zip(theirs, opponents):
                    seconds.append(opponent.seconds())
            rates = {"cim": len(images) / statistics.median(ours),
                     "pytorch": len(images) / min(statistics.median(s) for s in theirs)}
            document["results"].append({"case": name, "plan": plan, "kept_megabytes": kept,
                                        "images_per_second": rates})
            print(f"{name:24} images/s: cim {rates['cim']:,.0f}  PyTorch {rates['pytorch']:,.0f}   "
                  f"cim is {rates['cim'] / rates['pytorch']:.2f}x", flush=True)
    pathlib.Path(arguments.json).write_text(json.dumps(document, indent=1) + "\n")
    print(f"saved {arguments.json}")


if __name__ == "__main__":
    main()
