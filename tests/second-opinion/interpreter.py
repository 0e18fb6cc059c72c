# SPDX-License-Identifier: Apache-2.0
"""A second opinion on policy files: reads and decides by docs/policy.md alone.

It shares no code and no table with the compiled one. Deciding a request walks the rules, one by
one; that is slow, and meant to be.
"""

import datetime
import hashlib
import itertools
import math
import re
from dataclasses import dataclass

import strict_yaml as strict
from strict_yaml import Invalid, listing, mapping, name, text

# The inputs in the order of docs/policy.md; None: the file's own values.
INPUTS = {
    "category": None, "known-by": None, "age-band": None, "direction": None, "environment": None,
    "port": None, "date": None, "mode": ["normal", "partial", "suspended"],
    "purpose": ["verify", "identify", "enrol"], "modality": None,
    "notice": ["absent", "stale", "current"], "choice": ["none", "consent", "decline", "withdraw"],
}
AXES = [axis for axis in INPUTS if axis != "date"]
OPTIONAL_INPUTS = ("age-band", "port")
REFUSED = ("decline", "withdraw")
NEVER_DEFAULT = ("category", "known-by", "notice", "choice")
STORES = ("matching", "identity", "partner", "crossing")
AUTHORITIES = ("consented", "offered", "required-if-asked")
OUTCOMES = ("refer-opted-out", "refer-exempt", "refer-no-consent", "refer-unknown-category",
            "refer-no-notice", "refer-withdrawn")
LATER_OUTCOMES = ("verified", "enrolled", "refer-no-match", "refer-not-captured",
                  "refer-uncalibrated", "refer-fault")
OBLIGATIONS = ("show-notice", "offer-opt-out", "give-receipt", "human-review",
               "partner-keeps-nothing", "no-sanction", "check-source")
BUILT_IN = ("missing-value", "unknown-value", "date-outside-policy")
PERIODS_MAX = 16
VALUES_MAX = 64
RULES_MAX = 1000
CASES_MAX = 1000
CLASSES_MAX = 255
TRANSLATIONS_MAX = 32
COMBINATIONS_MAX = 1 << 24


class Unsafe(Exception):
    """A readable policy that must not decide, and for what combination of inputs, if for one."""

    def __init__(self, problem, combination=None):
        self.problem = problem  # "none" or "several" rules decide; "unset"
        self.combination = combination
        super().__init__(f"{problem}: {combination}")

    def named(self):
        """The combination as a list of inputs and values."""
        return ", ".join(f"{'period' if axis == 'date' else axis} {value}"
                         for axis, value in (self.combination or {}).items())


@dataclass(frozen=True)
class Decision:
    """What a request is answered with; empty where it does not apply."""
    verdict: str
    rule: str
    authority: str = ""
    outcome: str = ""
    retention: str = ""
    obligations: frozenset = frozenset()


@dataclass
class Rule:
    """One rule; `when` holds the values of every input that it applies to."""
    id: str
    when: dict
    first: datetime.date
    last: datetime.date
    priority: int
    decision: Decision
    otherwise: Decision | None
    chosen: bool = False  # an operator took the other reading

    def decide(self, request):
        """What it says where it decides."""
        other_holds = self.chosen and self.may_hold(request["notice"], request["choice"])
        return self.otherwise if other_holds else self.decision

    def may_hold(self, notice, choice):
        """Whether the other reading stays within what no file can change."""
        other = self.otherwise
        return not (other.verdict == "allow" and notice != "current"
                    or other.verdict != "refuse" and choice in REFUSED
                    or other.authority == "consented" and choice != "consent")

    def is_open(self):
        """Whether there is another reading that could hold somewhere."""
        return self.otherwise is not None and any(
            self.may_hold(*place)
            for place in itertools.product(self.when["notice"], self.when["choice"]))

    def applies(self, request):
        """Whether it speaks of this request, which has a value for each input."""
        return (self.first <= request["date"] <= self.last
                and all(request[axis] in values for axis, values in self.when.items()))


