# SPDX-License-Identifier: Apache-2.0
"""Some consoles that are killed; `./dev long` kills more."""

import tap
from kills import kill_at_random


def test_a_console_is_killed_at_any_moment(folder):
    took = kill_at_random(folder, 5)
    print(f"# the notice lapsed within {max(took):.2f} s")


if __name__ == "__main__":
    tap.run(__import__("__main__"))
