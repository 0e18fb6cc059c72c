# SPDX-License-Identifier: Apache-2.0
"""Hostile plugins in a lane: each costs at most the frame that it was given, and gets nothing.

Three people step up: one with their own papers, one with those of somebody else, and one without.
HOSTILE=all runs every plugin, else those whose misdeeds have the most ways to go wrong.
"""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hostile
import lanes
import tap
from cases import CASES, DIES, DOCTORED, FAULTS, GOOD, HARMLESS, LIES, REFUSED
from hostile import SECRET, Den
from tap import postern, wait_for

ALL = os.environ.get("HOSTILE") == "all"
SHORT = """constructor-fork constructor-read constructor-socket constructor-write init-thread abi-stale
    finish-hang print log-flood hang abort exit faces-many fork exec connect-inet connect-unix
    send-udp write-file read-home kill-parent memory-exec late-thread handlers control-forge hog
    faces-beyond template-nan template-short search-twice score-nan search-differs""".split()
AT_ONCE = 3
OK, CONFIG, UNSAFE = 0, 2, 4
SERVED = ("verified", "refer-no-match", "refer-uncalibrated")
STAYS = 3  # seconds
OWN, OTHERS, NOBODYS = 1, 2, 3  # encounters: with one's own papers, somebody else's, none


class Stage:
    """Recordings of three people, in one their first frames are marked, and a vault that knows two.

    Which frames a good plugin is given in the other one is what is held against hostile ones."""

    def __init__(self, folder):
        self.folder = folder
        self.clip = hostile.record(folder / "people.avi")
        self.marked = hostile.record(folder / "marked.avi", range(0, 9 * 10, 10 * STAYS))
        self.key = folder / "key"
        self.state = folder / "state"
        enrol = self.people("enrol", P0="P0", P2="P2")
        self.scenario = self.people("visit", P0="P0", P1="P0", P2=None)
        (folder / "good").mkdir()
        with Den(folder / "good", "good-detector", "detector") as den:
            self.run(den, "vault", "init", "--state", self.state, "--key", self.key)
            self.run(den, "run", "--source", self.clip, "--policy", lanes.POLICY, "--scenario", enrol,
                     "--state", self.state, "--key", self.key, "--gallery", "people",
                     "--sandbox", "off", "--set", "policy.purpose=enrol", "--detector",
                     "good-detector", "--extractor", "lbph")
        shutil.rmtree(self.state / "receipts")
        (folder / "control").mkdir()
        with Den(folder / "control", "good-detector", "detector") as den:
            with Lane(self, den, "good-detector", "detector") as lane:
                assert lane.end(120) == OK, lane.describe()
        self.leased = lane.leased()

    @staticmethod
    def run(den, *arguments):
        done = subprocess.run([tap.POSTERN, *map(str, arguments)], text=True, capture_output=True,
                              env=lanes.environment(**den.environment()), check=False)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"

    def people(self, name, **subjects):
        place = self.folder / name
        place.mkdir()
        texts = []
        for person, subject in subjects.items():
            text = f"at: {STAYS * int(person[1])}s, for: {STAYS - 0.2}s"
            texts.append(text + (f", subject: {subject}" if subject else ""))
        return lanes.scenario(place, *texts)


class Lane(lanes.Lane):
    """A lane with a hostile plugin, in the plugin's den: whatever comes of it works there."""

    def __init__(self, stage, den, name, kind, marked=False, sandbox="strict"):
        state = den.folder / "state"
        shutil.copytree(stage.state, state)
        config = den.folder / "lane.yaml"
        option = f"{{plugin: {name}, name: marked, value: '{int(marked)}'}}"
        config.write_text(f"lane: 1\nplugins: {{options: [{option}]}}\n")
        plugins = {"detector": "good-detector", "extractor": "lbph", "matcher": "cosine",
                   kind: name}
        # The vault's templates are of another extractor than a hostile one.
        gallery = [] if kind == "extractor" else ["--gallery", "people"]
        super().__init__(den.folder, config, "--source",
                         stage.marked if marked else stage.clip, "--scenario", stage.scenario,
                         "--key", stage.key, *gallery, "--sandbox", sandbox, "--set", "match.rank=5",
                         "--matcher", plugins["matcher"], env=den.environment(), state=state,
                         detector=plugins["detector"], extractor=plugins["extractor"])

    def __enter__(self):
        with open(self.folder / "stdout", "wb") as out, open(self.folder / "stderr", "wb") as err:
            self.process = subprocess.Popen(
                [str(a) for a in self.arguments], env=self.env, stdin=subprocess.DEVNULL,
                stdout=out, stderr=err, cwd=self.folder)
        return self

    def outcomes(self):
        return {e["encounter"]: e["outcome"] for e in self.events("encounter.closed")}

    def leased(self):
        return [e["frames"]["leased"] for e in self.events("encounter.closed")]


