# SPDX-License-Identifier: Apache-2.0
"""postern eval --attacks: presentation attack detection by species, on drawn attacks."""
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import second_evaluator as second
import tap

PLUGINS = ("--detector", "cascade", "--extractor", "lbph", "--matcher", "cosine", "--sandbox",
           tap.SANDBOX)
PEOPLE = 20
GRIDS = {"screen": 1, "screen, moire": 3, "print in dots": 1}  # how many may pass
BLIND = ("print in continuous tone", "screen too fine to see")  # screen takes them for people
DRAWN = tempfile.TemporaryDirectory()


@cache
def drawn():
    """People and attacks, drawn once for all tests; not to be changed."""
    subprocess.run([os.environ["WRITE_ATTACKS"], DRAWN.name, str(PEOPLE)], check=True, timeout=300)
    return Path(DRAWN.name)


def few(folder, species, count=2):
    """Some attacks of some species, for tests that need no more. @return their folder"""
    for name in species:
        (folder / "attacks" / name).mkdir(parents=True)
        for number in range(count):
            shutil.copy(drawn() / "attacks" / name / f"{number}.jpg", folder / "attacks" / name)
    return folder / "attacks"


def one_person(folder):
    shutil.copytree(drawn() / "people" / "0", folder / "people" / "0")
    return folder / "people"


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def check_rate(rate, errors, trials):
    assert (rate["errors"], rate["trials"]) == (errors, trials), (rate, errors, trials)
    if trials:
        assert second.limits_hold(errors, trials, rate["low"], rate["high"]), rate
    else:
        assert rate["rate"] is None, rate


def check_tally(told, presentations, attack):
    """The rates of one set against its counts, by the words of the standard. @return answered"""
    answered = told["pass"] + told["fail"] + told["uncertain"]
    wrong = told["pass"] if attack else answered - told["pass"]
    check_rate(told["apcer" if attack else "bpcer"], wrong, answered)
    check_rate(told["apnrr" if attack else "bpnrr"], presentations - answered, presentations)
    return answered


def test_grids_are_found_and_the_rest_is_not(folder):
    done = tap.postern("eval", drawn() / "people", "--attacks", drawn() / "attacks", "--pad",
                       "screen", *PLUGINS, "--json", "--csv", folder, "--report",
                       folder / "r.html", expect=0)
    told = json.loads(done.stdout)["attacks"]
    assert told["pad"]["id"] == "screen" and told["evasion"] is None, told
    people, species = told["bona-fide"], {s["species"]: s for s in told["species"]}
    assert people["presentations"] == PEOPLE and people["impersonation"]["pass"] >= PEOPLE - 3
    assert sorted(species) == sorted((*GRIDS, *BLIND))
    check_tally(people["impersonation"], PEOPLE, attack=False)
    for name, entry in species.items():
        tally = entry["impersonation"]
        assert entry["presentations"] == PEOPLE and entry["evasion"] is None, entry
        answered = check_tally(tally, PEOPLE, attack=True)
        assert sum(entry["failures"].values()) + entry["could-not-tell"] == PEOPLE - answered
        if name in GRIDS:
            assert answered >= PEOPLE // 2 and tally["pass"] <= GRIDS[name], entry
        else:
            assert answered == tally["pass"] >= PEOPLE - 3, entry
    summary = told["impersonation"]
    assert summary["worst-species"] in BLIND and not summary["claim"]["supported"], summary
    assert summary["claim"]["upper"] == 1 and summary["claim"]["needs-at-least"] == 59, summary
    check_files(folder, species, people)


def check_files(folder, species, people):
    """What --csv and --report wrote of the same."""
    table = {r["species"]: r for r in rows_of(folder / "attacks.csv")}
    assert sorted(table) == sorted(("", *species)) and table[""]["set"] == "bona fide"
    scores = rows_of(folder / "attack-scores.csv")
    for name, row in table.items():
        tally = (species[name] if name else people)["impersonation"]
        assert [int(row[k]) for k in ("pass", "fail", "uncertain")] == [
            tally[k] for k in ("pass", "fail", "uncertain")], row
        rate = tally["apcer" if name else "bpcer"]
        assert abs(float(row["rate"]) - rate["rate"]) < 1e-9 and int(row["errors"]) == rate["errors"]
        bins = [int(s["answers"]) for s in scores if s["species"] == name]
        assert len(bins) == 20 and sum(bins) == tally["pass"] + tally["fail"] + tally["uncertain"]
    page = (folder / "r.html").read_text()
    assert all(f"<td>{name}</td>" in page for name in species)
    assert "Evasion is not looked for" in page and "nan" not in page


def test_one_person_and_one_species_are_reported(folder):
    done = tap.postern("eval", one_person(folder), "--attacks", few(folder, BLIND[:1]), "--pad",
                       "screen", *PLUGINS, expect=0)
    assert "impersonation: BPCER 0 (0 to 0.975), 0 of 1; BPNRR 0" in done.stdout, done.stdout
    assert f"worst species: {BLIND[0]}, APCER 1 (0.158 to 1)" in done.stdout, done.stdout
    assert "not supported, the upper limit at 95 % is 1" in done.stdout, done.stdout
    assert "evasion is not looked for" in done.stdout, done.stdout


