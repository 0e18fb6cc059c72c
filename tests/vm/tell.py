#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tell.py KEPT HOW-LONG SUITES...: what the suites of each machine found, as one TAP report."""
import os
import re
import sys


def lines(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except OSError:
        return []


def main(kept, how_long, machines):
    report = []
    for number, suites in enumerate(machines):
        folder = os.path.join(kept, str(number))
        for suite in suites.split():
            found = lines(os.path.join(folder, suite + ".tap"))
            report += found
            if "# done" not in found:
                report.append(f"not ok - {suite}: runs to its end")
                report += ["# " + line for line in lines(os.path.join(folder, "console"))[-15:]]
    cases = [line for line in report if re.match(r"(not )?ok ", line)]
    bad = [line for line in cases if line.startswith("not ok ")]
    print(f"1..{len(cases)}", *(line for line in report if line != "# done"), sep="\n")
    print(f"# {len(cases)} checks, {len(bad)} failed, {how_long}")
    return 1 if bad or not cases else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
