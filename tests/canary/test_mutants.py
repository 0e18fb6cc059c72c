# SPDX-License-Identifier: Apache-2.0
"""Each gate that was sabotaged on purpose is found, and the one that was not is not.

A mutant is built from a copy of one source file, linked ahead of the library that it is of, and run
with what canaries are checked with. CANARY_MUTANTS=all tries all of them.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import canary
from canary import Camera, Crowd, DATE, FPS, KINDS, Lane, POLICY
from mutants import MUTANTS, QUICK
import tap
from tap import SOURCE

BUILD = Path(os.environ["BUILD"])
NINJA = os.environ["NINJA"]
POSTERN_TARGET = "tests/canary/canary-postern"
WORKER_TARGET = "core/worker/postern-worker"
TURNS = len(KINDS) + 1
SECONDS = 60


def command_of(target):
    """How the build links a target, as a list of words."""
    done = subprocess.run([NINJA, "-C", BUILD, "-t", "commands", target], text=True,
                          capture_output=True, check=True)
    lines = [line for line in done.stdout.splitlines() if f"-o {target} " in line]
    assert len(lines) == 1, f"{target}: not one link command"
    return shlex.split(lines[0])


def compile_mutant(mutant, folder):
    """Compiles the file with its edits. Returns the object."""
    text = (SOURCE / mutant.file).read_text()
    for old, new in mutant.edits:
        assert text.count(old) == 1, \
            f"{mutant.file} has changed: write the mutant '{mutant.name}' anew\n{old}"
        text = text.replace(old, new)
    copy = folder / Path(mutant.file).name
    copy.write_text(text)
    entries = json.loads((BUILD / "compile_commands.json").read_text())
    entry = next(e for e in entries if Path(BUILD, e["file"]).resolve() ==
                 (SOURCE / mutant.file).resolve())
    words = shlex.split(entry["command"])
    made = folder / "mutant.o"
    for option, value in (("-o", made), ("-MF", folder / "mutant.d"), ("-c", copy)):
        words[words.index(option) + 1] = str(value)
    subprocess.run(words, cwd=BUILD, check=True, capture_output=True, text=True)
    return made


def link(target, made, to):
    words = command_of(target)
    at = words.index("-o")
    to.parent.mkdir(parents=True, exist_ok=True)
    words[at + 1] = str(to)
    words.insert(at + 2, str(made))
    subprocess.run(words, cwd=BUILD, check=True, capture_output=True, text=True)
    return to


def build(mutant, folder):
    """The programs of a mutant, in a tree in which each finds the other. Returns postern's path."""
    program, worker = folder / "tree/postern", folder / "tree" / WORKER_TARGET
    made = compile_mutant(mutant, folder)
    worker.parent.mkdir(parents=True)
    if mutant.program == "postern":
        link(POSTERN_TARGET, made, program)
        shutil.copy(BUILD / WORKER_TARGET, worker)
    else:
        shutil.copy(BUILD / POSTERN_TARGET, program)
        link(WORKER_TARGET, made, worker)
    return program


def lane_file(folder, camera, keeps, sandbox):
    path = folder / "lane.yaml"
    path.write_text(f"""lane: 1
name: canary
source: {{uri: "{camera.uri()}"}}
policy: {{file: {POLICY}, date: {DATE}}}
plugins:
  detector: hoarder
  extractor: stamp
  options:
    - {{plugin: hoarder, name: keeps, value: "{int(keeps)}"}}
capture: {{good-quality: 100}}
state: {folder / 'state'}
sandbox: {sandbox or tap.SANDBOX}
""")
    return path


class Findings(dict):
    """What is wrong with a lane: {check: the first thing that it found}."""

    def add(self, check, wrong):
        if wrong:
            self.setdefault(check, wrong[0] if isinstance(wrong, list) else wrong)


def look(crowd, lane, folder, keeps, findings):
    """Outside of any permit: nobody has anything, but for a plugin that keeps what it was given."""
    hits, _ = canary.scan(crowd.frames, lane.pids(), [folder])
    findings.add("memory", [hit for hit in hits if not crowd.may_be_leased(hit.frame)])
    workers = {f"pid:{pid}" for pid, name in lane.pids().items() if name != "lane"}
    findings.add("wiping", [hit for hit in hits if not (
        keeps and hit.place in workers and hit.form == "pixels")])
    hits, _ = canary.scan(1000, lane.pids(), [folder], seed=canary.TEMPLATE_SEED)
    findings.add("templates", hits)


