# SPDX-License-Identifier: Apache-2.0
"""Seeded requests and policies, good and bad, for two opinions to disagree about."""

import datetime
import hashlib
import json
import random
import re

import yaml
from interpreter import AUTHORITIES, AXES, BUILT_IN, INPUTS, OBLIGATIONS, OUTCOMES
from strict_yaml import day_of

DAYS = ["1970-01-01", "1900-01-01", "1899-12-31", "0001-01-01", "9999-12-31", "10000-01-01",
        "2025-12-25", "2025-12-26", "2025-12-27", "2024-02-29", "2025-02-29", "2000-02-29",
        "1900-02-29", "2096-02-29", "2025-13-01", "2025-00-10", "2025-12-32", "2025-12-2",
        "2025-12-26 ", " 2025-12-26", "20251226", "2025-W52-5", "26.12.2025", "today", "", "-1",
        "2025-12-26T00:00:00Z", "２０２５-12-26", "2025‐12‐26", "+2025-12-26", "2025-360"]
NO_OBJECT = ["", "{", "[]", "null", "1e999", '"category"', "{}}", "{'category': 'unknown'}",
             '{"category": "unknown", "category": "unknown"}', '{"category": "unknown",}',
             '{"category": unknown}', '{"category": "\x01"}', "\x00", "[" * 5000]


def _misspelt(draw, word):
    """A word that looks like it and is another."""
    at = draw.randrange(len(word) + 1)
    changed = draw.choice([
        word[:at] + word[at + 1:], word[:at] + "x" + word[at:], word[:at] + "-" + word[at:],
        word.upper(), word.title(), word + " ", " " + word, word + "\n", word + "\0", word + "\0x",
        "\ufeff" + word, word.replace("e", "é"), word.replace("a", "а"), word.replace("-", "_"),
        word + "s", word[::-1], word + word, f'"{word}"', word[:at]])
    return changed if changed != word else word + "~"


def _other_value(draw, policy, axis):
    """What may stand in place of a value of the axis: mostly none of them."""
    values = policy.values[axis]
    elsewhere = draw.choice(AXES)
    return draw.choice([
        lambda: _misspelt(draw, draw.choice(values)), lambda: "", lambda: "any",
        lambda: draw.choice(policy.values[elsewhere]), lambda: "known", lambda: "unset",
        lambda: "x" * draw.choice([63, 64, 65, 255, 256, 4096, 70000]),
        lambda: draw.choice(values) + "é" * draw.choice([1, 1000]), lambda: "日本",
        lambda: "𝔣𝔞𝔠𝔢", lambda: 0, lambda: 1, lambda: -1.5, lambda: True, lambda: None,
        lambda: [], lambda: [draw.choice(values)], lambda: {axis: draw.choice(values)}])()


def _any_day(draw, policy):
    if draw.random() < 0.1:
        return draw.choice(DAYS)
    first = policy.first_day.toordinal()
    near = [day.toordinal() for rule in policy.rules for day in (rule.first, rule.last)
            if datetime.date.min < day < datetime.date.max] or [first]
    day = draw.choice([lambda: draw.choice(near) + draw.randint(-2, 2),
                       lambda: first + draw.randint(-2, 2),
                       lambda: first + draw.randint(-40000, 40000),
                       lambda: draw.randint(1, datetime.date.max.toordinal())])()
    return datetime.date.fromordinal(max(1, min(day, datetime.date.max.toordinal()))).isoformat()


def _birthday(draw, day):
    """A birthday of somebody alive on that day, often near the day's own birthdays."""
    year, month_and_day = day_of(day).year if day_of(day) else 2026, day[4:]
    years = draw.randint(1, 110)
    near = day_of(f"{year - years:04}{month_and_day}") or datetime.date(2000, 2, 29)
    return (near + datetime.timedelta(days=draw.choice([-1, 0, 1, 40]))).isoformat()


def _spoil(draw, policy, stated):
    """Makes one thing of a request wrong, or at least different."""
    axis = draw.choice(AXES)
    what = draw.randrange(12)
    if what < 4:
        stated[axis] = _other_value(draw, policy, axis)
    elif what < 6:
        stated.pop(axis, None)
    elif what == 6:
        name = _misspelt(draw, draw.choice([*INPUTS, "born"])).replace("\0", "~")
        stated[name] = stated.get(axis, "")
    elif what == 7:
        other = draw.choice(AXES)
        stated[axis], stated[other] = stated.get(other, "any"), stated.get(axis, "any")
    elif what == 8:
        stated["date"] = draw.choice([*DAYS, 0, 20251226, None, [], {}, "x" * 5000])
    elif what == 9:
        stated.pop("date", None)
    elif what == 10:
        stated["born"] = draw.choice([*DAYS, 0, None, _any_day(draw, policy)])
    else:
        stated[draw.choice(["period", "rule", "verdict", "Category", "age", "", "x" * 300])] = "1"


