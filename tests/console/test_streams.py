# SPDX-License-Identifier: Apache-2.0
"""Browsers that are slow, lanes that are strange: nobody else has to suffer for it."""

import http.client
import json
import signal
import socket
import threading
import time

import tap
from fake_lane import FakeLane
from tap import wait_for
from test_ctl import Desk
from web import CITIZEN, Console, Stream, wait_until_here

FLOOD = 40000
EVENT = {"v": 1, "seq": 0, "kind": "source.lost", "text": "x" * 400}


class SlowStream(Stream):
    """A browser with hardly any room for what it does not read yet."""

    def __init__(self, page, path):
        connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=20)
        connection.sock = socket.socket()
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sock.settimeout(20)
        connection.sock.connect(("127.0.0.1", page.port))
        connection.request("GET", path, headers=page.headers())
        self.connection = connection
        self.answer = connection.getresponse()
        assert self.answer.status == 200


def read_flood(stream):
    """Reads until the last event of a flood. @return how many came, how many were lost"""
    expected = came = lost = 0
    while expected < FLOOD:
        kind, data = stream.next()
        if kind == "lost":
            expected += data["lost"]
            lost += data["lost"]
        elif kind == "source.lost":
            assert data["seq"] == expected, (data["seq"], expected)
            expected += 1
            came += 1
    return came, lost


def test_who_is_slow_loses_events_and_is_told_how_many(folder):
    with FakeLane(folder / "socket") as lane, Console(
            folder, lanes={"lane": folder / "socket"}) as console:
        officer = console.login("officer")
        wait_until_here(officer)
        quick, slow = officer.listen(), SlowStream(officer, "/api/lanes/lane/events")
        assert quick.next()[0] == slow.next()[0] == "status"
        found = []
        reader = threading.Thread(target=lambda: found.append(read_flood(quick)))
        reader.start()
        worst = 0
        for begin in range(0, FLOOD, 500):
            lane.send(b"".join(json.dumps({**EVENT, "seq": seq}).encode() + b"\n"
                               for seq in range(begin, begin + 500)))
            before = time.monotonic()
            assert officer.get("/api/lanes")[0] == 200
            worst = max(worst, time.monotonic() - before)
        reader.join(60)
        came, lost = read_flood(slow)
        assert came + lost == FLOOD and lost > 0, (came, lost)
        assert found and sum(found[0]) == FLOOD, found
        assert found[0][0] > came, "who reads gets more than who does not"
        assert worst < 5
        print(f"# quick: {found[0]}, slow: {(came, lost)}; others waited {worst:.3f} s at most")
        quick.close()
        slow.close()


def test_what_is_no_lane_harms_no_other(folder):
    junk = [b"hello\n", b"\0" * 200 + b"\n", b"{}\n", b"[1]\n", b"x" * 300000,
            b'{"v":1,"id":4711,"ok":true}\n', b'{"v":1,"kind":"a\\nevent: b"}\n',
            b'{"v":1,"kind":"x","text":"\r\nevent: forged"}\n', b"\xff\xfe\n",
            b'{"v":1,"ok":false,"code":"unsafe","error":"user 7 may not drive this lane"}\n']
    with FakeLane(folder / "socket") as bad, FakeLane(folder / "good") as good, Console(
            folder, lanes={"bad": folder / "socket", "good": folder / "good"}) as console:
        officer = console.login("officer")
        wait_until_here(officer, "good")
        stream = officer.listen("bad")
        for data in junk:
            wait_until_here(officer, "bad")
            before = len(bad.connections)
            try:
                bad.send(data)
            except BrokenPipeError:
                pass
            wait_for(lambda: len(bad.connections) > before, 10)
            assert officer.ask("status", lane="good")["ok"]
        wait_until_here(officer, "bad")
        bad.send(json.dumps({**EVENT, "kind": "last"}).encode() + b"\n")
        kinds = {kind for kind, _ in stream.until("last")}
        assert kinds == {"status", "away", "last"}, kinds
        assert len(good.connections) == 1
        stream.close()


def test_answers_that_do_not_come(folder):
    with Desk(folder) as lane, Console(folder) as console:
        officer = console.login("officer")
        wait_until_here(officer)
        lane.signal(signal.SIGSTOP)
        begin = time.monotonic()
        status, answer = officer.post("/api/lanes/lane/open", CITIZEN)
        took = time.monotonic() - begin
        assert (status, answer["code"]) == (504, "timeout") and took < 8, (status, answer, took)
        assert officer.ask("status", expect=503)["code"] == "away"
        assert console.login("integrator").get("/healthz") == (200, b"ok\n")
        lane.signal(signal.SIGCONT)
        wait_until_here(officer)
        assert officer.ask("status")["ok"]
        lane.stop()


if __name__ == "__main__":
    tap.run(__import__("__main__"))
