# SPDX-License-Identifier: Apache-2.0
"""The officer's page has a plain word for whatever a lane or a shipped policy says."""

import json
import re
import sys
from pathlib import Path

import tap
import yaml

WORDS = (tap.SOURCE / "core/console/assets/words.js").read_text()
EVENTS = json.loads((tap.SOURCE / "docs/events.schema.json").read_text())
STATES = re.search(r"state_names\[[^]]*\] = \{(.*?)\}",
                   (tap.SOURCE / "core/gate/encounter.c").read_text(), re.S).group(1)
BLAME = re.compile(r"suspicio|suspect|refus|reject|deni|fail(ed|ure) to|mismatch|fraud|imposter"
                   r"|impostor|uncooperative|non-?compl|\bscore", re.I)


def table(name):
    """One of the tables of words.js: its keys, and its whole text."""
    body = re.search(rf"^(?:export )?const {name} = \{{\n(.*?)^\}};", WORDS, re.S | re.M).group(1)
    return {a or b for a, b in re.findall(r'^\t(?:"([a-z-]+)"|([a-z]+)):', body, re.M)}, body


def axis_values(axis):
    values = set()
    for path in sorted(Path(tap.SOURCE / "policies").glob("*.yaml")):
        for each in yaml.safe_load(path.read_text())["axes"]:
            if each["axis"] == axis:
                values |= set(each["values"])
    return values


def test_categories_of_shipped_policies(_):
    assert axis_values("category") <= table("CATEGORIES")[0], \
        axis_values("category") - table("CATEGORIES")[0]
    assert axis_values("known-by") == table("KNOWN_BY")[0]


def test_outcomes_and_reasons(_):
    defs = EVENTS["$defs"]
    assert set(defs["outcome"]["enum"]) == table("OUTCOMES")[0]
    assert set(defs["reason"]["enum"]) - {None} == table("REASONS")[0]
    assert set(defs["choice"]["enum"]) | {"none"} == table("CHOICES")[0]
    assert set(defs["authority"]["enum"]) - {None} == table("AUTHORITIES")[0]
    assert set(defs["verdict"]["enum"]) == table("VERDICTS")[0] == table("VERDICT_MEANINGS")[0]


def test_states(_):
    assert set(re.findall(r'"([a-z-]+)"', STATES)) - {"idle"} == table("STATES")[0]


def test_every_outcome_says_what_to_do_next(_):
    body = table("OUTCOMES")[1]
    assert len(re.findall(r'^\t\tnext: \[\s*"', body, re.M)) == len(table("OUTCOMES")[0])


def test_no_word_blames(_):
    for name in ("OUTCOMES", "REASONS", "STATES", "CHOICES"):
        found = BLAME.search(table(name)[1])
        assert not found, f"{name}: {found.group(0)}"
    assert "No match is no evidence of anything." in WORDS


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
