# SPDX-License-Identifier: Apache-2.0
"""A lane that looks for presentation attacks: who is not clear meets a human, nobody is denied."""

import json
import os
import subprocess
import sys
from pathlib import Path

import tap
from tap import POSTERN, SOURCE, Skip

OK, USAGE = 0, 2
POLICY = SOURCE / "policies/us-border.yaml"
SCENARIO = """scenario: 1
name: one
encounters:
  - {at: 0s, for: 3s, category: nonimmigrant, known-by: document, notice: current}
"""


def plugins():
    tests = Path(POSTERN).parents[2] / "tests/unit/worker/plugins"
    if not (tests / "witness/witness.yaml").exists():
        raise Skip("the test plugins are not built")
    return {**os.environ, "POSTERN_PLUGINS": f"{tests}:{Path(POSTERN).parents[2] / 'plugins'}"}


def postern(*arguments):
    return subprocess.run([POSTERN, *map(str, arguments)], env=plugins(), text=True, timeout=120,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)


def lane(folder, pad="witness", says=None, mode="good", **keys):
    """Runs a lane in which witness says what it is told. Returns the process and its events."""
    folder.mkdir()
    (folder / "scenario.yaml").write_text(SCENARIO)
    options = {"mode": mode, **(says or {})}
    (folder / "lane.yaml").write_text(
        "lane: 1\nplugins:\n  detector: marks\n  quality: grade\n  extractor: mean\n"
        + (f"  pad: {pad}\n  options:\n" + "".join(
            f"    - {{plugin: witness, name: {name}, value: {value}}}\n"
            for name, value in options.items()) if pad else "")
        + ("pad: {" + ", ".join(f"{k}: {v}" for k, v in keys.items()) + "}\n" if keys else ""))
    done = postern("run", folder / "lane.yaml", "--source", "synth:?people=1&size=320x240&fps=10",
                   "--policy", POLICY, "--set", "policy.date=2026-01-15", "--scenario",
                   folder / "scenario.yaml", "--state", folder / "state", "--sandbox", "off",
                   "--events", folder / "events")
    told = folder / "events"
    lines = told.read_text().splitlines() if told.exists() else []
    return done, [json.loads(line) for line in lines]


def of_kind(events, kind):
    return [event for event in events if event["kind"] == kind]


def closed(events):
    (event,) = of_kind(events, "encounter.closed")
    return event


def check_referred(folder, done, events, answers):
    assert done.returncode == OK, done.stderr
    (pad,) = of_kind(events, "pad.result")
    assert not pad["clear"], pad
    assert (pad["impersonation"]["answer"], pad["evasion"]["answer"]) == answers, pad
    assert closed(events)["outcome"] == "refer-not-captured", closed(events)
    assert closed(events)["reason"] == "presentation", closed(events)
    assert not of_kind(events, "encounter.captured")
    assert not of_kind(events, "match.result")
    (receipt,) = (folder / "state/receipts").iterdir()
    shown = postern("receipt", "show", receipt)
    assert "the camera could not tell that a person stands before it" in shown.stdout, shown


def test_who_passes_is_captured(folder):
    done, events = lane(folder / "a")
    assert done.returncode == OK, done.stderr
    (opened,) = of_kind(events, "lane.opened")
    assert opened["plugins"]["pad"] == "witness" and opened["plugins"]["quality"] == "grade"
    (pad,) = of_kind(events, "pad.result")
    assert pad["clear"] and pad["impersonation"] == {
        "answer": "pass", "required": True, "reason": "as told"}, pad
    (captured,) = of_kind(events, "encounter.captured")
    assert captured["quality"] == 50, captured
    assert captured["components"] == {"inter-eye-distance": 50, "sharpness": 50}, captured
    assert closed(events)["outcome"] == "refer-uncalibrated", closed(events)


def test_whatever_is_no_pass_on_a_question_that_must_pass_refers(folder):
    for question in ("impersonation", "evasion"):
        for answer in ("fail", "uncertain", "missing"):
            place = folder / f"{question}-{answer}"
            done, events = lane(place, says={question: answer})
            answers = (answer, "pass") if question == "impersonation" else ("pass", answer)
            check_referred(place, done, events, answers)


def test_a_detector_that_cannot_tell_refers(folder):
    for mode in ("no-face", "poor"):
        done, events = lane(folder / mode, mode=mode)
        check_referred(folder / mode, done, events, ("error", "error"))


def test_what_is_only_reported_decides_nothing(folder):
    done, events = lane(folder / "a", says={"evasion": "fail"}, evasion="reported")
    assert done.returncode == OK, done.stderr
    (pad,) = of_kind(events, "pad.result")
    assert pad["clear"], pad
    assert pad["evasion"] == {"answer": "fail", "required": False, "reason": ""}, pad
    assert closed(events)["outcome"] == "refer-uncalibrated", closed(events)
    done, events = lane(folder / "b", says={"impersonation": "fail", "evasion": "fail"},
                        evasion="reported")
    check_referred(folder / "b", done, events, ("fail", "fail"))


def test_a_detector_that_breaks_is_a_fault(folder):
    done, events = lane(folder / "a", mode="binary")
    assert done.returncode == OK, done.stderr
    assert of_kind(events, "worker.failed"), events
    assert not of_kind(events, "encounter.captured")
    assert closed(events)["outcome"] in ("refer-fault", "refer-not-captured"), closed(events)


def test_without_a_detector_nobody_looks(folder):
    done, events = lane(folder / "a", pad=None)
    assert done.returncode == OK, done.stderr
    assert not of_kind(events, "pad.result")
    assert closed(events)["outcome"] == "refer-uncalibrated", closed(events)
    done, _ = lane(folder / "b", pad=None, impersonation="required")
    assert done.returncode == USAGE, done
    assert "pad.impersonation is for a presentation attack detector; name one in plugins.pad" in \
        done.stderr, done.stderr
    done, _ = lane(folder / "c", pad="nobody")
    assert done.returncode == USAGE and "there is no pad 'nobody'" in done.stderr, done.stderr
    done, _ = lane(folder / "d", evasion="perhaps")
    assert done.returncode == USAGE and "pad.evasion" in done.stderr, done.stderr


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
