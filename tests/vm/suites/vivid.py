# SPDX-License-Identifier: Apache-2.0
"""Raw formats, the faults that vivid injects, and lanes on its pictures."""
import glob
import os
import re
import time

# An emulated machine under load may be late for a few frames of a run.
LATE_MAX = 8
WEBCAM = "v4l2:/dev/video0?size=640x360&fps=15"


class Vivid:
    def __init__(self, guest):
        self.guest = guest
        self.check = guest.check
        self.tool = f"{guest.tools}/capture-check"

    def capture(self, name, uri, frames, *more):
        done = self.guest.run(name, self.tool, uri, frames, *more)
        seen = {"frames": -1, "corrupt": -1, "lost": -1, "rising": None, "error": None,
                **done.json()}
        seen["status_of_tool"] = done.status
        return seen

    def fault(self, name, control, frames=60, at=10):
        return self.capture(name, WEBCAM, frames, "--at", at, control,
                            30 if control.startswith("percentage") else 1)

    def set(self, node, control, value):
        self.guest.run("set", self.tool, "--set", node, control, value)


def good(seen, frames):
    """All captured, each whole, in order, and each number accounted for."""
    return (seen["status_of_tool"] == 0 and seen["frames"] == frames and seen["rising"] and
            seen["complete"] and seen["error"] == "" and
            seen["last"] + 1 == frames + seen["lost"] + seen["corrupt"])


def refused(seen, *words):
    return seen["status_of_tool"] == 3 and all(word in (seen["error"] or "") for word in words)


def listing(vivid):
    check, guest = vivid.check, vivid.guest
    cameras = guest.run("devices-json", guest.postern, "devices", "--json").json().get("cameras", [])
    nodes = [camera["node"] for camera in cameras]
    check("both capture nodes are listed, metadata and output nodes are not",
          nodes == ["/dev/video0", "/dev/video10"], nodes)
    webcam = cameras[0] if cameras else {"modes": []}
    check("name, driver, port and state are told",
          [webcam.get(key) for key in ("name", "driver", "port", "state", "uri")] ==
          ["vivid", "vivid", "platform:vivid-000", "free", "v4l2:/dev/video0"], webcam)
    yuyv = [mode for mode in webcam["modes"] if mode["fourcc"] == "YUYV"]
    check("modes tell size, rates and whether postern takes them",
          any((mode["width"], mode["height"]) == (1280, 720) and mode["taken"] and mode["fps"]
              for mode in yuyv) and any(not mode["taken"] for mode in webcam["modes"]), yuyv)
    text = guest.run("devices", guest.postern, "devices").out
    check("the list for people names node, format and size",
          all(word in text for word in ("/dev/video0", "YUYV", "3840x2160")), text)


def capturing(vivid):
    check = vivid.check
    seen = vivid.capture("stream", WEBCAM, 40)
    check("frames arrive complete and in order",
          good(seen, 40) and seen["corrupt"] == 0 and seen["lost"] < LATE_MAX, seen)
    check("the size asked for is the size given",
          (seen.get("width"), seen.get("height")) == (640, 360), seen)
    for name, form in (("NV12", "nv12"), ("YU12", "i420"), ("UYVY", "uyvy"), ("BGR3", "bgr24"),
                       ("GREY", "grey"), ("Y16", "y16"), ("Y10", "y16")):
        seen = vivid.capture(name, f"{WEBCAM}&format={name}", 5)
        check(f"{name} is captured", good(seen, 5) and seen["format"] == form, seen)
    seen = vivid.capture("converted", f"{WEBCAM}&format=BA81", 5)
    check("a mosaic is converted to I420, and said so", good(seen, 5) and
          seen["format"] == "i420" and "converted by libv4l" in seen["driver"], seen)
    seen = vivid.capture("port", "v4l2:port=platform:vivid-000", 3)
    check("a camera is found by its port", good(seen, 3), seen)
    seen = vivid.capture("only-one", "v4l2:", 1)
    check("with two cameras one must be named", refused(seen, "several cameras fit"), seen)
    seen = vivid.capture("metadata", "v4l2:/dev/video1", 1)
    check("a metadata node is told from a camera", refused(seen, "metadata node"), seen)
    seen = vivid.capture("no-size", "v4l2:/dev/video0?size=641x359", 1)
    check("a size that is not offered is refused with what there is",
          refused(seen, "not offered by", "1280x720"), seen)
    seen = vivid.capture("busy", WEBCAM, 1, "--while-streaming")
    check("a busy camera is called busy", refused(seen, "in use by another program"), seen)


