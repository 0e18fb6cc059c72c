# SPDX-License-Identifier: Apache-2.0
"""Formats, rates, the bus and controls of USB cameras."""
import usb

SIZE = "320x240"
FORMATS = {"MJPG": "mjpeg", "YUYV": "yuyv", "UYVY": "uyvy", "NV12": "nv12", "GREY": "grey",
           "Y16": "y16"}
# Payload and transactions of wMaxPacketSize: 38 bytes are added to each.
BUDGET = 6000


def capture(guest, name, uri, frames=5):
    done = guest.run(name, f"{guest.tools}/capture-check", uri, frames)
    return {"frames": -1, "status_of_tool": done.status, "error": done.err, **done.json()}


def good(seen, frames=5):
    return seen["status_of_tool"] == 0 and seen["frames"] == frames and seen["complete"]


def controls_of(guest, name, node):
    done = guest.run(name, guest.postern, "devices", "--json")
    for camera in done.json().get("cameras", []):
        if camera["node"] == node:
            return {control["name"]: control for control in camera["controls"]}
    return {}


def formats(guest, check):
    offer = [word for name in FORMATS for word in ("--format", "MJPEG" if name == "MJPG" else name)]
    camera = usb.Camera(guest, "formats", *offer, "--size", SIZE, "--fps", 30, "--fps", 15)
    for name, form in FORMATS.items():
        seen = capture(guest, name, f"v4l2:{camera.node}?format={name}&fps=15")
        check(f"{name} is taken as it comes, at the rate asked for",
              good(seen) and seen["format"] == form and abs(seen["fps"] - 15) < 0.1, seen)
    seen = capture(guest, "chosen", f"v4l2:{camera.node}")
    check("MJPG is chosen where all is left open, and the choice is told",
          good(seen) and seen["format"] == "mjpeg" and
          seen["choice"].startswith(f"MJPG {SIZE} at 30"), seen)
    seen = capture(guest, "rate", f"v4l2:{camera.node}?fps=25")
    check("a rate that is not offered is refused with the nearest",
          seen["status_of_tool"] == 3 and f"nearest is MJPG {SIZE} at 30" in seen["error"], seen)
    camera.stop()


def controls(guest, check):
    camera = usb.Camera(guest, "controls", "--size", SIZE)
    before = controls_of(guest, "before", camera.node)
    check("controls are listed with their ranges, and what an automatic holds",
          before.get("exposure_time_absolute", {}).get("held") and "brightness" in before, before)
    seen = capture(guest, "set", f"v4l2:{camera.node}?controls=exposure_time_absolute:200,"
                   "auto_exposure:manual_mode,brightness:9,power_line_frequency:60_hz")
    check("controls are set before the first frame, automatics first", good(seen), seen)
    check("the exposure is told in time", seen.get("exposure_ns") == 20000000, seen)
    after = controls_of(guest, "after", camera.node)
    check("the camera has them", after and after["brightness"]["value"] == 9 and
          after["exposure_time_absolute"]["value"] == 200 and
          after["power_line_frequency"]["value"] == 2, after)
    for name, setting, words in (
            ("held", "auto_exposure:3,exposure_time_absolute:100", "can't be set while an automatic"),
            ("unknown", "brightnes:1", "did you mean 'brightness'?"),
            ("range", "brightness:100000", "it takes")):
        seen = capture(guest, name, f"v4l2:{camera.node}?controls={setting}")
        check(f"a control that is {name} is refused in those words",
              seen["status_of_tool"] in (2, 3) and words in seen["error"], seen)
    camera.stop()


def bus(guest, check):
    """The virtual host controller reserves nothing, so that only the plan is seen here."""
    greedy = usb.Camera(guest, "greedy", "--payload", 3072, "--size", SIZE)
    raw = usb.Camera(guest, "raw", "--format", "YUYV", "--size", "640x480", "--size", SIZE,
                     "--fps", 30, "--fps", 15, port=1)
    reader = usb.Count(guest, "reader", f"v4l2:{greedy.node}")
    reader.await_event("frame")
    first = capture(guest, "beside", f"v4l2:{raw.node}")
    reader.stop()
    alone = capture(guest, "alone", f"v4l2:{raw.node}")
    check("alone a raw camera takes its largest mode", good(alone) and alone["width"] == 640, alone)
    check("beside one that has reserved half the bus it takes less, and says what it gave up",
          good(first) and "given up for bus" in first["choice"] and
          first["width"] * first["fps"] < alone["width"] * alone["fps"], first)
    greedy.stop()
    raw.stop()


def run(guest):
    usb.load(guest)
    formats(guest, guest.check)
    controls(guest, guest.check)
    bus(guest, guest.check)
