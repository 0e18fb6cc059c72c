# SPDX-License-Identifier: Apache-2.0
"""postern vault key and rotate, and the keys that come from systemd, as a user meets them."""

import json
import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import tap


def vault(folder, *arguments, expect=0, key="key", stdin=None, environment=None, **options):
    """Runs an action on the folder's state directory, with a key file of the folder."""
    keyed = ["--key", folder / key] if key else []
    done = subprocess.run([tap.POSTERN, "vault", *map(str, arguments), "--state", folder / "st",
                           *keyed], text=True, capture_output=True, timeout=120, check=False,
                          stdin=stdin or subprocess.DEVNULL,
                          env={**os.environ, **(environment or {})}, **options)
    assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
    if expect:
        assert done.stderr.count("\n") == 1, done.stderr
    return done


def labels(folder, key=None):
    said = json.loads(vault(folder, "key", "list", "--json", key=key).stdout)
    assert said["verified"] == bool(key), said
    return [slot["label"] for slot in said["keys"]]


def opens(folder, key):
    done = subprocess.run([tap.POSTERN, "vault", "status", "--state", folder / "st", "--key",
                           folder / key], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 5), done.stderr
    return done.returncode == 0


def log_kinds(folder):
    if not (folder / "st/audit.log").exists():
        return ""
    return subprocess.run(["strings", folder / "st/audit.log"], text=True, check=True,
                          capture_output=True).stdout


def test_keys_come_and_go(folder):
    vault(folder, "init")
    said = vault(folder, "key", "add", "--new-key", folder / "desk", "--label", "desk").stdout
    assert "key file made" in said and "key 'desk' added" in said, said
    assert stat.S_IMODE((folder / "desk").stat().st_mode) == 0o600
    assert labels(folder) == ["file", "desk"] == labels(folder, key="desk")
    assert opens(folder, "key") and opens(folder, "desk")
    said = vault(folder, "key", "remove", "file", "--yes", key="desk").stdout
    assert "key 'file' removed" in said, said
    assert not opens(folder, "key") and opens(folder, "desk")
    said = json.loads(vault(folder, "status", "--json", key="desk").stdout)
    assert said["key_slots"] == 1, said


def test_all_places_and_none_left(folder):
    vault(folder, "init")
    for number in range(7):
        vault(folder, "key", "add", "--new-key", folder / f"k{number}", "--label", f"k{number}")
    done = vault(folder, "key", "add", "--new-key", folder / "k8", "--label", "k8", expect=1)
    assert "remove one first" in done.stderr, done.stderr
    assert not (folder / "k8").exists(), "a key file nobody needs was made"
    for number in range(7):
        assert opens(folder, f"k{number}")
        vault(folder, "key", "remove", f"k{number}", "--yes")
    done = vault(folder, "key", "remove", "file", "--yes", expect=4)
    assert "last key" in done.stderr, done.stderr
    assert labels(folder, key="key") == ["file"]


def test_what_is_refused_changes_nothing(folder):
    vault(folder, "init")
    before = (folder / "st/vault.keys").read_bytes()
    (folder / "other").write_bytes(os.urandom(32))
    (folder / "other").chmod(0o600)
    (folder / "open").write_bytes(os.urandom(32))
    (folder / "open").chmod(0o640)
    for expect, text, arguments in (
            (1, "--label", ["add", "--new-key", folder / "other"]),
            (1, "already", ["add", "--new-key", folder / "key", "--label", "again"]),
            (5, "chmod 600", ["add", "--new-key", folder / "open", "--label", "x"]),
            (5, "31", ["add", "--new-key", folder / "other", "--label", "a b"]),
            (5, "31", ["add", "--new-key", folder / "other", "--label", "../x"]),
            (2, "new-key", ["add", "--label", "x"]),
            (1, "list", ["remove", "nobody", "--yes"]),
            (2, "say list", ["frob"]),
            (2, "say list", ["remove"]),
            (2, "too many", ["remove", "a", "b"])):
        done = vault(folder, "key", *arguments, expect=expect)
        assert text in done.stderr, done.stderr
    done = vault(folder, "key", "add", "--new-key", folder / "x", "--label", "x", key="other",
                 expect=5)
    assert "wrong key" in done.stderr and not (folder / "x").exists(), done.stderr
    assert (folder / "st/vault.keys").read_bytes() == before
    vault(folder, "key", "add", "--new-key", folder / "other", "--label", "other")
    before = (folder / "st/vault.keys").read_bytes()
    done = vault(folder, "key", "remove", "other", expect=2)
    assert "--yes" in done.stderr, done.stderr
    assert (folder / "st/vault.keys").read_bytes() == before


