"""Runs every command that the documentation shows: README.md and all pages of docs.

Commands are the lines beginning with `$ ` inside ```console blocks; the blocks
of one page run in order in one scratch folder, with `cim` and `cim-opt` on the
PATH and $SHARED as the folder with the shared data and models. A command fails
the test when its exit status is not 0, and so does a block that is marked as a
shell script, since nobody would run it. What cannot run here is skipped, loudly:
commands of NOT_RUN, and blocks that name $SHARED where it is absent.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

NOT_RUN = {
    "tools/(demo|test|bench|build)": "it builds, tests or measures everything",
    "tools/slurm/sweep": "it needs a cluster, and is what the test slurm_sweep runs",
    "cim reproduce experiments/": "it takes hours",
}


def commands(block):
    """Each with the lines that it goes on in."""
    command, ending = [], None  # the word that ends a here-document
    for line in block.splitlines():
        if not command and not line.startswith("$ "):
            continue
        command.append(line if command else line[2:])
        here = re.search(r"<<'(\w+)'$", line)
        if here:
            ending = here.group(1)
        elif line == ending:
            ending = None
        if not ending and not line.endswith("\\"):
            yield "\n".join(command)
            command = []


def reason_not_to_run(command):
    return next((reason for pattern, reason in NOT_RUN.items() if re.match(pattern + r"\b", command)), None)


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    build = pathlib.Path(sys.argv[2]).resolve()
    shared = root.parent / "shared"
    failures = ran = skipped = 0
    for page in [root / "README.md", *sorted((root / "docs").glob("*.md"))]:
        text = page.read_text()
        if re.search(r"^```(sh|bash|shell)$", text, re.M):
            print(f"FAILED: {page.name} has commands that are not run; mark them as ```console")
            failures += 1
        with tempfile.TemporaryDirectory() as scratch:
            for name in ("tools", "docs"):
                (pathlib.Path(scratch) / name).symlink_to(root / name)
            environment = dict(os.environ, PATH=f"{build / 'bin'}:{os.environ['PATH']}", SHARED=str(shared))
            for block in re.findall(r"^```console\n(.*?)^```", text, re.M | re.S):
                script = []
                for command in commands(block):
                    if reason := reason_not_to_run(command):
                        print(f"SKIPPED, {reason}: {command}")
                        skipped += 1
                    else:
                        script.append(command)
                script = "\n".join(script)
                if not script:
                    continue
                if "$SHARED" in script and not shared.is_dir():
                    print(f"SKIPPED, no {shared}:\n{script}")
                    skipped += 1
                    continue
                begin = time.monotonic()
                result = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", script], cwd=scratch, env=environment,
                                        capture_output=True, text=True)
                ran += 1
                print(f"[{time.monotonic() - begin:5.1f} s] {page.name}: {script.splitlines()[0]}", flush=True)
                if result.returncode != 0:
                    failures += 1
                    print(f"FAILED with status {result.returncode}: {script}\n{result.stdout}{result.stderr}")
    print(f"{ran} blocks of commands ran, {skipped} skipped, {failures} failed")
    sys.exit(1 if failures or ran == 0 else 0)


if __name__ == "__main__":
    main()
