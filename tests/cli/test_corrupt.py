# SPDX-License-Identifier: Apache-2.0
"""Damaged recordings through a whole lane: no crash, an honest ledger, one line where it ends."""

import random
import sys

import tap
from lanes import Lane, check_ledger, scenario
from tap import Skip, need, postern

OK, NO, DEVICE = 0, 1, 3


def cut(content, noise):
    return content[:noise.randrange(1, len(content))]


def flipped(content, noise):
    """Some bits the other way round; in the first kilobyte more often than elsewhere."""
    changed = bytearray(content)
    for _ in range(noise.choice((1, 4, 40))):
        end = noise.choice((1024, len(changed), len(changed)))
        changed[noise.randrange(min(end, len(changed)))] ^= 1 << noise.randrange(8)
    return bytes(changed)


def dug(content, noise):
    """A piece missing."""
    begin = noise.randrange(len(content))
    return content[:begin] + content[begin + noise.randrange(1, 5000):]


def overwritten(content, noise):
    """A piece of noise."""
    begin = noise.randrange(len(content))
    size = noise.randrange(1, 3000)
    return content[:begin] + noise.randbytes(size) + content[begin + size:]


def play(folder, source, people):
    """Runs a lane on it. Returns its exit status and events, after what has to hold was checked."""
    with Lane(folder, "--source", source, "--scenario", people) as lane:
        status = lane.end(60)
    assert status in (OK, NO, DEVICE), lane.describe()
    errors = [line for line in lane.errors.splitlines() if "falling back" not in line]
    assert len(errors) == (1 if status == DEVICE else 0), lane.describe()
    assert all(line.startswith("postern run: ") for line in errors), lane.describe()
    assert not lane.events("worker.failed"), lane.describe()
    check_ledger(lane)
    if lane.events("lane.opened"):
        assert lane.events()[-1]["kind"] == "lane.closed", lane.describe()
    return status, lane


def try_all(folder, content, suffix, counts):
    """Variants of one file; says what became of them."""
    people = scenario(folder, "at: 0s, for: 1.5s", "at: 1.6s, for: 1s")
    noise = random.Random(suffix)
    ends = {OK: 0, NO: 0, DEVICE: 0}
    damaged = 0
    for change, count in counts.items():
        for number in range(count):
            source = folder / f"{change.__name__}-{number}{suffix}"
            source.write_bytes(change(content, noise))
            status, lane = play(folder, source, people)
            ends[status] += 1
            damaged += sum(e["frames"]["damaged"] for e in lane.events("lane.closed"))
            source.unlink()
    postern("audit", "verify", "--state", folder / "state", expect=OK)
    print(f"# {suffix}: {sum(ends.values())} variants: {ends[OK]} to their end, {ends[NO]} ended "
          f"before a traveler came, {ends[DEVICE]} refused; {damaged} damaged frames", flush=True)
    assert damaged > 0 or ends[DEVICE] > 0


def drawn(folder):
    clip = folder / "clip.avi"
    postern("synth", clip, "--people", 2, "--seconds", 3, "--fps", 8, "--size", "320x240",
            expect=OK)
    return clip.read_bytes()


def test_drawn_recordings(folder):
    try_all(folder, drawn(folder), ".avi", {cut: 16, flipped: 24, dug: 10, overwritten: 10})


def test_pictures_in_a_folder(folder):
    """Each picture damaged in its own way: those that can be read are."""
    place = folder / "pictures"
    place.mkdir()
    picture = folder / "one.jpg"
    postern("synth", picture, "--person", 0, "--size", "320x240", expect=OK)
    content = picture.read_bytes()
    noise = random.Random(5)
    changes = [cut, flipped, dug, overwritten, lambda whole, _: whole]
    for number in range(40):
        (place / f"{number:03}.jpg").write_bytes(changes[number % 5](content, noise))
    people = scenario(folder, "at: 0s, for: 2s", "at: 2.1s, for: 1.8s")
    status, lane = play(folder, f"file:{place}?fps=10", people)
    assert status in (OK, DEVICE), lane.describe()
    assert status == DEVICE or lane.events("encounter.captured"), lane.describe()


def test_recordings_of_a_camera(folder):
    clip = need("POSTERN_MEDIA") / "one-frontal.mp4"
    if not clip.exists():
        raise Skip(f"{clip} is missing")
    try_all(folder, clip.read_bytes(), ".mp4", {cut: 4, flipped: 6, overwritten: 4})


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
