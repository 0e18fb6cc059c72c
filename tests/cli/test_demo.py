# SPDX-License-Identifier: Apache-2.0
"""The demonstration of the console, as `./dev demo --console` starts it."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import tap
from lanes import check_no_process, children
from tap import POSTERN, SOURCE, wait_for

BUILD = Path(POSTERN).resolve().parents[2]


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child, *descendants(child)]
    return found


def log_in(page):
    """Opens an address as it was printed and logs in with its token. @return role, page's text"""
    address, token = page.split("#token=")
    origin = re.match(r"https?://[^/]+", address)[0]
    with urllib.request.urlopen(address, timeout=10) as reply:
        text = reply.read().decode()
    ask = urllib.request.Request(f"{origin}/api/session", json.dumps({"token": token}).encode(),
                                 {"Content-Type": "application/json", "Origin": origin})
    with urllib.request.urlopen(ask, timeout=10) as reply:
        return json.load(reply)["role"], text


def test_the_console_s_demonstration_begins_and_leaves_nothing(folder):
    told = folder / "told"
    temporary = folder / "temporary"
    temporary.mkdir()
    with open(told, "wb") as out:
        demo = subprocess.Popen([SOURCE / "examples/console.sh", BUILD], stdin=subprocess.DEVNULL,
                                stdout=out, stderr=out, start_new_session=True,
                                env={**os.environ, "TMPDIR": str(temporary)})
    try:
        wait_for(lambda: demo.poll() is not None or "\nintegrator" in told.read_text(), 60)
        assert demo.poll() is None, told.read_text()
        pages = dict(line.split() for line in told.read_text().splitlines() if "#token=" in line)
        for role, page in pages.items():
            assert log_in(page)[0] == role, page
        assert list(pages) == ["traveler", "officer", "integrator"], pages
        running = [demo.pid, *descendants(demo.pid)]
        assert len(running) >= 4, "the script, a lane with a worker, a console"
        for _ in range(10):  # somebody is impatient
            os.killpg(demo.pid, signal.SIGINT)
            time.sleep(0.005)
        assert demo.wait(20) == 0, told.read_text()
        check_no_process(running)
        assert not list(temporary.iterdir())
    finally:
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGKILL)


if __name__ == "__main__":
    tap.run(__import__("__main__"))
