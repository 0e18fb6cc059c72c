# SPDX-License-Identifier: Apache-2.0
"""A console that is killed at twenty moments."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import tap
from kills import kill_at_random


def test_a_console_is_killed_at_twenty_moments(folder):
    took = kill_at_random(folder, 20)
    print("# the notice lapsed after, in s: " + " ".join(f"{one:.2f}" for one in sorted(took)))


if __name__ == "__main__":
    tap.run(__import__("__main__"))
