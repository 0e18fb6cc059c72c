# SPDX-License-Identifier: Apache-2.0
"""Lanes that seal for a vault elsewhere and cannot read: from their key to the vault's list."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import lanes
import tap
from tap import SOURCE, postern

POLICY = SOURCE / "policies/us-border.yaml"
VALIDATE = SOURCE / "tests/events/validate.py"
GALLERY = "travelers"
DATE = "policy.date=2026-01-15"


def vault(folder, *arguments, expect=0):
    return postern("vault", *arguments, "--state", folder / "vault", "--key", folder / "key",
                   expect=expect)


def public_key(folder, lane="lane"):
    return postern("vault", "lane-key", "new", "--state", folder / lane, expect=0).stdout.strip()


def export(folder, *options, lane="lane", name="gate-12", expect=0):
    """Registers a lane; its bulletin's path and what was said."""
    path = folder / f"{name}.bulletin"
    return path, vault(folder, "lane-key", "export", "--lane", name, "--public",
                       public_key(folder, lane), "--policy", POLICY, "--gallery", GALLERY, *options,
                       path, expect=expect)


def pair(folder):
    """A vault and a lane with a bulletin of it, each in a state directory of its own."""
    vault(folder, "init")
    return export(folder)[0]


def run(folder, bulletin, *options, people=("category: nonimmigrant",), subjects=False, expect=0,
        state="lane"):
    """Drawn travelers before the lane, one every three seconds. @return its events"""
    steps = [f"at: {0.2 + 3 * i:.1f}s, for: 2.6s, {text}, known-by: document, notice: current"
             + (f", subject: S00{i}" if subjects else "") for i, text in enumerate(people)]
    events = folder / "events.jsonl"
    source = f"synth:?people={len(people)}&seed=8&seconds={3 * len(people)}&size=640x480&fps=15"
    done = postern("run", "--source", source, "--policy", POLICY, "--state", folder / state,
                   "--detector", "cascade", "--extractor", "lbph", "--set", DATE, "--scenario",
                   lanes.scenario(folder, *steps), "--bulletin", bulletin, "--events", events,
                   *options, expect=expect)
    if expect != 0:
        return done
    subprocess.run([sys.executable, VALIDATE, events], check=True, capture_output=True)
    return [json.loads(line) for line in events.read_text().splitlines()]


def carry(folder, state="lane"):
    """The copy of a lane's inbox, in place of the one before. @return its path, count of parcels"""
    shutil.rmtree(folder / "carried", ignore_errors=True)
    shutil.copytree(folder / state / "inbox", folder / "carried")
    return folder / "carried", len(list((folder / "carried").glob("*.parcel")))


def ingest(folder, path, *options, expect=0):
    return json.loads(vault(folder, "ingest", path, "--json", *options, expect=expect).stdout)


def listed(folder, *options):
    return json.loads(vault(folder, "list", "--json", *options).stdout)


def outcomes(events):
    return [e["outcome"] for e in events if e["kind"] == "encounter.closed"]


def one_line(done, *texts):
    assert done.stderr.count("\n") == 1, done.stderr
    for text in texts:
        assert text in done.stderr, done.stderr


def test_what_a_lane_sealed_comes_to_the_vault_and_opens(folder):
    bulletin = pair(folder)
    events = run(folder, bulletin, people=["category: us-citizen", "category: nonimmigrant",
                                           "category: diplomat"])
    assert outcomes(events) == ["refer-no-match", "refer-no-match", "refer-exempt"], events
    stored = [e["stored"] for e in events if e["kind"] == "vault.stored"]
    assert [(s["store"], s["where"]) for s in stored] == [
        ("matching", "inbox"), ("matching", "inbox"), ("identity", "inbox")], stored
    path, count = carry(folder)
    assert count == 3
    assert ingest(folder, path, "--dry-run")["taken"] == 3
    assert listed(folder) == [] and len(list(path.iterdir())) == 3
    said = ingest(folder, path)
    assert (said["found"], said["taken"], said["files"]) == (3, 3, []), said
    assert list(path.iterdir()) == []
    records = listed(folder)
    assert [r["state"] for r in records] == ["opens"] * 3
    assert {(r["category"], r["store"], r["lane"]) for r in records} == {
        ("us-citizen", "matching", "gate-12"), ("nonimmigrant", "matching", "gate-12"),
        ("nonimmigrant", "identity", "gate-12")}, records
    # The receipt, the event and the record say the same of how long.
    assert {r["expires"] for r in records} == {s["expires"] for s in stored}
    kept = [json.loads(r.read_text())["kept"] for r in (folder / "lane/receipts").iterdir()]
    assert sorted(len(k) for k in kept) == [0, 1, 2], kept
    # Both logs hold, and the vault's says what was taken.
    postern("audit", "verify", "--state", folder / "lane", expect=0)
    postern("audit", "verify", "--state", folder / "vault", expect=0)
    said = postern("audit", "show", "--state", folder / "vault", expect=0).stdout
    assert '"found":3,"taken":3' in said and "vault.lane-issued" in said, said


