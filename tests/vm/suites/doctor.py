# SPDX-License-Identifier: Apache-2.0
"""What postern doctor says of a camera that something is wrong with, and how it ends."""
import os

import usb

OFFER = ("--size", "160x120", "--fps", 30)
NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}


def doctor(guest, name, *words, **more):
    return guest.run(name, guest.postern, "doctor", *words, **more)


def says(guest, done, status, *words):
    """One line begins with the name in brackets, holds all words, and the status is as told."""
    lines = [line for line in done.out.splitlines() if line.startswith(words[0])]
    fact = done.status == status and any(all(word in line for word in words) for line in lines)
    guest.check(f"{words[0]} is told, with what helps; exit status {status}", fact,
                (done.status, done.out, done.err))


def in_order(guest, camera):
    done = doctor(guest, "in-order", "v4l2:serial=ONE", "--seconds", 1)
    guest.check("of a camera in order nothing is said", done.status == 0 and
                "nothing is wrong" in done.out and "[" not in done.out, (done.status, done.out))
    done = guest.run("devices", guest.postern, "devices")
    words = (camera.node, "v4l2:serial=ONE", "v4l2:port=usb-1-1", "1209:0001", "480 Mbit/s",
             "MJPG", "160x120@30", f"metadata on {usb.node_of(camera.port, 1)}")
    guest.check("devices shows a person where it is, how to name it and what it offers",
                all(word in done.out for word in words), done.out)
    done = doctor(guest, "by-node", f"v4l2:{camera.node}", "--seconds", 0)
    says(guest, done, 0, "[named-by-node]", "v4l2:serial=ONE")


def wrong_addresses(guest, camera):
    node = usb.node_of(camera.port, 1)
    says(guest, doctor(guest, "metadata", f"v4l2:{node}"), 3, "[metadata-node]", node,
         f"use v4l2:{camera.node}")
    says(guest, doctor(guest, "not-found", "v4l2:serial=TWO"), 3, "[not-found]",
         "v4l2:serial=ONE")
    says(guest, doctor(guest, "mismatch", "v4l2:serial=TWO,port=usb-1-1"), 3,
         "[identity-mismatch]", "serial ONE, at usb-1-1")
    done = guest.run("run-mismatch", guest.postern, "run", "--source",
                     "v4l2:serial=TWO,port=usb-1-1", "--policy",
                     f"{guest.source}/policies/us-border.yaml", "--state", "/tmp/mismatch")
    guest.check("a lane doesn't begin with a look-alike; exit status 3", done.status == 3 and
                "another camera stands there" in done.err, (done.status, done.err))


def held(guest, camera):
    holder = usb.Count(guest, "holder", f"v4l2:{camera.node}?size=160x120&fps=30&format=MJPG")
    holder.await_event("frame")
    says(guest, doctor(guest, "busy", f"v4l2:{camera.node}"), 3, "[busy]",
         f"count-frames (pid {holder.process.pid})")
    holder.stop()


def forbidden(guest, camera):
    os.chown(camera.node, 0, 44)
    os.chmod(camera.node, 0o660)
    says(guest, doctor(guest, "forbidden", f"v4l2:{camera.node}", **NOBODY), 3, "[no-permission]",
         camera.node, "video")
    os.chmod(camera.node, 0o600)
    says(guest, doctor(guest, "no-rule", f"v4l2:{camera.node}", **NOBODY), 3, "[no-udev-rule]",
         camera.node, "/etc/udev/rules.d/")


def unbound(guest, camera):
    with open("/sys/bus/usb/drivers/uvcvideo/unbind", "w", encoding="utf-8") as file:
        file.write("1-1:1.0")
    camera.vanishes()
    says(guest, doctor(guest, "unbound"), 3, "[no-driver]", "usb-1-1", "sudo modprobe uvcvideo")


def staged(guest, name, fault, status, *words, seconds=1, offer=OFFER, query=""):
    faults = ("--fault", fault) if fault else ()
    camera = usb.Camera(guest, name, "--serial", "ONE", *offer, *faults)
    done = doctor(guest, name, f"v4l2:serial=ONE{query}", "--seconds", seconds)
    says(guest, done, status, *words)
    camera.stop()


def run(guest):
    usb.load(guest)
    says(guest, doctor(guest, "nothing"), 3, "[no-camera]", "plug one in")
    camera = usb.Camera(guest, "one", "--serial", "ONE", *OFFER)
    for look in (in_order, wrong_addresses, held, forbidden, unbound):
        look(guest, camera)
    camera.stop()
    twins = [usb.Camera(guest, f"twin-{port}", "--serial", "TWIN", *OFFER, port=port)
             for port in (0, 1)]
    says(guest, doctor(guest, "twins"), 0, "[twins]", "v4l2:serial=TWIN,port=usb-1-2")
    says(guest, doctor(guest, "ambiguous", "v4l2:serial=TWIN"), 3, "[ambiguous]",
         "usb-1-1", "usb-1-2")
    for twin in twins:
        twin.stop()
    staged(guest, "slow-format", "", 1, "[slow-format]", "format=MJPG", seconds=0,
           offer=("--size", "1280x720", "--fps", 30), query="?format=YUYV")
    staged(guest, "low-light", "dark-exposure", 1, "[low-light]", "of 30 frames per second",
           "exposure_dynamic_framerate:0", seconds=2)
    usb.set_nodrop(0)
    staged(guest, "lost", "error:every=5", 1, "[lost-frames]", "frames were lost")
    usb.set_nodrop(1)
    staged(guest, "damaged", "error:every=5", 1, "[damaged-frames]", "flagged by the driver")
    staged(guest, "unplugged", "unplug:at=20", 3, "[unplugged]", "went away", seconds=10)
    staged(guest, "frozen", "frozen:at=20", 3, "[no-frames]", "none came", seconds=10)
    staged(guest, "wedged", "wedge:at=10", 3, "[wedged]", "1-1/authorized", seconds=10)
