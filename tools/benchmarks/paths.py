"""Where the networks and data are, and what tools/build has built."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
PRESET = os.environ.get("CIM_PRESET") or "default"
BUILD = ROOT / ("build" if PRESET in ("default", "ci") else f"build-{PRESET}")  # as in tools/build
CIM = BUILD / "bin/cim"
