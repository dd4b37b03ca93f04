"""Where the networks and data are, and what tools/build has built."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
BUILD = pathlib.Path(subprocess.check_output([ROOT / "tools/build-folder"], text=True).removesuffix("\n"))
CIM = BUILD / "bin/cim"
