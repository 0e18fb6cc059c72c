# SPDX-License-Identifier: Apache-2.0
"""Many browsers and requests for some seconds; `./dev long` and `./dev bench console` take longer."""

import tap
from loads import check, describe, measure


def test_a_lane_loses_no_frame_for_its_watchers(folder):
    without, loaded, load, peak = measure(folder, 4)
    for line in describe(without, loaded, load, peak):
        print(f"# {line}")
    check(without, loaded, load)


if __name__ == "__main__":
    tap.run(__import__("__main__"))
