# SPDX-License-Identifier: Apache-2.0
"""Masked pictures of a running lane: only under a permit, on the record, and few."""

import base64
import json
import random
import resource
import signal
import time

import tap
from lanes import POLICY, kill
from tap import postern, wait_for
from test_ctl import NOTICE, OK, USAGE, Desk, Wire, audit
from test_receipt import validator

MASKED = ["--set", "control.picture=masked", "--set", "control.notice-timeout=30s"]
SOURCE = 3
NEVER = ["--set", "capture.min-face=2000", "--set", "capture.timeout=60s"]
VISITOR = {"category": "nonimmigrant", "known-by": "document"}


def step_up(wire):
    """Somebody consents to be captured. @return the encounter's number"""
    wire.ask(do="notice", display="d", version=NOTICE)
    number = wire.ask(do="open", **VISITOR)["encounter"]
    assert wire.ask(do="consent")["encounter"]["permit"]
    return number


def check_jpeg(answer):
    assert answer["ok"], answer
    data = base64.b64decode(answer["jpeg"], validate=True)
    assert data[:3] == b"\xff\xd8\xff" and data[-2:] == b"\xff\xd9", answer
    assert answer["format"] == "jpeg" and 0 < answer["width"] <= 480, answer
    return data


def receipt_of(lane, closed):
    path = lane.state / "receipts" / f"{closed['receipt']}.json"
    postern("receipt", "verify", path, "--state", lane.state, expect=OK)
    receipt = json.loads(path.read_text())
    validator().validate(receipt)
    return receipt


def test_only_under_a_permit_and_on_the_record(folder):
    with Desk(folder, *MASKED, *NEVER) as lane:
        wire = Wire(lane)
        assert wire.ask(do="status")["pictures"] == "masked"
        early = wire.ask(do="picture")
        assert early["code"] == "no" and "nobody has a permit" in early["error"], early
        step_up(wire)
        for _ in range(3):
            check_jpeg(wire.ask(do="picture"))
        first = wire.ask(do="close")
        late = wire.ask(do="picture")
        assert late["code"] == "no" and "jpeg" not in late, late
        step_up(wire)
        check_jpeg(wire.ask(do="picture"))
        wire.ask(do="withdraw")
        assert wire.ask(do="picture")["code"] == "no"
        second = wire.ask(do="close")
        wire.ask(do="open", **VISITOR)
        third = wire.ask(do="close")
        told = [receipt_of(lane, closed).get("picture") for closed in (first, second, third)]
        assert told == ["viewed", "viewed", None], told
        page = postern("receipt", "show", lane.state / "receipts" / f"{first['receipt']}.json",
                       "--state", lane.state, expect=OK).stdout
        assert "somebody looked at pictures of you" in page, page
        lane.stop()
        assert lane.events("lane.opened")[0]["pictures"] == "masked"
        views = audit(lane, "picture.viewed")
        assert [(view["encounter"], view["permit"]) for view in views] == [(1, 1), (2, 2)], views
        for view, granted, revoked in zip(views, audit(lane, "permit.granted"),
                                          audit(lane, "permit.revoked")):
            assert granted["sequence"] < view["sequence"] < revoked["sequence"], view
        assert audit(lane, "lane.opened")[0]["pictures"] == "masked"
        postern("audit", "verify", "--state", lane.state, expect=OK)


def test_off_unless_asked_for(folder):
    with Desk(folder, *NEVER) as lane:
        wire = Wire(lane)
        assert wire.ask(do="status")["pictures"] == "off"
        step_up(wire)
        refused = wire.ask(do="picture")
        assert refused["code"] == "no" and "control.picture" in refused["error"], refused
        closed = wire.ask(do="close")
        assert "picture" not in receipt_of(lane, closed)
        lane.stop()
        assert lane.events("lane.opened")[0]["pictures"] == "off"
        assert not audit(lane, "picture.viewed")
    for value, why in (("on", "unknown value 'on'"), ("masked", "set control.socket too")):
        refused = postern("run", "--source", "synth:", "--policy", POLICY,
                          "--state", folder / "other", "--set", f"control.picture={value}",
                          expect=USAGE)
        assert why in refused.stderr, refused.stderr


def test_at_most_five_a_second(folder):
    with Desk(folder, *MASKED, *NEVER) as lane:
        wires = [Wire(lane) for _ in range(3)]
        step_up(wires[0])
        came, begin = set(), time.monotonic()
        while time.monotonic() - begin < 2:
            for wire in wires:
                wire.say('{"v":1,"do":"picture"}')
            for wire in wires:
                answer = wire.hear()
                if answer["ok"]:
                    came.add(answer["captured_ms"])
        assert 2 <= len(came) <= 5 * (time.monotonic() - begin) + 1, came
        lane.stop()


def test_no_picture_after_the_choice(folder):
    """Whatever the moment: once a decline or a withdrawal is answered, no picture comes."""
    chance = random.Random(8)
    with Desk(folder, *MASKED, *NEVER) as lane:
        wire = Wire(lane)
        pictures = 0
        for turn in range(12):
            step_up(wire)
            wire.say('{"v":1,"id":7,"do":"picture"}')
            time.sleep(chance.random() * 0.15)
            wire.say('{"v":1,"id":8,"do":"%s"}' % ("decline" if turn % 2 else "withdraw"))
            lines = [wire.hear(), wire.hear()]
            order = [line["id"] for line in lines]
            picture = lines[order.index(7)]
            if picture["ok"]:
                assert order == [7, 8], lines
                pictures += 1
            else:
                assert picture["code"] == "no" and "the permit is over" in picture["error"], lines
            wire.ask(do="close")
        lane.stop()
        assert len(audit(lane, "picture.viewed")) == pictures < 12
        postern("audit", "verify", "--state", lane.state, expect=OK)


def test_without_a_log_nobody_looks(folder):
    with Desk(folder, *MASKED, *NEVER) as lane:
        wire = Wire(lane)
        step_up(wire)
        size = (lane.state / "audit.log").stat().st_size
        hard = resource.prlimit(lane.process.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(lane.process.pid, resource.RLIMIT_FSIZE, (size, hard))
        refused = wire.ask(do="picture")
        assert refused["code"] == "unsafe" and "audit log" in refused["error"], refused
        assert wire.ask(do="picture")["code"] == "no"
        person = wire.ask(do="status")["encounter"]
        assert (person["state"], person["permit"]) == ("faulted", False), person
        assert not wire.ask(do="health")["audit"]["writable"]
        resource.prlimit(lane.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        assert "picture" not in receipt_of(lane, wire.ask(do="close"))
        step_up(wire)
        check_jpeg(wire.ask(do="picture"))
        wire.ask(do="close")
        lane.signal(signal.SIGINT)
        assert lane.end(30) == SOURCE, "events were lost, and nothing else"
        assert [view["encounter"] for view in audit(lane, "picture.viewed")] == [2]


def test_a_worker_that_dies_meanwhile(folder):
    """Its picture is lost, and the next worker makes the next one."""
    with Desk(folder, *MASKED, *NEVER) as lane:
        wire = Wire(lane)
        step_up(wire)
        check_jpeg(wire.ask(do="picture"))
        kill(lane.worker())
        wait_for(lambda: lane.events("worker.restarted"), 20)
        wait_for(lambda: wire.ask(do="picture")["ok"], 20)
        wire.ask(do="close")
        lane.stop()


if __name__ == "__main__":
    tap.run(__import__("__main__"))
