# SPDX-License-Identifier: Apache-2.0
"""What an operator does with a vault over its life: forget, hold, back up, restore, verify."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import tap
from test_vault import one_line, vault

LANE = tap.SOURCE / "examples/lanes/demo.yaml"
SCENARIO = """scenario: 1
name: two travelers
encounters:
  - {at: 0.5s, for: 2s, category: nonimmigrant, subject: S001, known-by: document, notice: current}
  - {at: 3s, for: 2s, category: nonimmigrant, subject: S002, known-by: document, notice: current}
"""


def make(folder):
    """A vault with one record each of S001 and S002, kept for 75 years."""
    vault(folder, "init")
    (folder / "two.yaml").write_text(SCENARIO, encoding="utf-8")
    tap.postern("run", LANE, "--source", "synth:?people=2&seed=8&seconds=6&size=640x480&fps=15",
                "--state", folder / "st", "--key", folder / "key", "--scenario",
                folder / "two.yaml", "--set", "policy.purpose=enrol", expect=0)
    assert len(records(folder)) == 2


def records(folder):
    return json.loads(vault(folder, "list", "--json").stdout)


def said(folder, *arguments, expect=0):
    return json.loads(vault(folder, *arguments, "--json", expect=expect).stdout)


def entries(folder, kind):
    shown = tap.postern("audit", "show", "--state", folder / "st", "--json", expect=0).stdout
    every = [json.loads(line) for line in shown.splitlines()]
    return [e["data"] for e in every if e["kind"] == kind]


def check(folder):
    """The vault verifies, against its log."""
    found = said(folder, "verify")
    assert found["ok"] and found["compared_with_log"] and found["log"] == "ok", found
    tap.postern("audit", "verify", "--state", folder / "st", expect=0)
    return found


def flaws(folder):
    return {f["kind"] for f in said(folder, "verify", expect=1)["found"]}


def edit(folder, sql):
    with sqlite3.connect(folder / "st/vault.db") as db:
        db.executescript(sql)
    db.close()


def test_a_person_is_forgotten_and_stays_so(folder):
    make(folder)
    vault(folder, "backup", folder / "before")
    dry = said(folder, "forget", "--subject", "S001", "--dry-run")
    assert dry == {"found": 1, "deleted": 0, "dry_run": True}, dry
    assert len(records(folder)) == 2
    one_line(vault(folder, "forget", "--subject", "S001", expect=2), "--yes")
    assert said(folder, "forget", "--subject", "S001", "--yes")["deleted"] == 1
    assert len(records(folder)) == 1
    assert said(folder, "forget", "--subject", "S001", "--yes", expect=1)["found"] == 0
    told = entries(folder, "vault.forgotten")
    assert len(told) == 1 and len(told[0]["tombstones"]) == 1, told
    assert "S001" not in json.dumps(told)
    assert check(folder)["tombstones"] == 1

    one_line(vault(folder, "restore", folder / "before", expect=2), "--yes")
    done = said(folder, "restore", folder / "before", "--yes")
    assert (done["in_backup"], done["restored"], done["forgotten"]) == (2, 1, 1), done
    assert len(records(folder)) == 1
    check(folder)


def test_the_log_alone_remembers(folder):
    make(folder)
    vault(folder, "backup", folder / "before")
    vault(folder, "forget", "--subject", "S002", "--yes")
    (folder / "st/vault.db").unlink()
    one_line(vault(folder, "status", expect=5), "restore it from a backup")
    done = said(folder, "restore", folder / "before", "--yes")
    assert (done["restored"], done["forgotten"], done["replaced"]) == (1, 1, False), done
    check(folder)


def test_forget_by_receipt_and_by_record(folder):
    make(folder)
    left = {r["record"] for r in records(folder)}
    receipts = sorted((folder / "st/receipts").glob("*.json"))
    found = said(folder, "forget", "--receipt", receipts[0], "--yes")
    assert found["deleted"] == 1, found
    rest = {r["record"] for r in records(folder)}
    assert len(rest) == 1 and rest < left
    number = json.loads(receipts[0].read_text(encoding="utf-8"))["id"]
    assert said(folder, "forget", "--receipt", number, "--yes", expect=1)["found"] == 0
    one_line(vault(folder, "forget", "--receipt", "f" * 32, "--yes", expect=1), "no encounter")
    one_line(vault(folder, "forget", "--record", "zz", "--yes", expect=2), "32 hex digits")
    assert said(folder, "forget", "--record", rest.pop(), "--yes")["deleted"] == 1
    assert records(folder) == []
    check(folder)
    one_line(vault(folder, "forget", "--yes", expect=2), "give one of")
    one_line(vault(folder, "forget", "--subject", "a", "--record", "b", expect=2), "give one of")


def test_an_unwritable_log_deletes_nothing(folder):
    make(folder)
    log = folder / "st/audit.log"
    log.write_bytes(log.read_bytes()[:-40] + bytes(40))
    done = vault(folder, "forget", "--subject", "S001", "--yes", expect=4)
    one_line(done, "nothing deleted, but not logged")
    assert len(records(folder)) == 2


def test_hold(folder):
    make(folder)
    one_line(vault(folder, "hold", "add", "--subject", "S001", "--until", "2090-01-01", "--reason",
                   "John Doe", expect=2), "names nobody")
    one_line(vault(folder, "hold", "add", "--subject", "S001", expect=2), "--until and --reason")
    one_line(vault(folder, "hold", "add", "--subject", "S001", "--until", "2090-13-01", "--reason",
                   "c", expect=2), "no date")
    one_line(vault(folder, "hold", "add", "--subject", "S001", "--until", "1990-01-01", "--reason",
                   "c", expect=2), "a day ahead")
    assert said(folder, "hold", "add", "--subject", "S001", "--until", "2090-01-01", "--reason",
                "case-17")["held"] == 1
    held = said(folder, "hold", "list")
    assert [h["reason"] for h in held] == ["case-17"], held
    assert "2090-01-01T00:00:00Z" in vault(folder, "hold", "list").stdout
    one_line(vault(folder, "forget", "--subject", "S001", "--yes", expect=4), "legal hold")
    one_line(tap.postern("gallery", "remove", "--gallery", "travelers", "--state", folder / "st",
                         "--key", folder / "key", expect=4), "case-17")
    assert check(folder)["held"] == 1
    done = said(folder, "hold", "release", "--subject", "S001", "--yes")
    assert (done["released"], done["deleted"]) == (1, 0), done
    assert said(folder, "hold", "release", "--subject", "S001", "--yes", expect=1)["found"] == 0
    assert vault(folder, "hold", "list").stdout == "no holds\n"
    assert len(entries(folder, "vault.held")) == len(entries(folder, "vault.released")) == 1
    assert said(folder, "forget", "--subject", "S001", "--yes")["deleted"] == 1
    check(folder)


def test_what_verify_finds(folder):
    make(folder)
    check(folder)
    saved = folder / "saved"
    shutil.copytree(folder / "st", saved)

    def again():
        shutil.rmtree(folder / "st")
        shutil.copytree(saved, folder / "st")

    tried = [("DELETE FROM record WHERE place=1", "set"),
             ("UPDATE record SET contract=zeroblob(16) WHERE place=1", "record"),
             ("UPDATE name SET text='x' WHERE kind=1", "name"),
             ("INSERT INTO tombstone VALUES(zeroblob(16), 4000000000, zeroblob(32))", "tombstone"),
             ("INSERT INTO hold VALUES(zeroblob(16), 4000000000, 1, 'x', zeroblob(32))", "hold")]
    for sql, kind in tried:
        edit(folder, sql)
        assert kind in flaws(folder), sql
        again()

    vault(folder, "forget", "--subject", "S001", "--yes")
    edit(folder, "UPDATE tombstone SET until=until+1")
    assert "tombstone" in flaws(folder)
    edit(folder, "DELETE FROM tombstone")
    assert {"tombstone", "set"} <= flaws(folder)
    # The whole database of before: its person is back, and it is older than the log.
    shutil.copy(saved / "vault.db", folder / "st/vault.db")
    assert {"rollback", "forgotten", "tombstone"} <= flaws(folder)
    one_line(tap.postern("run", LANE, "--source", "synth:?people=1&seconds=1", "--state",
                         folder / "st", "--key", folder / "key", expect=4), "it was put back")
    again()
    log = folder / "st/audit.log"
    data = bytearray(log.read_bytes())
    data[len(data) // 2] ^= 1
    log.write_bytes(data)
    assert "log" in flaws(folder)
    again()
    assert vault(folder, "verify").stdout.startswith("ok: 2 records")
    print(f"# kinds of edits found: {len(tried) + 4} (at least 9)")


def test_backups_that_are_refused(folder):
    make(folder)
    one_line(vault(folder, "backup", folder / "st/inside", expect=4), "belongs elsewhere")
    one_line(vault(folder, "backup", expect=2), "folder is needed")
    vault(folder, "backup", folder / "out")
    one_line(vault(folder, "backup", folder / "out", expect=2), "is there already")
    names = sorted(p.name for p in (folder / "out").iterdir())
    assert names == ["audit.pub", "manifest", "vault.db", "vault.keys"], names
    one_line(vault(folder, "restore", folder / "none", "--yes", expect=2), "No such file")
    for name in names:
        path = folder / "out" / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-3] + b"x" + whole[-2:])
        one_line(vault(folder, "restore", folder / "out", "--yes", expect=5), "damaged")
        path.write_bytes(whole)
    other = folder / "other"
    other.mkdir()
    vault(other, "init")
    one_line(vault(other, "restore", folder / "out", "--yes", expect=5), "wrong key"
             if not (other / "st/vault.keys").exists() else "another vault")
    assert said(folder, "restore", folder / "out", "--dry-run")["restored"] == 2
    check(folder)


def test_killed_while_restoring(folder):
    """Old or new, whenever it is killed."""
    make(folder)
    vault(folder, "backup", folder / "before")
    vault(folder, "forget", "--subject", "S001", "--yes")
    begun = time.monotonic()
    vault(folder, "restore", folder / "before", "--yes")
    needed = time.monotonic() - begun
    kills, floor = 0, 8
    for number in range(30):
        process = subprocess.Popen(
            [tap.POSTERN, "vault", "restore", str(folder / "before"), "--yes", "--state",
             str(folder / "st"), "--key", str(folder / "key")], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        time.sleep(needed * number / 30)
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
        assert len(records(folder)) == 1
        names = {p.name for p in (folder / "st").iterdir()}
        assert not names & {"vault.db.restored", "vault.db.before"}, names
    check(folder)
    assert kills >= floor, kills
    print(f"# kills while restoring: {kills} (at least {floor})")


def test_what_a_backup_holds_is_sealed(folder):
    make(folder)
    vault(folder, "backup", folder / "out")
    whole = b"".join(p.read_bytes() for p in (folder / "out").iterdir())
    assert b"S001" not in whole and (folder / "key").read_bytes() not in whole
    assert all(oct(p.stat().st_mode)[-3:] == "600" for p in (folder / "out").iterdir())


def test_a_lost_state_file(folder):
    make(folder)
    assert vault(folder, "recovery", "show", expect=1).stdout == "no recovery key\n"
    key, public = folder / "off.key", folder / "off.pub"
    vault(folder, "recovery", "new", key, public)
    assert oct(key.stat().st_mode)[-3:] == "600" and len(public.read_text().strip()) == 64
    one_line(vault(folder, "recovery", "new", key, public, expect=2), "is there already")
    vault(folder, "recovery", "set", public)
    one_line(vault(folder, "recovery", "set", public, expect=2), "--yes")
    shown = said(folder, "recovery", "show")
    assert shown["good"] and shown["classes"] == 1, shown
    one_line(vault(folder, "recover", "--recovery-key", key, "--yes", expect=2), "opens")
    (folder / "st/vault.state").unlink()
    one_line(vault(folder, "status", expect=5), "vault.state")
    one_line(vault(folder, "recover", "--yes", expect=2), "--recovery-key")
    one_line(vault(folder, "recover", "--recovery-key", folder / "key", "--yes", expect=5),
             "another recovery key")
    done = said(folder, "recover", "--recovery-key", key, "--yes")
    assert (done["records"], done["lost"]) == (2, 0), done
    assert all(r["state"] == "opens" for r in records(folder))
    check(folder)
    (folder / "st/vault.escrow").write_bytes(b"x")
    assert "escrow" in flaws(folder)
    assert any("vault.escrow" in o for o in said(folder, "status")["overdue"])


def test_status_at_a_glance(folder):
    make(folder)
    first = said(folder, "status")
    assert first["overdue"] == ["no backup was ever made: 'postern vault backup'"], first
    assert first["checkpoint"] > 0 and first["keys"][0]["kind"] == "file", first
    vault(folder, "backup", folder / "out")
    vault(folder, "hold", "add", "--subject", "S002", "--until", "2090-01-01", "--reason", "c1")
    vault(folder, "forget", "--subject", "S001", "--yes")
    then = said(folder, "status")
    assert (then["held"], then["tombstones"], then["overdue"]) == (1, 1, []), then
    assert then["backup_s"] > 0 and then["ballast"] and not then["clock_held"], then
    text = vault(folder, "status").stdout
    assert "overdue      nothing\n" in text and "1 under legal hold, 1 tombstones" in text, text
    head = text.split("\n\n")[0].splitlines()
    assert len({len(line.split(None, 1)[0]) < 13 for line in head}) == 1 and len(head) < 14, text
    assert all(line[12] == " " and line[13] != " " for line in head), text
    assert vault(folder, "purge", "--dry-run").stdout.startswith("0 expired records would be")


def test_files_in_the_way_of_a_backup_survive(folder):
    make(folder)
    (folder / "out.partial").mkdir()
    (folder / "out.partial/mine").write_text("mine", encoding="ascii")
    one_line(vault(folder, "backup", folder / "out", expect=2), "out.partial")
    assert (folder / "out.partial/mine").read_text(encoding="ascii") == "mine"
    assert not os.path.exists(folder / "out")


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