@dataclass
class Policy:
    """A policy file as read."""
    name: str
    version: int
    first_day: datetime.date
    values: dict    # input -> its values in order
    defaults: dict  # input -> value
    ages: list      # (band, from, to or None) in order of age; may be empty
    always: frozenset
    rules: list
    classes: list   # of retention
    unset: set      # "CLASS.STORE" whose retention is still to be stated
    expect: list    # as written, to be checked once the rules are proved


def _retention_period(node):
    if text(node) in ("none", "unstated", "unset"):
        return node.value
    return strict.duration(node)


def _chosen_period(node):
    if text(node) == "none":
        return node.value
    return strict.duration(node)


def _first_day(node):
    day = strict.date(node)
    if day <= datetime.date(1970, 1, 1):
        raise Invalid(f"from {day}: before time begins")
    return day


def _rule_id(node):
    if name(node).startswith("built-in"):
        raise Invalid(f"{node.value}: built in")
    return node.value


_READING = {"verdict": strict.one_of("refuse", "ask", "allow")}
_READING_PARTS = {"authority": strict.one_of(*AUTHORITIES), "retention": name,
                  "outcome": strict.one_of(*OUTCOMES)}
_CONDITION = mapping({}, {axis: listing(text) for axis in AXES})
_GROUP = mapping({"group": name, "of": listing(name)})
_AGE = mapping({"band": name}, {"from": strict.whole(0, 150), "to": strict.whole(1, 150)})
_AXIS = mapping({"axis": strict.one_of(*AXES)},
                {"values": listing(name, most=VALUES_MAX), "groups": listing(_GROUP),
                 "default": name, "ages": listing(_AGE)})
_WORDING = dict.fromkeys(("notice", "withdraw", "complain", "disclaimer"), text)
_FILE = mapping({
    "policy": name, "format": strict.whole(1, 1), "version": strict.whole(1, 2**31 - 1),
    "title": text, "from": _first_day, "choice-window": strict.duration,
    "texts": mapping(_WORDING | {"notice-version": text}, {
        "notice-until": strict.date, "language": strict.language, "translations": listing(
            mapping(_WORDING | {"language": strict.language}), most=TRANSLATIONS_MAX)}),
    "axes": listing(_AXIS),
    "sources": listing(mapping({
        "source": name, "title": text, "citation": text, "checked": strict.date,
        "status": strict.one_of("seen", "recalled", "disputed")})),
    "retention": listing(mapping({"class": name, **{store: _retention_period for store in STORES}},
                                 {"note": text}), most=CLASSES_MAX),
    "rules": listing(mapping({
        "id": _rule_id, "text": text, "when": _CONDITION, **_READING,
        "basis": strict.one_of("statute", "regulation", "policy", "design"),
        "sources": listing(name)}, {
        **_READING_PARTS, "from": strict.date, "until": strict.date,
        "priority": strict.whole(-1000, 1000), "disputes": listing(name),
        "obligations": listing(strict.one_of(*OBLIGATIONS)),
        "otherwise": mapping(_READING, _READING_PARTS)}), most=RULES_MAX),
}, {
    "unless-stated": _CONDITION, "always": listing(strict.one_of(*OBLIGATIONS)),
    "disputes": listing(mapping({"dispute": name, "question": text,
                                 "readings": listing(text, least=2), "taken": text})),
    "expect": listing(mapping({
        "case": text, "given": mapping({"date": text}, dict.fromkeys([*AXES, "born"], text)),
        "verdict": text, "rule": text}, dict.fromkeys(("authority", "retention", "outcome"), text)),
        most=CASES_MAX),
})
_CHOICES = mapping({
    "choices": strict.whole(1, 1), "policy": name, "version": strict.whole(1, 2**31 - 1),
    "policy-sha256": strict.hexadecimal(32),
    "chosen": listing(mapping({"reason": strict.line(400), "by": name, "date": strict.date},
                              {"rule": name, "retention": text,
                               "keep": _chosen_period})),
    "operator": strict.hexadecimal(32), "signature": strict.hexadecimal(64)})


