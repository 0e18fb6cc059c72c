# SPDX-License-Identifier: Apache-2.0
"""What taking frames costs, beside a bare reader and uStreamer; figures, not pass or fail.

An emulated machine's times say nothing of a real one's; their ratios do.
"""
import json
import os
import subprocess
import time
import urllib.error
import urllib.request

import usb
from guest import read
from lane import NOBODY, Lane, cpu_ns, scenario, traveler, witness

ROUNDS, FRAMES, FPS = 4, 90, 30
URI = "v4l2:serial=CAM-A?size={0}&fps=%d&format=MJPG" % FPS


def median(values):
    values = sorted(values)
    return values[len(values) // 2]


def part(values, share):
    """The value below which so much of them lies."""
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def over(camera, seconds, spent):
    """CPU ms per frame that the camera sent in so many seconds."""
    begin, before = time.monotonic_ns(), spent()
    time.sleep(seconds)
    end, after = time.monotonic_ns(), spent()
    time.sleep(1.2)  # the camera's log is written once a second
    frames = sum(1 for event in camera.log()
                 if event["event"] == "frame" and begin <= event["ns"] < end)
    return (after - before) * 1e3 / max(frames, 1), frames / seconds, (after - before) / seconds


class Streamer:
    """uStreamer, without clients."""

    def __init__(self, guest, name, size, node):
        self.process = guest.start(name, "ustreamer", "--device", node, "--format", "MJPEG",
                                   "--resolution", size, "--desired-fps", FPS, "--host",
                                   "127.0.0.1", "--port", "8080")

    def online(self):
        try:
            with urllib.request.urlopen("http://127.0.0.1:8080/state", timeout=2) as answer:
                return json.load(answer)["result"]["source"]["online"]
        except (urllib.error.URLError, OSError, ValueError, KeyError):
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def has_streamer():
    return os.access("/usr/bin/ustreamer", os.X_OK)


def per_frame(guest):
    """CPU of one frame that nobody reads."""
    camera = usb.Camera(guest, "cost", "--serial", "CAM-A", "--size", "640x480", "--fps", FPS,
                        "--format", "MJPEG")
    bare, ours = [], []
    for _ in range(ROUNDS):
        done = guest.run("bare", f"{guest.tools}/bare-reader", camera.node, "MJPG", "640x480", FPS,
                         FRAMES)
        bare.append(done.json().get("cpu_ms", 0) / FRAMES)
        seen = usb.Count(guest, "unread", URI.format("640x480"), "--unread", "--frames",
                         FRAMES + 30).result()
        ours.append(seen.end.get("cpu_ms", 0) / FRAMES)
    lane = Lane(guest, "closed", URI.format("640x480"), scenario(guest, "nobody", NOBODY))
    lane.wait("source.opened")
    time.sleep(2)
    lane_ms, rate, _ = over(camera, 6, lane.tasks)
    lane.stop()
    rows = [("bare poll, DQBUF, QBUF", median(bare), ""), ("postern's reader", median(ours), ""),
            ("postern run, gate closed, all processes", lane_ms, f"at {rate:.0f} fps")]
    if has_streamer():
        subprocess.run(["ifconfig", "lo", "up"], check=True)
        streamer = Streamer(guest, "ustreamer", "640x480", camera.node)
        guest.wait_for(streamer.online)
        time.sleep(1)
        streamer_ms, rate, _ = over(camera, 6, lambda: cpu_ns(streamer.process.pid) / 1e9)
        rows.append(("uStreamer without clients", streamer_ms, f"at {rate:.0f} fps"))
        streamer.stop()
    camera.stop()
    guest.note("CPU per frame of 640x480 MJPEG, ms (bare reader = 1.00)")
    for name, value, more in rows:
        guest.note(f"  {name:42} {value:7.3f}  {value / max(median(bare), 1e-6):5.2f}x  {more}")
    guest.check("a bare reader, postern and what it is compared to were measured",
                all(value > 0 for _, value, _ in rows), rows)


def full_hd(guest):
    camera = usb.Camera(guest, "hd", "--serial", "CAM-A", "--size", "1920x1080", "--fps", FPS,
                        "--format", "MJPEG", "--bulk")
    lane = Lane(guest, "hd", URI.format("1920x1080"), scenario(guest, "nobody", NOBODY))
    lane.wait("source.opened")
    time.sleep(2)
    _, rate, share = over(camera, 6, lane.tasks)
    lane.stop()
    size = [event["bytes"] for event in camera.stop() if event["event"] == "frame"][:1]
    guest.note(f"1080p MJPEG of {size} bytes without a permit: {share * 100:.2f} % of a core at "
               f"{rate:.1f} fps")


def age(guest):
    """How old a picture is that a plugin is given which takes 200 ms over each."""
    camera = usb.Camera(guest, "age", "--serial", "CAM-A", "--size", "160x120", "--fps", FPS,
                        "--format", "MJPEG")
    lasts = 600 if guest.long else 15
    people = scenario(guest, "age", traveler(1, lasts, "outcome: refer-not-captured"))
    lane = Lane(guest, "age", URI.format("160x120"), people,
                *witness(guest, "age", 200, lasts))
    lane.end(lasts + 60)
    sent = {event["number"]: event["ns"] for event in camera.stop() if event["event"] == "frame"}
    ages = [(ns - sent[number]) / 1e6 for number, _, ns, _ in lane.saw() if number in sent]
    if guest.check("a plugin that takes 200 ms was given pictures", len(ages) > lasts * 2,
                   (len(ages), lane.trouble())):
        guest.note(f"age of {len(ages)} pictures as a plugin is given them that takes 200 ms, from "
                   f"the last byte sent: median {median(ages):.1f} ms, p99.9 {part(ages, 0.999):.1f} "
                   f"ms (one frame and 5 ms are {1000 / FPS + 5:.1f} ms)")


def run(guest):
    usb.load(guest)
    guest.note("clock of the guest: " + read(
        "/sys/devices/system/clocksource/clocksource0/current_clocksource").strip())
    per_frame(guest)
    full_hd(guest)
    age(guest)
