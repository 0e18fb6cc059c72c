# SPDX-License-Identifier: Apache-2.0
"""What every suite uses: checks, commands that are kept, kernel modules."""
import json
import os
import subprocess
import time

OUT = "/out"


class Done:
    """How a command ended, and what it said."""

    def __init__(self, status, out, err, begun, ended):
        self.status, self.out, self.err = status, out, err
        self.begun, self.ended = begun, ended

    def json(self):
        try:
            return json.loads(self.out)
        except ValueError:
            return {}

    def lines(self):
        """Each line that is JSON, in order."""
        return json_lines(self.out)


def json_lines(text):
    found = []
    for line in text.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


class Guest:
    def __init__(self, suite, source, build, long):
        self.suite, self.source, self.build, self.long = suite, source, build, long
        self.postern = os.path.join(build, "core/cli/postern")
        self.tools = os.path.join(build, "tests/vm")
        self.report = open(os.path.join(OUT, suite + ".tap"), "w", encoding="utf-8")
        self.times = open(os.path.join(OUT, suite + ".times"), "w", encoding="utf-8")
        self.begun = time.monotonic()

    def tell(self, line):
        print(line, file=self.report, flush=True)

    def note(self, text):
        for line in str(text).splitlines():
            self.tell("# " + line)

    def check(self, what, fact, seen=""):
        self.tell(f"{'ok' if fact else 'not ok'} - {self.suite}: {what}")
        if not fact:
            self.note(str(seen)[:2000])
        return bool(fact)

    def finish(self):
        self.note(f"{self.suite}: {time.monotonic() - self.begun:.0f} s in the guest")
        self.tell("# done")
        self.report.close()
        self.times.close()

    def kept(self, name):
        return os.path.join(OUT, f"{self.suite}-{name}")

    def start(self, name, *command, **more):
        """A command in the background; what it prints is kept in NAME.out and NAME.err."""
        with open(self.kept(name + ".out"), "wb") as out, \
                open(self.kept(name + ".err"), "wb") as err:
            return subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                    stdout=out, stderr=err, **more)

    def end(self, name, process, begun=0.0, timeout=60):
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            status = "killed, it did not end"
            self.kill(name, process)
        ended = time.monotonic()
        print(name, f"{begun:.2f} {ended:.2f}", file=self.times, flush=True)
        return Done(status, read(self.kept(name + ".out")), read(self.kept(name + ".err")),
                    begun, ended)

    def kill(self, name, process):
        """Ends what hangs; where it hung is told, in the kernel too."""
        where = read(f"/proc/{process.pid}/stack")
        process.kill()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            where = read(f"/proc/{process.pid}/stack")
        kernel = subprocess.run(["dmesg"], capture_output=True, text=True, check=False).stdout
        self.note(f"{name} did not end; it was in:\n{where}kernel: {kernel[-1500:]}")

    def run(self, name, *command, timeout=60, **more):
        begun = time.monotonic()
        return self.end(name, self.start(name, *command, **more), begun, timeout)

    def load(self, need, **parameters):
        """Loads the modules of a need; parameters are those of its modules, by name."""
        with open(f"/modules/{need}", encoding="utf-8") as order:
            for module in order.read().split():
                name = module.removesuffix(".ko").replace("-", "_")
                if not os.path.isdir(f"/sys/module/{name}"):
                    more = parameters.get(name, "").split()
                    subprocess.run(["insmod", f"/modules/{module}", *more], check=True)

    def wait_for(self, what, timeout=20.0, step=0.02):
        """Waits until what() is true; its value, or what it was last."""
        end = time.monotonic() + timeout
        while True:
            value = what()
            if value or time.monotonic() > end:
                return value
            time.sleep(step)
