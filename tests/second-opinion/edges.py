# SPDX-License-Identifier: Apache-2.0
"""Policy files at the limits of docs/policy.md, on either side of them."""

import copy

from generate import written_plainly
from interpreter import AXES

DAYS = ["1970-01-01", "1970-01-02", "1899-12-31", "9999-12-31", "2020-1-1", "2020-02-30",
        " 2020-01-01", "2020-01-01T00:00"]
DURATIONS = ["12min", "1.5h", "1.h", ".5h", "1e3s", "5", "0s", "00", "0.0", "12H", "-1h", "1 h",
             "1d12h", "75y", "291y", "292y", "999y", "9999999999999999999h", "0.0000000001s",
             "1w", "1us", "none", "unstated", "unset", "+1h", "1.5.5h", "1,5h", "٣h"]
NUMBERS = ["1", "1.0", "0x1", "+1", "007", "0", "-0", "-1", "1000", "1001", "-1000", "-1001",
           "2147483647", "2147483648", " 3", "1_0", "1e1", "", "٣"]
NAMES = ["any", "unset", "nothing", "built-in", "built-in.x", "-", "-a", ".", "a..b", "a.", "7",
         "é", "a b", "x" * 64, "x" * 65, "", "null"]
TEXTS = ["", "x" * 4000, "x" * 4001, "é" * 2001, None, True, ["x"], "a\nb"]
LANGUAGES = ["es", "en", "xx", "sh", "ES", "eng", "spanish", "zh-Hant", "zh-hant", "zh-Hant-TW", "zh-TW",
             "zh-tw", "es-419", "es-41", "es-", "-es", "es-Latn-", "es-ES-Latn", "e", "a1", "", "es_ES",
             "es\n", "de-1901", "es-ES-valencia"]
WORDING = {key: "x" for key in ("notice", "withdraw", "complain", "disclaimer")}
ONCE_AND_TWICE = [[], ["a"], ["a", "a"], ["b", "a", "any"], ["any"], ["g"], [["a"]]]
CHANGES = {
    ("title",): TEXTS, ("texts", "notice"): TEXTS, ("rules", 0, "text"): TEXTS,
    ("retention", 0, "note"): TEXTS, ("policy",): NAMES, ("rules", 1, "id"): NAMES,
    ("sources", 1, "source"): NAMES, ("retention", 1, "class"): NAMES,
    ("axes", 0, "values", 1): NAMES, ("axes", 0, "groups", 0, "group"): [*NAMES, "a"],
    ("disputes", 0, "dispute"): NAMES, ("from",): DAYS, ("rules", 0, "from"): DAYS,
    ("rules", 0, "until"): DAYS, ("sources", 0, "checked"): DAYS, ("texts", "notice-until"): DAYS,
    ("texts", "language"): LANGUAGES, ("texts", "translations"): [
        [], [{"language": "es"}], [WORDING], [WORDING | {"language": "es", "notice-until": "2030-01-01"}],
        [WORDING | {"language": "es", "notice": ""}],
        *([WORDING | {"language": language}] for language in LANGUAGES),
        *([WORDING | {"language": "es"}, WORDING | {"language": other}] for other in ("es", "fr")),
        *([WORDING | {"language": f"a{chr(97 + i % 26)}{chr(97 + i // 26)}"} for i in range(size)]
          for size in (32, 33))],
    ("choice-window",): DURATIONS, ("retention", 0, "matching"): DURATIONS,
    ("retention", 1, "matching"): DURATIONS, ("version",): NUMBERS, ("format",): NUMBERS,
    ("rules", 0, "priority"): NUMBERS, ("rules", 0, "when", "category"): ONCE_AND_TWICE,
    ("axes", 0, "groups", 0, "of"): ONCE_AND_TWICE,
    ("axes", 0, "groups"): [[], [{"group": "g", "of": ["a"]}] * 2,
                            [{"group": "g", "of": ["a"]}, {"group": "h", "of": ["g"]}]],
    ("axes", 0, "values"): [[], ["a", "a"], ["a"] + [f"v{i}" for i in range(63)],
                            ["a"] + [f"v{i}" for i in range(64)]],
    ("rules", 0, "obligations"): [[], ["check-source"], ["check-source"] * 2],
    ("rules", 0, "disputes"): [[], ["q1"], ["q1"] * 2, ["q2"]],
    ("rules", 0, "sources"): [[], ["s1"], ["s1"] * 2, ["s3"], ["s2"]],
    ("rules", 0, "when"): [{}, {"port": ["any"]}, {"port": ["x"]}],
    ("unless-stated",): [{}, {"port": ["any"]}, {"category": ["any"]}, {"period": ["any"]}],
    ("always",): [[], ["check-source"] * 2, ["any"]], ("disputes",): [[]], ("expect",): [[]],
    ("disputes", 0, "readings"): [["a"], ["a", "a"], ["a", "b", "c"]],
    ("axes", 0, "default"): ["a"], ("axes", 2, "default"): ["d", "any", "x"],
    ("axes", 5): [
        {"axis": "mode"}, {"axis": "mode", "values": ["normal"]}, {"axis": "mode", "values": []},
        {"axis": "mode", "default": "normal"}, {"axis": "notice", "default": "current"},
        {"axis": "choice", "default": "none"}, {"axis": "purpose", "default": "verify"},
        {"axis": "date", "values": ["x"]}, {"axis": "period", "values": ["x"]},
        {"axis": "category", "values": ["x"]}, {"axis": "port", "values": ["p"]},
        {"axis": "mode", "ages": [{"band": "normal"}]}, {"axis": "age-band"}],
}
YOUNG, OLD = {"band": "y", "to": 9}, {"band": "o", "from": 10}
AGES = [[YOUNG, OLD], [OLD, YOUNG], [{"band": "o", "to": 9}, {"band": "y", "from": 10}],
        [YOUNG, {"band": "o"}], [YOUNG, OLD | {"to": 150}], [YOUNG], [YOUNG, OLD, YOUNG], [],
        [{"band": "y", "to": 150}, {"band": "o", "from": 151}], [YOUNG, {"band": "z", "from": 10}],
        [{"band": "y", "to": 149}, {"band": "o", "from": 150}], [YOUNG | {"from": 1}, OLD],
        [YOUNG | {"from": 0}, OLD], [YOUNG, OLD | {"from": 9}], [YOUNG, OLD | {"from": 11}],
        [{"band": "y", "to": 0}, {"band": "o", "from": 1}]]
