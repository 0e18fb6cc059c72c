# SPDX-License-Identifier: Apache-2.0
"""The compiled table and the interpreter agree: on every cell, on requests of any kind, on files.

--long asks ten times as much, and decides every cell by walking the rules.
"""

import copy
import dataclasses
import datetime
import os
import random
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
import compare  # noqa: E402
import edges  # noqa: E402
import generate  # noqa: E402
import interpreter  # noqa: E402
import tap  # noqa: E402

LONG = "--long" in sys.argv
REQUESTS = 1_000_000 if LONG else 100_000
REQUESTS_AT_ONCE = 10_000
FILES = 3000 if LONG else 300
WALKED = 2000
PROFILES = sorted(Path(os.environ["POLICIES"]).glob("*.yaml"))


def loaded(path):
    return interpreter.load(path.read_bytes())


def profiles(folder):
    """Each shipped profile that decides: as it is, or with what is unset set here."""
    for path in PROFILES:
        policy = interpreter.read(path.read_bytes())
        if policy.unset:
            text = path.read_text(encoding="utf-8")
            path = folder / path.name
            path.write_text(text.replace(": unset", ": 12h"), encoding="utf-8")
        yield path, loaded(path)


def none(differing):
    """An error that shows the first few of what differs."""
    assert not differing, "\n".join([f"{len(differing)} differ", *differing[:5]])


def test_every_cell_of_every_profile(folder):
    for path, policy in profiles(folder):
        differing, count = compare.differing_cells(policy, path, walk=LONG)
        none(differing)
        print(f"# {path.stem}: {count} combinations", flush=True)


def test_sets_of_rules_decide_as_walking_the_rules_does(folder):
    for _, policy in profiles(folder):
        combinations = interpreter.Combinations(policy)
        draw = random.Random(4)
        for _ in range(WALKED):
            values = {axis: draw.choice(some) for axis, some in combinations.axes.items()}
            ((rule,),) = combinations.all(values)
            assert policy.rules[rule].decision == interpreter.decide(policy, values), values


