"""Where the networks and data are, what tools/build has built, and the processor's name."""

import os
import pathlib
import platform

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
PRESET = os.environ.get("CIM_PRESET") or "default"
BUILD = ROOT / ("build" if PRESET in ("default", "ci") else f"build-{PRESET}")  # as in tools/build
CIM = BUILD / "bin/cim"


def cpu_name():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()
