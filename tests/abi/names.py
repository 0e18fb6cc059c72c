#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""names.py ROOT: the rooms that load plugins know none of them by name."""
import glob
import os
import re
import sys

ROOMS = ["core/host", "core/worker", "core/wire", "core/pipeline", "core/include/postern"]


def code(path):
    """A source without its comments."""
    with open(path, encoding="utf-8") as file:
        return re.sub(r"/\*.*?\*/|//[^\n]*", " ", file.read(), flags=re.S)


def main(root):
    ids = set()
    for path in glob.glob(root + "/plugins/*/*.yaml.in") + glob.glob(root + "/examples/plugins/*/*.yaml.in"):
        with open(path, encoding="utf-8") as file:
            ids.update(re.findall(r"^id: (\S+)$", file.read(), re.M))
    sources = [path for room in ROOMS for path in sorted(glob.glob(f"{root}/{room}/*.[ch]"))]
    found = []
    for path in sources:
        for text in re.findall(r'"((?:[^"\\\n]|\\.)*)"', code(path)):
            if text in ids:
                found.append(f"{os.path.relpath(path, root)}: knows a plugin by its id, '{text}'")
    print("\n".join(found))
    return 1 if found or len(ids) < 8 or len(sources) < 40 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
