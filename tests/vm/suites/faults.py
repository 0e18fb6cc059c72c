# SPDX-License-Identifier: Apache-2.0
"""Every fault of a USB camera, in every way the driver tells of it: no damaged frame is handed over,
and what was lost is counted by cause."""
from collections import Counter

import usb

SIZE, FPS = "160x120", 60
SECONDS, FRAMES_LONG = 6, 2600  # of each run; the four runs of a long one make 10 000
LATE_PART = 4  # of all frames, one in so many at the most may be too late for this machine

# How often each fault comes, in frames: primes, so that every one meets every other.
OFTEN = {"error": 13, "packet": 17, "half": 19, "half-eoi": 23, "garbage": 29, "hole": 31, "short": 37,
         "zero": 41, "wrong-size": 43}
KINDS = {"MJPEG": list(OFTEN), "YUYV": ["error", "packet", "half", "hole", "short", "zero"]}


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
    """Holds what a reader saw against what the camera says it sent.

    A machine under load may be late: then the driver has no buffer for a frame, and its number is
    lost, whatever was the matter with it. That too must be counted, frame by frame.
    """
    check, end = guest.check, seen.end
    counts = {key: end.get(key, 0) for key in ("good", "lost", "flagged", "undersized", "torn")}
    made = sum(counts.values())
    sent = [event for event in log if event["event"] == "frame" and event["sequence"] < made]
    given = {frame["number"]: frame for frame in seen.frames}
    damaged = [event for event in sent if event["fault"] != "none"]
    expected = Counter(cause_of(event["fault"]) for event in damaged)
    late = len(sent) - len(damaged) - len(given) + sum(
        expected[cause] - counts[cause] for cause in ("flagged", "undersized", "torn"))
    guest.note(f"{row}: {len(sent)} frames, {len(damaged)} damaged, {len(given)} handed over, "
               f"{late} too late for this machine")
    bad = [frame for frame in seen.frames if not frame["whole"] or frame["mark"] != "A"]
    check(f"{row}: each frame that is handed over is whole", len(given) > 20 and not bad,
          (seen.status, bad[:3], seen.text[:500], seen.err[:300]))
    check(f"{row}: handed over is what was sent less what was damaged",
          0 <= late <= len(sent) // LATE_PART and
          len(given) <= len(sent) - len(damaged), (late, counts, expected))
    check(f"{row}: each is counted by its cause",
          len(sent) == made and counts["good"] == len(given) and
          counts["lost"] == expected["lost"] + late and
          all(counts[cause] <= expected[cause] for cause in ("flagged", "undersized", "torn")) and
          torn_ones(seen, sent) <= {event["sequence"] for event in damaged
                                    if cause_of(event["fault"]) == "torn"},
          (counts, dict(expected), late))
    for kind in sorted({event["fault"] for event in damaged}):
        numbers = [event["number"] for event in damaged if event["fault"] == kind]
        check(f"{row}: of those with the fault {kind} none is handed over: {cause_of(kind)}",
              not any(number in given for number in numbers), (numbers, list(given)))
    stamps = [(frame["sequence"], frame["captured_ns"]) for frame in seen.frames]
    check(f"{row}: numbers and times rise", stamps and
          all(a[0] < b[0] and a[1] < b[1] for a, b in zip(stamps, stamps[1:])), stamps[:50])


def torn_ones(seen, sent):
    """The numbers of the driver that were refused when they were to be read."""
    first = sent[0]["sequence"] if sent else 0
    return {first + event["sequence"] for event in seen.all("torn")}


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
