# SPDX-License-Identifier: Apache-2.0
"""postern policy: what it prints and how it exits."""
import json
import os
import re
import subprocess
import tempfile
import unittest

POSTERN = os.environ["POSTERN"]
BORDER = os.path.join(os.environ["POLICIES"], "us-border.yaml")


def policy(*args):
    done = subprocess.run([POSTERN, "policy", *args], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def inputs(explained):
    return [(change["input"], change["value"]) for change in explained["changes"]]


class Broken:
    """us-border with one text replaced, in a file."""

    def __init__(self, pattern, new):
        with open(BORDER, encoding="utf-8") as file:
            text, count = re.subn(pattern, new, file.read(), count=1, flags=re.S | re.M)
        assert count == 1, pattern
        self.file = tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8")
        self.file.write(text)
        self.file.flush()

    def __enter__(self):
        return self.file.name

    def __exit__(self, *_):
        self.file.close()


CLUB = """policy: club
format: 1
version: 1
title: A club
from: 2020-01-01
choice-window: 1s
texts: {notice-version: c, notice: n, withdraw: w, complain: c, disclaimer: d}
axes:
  - {axis: category, values: [member]}
  - {axis: known-by, values: [card]}
  - {axis: direction, values: [entry, exit], default: exit}
  - {axis: environment, values: [land]}
  - {axis: modality, values: [face]}
sources:
  - {source: s, title: s, citation: s, checked: 2025-01-01, status: seen}
retention:
  - {class: day, matching: 12h, identity: 0, partner: 0, crossing: 0}
rules:
  - {id: nobody, text: Nobody., when: {category: [member]}, verdict: refuse,
     outcome: refer-exempt, basis: design, sources: [s]}
"""


class Explain(unittest.TestCase):
    def explain(self, *args):
        status, out, err = policy("explain", BORDER, "--json", *args)
        self.assertEqual((status, err), (0, ""))
        return json.loads(out)

    def test_says_what_decided_and_what_would_change_it(self):
        said = self.explain("--category", "us-citizen", "--direction", "exit", "--environment",
                            "air", "--date", "2025-12-27")
        self.assertEqual((said["verdict"], said["authority"]), ("allow", "offered"))
        self.assertEqual(said["rule"], "citizen-offered")
        self.assertEqual(said["sources"][0]["status"], "seen")
        self.assertEqual(said["retention"]["stores"]["matching"], {"text": "12h", "seconds": 43200})
        self.assertIn("offer-opt-out", said["obligations"])
        self.assertEqual([change["input"] for change in said["changes"]][:2], ["choice", "notice"])
        self.assertEqual(said["changes"][0]["rule"], "citizen-declines")

    def test_the_day_decides(self):
        before = self.explain("--category", "nonimmigrant", "--age-band", "under-14", "--date",
                              "2025-12-25")
        after = self.explain("--category", "nonimmigrant", "--age-band", "under-14", "--date",
                             "2025-12-26")
        self.assertEqual((before["verdict"], before["outcome"]), ("refuse", "refer-exempt"))
        self.assertEqual((after["verdict"], after["authority"]), ("allow", "required-if-asked"))
        self.assertIn(("date", "2025-12-26"), inputs(before))
        self.assertIn(("date", "2025-12-25"), inputs(after))
        self.assertEqual(inputs(before)[0], ("date", "2025-12-26"), "another verdict comes first")

    def test_a_date_of_birth_gives_the_age_band(self):
        with Broken(r"^    values: \[under-14, 14-to-79, over-79\]\n(    default: 14-to-79\n)"
                    r"(    ages:\n(      - [^\n]*\n)*)?",
                    "    values: [under-14, 14-to-79, over-79]\n    default: 14-to-79\n    ages:\n"
                    "      - {band: under-14, to: 13}\n      - {band: 14-to-79, from: 14, to: 79}\n"
                    "      - {band: over-79, from: 80}\n") as path:
            for born, date, rule in (
                    ("2011-12-25", "2025-12-24", "under-14-before"),
                    ("2011-12-25", "2025-12-25", "nonimmigrant-entry-before"),
                    ("2011-12-26", "2025-12-25", "under-14-before"),
                    ("1945-12-26", "2025-12-25", "nonimmigrant-entry-before"),
                    ("1945-12-25", "2025-12-25", "over-79-before")):
                status, out, err = policy("explain", path, "--json", "--category", "nonimmigrant",
                                          "--born", born, "--date", date)
                self.assertEqual((status, json.loads(out)["rule"]), (0, rule), (born, date, err))
                self.assertEqual(json.loads(out)["request"]["born"], born)
            for args, part in ((("--born", "2026-01-01"), "lies after the date"),
                               (("--born", "2000-01-01", "--age-band", "under-14"), "both given"),
                               (("--born", "soon"), "needs a day")):
                status, _, err = policy("explain", path, "--category", "nonimmigrant", "--date",
                                        "2025-12-25", *args)
                self.assertEqual(status, 2)
                self.assertIn(part, err)

    def test_what_is_not_given_is_what_the_policy_has(self):
        with Broken(r"\A.*\Z", CLUB) as path:
            status, out, err = policy("explain", path, "--json", "--category", "member")
            self.assertEqual((status, err), (0, ""))
            request = json.loads(out)["request"]
            self.assertEqual((request["environment"], request["direction"], request["known-by"]),
                             ("land", "exit", "card"))

    def test_a_language_that_displays_show_is_missed(self):
        with Broken(r"\A.*\Z", CLUB) as path:
            cases = ((path, (), ""), (path, ("--languages", "en"), ""),
                     (path, ("--languages", "en,es"), "no translation for language 'es'"))
            for asked, args, part in cases:
                _, out, _ = policy("check", asked, "--date", "2026-07-01", *args)
                self.assertEqual("translation" in out, bool(part), (args, out))
                self.assertIn(part, out)
        with Broken(r"\A.*\Z", re.sub(r"(texts: \{.*)\}", r"\1, translations: [{language: es, "
                                      r"notice: n, withdraw: w, complain: c, disclaimer: d}]}",
                                      CLUB)) as path:
            status, out, _ = policy("check", path, "--date", "2026-07-01")
            self.assertEqual((status, re.findall(r"for language '(\w+)'", out)), (1, ["ar", "fr", "zh"]))
            _, out, _ = policy("check", path, "--date", "2026-07-01", "--languages", "es,en")
            self.assertNotIn("translation", out)
            for bad in ("english", "en,xx", ",", ""):
                status, out, err = policy("check", path, "--languages", bad)
                self.assertEqual((status, out), (2, ""), bad)
                self.assertIn("--languages", err)

    def test_a_lapsed_notice_is_told(self):
        with Broken(r"^texts:\n(  notice-until: [^\n]*\n)?",
                    "texts:\n  notice-until: 2026-01-31\n") as path:
            for date, lapsed in (("2026-01-31", False), ("2026-02-01", True)):
                args = ("explain", path, "--category", "us-citizen", "--date", date)
                self.assertEqual(json.loads(policy(*args, "--json")[1])["notice_lapsed"], lapsed)
                self.assertEqual("lapsed after 2026-01-31" in policy(*args)[1], lapsed)

    def test_a_dispute_shows_both_readings(self):
        said = self.explain("--category", "diplomat", "--date", "2025-12-27")
        self.assertEqual(said["verdict"], "refuse")
        self.assertEqual(said["mark"], "disputed")
        self.assertEqual(len(said["disputes"][0]["readings"]), 2)
        self.assertEqual(said["not_taken"]["authority"], "required-if-asked")

    def test_text_has_the_same_parts(self):
        status, out, _ = policy("explain", BORDER, "--category", "diplomat", "--date", "2025-12-27")
        self.assertEqual(status, 0)
        for label in ("asked", "verdict", "rule", "sources", "retention", "obligations", "disputed",
                      "not taken", "would change"):
            self.assertRegex(out, rf"(?m)^  {label} ")
        self.assertLessEqual(max(map(len, out.splitlines())), 100)

    def test_what_is_not_understood_is_refused(self):
        cases = {("--category", "us-citizn"): "did you mean 'us-citizen'",
                 ("--category", "us-citizen", "--choice", "declined"): "did you mean 'decline'",
                 ("--category", "us-citizen", "--date", "2009-01-17"): "before the policy begins",
                 (): "--category is missing"}
        for args, part in cases.items():
            status, out, err = policy("explain", BORDER, "--json", *args)
            self.assertEqual(status, 2, args)
            self.assertIn(part, err)
            said = json.loads(out)
            self.assertEqual(said["verdict"], "refuse")
            self.assertTrue(said["rule"].startswith("built-in."), said["rule"])


class Prove(unittest.TestCase):
    def test_the_shipped_profile_is_total(self):
        status, out, err = policy("prove", BORDER, "--json")
        self.assertEqual((status, err), (0, ""))
        proof = json.loads(out)
        self.assertTrue(proof["holds"])
        self.assertGreater(proof["cells"], 100000)
        self.assertEqual(sum(proof["verdicts"].values()), proof["cells"])
        self.assertEqual(policy("check", BORDER, "--date", "2026-01-15")[0], 0)

    def test_a_deleted_rule_is_found(self):
        with Broken(r"  - id: diplomat-after\n.*?(?=\n  - id: )", "") as path:
            status, out, err = policy("prove", path)
            self.assertEqual(status, 4)
            self.assertIn("NOT TOTAL", out)
            self.assertIn("category diplomat", err)
            for action in (("check", path), ("explain", path, "--category", "us-citizen")):
                status, out, err = policy(*action)
                self.assertEqual((status, out), (4, ""))
                self.assertIn("no rule decides category diplomat", err)

    def test_a_new_category_is_found(self):
        with Broken(r"crew-or-border-card, unknown\]", "crew-or-border-card, unknown, robot]") as path:
            status, _, err = policy("prove", path)
            self.assertEqual(status, 4)
            self.assertIn("category robot", err)


CASES = """
expect:
  - case: citizen-declines-on-exit
    given: {category: us-citizen, known-by: document, direction: exit, environment: air,
      purpose: verify, date: 2025-12-27, notice: current, choice: decline}
    verdict: refuse
    rule: citizen-declines
    outcome: refer-opted-out
  - case: purpose-forgotten
    given: {category: us-citizen, known-by: document, direction: exit, environment: air,
      date: 2025-12-27, notice: current, choice: decline}
    verdict: refuse
    rule: built-in.missing-value
"""
OWN_CASES = r"\nexpect:.*|\Z"


class Test(unittest.TestCase):
    def test_cases_that_hold(self):
        with Broken(OWN_CASES, CASES) as path:
            status, out, err = policy("test", path, BORDER)
            self.assertEqual((status, err), (0, ""))
            self.assertIn(f"{path}: 2 of 2 cases hold\n", out)
            self.assertIn(f"{BORDER}: ", out)

    def test_a_case_that_fails_says_what_was_expected_and_what_decided(self):
        with Broken(OWN_CASES, CASES.replace("rule: citizen-declines", "rule: citizen-offered")
                    .replace("rule: built-in.missing-value", "rule: citizen-declines")) as path:
            status, out, err = policy("test", path)
            self.assertEqual((status, err), (1, ""))
            first, second, count = out.splitlines()
            self.assertRegex(first, re.escape(path) + r":\d+: case 'citizen-declines-on-exit': "
                             r"expected refuse by citizen-offered \(refer-opted-out\), got refuse by "
                             r"citizen-declines \(refer-opted-out\)$")
            self.assertTrue(second.endswith("got refuse by built-in.missing-value: purpose"), second)
            self.assertEqual(count, f"{path}: 0 of 2 cases hold")
            status, out, _ = policy("test", path, "--json")
            said = json.loads(out)
            self.assertEqual((status, said["cases"], said["failed"]), (1, 2, 2))
            self.assertEqual(said["files"][0]["failures"][0]["got"]["rule"], "citizen-declines")

    def test_a_file_without_cases_says_so(self):
        with Broken(r"(?s)^expect:.*|\Z", "") as path:
            status, out, _ = policy("test", path)
            self.assertEqual((status, out), (0, f"{path}: states no cases under 'expect:'\n"))
            self.assertEqual(policy("test", path, "--require")[0], 1)

    def test_one_bad_file_does_not_hide_the_others(self):
        with Broken(OWN_CASES, CASES) as path:
            status, out, err = policy("test", "/nonexistent.yaml", path)
            self.assertEqual(status, 2)
            self.assertIn("2 of 2 cases hold", out)
            self.assertIn("/nonexistent.yaml", err)


class Check(unittest.TestCase):
    def check(self, pattern, new, *args):
        with Broken(pattern, new) as path:
            status, out, err = policy("check", path, "--date", "2026-01-15", *args)
            self.assertEqual(err, "")
            for line in out.splitlines()[:-1]:
                self.assertRegex(line, re.escape(path) + r":\d+: (error|warning|note): ")
            lines = [int(line[len(path) + 1:].split(":")[0]) for line in out.splitlines()[:-1]]
            self.assertEqual(lines, sorted(lines))
            return status, out

    def test_the_shipped_profile_has_notes_only(self):
        self.assertEqual(self.check(r"\Z", "")[0], 0)
        self.assertEqual(self.check(r"\Z", "", "--strict")[0], 1)

    def test_what_is_found_fails(self):
        for pattern, new, says in (
                (r"checked: 2025-12-09", "checked: 2025-01-14", "more than 12 months ago"),
                (r"checked: 2025-12-09", "checked: 2026-02-01", "still to come"),
                (r"^  notice-until: [^\n]*", "  notice-until: 2026-01-14", "error: the notice lapsed after"),
                (r"^  notice-until: [^\n]*", "  notice-until: 2026-02-01", "within 30 days"),
                (r"^sources:$", "sources:\n  - {source: idle, title: T, citation: C, checked: "
                 "2026-01-01, status: seen}", "source 'idle' is named by no rule"),
                (r"^    matching: [^\n]*", "    matching: unset", "error: retention"),
                (r"^    partner: 0", "    partner: 1h",
                 "obliges to partner-keeps-nothing, but retention")):
            status, out = self.check(pattern, new)
            self.assertEqual(status, 1, out)
            self.assertIn(says, out)

    def test_how_old_is_old(self):
        self.assertEqual(self.check(r"\Z", "", "--older-than", "1")[0], 1)
        self.assertEqual(self.check(r"\Z", "", "--older-than", "2")[0], 0)
        for months in ("0", "-1", "soon", "1.5"):
            self.assertEqual(policy("check", BORDER, "--older-than", months)[0], 2)

    def test_json_has_the_same(self):
        status, out, _ = policy("check", BORDER, "--date", "2027-01-15", "--json")
        said = json.loads(out)
        self.assertEqual(status, 1)
        self.assertEqual(said["warnings"] + said["errors"] + said["notes"], len(said["findings"]))
        self.assertGreaterEqual(said["warnings"], said["sources"])


class BadInput(unittest.TestCase):
    def test_errors_are_one_line_with_file_and_line(self):
        cases = {("verdict: refuse", "verdict: deny"): "deny",
                 ("category: \\[unknown\\]", "category: [unknwon]"): "did you mean 'unknown'",
                 ("^rules:", "ruls:"): "ruls",
                 ("checked: 2025-12-09", "checked: soon"): "checked",
                 ("outcome: refer-exempt", "outcome: denied"): "denied"}
        for (old, new), part in cases.items():
            with Broken(old, new) as path:
                status, out, err = policy("check", path)
                self.assertEqual((status, out), (2, ""), err)
                self.assertEqual(err.count("\n"), 1)
                self.assertRegex(err, re.escape(path) + r":\d+:\d+: ")
                self.assertIn(part, err)

    def test_usage(self):
        for args in ((), ("prov", BORDER), ("prove",), ("prove", BORDER, BORDER),
                     ("prove", "--category", "x", BORDER), ("explain", BORDER, "--date", "tomorrow"),
                     ("explain", BORDER, "--category"), ("check", "/nonexistent.yaml"),
                     ("check", os.path.dirname(BORDER))):
            status, out, err = policy(*args)
            self.assertEqual((status, out), (2, ""), args)
            self.assertEqual(err.count("\n"), 1, err)

    def test_help(self):
        for args, part in ((("--help",), "prove "), (("explain", "--help"), "--category"),
                           (("prove", "-h"), "usage: postern policy prove"),
                           (("check", "--help"), "usage: postern policy check")):
            status, out, err = policy(*args)
            self.assertEqual((status, err), (0, ""))
            self.assertIn(part, out)


if __name__ == "__main__":
    unittest.main()