def _unique(words, what):
    if len(set(words)) != len(words):
        raise Invalid(f"{what} doubled in {words}")
    return words


def _read_axis(axis, entry):
    """The values and the groups of one declared input."""
    fixed = INPUTS[axis]
    if fixed and "values" in entry or not fixed and "values" not in entry:
        raise Invalid(f"{axis}: values are {'fixed' if fixed else 'missing'}")
    values = _unique(fixed or entry["values"], axis)
    if "default" in entry and (axis in NEVER_DEFAULT or entry["default"] not in values):
        raise Invalid(f"{axis}: default {entry['default']}")
    groups = {group["group"]: group["of"] for group in entry.get("groups", [])}
    _unique([group["group"] for group in entry.get("groups", [])] + values + ["any"], axis)
    for group, members in groups.items():
        if not set(members) <= set(values):
            raise Invalid(f"{axis}: group {group} of unknown values")
    return values, groups


def _read_ages(entry, values):
    """Bands in order of age: all of them, from 0 on, without gap or overlap."""
    bands = [(age["band"], age.get("from", 0), age.get("to")) for age in entry]
    if sorted(band for band, _, _ in bands) != sorted(values):
        raise Invalid("ages: not the values of age-band")
    expected = 0
    for band, low, high in bands:
        if expected is None or low != expected or high is not None and high < low:
            raise Invalid(f"ages: gap or overlap at {band}")
        expected = None if high is None else high + 1
    if expected is not None:
        raise Invalid("ages: the last band ends")
    return bands


class _Reader:
    """Gives meaning to a file's parts: what its words refer to, and what may not be said."""

    def __init__(self, file):
        self.values, self.groups, self.defaults, self.ages = {}, {}, {}, []
        for entry in file["axes"]:
            axis = entry["axis"]
            if axis in self.values:
                raise Invalid(f"{axis} twice")
            self.values[axis], self.groups[axis] = _read_axis(axis, entry)
            if "default" in entry:
                self.defaults[axis] = entry["default"]
            if "ages" in entry:
                if axis != "age-band":
                    raise Invalid(f"{axis}: ages")
                self.ages = _read_ages(entry["ages"], self.values[axis])
        for axis in AXES:
            if axis not in self.values:
                if not INPUTS[axis] and axis not in OPTIONAL_INPUTS:
                    raise Invalid(f"{axis} is missing")
                self.values[axis], self.groups[axis] = INPUTS[axis] or ["any"], {}
                if not INPUTS[axis]:
                    self.defaults[axis] = "any"
        if "face" not in self.values["modality"]:
            raise Invalid("modality without face")
        self.always = frozenset(file.get("always", []))
        self.disputed = {source["source"] for source in file["sources"]
                         if source["status"] == "disputed"}
        self.unless_stated = self.condition(file.get("unless-stated", {}))
        self.ids = {key: _unique([entry[kind] for entry in file.get(key, [])], key)
                    for key, kind in (("sources", "source"), ("disputes", "dispute"),
                                      ("retention", "class"), ("rules", "id"))}
        if "nothing" in self.ids["retention"]:
            raise Invalid("retention class 'nothing' is built in")

    def condition(self, stated):
        """Input -> set of values, with groups and `any` put into values."""
        result = {}
        for axis, words in stated.items():
            result[axis] = set()
            for word in words:
                if word == "any":
                    result[axis] |= set(self.values[axis])
                elif word in self.groups[axis]:
                    result[axis] |= set(self.groups[axis][word])
                elif word in self.values[axis]:
                    result[axis].add(word)
                else:
                    raise Invalid(f"{axis}: unknown value {word}")
        return result

    def reading(self, entry):
        """How intrusive a verdict is, once its parts are those that belong to it."""
        allows = entry["verdict"] == "allow"
        for key, wanted in (("authority", allows), ("retention", allows), ("outcome", not allows)):
            if (key in entry) != wanted:
                raise Invalid(f"{entry}: {key} with {entry['verdict']}")
        if allows and entry["retention"] not in self.ids["retention"]:
            raise Invalid(f"unknown retention {entry['retention']}")
        return ("refuse", "ask", *AUTHORITIES).index(entry["authority"] if allows
                                                     else entry["verdict"])

    def rule(self, entry):
        """One rule, with what it leaves to `unless-stated` written out."""
        for key in ("sources", "disputes"):
            if not set(entry.get(key, [])) <= set(self.ids[key]):
                raise Invalid(f"{entry['id']}: unknown {key}")
        taken = self.reading(entry)
        if "otherwise" in entry and self.reading(entry["otherwise"]) < taken:
            raise Invalid(f"{entry['id']}: otherwise is the less intrusive reading")
        disputed = "otherwise" in entry or self.disputed & set(entry["sources"])
        if disputed and "disputes" not in entry:
            raise Invalid(f"{entry['id']}: disputed, and names no dispute")
        when = {axis: set(values) for axis, values in self.values.items()}
        when |= self.unless_stated | self.condition(entry["when"])
        self.safe(entry, when)
        first = entry.get("from", datetime.date.min)
        last = entry.get("until", datetime.date.max)
        if first > last:
            raise Invalid(f"{entry['id']}: ends before it begins")
        obligations = self.always | set(entry.get("obligations", []))
        taken, other = (reading and Decision(
            reading["verdict"], entry["id"], reading.get("authority", ""),
            reading.get("outcome", ""), reading.get("retention", ""), obligations)
            for reading in (entry, entry.get("otherwise")))
        return Rule(entry["id"], when, first, last, entry.get("priority", 0), taken, other)

    @staticmethod
    def safe(entry, when):
        """What no file can change."""
        if entry["verdict"] == "allow" and when["notice"] != {"current"}:
            raise Invalid(f"{entry['id']}: captures without a current notice")
        if entry["verdict"] != "refuse" and when["choice"] & set(REFUSED):
            raise Invalid(f"{entry['id']}: does not refuse who declined or withdrew")
        if entry.get("authority") == "consented" and when["choice"] != {"consent"}:
            raise Invalid(f"{entry['id']}: consented without consent")


