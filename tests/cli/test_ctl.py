# SPDX-License-Identifier: Apache-2.0
"""A lane that is driven and watched through its control socket."""

import hashlib
import json
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time

import tap
from lanes import POLICY, Lane, check_ledger, kill, scenario
from tap import POSTERN, SOURCE, postern, wait_for

OK, NO, USAGE, DEVICE, UNSAFE, VAULT = 0, 1, 2, 3, 4, 5
NOTICE = "us-border-1"
CITIZEN = ["--category", "us-citizen", "--known-by", "document"]
VISITOR = ["--category", "nonimmigrant", "--known-by", "document"]
DRAWN = "synth:?people=1&seed=8&size=640x480&fps=15"


class Desk(Lane):
    """A lane that people come to by its socket; with what `postern ctl` does there."""

    def __init__(self, folder, *options, source=DRAWN, **more):
        super().__init__(folder, "--source", source, "--pace", "real", "--control", "auto",
                         "--set", "policy.date=2026-01-15", *options, **more)

    def __enter__(self):
        super().__enter__()
        self.wait_for_event("worker.started")
        return self

    def ctl(self, *arguments, expect=OK):
        return postern("ctl", "--state", self.state, *arguments, expect=expect)

    def status(self):
        return json.loads(self.ctl("status", "--json").stdout)

    def person(self):
        """Who is there, by the status; an empty one if nobody is."""
        return self.status()["encounter"] or {}

    def show_notice(self):
        """A display that shows the notice until the process is ended."""
        display = subprocess.Popen(
            [POSTERN, "ctl", "--state", str(self.state), "notice", "--display", "gate-7",
             "--version", NOTICE, "--every", "200ms"], stdout=subprocess.PIPE, text=True)
        assert display.stdout.readline() == f"notice current; the lane wants {NOTICE}\n"
        return display

    def stop(self):
        self.signal(signal.SIGINT)
        assert self.end(30) == OK, self.describe()


class Wire:
    """One connection to the socket, as a program would have it."""

    def __init__(self, lane, timeout=20):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(lane.state / "control.sock"))
        self.file = self.socket.makefile("r", encoding="utf-8", newline="\n")

    def say(self, line):
        self.socket.sendall(line.encode() + b"\n")

    def hear(self):
        line = self.file.readline()
        return json.loads(line) if line else None

    def ask(self, **request):
        self.say(json.dumps({"v": 1, "id": 1, **request}))
        return self.hear()

    def close(self):
        self.file.close()
        self.socket.close()


def end_display(display):
    display.send_signal(signal.SIGINT)
    assert display.wait(10) == OK


def audit(lane, kind):
    """The payloads of one kind in the lane's audit log."""
    shown = postern("audit", "show", "--state", lane.state, "--kind", kind, "--json", expect=OK)
    entries = [json.loads(line) for line in shown.stdout.splitlines()]
    return [dict(entry["data"], sequence=entry["sequence"]) for entry in entries]


def test_who_declines_is_never_seen(folder):
    with Desk(folder) as lane:
        display = lane.show_notice()
        assert lane.ctl("open", *CITIZEN).stdout == "encounter 1\n"
        lane.ctl("decline", "1")
        lane.ctl("decline", "1")
        person = lane.person()
        assert (person["state"], person["choice"], person["permit"]) == (
            "opted-out", "decline", False), person
        closed = json.loads(lane.ctl("close", "--json").stdout)
        end_display(display)
        lane.stop()
        event = lane.events("encounter.closed")[0]
        assert event["outcome"] == closed["outcome"] == "refer-opted-out", event
        assert event["frames"]["leased"] == 0 and event["frames"]["withheld"] > 0, event
        assert event["receipt"] == closed["receipt"]
        assert not lane.events("permit.granted")
        check_ledger(lane)
        receipt = lane.state / "receipts" / f"{closed['receipt']}.json"
        postern("receipt", "verify", receipt, "--state", lane.state, expect=OK)


def test_an_opt_out_is_not_taken_back(folder):
    with Desk(folder) as lane:
        display = lane.show_notice()
        lane.ctl("open", *CITIZEN)
        lane.ctl("withdraw")
        refused = lane.ctl("consent", expect=UNSAFE)
        assert "refused and recorded" in refused.stderr, refused.stderr
        lane.ctl("open", *VISITOR, expect=UNSAFE)
        for _ in range(30):
            lane.ctl("consent", expect=UNSAFE)
        assert lane.person()["state"] == "withdrawn"
        lane.ctl("close")
        end_display(display)
        lane.stop()
        tried = audit(lane, "override.refused")
        assert [t["tried"] for t in tried[:2]] == ["consent", "open"] and len(tried) == 16, tried
        assert {t["encounter"] for t in tried} == {1} and tried[0]["choice"] == "withdraw"
        assert not lane.events("permit.granted")
        postern("audit", "verify", "--state", lane.state, expect=OK)


