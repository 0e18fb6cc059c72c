#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""validate.py [--schema FILE] [--lossy] EVENTS...: checks event streams of lanes.

Each line against docs/events.schema.json; then what a schema cannot say: "seq" without a gap (a
gap is allowed with --lossy), a clock that does not run back, frames that add up, and the life of
each encounter and permit in its order. Prints what is wrong, line by line; exit status 1 if
anything is.
"""
import argparse
import json
import pathlib
import sys

import jsonschema

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs" / "events.schema.json"


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise ValueError("given twice: " + ", ".join(sorted(twice)))
    return dict(pairs)


class Stream:
    """One lane's stream: what is open at this moment, and what has been found wrong."""

    def __init__(self, schema, lossy):
        self.schema = schema
        self.lossy = lossy
        self.faults = []
        self.sequence = 0
        self.t_ms = 0
        self.opened = self.closed = False
        self.encounter = None  # the one that is open
        self.permit = None  # the one that is live
        self.leased = 0  # under the permits of this encounter
        self.captured = False
        self.clear = None  # of a presentation attack; None: nobody looked
        self.away = False  # the source
        self.encounters = 0
        self.last_encounter = self.last_permit = 0
        self.totals = dict.fromkeys(("leased", "lost"), 0)

    def fault(self, text):
        self.faults.append(text)

    def want(self, condition, text):
        if not condition:
            self.fault(text)

    def check_schema(self, event):
        kind = event.get("kind") if isinstance(event, dict) else None
        if not isinstance(kind, str) or kind not in self.schema["properties"]["kind"]["enum"]:
            self.fault(f"unknown kind of event: {kind!r}")
            return False
        one = {"$ref": f"#/$defs/{kind}", "$defs": self.schema["$defs"]}
        errors = list(jsonschema.Draft202012Validator(one).iter_errors(event))
        for error in errors:
            self.fault(f"{'.'.join(map(str, error.path)) or kind}: {error.message}")
        return not errors

    def check(self, event):
        if not self.check_schema(event):
            return
        gap = event["seq"] - self.sequence
        self.want(gap == 0 or (self.lossy and gap > 0),
                  f"seq {event['seq']}, expected {self.sequence}")
        self.sequence = event["seq"] + 1
        self.want(event["t_ms"] >= self.t_ms, f"t_ms runs back from {self.t_ms}")
        self.t_ms = max(self.t_ms, event["t_ms"])
        self.want(not self.closed, "an event after lane.closed")
        if not self.opened and event["kind"] not in (
                "lane.opened", "fallback", "warning", "worker.started", "worker.failed"):
            self.fault("comes before lane.opened")
        if "frames" in event:
            self.check_frames(event["frames"])
        handler = getattr(self, event["kind"].replace(".", "_").replace("-", "_"), None)
        if handler:
            handler(event)
        elif "encounter" in event:
            self.same(event)

    def check_frames(self, frames):
        total = frames["leased"] + frames["withheld"] + frames["lost"]
        self.want(frames["seen"] == total,
                  f"seen {frames['seen']}, but leased + withheld + lost is {total}")
        self.want(frames["damaged"] <= frames["leased"] + frames["lost"],
                  "more frames damaged than leased and lost")

    def same(self, event):
        self.want(event["encounter"] == self.encounter,
                  f"encounter {event['encounter']}, but open is {self.encounter}")

    def lane_opened(self, _):
        self.want(not self.opened, "lane.opened twice")
        self.opened = True

    def policy_changed(self, event):
        before, after = event["from"], event["to"]
        self.want(after["version"] >= before["version"], "a policy of a lower version")
        self.want(after["version"] > before["version"] or after["digest"] == before["digest"],
                  "another policy file of the same version")

    def lane_closed(self, event):
        self.closed = True
        self.want(self.encounter is None, f"encounter {self.encounter} is still open")
        if not self.lossy:
            self.want(event["encounters"] == self.encounters,
                      f"{event['encounters']} encounters, but {self.encounters} were closed")
            self.want(event["frames"]["leased"] == self.totals["leased"],
                      f"leased {event['frames']['leased']} in all, but "
                      f"{self.totals['leased']} in the encounters")

    def source_lost(self, _):
        self.want(self.permit is None, f"permit {self.permit} is live without a source")
        self.away = True

    def source_identity_mismatch(self, _):
        self.want(self.away, "another camera in place of one that is not away")

    def source_returned(self, _):
        self.want(self.away, "returned without having been lost")
        self.away = False

    def encounter_opened(self, event):
        self.want(self.encounter is None, f"encounter {self.encounter} is still open")
        self.want(event["encounter"] > self.last_encounter, "encounter number used before")
        self.encounter = self.last_encounter = event["encounter"]
        self.permit, self.leased, self.captured, self.clear = None, 0, False, None

    def permit_granted(self, event):
        self.same(event)
        self.want(self.permit is None, f"permit {self.permit} is still live")
        self.want(not self.away, "a permit while the source is away")
        self.want(event["permit"] > self.last_permit, "permit number used before")
        self.permit = self.last_permit = event["permit"]

    def permit_revoked(self, event):
        self.same(event)
        self.want(event["permit"] == self.permit,
                  f"permit {event['permit']}, but live is {self.permit}")
        self.permit = None
        self.leased += event["leased"]

    def encounter_captured(self, event):
        self.same(event)
        self.want(self.last_permit > 0, "captured without a permit")
        self.captured = True

    def pad_result(self, event):
        self.same(event)
        self.want(self.permit is not None or self.last_permit > 0, "judged without a permit")
        required = [event[q]["answer"] == "pass" for q in ("impersonation", "evasion")
                    if event[q]["required"]]
        self.want(event["clear"] == all(required), "clear is what the required answers say")
        self.clear = event["clear"]

    def match_result(self, event):
        self.same(event)
        self.want(self.captured, "compared without a capture")

    def vault_stored(self, event):
        self.same(event)
        self.want(self.captured, "stored without a capture")

    def encounter_closed(self, event):
        self.same(event)
        self.want(self.permit is None, f"permit {self.permit} is still live")
        frames = event["frames"]
        if not self.lossy:
            self.want(frames["leased"] == self.leased,
                      f"leased {frames['leased']}, but {self.leased} under its permits")
        if event["verdict"] != "allow":
            self.want(event["authority"] is None, "an authority without an allow")
        if event["match"] or event["stored"]:
            self.want(frames["leased"] > 0, "a match or a record without a leased frame")
        if event["outcome"] == "verified":
            self.want(bool(event["match"]) and event["match"]["matched"],
                      "verified without a match")
        if not self.lossy:
            self.want((event["reason"] == "presentation") == (self.clear is False),
                      "presentation is the reason of whoever is not clear, and of nobody else")
        self.want((event["reason"] is not None) == (event["outcome"] == "refer-not-captured"),
                  "a reason belongs to refer-not-captured, and only to it")
        self.encounters += 1
        self.totals["leased"] += frames["leased"]
        self.encounter = None


def validate(path, schema, lossy):
    stream = Stream(schema, lossy)
    count = bad = 0
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            count += 1
            stream.faults.clear()
            if not line.endswith("\n"):
                stream.fault("the line is cut off")
            try:
                stream.check(json.loads(line, object_pairs_hook=no_duplicates))
            except ValueError as error:
                stream.fault(f"not JSON: {error}")
            for fault in stream.faults:
                print(f"{path}:{number}: {fault}")
            bad += bool(stream.faults)
    if count == 0:
        print(f"{path}: no events")
        bad += 1
    elif not stream.closed:
        print(f"{path}:{count}: ends without lane.closed")
        bad += 1
    if not bad:
        print(f"{path}: {count} events, {stream.encounters} encounters, all in order")
    return bad


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--schema", default=SCHEMA)
    options.add_argument("--lossy", action="store_true")
    options.add_argument("events", nargs="+")
    options = options.parse_args()
    with open(options.schema, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    bad = 0
    for path in options.events:
        try:
            bad += validate(path, schema, options.lossy)
        except (OSError, UnicodeDecodeError) as error:
            print(f"{path}: {error}")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
