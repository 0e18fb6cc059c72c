# SPDX-License-Identifier: Apache-2.0
"""Faults while a lane runs: workers and lanes killed, hung, stopped. None opens the lane."""

import json
import shutil
import signal

import sys
import time
from pathlib import Path

import tap
from lanes import (POLICY, Lane, check_ledger, check_no_process, children, is_alive, kill, scenario,
                   stop)

from tap import POSTERN, Skip, postern, wait_for

LIVE = "synth:?people={people}&seed=7&size=320x240&fps={fps}&seconds={seconds}"
OK, NO, UNSAFE = 0, 1, 4


def live(people, seconds, fps=15):
    """Options of a drawn source at its own pace."""
    return ["--source", LIVE.format(people=people, fps=fps, seconds=seconds), "--pace", "real"]


def outcomes(lane):
    return [event["outcome"] for event in lane.events("encounter.closed")]


def filters_of(pid):
    """Filters of system calls that a process has."""
    text = Path(f"/proc/{pid}/status").read_text()
    return next(line for line in text.splitlines() if line.startswith("Seccomp_filters"))


def check_quarantine(lane, worker, plugins):
    """Five deaths and then no more starts, in the events and, in the lane's own words, the log."""
    told = lane.events("worker.quarantined")
    assert len(told) == 1 and told[0]["worker"] == worker, lane.describe()
    assert [p["id"] for p in told[0]["plugins"]] == plugins, told
    shown = postern("audit", "show", "--state", lane.state, "--json", expect=OK).stdout
    logged = [e for e in map(json.loads, shown.splitlines()) if e["kind"].startswith("worker.")]
    payloads = [e["data"] for e in logged]
    assert [e["kind"] for e in logged] == ["worker.died"] * 5 + ["worker.quarantined"], shown
    assert all(p == {"lane": "lane", "worker": worker, "cause": "crashed"}
               for p in payloads[:5]), payloads
    assert payloads[5]["plugins"] == told[0]["plugins"], payloads


def check_receipts(lane):
    """One receipt for each encounter, all genuine, and a log that verifies."""
    receipts = list((lane.state / "receipts").glob("*.json"))
    assert len(receipts) == len(lane.events("encounter.closed")), receipts
    for receipt in receipts:
        postern("receipt", "verify", receipt, "--state", lane.state, expect=OK)
    postern("audit", "verify", "--state", lane.state, expect=OK)


def test_a_worker_that_is_killed(folder):
    """It is replaced, and who comes later is served."""
    people = scenario(folder, *(f"at: {3 * i}s, for: 2.8s" for i in range(4)))
    with Lane(folder, *live(4, 12), "--scenario", people) as lane:
        lane.wait_for_event("permit.granted")
        first = lane.worker()
        kill(first)
        restarted = lane.wait_for_event("worker.restarted")
        assert restarted["worker"] == "vision", restarted
        assert lane.worker() != first
        assert lane.end(60) == OK, lane.describe()
    failed = lane.events("worker.failed")
    assert len(failed) == 1 and failed[0]["cause"] == "crashed", failed
    assert "SIGKILL" in str(failed[0]), failed
    later = [e for e in lane.events("encounter.closed") if e["encounter"] > 2]
    assert len(later) == 2 and all(e["frames"]["leased"] for e in later), lane.describe()
    assert all(e["outcome"] == "refer-no-match" for e in later), lane.describe()
    check_ledger(lane)
    check_receipts(lane)


