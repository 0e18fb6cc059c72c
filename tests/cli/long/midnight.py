# SPDX-License-Identifier: Apache-2.0
"""A lane that runs over midnight of its port looks up the new day for the next traveler."""

import datetime
import json
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import lanes  # pylint: disable=wrong-import-position
import tap  # pylint: disable=wrong-import-position
from lanes import POLICY  # pylint: disable=wrong-import-position
from tap import postern  # pylint: disable=wrong-import-position

LEAD_S = 12  # from the start of the lane to midnight
PEOPLE = 24


def zone_whose_midnight_is(minute):
    """The offset from UTC at which a full minute of UTC is midnight, and the day that ends then."""
    east = -(minute // 60) % 1440
    east = east - 1440 if east > 14 * 60 else east
    sign, size = ("-", -east) if east < 0 else ("+", east)
    day = datetime.date(1970, 1, 1) + datetime.timedelta(days=(minute + east * 60) // 86400 - 1)
    return f"{sign}{size // 60:02}:{size % 60:02}", day


def next_minute():
    """The next full minute that is not too near, waited for."""
    minute = (int(time.time()) + LEAD_S) // 60 * 60 + 60
    while time.time() < minute - LEAD_S:
        time.sleep(0.2)
    return minute


def test_the_next_traveler_is_decided_by_the_new_day(folder):
    zone, last = zone_whose_midnight_is(next_minute())
    first = last + datetime.timedelta(days=1)
    text = POLICY.read_text().replace("2025-12-25", str(last)).replace("2025-12-26", str(first))
    (folder / "policy.yaml").write_text(re.sub(r"^  notice-until: .*\n", "", text, flags=re.M))
    child = "category: nonimmigrant, known-by: document, age-band: under-14, notice: current"
    scenario = lanes.scenario(folder, *(f"at: {i}s, for: 0.9s, {child}" for i in range(PEOPLE)))
    done = postern("run", "--source", f"synth:?people=1&seconds={PEOPLE + 1}&size=320x240&fps=5",
                   "--policy", folder / "policy.yaml", "--scenario", scenario, "--state",
                   folder / "state", "--sandbox", "off", "--detector", "cascade", "--extractor",
                   "lbph", "--json", "--pace", "real", "--set", f"policy.time-zone={zone}", expect=0)
    rules = [e["rule"] for e in json.loads(done.stdout)["encounters"]]
    turn = rules.index("under-14-after")
    assert 0 < turn < PEOPLE, rules
    assert rules == ["under-14-before"] * turn + ["under-14-after"] * (PEOPLE - turn), rules


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