def test_whom_a_lane_enrolled_another_lane_verifies(folder):
    bulletin = pair(folder)
    people = ["category: nonimmigrant"] * 3
    events = run(folder, bulletin, "--set", "policy.purpose=enrol", "--gallery", GALLERY,
                 people=people, subjects=True)
    assert outcomes(events) == ["enrolled"] * 3, events
    path, count = carry(folder)
    assert count == 3 and ingest(folder, path)["taken"] == 3
    assert len(listed(folder, "--gallery", GALLERY)) == 3
    done = postern("run", "--source", "synth:?people=3&seed=8&seconds=9&size=640x480&fps=15&take=1",
                   "--policy", POLICY, "--state", folder / "vault", "--key", folder / "key",
                   "--detector", "cascade", "--extractor", "lbph", "--set", DATE, "--scenario",
                   folder / "scenario.yaml", "--gallery", GALLERY, "--json", expect=0)
    said = [e["outcome"] for e in json.loads(done.stdout)["encounters"]]
    assert said == ["verified"] * 3, said


def test_replays_and_forgeries(folder):
    bulletin = pair(folder)
    run(folder, bulletin)
    path, count = carry(folder)
    parcel = next(path.iterdir())
    whole = parcel.read_bytes()
    assert ingest(folder, path)["taken"] == count == 2
    carry(folder)
    said = ingest(folder, path)
    assert (said["taken"], said["skipped"]) == (0, 2) and list(path.iterdir()) == [], said
    assert len(listed(folder)) == 2
    # Another lane of the vault, and one that nobody registered.
    export(folder, lane="second", name="gate-13")
    stranger = bytes.fromhex(public_key(folder, "third"))
    second = bytes.fromhex(public_key(folder, "second"))
    tried = 0
    for change in (lambda b: b[:-1] + bytes([b[-1] ^ 1]), lambda b: b[:8] + second + b[40:],
                   lambda b: b[:8] + stranger + b[40:], lambda b: b[:200] + b"\0" + b[201:],
                   lambda b: b[:-100], lambda b: b"", lambda b: b"PSTP" + bytes(4) + b[8:]):
        changed = path / "forged.parcel"
        changed.write_bytes(change(whole))
        done = vault(folder, "ingest", path, expect=1)
        one_line(done, "forged.parcel: ")
        assert changed.exists() and "1 refused" in done.stdout, done.stdout
        tried += 1
    print(f"# forged parcels refused: {tried} (at least 7)")
    assert tried >= 7 and len(listed(folder)) == 2


def test_a_revoked_lane(folder):
    bulletin = pair(folder)
    run(folder, bulletin)
    one_line(vault(folder, "lane-key", "revoke", "gate-12", expect=2), "give --yes")
    one_line(vault(folder, "lane-key", "revoke", "gate-99", "--yes", expect=1), "no lane 'gate-99'")
    vault(folder, "lane-key", "revoke", "gate-12", "--dry-run")
    before, = json.loads(vault(folder, "lane-key", "list", "--json").stdout)
    assert before["state"] == "sealing" and before["public"] == public_key(folder), before
    vault(folder, "lane-key", "revoke", "gate-12", "--yes")
    path, count = carry(folder)
    assert ingest(folder, path, expect=1)["refused"] == count == 2
    assert listed(folder) == []
    after, = json.loads(vault(folder, "lane-key", "list", "--json").stdout)
    assert after["state"] == "revoked", after
    _, done = export(folder, expect=5)
    one_line(done, "was revoked")
    shutil.rmtree(folder / "lane")
    export(folder)
    run(folder, folder / "gate-12.bulletin")
    path, count = carry(folder)
    assert ingest(folder, path)["taken"] == count == 2


