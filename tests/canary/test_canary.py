# SPDX-License-Identifier: Apache-2.0
"""No frame of a person whom the gate refused is left anywhere: marked frames, looked for.

Looked through are the whole memory of every process of the lane, what waits in their pipes and
sockets, and every file they wrote; left out is the camera: its process, and the memory that it
shares with the lane, as a driver does. CANARY_FRAMES says how many frames there are.
"""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import canary
from canary import (Camera, Crowd, DATE, FPS, KINDS, Kind, Lane, PEOPLE, Planted, POLICY, STAY,
                    TURN)
import tap
from tap import POSTERN, postern, wait_for

FRAMES = int(os.environ.get("CANARY_FRAMES", "10000"))
REFUSED, CONSENTS, _, WITHDRAWS, _, VISITOR = KINDS[:6]


def options(folder, *more, detector="cascade", extractor="lbph", sandbox=tap.SANDBOX):
    return ["--policy", POLICY, "--set", f"policy.date={DATE}", "--state", folder / "state",
            "--sandbox", sandbox, "--detector", detector, "--extractor", extractor, *more]


def enrolled(folder):
    """A vault with references of all the people that the camera draws. Returns the options."""
    vault = ["--key", folder / "key", "--gallery", "people"]
    postern("vault", "init", "--state", folder / "state", "--key", folder / "key", expect=0)
    frames = (PEOPLE + 1) * TURN * FPS
    crowd = Crowd(frames, [Kind("category: nonimmigrant, notice: current", (0, STAY), "enrolled")])
    camera = Camera(frames, take=0)
    with Lane(folder, camera, "run", "--source", camera.uri(), *options(folder, *vault), "--set",
              "policy.purpose=enrol", "--scenario", crowd.scenario(folder / "enrol.yaml")) as lane:
        assert lane.end(300) == 0, lane.output()
    camera.close()
    return vault


def search(crowd, lane, *folders):
    """All marks, after those of frames that had to be withheld were not among them."""
    hits, size = canary.scan(crowd.frames, lane.pids(), folders)
    wrong = [hit for hit in hits if not crowd.may_be_leased(hit.frame)]
    assert not wrong, f"withheld frames are found: {wrong[:20]}"
    assert size > 10_000_000, f"only {size} bytes were looked through"
    return hits


def check_lane(lane, hits):
    """A lane itself has no frame but in the slot of the one that its worker searches."""
    own = [hit for hit in hits if hit.place == f"pid:{lane.process.pid}"]
    assert {hit.region for hit in own} <= {"/memfd:postern-slots"}, own
    assert len({hit.frame for hit in own}) <= 1, own


def check_account(crowd, state):
    """What the log says of each frame is what the clock and the person's choice allow."""
    status, told = canary.ledger(state)
    assert status == 0, told["text"]
    fates = canary.accounted(state)
    assert sorted(fates) == list(range(min(fates), max(fates) + 1)), "numbers are missing"
    wrong = [frame for frame, fate in fates.items()
             if fate == "leased" and not crowd.may_be_leased(frame)]
    assert not wrong, f"leased, but to be withheld: {wrong[:20]}"
    leased = [frame for frame, fate in fates.items() if fate == "leased"]
    assert len(leased) > crowd.frames / 100, f"only {len(leased)} frames were leased at all"
    print(f"# {told['text']}", flush=True)
    return leased


def test_withheld_frames_are_found_nowhere_and_leased_ones_only_under_their_permit(folder):
    """Vault, gallery, events, receipts; searched amid encounters of each kind and at the end."""
    vault = enrolled(folder)
    crowd = Crowd(FRAMES)
    refused, first, withdrawn, visitor = (crowd.begin(kind) for kind in (
        REFUSED, CONSENTS, WITHDRAWS, VISITOR))
    after = withdrawn + int(1.5 * FPS)
    pauses = {refused + 50: False, first + int(0.4 * FPS) + 4: True, after: False,
              visitor + 10: True, FRAMES - 1: False}
    camera = Camera(FRAMES, sorted(pauses))
    with Lane(folder, camera, "run", "--source", camera.uri(), *options(folder, *vault), "--events",
              folder / "events.jsonl", "--scenario",
              crowd.scenario(folder / "people.yaml")) as lane:
        for pause in sorted(pauses):
            assert camera.wait_for_pause() == pause
            canary.wait_for_peace(lane)
            hits = search(crowd, lane, folder)
            if pauses[pause]:
                assert hits, "nothing is found of a frame that a worker holds"
                assert {hit.frame for hit in hits} <= set(range(pause - 20, pause)), hits
                check_lane(lane, hits)
            else:
                assert not hits, f"frames outlast their permit: {hits[:20]}"
            camera.go_on()
        assert lane.end(120) == 0, lane.output()[-3000:]
    camera.close()
    hits, _ = canary.scan(FRAMES, (), [folder])
    assert not hits, hits[:20]
    check_account(crowd, folder / "state")