def test_dry_runs(folder):
    vault(folder, "init")
    vault(folder, "key", "add", "--new-key", folder / "b", "--label", "b")
    before = (folder / "st/vault.keys").read_bytes()
    said = vault(folder, "key", "add", "--new-key", folder / "c", "--label", "c", "--dry-run")
    assert "would add the key 'c'; 3 would be there then" in said.stdout, said.stdout
    assert not (folder / "c").exists()
    said = vault(folder, "key", "remove", "b", "--dry-run")
    assert "would remove the key 'b'; 1 would be there then" in said.stdout, said.stdout
    said = json.loads(vault(folder, "key", "remove", "b", "--dry-run", "--json").stdout)
    assert said == {"dry_run": True, "label": "b", "keys": 1}, said
    said = vault(folder, "rotate", "--dry-run").stdout.split("\n")
    assert said[:2] == ["would stay        file", "would be removed  b"], said
    assert (folder / "st/vault.keys").read_bytes() == before


def with_line(folder, line, *arguments, expect=0, key="key"):
    """Runs it with a line on descriptor 9."""
    read, write = os.pipe()
    os.write(write, line.encode() + b"\n")
    os.close(write)
    try:
        os.dup2(read, 9)
        return vault(folder, *arguments, expect=expect, key=key, pass_fds=[9])
    finally:
        os.close(read)
        os.close(9)


def test_passphrases(folder):
    vault(folder, "init")
    with_line(folder, "correct horse", "key", "add", "--new-passphrase-fd", "9")
    said = json.loads(vault(folder, "key", "list", "--json").stdout)["keys"][1]
    assert said["kind"] == "passphrase" and said["argon2id_bytes"] >= 256 << 20, said
    assert said["argon2id_ops"] >= 3, said
    with_line(folder, "correct horse", "status", "--passphrase-fd", "9", key=None)
    done = with_line(folder, "correct horsf", "status", "--passphrase-fd", "9", key=None, expect=5)
    assert "wrong key" in done.stderr, done.stderr
    done = with_line(folder, "short", "key", "add", "--new-passphrase-fd", "9", "--label", "x",
                     expect=5)
    assert "8 characters" in done.stderr, done.stderr


def test_credentials(folder):
    vault(folder, "init")
    credentials = folder / "credentials"
    credentials.mkdir(mode=0o500)
    key = folder / "key"
    credentials.chmod(0o700)
    (credentials / "vault").write_bytes(key.read_bytes())
    (credentials / "vault").chmod(0o400)
    (credentials / "second").write_bytes(os.urandom(32))
    (credentials / "second").chmod(0o400)
    here = {"CREDENTIALS_DIRECTORY": str(credentials)}
    vault(folder, "status", "--credential", "vault", key=None, environment=here)
    vault(folder, "key", "add", "--credential", "vault", "--new-credential", "second", key=None,
          environment=here)
    assert labels(folder) == ["file", "credential"]
    vault(folder, "status", "--credential", "second", key=None, environment=here)
    for name, text in (("../vault", "letters"), ("none", "LoadCredential"), ("", "letters")):
        done = vault(folder, "status", "--credential", name, key=None, environment=here, expect=5)
        assert text in done.stderr, done.stderr
    environment = {k: v for k, v in os.environ.items() if k != "CREDENTIALS_DIRECTORY"}
    done = subprocess.run([tap.POSTERN, "vault", "status", "--state", folder / "st",
                           "--credential", "vault"], env=environment, text=True, check=False,
                          capture_output=True)
    assert done.returncode == 5 and "systemd" in done.stderr, done.stderr
    credentials.chmod(0o705)
    done = vault(folder, "status", "--credential", "vault", key=None, environment=here, expect=5)
    assert "others" in done.stderr, done.stderr
    credentials.chmod(0o700)
    done = vault(folder, "status", "--credential", "vault", expect=2, environment=here)
    assert "one of" in done.stderr, done.stderr


