# SPDX-License-Identifier: Apache-2.0
"""Drawn travelers and real recordings through the whole lane, from the command line."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
import tap  # noqa: E402
from tap import SOURCE, need, postern  # noqa: E402

POLICY = SOURCE / "policies/us-border.yaml"
DEMO = SOURCE / "examples/lanes/demo.yaml"
SCENARIOS = SOURCE / "examples/scenarios"
VALIDATE = SOURCE / "tests/events/validate.py"


def new_vault(folder):
    """A vault in folder/state with a fresh key."""
    postern("vault", "init", "--state", folder / "state", "--key", folder / "key", expect=0)
    return ["--state", folder / "state", "--key", folder / "key"]


def events_of(path):
    """All events, after the schema has been checked."""
    subprocess.run([sys.executable, VALIDATE, path], check=True, capture_output=True)
    return [json.loads(line) for line in path.read_text().splitlines()]


def closed(events):
    return [event for event in events if event["kind"] == "encounter.closed"]


def check_ledger(events):
    """Each encounter's frames add up, and so do the lane's."""
    for event in closed(events) + [e for e in events if e["kind"] == "lane.closed"]:
        frames = event["frames"]
        assert frames["seen"] == frames["leased"] + frames["withheld"] + frames["lost"], event


def draw(path, *options):
    postern("synth", path, "--people", 11, "--seed", 8, "--seconds", 44, "--fps", 15,
            "--size", "640x480", *options, expect=0)
    return path


def scenario(folder, *encounters):
    path = folder / "scenario.yaml"
    lines = ["scenario: 1", "name: test", "encounters:"]
    lines += ["  - {known-by: document, " + text + "}" for text in encounters]
    path.write_text("\n".join(lines) + "\n")
    return path


def enrolled(folder):
    """A vault that holds the references of the demonstration."""
    vault = new_vault(folder)
    postern("run", DEMO, "--source", draw(folder / "enrol.avi"), *vault, "--set",
            "policy.purpose=enrol", "--scenario", SCENARIOS / "enrol-travelers.yaml", expect=0)
    return vault


def test_eleven_travelers_meet_the_gate(folder):
    vault = enrolled(folder)
    draw(folder / "travelers.avi", "--take", 1, "--bystanders", 1)
    answers = []
    for run in range(3):
        log = folder / f"events-{run}.jsonl"
        done = postern("run", DEMO, "--source", folder / "travelers.avi", *vault, "--scenario",
                       SCENARIOS / "travelers.yaml", "--events", log, expect=0)
        assert "falling back to cascade and lbph" in done.stderr, done.stderr
        events = events_of(log)
        check_ledger(events)
        answers.append([(e["outcome"], e["rule"], e["frames"], e["timings"])
                        for e in closed(events)])
    assert len(answers[0]) == 11, answers[0]
    assert answers[0] == answers[1] == answers[2], "the same recording gave other answers"
    postern("audit", "verify", "--state", folder / "state", expect=0)
    listed = json.loads(postern("vault", "list", *vault, "--json", expect=0).stdout)
    assert listed, "nothing was stored"


def test_who_the_gate_refuses_leaves_no_trace(folder):
    """Frames, templates, faces: of refused travelers the run knows nothing but their count."""
    vault = new_vault(folder)
    draw(folder / "travelers.avi")
    refused = ["category: us-citizen, choice: {decline: 0.1s}, notice: current",
               "category: diplomat, notice: current", "category: unknown, notice: current",
               "category: us-citizen, notice: stale", "category: us-citizen, notice: absent"]
    people = [f"at: {4 * i}s, for: 3.5s, {text}"
              for i, text in enumerate(refused)]
    log = folder / "events.jsonl"
    postern("run", "--policy", POLICY, "--set", "policy.date=2026-01-15", "--source",
            folder / "travelers.avi", "--scenario", scenario(folder, *people), *vault,
            "--events", log, expect=0)
    events = events_of(log)
    check_ledger(events)
    for event in closed(events):
        assert event["frames"]["leased"] == 0 and event["frames"]["withheld"] > 40, event
        assert event["faces"]["bystanders_max"] == 0 and not event["stored"], event
    kinds = {event["kind"] for event in events}
    assert not kinds & {"permit.granted", "encounter.captured", "match.result", "vault.stored"}
    assert json.loads(postern("vault", "list", *vault, "--json", expect=0).stdout) == []


def test_every_traveler_gets_a_receipt_that_verifies(folder):
    draw(folder / "travelers.avi")
    postern("run", "--policy", POLICY, "--source", folder / "travelers.avi", "--state",
            folder / "state", "--scenario",
            scenario(folder, "at: 0s, for: 3s, category: diplomat, notice: current",
                     "at: 4s, for: 3s, category: nonimmigrant, notice: current"), expect=0)
    receipts = sorted((folder / "state/receipts").glob("*.json"))
    assert len(receipts) == 2, receipts
    for receipt in receipts:
        key = folder / "state/audit.pub"
        postern("receipt", "verify", receipt, "--public-key", key, expect=0)
        receipt.write_text(receipt.read_text().replace("refer-", "Refer-"))
        postern("receipt", "verify", receipt, "--public-key", key, expect=1)


def test_templates_rest_sealed(folder):
    """The vault's files hold no template in plain: what the list counts opens with the key only."""
    vault = enrolled(folder)
    other = folder / "other"
    other.mkdir()
    postern("vault", "init", "--state", other, "--key", other / "key", expect=0)
    wrong = postern("vault", "list", "--state", folder / "state", "--key", other / "key", expect=5)
    assert "key" in wrong.stderr and len(wrong.stderr.splitlines()) == 1, wrong.stderr
    listed = json.loads(postern("vault", "list", *vault, "--json", expect=0).stdout)
    assert len(listed) == 7, listed
    tables = sqlite3.connect(folder / "state/vault.db").execute(
        "select count(*) from sqlite_master where type = 'table'").fetchone()
    assert tables[0] > 0
    data = b"".join(path.read_bytes() for path in (folder / "state").glob("vault.db*"))
    for subject in (b"S001", b"S002", b"S009"):
        assert subject not in data, "a subject's name rests in plain"


