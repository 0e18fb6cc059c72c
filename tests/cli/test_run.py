# SPDX-License-Identifier: Apache-2.0
"""`postern run` as a tester uses it: expectations, the same answer every time, a policy that changes."""

import contextlib
import io
import json
import re
import signal
import sys
from pathlib import Path

import tap
from lanes import POLICY, Lane, check_ledger, scenario
from tap import POSTERN, SOURCE, postern

sys.path.insert(0, str(SOURCE / "tests/events"))
import validate  # noqa: E402

OK, NO = 0, 1
RUNS = 10
DECLINES = ("at: 0.2s, for: 1.5s, category: us-citizen, known-by: document, notice: current, "
            "choice: {decline: 0.5s}")
CAPTURED = "at: 2s, for: 2s"
LOSES = "at: 4.2s, for: 1.5s, notice-lost: 0.5s"

# All that differs between runs of one recording and one scenario.
ASIDE = ("seq", "wall", "receipt")


def drawn(folder):
    clip = folder / "clip.mkv"
    if not clip.exists():
        postern("synth", clip, "--people", 3, "--seed", 7, "--seconds", 6, "--size", "320x240",
                expect=OK)
    return clip


def run(folder, people, *options, state="state", expect=OK):
    return postern("run", "--source", drawn(folder), "--policy", POLICY, "--scenario", people,
                   "--state", folder / state, "--sandbox", tap.SANDBOX, "--set", "policy.date=2026-01-15",
                   "--detector", "cascade", "--extractor", "lbph", *options, expect=expect)


def test_expectations_that_are_met(folder):
    people = scenario(folder,
                      DECLINES + ", expect: {outcome: refer-opted-out, verdict: refuse, leased: 0}",
                      CAPTURED + ", expect: {outcome: refer-no-match, leased: 1..}")
    done = run(folder, people)
    for line in ("     pass  outcome refer-opted-out", "     pass  verdict refuse",
                 "     pass  leased 0", "     pass  outcome refer-no-match"):
        assert line + "\n" in done.stdout, done.stdout
    assert "FAIL" not in done.stdout and "{" not in done.stdout, done.stdout
    assert "5 expectations met, 0 not\n" in done.stdout, done.stdout


def test_one_that_is_not_met_names_the_events_that_decided(folder):
    people = scenario(folder, DECLINES + ", expect: {outcome: verified, leased: 0}",
                      CAPTURED + ", expect: {leased: 0}")
    done = run(folder, people, expect=NO)
    lines = done.stdout.splitlines()
    at = lines.index("     FAIL  outcome: expected verified, got refer-opted-out")
    decided = [json.loads(line) for line in lines[at + 1:at + 4]]
    assert [e["kind"] for e in decided] == ["encounter.noticed", "encounter.chose",
                                            "encounter.closed"], decided
    assert all(e["encounter"] == 1 for e in decided), decided
    assert lines[at + 4] == "     pass  leased 0", done.stdout
    at = next(i for i, line in enumerate(lines) if line.startswith("     FAIL  leased: expected 0"))
    decided = [json.loads(line) for line in lines[at + 1:at + 4]]
    assert [e["kind"] for e in decided] == ["permit.granted", "permit.revoked",
                                            "encounter.closed"], decided
    assert decided[1]["leased"] == decided[2]["frames"]["leased"] > 0, decided
    assert "1 expectations met, 2 not\n" in done.stdout, done.stdout


def test_the_same_as_json(folder):
    people = scenario(folder, DECLINES + ", expect: {outcome: verified, leased: 0}")
    answer = json.loads(run(folder, people, "--json", expect=NO).stdout)
    assert (answer["met"], answer["unmet"]) == (1, 1), answer
    outcome, leased = answer["encounters"][0]["expectations"]
    assert leased == {"what": "leased", "expected": "0", "got": "0", "met": True}, leased
    events = outcome.pop("events")
    assert outcome == {"what": "outcome", "expected": "verified", "got": "refer-opted-out",
                       "met": False}, outcome
    assert events[-1]["kind"] == "encounter.closed", events


