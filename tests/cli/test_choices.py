# SPDX-License-Identifier: Apache-2.0
"""What an operator chooses: made, shown, applied, audited, and refused where it is not theirs."""

import json
import re
import sys

import lanes
import tap
from lanes import POLICY
from tap import postern as run

NO, USAGE, UNSAFE = 1, 2, 4
DIPLOMAT = ("--category", "diplomat", "--date", "2026-01-15", "--json")


def choose(folder, *args, policy=POLICY, key="op.key", out="choices.yaml"):
    return run("policy", "choose", policy, "--key", folder / key, "--out", folder / out, *args)


def chosen(folder, policy=POLICY):
    """A choices file for one rule. @return it, and the options that apply it"""
    done = choose(folder, "--rule", "diplomat-after", "--reason", "Letter of the State Department.",
                  "--date", "2026-01-10", policy=policy)
    assert done.returncode == 0, done
    path = folder / "choices.yaml"
    return path, ("--choices", path, "--operator", folder / "op.key.pub")


def explain(*options, policy=POLICY):
    done = run("policy", "explain", policy, *DIPLOMAT, *options)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def refuse(done, status, *says):
    assert done.returncode == status, done
    assert len(done.stderr.splitlines()) == 1, done
    for text in says:
        assert text in done.stderr, done


def copy_of(folder, pattern="", new="", name="policy.yaml"):
    text, count = re.subn(pattern, new, POLICY.read_text(), count=1, flags=re.M)
    assert count == 1, pattern
    (folder / name).write_text(text)
    return folder / name


def test_a_choice_decides_and_is_told(folder):
    _, options = chosen(folder)
    before, after = explain(), explain(*options)
    assert (before["verdict"], before["choice"]) == ("refuse", None)
    assert (after["verdict"], after["authority"]) == ("allow", "required-if-asked")
    assert after["choice"] == {"by": "operator", "date": "2026-01-10",
                               "reason": "Letter of the State Department."}
    assert after["not_taken"]["outcome"] == "refer-exempt"
    declined = explain(*options, "--choice", "decline")
    assert declined["verdict"] == "refuse" and declined["choice"] is None
    unnoticed = explain(*options, "--notice", "stale")
    assert unnoticed["verdict"] == "refuse" and unnoticed["choice"] is None
    done = run("policy", "check", POLICY, *options, "--date", "2026-01-15")
    assert "'diplomat-after' takes its other reading by choice of operator" in done.stdout, done
    assert run("policy", "prove", POLICY, *options).returncode == 0


def test_choices_add_up(folder):
    path, _ = chosen(folder)
    done = choose(folder, "--rule", "national-after", "--reason", 'Counsel said: "yes" \\ no',
                  "--by", "counsel")
    assert done.returncode == 0, done
    done = run("policy", "choices", path, "--operator", folder / "op.key.pub", "--policy", POLICY,
               "--json")
    said = json.loads(done.stdout)
    assert [c["rule"] for c in said["chosen"]] == ["diplomat-after", "national-after"]
    assert said["chosen"][1]["reason"] == 'Counsel said: "yes" \\ no'
    assert said["operator_given"] is True
    refuse(choose(folder, "--rule", "diplomat-after", "--reason", "again"), USAGE, "chosen twice")


def test_an_unset_retention(folder):
    policy = copy_of(folder, r"^    matching: 12h", "    matching: unset")
    refuse(run("policy", "explain", policy, *DIPLOMAT), UNSAFE, "is unset", "choices file")
    assert run("policy", "check", policy, "--date", "2026-01-15").returncode == NO
    done = choose(folder, "--retention", "citizen.matching=24h", "--reason", "Supervisor's order",
                  policy=policy)
    assert done.returncode == 0, done
    options = ("--choices", folder / "choices.yaml", "--operator", folder / "op.key.pub")
    done = run("policy", "explain", policy, "--category", "us-citizen", "--date", "2026-01-15",
               "--json", *options)
    stores = json.loads(done.stdout)["retention"]["stores"]
    assert stores["matching"] == {"text": "24h", "seconds": 86400}
    assert run("policy", "check", policy, "--date", "2026-01-15", *options).returncode == 0
    for value in ("citizen.matching", "citizen.matching=", "citizen.cellar=1h", "citizen=1h",
                  "citizen.identity=1h", "citizen.matching=unset"):
        done = choose(folder, "--retention", value, "--reason", "r", policy=policy, out="new.yaml")
        refuse(done, USAGE)
        assert not (folder / "new.yaml").exists()


