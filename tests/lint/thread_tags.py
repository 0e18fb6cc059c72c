#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every function pointer of the plugin ABI says, last in its comment, on which thread it runs."""
import re

import tree

POINTER = re.compile(r"\(\s*\*\s*(\w+)\s*\)\s*\(")
TAG = re.compile(r"\[(control|capture|frame|any)( & !?running)?\]\s*\*/\s*$")


def comment_above(lines, index):
    """The comment that ends right above lines[index], as one string; empty if there is none."""
    end = index - 1
    if end < 0 or not lines[end].rstrip().endswith("*/"):
        return ""
    begin = end
    while begin > 0 and "/*" not in lines[begin]:
        begin -= 1
    return "\n".join(lines[begin:index])


def code_only(lines):
    """The lines with comments blanked out, so that a pointer named in prose is none."""
    blanked = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m[0]), "\n".join(lines), flags=re.S)
    return blanked.splitlines()


def check(root):
    for path in tree.files(root, ".h"):
        if not path.startswith("core/include/postern/"):
            continue
        lines = tree.text(root, path).splitlines()
        for index, line in enumerate(code_only(lines)):
            match = POINTER.search(line)
            if match and not TAG.search(comment_above(lines, index)):
                yield f"{path}:{index + 1}: {match[1]}: no thread tag at the end of its comment"


if __name__ == "__main__":
    tree.main(check, __doc__)
