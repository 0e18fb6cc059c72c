# SPDX-License-Identifier: Apache-2.0
"""postern vault, audit and receipt, as a user meets them."""

import json
import os
import stat
import subprocess
import sys

import tap

LANE = tap.SOURCE / "examples/lanes/demo.yaml"
SCENARIO = """scenario: 1
name: two travelers
encounters:
  - at: 0.5s
    category: us-citizen
    known-by: document
    notice: current
    choice: {decline: 0.2s}
    for: 2s
  - at: 3s
    category: nonimmigrant
    subject: S002
    known-by: document
    notice: current
    for: 2s
"""


def vault(folder, verb, *arguments, expect=0):
    return tap.postern("vault", verb, "--state", folder / "st", "--key", folder / "key",
                       *arguments, expect=expect)


def run_lane(folder):
    """A vault, a lane over it with one refused and one permitted traveler."""
    vault(folder, "init")
    (folder / "two.yaml").write_text(SCENARIO, encoding="utf-8")
    tap.postern("run", LANE, "--source", "synth:?people=2&seed=8&seconds=6&size=640x480&fps=15",
                "--state", folder / "st", "--key", folder / "key", "--scenario",
                folder / "two.yaml", "--set", "policy.purpose=enrol", expect=0)


def one_line(done, *texts):
    assert done.stderr.count("\n") == 1, done.stderr
    for text in texts:
        assert text in done.stderr, done.stderr


def test_init_makes_key_and_vault_once(folder):
    said = vault(folder, "init").stdout
    assert "key file made" in said, said
    key = folder / "key"
    assert key.stat().st_size == 32 and stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "st/vault.db").stat().st_mode) == 0o600
    before = key.read_bytes()
    one_line(vault(folder, "init", expect=2), "nothing changed")
    assert key.read_bytes() == before
    said = json.loads(vault(folder, "status", "--json").stdout)
    assert (said["records"], said["key_slots"], said["stores"]) == (0, 1, []), said


def test_init_takes_a_key_that_is_there(folder):
    key = folder / "key"
    key.write_bytes(os.urandom(32))
    key.chmod(0o600)
    assert "key file made" not in vault(folder, "init").stdout


def test_a_failed_init_leaves_nothing(folder):
    (folder / "st").write_text("a file where the folder should be", encoding="utf-8")
    vault(folder, "init", expect=2)
    assert not (folder / "key").exists()


def test_keys_that_are_refused(folder):
    vault(folder, "init")
    key = folder / "key"
    good = key.read_bytes()
    key.chmod(0o640)
    one_line(vault(folder, "status", expect=5), "chmod 600", str(key))
    key.chmod(0o600)
    key.write_bytes(good[:31])
    one_line(vault(folder, "status", expect=5), "exactly 32 bytes")
    key.write_bytes(bytes(31) + b"x")
    one_line(vault(folder, "status", expect=5), "wrong key")
    key.unlink()
    one_line(vault(folder, "status", expect=5), "does not exist")
    one_line(tap.postern("vault", "status", "--state", folder / "st", expect=2), "--key")
    one_line(tap.postern("vault", "status", "--state", folder / "none", "--key", key, expect=5),
             "no vault here")


def test_passphrase_from_a_descriptor(folder):
    def with_passphrase(verb, text):
        return subprocess.run([tap.POSTERN, "vault", verb, "--state", str(folder / "st"),
                               "--passphrase-fd", "0"], input=text, text=True,
                              capture_output=True, timeout=60, check=False)

    assert with_passphrase("init", "short\n").returncode == 5
    assert not (folder / "st/vault.keys").exists()
    assert with_passphrase("init", "correct horse battery\n").returncode == 0
    assert with_passphrase("status", "correct horse battery\n").returncode == 0
    done = with_passphrase("status", "correct horse batterx\n")
    assert done.returncode == 5 and "wrong key" in done.stderr, done.stderr


def test_wrong_use(folder):
    for arguments in (["vault"], ["vault", "open"], ["vault", "list", "more"], ["audit"],
                      ["audit", "verify", "--at-least", "0"], ["audit", "verify", "--bad"],
                      ["receipt"], ["receipt", "verify"], ["vault", "list", "--key"]):
        one_line(tap.postern(*arguments, expect=2), "--help")
    for command in ("vault", "audit", "receipt"):
        assert tap.postern(command, "--help", expect=0).stdout.startswith("usage: postern")
    one_line(tap.postern("audit", "verify", "--state", folder, expect=2), "no audit log here")


