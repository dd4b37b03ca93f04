"""Runs the built `cim retrain` and `cim train` as a user would.

Run one test with `.venv/bin/python tests/tools/cim/training.py build/bin/cim Retraining.test_document`.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import struct
import zlib

import numpy
import onnx
import onnxruntime
import safetensors.numpy

from cim_test_case import DATA, DEMO_NETWORK, FreshFolderTestCase, main
from small_network import small_network


def png(pixels):
    """An RGB image of height × width × 3 bytes as a file."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Commands(FreshFolderTestCase):
    def labels_beyond_the_outputs(self):
        """Images of more classes than the demo's network has."""
        numpy.save(self.folder / "x.npy", numpy.zeros((8, 3, 32, 32), dtype=numpy.float32))
        numpy.save(self.folder / "y.npy", numpy.arange(8, 16))
        return DATA

    def check_divergence(self, *arguments):
        """It says where, and the checkpoint still holds the epochs before, each a single step here."""
        result = self.cim(*arguments, "--epochs", "9", "--batch", "300", "--learning-rate", "1e30", "-o", "out.onnx")
        self.assertRefused(result, 1, ["diverged", "checkpoint"])
        epoch = int(re.search(r"step (\d+) \(epoch \1\)", result.stderr)[1])
        self.assertGreater(epoch, 1)
        self.assertFalse((self.folder / "out.onnx").exists())
        progress = self.progress(self.folder / "out.checkpoint.safetensors")
        self.assertEqual(len(progress.get("in_work", {}).get("training", progress)["epochs"]), epoch - 1)

    def check_progress(self, images, *arguments):
        """Its first epochs are drawn, and how it goes on: what was done before counts, but not in the rate."""
        def drawn(*more):
            text = self.drawn(*arguments, "--data", "shapes", "--limit", "1000", "--test-limit", "200", "--hold-back",
                              "0.1", "--epochs", "10000", "--learning-rate", "0.01", "-o", "out.onnx", *more, times=10)
            numbers = re.findall(rf"training  ([\d,]+) of {images} images  ([\d,]+)/s", text)
            return numpy.array([[int(number.replace(",", "")) for number in line] for line in numbers])

        first = drawn()
        rest = drawn("--resume")
        self.assertGreaterEqual(rest[0, 0], first[-1, 0])
        # Draws are 0.25 s apart or more. What is tested of a chip, 200 images, comes again.
        worked = rest[-1, 1] * 0.25 * (len(rest) - 1)
        self.assertLessEqual(worked, rest[-1, 0] - first[-1, 0] + 200)

    def write_pictures(self, folder, seed, per_class, classes=4, brightest=256):
        """A folder of pictures for small.onnx, one subfolder per class."""
        random = numpy.random.default_rng(seed)
        for label in range(classes):
            (self.folder / folder / f"class{label}").mkdir(parents=True)
            for i in range(per_class):
                pixels = random.integers(0, brightest, (8, 8, 3), dtype=numpy.uint8)
                (self.folder / folder / f"class{label}" / f"{i}.png").write_bytes(png(pixels))

    def copy_network(self):
        shutil.copy(DEMO_NETWORK, self.folder / "network.onnx")

    @staticmethod
    def double_weights(network):
        """The same graph with other numbers."""
        model = onnx.load(network)
        weights = model.graph.initializer[0]
        weights.CopyFrom(onnx.numpy_helper.from_array(2 * onnx.numpy_helper.to_array(weights), weights.name))
        onnx.save(model, network)


