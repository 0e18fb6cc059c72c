# SPDX-License-Identifier: Apache-2.0
"""A lane in the background, its events and its workers, for tests of what goes wrong."""

import json
import os
import signal
import subprocess
from pathlib import Path

import tap
from tap import POSTERN, SOURCE, wait_for

POLICY = SOURCE / "policies/us-border.yaml"
PERSON = "category: nonimmigrant, known-by: document, notice: current"


def scenario(folder, *people):
    """A scenario of people, each "at, for" and more; a default person where nothing else is said."""
    path = folder / "scenario.yaml"
    lines = ["scenario: 1", "name: test", "encounters:"]
    lines += [f"  - {{{text}{'' if 'category' in text else ', ' + PERSON}}}" for text in people]
    path.write_text("\n".join(lines) + "\n")
    return path


def environment(**more):
    """This process's, without any model file."""
    kept = {k: v for k, v in os.environ.items() if k != "POSTERN_MODELS"}
    return {**kept, "XDG_DATA_HOME": "/nonexistent", **more}


def children(pid):
    """Process ids by program name of a process's living children."""
    try:
        ids = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return {}
    found = {}
    for child in ids:
        try:
            state = Path(f"/proc/{child}/stat").read_text()
        except OSError:
            continue
        name, rest = state[state.index("(") + 1:].rsplit(")", 1)
        if rest.split()[0] not in "ZX":
            found[int(child)] = name
    return found


def is_alive(pid):
    """Whether the process runs; one that only waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class Lane:
    """`postern run` in the background. Use it in a with statement."""

    def __init__(self, folder, *options, env=None, state=None, detector="cascade",
                 extractor="lbph", spare="none"):
        self.folder = folder
        self.events_path = folder / "events.jsonl"
        self.state = state or folder / "state"
        self.arguments = [POSTERN, "run", "--policy", POLICY, "--state", self.state, "--sandbox",
                          tap.SANDBOX, "--events", self.events_path, "--detector", detector,
                          "--extractor", extractor, "--set", f"spare={spare}", *options]
        self.env = environment(**(env or {}))
        self.process = None
        self.output = ""
        self.errors = ""

    def __enter__(self):
        self.events_path.unlink(missing_ok=True)
        # Files, not pipes: nobody reads while the lane runs, and it must not wait for that.
        with open(self.folder / "stdout", "wb") as out, open(self.folder / "stderr", "wb") as err:
            self.process = subprocess.Popen([str(a) for a in self.arguments], env=self.env,
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.end(60)

    def end(self, seconds):
        """Waits for the end. @return the exit status"""
        self.process.wait(timeout=seconds)
        self.output = (self.folder / "stdout").read_text(errors="replace")
        self.errors = (self.folder / "stderr").read_text(errors="replace")
        return self.process.returncode

    def events(self, kind=None):
        """The events so far, all or of one kind."""
        text = self.events_path.read_text() if self.events_path.exists() else ""
        lines = text.split("\n")[:-1]
        found = [json.loads(line) for line in lines]
        return [e for e in found if kind is None or e["kind"] == kind]

    def wait_for_event(self, kind, count=1, seconds=60):
        """Waits until so many events of a kind are there. @return the last of them"""
        def holds():
            if self.process.poll() is not None and len(self.events(kind)) < count:
                self.end(1)
                raise AssertionError(f"without {count} {kind}: {self.describe()}")
            return len(self.events(kind)) >= count
        wait_for(holds, seconds)
        return self.events(kind)[count - 1]

    def worker(self, seconds=60):
        """Process id of its one worker, waited for."""
        def pids():
            return [p for p, name in children(self.process.pid).items()
                    if name == "postern-worker"]
        wait_for(pids, seconds)
        return pids()[0]

    def signal(self, number):
        self.process.send_signal(number)

    def describe(self):
        """For messages of failed assertions."""
        tail = "\n".join(json.dumps(e) for e in self.events()[-25:])
        return f"exit {self.process.returncode}\n{self.output}{self.errors}{tail}"


def check_ledger(lane):
    """Of each encounter and of the whole: seen = leased + withheld + lost."""
    for event in lane.events("encounter.closed") + lane.events("lane.closed"):
        frames = event["frames"]
        assert frames["seen"] == frames["leased"] + frames["withheld"] + frames["lost"], event


def check_no_process(pids):
    """None of them is left, within a moment."""
    wait_for(lambda: not [pid for pid in pids if is_alive(pid)], 10)


def stop(process_id):
    os.kill(process_id, signal.SIGSTOP)


def kill(process_id):
    os.kill(process_id, signal.SIGKILL)