def test_what_a_lane_left(folder):
    run_lane(folder)
    records = json.loads(vault(folder, "list", "--json").stdout)
    assert records and all(r["state"] == "opens" for r in records), records
    assert {r["category"] for r in records} == {"nonimmigrant"}, records
    table = vault(folder, "list").stdout.splitlines()
    assert table[0].split() == ["RECORD", "STORE", "GALLERY", "CLASS", "CATEGORY", "CREATED",
                                "EXPIRES", "LEFT"], table[0]
    assert len(table) == len(records) + 1
    assert len({line.index("T", 60) for line in table[1:]}) == 1, "columns stand in line"
    said = json.loads(vault(folder, "status", "--json").stdout)
    assert said["records"] == len(records) == sum(s["records"] for s in said["stores"])
    said = json.loads(vault(folder, "purge", "--json").stdout)
    assert said == {"purged": 0, "records": len(records)}, said
    one_line(vault(folder, "list", "--gallery", "nobody", expect=1), "no gallery 'nobody'")


def test_the_log_of_a_lane(folder):
    run_lane(folder)
    state = folder / "st"
    assert tap.postern("audit", "verify", "--state", state, expect=0).stdout.startswith("ok")
    said = json.loads(tap.postern("audit", "verify", "--state", state, "--public-key",
                                  state / "audit.pub", "--json", expect=0).stdout)
    assert said["ok"] and said["key_given"] and said["signed_entries"] == said["entries"], said
    shown = tap.postern("audit", "show", "--state", state, "--json", expect=0).stdout
    entries = [json.loads(line) for line in shown.splitlines()]
    assert [e["sequence"] for e in entries] == list(range(1, said["entries"] + 1))
    assert entries[-1]["hash"] == said["head"]
    outcomes = [e["data"]["outcome"] for e in entries if e["kind"] == "encounter.closed"]
    assert len(outcomes) == 2 and outcomes[0] == "refer-opted-out", outcomes
    shown = tap.postern("audit", "show", "--state", state, "--last", "2", expect=0).stdout
    assert shown.count("\n") == 2, shown
    tap.postern("audit", "verify", "--state", state, "--at-least", said["entries"] + 1, expect=1)

    log = state / "audit.log"
    data = bytearray(log.read_bytes())
    data[len(data) // 2] ^= 1
    log.write_bytes(data)
    done = tap.postern("audit", "verify", "--state", state, expect=1)
    assert done.stdout.startswith("FAILED") and "entry " in done.stdout, done.stdout
    tap.postern("audit", "show", "--state", state, expect=1)
    one_line(tap.postern("run", LANE, "--source", "synth:?people=1&seconds=1", "--state", state,
                         "--key", folder / "key", expect=4), "edited or damaged")


def test_a_receipt_for_everybody(folder):
    run_lane(folder)
    state = folder / "st"
    receipts = sorted((state / "receipts").glob("*.json"))
    assert len(receipts) == 2, receipts
    for receipt in receipts:
        said = tap.postern("receipt", "verify", receipt, "--state", state, expect=0).stdout
        assert "found in the log" in said, said
    key = state / "audit.pub"
    said = json.loads(tap.postern("receipt", "verify", receipts[0], "--public-key", key, "--json",
                                  expect=0).stdout)
    assert said["ok"] and not said["in_log"], said
    text = receipts[0].read_text(encoding="utf-8")
    forged = folder / "forged.json"
    forged.write_text(text.replace('"lane":"', '"lane":"x'), encoding="utf-8")
    one_line(tap.postern("receipt", "verify", forged, "--public-key", key, expect=1), "changed")
    forged.write_text(text[:-9], encoding="utf-8")
    one_line(tap.postern("receipt", "verify", forged, "--public-key", key, expect=1),
             "not a receipt")
    other = folder / "other.pub"
    other.write_text("ab" * 32 + "\n", encoding="ascii")
    one_line(tap.postern("receipt", "verify", receipts[0], "--public-key", other, expect=1),
             "another key")
    one_line(tap.postern("receipt", "verify", folder / "none", "--public-key", key, expect=2),
             "No such file")


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