def test_no_answer_is_in_neither_rate_and_no_answers_are_a_clean_no(folder):
    attacks = few(folder, ["screen"])
    (attacks / "broken").mkdir()
    (attacks / "broken" / "x.jpg").write_bytes(b"\xff\xd8 no picture")
    (attacks / "broken" / "notes.txt").write_text("not a picture")
    command = ("eval", one_person(folder), "--attacks", attacks, "--pad", "screen", *PLUGINS,
               "--json", "--csv", folder)
    told = json.loads(tap.postern(*command, expect=0).stdout)["attacks"]
    broken, screen = told["species"]
    assert broken["failures"] == {"unreadable": 1} and broken["presentations"] == 1, broken
    check_tally(broken["impersonation"], 1, attack=True)
    check_tally(screen["impersonation"], 2, attack=True)
    assert told["impersonation"]["worst-species"] == "screen", told
    assert told["impersonation"]["claim"]["upper-species"] == "broken", told
    assert [r["rate"] for r in rows_of(folder / "attacks.csv") if r["species"] == "broken"] == [""]
    shutil.rmtree(attacks / "screen")
    told = json.loads(tap.postern(*command, expect=1).stdout)["attacks"]
    assert told["impersonation"]["worst-species"] is None, told


def test_a_recording_is_one_presentation(folder):
    (folder / "attacks" / "replay").mkdir(parents=True)
    tap.postern("synth", folder / "attacks" / "replay" / "clip.avi", "--people", 1, "--seconds", 3,
                "--fps", 10, "--size", "640x480", expect=0)
    done = tap.postern("eval", one_person(folder), "--attacks", folder / "attacks", "--pad",
                       "screen", "--every", 5, *PLUGINS, "--json")
    assert done.returncode in (0, 1), done.stderr
    (replay,) = json.loads(done.stdout)["attacks"]["species"]
    assert replay["presentations"] == 1, replay


def witness(folder, **options):
    """A detector that answers what it is told, whatever it sees. @return the folder of plugins"""
    built = Path(tap.POSTERN).parents[2]
    source = built / "tests/unit/worker/plugins/witness"
    if not (source / "witness.yaml").exists():
        raise tap.Skip("the test plugins are not built")
    to = folder / "plugins" / "witness"
    to.mkdir(parents=True)
    shutil.copy(source / "witness.so", to)
    manifest = (source / "witness.yaml").read_text()
    for name, value in options.items():
        changed = manifest.replace(f"{{name: {name}, type: text, default: ",
                                   f"{{name: {name}, type: text, default: {value}-was-")
        assert changed != manifest
        manifest = changed.replace(f"{value}-was-good", value).replace(f"{value}-was-pass", value)
    (to / "witness.yaml").write_text(manifest)
    return f"{folder / 'plugins'}:{built / 'plugins'}"


def with_witness(folder, expect, **options):
    os.environ["POSTERN_PLUGINS"] = witness(folder, **options)
    try:
        done = tap.postern("eval", one_person(folder), "--attacks", few(folder, BLIND[:1]),
                           "--pad", "witness", *PLUGINS, "--json", expect=expect)
    finally:
        del os.environ["POSTERN_PLUGINS"]
    return json.loads(done.stdout)["attacks"]


def test_both_questions_are_counted(folder):
    told = with_witness(folder / "a", 0, evasion="uncertain")
    (attacks,), people = told["species"], told["bona-fide"]
    check_rate(attacks["impersonation"]["apcer"], 2, 2)
    check_rate(people["impersonation"]["bpcer"], 0, 1)
    check_rate(attacks["evasion"]["apcer"], 0, 2)
    check_rate(people["evasion"]["bpcer"], 1, 1)
    told = with_witness(folder / "b", 0, impersonation="missing", evasion="fail")
    assert told["impersonation"] is None and told["species"][0]["impersonation"] is None, told
    check_rate(told["species"][0]["evasion"]["apcer"], 0, 2)


def test_a_detector_that_cannot_tell_gives_no_answer(folder):
    told = with_witness(folder / "a", 1, mode="poor")
    (attacks,) = told["species"]
    assert attacks["could-not-tell"] == 2 and attacks["failures"] == {}, attacks
    check_tally(attacks["impersonation"], 2, attack=True)
    told = with_witness(folder / "b", 1, mode="crash")
    assert told["species"][0]["failures"] == {"plugin fault": 2}, told


def refused(*arguments, says):
    done = tap.postern("eval", *arguments, expect=2)
    assert done.stdout == "", done.stdout
    assert len(done.stderr.splitlines()) == 1 and says in done.stderr, done.stderr


def test_refuses_in_one_line(folder):
    people, attacks = drawn() / "people", drawn() / "attacks"
    (folder / "s.csv").write_text("0.5,1\n0.2,0\n")
    refused(people, "--attacks", attacks, says="--pad and --attacks go together")
    refused(people, "--pad", "screen", says="--pad and --attacks go together")
    both = ("--attacks", attacks, "--pad", "screen")
    refused("--scores", folder / "s.csv", *both, says="not --scores")
    refused(people, *both, "--chips", says="not --chips")
    refused(people, "--attacks", attacks, "--pad", "nobody", says="there is no pad 'nobody'")
    refused(people, "--attacks", folder / "none", "--pad", "screen", says="No such file")
    (folder / "empty").mkdir()
    refused(people, "--attacks", folder / "empty", "--pad", "screen", says="a folder per species")
    done = tap.postern("calibrate", people, *both, expect=2)
    assert "unknown option" in done.stderr, done.stderr
    text = tap.postern("eval", "--help", expect=0).stdout
    assert "--pad ID" in text and "--attacks DIR" in text, text


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