def times(vivid):
    """Frames are as old as the begin of their exposure, whatever the driver stamps."""
    for source, what in enumerate(("end of the frame", "begin of exposure")):
        vivid.set("/dev/video0", "timestamp_source", source)
        seen = vivid.capture(f"stamp-{source}", WEBCAM, 30)
        vivid.check(f"times of the {what} are used, and never in the future",
                    good(seen, 30) and seen["restamped"] == 0 and seen["age_ms"][0] >= 0, seen)
        vivid.check(f"raw frames settle for a bounded time ({what})",
                    0 < seen["settling"] <= 15, seen)
    vivid.set("/dev/video0", "timestamp_source", 0)


def controls(vivid):
    check, guest = vivid.check, vivid.guest
    seen = vivid.capture("controls", f"{WEBCAM}&controls=gain:77,gain_automatic:off,hue:-3", 3)
    check("controls are set by name, the automatic one first", good(seen, 3), seen)
    cameras = guest.run("controls-json", guest.postern, "devices", "--json").json()["cameras"]
    value = {control["name"]: control["value"] for control in cameras[0]["controls"]}
    check("the driver has them",
          [value.get(name) for name in ("gain", "gain_automatic", "hue")] == [77, 0, -3], value)
    seen = vivid.capture("held", f"{WEBCAM}&controls=gain_automatic:on,gain:5", 3)
    check("one that an automatic holds is refused", refused(seen, "gain can't be set"), seen)


def faults(vivid):
    check = vivid.check
    seen = vivid.fault("error-flag", "inject_v4l2_buf_flag_error", frames=30)
    check("a frame that the driver flags is counted as corrupt and not handed over",
          good(seen, 30) and seen["corrupt"] == 1, seen)
    seen = vivid.fault("dropped", "percentage_of_dropped_buffers", at=5)
    check("frames that the driver dropped are counted as lost",
          good(seen, 60) and seen["lost"] >= LATE_MAX, seen)
    vivid.set("/dev/video0", "percentage_of_dropped_buffers", 0)
    vivid.set("/dev/video0", "wrap_sequence_number", 1)
    seen = vivid.capture("wrap", "v4l2:/dev/video0?size=320x180&fps=60", 140)
    check("the driver's numbers may wrap",
          good(seen, 140) and seen["corrupt"] == 0 and seen["lost"] < 140, seen)
    vivid.set("/dev/video0", "wrap_sequence_number", 0)
    seen = vivid.fault("fatal", "inject_fatal_streaming_error")
    check("a fatal streaming error ends the stream at once",
          refused(seen) and seen["status"] == "PST_E_DEVICE" and
          0 <= seen["failed_within_ms"] < 1000, seen)
    seen = vivid.capture("again", WEBCAM, 10)
    check("afterwards it can be opened again", good(seen, 10), seen)
    for name in ("streamon", "reqbufs"):
        seen = vivid.fault(name, f"inject_vidioc_{name}_error", frames=10, at=0)
        check(f"a refused {name} is an error that names the camera",
              refused(seen, "/dev/video0"), seen)
    seen = vivid.fault("unplug", "disconnect")
    check("a camera that is unplugged is told as gone",
          refused(seen, "gone (unplugged?)") and 0 <= seen["failed_within_ms"] < 1000, seen)
    seen = vivid.capture("replug", WEBCAM, 10)
    check("plugged in again it works", good(seen, 10), seen)


def unbound(vivid):
    """The driver itself is taken away, as by an update, and comes back."""
    guest, driver = vivid.guest, "/sys/bus/platform/drivers/vivid/"
    process = guest.start("unbind", vivid.tool, WEBCAM, 400)
    guest.wait_for(lambda: "/dev/video0" in str([os.readlink(path) for path in glob.glob(
        f"/proc/{process.pid}/fd/*") if os.path.islink(path)]))
    time.sleep(1)
    with open(driver + "unbind", "w", encoding="utf-8") as file:
        file.write("vivid.0")
    done = guest.end("unbind", process, timeout=20)
    vivid.check("a driver that is taken away is told as a camera that is gone", done.status == 3 and
                "gone (unplugged?)" in done.json().get("error", ""), (done.status, done.out))
    with open(driver + "bind", "w", encoding="utf-8") as file:
        file.write("vivid.0")
    guest.wait_for(lambda: os.path.exists("/dev/video10"))
    seen = vivid.capture("bound", WEBCAM, 10)
    vivid.check("bound again it works", good(seen, 10), seen)


