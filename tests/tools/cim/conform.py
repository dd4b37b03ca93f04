"""Runs the built `cim conform` on the operator cases that the onnx package
generates, on those of the shared folder where it is, and on wrong ones.

Run one test with `.venv/bin/python tests/tools/cim/conform.py build/bin/cim Conform.test_wrong_number`.
"""

import fnmatch
import json
import os
import pathlib
import shutil
import warnings

import ml_dtypes
import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from cim_test_case import CimTestCase, SOURCE, main

PACKAGED = pathlib.Path(onnx.__file__).parent / "backend/test/data"
DOCUMENT = SOURCE / "docs/onnx.md"

# What is not supported, why, and the operator cases that need it. Everything else has to pass.
# docs/onnx.md shows it: run with CIM_UPDATE_DOCS=1.
UNSUPPORTED = [
    ("If, Loop, Scan (and what ONNX defines by them), local functions",
     "a network here is one list of steps with fixed shapes",
     ["if", "loop*", "scan*", "linear_attention*_expanded", "range_*_expanded", "affine_grid*_expanded"]),
    ("sequences, optional values", "a value here is one tensor",
     ["sequence*", "split_to_sequence*", "optional*", "identity_opt*", "identity_sequence*"]),
    ("strings", "no part of the networks that run on crossbars",
     ["string*", "strnormalizer*", "regex*", "equal_string*", "cast_STRING*", "cast_*_to_STRING*", "castlike_STRING*",
      "castlike_*_to_STRING*", "tfidfvectorizer*", "ai_onnx_ml_label_encoder*"]),
    ("DFT, STFT, windows, MelWeightMatrix", "signal processing, much of it on complex numbers, comes before the network",
     ["dft*", "stft*", "hannwindow*", "hammingwindow*", "blackmanwindow*", "melweightmatrix*"]),
    ("other domains: ai.onnx.ml, ai.onnx.preview (FlexAttention)", "not the standard operators, or not standard yet",
     ["ai_onnx_ml_*", "flexattention", "flexattention_*"]),
    ("float8e8m0", "has neither a zero nor a sign; a scale of other formats", ["cast_e8m0*"]),
    ("Bernoulli, RandomNormal, …, Dropout in training mode", "every random number belongs to a chip",
     ["bernoulli*", "multinomial*", "training_dropout*"]),
    ("Adam, Adagrad, Momentum", "`cim train` and `cim retrain` train", ["adam*", "adagrad*", "momentum*", "nesterov*"]),
    ("RNN, GRU, LSTM", "export them unrolled", ["lstm*", "gru*", "rnn*", "simple_rnn*"]),
    ("Unique", "its result's shape depends on the data", ["unique*"]),
    ("BitCast, Det", "nobody has asked for them", ["bitcast*", "det_*"]),
    ("NonMaxSuppression, RoiAlign, MaxRoiPool, GridSample, AffineGrid, DeformConv, ImageDecoder",
     "detection and sampling are done digitally, before or after the network",
     ["nonmaxsuppression*", "roialign*", "gridsample*", "affine_grid*", "deform_conv*", "basic_deform_conv*",
      "image_decoder*"]),
]


def unsupported_table(names):
    """The table of docs/onnx.md for the names of refused cases, and those that nothing in it explains."""
    names, lines = set(names), ["| what | why | cases |\n|---|---|---|\n"]
    for what, why, patterns in UNSUPPORTED:
        explained = {name for name in names
                     if any(fnmatch.fnmatchcase(name, "test_" + pattern) for pattern in patterns)}
        names -= explained
        lines.append(f"| {what} | {why} | {len(explained)} |\n")
    return "".join(lines), names


def save_tensor(value, path, name=""):
    tensor = value if isinstance(value, TensorProto) else numpy_helper.from_array(numpy.asarray(value), name)
    path.write_bytes(tensor.SerializeToString())


def write_case(folder, model, data_sets):
    folder.mkdir(parents=True)
    onnx.save(model, folder / "model.onnx")
    for i, (inputs, outputs) in enumerate(data_sets):
        data = folder / f"test_data_set_{i}"
        data.mkdir()
        for kind, values in (("input", inputs), ("output", outputs)):
            for j, value in enumerate(values):
                if value is not None:
                    save_tensor(value, data / f"{kind}_{j}.pb")


def write_node_cases(folder):
    """The cases that ONNX's own runner would run, but those with sequences."""
    warnings.simplefilter("ignore")
    from onnx.backend.test.case.node import collect_testcases
    for case in collect_testcases(None):
        values = [value for data in case.data_sets for side in data for value in side]
        if not any(isinstance(value, (list, dict)) for value in values):
            write_case(folder / case.name, case.model, case.data_sets)