def test_rotation(folder):
    vault(folder, "init")
    vault(folder, "key", "add", "--new-key", folder / "b", "--label", "b")
    vault(folder, "key", "add", "--new-key", folder / "c", "--label", "c")
    before = {path.name: path.read_bytes() for path in (folder / "st").iterdir()}
    done = vault(folder, "rotate", "--keep-key", folder / "b", expect=2)
    assert "--yes" in done.stderr, done.stderr
    assert (folder / "st/vault.keys").read_bytes() == before["vault.keys"]
    said = json.loads(vault(folder, "rotate", "--keep-key", folder / "b", "--yes", "--json").stdout)
    assert said == {"kept": ["file", "b"], "removed": ["c"], "dry_run": False}, said
    assert opens(folder, "key") and opens(folder, "b") and not opens(folder, "c")
    # Nothing goes, so that nothing needs to be confirmed.
    vault(folder, "rotate", "--keep-key", folder / "b")
    # The keyring file of before with its keys opens nothing of what stands now.
    now = (folder / "st/vault.keys").read_bytes()
    (folder / "st/vault.keys").write_bytes(before["vault.keys"])
    for key in ("key", "b", "c"):
        assert not opens(folder, key), key
    (folder / "st/vault.keys").write_bytes(now)
    assert opens(folder, "key")
    done = vault(folder, "rotate", "--keep-key", folder / "key", expect=1)
    assert "same one" in done.stderr, done.stderr
    done = vault(folder, "rotate", "--keep-key", folder / "c", expect=5)
    assert "wrong key" in done.stderr, done.stderr
    assert opens(folder, "key") and opens(folder, "b")


def test_changes_are_in_the_audit_log(folder):
    vault(folder, "init")
    run = tap.postern("run", tap.SOURCE / "examples/lanes/demo.yaml", "--source",
                      "synth:?people=1&seed=8&seconds=1&size=320x240&fps=10", "--state",
                      folder / "st", "--key", folder / "key", "--scenario", scenario(folder),
                      "--set", "policy.purpose=enrol")
    assert run.returncode == 0, run.stderr
    vault(folder, "key", "add", "--new-key", folder / "b", "--label", "b-label")
    vault(folder, "key", "remove", "b-label", "--yes")
    vault(folder, "rotate")
    log = log_kinds(folder)
    for text in ("vault.key.added", "vault.key.removed", "vault.rotated", "b-label"):
        assert text in log, text
    tap.postern("audit", "verify", "--state", folder / "st", expect=0)


def scenario(folder):
    path = folder / "nobody.yaml"
    path.write_text("scenario: 1\nname: one\nencounters:\n  - at: 0.1s\n"
                    "    category: us-citizen\n    known-by: document\n    notice: current\n"
                    "    choice: {decline: 0.1s}\n    for: 0.5s\n", encoding="utf-8")
    return path


TWO_WITH_A_PAUSE = """scenario: 1
name: two, and nobody for a while
encounters:
  - at: 0.3s
    category: us-citizen
    known-by: document
    notice: current
    choice: {decline: 0.2s}
    for: 1s
  - at: 4s
    category: nonimmigrant
    subject: S002
    known-by: document
    notice: current
    for: 3s
"""


def workers_of(lane):
    """How many workers a lane has."""
    children = Path(f"/proc/{lane.pid}/task/{lane.pid}/children").read_text(encoding="ascii")
    return sum("postern-worker" in Path(f"/proc/{child}/comm").read_text(encoding="utf-8")
               for child in children.split())


