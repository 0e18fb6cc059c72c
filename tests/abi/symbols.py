#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""symbols.py FILE...: a plugin (FILE.so; others are passed over) exports
pst_plugin_entry, read-only data, and nothing else.
"""
import os
import subprocess
import sys


def exported(path):
    out = subprocess.run(["nm", "-D", "--defined-only", path], capture_output=True, text=True,
                         check=True).stdout
    return [(kind, name) for kind, name in (line.split()[-2:] for line in out.splitlines())
            if not name.startswith("__odr_asan.")]  # a sanitizer's own


def main(paths):
    paths = [path for path in paths if path.endswith(".so")]
    print(f"1..{len(paths)}")
    failed = 0
    for path in paths:
        found = exported(path)
        # D: a const struct that holds pointers, made read-only after relocation (.data.rel.ro)
        good = len(found) == 1 and found[0][1] == "pst_plugin_entry" and found[0][0] in "DR"
        print(f"{'ok' if good else 'not ok'} - {os.path.basename(path)}")
        if not good:
            print(f"# exports {found}")
        failed += not good
    return 1 if failed or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
