# SPDX-License-Identifier: Apache-2.0
"""postern probe: recordings with known damage, drawn scenes, exit statuses, what is read and told."""
import html.parser
import json
import os
import signal
import subprocess
import sys
import time

import tap
from tap import POSTERN, postern, wait_for

OK, NO, USAGE, SOURCE, VAULT = 0, 1, 2, 3, 5
FRAMES = 45
READS = "reads the bytes of every frame"
SAVES = "everybody in view is in it"


def drawn(folder):
    clip = folder / "clip.avi"
    postern("synth", clip, "--people", 1, "--seconds", 1.5, "--fps", 30, "--size", "320x240",
            expect=OK)
    return clip


def jpegs(content):
    """Where each frame of an MJPEG AVI begins, and its size."""
    at = content.index(b"movi") + 4
    while content[at:at + 4] == b"00dc":
        size = int.from_bytes(content[at + 4:at + 8], "little")
        yield at + 8, size
        at += 8 + size + size % 2


def tear(clip, numbers):
    """The second half of those frames is zeros, as where a packet was lost."""
    content = bytearray(clip.read_bytes())
    frames = list(jpegs(content))
    assert len(frames) == FRAMES, len(frames)
    for number in numbers:
        begin, size = frames[number]
        content[begin + size // 2:begin + size] = bytes(size - size // 2)
    clip.write_bytes(content)


def probe(*arguments, expect):
    done = postern("probe", *arguments, "--json", expect=expect)
    return json.loads(done.stdout), done.stderr


def test_a_whole_recording_is_healthy(folder):
    clip = drawn(folder)
    found, notice = probe(clip, expect=OK)
    assert found["healthy"] and found["problems"] == [], found
    assert found["frames"]["good"] == FRAMES and found["frames"]["torn"] is None, found
    assert abs(found["fps"] - 30) < 0.01, found
    assert found["age_ms"] is None and found["exposure_ms"] is None, found
    assert notice == "", notice
    found, notice = probe(clip, "--check", expect=OK)
    assert found["frames"]["torn"] == 0, found
    assert READS in notice, notice


def test_damage_is_counted_where_it_was_put(folder):
    clip = drawn(folder)
    torn = [3, 4, 17, 44]
    tear(clip, torn)
    found, _ = probe(clip, expect=OK)
    assert found["frames"]["good"] == FRAMES, "no byte was read, so nothing is known"
    found, _ = probe(clip, "--check", expect=NO)
    assert found["frames"]["torn"] == len(torn), found
    assert found["frames"]["good"] == FRAMES - len(torn), found
    assert [p["problem"] for p in found["problems"]] == ["damaged"], found
    done = postern("probe", clip, "--check", expect=NO)
    assert "! 4 frames are damaged" in done.stdout, done.stdout


def test_a_drawn_scene_is_live(folder):
    found, _ = probe("synth:?people=1&size=320x240&fps=20", "--seconds", 1, expect=OK)
    assert found["frames"]["good"] >= 20 and abs(found["fps"] - 20) < 0.1, found
    assert found["age_ms"]["count"] == found["frames"]["good"], found
    assert found["first_ms"] > 0 and found["cpu"]["us_per_frame"] > 0, found
    assert found["interval_ms"]["median"] == 50, found
    text = postern("probe", "synth:?people=1&size=320x240", "--seconds", 1, expect=OK).stdout
    for word in ("mode ", "frames ", "interval ", "age ", "JPEG ", "CPU ", "missing ", "\nhealthy"):
        assert word in text, text


def test_seconds_are_the_recording_s_own(folder):
    clip = drawn(folder)
    found, _ = probe(clip, "--seconds", 1, expect=OK)
    assert found["frames"]["good"] == 31, found


def test_a_picture_only_when_asked_for(folder):
    clip = drawn(folder)
    tear(clip, [0, 1])
    picture = folder / "one.jpg"
    found, notice = probe(clip, "--picture", picture, expect=NO)
    assert SAVES in notice and str(picture) in notice, notice
    content = picture.read_bytes()
    frames = [clip.read_bytes()[b:b + s] for b, s in jpegs(clip.read_bytes())]
    assert content == frames[2], "the first whole one, as it came"
    assert picture.stat().st_mode & 0o777 == 0o600
    assert found["frames"]["torn"] == 2, "those that were looked into"
    tear(clip, range(FRAMES))
    picture.unlink()
    done = postern("probe", clip, "--picture", picture, expect=SOURCE)
    assert "no whole frame came" in done.stderr and not picture.exists(), done.stderr


class Page(html.parser.HTMLParser):
    """Counts elements; every one that begins ends."""
    def __init__(self, text):
        super().__init__()
        self.open, self.seen = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        if tag not in ("meta", "line", "polyline"):
            self.open.append(tag)
        assert not any(name in ("src", "href") for name, _ in attrs), attrs

    def handle_endtag(self, tag):
        if tag not in ("line", "polyline"):
            assert self.open.pop() == tag, tag


def test_the_report_is_one_page(folder):
    clip = drawn(folder)
    report = folder / "report.html"
    postern("probe", clip, "--report", report, expect=OK)
    text = report.read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == [], page.open
    assert page.seen.count("svg") == 3, page.seen
    assert "url(" not in text and "@import" not in text


def test_outputs_that_cannot_be_are_told_at_once(folder):
    clip = drawn(folder)
    for option, path, why in (("--report", "/nowhere/report.html", "can't be written"),
                              ("--report", folder, "a folder"),
                              ("--picture", "/nowhere/one.jpg", "can't be written")):
        done = postern("probe", clip, option, path, expect=USAGE)
        assert f"{path}: {why}" in done.stderr and done.stdout == "", (done.stderr, done.stdout)


def catches(pid, number):
    """Whether a process handles a signal, as procfs tells it."""
    for line in open(f"/proc/{pid}/status", encoding="ascii"):
        if line.startswith("SigCgt:"):
            return int(line.split()[1], 16) >> (number - 1) & 1
    return False


def test_ctrl_c_ends_it_with_the_report(folder):
    report = folder / "report.html"
    out = folder / "out.json"
    with out.open("w", encoding="utf-8") as to:
        running = subprocess.Popen(
            [POSTERN, "probe", "synth:?people=1&size=320x240", "--json", "--report", str(report)],
            stdout=to, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    wait_for(lambda: catches(running.pid, signal.SIGINT), 30)
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    wait_for(lambda: running.poll() is not None, 30)
    found = json.loads(out.read_text(encoding="utf-8"))
    assert running.returncode == (OK if found["healthy"] else NO), (running.returncode, found)
    assert found["frames"]["good"] > 0 and found["seconds"] < 30, found
    assert report.exists()


def test_sources_that_are_none(folder):
    for uri, status, why in (("v4l2:/dev/null", SOURCE, "no camera"),
                             ("/nowhere/clip.avi", SOURCE, "No such file"),
                             ("v4l2:/dev/null?size=big", USAGE, "size=big"),
                             ("rtsp://x", USAGE, "no 'rtsp:' sources")):
        done = postern("probe", uri, expect=status)
        assert why in done.stderr and done.stdout == "", (uri, done.stderr, done.stdout)


def test_a_sealed_recording_wants_its_key(folder):
    clip = folder / "sealed"
    clip.write_bytes(os.urandom(64))
    done = postern("probe", clip, expect=SOURCE)
    assert str(clip) in done.stderr, done.stderr
    policy = tap.SOURCE / "policies/us-border.yaml"
    scenario = folder / "s.yaml"
    scenario.write_text("scenario: 1\nname: one\nencounters:\n  - {at: 0s, for: 1s, "
                        "category: us-citizen, known-by: document, notice: current, "
                        "choice: {consent: 0s}}\n", encoding="utf-8")
    key = folder / "key"
    key.write_bytes(os.urandom(32))
    key.chmod(0o600)
    sealed = folder / "kept"
    postern("record", drawn(folder), sealed, "--policy", policy, "--scenario", scenario, "--key",
            key, "--state", folder / "state", expect=OK)
    done = postern("probe", sealed, expect=VAULT)
    assert "sealed" in done.stderr, done.stderr
    found, _ = probe(sealed, "--key", key, expect=OK)
    assert found["frames"]["good"] > 0, found


def test_help_and_wrong_use(folder):
    text = postern("probe", "--help", expect=OK).stdout
    assert "usage: postern probe URI" in text and "Exit status" in text
    for arguments, why in (([], "a source is needed"),
                           (["a", "b"], "one source"),
                           (["a", "--seconds", "0"], "--seconds 0"),
                           (["a", "--seconds", "x"], "--seconds x"),
                           (["a", "--pace", "fast"], "--pace fast"),
                           (["a", "--picture", "x.png"], "pictures are .jpg"),
                           (["a", "--chekc"], "chekc")):
        done = postern("probe", *arguments, expect=USAGE)
        assert why in done.stderr and done.stdout == "", (arguments, done.stderr)


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
