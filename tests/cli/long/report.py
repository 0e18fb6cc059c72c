# SPDX-License-Identifier: Apache-2.0
"""A report of a long log: a million entries, in memory that does not grow with them.

usage: report.py [ENTRIES]
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from auditlog import AuditLog  # noqa: E402
from tap import POSTERN  # noqa: E402
from test_report import everybody  # noqa: E402

MOST_KIB = 48 * 1024


def measure(state):
    """Seconds and peak resident KiB of a report, and what it says."""
    begun = time.monotonic()
    child = subprocess.Popen([POSTERN, "report", "--json", "--state", state],
                             stdout=subprocess.PIPE)
    said = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0, status
    return time.monotonic() - begun, usage.ru_maxrss, said


def main(entries):
    print("1..1")
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for count in (entries // 100, entries):
            state = Path(folder) / str(count)
            with AuditLog(state) as log:
                everybody(log, 1, people=count)
            figures.append(measure(state))
            size = (state / "audit.log").stat().st_size
            print(f"# {count} entries, {size / 2**20:.0f} MiB: {figures[-1][0]:.1f} s, "
                  f"{figures[-1][1]} KiB", flush=True)
    bounded = figures[1][1] < MOST_KIB and figures[1][1] < figures[0][1] + 4096
    print(f"{'ok' if bounded else 'not ok'} 1 - memory does not grow with the log")
    return 0 if bounded else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