def requests(policy, seed, count):
    """Pairs of a line and the inputs that it states: about half of them well-formed."""
    draw = random.Random(seed)
    for _ in range(count):
        if draw.random() < 0.01:
            yield draw.choice(NO_OBJECT), {}
            continue
        stated = {axis: draw.choice(policy.values[axis]) for axis in AXES}
        stated["date"] = _any_day(draw, policy)
        for axis in policy.defaults:
            if draw.random() < 0.2:
                del stated[axis]
        if policy.ages and draw.random() < 0.4:
            stated.pop("age-band", None)
            stated["born"] = _birthday(draw, stated["date"])
        for _ in range(draw.choice([0, 0, 0, 0, 1, 1, 2, 5])):
            _spoil(draw, policy, stated)
        items = list(stated.items())
        draw.shuffle(items)
        yield json.dumps(dict(items), ensure_ascii=draw.random() < 0.5), stated


def _words(draw, stem, most):
    return [f"{stem}{i}" for i in range(1, draw.randint(1, most) + 1)]


def _axes(draw):
    """Declared inputs, few values each, with groups and defaults here and there."""
    declared = {"category": _words(draw, "c", 3), "known-by": _words(draw, "k", 2),
                "direction": _words(draw, "d", 2), "environment": _words(draw, "e", 2),
                "modality": ["face", "other"][:draw.randint(1, 2)]}
    if draw.random() < 0.4:
        declared["age-band"] = _words(draw, "a", 3)
    if draw.random() < 0.3:
        declared["port"] = _words(draw, "p", 2)
    axes = [{"axis": axis, "values": values} for axis, values in declared.items()]
    for axis in ("mode", "purpose", "notice", "choice"):
        if draw.random() < 0.3:
            axes.append({"axis": axis})
            declared[axis] = INPUTS[axis]
    groups = {}
    for entry in axes:
        axis, values = entry["axis"], declared[entry["axis"]]
        if draw.random() < 0.4:
            group = f"some-{axis}"
            groups[axis] = [group]
            entry["groups"] = [{"group": group, "of": draw.sample(values,
                                                                   draw.randint(1, len(values)))}]
        if draw.random() < 0.4 and axis not in ("category", "known-by", "notice", "choice"):
            entry["default"] = draw.choice(values)
        if axis == "age-band" and draw.random() < 0.5:
            entry["ages"] = _ages(draw, values)
    draw.shuffle(axes)
    return axes, declared | {axis: INPUTS[axis] for axis in AXES if INPUTS[axis]}, groups


def _ages(draw, bands):
    ages, begun = [], 0
    for band in draw.sample(bands, len(bands)):
        entry = {"band": band, "from": begun}
        begun += draw.randint(2, 50)
        ages.append(entry | {"to": begun - 1})
    del ages[-1]["to"]
    if draw.random() < 0.5:
        del ages[0]["from"]
    return ages


def _day_between(draw):
    return datetime.date(2020, 1, 1) + datetime.timedelta(days=draw.choice([0, 31, 366, 800, 801]))


def _part(draw, values, groups):
    """Some of an input's values, by name or by group."""
    words = draw.sample(values, draw.randint(1, len(values)))
    return words + [draw.choice(groups)] if groups and draw.random() < 0.3 else words


def _refusal(draw):
    return {"verdict": "refuse", "outcome": draw.choice(OUTCOMES)}


def _capture(draw):
    return {"verdict": "allow", "authority": draw.choice(AUTHORITIES),
            "retention": draw.choice(["short", "long"])}


def _rule(draw, number, values, groups, priority, disputed):
    """A rule of any kind that keeps to what no file can change."""
    chosen = draw.sample(sorted(set(values) - {"notice", "choice"}), draw.choice([0, 1, 1, 2, 3]))
    when = {axis: _part(draw, values[axis], groups.get(axis)) for axis in chosen}
    kind = draw.choice([_capture(draw), _capture(draw), _refusal(draw),
                        {"verdict": "ask", "outcome": draw.choice(OUTCOMES)}])
    if kind["verdict"] == "allow":
        when["notice"] = ["current"]
        when["choice"] = (["consent"] if kind["authority"] == "consented"
                          else draw.choice([["none", "consent"], ["none"], ["consent", "none"]]))
    elif kind["verdict"] == "ask":
        when["choice"] = draw.choice([["none"], ["none", "consent"]])
        when["notice"] = draw.choice([["absent", "stale"], ["any"], ["stale"]])
    else:
        when["choice"] = _part(draw, values["choice"], groups.get("choice"))
        when["notice"] = draw.choice([["any"], ["current"], ["absent", "current"]])
    rule = {"id": f"r{number}", "text": f"Rule {number}.", "when": when, **kind,
            "basis": draw.choice(["statute", "regulation", "policy", "design"]),
            "sources": draw.sample(["s1", "s2"], draw.randint(1, 2)), "priority": priority}
    if draw.random() < 0.3:
        rule["from"] = _day_between(draw)
    if draw.random() < 0.3:
        rule["until"] = rule.get("from", _day_between(draw)) + datetime.timedelta(
            days=draw.randint(-1 if draw.random() < 0.1 else 0, 400))
    if draw.random() < 0.4:
        rule["obligations"] = draw.sample(OBLIGATIONS, draw.randint(1, 4))
    if draw.random() < disputed:
        required = {"verdict": "allow", "authority": "required-if-asked", "retention": "long"}
        rule["otherwise"] = required if draw.random() < 0.8 else draw.choice(
            [_refusal(draw), _capture(draw)])
    if draw.random() < 0.95:
        rule["disputes"] = ["q1"]
    return rule