def test_a_subject_is_verified(folder):
    vault = ["--key", folder / "key"]
    postern("vault", "init", "--state", folder / "state", *vault, expect=OK)
    people = scenario(folder, "at: 0.2s, for: 3.5s, subject: S001, expect: {outcome: enrolled}")
    postern("run", "--source", DRAWN, "--policy", POLICY, "--scenario", people, "--state",
            folder / "state", *vault, "--gallery", "travelers", "--set", "policy.purpose=enrol",
            "--set", "policy.date=2026-01-15", "--detector", "cascade", "--extractor", "lbph",
            expect=OK)
    with Desk(folder, *vault, "--gallery", "travelers", source=DRAWN + "&take=1") as lane:
        display = lane.show_notice()
        lane.ctl("open", *VISITOR, "--subject", "S001")
        wait_for(lambda: lane.person().get("outcome"), 40)
        person = lane.person()
        assert (person["state"], person["outcome"]) == ("decided", "verified"), lane.describe()
        assert not person["permit"]
        why = explain(lane)
        assert (why["matched"], why["fmr"], why["authority"]) == (True, 0.001, "required-if-asked")
        assert why["timings"]["to_decision_ms"] >= 0 and why["purpose"] == "verify", why
        told = lane.ctl("close").stdout
        assert told.startswith("encounter 1: verified, receipt "), told
        assert explain(lane, 1)["matched"] is True
        end_display(display)
        lane.stop()
        assert lane.events("permit.revoked")[0]["cause"] == "decided"
        check_ledger(lane)
    offline = ["ctl", "--state", folder / "state", "review", "1", "--officer", "DESK-07",
               "--decision", "admitted", "--evidence", "document"]
    locked = postern(*offline, expect=VAULT)
    assert "--key FILE" in locked.stderr and not (folder / "state/lane.key").exists()
    postern(*offline, *vault, expect=OK)
    postern("audit", "verify", "--state", folder / "state", expect=OK)
    data = sqlite3.connect(folder / "state/vault.db").execute("pragma integrity_check").fetchone()
    assert data == ("ok",)


def test_a_display_that_falls_silent_ends_the_permit(folder):
    # No face is large enough, so the permit lasts as long as the notice does.
    with Desk(folder, "--set", "capture.min-face=2000", "--set",
              "control.notice-timeout=1s") as lane:
        display = lane.show_notice()
        lane.ctl("open", *VISITOR)
        granted = lane.wait_for_event("permit.granted")
        time.sleep(2)
        assert lane.person()["permit"], "the heartbeat keeps it"
        display.kill()
        display.wait()
        revoked = lane.wait_for_event("permit.revoked")
        assert revoked["cause"] == "notice" and revoked["permit"] == granted["permit"], revoked
        noticed = [e["notice"] for e in lane.events("encounter.noticed")]
        wait_for(lambda: lane.events("encounter.noticed")[-1]["notice"] == "absent", 5)
        assert noticed[0] == "current", noticed
        person = lane.person()
        assert (person["state"], person["permit"]) == ("opened", False), person
        lane.ctl("consent", expect=NO)
        again = lane.show_notice()
        lane.wait_for_event("permit.granted", 2)
        end_display(again)
        lane.wait_for_event("permit.revoked", 2)
        lane.ctl("close")
        lane.stop()
        check_ledger(lane)


def test_another_notice_is_stale(folder):
    with Desk(folder) as lane:
        told = lane.ctl("notice", "--display", "gate-7", "--version", "other", expect=NO)
        assert told.stdout == f"notice stale; the lane wants {NOTICE}\n"
        lane.ctl("open", *VISITOR)
        other = lane.ctl("notice", "--display", "gate-8", "--version", NOTICE, expect=NO)
        assert "display 'gate-7' shows this lane's notice" in other.stderr, other.stderr
        lane.ctl("close")
        lane.stop()
        event = lane.events("encounter.noticed")[0]
        assert (event["notice"], event["version"]) == ("stale", "other"), event
        assert lane.events("encounter.closed")[0]["outcome"] == "refer-no-notice"
        receipt = next((lane.state / "receipts").glob("*.json")).read_text()
        assert json.loads(receipt)["notice"] == "other"


