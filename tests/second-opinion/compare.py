# SPDX-License-Identifier: Apache-2.0
"""Asks the compiled table and the interpreter, and finds where they differ."""

import itertools
import json
import os
import re
import subprocess
import tempfile

import interpreter

ANSWERS = os.environ.get("POLICY_ANSWERS", "")


def _compiled(*arguments, **options):
    done = subprocess.run([ANSWERS, *map(str, arguments)], capture_output=True, timeout=600,
                          check=False, **options)
    if done.returncode not in (0, 2, 4):
        raise AssertionError(f"policy-answers {arguments}: exit {done.returncode}\n{done.stderr}")
    return done


def _decision(said):
    return interpreter.Decision(**said | {"obligations": frozenset(said["obligations"])})


def _with_choices(path, choices):
    return [path] if choices is None else ["--choices", choices, path]


def cells(path, choices=None):
    """Inputs with their values, and the decision of each combination, from the compiled table."""
    done = _compiled("--cells", *_with_choices(path, choices))
    table = json.loads(done.stdout)
    decisions = [_decision(said) for said in table["decisions"]]
    return dict(table["axes"]), itertools.chain.from_iterable(
        itertools.repeat(decisions[index], count) for count, index in table["runs"])


def differing_cells(policy, path, walk=False, choices=None):
    """The combinations that the two decide differently, and how many there are in all.

    walk: each is decided by walking the rules, as any request is, not by sets of rules.
    choices: the file of them that the policy was loaded with.
    """
    axes, compiled = cells(path, choices)
    combinations = interpreter.Combinations(policy)
    own = {axis: [str(value) for value in values] for axis, values in combinations.axes.items()}
    if axes != own or list(axes) != list(own):
        return [f"inputs {axes} against {own}"], 0
    deciding = (combinations.decisions() if not walk
                else (interpreter.decide(policy, values) for values in combinations.each()))
    differing, count = [], 0
    for values, said, thought in itertools.zip_longest(
            itertools.product(*axes.values()), compiled, deciding):
        count += 1
        if said != thought:
            differing.append(f"{values}: {said} against {thought}")
    return differing, count


def differing_answers(policy, path, requests):
    """The requests that the two answer differently, and how often each rule decided."""
    requests = list(requests)
    with tempfile.TemporaryFile() as lines:
        lines.writelines(line.encode() + b"\n" for line, _ in requests)
        lines.seek(0)
        answers = _compiled(path, stdin=lines).stdout.splitlines()
    if len(answers) != len(requests):
        raise AssertionError(f"{len(answers)} answers to {len(requests)} requests")
    differing, rules = [], {}
    for (line, stated), answer in zip(requests, answers):
        said, thought = _decision(json.loads(answer)), interpreter.decide(policy, stated)
        rules[thought.rule] = rules.get(thought.rule, 0) + 1
        if said != thought:
            differing.append(f"{line[:2000]}: {said} against {thought}")
    return differing, rules


def _loaded(data, choices):
    """What the interpreter makes of a file: a policy, or None; a class; what is wrong, or where."""
    try:
        return interpreter.load(data, choices), "total", ""
    except interpreter.Invalid as error:
        return None, "invalid", str(error)
    except interpreter.Unsafe as error:
        return None, "unsafe", error.named()


def _combination(text):
    """The combination that an error of the compiled side names, as the interpreter writes it."""
    found = (re.search(r"no rule decides (.*?) \(\d", text)
             or re.search(r"both decide (.*?) with equal", text))
    return found[1] if found else ""


def differing_load(data, folder, choices=None):
    """How the two differ about a file, in words; empty if they agree. And what it is.

    data: the policy's bytes; choices: those of a file of choices, if there is one.
    """
    policy, kind, why = _loaded(data, choices)
    path, choices_path = folder / "policy.yaml", None
    path.write_bytes(data)
    if choices is not None:
        choices_path = folder / "choices.yaml"
        choices_path.write_bytes(choices)
    done = _compiled("--cells", *_with_choices(path, choices_path))
    said = {0: "total", 2: "invalid", 4: "unsafe"}[done.returncode]
    told = done.stderr.decode(errors="replace").strip()
    if said != kind:
        return f"{said} ({told}) against {kind} ({why})", kind
    if kind == "unsafe" and _combination(told) != why:
        return f"{told} against {why}", kind
    if kind == "total":
        differing, _ = differing_cells(policy, path, choices=choices_path)
        return "\n".join(differing[:3]), kind
    return "", kind