def _check_case(policy, case):
    """A case speaks of values, rules and classes that there are."""
    given, allows = case["given"], case["verdict"] == "allow"
    known = {"case": [case["case"]] if strict.is_name(case["case"]) else [],
             "verdict": ["refuse", "ask", "allow"],
             "rule": [rule.id for rule in policy.rules] + [f"built-in.{why}" for why in BUILT_IN],
             "authority": AUTHORITIES if allows else [],
             "outcome": [] if allows else [*OUTCOMES, *LATER_OUTCOMES],
             "retention": [*policy.classes, "nothing"]}
    for key, words in known.items():
        if key in case and case[key] not in words:
            raise Invalid(f"{case['case']}: {key} {case[key]}")
    if not all(strict.day_of(given[key]) for key in ("date", "born") if key in given):
        raise Invalid(f"{case['case']}: no date")
    if "born" in given and ("age-band" in given or not policy.ages):
        raise Invalid(f"{case['case']}: born beside an age band, or without ages")
    for axis in policy.values:
        if (axis in given and case["rule"] != "built-in.unknown-value"
                and given[axis] not in policy.values[axis]):
            raise Invalid(f"{case['case']}: unknown value of {axis}")


def read(data):
    """A policy from the bytes of a file, not yet proved total. Raises Invalid."""
    file = _FILE(strict.document(data))
    _unique([file["texts"].get("language", "en")]
            + [entry["language"] for entry in file["texts"].get("translations", [])], "language")
    reader = _Reader(file)
    unset = {f"{entry['class']}.{store}" for entry in file["retention"] for store in STORES
             if entry[store] == "unset"}
    policy = Policy(file["policy"], file["version"], file["from"], reader.values, reader.defaults,
                    reader.ages, reader.always, [reader.rule(entry) for entry in file["rules"]],
                    reader.ids["retention"], unset, file.get("expect", []))
    if len(periods(policy)) > PERIODS_MAX:
        raise Invalid(f"more than {PERIODS_MAX} periods")
    if math.prod(map(len, policy.values.values())) * len(periods(policy)) > COMBINATIONS_MAX:
        raise Invalid(f"more than {COMBINATIONS_MAX} combinations")
    return policy


