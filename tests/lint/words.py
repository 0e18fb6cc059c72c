#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What no file may hold: somebody's folders, unfinished-work marks, sources without a licence."""
import re

import tree

HOME = re.compile(r"(?<![\w.$}~-])/(home|root|work|Users)/\w")
MARK = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
SPDX = "SPDX-License-Identifier: Apache-2.0"
SOURCES = (".c", ".h", ".cpp", ".py", ".sh")


def check(root):
    for path in tree.files(root):
        content = tree.text(root, path)
        if content is None or path == "LICENSE":
            continue
        lines = content.splitlines()
        script = bool(lines) and lines[0].startswith("#!")
        if (path.endswith(SOURCES) or script) and not any(SPDX in line for line in lines[:3]):
            yield f"{path}:1: no line '{SPDX}'"
        for number, line in enumerate(lines, 1):
            if HOME.search(line):
                yield f"{path}:{number}: a folder of somebody's machine"
            if MARK.search(line):
                yield f"{path}:{number}: unfinished work is not committed"


if __name__ == "__main__":
    tree.main(check, __doc__)
