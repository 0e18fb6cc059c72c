# SPDX-License-Identifier: Apache-2.0
"""A lane that follows its person still sees who else is there: who steps in, and in every template."""

import json
import sys

import tap
from lanes import POLICY, scenario
from tap import postern

OK = 0
FPS, SECONDS, STEPS_IN = 10, 6, 20
DRAWN = ("--detector", "cascade", "--extractor", "lbph")


def draw(folder, bystanders, people=1):
    path = folder / f"{people}-with-{bystanders}.avi"
    postern("synth", path, "--people", people, "--seconds", people * SECONDS, "--size", "640x480",
            "--fps", FPS, "--bystanders", bystanders, expect=OK)
    return path


def pictures(clip):
    """The JPEG of each frame: the chunks named 00dc up to the index."""
    data = clip.read_bytes()
    at, found = data.index(b"movi") + 4, []
    while data[at:at + 4] == b"00dc":
        size = int.from_bytes(data[at + 4:at + 8], "little")
        found.append(data[at + 8:at + 8 + size])
        at += 8 + size + size % 2
    return found


def follow(folder, clip, people, every=30):
    """A run where the person, seen from afar, gets better shot by shot: events, searches by stage."""
    state = folder / f"every-{every}"
    postern("run", "--source", clip, "--policy", POLICY, "--scenario", scenario(folder, *people),
            "--state", state, "--events", folder / "events.jsonl", "--report", folder / "report",
            "--set", "policy.date=2026-01-15", "--set", f"capture.follow={every}", "--set",
            "capture.good-quality=100", "--set", f"capture.stop-after={SECONDS - 1}s", "--set",
            "zone.x=0", "--set", "zone.width=1", *DRAWN, expect=OK)
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    report = json.loads((folder / "report/report.json").read_text())
    stages = {s["stage"]: s["count"] for s in report["stages"]}
    return events, stages


def of_kind(events, kind):
    return [event for event in events if event["kind"] == kind]


def test_who_steps_in_beside_the_followed_person_is_counted(folder):
    alone, beside = pictures(draw(folder, 0)), pictures(draw(folder, 1))
    assert len(alone) == len(beside) == FPS * SECONDS
    spliced = folder / "steps-in.mjpeg"
    spliced.write_bytes(b"".join(alone[:STEPS_IN] + beside[STEPS_IN:]))
    source = f"file:{spliced}?fps={FPS}"
    seen = {}
    for every in (0, 5, 30):
        events, stages = follow(folder, source, [f"at: 0s, for: {SECONDS}s"], every=every)
        seen[every] = of_kind(events, "encounter.closed")[0]["faces"]["bystanders_max"]
        assert (stages.get("decode-near", 0) > FPS) == (every > 0), (every, stages)
    assert min(seen.values()) > 0, seen
    spliced.write_bytes(b"".join(alone))
    events, _ = follow(folder, source, [f"at: 0s, for: {SECONDS}s"])
    assert of_kind(events, "encounter.closed")[0]["faces"]["bystanders_max"] == 0


def test_a_template_is_made_of_a_frame_that_was_searched_as_a_whole(folder):
    """The shot that is used tells of everybody in view, and most frames are searched near."""
    clip = draw(folder, 1, people=4)
    people = [f"at: {SECONDS * i}s, for: {SECONDS - 0.2}s" for i in range(4)]
    for every in (0, 30):
        events, stages = follow(folder, clip, people, every=every)
        shots = of_kind(events, "encounter.captured")
        assert all(shot["faces"] > 1 for shot in shots), (every, shots)
        assert stages["decode-whole"] >= stages["extract"] > len(shots) == 4, (every, stages)
    assert stages["decode-near"] > stages["decode-whole"], stages
    twice = stages["decode-whole"] + stages["decode-near"] - stages["map"]
    assert twice > 0, f"no frame was searched near the person and then as a whole: {stages}"


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
