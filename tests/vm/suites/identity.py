# SPDX-License-Identifier: Apache-2.0
"""Cameras that are replaced by another, change their number, or come back to the next traveler."""
import os
import time

import usb
from hotplug import MODE, OFFER
from lane import Lane, scenario, traveler, witness


def swap(guest):
    """Another camera at the same node and port."""
    check = guest.check
    camera = usb.Camera(guest, "swap", "--serial", "CAM-A", "--swap", "CAM-B", "--replug", 300,
                        *OFFER)
    count = usb.Count(guest, "swap-count", f"v4l2:{camera.node}{MODE}", "--recover")
    count.await_event("frame", 5)
    camera.unplug()
    mismatch = count.await_event("mismatch")
    node = usb.node_of(camera.port)
    time.sleep(1.5)
    camera.unplug()
    back = count.await_event("back", 2)
    time.sleep(0.5)
    seen, log = count.stop(), camera.stop()
    check("another camera at the same node is told as a mismatch, by both names",
          mismatch and "CAM-A" in mismatch[0]["text"] and "CAM-B" in mismatch[0]["text"],
          (mismatch, seen.text[-500:]))
    check("it did stand at that node", node == camera.node or node == "/dev/video0", node)
    plugs = [(event["mark"], event["plug"]) for event in log if event["event"] == "attach"]
    other = [plug for mark, plug in plugs if mark != "A"]
    check("not one of its frames is handed over, nor asked for",
          other and {frame["mark"] for frame in seen.frames} == {"A"} and
          not [event for event in log if event["event"] == "start" and event["plug"] in other],
          (plugs, [event for event in log if event["event"] == "start"]))
    check("the camera itself is taken again when it is back", back and seen.status == 0,
          seen.text[-500:])


def renumbered(guest):
    """A dead descriptor that somebody holds keeps the number; the camera gets another one."""
    camera = usb.Camera(guest, "renumber", "--serial", "CAM-A", *OFFER)
    before = camera.node
    holder = os.open(before, os.O_RDWR)
    count = usb.Count(guest, "renumber-count", f"v4l2:{before}{MODE}", "--recover")
    count.await_event("frame", 5)
    camera.unplug()
    camera.vanishes()
    camera.plug()
    camera.appears()
    count.await_event("back", 2)
    time.sleep(0.5)
    os.close(holder)
    seen = count.stop()
    camera.stop()
    back = [event["ns"] for event in seen.all("back")]
    guest.check("a camera is followed to another number", camera.node != before and
                len(back) == 2 and any(frame["ns"] > back[1] for frame in seen.frames) and
                {frame["mark"] for frame in seen.frames} == {"A"},
                (before, camera.node, seen.text[-500:]))


def traveler_across(guest):
    check = guest.check
    camera = usb.Camera(guest, "traveler", "--serial", "CAM-A", *OFFER)
    people = scenario(guest, "traveler", traveler(1, 12, "outcome: refer-fault"),
                      traveler(16, 3, "outcome: refer-not-captured, leased: 1.."))
    lane = Lane(guest, "traveler", f"v4l2:serial=CAM-A{MODE}", people, *witness(guest, "traveler"))
    granted = lane.wait("permit.granted")
    guest.wait_for(lane.saw)
    camera.unplug()
    lost = lane.wait("source.lost")
    first = lane.wait("encounter.closed")
    camera.plug()
    returned = lane.wait("source.returned")
    status = lane.end(60)
    log = camera.stop()
    second = lane.wait("encounter.closed", 2)
    gone = next((event["ns"] for event in log if event["event"] == "detach"), 0)
    check("who has a permit when the camera is unplugged is referred at once", granted and lost and
          lost["cause"] == "unplugged" and first and first["outcome"] == "refer-fault" and
          first["ns"] - gone < 1e9, (lost, first, lane.trouble()))
    check("the next traveler is served", returned and second and
          second["outcome"] == "refer-not-captured" and second["frames"]["leased"] > 0 and
          [one for one in lane.saw() if one[2] > returned["ns"] and one[3] == "whole"],
          (returned, second, lane.trouble()))
    check("the lane ends as the scenario expects, losses and all", status == 0, lane.trouble())
    done = guest.run("audit", guest.postern, "audit", "verify", "--state",
                     f"/tmp/{guest.suite}-traveler")
    check("its audit log verifies", done.status == 0, done.err)


def run(guest):
    usb.load(guest)
    for step in (swap, renumbered, traveler_across):
        step(guest)
