#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""headers.py CC CXX INCLUDE_DIR: each public header compiles alone, in C11, C17 and C++17.

With the compilers given and, where it is installed, with clang.
"""
import glob
import os
import shutil
import subprocess
import sys

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wshadow", "-Wundef"]


def main(cc, cxx, folder):
    modes = [(cc, "c", "c11"), (cc, "c", "c17"), (cxx, "c++", "c++17")]
    if shutil.which("clang") and shutil.which("clang++"):
        modes += [("clang", "c", "c11"), ("clang", "c", "c17"), ("clang++", "c++", "c++17")]
    headers = sorted(glob.glob(folder + "/postern/*.h"))
    print(f"1..{len(headers) * len(modes)}")
    failed = 0
    for path in headers:
        name = os.path.relpath(path, folder)
        source = f"#include <{name}>\n#include <{name}>\nint main(void)\n{{\n\treturn 0;\n}}\n"
        for compiler, language, standard in modes:
            done = subprocess.run(
                [compiler, "-x", language, "-std=" + standard, *WARNINGS, "-fsyntax-only",
                 "-I", folder, "-"], input=source, capture_output=True, text=True)
            print(f"{'ok' if done.returncode == 0 else 'not ok'} - {name} as {standard}, {os.path.basename(compiler)}")
            for line in done.stderr.splitlines()[:10]:
                print("#", line)
            failed += done.returncode != 0
    return 1 if failed or not headers else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