def run_idle_lane(folder, *arguments, purpose="enrol", meanwhile=None):
    """A live lane that locks its vault after a second of nobody. Returns its end and its log."""
    (folder / "two.yaml").write_text(TWO_WITH_A_PAUSE, encoding="utf-8")
    sandbox = ["--sandbox", tap.SANDBOX]
    locked_before = log_kinds(folder).count("vault.locked")
    lane = subprocess.Popen(
        [tap.POSTERN, "run", tap.SOURCE / "examples/lanes/demo.yaml", "--source",
         "synth:?people=2&seed=8&seconds=9&size=640x480&fps=15", "--pace", "real", "--state",
         folder / "st", "--scenario", folder / "two.yaml", "--set", f"policy.purpose={purpose}",
         "--set", "vault.idle=1s", "--events", folder / "events", *sandbox, *arguments],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if meanwhile:
        tap.wait_for(lambda: (folder / "st/audit.log").exists() and
                     log_kinds(folder).count("vault.locked") > locked_before, 60)
        meanwhile(lane)
    out, err = lane.communicate(timeout=120)
    events = [json.loads(line) for line in
              (folder / "events").read_text(encoding="utf-8").splitlines()]
    return lane.returncode, out + err, [event["outcome"] for event in events
                                        if event["kind"] == "encounter.closed"]


def test_a_lane_drops_its_keys_while_nobody_comes(folder):
    vault(folder, "init")
    status, said, outcomes = run_idle_lane(folder, "--key", folder / "key")
    assert status == 0, said
    assert outcomes == ["refer-opted-out", "enrolled"], outcomes
    log = log_kinds(folder)
    assert "vault.locked" in log and "vault.unlocked" in log, log
    tap.postern("audit", "verify", "--state", folder / "st", expect=0)
    assert json.loads(vault(folder, "status", "--json").stdout)["records"] == 1
    # The same with a gallery: the worker that holds it goes, too, and comes back with it.
    seen = []
    status, said, outcomes = run_idle_lane(folder, "--key", folder / "key", purpose="verify",
                                           meanwhile=lambda lane: seen.append(workers_of(lane)))
    assert seen == [2], f"{seen} workers while it rests: vision and its spare, no matcher"
    assert outcomes == ["refer-opted-out", "verified"], (outcomes, said)


def test_a_lane_whose_key_is_gone_refers_and_never_opens(folder):
    vault(folder, "init")
    status, said, outcomes = run_idle_lane(
        folder, "--key", folder / "key",
        meanwhile=lambda lane: (folder / "key").rename(folder / "elsewhere"))
    assert outcomes == ["refer-opted-out", "refer-fault"], (outcomes, said)
    assert "stays locked" in (folder / "events").read_text(encoding="utf-8"), said
    assert "vault.unlocked" not in log_kinds(folder), status
    tap.postern("audit", "verify", "--state", folder / "st", expect=0)
    assert json.loads(vault(folder, "status", "--json", key="elsewhere").stdout)["records"] == 0


def test_a_passphrase_cannot_be_asked_for_again(folder):
    with_line(folder, "correct horse", "init", "--passphrase-fd", "9", key=None)
    read, write = os.pipe()
    os.write(write, b"correct horse\n")
    os.close(write)
    done = subprocess.run([tap.POSTERN, "run", tap.SOURCE / "examples/lanes/demo.yaml", "--source",
                           "synth:?people=1&seconds=1", "--state", folder / "st",
                           "--passphrase-fd", str(read), "--set", "vault.idle=1s", "--set",
                           "policy.purpose=enrol", "--sandbox", tap.SANDBOX], pass_fds=[read],
                          text=True, capture_output=True, check=False)
    os.close(read)
    assert done.returncode == 2 and "asked for again" in done.stderr, done.stderr


def test_without_locked_memory_nothing_starts(folder):
    vault(folder, "init")

    def nothing_locked():
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))

    folder.chmod(0o755)
    who = {}
    if os.geteuid() == 0:
        if subprocess.run([tap.POSTERN, "--version"], user=65534, group=65534, extra_groups=[],
                          capture_output=True, check=False).returncode != 0:
            raise tap.Skip("another user cannot run the program here")
        who = {"user": 65534, "group": 65534, "extra_groups": []}
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, 65534, 65534)
    if tap.is_sanitized():
        raise tap.Skip("a sanitizer replaces mlock by nothing")
    for action in ("status", "rotate"):
        done = subprocess.run([tap.POSTERN, "vault", action, "--state", folder / "st", "--key",
                               folder / "key"], preexec_fn=nothing_locked, text=True,
                              check=False, capture_output=True, **who)
        assert done.returncode not in (0, -6, -11), (action, done.returncode, done.stderr)
        # A library of FFmpeg's may have said something of its own before.
        assert "ulimit -l" in done.stderr.splitlines()[-1], done.stderr


def test_a_vault_of_version_1_is_brought_up_to_date(folder):
    source = tap.SOURCE / "tests/fixtures/vault-1"
    (folder / "st").mkdir()
    for name in ("vault.db", "vault.keys"):
        (folder / "st" / name).write_bytes((source / name).read_bytes())
        (folder / "st" / name).chmod(0o600)
    (folder / "key").write_bytes((source / "key").read_bytes())
    (folder / "key").chmod(0o600)
    done = vault(folder, "key", "list", key=None, expect=5)
    assert "up to date" in done.stderr, done.stderr
    assert labels(folder, key="key") == ["first"]
    assert (folder / "st/vault.keys").stat().st_size == 4096
    vault(folder, "key", "add", "--new-key", folder / "b", "--label", "b")
    vault(folder, "rotate", "--yes")
    assert labels(folder, key="key") == ["first"]


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