def test_a_restored_vault_knows_who_was_revoked(folder):
    """From the database that is there, and where that is lost, from the log."""
    bulletin = pair(folder)
    run(folder, bulletin)
    vault(folder, "backup", folder / "backup")
    vault(folder, "lane-key", "revoke", "gate-12", "--yes")
    for lost in (False, True):
        if lost:
            (folder / "vault/vault.db").unlink()
        vault(folder, "restore", folder / "backup", "--yes")
        after, = json.loads(vault(folder, "lane-key", "list", "--json").stdout)
        assert after["state"] == "revoked", (lost, after)
        path, count = carry(folder)
        assert ingest(folder, path, expect=1)["refused"] == count == 2


def test_a_bulletin_of_another_vault(folder):
    bulletin = pair(folder)
    run(folder, bulletin)
    other = folder / "elsewhere"
    other.mkdir()
    vault(other, "init")
    shutil.copytree(folder / "lane", other / "lane")
    shutil.rmtree(other / "lane/inbox")
    theirs, _ = export(other)
    done = run(folder, theirs, expect=4)
    one_line(done, "another vault's than this lane's", "vault.pub")
    # Nor takes the other vault what was sealed for this one.
    path, count = carry(folder)
    said = ingest(other, path, expect=1)
    assert said["refused"] == count == 2, said
    assert {f["why"] for f in said["files"]} == {"sealed for another vault"}, said


def test_past_its_end_and_before_its_time_nothing_is_kept(folder):
    """On a lane whose clock says so. Who was to be enrolled is referred to a human."""
    bulletin = pair(folder)
    for days, text in ((31, "bring a new one"), (-1, "set the clock")):
        (folder / "clock").write_text(f"{int(time.time()) + days * 86400} sync")
        steps = f"at: 0.2s, for: 2.6s, subject: S001, {lanes.PERSON}"
        with lanes.Lane(folder, "--source", "synth:?people=1&seed=8&seconds=3&size=640x480&fps=15",
                        "--bulletin", bulletin, "--set", DATE, "--set", "policy.purpose=enrol",
                        "--gallery", GALLERY, "--scenario", lanes.scenario(folder, steps),
                        env={"LD_PRELOAD": os.environ["WALL_LIBRARY"],
                             "ASAN_OPTIONS": "verify_asan_link_order=0",
                             "WALL_CLOCK": str(folder / "clock")},
                        state=folder / "lane") as lane:
            lane.end(120)
        assert outcomes(lane.events()) == ["refer-fault"], lane.describe()
        assert not lane.events("vault.stored") and not carry(folder)[1]
        warnings = [e["text"] for e in lane.events("warning") if "nothing stored" in e["text"]]
        assert len(warnings) == 1 and text in warnings[0], lane.describe()
        assert "nothing is kept: the bulletin of lane 'gate-12'" in lane.errors, lane.errors


def test_bulletins_that_do_not_fit(folder):
    bulletin = pair(folder)
    other = folder / "other.bulletin"
    for change in (lambda b: b[:-1], lambda b: b[:200] + bytes([b[200] ^ 1]) + b[201:],
                   lambda b: b"", lambda b: b[:8] + b"\x02" + b[9:]):
        other.write_bytes(change(bulletin.read_bytes()))
        one_line(run(folder, other, expect=4), "other.bulletin: ")
    theirs, _ = export(folder, lane="second", name="gate-13")
    one_line(run(folder, theirs, expect=4), "made for another lane's key")
    one_line(run(folder, folder / "nowhere", expect=2), "nowhere: ")
    one_line(run(folder, bulletin, "--key", folder / "key", expect=2), "holds no key")
    one_line(run(folder, bulletin, "--gallery", GALLERY, expect=2), "compare with nobody")
    one_line(run(folder, bulletin, "--set", "policy.purpose=enrol", expect=2), "name the gallery")
    one_line(run(folder, bulletin, "--set", "policy.purpose=enrol", "--gallery", "staff", expect=2),
             "export it with --gallery staff")
    assert not list((folder / "lane").glob("inbox/*"))


