"""Checks what every folder includes against the table of docs/architecture.md."""

import pathlib
import re
import sys


def rules(page):
    """What each folder may use, folders by name."""
    table = page.read_text().split("| folder | what lives there | may use |\n")[1].split("\n\n")[0]
    rows = [line.split(" | ") for line in table.splitlines()[1:]]
    return {re.search("`(.*)`", row[0])[1]: re.findall("`(.*?)`", row[-1]) for row in rows}


def is_in(path, folder):
    return path.startswith(folder + "/")


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    allowed = rules(root / "docs/architecture.md")

    def folder_of(path):
        """The innermost of the table; folders that it does not have are not ours."""
        return max((folder for folder in allowed if is_in(path, folder)), key=len, default=None)

    failures = checked = 0
    for top in sorted({folder.split("/")[0] for folder in allowed}):
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in (".h", ".cpp", ".td"):
                continue
            path = str(file.relative_to(root))
            folder = folder_of(path)
            for used in re.findall(r'^#?include "(.+)"', file.read_text(), re.M):
                if folder_of(used) in (None, folder):
                    continue
                checked += 1
                if not any(is_in(used, other) for other in allowed[folder]):
                    failures += 1
                    print(f"{path} includes {used}, which {folder} may not use")
    print(f"{checked} uses of another folder, {failures} not allowed")
    sys.exit(1 if failures or not checked else 0)


if __name__ == "__main__":
    main()
