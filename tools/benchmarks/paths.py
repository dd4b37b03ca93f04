"""Where the networks and data are, what tools/build has built, and the processor's name."""

import pathlib
import platform
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
BUILD = pathlib.Path(subprocess.check_output([ROOT / "tools/build-folder"], text=True).removesuffix("\n"))
CIM = BUILD / "bin/cim"


def cpu_name():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()