def real(folder, clip, people, *options, expect=0, vault=None):
    """A real recording with the neural plugins. Returns its events."""
    models, media = need("POSTERN_MODELS"), need("POSTERN_MEDIA")
    log = folder / "events.jsonl"
    postern("run", "--policy", POLICY, "--source", media / clip, "--scenario",
            scenario(folder, *people), *(vault or ["--state", folder / "plain"]), "--events", log,
            *options, models=models, expect=expect)
    events = events_of(log)
    check_ledger(events)
    return events


def enrol_man(folder):
    """The man of one-frontal, from its first second."""
    models, media = need("POSTERN_MODELS"), need("POSTERN_MEDIA")
    vault = new_vault(folder)
    postern("gallery", "add", "--policy", POLICY, "--gallery", "men", "--subject", "M1",
            "--category", "nonimmigrant", "--image", media / "one-frontal.avi", "--seconds", 1,
            *vault, models=models, expect=0)
    return vault


def test_a_man_is_verified_against_his_first_second(folder):
    vault = enrol_man(folder)
    person = "at: 1.2s, for: 3s, category: nonimmigrant, notice: current"
    events = real(folder, "one-frontal.avi", [person + ", subject: M1"], "--gallery", "men",
                  vault=vault)
    assert closed(events)[0]["outcome"] == "verified", closed(events)
    assert closed(events)[0]["match"]["mode"] == "verify"
    assert {s["store"] for s in closed(events)[0]["stored"]} == {"matching", "identity"}
    events = real(folder, "one-frontal.avi", [person], "--gallery", "men", vault=vault)
    assert closed(events)[0]["match"] == {"mode": "identify", "fmr": 0.001, "matched": True,
                                          "rank": 1}, closed(events)
    events = real(folder, "three-approach.avi",
                  ["at: 0s, for: 3s, category: nonimmigrant, notice: current, subject: M1"],
                  "--gallery", "men", vault=vault)
    assert closed(events)[0]["outcome"] == "refer-no-match", closed(events)
    assert not closed(events)[0]["stored"]


