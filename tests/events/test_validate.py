#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_validate.py WRITER: what the writer writes is valid, and the validator sees what is not.

WRITER FILE writes a stream with every kind of event. Each change below breaks one promise.
"""
import copy
import io
import json
import pathlib
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import validate  # noqa: E402

SCHEMA = json.loads(validate.SCHEMA.read_text(encoding="utf-8"))


def first(events, kind):
    return next(event for event in events if event["kind"] == kind)


def change(kind, /, **fields):
    return lambda events: first(events, kind).update(fields)


def change_frames(events):
    first(events, "encounter.closed")["frames"]["withheld"] += 1


def swap(events):
    a = events.index(first(events, "permit.granted"))
    b = events.index(first(events, "permit.revoked"))
    for key in ("seq", "t_ms"):
        events[a][key], events[b][key] = events[b][key], events[a][key]
    events[a], events[b] = events[b], events[a]


def drop(kind):
    def dropped(events):
        events.remove(first(events, kind))
        for number, event in enumerate(events):
            event["seq"] = number
    return dropped


BREAKS = {
    "an unknown field": (change("warning", score=0.7), "'score' was unexpected"),
    "a missing field": (lambda e: first(e, "permit.granted").pop("rule"), "'rule' is a required"),
    "an unknown kind": (change("warning", kind="person.named"), "unknown kind of event"),
    "an unknown outcome": (change("encounter.closed", outcome="deny"), "'deny' is not one of"),
    "another version": (change("lane.opened", v=2), "1 was expected"),
    "a gap": (lambda e: e[3].update(seq=99), "seq 99, expected 3"),
    "time running back": (lambda e: e[-1].update(t_ms=0), "t_ms runs back"),
    "frames that do not add up": (change_frames, "but leased + withheld + lost is"),
    "a permit revoked before granted": (swap, "but live is None"),
    "a permit left open": (drop("permit.revoked"), "is still live"),
    "an encounter left open": (drop("encounter.closed"), "is still open"),
    "an encounter never opened": (drop("encounter.opened"), "but open is None"),
    "compared without a capture": (drop("encounter.captured"), "compared without a capture"),
    "an attack that refers nobody": (
        lambda e: first(e, "pad.result").update(
            clear=False, impersonation={"answer": "fail", "required": True, "reason": ""}),
        "presentation is the reason of"),
    "clear without an answer that must pass": (
        lambda e: first(e, "pad.result")["evasion"].update(required=True),
        "clear is what the required answers say"),
    "an unknown answer": (
        lambda e: first(e, "pad.result")["evasion"].update(answer="deny"), "'deny' is not one of"),
    "a component out of range": (
        lambda e: first(e, "encounter.captured")["components"].update(sharpness=101), "101"),
    "a source back that was never lost": (drop("source.lost"), "in place of one that is not away"),
    "a policy of a lower version": (
        lambda e: first(e, "policy.changed")["from"].update(version=9), "of a lower version"),
    "no end": (drop("lane.closed"), "ends without lane.closed"),
    "no beginning": (drop("lane.opened"), "comes before lane.opened"),
    "a reason out of place": (change("encounter.closed", reason="blurred"), "a reason belongs to"),
    "an id with spaces": (change("encounter.opened", category="John Doe"), "does not match"),
}


def run(events, path):
    path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    out = io.StringIO()
    with redirect_stdout(out):
        bad = validate.validate(path, SCHEMA, False)
    return bad, out.getvalue()


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "events.jsonl"
        subprocess.run([sys.argv[1], path], check=True)
        events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        kinds = {event["kind"] for event in events}
        missing = set(SCHEMA["properties"]["kind"]["enum"]) - kinds
        if missing:
            print("not ok - kinds never written:", ", ".join(sorted(missing)))
            failed += 1
        if validate.validate(path, SCHEMA, False):
            print("not ok - the writer's own stream")
            failed += 1
        for name, (breaks, message) in BREAKS.items():
            broken = copy.deepcopy(events)
            breaks(broken)
            bad, text = run(broken, path)
            good = bad and message in text
            print(("ok - " if good else "not ok - ") + name)
            if not good:
                print(f"wanted: {message}\nfound: {text}")
                failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