def test_one_at_a_time_and_by_number(folder):
    with Desk(folder, "--set", "capture.min-face=2000") as lane:
        for word in ("consent", "decline", "withdraw", "close"):
            assert "nobody is there" in lane.ctl(word, expect=NO).stderr
        lane.ctl("open", *VISITOR)
        second = lane.ctl("open", *CITIZEN, expect=NO)
        assert "encounter 1 is still there; close it first" in second.stderr
        assert "encounter 2 is not there; 1 is" in lane.ctl("decline", "2", expect=NO).stderr
        assert lane.person()["choice"] == "none"
        lane.ctl("close", "1")
        assert lane.ctl("open", *CITIZEN).stdout == "encounter 2\n"
        lane.stop()
        assert len(lane.events("encounter.closed")) == 2


def test_nobody_stays_for_ever(folder):
    with Desk(folder, "--set", "control.longest=5s") as lane:
        lane.ctl("open", *CITIZEN)
        lane.wait_for_event("encounter.closed", 1, 20)
        lane.ctl("open", *CITIZEN)
        lane.ctl("decline")
        closed = lane.wait_for_event("encounter.closed", 2, 20)
        assert closed["outcome"] == "refer-opted-out" and closed["timings"]["total_ms"] >= 5000
        assert not lane.person()
        lane.stop()


def test_what_is_misspelt_is_refused_and_opens_nothing(folder):
    with Desk(folder) as lane:
        cases = [(["open"], "category: missing"),
                 (["open", "--category", "us-citizen"], "known-by: missing"),
                 (["open", "--category", "us-citicen", "--known-by", "document"],
                  "did you mean 'us-citizen'?"),
                 (["open", *CITIZEN, "--direction", "up"], "direction: the policy knows no 'up'"),
                 (["open", *CITIZEN, "--subject", "a/b"], "subject: 'a/b' is no id"),
                 (["open", *CITIZEN, "--officer", "D-1"], "open takes no field 'officer'"),
                 (["declin"], "did you mean 'decline'?"), (["decline", "one"], "no encounter"),
                 (["notice", "--display", "a"], "version: missing"),
                 (["notice", "--every", "1ms"], "--every: '1ms'"),
                 (["status", "--every", "1s"], "--every is for notice"),
                 (["close", "1", "2"], "unexpected '2'"), ([], "say what to do")]
        for arguments, text in cases:
            done = lane.ctl(*arguments, expect=USAGE)
            assert text in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
        assert lane.status()["encounters"] == 0
        lane.stop()


def with_ages(folder):
    """The shipped policy, stating which years belong to its age bands."""
    text = POLICY.read_text()
    if "    ages:" not in text:
        before, after = text.split("  - axis: direction", 1)
        text = (before + "    ages:\n      - {band: under-14, to: 13}\n"
                "      - {band: 14-to-79, from: 14, to: 79}\n      - {band: over-79, from: 80}\n"
                "  - axis: direction" + after)
    path = folder / "ages.yaml"
    path.write_text(text)
    return path


def test_a_date_of_birth_stands_for_an_age_band(folder):
    with Desk(folder, "--policy", with_ages(folder)) as lane:
        born = ["open", *CITIZEN, "--born"]
        for day, text in (("2012-02-30", "is not a date of birth"), ("2026-01-16", "after today")):
            assert text in lane.ctl(*born, day, expect=USAGE).stderr
        both = lane.ctl(*born, "2012-02-29", "--age-band", "14-to-79", expect=USAGE)
        assert "leave one out" in both.stderr, both.stderr
        for day, band in (("2012-01-16", "under-14"), ("2012-01-15", "14-to-79")):
            lane.ctl(*born, day)
            lane.ctl("close")
            assert lane.events("encounter.opened")[-1]["age_band"] == band, lane.describe()
        lane.stop()
        assert "2012-01" not in (lane.state / "audit.log").read_bytes().decode("latin-1")
        assert "2012-01" not in lane.events_path.read_text()