def test_every_changed_byte_is_noticed(folder):
    path, options = chosen(folder)
    text = path.read_bytes()
    for place in range(0, len(text), 7):
        path.write_bytes(text[:place] + bytes([text[place] ^ 1]) + text[place + 1:])
        done = run("policy", "explain", POLICY, *DIPLOMAT, *options)
        assert done.returncode in (USAGE, UNSAFE) and not done.stdout, (place, done)
    path.write_bytes(text.replace(b"Letter of", b"Letter by"))
    refuse(run("policy", "explain", POLICY, *DIPLOMAT, *options), UNSAFE, "signature does not hold")
    refuse(run("policy", "choices", path), NO, "signature does not hold")
    refuse(choose(folder, "--rule", "national-after", "--reason", "r"), UNSAFE, "signature")
    path.write_bytes(text)
    explain(*options)


def test_another_key(folder):
    path, _ = chosen(folder)
    done = choose(folder, "--rule", "national-after", "--reason", "r", key="other.key",
                  out="others.yaml")
    assert done.returncode == 0, done
    options = ("--choices", path, "--operator", folder / "other.key.pub")
    refuse(run("policy", "explain", POLICY, *DIPLOMAT, *options), UNSAFE, "another key")
    refuse(run("policy", "choices", path, *options[2:]), NO, "another key")
    before = path.read_bytes()
    refuse(choose(folder, "--rule", "national-after", "--reason", "r", key="other.key"), UNSAFE,
           "another key")
    assert path.read_bytes() == before


def test_another_policy(folder):
    path, options = chosen(folder)
    for pattern, new in ((r"^version: ", "version: 9"), (r"^title: ", "title: New "),
                         (r"^policy: us-border", "policy: us-bordr"), (r"\Z", "\n")):
        policy = copy_of(folder, pattern, new)
        refuse(run("policy", "explain", policy, *DIPLOMAT, *options), UNSAFE, str(path), "choose anew")
        refuse(choose(folder, "--rule", "national-after", "--reason", "r", policy=policy), UNSAFE,
               "new file")


def test_what_cannot_be_chosen(folder):
    for args, says in ((("--rule", "citizen-offered"), "no other reading"),
                       (("--rule", "alien-declines"), "against their word"),
                       (("--rule", "no-such"), "has no rule"),
                       (("--rule", "diplomat-after", "--by", "Jane Doe"), "is no role")):
        refuse(choose(folder, *args, "--reason", "r"), USAGE, says)
    for args in (("--rule", "diplomat-after"), ("--reason", "r"),
                 ("--rule", "diplomat-after", "--reason", ""),
                 ("--rule", "diplomat-after", "--reason", "two\nlines"),
                 ("--rule", "diplomat-after", "--reason", "x" * 401),
                 ("--rule", "diplomat-after", "--retention", "a.b=1h", "--reason", "r"),
                 ("--rule", "diplomat-after", "--reason", "r", "--date", "soon")):
        refuse(choose(folder, *args), USAGE)
    assert not list(folder.iterdir()), "nothing is left behind"
    (folder / "op.key").write_bytes(b"short")
    (folder / "op.key").chmod(0o600)
    refuse(choose(folder, "--rule", "diplomat-after", "--reason", "r"), USAGE, "op.key")


def run_lane(folder, *options):
    """One diplomat before a drawn scene. @return the finished process"""
    scenario = lanes.scenario(
        folder, "at: 0s, for: 2s, category: diplomat, known-by: document, notice: current")
    return run("run", "--source", "synth:?people=1&seconds=3&size=640x480", "--policy", POLICY,
               "--scenario", scenario, "--state", folder / "state", "--sandbox", tap.SANDBOX, "--set",
               "policy.date=2026-01-15", "--detector", "cascade", "--extractor", "lbph", "--json",
               *options)


def test_a_lane_applies_and_audits_them(folder):
    _, options = chosen(folder)
    done = run_lane(folder, *options)
    encounter = json.loads(done.stdout)["encounters"][0]
    assert (encounter["verdict"], encounter["rule"]) == ("allow", "diplomat-after"), done
    shown = run("audit", "show", "--state", folder / "state", "--json").stdout.splitlines()
    entries = [json.loads(line) for line in shown]
    kinds = [entry["kind"] for entry in entries]
    assert kinds.index("policy.choice") == kinds.index("lane.opened") + 1, kinds
    choice = entries[kinds.index("policy.choice")]["data"]
    assert (choice["rule"], choice["reading"], choice["reason"], choice["by"]) == (
        "diplomat-after", "otherwise", "Letter of the State Department.", "operator"), choice


def test_a_lane_refuses_what_is_not_signed_for_it(folder):
    path, options = chosen(folder)
    text = path.read_text()
    path.write_text(text.replace("Letter", "letter"))
    refuse(run_lane(folder, *options), UNSAFE, "signature does not hold")
    path.write_text(text)
    refuse(run_lane(folder, *options[:2]), USAGE, "policy.operator")
    refuse(run_lane(folder, *options[2:]), USAGE, "policy.choices")
    (folder / "op.key.pub").write_text("0" * 64 + "\n")
    refuse(run_lane(folder, *options), UNSAFE, "another key")
    assert not (folder / "state").exists(), "nothing is written before it is known to be safe"


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
