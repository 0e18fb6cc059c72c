# SPDX-License-Identifier: Apache-2.0
"""postern eval and calibrate: what they measure, against a second evaluator; what they refuse."""
import csv
import hashlib
import json
import os
import random
import re
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

import second_evaluator as second
import tap
from lanes import POLICY, scenario

PLUGINS = ("--detector", "cascade", "--extractor", "lbph", "--matcher", "cosine", "--sandbox",
           tap.SANDBOX)
CLOSE = 1e-9
PEOPLE, EACH = 12, 4
DRAWN = tempfile.TemporaryDirectory()


@cache
def drawn():
    """A folder per person, drawn once for all tests; not to be changed."""
    folder = Path(DRAWN.name) / "people"
    tap.postern("synth", folder, "--stills", EACH, "--people", PEOPLE, "--seed", 5, expect=0)
    return folder


@cache
def evaluated():
    """The drawn people evaluated once: (JSON, folder of CSV files)."""
    folder = Path(DRAWN.name) / "csv"
    done = tap.postern("eval", drawn(), *PLUGINS, "--csv", folder, "--json", expect=0)
    return json.loads(done.stdout), folder


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def close(a, b):
    return abs(a - b) <= CLOSE


def check_rates(told, genuine, impostor):
    """A verification against the second evaluator."""
    assert (told["genuine"], told["impostor"]) == (len(genuine), len(impostor))
    assert close(told["eer"], second.eer(genuine, impostor)), told["eer"]
    assert close(told["auc"], second.auc(genuine, impostor)), told["auc"]
    expected = [f for f in (0.1, 0.01, 0.001) if len(impostor) >= 3 / f]
    assert [p["wanted"] for p in told["points"]] == expected, told["points"]
    for point in told["points"]:
        threshold, fmr, fnmr = second.at_fmr(genuine, impostor, point["wanted"])
        assert close(point["fmr"]["rate"], fmr) and close(point["fnmr"]["rate"], fnmr), point
        if threshold != float("inf"):
            assert close(point["threshold"], threshold), (point, threshold)
        for rate in (point["fmr"], point["fnmr"]):
            assert second.limits_hold(*(rate[k] for k in ("errors", "trials", "low", "high"))), rate


def write_scores(path, genuine, impostor):
    lines = [f"{s!r},1" for s in genuine] + [f"{s!r},0" for s in impostor]
    random.Random(1).shuffle(lines)
    path.write_text("\n".join(lines) + "\n")


def test_scores_agree_with_a_second_evaluator(folder):
    chance = random.Random(3)
    cases = [
        ([chance.gauss(0.6, 0.15) for _ in range(200)],
         [chance.gauss(0.3, 0.15) for _ in range(3100)]),
        # Nothing but ties.
        ([round(chance.gauss(0.6, 0.15), 1) for _ in range(100)],
         [round(chance.gauss(0.3, 0.15), 1) for _ in range(400)]),
        ([0.5] * 10, [0.5] * 40),
        ([-1e9, 1e-12, 3.0], [-2e9 + i for i in range(50)]),
    ]
    for genuine, impostor in cases:
        write_scores(folder / "s.csv", genuine, impostor)
        done = tap.postern("eval", "--scores", folder / "s.csv", "--json", expect=0)
        check_rates(json.loads(done.stdout)["verification"], genuine, impostor)


def test_pictures_agree_with_a_second_evaluator(_):
    told, folder = evaluated()
    rows = rows_of(folder / "scores.csv")
    genuine = [float(r["score"]) for r in rows if r["same"] == "1"]
    impostor = [float(r["score"]) for r in rows if r["same"] == "0"]
    check_rates(told["verification"], genuine, impostor)
    made = len(genuine) + len(impostor)
    asked = PEOPLE * EACH * (PEOPLE * EACH - 1) // 2
    verification = told["verification"]
    assert made + verification["genuine-not-made"] + verification["impostor-not-made"] == asked
    pictures = rows_of(folder / "pictures.csv")
    assert len(pictures) == told["pictures"]["count"] == PEOPLE * EACH
    failed = [p for p in pictures if p["failure"]]
    assert len(failed) == told["pictures"]["failure-to-acquire"]["errors"]
    assert sum(told["pictures"]["failures"].values()) == len(failed)


