#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A whole lane beside the loop that people write by hand with OpenCV, on one recording: 720p MJPEG,
three faces in view, one of them the subject. In turns, thread for thread; then what both found.

The loop decodes, detects at 640 px, aligns and embeds every face and compares it with 300 references.
The lane never finds a shot good enough here, so that it searches every frame to the end. `plain` is
the lane with capture.follow 0: every frame in full. Loading of models is left out everywhere.

usage: bench_lane.py [FRAMES [ROUNDS]]"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
POSTERN, LOOP, FOLLOW = (os.environ[n] for n in ("POSTERN", "PLAIN_LOOP", "BENCH_FOLLOW"))
POLICY = SOURCE / "policies/us-border.yaml"
FPS = 30
EVERY = 30
THRESHOLD = 0.3654  # of the shipped calibration at FMR 1e-3
ENDLESS = ["capture.good-quality=100", "capture.timeout=600s", "capture.stop-after=600s"]
PERSON = "category: nonimmigrant, known-by: document, notice: current"


def call(*command, cpus=None):
    """Runs a command on some processors. @return what it printed, processor seconds"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(c) for c in command], text=True, capture_output=True, check=False,
                          preexec_fn=lambda: cpus and os.sched_setaffinity(0, cpus))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        sys.exit(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout, sum(getattr(after, n) - getattr(before, n) for n in ("ru_utime", "ru_stime"))


def scenario(folder, name, people):
    path = folder / name
    path.write_text("scenario: 1\nname: bench\nencounters:\n" +
                    "".join(f"  - {{{p}, {PERSON}}}\n" for p in people))
    return path


def lane(folder, clip, people, *settings, cpus=None, more=()):
    """@return the encounters, frames, seconds in the lane, processor seconds with loading"""
    events, report = folder / "events.jsonl", folder / "report"
    options = [o for s in settings for o in ("--set", s)]
    _, cpu = call(POSTERN, "run", "--source", clip, "--policy", POLICY, "--scenario", people,
                    "--state", folder / "state", "--set", "policy.date=2026-01-15", "--set",
                    "spare=none", "--detector", "yunet", "--extractor", "arcface", "--events",
                    events, "--report", report, *options, *more, cpus=cpus)
    closed = [json.loads(line) for line in events.read_text().splitlines()]
    seconds = json.loads((report / "report.json").read_text())["seconds"]
    ends = [e for e in closed if e["kind"] == "encounter.closed"]
    return ends, closed[-1]["frames"]["leased"], seconds, cpu


def race(folder, media, frames, rounds):
    clip, start = folder / "clip.avi", folder / "start.avi"
    one = scenario(folder, "one.yaml", [f"at: 0s, for: {frames / FPS:.2f}s"])
    call(LOOP, "clip", media, clip, frames)
    call(LOOP, "clip", media, start, 10)
    ways = ("loop", "plain", "lane")
    print(f"{frames} frames, {rounds} rounds in turns; medians\n"
          f"{'threads':8}{'':8}{'frames/s':>10}{'ratio':>8}{'cpu ms/frame':>14}{'ratio':>8}")
    for threads in (1, 2):
        cpus = set(sorted(os.sched_getaffinity(0))[:threads])
        if len(cpus) < threads:
            continue
        rate = {w: [] for w in ways}
        cost = {w: [] for w in ways}
        for _ in range(rounds):
            out, _ = call(LOOP, "run", clip, media, threads, cpus=cpus)
            said = json.loads(out)
            rate["loop"].append(said["frames"] / said["seconds"])
            cost["loop"].append(1e3 * said["cpu_seconds"] / said["frames"])
            for way, every in (("plain", 0), ("lane", EVERY)):
                settings = [*ENDLESS, f"capture.follow={every}"]
                _, few, least, idle = lane(folder, start, one, *settings, cpus=cpus)
                _, leased, seconds, cpu = lane(folder, clip, one, *settings, cpus=cpus)
                assert leased >= frames - 2, leased
                rate[way].append((leased - few) / max(seconds - least, 1e-3))
                cost[way].append(1e3 * (cpu - idle) / (leased - few))
        for way in ways:
            ratios = [a / b for a, b in zip(rate[way], rate["loop"])]
            costs = [b / a for a, b in zip(cost[way], cost["loop"])]
            print(f"{threads:<8}{way:8}{statistics.median(rate[way]):10.1f}"
                  f"{statistics.median(ratios):8.2f}{statistics.median(cost[way]):14.2f}"
                  f"{statistics.median(costs):8.2f}", flush=True)
    return clip


def agree(folder, media, clip, frames):
    """What the loop finds, each way of the lane finds too, and both verify the same people."""
    faces = folder / "faces.txt"
    call(LOOP, "run", clip, media, 1, faces)
    out, _ = call(FOLLOW, clip, "yunet", frames, EVERY, faces)
    print("\n" + out, end="")
    genuine = [float(line.split()[5]) for line in faces.read_text().splitlines()]
    other = folder.joinpath("other.txt")
    call(LOOP, "run", clip, media.with_name("one-frontal.avi"), 1, other)
    impostor = [float(line.split()[5]) for line in other.read_text().splitlines()]
    print(f"\nloop: of {len(genuine)} frames the subject is verified in "
          f"{sum(s >= THRESHOLD for s in genuine)}, as somebody else in "
          f"{sum(s >= THRESHOLD for s in impostor)}")
    key = folder / "st.key"
    call(POSTERN, "vault", "init", "--state", folder / "state2", "--key", key)
    vault = ("--state", folder / "state2", "--key", key, "--gallery", "bench")
    for subject, image in (("S001", media), ("S002", media.with_name("one-frontal.avi"))):
        call(POSTERN, "gallery", "add", "--policy", POLICY, *vault, "--subject", subject,
             "--category", "nonimmigrant", "--image", image, "--set", "policy.date=2026-01-15",
             "--detector", "yunet", "--extractor", "arcface")
    count = int(frames / FPS // 2)
    people = scenario(folder, "people.yaml", [
        f"at: {2 * i}s, for: 1.8s, subject: S00{1 + i % 2}" for i in range(count)])
    said = {}
    for way, every in (("plain", 0), ("lane", EVERY)):
        ends, *_ = lane(folder, clip, people, f"capture.follow={every}", more=vault)
        said[way] = [e["outcome"] for e in ends]
    wanted = ["refer-no-match" if i % 2 else "verified" for i in range(count)]
    for way, outcomes in said.items():
        good = sum(a == b for a, b in zip(outcomes, wanted))
        print(f"{way}: {good} of {count} travelers get the answer that the loop gives")
    if said["lane"] != said["plain"]:
        print(f"DIFFERENT: {said}")
    return said["lane"] == said["plain"] == wanted


def main():
    if not os.environ.get("POSTERN_MEDIA") or not os.environ.get("POSTERN_MODELS"):
        print("left out: POSTERN_MEDIA and POSTERN_MODELS must name their folders")
        return 77
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else 287
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    media = Path(os.environ["POSTERN_MEDIA"]) / "three-approach.avi"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = race(folder, media, frames, rounds)
        return 0 if agree(folder, media, clip, frames) else 1


if __name__ == "__main__":
    sys.exit(main())