def relatives(folder):
    """Processes that work in a folder: all that came of the lane there."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "cwd") == str(folder):
                found.append(process.name)
        except OSError:
            pass
    return found


def loot(den):
    """What the plugin got, by all that is left of the lane."""
    found = den.spoils()
    for path in den.folder.rglob("*"):
        if path.is_file() and path != den.folder / "secret" and SECRET.encode() in path.read_bytes():
            found.append(f"the secret is in {path.name}")
    return found


def check_books(lane):
    """The log verifies and accounts for every frame, each encounter has a genuine receipt."""
    closed = lane.events("encounter.closed")
    receipts = list((lane.state / "receipts").glob("*.json"))
    assert len(receipts) == len(closed) == 3, lane.describe()
    postern("audit", "verify", "--state", lane.state, expect=OK)
    postern("audit", "ledger", "--state", lane.state, expect=OK)
    for receipt in receipts:
        postern("receipt", "verify", receipt, "--state", lane.state, expect=OK)
    lanes.check_ledger(lane)
    assert lane.events()[-1]["kind"] == "lane.closed", lane.describe()


def check_log_lines(lane):
    """Few, short and printable, whatever the plugin says."""
    texts = [e["text"] for e in lane.events("warning")]
    assert len(texts) < 500, len(texts)
    assert all(len(t) <= 400 and t.isprintable() for t in texts), texts


def check_served(stage, lane, deaths):
    """Everybody, the one with other people's papers as such, by the frame that it is with good ones:
    what a death costs is the frame that caused it."""
    failed = lane.events("worker.failed")
    assert len(failed) == deaths, lane.describe()
    outcomes = lane.outcomes()
    assert set(outcomes.values()) <= set(SERVED), lane.describe()
    assert len(lane.events("encounter.captured")) == 3, lane.describe()
    if "refer-uncalibrated" not in outcomes.values():
        assert outcomes[OWN] == outcomes[NOBODYS] == "verified", lane.describe()
    assert lane.leased() == stage.leased, (stage.leased, lane.describe())


def check_faults(lane):
    """Every comparison that broke the matcher is a human's to decide, and one for which it had not
    been started again; nothing else is hurt."""
    outcomes = lane.outcomes()
    faults = list(outcomes.values()).count("refer-fault")
    assert 1 <= len(lane.events("worker.failed")) <= faults, lane.describe()
    assert set(outcomes.values()) <= {"refer-fault", *SERVED}, lane.describe()
    assert len(lane.events("encounter.captured")) == 3, lane.describe()


def check_refused(lane, status):
    assert status in (CONFIG, UNSAFE), lane.describe()
    assert not lane.events("permit.granted"), lane.describe()
    assert len(lane.errors.strip().splitlines()) == 1, lane.errors


def check_lane(stage, lane, case, status):
    if case.lane == REFUSED:
        check_refused(lane, status)
        return
    assert status == OK, lane.describe()
    check_books(lane)
    check_log_lines(lane)
    assert lane.outcomes()[OTHERS] != "verified", lane.describe()
    deaths = len(lane.events("worker.failed"))
    assert deaths <= 3, lane.describe()
    if case.lane == HARMLESS:
        check_served(stage, lane, 0)
    elif case.lane == DIES:
        check_served(stage, lane, 3)
    elif case.lane == FAULTS:
        check_faults(lane)
    else:
        assert case.lane == LIES


def calibrate(den, matcher):
    """The extractor's own scale of scores for another matcher than its own."""
    shutil.copytree(hostile.BUILT_PLUGINS / "lbph", den.plugins / "lbph",
                    ignore=shutil.ignore_patterns("*.p"))
    path = den.plugins / "lbph/drawn.calibration.yaml"
    path.write_text(path.read_text().replace("matcher: cosine", f"matcher: {matcher}"))


def try_plugin(stage, name, case):
    folder = stage.folder / "dens" / name
    folder.mkdir(parents=True)
    with Den(folder, name, case.kind) as den:
        if case.kind == "matcher":
            calibrate(den, name)
        with Lane(stage, den, name, case.kind, marked=case.lane == DIES) as lane:
            status = lane.end(120)
        found = loot(den)
        assert not found, f"{name}: {found}"
        wait_for(lambda: not relatives(folder), 10)
        check_lane(stage, lane, case, status)
    return len(lane.events("worker.failed"))


def try_all(stage, cases):
    """Runs them, some at once. @return how many workers died"""
    failures, deaths = [], 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        tried = {name: pool.submit(try_plugin, stage, name, case) for name, case in cases.items()}
        for name, future in tried.items():
            try:
                deaths += future.result()
            except Exception as why:  # pylint: disable=broad-except
                failures.append(f"{name}: {cases[name].lane}: {why}")
    assert not failures, "\n\n".join(failures)
    return deaths


def in_lane(case):
    return case.kind in ("detector", "extractor", "matcher")