def test_searches_agree_with_a_second_evaluator(_):
    told, folder = evaluated()
    with open(folder / "scores.csv", encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))[1:]
    rows = []
    for score, _, one, two, reference, probe in lines:  # cosine is the same both ways
        rows.append((float(score), reference, one, probe, two))
        rows.append((float(score), probe, two, reference, one))
    found = second.searches(rows)
    mated = [f for f in found if f[0] is not None]
    failed = [p for p in rows_of(folder / "pictures.csv") if p["failure"]]
    search = told["identification"]
    assert search["mated"] == len(mated) + len(failed), (search["mated"], len(mated), len(failed))
    for k, rate in enumerate(search["missed-by-rank"], 1):
        missed = sum(rank > k for _, rank, _ in mated) + len(failed)
        assert rate["errors"] == missed, (k, rate, missed)
    strangers = [s for _, _, s in found if s is not None]
    for point in search["points"]:
        threshold, fpir, _ = second.at_fmr([m for m, r, _ in mated if r == 1], strangers,
                                           point["wanted"])
        missed = sum(r > 1 or m < threshold for m, r, _ in mated) + len(failed)
        assert close(point["fpir"]["rate"], fpir) and point["fnir"]["errors"] == missed, point
    assert search["points"], "the counts carry FPIR 0.1"


def test_discarding_agrees_with_a_second_evaluator(_):
    told, folder = evaluated()
    quality = {p["picture"]: int(p["quality"]) for p in rows_of(folder / "pictures.csv")
               if p["quality"]}
    with open(folder / "scores.csv", encoding="utf-8", newline="") as file:
        pairs = [(float(r[0]), min(quality[r[4]], quality[r[5]])) for r in csv.reader(file)
                 if r[1] == "1"]
    expected = second.discard(pairs, told["discard"]["at"]["threshold"])
    assert len(told["discard"]["curve"]) == len(expected) > 1
    for point, (left_out, fnmr) in zip(told["discard"]["curve"], expected):
        assert close(point["discarded"], left_out) and close(point["fnmr"], fnmr), point


def test_cohorts_agree_with_a_second_evaluator(folder):
    _, scores = evaluated()
    people = sorted(p.name for p in drawn().iterdir())
    groups = {"left": people[:5], "right": people[5:11]}  # the last one is in none
    (folder / "cohorts.csv").write_text(
        "".join(f"{p},{name}\n" for name, members in groups.items() for p in members))
    done = tap.postern("eval", "--scores", scores / "scores.csv", "--cohorts",
                       folder / "cohorts.csv", "--json", expect=0)
    told = json.loads(done.stdout)["cohorts"]
    rows = [(float(r[0]), r[1] == "1", r[2], r[3])
            for r in list(csv.reader(open(scores / "scores.csv", encoding="utf-8")))[1:]]
    for entry in told["cohorts"]:
        expected = second.cohort(rows, groups[entry["cohort"]], told["at"]["threshold"])
        assert expected == (entry["fmr"]["errors"], entry["fmr"]["trials"],
                            entry["fnmr"]["errors"], entry["fnmr"]["trials"]), entry
    rates = {e["cohort"]: e["fnmr"]["rate"] for e in told["cohorts"]}
    worst = max(rates.values())
    assert rates[told["fnmr"]["worst"]] == worst
    if min(rates.values()) > 0:
        assert close(told["fnmr"]["max-to-min"], worst / min(rates.values()))
        mean = (rates["left"] * rates["right"])**0.5
        assert close(told["fnmr"]["max-to-geometric-mean"], worst / mean)


def test_own_scores_evaluate_to_the_same(_):
    told, folder = evaluated()
    done = tap.postern("eval", "--scores", folder / "scores.csv", "--json", expect=0)
    again = json.loads(done.stdout)["verification"]
    for key in ("genuine", "impostor", "eer", "auc", "replicates"):
        assert again[key] == told["verification"][key], key


def test_report_and_plots_stand_alone(folder):
    _, scores = evaluated()
    done = tap.postern("eval", drawn(), *PLUGINS, "--report", folder / "r.html", "--svg",
                       folder / "svg", expect=0)
    assert "EER" in done.stdout and "rank 1" in done.stdout, done.stdout
    page = (folder / "r.html").read_text()
    assert page.count("<svg") == 5 and page.rstrip().endswith("</html>")
    assert not re.search(r"(src|href)=|url\(|@import", page), "a page that needs other files"
    names = sorted(p.name for p in (folder / "svg").iterdir())
    assert names == ["cmc.svg", "det.svg", "discard.svg", "histogram.svg", "roc.svg"], names
    for path in (folder / "svg").iterdir():
        text = path.read_text()
        assert text.startswith("<svg ") and "nan" not in text and "inf" not in text, path
    assert "nan" not in page
    assert not list(scores.parent.glob("*.html"))


