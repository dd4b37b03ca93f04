"""Runs every command that a page of documentation shows.

Commands are the lines beginning with `$ ` inside ```console blocks; the blocks
of one page run in order in one scratch folder, with `cim` and `cim-opt` on the
PATH and $SHARED as the folder with the shared data and models. A command fails
the test when its exit status is not 0. Blocks that name $SHARED are skipped,
loudly, where it is absent.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time


def blocks(page):
    for match in re.finditer(r"^```console\n(.*?)^```", page.read_text(), re.M | re.S):
        commands = []
        continued = False
        document = None  # the word that ends a here-document
        for line in match.group(1).splitlines():
            if document:
                commands.append(line)
                document = None if line == document else document
            elif line.startswith("$ ") or continued:
                text = line[2:] if not continued else line
                continued = text.endswith("\\")
                commands.append(text)
                here = re.search(r"<<'(\w+)'$", text)
                document = here and here.group(1)
        yield "\n".join(commands)


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    build = pathlib.Path(sys.argv[2]).resolve()
    pages = [root / p for p in sys.argv[3:]]
    shared = root.parent / "shared"
    failures = ran = skipped = 0
    for page in pages:
        with tempfile.TemporaryDirectory() as scratch:
            for name in ("tools", "docs"):
                (pathlib.Path(scratch) / name).symlink_to(root / name)
            environment = dict(os.environ, PATH=f"{build / 'bin'}:{os.environ['PATH']}", SHARED=str(shared))
            for block in blocks(page):
                if not block or re.search(r"^(tools/(demo|test|bench|build)|git|cmake)\b", block, re.M):
                    continue  # these run the tests themselves, or take long
                if "$SHARED" in block and not shared.is_dir():
                    print(f"SKIPPED, no {shared}:\n{block}")
                    skipped += 1
                    continue
                begin = time.monotonic()
                result = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", block], cwd=scratch, env=environment,
                                        capture_output=True, text=True)
                ran += 1
                print(f"[{time.monotonic() - begin:5.1f} s] {page.name}: {block.splitlines()[0]}", flush=True)
                if result.returncode != 0:
                    failures += 1
                    print(f"FAILED with status {result.returncode}: {block}\n{result.stdout}{result.stderr}")
    print(f"{ran} blocks of commands ran, {skipped} skipped, {failures} failed")
    sys.exit(1 if failures or ran + skipped == 0 else 0)


if __name__ == "__main__":
    main()
