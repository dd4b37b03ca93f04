# Tests of the IR: cim-opt and FileCheck on .mlir files. ctest runs them with
# the programs of its build; by hand: /usr/lib/llvm-22/bin/lit -v tests/ir/...
import os

import lit.formats

root = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
programs = lit_config.params.get("programs", os.path.join(root, "build", "bin"))
llvm = lit_config.params.get("llvm", "/usr/lib/llvm-22/bin")
shared = os.path.realpath(os.path.join(root, "..", "shared"))

config.name = "Cimulator IR"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = lit_config.params.get("output", os.path.join(root, "build", "tests", "ir"))
config.environment["PATH"] = os.pathsep.join([programs, llvm, os.environ["PATH"]])
for variable in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if variable in os.environ:
        config.environment[variable] = os.environ[variable]

config.substitutions.append(("%shared", shared))
if os.path.isdir(shared):
    config.available_features.add("shared")
