"""Runs the built `cim recovery` and `cim plan` as a user would.

Run one test with `.venv/bin/python tests/tools/cim/recovery.py build/bin/cim Recovery.test_points`.
"""

import json
import re
import signal

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from cim_test_case import DEMO_NETWORK, FreshFolderTestCase, after, main


def network_without_layers():
    """For images of `shapes`; nothing of it stands on crossbars."""
    numbers = [numpy_helper.from_array(numpy.ones(3, numpy.float32), name) for name in ("scale", "bias", "mean", "var")]
    graph = helper.make_graph(
        [helper.make_node("BatchNormalization", ["input", "scale", "bias", "mean", "var"], ["a"]),
         helper.make_node("GlobalAveragePool", ["a"], ["b"]), helper.make_node("Flatten", ["b"], ["output"])],
        "plain", [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, 32, 32])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", 3])], numbers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def is_a_plan_done(drawn):
    """All plans take about as many images, and so does the test of the best one."""
    progress = re.findall(r"searching (\d+) plans +([\d,]+) of ([\d,]+) images", drawn)
    if not progress:
        return False
    plans, done, total = (int(number.replace(",", "")) for number in progress[-1])
    return done > 2 * total / (plans + 1)


class Commands(FreshFolderTestCase):
    def setUp(self):
        super().setUp()
        self.common = ["--data", "shapes", "--limit", "128", "--test-limit", "200", "--noise", "normal:0.05ns",
                       "--rewrites", "2"]

    def refuses_a_network_without_layers(self, command, *arguments):
        onnx.save(network_without_layers(), self.folder / "plain.onnx")
        self.succeeds("compile", "plain.onnx", "-o", "plain.mlir")
        self.fails(1, ["plain.mlir", "no crossbar layer to retrain"], command, "plain.mlir", "--data", "shapes",
                   *arguments)

    def refuses_what_has_no_effect_on_training(self, command, *arguments):
        for option in (["--reference"], ["--micro-batch", "3"]):
            self.fails(2, f"{option[0]} ", command, DEMO_NETWORK, *self.common, *arguments, *option)

    def goes_on(self, whole, *arguments, moments, output="out"):
        """A command whose output is out.*, ended as soon as the next of `moments` holds of its plans, by Ctrl-C and
        `kill -9` by turns, and resumed, answers as it did undisturbed. Plans that are done are not retrained again:
        their epochs still took what they took."""
        resume, done = [], {}
        for moment, by in zip(moments, [signal.SIGINT, signal.SIGKILL] * len(moments)):
            checkpoint = self.interrupted(*arguments, *resume, by=by, when=lambda progress: moment(progress["plans"]),
                                          output=output)
            plans = self.progress(checkpoint)["plans"]
            self.assertEqual({plan: plans[plan] for plan in done}, done)
            resume, done = ["--resume"], dict(list(plans.items())[:-1])
            self.assertTrue(done)
        self.fails(1, "other options", *arguments, "--resume", "--momentum", "0.8")
        rest = self.document(*arguments, "--resume")
        self.assertEqual({**rest, "seconds": None}, {**whole, "seconds": None})
        self.assertFalse(checkpoint.exists())
        self.fails(1, "no checkpoint", *arguments, "--resume")