def test_a_man_who_declines_is_not_read(folder):
    vault = enrol_man(folder)
    events = real(folder, "one-frontal.avi",
                  ["at: 1s, for: 3s, category: us-citizen, notice: current, subject: M1, "
                   "choice: {decline: 0.5s}"], "--gallery", "men", vault=vault)
    assert closed(events)[0]["outcome"] == "refer-opted-out", closed(events)
    assert closed(events)[0]["frames"]["leased"] == 0


def test_two_bystanders_are_counted_and_never_extracted(folder):
    events = real(folder, "three-approach.avi",
                  ["at: 0s, for: 3s, category: nonimmigrant, notice: current"])
    shots = [event for event in events if event["kind"] == "encounter.captured"]
    assert len(shots) == 1, shots
    assert closed(events)[0]["faces"]["bystanders_max"] == 2, closed(events)
    closing = [event for event in events if event["kind"] == "lane.closed"][0]
    assert closing["encounters"] == 1


def test_mjpeg_and_h264_of_one_recording_agree(folder):
    person = ["at: 0s, for: 3s, category: nonimmigrant, notice: current"]
    avi = closed(real(folder, "one-frontal.avi", person))[0]
    mp4 = closed(real(folder, "one-frontal.mp4", person))[0]
    assert avi["outcome"] == mp4["outcome"] and avi["frames"]["seen"] == mp4["frames"]["seen"]


def test_without_models_a_real_recording_is_uncalibrated(folder):
    media = need("POSTERN_MEDIA")
    log = folder / "events.jsonl"
    done = postern("run", "--policy", POLICY, "--source", media / "one-frontal.avi", "--scenario",
                   scenario(folder, "at: 0s, for: 4s, category: nonimmigrant, notice: current"),
                   "--state", folder / "state", "--events", log, expect=0)
    assert "falling back to cascade and lbph" in done.stderr, done.stderr
    assert closed(events_of(log))[0]["outcome"] == "refer-uncalibrated"


def outcomes_right(folder, claims, models=None):
    """Fraction of encounters in which drawn travelers get the answer they should."""
    count = 40
    vault = new_vault(folder)
    size = ["--people", count, "--seed", 11, "--seconds", 3 * count, "--fps", 10, "--size",
            "640x480"]
    postern("synth", folder / "enrol.avi", *size, expect=0, timeout=600)
    postern("synth", folder / "come.avi", *size, "--take", 1, expect=0, timeout=600)
    common = "for: 2.8s, category: nonimmigrant, notice: current"
    postern("run", DEMO, "--source", folder / "enrol.avi", *vault, "--set",
            "policy.purpose=enrol", "--scenario", scenario(folder, *(
                f"at: {3 * i}s, {common}, subject: P{i}" for i in range(count))),
            models=models, expect=0)
    log = folder / "events.jsonl"
    postern("run", DEMO, "--source", folder / "come.avi", *vault, "--events", log,
            "--scenario", scenario(folder, *(
                f"at: {3 * i}s, {common}, subject: P{claims(i, count)}" for i in range(count))),
            models=models, expect=0)
    wanted = ["verified" if claims(i, count) == i else "refer-no-match" for i in range(count)]
    got = [event["outcome"] for event in closed(events_of(log))]
    right = sum(a == b for a, b in zip(wanted, got))
    print(f"# {right} of {count} right", flush=True)
    return right / count


def every_second_lies(i, count):
    """Who traveler i claims to be: every second one somebody else."""
    return i if i % 2 == 0 else (i + 7) % count


def test_drawn_travelers_without_models_are_told_apart(folder):
    assert outcomes_right(folder, every_second_lies) >= 0.95


def test_drawn_travelers_with_models_are_told_apart(folder):
    models = need("POSTERN_MODELS")
    assert outcomes_right(folder, every_second_lies, models) >= 0.95


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