def test_garbage_and_floods_hurt_nobody_else(folder):
    with Desk(folder) as lane:
        good = Wire(lane)
        for junk in (b"GET / HTTP/1.1\r\n\r\n", b"\0" * 100 + b"\n", b"[" * 4000 + b"\n",
                     b"x" * 100000, b'{"v":2,"do":"status"}\n', b"\xff\xfe\n"):
            bad = Wire(lane)
            try:
                bad.socket.sendall(junk)
                answer = bad.hear()
                assert answer["code"] == "garbage" and not bad.file.readline(), answer
            except (BrokenPipeError, ConnectionResetError):
                pass  # hung up while we were still at it
            bad.close()
            assert good.ask(do="status")["ok"]
        flood = Wire(lane)
        flood.socket.settimeout(1)
        try:
            flood.socket.sendall(b'{"v":1,"do":"status"}\n' * 100000)
        except (TimeoutError, BrokenPipeError):
            pass  # it is read no faster than it may ask
        begin = time.monotonic()
        assert good.ask(do="status")["ok"] and time.monotonic() - begin < 2
        flood.close()
        good.close()
        lane.stop()
        check_ledger(lane)


def count_lost(lane, seconds):
    """Frames that the lane's source lost, and those it saw, within some seconds."""
    before = lane.status()["frames"]
    time.sleep(seconds)
    after = lane.status()["frames"]
    return after["lost"] - before["lost"], after["seen"] - before["seen"]


def flip_notice(lane, stop):
    """An event with every request: the notice that a display shows changes all the time."""
    wire = Wire(lane)
    while not stop.is_set():
        wire.ask(do="notice", display="gate-7", version=NOTICE)
        wire.ask(do="notice", display="gate-7", version="other")
    wire.close()


def test_subscribers_do_not_delay_a_frame(folder):
    """Fifty of them, one of which never reads, and more events than its socket holds."""
    with Desk(folder) as lane:
        quiet_lost, quiet_seen = count_lost(lane, 2)
        wires = [Wire(lane) for _ in range(50)]
        for wire in wires:
            assert wire.ask(do="subscribe")["ok"]
        lane.ctl("open", "--category", "diplomat", "--known-by", "document")
        got = [[] for _ in wires]

        def read(number):
            while event := wires[number].hear():
                got[number].append(event)
        stop = threading.Event()
        threads = [threading.Thread(target=read, args=[n]) for n in range(1, 50)]
        flippers = [threading.Thread(target=flip_notice, args=[lane, stop]) for _ in range(6)]
        for thread in threads + flippers:
            thread.start()
        lost, seen = count_lost(lane, 4)
        stop.set()
        for thread in flippers:
            thread.join()
        lane.stop()
        for thread in threads:
            thread.join()
        assert seen >= 0.8 * 2 * quiet_seen, (seen, quiet_seen)
        assert lost <= quiet_lost * 2 + 0.2 * seen, (lost, quiet_lost, seen)
        events = lane.events()
        for taken in got[1:]:
            assert taken[-1]["kind"] == "lane.closed", taken[-1]
            assert [e["seq"] for e in taken] == [e["seq"] for e in events[-len(taken):]]
        assert len(got[1]) > 400, len(got[1])
        check_ledger(lane)
        for wire in wires:
            wire.close()


def test_ctl_subscribe_prints_events_until_the_end(folder):
    with Desk(folder) as lane:
        with open(folder / "told", "wb") as out:
            reader = subprocess.Popen([POSTERN, "ctl", "--state", str(lane.state), "subscribe"],
                                      stdout=out)
        time.sleep(0.5)
        lane.ctl("open", *CITIZEN)
        lane.ctl("decline")
        lane.ctl("close")
        lane.stop()
        assert reader.wait(10) == OK
        told = [json.loads(line)["kind"] for line in (folder / "told").read_text().splitlines()]
        assert told == ["encounter.opened", "encounter.noticed", "encounter.chose",
                        "encounter.closed", "lane.closed"], told


def review(lane, which, *evidence, officer="DESK-07", decision="admitted", expect=OK):
    items = [text for item in evidence for text in ("--evidence", item)]
    return lane.ctl("review", which, "--officer", officer, "--decision", decision, *items,
                    expect=expect)


