#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""No function above 100 lines unless the comment above it says why it is long; no endless files."""
import os
import re
import subprocess

import tree

FUNCTION_MAX = 100
SOURCE_MAX = 750
HEADER_MAX = 250


def explained(lines, begin):
    """Whether the comment above line number begin (from 1) holds the word "long"."""
    above = begin - 2
    if above < 0 or not lines[above].rstrip().endswith("*/"):
        return False
    text = ""
    while above >= 0:
        text = lines[above] + " " + text
        if "/*" in lines[above]:
            break
        above -= 1
    return re.search(r"\blong\b", text, re.I) is not None


def check(root):
    paths = list(tree.files(root, ".c", ".h", ".cpp"))
    for path in paths:
        count = len(tree.text(root, path).splitlines())
        most = HEADER_MAX if path.endswith(".h") else SOURCE_MAX
        if count > most:
            yield f"{path}:1: {count} lines, more than {most}: split it"
    tags = subprocess.run(
        ["ctags", "-x", "--languages=C,C++", "--kinds-C=f", "--kinds-C++=f", "--fields=+ne",
         "--_xformat=%{line} %{end} %{name} %{input}", "-L", "-"],
        input="\n".join(os.path.join(root, path) for path in paths), text=True, check=True,
        capture_output=True).stdout
    for tag in tags.splitlines():
        line, end, name, path = tag.split(" ", 3)
        path = os.path.relpath(path, root)
        length = int(end) - int(line) + 1 if end.isdigit() else 0
        if length > FUNCTION_MAX and not explained(tree.text(root, path).splitlines(), int(line)):
            yield f"{path}:{line}: {name} has {length} lines and no comment above says why it is long"


if __name__ == "__main__":
    tree.main(check, __doc__)
