#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""judge.py OUT: says for each thing that the guest tried whether it came out as it should."""
import json
import os
import sys

# An emulated machine under load may be late for a few frames of a run.
LATE_MAX = 8

failures = 0


def check(what, fact, seen=""):
    global failures
    failures += not fact
    print(("ok      " if fact else "NOT OK  ") + what + ("" if fact else f": {seen}"))


def text(out, name):
    try:
        with open(os.path.join(out, name), encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def captured(out, name):
    try:
        seen = json.loads(text(out, name + ".out"))
    except ValueError:
        seen = {}
    seen = {"frames": -1, "corrupt": -1, "lost": -1, "rising": None, "error": None, **seen}
    seen["rc"] = text(out, name + ".rc").strip()
    return seen


def good(seen, frames):
    """All captured, each whole, in order, and each number accounted for."""
    return (seen["rc"] == "0" and seen["frames"] == frames and seen["rising"] and
            seen["complete"] and seen["error"] == "" and
            seen["last"] + 1 == frames + seen["lost"] + seen["corrupt"])


def judge_list(out):
    try:
        cameras = json.loads(text(out, "devices-json.out"))["cameras"]
    except (ValueError, KeyError):
        cameras = []
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
    listing = text(out, "devices.out")
    check("the list for people names node, format and size",
          "/dev/video0" in listing and "YUYV" in listing and "1280x720" in listing, listing[:200])


def judge_capture(out):
    seen = captured(out, "stream")
    check("frames arrive complete and in order",
          good(seen, 40) and seen["corrupt"] == 0 and seen["lost"] < LATE_MAX, seen)
    check("the size asked for is the size given", (seen.get("width"), seen.get("height")) ==
          (640, 360), seen)
    for name, form in (("nv12", "nv12"), ("grey", "grey")):
        seen = captured(out, name)
        check(f"{form} is captured", good(seen, 5) and seen["format"] == form, seen)
    check("a camera is found by its port", good(captured(out, "port"), 3), captured(out, "port"))
    seen = captured(out, "only-one")
    check("with two cameras one must be named",
          seen["rc"] == "3" and "several cameras fit" in (seen["error"] or ""), seen)
    seen = captured(out, "metadata")
    check("a metadata node is told from a camera",
          seen["rc"] == "3" and "metadata node" in (seen["error"] or ""), seen)
    seen = captured(out, "no-size")
    check("a size that is not offered is refused with what there is",
          seen["rc"] == "3" and "not offered by" in (seen["error"] or "") and
          "1280x720" in (seen["error"] or ""), seen)
    seen = captured(out, "busy")
    check("a busy camera is called busy",
          seen["rc"] == "3" and "in use by another program" in (seen["error"] or ""), seen)


def judge_faults(out):
    seen = captured(out, "error-flag")
    check("a frame that the driver flags is counted as corrupt and not handed over",
          good(seen, 30) and seen["corrupt"] == 1, seen)
    seen = captured(out, "dropped")
    check("frames that the driver dropped are counted as lost",
          good(seen, 60) and seen["lost"] >= LATE_MAX, seen)
    seen = captured(out, "wrap")
    check("the driver's numbers may wrap",
          good(seen, 140) and seen["corrupt"] == 0 and seen["lost"] < 140, seen)
    seen = captured(out, "fatal")
    check("a fatal streaming error ends the stream at once",
          seen["rc"] == "3" and seen["status"] == "PST_E_DEVICE" and
          0 <= seen["failed_within_ms"] < 1000, seen)
    check("afterwards it can be opened again", good(captured(out, "again"), 10),
          captured(out, "again"))
    for name in ("streamon", "reqbufs"):
        seen = captured(out, name)
        check(f"a refused {name} is an error that names the camera",
              seen["rc"] == "3" and "/dev/video0" in (seen["error"] or ""), seen)
    seen = captured(out, "unplug")
    check("a camera that is unplugged is told as gone",
          seen["rc"] == "3" and "gone (unplugged?)" in (seen["error"] or "") and
          0 <= seen["failed_within_ms"] < 1000, seen)
    check("plugged in again it works", good(captured(out, "replug"), 10), captured(out, "replug"))


def closed(out, name):
    """The encounters of a lane as its events tell of them."""
    events = []
    for line in text(out, name + ".events").splitlines():
        try:
            events.append(json.loads(line))
        except ValueError:
            check(f"{name}.events: each line is JSON", False, line[:200])
    return [event for event in events if event["kind"] == "encounter.closed"]


def judge_lane(out, name, outcome, reason, what):
    encounters = closed(out, name)
    seen = [(event["outcome"], event["reason"], event["frames"]) for event in encounters]
    if len(encounters) != 2:
        check(f"{name}: two encounters", False, (seen, text(out, name + ".err")[-400:]))
        return
    first, second = encounters
    frames = first["frames"]
    check(f"{name}: of a citizen who declines no frame is read", first["outcome"] ==
          "refer-opted-out" and frames["leased"] == 0 and frames["withheld"] > 0, seen)
    check(what, (second["outcome"], second["reason"]) == (outcome, reason) and
          second["frames"]["leased"] > 0, seen)
    check(f"{name}: every frame is accounted for", all(
        event["frames"]["seen"] == sum(event["frames"][key] for key in
                                       ("leased", "withheld", "lost", "damaged"))
        for event in encounters), seen)
    failed = [line for line in text(out, name + ".events").splitlines()
              if "worker.failed" in line and '"cause":"hung"' not in line]
    check(f"{name}: no worker failed but by being late, as an emulated one may", not failed, failed)
    check(f"{name}: as the scenario expects", text(out, name + ".rc").strip() == "0",
          text(out, name + ".out")[-400:])


def judge_lanes(out):
    judge_lane(out, "no-face", "refer-not-captured", "no-face",
               "a test pattern is read under a permit, and nobody is found in it")
    judge_lane(out, "face", "refer-uncalibrated", None,
               "a drawn face is found through the camera; no calibration holds for it there")
    check("the audit log of the lane verifies", text(out, "audit.rc").strip() == "0",
          text(out, "audit.err"))


def main():
    out = sys.argv[1]
    judge_list(out)
    judge_capture(out)
    judge_faults(out)
    judge_lanes(out)
    print(f"vm: {failures} failed" if failures else "vm: all passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