def load(data, choices=None):
    """A policy that may decide; choices: the bytes of such a file. Raises Invalid or Unsafe."""
    policy = read(data)
    if choices is not None:
        file = _CHOICES(strict.document(choices))
        if not re.search(rb"\nsignature: [0-9a-f]{128}\n?$", choices):
            raise Invalid("the signature is not the last line")
        _apply(policy, hashlib.sha256(data).hexdigest(), file)
    prove(policy)
    _unique([case["case"] for case in policy.expect], "cases")
    for case in policy.expect:
        _check_case(policy, case)
    if policy.unset:
        raise Unsafe("unset")
    return policy


def _apply(policy, digest, file):
    """Takes what an operator chose for this very policy; the signature is not looked at."""
    for choice in file["chosen"]:
        if set(choice) - {"reason", "by", "date"} not in ({"rule"}, {"retention", "keep"}):
            raise Invalid(f"{choice}: neither a rule nor a retention and what to keep")
    for key in ("rule", "retention"):
        _unique([choice[key] for choice in file["chosen"] if key in choice], key)
    if (file["policy"], file["version"], file["policy-sha256"]) != (
            policy.name, policy.version, digest):
        raise Unsafe("choices of another policy")
    rules = {rule.id: rule for rule in policy.rules}
    for choice in file["chosen"]:
        if "retention" in choice:
            if choice["retention"] not in policy.unset:
                raise Invalid(f"{choice}: not unset")
            policy.unset.remove(choice["retention"])
            continue
        rule = rules.get(choice["rule"])
        if rule is None or not rule.is_open():
            raise Invalid(f"{choice}: no rule with another reading that could hold")
        rule.chosen = True


def _builtin(policy, why):
    return Decision("refuse", f"built-in.{why}", outcome="refer-unknown-category",
                    obligations=policy.always)


