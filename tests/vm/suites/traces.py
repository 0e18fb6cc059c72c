# SPDX-License-Identifier: Apache-2.0
"""Recordings and traces of a USB camera: what was permitted, and the camera once more."""
import os
import signal
import time

import usb
from lane import scenario, traveler
from guest import json_lines, read

URI = "v4l2:serial=CAM-A?size=640x480&fps=15&format=MJPG&settle=off"
KEY = "/tmp/traces.key"
OFFER = ("--serial", "CAM-A", "--size", "640x480", "--fps", 15, "--format", "MJPEG")


def lane_of(guest, name, *options):
    return ("--policy", guest.source + "/policies/us-border.yaml", "--state", f"/tmp/{name}",
            "--events", f"/tmp/{name}.events", "--json", *options)


def frames_of(name):
    closed = [e for e in json_lines(read(f"/tmp/{name}.events")) if e["kind"] == "encounter.closed"]
    return closed[0]["frames"] if closed else {}


def contents(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def play(guest, name, path, people):
    done = guest.run(name, guest.postern, "record", path, f"/tmp/{name}.mkv", "--plain",
                     "--scenario", people, *lane_of(guest, name), timeout=120)
    return done, done.json().get("recorded"), frames_of(name)


def sealed(guest, people):
    """A trace as it is by default; the camera is there for its recording only."""
    with open(os.open(KEY, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(os.urandom(32))
    return guest.run("sealed", guest.postern, "record", URI, "/tmp/y.trace", "--trace", "--key", KEY,
                     "--scenario", people, *lane_of(guest, "sealed"), timeout=60)


def check_sealed(guest, people, done):
    """Played through the same gate it gives what it was given."""
    path = "/tmp/y.trace"
    without = guest.run("no-key", guest.postern, "run", "--source", path, "--scenario", people,
                        *lane_of(guest, "no-key"))
    played = guest.run("key", guest.postern, "record", path, "/tmp/y.pst", "--key", KEY,
                       "--scenario", people, *lane_of(guest, "key"), timeout=120)
    held = contents(path)
    guest.check("a sealed trace holds nothing in the clear, and is played with its key only",
                held.startswith(b"PSTNSEAL") and b"\xff\xd8\xff\xe0" not in held and
                b"CAM-A" not in held and without.status == 5 and played.status == 0 and
                abs(played.json().get("recorded", 0) - frames_of("sealed")["leased"]) <= 2,
                (done.out, done.err, without.status, without.err, played.out, played.err))


def run(guest):
    check = guest.check
    usb.load(guest)
    usb.set_nodrop(1)
    camera = usb.Camera(guest, "traced", "--fault", "error:every=10,half:every=7", *OFFER)
    people = scenario(guest, "traced", traveler(1, 4, "verdict: allow"))
    done = guest.run("record", guest.postern, "record", URI, "/tmp/x.trace", "--trace", "--plain",
                     "--scenario", people, *lane_of(guest, "recorded"), timeout=60)
    told, then = done.json(), frames_of("recorded")
    check("a trace of a camera is recorded through the gate", done.status == 0 and
          told.get("file") == "/tmp/x.trace" and then.get("leased", 0) > 20,
          (done.status, done.out, done.err))
    nobody = guest.start("nobody", guest.postern, "record", URI, "/tmp/none.trace", "--trace",
                         "--plain", *lane_of(guest, "none"))
    guest.wait_for(lambda: "source.opened" in read("/tmp/none.events"), 30)
    time.sleep(3)
    nobody.send_signal(signal.SIGTERM)
    nobody = guest.end("nobody", nobody)
    short = scenario(guest, "short", traveler(1, 2, "verdict: allow"))
    hidden = sealed(guest, short)
    camera.stop()

    check_sealed(guest, short, hidden)
    seen = []
    for turn in range(3):
        done, recorded, frames = play(guest, f"play-{turn}", "/tmp/x.trace", people)
        seen.append((done.status, recorded, frames))
    # Which frame is first and last is decided by the lane's clock when it is recorded.
    check("played without the camera it gives the same frames, damaged ones too",
          seen[0] == seen[1] == seen[2] and seen[0][:2] == (0, seen[0][2].get("leased")) and
          all(abs(seen[0][2].get(key, 0) - then.get(key, 0)) <= 2
              for key in ("seen", "leased", "damaged")),
          (then, seen, done.err))
    files = [contents(f"/tmp/play-{turn}.mkv") for turn in (0, 1)]
    check("and the same pictures, byte by byte", files[0] == files[1] and len(files[0]) > 100000)
    held = contents("/tmp/none.trace")
    check("a trace under which nobody had a permit holds no picture", nobody.status == 0 and
          nobody.json()["frames"]["withheld"] > 10 and len(held) > 1000 and
          b"\xff\xd8\xff" not in held and b"\xff\xd8\xff" in contents("/tmp/x.trace"),
          (nobody.status, nobody.out, nobody.err, len(held)))
