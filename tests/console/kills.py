# SPDX-License-Identifier: Apache-2.0
"""A console that is killed at any moment: the lane goes on, and the notice lapses."""

import random
import threading
import time

from lanes import check_ledger
from tap import wait_for
from test_ctl import Desk, Wire
from web import CITIZEN, NOTICE, VISITOR, Console, wait_until_here

NOTICE_TIMEOUT = 0.4
MARGIN = 0.4  # until the lane's loop gets to it, on a machine with other work


def use(console, stop, failures):
    """A display and an officer at work until the console is gone: everybody is new."""
    try:
        traveler, officer = console.login("traveler"), console.login("officer")
        wait_until_here(officer)
        turn = 0
        while not stop.is_set():
            turn += 1
            traveler.act("notice", NOTICE)
            number = officer.act("open", VISITOR if turn % 2 else CITIZEN)["encounter"]
            time.sleep(random.uniform(0, 0.15))
            if turn % 3 == 0:
                traveler.act("decline", {"encounter": number})
            traveler.act("notice", NOTICE)
            time.sleep(random.uniform(0, 0.05))
            officer.act("close")
    except Exception as why:  # pylint: disable=broad-except
        if not stop.is_set():
            failures.append(why)


def check_after(lane, wire, killed_ms):
    """What must hold once the notice has lapsed. @return when, and until when that was seen"""
    def status():
        return wire.ask(do="status")

    wait_for(lambda: status()["notice"]["state"] == "absent", NOTICE_TIMEOUT + 3 * MARGIN)
    lapsed = status()
    late = (lapsed["t_ms"] - killed_ms) / 1000 - NOTICE_TIMEOUT
    assert late < MARGIN, f"{late} s beyond control.notice-timeout"
    if lapsed["encounter"]:
        assert not lapsed["encounter"]["permit"], lapsed
        wire.ask(do="close")
    assert wire.ask(do="open", **CITIZEN)["ok"]
    assert not status()["encounter"]["permit"]
    number = wire.ask(do="close")["encounter"]
    wait_for(lambda: lane.events("encounter.closed")[-1]["encounter"] == number, 10)
    event = lane.events("encounter.closed")[-1]
    assert (event["outcome"], event["frames"]["leased"]) == ("refer-no-notice", 0), event
    return lapsed["t_ms"], status()["t_ms"]


def kill_at_random(folder, times):
    """Kills so many consoles. @return by how long each notice outlived its console, in s"""
    failures, lapses = [], []
    with Desk(folder, "--set", f"control.notice-timeout={int(NOTICE_TIMEOUT * 1000)}ms") as lane:
        wire = Wire(lane)
        for _ in range(times):
            stop = threading.Event()
            with Console(folder) as console:
                user = threading.Thread(target=use, args=(console, stop, failures))
                user.start()
                time.sleep(random.uniform(0, 0.8))
                stop.set()
                console.process.kill()
                console.process.wait()
                before = wire.ask(do="status")
                lapses.append((before["t_ms"], *check_after(lane, wire, before["t_ms"])))
                user.join(20)
            after = wire.ask(do="status")
            assert after["frames"]["seen"] > before["frames"]["seen"], "the lane goes on"
        wire.close()
        lane.stop()
        for event in lane.events("permit.granted") + lane.events("encounter.captured"):
            assert not any(begin < event["t_ms"] < end for _, begin, end in lapses), event
        assert lane.events("permit.granted"), "people were let through while there was a notice"
        check_ledger(lane)
    assert not failures, failures
    return [(begin - killed) / 1000 for killed, begin, _ in lapses]
