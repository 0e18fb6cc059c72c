# SPDX-License-Identifier: Apache-2.0
"""A lane holds no growing memory: 100 000 drawn frames, sampled from /proc while they pass.

Without a sandbox, so that one vision worker sees them all; then fewer with it, where each permit
has a worker of its own and the lane must not keep anything of those that went.

usage: memory.py [FRAMES]
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from lanes import POLICY, Lane, check_ledger, children, scenario  # noqa: E402
import tap
from tap import postern  # noqa: E402

FPS = 50
PEOPLE = 20
TURN = 4  # seconds of each in front of the camera, round after round; the warm-up sees them all
EVERY_MS = 200
WARM_UP = 0.1
GROWTH_KIB = 1024  # of each process, from the end of the warm-up to the end


def status_of(pid):
    """Resident KiB, open descriptors and mappings of a process; None for what may not be seen."""
    fields = dict(line.split(":", 1) for line in
                  Path(f"/proc/{pid}/status").read_text().splitlines())
    sample = {"rss": int(fields["VmRSS"].split()[0]), "fds": None, "maps": None}
    try:
        sample["fds"] = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        sample["maps"] = len(Path(f"/proc/{pid}/maps").read_text().splitlines())
    except PermissionError:
        pass
    return sample


def role_of(pid):
    """"vision worker" or "match worker"; None of a process that is not yet one."""
    program, role = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:2]
    return role.decode() + " worker" if program == b"postern-worker" else None


def everybody(seconds):
    """One person a second: most are compared, some decline, some are refused."""
    kinds = ["category: nonimmigrant, notice: current, subject: P{}",
             "category: nonimmigrant, notice: current",
             "category: us-citizen, notice: current, choice: {{decline: 0.1s}}",
             "category: nonimmigrant, notice: current, subject: P{}",
             "category: diplomat, notice: current"]
    return [f"at: {second}s, for: 0.9s, known-by: document, "
            + kinds[second % len(kinds)].format(second // TURN % PEOPLE)
            for second in range(seconds)]


class Samples:
    """Of each process by name, each with the share of the run at which it was taken."""

    def __init__(self, lane, encounters, renewed):
        self.lane = lane
        self.renewed = renewed
        self.encounters = encounters
        self.names = {}
        self.taken = {}
        self.events = None
        self.closed = 0

    def progress(self):
        if not self.events:
            self.events = open(self.lane.events_path, encoding="utf-8")
        self.closed += self.events.read().count('"kind":"encounter.closed"')
        return self.closed / self.encounters

    def take(self):
        pids = {self.lane.process.pid: "lane"}
        done = self.progress()
        for pid in children(self.lane.process.pid):
            try:
                role = role_of(pid)
            except (OSError, ValueError):  # it ended in between
                continue
            if role:
                pids[pid] = role
        for pid, name in pids.items():
            if self.renewed and name == "vision worker":
                continue
            try:
                sample = status_of(pid)
            except (OSError, KeyError):  # it ended in between
                continue
            if self.names.setdefault(name, pid) != pid:
                raise AssertionError(f"the {name} was replaced")
            self.taken.setdefault(name, []).append((done, sample))

    def judge(self):
        """Prints the figures. @return the names of what grew"""
        grown = []
        for name, samples in self.taken.items():
            after = [(share, sample) for share, sample in samples if share >= WARM_UP]
            early = [s for share, s in after if share < 2 * WARM_UP]
            late = [s for share, s in after if share >= 1 - WARM_UP]
            if not early or not late:
                grown.append(f"{name}: too few samples to judge")
                continue
            line = f"# {name:13} {len(after)} samples"
            for what in ("rss", "fds", "maps"):
                values = [s[what] for s in early], [s[what] for s in late]
                if None in values[0] + values[1]:
                    line += f", {what} not to be seen"
                    continue
                begin, end = map(statistics.median, values)
                most = max(GROWTH_KIB, begin / 100) if what == "rss" else 2
                line += f", {what} {begin:.0f} -> {end:.0f}"
                if end - begin > most:
                    grown.append(f"{name}: {what} grew from {begin:.0f} to {end:.0f}")
            print(line, flush=True)
        return grown


def enrol(folder):
    vault = ["--state", folder / "state", "--key", folder / "key"]
    postern("vault", "init", *vault, expect=0)
    people = [f"at: {2 * i}s, for: 1.9s, category: nonimmigrant, known-by: document, "
              f"notice: current, subject: P{i}" for i in range(PEOPLE)]
    postern("run", "--policy", POLICY, *vault, "--sandbox", tap.SANDBOX, "--gallery", "people",
            "--source", f"synth:?people={PEOPLE}&size=320x240&fps=10&seconds={2 * PEOPLE}",
            "--scenario", scenario(folder, *people), "--set", "policy.purpose=enrol",
            "--set", "capture.min-face=30", timeout=600)
    return vault


def run(folder, vault, frames, sandbox):
    """A lane with so many frames. @return what grew"""
    seconds = frames // FPS
    renewed = sandbox == "strict"
    source = f"synth:?people={PEOPLE}&take=1&size=320x240&fps={FPS}"
    options = ["--source", source, "--pace", "max", "--gallery", "people", *vault[2:],
               "--scenario", scenario(folder, *everybody(seconds)), "--sandbox", sandbox,
               "--set", "capture.min-face=30", "--set", "capture.good-quality=100",
               "--set", "capture.stop-after=100ms"]
    begun = time.monotonic()
    with Lane(folder, *options) as lane:
        samples = Samples(lane, seconds, renewed)
        while lane.process.poll() is None:
            if lane.events_path.exists():
                samples.take()
            time.sleep(EVERY_MS / 1000)
        status = lane.end(60)
    assert status == 0, lane.errors
    check_ledger(lane)
    counted = lane.events("lane.closed")[0]["frames"]
    assert counted["seen"] >= frames * 0.99, counted
    print(f"# sandbox {sandbox}: {counted['seen']} frames, {counted['leased']} leased, {seconds} "
          f"encounters, {time.monotonic() - begun:.0f} s", flush=True)
    return samples.judge()


def main():
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    runs = [("off", frames)] + ([("strict", frames * 2 // 5)] if tap.SANDBOX == "strict" else [])
    failed = 0
    print(f"1..{len(runs)}")
    with tempfile.TemporaryDirectory() as name:
        vault = enrol(Path(name))
        for number, (sandbox, count) in enumerate(runs, 1):
            grown = run(Path(name), vault, count, sandbox)
            failed += bool(grown)
            print(f"{'not ok' if grown else 'ok'} {number} - memory stays flat, sandbox {sandbox}")
            for line in grown:
                print(f"# {line}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
