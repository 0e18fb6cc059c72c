# SPDX-License-Identifier: Apache-2.0
"""USB cameras made of a program, and what became of the frames they sent."""
import glob
import os
import shutil
import signal
import time

from guest import json_lines, read

PARAMETERS = "/sys/module/uvcvideo/parameters/"


def load(guest):
    guest.load("usb")


def set_nodrop(value):
    """Whether uvcvideo hands over damaged frames, flagged; holds from the next plugging on."""
    with open(PARAMETERS + "nodrop", "w", encoding="utf-8") as file:
        file.write(str(value))


def node_of(port, index=0):
    """The node of the camera in a virtual port; index 1 is its metadata node."""
    for folder in glob.glob("/sys/class/video4linux/video*"):
        device = os.path.realpath(folder)
        if f"/{port}/" in device and read(folder + "/index").strip() == str(index):
            return "/dev/" + os.path.basename(folder)
    return None


class Camera:
    """A camera that is plugged in until it is stopped."""

    def __init__(self, guest, name, *options, port=0):
        self.guest, self.name = guest, name
        self.port = f"1-{port + 1}"
        self.path = f"/tmp/{guest.suite}-{name}.log"
        self.process = guest.start(name + "-camera", f"{guest.tools}/usb-camera", "--log", self.path,
                                   "--port", port, *options)
        self.node = self.appears()

    def appears(self, timeout=20.0):
        self.node = self.guest.wait_for(lambda: node_of(self.port), timeout)
        return self.node

    def vanishes(self, timeout=5.0):
        return self.guest.wait_for(lambda: not node_of(self.port), timeout)

    def unplug(self):
        self.process.send_signal(signal.SIGUSR1)

    def plug(self):
        self.process.send_signal(signal.SIGUSR2)

    def log(self):
        return json_lines(read(self.path))

    def stop(self):
        """Unplugs it for good; its log."""
        self.process.send_signal(signal.SIGTERM)
        self.guest.end(self.name + "-camera", self.process, timeout=20)
        self.vanishes()
        shutil.copy(self.path, self.guest.kept(self.name + ".log"))
        return self.log()


class Count:
    """A reader (count-frames) of a camera, and what it saw."""

    def __init__(self, guest, name, uri, *options):
        self.guest, self.name = guest, name
        self.begun = time.monotonic()
        self.process = guest.start(name, f"{guest.tools}/count-frames", uri, *options)

    def events(self):
        return json_lines(read(self.guest.kept(self.name + ".out")))

    def await_event(self, kind, count=1, timeout=20.0):
        def enough():
            found = [event for event in self.events() if event["event"] == kind]
            return found if len(found) >= count else None
        return self.guest.wait_for(enough, timeout)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.result(20)

    def result(self, timeout=60):
        done = self.guest.end(self.name, self.process, self.begun, timeout)
        return Seen(done)


class Seen:
    def __init__(self, done):
        self.status, self.err = done.status, done.err
        self.events = done.lines()
        self.frames = self.all("frame")
        self.end = (self.all("end") or [{}])[-1]
        self.text = " | ".join(event["text"] for event in self.events if event.get("text"))

    def all(self, kind):
        return [event for event in self.events if event["event"] == kind]
