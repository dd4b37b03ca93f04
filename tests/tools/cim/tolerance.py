"""Runs the built `cim tolerance` as a user would.

Run one test with `.venv/bin/python tests/tools/cim/tolerance.py build/bin/cim Tolerance.test_groups`.
"""

import json
import re
import signal

import numpy

from cim_test_case import CimTestCase, DATA, DEMO_NETWORK, main

NOISE = ("--noise", "normal:0.06ns")
LAYERS = ["stem", "block.conv1", "block.conv2", "fc"]


class Tolerance(CimTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.write_evaluation(300)
        cls.write_own_labels(wrong=slice(30))  # 90 % without errors

    def tolerance(self, *options, model="small.onnx"):
        return self.document("tolerance", model, *DATA, *options)

    def table(self, *options):
        return self.succeeds("tolerance", "small.onnx", *DATA, *options).stdout

    def tolerance_fails(self, status, words, *options, model="small.onnx"):
        self.fails(status, words, "tolerance", model, *DATA, *options)

    # The same numbers as separate evaluations, from shared work

    def test_equals_separate_evaluations(self):
        errors = ("--quantize", "4", *NOISE, "--trials", 4, "--seed", 5)
        document = self.tolerance(*errors)
        self.assertEqual(list(document)[:4], ["command", "model", "data", "options"])
        self.assertEqual(list(document)[-1], "seconds")
        self.assertEqual([l["name"] for l in document["layers"]], LAYERS)
        self.assertEqual([l["role"] for l in document["layers"]], ["", "C1", "C2", ""])
        self.assertEqual(document["layers"][1]["weights"], 16 * 16 * 9)
        self.assertEqual(document["exact"]["mean"], self.evaluate()["accuracy"]["mean"])
        self.assertAlmostEqual(document["exact"]["mean"], 0.9)
        for layer in document["layers"]:
            separate = self.evaluate(*errors, "--layers", layer["name"])
            self.assertEqual(layer["accuracy"], separate["accuracy"], layer["name"])

    def test_numbers_depend_on_neither_memory_nor_threads(self):
        whole = self.tolerance(*NOISE, "--trials", 3)["layers"]
        for options in (("--threads", 1), ("--threads", 3, "--micro-batch", 2), ("--keep", 1, "--micro-batch", 1)):
            self.assertEqual(self.tolerance(*NOISE, "--trials", 3, *options)["layers"], whole, options)

    def test_layers_selects(self):
        some = self.tolerance(*NOISE, "--layers", "role:C2,fc")["layers"]
        self.assertEqual([l["name"] for l in some], ["block.conv2", "fc"])
        everything = self.tolerance(*NOISE)["layers"]
        self.assertEqual(some, [everything[2], everything[3]])

    def test_groups(self):
        document = self.tolerance(*NOISE, "--trials", 3, "--group", "role:C1,role:C2", "--group", "fc")
        both, last = document["layers"]
        self.assertEqual((both["name"], both["role"], both["weights"]), ("role:C1,role:C2", "", 2 * 16 * 16 * 9))
        separate = self.evaluate(*NOISE, "--trials", 3, "--layers", "role:C1,role:C2")
        self.assertEqual(both["accuracy"], separate["accuracy"])
        self.assertEqual(last["name"], "fc")

    def test_errors_per_layer(self):
        document = self.tolerance(*NOISE, "--trials", 2, "--layer", "fc:noise=normal:0.5ns")
        separate = self.evaluate("--noise", "normal:0.5ns", "--layers", "fc", "--trials", 2)
        self.assertEqual(document["layers"][3]["accuracy"], separate["accuracy"])

    def test_devices_and_crossbars(self):
        errors = ("--crossbar", "64x64", "--device", "pcm-joshi2020@1h", "--trials", 2)
        document = self.tolerance(*errors)
        separate = self.evaluate(*errors, "--layers", "block.conv1")
        self.assertEqual(document["layers"][1]["accuracy"], separate["accuracy"])

    def test_fixed_errors_need_one_chip(self):
        document = self.tolerance("--quantize", "2")
        self.assertEqual(document["options"]["trials"], 1)
        self.assertIsNone(document["layers"][0]["accuracy"]["std"])

    def test_compiled_plan(self):
        self.succeeds("compile", "small.onnx", *NOISE, "-o", "noisy.plan")
        compiled = self.tolerance("--trials", 2, model="noisy.plan")["layers"]
        self.assertEqual(compiled, self.tolerance(*NOISE, "--trials", 2)["layers"])

    # Blocks

    def test_compares_the_layers_of_a_block(self):
        document = self.tolerance(*NOISE, "--trials", 5)
        (block,) = document["comparison"]
        self.assertEqual((block["c1"], block["c2"]), ("block.conv1", "block.conv2"))
        c1, c2 = (document["layers"][i]["accuracy"]["trials"] for i in (1, 2))
        self.assertEqual(block["difference"]["trials"], [b - a for a, b in zip(c1, c2)])
        self.assertAlmostEqual(block["difference"]["mean"], sum(c2) / 5 - sum(c1) / 5)
        self.assertIn("blocks with an identity shortcut", self.table(*NOISE, "--trials", 5))

    # The largest error

    def test_threshold(self):
        document = self.tolerance(*NOISE, "--trials", 3, "--threshold", 0.8)
        self.assertEqual(document["unit"], "ns")
        for layer in document["layers"]:
            largest = layer["largest"]
            self.assertGreater(largest, 0)
            at = self.evaluate("--noise", f"normal:{largest!r}ns", "--layers", layer["name"], "--trials", 3)
            self.assertGreaterEqual(at["accuracy"]["mean"], 0.8, layer["name"])
            low, high = layer["largest_ci95"]
            self.assertTrue(low <= largest and (high is None or largest <= high))
        self.assertIn("largest for 80.0 %", self.table(*NOISE, "--trials", 3, "--threshold", 0.8))

    def test_threshold_in_several_units(self):
        asked = ("--quantize", 4, "--layer", "stem:noise=normal:0.1qs", "--layer", "fc:noise=normal:0.1ns", "--layers",
                 "stem,fc", "--trials", 2, "--threshold", 0.8)
        document = self.tolerance(*asked)
        self.assertEqual([layer["unit"] for layer in document["layers"]], ["qs", "ns"])
        self.assertNotIn("unit", document)
        table = self.table(*asked)
        for layer in document["layers"]:
            self.assertRegex(table, rf"(?m)^{layer['name']} .* [\d.e-]+ {layer['unit']} ")

    def test_threshold_of_a_shift(self):
        document = self.tolerance("--shift", "-0.01ns", "--threshold", 0.8, "--layers", "stem", "-o", "shift.mlir")
        (layer,) = document["layers"]
        low, high = layer["largest_ci95"]
        self.assertTrue(low <= layer["largest"] <= high <= 0)
        self.assertIn("limit<\"shift *ns\"", (self.folder / "shift.mlir").read_text())

    def test_threshold_out_of_reach(self):
        document = self.tolerance(*NOISE, "--trials", 2, "--threshold", 0.99, "--layers", "fc")
        self.assertEqual(document["layers"][0]["largest"], 0)
        document = self.tolerance(*NOISE, "--trials", 2, "--threshold", 0, "--layers", "fc")
        self.assertIsNone(document["layers"][0]["largest"])
        self.assertIsNone(document["layers"][0]["largest_ci95"][1])

    # The store

    def test_store(self):
        stored = (*NOISE, "--quantize", 4, "--trials", 3, "--store", "t.sqlite")
        first = self.tolerance(*stored)
        self.assertEqual(first["layers"], self.tolerance(*NOISE, "--quantize", 4, "--trials", 3)["layers"])
        self.assertEqual(first["computed"], 1 + 3 * len(LAYERS))
        again = self.tolerance(*stored)
        self.assertEqual((again["computed"], again["layers"], again["exact"]), (0, first["layers"], first["exact"]))
        more = self.tolerance(*NOISE, "--quantize", 4, "--trials", 5, "--store", "t.sqlite")
        self.assertEqual(more["computed"], 2 * len(LAYERS))
        self.assertEqual(more["layers"], self.tolerance(*NOISE, "--quantize", 4, "--trials", 5)["layers"])
        # They are the points of a sweep, in either direction.
        vary = ("--vary", f"layers={{{','.join(LAYERS)}}}", *NOISE, "--quantize", 4, "--trials", 5)
        sweep = self.document("sweep", "small.onnx", *DATA, *vary, "--store", "t.sqlite")
        self.assertEqual(sweep["computed"], 0)
        self.assertEqual([p["accuracy"]["trials"] for p in sweep["points"]], [l["accuracy"]["trials"] for l in more["layers"]])
        self.document("sweep", "small.onnx", *DATA, *vary, "--store", "s.sqlite")
        of_sweep = self.tolerance(*NOISE, "--quantize", 4, "--trials", 5, "--store", "s.sqlite")
        self.assertEqual((of_sweep["computed"], of_sweep["layers"]), (1, more["layers"]))

    def test_store_of_groups(self):
        stored = (*NOISE, "--trials", 2, "--group", "role:C1,role:C2", "--layers", "block.*", "--store", "g.sqlite")
        first = self.tolerance(*stored)
        self.assertEqual(self.tolerance(*stored)["computed"], 0)
        separate = self.evaluate(*NOISE, "--trials", 2, "--layers", "block.conv1,block.conv2")
        self.assertEqual(first["layers"][0]["accuracy"], separate["accuracy"])

    def test_store_refuses_what_it_would_confuse(self):
        store = ("--store", "no.sqlite")
        self.tolerance_fails(2, "--layer", *NOISE, "--layer", "fc:noise=normal:0.5ns", *store)
        self.tolerance_fails(2, "--adc", *NOISE, "--crossbar", "64x64", "--adc", 8, *store)
        for name in ("noisy.plan", "noisy.mlir"):
            self.succeeds("compile", "small.onnx", *NOISE, "-o", name)
            self.tolerance_fails(2, name, *store, model=name)
        self.assertFalse((self.folder / "no.sqlite").exists())

    # Estimates

    def test_estimates(self):
        document = self.tolerance(*NOISE, "--trials", 10, "--estimate")
        measured = [l["accuracy"]["mean"] for l in document["layers"]]
        for layer in document["layers"]:
            self.assertLess(abs(layer["estimate"] - layer["accuracy"]["mean"]), 0.3, layer["name"])
        self.assertEqual(measured, [l["accuracy"]["mean"] for l in
                                    self.tolerance(*NOISE, "--trials", 10)["layers"]])
        self.assertIn("rank correlation", self.table(*NOISE, "--estimate"))

    def test_estimates_rank_the_layers_of_a_trained_network(self):
        document = self.document("tolerance", DEMO_NETWORK, "--data", "shapes", "--limit", "300", "--noise",
                                 "normal:0.1ns", "--trials", "4", "--estimate")
        for name in ("estimate_rank_correlation", "loss_increase_rank_correlation"):
            self.assertGreater(document[name], 0.5, name)

    def test_estimates_of_sorted_images(self):
        """Gradients of batches of one class each vary far more than those of mixed ones."""
        order = numpy.load(self.folder / "y.npy").argsort(kind="stable")
        for name in "xy":
            numpy.save(self.folder / f"sorted-{name}.npy", numpy.load(self.folder / f"{name}.npy")[order])
        mixed, by_class = (
            sum(layer["loss_increase"] for layer in self.document(
                "tolerance", "small.onnx", "--data", data, *NOISE, "--trials", 1, "--estimate")["layers"])
            for data in (DATA[1], "npy:sorted-x.npy,sorted-y.npy"))
        self.assertLess(abs(numpy.log(by_class / mixed)), numpy.log(3))

    # Files

    def test_annotated_network(self):
        measured = self.tolerance(*NOISE, "--trials", 3, "--threshold", 0.8, "-o", "annotated.mlir")
        text = (self.folder / "annotated.mlir").read_text()
        for layer in measured["layers"]:
            line = next(l for l in text.splitlines() if f"@{layer['name']} " in l)
            fact = re.search(r'tolerance<"noise normal:0.06ns" accuracy ([\d.e-]+) of ([\d.]+) chips 3 images 300>', line)
            self.assertEqual(float(fact[1]), layer["accuracy"]["mean"])
            self.assertEqual(float(fact[2]), 0.9)
            limit = re.search(r'limit<"noise normal:\*ns" threshold 0.8 largest ([\d.e-]+)>', line)
            self.assertEqual(float(limit[1]), layer["largest"])
        # It is a network like any other, without errors.
        self.assertEqual(self.evaluate(model="annotated.mlir")["accuracy"]["mean"], measured["exact"]["mean"])
        again = self.tolerance(*NOISE, "--trials", 3, model="annotated.mlir")
        self.assertEqual([l["accuracy"] for l in again["layers"]], [l["accuracy"] for l in measured["layers"]])

    def test_plans_read_the_annotation(self):
        self.table(*NOISE, "--trials", 3, "-o", "facts.mlir")
        selection = self.document("info", "facts.mlir", "--select", "tolerant:4")["selection"]
        measured = {l["name"]: l["accuracy"]["mean"] for l in self.tolerance(*NOISE, "--trials", 3)["layers"]}
        median = numpy.median(list(measured.values()))
        self.assertEqual(selection["selected"], [n for n in LAYERS if measured[n] >= median])

    def test_plans_compare_one_measurement_only(self):
        self.table(*NOISE, "--trials", 2, "-o", "one.mlir")
        self.tolerance("--noise", "normal:0.5ns", "--trials", 2, "--layers", "fc", "-o", "two.mlir", model="one.mlir")
        self.assertEqual((self.folder / "two.mlir").read_text().count(" tolerance<"), len(LAYERS))
        self.succeeds("compile", "two.mlir", "-o", "mixed.plan")
        result = self.cim("info", "two.mlir", "--select", "tolerant:4")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        warning, error = result.stderr.splitlines()
        self.assertRegex(warning, "^cim: warning: 'two.mlir': .* measured differently, .*: 'stem' with noise "
                         "normal:0.06ns on 300 images, .*, 'fc' with noise normal:0.5ns on 300 images, .*; measure all")
        self.assertRegex(error, "^cim: error: --select: 'tolerant:4' needs the measured tolerance")
        self.fails(1, "'tolerant:4' needs the measured tolerance", "info", "mixed.plan", "--select", "tolerant:4")
        self.assertIn("'two.mlir'", self.succeeds("info", "two.mlir", "--select", "last:2").stderr)

    def test_pictures(self):
        self.table(*NOISE, "--trials", 3, "-o", "bars.svg", "-o", "bars.png")
        self.assertIn("block.conv2", (self.folder / "bars.svg").read_text())
        self.assertTrue((self.folder / "bars.png").read_bytes().startswith(b"\x89PNG"))

    def test_what_cannot_be_written_costs_nothing_else(self):
        command = ("tolerance", "small.onnx", *DATA, *NOISE, "--trials", 2)
        closed = self.with_closed_output(*command, "--json", "closed.json", "-o", "closed.mlir")
        self.assertRefused(closed, 1, "standard output")
        layers = json.loads((self.folder / "closed.json").read_text())["layers"]
        self.assertEqual((self.folder / "closed.mlir").read_text().count(" tolerance<"), len(layers))
        undrawn = self.cim(*command, "--json", "undrawn.json", "-o", "undrawn.svg", "-o", "undrawn.mlir",
                           env={"PATH": str(self.folder)})
        self.assertRefused(undrawn, 1, "gnuplot")
        self.assertEqual(json.loads((self.folder / "undrawn.json").read_text())["layers"], layers)
        self.assertEqual((self.folder / "undrawn.mlir").read_text().count(" tolerance<"), len(layers))
        self.assertIn("block.conv2", undrawn.stdout)

    # Interruption

    def test_interrupt_keeps_what_is_done(self):
        process = self.start("tolerance", "small.onnx", *DATA, *NOISE, "--trials", "200", "--threads", "1", "--json",
                             "part.json", "-o", "part.mlir", "--store", "part.sqlite")
        output, _ = self.end(process, lambda: self.chips_in("part.sqlite") > 300)
        self.assertIn("interrupted after", output)
        part = json.loads((self.folder / "part.json").read_text())
        self.assertFalse(part["complete"])
        self.assertTrue(part["layers"])
        self.assertEqual((self.folder / "part.mlir").read_text().count(" tolerance<"), len(part["layers"]))

    def test_store_keeps_the_chips_of_an_unfinished_layer(self):
        errors = (*NOISE, "--layers", "stem", "--threads", 1)
        whole = self.tolerance(*errors, "--trials", 400)["layers"]
        # With all activations kept between chips, and with too little memory for that.
        for number, (by, memory) in enumerate([(signal.SIGINT, ()), (signal.SIGKILL, ()),
                                               (signal.SIGINT, ("--keep", 1, "--micro-batch", 1))]):
            with self.subTest(by=by, memory=memory):
                store = f"unfinished{number}.sqlite"
                stored = (*errors, *memory, "--store", store)
                self.end(self.start("tolerance", "small.onnx", *DATA, *stored, "--trials", 100_000),
                         lambda: self.chips_in(store) > 50, by)
                kept = self.chips_in(store)
                self.assertGreater(kept, 50)
                rest = self.tolerance(*stored, "--trials", 400)
                # One is without errors.
                self.assertEqual((rest["computed"], rest["layers"]), (max(0, 401 - kept), whole))

    # Bad input

    def test_refuses_wrong_usage(self):
        self.tolerance_fails(2, "no error to tolerate")
        self.tolerance_fails(2, "--threshold 'x'", *NOISE, "--threshold", "x")
        self.tolerance_fails(2, "--threshold '1.5'", *NOISE, "--threshold", "1.5")
        self.tolerance_fails(2, "--threshold searches the largest", "--quantize", "4", "--threshold", "0.8")
        self.tolerance_fails(2, "name an .svg or .png", *NOISE, "-o", "bars.jpg")
        self.tolerance_fails(2, "--group", *NOISE, "--group", "role:C3")
        self.tolerance_fails(2, "leave out --group", *NOISE, "--group", "fc", "-o", "x.mlir")
        self.tolerance_fails(2, "--reference has no effect", *NOISE, "--reference")

    def test_refuses_bad_input(self):
        self.tolerance_fails(1, "there is no folder", *NOISE, "-o", "none/bars.png")
        self.tolerance_fails(1, "did you mean", *NOISE, "--layers", "block.conv3")
        self.tolerance_fails(1, "did you mean", *NOISE, "--group", "block.conv3")
        self.tolerance_fails(1, "its layers have no errors", *NOISE, "--layers", "stem", "--group", "fc")
        # Before the data, which are not there, are opened.
        self.fails(1, ["layer 'fc'", "no largest one"], "tolerance", "small.onnx", "--data", "npy:none.npy,none.npy",
                   *NOISE, "--threshold", "0.8", "--layer", "fc:noise=normal:0ns")
        self.assertEqual(list(self.folder.glob("*.tmp*")), [])
        self.succeeds("compile", "small.onnx", *NOISE, "-o", "fixed.plan")
        self.tolerance_fails(2, "no plan can become an .mlir file", "-o", "x.mlir", model="fixed.plan")
        self.succeeds("compile", "small.onnx", "-o", "exact.plan")
        self.tolerance_fails(1, "no layer with an error", model="exact.plan")


if __name__ == "__main__":
    main()