def test_a_notice_that_is_lost_closes_the_gate(folder):
    people = scenario(folder, LOSES + ", expect: {outcome: refer-no-notice, leased: 1..20}")
    never_content = ("--set", "capture.min-face=2000")
    run(folder, people, "--events", folder / "events.jsonl", *never_content)
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    revoked = [e for e in events if e["kind"] == "permit.revoked"]
    assert [(e["cause"], e["t_ms"]) for e in revoked] == [("notice", 4700)], revoked


def closed_events(path):
    """The encounter.closed lines of a stream, as bytes, without what differs between runs."""
    lines = []
    for line in path.read_text().splitlines():
        event = json.loads(line)
        if event["kind"] == "encounter.closed":
            assert not event["stored"], "an expiry would differ too"
            kept = {key: value for key, value in event.items() if key not in ASIDE}
            lines.append(json.dumps(kept, separators=(",", ":")).encode())
    return lines


def test_ten_runs_give_the_same_answers_to_the_byte(folder):
    people = scenario(folder, DECLINES, CAPTURED, LOSES)
    runs = []
    for number in range(RUNS):
        events = folder / f"events-{number}.jsonl"
        run(folder, people, "--events", events, state=f"state-{number}")
        runs.append(closed_events(events))
    assert len(runs[0]) == 3, runs[0]
    for number in range(1, RUNS):
        assert runs[number] == runs[0], f"run {number}:\n{runs[number]}\n{runs[0]}"


def write_policy(path, version, text=None):
    new = re.sub(r"(?m)^version: \d+$", f"version: {version}", POLICY.read_text())
    path.write_text(new if text is None else text)


def test_a_policy_that_changes_while_a_lane_runs(folder):
    policy = folder / "policy.yaml"
    write_policy(policy, 1)
    people = scenario(folder, *(f"at: {i}s, for: 0.8s" for i in range(40)))
    source = "synth:?people=2&seed=7&size=320x240&fps=15"
    with Lane(folder, "--source", source, "--pace", "real", "--scenario", people,
              "--policy", policy) as lane:
        lane.wait_for_event("permit.granted")
        write_policy(policy, 2)
        lane.signal(signal.SIGHUP)
        changed = lane.wait_for_event("policy.changed")
        assert (changed["from"]["version"], changed["to"]["version"]) == (1, 2), changed
        assert changed["from"]["digest"] == lane.events("lane.opened")[0]["policy"]["digest"]
        write_policy(policy, 1)
        lane.signal(signal.SIGHUP)
        warning = lane.wait_for_event("warning")
        assert "policy stays as it was" in warning["text"], warning
        assert "versions only rise" in warning["text"], warning
        write_policy(policy, 3, "policy: [\n")
        lane.signal(signal.SIGHUP)
        warning = lane.wait_for_event("warning", 2)
        assert "policy.yaml:" in warning["text"], warning
        closed = len(lane.events("encounter.closed"))
        lane.wait_for_event("encounter.closed", closed + 1)
        lane.signal(signal.SIGTERM)
        lane.end(60)
    assert "version 2 in force" in lane.errors, lane.errors
    assert len(lane.events("policy.changed")) == 1, lane.describe()
    check_ledger(lane)
    schema = json.loads(validate.SCHEMA.read_text())
    with contextlib.redirect_stdout(io.StringIO()) as told:
        assert not validate.validate(lane.events_path, schema, False), told.getvalue()
    log = postern("audit", "show", "--state", lane.state, "--kind", "policy.changed", "--json",
                  expect=OK).stdout
    entries = [json.loads(line) for line in log.splitlines()]
    assert len(entries) == 1, entries
    data = entries[0]["data"]
    assert (data["from_version"], data["version"]) == (1, 2), data
    assert data["policy_sha256"] == changed["to"]["digest"], data
    assert data["from_sha256"] == changed["from"]["digest"], data


if __name__ == "__main__":
    assert Path(POSTERN).exists()
    tap.run(sys.modules[__name__])
