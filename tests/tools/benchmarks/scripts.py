"""Runs tools/demo, tools/bench and tools/roofline from another folder, in a copy of the repository with stand-ins for what
they build and install: paths are those of the caller, and CIM_PRESET names the build.

Run it with `.venv/bin/python tests/tools/benchmarks/scripts.py`.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parents[3] / "tools"
# It says where and on what it runs.
STAND_IN = '#!/bin/sh\necho "$0 in $PWD:" "$@"\n'


class Scripts(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name).resolve()
        self.root = self.folder / "the repository"
        self.caller = self.folder / "a caller"
        self.caller.mkdir()
        (self.folder / "shared").mkdir()
        (self.root / "tools/demo-network").mkdir(parents=True)
        for name in ("build-folder", "demo", "bench", "roofline"):
            shutil.copy(TOOLS / name, self.root / "tools")
        requirements = pathlib.Path("benchmarks/requirements.txt")
        for copy in (self.root / "tools" / requirements, self.root / ".venv-bench/requirements.txt"):
            copy.parent.mkdir()
            shutil.copy(TOOLS / requirements, copy)
        for program in ("tools/build", "build/bin/cim", "build-other/bin/cim", ".venv/bin/python", ".venv-bench/bin/python"):
            self.stand_in(self.root / program)

    def stand_in(self, program):
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(STAND_IN)
        program.chmod(0o755)

    def run_tool(self, name, *arguments, preset="default", status=0):
        result = subprocess.run([self.root / "tools" / name, *arguments], cwd=self.caller, capture_output=True, text=True,
                                env=dict(os.environ, CIM_PRESET=preset))
        self.assertEqual(result.returncode, status, result.stderr)
        return result

    def ran(self, program, script, *arguments):
        """What the stand-in for a Python says."""
        words = " ".join([str(self.root / "tools/benchmarks" / script), *arguments])
        return f"{self.root / program} in {self.caller}: {words}\n"

    def test_demo(self):
        output = self.run_tool("demo", "my out").stdout
        self.assertEqual([path.name for path in self.caller.iterdir()], ["my out"])
        self.assertFalse((self.root / "my out").exists())
        self.assertIn(f"{self.root / 'build/bin/cim'} in {self.caller}: histogram "
                      "../the repository/tools/demo-network/resnet8-shapes.onnx", output)
        # What it shows can be typed as it stands.
        self.assertIn(r"$ cim info ../the\ repository/tools/demo-network/resnet8-shapes.onnx", output)
        self.assertIn(r"-o my\ out/weights.png", output)

    def test_demo_of_a_preset(self):
        output = self.run_tool("demo", preset="other").stdout
        self.assertIn(f"{self.root / 'build-other/bin/cim'} in", output)
        self.assertTrue((self.root / "build-other/demo").is_dir())
        self.assertEqual(list(self.caller.iterdir()), [])

    def test_bench(self):
        self.assertEqual(self.run_tool("bench", "--json", "r.json").stdout,
                         self.ran(".venv-bench/bin/python", "compare.py", "--json r.json"))
        self.assertEqual(self.run_tool("bench", "training").stdout, self.ran(".venv-bench/bin/python", "training.py"))
        for name in ("accuracy", "tolerance", "program", "layers"):
            self.assertEqual(self.run_tool("bench", name, "--rounds", "1").stdout,
                             self.ran(".venv/bin/python", f"{name}.py", "--rounds 1"))
        self.assertTrue(self.run_tool("bench", "crosssim", "--crosssim", "../cross-sim").stdout.endswith(
            self.ran(".venv-bench/bin/python", "crosssim.py", "--crosssim ../cross-sim")))

    def test_bench_without_networks(self):
        """Nothing is installed for nothing."""
        (self.folder / "shared").rmdir()
        (self.root / ".venv-bench/requirements.txt").unlink()
        for arguments in ([], ["training"], ["crosssim", "--crosssim", "x"], ["accuracy"], ["tolerance"], ["program"],
                          ["layers"]):
            result = self.run_tool("bench", *arguments, status=1)
            self.assertEqual((result.stdout, result.stderr),
                             ("", f"bench: the benchmark networks are absent ({self.folder / 'shared'})\n"))
        self.assertEqual(self.run_tool("bench", "layers", "own.onnx").stdout,
                         self.ran(".venv/bin/python", "layers.py", "own.onnx"))

    def test_roofline(self):
        self.assertEqual(self.run_tool("roofline", "-o", "r.svg").stdout,
                         self.ran(".venv/bin/python", "roofline.py", "-o r.svg"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