def test_a_spare_takes_over_from_a_worker_that_is_killed(folder):
    """While it is there a death costs one frame, and the person who stands there is served."""
    people = scenario(folder, "at: 0s, for: 6s", "at: 7s, for: 2.5s")
    with Lane(folder, *live(2, 10), "--scenario", people, "--set", "capture.min-face=1000",
              "--set", "capture.timeout=60s", spare="warm") as lane:
        lane.wait_for_event("permit.granted")
        wait_for(lambda: len(children(lane.process.pid)) == 2, 30)
        first, second = sorted(children(lane.process.pid))
        # The spare is ready when it is locked down.
        wait_for(lambda: tap.SANDBOX == "off" or filters_of(second) == filters_of(first), 30)
        time.sleep(1)
        kill(first)
        restarted = lane.wait_for_event("worker.restarted")
        assert restarted["gap_ms"] < 5000, restarted
        assert second in children(lane.process.pid), lane.describe()
        wait_for(lambda: len(children(lane.process.pid)) == 2, 30)
        assert lane.end(60) == OK, lane.describe()
    causes = [e["cause"] for e in lane.events("worker.failed")]
    assert causes.count("crashed") == 1 and set(causes) <= {"crashed", "hung"}, lane.describe()
    assert "fault" not in " ".join(outcomes(lane)), lane.describe()
    check_ledger(lane)
    check_receipts(lane)


def test_a_worker_that_is_killed_again_and_again(folder):
    """Five deaths within a minute: no more starts, everybody is referred to a human."""
    people = scenario(folder, "at: 0s, for: 40s, " + "category: nonimmigrant, known-by: document, "
                      "notice: current", "at: 41s, for: 2s", "at: 44s, for: 2s")
    with Lane(folder, *live(3, 48, fps=5), "--scenario", people, "--set",
              "capture.min-face=1000", "--set", "capture.timeout=60s") as lane:
        lane.wait_for_event("permit.granted")
        killed = set()
        for deaths in range(1, 6):
            wait_for(lambda: lane.worker() not in killed, 30)
            worker = lane.worker()
            killed.add(worker)
            kill(worker)
            lane.wait_for_event("worker.failed", deaths, 30)
        revoked = lane.wait_for_event("permit.revoked")
        assert revoked["cause"] == "fault", revoked
        check_no_process(killed)
        assert not children(lane.process.pid)
        assert lane.end(90) == OK, lane.describe()
    assert outcomes(lane) == ["refer-fault"] * 3, lane.describe()
    check_quarantine(lane, "vision", ["cascade", "facequal", "lbph"])
    for event in lane.events("encounter.closed")[1:]:
        assert event["frames"]["leased"] == 0, event
    check_ledger(lane)
    check_receipts(lane)


def test_a_worker_that_hangs(folder):
    """Stopped in the middle of its work it is killed at the hard deadline, and replaced."""
    people = scenario(folder, "at: 0s, for: 4s", "at: 5s, for: 3s", "at: 9s, for: 2.5s")
    with Lane(folder, *live(3, 12), "--scenario", people) as lane:
        lane.wait_for_event("permit.granted")
        hung = lane.worker()
        stop(hung)
        begun = time.monotonic()
        failed = lane.wait_for_event("worker.failed")
        assert time.monotonic() - begun < 5, lane.describe()
        assert failed["cause"] == "hung", failed
        assert not is_alive(hung)
        assert lane.end(60) == OK, lane.describe()
    assert lane.events("worker.restarted"), lane.describe()
    assert outcomes(lane)[1:] == ["refer-no-match"] * 2, lane.describe()
    check_ledger(lane)
    check_receipts(lane)


def enrolled(folder, each=3):
    """Options of a lane that knows three drawn people; each stands there for so many seconds."""
    source = f"synth:?people=3&seed=7&size=640x480&fps=10&seconds={3 * each}"
    vault = ["--state", folder / "state", "--key", folder / "key"]
    postern("vault", "init", *vault, expect=OK)
    people = scenario(folder, *(f"at: {each * i}s, for: {each - 0.2}s, subject: P{i}"
                                for i in range(3)))
    postern("run", "--policy", POLICY, *vault, "--sandbox", tap.SANDBOX, "--gallery", "people",
            "--source", source, "--scenario", people, "--set", "policy.purpose=enrol", expect=OK)
    shutil.rmtree(folder / "state/receipts")
    return [*vault[2:], "--gallery", "people", "--pace", "real", "--source",
            source + "&take=1", "--scenario", people]


