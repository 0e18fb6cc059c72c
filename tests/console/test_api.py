# SPDX-License-Identifier: Apache-2.0
"""What each role may ask of a lane through the console, and what comes back."""

import json
import time
import xml.etree.ElementTree

import tap
from lanes import check_ledger, kill
from tap import wait_for
from test_ctl import Desk, audit
from web import CITIZEN, NOTICE, VISITOR, Console, Page, Pages, wait_until_here

SHOWN = ("--set", "control.notice-timeout=60s")  # however slow this machine is
# What of a lane is whose. T, O, I: traveler, officer, integrator.
QUESTIONS = {"status": "TOI", "policy": "TOI", "explain": "TOI", "health": "I", "picture": "I",
             "receipts/00000000000000000000000000000000": "TO",
             "receipts/00000000000000000000000000000000.svg": "TO",
             "receipts/00000000000000000000000000000000.txt": "TO"}
DEEDS = {"notice": "T", "consent": "T", "decline": "TO", "withdraw": "TO", "open": "O",
         "review": "O", "close": "TO"}


def test_each_role_gets_its_own_and_no_more(folder):
    with Pages(folder, *SHOWN) as pages:
        nobody = Page(pages.console.port)
        people = {"T": pages.traveler, "O": pages.officer, "I": pages.integrator}
        for path, roles in QUESTIONS.items():
            for letter, page in people.items():
                status = page.get(f"/api/lanes/lane/{path}")[0]
                assert (status == 403) == (letter not in roles), (path, letter, status)
            assert nobody.get(f"/api/lanes/lane/{path}")[0] == 401, path
        for what, roles in DEEDS.items():
            for letter, page in people.items():
                status = page.post(f"/api/lanes/lane/{what}", {"no-such-field": 1})[0]
                assert status == (400 if letter in roles else 403), (what, letter, status)
            assert nobody.post(f"/api/lanes/lane/{what}", {})[0] in (401, 403), what
        for letter, page in people.items():
            assert page.get("/metrics")[0] == (200 if letter == "I" else 403)
        assert nobody.get("/metrics")[0] == 401 and nobody.get("/healthz") == (200, b"ok\n")
        assert pages.lane.status()["encounters"] == 0
        pages.lane.stop()


def test_a_traveler_opts_out_and_takes_the_receipt(folder):
    with Pages(folder, *SHOWN) as pages:
        traveler, officer = pages.traveler, pages.officer
        assert traveler.act("notice", NOTICE)["notice"] == "current"
        number = officer.act("open", CITIZEN)["encounter"]
        assert traveler.ask("status")["encounter"]["number"] == number
        traveler.act("close", {"encounter": number}, expect=403)
        traveler.act("close", {}, expect=400)
        person = traveler.act("decline", {"encounter": number})["encounter"]
        assert (person["choice"], person["outcome"]) == ("decline", "refer-opted-out")
        refused = traveler.act("consent", {"encounter": number}, expect=403)
        assert refused["code"] == "unsafe" and "refused and recorded" in refused["error"]
        assert officer.act("open", VISITOR, expect=403)["code"] == "unsafe"
        assert traveler.act("close", {"encounter": number + 1}, expect=409)["code"] == "no"
        closed = traveler.act("close", {"encounter": number})
        assert closed["ok"] and "id" not in closed and "v" not in closed
        name = f"receipts/{closed['receipt']}"
        document = traveler.send("GET", f"/api/lanes/lane/{name}")[2]
        assert document == (pages.lane.state / f"{name}.json").read_bytes()
        drawn = xml.etree.ElementTree.fromstring(traveler.ask(f"{name}.svg"))
        assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
        slip = folder / "slip"
        slip.write_bytes(traveler.ask(f"{name}.txt"))
        tap.postern("receipt", "verify", pages.lane.state / f"{name}.json", "--slip", slip,
                    "--state", pages.lane.state, expect=0)
        why = officer.ask(f"explain?encounter={number}")
        assert (why["outcome"], why["receipt"]) == ("refer-opted-out", closed["receipt"]), why
        reviewed = officer.act("review", {"encounter": number, "officer": "DESK-07",
                                          "decision": "admitted", "evidence": ["document"]})
        assert reviewed["review"] > closed["audit"]
        pages.lane.stop()
        assert [t["tried"] for t in audit(pages.lane, "override.refused")] == ["consent", "open"]
        assert pages.lane.events("encounter.closed")[0]["frames"]["leased"] == 0
        check_ledger(pages.lane)


