# SPDX-License-Identifier: Apache-2.0
"""Keys that die, and clocks that are not believed, as a user meets them."""

import json
import os
import shutil
import sys
import time

import tap

LANE = tap.SOURCE / "examples/lanes/demo.yaml"
SCENARIO = """scenario: 1
name: one traveler
encounters:
  - at: 0.5s
    category: nonimmigrant
    subject: S002
    known-by: document
    notice: current
    for: 2s
"""
YEAR = 31557600


class Wall:
    """The machine's wall clock, ahead by so much, and whether the kernel vouches for it."""

    def __init__(self, folder):
        self.path = folder / "clock"
        self.set(0)
        os.environ["WALL_CLOCK"] = str(self.path)
        os.environ["LD_PRELOAD"] = os.environ["WALL_LIBRARY"]
        os.environ["ASAN_OPTIONS"] = "verify_asan_link_order=0"

    def set(self, ahead, synchronised=False):
        self.path.write_text(f"{int(time.time()) + ahead}{' sync' if synchronised else ''}",
                             encoding="ascii")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        del os.environ["WALL_CLOCK"], os.environ["LD_PRELOAD"], os.environ["ASAN_OPTIONS"]


def vault(folder, verb, *arguments, expect=0):
    return tap.postern("vault", verb, "--state", folder / "st", "--key", folder / "key",
                       *arguments, expect=expect)


def read(folder, verb, *arguments, expect=0):
    return json.loads(vault(folder, verb, "--json", *arguments, expect=expect).stdout)


def run_lane(folder):
    scenario = folder / "one.yaml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    events = folder / "events.jsonl"
    tap.postern("run", LANE, "--source", "synth:?people=1&seed=8&seconds=4&size=640x480&fps=15",
                "--state", folder / "st", "--key", folder / "key", "--scenario", scenario, "--set",
                "policy.purpose=enrol", "--events", events, expect=0)
    return [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]


def entries(folder, kind):
    shown = tap.postern("audit", "show", "--state", folder / "st", "--json", expect=0).stdout
    lines = (json.loads(line) for line in shown.splitlines())
    return [e["data"] for e in lines if e["kind"] == kind]


def opens(folder):
    return sum(r["state"] == "opens" for r in read(folder, "list"))


def test_a_jump_that_nothing_vouches_for_holds(folder):
    with Wall(folder) as wall:
        vault(folder, "init")
        run_lane(folder)
        kept = opens(folder)
        assert kept > 0
        assert not read(folder, "clock")["held"]
        wall.set(76 * YEAR)
        said = read(folder, "clock", expect=1)
        assert said["held"] and not said["synchronised"], said
        assert "--accept" in vault(folder, "clock", expect=1).stdout
        assert opens(folder) == 0, "what the clock calls expired is not shown"
        assert "held" in vault(folder, "status").stdout
        assert read(folder, "purge")["purged"] == 0
        events = run_lane(folder)
        warnings = [e["text"] for e in events if e["kind"] == "warning"]
        assert any("not synchronised" in text for text in warnings), warnings
        assert entries(folder, "vault.clock")[-1]["is"] == "held"
        wall.set(0)
        assert read(folder, "clock")["held"] is False
        assert opens(folder) == kept, "nothing was erased, and nothing stored meanwhile"


def test_the_operator_accepts_a_clock(folder):
    with Wall(folder) as wall:
        vault(folder, "init")
        run_lane(folder)
        before = folder / "before.db"
        shutil.copy(folder / "st/vault.db", before)
        wall.set(76 * YEAR)
        vault(folder, "clock", "--accept", expect=2)
        assert read(folder, "clock", "--accept", "--dry-run")["held"]
        assert read(folder, "clock", expect=1)["held"], "a dry run changes nothing"
        assert not read(folder, "clock", "--accept", "--yes")["held"]
        assert entries(folder, "vault.clock")[-1]["is"] == "accepted"
        assert opens(folder) == 0
        wall.set(0)
        shutil.copy(before, folder / "st/vault.db")
        assert opens(folder) == 0, "a copy of before brings nothing back"
        assert read(folder, "clock")["time"] > "2100", "and the time stays"


def test_a_synchronised_clock_is_believed(folder):
    with Wall(folder) as wall:
        vault(folder, "init")
        run_lane(folder)
        wall.set(76 * YEAR, synchronised=True)
        said = read(folder, "clock")
        assert said["synchronised"] and not said["held"], said
        assert read(folder, "list") == []


def test_receipts_say_until_when_it_is_kept(folder):
    vault(folder, "init")
    run_lane(folder)
    expires = {r["store"]: r["expires"] for r in read(folder, "list")}
    receipt = json.loads(next((folder / "st/receipts").glob("*.json")).read_text("utf-8"))
    assert {k["store"]: k["until"] for k in receipt["kept"]} == expires, (receipt["kept"], expires)


def test_without_its_state_file_a_vault_is_shut(folder):
    vault(folder, "init")
    state = folder / "st/vault.state"
    away = folder / "away"
    state.rename(away)
    done = vault(folder, "status", expect=5)
    assert "state file is missing" in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert not state.exists(), "never a new one in silence"
    away.rename(state)
    vault(folder, "status")
    data = bytearray(state.read_bytes())
    data[5000] ^= 1
    state.write_bytes(data)
    vault(folder, "status")
    data[5000] ^= 1
    assert state.read_bytes() == data, "the damaged half was made again"
    data[5000] ^= 1
    data[5000 + 8192] ^= 1
    state.write_bytes(data)
    assert "damaged in both" in vault(folder, "status", expect=5).stderr


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