def test_a_review_needs_more_than_a_face(folder):
    with Desk(folder) as lane:
        lane.ctl("open", *CITIZEN)
        early = review(lane, 1, "document", expect=NO)
        assert "encounter 1 is not over; close it first" in early.stderr
        lane.ctl("close")
        closed = lane.wait_for_event("encounter.closed")
        for evidence in ((), ("face-match",), ("face-match", "face-compared")):
            refused = review(lane, 1, *evidence, expect=UNSAFE if evidence else USAGE)
            assert "evidence: " in refused.stderr, refused.stderr
        assert "never a name" in review(lane, 1, "document", officer="Jane", expect=USAGE).stderr
        assert "unknown value 'match'" in review(lane, 1, "document", decision="match",
                                                 expect=USAGE).stderr
        assert "no such encounter" in review(lane, 2, "document", expect=NO).stderr
        assert "no such encounter" in review(lane, 32 * "0", "document", expect=NO).stderr
        review(lane, 1, "document", "face-match")
        review(lane, closed["receipt"], "question", officer="DESK-08", decision="referred")
        postern("ctl", "--state", lane.state, "review", expect=USAGE)
        lane.stop()
        reviews = audit(lane, "review.recorded")
        ended = audit(lane, "encounter.closed")[0]
        assert len(reviews) == 2, reviews
        for entry in reviews:
            assert entry["receipt"] == closed["receipt"] == ended["receipt"]
            assert entry["encounter"] == 1
            assert entry["audit"] == ended["sequence"] == closed["audit"]
        assert reviews[0]["evidence"] == ["document", "face-match"]
        assert (reviews[1]["officer"], reviews[1]["decision"]) == ("DESK-08", "referred")
        postern("audit", "verify", "--state", lane.state, expect=OK)


def test_a_review_where_no_lane_runs(folder):
    with Desk(folder) as lane:
        lane.ctl("open", *CITIZEN)
        closed = json.loads(lane.ctl("close", "--json").stdout)
        lane.stop()
        review(lane, 1, "face-match", expect=UNSAFE)
        review(lane, 2, "document", expect=NO)
        assert not audit(lane, "review.recorded")
        told = review(lane, 1, "document").stdout
        assert told.startswith("encounter 1: review recorded at position "), told
        review(lane, closed["receipt"], "supervisor", decision="left")
        assert [entry["receipt"] for entry in audit(lane, "review.recorded")] == [
            closed["receipt"]] * 2
        postern("audit", "verify", "--state", lane.state, expect=OK)
    nowhere = postern("ctl", "--state", folder / "none", "review", "1", "--officer", "D-1",
                      "--decision", "left", "--evidence", "record", expect=NO)
    assert "no audit log" in nowhere.stderr and not (folder / "none").exists()


def test_the_log_of_a_lane_without_a_socket_is_left_alone(folder):
    lane = Lane(folder, "--source", DRAWN, "--pace", "real")
    with lane:
        lane.wait_for_event("lane.opened")
        refused = postern("ctl", "--state", lane.state, "review", "1", "--officer", "D-1",
                          "--decision", "left", "--evidence", "record", expect=UNSAFE)
        assert str(lane.process.pid) in refused.stderr, refused.stderr
        gone = postern("ctl", "--state", lane.state, "status", expect=DEVICE)
        assert "no lane listens there; start one with --control" in gone.stderr
        lane.signal(signal.SIGINT)
        lane.end(30)


def test_a_socket_that_a_dead_lane_left(folder):
    with Desk(folder) as lane:
        path = lane.state / "control.sock"
        assert path.stat().st_mode & 0o777 == 0o600
        kill(lane.process.pid)
        lane.process.wait()
        assert path.exists()
    with Desk(folder) as lane:
        assert lane.status()["lane"] == "lane"
        other = postern("run", "--source", DRAWN, "--pace", "real", "--policy", POLICY, "--state",
                        folder / "other", "--control", lane.state / "control.sock", expect=USAGE)
        assert "a lane listens there" in other.stderr, other.stderr
        lane.stop()
        assert not path.exists()


def test_what_a_lane_with_a_socket_needs(folder):
    base = ["run", "--policy", POLICY, "--state", folder / "state", "--source", DRAWN]
    fast = postern(*base, "--control", "auto", expect=USAGE)
    assert "--pace real" in fast.stderr, fast.stderr
    real = [*base, "--pace", "real"]
    long = postern(*real, "--control", folder / ("a" * 120), expect=USAGE)
    assert "choose a shorter one" in long.stderr, long.stderr
    group = postern(*real, "--control", "auto", "--set", "control.group=no-such-group",
                    expect=USAGE)
    assert "no group 'no-such-group'" in group.stderr, group.stderr
    for key, value in (("notice-timeout", "0s"), ("longest", "1s")):
        done = postern(*real, "--set", f"control.{key}={value}", expect=USAGE)
        assert f"control.{key}: {value} is out of range" in done.stderr, done.stderr
    (folder / "file").write_text("")
    postern(*real, "--control", folder / "file", expect=USAGE)
    assert (folder / "file").read_text() == ""


