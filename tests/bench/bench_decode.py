#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Decoding of one 720p MJPEG recording, as a worker does it, beside ffmpeg and GStreamer where they are
installed; in turns, one thread, processor time. What a program takes to start is taken off: it is run
on two frames too. usage: bench_decode.py [FRAMES [ROUNDS]]"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

LOOP, DECODE = os.environ["PLAIN_LOOP"], os.environ["BENCH_DECODE"]
SIZES = [("bgr", 1), ("luma", 1), ("bgr", 2), ("bgr", 4), ("bgr", 8), ("luma", 8)]


def cpu(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(c) for c in command], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ours(kind, reduce):
    def measure(clip, start, frames):
        del start
        out = subprocess.run([DECODE, clip, kind, str(reduce)], check=True, capture_output=True,
                             text=True).stdout
        count, seconds, _ = out.split()
        assert int(count) == frames, out
        return float(seconds) / frames
    return measure


def theirs(make):
    def measure(clip, start, frames):
        return (cpu(make(clip)) - cpu(make(start))) / (frames - 2)
    return measure


def main():
    if not os.environ.get("POSTERN_MEDIA"):
        print("left out: POSTERN_MEDIA must name its folder")
        return 77
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else 820
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    ways = {f"postern, {k} at 1/{r}": ours(k, r) for k, r in SIZES}
    if shutil.which("ffmpeg"):
        ways["ffmpeg, as coded"] = theirs(lambda c: [
            "ffmpeg", "-v", "error", "-threads", "1", "-i", c, "-f", "null", "-"])
    else:
        print("ffmpeg: not installed, left out")
    if shutil.which("gst-launch-1.0"):
        ways["GStreamer jpegdec, as coded"] = theirs(lambda c: [
            "gst-launch-1.0", "-q", "filesrc", f"location={c}", "!", "avidemux", "!", "jpegdec", "!",
            "fakesink", "sync=false"])
    else:
        print("gst-launch-1.0: not installed, left out")
    with tempfile.TemporaryDirectory() as name:
        clip, start = Path(name) / "clip.avi", Path(name) / "start.avi"
        media = Path(os.environ["POSTERN_MEDIA"]) / "three-approach.avi"
        subprocess.run([LOOP, "clip", media, clip, str(frames)], check=True)
        subprocess.run([LOOP, "clip", media, start, "2"], check=True)
        took = {way: [] for way in ways}
        for _ in range(rounds):
            for way, measure in ways.items():
                took[way].append(measure(clip, start, frames))
    first = next(iter(took))
    print(f"{frames} frames of 1280x720, {clip.name}, {rounds} rounds in turns; medians\n"
          f"{'':30}{'us/frame':>10}{'frames/s':>10}{'of ' + first:>26}")
    for way, seconds in took.items():
        ratio = statistics.median(a / b for a, b in zip(seconds, took[first]))
        median = statistics.median(seconds)
        print(f"{way:30}{1e6 * median:10.0f}{1 / median:10.0f}{ratio:26.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
