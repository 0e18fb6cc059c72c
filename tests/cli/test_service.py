# SPDX-License-Identifier: Apache-2.0
"""A lane as a service: what it tells the manager that started it, and when that feeds the watchdog."""

import os
import signal
import socket
import sys
import time
from pathlib import Path

import tap
from lanes import Lane, scenario

from tap import Skip, postern, wait_for

LIVE = ["--source", "synth:?people=1&seed=7&size=320x240&fps=15", "--pace", "real"]
WATCHDOG_S = 0.6
OK = 0


class Manager:
    """A service manager's end of the socket. Use it in a with statement."""

    def __init__(self, name, watchdog_s=None):
        self.name = str(name)
        self.env = {"NOTIFY_SOCKET": self.name}
        if watchdog_s:
            self.env["WATCHDOG_USEC"] = str(int(watchdog_s * 1e6))
        self.told = []

    def __enter__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + self.name[1:] if self.name[0] == "@" else self.name)
        self.socket.setblocking(False)
        return self

    def __exit__(self, *_):
        self.socket.close()

    def hear(self):
        """All that was told so far, each message a dictionary with the moment it was heard."""
        while True:
            try:
                text = self.socket.recv(4096).decode()
            except BlockingIOError:
                return self.told
            self.told.append({**dict(line.split("=", 1) for line in text.split("\n")),
                              "at": time.monotonic()})

    def fed(self):
        return [told["at"] for told in self.hear() if told.get("WATCHDOG") == "1"]

    def status(self):
        return next(told["STATUS"] for told in reversed(self.hear()) if "STATUS" in told)

    def wait_for(self, key, seconds=60):
        """Waits until a key was told. @return the last such message"""
        def told():
            return [one for one in self.hear() if key in one]
        wait_for(told, seconds)
        return told()[-1]

    def wait_for_feeding(self, count=1, seconds=30):
        """Waits until it is fed so many times more."""
        wanted = len(self.fed()) + count
        wait_for(lambda: len(self.fed()) >= wanted, seconds)

    def check_starved(self, seconds=4 * WATCHDOG_S):
        """From a moment on, nothing is fed for so long."""
        time.sleep(0.1)
        before = len(self.fed())
        time.sleep(seconds)
        assert len(self.fed()) == before, (before, self.told[-5:])


def disk(folder):
    """Environment of a program whose disk can go wrong, and the file that says how."""
    if "DISK_LIBRARY" not in os.environ or tap.SANDBOX == "off":
        raise Skip("a library that sanitizers do not like to be loaded before theirs")
    fault = folder / "fault"
    return {"LD_PRELOAD": os.environ["DISK_LIBRARY"], "DISK_FAULT": str(fault)}, fault


def write(fault, text):
    """In one step: the program reads it at any time."""
    fresh = fault.with_suffix(".fresh")
    fresh.write_text(text)
    fresh.rename(fault)


def test_what_is_told_from_start_to_end(folder):
    """Ready when it is, a reload with its time, the end; by a path and by an abstract name."""
    for name in (folder / "notify", f"@postern-test-{os.getpid()}"):
        with Manager(name) as manager, Lane(folder, *LIVE, env=manager.env) as lane:
            ready = manager.wait_for("READY")
            assert lane.events("lane.opened"), "ready before it is open"
            assert ready["STATUS"].startswith("gate closed, source there"), ready
            before_us = time.monotonic_ns() // 1000
            lane.signal(signal.SIGHUP)
            reloading = manager.wait_for("RELOADING")
            since_us = int(reloading["MONOTONIC_USEC"]) - before_us
            assert 0 <= since_us < 10e6, since_us
            wait_for(lambda: sum("READY" in told for told in manager.hear()) == 2, 30)
            lane.signal(signal.SIGTERM)
            assert lane.end(30) == OK, lane.describe()
            kinds = [next(iter(told)) for told in manager.hear()]
            assert kinds == ["READY", "RELOADING", "READY", "STOPPING"], kinds


def test_workers_cannot_speak_for_it(folder):
    people = scenario(folder, "at: 0s, for: 30s")
    with Manager(folder / "notify", 30) as manager, \
            Lane(folder, *LIVE, "--scenario", people, env=manager.env) as lane:
        worker = Path(f"/proc/{lane.worker()}/environ").read_bytes()
        assert worker and b"NOTIFY" not in worker and b"WATCHDOG" not in worker, worker