def test_random_and_malformed_requests(folder):
    decided = Counter()
    several = list(profiles(folder))
    for number in range(REQUESTS // REQUESTS_AT_ONCE):
        path, policy = several[number % len(several)]
        differing, rules = compare.differing_answers(
            policy, path, generate.requests(policy, number, REQUESTS_AT_ONCE))
        none(differing)
        decided.update(rules)
    built_in = {rule: count for rule, count in decided.items() if rule.startswith("built-in.")}
    print(f"# {sum(decided.values())} requests, {len(decided)} rules decided some; {built_in}")
    assert len(built_in) == 3 and sum(built_in.values()) < 0.8 * sum(decided.values())


def test_generated_files_are_taken_or_refused_alike(folder):
    kinds = Counter()
    for seed in range(FILES):
        data = generate.policy_text(seed).encode()
        difference, kind = compare.differing_load(data, folder)
        assert not difference, f"seed {seed}: {difference}\n{data.decode()}"
        kinds[kind] += 1
    print(f"# {dict(kinds)}")
    assert len(kinds) == 3 and min(kinds.values()) > FILES // 50, kinds


def test_generated_choices_are_taken_or_refused_alike(folder):
    kinds = Counter()
    for seed in range(FILES):
        draw = random.Random(seed)
        data = generate.written_plainly(generate.policy_file(draw, disputed=0.8)).encode()
        try:
            policy = interpreter.read(data)
            interpreter.prove(policy)
        except (interpreter.Invalid, interpreter.Unsafe):
            continue
        choices = generate.choices_text(draw, policy, data).encode()
        difference, kind = compare.differing_load(data, folder, choices)
        assert not difference, f"seed {seed}: {difference}\n{data.decode()}\n{choices.decode()}"
        kinds[kind] += 1
    print(f"# {dict(kinds)}")
    assert kinds["invalid"] and kinds["total"] > FILES // 20, kinds


def test_each_disputed_reading_that_a_profile_does_not_take(folder):
    for path in PROFILES:
        data = path.read_bytes()
        policy = interpreter.read(data)
        able = [rule.id for rule in policy.rules if rule.is_open()]
        others = [rule.id for rule in policy.rules if rule.otherwise and not rule.is_open()]
        for chosen in [able, *([rule] for rule in others + (able if LONG else []))]:
            choices = generate.choices_file(policy, data, chosen, sorted(policy.unset))
            difference, kind = compare.differing_load(
                data, folder, generate.written_plainly(choices).encode())
            assert not difference, f"{path.stem} {chosen}: {difference}"
            assert kind == ("total" if chosen and chosen[0] in able else "invalid"), (chosen, kind)
        print(f"# {path.stem}: {len(able)} other readings chosen, {len(others)} cannot be")


def test_files_at_every_limit_are_taken_or_refused_alike(folder):
    kinds = Counter()
    for data in edges.files():
        difference, kind = compare.differing_load(data, folder)
        assert not difference, f"{difference[:1000]}\n{data[:4000]!r}"
        kinds[kind] += 1
    print(f"# {dict(kinds)}")
    assert len(kinds) == 3 and kinds["total"] > 50, kinds


def test_what_profiles_expect_of_themselves(folder):
    for path, policy in profiles(folder):
        for case in policy.expect:
            said = dataclasses.asdict(interpreter.decide(policy, case["given"]))
            said["retention"] = said["retention"] or "nothing"
            for part in ("verdict", "rule", "authority", "outcome", "retention"):
                assert said[part] == case.get(part, said[part]), (path, case, said)


def test_a_profile_with_unset_retention_decides_nothing(folder):
    unset = [path for path in PROFILES if interpreter.read(path.read_bytes()).unset]
    for path in unset:
        difference, kind = compare.differing_load(path.read_bytes(), folder)
        assert (difference, kind) == ("", "unsafe"), (path, difference)


def changed_rules(rule, policy):
    """One rule with one thing of it changed, each in turn."""
    said = rule.decision
    yield dataclasses.replace(rule, decision=dataclasses.replace(said, rule="another"))
    yield dataclasses.replace(rule, decision=dataclasses.replace(
        said, obligations=said.obligations ^ {"check-source"}))
    part = "retention" if said.verdict == "allow" else "outcome"
    yield dataclasses.replace(rule, decision=dataclasses.replace(said, **{part: "another"}))
    if rule.first > policy.first_day:
        yield dataclasses.replace(rule, first=rule.first + datetime.timedelta(days=1))
    for axis, values in rule.when.items():
        if len(values) > 1:
            yield dataclasses.replace(rule, when=rule.when | {axis: values - {min(values)}})


def test_any_change_of_a_rule_in_one_of_them_is_found(_folder):
    path = next(path for path in PROFILES if path.stem == "us-tsa-checkpoint")
    policy, count = loaded(path), 0
    for number, rule in enumerate(policy.rules):
        for changed in changed_rules(rule, policy):
            other = copy.copy(policy)
            other.rules = policy.rules[:number] + [changed] + policy.rules[number + 1:]
            assert compare.differing_cells(other, path)[0], f"{rule} against {changed}"
            count += 1
    print(f"# {count} changes found")


def test_a_changed_word_in_the_file_of_one_of_them_is_found(folder):
    path = next(path for path in PROFILES if path.stem == "us-border")
    text, policy = path.read_text(encoding="utf-8"), loaded(path)
    other = folder / path.name
    for old, new in (("authority: offered", "authority: required-if-asked"),
                     ("    outcome: refer-withdrawn", "    outcome: refer-opted-out"),
                     ("    default: other", "    default: pilot")):
        assert old in text, old
        other.write_text(text.replace(old, new, 1), encoding="utf-8")
        cells, _ = compare.differing_cells(policy, other)
        answers, _ = compare.differing_answers(policy, other, generate.requests(policy, 1, 5000))
        assert answers and (cells or "default" in old), (old, len(cells), len(answers))


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