def test_each_costs_at_most_its_frame_and_gets_nothing(folder):
    stage = Stage(folder)
    cases = {n: c for n, c in CASES.items() if in_lane(c) and (ALL or n in SHORT)}
    cases.update({n: c for n, c in GOOD.items() if in_lane(c)})
    deaths = try_all(stage, cases)
    print(f"# {len(cases)} plugins, {deaths} deaths of workers", flush=True)


def test_the_same_without_a_sandbox_shows(folder):
    """That all this can be seen: what the sandbox keeps from plugins, they get without it."""
    stage = Stage(folder)
    wanted = {"constructor-socket": "unix", "constructor-read": "secret",
              "constructor-write": "written", "connect-inet": "tcp", "connect-unix": "unix",
              "send-udp": "udp", "write-file": "written", "system": "written",
              "read-home": "secret", "fork": "process", "constructor-fork": "process"}
    for name, what in wanted.items():
        place = stage.folder / "dens" / name
        place.mkdir(parents=True)
        with Den(place, name, "detector") as den:
            with Lane(stage, den, name, "detector", sandbox="off") as lane:
                lane.end(120)
            found = loot(den) + [f"process {p}" for p in relatives(place)]
            assert any(what in text for text in found), f"{name}: {found}: {lane.describe()}"
            for text in found:
                if text.startswith("process"):
                    lanes.kill(int(text.split()[1]))


def test_one_that_always_crashes_is_quarantined(folder):
    """Five deaths; then everybody is referred to a human, without a frame."""
    stage = Stage(folder)
    (folder / "den").mkdir()
    with Den(folder / "den", "crash", "detector") as den:
        with Lane(stage, den, "crash", "detector") as lane:
            assert lane.end(120) == OK, lane.describe()
        assert len(lane.events("worker.failed")) == 5, lane.describe()
        # Each death costs the frame that was searched and the one that was read ahead of it.
        assert lane.events("lane.closed")[0]["frames"]["leased"] == 2 * 5, lane.describe()
        assert set(lane.outcomes().values()) == {"refer-fault"}, lane.describe()
        assert len(lane.events("worker.quarantined")) == 1, lane.describe()
        check_books(lane)
        assert not loot(den)


def calibration(den, name):
    """A scale for an extractor by which only the very same picture is the same person."""
    done = subprocess.run([tap.POSTERN, "plugins", "--json"], text=True, capture_output=True,
                          env=lanes.environment(**den.environment()), check=True)
    contract = next(p["contract"] for p in json.loads(done.stdout)["plugins"] if p["id"] == name)
    (den.plugin / "drawn.calibration.yaml").write_text(
        f"calibration: 1\ncontract: {contract}\nmatcher: cosine\ndomain: drawn\norigin: a test\n"
        'genuine: 10\nimpostor: 10000\nthresholds:\n  - {fmr: "1e-3", score: 0.9999, fnmr: 0}\n')


def who_is_taken_for_whom(stage, folder, sandbox):
    """Outcomes of two people with the papers of the first, where the extractor gives the template
    before: A's, when B stands there."""
    name = "template-before"
    with Den(folder, name, "extractor") as den:
        calibration(den, name)
        vault = ["--state", folder / "state", "--key", stage.key]
        plugins = ["--gallery", "people", "--detector", "good-detector", "--extractor", name,
                   "--sandbox", sandbox, "--set", "capture.good-quality=1"]
        visit = ["run", "--source", stage.clip, "--policy", lanes.POLICY, *vault, *plugins]
        stage.run(den, "vault", "init", *vault)
        stage.run(den, *visit, "--scenario", stage.people(f"{sandbox}-enrol", P0="A"), "--set",
                  "policy.purpose=enrol")
        people = stage.people(f"{sandbox}-visit", P0="A", P1="A", P2="A")
        stage.run(den, *visit, "--scenario", people, "--events", folder / "events.jsonl")
        events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return [e["outcome"] for e in events if e["kind"] == "encounter.closed"]


def test_nothing_of_one_person_comes_up_in_the_next_one_s_result(folder):
    """Whoever kept A's template has no process left to give it in, when B steps up."""
    stage = Stage(folder)
    outcomes = {}
    for sandbox in ("off", "strict"):
        (folder / sandbox).mkdir()
        outcomes[sandbox] = who_is_taken_for_whom(stage, folder / sandbox, sandbox)
    assert outcomes["off"][:2] == ["verified", "verified"], f"it does not show: {outcomes}"
    assert outcomes["strict"] == ["verified", "refer-no-match", "refer-no-match"], outcomes


def test_doctored_manifests_are_refused_before_anything_is_loaded(folder):
    stage = Stage(folder)
    for number, (what, (doctor, _)) in enumerate(DOCTORED.items()):
        place = folder / str(number)
        place.mkdir()
        with Den(place, "constructor-write", "detector", doctor) as den:
            with Lane(stage, den, "constructor-write", "detector", sandbox="off") as lane:
                status = lane.end(60)
            assert status in (CONFIG, UNSAFE), f"{what}: {lane.describe()}"
            assert not loot(den), f"{what}: it was loaded"
            assert not lane.events("permit.granted"), what


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
