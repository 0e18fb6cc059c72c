# SPDX-License-Identifier: Apache-2.0
"""postern bench, and what `postern run --report` tells: figures that add up, nothing left behind."""

import json
import os
import re
import sys

import tap
from lanes import POLICY, scenario
from tap import postern
from test_receipt import Page

OK, NO, USAGE, SOURCE = 0, 1, 2, 3
DRAWN = ("--detector", "cascade", "--extractor", "lbph")
STAGES = ("map", "copy", "decode-whole", "detect-whole", "decode-near", "detect-near", "quality",
          "align", "pad", "extract")


def draw(folder, people=2, seconds=4):
    path = folder / "people.avi"
    postern("synth", path, "--people", people, "--seconds", seconds, "--size", "640x480", "--fps", 10,
            expect=OK)
    return path


def bench(*arguments, expect=OK):
    done = postern("bench", *DRAWN, *arguments, "--json", expect=expect)
    return json.loads(done.stdout) if expect == OK else done


def stage(answer, name):
    """A stage's entry, or one that counts nothing."""
    found = [s for s in answer["stages"] if s["stage"] == name]
    return found[0] if found else {"count": 0, "sum_ms": 0}


def check(answer, frames):
    lane = answer["lane"]
    assert lane["frames"] == frames, lane
    assert abs(lane["fps"] - frames / lane["seconds"]) < 1e-6 * lane["fps"], lane
    assert lane["cpu_ms_per_frame"] > 0, lane
    assert [s["stage"] for s in answer["stages"]] == \
        [s for s in STAGES if stage(answer, s)["count"]], answer["stages"]
    # Every frame is searched, some of them a second time before a template is made.
    searches = stage(answer, "decode-whole")["count"] + stage(answer, "decode-near")["count"]
    assert searches >= frames == stage(answer, "map")["count"] == stage(answer, "copy")["count"]
    assert searches - frames <= stage(answer, "decode-near")["count"] == lane["near"], answer
    assert stage(answer, "extract")["count"] == lane["templates"], answer
    for one in answer["stages"]:
        assert 0 <= one["p50_us"] <= one["p95_us"] <= one["p99_us"] <= one["most_us"], one
        assert one["sum_ms"] * 1000 <= one["count"] * one["most_us"] + 1, one
    # One frame at a time: what its stages took is not more than all took.
    assert sum(s["sum_ms"] for s in answer["stages"]) <= 1000 * lane["seconds"] + 50, answer
    names = [p["process"] for p in answer["processes"]]
    assert names[:2] == ["lane", "vision worker"], names
    assert all(p["resident_bytes"] > 1e6 for p in answer["processes"]), answer["processes"]
    limits = answer["limits"]
    assert limits["memory_read_gb_s"] > 0.05, limits
    calls = [stage(answer, s)["sum_ms"] for s in ("detect-whole", "detect-near", "pad", "extract")]
    assert abs(limits["plugins_us_per_frame"] - 1000 * sum(calls) / frames) < 1, (limits, calls)
    assert limits["sealed_bytes"] > 100 and 0.1 < limits["libsodium_us"] < 2 * limits["seal_us"], limits
    assert answer["machine"]["cpu"] and answer["machine"]["kernel"], answer["machine"]


def test_a_recording_is_measured_and_nothing_stays(folder):
    clip = draw(folder)
    temporary = folder / "temporary"
    temporary.mkdir()
    os.environ["TMPDIR"] = str(temporary)
    try:
        answer = bench("--source", clip, "--threads", 1)
    finally:
        del os.environ["TMPDIR"]
    check(answer, 40)
    assert answer["machine"]["cores_used"] == 1, answer["machine"]
    assert answer["limits"]["entropy_decode_us"] > 0, answer["limits"]
    assert answer["limits"]["jpeg_bytes"] > 1000, answer["limits"]
    assert answer["plugins"]["detector"] == "cascade", answer["plugins"]
    assert not list(temporary.iterdir()), "something stays"


def test_without_following_every_frame_is_searched_in_full(folder):
    clip = draw(folder)
    answer = bench("--source", clip, "--set", "capture.follow=0")
    check(answer, 40)
    assert answer["lane"]["near"] == 0, answer["lane"]
    assert stage(answer, "decode-whole")["count"] == 40, answer["stages"]


def test_drawn_people_need_no_file(folder):
    del folder
    answer = bench("--source", "synth:?people=2&seed=3&size=640x480&fps=10", "--seconds", 2)
    check(answer, answer["lane"]["frames"])
    assert 18 <= answer["lane"]["frames"] <= 21, answer["lane"]
    assert "entropy_decode_us" not in answer["limits"], answer["limits"]


def test_a_lane_file_gives_source_and_settings(folder):
    clip = draw(folder)
    lane = folder / "lane.yaml"
    lane.write_text(f"lane: 1\nsource: {{uri: {clip.name}}}\ncapture: {{follow: 0}}\n"
                    f"policy: {{file: nowhere.yaml}}\nevents: events.jsonl\n")
    answer = bench(lane)
    check(answer, 40)
    assert answer["lane"]["follow"] == 0, answer["lane"]
    assert not (folder / "events.jsonl").exists()


