"""Trains the demo's network: a ResNet-8 on the built-in `shapes` images.

After `tools/build` and `tools/bench --help` (which installs PyTorch), run
`.venv-bench/bin/python tools/demo-network/train.py`. Writes resnet8-shapes.onnx
beside this file; the same machine and PyTorch give the same file.
"""

import pathlib
import subprocess
import sys
import tempfile

import numpy
import torch
from torch import nn
from torch.nn import functional

ROOT = pathlib.Path(__file__).resolve().parents[2]


def images(split, limit, directory):
    stem = pathlib.Path(directory) / split
    subprocess.run([ROOT / "build/bin/cim", "data", f"shapes:{split}", "--limit", str(limit), "-o", stem], check=True)
    return (torch.from_numpy(numpy.load(f"{stem}-images.npy")).float(),
            torch.from_numpy(numpy.load(f"{stem}-labels.npy")).long())


class Block(nn.Module):
    def __init__(self, channels_in, channels):
        super().__init__()
        stride = 1 if channels == channels_in else 2
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut = None
        if stride == 2:
            self.shortcut = nn.Conv2d(channels_in, channels, 1, 2, bias=False)

    def forward(self, x):
        shortcut = x if self.shortcut is None else self.shortcut(x)
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + shortcut)


class ResNet8(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.layer1 = Block(8, 8)
        self.layer2 = Block(8, 16)
        self.layer3 = Block(16, 32)
        self.fc = nn.Linear(32, classes)

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3), keepdim=True).flatten(1))


def main():
    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True)
    with tempfile.TemporaryDirectory() as directory:
        train_images, train_labels = images("train", 8000, directory)
        test_images, test_labels = images("test", 2000, directory)
    network = ResNet8(int(train_labels.max()) + 1)
    epochs, batch, rate = 24, 64, 0.1
    optimizer = torch.optim.SGD(network.parameters(), rate, momentum=0.9, weight_decay=1e-4, nesterov=True)
    steps = epochs * (len(train_images) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, steps)
    for epoch in range(epochs):
        network.train()
        for chosen in torch.randperm(len(train_images))[: steps // epochs * batch].split(batch):
            loss = functional.cross_entropy(network(train_images[chosen]), train_labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        network.eval()
        with torch.inference_mode():
            accuracy = (network(test_images).argmax(1) == test_labels).float().mean()
        print(f"epoch {epoch + 1}: loss {loss:.3f}, test accuracy {accuracy:.4f}", flush=True)
    torch.onnx.export(network, (train_images[:1],), pathlib.Path(__file__).with_name("resnet8-shapes.onnx"),
                      input_names=["input"], output_names=["logits"], dynamo=False, opset_version=17,
                      do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE,
                      dynamic_axes={"input": {0: "N"}, "logits": {0: "N"}})


if __name__ == "__main__":
    sys.exit(main())
