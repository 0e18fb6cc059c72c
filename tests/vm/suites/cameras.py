# SPDX-License-Identifier: Apache-2.0
"""Who a camera is, and what a person is told who can't have it."""
import os

import usb

SIZE, FPS = "160x120", 30
MODE = f"?size={SIZE}&fps={FPS}&format=MJPG"
OFFER = ("--size", SIZE, "--fps", FPS)


def listed(guest, name, **more):
    done = guest.run(name, guest.postern, "devices", "--json", **more)
    return {camera["port"]: camera for camera in done.json().get("cameras", [])}


def count(guest, name, uri, *options, **more):
    return usb.Seen(guest.run(name, f"{guest.tools}/count-frames", uri, *options, **more))


def refused(seen, *words):
    return seen.status == 3 and not seen.frames and all(word in seen.text for word in words)


def twins(guest, check):
    seen = listed(guest, "twins")
    check("twins with one serial are two cameras, each with an address of its own",
          sorted(seen) == ["usb-1-1", "usb-1-2"] and
          {camera["serial"] for camera in seen.values()} == {"TWIN"} and
          len({camera["best_uri"] for camera in seen.values()}) == 2, seen)
    result = count(guest, "twin-serial", "v4l2:serial=TWIN", "--frames", 3)
    check("a serial that two have is refused, both are named",
          refused(result, "usb-1-1", "usb-1-2"), result.text)
    for port, mark in (("usb-1-1", "A"), ("usb-1-2", "B")):
        for address in (f"serial=TWIN,port={port}", f"port={port}"):
            result = count(guest, f"twin-{mark}", f"v4l2:{address}{MODE}", "--frames", 10)
            check(f"{address} is that one", len(result.frames) == 10 and
                  {frame["mark"] for frame in result.frames} == {mark}, result.text)


def metadata(guest, check, camera):
    node = usb.node_of(camera.port, 1)
    seen = listed(guest, "metadata").get("usb-1-1", {})
    check("a metadata node is no camera, and is told with its camera",
          node and node in seen.get("metadata", []), seen)
    result = count(guest, "metadata", f"v4l2:{node}", "--frames", 1)
    check("opening a metadata node is refused in those words",
          refused(result, "metadata node"), result.text)


def busy(guest, check, camera):
    holder = usb.Count(guest, "holder", f"v4l2:{camera.node}{MODE}")
    holder.await_event("frame")
    result = count(guest, "second", f"v4l2:{camera.node}{MODE}", "--frames", 1)
    check("a second opener is told that it is in use", refused(result, "in use by another program"),
          result.text)
    seen = listed(guest, "busy").get("usb-1-1", {})
    check("devices names a busy camera's holder", seen.get("state") == "busy" and
          {"pid": holder.process.pid, "name": "count-frames"} in seen.get("holders", []), seen)
    rest = holder.stop()
    check("the holder loses nothing by it", rest.status == 0 and rest.end["lost"] <= 3, rest.end)


def permission(guest, check, camera):
    os.chmod(camera.node, 0o660)
    os.chown(camera.node, 0, 44)
    nobody = {"user": 65534, "group": 65534, "extra_groups": []}
    result = count(guest, "forbidden", f"v4l2:{camera.node}", "--frames", 1, **nobody)
    check("without permission the group and the command that joins it are told",
          refused(result, "video"), result.text)
    seen = listed(guest, "forbidden-list", **nobody).get("usb-1-1", {})
    check("devices says so too", seen.get("state") == "forbidden" and "video" in seen["advice"], seen)


def compliance(guest, camera):
    """For reference: the kernel's own check of driver and camera; what it finds is not postern's."""
    done = guest.run("compliance", "v4l2-compliance", "-d", camera.node, "-s", 10, timeout=120)
    guest.note((done.out.strip().splitlines() or ["v4l2-compliance did not run"])[-1])
    for line in done.out.splitlines():
        if "FAIL" in line:
            guest.note("v4l2-compliance: " + line.strip())


def run(guest):
    usb.load(guest)
    first = usb.Camera(guest, "first", "--serial", "TWIN", *OFFER)
    second = usb.Camera(guest, "second", "--serial", "TWIN", "--mark", "B", *OFFER, port=1)
    twins(guest, guest.check)
    second.stop()
    metadata(guest, guest.check, first)
    busy(guest, guest.check, first)
    permission(guest, guest.check, first)
    compliance(guest, first)
    first.stop()