def test_a_match_worker_that_is_killed(folder):
    """Its successor gets the gallery anew."""
    with Lane(folder, *enrolled(folder)) as lane:
        lane.wait_for_event("encounter.closed")
        kill(lane.match_worker())
        assert lane.wait_for_event("worker.failed")["worker"] == "match", lane.describe()
        assert lane.wait_for_event("worker.restarted")["worker"] == "match", lane.describe()
        assert lane.end(60) == OK, lane.describe()
    assert len(lane.events("worker.failed")) == 1, lane.describe()
    assert outcomes(lane) == ["verified"] * 3, lane.describe()
    check_receipts(lane)


def test_a_match_worker_that_is_killed_again_and_again(folder):
    """Nobody is compared any more, nobody is turned away for it: a human decides."""
    with Lane(folder, *enrolled(folder, each=8)) as lane:
        lane.wait_for_event("source.opened")
        for deaths in range(1, 6):
            kill(lane.match_worker())
            lane.wait_for_event("worker.failed", deaths, 30)
        assert lane.end(60) == OK, lane.describe()
    check_quarantine(lane, "match", ["cosine"])
    assert outcomes(lane)[-1] == "refer-fault", lane.describe()
    assert set(outcomes(lane)) <= {"verified", "refer-fault"}, lane.describe()
    check_receipts(lane)


def test_signals_in_the_middle_of_an_encounter(folder):
    for number in (signal.SIGINT, signal.SIGTERM):
        place = folder / number.name
        place.mkdir()
        people = scenario(place, "at: 0s, for: 30s", "at: 31s, for: 5s")
        with Lane(place, *live(1, 60), "--scenario", people, "--set",
                  "capture.min-face=1000") as lane:
            lane.wait_for_event("permit.granted")
            worker = lane.worker()
            lane.signal(number)
            assert lane.end(20) == NO, lane.describe()
        closed = lane.events("lane.closed")
        assert len(closed) == 1 and closed[0]["reason"] == "stopped", lane.describe()
        assert len(lane.events("permit.revoked")) == 1, lane.describe()
        assert len(lane.events("encounter.closed")) == 1, lane.describe()
        assert lane.events()[-1]["kind"] == "lane.closed", lane.describe()
        check_no_process([worker])
        check_ledger(lane)
        check_receipts(lane)


def test_a_signal_while_nobody_is_there(folder):
    with Lane(folder, *live(1, 60)) as lane:
        lane.wait_for_event("source.opened")
        lane.signal(signal.SIGTERM)
        assert lane.end(20) == OK, lane.describe()
    assert lane.events("lane.closed")[0]["reason"] == "stopped"
    assert lane.events("lane.closed")[0]["frames"]["leased"] == 0


def test_a_lane_that_is_killed(folder):
    """Its workers go with it; the next one finds no lock taken, and a log that it can mend."""
    vault = ["--state", folder / "state", "--key", folder / "key"]
    postern("vault", "init", *vault, expect=OK)
    people = scenario(folder, "at: 0s, for: 30s")
    for _ in range(3):
        with Lane(folder, *live(1, 60), *vault[2:], "--scenario", people, "--set",
                  "capture.min-face=1000") as lane:
            lane.wait_for_event("permit.granted")
            workers = list(children(lane.process.pid))
            assert len(workers) == 1, workers
            lane.signal(signal.SIGKILL)
            lane.end(10)
        check_no_process(workers)
    log = folder / "state/audit.log"
    whole = log.read_bytes()
    log.write_bytes(whole[:-7])
    people = scenario(folder, "at: 0s, for: 1.5s")
    with Lane(folder, *live(1, 3), *vault[2:], "--scenario", people) as lane:
        assert lane.end(60) == OK, lane.describe()
    postern("audit", "verify", "--state", folder / "state", expect=OK)
    shown = postern("audit", "show", "--state", folder / "state", expect=OK).stdout
    assert "audit.recovered" in shown, shown
    postern("vault", "status", *vault, expect=OK)


