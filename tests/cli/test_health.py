# SPDX-License-Identifier: Apache-2.0
"""What a lane tells of how it does agrees with what it did."""

import json
import time

import tap
from tap import wait_for
from test_ctl import CITIZEN, Desk, Wire

LONG = ["--set", "capture.min-face=2000", "--set", "control.notice-timeout=30s"]


def health(lane):
    return json.loads(lane.ctl("health", "--json").stdout)


def test_it_agrees_with_the_events(folder):
    with Desk(folder, *LONG) as lane:
        wire = Wire(lane)
        wire.ask(do="notice", display="d", version="us-border-1")
        lane.ctl("open", *CITIZEN)
        lane.wait_for_event("permit.granted")
        wait_for(lambda: wire.ask(do="health")["frames"]["leased"] > 5, 30)
        told = wire.ask(do="health")
        assert told["permits"] == {"granted": 1, "live": True}, told
        assert told["vault"]["state"] == "none" and told["audit"]["writable"], told
        lane.ctl("close")
        time.sleep(0.25)
        told = health(lane)
        camera, (vision,) = told["camera"], told["workers"]
        assert 14 < camera["fps"] < 15.1 or camera["lost"]["skipped"] > 0, camera
        assert abs(camera["interval_ms"]["p50"] - 1000 / 15) < 1, camera
        assert camera["state"] == "streaming" and camera["returns"] == 0, camera
        assert vision["state"] == "ready" and vision["deaths"] == 0, vision
        assert 0 < vision["answer_ms"]["p50"] <= vision["answer_ms"]["p95"], vision
        assert 1e6 < vision["memory_bytes"] < told["memory_bytes"] < 1e9, told
        slot, answer = told["latency"]["slot"], told["latency"]["answer"]
        lane.stop()
        closed = lane.events("encounter.closed")[0]
        assert sum(slot["counts"]) == closed["frames"]["leased"] == told["frames"]["leased"]
        assert 0 < sum(answer["counts"]) <= sum(slot["counts"]), told
        assert slot["sum_ms"] < answer["sum_ms"], told
        assert told["encounters"]["outcomes"][closed["outcome"]] == 1, told
        assert sum(told["encounters"]["outcomes"].values()) == 1, told


def test_a_person_can_read_it(folder):
    with Desk(folder) as lane:
        lines = lane.ctl("health").stdout.splitlines()
        for begin in ("lane lane: open for", "camera drawn scene (synthetic)", "  format     mjpeg",
                      "latency, ms", "worker vision: ready", "people: 0 came", "frames:",
                      "vault: none", "audit log: entry"):
            assert any(line.startswith(begin) for line in lines), (begin, lines)
        assert all(len(line) <= 110 for line in lines), lines
        lane.stop()


if __name__ == "__main__":
    tap.run(__import__("__main__"))