def test_a_table_for_people(folder):
    done = postern("bench", *DRAWN, "--source", draw(folder), expect=OK)
    for text in ("frames/s", "detect-whole", "limits on one thread", "entropy codes", "memory read",
                 "the plugins' own calls", "libsodium alone",
                 "vision worker"):
        assert text in done.stdout, (text, done.stdout)


def test_wrong_use(folder):
    clip = draw(folder, seconds=1)
    text = postern("bench", "--help", expect=OK).stdout
    assert "usage: postern bench" in text and "Exit status" in text
    for arguments, why in (([], "--source"),
                           (["--source", clip, "--threads", "0"], "--threads"),
                           (["--source", clip, "--threads", "255"], "may use"),
                           (["--source", clip, "--seconds", "x"], "--seconds"),
                           (["--source", clip, "--policy", POLICY], "bench's own"),
                           (["--source", clip, "--set", "capture.follow=301"], "capture.follow"),
                           (["a.yaml", "b.yaml"], "one lane file"),
                           (["--source", clip, "--frames"], "--frames")):
        done = postern("bench", *arguments, expect=USAGE)
        assert why in done.stderr and done.stdout == "", (arguments, done.stderr)
    done = postern("bench", *DRAWN, "--source", folder / "none.avi")
    assert done.returncode == SOURCE and done.stdout == "", done


def run(folder, clip, people, *options):
    """@return `postern run --json`, its report, the page"""
    out = folder / "report"
    done = postern("run", "--source", clip, "--policy", POLICY, "--scenario",
                   scenario(folder, *people), "--state", folder / "state", "--set",
                   "policy.date=2026-01-15", *DRAWN, "--report", out, "--json", *options, expect=OK)
    return json.loads(done.stdout), json.loads((out / "report.json").read_text()), \
        (out / "report.html").read_text()


def test_a_report_of_a_run(folder):
    clip = draw(folder, people=3, seconds=9)
    said, report, page = run(folder, clip, [
        "at: 0s, for: 2.8s",
        "at: 3s, for: 2.8s, category: us-citizen, known-by: document, notice: current, "
        "choice: {decline: 0.3s}",
        "at: 6s, for: 0.5s, category: diplomat, known-by: document, notice: current",
        "at: 6.6s, for: 2s"])
    assert report["encounters"] == 4 == sum(report["outcomes"].values()), report
    for outcome, count in report["outcomes"].items():
        assert count == sum(e["outcome"] == outcome for e in said["encounters"]), outcome
    assert report["frames"] == said["frames"], report["frames"]
    frames = report["frames"]
    assert frames["seen"] == frames["leased"] + frames["withheld"] + frames["lost"], frames
    assert report["templates"] == said["templates"], report
    assert not report["live"] and report["source"], report
    times = {t["to"]: t for t in report["times"]}
    assert times["permit"]["count"] == 2, times  # neither who declined nor the diplomat had one
    for moment in report["times"]:
        assert sum(moment["bins"]) == moment["count"] <= 2, moment
        if moment["count"]:
            assert moment["p50_ms"] <= moment["p95_ms"] <= moment["p99_ms"], moment
    limits = report["failure_to_capture"]
    assert [f["within_s"] for f in limits] == [2, 5, 10, 20], limits
    for limit in limits:
        assert limit["trials"] == 2 and sum(limit["reasons"].values()) == limit["failures"], limit
    failures = [f["failures"] for f in limits]
    assert failures == sorted(failures, reverse=True), failures
    captured = times["best shot"]["count"]
    assert failures[-1] == 2 - captured, (failures, times)
    assert {"lane", "vision worker"} <= {p["process"] for p in report["processes"]}, report
    assert report["cpu_s"] > 0, report
    Page(page)  # well formed
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", page) and "<script" not in page
    for text in ("Failure to capture", "within", "Processes", "Outcomes"):
        assert text in page, text


def test_nobody_captured_is_reported_with_reasons(folder):
    clip = draw(folder, people=1, seconds=3)
    _, report, page = run(folder, clip, ["at: 0s, for: 2.8s"], "--set", "capture.min-face=2000")
    for limit in report["failure_to_capture"]:
        assert limit["failures"] == limit["trials"] == 1, limit
        assert list(limit["reasons"]) in (["too-small"], ["no-face"]), limit
    assert report["times"][3]["to"] == "decision", report["times"]
    assert "100.0 %" in page


def test_a_report_that_cannot_be_written_is_an_error(folder):
    clip = draw(folder, people=1, seconds=1)
    (folder / "file").write_text("")
    done = postern("run", "--source", clip, "--policy", POLICY, "--scenario",
                   scenario(folder, "at: 0s, for: 0.8s"), "--state", folder / "state", *DRAWN,
                   "--report", folder / "file/report")
    assert done.returncode not in (OK, NO) and "file" in done.stderr, done


def test_following_changes_no_answer(folder):
    """Drawn travelers, with and without it: the same outcomes, the same faces in view."""
    clip = draw(folder, people=4, seconds=16)
    people = [f"at: {4 * i}s, for: 3.8s" for i in range(4)]
    told = []
    for every in (0, 1, 30):
        said, _, _ = run(folder, clip, people, "--set", f"capture.follow={every}", "--set",
                         "capture.good-quality=100", "--set", "capture.stop-after=2s")
        told.append([(e["outcome"], e["leased"]) for e in said["encounters"]])
    assert told[0] == told[1] == told[2], told


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
