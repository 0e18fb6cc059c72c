#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""test_authors.py ROOT BUILD: the commands of docs/plugin-authors.md, in order, as an author runs them.

Installs the build into a folder, and runs every block of commands of the page in an empty one, in
one shell that ends at the first command that fails.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PAGE = "docs/plugin-authors.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.S | re.M)
MARK = "=== block "


def install(build, folder):
    """@return the prefix, which is not the one that was configured"""
    options = subprocess.run(["meson", "introspect", "--buildoptions", build], check=True,
                             capture_output=True, text=True).stdout
    prefix = re.search(r'"name": "prefix", "value": "([^"]*)"', options)[1]
    subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet"], check=True,
                   env={**os.environ, "DESTDIR": str(folder)}, stdout=subprocess.DEVNULL)
    return str(folder) + prefix


def main(root, build):
    text = Path(root, PAGE).read_text()
    blocks = [(text.count("\n", 0, m.start()) + 1, m[1]) for m in BLOCK.finditer(text)]
    print(f"1..{len(blocks)}")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        home.mkdir()
        script = "set -euo pipefail\n" + "".join(
            f"echo '{MARK}{i}'\n{block}" for i, (_, block) in enumerate(blocks))
        environment = {"PREFIX": install(build, Path(folder, "installed")), "HOME": str(home),
                       "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TMPDIR": folder}
        done = subprocess.run(["bash", "-c", script], cwd=home, env=environment, text=True,
                              errors="replace", stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = re.split(f"^{MARK}\\d+\n", done.stdout, flags=re.M)[1:]
    for number, (line, block) in enumerate(blocks, 1):
        first = block.splitlines()[0]
        good = number < len(said) or (number == len(said) and done.returncode == 0)
        print(f"{'ok' if good else 'not ok'} {number} - {PAGE}:{line}: {first}")
        if number == len(said) and not good:
            for told in said[-1].splitlines()[-20:]:
                print("#", told)
    return 1 if done.returncode or len(blocks) < 10 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