def test_exports_that_are_refused(folder):
    vault(folder, "init")
    for arguments, text in ((["--lane", "x"], "--public HEX is missing"),
                            (["--lane", "x", "--public", "ab", "--policy", POLICY, "out"],
                             "64 hex digits"),
                            (["--lane", "x", "--public", "ab" * 32, "--policy", POLICY],
                             "file to write is missing"),
                            (["--lane", "x", "--public", "ab" * 32, "--policy", POLICY, "--valid",
                              "soon", "out"], "'soon' is not a time"),
                            (["--lane", "x", "--public", "ab" * 32, "--policy", POLICY, "--valid",
                              "1y", folder / "out"], "a shorter time")):
        one_line(vault(folder, "lane-key", "export", *arguments, expect=2), text)
    assert not (folder / "out").exists()
    one_line(vault(folder, "ingest", folder / "nowhere", expect=2), "nowhere: ")


def test_the_steps_of_the_guide(folder):
    """What docs/integrators.md says, word for word, in places of the test's own."""
    text = (SOURCE / "docs/integrators.md").read_text(encoding="utf-8")
    section = text.split("## A lane that cannot read\n")[1].split("\n## ")[0]
    section = section.replace("\\\n", " ")
    commands = re.findall(r"^    postern (.*)", section, re.M)
    lane_file = "".join(line[4:] + "\n" for line in re.findall(
        r"^    (?:lane|name|source|policy|state|bulletin): .*", section, re.M))
    places = {"/var/lib/postern": folder / "lane", "/var/lib/vault": folder / "vault",
              "/etc/postern/vault.key": folder / "key", "policies/us-border.yaml": POLICY,
              "carried": folder / "carried", "gate-12.bulletin": folder / "gate-12.bulletin"}

    def here(text):
        for name, place in places.items():
            text = re.sub(rf"(?<![\w/.-]){re.escape(name)}(?![\w/.-])", str(place), text)
        return text

    vault(folder, "init")
    new, export_it, ingest_it, revoke_it = (here(c).split() for c in commands)
    public = postern(*new, expect=0).stdout.strip()
    assert len(public) == 64, public
    postern(*(public if word == "HEX" else word for word in export_it), expect=0)
    (folder / "gate-12.yaml").write_text(here(lane_file), encoding="utf-8")
    steps = "at: 0.2s, for: 2.6s, category: nonimmigrant, known-by: document, notice: current"
    postern("run", folder / "gate-12.yaml", "--source",
            "synth:?people=1&seed=8&seconds=3&size=640x480&fps=15", "--detector", "cascade",
            "--extractor", "lbph", "--set", DATE, "--scenario", lanes.scenario(folder, steps),
            expect=0)
    carry(folder)
    assert "2 parcels: 2 taken" in postern(*ingest_it, expect=0).stdout
    assert {r["lane"] for r in listed(folder)} == {"gate-12"}
    postern(*revoke_it, "--yes", expect=0)


def holds(pid, patterns):
    """How often each pattern stands in a process's memory."""
    found = [0] * len(patterns)
    size = 0
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            begin, end = (int(x, 16) for x in re.match(r"([0-9a-f]+)-([0-9a-f]+)", line).groups())
            if "r" not in line.split()[1] or "[vvar" in line or "[vsyscall" in line:
                continue
            try:
                memory.seek(begin)
                data = memory.read(end - begin)
            except OSError:
                continue
            size += len(data)
            for i, pattern in enumerate(patterns):
                found[i] += data.count(pattern)
    assert size > 1 << 20, "nothing was read"
    return found


def test_no_key_of_the_vault_is_in_the_lane(folder):
    """In its memory after a template was sealed, and in its files after its end; its own key is."""
    if tap.is_sanitized():
        raise tap.Skip("a sanitizer's memory is too large to be searched")
    bulletin = pair(folder)
    with lanes.Lane(folder, "--source", "synth:?people=1&seed=8&seconds=60&size=640x480&fps=15",
                    "--bulletin", bulletin, "--set", DATE, "--pace", "real", "--scenario",
                    lanes.scenario(folder, "at: 0.2s, for: 50s"), state=folder / "lane") as lane:
        lane.wait_for_event("vault.stored", 2)
        own = (folder / "lane/lane.key").read_bytes()
        of_vault = (folder / "key").read_bytes()
        try:
            found = holds(lane.process.pid, [own, of_vault])
        except PermissionError as error:
            raise tap.Skip("the memory of a lane is for root to read") from error
        assert found[0] > 0 and found[1] == 0, found
        lane.signal(15)
        lane.end(60)
    searched = 0
    for path in (folder / "lane").rglob("*"):
        if path.is_file():
            searched += 1
            data = path.read_bytes()
            assert of_vault not in data, path
            assert (own in data) == (path.name == "lane.key"), path
    assert searched >= 8, searched


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