def test_pairs_are_compared_as_listed(folder):
    first, second_person = sorted(drawn().iterdir())[:2]
    (folder / "pairs.csv").write_text(
        f"{first}/000.jpg,{first}/001.jpg,same\n"
        f"{second_person}/000.jpg,{first}/001.jpg,different\n"
        f"{second_person}/000.jpg,none.jpg,different\n")
    done = tap.postern("eval", folder / "pairs.csv", *PLUGINS, "--csv", folder, "--json", expect=0)
    told = json.loads(done.stdout)
    assert told["verification"]["genuine"] == 1 and told["verification"]["impostor"] == 1
    assert told["verification"]["impostor-not-made"] == 1
    assert told["pictures"]["failures"] == {"unreadable": 1}
    everything = {frozenset((r["reference"], r["probe"])): float(r["score"])
                  for r in rows_of(evaluated()[1] / "scores.csv")}
    for row in rows_of(folder / "scores.csv"):
        names = frozenset(row[k].removeprefix(f"{drawn()}/") for k in ("reference", "probe"))
        assert close(float(row["score"]), everything[names]), row


def test_failures_are_counted_not_dropped(folder):
    people = sorted(drawn().iterdir())
    for person in people[:3]:
        shutil.copytree(person, folder / "data" / person.name)
    (folder / "data" / people[0].name / "bad.jpg").write_bytes(b"\xff\xd8 no picture")
    (folder / "data" / "empty").mkdir()
    (folder / "data" / "blind").mkdir()
    (folder / "data" / "blind" / "none.png").write_bytes(b"")
    (folder / "data" / "blind" / "notes.txt").write_text("not a picture")
    done = tap.postern("eval", folder / "data", *PLUGINS, "--min-face", 2000, "--json", expect=1)
    told = json.loads(done.stdout)
    assert told["pictures"]["count"] == 3 * EACH + 2
    assert told["pictures"]["failures"]["unreadable"] == 2, told["pictures"]
    assert told["pictures"]["failures"]["too small"] > 0
    assert told["pictures"]["failure-to-enrol"]["errors"] == 4
    assert told["verification"]["eer"] is None
    text = tap.postern("eval", folder / "data", *PLUGINS, expect=0).stdout
    assert "1 files are neither" in text, text


def test_recordings_give_every_nth_frame(folder):
    for person in (0, 1):
        (folder / "data" / str(person)).mkdir(parents=True)
        tap.postern("synth", folder / "data" / str(person) / "clip.avi", "--person", person,
                    "--seconds", 3, "--fps", 10, "--size", "640x480", expect=0)
    done = tap.postern("eval", folder / "data", *PLUGINS, "--every", 5, "--csv", folder / "csv",
                       "--json")
    assert done.returncode in (0, 1), done.stderr
    frames = [p["picture"] for p in rows_of(folder / "csv" / "pictures.csv")]
    assert frames[:3] == ["0/clip.avi:0", "0/clip.avi:5", "0/clip.avi:10"] and len(frames) == 12


def test_chips_are_taken_whole(folder):
    for person in range(2):
        (folder / "data" / str(person)).mkdir(parents=True)
        for number in range(2):
            source = sorted(sorted(drawn().iterdir())[person].iterdir())[number]
            shutil.copy(source, folder / "data" / str(person))
    done = tap.postern("eval", folder / "data", *PLUGINS, "--chips", "--json", expect=0)
    told = json.loads(done.stdout)
    assert told["verification"]["genuine"] == 2 and told["verification"]["impostor"] == 4
    assert "detector" not in told and "discard" not in told


def test_calibrates_and_a_lane_would_take_it(folder):
    _, scores = evaluated()
    out = folder / "x.calibration.yaml"
    command = ("calibrate", "--extractor", "lbph", "--matcher", "cosine", "--domain", "drawn")
    done = tap.postern(*command, "--out", out, "--scores", scores / "scores.csv", "--origin",
                       'drawn "people"', expect=0)
    assert "at most" in done.stdout
    text = out.read_text()
    plugins = {p["id"]: p for p in json.loads(tap.postern("plugins", "--json").stdout)["plugins"]}
    assert f"contract: {plugins['lbph']['contract']}\n" in text, text
    assert len(re.findall(r"^(?:extractor|matcher)-sha256: [0-9a-f]{64}$", text, re.M)) == 2
    impostor = [float(r["score"]) for r in rows_of(scores / "scores.csv") if r["same"] == "0"]
    points = re.findall(r'fmr: "(\S+)"\n    score: (\S+)\n(?:.*\n){2}    matched: (\d+)', text)
    assert len(points) == 2, text
    for fmr, score, matched in points:
        assert sum(s >= float(score) for s in impostor) == int(matched)
        assert int(matched) <= float(fmr) * len(impostor)
    shown = tap.postern(*command, "--out", "-", "--scores", scores / "scores.csv", "--any-library",
                        "--fmr", "1e-2", expect=0).stdout
    assert "sha256" not in shown and 'fmr: "0.01"' in shown, shown