def write_light_cases(folder):
    """Whole networks with constant weights, and the inputs that ONNX's own runner gives them."""
    for path in sorted((PACKAGED / "light").glob("*.onnx")):
        model = onnx.load(path)
        weights = {tensor.name for tensor in model.graph.initializer}
        shape = [[dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
                 for value in model.graph.input if value.name not in weights]
        images = [(numpy.arange(numpy.prod(s)).reshape(s) / numpy.prod(s)).astype(numpy.float32) for s in shape]
        outputs = [onnx.load_tensor(path.with_name(f"{path.stem}_output_{i}.pb"))
                   for i in range(len(model.graph.output))]
        write_case(folder / path.stem, model, [(images, outputs)])


def sum_case(folder, expected, kind=numpy.float32, a=(1, 2, 3), b=1):
    """y = a + b, and what the case expects of it."""
    element = helper.np_dtype_to_tensor_dtype(numpy.dtype(kind))
    graph = helper.make_graph([helper.make_node("Add", ["a", "b"], ["y"])], "sum",
                              [helper.make_tensor_value_info("a", element, [3]),
                               helper.make_tensor_value_info("b", element, [])],
                              [helper.make_tensor_value_info("y", element, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    write_case(folder, model, [([numpy.array(a, kind), numpy.array(b, kind)], [expected])])


class Conform(CimTestCase):
    def conform(self, *folders):
        result = self.cim("conform", *folders, "--json", "-")
        document = json.loads(result.stdout) if result.stdout else None
        return result, document

    def one(self, name, *arguments):
        """The only case of a new folder, made by sum_case."""
        sum_case(self.folder / name, *arguments)
        result, document = self.conform(name)
        self.assertEqual(len(document["cases"]), 1)
        self.assertTrue(document["complete"])
        return result, document["cases"][0]

    def test_node_cases(self):
        write_node_cases(self.folder / "node")
        result, document = self.conform("node")
        cases = document["cases"]
        failed = [case for case in cases if case["status"] == "failed"]
        self.assertEqual(failed, [])
        self.assertEqual(result.returncode, 0, result.stderr)
        table, unexpected = unsupported_table(case["name"] for case in cases if case["status"] == "unsupported")
        self.assertEqual([case for case in cases if case["name"] in unexpected], [])
        total = (f"Of {len(cases):,} cases of onnx {onnx.__version__}, {document['passed']:,} pass and "
                 f"{document['unsupported']:,} need what is in this table:\n\n")
        text = DOCUMENT.read_text()
        head, _, rest = text.partition("<!-- unsupported -->\n")
        _, _, tail = rest.partition("<!-- end of unsupported -->\n")
        current = f"{head}<!-- unsupported -->\n{total}{table}<!-- end of unsupported -->\n{tail}"
        if "CIM_UPDATE_DOCS" in os.environ:
            DOCUMENT.write_text(current)
        else:
            self.assertEqual(text, current, "run this test with CIM_UPDATE_DOCS=1")
        self.assertGreater(document["passed"], 1600)

    def test_exported_modules_and_operators(self):
        """What PyTorch exported in the days of opset 6 to 9."""
        result, document = self.conform(PACKAGED / "pytorch-converted", PACKAGED / "pytorch-operator")
        self.assertEqual([case for case in document["cases"] if case["status"] != "passed"], [])
        self.assertEqual((result.returncode, document["passed"]), (0, 117))

    def test_light_models(self):
        write_light_cases(self.folder / "light")
        result, document = self.conform("light")
        self.assertEqual([case for case in document["cases"] if case["status"] != "passed"], [])
        self.assertEqual((result.returncode, document["passed"]), (0, 9))

    def test_shared_cases(self):
        result, document = self.conform(self.shared("onnx-conformance").resolve())
        self.assertEqual([case for case in document["cases"] if case["status"] != "passed"], [])
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertGreater(document["passed"], 400)

    def test_right_numbers(self):
        result, case = self.one("right", numpy.array([2, 3.001, 4], numpy.float32))
        self.assertEqual((result.returncode, case["status"], case["message"]), (0, "passed", ""))
        self.assertEqual(case["name"], "right")

    def test_wrong_number(self):
        result, case = self.one("wrong", numpy.array([2, 3.01, 4], numpy.float32))
        self.assertEqual((result.returncode, case["status"]), (1, "failed"))
        self.assertIn("'y' element [1] is 3, expected 3.01 (1 of 3 elements differ)", case["message"])
        self.assertIn("1 case computes something else", result.stderr)

    def test_wrong_integer(self):
        """One in three thousand would be close enough for a fraction."""
        expected = numpy.array([2, 3, 5], numpy.int64)
        _, case = self.one("integer", expected, numpy.int64)
        self.assertEqual(case["status"], "failed")
        self.assertIn("[2] is 4, expected 5", case["message"])

    def test_wrong_shape_and_type(self):
        _, case = self.one("shape", numpy.array([[2, 3, 4]], numpy.float32))
        self.assertIn("is of shape [3], expected [1, 3]", case["message"])
        _, case = self.one("type", numpy.array([2, 3, 4], numpy.int32))
        self.assertIn("is of type F32, expected I32", case["message"])

    def test_half_precision(self):
        """The result is rounded to it: what is too large becomes infinity, 65,520 in float16."""
        def sums(name, expected, kind, *operands):
            return self.one(name, numpy.array(expected, kind), kind, *operands)[1]["status"]
        large = (65504, 15, 16), 16
        self.assertEqual(sums("half", [numpy.inf, 31, 32], numpy.float16, *large), "passed")
        self.assertEqual(sums("half_wrong", [65504, 31, 32], numpy.float16, *large), "failed")
        self.assertEqual(sums("single", [numpy.inf, 31, 32], numpy.float32, *large), "failed")
        # Up to two units in the last place of bfloat16, as in ONNX's own runner.
        self.assertEqual(sums("brain", [2, 3 + 2**-6, 4], ml_dtypes.bfloat16), "passed")
        self.assertEqual(sums("brain_wrong", [2, 3 + 2**-4, 4], ml_dtypes.bfloat16), "failed")

    def test_not_a_number(self):
        _, case = self.one("nan", numpy.array([2, numpy.nan, 4], numpy.float32))
        self.assertEqual(case["status"], "failed")

    def test_unsupported(self):
        sum_case(self.folder / "odd", numpy.zeros(3, numpy.float32))
        model = onnx.load(self.folder / "odd" / "model.onnx")
        model.graph.node[0].op_type = "Frobnicate"
        onnx.save(model, self.folder / "odd" / "model.onnx")
        result, document = self.conform("odd")
        self.assertEqual((result.returncode, document["unsupported"]), (0, 1))
        self.assertIn("Frobnicate", document["cases"][0]["message"])

    def test_every_data_set_counts(self):
        sum_case(self.folder / "sets", numpy.array([2, 3, 4], numpy.float32))
        data = self.folder / "sets" / "test_data_set_0"
        shutil.copytree(data, self.folder / "sets" / "test_data_set_1")
        save_tensor(numpy.array([0, 3, 4], numpy.float32), self.folder / "sets" / "test_data_set_1" / "output_0.pb")
        result, document = self.conform("sets")
        self.assertEqual((result.returncode, document["failed"]), (1, 1))

    def test_a_file_that_cannot_be_read_fails_its_case_alone(self):
        for name in ("read", "unread"):
            sum_case(self.folder / "loops" / name, numpy.array([2, 3, 4], numpy.float32))
        expected = self.folder / "loops" / "unread" / "test_data_set_0" / "output_0.pb"
        expected.unlink()
        expected.symlink_to(expected.name)
        (self.folder / "loops" / "beside").symlink_to("beside")
        result, document = self.conform("loops")
        self.assertEqual((result.returncode, document["passed"], document["failed"]), (1, 1, 1))
        self.assertIn("output_0.pb' cannot be read: Too many levels", document["cases"][1]["message"])

    def test_a_pipe_is_not_waited_for(self):
        sum_case(self.folder / "pipe", numpy.array([2, 3, 4], numpy.float32))
        expected = self.folder / "pipe" / "test_data_set_0" / "output_0.pb"
        expected.unlink()
        os.mkfifo(expected)
        _, document = self.conform("pipe")
        self.assertIn("output_0.pb: is not a regular file", document["cases"][0]["message"])

    def test_table(self):
        sum_case(self.folder / "table" / "good", numpy.array([2, 3, 4], numpy.float32))
        sum_case(self.folder / "table" / "bad", numpy.array([2, 3, 9], numpy.float32))
        result = self.cim("conform", "table")
        self.assertIn("1 passed, 1 failed, 0 unsupported of 2 cases", result.stdout)
        self.assertIn("bad", result.stdout)
        self.assertNotIn("good", result.stdout)

    def test_nothing_to_do(self):
        (self.folder / "empty").mkdir()
        for arguments, status, message in [(["empty"], 1, "has no ONNX backend test cases"),
                                           (["missing"], 1, "cannot be searched"), ([], 2, "name a folder")]:
            result = self.cim("conform", *arguments)
            self.assertEqual(result.returncode, status, result.stderr)
            self.assertIn(message, result.stderr)
            self.assertEqual(result.stderr.count("\n"), 1)


if __name__ == "__main__":
    main()
