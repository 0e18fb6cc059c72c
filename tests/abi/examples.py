#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""examples.py ROOT: each example plugin is a single source of at most 60 lines of code.

Comments, blank lines, lines of a brace alone and #include lines are no code.
"""
import glob
import os
import re
import sys

MOST = 60


def lines_of_code(path):
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    return sum(1 for line in text.splitlines()
               if line.strip(" \t{}") and not line.startswith("#include"))


def main(root):
    folders = sorted(glob.glob(root + "/examples/plugins/*/"))
    print(f"1..{len(folders)}")
    failed = 0
    for folder in folders:
        sources = glob.glob(folder + "*.[ch]*")
        lines = [lines_of_code(path) for path in sources]
        good = len(lines) == 1 and 1 <= lines[0] <= MOST
        print(f"{'ok' if good else 'not ok'} - {os.path.basename(folder[:-1])}: {lines}")
        failed += not good
    return 1 if failed or len(folders) < 5 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
