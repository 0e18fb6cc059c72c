# SPDX-License-Identifier: Apache-2.0
"""postern audit, as an operator and a person elsewhere meet it."""

import json
import os
import shutil
import stat
import sys

import tap
from tap import postern

OK, NO, USAGE, SOURCE, UNSAFE = 0, 1, 2, 3, 4
LOG_1 = tap.SOURCE / "tests/fixtures/audit-1"


def one_line(done, *texts):
    assert done.stderr.count("\n") == 1, done.stderr
    for text in texts:
        assert text in done.stderr, done.stderr


def grow(folder):
    """A lane that captures nobody: its log grows by a few entries, and is signed on close."""
    (folder / "nobody.yaml").write_text(
        "scenario: 1\nname: nobody\nencounters:\n"
        "  - {at: 0.1s, for: 0.5s, category: diplomat, known-by: officer, notice: current}\n")
    postern("run", "--policy", tap.SOURCE / "policies/us-border.yaml", "--source",
            "synth:?people=1&seed=1&size=320x240&fps=5&seconds=1", "--scenario",
            folder / "nobody.yaml", "--state", folder / "st", "--sandbox", tap.SANDBOX, expect=OK)
    return folder / "st"


def verified(*arguments, expect=OK):
    return json.loads(postern("audit", "verify", *arguments, "--json", expect=expect).stdout)


def test_the_verification_key_is_taken_once(folder):
    state = grow(folder)
    said = postern("audit", "verify", "--state", state, expect=OK).stdout
    assert "still lies beside the log" in said, said
    assert stat.S_IMODE((state / "audit.verify").stat().st_mode) == 0o600
    key = folder / "our.key"
    postern("audit", "take-key", key, "--state", state, expect=OK)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600 and not (state / "audit.verify").exists()
    one_line(postern("audit", "take-key", folder / "again", "--state", state, expect=NO),
             "taken before")
    assert not (folder / "again").exists()
    grow(folder)
    said = verified("--state", state, "--verification-key", key)
    assert said["tagged"] == said["entries"] and said["mac_epoch"] == 1, said
    kinds = [json.loads(line)["kind"] for line in
             postern("audit", "show", "--state", state, "--json", expect=OK).stdout.splitlines()]
    assert kinds.count("audit.key.taken") == 1, kinds
    key.chmod(0o644)
    one_line(postern("audit", "verify", "--state", state, "--verification-key", key,
                     expect=UNSAFE), "chmod 600")
    key.chmod(0o600)
    # Nothing of the seed is left in the directory.
    seed = key.read_text().split()[-1]
    for path in state.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert seed.encode() not in data and bytes.fromhex(seed) not in data, path


def test_a_key_that_is_not_overwritten(folder):
    state = grow(folder)
    there = folder / "there"
    there.write_text("mine")
    one_line(postern("audit", "take-key", there, "--state", state, expect=USAGE), str(there))
    assert there.read_text() == "mine" and (state / "audit.verify").exists()


def test_a_lost_mac_state_stops_the_lane(folder):
    state = grow(folder)
    key = folder / "our.key"
    postern("audit", "take-key", key, "--state", state, expect=OK)
    (state / "audit.mac").unlink()
    before = (state / "audit.log").read_bytes()
    done = postern("run", "--policy", tap.SOURCE / "policies/us-border.yaml", "--source",
                   "synth:?people=1&seconds=1", "--scenario", folder / "nobody.yaml", "--state",
                   state, "--sandbox", tap.SANDBOX, expect=UNSAFE)
    assert "new-key" in done.stderr and (state / "audit.log").read_bytes() == before, done.stderr
    one_line(postern("audit", "new-key", "--state", state, expect=USAGE), "--yes")
    postern("audit", "new-key", "--state", state, "--yes", expect=OK)
    grow(folder)
    assert verified("--state", state)["mac_epoch"] == 2
    said = verified("--state", state, "--verification-key", key, expect=NO)
    assert said["finding"] == "mac" and said["bad_sequence"] > 1, said
    second = folder / "second.key"
    postern("audit", "take-key", second, "--state", state, expect=OK)
    key.write_text(key.read_text() + second.read_text())
    assert verified("--state", state, "--verification-key", key)["finding"] == "ok"


