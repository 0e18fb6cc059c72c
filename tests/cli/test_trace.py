# SPDX-License-Identifier: Apache-2.0
"""Traces as sources: the camera once more, wherever they are played."""

import json
import os
import subprocess
import sys

import tap
from lanes import POLICY, scenario
from tap import postern

OK, NO, USAGE, SOURCE = 0, 1, 2, 3
PERSON = "category: us-citizen, known-by: document, notice: current"
CONSENTS = f"at: 0.5s, for: 3s, {PERSON}, choice: {{consent: 0.2s}}"
LOOKED_AT = (700, 3500)


def drawn(folder):
    path = folder / "people.avi"
    postern("synth", path, "--people", 1, "--seconds", 5, "--seed", 7, "--size", "320x240", "--fps",
            10, expect=OK)
    return path


def trace(folder, looked_at=LOOKED_AT):
    path = folder / "camera.trace"
    subprocess.run([os.environ["CAMERA_TRACE"], drawn(folder), path, *map(str, looked_at)],
                   check=True, timeout=120)
    return path


def run(folder, source, *options, expect=OK):
    return postern("run", "--source", source, "--policy", POLICY, "--state", folder / "state",
                   "--set", "policy.date=2026-01-15", "--detector", "cascade", "--extractor",
                   "lbph", "--sandbox", tap.SANDBOX, "--json", *options, expect=expect)


def answers(done):
    told = json.loads(done.stdout)
    return [{k: e[k] for k in ("verdict", "rule", "leased", "withheld", "outcome")}
            for e in told["encounters"]], told["frames"]


def test_a_trace_gives_the_answers_of_the_recording(folder):
    path = trace(folder)
    people = scenario(folder, CONSENTS)
    want = answers(run(folder, folder / "people.avi", "--scenario", people))
    assert want[0][0]["leased"] > 0, want
    want[0][0]["outcome"] = "refer-uncalibrated"  # no calibration for the photographs of a camera
    for _ in range(3):
        assert answers(run(folder, path, "--scenario", people)) == want
    assert answers(run(folder, f"file:{path}", "--scenario", people)) == want


def test_without_a_scenario_it_is_a_camera_nobody_looks_at(folder):
    path = trace(folder, (0, 0))
    assert b"\xff\xd8\xff" not in path.read_bytes()
    frames = answers(run(folder, path))[1]
    assert frames["seen"] == frames["withheld"] == 50, frames


def test_frames_without_a_permit_can_not_be_had_later(folder):
    path = trace(folder, (0, 0))
    done = run(folder, path, "--scenario", scenario(folder, CONSENTS), expect=SOURCE)
    last = done.stderr.strip().split("\n")[-1]
    assert "not recorded: no permit" in last and str(path) in last, done.stderr


def test_at_its_own_pace(folder):
    path = trace(folder)
    told = answers(run(folder, path, "--scenario", scenario(folder, CONSENTS), "--pace", "real"))
    assert told[0][0]["leased"] > 0 and told[0][0]["outcome"] == "refer-uncalibrated", told


def test_a_cut_trace_plays_up_to_there(folder):
    path = trace(folder, (0, 0))
    data = path.read_bytes()
    cut = folder / "cut.trace"
    cut.write_bytes(data[:len(data) * 2 // 3])
    done = run(folder, cut, expect=SOURCE)
    assert "cut short" in done.stderr, done.stderr
    assert 10 < answers(done)[1]["seen"] < 50, done.stdout
    cut.write_bytes(data[:10])
    assert "cut short" in run(folder, cut, expect=SOURCE).stderr
    cut.write_bytes(data[:8] + b"\x07" + data[9:])
    assert "version 7" in run(folder, cut, expect=SOURCE).stderr


def test_a_trace_can_be_recorded_of_no_file(folder):
    path = trace(folder)
    done = postern("record", path, folder / "out", "--trace", "--plain", "--policy", POLICY,
                   "--state", folder / "state", expect=USAGE)
    assert "--trace is of cameras" in done.stderr, done.stderr
    done = postern("record", path, folder / "out.mkv", "--plain", "--policy", POLICY, "--scenario",
                   scenario(folder, CONSENTS), "--state", folder / "state", "--set",
                   "policy.date=2026-01-15", "--json", expect=OK)
    assert json.loads(done.stdout)["recorded"] == 28, done.stdout


def test_a_camera_that_fails_to_open_leaves_a_trace(folder):
    """What is said of it then is said of the trace."""
    path = folder / "none.trace"
    done = postern("record", "v4l2:/dev/no-such-camera", path, "--trace", "--plain", "--policy", POLICY,
                   "--state", folder / "state", expect=SOURCE)
    assert "what was asked and answered is in" in done.stderr, done.stderr
    again = run(folder, path, expect=SOURCE)
    assert done.stderr.strip().split("\n")[-1].split(": ", 1)[1] in again.stderr, again.stderr


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
