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
OTHERS = 0.15  # of all processors
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


def busy_s():
    """Processor time that anything at all took on this machine."""
    fields = [int(f) for f in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def peak_kib(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def come_and_go(pages, stop, failures):
    """People at the lane, about one a second: every third, a citizen, opts out."""
    turn = 0
    try:
        while not stop.is_set():
            turn += 1
            pages.traveler.act("notice", NOTICE)
            number = pages.officer.act("open", VISITOR if turn % 3 else CITIZEN)["encounter"]
            if turn % 3 == 0:
                pages.traveler.act("decline", {"encounter": number})
            time.sleep(0.5)
            pages.traveler.act("notice", NOTICE)
            pages.officer.act("close")
            time.sleep(0.3)
    except Exception as why:  # pylint: disable=broad-except
        failures.append(why)


def over(pages, action):
    """Does something. @return what the lane, the console and others did meanwhile; its result"""
    def read():
        return {"s": time.monotonic(), "lane": cpu_s(pages.lane.process.pid), "busy": busy_s(),
                "console": cpu_s(pages.console.process.pid), "own": time.process_time(),
                "status": pages.lane.status()}

    begin = read()
    result = action()
    end = read()
    took = {key: end[key] - begin[key] for key in begin if key != "status"}
    frames = {key: count - begin["status"]["frames"][key]
              for key, count in end["status"]["frames"].items()}
    others = took["busy"] - took["lane"] - took["console"] - took["own"]
    return {"s": took["s"], "fps": frames["seen"] / took["s"], "frames": frames,
            "encounters": end["status"]["encounters"] - begin["status"]["encounters"],
            "lane": took["lane"] / took["s"], "console": took["console"] / took["s"],
            "others": others / took["s"] / os.cpu_count()}, result


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
        time.sleep(2)  # until frames come at their pace
        try:
            without = over(pages, lambda: time.sleep(seconds))[0]
            loaded, load = over(pages, lambda: generate(pages, seconds))
            loaded["others"] -= load["own_cpu"] / os.cpu_count()
        finally:
            stop.set()
            people.join(30)
        peak = peak_kib(pages.console.process.pid)
        pages.lane.stop()
    assert not failures, failures
    return without, loaded, load, peak


def is_quiet(*runs):
    """Whether other work left the processors alone: only then are frames and times judged."""
    return all(run["others"] < OTHERS for run in runs)


def check(without, loaded, load):
    """What holds however busy the machine is, and that no frame is lost, where it is not."""
    assert set(load["statuses"]) == {"200"}, load
    assert load["streams"] == STREAMS and load["fewest"] > 0 and load["missing"] == 0, load
    if is_quiet(without, loaded):
        assert loaded["frames"]["lost"] <= without["frames"]["lost"], (without, loaded)


def describe(without, loaded, load, peak):
    """The figures, a line each."""
    def lane(name, run):
        return (f"{name:<13} {run['fps']:5.1f} fps, {run['frames']['seen']} frames, "
                f"{run['frames']['lost']} lost, {run['frames']['leased']} leased, "
                f"{run['encounters']} encounters, lane {run['lane'] * 100:.0f} % of a "
                f"processor, console {run['console'] * 100:.1f} %, others {run['others'] * 100:.0f} % of all")
    return [lane("without load", without), lane("with load", loaded),
            f"{load['streams']} streams got {load['events']} events, {load['missing']} missing; "
            f"{load['requests']} requests at "
            f"{load['per_s']:.0f}/s: p50 {load['p50_ms']:.2f} ms, p99 {load['p99_ms']:.2f} ms, "
            f"max {load['max_ms']:.1f} ms",
            f"the generator: {load['own_cpu'] * 100:.0f} % of a processor, p99 "
            f"{load['late_p99_ms']:.2f} ms late; the console's memory at most {peak / 1024:.1f} MiB;"
            f" load average {os.getloadavg()[0]:.1f}"]