class Retraining(Commands):
    def setUp(self):
        super().setUp()
        self.common = ["retrain", DEMO_NETWORK, "--data", "shapes", "--limit", "128", "--test-limit", "200"]
        self.noise = ["--noise", "normal:0.05ns"]

    def test_document(self):
        result = self.document(*self.common, *self.noise, "--select", "c2:8,layer1.conv1", "--trials", "2",
                               "--rewrites", "3", "-o", "out.onnx")
        self.assertEqual(result["command"], "retrain")
        info = self.document("info", DEMO_NETWORK)["layers"]
        wanted = [layer["name"] for i, layer in enumerate(info)
                  if (layer["role"] == "C2" and i >= len(info) - 8) or layer["name"] == "layer1.conv1"]
        self.assertEqual(result["selected"], wanted)
        self.assertGreater(result["weights"], sum(l["shape"][0] for l in info if l["name"] in wanted))
        self.assertGreaterEqual(result["depth"], len(wanted))
        accuracy = result["accuracy"]
        self.assertEqual([len(accuracy[key]["trials"]) for key in ("float", "injected", "retrained", "rewritten")],
                         [1, 2, 2, 6])
        self.assertEqual(len(result["chips"][0]["epochs"]), 1)
        # The network written is the first chip, as it was retrained; errors are in it already.
        again = self.document("eval", "out.onnx", "--data", "shapes", "--limit", "200", "--outputs", "logits.npy")
        self.assertAlmostEqual(again["accuracy"]["mean"], accuracy["retrained"]["trials"][0], delta=0.011)
        # It runs elsewhere, too.
        self.succeeds("data", "shapes", "--limit", "200", "-o", "copy")
        session = onnxruntime.InferenceSession(self.folder / "out.onnx", providers=["CPUExecutionProvider"])
        images = numpy.load(self.folder / "copy-images.npy").astype(numpy.float32)
        logits = numpy.load(self.folder / "logits.npy")
        numpy.testing.assert_allclose(session.run(None, {session.get_inputs()[0].name: images})[0], logits,
                                      atol=1e-4 * abs(logits).max())
        # The same on another number of threads.
        other = self.document(*self.common, *self.noise, "--select", "c2:8,layer1.conv1", "--trials", "2",
                              "--rewrites", "3", "--threads", "3")
        self.assertEqual(other["accuracy"], accuracy)

    def test_kept_activations(self):
        arguments = [*self.common, *self.noise, "--select", "last:3", "--rewrites", "1", "--epochs", "3"]
        plain, kept = self.document(*arguments), self.document(*arguments, "--keep", "16")
        self.assertEqual(kept["options"]["keep"], 16)
        self.assertEqual(plain["accuracy"], kept["accuracy"])
        self.assertEqual([epoch["loss"] for epoch in plain["chips"][0]["epochs"]],
                         [epoch["loss"] for epoch in kept["chips"][0]["epochs"]])
        self.fails(2, "--keep", *arguments, "--keep", "16", "--augment", "flip,crop:2")
        self.fails(2, "--keep has no effect", *arguments[:-2], "--keep", "16", "--epochs", "1")

    def test_published_counts(self):
        model = self.shared("models/resnet32-cifar10.onnx")
        random = numpy.random.default_rng(0)
        numpy.save(self.folder / "x.npy", random.standard_normal((4, 3, 32, 32), dtype=numpy.float32))
        numpy.save(self.folder / "y.npy", random.integers(0, 10, 4))
        for plan, weights, depth in (("last:14", 379_978, 14), ("last:9", 296_586, 9), ("c2:18", 185_088, 18),
                                     ("c2:18,layer2.0.conv2", 194_368, 20)):
            result = self.document("retrain", model, *DATA, "--noise", "normal:0.03ns", "--select",
                                   plan, "--rewrites", "1")
            self.assertEqual((result["weights"], result["depth"]), (weights, depth), plan)

    def test_validation(self):
        arguments = ["retrain", DEMO_NETWORK, "--data", "shapes", "--limit", "128", *self.noise, "--select", "last:2",
                     "--validate"]
        self.fails(2, "--hold-back", *arguments)
        arguments += ["--hold-back", "0.25"]
        for option, value in (("--test-limit", "200"), ("--test-data", "shapes:train")):
            self.fails(2, f"{option} has no effect with --validate", *arguments, option, value)
        self.assertEqual(self.document(*arguments)["data"]["test"]["images"], 32)

    def test_extensions(self):
        result = self.document(*self.common, *self.noise, "--select", "last:2", "--rewrites", "2", "--inject", "1",
                               "--recalibrate-batch-norm", "64", "--threshold", "0.001")
        for written in result["chips"][0]["cells_written"]:
            self.assertLess(written, result["weights"])
        self.assertEqual(result["options"]["inject"], 1)

    def test_sliced_and_compensated_cells(self):
        """Layers that hold their values without errors have no codes to slice, and no drift."""
        for errors in (("--quantize", "5,mode=symmetric", "--cell-bits", "2", "--noise", "normal:1uS"),
                       ("--device", "reram-wan2022@1d", "--drift-compensation", "global")):
            with self.subTest(errors=errors):
                result = self.document(*self.common, "--crossbar", "128x128", *errors, "--select", "last:3",
                                       "--rewrites", "1", "--inject", "0.5")
                self.assertEqual(len(result["accuracy"]["rewritten"]["trials"]), 1)

    def test_folded_batch_norm(self):
        arguments = [*self.common, *self.noise, "--select", "last:2", "--rewrites", "1", "--fold-batch-norm"]
        self.assertTrue(self.document(*arguments)["options"]["fold-batch-norm"])
        self.fails(2, "--fold-batch-norm", *arguments, "-o", "out.onnx")

    def test_cells(self):
        result = self.document(*self.common, *self.noise, "--select", "last:8", "--rewrites", "2", "--adapt", "64",
                               "--writes", "2000", "--write-rounds", "2")
        for written in result["chips"][0]["cells_written"]:
            self.assertLessEqual(written, 2000)
            self.assertGreater(written, 1500)
        # Scale and bias of all normalisations, and the biases.
        self.assertGreater(result["digital_parameters"], 100)
        self.fails(2, "--adapt", *self.common, *self.noise, "--select", "last:8", "--writes", "9")
        self.fails(2, "--threshold", *self.common, *self.noise, "--select", "last:8", "--writes", "9",
                   "--adapt", "64", "--threshold", "0.1")
        self.fails(2, "--writes", *self.common, *self.noise, "--select", "last:8", "--write-rounds", "2")

    def test_interrupted_retraining_goes_on(self):
        arguments = [*self.common, *self.noise, "--select", "last:2", "--trials", "12", "--rewrites", "2"]
        whole = self.document(*arguments, "-o", "whole.onnx")
        self.assertTrue(whole["complete"])
        checkpoint = self.folder / "out.checkpoint.safetensors"
        output, _ = self.end(self.start(*arguments, "-o", "out.onnx", "--json", "part.json"),
                             lambda: checkpoint.exists() and self.progress(checkpoint)["chips"])
        part = json.loads((self.folder / "part.json").read_text())
        self.assertFalse(part["complete"])
        self.assertRegex(output, rf"(?m)^chips +{len(part['chips'])} of 12, each rewritten 2 times$")
        self.fails(1, "other options", *arguments, "--resume", "-o", "out.onnx", "--momentum", "0.8")
        rest = self.document(*arguments, "--resume", "-o", "out.onnx")
        self.assertEqual(rest["accuracy"], whole["accuracy"])
        self.assertEqual((self.folder / "out.onnx").read_bytes(), (self.folder / "whole.onnx").read_bytes())
        self.assertFalse(checkpoint.exists())
        self.fails(2, "--checkpoint", *arguments, "--resume")
        self.fails(1, "no checkpoint", *arguments, "--resume", "-o", "out.onnx")

    def test_files_that_change_before_it_goes_on(self):
        self.copy_network()
        (self.folder / "errors.csv").write_text("-1,0\n1,1\n")
        self.succeeds("data", "shapes", "--limit", "200", "-o", "test")
        arguments = ["retrain", "network.onnx", "--data", "shapes", "--limit", "128", "--test-data",
                     "npy:test-images.npy,test-labels.npy", "--noise", "empirical:0.05ns,file=errors.csv", "--select",
                     "last:2", "--trials", "6", "--rewrites", "2", "--epochs", "2", "--checkpoint",
                     "out.checkpoint.safetensors"]
        self.interrupted(*arguments)
        for name, change in (("network.onnx", self.double_weights),
                             ("errors.csv", lambda path: path.write_text("-2,0\n2,1\n")),
                             ("test-labels.npy", lambda path: numpy.save(path, numpy.roll(numpy.load(path), 1)))):
            with self.subTest(name):
                path = self.folder / name
                before = path.read_bytes()
                change(path)
                self.fails(1, "another network or other data", *arguments, "--resume")
                path.write_bytes(before)
        self.fails(1, "another network or other data", *arguments, "--resume", "--fold-batch-norm")
        # The same data in files of other names, and what only costs memory.
        for name in "images", "labels":
            (self.folder / f"test-{name}.npy").rename(self.folder / f"same-{name}.npy")
        arguments[arguments.index("--test-data") + 1] = "npy:same-images.npy,same-labels.npy"
        self.assertEqual(len(self.document(*arguments, "--resume", "--keep", "16")["chips"]), 6)

    def test_names_that_are_no_utf8(self):
        (self.folder / "errors-\udcff.csv").write_text("-1,0\n1,1\n")
        result = self.document(*self.common, "--noise", "empirical:0.05ns,file=errors-\udcff.csv", "--select", "last:2",
                               "--rewrites", "1", "--checkpoint", "out.checkpoint.safetensors")
        self.assertTrue(result["complete"])

    def test_interrupted_chip_goes_on(self):
        arguments = ["retrain", DEMO_NETWORK, "--data", "shapes", "--limit", "400", "--test-limit", "500", *self.noise,
                     "--select", "last:4", "--epochs", "10", "--rewrites", "10"]
        whole = self.document(*arguments, "-o", "whole.onnx")
        for by in (signal.SIGINT, signal.SIGKILL):
            for stage, when in (("epochs", lambda progress: len(progress["in_work"]["training"]["epochs"]) >= 2),
                                ("rewrites", lambda progress: len(progress["in_work"]["rewritten"]) >= 2)):
                with self.subTest(by=by, stage=stage):
                    checkpoint = self.interrupted(*arguments, "-o", "out.onnx", by=by, when=when)
                    self.assertFalse((self.folder / "out.onnx").exists())
                    kept = self.progress(checkpoint)
                    self.assertEqual(kept["chips"], [])
                    rest = self.document(*arguments, "--resume", "-o", "out.onnx")
                    self.assertEqual(rest["accuracy"], whole["accuracy"])
                    self.assertEqual((self.folder / "out.onnx").read_bytes(),
                                     (self.folder / "whole.onnx").read_bytes())
                    # Epochs that were kept are not trained again: they still took what they took.
                    done = kept["in_work"]["training"]["epochs"]
                    self.assertEqual([epoch["seconds"] for epoch in rest["chips"][0]["epochs"]][:len(done)],
                                     [epoch["seconds"] for epoch in done])
                    (self.folder / "out.onnx").unlink()

    def test_progress(self):
        self.check_progress("9,000,800", "retrain", DEMO_NETWORK, *self.noise, "--select", "last:4", "--rewrites", "1")

    def test_divergence(self):
        self.check_divergence(*self.common, *self.noise, "--select", "last:4")

    def test_divergence_of_a_later_chip(self):
        """Goes on from a checkpoint that is made to look like one of training at a rate at which it diverges."""
        arguments = [*self.common, *self.noise, "--select", "last:4", "--batch", "16", "--trials", "12", "--rewrites",
                     "2", "--checkpoint", "out.checkpoint.safetensors"]
        checkpoint = self.folder / "out.checkpoint.safetensors"
        self.end(self.start(*arguments), lambda: checkpoint.exists() and self.progress(checkpoint)["chips"])
        tensors = safetensors.numpy.load_file(checkpoint)
        text = tensors["training"].tobytes().decode()
        faster = text.replace(r'\"learning-rate\":0.01', r'\"learning-rate\":1e+30')
        self.assertNotEqual(faster, text)
        tensors["training"] = numpy.frombuffer(faster.encode(), numpy.uint8)
        safetensors.numpy.save_file(tensors, checkpoint)
        result = self.cim(*arguments, "--resume", "--learning-rate", "1e30", "--json", "part.json")
        self.assertRefused(result, 1, "diverged")
        document = json.loads((self.folder / "part.json").read_text())
        self.assertFalse(document["complete"])
        self.assertRegex(result.stdout, rf"(?m)^chips +{len(document['chips'])} of 12, each rewritten 2 times$")

    def test_table(self):
        text = self.cim(*self.common, *self.noise, "--select", "last:2").stdout
        for word in ("without errors", "after writing", "after retraining", "after rewriting"):
            self.assertIn(word, text)

    def test_what_a_spread_is_over(self):
        """Rewrites of a chip are no chips."""
        for trials, rewrites, over in [
                (1, 2, r"over rewrites: std \S+, 95 % interval "), (2, 1, r"over chips: std \S+, 95 % interval "),
                (2, 2, r"over chips and rewrites: std \S+; 95 % interval of the mean over chips ")]:
            text = self.says(*self.common, *self.noise, "--select", "last:1", "--trials", trials, "--rewrites", rewrites)
            self.assertRegex(text, rf"\nafter rewriting +\S+ %  \({over}")

    def test_bad_input(self):
        self.fails(2, "--select", *self.common, *self.noise)
        self.fails(1, "layer1.conv1", *self.common, *self.noise, "--select", "layer1.conv11")
        self.fails(2, "role", *self.common, *self.noise, "--select", "role:C9")
        self.fails(1, "selects nothing", *self.common, *self.noise, "--select", "c2:1")
        self.fails(2, "--noise", *self.common, "--select", "last:2")
        self.fails(2, "--schedule", *self.common, *self.noise, "--select", "last:2", "--schedule", "cosin")
        self.fails(2, "--rewrites", *self.common, *self.noise, "--select", "last:2", "--rewrites", "1000000",
                   "--retrain-rounds", "3")
        self.fails(2, "--recalibrate-batch-norm", *self.common, *self.noise, "--select", "last:2",
                   "--recalibrate-batch-norm", "1")
        self.fails(1, "--recalibrate-batch-norm: the network has no batch normalisation; leave it out", *self.common,
                   *self.noise, "--select", "last:2", "--recalibrate-batch-norm", "64", "--fold-batch-norm")
        self.fails(1, "diverged", *self.common, *self.noise, "--select", "last:2", "--batch", "16",
                   "--learning-rate", "1e30")
        self.fails(1, "outputs", "retrain", DEMO_NETWORK, *self.labels_beyond_the_outputs(), *self.noise, "--select",
                   "last:2")
        for file in self.folder.iterdir():
            file.unlink()
        # Files appear whole or not at all.
        self.fails(1, "nowhere", *self.common, *self.noise, "--select", "last:2", "-o", "nowhere/out.onnx")
        self.assertEqual(list(self.folder.iterdir()), [])


