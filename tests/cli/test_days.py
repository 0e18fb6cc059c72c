# SPDX-License-Identifier: Apache-2.0
"""Dates in a lane: birthdays, notices that lapse, time zones of ports."""

import datetime
import json
import os
import re
import sys

import lanes
import tap
from lanes import POLICY
from tap import postern

OK, USAGE = 0, 2
AGES = """    values: [under-14, 14-to-79, over-79]
    default: 14-to-79
    ages:
      - {band: under-14, to: 13}
      - {band: 14-to-79, from: 14, to: 79}
      - {band: over-79, from: 80}
"""
CHILD = "category: nonimmigrant, known-by: document, notice: current"


def policy(folder, ages=AGES, until="2027-12-31"):
    """us-border with ages and a notice that lapses."""
    text = re.sub(r"^    values: \[under-14.*?(?=^  - axis)", ages, POLICY.read_text(), count=1,
                  flags=re.M | re.S)
    text = re.sub(r"^texts:\n(  notice-until: .*\n)?", f"texts:\n  notice-until: {until}\n", text,
                  count=1, flags=re.M)
    path = folder / "policy.yaml"
    path.write_text(text)
    return path


def run(folder, people, date, expect, *options, file=None):
    events = folder / "events.jsonl"
    done = postern("run", "--source", "synth:?people=1&seconds=4&size=320x240", "--policy",
                   file or policy(folder), "--scenario", lanes.scenario(folder, *people), "--state",
                   folder / "state", "--sandbox", tap.SANDBOX, "--detector", "cascade", "--extractor",
                   "lbph", "--events", events, "--set", f"policy.date={date}", "--json", *options,
                   expect=expect)
    lines = events.read_text().splitlines() if events.exists() else []
    return done, [json.loads(line) for line in lines]


def test_a_date_of_birth_decides(folder):
    born = [("2011-12-26", "under-14", "under-14-before"),
            ("2011-12-25", "14-to-79", "nonimmigrant-entry-before"),
            ("1945-12-25", "over-79", "over-79-before")]
    people = [f"at: {i}s, for: 0.5s, {CHILD}, born: {day}, expect: {{rule: {rule}}}"
              for i, (day, _, rule) in enumerate(born)]
    _, events = run(folder, people, "2025-12-25", OK)
    opened = [e for e in events if e["kind"] == "encounter.opened"]
    assert [e["age_band"] for e in opened] == [band for _, band, _ in born], opened


def test_who_is_not_born_yet_is_refused(folder):
    _, events = run(folder, [f"at: 0s, for: 1s, {CHILD}, born: 2025-12-26"], "2025-12-25", OK)
    closed = [e for e in events if e["kind"] == "encounter.closed"][0]
    assert closed["verdict"] == "refuse" and closed["frames"]["leased"] == 0, closed


def test_a_birth_needs_a_policy_with_ages(folder):
    without = policy(folder, AGES.split("    ages:")[0])
    person = f"at: 0s, for: 1s, {CHILD}, born: 2011-12-25"
    done, _ = run(folder, [person], "2025-12-25", USAGE, file=without)
    assert "states no ages" in done.stderr, done


def test_a_lapsed_notice_is_stale(folder):
    for date, verdict, notice in (("2026-01-31", "allow", "current"), ("2026-02-01", "ask", "stale")):
        _, events = run(folder, [f"at: 0s, for: 1s, {CHILD}"], date, OK,
                        file=policy(folder, until="2026-01-31"))
        noticed = [e for e in events if e["kind"] == "encounter.noticed"][0]
        closed = [e for e in events if e["kind"] == "encounter.closed"][0]
        assert (noticed["notice"], closed["verdict"]) == (notice, verdict), closed


def test_time_zones(folder):
    for zone in ("America/New_York", "Pacific/Kiritimati", "+14:00", "UTC"):
        run(folder, [f"at: 0s, for: 0.5s, {CHILD}"], "2026-01-15", OK, "--set",
            f"policy.time-zone={zone}")
    for zone in ("America/New_Yrok", "EST", "../../etc/passwd", "New York"):
        done, _ = run(folder, [f"at: 0s, for: 0.5s, {CHILD}"], "2026-01-15", USAGE, "--set",
                      f"policy.time-zone={zone}")
        assert "is not a time zone" in done.stderr and done.stderr.count("\n") == 1, done


class Clock:
    """The wall clock of a lane, kept in a file."""

    def __init__(self, folder, text):
        self.path = folder / "clock"
        self.set(text)
        self.env = {"LD_PRELOAD": os.environ["WALL_LIBRARY"], "WALL_CLOCK": str(self.path),
                    "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def set(self, text):
        new = self.path.with_suffix(".new")
        new.write_text(str(int(datetime.datetime.fromisoformat(text).timestamp())))
        new.rename(self.path)


def live(folder, clock, *options, people=8):
    """A lane at the pace of life with a child a second."""
    child = f"{CHILD}, age-band: under-14"
    scenario = lanes.scenario(folder, *(f"at: {i}s, for: 0.9s, {child}" for i in range(people)))
    source = f"synth:?people=1&seconds={people + 1}&size=320x240&fps=5"
    return lanes.Lane(folder, "--source", source, "--scenario", scenario, "--pace", "real", *options,
                      env=clock.env)


def rules_of(lane):
    return [e["rule"] for e in lane.events("encounter.closed")]


def test_the_day_turns_at_midnight_of_the_port_while_a_lane_runs(folder):
    for zone, before, after in (
            ("America/New_York", "2025-12-26T04:59:59+00:00", "2025-12-26T05:00:00+00:00"),
            ("-05:00", "2025-12-26T04:59:59+00:00", "2025-12-26T05:00:00+00:00"),
            ("Pacific/Guam", "2025-12-25T13:59:59+00:00", "2025-12-25T14:00:00+00:00")):
        clock = Clock(folder, before)
        with live(folder, clock, "--set", f"policy.time-zone={zone}", people=5) as lane:
            lane.wait_for_event("encounter.closed", 2)
            clock.set(after)
            assert lane.end(60) == OK, lane.describe()
            rules = rules_of(lane)
        turn = rules.index("under-14-after")
        assert 2 <= turn < 5, rules
        assert rules == ["under-14-before"] * turn + ["under-14-after"] * (5 - turn), rules


def test_a_clock_that_goes_back_captures_nobody(folder):
    clock = Clock(folder, "2025-12-26T00:00:00+00:00")
    with live(folder, clock, "--set", "policy.time-zone=UTC") as lane:
        lane.wait_for_event("encounter.closed", 1)
        clock.set("2025-12-25T23:59:59+00:00")
        lane.wait_for_event("encounter.closed", 4)
        clock.set("2025-12-26T00:00:01+00:00")
        assert lane.end(60) == OK, lane.describe()
        closed = lane.events("encounter.closed")
        warnings = [e["text"] for e in lane.events("warning")]
    refused = [e for e in closed if e["rule"].startswith("built-in")]
    assert len(refused) >= 2 and all(e["frames"]["leased"] == 0 for e in refused), closed
    assert {e["rule"] for e in closed if e not in refused} == {"under-14-after"}, closed
    assert closed[0]["rule"] == closed[-1]["rule"] == "under-14-after", closed
    assert any("the clock went back before 2025-12-26" in text for text in warnings), warnings


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