def test_a_lane_with_a_scenario_is_watched_not_driven(folder):
    people = scenario(folder, "at: 1s, for: 2s, choice: {decline: 0.5s}, category: us-citizen, "
                      "known-by: document, notice: current", "at: 30s, for: 1s")
    with Desk(folder, "--scenario", people) as lane:
        assert lane.status()["people"] == "scenario"
        for words in (["open", *CITIZEN], ["decline"], ["close"],
                      ["notice", "--display", "d", "--version", NOTICE]):
            assert "follows a scenario" in lane.ctl(*words, expect=USAGE).stderr
        lane.wait_for_event("encounter.closed")
        review(lane, 1, "document")
        assert explain(lane, 1)["review"]["decision"] == "admitted"
        lane.signal(signal.SIGINT)
        lane.end(30)
        assert lane.events("encounter.closed")[0]["outcome"] == "refer-opted-out"
        assert audit(lane, "review.recorded")[0]["encounter"] == 1


def keys_of(value):
    """Every key of a value, and of all that it holds."""
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values()))
    return set().union(*map(keys_of, value)) if isinstance(value, list) else set()


def explain(lane, *which):
    told = json.loads(lane.ctl("explain", *map(str, which), "--json").stdout)
    assert not [key for key in keys_of(told) if "score" in key or "subject" in key], told
    return told


def test_whoever_opts_out_is_told_why_and_takes_the_receipt(folder):
    with Desk(folder) as lane:
        lane.ctl("notice", "--display", "gate-7", "--version", NOTICE, "--language", "en")
        assert "nobody is there" in lane.ctl("explain", expect=NO).stderr
        lane.ctl("open", *CITIZEN)
        before = explain(lane)
        assert (before["verdict"], before["authority"]) == ("allow", "offered"), before
        assert before["keeps"][0] == {"store": "matching", "keep": "12h", "seconds": 43200,
                                      "words": "12 hours"}
        assert (before["closed"], before["receipt"], before["audit"]) == (False, None, None)
        lane.ctl("decline")
        assert explain(lane)["rule"] == "citizen-declines"
        closed = json.loads(lane.ctl("close", "--json").stdout)
        after = explain(lane, 1)
        assert after == explain(lane), "the latest, where nobody is there"
        assert (after["closed"], after["choice"], after["outcome"], after["receipt"]) == (
            True, "decline", "refer-opted-out", closed["receipt"]), after
        assert after["audit"] == closed["audit"] and after["matched"] is None
        assert {keep["seconds"] for keep in after["keeps"]} == {0}
        assert [source["status"] for source in after["sources"]] == ["seen", "seen", "recalled"]
        assert len(after["disputes"][0]["readings"]) == 2
        taken = folder / "receipt.json"
        taken.write_text(lane.ctl("receipt", closed["receipt"]).stdout)
        kept = (lane.state / "receipts" / f"{closed['receipt']}.json").read_text()
        assert taken.read_text() == kept + "\n", "the same bytes"
        postern("receipt", "verify", taken, "--state", lane.state, expect=OK)
        receipt = json.loads(kept)
        assert receipt["notice_language"] == "en" and receipt["outcome"] == "refer-opted-out"
        assert "language en" in postern("receipt", "show", taken, expect=OK).stdout
        review(lane, 1, "document", "question")
        told = explain(lane, 1)["review"]
        assert (told["officer"], told["evidence"]) == ("DESK-07", ["document", "question"])
        assert told["sequence"] == audit(lane, "review.recorded")[0]["sequence"]
        change = after["changes"][0]
        assert (change["input"], change["verdict"]) == ("choice", "allow"), change
        text = lane.ctl("explain").stdout
        for part in ("otherwise, with choice consent: allow by rule citizen-offered","by rule citizen-declines: A citizen", "never stored", "review by DESK-07"):
            assert part in text, text
        for words, status, part in (
                (["receipt", 32 * "0"], NO, "no such receipt among the last 1024"),
                (["receipt"], USAGE, "receipt: missing"), (["receipt", "../x"], USAGE, "no receipt"),
                (["receipt", "1"], USAGE, "receipt takes no field 'encounter'"),
                (["explain", "2"], NO, "no such encounter is there, or among the last 1024"),
                (["explain", closed["receipt"]], USAGE, "explain takes no field 'receipt'")):
            refused = lane.ctl(*words, expect=status).stderr
            assert part in refused and len(refused.splitlines()) == 1, refused
        lane.stop()


