# SPDX-License-Identifier: Apache-2.0
"""Lanes on USB cameras, with a plugin that tells of each picture which frame it was."""
import usb
from faults import LATE_PART, OFTEN, SIZE
from lane import Lane, scenario, traveler, witness

FPS = 30
OFFER = ("--size", SIZE, "--fps", FPS, "--format", "MJPEG")
SOURCE = "v4l2:serial={0}?size=%s&fps=%d&format=MJPG" % (SIZE, FPS)
NOT_CAPTURED = "outcome: refer-not-captured"


def account(lane):
    closed = lane.wait("lane.closed")
    return closed["frames"] if closed else {}


def damaged(guest):
    """No damaged frame reaches a plugin, whatever the camera does."""
    check = guest.check
    usb.set_nodrop(1)
    script = ",".join(f"{kind}:every={often}" for kind, often in OFTEN.items())
    camera = usb.Camera(guest, "damaged", "--serial", "CAM-A", "--fault", script, *OFFER)
    lasts = 40 if guest.long else 10
    people = scenario(guest, "damaged", traveler(1, lasts, NOT_CAPTURED))
    lane = Lane(guest, "damaged", SOURCE.format("CAM-A"), people, *witness(guest, "damaged", timeout=lasts + 5))
    status = lane.end(lasts + 60)
    fault = {event["number"]: event["fault"] for event in camera.stop()
             if event["event"] == "frame"}
    saw = lane.saw()
    bad = [one for one in saw if one[1] != "A" or one[3] != "whole" or fault.get(one[0]) != "none"]
    check(f"of {len(fault)} frames, {sum(kind != 'none' for kind in fault.values())} damaged, "
          f"a plugin is given {len(saw)}, each of them whole", len(saw) > 20 and not bad,
          (bad[:5], lane.trouble()))
    closed = lane.wait("encounter.closed") or {"frames": {}}
    frames = closed["frames"]
    check("the lane goes on and its account adds up", status == 0 and frames and
          0 < frames["damaged"] <= frames["leased"] + frames["lost"] and
          frames["leased"] >= len(saw) and
          frames["seen"] == frames["leased"] + frames["withheld"] + frames["lost"],
          (status, frames, lane.trouble()))


def idle_stopped(guest):
    check = guest.check
    camera = usb.Camera(guest, "idle", "--serial", "CAM-A", *OFFER)
    people = scenario(guest, "idle", traveler(3, 3, NOT_CAPTURED), traveler(8, 2, NOT_CAPTURED))
    lane = Lane(guest, "idle", SOURCE.format("CAM-A"), people, "--set", "source.idle=stopped",
                *witness(guest, "idle"))
    status = lane.end(60)
    log = camera.stop()
    starts = [event["ns"] for event in log if event["event"] == "start"]
    stops = [event["ns"] for event in log if event["event"] == "stop"]
    granted = [event["ns"] for event in lane.all("permit.granted")]
    revoked = [event["ns"] for event in lane.all("permit.revoked")]
    check("source.idle: stopped streams under a permit only",
          len(granted) == len(revoked) == len(starts) == len(stops) == 2 and status == 0 and
          # An event is read a little later than it is written.
          all(start > grant - 300e6 and stop < revoke + 1e9 for start, grant, stop, revoke in
              zip(starts, granted, stops, revoked)),
          (status, starts, granted, stops, revoked, lane.trouble()))


def stuck(guest):
    """A plugin that sleeps holds up neither its own driver nor another camera."""
    check = guest.check
    slow = usb.Camera(guest, "slow", "--serial", "CAM-A", *OFFER)
    other = usb.Camera(guest, "other", "--serial", "CAM-B", "--mark", "B", *OFFER, port=1)
    lanes = []
    for serial, sleep in (("CAM-A", 1000), ("CAM-B", 0)):
        people = scenario(guest, serial, traveler(1, 8, NOT_CAPTURED))
        lanes.append(Lane(guest, serial, SOURCE.format(serial), people, *witness(guest, serial, sleep)))
    for lane in lanes:
        lane.end(60)
    slow.stop()
    other.stop()
    frames = [account(lane) for lane in lanes]
    saw = [lane.saw() for lane in lanes]
    check("a plugin that sleeps a second costs its camera no frame",
          frames[0].get("seen", 0) > 100 and frames[0]["lost"] <= frames[0]["seen"] // LATE_PART and saw[0],
          (frames[0], lanes[0].trouble()))
    check("and another camera none of its pictures",
          frames[1].get("seen", 0) > 100 and
          frames[1]["lost"] <= frames[1]["seen"] // LATE_PART and len(saw[1]) > 4 * len(saw[0]), (frames[1], len(saw[1]), lanes[1].trouble()))


def wedged(guest):
    """A camera that answers nothing any more has its port reset, and the next traveler is served."""
    check = guest.check
    camera = usb.Camera(guest, "wedged", "--serial", "CAM-A", "--fault", "wedge:at=90", *OFFER)
    people = scenario(guest, "wedged", traveler(1, 4, "outcome: refer-fault"),
                      traveler(8, 3, NOT_CAPTURED))
    lane = Lane(guest, "wedged", SOURCE.format("CAM-A"), people, *witness(guest, "wedged"))
    lost, returned = lane.wait("source.lost"), lane.wait("source.returned")
    status = lane.end(60)
    log = camera.stop()
    first, second = lane.wait("encounter.closed"), lane.wait("encounter.closed", 2)
    check("who stands there when it hangs is referred", lost and lost["cause"] in
          ("stalled", "wedged") and first and first["outcome"] == "refer-fault",
          (lost, first, lane.trouble()))
    check("its port is reset without a hand", returned and
          [event for event in log if event["event"] == "reset"],
          (returned, lane.trouble(), log[-3:]))
    check("the next traveler is served then", status == 0 and second and
          second["frames"]["leased"] > 0, (status, second, lane.trouble()))


def run(guest):
    usb.load(guest)
    wedged(guest)
    damaged(guest)
    idle_stopped(guest)
    stuck(guest)
