# SPDX-License-Identifier: Apache-2.0
"""Marked frames through a whole lane: the camera, the lane, who steps up, and the search."""

import ctypes
import json
import os
import random
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
from lanes import POLICY, children, environment  # noqa: E402
from tap import POSTERN, wait_for  # noqa: E402

CAMERA = os.environ["CANARY_CAMERA"]
SCAN = os.environ["CANARY_SCAN"]
CAMERA_MEMORY = "memfd:canary-camera"
ROOM, BUFFERS = 131072, 4
SEED = 2026115
TEMPLATE_SEED = 77  # of the plugin stamp
FPS = 25
TURN = 4  # seconds that each drawn person takes
PEOPLE = 10
DATE = "2026-01-15"
WINDOW = 1.5  # seconds, choice-window of us-border

# What a person does, when their frames may be leased (seconds after they step up; None: never), and
# what must come out. Some are left without an expected outcome: a face decides it.
Kind = namedtuple("Kind", "text allowed outcome")
STAY = 3.4
KINDS = [
    Kind("category: us-citizen, notice: current, choice: {decline: 0.2s}", None,
         "refer-opted-out"),
    Kind("category: us-citizen, notice: current, choice: {consent: 0.4s}", (0.4, STAY), None),
    Kind("category: us-citizen, notice: current", (WINDOW, STAY), None),
    Kind("category: nonimmigrant, notice: current, choice: {withdraw: 0.52s}", (0, 0.52),
         "refer-withdrawn"),
    Kind("category: diplomat, notice: current", None, "refer-exempt"),
    Kind("category: nonimmigrant, notice: current", (0, STAY), None),
    Kind("category: unknown, notice: current", None, "refer-unknown-category"),
    Kind("category: us-citizen, notice: stale", None, "refer-no-notice"),
    Kind("category: us-citizen, notice: absent", None, "refer-no-notice"),
    Kind("category: us-citizen, notice: current, choice: {decline: 2.2s}", (WINDOW, 2.2),
         "refer-opted-out"),
    None,  # nobody
]


def as_root(arguments):
    """Runs this program again in a user namespace of its own where it is not root: the memory of a
    process that may not be dumped is for root alone to read."""
    if os.geteuid() != 0:
        os.execvp("unshare", ["unshare", "--map-root-user", sys.executable, *arguments])


# Who comes last, and outstays the camera: until then the lane is not over.
LAST = Kind("category: diplomat, notice: current", None, "refer-exempt")


