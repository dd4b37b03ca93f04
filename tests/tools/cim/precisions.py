"""What the precisions may cost in accuracy, on the whole test sets of two shared
networks. `tools/bench accuracy` has the others, and prints the numbers.

Run one test with `.venv/bin/python tests/tools/cim/precisions.py build/bin/cim Precisions.test_resnet20`.
"""

import numpy

from cim_test_case import CimTestCase, main


class Precisions(CimTestCase):
    def evaluation(self, model, precision):
        """How many images are right, and the logits of all."""
        data = self.shared("data/cifar-10-binary.tar.xz")
        document = self.document("eval", model, "--data", f"cifar10:{data}", "--precision", precision,
                                 "--outputs", "logits.npy")
        self.assertEqual(document["data"]["images"], 10_000)
        return document["correct"][0], numpy.load(self.folder / "logits.npy")

    def check(self, name):
        model = self.shared(f"models/{name}.onnx")
        strict, expected = self.evaluation(model, "f32-strict")
        largest = numpy.abs(expected).max(1)
        correct = {"f32-strict": strict}
        # Rounding in f32; and in bfloat16, whose numbers are 0.4 % apart.
        for precision, bound in (("f32", 2e-5), ("bf16", 0.15)):
            correct[precision], logits = self.evaluation(model, precision)
            self.assertEqual(logits.shape, expected.shape)
            self.assertLess((numpy.abs(logits - expected).max(1) / largest).max(), bound, precision)
        self.assertGreater(strict, 9_000)
        # Winograd's algorithm may decide otherwise where two classes are equal but for rounding.
        self.assertLessEqual(abs(correct["f32"] - strict), 3, correct)
        self.assertLessEqual(abs(correct["bf16"] - correct["f32"]), 10, correct)  # 0.001

    def test_resnet20(self):
        self.check("resnet20-cifar10")

    def test_resnet32(self):
        self.check("resnet32-cifar10")


if __name__ == "__main__":
    main()