def _age_on(born, day):
    """Whole years; who is born on 29 February has the birthday on 1 March in other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _band_of(policy, born, day):
    """The value of age-band, or None: not a date, not yet born, or the file states no ages."""
    if not born or not day or born > day or not policy.ages:
        return None
    return next(band for band, _, last in policy.ages
                if last is None or _age_on(born, day) <= last)


def _day(stated, key):
    """A date of a request: read already, or as text; None where it is neither."""
    value = stated.get(key)
    if isinstance(value, str):
        return strict.day_of(value)
    return value if isinstance(value, datetime.date) else None


def complete(policy, stated):
    """The value of each input, or None and the word that says why there are none."""
    if not set(stated) <= {*INPUTS, "born"}:
        return None, "unknown-value"
    day = _day(stated, "date")
    request = {"date": day}
    for axis in INPUTS:
        if axis == "date":
            if day is None or day < policy.first_day:
                return None, "date-outside-policy"
            continue
        value = stated.get(axis, policy.defaults.get(axis))
        if axis == "age-band" and "born" in stated:
            value = None if axis in stated else _band_of(policy, _day(stated, "born"), day)
            if value is None:
                return None, "unknown-value"
        if value is None and axis not in stated:
            return None, "missing-value"
        if value not in policy.values[axis]:
            return None, "unknown-value"
        request[axis] = value
    return request, ""


def decide(policy, stated):
    """Decides inputs by name, `date` and `born` among them; what is no text is no value."""
    request, why = complete(policy, stated)
    if request is None:
        return _builtin(policy, why)
    applying = [rule for rule in policy.rules if rule.applies(request)]
    highest = max(rule.priority for rule in applying)
    (decisive,) = [rule for rule in applying if rule.priority == highest]
    return decisive.decide(request)


def periods(policy):
    """The first day of each stretch of time in which the same rules are in force."""
    days = {policy.first_day}
    for rule in policy.rules:
        days.add(rule.first)
        if rule.last < datetime.date.max:
            days.add(rule.last + datetime.timedelta(days=1))
    return sorted(day for day in days if day >= policy.first_day)


class Combinations:
    """Every combination of the inputs, in the order of INPUTS; a date is the first of its period.

    Per value it knows which rules accept it, as a set of bits; the rules that apply to a
    combination are what the sets of its values have in common.
    """

    def __init__(self, policy):
        self.policy = policy
        self.axes = {axis: periods(policy) if axis == "date" else policy.values[axis]
                     for axis in INPUTS}
        self.accepting = []
        for axis, values in self.axes.items():
            self.accepting.append([
                sum(1 << bit for bit, rule in enumerate(policy.rules)
                    if (rule.first <= value <= rule.last if axis == "date"
                        else value in rule.when[axis]))
                for value in values])
        self.deciding = {}

    def decisive(self, applying):
        """Which of the rules in a set of bits decide: the number of one, if all is well."""
        if applying not in self.deciding:
            rules = [bit for bit in range(len(self.policy.rules)) if applying >> bit & 1]
            highest = max((self.policy.rules[bit].priority for bit in rules), default=0)
            self.deciding[applying] = tuple(
                bit for bit in rules if self.policy.rules[bit].priority == highest)
        return self.deciding[applying]

    def each(self):
        """Each combination in order, input by input."""
        for values in itertools.product(*self.axes.values()):
            yield dict(zip(self.axes, values))

    def all(self, fixed=None):
        """The deciding rules of each combination in order; `fixed` holds inputs to one value."""
        fixed = fixed or {}
        applying = [-1]
        for axis, accepting in zip(self.axes, self.accepting):
            if axis in fixed:
                accepting = [accepting[self.axes[axis].index(fixed[axis])]]
            applying = [rules & more for rules in applying for more in accepting]
        return map(self.decisive, applying)

    def decisions(self):
        """The decision of each combination in order; None where there is not one rule."""
        for values, rules in zip(itertools.product(*self.axes.values()), self.all()):
            rule = self.policy.rules[rules[0]] if len(rules) == 1 else None
            yield rule and (rule.decide(dict(zip(self.axes, values))) if rule.chosen
                            else rule.decision)

    def smallest(self, wrong):
        """The first combination that is wrong, without the inputs that make no difference to it.

        They are left out one by one, the last input first.
        """
        combination = next(values for values, rules in zip(self.each(), self.all())
                           if wrong(rules))
        for axis in reversed(self.axes):
            value = combination.pop(axis)
            if not all(map(wrong, self.all(combination))):
                combination[axis] = value
        if "date" in combination:
            combination["date"] = self.period(combination["date"])
        return {axis: combination[axis] for axis in self.axes if axis in combination}

    def period(self, first):
        """How a period is called: by its first and its last day."""
        later = [day for day in self.axes["date"] if day > first]
        last = min(later) - datetime.timedelta(days=1) if later else None
        return f"{first}..{last}" if last else f"from {first}"


def prove(policy):
    """Each combination has one deciding rule, or Unsafe; each rule decides one, or Invalid."""
    combinations = Combinations(policy)
    decisive = set(combinations.all())
    if () in decisive:
        raise Unsafe("none", combinations.smallest(lambda rules: not rules))
    if any(len(rules) > 1 for rules in decisive):
        # Two are named, so what is left out makes no difference to these two.
        both = set(next(rules for rules in combinations.all() if len(rules) > 1)[:2])
        raise Unsafe("several", combinations.smallest(both.issubset))
    used = {rules[0] for rules in decisive}
    for bit, rule in enumerate(policy.rules):
        if bit not in used:
            raise Invalid(f"{rule.id} can never decide")