def test_too_few_comparisons_are_a_clean_no(folder):
    (folder / "s.csv").write_text("".join(f"0.{i},0\n" for i in range(100, 399)) + "0.9,1\n")
    command = ("calibrate", "--extractor", "lbph", "--matcher", "cosine", "--domain", "drawn",
               "--out", folder / "x.yaml", "--scores", folder / "s.csv")
    done = tap.postern(*command, "--fmr", "0.01", expect=1)
    assert "fmr 0.01 needs 300 impostor comparisons; there are 299" in done.stderr, done.stderr
    assert not (folder / "x.yaml").exists()
    tap.postern(*command, expect=0)


def one_traveler(folder):
    """How a lane ends with one drawn person, at the FMR that the drawn people carry."""
    clip = folder / "clip.mkv"
    if not clip.exists():
        tap.postern("synth", clip, "--people", 1, "--seconds", 3, "--size", "320x240", expect=0)
    people = scenario(folder, "at: 0.5s, for: 2s")
    done = tap.postern("run", "--source", clip, "--policy", POLICY, "--scenario", people, "--state",
                       folder / "state", "--sandbox", tap.SANDBOX, "--set", "policy.date=2026-01-15",
                       "--set", "match.fmr=0.01", "--detector", "cascade", "--extractor", "lbph",
                       "--events", "-")
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [e["outcome"] for e in events if e["kind"] == "encounter.closed"], done


def test_a_lane_takes_it_for_the_library_that_was_measured(folder):
    plugins = folder / "plugins"
    for name in ("cascade", "lbph", "cosine", "facequal"):
        (plugins / name).mkdir(parents=True)
        for ending in (".so", ".yaml"):
            shutil.copy(Path(tap.POSTERN).parents[2] / "plugins" / name / (name + ending),
                        plugins / name)
    os.environ["POSTERN_PLUGINS"] = str(plugins)
    try:
        outcomes, done = one_traveler(folder)
        assert outcomes == ["refer-uncalibrated"], (outcomes, done.stderr)
        tap.postern("calibrate", "--extractor", "lbph", "--matcher", "cosine", "--domain", "drawn",
                    "--out", plugins / "lbph" / "own.calibration.yaml", "--scores",
                    evaluated()[1] / "scores.csv", expect=0)
        outcomes, done = one_traveler(folder)
        assert outcomes == ["refer-no-match"], (outcomes, done.stderr)
        library, manifest = plugins / "lbph" / "lbph.so", plugins / "lbph" / "lbph.yaml"
        library.write_bytes(library.read_bytes() + b"\0")
        digest = hashlib.sha256(library.read_bytes()).hexdigest()
        manifest.write_text(re.sub("sha256: [0-9a-f]{64}", f"sha256: {digest}",
                                   manifest.read_text(), count=1))
        outcomes, done = one_traveler(folder)
        assert outcomes == ["refer-uncalibrated"], (outcomes, done.stderr)
        shown = tap.postern("plugins", expect=0).stdout
        assert "measured with another library of the extractor" in shown, shown
    finally:
        del os.environ["POSTERN_PLUGINS"]


def refused(*arguments, says, expect=2):
    done = tap.postern(*arguments, expect=expect)
    assert done.stdout == "", done.stdout
    assert len(done.stderr.splitlines()) == 1 and says in done.stderr, done.stderr


def test_refuses_in_one_line(folder):
    good = folder / "s.csv"
    good.write_text("0.5,1,a,a\n0.2,0,a,b\n")
    bad = folder / "bad.csv"
    bad.write_text("0.5,1\nhello,0\n")
    refused("eval", says="either DATA or --scores")
    refused("eval", folder, "--scores", good, says="either DATA or --scores")
    refused("eval", folder / "none", says="No such file")
    refused("eval", folder, says="a folder per person")
    refused("eval", "--scores", bad, says="bad.csv:2: 'hello'")
    refused("eval", "--scores", good, "--fmr", "2", says="no rate between 0 and 1")
    refused("eval", "--scores", good, "--fmr", "0.1", says="needs 30 impostor comparisons")
    refused("eval", "--scores", good, "--seed", "x", says="--seed")
    refused("eval", "--scores", good, "--cohorts", bad, says="bad.csv:1: there is no person")
    refused("eval", drawn(), "--detector", "nobody", says="there is no detector")
    refused("eval", "--nonsense", says="unknown option")
    refused("calibrate", "--scores", good, says="--domain and --out are needed")
    refused("calibrate", "--domain", "painted", says="neither photograph nor drawn")
    done = tap.postern("eval", "--scores", good, "--report", folder / "none" / "r.html", expect=3)
    assert "can't be written" in done.stderr


def test_help_names_every_option(_):
    common = ("scores", "cohorts", "chips", "min-face", "every", "fmr")
    for command, names in (("eval", (*common, "seed", "report", "csv", "svg", "json")),
                           ("calibrate", (*common, "domain", "out", "origin", "any-library"))):
        text = tap.postern(command, "--help", expect=0).stdout
        for name in names:
            assert f"--{name} " in text, (command, name)


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