def policy_file(draw, disputed=0.2):
    """A small policy as data: most are valid, many of these total.

    disputed: the share of rules with another reading.
    """
    axes, values, groups = _axes(draw)
    priorities = list(range(1, 12))
    draw.shuffle(priorities)
    rules = [_rule(draw, number, values, groups,
                   draw.choice([1, 2, priorities[number]]) if draw.random() < 0.1
                   else priorities[number], disputed)
             for number in range(draw.randint(0, 4))]
    everything = {axis: ["any"] for axis in AXES}
    rules.append({"id": "rest", "text": "All else.", "when": everything, **_refusal(draw),
                  "basis": "design", "sources": ["s1"], "disputes": ["q1"],
                  "priority": draw.choice([0, -1000, -1])})
    if draw.random() < 0.2:
        narrowed = draw.choice(["notice", "mode", "category"])
        rules[-1]["when"][narrowed] = _part(draw, values[narrowed], groups.get(narrowed))
    draw.shuffle(rules)
    file = {
        "policy": "small", "format": 1, "version": draw.randint(1, 99), "title": "A small policy",
        "from": datetime.date(2020, 1, 1), "choice-window": draw.choice(["0", "1.5s", "250ms"]),
        "texts": {key: key for key in ("notice-version", "notice", "withdraw", "complain",
                                       "disclaimer")},
        "axes": axes,
        "sources": [{"source": f"s{i}", "title": "t", "citation": "c",
                     "checked": datetime.date(2024, 5, 6),
                     "status": draw.choice(["seen", "recalled", "disputed"])} for i in (1, 2)],
        "disputes": [{"dispute": "q1", "question": "q", "readings": ["a", "b"], "taken": "a"}],
        "retention": [{"class": name, "matching": draw.choice(["12h", "0", "unstated", "none"]),
                       "identity": draw.choice(["75y", "none"]), "partner": "0",
                       "crossing": "14d"} for name in ("short", "long")],
        "rules": rules}
    if draw.random() < 0.5:
        file["unless-stated"] = {axis: _part(draw, values[axis], groups.get(axis))
                                 for axis in draw.sample(sorted(values), 2)
                                 if axis not in ("notice", "choice")}
    if draw.random() < 0.5:
        file["always"] = draw.sample(OBLIGATIONS, draw.randint(1, 3))
    if draw.random() < 0.05:
        file["retention"][0]["identity"] = "unset"
    if draw.random() < 0.2:
        file["texts"]["translations"] = [
            {"language": language, **{key: key for key in ("notice", "withdraw", "complain",
                                                           "disclaimer")}}
            for language in draw.sample(["es", "fr", "zh-Hant", "fil", "pt-BR"], draw.randint(1, 3))]
    if draw.random() < 0.3:
        has_ages = any("ages" in entry for entry in axes)
        file["expect"] = [_case(draw, number, values, rules, has_ages) for number in range(3)]
    return file


def _case(draw, number, values, rules, has_ages):
    """An expectation, true or not."""
    given = {axis: draw.choice(words) for axis, words in values.items() if draw.random() < 0.9}
    if draw.random() < 0.1:
        given["port"] = "any"
    if draw.random() < 0.04:
        given["category"] = "nobody"
    if draw.random() < (0.5 if has_ages else 0.03):
        given["born"] = _day_between(draw) - datetime.timedelta(days=draw.randint(-100, 40000))
        if draw.random() < 0.95:
            given.pop("age-band", None)
    return {"case": f"case-{number}", "given": given | {"date": _day_between(draw)},
            **draw.choice([{"verdict": "allow"}, _refusal(draw), {"verdict": "ask"}, {
                "verdict": "refuse" if draw.random() < 0.05 else "allow",
                "authority": draw.choice(AUTHORITIES)}]),
            "rule": draw.choice([rule["id"] for rule in rules]
                                + [f"built-in.{why}" for why in BUILT_IN])}