REFUSE = {"verdict": "refuse", "outcome": "refer-exempt"}
READINGS = [REFUSE, REFUSE | {"verdict": "ask"}, REFUSE | {"outcome": "refer-no-match"},
            REFUSE | {"authority": "offered"}, REFUSE | {"retention": "short"}, {"verdict": "ask"},
            *({"verdict": "allow", "authority": authority, "retention": "short"}
              for authority in ("consented", "offered", "required-if-asked", "none")),
            {"verdict": "allow", "authority": "offered", "retention": "nothing"}]
CASES = [{}, {"outcome": "refer-exempt"}, {"outcome": "verified"}, {"outcome": "unset"},
         {"authority": "offered"}, {"verdict": "allow", "authority": "offered"},
         {"verdict": "allow", "authority": "none"}, {"retention": "nothing"},
         {"retention": "short"}, {"retention": "x"}, {"rule": "x"}, {"rule": "built-in.not-placed"},
         {"verdict": "allow", "outcome": "refer-exempt"}, {"given": {}}]
GIVEN = [{"port": "any"}, {"category": "c"}, {"mode": "any"}, {"mode": "é x"}, {"period": "x"},
         {"born": "2000-01-01"}, {"born": "2000-01-01", "age-band": "any"}, {"date": "1950-01-01"}]


def _whole():
    rule = {"text": "t", "basis": "design", "sources": ["s1"]}
    return {
        "policy": "small", "format": 1, "version": 3, "title": "t", "from": "2020-01-01",
        "choice-window": "1s",
        "texts": {key: "x" for key in ("notice-version", "notice", "withdraw", "complain",
                                       "disclaimer")},
        "axes": [{"axis": "category", "values": ["a", "b"],
                  "groups": [{"group": "g", "of": ["b"]}]},
                 {"axis": "known-by", "values": ["k"]}, {"axis": "direction", "values": ["d"]},
                 {"axis": "environment", "values": ["e"]}, {"axis": "modality", "values": ["face"]},
                 {"axis": "mode"}],
        "sources": [{"source": source, "title": "t", "citation": "c", "checked": "2024-01-01",
                     "status": status} for source, status in (("s1", "seen"), ("s2", "disputed"))],
        "disputes": [{"dispute": "q1", "question": "q", "readings": ["a", "b"], "taken": "a"}],
        "retention": [{"class": name, "matching": "12h", "identity": "0", "partner": "none",
                       "crossing": "unstated"} for name in ("short", "long")],
        "rules": [rule | {"id": "yes", "priority": 1, "verdict": "allow", "authority": "consented",
                          "retention": "short", "when": {"category": ["a"], "notice": ["current"],
                                                         "choice": ["consent"]}},
                  rule | {"id": "rest", "when": {axis: ["any"] for axis in AXES}, **REFUSE}]}


