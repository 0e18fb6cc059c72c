# SPDX-License-Identifier: Apache-2.0
"""A lane that seals for a vault elsewhere: what is left in it of a template once it was kept."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from canary import SCAN, TEMPLATE_SEED, as_root

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
import lanes  # noqa: E402
import tap  # noqa: E402

UNSEAL = os.environ["CANARY_UNSEAL"]
MARKS = 4096  # numbers of templates that are looked for
PEOPLE = int(os.environ.get("CANARY_SEALED", "3"))


def word(number, place):
    """As mark.h has it."""
    def mix(x):
        x = x * 0xd35a2d & 0xffffff
        x ^= x >> 12
        return x * 0x9e3779 & 0xffffff
    return (mix((number * 4 + place) ^ TEMPLATE_SEED) << 8 | 0xa7).to_bytes(4, "little")


def scan(*places):
    """Marks of templates in processes and files."""
    done = subprocess.run([SCAN, str(TEMPLATE_SEED), str(MARKS), "none", *places],
                          capture_output=True, text=True, timeout=300, check=True)
    *found, total = done.stdout.splitlines()
    return [line for line in found if " bytes " in line], int(total.split()[1])


def unseal(parcel, *places):
    """Keys of a parcel's body there, and how many were tried."""
    done = subprocess.run([UNSEAL, parcel, *places], capture_output=True, text=True, timeout=300,
                          check=True)
    *found, tried = done.stdout.splitlines()
    return found, int(tried.split()[1])


def files(folder):
    return [f"file:{path}" for path in Path(folder).rglob("*") if path.is_file()]


def test_the_search_finds_what_is_there(folder):
    mark = b"".join(word(5, place) for place in range(4))
    (folder / "mark").write_bytes(bytes(77) + mark + bytes(77))
    found, _ = scan(f"file:{folder / 'mark'}")
    assert len(found) == 1 and found[0].endswith(" 5"), found
    kept = bytearray(mark * 4)
    found, _ = scan(f"pid:{os.getpid()}")
    assert [line for line in found if line.endswith(" 5")], found
    assert kept


def prepared(folder):
    """A vault, and a lane with its bulletin. @return the lane's options"""
    vault = ["--state", folder / "vault", "--key", folder / "key"]
    tap.postern("vault", "init", *vault, expect=0)
    public = tap.postern("vault", "lane-key", "new", "--state", folder / "lane", expect=0)
    tap.postern("vault", "lane-key", "export", "--lane", "far", "--public", public.stdout.strip(),
                "--policy", lanes.POLICY, folder / "far.bulletin", *vault, expect=0)
    steps = [f"at: {0.2 + 2.5 * i:.1f}s, for: 2.2s" for i in range(PEOPLE)]
    last = f"at: {2.5 * PEOPLE + 0.2:.1f}s, for: 600s, category: diplomat, known-by: document, notice: current"
    return ["--source", f"synth:?people={PEOPLE}&seed=8&seconds=600"
            "&size=640x480&fps=15", "--bulletin", folder / "far.bulletin", "--set",
            "policy.date=2026-01-15", "--pace", "real", "--scenario",
            lanes.scenario(folder, *steps, last)]


def test_nothing_is_left_of_a_template_that_was_kept(folder):
    options = prepared(folder)
    tried = scanned = parcels = 0
    with lanes.Lane(folder, *options, extractor="stamp", state=folder / "lane",
                    spare="warm") as lane:
        lane.wait_for_event("encounter.closed", PEOPLE, seconds=120)
        stored = lane.events("vault.stored")
        assert len(stored) >= PEOPLE, lane.describe()
        time.sleep(1)  # the worker that made the last one is replaced
        pids = [f"pid:{p}" for p in (lane.process.pid, *lanes.children(lane.process.pid))]
        assert len(pids) >= 2, pids
        shutil.copytree(folder / "lane/inbox", folder / "carried")
        places = pids + files(folder / "lane")
        found, size = scan(*places)
        scanned += size
        assert not found, found
        for parcel in sorted((folder / "carried").iterdir())[:PEOPLE]:
            found, count = unseal(parcel, *pids[:1], *files(folder / "lane"))
            assert not found, found
            tried += count
            parcels += 1
        lane.signal(15)
        lane.end(60)
    found, size = scan(*files(folder / "lane"))
    scanned += size
    assert not found, found
    # They are what was looked for: the vault opens them, and then its key finds the marks.
    done = tap.postern("vault", "ingest", folder / "carried", "--state", folder / "vault", "--key",
                       folder / "key", expect=0)
    assert f"{len(stored)} taken" in done.stdout, done.stdout
    assert re.search(r"\b0 refused", done.stdout), done.stdout
    print(f"# parcels whose key was looked for: {parcels} (at least {PEOPLE}), keys tried: {tried} "
          f"(at least 100000), bytes scanned for templates: {scanned} (at least 10000000)")
    assert parcels >= PEOPLE and tried >= 100000 and scanned >= 10_000_000


if __name__ == "__main__":
    as_root(sys.argv)
    tap.run(sys.modules[__name__])
