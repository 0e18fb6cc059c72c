# SPDX-License-Identifier: Apache-2.0
"""A lane and its console under load, beside the same lane without."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from web import CITIZEN, NOTICE, VISITOR, Pages

SOURCE_30 = "synth:?people=1&seed=8&size=640x480&fps=30"
STREAMS = 200
PER_S = 500
# What is asked in turn, by role: a page with its parts, and what pages ask again and again.
ASKED = [("/officer", "officer"), ("/api/lanes", "officer"),
         ("/api/lanes/lane/status", "officer"), ("/api/lanes", "integrator"),
         ("/api/lanes/lane/health", "integrator"), ("/assets/common.css", "officer"),
         ("/api/lanes", "officer"), ("/api/lanes/lane/policy", "officer"),
         ("/api/lanes/lane/explain?encounter=1", "officer"), ("/api/lanes/lane/status", "traveler")]


def cpu_s(pid):
    """Processor time of a process and of those it started and has now."""
    total = 0
    for task in [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]:
        fields = Path(f"/proc/{task}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def peak_kib(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def come_and_go(pages, stop, failures):
    """People at the lane, about one a second: every third opts out."""
    turn = 0
    try:
        while not stop.is_set():
            turn += 1
            pages.traveler.act("notice", NOTICE)
            number = pages.officer.act("open", CITIZEN if turn % 3 else VISITOR)["encounter"]
            if turn % 3 == 0:
                pages.traveler.act("decline", {"encounter": number})
            time.sleep(0.5)
            pages.traveler.act("notice", NOTICE)
            pages.officer.act("close")
            time.sleep(0.3)
    except Exception as why:  # pylint: disable=broad-except
        failures.append(why)


def over(pages, action):
    """Does something. @return what the lane and the console did meanwhile, and its result"""
    before, lane, console = pages.lane.status(), pages.lane.process.pid, pages.console.process.pid
    begin, lane_s, console_s = time.monotonic(), cpu_s(lane), cpu_s(console)
    result = action()
    spent, after = time.monotonic() - begin, pages.lane.status()
    frames = {key: after["frames"][key] - before["frames"][key] for key in after["frames"]}
    return {"s": spent, "fps": frames["seen"] / spent, "frames": frames,
            "encounters": after["encounters"] - before["encounters"],
            "lane_cpu": (cpu_s(lane) - lane_s) / spent,
            "console_cpu": (cpu_s(console) - console_s) / spent}, result


def generate(pages, seconds):
    """The load, from a process of its own."""
    cookies = {role: "; ".join(f"{k}={v}" for k, v in getattr(pages, role).cookies.items())
               for role in ("traveler", "officer", "integrator")}
    what = {"port": pages.console.port, "listener": cookies["officer"], "streams": STREAMS,
            "requests": [(path, cookies[role]) for path, role in ASKED], "per_s": PER_S,
            "seconds": seconds}
    done = subprocess.run([sys.executable, Path(__file__).with_name("load.py"), json.dumps(what)],
                          capture_output=True, text=True, check=False, timeout=seconds + 120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def measure(folder, seconds):
    """@return without and with load, the load itself, the console's memory"""
    stop, failures = threading.Event(), []
    with Pages(folder, source=SOURCE_30) as pages:
        people = threading.Thread(target=come_and_go, args=(pages, stop, failures))
        people.start()
        time.sleep(2)
        try:
            without = over(pages, lambda: time.sleep(seconds))[0]
            loaded, load = over(pages, lambda: generate(pages, seconds))
        finally:
            stop.set()
            people.join(30)
        peak = peak_kib(pages.console.process.pid)
        pages.lane.stop()
    assert not failures, failures
    return without, loaded, load, peak


def check(without, loaded, load):
    """What holds however busy the machine is."""
    assert set(load["statuses"]) == {"200"}, load
    assert load["streams"] == STREAMS and load["lost"] == 0, load
    assert load["closed_min"] == load["closed_max"] > 0, load
    assert loaded["frames"]["lost"] <= without["frames"]["lost"], (without, loaded)


def describe(without, loaded, load, peak):
    """The figures, a line each."""
    def lane(name, run):
        return (f"{name:<13} {run['fps']:5.1f} fps, {run['frames']['seen']} frames, "
                f"{run['frames']['lost']} lost, {run['frames']['leased']} leased, "
                f"{run['encounters']} encounters, lane {run['lane_cpu'] * 100:.0f} % of a "
                f"processor, console {run['console_cpu'] * 100:.1f} %")
    return [lane("without load", without), lane("with load", loaded),
            f"{load['streams']} streams with {load['closed_min']} to {load['closed_max']} "
            f"encounters each, {load['lost']} lost; {load['requests']} requests at "
            f"{load['per_s']:.0f}/s: p50 {load['p50_ms']:.2f} ms, p99 {load['p99_ms']:.2f} ms, "
            f"max {load['max_ms']:.1f} ms",
            f"the generator: {load['own_cpu'] * 100:.0f} % of a processor, p99 "
            f"{load['late_p99_ms']:.2f} ms late; the console's memory at most {peak / 1024:.1f} MiB;"
            f" load average {os.getloadavg()[0]:.1f}"]
