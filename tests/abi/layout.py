#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""layout.py PROGRAM GOLDEN HEADERS_DIR: the ABI is as it was promised, and nothing of it is unpinned.

A field may be added at the end of a struct or a value beside the others: then the new line goes
into GOLDEN in the same commit. What stands there may never change within a major version.
"""
import difflib
import glob
import re
import subprocess
import sys


def declared(folder):
    """Names of the structs, their fields and the enumerators that the public headers declare."""
    structs, values = {}, set()
    for path in sorted(glob.glob(folder + "/*.h")):
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
        for name, body in re.findall(r"struct (\w+) \{(.*?)\n\};", text, re.S):
            fields = [re.search(r"\(\*(\w+)\)|(\w+)(?:\[\w+\])?$", part.strip(), re.S)
                      for part in body.split(";") if part.strip()]
            structs[name] = [field[1] or field[2] for field in fields]
        for body in re.findall(r"enum \w+ \{(.*?)\n\};", text, re.S):
            values.update(re.findall(r"^\t(PST_\w+) = ", body, re.M))
        values.update(re.findall(r"X\((PST_(?:E|MEASURE)_\w+),", text))
    return structs, values


def main(program, golden, folder):
    now = subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()
    with open(golden, encoding="utf-8") as file:
        then = file.read().splitlines()
    bad = list(difflib.unified_diff(then, now, "promised", "built", lineterm=""))
    structs, values = declared(folder)
    pinned, current = {}, None
    for line in now:
        if line.startswith("struct "):
            current = pinned.setdefault(line.split()[1], [])
        elif line.startswith("  "):
            current.append(line.split()[0])
    for name, fields in structs.items():
        if pinned.get(name) != fields:
            bad.append(f"struct {name}: declared {fields}, pinned {pinned.get(name)}")
    for value in sorted(values - {line.split()[0] for line in now}):
        bad.append(f"{value}: declared, not pinned in layout.c")
    print("\n".join(bad))
    return 1 if bad or not structs else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