def warm_libraries(guest):
    """The first look at a library goes to the host file by file; a worker has a deadline then."""
    plugins = glob.glob(f"{guest.build}/plugins/*/*.so")
    listed = guest.run("ldd", "ldd", *plugins).out
    for path in sorted(set(re.findall(r"=> (/\S+)", listed))):
        with open(path, "rb") as library:
            while library.read(1 << 20):
                pass


def lane(vivid, name, source, outcome, reason, what):
    guest, check = vivid.guest, vivid.check
    done = guest.run(name, guest.postern, "run", "--source", source,
                     "--policy", f"{guest.source}/policies/us-border.yaml",
                     "--scenario", f"{guest.source}/tests/vm/{name}.yaml",
                     "--state", f"/tmp/{name}", "--events", "-", "--set", "capture.min-face=100")
    events = done.lines()
    closed = [event for event in events if event["kind"] == "encounter.closed"]
    seen = [(event["outcome"], event["reason"], event["frames"]) for event in closed]
    if not check(f"{name}: two encounters", len(closed) == 2, (seen, done.err[-400:])):
        return
    first, second = closed
    frames = first["frames"]
    check(f"{name}: of a citizen who declines no frame is read", first["outcome"] ==
          "refer-opted-out" and frames["leased"] == 0 and frames["withheld"] > 0, seen)
    check(what, (second["outcome"], second["reason"]) == (outcome, reason) and
          second["frames"]["leased"] > 0, seen)
    check(f"{name}: every frame is accounted for", all(
        event["frames"]["seen"] == sum(event["frames"][key] for key in
                                       ("leased", "withheld", "lost"))
        for event in closed), seen)
    failed = [event for event in events
              if event["kind"] == "worker.failed" and event.get("cause") != "hung"]
    check(f"{name}: no worker failed but by being late, as an emulated one may", not failed, failed)
    check(f"{name}: as the scenario expects", done.status == 0, done.err[-400:])


def lanes(vivid):
    guest = vivid.guest
    warm_libraries(guest)
    lane(vivid, "no-face", "v4l2:/dev/video0?size=320x180&fps=15&format=YUYV",
         "refer-not-captured", "no-face",
         "a test pattern is read under a permit, and nobody is found in it")
    vivid.set("/dev/video10", "osd_text_mode", 2)
    vivid.set("/dev/video10", "loop_video", 1)
    feed = guest.start("feed", f"{guest.tools}/feed", "/out/face.avi", "/dev/video11",
                       "/dev/video10")
    with open(guest.kept("feed.out"), encoding="utf-8") as said:
        guest.wait_for(lambda: "feeding" in said.read())
    lane(vivid, "face", "v4l2:/dev/video10?size=640x480&format=YUYV", "refer-uncalibrated", None,
         "a drawn face is found through the camera; no calibration holds for it there")
    done = guest.run("audit", guest.postern, "audit", "verify", "--state", "/tmp/face")
    vivid.check("the audit log of the lane verifies", done.status == 0, done.err)
    feed.kill()
    feed.wait()


def run(guest):
    # A webcam with a metadata node as video0 and video1, an HDMI grabber as video10, and the HDMI
    # output that is plugged into it as video11.
    guest.load("vivid", vivid="n_devs=2 node_types=0x20001,0x101 num_inputs=1,1 input_types=0x0,0x3 "
               "num_outputs=0,1 output_types=0x0,0x1 vid_cap_nr=0,10 vid_out_nr=-1,11 "
               "meta_cap_nr=1,-1")
    vivid = Vivid(guest)
    listing(vivid)
    capturing(vivid)
    times(vivid)
    controls(vivid)
    faults(vivid)
    unbound(vivid)
    lanes(vivid)