def check_log(crowd, state, findings):
    status, told = canary.ledger(state)
    if status != 0:
        findings.add("ledger", told["text"])
    findings.add("account", [frame for frame, fate in canary.accounted(state).items()
                             if fate == "leased" and not crowd.may_be_leased(frame)])


def run(program, folder, keeps, sandbox=None):
    """A lane with somebody of every kind. Returns what is wrong with it."""
    findings = Findings()
    crowd = Crowd(TURNS * canary.TURN * FPS, subjects=False)
    pauses = [crowd.begin(KINDS[3]) + int(1.5 * FPS), crowd.frames - 1]
    camera = Camera(crowd.frames, pauses)
    with Lane(folder, camera, "run", lane_file(folder, camera, keeps, sandbox), "--scenario",
              crowd.scenario(folder / "people.yaml"), program=program) as lane:
        try:
            for _ in pauses:
                camera.wait_for_pause(SECONDS)
                canary.wait_for_peace(lane)
                look(crowd, lane, folder, keeps, findings)
                camera.go_on()
            if lane.end(SECONDS) != 0:
                findings.add("answers", lane.output().strip().splitlines()[-1])
        except TimeoutError as why:
            findings.add("end", str(why))
            look(crowd, lane, folder, keeps, findings)
        except (AssertionError, OSError, subprocess.TimeoutExpired) as why:
            findings.add("end", f"the lane did not come to its end: {why}"[:300])
    camera.close()
    check_log(crowd, folder / "state", findings)
    return findings


def passes(program, suite, test):
    done = subprocess.run([program, "--tap", "-j1", "--filter", f"{suite}/{test}"], text=True,
                          capture_output=True, timeout=120, check=False,
                          env={**os.environ, "POSTERN_PLUGINS": os.environ["UNIT_PLUGINS"]})
    told = [line for line in done.stdout.splitlines()
            if f"ok - {suite}::{test} " in line + " " and "SKIP" not in line]
    assert len(told) == 1, f"there is no test {suite}/{test}"
    return told[0].startswith("ok")


def run_unit(check, mutant, folder):
    """A unit test without the mutant, which has to pass, and with it."""
    _, noun, test = check.split()
    suite = noun.split("/")[1]
    target = f"tests/unit/{noun.split('/')[0]}/test_{noun.replace('/', '_')}"
    worker = folder / "tree" / WORKER_TARGET
    worker.parent.mkdir(parents=True)
    shutil.copy(BUILD / WORKER_TARGET, worker)
    mutated = link(target, compile_mutant(mutant, folder), folder / "tree/unit")
    assert passes(BUILD / target, suite, test), f"{noun} {test} fails anyway"
    return {} if passes(mutated, suite, test) else {check: "fails"}


def check_mutant(mutant):
    def test(folder):
        if mutant.check.startswith("unit "):
            findings = run_unit(mutant.check, mutant, folder)
        else:
            findings = run(build(mutant, folder), folder, mutant.keeps, mutant.sandbox)
        for check, wrong in findings.items():
            print(f"# found by {check}: {str(wrong)[:160]}", flush=True)
        assert mutant.check in findings, f"not found by {mutant.check}: {findings}"
    return test


def check_whole(keeps):
    def test(folder):
        program = folder / "tree/postern"
        (folder / "tree/core/worker").mkdir(parents=True)
        shutil.copy(BUILD / POSTERN_TARGET, program)
        shutil.copy(BUILD / WORKER_TARGET, folder / "tree" / WORKER_TARGET)
        findings = run(program, folder, keeps)
        assert not findings, findings
    return test


class Tests:
    """What tap runs: the gate as it is, then each mutant."""


def collect():
    tests = Tests()
    everything = os.environ.get("CANARY_MUTANTS") == "all"
    tests.test_nothing_is_found_of_the_gate_as_it_is = check_whole(keeps=True)
    if everything:
        tests.test_nothing_is_found_with_a_plugin_that_keeps_nothing = check_whole(keeps=False)
    for mutant in MUTANTS if everything else MUTANTS[:QUICK]:
        setattr(tests, "test_" + mutant.name.replace(" ", "_"), check_mutant(mutant))
    return tests


if __name__ == "__main__":
    canary.as_root(sys.argv)
    tap.run(collect())