def test_refusals_are_what_the_lane_said(folder):
    with Pages(folder, *SHOWN) as pages:
        officer, traveler = pages.officer, pages.traveler
        assert officer.act("close", expect=409) == {
            "code": "no", "error": "nobody is there; open an encounter"}
        wrong = officer.act("open", {**CITIZEN, "category": "us-citicen"}, expect=400)
        assert wrong["code"] == "bad" and "did you mean 'us-citizen'?" in wrong["error"], wrong
        for field in ("v", "id", "do", "officer"):
            assert field in officer.act("open", {**CITIZEN, field: 1}, expect=400)["error"]
        for value in (None, 1, [], {}, "", "x" * 129, "\x00"):
            officer.act("open", {**CITIZEN, "subject": value}, expect=400)
        long = officer.act("open", {"category": "x" * 4030}, expect=400)
        assert "more than a request" in long["error"] or "text of 1 to" in long["error"], long
        assert officer.ask("explain", expect=404)["code"] == "no"
        for number in ("0", "-1", "one", "1e3", "99999999999999999999", ""):
            assert officer.ask(f"explain?encounter={number}", expect=400)["code"] == "bad"
        for name in ("1", "A" * 32, "0" * 31, "0" * 33, "..%2e"):
            assert officer.get(f"/api/lanes/lane/receipts/{name}")[0] in (400, 404), name
        assert officer.ask("status", lane="other", expect=404)["code"] == "unknown"
        assert traveler.get("/api/lanes/other/status")[0] in (403, 404)
        officer.act("open", CITIZEN)
        assert officer.act("open", CITIZEN, expect=409)["code"] == "no"
        officer.act("close")
        face = {"encounter": 1, "officer": "DESK-07", "decision": "refused",
                "evidence": ["face-match"]}
        assert officer.act("review", face, expect=403)["code"] == "unsafe"
        assert pages.integrator.ask("picture", expect=404)["code"] == "no"
        assert "lane_hang_ups_total{lane=\"lane\"} 0" in pages.integrator.get("/metrics")[1].decode()
        pages.lane.stop()


def test_a_picture_while_a_permit_lives(folder):
    # No face is large enough, so the permit lives until somebody closes.
    with Pages(folder, *SHOWN, "--set", "control.picture=masked", "--set",
               "capture.min-face=2000") as pages:
        assert pages.integrator.ask("picture", expect=404)["code"] == "no"
        pages.traveler.act("notice", NOTICE)
        pages.officer.act("open", VISITOR)
        pages.lane.wait_for_event("permit.granted")
        status, headers, picture = pages.integrator.send("GET", "/api/lanes/lane/picture")
        assert status == 200 and headers["Content-Type"] == "image/jpeg", picture
        assert headers["Cache-Control"] == "no-store"
        assert picture[:2] == b"\xff\xd8" and picture[-2:] == b"\xff\xd9"
        assert pages.officer.get("/api/lanes/lane/picture")[0] == 403
        pages.officer.act("close")
        assert pages.integrator.ask("picture", expect=404)["code"] == "no"
        pages.lane.stop()
        assert len(audit(pages.lane, "picture.viewed")) == 1


def test_a_lane_goes_away_and_comes_back(folder):
    with Pages(folder, *SHOWN) as pages:
        officer = pages.officer
        stream = officer.listen()
        assert stream.next()[0] == "status"
        kill(pages.lane.process.pid)
        pages.lane.process.wait()
        assert stream.until("away")[-1] == ("away", None)
        one = officer.get("/api/lanes")[1]["lanes"][0]
        assert not one["connected"] and one["why"] and one["status"]["lane"] == "lane", one
        for what in ("open", "decline", "close"):
            refused = officer.act(what, CITIZEN if what == "open" else {}, expect=503)
            assert refused["code"] == "away" and "lane 'lane' is away" in refused["error"]
        assert officer.ask("status", expect=503)["code"] == "away"
        late = officer.listen()
        assert late.next() == ("away", None)
        assert "postern_lane_up{lane=\"lane\"} 0" in pages.integrator.get("/metrics")[1].decode()
        with Desk(folder) as again:
            assert stream.until("status")[-1][1]["ok"]
            assert late.next()[0] == "status"
            officer.act("open", CITIZEN)
            assert "encounter.opened" in [kind for kind, _ in stream.until("encounter.opened")]
            again.stop()
        stream.close()
        late.close()