def _changes():
    """What is changed, by path, one file after the other."""
    for path, values in CHANGES.items():
        for value in values:
            yield {path: value}
    for ages in AGES:
        yield {("axes", 5): {"axis": "age-band", "values": ["y", "o"], "ages": ages}}
    for reading in READINGS:
        for number in (0, 1):
            yield {("rules", number, "otherwise"): reading, ("rules", number, "disputes"): ["q1"]}
    yield {("rules", 1, "otherwise"): READINGS[-2]}
    case = {"case": "c", "given": {"category": "a", "date": "2021-01-01"}, "verdict": "refuse",
            "rule": "rest"}
    for other in CASES:
        yield {("expect",): [case | other]}
    for given in GIVEN:
        for rule in ("rest", "built-in.unknown-value"):
            yield {("expect",): [case | {"given": case["given"] | given, "rule": rule}]}
    yield {("expect",): [case, case]}
    for choice in (["none"], ["any"], ["none", "decline"], ["consent", "withdraw"], ["consent"]):
        for authority in ("offered", "consented"):
            yield {("rules", 0, "authority"): authority, ("rules", 0, "when", "choice"): choice}
    for notice in (["any"], ["stale", "current"], ["absent"]):
        yield {("rules", 0, "when", "notice"): notice}
    for size in (255, 256):
        yield {("retention",): [_whole()["retention"][0] | {"class": f"c{i}"} for i in range(size)],
               ("rules", 0, "retention"): f"c{size - 1}"}
        yield {("sources",): [_whole()["sources"][0] | {"source": f"s{i}"}
                              for i in range(size + 1)]}
    for size in (1000, 1001):
        yield {("expect",): [case | {"case": f"c{i}"} for i in range(size)]}
    for size in (14, 15, 16, 999):
        yield {("rules",): _whole()["rules"] + [
            _whole()["rules"][0] | {"id": f"p{i}", "priority": 10 + i % 900,
                                    "from": f"{2021 + i % 900}-01-01"} for i in range(size)]}
    values = [f"v{i}" for i in range(64)]
    yield {("axes", 1, "values"): values, ("axes", 2, "values"): values,
           ("axes", 3, "values"): values[:20]}  # 17 694 720 combinations


TEXT_CHANGES = [
    ("", b"\xef\xbb\xbf"), ("title: t", "title: yes"), ("title: t", "title: ~"),
    ("title: t", "title: 'null'"), ("title: t", "title: null"), ("title: t", "title:"),
    ("title: t", '"title": t'), ("title: t", "<<: {title: t}"), ("title: t", "? title\n: t"),
    ("title: t", "title: t\ntitle: t"), ("title: t", "title: t\n---"), ("title: t", "title: \xff"),
    ("title: t", "title: &a t"), ("title: t", "title: !!str t"), ("title: t", "title: ! t"),
    ("title: t", "title: " + "[" * 5000), ("title: t", "title: " + "[" * 500 + "]" * 500),
    ("title: t", "title: t # x"), ("", "---\n"), ("", "%YAML 1.1\n---\n"), ("", "# x\n"),
    ("version: 3", "version: '3'"), ("version: 3", "version: |-\n  3"), ("\n", "\r\n")]


def files():
    """Each file as bytes."""
    for change in _changes():
        data = _whole()
        for (*way, last), value in change.items():
            holder = data
            for key in way:
                holder = holder[key]
            holder[last] = copy.deepcopy(value)
        yield written_plainly(data).encode()
    text = written_plainly(_whole())
    for old, new in TEXT_CHANGES:
        if isinstance(new, bytes):
            yield new + text.encode()
        else:
            yield text.replace(old, new, -1 if old == "\n" else 1).encode("latin-1")
    for size in ((1 << 20), (1 << 20) + 1):
        yield text.encode() + b"#" * (size - len(text) - 1) + b"\n"
    yield from (b"", b"# x\n", b"a", b"{}", text.encode("utf-16"), text.encode() + b"\0")
