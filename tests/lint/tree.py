# SPDX-License-Identifier: Apache-2.0
"""What the lint checks share: walking the sources and reporting what they find."""
import argparse
import os
import re
import sys

SKIPPED = re.compile(r"^(\.git|build.*|demo|__pycache__|corpus)$")


def files(root, *endings):
    """Yields the paths, relative to root, of the sources with one of these endings, in order."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not SKIPPED.match(name))
        for name in sorted(names):
            path = os.path.join(folder, name)
            if name == ".git" or os.path.islink(path) or (endings and not name.endswith(endings)):
                continue
            yield os.path.relpath(path, root)


def text(root, path):
    """The file's text, or None for what is no text."""
    with open(os.path.join(root, path), "rb") as file:
        data = file.read()
    return None if b"\0" in data else data.decode("utf-8", errors="replace")


def main(check, doc):
    """Runs check(root), which yields "path:line: text"; exit status 1 if it yields anything."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("root", nargs="?", default=os.path.join(os.path.dirname(__file__), "../.."))
    found = list(check(os.path.normpath(parser.parse_args().root)))
    for line in found:
        print(line)
    sys.exit(1 if found else 0)