def test_who_never_said_what_language_is_shown(folder):
    with Desk(folder) as lane:
        lane.ctl("notice", "--display", "gate-7", "--version", NOTICE)
        lane.ctl("open", *CITIZEN)
        closed = json.loads(lane.ctl("close", "--json").stdout)
        assert explain(lane)["notice"] == {"state": "current", "version": NOTICE, "language": None}
        lane.ctl("open", *CITIZEN)
        refused = lane.ctl("notice", "--display", "gate-7", "--version", NOTICE, "--language", "tlh",
                           expect=USAGE)
        assert "the policy's notice is not in 'tlh'; it is in en" in refused.stderr, refused.stderr
        lane.ctl("close")
        lane.stop()
        receipt = json.loads((lane.state / "receipts" / f"{closed['receipt']}.json").read_text())
        assert receipt["notice_language"] is None


def test_the_receipt_speaks_the_language_that_was_shown(folder):
    path = folder / "policy.yaml"
    head, axes = POLICY.read_text().split("\naxes:", 1)
    path.write_text(head.split("  translations:")[0].rstrip("\n") + """
  translations:
    - {language: es, notice: Aviso., withdraw: Pulse el botón., complain: Quéjese., disclaimer: d}
    - {language: fr, notice: Avis., withdraw: Appuyez., complain: Plainte., disclaimer: d}

axes:""" + axes)
    show = ["notice", "--display", "gate-7", "--version", NOTICE]
    with Desk(folder, "--policy", path) as lane:
        lane.ctl(*show, "--language", "es")
        lane.ctl("open", *CITIZEN)
        lane.ctl(*show, "--language", "fr")
        lane.ctl(*show, "--language", "es")
        lane.ctl("decline")
        told = json.loads(lane.ctl("close", "--json").stdout)
        receipt = json.loads(lane.ctl("receipt", told["receipt"]).stdout)
        assert (receipt["notice_language"], receipt["withdraw"], receipt["complain"]) == (
            "es", "Pulse el botón.", "Quéjese."), receipt
        assert "language: the policy's notice is not in 'ar'; it is in en, es, fr" in lane.ctl(
            *show, "--language", "ar", expect=USAGE).stderr
        assert json.loads(lane.ctl("policy", "--json").stdout)["notice"]["texts"]["fr"] == {
            "notice": "Avis.", "withdraw": "Appuyez.", "complain": "Plainte.", "disclaimer": "d"}
        lane.stop()
        postern("receipt", "verify", lane.state / "receipts" / f"{told['receipt']}.json", "--state",
                lane.state, expect=OK)


def test_what_is_asked_and_kept_here(folder):
    with Desk(folder, "--set", "policy.direction=exit") as lane:
        told = json.loads(lane.ctl("policy", "--json").stdout)
        assert told["policy"]["sha256"] == hashlib.sha256(POLICY.read_bytes()).hexdigest()
        assert told["policy"]["date"] == "2026-01-15"
        assert told["defaults"]["direction"] == "exit"
        for kept in told["keeps"]:
            words = ["--category", kept["category"], "--direction", "exit", "--date", "2026-01-15",
                     "--known-by", "document", "--environment", "air", "--notice", "current",
                     "--mode", "normal", "--purpose", "verify", "--modality", "face"]
            said = json.loads(postern("policy", "explain", POLICY, *words, "--choice", "consent",
                                      "--json").stdout)
            assert kept["captured"] == (said["verdict"] == "allow"), (kept, said)
            assert [store["keep"] for store in kept["stores"]] == [
                said["retention"]["stores"][store["store"]]["text"] for store in kept["stores"]]
        text = lane.ctl("policy").stdout
        for part in ("us-citizen: matching: 12 hours", "unknown: nothing is captured",
                     f"notice {NOTICE} (en): "):
            assert part in text, text
        lane.stop()


def test_who_was_decided_by_an_older_policy_is_explained_by_that(folder):
    path = folder / "policy.yaml"
    path.write_text(POLICY.read_text())
    version = int(re.search(r"^version: (\d+)$", path.read_text(), re.M)[1])
    with Desk(folder, "--policy", path) as lane:
        lane.ctl("open", *CITIZEN)
        lane.ctl("decline")
        lane.ctl("close")
        old = explain(lane, 1)
        text = path.read_text().replace(f"version: {version}\n", f"version: {version + 1}\n", 1)
        path.write_text(text.replace(old["rule_text"], "Another text.", 1))
        lane.signal(signal.SIGHUP)
        lane.wait_for_event("policy.changed")
        told = json.loads(lane.ctl("policy", "--json").stdout)["policy"]
        assert told["version"] == version + 1
        assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert explain(lane, 1) == old
        lane.ctl("open", *CITIZEN)
        lane.ctl("decline")
        assert explain(lane)["rule_text"] == "Another text."
        lane.stop()


