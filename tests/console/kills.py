# SPDX-License-Identifier: Apache-2.0
"""A console that is killed at any moment: the lane goes on, and the notice lapses."""

import datetime
import random
import threading
import time

from lanes import check_ledger
from tap import wait_for
from test_ctl import CITIZEN as WORDS
from test_ctl import Desk
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


def wall_s(event):
    return datetime.datetime.fromisoformat(event["wall"].replace("Z", "+00:00")).timestamp()


def check_after(lane, killed):
    """What must hold once the notice has lapsed. @return how long it outlived the console, in s"""
    wait_for(lambda: lane.status()["notice"]["state"] == "absent", NOTICE_TIMEOUT + 2 * MARGIN)
    took = time.monotonic() - killed
    person = lane.person()
    assert not person.get("permit"), person
    if person:
        lane.ctl("close")
    lane.ctl("open", *WORDS)
    assert not lane.person()["permit"]
    lane.ctl("close")
    event = lane.events("encounter.closed")[-1]
    assert (event["outcome"], event["frames"]["leased"]) == ("refer-no-notice", 0), event
    return took


def kill_at_random(folder, times):
    """Kills so many consoles. @return by how long each notice outlived its console, in s"""
    took, failures, without = [], [], []
    with Desk(folder, "--set", f"control.notice-timeout={int(NOTICE_TIMEOUT * 1000)}ms") as lane:
        for _ in range(times):
            stop = threading.Event()
            with Console(folder) as console:
                user = threading.Thread(target=use, args=(console, stop, failures))
                user.start()
                time.sleep(random.uniform(0, 0.8))
                seen = lane.status()["frames"]["seen"]
                stop.set()
                console.process.kill()
                console.process.wait()
                killed, wall = time.monotonic(), time.time()
                took.append(check_after(lane, killed))
                without.append((wall + NOTICE_TIMEOUT + MARGIN, time.time()))
                user.join(20)
            assert lane.status()["frames"]["seen"] > seen, "the lane goes on"
        lane.stop()
        for event in lane.events("permit.granted") + lane.events("encounter.captured"):
            assert not any(begin < wall_s(event) < end for begin, end in without), event
        assert lane.events("permit.granted"), "people were let through while there was a notice"
        check_ledger(lane)
    assert not failures, failures
    return took