def hoard(folder, frames, sandbox):
    """What a plugin that keeps all it is given holds at the end, and what was leased."""
    folder.mkdir()
    crowd = Crowd(frames)
    camera = Camera(frames, [frames - 1])
    with Lane(folder, camera, "run", "--source", camera.uri(),
              *options(folder, "--set", "capture.good-quality=100", detector="hoarder",
                       sandbox=sandbox),
              "--scenario", crowd.scenario(folder / "people.yaml")) as lane:
        assert camera.wait_for_pause() == frames - 1
        canary.wait_for_peace(lane)
        hits = search(crowd, lane, folder)
        check_lane(lane, hits)
        camera.go_on()
        assert lane.end(120) == 0, lane.output()[-3000:]
    camera.close()
    return {hit.frame for hit in hits}, set(check_account(crowd, folder / "state"))


def test_a_hostile_plugin_that_keeps_all_it_is_given_has_leased_frames_only(folder):
    """All that the account says but the last of a permit, which may have been wiped before it was
    searched; and where the plugin is locked down, none outlasts its permit."""
    kept, leased = hoard(folder / "off", FRAMES, "off")
    ahead = leased - kept
    assert kept <= leased, f"not in the account: {sorted(kept - leased)[:20]}"
    assert not {frame + 1 for frame in ahead} & leased, f"never searched: {sorted(ahead)[:20]}"
    kept, leased = hoard(folder / "strict", min(FRAMES, 2000), "strict")
    assert leased and not kept, f"a plugin has kept {sorted(kept)[:20]}"


def record(folder, crowd, out, *more):
    """Records a crowd. Returns the marks found at its end, of lane and files."""
    camera = Camera(crowd.frames, [crowd.frames - 1])
    with Lane(folder, camera, "record", camera.uri(), out, "--policy", POLICY, "--date", DATE,
              "--state", folder / "state", "--scenario", crowd.scenario(folder / "people.yaml"),
              *more) as lane:
        assert camera.wait_for_pause() == crowd.frames - 1
        canary.wait_for_peace(lane)
        hits = search(crowd, lane, folder)
        camera.go_on()
        assert lane.end(120) == 0, lane.output()[-3000:]
    camera.close()
    return hits


def test_a_recording_holds_permitted_frames_only(folder):
    """And a sealed one shows none: not in its file, not in a temporary one."""
    crowd = Crowd(min(FRAMES, 2000))
    key = folder / "key"
    key.write_bytes(os.urandom(32))
    key.chmod(0o600)
    hits = record(folder, crowd, folder / "sealed.pst", "--key", key)
    files = [hit for hit in hits if hit.place.startswith("file:")]
    assert not files, f"frames rest in plain: {files[:20]}"
    hits, _ = canary.scan(crowd.frames, (), [folder])
    assert not hits, f"frames rest in plain: {hits[:20]}"

    record(folder, crowd, folder / "plain.mkv", "--plain")
    hits, _ = canary.scan(crowd.frames, (), [folder])
    assert {hit.place for hit in hits} == {f"file:{folder / 'plain.mkv'}"}, hits[:20]
    wrong = [hit for hit in hits if not crowd.may_be_leased(hit.frame)]
    assert not wrong, f"recorded, but withheld: {wrong[:20]}"
    gone = crowd.begin(WITHDRAWS)
    kept = [hit for hit in hits if gone <= hit.frame < gone + STAY * FPS]
    assert not kept, f"recorded, but withdrawn: {kept[:20]}"
    assert len(hits) > 50, "hardly anything was recorded"


