#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""check.py ROOT CC: links of the pages lead somewhere, and the C they show compiles."""
import glob
import os
import re
import subprocess
import sys

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
BLOCK = re.compile(r"^```c\n(.*?)^```", re.S | re.M)


def dead_links(root, page, text):
    for target in LINK.findall(text):
        path = os.path.normpath(os.path.join(root, os.path.dirname(page), target))
        if "://" not in target and not os.path.exists(path):
            yield f"{target} leads nowhere"


def bad_blocks(root, cc, text):
    for block in BLOCK.findall(text):
        done = subprocess.run(
            [cc, "-std=c11", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wpedantic", "-Werror", "-fsyntax-only", "-x", "c",
             "-I", os.path.join(root, "core/include"), "-"], input=block, capture_output=True, text=True)
        yield from done.stderr.splitlines()


def strange_blocks(root, text):
    """C that is shown must be the C of an example, so that both stay alike."""
    sources = [open(path, encoding="utf-8").read()
               for path in glob.glob(os.path.join(root, "examples/**/*.c"), recursive=True)]
    for block in BLOCK.findall(text):
        if not any(block in source for source in sources):
            yield f"{block.splitlines()[0]}: not the text of a file in examples/"


def main(root, cc):
    pages = sorted(glob.glob("*.md", root_dir=root) + glob.glob("docs/**/*.md", root_dir=root, recursive=True))
    print(f"1..{len(pages)}")
    failed = 0
    for page in pages:
        with open(os.path.join(root, page), encoding="utf-8") as file:
            text = file.read()
        found = [*dead_links(root, page, text), *bad_blocks(root, cc, text),
                 *strange_blocks(root, text)]
        print(f"{'not ok' if found else 'ok'} - {page}")
        for line in found:
            print("#", line)
        failed += bool(found)
    return 1 if failed or not pages else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