class Training(Commands):
    def setUp(self):
        super().setUp()
        self.data = ["--data", "shapes", "--limit", "300", "--test-limit", "200"]
        self.common = [*self.data, "--learning-rate", "0.05"]

    def test_errors_name_the_network(self):
        """Training begins with a copy, of which the user knows nothing."""
        model = onnx.load(DEMO_NETWORK)
        model.graph.node[0].op_type = "Frobnicate"
        onnx.save(model, self.folder / "odd.onnx")
        self.fails(1, "odd.onnx: 1 node", "train", "odd.onnx", *self.common, "-o", "out.onnx")

    def test_folders_have_splits(self):
        """Networks are fitted to the subfolder train and reported on the subfolder test, whichever is named."""
        onnx.save(small_network(), self.folder / "small.onnx")
        self.write_pictures("data/train", 1, 6)
        self.write_pictures("data/test", 2, 5, brightest=50)
        train, test = (self.document("eval", "small.onnx", "--data", f"folder:data/{split}")["data"]["sha256"]
                       for split in ("train", "test"))
        for split in ("", ":train", ":test"):
            result = self.succeeds("train", "small.onnx", "--data", f"folder:data{split}", "--epochs", "1", "-o",
                                   "out.onnx", "--json", "out.json")
            self.assertEqual(result.stderr, "")
            data = json.loads((self.folder / "out.json").read_text())["data"]
            self.assertEqual((data["sha256"], data["test"]["sha256"]), (train, test))
        # Converters are calibrated on the subfolder train, too.
        ranges = [self.document("eval", "small.onnx", "--data", data, "--crossbar", "32x32", "--dac",
                                "6")["converters"][0]["dac"]["range"]
                  for data in ("folder:data", "folder:data:train", "folder:data/train", "folder:data/test")]
        self.assertEqual(ranges[:2], ranges[2:3] * 2)
        self.assertLess(ranges[3], ranges[0])
        # Without splits, the images are the same.
        result = self.succeeds("train", "small.onnx", "--data", "folder:data/train", "--epochs", "1", "-o", "out.onnx")
        self.assertRegex(result.stderr, "^cim: warning: .*--test-data\n$")
        self.fails(1, "has no splits", "train", "small.onnx", "--data", "folder:data/train:train", "-o", "out.onnx")

    def test_classes_held_back(self):
        """The last images of a folder are of one class."""
        onnx.save(small_network(), self.folder / "small.onnx")
        self.write_pictures("data/train", 1, 3)
        self.write_pictures("data/test", 2, 3)
        arguments = ["train", "small.onnx", "--data", "folder:data", "--epochs", "1", "-o", "out.onnx"]
        for share, missing in (("0.25", "no image of class 'class3' is trained on, and none of class 'class0' and 2 "
                                        "others is held back: the last 3 images"),
                               ("0.5", "no image of class 'class2' and another is trained on, and none of class "
                                       "'class0' and another is held back: the last 6 images")):
            result = self.succeeds(*arguments, "--hold-back", share)
            self.assertRegex(result.stderr, f"^cim: warning: {missing} .*\n$")
        self.fails(1, "--hold-back", *arguments, "--hold-back", "0.01")

    def test_architecture(self):
        result = self.document("train", "--arch", "resnet8", *self.common, "--epochs", "3", "-o", "out.onnx",
                               "--hold-back", "0.1")
        self.assertEqual(result["command"], "train")
        self.assertEqual([set(e) for e in result["epochs"]], [{"loss", "accuracy", "seconds", "held_back"}] * 3)
        self.assertLess(result["epochs"][2]["loss"], result["epochs"][0]["loss"])
        again = self.document("eval", "out.onnx", "--data", "shapes", "--limit", "200")
        self.assertEqual(again["accuracy"]["mean"], result["accuracy"]["mean"])
        self.assertEqual([path.name for path in self.folder.iterdir()], ["out.onnx"])

    def test_measured_kernels(self):
        """Training takes them as evaluation does: in other bits, and in the same ones for the same choice."""
        environment = dict(os.environ, XDG_CACHE_HOME=str(self.folder / "cache"))
        tuning = json.loads(self.succeeds("tune", DEMO_NETWORK, "--json", "-", env=environment).stdout)
        entries = json.loads(pathlib.Path(tuning["file"]).read_text())["measurements"]

        def train(*options):
            document = self.document("train", DEMO_NETWORK, *self.data, "--fine-tune", "--epochs", "1", "-o",
                                     "out.onnx", *options)
            return (self.folder / "out.onnx").read_bytes(), document["options"].get("tuned")

        def tuned(factor):
            for entry in entries:
                entry["time"] = factor * (1 if entry["algorithm"] == "direct" else 2)
            (self.folder / "study.json").write_text(json.dumps({"measurements": entries}))
            return train("--tuned", "study.json")

        first = tuned(100)
        self.assertEqual(tuned(1000), first)
        self.assertNotEqual(train()[0], first[0])

    def test_graph(self):
        model = DEMO_NETWORK
        scratch = self.document("train", model, *self.common, "--epochs", "1", "-o", "scratch.onnx")
        tuned = self.document("train", model, *self.data, "--epochs", "1", "-o", "tuned.onnx", "--fine-tune",
                              "--learning-rate", "1e-4", "--augment", "none")
        self.assertLess(tuned["epochs"][0]["loss"], 0.6)
        self.assertGreater(scratch["epochs"][0]["loss"], 1)
        names = [[layer["name"] for layer in self.document("info", file)["layers"]] for file in (model, "scratch.onnx")]
        self.assertEqual(*names)

    def test_interrupted_training_goes_on(self):
        arguments = ["train", "--arch", "resnet8", *self.common, "--epochs", "20", "-o"]
        self.succeeds(*arguments, "whole.onnx")
        arguments.append("out.onnx")
        checkpoint = self.interrupted(*arguments)
        self.assertFalse((self.folder / "out.onnx").exists())
        # With other options it is another training.
        self.fails(1, "other options", *arguments, "--resume", "--momentum", "0.8")
        self.assertTrue(checkpoint.exists())
        result = self.document(*arguments, "--resume")
        self.assertEqual(len(result["epochs"]), 20)
        self.assertFalse(checkpoint.exists())
        self.assertEqual((self.folder / "out.onnx").read_bytes(), (self.folder / "whole.onnx").read_bytes())

    def test_network_that_changes_before_it_goes_on(self):
        self.copy_network()
        arguments = ["train", "network.onnx", "--fine-tune", *self.common, "--epochs", "20", "-o", "out.onnx"]
        self.interrupted(*arguments)
        self.double_weights(self.folder / "network.onnx")
        self.fails(1, "another network", *arguments, "--resume")

    def test_progress(self):
        self.check_progress("9,000,200", "train", "--arch", "resnet8")

    def test_checkpoint_stays_until_the_document_is_written(self):
        arguments = ["train", "--arch", "resnet8", *self.common, "--epochs", "1", "-o", "out.onnx"]
        self.assertRefused(self.cim(*arguments, "--json", "/dev/full"), 1, "/dev/full")
        self.assertTrue((self.folder / "out.checkpoint.safetensors").exists())
        self.succeeds(*arguments, "--resume")
        self.assertFalse((self.folder / "out.checkpoint.safetensors").exists())

    def test_divergence(self):
        self.check_divergence("train", "--arch", "resnet8", *self.data)

    def test_bad_input(self):
        self.fails(2, "resnet8", "train", "--arch", "resnet9", *self.common, "-o", "out.onnx")
        self.fails(2, "--arch", "train", *self.common, "-o", "out.onnx")
        self.fails(2, "-o", "train", "--arch", "resnet8", *self.common)
        self.fails(1, "no checkpoint", "train", "--arch", "resnet8", *self.common, "-o", "out.onnx",
                                                    "--resume")
        self.fails(2, "--patience", "train", "--arch", "resnet8", *self.common, "-o", "out.onnx",
                                                 "--patience", "3")
        self.fails(1, "diverged", "train", "--arch", "resnet8", *self.data, "-o", "out.onnx", "--batch",
                                               "32", "--learning-rate", "1e30")
        self.fails(1, "outputs", "train", DEMO_NETWORK, *self.labels_beyond_the_outputs(), "-o", "out.onnx")
        self.assertFalse((self.folder / "out.onnx").exists())


if __name__ == "__main__":
    main()
