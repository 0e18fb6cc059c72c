# SPDX-License-Identifier: Apache-2.0
"""The examples of each shipped profile, run with drawn people through the whole lane."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
import tap  # noqa: E402
from tap import SOURCE, postern  # noqa: E402
from test_travelers import check_ledger, closed, events_of, new_vault  # noqa: E402

LANES = SOURCE / "examples/lanes"
SCENARIOS = SOURCE / "examples/scenarios"
GATES = SOURCE / "policies/uk-egates.yaml"


def play(folder, name, *options, people=None):
    """Runs a lane with a scenario; all comes out as it expects. Returns the events."""
    log = folder / f"{people or name}.jsonl"
    postern("run", LANES / f"{name}.yaml", "--scenario", SCENARIOS / f"{people or name}.yaml",
            "--sandbox", tap.SANDBOX, "--events", log, "--state", folder / "state", *options, expect=0)
    events = events_of(log)
    check_ledger(events)
    for event in closed(events):
        assert event["verdict"] == "allow" or event["frames"]["leased"] == 0, event
    postern("audit", "verify", "--state", folder / "state", expect=0)
    return events


def captured(events):
    """Numbers of the encounters of whom a frame was read."""
    return [e["encounter"] for e in closed(events) if e["frames"]["leased"]]


def listed(vault):
    return json.loads(postern("vault", "list", *vault, "--json", expect=0).stdout)


def test_a_checkpoint_photographs_who_does_not_decline_and_keeps_nothing(folder):
    vault = new_vault(folder)
    assert captured(play(folder, "tsa-checkpoint", *vault[2:])) == [1, 3]
    assert listed(vault) == []


def test_touchless_id_looks_for_members_only(folder):
    assert captured(play(folder, "touchless-id")) == [1]


def test_the_entry_exit_system_records_who_is_covered(folder):
    vault = new_vault(folder)
    assert captured(play(folder, "ees-border", *vault[2:])) == [1, 2, 3]
    records = listed(vault)
    assert [r["store"] for r in records] == ["identity"] * 3, records
    assert {r["class"] for r in records} == {"three-years"}, records


def test_the_entry_exit_system_suspended_captures_nobody(folder):
    events = play(folder, "ees-suspended")
    assert captured(events) == []
    assert "permit.granted" not in {e["kind"] for e in events}


def test_an_electronic_gate_opens_once_somebody_sets_its_retention(folder):
    arguments = ["run", LANES / "uk-egate.yaml", "--scenario", SCENARIOS / "uk-egate.yaml",
                 "--state", folder / "state", "--sandbox", tap.SANDBOX]
    refused = postern(*arguments, expect=4)
    assert "retention live-image.matching is unset" in refused.stderr, refused.stderr
    assert not (folder / "state").exists(), "something was left behind"
    choices = folder / "choices.yaml"
    key = folder / "operator.key"
    postern("policy", "choose", GATES, "--retention", "live-image.matching=24h", "--reason",
            "as our privacy office decided", "--key", key, "--out", choices, expect=0)
    events = play(folder, "uk-egate", "--set", f"policy.choices={choices}", "--set",
                  f"policy.operator={key}.pub")
    assert captured(events) == [1, 5]


def test_a_venue_captures_nobody_who_did_not_say_yes(folder):
    """Of eight visitors one enrolled and agreed; no frame, face or template of the others."""
    vault = new_vault(folder)
    events = play(folder, "venue", *vault[2:])
    assert captured(events) == [1]
    assert {e["encounter"] for e in events if e["kind"] == "permit.granted"} == {1}
    for event in closed(events):
        assert (event["frames"]["leased"] > 0) == (event["encounter"] == 1), event
        assert event["encounter"] == 1 or event["faces"]["bystanders_max"] == 0, event
    assert listed(vault) == []


def test_illinois_enrols_and_compares_who_signed(folder):
    vault = new_vault(folder)
    enrolled = play(folder, "il-entrance", *vault[2:], "--set", "policy.purpose=enrol", "--source",
                    "synth:?people=5&seed=8&seconds=20&fps=15&size=640x480", people="il-enrol")
    assert captured(enrolled) == [1, 2]
    assert captured(play(folder, "il-entrance", *vault[2:])) == [1, 2]
    records = listed(vault)
    assert [r["class"] for r in records] == ["enrolled"] * 2, records


def test_texas_asks_first_and_keeps_nothing(folder):
    vault = new_vault(folder)
    assert captured(play(folder, "tx-entrance", *vault[2:])) == [1]
    assert listed(vault) == []


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