def test_a_bundle_is_verified_elsewhere(folder):
    state = grow(folder)
    grow(folder)
    entries = verified("--state", state)["entries"]
    bundle, public = folder / "bundle", folder / "our.pub"
    shutil.copy(state / "audit.pub", public)
    said = json.loads(postern("audit", "export", bundle, "--state", state, "--from", 2, "--json",
                              expect=OK).stdout)
    assert said["first"] == 2 and said["last"] == said["signed_entries"] == entries, said
    one_line(postern("audit", "export", bundle, "--state", state), str(bundle))
    one_line(postern("audit", "export", folder / "none", "--state", state, "--from", 9999,
                     expect=USAGE), "entries")
    shutil.move(state, folder / "gone")
    said = verified("--file", bundle, "--public-key", public)
    assert said["ok"] and said["key_given"] and said["first"] == 2, said
    data = bytearray(bundle.read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "edited").write_bytes(data)
    assert verified("--file", folder / "edited", "--public-key", public, expect=NO)["bad_sequence"]
    public.write_text("ab" * 32 + "\n")
    assert verified("--file", bundle, "--public-key", public, expect=NO)["finding"] == "key"
    one_line(postern("audit", "verify", "--file", bundle, "--state", state, expect=USAGE), "not both")


def test_a_witness(folder):
    state, own = grow(folder), ["--key", folder / "witness.key", "--state", folder / "witness"]
    shutil.copytree(state, folder / "copy")
    first, second, forked = folder / "first", folder / "second", folder / "forked"
    postern("audit", "export", first, "--state", state, expect=OK)
    one_line(postern("audit", "witness", first, *own, expect=USAGE), "public key")
    postern("audit", "witness", first, *own, "--public-key", state / "audit.pub", expect=OK)
    grow(folder)
    postern("audit", "export", second, "--state", state, expect=OK)
    said = json.loads(postern("audit", "witness", second, *own, "--json", expect=OK).stdout)
    assert said["sequence"] > said["before"] > 0, said
    one_line(postern("audit", "witness", first, *own, expect=NO), str(said["sequence"]))
    trust = ["--witness", folder / "witness/witness.pub", "--cosignatures", said["cosignatures"]]
    told = verified("--state", state, *trust)
    assert told["cosigned"]["sequence"] == said["sequence"], told
    grow(folder)
    text = postern("audit", "verify", "--state", state, *trust, expect=OK).stdout
    assert "not since" in text and f"up to entry {said['sequence']}" in text, text
    # The copy goes on by itself: a true log, and not the one that the witness saw.
    shutil.rmtree(state)
    shutil.copytree(folder / "copy", state)
    grow(folder)
    grow(folder)
    assert verified("--state", state)["ok"]
    told = verified("--state", state, *trust, expect=NO)
    assert (told["finding"], told["bad_sequence"]) == ("witness", said["sequence"]), told
    postern("audit", "export", forked, "--state", state, expect=OK)
    one_line(postern("audit", "witness", forked, *own, expect=NO), str(said["sequence"]))
    # Another key does not sign in this witness's folder, and none is made for it.
    other = ["--key", folder / "other.key", "--state", folder / "witness"]
    postern("audit", "witness", second, *other)
    assert not (folder / "other.key").exists()
    (folder / "other.key").write_bytes(os.urandom(32))
    (folder / "other.key").chmod(0o600)
    one_line(postern("audit", "witness", second, *other, expect=UNSAFE), "another key")


def test_a_log_of_version_1(folder):
    state = folder / "st"
    shutil.copytree(LOG_1, state)
    said = verified("--state", state)
    assert (said["entries"], said["mac_epoch"], said["checkpoints"]) == (7, 0, 2), said
    bundle = folder / "bundle"
    postern("audit", "export", bundle, "--state", state, expect=OK)
    assert verified("--file", bundle, "--public-key", state / "audit.pub")["ok"]


def test_a_filter_says_what_it_leaves_out(folder):
    state = grow(folder)
    done = postern("audit", "show", "--state", state, "--kind", "lane.opened", expect=OK)
    assert done.stdout.count("\n") == 1 and "left out" in done.stderr, done
    assert "left out" not in postern("audit", "show", "--state", state, expect=OK).stderr


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
