# SPDX-License-Identifier: Apache-2.0
"""A vault with a transform: made, shown, renewed; lanes over it."""

import json
import sys

import tap

SCENARIO = """scenario: 1
name: one traveler
encounters:
  - at: 0.5s
    category: nonimmigrant
    subject: S001
    known-by: document
    notice: current
    for: 4s
    expect: {outcome: OUTCOME}
"""


def vault(folder, *words, expect=0):
    return tap.postern("vault", *words, "--state", folder / "st", "--key", folder / "key",
                       expect=expect)


def shown(folder):
    return json.loads(vault(folder, "transform", "show", "--json").stdout)["transform"]


def lane(folder, outcome, purpose, *options, models=None, expect=0):
    scenario = folder / "one.yaml"
    scenario.write_text(SCENARIO.replace("OUTCOME", outcome), encoding="utf-8")
    return tap.postern("run", "--policy", tap.SOURCE / "policies/us-border.yaml",
                       "--set", "policy.date=2026-01-15", "--set", f"policy.purpose={purpose}",
                       "--source", "synth:?people=1&seed=8&seconds=6&size=1280x720&fps=15",
                       "--state", folder / "st", "--key", folder / "key", "--gallery", "people",
                       "--scenario", scenario, *options, models=models, expect=expect)


def one_line(done, *texts):
    assert done.stderr.count("\n") == 1, done.stderr
    for text in texts:
        assert text in done.stderr, done.stderr


def test_made_shown_and_renewed(folder):
    vault(folder, "init", "--transform")
    assert shown(folder) == 1
    assert "transform 1" in vault(folder, "transform", "show").stdout
    told = json.loads(vault(folder, "transform", "renew", "--dry-run", "--json").stdout)
    assert told == {"transform": 2, "records": 0, "dry_run": True}, told
    one_line(vault(folder, "transform", "renew", expect=2), "--yes")
    assert shown(folder) == 1
    assert "transform 2: 0 records turned" in vault(folder, "transform", "renew", "--yes").stdout
    assert shown(folder) == 2
    one_line(vault(folder, "transform", expect=2), "renew", "show")
    one_line(vault(folder, "transform", "undo", expect=2), "undo")


def test_a_vault_gets_one_later(folder):
    vault(folder, "init")
    assert shown(folder) == 0
    assert "no transform" in vault(folder, "transform", "show").stdout
    vault(folder, "transform", "renew", "--yes")
    assert shown(folder) == 1


def test_histograms_are_refused(folder):
    vault(folder, "init", "--transform")
    done = lane(folder, "enrolled", "enrol", "--detector", "cascade", "--extractor", "lbph",
                expect=2)
    assert "transforms its templates" in done.stderr.splitlines()[-1], done.stderr


def test_people_are_verified_before_and_after_a_renewal(folder):
    models = tap.need("POSTERN_MODELS")
    plugins = ["--detector", "yunet", "--extractor", "arcface", "--matcher", "cosine"]
    vault(folder, "init", "--transform")
    lane(folder, "enrolled", "enrol", *plugins, models=models)
    lane(folder, "verified", "verify", *plugins, models=models)
    told = json.loads(vault(folder, "transform", "renew", "--yes", "--json").stdout)
    assert told["transform"] == 2 and told["records"] >= 1, told
    lane(folder, "verified", "verify", *plugins, models=models)
    log = tap.postern("audit", "show", "--state", folder / "st", "--json", expect=0).stdout
    entries = [json.loads(line) for line in log.splitlines()]
    assert [e["data"]["transform"] for e in entries if e["kind"] == "vault.transform"] == [2]


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
