"""What the precisions cost in accuracy, on the whole test sets of the shared networks.

f32, which takes Winograd's algorithm where that is faster, and bf16 beside
f32-strict, whose kernels are direct: how many images are right, how many are
classified otherwise than with f32-strict, and the largest difference of a logit
from f32-strict's, as a fraction of its image's largest |logit|. The networks'
own weights, without errors.
"""

import argparse
import json
import os
import pathlib
import tempfile

import numpy

from paths import BUILD, SHARED, cpu_name
from tolerance import run

CIFAR10 = f"cifar10:{SHARED / 'data/cifar-10-binary.tar.xz'}"
MNIST = f"mnist:{SHARED / 'data/mnist'}"
NETWORKS = {
    "ResNet-20": ("resnet20-cifar10.onnx", CIFAR10),
    "ResNet-32": ("resnet32-cifar10.onnx", CIFAR10),
    "VGG-16": ("vgg16-mnist.onnx", MNIST),
    "ResNet-34": ("resnet34-cifar10.onnx", CIFAR10),
}
PRECISIONS = ("f32-strict", "f32", "bf16")  # the first is what the others are held against


def differences(logits, expected):
    """How many images are classified otherwise, and the largest difference of a logit, relative to its image's largest."""
    otherwise = int(numpy.count_nonzero(logits.argmax(1) != expected.argmax(1)))
    relative = numpy.abs(logits - expected).max(1) / numpy.abs(expected).max(1)
    return otherwise, float(relative.max())


def measure(name, limit, threads):
    """One result for each precision."""
    model, data = NETWORKS[name]
    options = ["--data", data, "--threads", threads, *(("--limit", limit) if limit else ())]
    expected = None
    with tempfile.TemporaryDirectory() as folder:
        outputs = pathlib.Path(folder) / "logits.npy"
        for precision in PRECISIONS:
            document = run("eval", SHARED / "models" / model, *options, "--precision", precision, "--outputs", outputs)
            logits = numpy.load(outputs)
            if expected is None:
                expected = logits
            otherwise, difference = differences(logits, expected)
            images, correct = document["data"]["images"], document["correct"][0]
            yield {"network": name, "model": model, "precision": precision,
                   "instruction_set": document["options"]["instruction-set"], "images": images, "correct": correct,
                   "accuracy": correct / images, "classified_otherwise": otherwise, "largest_difference": difference}


def row(result):
    is_base = result["precision"] == PRECISIONS[0]
    cells = [result["network"], result["precision"], f"{result['images']:,}", f"{result['correct']:,}",
             f"{result['accuracy']:.4f}", "" if is_base else str(result["classified_otherwise"]),
             "" if is_base else f"{result['largest_difference']:.1e}"]
    return "| " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="run only the networks whose name contains this")
    parser.add_argument("--limit", type=int, help="only the first images, for a try")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--json", default=str(BUILD / "bench-accuracy.json"), help="where the figures are saved")
    arguments = parser.parse_args()
    document = {"machine": {"cpu": cpu_name(), "cores": os.cpu_count()}, "results": []}
    print("| network | precision | images | right | accuracy | classified otherwise | largest difference of a logit |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for name in NETWORKS:
        if arguments.only and arguments.only.lower() not in name.lower():
            continue
        for result in measure(name, arguments.limit, arguments.threads):
            document["results"].append(result)
            print(row(result), flush=True)
    pathlib.Path(arguments.json).write_text(json.dumps(document, indent=1) + "\n")
    print(f"saved {arguments.json}")


if __name__ == "__main__":
    main()
