"""Runs the built `cim` as a user would: exit statuses, error lines, documents.

Every test is a method of CommandLine; run one with
`.venv/bin/python tests/tools/cim/command_line.py build/bin/cim CommandLine.test_info`.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import numpy
import onnx

from cim_test_case import CimTestCase, DATA, DEMO_NETWORK, SLOWNESS, after, main
from small_network import small_network

LAYERS = ["stem", "block.conv1", "block.conv2", "fc"]


def many_shapes(count):
    """A network of so many convolutions, no two of one shape."""
    channels = [16 * (layer + 1) for layer in range(count + 1)]
    weights = [onnx.numpy_helper.from_array(numpy.ones((after, before, 3, 3), numpy.float32), f"conv{layer}.weight")
               for layer, (before, after) in enumerate(zip(channels, channels[1:]))]
    nodes = [onnx.helper.make_node("Conv", [f"x{layer}", f"conv{layer}.weight"], [f"x{layer + 1}"], pads=[1, 1, 1, 1])
             for layer in range(count)]
    values = [onnx.helper.make_tensor_value_info(f"x{layer}", onnx.TensorProto.FLOAT, ["N", channels[layer], 8, 8])
              for layer in (0, count)]
    graph = onnx.helper.make_graph(nodes, "shapes", values[:1], values[1:], weights)
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)


class CommandLine(CimTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.images = cls.write_evaluation(300)
        # Four labels in five are the network's own, so that it is 80 % right.
        cls.expected, cls.labels = cls.write_own_labels(wrong=slice(None, None, 5))
        onnx.save(small_network(classes=20), cls.folder / "wide.onnx")
        onnx.save(small_network(nan=True), cls.folder / "nan.onnx")
        onnx.save(small_network(flat=True), cls.folder / "flat.onnx")

    # Help

    def test_help(self):
        for arguments in [(), ("--help",), ("-h",)]:
            text = self.succeeds(*arguments).stdout
            for command in ["info", "compile", "eval", "histogram"]:
                self.assertIn(command, text)
        for command in ["info", "compile", "eval", "histogram", "data", "completion"]:
            text = self.succeeds(command, "--help").stdout
            self.assertRegex(text, rf"Examples?:\n.*cim {command} ")
            self.assertLessEqual(max(map(len, text.split("Example")[0].splitlines())), 80)
        self.assertRegex(self.succeeds("--version").stdout, r"^cim \d+\.\d+\.\d+\n$")

    def test_completion(self):
        script = self.succeeds("completion", "bash").stdout
        asked = ('COMP_WORDS=(cim eval --pre); COMP_CWORD=2; _cim; echo "${COMPREPLY[@]}"; '
                 'COMP_WORDS=(cim ev); COMP_CWORD=1; _cim; echo "${COMPREPLY[@]}"')
        answer = subprocess.run(["bash", "-c", script + asked], capture_output=True, text=True, check=True)
        self.assertEqual(answer.stdout, "--precision\neval\n")
        script = self.succeeds("completion", "zsh").stdout
        self.assertRegex(script, r"'--conductance\[.*\]:GMIN\\:GMAX:_files'")
        if shutil.which("zsh"):
            subprocess.run(["zsh", "-n"], input=script, text=True, check=True)
        self.fails(2, "bash or zsh", "completion", "fish")

    # Wrong usage

    def test_did_you_mean(self):
        self.fails(2, "did you mean 'eval'?", "evla")
        self.fails(2, "is no command", "frobnicate")
        self.fails(2, "did you mean '--quantize'?", "eval", "small.onnx", "--quantise", "4")
        self.fails(2, "did you mean '--quantize'?", "eval", "small.onnx", "--quantise=4")
        self.fails(2, "did you mean 'noise'?", "eval", "small.onnx", "--data", "shapes", "--layer", "fc:nois=x")
        self.fails(2, "did you mean 'perturbed'?", "compile", "small.onnx", "--until", "pertubed")
        self.fails(1, "'block.conv1'", "histogram", "small.onnx", "--layers", "block.conf1")

    def test_options_are_checked_before_anything_is_opened(self):
        evaluate = ["eval", "nowhere.onnx", "--data", "npy:nowhere.npy,nowhere.npy"]
        for arguments, words in [
                (["--quantize", "0"], "--quantize"),
                (["--quantize", "many"], "--quantize"),
                (["--noise", "normal:0.25"], ["--noise", "unit"]),
                (["--noise", "gauss:1qs"], ["--noise", "normal"]),
                (["--shift", "lots"], "--shift"),
                (["--faults", "low=2"], "--faults"),
                (["--layers", "last:0", "--quantize", "4"], "--layers"),
                (["--layers", "fc"], "no effect"),
                (["--layer", "fc"], "PATTERN:OPTION=VALUE"),
                (["--layer", "fc:quantize=x"], "fc:quantize=x"),
                (["--limit", "0"], ["--limit", "at least 1"]),
                (["--limit", "-3"], "--limit"),
                (["--limit", "1e3"], "--limit"),
                (["--limit", "99999999999999999999"], "too large"),
                (["--trials", "0"], "--trials"),
                (["--trials", "99999999999"], ["--trials", "too large"]),
                (["--threads", "4294967297"], ["--threads", "too large"]),
                (["--threads", "0"], "--threads"),
                (["--micro-batch", "x"], "--micro-batch"),
                (["--seed", "-1"], "--seed"),
                (["--seed", "99999999999999999999"], "--seed"),
                (["--precision", "f64"], ["--precision", "bf16"]),
                (["--normalize", "1,2/3"], "--normalize"),
                (["--reference", "--precision", "f32"], "--reference"),
                (["--limit", "3", "--limit", "4"], "--limit"),
                (["--limit"], "--limit"),
                (["one", "two"], "one"),
        ]:
            with self.subTest(arguments):
                self.fails(2, words, *evaluate, *arguments)
        for spec in ["", "cifar", "cifar10:", "npy:x.npy", "shapes:all"]:
            with self.subTest(spec):
                self.fails(2, "--data", "eval", "nowhere.onnx", "--data", spec)
        self.fails(2, "--data", "eval", "small.onnx")
        self.fails(2, "model is missing", "eval", "--data", "shapes")
        self.fails(2, ".svg, .png or .csv", "histogram", "nowhere.onnx", "-o", "x.pdf")
        self.fails(2, "--until", "compile", "nowhere.onnx", "--until", "stage")
        self.fails(2, ".mlir", "compile", "nowhere.onnx", "-o", "x.txt")
        self.fails(2, "does not fit", "compile", "nowhere.onnx", "-o", "x.mlir", "--until", "plan")
        self.fails(2, "no effect before", "compile", "nowhere.onnx", "--until", "nn", "--quantize", "4")
        # Where results go is looked at before hours are spent.
        self.fails(1, "no folder", *evaluate, "--json", "nowhere/x.json")
        self.fails(1, "is a folder", *evaluate, "--outputs", ".")

    # Inputs that cannot be used

    def test_wrong_models(self):
        def write(name, content):
            (self.folder / name).write_bytes(content)
            return name

        whole = (self.folder / "small.onnx").read_bytes()
        self.fails(1, "nowhere.onnx", "info", "nowhere.onnx")
        self.fails(1, "bad.onnx", "info", write("bad.onnx", b""))
        self.fails(1, "bad.onnx", "info", write("bad.onnx", b"not ONNX at all"))
        self.fails(1, "bad.onnx", "info", write("bad.onnx", whole[:len(whole) // 2]))
        self.fails(1, "bad.mlir", "info", write("bad.mlir", b"module { nothing }"))
        self.fails(1, "bad.plan", "info", write("bad.plan", b"version: 1 version"))
        self.fails(1, ".", "info", ".")
        self.fails(1, ["finite", "block.conv2"], "info", "nan.onnx")
        self.fails(1, ["finite", "block.conv2"], "eval", "nan.onnx", *DATA)

    def test_wrong_data(self):
        evaluate = ["eval", "small.onnx", "--data"]
        self.fails(1, "nowhere.npy", *evaluate, "npy:nowhere.npy,y.npy")
        self.fails(1, "the images are 3×32×32 but the network's input is 3×8×8", *evaluate, "shapes")
        numpy.save(self.folder / "y5.npy", self.labels[:5])
        self.fails(1, "5 labels", *evaluate, "npy:x.npy,y5.npy")
        numpy.save(self.folder / "y4.npy", numpy.where(self.labels == 3, 4, self.labels))
        self.fails(1, ["is 4", "only 4 outputs"], *evaluate, "npy:x.npy,y4.npy")
        images = self.images.copy()
        images[7, 0, 0, 0] = numpy.nan
        numpy.save(self.folder / "xnan.npy", images)
        self.fails(1, "image 7", *evaluate, "npy:xnan.npy,y.npy")
        self.fails(1, "--normalize has no effect", *evaluate, "npy:x.npy,y.npy", "--normalize", "0/1")

    def test_names_of_which_nothing_can_be_known(self):
        (self.folder / "loops").mkdir()
        (self.folder / "loops/a").symlink_to("a")
        noise = ("--noise", "normal:0.1ns")
        for name, why in [("x" * 300, "File name too long"), ("loops/a", "Too many levels of symbolic links")]:
            for command in [("sweep", "--vary", "quantize={3,4}"), ("tolerance", *noise),
                            ("limits", "--threshold", 0.5, "--search", "quantize={8..2}")]:
                with self.subTest((command[0], name[:9])):
                    self.fails(1, [f"--store '{name}'", why], command[0], "small.onnx", *DATA, *command[1:], "--store",
                               name)
        self.fails(1, "Too many levels", "eval", "small.onnx", *DATA, "--tuned",
                   env=dict(os.environ, XDG_CACHE_HOME=str(self.folder / "loops/a")))

    def test_answers_that_are_no_logits(self):
        network = onnx.load(self.folder / "small.onnx")
        helper = onnx.helper
        network.graph.output[0].CopyFrom(
            helper.make_tensor_value_info("j", onnx.TensorProto.FLOAT, ["N", 16, 8, 8]))
        del network.graph.node[-3:]  # the classifier
        onnx.save(network, self.folder / "features.onnx")
        self.fails(1, "output 'j' is 16×8×8 per image, not one row of logits; export the network with its classifier",
                   "eval", "features.onnx", *DATA)

    def test_errors_that_do_not_fit_the_network(self):
        self.fails(1, "qs", "eval", "small.onnx", *DATA, "--noise", "normal:1qs")
        self.fails(1, "uS", "eval", "small.onnx", *DATA, "--noise", "normal:1uS")
        self.fails(1, "conv9", "eval", "small.onnx", *DATA, "--quantize", "4",
                   "--layers", "conv9")
        self.fails(1, "conv9", "eval", "small.onnx", *DATA, "--layer", "conv9:quantize=4")

    # Outputs

    def test_full_and_closed_outputs(self):
        info = ["info", "small.onnx"]
        for command in [info, info + ["--json", "-"], ["--help"], ["compile", "small.onnx"]]:
            with open("/dev/full", "w") as full:
                result = self.cim(*command, capture_output=False, stdout=full, stderr=subprocess.PIPE)
            self.assertEqual(result.returncode, 1)
            self.assertIn("No space left on device", result.stderr)
        result = self.cim("info", "small.onnx", "--json", "/dev/full")
        self.assertEqual(result.returncode, 1)
        self.assertIn("block.conv1", result.stdout)
        self.assertIn("No space left on device", result.stderr)
        result = self.cim("eval", "small.onnx", *DATA, "--outputs", "/dev/full", "--json", "kept.json")
        self.assertRefused(result, 1, "No space left on device")
        self.assertIn("accuracy", result.stdout)
        self.assertIn("accuracy", json.loads((self.folder / "kept.json").read_text()))
        result = self.with_closed_output(*info, "--json", "closed.json")
        self.assertRefused(result, 1, "standard output")
        self.assertEqual(json.loads((self.folder / "closed.json").read_text())["command"], "info")
        result = subprocess.run(["bash", "-c", f"{self.program} info small.onnx >&-"], cwd=self.folder,
                                stderr=subprocess.PIPE, text=True)
        self.assertEqual(result.returncode, 1)

    def test_full_disk(self):
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk], capture_output=True).returncode == 0
        if not mounted:
            disk.rmdir()
            self.skipTest("SKIPPED: cannot mount a small tmpfs (not root, or not allowed)")
        try:
            (disk / "old.csv").write_text("old")
            for arguments in [["compile", "small.onnx", "-o", "disk/a.mlir"],
                              ["compile", "small.onnx", "-o", "disk/a.plan"],
                              ["histogram", "small.onnx", "-o", "disk/old.csv"],
                              ["data", "npy:x.npy,y.npy", "-o", "disk/a"]]:
                result = self.cim(*arguments)
                self.assertEqual(result.returncode, 1, arguments)
                self.assertIn("No space left on device", result.stderr)
                self.assertEqual([p.name for p in disk.iterdir()], ["old.csv"], arguments)
            self.assertEqual((disk / "old.csv").read_text(), "old")
        finally:
            subprocess.run(["umount", disk], check=True)
            disk.rmdir()

    def test_size_limit(self):
        """As a full disk, where nothing can be mounted: beyond 8 KiB a write fails."""
        for arguments in ["compile small.onnx -o limited.mlir", "histogram small.onnx -o limited.csv",
                          "data npy:x.npy,y.npy -o limited"]:
            result = subprocess.run(["bash", "-c", f"ulimit -f 8; exec {self.program} {arguments}"], cwd=self.folder,
                                    capture_output=True, text=True)
            self.assertEqual(result.returncode, 1, result)
            self.assertIn("File too large", result.stderr)
            self.assertEqual(list(self.folder.glob("limited*")), [])

    # Commands

    def check_common(self, document, command):
        self.assertEqual(list(document)[0], "command")
        self.assertEqual(list(document)[-1], "seconds")
        self.assertEqual(document["command"], command)
        model = document["model"]
        self.assertEqual((model["path"], model["layers"]), ("small.onnx", 4))
        self.assertEqual(model["weights"], 16 * 27 + 2 * 16 * 144 + 64)
        digest = subprocess.run(["sha256sum", self.folder / "small.onnx"], capture_output=True, text=True).stdout
        self.assertEqual(model["sha256"], digest.split()[0])
        self.assertIsInstance(document["options"], dict)

    def test_info(self):
        text = self.succeeds("info", "small.onnx").stdout
        for word in LAYERS + ["16×16×3×3", "2,304", "C1", "C2"]:
            self.assertIn(word, text)
        document = self.document("info", "small.onnx")
        self.check_common(document, "info")
        layers = document["layers"]
        self.assertEqual([l["name"] for l in layers], LAYERS)
        self.assertEqual([l["role"] for l in layers], ["", "C1", "C2", ""])
        self.assertEqual([l["op"] for l in layers], ["conv", "conv", "conv", "gemm"])
        self.assertEqual(layers[1]["shape"], [16, 16, 3, 3])
        self.assertEqual(layers[1]["weights"], 2304)
        self.assertEqual(layers[1]["macs"], 2304 * 64)
        weights = {i.name: onnx.numpy_helper.to_array(i) for i in onnx.load(self.folder / "small.onnx").graph.initializer}
        for layer in layers:
            values = weights[layer["name"] + ".weight"]
            self.assertEqual(numpy.float32(layer["range"]).tolist(), [values.min(), values.max()])

    def test_json_files_are_whole(self):
        result = self.succeeds("info", "small.onnx", "--json", "out.json")
        self.assertIn("stem", result.stdout)
        self.check_common(json.loads((self.folder / "out.json").read_text()), "info")
        (self.folder / "out.json").unlink()

    def test_eval_without_errors(self):
        document = self.evaluate("--outputs", "logits.npy")
        self.check_common(document, "eval")
        self.assertTrue(document["complete"])
        self.assertEqual(document["correct"], [240])
        accuracy = document["accuracy"]
        self.assertEqual(set(accuracy), {"mean", "std", "ci95", "image_ci95", "trials"})
        self.assertEqual(accuracy["mean"], 0.8)
        self.assertEqual(accuracy["trials"], [0.8])
        self.assertIsNone(accuracy["std"])
        self.assertEqual(accuracy["ci95"], accuracy["image_ci95"])
        self.assertLess(accuracy["ci95"][0], 0.8)
        self.assertGreater(accuracy["ci95"][1], 0.8)
        self.assertEqual(document["data"]["spec"], "npy:x.npy,y.npy")
        self.assertEqual(document["data"]["images"], 300)
        self.assertEqual(set(document["seconds"]), {"compile", "program", "forward", "total"})
        self.assertGreater(document["images_per_second"], 0)
        self.assertNotIn("top5", document)
        logits = numpy.load(self.folder / "logits.npy")
        self.assertEqual(logits.dtype, numpy.float32)
        numpy.testing.assert_allclose(logits, self.expected, atol=1e-4 * numpy.abs(self.expected).max())
        text = self.succeeds("eval", "small.onnx", *DATA).stdout
        self.assertIn("80.00 %", text)

    def test_reference_agrees(self):
        self.evaluate("--limit", 20, "--reference", "--outputs", "reference.npy", "--quantize", 4)
        self.evaluate("--limit", 20, "--outputs", "kernels.npy", "--quantize", 4)
        reference, kernels = (numpy.load(self.folder / f) for f in ("reference.npy", "kernels.npy"))
        self.assertEqual(reference.shape, (20, 4))
        numpy.testing.assert_allclose(kernels, reference, atol=1e-4 * numpy.abs(reference).max())

    def test_bfloat16(self):
        options = ["--limit", 20, "--quantize", 4, "--precision", "bf16"]
        document = self.evaluate(*options, "--outputs", "bf16.npy")
        self.assertEqual(document["options"]["precision"], "bf16")
        self.assertIn(document["options"]["instruction-set"], ["baseline", "avx2", "avx512", "avx512bf16", "amx"])
        document = self.evaluate(*options, "--reference", "--outputs", "reference.npy")
        self.assertEqual(document["options"]["precision"], "bf16")
        self.evaluate("--limit", 20, "--quantize", 4, "--outputs", "f32.npy")
        kernels, reference, f32 = (numpy.load(self.folder / f) for f in ("bf16.npy", "reference.npy", "f32.npy"))
        largest = numpy.abs(reference).max()
        numpy.testing.assert_allclose(kernels, reference, atol=0.01 * largest)
        numpy.testing.assert_allclose(kernels, f32, atol=0.02 * largest)
        self.assertGreater(numpy.abs(kernels - f32).max(), 1e-4 * largest)
        data = [*DATA]
        self.fails(2, ["--instruction-set 'amx'", "bf16"], "eval", "small.onnx", *data, "--instruction-set", "amx")

    def operations(self, *options):
        """Of each layer, in units of 1e9, as the profile tells them."""
        profile = self.evaluate("--profile", *options)["profile"]
        self.assertGreater(profile["peak_gflops"], 0)
        self.assertAlmostEqual(sum(step["share"] for step in profile["steps"]), 1)
        layers = [step for step in profile["steps"] if step["gflops"] is not None]
        self.assertEqual([step["name"] for step in layers], LAYERS)
        for step in layers:
            self.assertRegex(step["kernel"], "direct|winograd")
            self.assertGreater(step["seconds"], 0)
            self.assertGreater(step["images_per_pass"], 0)
            self.assertAlmostEqual(step["peak_fraction"], step["gflops"] / profile["peak_gflops"])
        return {step["name"]: step["gflops"] * step["seconds"] for step in layers}

    def test_profile(self):
        operations = self.operations()
        self.assertAlmostEqual(operations["block.conv1"], 300 * 2 * 16 * 16 * 9 * 64 / 1e9)
        text = self.succeeds("eval", "small.onnx", *DATA, "--profile").stdout
        self.assertIn("of peak", text)
        # Arrays that are read one by one: once each, in two slices, and for each of the eight bits of a serial DAC, of
        # which the stem's inputs have a sign.
        arrays = ("--crossbar", "64x64")
        sliced = ("--quantize", "5,mode=symmetric", "--cell-bits", 2)
        for options, times in ((("--read-noise", "1uS"), 1), (("--dac", 8, "--adc", 8), 1),
                               (("--dac", 8, "--adc", 8, *sliced), 2), (("--dac", "8,mode=serial", "--adc", 8), 8)):
            for layer, count in self.operations(*arrays, *options).items():
                expected = 7 if times == 8 and layer == "stem" else times
                self.assertAlmostEqual(count / operations[layer], expected, msg=f"{layer}, {options}")
        text = self.succeeds("eval", "small.onnx", *DATA, "--profile", *arrays, "--adc", 8).stdout
        # 144 rows, none of them in enough channels for Winograd's algorithm.
        self.assertRegex(text, r"(?m)^block\.conv1 +conv +3 x direct ")

    def test_tune(self):
        with tempfile.TemporaryDirectory() as cache:
            environment = dict(os.environ, XDG_CACHE_HOME=cache)
            evaluate = ["eval", "small.onnx", *DATA, "--limit", 5, "--json", "-"]
            self.fails(1, "run cim tune", *evaluate, "--tuned", env=environment)
            document = json.loads(self.cim("tune", "small.onnx", "--json", "-", env=environment).stdout)
            self.assertEqual(document["command"], "tune")
            self.assertEqual(len(document["shapes"]), 1)  # of the block's two layers
            times = document["shapes"][0]["seconds"]
            self.assertEqual(set(times), {"direct", "winograd 2x2", "winograd 4x4"})
            self.assertEqual(document["shapes"][0]["measured"], min(times, key=times.get))
            self.assertTrue(document["file"].startswith(cache))
            tuned = json.loads(self.cim(*evaluate, "--tuned", env=environment).stdout)
            self.assertEqual(tuned["options"]["tuned"], document["digest"])
            self.assertEqual(tuned["kernels"]["choice"], document["digest"])
            self.fails(2, ["--tuned", "f32-strict"], *evaluate, "--tuned", "--precision", "f32-strict", env=environment)
            file = pathlib.Path(document["file"])
            for damaged in ["", "{", "[]", '{"measurements": [{}]}', '{"measurements": 3}']:
                file.write_text(damaged)
                self.fails(1, ["damaged", "cim tune"], *evaluate, "--tuned", env=environment)

    def measurements(self, file, best, time=1, channels=16):
        """Writes a file of cim tune that finds one algorithm best for the block's shape, or one of other channels."""
        with tempfile.TemporaryDirectory() as cache:
            environment = dict(os.environ, XDG_CACHE_HOME=cache)
            if not hasattr(CommandLine, "measured"):
                document = json.loads(self.cim("tune", "small.onnx", "--json", "-", env=environment).stdout)
                CommandLine.measured = json.loads(pathlib.Path(document["file"]).read_text())
        entries = [dict(entry, channels_in=channels, time=time if entry["algorithm"] == best else 2 * time + number)
                   for number, entry in enumerate(CommandLine.measured["measurements"])]
        file.write_text(json.dumps({"measurements": entries}))
        return entries

    def test_kernels_are_pinned_by_a_file(self):
        file = self.folder / "study.json"
        evaluate = ["--limit", 5, "--tuned", "study.json"]

        def choice():
            return self.evaluate(*evaluate)["kernels"]["choice"]

        self.measurements(file, "winograd 2x2")
        document = self.evaluate(*evaluate, "--profile")
        kernels = {step["name"]: step["kernel"] for step in document["profile"]["steps"]}
        self.assertTrue(kernels["block.conv1"].startswith("winograd 2x2"), kernels)
        pinned = document["kernels"]["choice"]
        # Only what is chosen for this network counts: not times, and not what was measured of others.
        entries = self.measurements(file, "winograd 2x2", time=1000)
        self.assertEqual(choice(), pinned)
        other = self.measurements(file, "direct", channels=160)
        file.write_text(json.dumps({"measurements": entries + other}))
        self.assertEqual(choice(), pinned)
        self.measurements(file, "direct")
        self.assertNotEqual(choice(), pinned)
        # Files that cannot be used.
        self.measurements(file, "direct", channels=160)
        self.eval_fails(1, ["no layer", "small.onnx", "study.json", "cim tune"], *evaluate)
        file.write_text('{"measurements": []}')
        self.eval_fails(1, ["study.json", "no times", "cim tune"], *evaluate)
        file.write_text("{")
        self.eval_fails(1, ["study.json", "damaged", "cim tune"], *evaluate)
        file.unlink()
        self.eval_fails(1, ["study.json", "no such file", "cim tune"], *evaluate)
        # The model is no such file.
        self.fails(2, ["--tuned 'small.onnx'", "last"], "eval", "--tuned", "small.onnx", *DATA)

    def test_tuned_results_are_found_again(self):
        def sweep(best, time=1):
            self.measurements(self.folder / "study.json", best, time)
            return self.document("sweep", "small.onnx", *DATA, "--limit", 5, "--vary", "quantize={3,4}", "--store",
                                 "tuned.sqlite", "--tuned", "study.json")["computed"]

        self.assertEqual([sweep("direct"), sweep("direct", 7), sweep("winograd 4x4"), sweep("direct")], [2, 0, 2, 0])

    def test_nothing_to_choose_is_the_built_in_choice(self):
        onnx.save(small_network(kernel=1), self.folder / "pointwise.onnx")
        self.measurements(self.folder / "study.json", "direct")

        def sweep(*options):
            return self.document("sweep", "pointwise.onnx", *DATA, "--limit", 5, "--vary", "quantize={3,4}", "--store",
                                 "pointwise.sqlite", *options)["computed"]

        self.assertEqual([sweep(), sweep("--tuned", "study.json")], [2, 0])
        tuned = self.evaluate("--limit", 5, "--tuned", "study.json", model="pointwise.onnx")
        self.assertEqual(tuned["kernels"]["choice"], "built-in")
        self.assertNotIn("tuned", tuned["options"])

    def test_kernels_are_recorded(self):
        kernels = self.evaluate("--limit", 5, "--instruction-set", "baseline")["kernels"]
        self.assertRegex(kernels.pop("version"), r"^\d+\.\d+\.\d+$")
        self.assertGreaterEqual(kernels.pop("revision"), 1)
        self.assertEqual(kernels, {"precision": "f32", "instruction-set": "baseline", "choice": "built-in"})
        reference = self.evaluate("--limit", 5, "--reference")["kernels"]
        self.assertEqual((set(reference), reference["precision"]), ({"version", "precision"}, "reference"))

    def test_strict_kernels_are_direct(self):
        for model, data in ("small.onnx", DATA), (DEMO_NETWORK, ("--data", "shapes")):
            document = self.document("eval", model, *data, "--limit", 5, "--precision", "f32-strict", "--profile")
            kernels = [step["kernel"] for step in document["profile"]["steps"] if step["operation"] == "conv"]
            self.assertGreater(len(kernels), 2)
            for kernel in kernels:
                self.assertRegex(kernel, "^(direct|depthwise) ")

    def test_interrupted_tuning_keeps_what_is_measured(self):
        onnx.save(many_shapes(16), self.folder / "shapes.onnx")
        with tempfile.TemporaryDirectory() as cache:
            _, text = self.end_when_drawn(lambda drawn: re.search(r"[1-9]\d* of 16 shapes", drawn), "tune",
                                          "shapes.onnx", "--json", "part.json",
                                          env=dict(os.environ, XDG_CACHE_HOME=cache))
            document = json.loads((self.folder / "part.json").read_text())
            self.assertFalse(document["complete"])
            self.assertIn(f"{len(document['shapes'])} of 16 shapes.", text)
            kept = json.loads(pathlib.Path(document["file"]).read_text())["measurements"]
            self.assertEqual(len(kept), sum(len(shape["seconds"]) for shape in document["shapes"]))

    def test_tuning_keeps_what_another_measured_meanwhile(self):
        onnx.save(many_shapes(6), self.folder / "six.onnx")
        with tempfile.TemporaryDirectory() as cache:
            environment = dict(os.environ, XDG_CACHE_HOME=cache)
            longer = self.start("tune", "six.onnx", "--json", "six.json", env=environment)
            self.succeeds("tune", "small.onnx", "--json", "one.json", env=environment)
            _, errors = longer.communicate(timeout=280 * SLOWNESS)
            self.assertEqual(longer.returncode, 0, errors)
            documents = [json.loads((self.folder / name).read_text()) for name in ("six.json", "one.json")]
            kept = json.loads(pathlib.Path(documents[0]["file"]).read_text())["measurements"]
            self.assertEqual(len(kept), sum(len(shape["seconds"]) for document in documents
                                            for shape in document["shapes"]))

    def test_top5(self):
        document = self.evaluate(model="wide.onnx")
        self.assertEqual(set(document["top5"]), {"mean", "std", "ci95", "image_ci95", "trials"})
        self.assertGreaterEqual(document["top5"]["mean"], document["accuracy"]["mean"])
        self.assertIn("top 5", self.succeeds("eval", "wide.onnx", *DATA).stdout)

    def test_same_bits(self):
        errors = ["--quantize", "5", "--noise", "normal:0.5qs", "--trials", "3", "--seed", "7"]
        logits = []
        for index, how in enumerate([["--threads", "1"], ["--threads", "2"], ["--micro-batch", "3"]]):
            document = self.evaluate(*errors, *how, "--outputs", f"bits{index}.npy")
            logits.append((document["correct"], (self.folder / f"bits{index}.npy").read_bytes()))
        self.assertEqual(logits[0], logits[1])
        self.assertEqual(logits[0], logits[2])
        self.assertEqual(len(logits[0][0]), 3)
        other = self.evaluate(*errors[:-1], "8", "--outputs", "other.npy")
        self.assertNotEqual((self.folder / "other.npy").read_bytes(), logits[0][1])

    def test_negative_shift(self):
        up = self.evaluate("--quantize", "5", "--shift", "+1/2qs", "--outputs", "up.npy")
        down = self.evaluate("--quantize", "5", "--shift", "-1/2qs", "--outputs", "down.npy")
        self.assertEqual(up["options"]["shift"], "+1/2qs")
        self.assertEqual(down["options"]["shift"], "-1/2qs")
        self.assertFalse(numpy.array_equal(*(numpy.load(self.folder / f) for f in ("up.npy", "down.npy"))))

    def test_measures_of_several_chips(self):
        accuracy = self.evaluate("--noise", "normal:0.1ns", "--trials", "4")["accuracy"]
        trials = numpy.array(accuracy["trials"])
        self.assertEqual(len(trials), 4)
        self.assertAlmostEqual(accuracy["mean"], trials.mean())
        self.assertAlmostEqual(accuracy["std"], trials.std(ddof=1))
        half = 3.182446305 * trials.std(ddof=1) / 2  # Student's t, 3 degrees of freedom
        numpy.testing.assert_allclose(accuracy["ci95"], [trials.mean() - half, trials.mean() + half], rtol=1e-6)

    def test_intervals_end_at_0_and_100(self):
        """For people: programs get them whole."""
        options = ("small.onnx", *DATA, "--limit", "40", "--noise", "normal:0.1ns", "--trials", "2")
        lowest, highest = self.document("eval", *options)["accuracy"]["ci95"]
        self.assertTrue(lowest < 0 and highest > 1, (lowest, highest))
        self.assertIn("95 % interval 0.00 to 100.00; over images", self.says("eval", *options))
        accuracies, differences = self.says("tolerance", *options).split("\nC1 ")
        self.assertIn(" 0.00 to 100.00 ", accuracies)
        self.assertRegex(differences, r" -1\d\d\.\d\d to ")  # this one is no accuracy

    def test_options_without_effect_are_mentioned(self):
        for option in [["--trials", "5"], ["--seed", "3"]]:
            result = self.succeeds("eval", "small.onnx", *DATA, "--quantize", "4", *option)
            self.assertIn(f"cim: warning: {option[0]} has no effect", result.stderr)
        result = self.succeeds("eval", "small.onnx", *DATA, "--limit", "1000")
        self.assertIn("only 300 images", result.stderr)

    def test_weights_without_range_are_mentioned(self):
        for command in [["eval", "flat.onnx", *DATA], ["histogram", "flat.onnx"]]:
            lines = self.succeeds(*command, "--quantize", "4").stderr.splitlines()
            self.assertEqual(len(lines), 1)
            self.assertIn("block.conv2", lines[0])

    def test_layer_overrides(self):
        everything = self.evaluate("--quantize", "2", "--outputs", "a.npy")
        listed = self.evaluate(*[a for name in LAYERS for a in ("--layer", f"{name}:quantize=2")],
                               "--outputs", "b.npy")
        numpy.testing.assert_array_equal(numpy.load(self.folder / "a.npy"), numpy.load(self.folder / "b.npy"))
        self.assertEqual(everything["correct"], listed["correct"])
        self.evaluate("--quantize", "2", "--layer", "role:C2:quantize=8", "--outputs", "c.npy")
        self.assertFalse(numpy.array_equal(numpy.load(self.folder / "a.npy"), numpy.load(self.folder / "c.npy")))
        self.evaluate("--quantize", "2", "--layers", "!role:C2", "--layer", "block.conv2:quantize=8",
                      "--outputs", "d.npy")
        numpy.testing.assert_array_equal(numpy.load(self.folder / "c.npy"), numpy.load(self.folder / "d.npy"))

    def test_config(self):
        def config(text):
            (self.folder / "experiment.yaml").write_text(text)

        config("""
            model: small.onnx
            data: npy:x.npy,y.npy
            quantize: 2
            limit: 50
            layers:
              "role:C2": {quantize: 8, noise: 'normal:0.1ns'}
            """)
        document = self.document("eval", "--config", "experiment.yaml", "--limit", "40", "--quantize=3")
        self.assertEqual(document["data"]["images"], 40)
        self.assertEqual(document["options"]["quantize"], "3")
        self.assertEqual(document["options"]["layer"], ["role:C2:quantize=8", "role:C2:noise=normal:0.1ns"])
        document = self.document("eval", "wide.onnx", "--config=experiment.yaml")
        self.assertEqual(document["model"]["path"], "wide.onnx")
        self.assertEqual(document["options"]["quantize"], "2")
        config("layers: role:C2\nshift: -1/4qs\nquantize: 5\nreference: false\n")
        self.assertEqual(self.evaluate("--config", "experiment.yaml")["options"]["layers"], "role:C2")
        for text in ("layer: fc:quantize=4\n", "layer: [fc:quantize=4]\n", "layers: {fc: {quantize: 4}}\n"):
            config(text)
            self.assertEqual(self.evaluate("--config", "experiment.yaml")["options"]["layer"], ["fc:quantize=4"], text)
        for text, words in [
                ("quantise: 4", ["experiment.yaml' line 1", "did you mean 'quantize'?"]),
                ("a: 1\n  b: 2", "line 2"),
                ("[" * 100000, "experiment.yaml"),
                ("- 1", "map"),
                ("quantize: [1, 2]", "quantize"),
                ("quantize:", "quantize"),
                ("reference: 3", "true or false"),
                ("limit: 3\nlimit: 4", "twice"),
                ("layers: {fc: 3}", "fc"),
        ]:
            with self.subTest(text[:40]):
                config(text)
                self.fails(1, words, "eval", "small.onnx", *DATA, "--config", "experiment.yaml")
        config("quantize: 99")
        self.fails(2, "--quantize", "eval", "small.onnx", *DATA, "--config", "experiment.yaml")
        self.fails(1, "nowhere.yaml", "eval", "small.onnx", "--config", "nowhere.yaml")
        self.fails(2, "--config", "eval", "small.onnx", "--config")

    def test_compile(self):
        for stage in ["nn", "cim", "perturbed", "mapped", "plan"]:
            self.assertNotEqual(self.succeeds("compile", "small.onnx", "--until", stage).stdout, "")
        errors = ["--quantize", "4", "--noise", "normal:0.2qs"]
        plain = self.evaluate(*errors, "--outputs", "onnx.npy")
        self.succeeds("compile", "small.onnx", *errors, "-o", "small.mlir")
        self.succeeds("compile", "small.onnx", *errors, "-o", "small.plan")
        self.assertTrue((self.folder / "small.safetensors").exists())
        for model in ["small.mlir", "small.plan"]:
            document = self.evaluate("--outputs", "again.npy", model=model)
            self.assertEqual(document["correct"], plain["correct"], model)
            self.assertEqual((self.folder / "again.npy").read_bytes(), (self.folder / "onnx.npy").read_bytes(), model)
        self.fails(2, "compile the model again", "eval", "small.plan", *DATA, "--quantize", "3")
        self.fails(2, "compiled already", "compile", "small.plan")
        document = self.document("compile", "small.onnx", "-o", "other.mlir")
        self.check_common(document, "compile")
        dump = ["compile", "small.onnx", "--until", "nn", "--dump-passes"]
        self.assertEqual(self.succeeds(*dump, "--json", "dump.json").stderr, self.succeeds(*dump).stderr)

    def test_errors_of_the_file_itself_are_mentioned(self):
        self.succeeds("compile", "small.onnx", "--until", "perturbed", "--quantize", "4", "-o", "itself.mlir")
        self.succeeds("compile", "small.onnx", "--until", "mapped", "--crossbar", "64x64", "--adc", "8,range=max", "-o",
                      "read.mlir")
        self.succeeds("compile", "small.onnx", "--until", "mapped", "--crossbar", "64x64", "-o", "clean.mlir")
        shift = ("--shift", "+0.01ns")
        for model, options, errors in [("itself.mlir", (), "as compiled"),
                                       ("itself.mlir", shift, "as compiled, shift [+]0.01ns"),
                                       ("read.mlir", (), "as compiled"), ("clean.mlir", (), "none"),
                                       ("clean.mlir", shift, "shift [+]0.01ns"), ("small.onnx", (), "none")]:
            with self.subTest((model, options)):
                self.assertRegex(self.says("eval", model, *DATA, "--limit", "4", *options), rf"\nerrors +{errors}\n")
        self.assertRegex(self.says("tolerance", "itself.mlir", *DATA, "--limit", "4", *shift),
                         r"\nerrors +as compiled, shift [+]0.01ns, in one layer at a time\n")
        for model, options, errors in [("itself.mlir", (), "as compiled"), ("clean.mlir", (), "without errors"),
                                       ("itself.mlir", shift, "as compiled, shift +0.01ns")]:
            self.says("histogram", model, *options, "--layers", "fc", "-o", "title.svg")
            self.assertIn(errors, (self.folder / "title.svg").read_text())

    def test_moved_without_weights(self):
        for name, stage in [("left.mlir", "cim"), ("left.plan", "plan")]:
            self.succeeds("compile", "small.onnx", "--until", stage, "-o", name)
            moved = self.folder / "moved"
            moved.mkdir(exist_ok=True)
            (self.folder / name).rename(moved / name)
            self.fails(1, f"'moved/{name}': its weights, 'left.safetensors', are not beside it; copy both files", "eval",
                       f"moved/{name}", *DATA)

    def test_a_plan_runs_without_mlir(self):
        self.succeeds("compile", "small.onnx", "-o", "free.plan")
        trace = self.succeeds("eval", "free.plan", *DATA, env=dict(os.environ, LD_DEBUG="files"))
        self.assertIn("libCimRuntime", trace.stderr)
        self.assertNotRegex(trace.stderr, "libMLIR|libLLVM|libCimCompiler")

    def test_histogram(self):
        document = self.document("histogram", "small.onnx", "--quantize", "3", "--bins", "50")
        self.check_common(document, "histogram")
        self.assertEqual([l["name"] for l in document["layers"]], LAYERS)
        for layer in document["layers"]:
            self.assertEqual(len(layer["edges"]), 51)
            self.assertEqual(sum(layer["before"]), sum(layer["after"]))
            self.assertLessEqual(sum(c > 0 for c in layer["after"]), 8)
            self.assertGreater(sum(c > 0 for c in layer["before"]), 8)
        # Means do not depend on bins.
        self.assertEqual(self.succeeds("histogram", "small.onnx", "--bins", 2).stdout,
                         self.succeeds("histogram", "small.onnx", "--bins", 128).stdout)
        layer = self.document("histogram", "small.onnx", "--layers", "block.conv2")["layers"]
        self.assertEqual([l["name"] for l in layer], ["block.conv2"])
        weights = onnx.numpy_helper.to_array(next(
            i for i in onnx.load(self.folder / "small.onnx").graph.initializer if i.name == "block.conv2.weight"))
        counts, edges = numpy.histogram(weights.astype(float), bins=128)
        numpy.testing.assert_allclose(layer[0]["edges"], edges, rtol=1e-12, atol=1e-12)
        self.assertEqual(layer[0]["before"], counts.tolist())
        self.assertEqual(layer[0]["after"], layer[0]["before"])

    def test_histogram_files(self):
        self.succeeds("histogram", "small.onnx", "--quantize", "3", "-o", "h.csv")
        rows = (self.folder / "h.csv").read_text().splitlines()
        self.assertEqual(rows[0], "layer,lower,upper,before,after")
        self.assertEqual(len(rows), 1 + 4 * 128)
        for layers in [[], ["--layers", "fc"]]:
            self.succeeds("histogram", "small.onnx", "--quantize", "3", *layers, "-o", "h.png")
            self.assertTrue((self.folder / "h.png").read_bytes().startswith(b"\x89PNG"))
            self.succeeds("histogram", "small.onnx", "--quantize", "3", *layers, "-o", "h.svg")
            text = (self.folder / "h.svg").read_text()
            self.assertIn("</svg>", text)
            self.assertIn("fc", text)
        empty = self.folder / "empty"
        empty.mkdir()
        self.fails(1, "gnuplot-nox", "histogram", "small.onnx", "-o", "i.png", env={"PATH": str(empty)})

    def test_data(self):
        document = self.document("data", "npy:x.npy,y.npy", "--limit", "30", "-o", "copy")
        numpy.testing.assert_array_equal(numpy.load(self.folder / "copy-images.npy"), self.images[:30])
        numpy.testing.assert_array_equal(numpy.load(self.folder / "copy-labels.npy"), self.labels[:30])
        again = self.document("data", "npy:copy-images.npy,copy-labels.npy")
        self.assertEqual(document["data"]["sha256"], again["data"]["sha256"])
        self.assertIn("saltire", self.succeeds("data", "shapes", "--limit", "20").stdout)

    # Ctrl-C and terminals

    def test_interrupt_keeps_finished_chips(self):
        for number in [signal.SIGINT, signal.SIGTERM]:
            with self.subTest(number):
                (self.folder / "partial.json").unlink(missing_ok=True)
                process = self.start("eval", "small.onnx", *DATA, "--noise", "normal:0.1ns", "--trials", "1000000",
                                     "--json", "partial.json")
                self.end(process, after(2), number)
                document = json.loads((self.folder / "partial.json").read_text())
                self.assertGreater(len(document["correct"]), 0)
                self.assertEqual(len(document["correct"]), len(document["accuracy"]["trials"]))
                self.assertFalse(document["complete"])

    def test_progress_only_on_a_terminal(self):
        command = ["eval", "small.onnx", *DATA, "--noise", "normal:0.1ns", "--reference"]
        self.assertEqual(self.succeeds(*command, "--trials", "2").stderr, "")
        self.assertRegex(self.drawn(*command, "--trials", "400"),
                         r"evaluating 400 chips +[\d,]+ of 120,000 images +[\d,]+/s +.* left")


if __name__ == "__main__":
    main()