class Recovery(Commands):
    def test_points(self):
        document = self.document("recovery", DEMO_NETWORK, *self.common, "--depths", "2,8", "-o", "curves.svg")
        self.assertEqual(document["command"], "recovery")
        points = {point["plan"]: point for point in document["points"]}
        self.assertEqual(list(points)[:2], ["last:2", "last:8"])
        self.assertTrue(document["complete"])
        for plan, point in points.items():
            self.assertEqual(set(point), {"plan", "depth", "weights", "injected", "retrained", "rewritten"})
            self.assertEqual(len(point["rewritten"]["trials"]), 2)
        # A point is what retrain measures.
        alone = self.document("retrain", DEMO_NETWORK, *self.common, "--select", "c2:8")
        self.assertEqual(points["c2:8"]["rewritten"], alone["accuracy"]["rewritten"])
        self.assertEqual(points["c2:8"]["weights"], alone["weights"])
        self.assertEqual(points["c2:8"]["depth"], alone["depth"])
        self.assertIn("C2 only", (self.folder / "curves.svg").read_text())

    def test_what_an_interval_is_over(self):
        for trials, over in (1, "rewrites"), (2, "chips"):
            text = self.says("recovery", DEMO_NETWORK, *self.common, "--depths", "1", "--trials", trials)
            self.assertIn(f"95 % over {over}\n", text)

    def test_tolerant_layers_where_they_are_known(self):
        self.succeeds("tolerance", DEMO_NETWORK, "--data", "shapes", "--limit", "100", "--noise", "normal:0.05ns",
                      "--trials", "2", "-o", "facts.mlir")
        document = self.document("recovery", "facts.mlir", *self.common, "--depths", "4")
        self.assertIn("tolerant:4", [point["plan"] for point in document["points"]])

    def test_divergence_loses_one_plan(self):
        """At such a rate one layer still has a loss, eight have none."""
        steps = ["--batch", "16", "--weight-decay", "0"]
        result = self.succeeds("recovery", DEMO_NETWORK, *self.common, *steps, "--depths", "1,8", "--learning-rate",
                               "1e10", "--json", "part.json")
        document = json.loads((self.folder / "part.json").read_text())
        self.assertEqual([point["plan"] for point in document["points"]][0], "last:1")
        self.assertIn("last:8", document["diverged"])
        self.assertRegex(result.stderr, "plan last:8 is left out: training diverged: the loss of step [0-9]+ ")

    def test_divergence_of_every_plan(self):
        """A checkpoint would only say so again."""
        for depth, error in ("8", "training diverged with every plan"), ("1", "training diverged: "):
            result = self.cim("recovery", DEMO_NETWORK, *self.common, "--batch", "16", "--depths", depth,
                              "--learning-rate", "1e30", "-o", "out.svg")
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertIn(f"cim: error: {error}", result.stderr)
            self.assertEqual(list(self.folder.iterdir()), [])

    def diverging(self, *arguments):
        """Plan last:8 comes first and diverges, last:1 goes on for long."""
        return ["recovery", DEMO_NETWORK, *self.common, "--batch", "16", "--weight-decay", "0", "--depths", "8,1",
                "--learning-rate", "1e10", *arguments]

    def test_divergence_is_kept(self):
        arguments = self.diverging("--epochs", "20", "--checkpoint", "out.checkpoint.safetensors")
        checkpoint = self.interrupted(*arguments, when=lambda progress: "last:1" in progress["plans"])
        kept = self.progress(checkpoint)["plans"]["last:8"]
        self.assertEqual(set(kept), {"diverged"})
        result = self.succeeds(*arguments, "--resume", "--json", "rest.json")
        self.assertIn(f"plan last:8 is left out: {kept['diverged']}\n", result.stderr)
        self.assertNotIn("checkpoint", result.stderr)
        self.assertIn("last:8", json.loads((self.folder / "rest.json").read_text())["diverged"])

    def test_progress_counts_a_plan_that_diverged(self):
        def counts(seen):
            return re.findall(r"retraining (\d+) plans  ([\d,]+) of ([\d,]+) images", seen.partition("is left out")[2])

        seen, _ = self.end_when_drawn(lambda seen: len(counts(seen)) >= 2, *self.diverging("--epochs", "1000"))
        plans, done, total = (int(number.replace(",", "")) for number in counts(seen)[-1])
        self.assertGreaterEqual(plans * done, total)

    def test_interrupted_recovery_goes_on(self):
        arguments = ["recovery", DEMO_NETWORK, *self.common, "--depths", "1,8", "--trials", "2", "--epochs", "20"]
        whole = self.document(*arguments, "-o", "whole.svg")
        training = self.folder / "out.checkpoint.safetensors"  # of `cim train -o out.onnx`
        training.write_text("epochs")
        self.goes_on(whole, *arguments, "-o", "out.svg", output="out.svg",
                     moments=[lambda plans: len(plans) >= 2, lambda plans: len(plans) >= 3])
        self.assertEqual(training.read_text(), "epochs")
        self.assertEqual((self.folder / "out.svg").read_bytes(), (self.folder / "whole.svg").read_bytes())
        self.fails(2, "--checkpoint", *arguments, "--resume")

    def test_goes_on_with_other_depths(self):
        """Plan last:1 comes in front of the one that is in work."""
        arguments = ["recovery", DEMO_NETWORK, *self.common, "--trials", "2", "--epochs", "20"]
        whole = self.document(*arguments, "--depths", "8,1")
        arguments += ["-o", "out.svg"]
        checkpoint = self.interrupted(*arguments, "--depths", "8", output="out.svg",
                                      when=lambda progress: len(progress["plans"]) >= 2)
        done, in_work = list(self.progress(checkpoint)["plans"].items())[:2]
        self.assertIn("in_work", in_work[1])
        self.interrupted(*arguments, "--depths", "8,1", "--resume", by=signal.SIGKILL, output="out.svg",
                         when=lambda progress: progress["in_work"] == "last:1")
        plans = self.progress(checkpoint)["plans"]
        self.assertEqual(plans[done[0]], done[1])
        self.assertEqual(plans[in_work[0]]["chips"], in_work[1]["chips"])
        self.assertEqual(self.document(*arguments, "--depths", "8,1", "--resume")["points"], whole["points"])

    def test_interrupt_keeps_what_is_done(self):
        process = self.start("recovery", DEMO_NETWORK, *self.common, "--trials", "100", "--json", "part.json")
        output, _ = self.end(process, after(2))
        if output:
            self.assertFalse(json.loads((self.folder / "part.json").read_text())["complete"])

    def test_bad_input(self):
        self.fails(2, "--depths", "recovery", DEMO_NETWORK, *self.common, "--depths", "2,x")
        self.fails(2, "--depths", "recovery", DEMO_NETWORK, *self.common, "--depths", "0")
        self.fails(2, ".svg", "recovery", DEMO_NETWORK, *self.common, "-o", "curves.pdf")
        self.fails(2, "no errors", "recovery", DEMO_NETWORK, "--data", "shapes")
        for optimizer in ("adam", "adamw"):
            self.fails(2, "--momentum has no effect", "recovery", DEMO_NETWORK, *self.common, "--optimizer", optimizer,
                       "--momentum", "0.9")
        self.refuses_what_has_no_effect_on_training("recovery")

    def test_no_layers(self):
        self.refuses_a_network_without_layers("recovery")

    def test_folded_batch_norm(self):
        document = self.document("recovery", DEMO_NETWORK, *self.common, "--depths", "1", "--fold-batch-norm")
        self.assertIs(document["options"]["fold-batch-norm"], True)