def test_an_idle_lane_is_fed(folder):
    """Nobody steps up: a source gives many frames, or fewer than it is fed."""
    for fps in ("15", "1"):
        source = LIVE[1].replace("fps=15", f"fps={fps}")
        with Manager(folder / f"notify-{fps}", 1.5) as manager, \
                Lane(folder, "--source", source, *LIVE[2:], env=manager.env) as lane:
            manager.wait_for_feeding(5)
            fed = manager.fed()
            gaps = [after - before for before, after in zip(fed, fed[1:])]
            assert max(gaps) < 1.5, gaps
            assert lane.process.poll() is None, lane.describe()


def test_a_recording_at_full_pace_is_fed(folder):
    source = ["--source", "synth:?people=1&seed=7&size=640x480&fps=15&seconds=600", "--pace", "max"]
    with Manager(folder / "notify", WATCHDOG_S) as manager, \
            Lane(folder, *source, env=manager.env) as lane:
        manager.wait_for_feeding(3)
        assert lane.process.poll() is None, lane.describe()


def test_without_a_watchdog_none_is_fed(folder):
    with Manager(folder / "notify") as manager, Lane(folder, *LIVE, env=manager.env):
        manager.wait_for("READY")
        manager.check_starved(1)


def test_a_stopped_loop_starves_it(folder):
    with Manager(folder / "notify", WATCHDOG_S) as manager, \
            Lane(folder, *LIVE, env=manager.env) as lane:
        manager.wait_for_feeding()
        lane.signal(signal.SIGSTOP)
        manager.check_starved()
        lane.signal(signal.SIGCONT)
        manager.wait_for_feeding(2)


def test_a_disk_that_hangs_starves_it(folder):
    """Nobody is there and nothing is to be written: it is noticed all the same."""
    env, fault = disk(folder)
    with Manager(folder / "notify", WATCHDOG_S) as manager, \
            Lane(folder, *LIVE, env={**env, **manager.env}):
        manager.wait_for_feeding()
        write(fault, "audit. hang")
        manager.check_starved()
        fault.unlink()
        manager.wait_for_feeding(2)


def test_a_log_that_fails_starves_it(folder):
    """One that lacks room has answered: no restart would bring any."""
    env, fault = disk(folder)
    with Manager(folder / "notify", WATCHDOG_S) as manager, \
            Lane(folder, *LIVE, env={**env, **manager.env}):
        manager.wait_for_feeding()
        write(fault, "audit. EIO")
        manager.check_starved()
        assert "the watchdog is not fed: " in manager.status(), manager.told[-3:]
        assert "audit.head" in manager.status(), manager.told[-3:]
        write(fault, "audit. ENOSPC")
        manager.wait_for_feeding(2)


def test_a_vault_that_stopped_starves_it(folder):
    """The log goes on, but no record can be stored before the vault is opened again."""
    env, fault = disk(folder)
    vault = ["--state", folder / "state", "--key", folder / "key"]
    postern("vault", "init", *vault, expect=OK)
    people = scenario(folder, "at: 2s, for: 2s, subject: P0", "at: 60s, for: 1s, subject: P1")
    source = ["--source", "synth:?people=1&seed=7&size=640x480&fps=10", "--pace", "real",
              "--gallery", "people", "--set", "policy.purpose=enrol"]
    with Manager(folder / "notify", WATCHDOG_S) as manager, \
            Lane(folder, *source, *vault[2:], "--scenario", people,
                 env={**env, **manager.env}) as lane:
        manager.wait_for("READY")
        write(fault, "vault. EIO")
        lane.wait_for_event("encounter.closed")
        manager.check_starved()
        assert "the watchdog is not fed: " in manager.status(), manager.told[-3:]
        assert "vault.db" in manager.status(), manager.told[-3:]
        fault.unlink()
        manager.check_starved()


def test_what_no_manager_sets(folder):
    """One line and exit 2: what, where, what to do."""
    with Lane(folder, *LIVE, env={"NOTIFY_SOCKET": "notify"}) as lane:
        assert lane.end(30) == 2, lane.describe()
        assert "NOTIFY_SOCKET: 'notify' is neither a path" in lane.errors, lane.errors
        assert lane.errors.count("\n") == 1, lane.errors


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