def test_an_answer_has_64_kib_at_most(folder):
    """A policy with so many words that its answer is a little shorter, and a little longer."""
    texts = ["notice", "withdraw", "complain", "disclaimer"]
    head, axes = POLICY.read_text().split("\naxes:", 1)
    head = head.split("  translations:")[0].rstrip("\n")
    for length, fits in ((3500, True), (4000, False)):
        more = "\n  translations:\n" + "".join(
            f"    - {{language: {language}, " + ", ".join(f"{key}: {'x' * length}" for key in texts)
            + "}\n" for language in ("es", "fr", "zh", "ar"))
        path = folder / "long.yaml"
        path.write_text(head + more + "\naxes:" + axes)
        with Desk(folder, "--policy", path) as lane:
            done = lane.ctl("policy", "--json", expect=OK if fits else DEVICE)
            assert len(done.stdout) < 65536
            assert fits or "more than 65536; shorten the policy's texts" in done.stderr, done.stderr
            assert not fits or len(json.loads(done.stdout)["notice"]["texts"]["ar"]["notice"]) == length
            assert lane.status()["lane"] == "lane"
            lane.stop()


VOLATILE = {"version", "t_ms", "frames", "receipt", "audit", "age_ms", "review", "uptime_ms",
            "memory_bytes", "fps", "interval_ms", "jitter_ms", "good", "skipped", "stale", "counts",
            "sum_ms", "plugins", "spare", "answer_ms", "renewals", "sequence",
            "checkpoint_age_ms", "sha256", "wall", "hash", "total_ms"}


def alike(told, came):
    """Whether an answer is as the page says: the same keys, the same words; times may differ.

    "..." at the end of a text, a list or an object stands for whatever follows.
    """
    if isinstance(told, str) and told.endswith("..."):
        return isinstance(came, str) and came.startswith(told[:-3])
    if isinstance(told, list) and isinstance(came, list):
        rest = told[-1:] == ["..."]
        told = told[:-1] if rest else told
        return (rest or len(told) == len(came)) and len(told) <= len(came) and all(
            map(alike, told, came))
    if not isinstance(told, dict) or not isinstance(came, dict):
        return told == came
    keys = [key for key in told if key != "..."]
    return (keys == list(came) or "..." in told and keys == list(came)[:len(keys)]) and all(
        key in VOLATILE or alike(told[key], came[key]) for key in keys)


def are_workers_ready(lane):
    """Whether none is being renewed: who was captured is wiped with the worker that saw them."""
    health = json.loads(lane.ctl("health", "--json").stdout)
    return all(worker["state"] == "ready" for worker in health["workers"])


def test_the_page_tells_what_the_socket_does(folder):
    page = (SOURCE / "docs/control.md").read_text()
    lines = [line for block in re.findall(r"```session\n(.*?)```", page, re.S)
             for line in block.splitlines()]
    asked = {json.loads(line[4:])["do"] for line in lines if line.startswith("--> {")}
    assert asked == {"open", "notice", "consent", "decline", "withdraw", "review", "close",
                     "status", "health", "picture", "policy", "explain", "receipt", "subscribe"}, asked
    receipts = {}  # the page's ids, and what they are here
    with Desk(folder, "--set", "control.notice-timeout=30s", "--set",
              "capture.min-face=2000") as lane:
        wire = Wire(lane)
        for request, answer in zip(lines[::2], lines[1::2]):
            assert request.startswith("--> ") and answer.startswith("<-- "), (request, answer)
            told = json.loads(answer[4:])
            if '"do":"health"' in request:
                wait_for(lambda: are_workers_ready(lane), 30)
            wire.say(re.sub("[0-9a-f]{32}", lambda id: receipts.get(id[0], id[0]), request[4:]))
            came = wire.hear()
            assert alike(told, came), (request, answer, came)
            if isinstance(told.get("receipt"), str):
                receipts[told["receipt"]] = came["receipt"]
        assert wire.hear() is None, "garbage ends the connection"
        lane.stop()
        assert len(audit(lane, "override.refused")) == 2


if __name__ == "__main__":
    tap.run(__import__("__main__"))