class Crowd:
    """Who steps up in each turn of the camera's people, and what follows for every frame."""

    def __init__(self, frames, kinds=None, subjects=True):
        self.frames = frames
        self.turns = []  # (begin in s, kind)
        count = frames // (FPS * TURN)
        draw = random.Random(SEED)
        for turn in range(count):
            kind = kinds[turn % len(kinds)] if kinds else KINDS[turn % len(KINDS)] \
                if turn < len(KINDS) else draw.choice(KINDS)
            self.turns.append((turn * TURN + 0.2, LAST if turn == count - 1 else kind))
        self.subjects = subjects

    def scenario(self, path):
        lines = ["scenario: 1", "name: canaries", "encounters:"]
        for number, (begin, kind) in enumerate(self.turns):
            if kind:
                subject = f", subject: P{number % PEOPLE}" if self.subjects else ""
                expect = f", expect: {{outcome: {kind.outcome}}}" if kind.outcome else ""
                stay = "1h" if kind is LAST else f"{STAY}s"
                lines.append(f"  - {{at: {begin:.1f}s, for: {stay}, known-by: document, "
                             f"{kind.text}{subject}{expect}}}")
        path.write_text("\n".join(lines) + "\n")
        return path

    def may_be_leased(self, frame):
        """By the clock and the person's choice alone, as the policy has it."""
        second = frame / FPS
        turn = int(second // TURN)
        if turn >= len(self.turns) or not self.turns[turn][1]:
            return False
        begin, kind = self.turns[turn]
        if not kind.allowed:
            return False
        slack = 1e-6
        return begin + kind.allowed[0] - slack <= second < begin + kind.allowed[1] - slack

    def begin(self, kind):
        """First frame of the first turn of a kind."""
        return next(int(begin * FPS) for begin, k in self.turns if k is kind)


class Camera:
    """The camera's process, and the ends that a lane is given."""

    def __init__(self, frames, pauses=(), take=1):
        self.ours, self.lanes = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.memory = os.memfd_create("canary-camera", 0)
        os.ftruncate(self.memory, BUFFERS * ROOM)
        self.process = subprocess.Popen(
            [CAMERA, *(str(n) for n in (self.ours.fileno(), self.memory, SEED, frames, FPS, PEOPLE,
                                        take, *pauses))],
            pass_fds=[self.ours.fileno(), self.memory], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.ours.close()

    def uri(self):
        return f"canary:{self.lanes.fileno()},{self.memory},{FPS}"

    def wait_for_pause(self, seconds=600):
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            raise TimeoutError(f"the camera waits for the lane after {seconds} s")
        line = self.process.stdout.readline()
        assert line.startswith("paused"), f"the camera ended early: {line!r}"
        return int(line.split()[1])

    def go_on(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def close(self):
        self.lanes.close()
        os.close(self.memory)
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Lane:
    """A command of postern on a camera of canaries. Use it in a with statement."""

    def __init__(self, folder, camera, command, *options, program=POSTERN):
        self.folder = folder
        self.camera = camera
        self.cores = folder / "cwd"
        self.cores.mkdir(exist_ok=True)
        self.arguments = [program, command, *options]
        self.process = None
        self.status = None

    def __enter__(self):
        with open(self.folder / "stdout", "wb") as out, open(self.folder / "stderr", "wb") as err:
            self.process = subprocess.Popen(
                [str(a) for a in self.arguments], env=environment(), stdin=subprocess.DEVNULL,
                stdout=out, stderr=err, cwd=self.cores,
                pass_fds=[self.camera.lanes.fileno(), self.camera.memory])
        self.camera.lanes.close()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def pids(self):
        """The lane's process and its workers', by name."""
        found = {self.process.pid: "lane"}
        found.update(children(self.process.pid))
        return found

    def end(self, seconds):
        return self.process.wait(timeout=seconds)

    def output(self):
        return (self.folder / "stdout").read_text(errors="replace") + \
            (self.folder / "stderr").read_text(errors="replace")


Hit = namedtuple("Hit", "place region form frame")


def scan(frames, pids=(), folders=(), seed=SEED):
    """Every mark that is found in processes and in files under folders.

    Returns the hits and how many bytes were looked through."""
    places = [f"pid:{pid}" for pid in pids]
    for folder in folders:
        places += [f"file:{path}" for path in sorted(folder.rglob("*")) if path.is_file()]
    done = subprocess.run([SCAN, str(seed), str(frames), CAMERA_MEMORY, *places], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, f"canary-scan: {done.stderr}{done.stdout[-2000:]}"
    lines = done.stdout.splitlines()
    hits = [Hit(*line.rsplit(" ", 3)[:3], int(line.rsplit(" ", 1)[1])) for line in lines[:-1]]
    return hits, int(lines[-1].split()[1])


def wait_for_peace(lane):
    """Until no process of the lane runs any longer: it waits for the camera."""
    def peaceful():
        before = [Path(f"/proc/{pid}/stat").read_text().split()[13:15] for pid in lane.pids()]
        time.sleep(0.1)
        after = [Path(f"/proc/{pid}/stat").read_text().split()[13:15] for pid in lane.pids()]
        return before == after
    wait_for(peaceful, 60)


def marks(frame):
    """The 16 bytes that a frame bears."""
    def word(place):
        x = ((frame * 4 + place) ^ SEED) * 0xd35a2d % 2**24
        return (x ^ x >> 12) * 0x9e3779 % 2**24 << 8 | 0xa7
    return b"".join(word(place).to_bytes(4, "little") for place in range(4))


def picture(frame):
    """The stripe of grey pixels that a frame's first word is drawn as."""
    bits = 0xb5 << 32 | int.from_bytes(marks(frame)[:4], "little")
    return b"".join(bytes([255 if bits >> (39 - i) & 1 else 0]) * 8 for i in range(40))


class Planted:
    """Bytes written into a process where nothing is, and taken away again."""

    def __init__(self, pid, data):
        self.memory = open(f"/proc/{pid}/mem", "r+b", buffering=0)
        maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
        low = next(line for line in maps if line.endswith("[stack]")).split("-")[0]
        self.at = int(low, 16)  # the stack's far end
        self.memory.seek(self.at)
        self.before = self.memory.read(len(data))
        self.write(data)

    def write(self, data):
        self.memory.seek(self.at)
        self.memory.write(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.write(self.before)
        self.memory.close()


def accounted(state):
    """What the audit log says of every frame: {frame: fate} of its last lane."""
    done = subprocess.run([POSTERN, "audit", "show", "--state", state, "--json"], text=True,
                          capture_output=True, check=True, env=environment())
    fates = {}
    for line in done.stdout.splitlines():
        entry = json.loads(line)
        if entry["kind"] == "lane.opened":
            fates = {}
        elif entry["kind"] == "frames.accounted":
            for _, fate, first, last, *_permit in entry["data"]["runs"]:
                fates.update(dict.fromkeys(range(first, last + 1), fate))
    return fates


def ledger(state):
    """`postern audit ledger`: its exit status and what it says."""
    done = subprocess.run([POSTERN, "audit", "ledger", "--state", state, "--json"], text=True,
                          capture_output=True, check=False, env=environment())
    return done.returncode, json.loads(done.stdout) if done.stdout else {"text": done.stderr}


def raise_core_limit(pid):
    """As an operator would to get a core dump, as far as this one may: root of a namespace or of a
    container raises no hard limit."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_CORE)
    try:
        resource.prlimit(pid, resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
    except PermissionError:
        resource.prlimit(pid, resource.RLIMIT_CORE, (hard, hard))


def dies_with_core(process):
    """Aborts a process of ours. @return whether the kernel wrote, or handed over, a core"""
    os.kill(process.pid, signal.SIGABRT)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    return os.WCOREDUMP(status)