def test_a_lane_that_is_killed_while_it_starts(folder):
    """At whatever moment: nothing is left running, and the next one starts."""
    people = scenario(folder, "at: 0s, for: 1s")
    for delay_ms in range(0, 400, 40):
        with Lane(folder, *live(1, 2), "--scenario", people) as lane:
            time.sleep(delay_ms / 1000)
            workers = list(children(lane.process.pid))
            lane.signal(signal.SIGKILL)
            lane.end(10)
        check_no_process(workers)
    with Lane(folder, *live(1, 2), "--scenario", people) as lane:
        assert lane.end(60) == OK, lane.describe()
    postern("audit", "verify", "--state", folder / "state", expect=OK)


def white_jpeg(width, height):
    """A white picture, made by hand: one component, no detail."""
    blocks = (width + 7) // 8 * ((height + 7) // 8)
    # Light of the first block in a code of two bits and seven more, no change in all others.
    bits = "10" + "1111111" + "0" + "00" * (blocks - 1)
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")

    def segment(kind, content):
        return bytes([0xFF, kind]) + (len(content) + 2).to_bytes(2, "big") + content

    return (b"\xff\xd8" + segment(0xDB, b"\x00" + bytes([8] * 64)) +
            segment(0xC0, b"\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big") +
                    b"\x01\x01\x11\x00") +
            segment(0xC4, b"\x00" + bytes([1, 1] + [0] * 14) + bytes([0, 7])) +
            segment(0xC4, b"\x10" + bytes([1] + [0] * 15) + bytes([0])) +
            segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + data + b"\xff\xd9")


def pictures(folder, count, white):
    """A folder of drawn pictures, some of them white."""
    folder.mkdir()
    drawn = folder / "drawn.jpg"
    postern("synth", drawn, "--person", 0, "--size", "320x240", expect=OK)
    picture = drawn.read_bytes()
    drawn.unlink()
    for number in range(count):
        (folder / f"{number:03}.jpg").write_bytes(
            white_jpeg(320, 240) if number in white else picture)
    return folder


def test_a_plugin_that_crashes(folder):
    """It costs the frame it was given: the same person is captured with another."""
    marks = Path(POSTERN).parents[2] / "tests/unit/worker/plugins"
    if not (marks / "marks/marks.yaml").exists():
        raise Skip("the test plugins are not built")
    plugins = {"POSTERN_PLUGINS": f"{marks}:{Path(POSTERN).parents[2] / 'plugins'}"}
    people = scenario(folder, "at: 0s, for: 1.9s", "at: 2s, for: 1.9s")
    source = pictures(folder / "pictures", 40, white=[0, 20])
    for mode, cause in (("good", None), ("crash", "crashed"), ("exit", "crashed"),
                        ("hang", "hung"), ("nan", "crashed"), ("many", "crashed")):
        place = folder / mode
        place.mkdir()
        config = place / "lane.yaml"
        config.write_text("lane: 1\nplugins: {options: [{plugin: marks, name: mode, value: "
                          f"{mode}}}]}}\n")
        with Lane(place, config, "--source", f"file:{source}?fps=10", "--scenario", people,
                  detector="marks", extractor="mean", env=plugins) as lane:
            assert lane.end(120) == OK, (mode, lane.describe())
        failed = [event["cause"] for event in lane.events("worker.failed")]
        print(f"# {mode}: {failed} {outcomes(lane)}", flush=True)
        assert failed == [cause] * (2 if cause else 0), (mode, lane.describe())
        assert len(lane.events("encounter.captured")) == 2, (mode, lane.describe())
        check_ledger(lane)
        check_receipts(lane)


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
