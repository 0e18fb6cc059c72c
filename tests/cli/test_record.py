# SPDX-License-Identifier: Apache-2.0
"""`postern record`: what is kept is what was permitted, sealed, whole or not at all."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import tap
from lanes import POLICY, environment, scenario
from tap import POSTERN, postern

OK, NO, USAGE, SOURCE, UNSAFE, VAULT = range(6)
DATE = ["--date", "2026-01-15"]
CITIZEN = "category: us-citizen, known-by: document, notice: current"
CONSENTS = f"at: 0.5s, for: 3s, {CITIZEN}, choice: {{consent: 0.2s}}"
DECLINES = f"at: 4.5s, for: 3s, {CITIZEN}, choice: {{decline: 0.1s}}"
WITHDRAWS = "at: 8.5s, for: 3s, category: nonimmigrant, known-by: document, notice: current, " \
            "choice: {withdraw: 2s}"


def drawn(folder):
    """Four people who take turns of 4 s each, 10 frames a second."""
    path = folder / "people.avi"
    postern("synth", path, "--people", 4, "--seconds", 16, "--seed", 7, "--size", "320x240",
            "--fps", 10, expect=OK)
    return path


def key_file(folder, name="key"):
    path = folder / name
    path.write_bytes(os.urandom(32))
    path.chmod(0o600)
    return path


def record(folder, *options, expect=OK, source=None, out="out.pst", people=None):
    return postern("record", source or folder / "people.avi", folder / out, "--policy", POLICY,
                   "--scenario", people or scenario(folder, CONSENTS, DECLINES, WITHDRAWS),
                   "--state", folder / "state", *DATE, *options, expect=expect)


def run(folder, source, *options, expect=OK, people=None, state="state-of-run"):
    done = postern("run", "--source", source, "--policy", POLICY, "--scenario",
                   people or folder / "scenario.yaml", "--state", folder / state, "--set",
                   "policy.date=2026-01-15", "--detector", "cascade", "--extractor", "lbph",
                   "--sandbox", tap.SANDBOX, "--json", *options, expect=expect)
    return json.loads(done.stdout) if done.stdout else done


def frames_of(path):
    """The JPEGs in a file that is not sealed."""
    data = path.read_bytes()
    found, start = [], data.find(b"\xff\xd8\xff")
    while start >= 0:
        end = data.find(b"\xff\xd9", start)
        found.append(data[start:end + 2])
        start = data.find(b"\xff\xd8\xff", end)
    return found


def leftovers(folder):
    return [path.name for path in folder.iterdir() if ".part-" in path.name]


def test_what_is_recorded_is_what_was_permitted(folder):
    """The frames of the person who consents, byte by byte, and none of the other two."""
    original = frames_of(drawn(folder))
    done = record(folder, "--plain", "--json", out="out.mkv")
    told = json.loads(done.stdout)
    assert "--plain" in done.stderr, done.stderr
    assert [e["recorded"] for e in told["encounters"]] == [28, 0, 0], told
    assert told["recorded"] == 28 and told["frames"]["leased"] == 48, told
    assert told["frames"]["seen"] == told["frames"]["leased"] + told["frames"]["withheld"]
    kept = frames_of(folder / "out.mkv")
    assert kept == original[7:35], (len(kept), len(original))
    assert not leftovers(folder)


def test_a_recording_gives_the_same_answers(folder):
    """Played with the same scenario it is as if the source were there."""
    people = drawn(folder)
    key = key_file(folder)
    record(folder, "--key", key)
    first = run(folder, people, state="a")
    again = run(folder, f"file:{folder / 'out.pst'}", "--key", key, expect=NO, state="b")
    assert again["encounters"][0]["leased"] == first["encounters"][0]["leased"] > 0
    for name in ("outcome", "verdict", "rule", "choice", "leased"):
        assert again["encounters"][0][name] == first["encounters"][0][name], (first, again)
    assert again["templates"] >= 1 and again["frames"]["seen"] == 28, again
    assert again["unreached"] == 2, again


def test_who_withdraws_is_not_in_it(folder):
    drawn(folder)
    done = record(folder, "--plain", "--json", out="out.mkv", expect=NO,
                  people=scenario(folder, WITHDRAWS))
    told = json.loads(done.stdout)
    assert told["file"] is None and told["frames"]["leased"] == 20, told
    assert "nothing was recorded" in done.stderr, done.stderr
    assert not (folder / "out.mkv").exists() and not leftovers(folder)


def test_it_is_sealed(folder):
    """Without --plain nothing of a picture is in the clear; only its key opens it."""
    people = drawn(folder)
    key = key_file(folder)
    record(folder, "--key", key)
    out = folder / "out.pst"
    sealed = out.read_bytes()
    assert out.stat().st_mode & 0o777 == 0o600
    assert sealed.startswith(b"PSTNSEAL") and b"\xff\xd8\xff\xe0" not in sealed
    assert frames_of(people)[10][:64] not in sealed
    for options, what in ((["--key", key_file(folder, "other")], "wrong key"), ([], "--key FILE"),
                          (["--key", folder / "none"], "does not exist")):
        done = run(folder, out, *options, expect=VAULT)
        assert what in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_a_key_or_plain_must_be_given(folder):
    drawn(folder)
    for options, what in (([], "a recording is sealed"),
                          (["--plain", "--key", key_file(folder)], "exclude each other"),
                          (["--plain", "--set", "match.gallery=g"], "for 'run'"),
                          (["--plain", "--trace"], "--trace is of cameras")):
        done = record(folder, *options, expect=USAGE)
        assert what in done.stderr and not (folder / "out.pst").exists(), done.stderr
    done = postern("record", folder / "people.avi", folder / "out.pst", "--policy", POLICY,
                   "--plain", expect=USAGE)
    assert "nobody steps up" in done.stderr, done.stderr
    assert not (folder / "state").exists()


def test_damage_is_told_from_a_cut(folder):
    drawn(folder)
    key = key_file(folder)
    record(folder, "--key", key)
    whole = (folder / "out.pst").read_bytes()
    for name, data, what in (("cut", whole[:len(whole) // 2], "cut short"),
                             ("end", whole[:-1], "cut short"),
                             ("odd", whole[:70000] + b"x" + whole[70001:], "damaged"),
                             ("more", whole + b"x", "damaged")):
        path = folder / name
        path.write_bytes(data)
        done = postern("run", "--source", path, "--key", key, "--policy", POLICY, "--scenario",
                       folder / "scenario.yaml", "--state", folder / "state-of-run", "--detector",
                       "cascade", "--extractor", "lbph", "--sandbox", tap.SANDBOX, expect=SOURCE)
        last = done.stderr.strip().split("\n")[-1]
        assert what in last and str(path) in last, (name, done.stderr)


def test_a_file_that_is_there_stays(folder):
    drawn(folder)
    out = folder / "out.pst"
    out.write_text("precious")
    done = record(folder, "--plain", expect=USAGE)
    assert "nothing is overwritten" in done.stderr and out.read_text() == "precious"
    out.unlink()
    out.symlink_to(folder / "elsewhere")
    record(folder, "--plain", expect=USAGE)
    assert not (folder / "elsewhere").exists() and not leftovers(folder)


def test_a_full_disk_leaves_nothing(folder):
    drawn(folder)
    people = scenario(folder, CONSENTS, DECLINES)
    for options in (["--plain"], ["--key", str(key_file(folder))]):
        done = subprocess.run(
            [POSTERN, "record", folder / "people.avi", folder / "out.pst", "--policy", POLICY,
             "--scenario", people, "--state", folder / "state", *DATE, *options],
            env=environment(), text=True, capture_output=True, timeout=120, check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000)))
        assert done.returncode == SOURCE, (done.returncode, done.stderr)
        last = done.stderr.strip().split("\n")[-1]
        assert "out.pst: can't be written" in last, done.stderr
        assert not (folder / "out.pst").exists() and not leftovers(folder)
    postern("audit", "verify", "--state", folder / "state", expect=OK)


def test_what_remains_of_it_is_in_log_and_receipts(folder):
    drawn(folder)
    events = folder / "events.jsonl"
    record(folder, "--key", key_file(folder), "--events", events)
    shown = postern("audit", "show", "--state", folder / "state", expect=OK).stdout
    assert '"purpose":"enrol","recording":"sealed"' in shown, shown
    digest = subprocess.run(["sha256sum", folder / "out.pst"], text=True, capture_output=True,
                            check=True).stdout.split()[0]
    kept = [line for line in shown.split("\n") if "recording.kept" in line]
    assert len(kept) == 1 and digest in kept[0] and '"frames":28' in kept[0], kept
    receipts = [json.loads(path.read_text()) for path in (folder / "state/receipts").iterdir()]
    told = {r["outcome"]: r.get("recording") for r in receipts}
    assert told == {"refer-not-captured": "sealed", "refer-opted-out": None,
                    "refer-withdrawn": None}, told
    for path in (folder / "state/receipts").iterdir():
        postern("receipt", "verify", path, "--state", folder / "state", expect=OK)
    opened = json.loads(events.read_text().split("\n")[0])
    assert opened["recording"] == "sealed" and opened["plugins"] is None, opened
    done = subprocess.run([sys.executable, tap.SOURCE / "tests/events/validate.py", events],
                          text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_log_that_can_not_be_written_keeps_nothing(folder):
    drawn(folder)
    (folder / "state").mkdir()
    (folder / "state/audit.log").mkdir()
    record(folder, "--plain", expect=UNSAFE)
    assert not (folder / "out.pst").exists() and not leftovers(folder)


def test_expectations_that_need_a_match_are_not_judged(folder):
    drawn(folder)
    people = scenario(folder, CONSENTS + ", expect: {outcome: verified, leased: 1..3}",
                      DECLINES + ", expect: {outcome: refer-opted-out, leased: 0}")
    record(folder, "--plain", people=people, out="a.mkv")
    people = scenario(folder, CONSENTS + ", expect: {leased: 0}")
    done = record(folder, "--plain", people=people, out="b.mkv", expect=NO)
    assert "FAIL  leased: expected 0, got " in done.stdout, done.stdout
    assert "0 expectations met, 1 not" in done.stdout, done.stdout


if __name__ == "__main__":
    assert Path(POSTERN).exists()
    tap.run(sys.modules[__name__])
