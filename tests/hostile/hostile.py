# SPDX-License-Identifier: Apache-2.0
"""Hostile plugins: where they lie, what they are after, and people for them to look at."""

import os
import shutil
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/cli"), str(ROOT / "plugins")]
import manifest  # noqa: E402
from tap import POSTERN, postern  # noqa: E402

MODULES = Path(os.environ.get("HOSTILE_PLUGINS", ""))
BUILT_PLUGINS = Path(POSTERN).parents[2] / "plugins"
DARK, LIGHT = -92, -68  # of a marked picture's squares, from 128; as in base.c
SECRET = "hostile-secret-7d1f0a52"
LANDMARKS = "[[19, 24], [45, 24], [32, 38], [22, 51], [42, 51]]"
PARTS = {
    "detector": "input: {format: grey8, size: 320, multiple: 1}\n",
    "quality": "input: {format: grey8, size: 320, multiple: 1}\n",
    "extractor": f"chip: {{format: grey8, width: 64, height: 64, landmarks: {LANDMARKS}}}\n"
                 "template: {type: float32, dimension: 64}\n",
    "pad": f"chip: {{format: grey8, width: 64, height: 64, landmarks: {LANDMARKS}}}\n",
    "matcher": "scores: {low: -1, high: 1}\ntypes: [float32]\n",
}
TEMPLATE = """plugin: 1
id: {name}
kind: {kind}
version: 1.0.0
abi: 1
licence: Apache-2.0
summary: for tests, broken in one way
library: {name}.so
sha256: @SHA256@
threads: 1
{part}options:
  - {{name: marked, type: int, default: "0", low: "0", high: "1", about: misbehave on marked pictures only}}
"""


class Den:
    """A folder for one hostile plugin: itself, somebody who listens, and a person's file beside it.

    The plugin finds all that by where it lies: FOLDER/PORT/ID/ID.so."""

    def __init__(self, folder, name, kind, doctor=None):
        self.folder = folder
        self.heard = []
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(self.tcp.getsockname())
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(str(folder / "socket"))
        self.unix.listen()
        (folder / "secret").write_text(SECRET)
        self.plugins = folder / str(self.tcp.getsockname()[1])
        self.plugin = self.plugins / name
        place(self.plugin, name, kind)
        if name != "good-detector":
            place(self.plugins / "good-detector", "good-detector", "detector")
        if doctor:
            doctor(self.plugin)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for end in (self.tcp, self.udp, self.unix):
            end.close()

    def environment(self):
        return {"POSTERN_PLUGINS": f"{self.plugins}:{BUILT_PLUGINS}"}

    def spoils(self):
        """What the plugin got by: who was called, what was written."""
        found = []
        for name, end in (("tcp", self.tcp), ("udp", self.udp), ("unix", self.unix)):
            end.setblocking(False)
            try:
                found.append(f"{name}: {end.recv(64) if name == 'udp' else end.accept()}")
            except BlockingIOError:
                pass
        return found + (["a file was written"] if (self.folder / "stolen").exists() else [])


def place(folder, name, kind):
    """A plugin's folder: its library and a manifest."""
    folder.mkdir(parents=True)
    shutil.copy(MODULES / f"{name}.so", folder)
    template = folder / "template"
    template.write_text(TEMPLATE.format(name=name, kind=kind, part=PARTS[kind]))
    manifest.fill(template, folder / f"{name}.so", folder / f"{name}.yaml")
    template.unlink()


def squares(width, height, size):
    """A JPEG of grey squares of so many bytes, made by hand: one component, no detail."""
    bits, before = "", 0
    for row in range(height // 8):
        for column in range(width // 8):
            level = LIGHT if (row // 10 + column // 10) % 2 else DARK
            change, before = level - before, level
            if change == 0:
                bits += "0"
            else:
                length = abs(change).bit_length()
                bits += {5: "10", 7: "110"}[length]
                bits += format(change if change > 0 else change + 2**length - 1, f"0{length}b")
            bits += "0"
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")

    def segment(kind, content):
        return bytes([0xFF, kind]) + (len(content) + 2).to_bytes(2, "big") + content

    body = (segment(0xDB, b"\0" + bytes([8] * 64)) +
            segment(0xC0, b"\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big") +
                    b"\x01\x01\x11\0") +
            segment(0xC4, b"\0" + bytes([1, 1, 1] + [0] * 13) + bytes([0, 5, 7])) +
            segment(0xC4, b"\x10" + bytes([1] + [0] * 15) + bytes([0])) +
            segment(0xDA, b"\x01\x01\0\0\x3f\0") + data + b"\xff\xd9")
    room = size - 2 - len(body) - 4
    assert 0 <= room < 65000, room
    return b"\xff\xd8" + segment(0xFE, bytes(room)) + body


def record(path, marked=(), seconds=9):
    """A recording of three drawn people, three seconds each; frames that are marked show squares."""
    postern("synth", path, "--people", 3, "--seconds", seconds, "--seed", 7, "--size", "320x240",
            "--fps", 10, expect=0)
    clip = bytearray(path.read_bytes())
    at, number = clip.index(b"movi"), 0
    while (at := clip.find(b"00dc", at)) >= 0 and clip[at + 8:at + 10] == b"\xff\xd8":
        size = int.from_bytes(clip[at + 4:at + 8], "little")
        if number in marked:
            clip[at + 8:at + 8 + size] = squares(320, 240, size)
        at, number = at + 8 + size, number + 1
    assert number == seconds * 10, number
    path.write_bytes(clip)
    return path
