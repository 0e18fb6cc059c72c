# SPDX-License-Identifier: Apache-2.0
"""postern probe on a USB camera that is healthy, damaged, in the dark, and pulled out."""
import usb

OFFER = ("--size", "320x240", "--fps", 30)
READS = "reads the bytes of every frame"


def probe(guest, name, seconds, faults, *options, uri="v4l2:serial=PROBE"):
    """What a probe found, how it ended, what it said; and what the camera sent meanwhile."""
    more = ("--fault", faults) if faults else ()
    camera = usb.Camera(guest, name, "--serial", "PROBE", *OFFER, *more)
    done = guest.run(name + "-probe", guest.postern, "probe", uri, "--seconds",
                     seconds, "--json", *options)
    frames = [event for event in camera.stop() if event["event"] == "frame"]
    found = {"frames": {}, "problems": [], **done.json()}
    return found, done, frames


def kinds(found):
    return [problem["problem"] for problem in found["problems"]]


def text_of(found, kind):
    return "".join(p["text"] for p in found["problems"] if p["problem"] == kind)


def healthy(guest, check):
    found, done, _ = probe(guest, "healthy", 3, "", "--check")
    check("a camera that loses nothing is healthy",
          done.status == 0 and found["healthy"] and found["frames"]["torn"] == 0,
          done.out + done.err)
    check("its rate, interval, age, exposure and sizes are told",
          abs(found.get("fps", 0) - 30) < 1 and
          abs(found["interval_ms"]["median"] - 33.3) < 2 and
          0 < found["age_ms"]["median"] < 500 and found["exposure_ms"]["count"] >= 3 and
          found["bytes"]["median"] > 1000, done.out)
    check("that bytes are read is told", READS in done.err, done.err)


def damaged(guest, check):
    found, done, frames = probe(guest, "torn", 3, "half:every=10", "--check")
    injected = sum(1 for frame in frames if frame.get("fault") == "half")
    check("halves of JPEGs are found, all of them", done.status == 1 and
          kinds(found) == ["damaged"] and abs(found["frames"]["torn"] - injected) <= 1 < injected,
          f"{injected} injected: {done.out}")
    found, done, _ = probe(guest, "unread", 2, "half:every=10")
    check("without --check nobody reads them, and nobody knows",
          done.status == 0 and found["frames"]["torn"] is None and done.err == "",
          done.out + done.err)
    usb.set_nodrop(1)
    found, done, _ = probe(guest, "flagged", 2, "error:every=10")
    usb.set_nodrop(0)
    check("frames that the driver flags are damage too, read or not",
          done.status == 1 and kinds(found) == ["damaged"] and found["frames"]["flagged"] >= 4,
          done.out + done.err)
    found, done, _ = probe(guest, "gaps", 2, "error:every=10")
    check("frames that the driver drops are lost", done.status == 1 and
          kinds(found) == ["lost"] and found["frames"]["lost"] >= 4, done.out + done.err)


def dark(guest, check):
    found, done, _ = probe(guest, "long", 3, "", uri="v4l2:serial=PROBE?controls="
                           "auto_exposure:manual_mode,exposure_time_absolute:666")
    check("an exposure longer than a frame is told as the reason of half the rate",
          done.status == 1 and kinds(found) == ["slow", "dark"] and
          "low light halves the rate: exposure 67 ms > 33 ms" in text_of(found, "dark"),
          done.out + done.err)
    found, done, _ = probe(guest, "dark", 3, "dark-exposure")
    check("so is one that the camera chose and does not tell, as most likely",
          done.status == 1 and kinds(found) == ["slow", "dark"] and
          "most likely low light halves the rate" in text_of(found, "dark"), done.out + done.err)


def unplugged(guest, check):
    found, done, _ = probe(guest, "unplug", 20, "unplug:at=60")
    check("an unplugged camera ends the probe, with what came before",
          done.status == 3 and kinds(found)[:1] == ["failed"] and found["frames"]["good"] > 30,
          done.out + done.err)


def run(guest):
    usb.load(guest)
    healthy(guest, guest.check)
    damaged(guest, guest.check)
    dark(guest, guest.check)
    unplugged(guest, guest.check)
