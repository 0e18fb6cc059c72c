# SPDX-License-Identifier: Apache-2.0
"""Masked pictures of marked frames: no mark is in one, and none is left of them after its permit."""

import base64
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import canary
from canary import Camera, Crowd, FPS, KINDS, Lane
import tap
from tap import wait_for
from test_canary import options

FRAMES = 1000
LOOK = os.environ["CANARY_LOOK"]
VISITOR = KINDS[5]


class Viewer:
    """Asks a lane for pictures, one after the other, and keeps what comes."""

    def __init__(self, path):
        self.path = path
        self.answers = []
        self.done = False
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        while not self.done:
            try:
                with socket.socket(socket.AF_UNIX) as line:
                    line.settimeout(2)
                    line.connect(str(self.path))
                    self.ask(line, line.makefile("r", encoding="utf-8"))
            except (OSError, ValueError):
                time.sleep(0.05)

    def ask(self, line, file):
        while not self.done:
            line.sendall(b'{"v":1,"do":"picture"}\n')
            answer = json.loads(file.readline())
            if answer["ok"]:
                self.answers.append(answer)
            else:
                time.sleep(0.002)

    def close(self):
        self.done = True
        self.thread.join()


def holds(pid, needles):
    """Which of the texts are in the memory of a process."""
    found = set()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            low, high = (int(number, 16) for number in line.split()[0].split("-"))
            if "r" not in line.split()[1] or "[v" in line:
                continue
            try:
                memory.seek(low)
                part = memory.read(high - low)
            except OSError:
                continue
            found |= {needle for needle in needles if needle in part}
    return found


def check_marks(folder, answers):
    """Not one mark, neither of the bytes that came nor of the pixels that they stand for."""
    shown = folder / "pictures"
    shown.mkdir()
    for number, answer in enumerate(answers):
        path = shown / f"{number}.jpg"
        path.write_bytes(base64.b64decode(answer["jpeg"]))
        subprocess.run([LOOK, str(answer["width"]), str(answer["height"]), path,
                        path.with_suffix(".grey")], check=True)
    (shown / "lines").write_text("\n".join(json.dumps(answer) for answer in answers))
    hits, size = canary.scan(FRAMES, [], [shown])
    assert not hits, f"marks in pictures: {hits[:20]}"
    assert size > len(answers) * 320 * 240, size


def test_no_mark_is_in_a_picture_and_no_picture_outlasts_its_permit(folder):
    crowd = Crowd(FRAMES)
    after = crowd.begin(VISITOR) + int(3.6 * FPS)  # the permit of that person is over
    camera = Camera(FRAMES, [after, FRAMES - 1])
    with Lane(folder, camera, "run", "--source", camera.uri(), *options(folder), "--control",
              "auto", "--set", "control.picture=masked", "--set", "capture.min-face=2000",
              "--scenario", crowd.scenario(folder / "people.yaml")) as lane:
        viewer = Viewer(folder / "state/control.sock")
        try:
            for pause in (after, FRAMES - 1):
                assert camera.wait_for_pause() == pause
                canary.wait_for_peace(lane)
                assert viewer.answers, "no picture was given"
                raw = [base64.b64decode(answer["jpeg"]) for answer in viewer.answers]
                tails = {data[-80:-16] for data in raw}
                needles = tails | {base64.b64encode(data)[-100:-20] for data in raw}
                assert holds(os.getpid(), needles) == needles, "the search finds nothing"
                for pid, name in lane.pids().items():
                    assert not holds(pid, needles), f"{name} still holds a picture"
                camera.go_on()
            assert lane.end(120) == 0, lane.output()[-3000:]
        finally:
            viewer.close()
    camera.close()
    assert len(viewer.answers) > 10, len(viewer.answers)
    check_marks(folder, viewer.answers)


if __name__ == "__main__":
    canary.as_root(sys.argv)
    tap.run(sys.modules[__name__])
