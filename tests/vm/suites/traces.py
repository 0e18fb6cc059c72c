# SPDX-License-Identifier: Apache-2.0
"""Recordings and traces of a USB camera: what was permitted, and the camera once more."""
import signal
import time

import usb
from lane import scenario, traveler
from guest import json_lines, read

URI = "v4l2:serial=CAM-A?size=640x480&fps=15&format=MJPG&settle=off"
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
    time.sleep(4)
    nobody.send_signal(signal.SIGTERM)
    nobody = guest.end("nobody", nobody)
    camera.stop()

    seen = []
    for turn in range(3):
        done, recorded, frames = play(guest, f"play-{turn}", "/tmp/x.trace", people)
        seen.append((done.status, recorded, frames))
    check("played without the camera it gives the same frames, damaged ones too",
          all(s[0] == 0 and s[1] == s[2].get("leased") == then.get("leased") and
              s[2].get("damaged") == then.get("damaged") for s in seen) and seen[0] == seen[1] == seen[2],
          (then, seen, done.err))
    files = [contents(f"/tmp/play-{turn}.mkv") for turn in (0, 1)]
    check("and the same pictures, byte by byte", files[0] == files[1] and len(files[0]) > 100000)
    held = contents("/tmp/none.trace")
    check("a trace under which nobody had a permit holds no picture", nobody.status == 0 and
          nobody.json()["frames"]["withheld"] > 10 and len(held) > 1000 and
          b"\xff\xd8\xff" not in held and b"\xff\xd8\xff" in contents("/tmp/x.trace"),
          (nobody.status, nobody.out, nobody.err, len(held)))