def _places(data, path=()):
    """The path to everything that a structure holds."""
    for key, value in (data.items() if isinstance(data, dict) else enumerate(data)):
        yield path + (key,)
        if isinstance(value, (dict, list)):
            yield from _places(value, path + (key,))


WORDS = ["any", "", "none", "0", "1", "-1", "face", "current", "consent", "allow", "refuse", "ask",
         "consented", "offered", "verified", "refer-no-match", "c1", "c9", "some-category", "s1",
         "s9", "q1", "short", "unset", "1.5", "0x10", "1e3", "+5", "007", "1_0", "~", "null",
         "true", "12h", "12", "14w", "-12h", "1.5y", "99999y", "2024-02-29", "2023-02-29",
         "1899-12-31", "9999-12-31", "2026-1-2", "1001", "-1001", "a b", "é", "x" * 200, "rest",
         "r1", "built-in.x", [], {}, ["any"], [[]], {"a": "b"}]


def spoil_file(draw, file):
    """Changes one part of a policy given as data."""
    places = list(_places(file))
    *way, last = draw.choice(places)
    holder = file
    for key in way:
        holder = holder[key]
    what = draw.randrange(4)
    if what == 0:
        del holder[last]
    elif what == 1 and isinstance(holder, list):
        holder.append(holder[last])
    elif what == 1:
        holder[_misspelt(draw, last)] = holder.pop(last)
    elif what == 2:
        *other_way, other = draw.choice(places)
        taken = file
        for key in [*other_way, other]:
            taken = taken[key]
        holder[last] = json.loads(json.dumps(taken, default=str))
    else:
        holder[last] = draw.choice(WORDS)


class _Writer(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True


def written_plainly(file, **style):
    """The text of a policy given as data."""
    return yaml.dump(file, Dumper=_Writer, sort_keys=False, allow_unicode=True, **style)


def written(draw, file):
    """The same in one of the ways to write YAML."""
    return written_plainly(file, default_flow_style=draw.choice([None, True, False]),
                           width=draw.choice([20, 80, 1000]))


def spoil_text(draw, text):
    """Changes the text of a policy where data cannot be changed."""
    lines = text.splitlines()
    at = draw.randrange(len(lines))
    line = lines[at]
    lines[at:at + 1] = draw.choice([
        [], [line, line], [line, "..."], ["---", line], ["# " + line], [line + " # x"],
        [" " + line], [line.replace(": ", ": &a ", 1)], [line.replace(": ", ": *a ", 1)],
        [line.replace(": ", ": !!str ", 1)], [re.sub(r": (?=[^[{])", ":", line, count=1)],
        [line.replace("'", '"')],
        [line + ","], [line[:len(line) // 2]], ["<<: {policy: x}", line], ["? " + line],
        [line.replace(": ", ": !x ", 1)], ["%YAML 1.2", line], [line + "\x07"], [line + "\ufffe"],
        [line.replace(": ", ": |\n  ", 1)]])
    return "\n".join(lines) + "\n"


def policy_text(seed):
    """One policy: whole, or with a part of it changed."""
    draw = random.Random(seed)
    file = policy_file(draw)
    kind = draw.random()
    if 0.5 < kind < 0.85:
        for _ in range(draw.choice([1, 1, 2])):
            spoil_file(draw, file)
    text = written(draw, file)
    return spoil_text(draw, text) if kind >= 0.85 else text


def choices_file(policy, data, rules=(), retention=()):
    """A file of choices for a policy, as data: rules by id, retention as CLASS.STORE."""
    chosen = ([{"rule": rule} for rule in rules]
              + [{"retention": store, "keep": "24h"} for store in retention])
    return {"choices": 1, "policy": policy.name, "version": policy.version,
            "policy-sha256": hashlib.sha256(data).hexdigest(),
            "chosen": [choice | {"reason": "It was decided so.", "by": "operator",
                                 "date": datetime.date(2026, 1, 15)} for choice in chosen],
            "operator": "ab" * 32, "signature": "cd" * 64}


def choices_text(draw, policy, data):
    """Choices for a policy: mostly what it leaves open, now and then something that is not."""
    rules = [rule.id for rule in policy.rules if rule.otherwise or draw.random() < 0.02]
    unset = sorted(policy.unset) + (["short.partner"] if draw.random() < 0.02 else [])
    some = draw.sample(rules, min(len(rules), draw.randint(1, 2)))
    file = choices_file(policy, data, some, unset)
    if draw.random() < 0.05:
        file["chosen"] += file["chosen"][:1]
    if draw.random() < 0.2:
        spoil_file(draw, file)
    text = written_plainly(file)
    return spoil_text(draw, text) if draw.random() < 0.1 else text
