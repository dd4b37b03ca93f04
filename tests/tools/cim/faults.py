"""Makes faults really happen to `cim`: too little memory, processes killed while
they write, two that write one file, archives that end too early. (Full disks
and signals: command_line.py and sweeps.py.)

Run one test with `.venv/bin/python tests/tools/cim/faults.py build/bin/cim
Faults.test_memory_limits`.
"""

import io
import os
import random
import resource
import signal
import subprocess
import tarfile
import time

import numpy
import onnx

from cim_test_case import CimTestCase, DATA, SLOWNESS, main


class Faults(CimTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.write_evaluation(50)

    def test_memory_limits(self):
        """From too little to start to enough: an error in one line, or the result."""
        if os.environ.get("CIM_SANITIZE"):
            self.skipTest("SKIPPED: a build with sanitizers reserves terabytes of addresses before it starts")
        passed = refused = 0
        for megabytes in range(60, 1260, 60):
            limit = megabytes << 20
            result = self.cim("eval", "small.onnx", *DATA, "--threads", 2,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
            if result.returncode == 0:
                passed += 1
                continue
            if result.returncode == 127:  # the libraries do not fit, so nothing of cim has run
                self.assertIn("error while loading shared libraries", result.stderr)
                continue
            self.assertRefused(result, 1, [])
            refused += 1
        self.assertGreater(passed, 0)
        self.assertGreater(refused, 0)

    def test_memory_for_constants(self):
        """A short file asks for large tables; --fold-memory says how large they may become."""
        table = onnx.helper.make_graph(
            [onnx.helper.make_node("Range", ["first", "last", "step"], ["table"]),
             onnx.helper.make_node("Gather", ["table", "x"], ["y"], axis=0)], "table",
            [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.INT64, [1])],
            [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.INT64, [1])],
            [onnx.helper.make_tensor(name, onnx.TensorProto.INT64, [], [value])
             for name, value in [("first", 0), ("last", 1000000), ("step", 1)]])
        onnx.save(onnx.helper.make_model(table, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8),
                  self.folder / "table.onnx")
        compile_it = ("compile", "table.onnx", "--until", "nn", "-o", "table.mlir")
        result = self.cim(*compile_it, "--fold-memory", 15)
        self.assertRefused(result, 1, "15 MB")
        self.assertEqual(list(self.folder.glob("table.mlir*")), [])
        self.assertEqual(self.cim(*compile_it, "--fold-memory", 17).returncode, 0)
        self.assertEqual(self.cim(*compile_it).returncode, 0)

    def test_memory_for_equal_numbers(self):
        """Weights of one number throughout take no memory in a file, however many there are; a plan spreads them out."""
        helper, kind = onnx.helper, onnx.TensorProto
        nodes, values = [], ["x"]
        for i in range(3):
            number = helper.make_tensor("number", kind.FLOAT, [1], [0.1 * (i + 1)])
            nodes.append(helper.make_node("ConstantOfShape", ["shape"], [f"w{i}"], value=number))
            nodes.append(helper.make_node("Gemm", [values[-1], f"w{i}"], [f"y{i}"], name=f"fc{i}"))
            values.append(f"y{i}")
        graph = helper.make_graph(nodes, "equal", [helper.make_tensor_value_info("x", kind.FLOAT, ["N", 1000])],
                                  [helper.make_tensor_value_info("y2", kind.FLOAT, ["N", 1000])],
                                  [helper.make_tensor("shape", kind.INT64, [2], [1000, 1000])])
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
                  self.folder / "equal.onnx")
        self.fails(1, "more than 11 MB", "info", "equal.onnx", "--fold-memory", 11)  # 4 MB each
        self.succeeds("info", "equal.onnx", "--fold-memory", 13)
        self.succeeds("info", "equal.onnx")

    def test_kills_while_writing(self):
        """What stands under the name that was asked for is whole, old or new."""
        def compile(bits, folder="."):
            return ["compile", "small.onnx", "-o", f"{folder}/killed.mlir", "--quantize", bits]

        def text(folder="."):
            return (self.folder / folder / "killed.mlir").read_text()

        (self.folder / "alone").mkdir()
        self.succeeds(*compile(3))
        generator, kills = random.Random(3), 0
        for bits in range(2, 14):
            begin = time.monotonic()
            self.succeeds(*compile(bits, folder="alone"))
            seconds = time.monotonic() - begin
            old = text()
            process = self.start(*compile(bits))
            time.sleep(generator.uniform(0, seconds))
            process.kill()
            process.communicate()
            kills += process.returncode == -signal.SIGKILL
            self.assertIn(text(), (old, text("alone")))
            self.says("info", "killed.mlir")  # with its weights
        self.assertGreater(kills, 0)

    def test_two_writers(self):
        """One of both results, whole."""
        for attempt in range(8):
            processes = [self.start("histogram", "small.onnx", "-o", "both.csv", "--quantize", bits,
                                    stdout=subprocess.DEVNULL, stderr=None) for bits in "27"]
            for process in processes:
                self.assertEqual(process.wait(timeout=60 * SLOWNESS), 0)
            written = (self.folder / "both.csv").read_text()
            expected = []
            for bits in "27":
                self.cim("histogram", "small.onnx", "-o", f"alone{bits}.csv", "--quantize", bits)
                expected.append((self.folder / f"alone{bits}.csv").read_text())
            self.assertIn(written, expected)
            self.assertEqual([p.name for p in self.folder.glob("both*")], ["both.csv"])

    def test_truncated_archives(self):
        """No part of one is used or kept, and the whole one works afterwards."""
        generator = numpy.random.default_rng(4)
        batch = bytes([3]) + generator.integers(0, 256, 3072, numpy.uint8).tobytes()
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w:gz") as archive:
            for name in ["data_batch_1.bin", "data_batch_2.bin", "test_batch.bin"]:
                info = tarfile.TarInfo("cifar-10-batches-bin/" + name)
                info.size = 20 * len(batch)
                archive.addfile(info, io.BytesIO(20 * batch))
        whole = stream.getvalue()
        environment = {"XDG_CACHE_HOME": str(self.folder / "cache"), "PATH": "/usr/bin:/bin"}
        path = self.folder / "cifar.tar.gz"
        for share in (0, 0.1, 0.5, 0.9, 0.999):
            path.write_bytes(whole[:int(len(whole) * share)])
            self.assertRefused(self.cim("data", "cifar10:cifar.tar.gz", env=environment), 1, "cifar.tar.gz")
            kept = [p for p in (self.folder / "cache").rglob("*") if p.is_file()]
            self.assertEqual(kept, [], share)
        path.write_bytes(whole)
        result = self.cim("data", "cifar10:cifar.tar.gz", env=environment)
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_places_that_cannot_be_written(self):
        """They are known before anything is read: no command has an input that exists."""
        (self.folder / "file").write_text("no folder")
        (self.folder / "folder.stem-images.npy").mkdir()
        data, noise = ("--data", "npy:none-x.npy,none-y.npy"), ("--noise", "normal:0.1ns")
        vary = ("--vary", "noise=normal:{0.1,0.2}ns", "--store", "none.sqlite")
        search = ("--search", "noise=normal:{0..1}ns")
        for command, endings in (
                (("info", "none.onnx"), {}),
                (("eval", "none.onnx", *data), {"--outputs": "npy"}),
                (("explain", "none.onnx", *data, *noise), {}),
                (("histogram", "none.onnx"), {"-o": "csv"}),
                (("compile", "none.onnx"), {"-o": "mlir"}),
                (("map", "none.onnx", "--crossbar", "64x64"), {"-o": "pb"}),
                (("program", "none.onnx", *noise, "-o", "chip.onnx"), {"-o": "onnx"}),
                (("tolerance", "none.onnx", *data, *noise), {"-o": "svg", "--store": "sqlite"}),
                (("train", "none.onnx", *data, "-o", "trained.onnx"), {"-o": "onnx", "--checkpoint": "safetensors"}),
                (("retrain", "none.onnx", *data, *noise, "--select", "last:1"),
                 {"-o": "onnx", "--checkpoint": "safetensors"}),
                (("recovery", "none.onnx", *data, *noise), {"-o": "svg", "--checkpoint": "safetensors"}),
                (("plan", "none.onnx", *data, *noise, "--budget", 100), {"--checkpoint": "safetensors"}),
                (("sweep", "none.onnx", *data, *vary), {"-o": "csv", "--watch": "html", "--store": "sqlite"}),
                (("limits", "none.onnx", *data, "--threshold", 0.5, *search), {"--store": "sqlite"}),
                (("merge", "none.sqlite", "-o", "merged.sqlite"), {"-o": "sqlite"}),
                (("report", "none.sqlite", "-o", "report.html"), {"-o": "html"}),
                (("reproduce", "none.yaml"), {"-o": "html"}),
                (("data", data[1]), {"-o": "stem"}),
                (("conform", "none"), {}),
                (("tune", "none.onnx"), {})):
            for option, ending in {**endings, "--json": "json"}.items():
                (self.folder / f"folder.{ending}").mkdir(exist_ok=True)
                for place in f"file/out.{ending}", f"missing/out.{ending}", f"folder.{ending}":
                    with self.subTest(command=command[0], option=option, place=place):
                        arguments = list(command)
                        if option in arguments:
                            at = arguments.index(option)
                            del arguments[at:at + 2]
                        self.fails(1, f"{option} '", *arguments, option, place)
        # What is not known before.
        self.fails(1, "/proc/out.csv", "histogram", "small.onnx", "-o", "/proc/out.csv")


if __name__ == "__main__":
    main()