class Plan(Commands):
    def test_search(self):
        document = self.document("plan", DEMO_NETWORK, *self.common, "--budget", "20000", "--rounds", "2",
                                 "--trials", "1")
        self.assertEqual(document["command"], "plan")
        self.assertTrue(document["complete"])
        best = document["points"][0]
        self.assertEqual(document["plan"], best["plan"])
        self.assertEqual(best["round"], 2)
        for point in document["points"]:
            self.assertLessEqual(point["weights"], 20000)
        alone = self.document("retrain", DEMO_NETWORK, *self.common, "--select", document["plan"])
        self.assertEqual(document["accuracy"]["rewritten"], alone["accuracy"]["rewritten"])
        self.assertEqual(document["selected"], alone["selected"])

    def test_bad_input(self):
        self.fails(2, "--budget", "plan", DEMO_NETWORK, *self.common)
        self.fails(1, "more weights", "plan", DEMO_NETWORK, *self.common, "--budget", "3")
        self.refuses_what_has_no_effect_on_training("plan", "--budget", "20000")

    def test_help_tells_its_own_defaults(self):
        self.assertIn("Chips (default: 2)", self.says("plan", "--help"))
        self.assertIn("Chips (default: 1)", self.says("recovery", "--help"))

    def test_interrupt_keeps_what_is_done(self):
        _, text = self.end_when_drawn(is_a_plan_done, "plan", DEMO_NETWORK, *self.common, "--budget", "1000000",
                                      "--rounds", "1", "--trials", "1", "--epochs", "60", "--json", "part.json")
        document = json.loads((self.folder / "part.json").read_text())
        self.assertFalse(document["complete"])
        self.assertNotIn("accuracy", document)
        self.assertEqual(document["plan"], document["points"][0]["plan"])
        self.assertIn(f", {len(document['points'])} of them tried\n", text)

    def test_interrupted_search_goes_on(self):
        """In the first round, in the second, and while the best plan is retrained."""
        arguments = ["plan", DEMO_NETWORK, *self.common, "--budget", "20000", "--rounds", "2", "--trials", "2",
                     "--epochs", "10"]
        whole = self.document(*arguments)
        self.goes_on(whole, *arguments, "--checkpoint", "out.checkpoint.safetensors", moments=[
            lambda plans: len(plans) >= 2,
            lambda plans: any(plan.endswith(", round 2") for plan in plans),
            lambda plans: any(plan.endswith(", all training images") for plan in plans)])
        self.fails(2, "--checkpoint", *arguments, "--resume")

    def test_divergence_keeps_the_search(self):
        result = self.cim("plan", DEMO_NETWORK, *self.common, "--batch", "16", "--learning-rate", "1e30", "--budget",
                          "400", "--rounds", "1", "--trials", "1", "--json", "part.json", "--checkpoint",
                          "out.checkpoint.safetensors")
        self.assertEqual(result.returncode, 1)
        self.assertIn("\ncim: error: plan last:1 on all training images: training diverged", result.stderr)
        self.assertIn("last:1", result.stdout)
        document = json.loads((self.folder / "part.json").read_text())
        self.assertFalse(document["complete"])
        self.assertNotIn("accuracy", document)
        self.assertEqual([point["validation"] for point in document["points"]], [0])
        self.assertFalse((self.folder / "out.checkpoint.safetensors").exists())

    def test_no_layers(self):
        self.refuses_a_network_without_layers("plan", "--budget", "3")

    def test_folded_batch_norm(self):
        # The last layer alone is within the budget.
        document = self.document("plan", DEMO_NETWORK, *self.common, "--budget", "400", "--rounds", "1", "--trials",
                                 "1", "--fold-batch-norm")
        self.assertEqual(document["plan"], "last:1")
        self.assertIs(document["options"]["fold-batch-norm"], True)


if __name__ == "__main__":
    main()
