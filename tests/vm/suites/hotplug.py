# SPDX-License-Identifier: Apache-2.0
"""A camera that is unplugged and comes back, again and again, beside uStreamer."""
import socket
import subprocess
import threading
import time

import usb
from figures import Streamer, has_streamer, median, part
from lane import NOBODY, Lane, held, scenario

SIZE, FPS = "160x120", 30
OFFER = ("--size", SIZE, "--fps", FPS, "--format", "MJPEG")
MODE = f"?size={SIZE}&fps={FPS}&format=MJPG"
WARM = 5  # cycles after which nothing may grow any more
SETTLED_KIB = 1024
CYCLES, CYCLES_LONG, CYCLES_S = 200, 1000, 130  # the quick ones end after so many seconds


class Nodes:
    """When the kernel announced capture nodes, from its own messages."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 15)
        self.socket.bind((0, 1))
        self.added = []
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            message = self.socket.recv(8192)
            now = time.monotonic_ns()
            head = message.split(b"\0", 1)[0].decode(errors="replace")
            if head.startswith("add@") and "/video4linux/video" in head:
                self.added.append((now, head))

    def first_after(self, ns):
        return next((at for at, _ in list(self.added) if at >= ns), None)


def turn(camera, lane, cycle):
    """One unplug and replug. Whether the lane told both."""
    camera.unplug()
    if not lane.wait("source.lost", cycle, 10):
        return False
    camera.plug()
    return bool(lane.wait("source.returned", cycle, 20))


def cycles(guest, nodes):
    """For ever: a lane whose camera goes and comes back holds no more than before."""
    check = guest.check
    camera = usb.Camera(guest, "cycles", "--serial", "CAM-A", *OFFER)
    lane = Lane(guest, "cycles", f"v4l2:serial=CAM-A{MODE}", scenario(guest, "nobody", NOBODY))
    lane.wait("source.opened")
    time.sleep(1)
    wanted, end = CYCLES_LONG if guest.long else CYCLES, time.monotonic() + CYCLES_S
    done, before = 0, None
    while done < wanted and (guest.long or time.monotonic() < end) and turn(camera, lane, done + 1):
        done += 1
        if done == WARM:
            before = held(lane.process.pid)
    after = held(lane.process.pid)
    status = lane.stop()
    log = camera.stop()
    gone = [event["ns"] for event in log if event["event"] == "detach"]
    lost, returned = lane.all("source.lost"), lane.all("source.returned")
    offline = [(event["ns"] - at) / 1e6 for event, at in zip(lost, gone)]
    ready = [event["ready_ms"] for event in returned]
    seen = [(event["ns"] - nodes.first_after(at)) / 1e6 for event, at in zip(returned, gone)
            if nodes.first_after(at)]
    check("a lane comes back from every unplug", done >= WARM + 5 and len(returned) == done and
          status in (0, 1) and all(event["cause"] == "unplugged" for event in lost),
          (done, len(lost), len(returned), status, lost[-1:], lane.trouble()))
    guest.note(f"{done} cycles")
    guest.note(f"descriptors, mappings, resident KiB after {WARM} cycles {before}, in the end {after}")
    check("no descriptor and no mapping is left behind",
          before and after[0] <= before[0] and after[1] <= before[1], (before, after))
    check("its memory stays as it is", before and after[2] - before[2] <= SETTLED_KIB,
          (before, after))
    figure(guest, "postern: unplug to known", offline, 50)
    figure(guest, "postern: node to first good frame, by its own clock", ready, 200)
    figure(guest, "postern: node to first good frame, by the kernel's message", seen, 200)


def figure(guest, what, values, bound):
    if values:
        guest.note(f"{what:60} p50 {median(values):6.0f} ms  p99 {part(values, 0.99):6.0f} ms  "
                   f"max {max(values):6.0f} ms" + (f"  ({bound} asked for)" if bound else ""))


def beside_streamer(guest, nodes):
    """The same, of uStreamer; what it knows is read from its own state."""
    if not has_streamer():
        guest.note("no uStreamer to compare with; ./dev vm installs it")
        return
    subprocess.run(["ifconfig", "lo", "up"], check=True)
    camera = usb.Camera(guest, "streamer", *OFFER)
    streamer = Streamer(guest, "ustreamer", SIZE, camera.node)
    offline, online = [], []
    known = guest.wait_for(streamer.online)
    for _ in range(10 if guest.long else 4):
        if not known:
            break
        begun = time.monotonic_ns()
        camera.unplug()
        guest.wait_for(lambda: not streamer.online(), 10, 0.005)
        offline.append((time.monotonic_ns() - begun) / 1e6)
        camera.vanishes()
        begun = time.monotonic_ns()
        camera.plug()
        known = guest.wait_for(streamer.online, 10, 0.005)
        added = nodes.first_after(begun)
        if known and added:
            online.append((time.monotonic_ns() - added) / 1e6)
    streamer.stop()
    camera.stop()
    figure(guest, "uStreamer: unplug to known", offline, 0)
    figure(guest, "uStreamer: node to online", online, 0)


def run(guest):
    usb.load(guest)
    nodes = Nodes()
    cycles(guest, nodes)
    beside_streamer(guest, nodes)
