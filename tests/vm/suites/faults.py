# SPDX-License-Identifier: Apache-2.0
"""Every fault of a USB camera, in every way the driver tells of it: no damaged frame is handed over,
and what was lost is counted by cause."""
from collections import Counter

import usb

SIZE, FPS = "160x120", 60
SECONDS, FRAMES_LONG = 6, 2600  # of each run; the four runs of a long one make 10 000
# A machine under load may be late for a few frames, which the driver then drops.
LATE_MAX = 6

# How often each fault comes, in frames: primes, so that every one meets every other.
OFTEN = {"error": 13, "packet": 17, "half": 19, "half-eoi": 23, "garbage": 29, "hole": 31, "short": 37,
         "zero": 41, "wrong-size": 43}
KINDS = {"MJPEG": ["error", "packet", "zero"], "YUYV": ["error", "packet", "half", "hole", "short", "zero"]}


def uri(form):
    fourcc = {"MJPEG": "MJPG"}.get(form, form)
    return f"v4l2:serial=CAM-A?size={SIZE}&fps={FPS}&format={fourcc}"


def cause(form, kind, nodrop):
    """Under which cause a frame must be counted."""
    if kind == "zero":
        return "lost"  # the driver hands over no empty frame, only its number is gone
    if form == "MJPEG" and kind not in ("error", "packet"):
        return "torn"
    return "flagged" if nodrop else "lost"


def reconcile(guest, row, log, seen, cause_of):
    """Holds what a reader saw against what the camera says it sent."""
    check, end = guest.check, seen.end
    made = sum(end.get(key, 0) for key in ("good", "lost", "flagged", "undersized", "torn"))
    sent = [event for event in log if event["event"] == "frame" and event["sequence"] < made]
    given = {frame["number"]: frame for frame in seen.frames}
    damaged = [event for event in sent if event["fault"] != "none"]
    late = [event["number"] for event in sent
            if event["fault"] == "none" and event["number"] not in given]
    bad = [frame for frame in seen.frames if not frame["whole"] or frame["mark"] != "A"]
    check(f"{row}: of {len(sent)} frames, {len(damaged)} damaged, {len(given)} are handed over, "
          "each of them whole", given and not bad, (seen.status, bad[:3], seen.text[:500]))
    check(f"{row}: handed over is what was sent less what was damaged",
          given and len(late) <= LATE_MAX and len(given) == len(sent) - len(damaged) - len(late),
          (len(given), len(sent), len(damaged), late[:20]))
    expected = Counter(cause_of(event["fault"]) for event in damaged)
    expected["lost"] += len(late)
    expected["good"] = len(given)
    counts = {key: end.get(key) for key in ("good", "lost", "flagged", "undersized", "torn")}
    check(f"{row}: the counts tell each by its cause", len(sent) == made and
          all(counts[key] == expected[key] for key in counts), (counts, dict(expected)))
    for kind in sorted({event["fault"] for event in damaged}):
        numbers = [event["number"] for event in damaged if event["fault"] == kind]
        check(f"{row}: of {len(numbers)} with the fault {kind} none is handed over, {cause_of(kind)}",
              not any(number in given for number in numbers), (numbers, list(given)))
    stamps = [(frame["sequence"], frame["captured_ns"]) for frame in seen.frames]
    check(f"{row}: numbers and times rise",
          all(a[0] < b[0] and a[1] < b[1] for a, b in zip(stamps, stamps[1:])), stamps[:50])


def one(guest, form, nodrop):
    usb.set_nodrop(nodrop)
    name = f"{form.lower()}-{nodrop}"
    script = ",".join(f"{kind}:every={OFTEN[kind]}" for kind in KINDS[form])
    camera = usb.Camera(guest, name, "--format", form, "--size", SIZE, "--fps", FPS, "--serial",
                        "CAM-A", "--fault", script)
    ends = ("--frames", FRAMES_LONG) if guest.long else ("--seconds", SECONDS)
    seen = usb.Count(guest, name + "-count", uri(form), *ends).result(600)
    reconcile(guest, f"{form}, nodrop={nodrop}", camera.stop(), seen,
              lambda kind: cause(form, kind, nodrop))


def bulk(guest):
    usb.set_nodrop(1)
    camera = usb.Camera(guest, "bulk", "--bulk", "--size", SIZE, "--fps", FPS, "--serial", "CAM-A",
                        "--fault", "error:every=13")
    for form in ("MJPEG", "YUYV"):
        seen = usb.Count(guest, f"bulk-{form}", uri(form), "--seconds", 2).result()
        log = camera.log()
        last = max(event["session"] for event in log if event["event"] == "start")
        reconcile(guest, f"bulk {form}", [event for event in log if event.get("session") == last],
                  seen, lambda kind: "flagged")
    camera.stop()


def run(guest):
    usb.load(guest)
    for nodrop in (0, 1):
        for form in ("MJPEG", "YUYV"):
            one(guest, form, nodrop)
    bulk(guest)