def test_two_lanes_and_a_display_that_sees_one(folder):
    (folder / "b").mkdir()
    with Desk(folder, *SHOWN) as lane, Desk(folder / "b", *SHOWN) as other:
        sockets = {"a": lane.state / "control.sock", "b": other.state / "control.sock"}
        with Console(folder, lanes=sockets) as console:
            officer, display = console.login("officer"), console.login("traveler", "b")
            wait_until_here(officer, "a")
            wait_until_here(officer, "b")
            assert [one["lane"] for one in officer.get("/api/lanes")[1]["lanes"]] == ["a", "b"]
            assert [one["lane"] for one in display.get("/api/lanes")[1]["lanes"]] == ["b"]
            assert display.get("/api/lanes/a/status")[0] == 403
            assert display.post("/api/lanes/a/notice", NOTICE)[0] == 403
            display.act("notice", NOTICE, lane="b")
            officer.act("open", CITIZEN, lane="a")
            assert officer.ask("status", lane="b")["encounter"] is None
            assert officer.ask("status", lane="a")["notice"]["state"] == "absent"
            lane.stop()
            assert officer.ask("status", lane="b")["notice"]["display"] == "gate-7"
            other.stop()


def samples(text):
    """Prometheus text, read strictly. @return values by name with labels"""
    found, family = {}, ""
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            family = line.split(" ")[2]
            assert not any(name.split("{")[0] == family for name in found), family
        elif line.startswith("# TYPE "):
            assert line.split(" ")[2] == family and line.split(" ")[3] in (
                "counter", "gauge", "histogram"), line
        else:
            name, value = line.rsplit(" ", 1)
            assert name.split("{")[0].startswith(family) and name not in found, line
            found[name] = float(value)
    return found


def test_the_figures_are_those_of_the_lane(folder):
    with Pages(folder, *SHOWN) as pages:
        pages.traveler.act("notice", NOTICE)
        number = pages.officer.act("open", CITIZEN)["encounter"]
        pages.traveler.act("decline", {"encounter": number})
        pages.officer.act("close")
        stream = pages.officer.listen()
        stream.next()
        status, headers, content = pages.integrator.send("GET", "/metrics")
        assert status == 200
        assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        found = samples(content.decode())
        lane = '{lane="lane"'
        assert found[f'postern_encounters_total{lane},outcome="refer-opted-out"}}'] == 1
        assert found[f"postern_lane_up{lane}}}"] == found[f"postern_notice_current{lane}}}"] == 1
        assert found[f"postern_console_subscribers{lane}}}"] == 1
        assert found[f'postern_frames_total{lane},fate="leased"}}'] == 0
        assert found[f'postern_worker_ready{lane},worker="vision"}}'] == 1
        assert found['postern_console_sessions{role="officer"}'] == 1
        time.sleep(0.3)
        again = samples(pages.integrator.get("/metrics")[1].decode())
        withheld = f'postern_frames_total{lane},fate="withheld"}}'
        assert 0 < found[withheld] < again[withheld] <= pages.lane.status()["frames"]["withheld"]
        assert set(found) <= set(again), set(found) - set(again)
        bearer = Page(pages.console.port).send("GET", "/metrics", headers={
            "Authorization": f"Bearer {pages.console.tokens['integrator']}"})
        assert bearer[0] == 200 and samples(bearer[2].decode())
        stream.close()

        def is_gone():
            pages.officer.act("open", CITIZEN)  # who left is noticed when there is news
            pages.officer.act("close")
            found = samples(pages.integrator.get("/metrics")[1].decode())
            return found[f"postern_console_subscribers{lane}}}"] == 0
        wait_for(is_gone, 20)
        pages.lane.stop()


def test_events_come_in_order_and_whole(folder):
    with Pages(folder, *SHOWN) as pages:
        stream, display = pages.officer.listen(), pages.traveler.listen()
        assert stream.next()[0] == display.next()[0] == "status"
        first = pages.officer.ask("status")["encounters"]
        for _ in range(5):
            pages.traveler.act("notice", NOTICE)
            number = pages.officer.act("open", CITIZEN)["encounter"]
            pages.traveler.act("decline", {"encounter": number})
            pages.officer.act("close")
        pages.officer.act("open", VISITOR)
        pages.officer.act("close")
        ends = 0
        came, seen = [], []
        while ends < 6:
            came.append(stream.next())
            ends += came[-1][0] == "encounter.closed"
        while seen.count("encounter.closed") < 6:
            seen.append(display.next()[0])
        pages.lane.stop()
        told = [data for kind, data in came if kind != "status"]
        assert all(kind == data["kind"] for kind, data in came if kind != "status")
        begin = next(i for i, e in enumerate(pages.lane.events()) if e["seq"] == told[0]["seq"])
        assert told == pages.lane.events()[begin:begin + len(told)], "each, as the lane wrote it"
        assert told[0]["kind"] == "encounter.opened" and told[0]["encounter"] == first + 1
        assert all(kind.startswith("encounter.") or kind == "status" for kind in seen), seen
        opened = [kind for kind in seen if kind == "encounter.opened"]
        assert len(opened) == 6 and json.dumps(seen).count("permit") == 0


if __name__ == "__main__":
    tap.run(__import__("__main__"))