def test_whatever_is_planted_is_found(folder):
    """The search itself: lane and workers, bytes and pixels, files, pipes, sockets."""
    crowd = Crowd(400)
    camera = Camera(crowd.frames, [300])
    with Lane(folder, camera, "run", "--source", camera.uri(), *options(folder, detector="hoarder"),
              "--scenario", crowd.scenario(folder / "people.yaml")) as lane:
        assert camera.wait_for_pause() == 300
        canary.wait_for_peace(lane)
        search(crowd, lane, folder)
        assert len(lane.pids()) >= 2, lane.pids()
        for pid, name in lane.pids().items():
            for form, data in (("bytes", canary.marks(20)), ("bytes", canary.marks(20)[4:12]),
                               ("pixels", canary.picture(20))):
                with Planted(pid, data):
                    hits, _ = canary.scan(crowd.frames, [pid], [])
                found = [hit for hit in hits if hit.frame == 20]
                assert [hit.form for hit in found] == [form], f"{name}: {form}: {hits}"
            hits, _ = canary.scan(crowd.frames, [pid], [])
            assert not [hit for hit in hits if hit.frame == 20], "the plant was not taken away"
        (folder / "state/left").write_bytes(b"x" * 4_194_300 + canary.marks(21) + b"y")
        hits, _ = canary.scan(crowd.frames, [], [folder])
        assert [hit.frame for hit in hits] == [21], hits
    camera.close()
    check_pipes_and_sockets(crowd)


def check_pipes_and_sockets(crowd):
    import socket
    out, into = os.pipe()
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    os.write(into, b"log " + canary.marks(22))
    right.send(b"first")
    right.send(b"second " + canary.marks(23))
    held = subprocess.Popen(["sleep", "60"], pass_fds=[out, left.fileno()])
    hits, _ = canary.scan(crowd.frames, [held.pid], [])
    held.kill()
    held.wait()
    assert sorted(hit.frame for hit in hits) == [22, 23], hits
    assert os.read(out, 64) == b"log " + canary.marks(22), "looking took it away"
    assert left.recv(64) == b"first", "looking took it away"
    for end in (out, into):
        os.close(end)
    left.close()
    right.close()


def cores(folder):
    """Files that a kernel may have dumped, wherever its pattern puts them."""
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    elsewhere = Path(pattern).parent if pattern.startswith("/") else None
    found = [path for path in folder.rglob("*") if path.name.startswith("core")]
    return found + ([p for p in elsewhere.iterdir() if "core" in p.name] if elsewhere else [])


def test_no_core_is_dumped_though_cores_are_forced(folder):
    """Of the lane and each worker, with an open permit and frames in hand, and limits raised."""
    control = folder / "control"
    control.mkdir()
    process = subprocess.Popen(["sleep", "60"], cwd=control)
    canary.raise_core_limit(process.pid)
    if not canary.dies_with_core(process):
        raise tap.Skip("this kernel writes no core of anything")
    shutil.rmtree(control)
    crowd = Crowd(1000)
    pause = crowd.begin(VISITOR) + 10
    before = set(cores(folder))
    camera = Camera(crowd.frames, [pause])
    with Lane(folder, camera, "run", "--source", camera.uri(), *options(folder), "--scenario",
              crowd.scenario(folder / "people.yaml")) as lane:
        assert camera.wait_for_pause() == pause
        canary.wait_for_peace(lane)
        for pid, name in lane.pids().items():
            canary.raise_core_limit(pid)
            if name != "lane":
                os.kill(pid, signal.SIGABRT)
        wait_for(lambda: len(lane.pids()) == 1, 20)
        assert not canary.dies_with_core(lane.process), "the lane's core was dumped"
    camera.close()
    time.sleep(0.2)
    assert set(cores(folder)) <= before, cores(folder)
    hits, _ = canary.scan(crowd.frames, (), [folder])
    assert not hits, hits[:20]
    swaps = Path("/proc/swaps").read_text().splitlines()[1:]
    print(f"# swap: {'; '.join(swaps) if swaps else 'none'}", flush=True)


if __name__ == "__main__":
    canary.as_root(sys.argv)
    tap.run(sys.modules[__name__])
