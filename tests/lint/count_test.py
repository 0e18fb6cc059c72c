#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""count_test.py COUNT: the counting line of ./dev test hides no failure."""
import json
import subprocess
import sys
import tempfile


def test(result, stdout="", code=0):
    return {"name": "x", "result": result, "stdout": stdout, "returncode": code}


# (tests of a log, what the last line must be, exit status)
CASES = [
    ("plain programs", [test("OK"), test("FAIL", code=1)], "1 passed, 1 failed, 0 skipped", 1),
    ("cases of TAP", [test("OK", "1..3\nok - a\nok 2 - b\nok 3 c\n")], "3 passed, 0 failed, 0 skipped", 0),
    ("a failed case", [test("ERROR", "1..2\nok - a\nnot ok - b\n  --- why\n", 1)],
     "1 passed, 1 failed, 0 skipped", 1),
    ("skipped cases", [test("OK", "1..2\nok - a\nok - b # SKIP no camera\n")], "1 passed, 0 failed, 1 skipped", 0),
    ("a crash after good cases", [test("ERROR", "1..9\nok - a\nok - b\n", -11)], "2 passed, 1 failed, 0 skipped", 1),
    ("a time-out", [test("TIMEOUT", "", -15), test("OK")], "1 passed, 1 failed, 0 skipped", 1),
    ("an expected failure that passes", [test("UNEXPECTEDPASS"), test("OK")], "1 passed, 1 failed, 0 skipped", 1),
    ("a skipped program", [test("SKIP", "no model\n", 77), test("OK")], "1 passed, 0 failed, 1 skipped", 0),
    ("all skipped is no success", [test("SKIP", "1..1\nok - a # SKIP no\n")], "0 passed, 0 failed, 1 skipped", 1),
    ("no tests is no success", [], "0 passed, 0 failed, 0 skipped", 1),
    ("output that only looks like TAP", [test("OK", "ok then\nnot ok\n")], "1 passed, 0 failed, 0 skipped", 0),
]


# (tests of a log, a line that must be among those before the last)
QUOTES = [
    ("what a failed case said is quoted", [test("ERROR", "1..2\nnot ok - b\n  --- why\nok - a\n", 1)],
     "  |   --- why"),
    ("what a passed case said is not", [test("ERROR", "1..2\nok - a\n# chat\nnot ok - b\n# why\n", 1)],
     "  | # why"),
    ("what a crash left is quoted", [test("FAIL", "last words\n", -11)], "  | last words"),
]


def run(count, tests):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as log:
        log.write("".join(json.dumps(entry) + "\n" for entry in tests))
        log.flush()
        return subprocess.run([count, log.name], capture_output=True, text=True)


def main(count):
    failed = 0
    print(f"1..{len(CASES) + len(QUOTES)}")
    for name, tests, line, status in CASES:
        done = run(count, tests)
        good = done.returncode == status and done.stdout.splitlines()[-1:] == [line]
        print(f"{'ok' if good else 'not ok'} - {name}")
        if not good:
            failed += 1
            print(f"# wanted {line!r} and {status}, got {done.returncode}: {done.stdout!r} {done.stderr!r}")
    for name, tests, line in QUOTES:
        quoted = [said for said in run(count, tests).stdout.splitlines() if said.startswith("  | ")]
        good = quoted == [line]
        print(f"{'ok' if good else 'not ok'} - {name}")
        if not good:
            failed += 1
            print(f"# wanted {line!r}, got {quoted!r}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
