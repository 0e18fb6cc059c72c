# SPDX-License-Identifier: Apache-2.0
"""A running lane: its events as they come, and what it costs."""
import glob
import json
import os
import re
import signal
import subprocess
import threading
import time

from guest import read

SAW = re.compile(r"saw (\d+) of (.) at (\d+), (.*)")


def witness(guest, name, sleep=0, timeout=30):
    """The lane file and options of a lane whose detector is the witness."""
    path = f"/tmp/{guest.suite}-{name}-lane.yaml"
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'lane: 1\ncapture: {{timeout: {timeout}s}}\nplugins:\n  detector: witness\n'
                   f'  options: [{{plugin: witness, name: sleep, value: "{sleep}"}}]\n')
    return (path,)


def scenario(guest, name, *encounters):
    """Writes a scenario; each encounter is the text of its keys."""
    path = f"/tmp/{guest.suite}-{name}.yaml"
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"scenario: 1\nname: {name}\nencounters:\n")
        for keys in encounters:
            file.write(f"  - {{{keys}}}\n")
    return path


def traveler(at, lasts, expect):
    return (f"at: {at}s, for: {lasts}s, category: permanent-resident, known-by: document, "
            f"notice: current, expect: {{{expect}}}")


NOBODY = "at: 9000s, for: 1s, category: us-citizen, known-by: document, notice: current"


class Lane:
    """postern run, in the background. Each event gets "ns", the time it was read."""

    def __init__(self, guest, name, source, people, *options):
        self.guest, self.name = guest, name
        self.events, self.more = [], threading.Condition()
        environment = dict(os.environ, POSTERN_PLUGINS=f"{guest.tools}/plugins:{guest.build}/plugins")
        with open(guest.kept(name + ".err"), "wb") as err:
            self.process = subprocess.Popen(
                [guest.postern, "run", "--source", source, "--policy",
                 f"{guest.source}/policies/us-border.yaml", "--scenario", people, "--state",
                 f"/tmp/{guest.suite}-{name}", "--events", "-", *map(str, options)],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err, env=environment)
        self.reader = threading.Thread(target=self.read_events)
        self.reader.start()

    def read_events(self):
        with open(self.guest.kept(self.name + ".events"), "wb") as kept:
            for line in self.process.stdout:
                now = time.monotonic_ns()
                kept.write(line)
                with self.more:
                    try:
                        self.events.append(dict(json.loads(line), ns=now))
                    except ValueError:
                        self.events.append({"kind": "no JSON", "text": str(line)})
                    self.more.notify_all()
        with self.more:
            self.events.append({"kind": "end"})
            self.more.notify_all()

    def all(self, kind):
        return [event for event in self.events if event["kind"] == kind]

    def wait(self, kind, count=1, timeout=30.0):
        """The count-th event of a kind, or None when it does not come."""
        def there():
            return len(self.all(kind)) >= count or self.all("end")
        with self.more:
            self.more.wait_for(there, timeout)
            found = self.all(kind)
        return found[count - 1] if len(found) >= count else None

    def tasks(self):
        """CPU time of all its processes so far, seconds; workers included."""
        spent = 0
        for folder in glob.glob("/proc/[0-9]*"):
            status = read(folder + "/status")
            parent = re.search(r"^PPid:\t(\d+)", status, re.M)
            pid = int(os.path.basename(folder))
            if pid == self.process.pid or (parent and int(parent[1]) == self.process.pid):
                spent += cpu_ns(pid)
        return spent / 1e9

    def saw(self):
        """What the witness was given: (number, mark, ns, what it says), in order."""
        return [(int(n), mark, int(ns), said) for n, mark, ns, said in
                (SAW.search(event["text"]).groups() for event in self.all("warning")
                 if SAW.search(event["text"]))]

    def stop(self, timeout=30):
        self.process.send_signal(signal.SIGTERM)
        return self.end(timeout)

    def end(self, timeout=60):
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.guest.kill(self.name, self.process)
            status = "killed, it did not end"
        self.reader.join(5)
        return status

    def trouble(self):
        return read(self.guest.kept(self.name + ".err"))[-1500:]


def cpu_ns(pid):
    """What all threads of a process have run, to the nanosecond."""
    return sum(int(read(path).split()[0] or 0) for path in glob.glob(f"/proc/{pid}/task/*/schedstat")
               if read(path))


def held(pid):
    """(descriptors, mappings, resident KiB) of a process."""
    maps = read(f"/proc/{pid}/maps").count("\n")
    resident = re.search(r"VmRSS:\s+(\d+)", read(f"/proc/{pid}/status"))
    return len(os.listdir(f"/proc/{pid}/fd")), maps, int(resident[1]) if resident else 0
