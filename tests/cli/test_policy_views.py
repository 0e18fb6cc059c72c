# SPDX-License-Identifier: Apache-2.0
"""postern policy table and diff: what they show is what explain says, in every format."""
import csv
import glob
import html.parser
import io
import json
import os
import re
import subprocess
import tempfile
import unittest

POSTERN = os.environ["POSTERN"]
POLICIES = os.environ["POLICIES"]
ROOT = os.path.dirname(POLICIES)
BORDER = os.path.join(POLICIES, "us-border.yaml")
CLUB = os.path.join(ROOT, "examples/policies/club.yaml")
NEXT = os.path.join(ROOT, "examples/policies/club-next.yaml")
BEFORE, AFTER = "2025-12-25", "2025-12-26"


def policy(*args, cwd=None):
    done = subprocess.run([POSTERN, "policy", *args], capture_output=True, check=False, cwd=cwd)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Case(unittest.TestCase):
    def shown(self, *args, status=0):
        done, out, err = policy(*args)
        self.assertEqual((done, err), (status, ""), args)
        return out

    def said(self, *args, status=0):
        return json.loads(self.shown(*args, "--json", status=status))

    def changed(self, path, old, new):
        """A copy of a policy with one text replaced; it lives as long as the test."""
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.assertIn(old, text)
        copy = tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8")
        self.addCleanup(copy.close)
        copy.write(text.replace(old, new, 1))
        copy.flush()
        return copy.name


class Page(html.parser.HTMLParser):
    """What stands in a page, and whether its tags are in order."""
    VOID = {"meta", "br"}

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.tags, self.words, self.wrong = [], [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        self.ids += [attrs["id"]] if "id" in attrs else []
        self.links += [attrs["href"]] if "href" in attrs else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words))


class Pages(Case):
    def check(self, text):
        page = Page(text)
        self.assertEqual((page.open, page.wrong), ([], []))
        self.assertTrue(text.startswith("<!DOCTYPE html>"))
        self.assertEqual(len(page.ids), len(set(page.ids)))
        for link in page.links:
            self.assertTrue(link.startswith("#") and link[1:] in page.ids, link)
        tags = dict(page.tags)
        self.assertEqual(tags["html"], {"lang": "en"})
        self.assertTrue({"main", "h1", "title"} <= set(tags))
        self.assertFalse({"script", "link", "img", "iframe"} & set(tags))
        self.assertNotRegex(text, r"https?://|url\(|@import")
        for tag, attrs in page.tags:
            self.assertTrue(tag != "th" or attrs.get("scope"), "a heading cell says of what")
        return page

    def test_each_cell_leads_to_its_rule(self):
        for date in (BEFORE, AFTER):
            page = self.check(self.shown("table", BORDER, "--date", date, "--format", "html"))
            cells = [attrs for tag, attrs in page.tags if tag == "td"]
            self.assertGreaterEqual(len(cells), 11)
            self.assertGreaterEqual(sum(link.startswith("#rule-") for link in page.links), len(cells))
            for part in ("Rules", "Sources", "Disputes", "not legal advice", "recalled"):
                self.assertIn(part, page.text())

    def test_cards_and_notices_of_every_profile(self):
        for path in glob.glob(os.path.join(POLICIES, "*.yaml")) + [CLUB, NEXT]:
            for what in ("card", "notice"):
                status, out, err = policy("table", path, "--date", "2026-07-01", "--print", what,
                                          "--format", "html")
                if status == 4:
                    self.assertIn("is unset", err)
                    continue
                self.assertEqual((status, err), (0, ""), path)
                self.assertIn("How to complain", self.check(out).text())

    def test_what_a_file_says_is_text(self):
        bad = "<script>alert('1 & \"2\"')</script>"
        path = self.changed(CLUB, "title: A club's door", "title: '" + bad.replace("'", "''") + "'")
        for args in ((), ("--card",), ("--print", "notice")):
            out = self.shown("table", path, "--date", "2026-07-01", "--format", "html", *args)
            self.assertNotIn("<script", out)
            self.assertIn("alert('1 & \"2\"')", self.check(out).text())


class Table(Case):
    def explained(self, cell, date):
        return self.said("explain", BORDER, "--date", date, *(
            word for axis in ("category", "direction", "environment")
            for word in ("--" + axis, cell[axis])))

    def test_cells_are_what_explain_says(self):
        for date in (BEFORE, AFTER):
            cells = self.said("table", BORDER, "--date", date)["cells"]
            self.assertEqual(len(cells), 11 * 2 * 3)
            for cell in cells[::5]:
                said = self.explained(cell, date)
                for key in ("verdict", "authority", "outcome", "rule", "mark", "obligations"):
                    self.assertEqual(cell[key], said[key])
                self.assertEqual(cell["retention"], said["retention"]["class"])

    def test_csv_has_a_row_per_cell(self):
        out = self.shown("table", BORDER, "--date", BEFORE, "--format", "csv")
        self.assertEqual(out.count("\n"), out.count("\r\n"))
        rows = list(csv.DictReader(io.StringIO(out, newline=""), strict=True))
        cells = self.said("table", BORDER, "--date", BEFORE)["cells"]
        self.assertEqual(len(rows), len(cells))
        for row, cell in zip(rows, cells):
            self.assertEqual([row[key] for key in ("category", "direction", "environment", "verdict", "rule")],
                             [cell[key] for key in ("category", "direction", "environment", "verdict", "rule")])
            self.assertEqual(row["obligations"].split(), cell["obligations"])
            self.assertEqual(row["date"], BEFORE)
        self.assertEqual(rows[0]["keep-matching"], "12h")
        self.assertIn("required", {row["not-taken"] for row in rows})

    def test_text_fits_a_terminal_and_joins_equal_columns(self):
        for path in glob.glob(os.path.join(POLICIES, "*.yaml")) + [CLUB, NEXT]:
            for what in ("table", "card", "notice"):
                status, out, err = policy("table", path, "--date", "2026-07-01", "--print", what)
                self.assertIn(status, (0, 4) if what != "table" else (0,), err)
                self.assertLessEqual(max(map(len, out.splitlines() or [""])), 100, path)
        before = self.shown("table", BORDER, "--date", BEFORE)
        self.assertRegex(before, r"(?m)^diplomat +refuse \d+ +refuse \d+ +refuse \d+$")
        self.assertRegex(before, r"(?m)^crew-or-border-card +required\? \d+ +refuse! \d+ +refuse \d+$")
        after = self.shown("table", BORDER, "--date", AFTER)
        self.assertRegex(after, r"(?m)^us-citizen +offered \d+$")

    def test_inputs_narrow_and_hold(self):
        said = self.said("table", BORDER, "--date", BEFORE, "--direction", "exit", "--port", "pilot",
                         "--age-band", "under-14", "--category", "nonimmigrant")
        self.assertEqual(len(said["cells"]), 3)
        self.assertEqual({cell["verdict"] for cell in said["cells"]}, {"refuse"})
        self.assertEqual(said["held"]["port"]["value"], "pilot")
        self.assertTrue(said["held"]["age-band"]["steers"])
        self.assertFalse(said["held"]["known-by"]["steers"])

    def test_a_table_with_many_columns_is_cut_into_blocks(self):
        places = ", ".join(f"a-very-long-name-of-a-place-{i}" for i in range(9))
        path = self.changed(CLUB, "[front-door, terrace]", f"[{places}]")
        rule = "direction: [entry]\n      choice"
        with open(path, encoding="utf-8") as file:
            text = file.read()
        parts = [text[text.index("  - id: member-enters"):text.index("  - id: member-leaves")]
                 .replace("member-enters", f"member-enters-{i}")
                 .replace(rule, f"direction: [entry]\n      environment: [{place}]\n      choice")
                 for i, place in enumerate(places.split(", "))]
        begin, end = text.index("  - id: member-enters"), text.index("  - id: member-leaves")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text[:begin] + "".join(parts) + text[end:])
        out = self.shown("table", path, "--date", "2026-07-01")
        self.assertLessEqual(max(map(len, out.splitlines())), 100)
        self.assertEqual(len(re.findall(r"(?m)^member  .*offered", out)), 3)
        self.assertEqual(len(set(re.findall(r"offered (\d+)", out))), 9)


class Card(Case):
    def test_answers_for_each_category(self):
        said = self.said("table", BORDER, "--date", "2025-12-27", "--card")
        of = {category: group["lines"] for group in said["groups"] for category in group["categories"]}
        self.assertEqual(len(of), 11)
        citizen, diplomat = of["us-citizen"][0], of["diplomat"][0]
        self.assertEqual(citizen["duty"], "unless-declined")
        self.assertEqual(citizen["retention"]["stores"]["matching"]["text"], "12h")
        self.assertEqual((diplomat["duty"], diplomat["other_reading"]), ("nothing", "if-asked"))
        self.assertEqual(diplomat["disputes"], ["D3"])
        self.assertTrue(of["crew-or-border-card"][0]["recalled"])
        self.assertIn("D3", [dispute["id"] for dispute in said["disputes"]])
        for key in ("withdraw", "complain", "disclaimer"):
            self.assertTrue(said[key])

    def test_says_it_in_plain_words(self):
        out = re.sub(r"\s+", " ", self.shown("table", BORDER, "--date", "2025-12-24", "--card"))
        for part in ("Must I?", "May I decline?", "What is kept", "12 hours", "75 years", "wiped once sent",
                     "To complain", "not legal advice", "Others read"):
            self.assertIn(part, out)
        self.assertIn("entry, air or sea, age 14 to 79; or exit, age 14 to 79, port pilot", out)
        exit_only = self.shown("table", BORDER, "--date", "2025-12-24", "--card", "--direction", "exit")
        self.assertNotIn("entry,", exit_only)

    def test_a_notice_has_its_text_version_and_end(self):
        out = self.shown("table", CLUB, "--date", "2026-07-01", "--print", "notice")
        for part in ("Members may be recognised", "club-1", "until 2027-12-31", "12 hours", "board@club.example",
                     "not legal advice"):
            self.assertIn(part, out)
        said = self.said("table", CLUB, "--date", "2026-07-01", "--print", "notice")
        self.assertEqual((said["notice_version"], said["notice_until"]), ("club-1", "2027-12-31"))
        self.assertEqual(said["kept"][0]["categories"], ["member"])

    def test_a_notice_in_another_language(self):
        arabic = "    - {language: ar, notice: \u0625\u0634\u0639\u0627\u0631, withdraw: w, complain: c, " \
                 "disclaimer: '<d>'}\n"
        path = self.changed(CLUB, "\naxes:", "  translations:\n" + arabic + "\naxes:")
        asked = ("table", path, "--date", "2026-07-01", "--print", "notice", "--language", "ar")
        page = self.shown(*asked, "--format", "html")
        self.assertIn('<p class="notice" lang="ar" dir="auto">\u0625\u0634\u0639\u0627\u0631</p>', page)
        self.assertIn('lang="ar" dir="auto">&lt;d&gt;</p>', page)
        self.assertIn("\u0625\u0634\u0639\u0627\u0631", self.shown(*asked))
        said = self.said(*asked)
        self.assertEqual((said["language"], said["withdraw"], said["complain"]), ("ar", "w", "c"))
        self.assertEqual(self.said(*asked[:-2])["language"], "en")
        self.assertEqual(self.said(*asked, "--card")["disclaimer"], "<d>")
        for words, part in ((("--language", "fr"), "policy club has no texts in language 'fr'"),
                            (("--print", "table"), "--language is for --print card or notice")):
            status, out, err = policy(*asked, *words)
            self.assertEqual((status, out), (2, ""))
            self.assertIn(part, err)

    def test_nothing_is_handed_out_that_does_not_hold(self):
        for what in ("card", "notice"):
            status, out, err = policy("table", CLUB, "--date", "2028-01-01", "--print", what)
            self.assertEqual((status, out), (4, ""))
            self.assertIn("notice club-1 is current until 2027-12-31", err)
        unset = self.changed(CLUB, "matching: 12h", "matching: unset")
        status, out, err = policy("table", unset, "--date", "2026-07-01", "--card")
        self.assertEqual((status, out), (4, ""))
        self.assertIn("visit.matching is unset", err)
        self.assertIn("unset", self.shown("table", unset, "--date", "2026-07-01", "--format", "csv"))


class Diff(Case):
    def test_equal_tables_have_none(self):
        for path in (BORDER, CLUB):
            self.assertIn(" 0 decided otherwise", self.shown("diff", path, path))
        said = self.said("diff", CLUB, self.changed(CLUB, "Nobody is captured on", "Nothing is captured on"))
        self.assertEqual((said["changes"], said["settings"], said["equal"]), ([], [], True))
        self.assertEqual([(text["what"], text["id"], text["key"]) for text in said["texts"]],
                         [("rule", "member-leaves", "text")])

    def test_settings_count_though_no_cell_shows_them(self):
        said = self.said("diff", CLUB, self.changed(CLUB, "choice-window: 2s", "choice-window: 1s"), status=1)
        self.assertEqual((said["changes"], said["changed"], said["equal"]), ([], 0, False))
        self.assertEqual(said["settings"][0], {"what": "policy", "id": "", "key": "choice-window",
                                               "before": "2s", "after": "1s"})

    def test_changes_with_their_conditions(self):
        said = self.said("diff", CLUB, NEXT, status=1)
        self.assertEqual(sum(change["combinations"] for change in said["changes"]), said["changed"])
        first = said["changes"][0]
        self.assertTrue(first["more_intrusive"] and first["reaches_further"] and first["keeps_longer"])
        self.assertEqual((first["before"]["rule"], first["after"]["rule"]), ("guest", "guest-agrees"))
        self.assertEqual(first["when"], [{
            "category": ["guest"], "environment": ["front-door"],
            "dates": [{"from": "2026-07-01", "until": None}], "notice": ["current"], "choice": ["consent"]}])
        back = self.said("diff", NEXT, CLUB, status=1)
        self.assertEqual(back["changed"], said["changed"])
        self.assertFalse(any(change["more_intrusive"] for change in back["changes"]))

    def test_conditions_hold_what_explain_answers_otherwise(self):
        for change in self.said("diff", CLUB, NEXT, status=1)["changes"]:
            for when in change["when"]:
                given = [word for axis, values in when.items() if axis != "dates"
                         for word in ("--" + axis, values[-1])]
                defaults = [word for axis, value in (("environment", "terrace"), ("known-by", "list"))
                            if axis not in when for word in ("--" + axis, value)]
                date = when.get("dates", [{"from": "2026-02-03"}])[0]["from"]
                for path, side in ((CLUB, "before"), (NEXT, "after")):
                    said = self.said("explain", path, "--date", date, *given, *defaults)
                    self.assertEqual(said["rule"], change[side]["rule"])
                    self.assertEqual(said["retention"], change[side]["retention"])

    def test_an_operators_choice_is_a_change(self):
        with tempfile.TemporaryDirectory() as folder:
            chosen = os.path.join(folder, "choices.yaml")
            self.shown("choose", BORDER, "--rule", "diplomat-after", "--reason", "A test.", "--key",
                       os.path.join(folder, "op.key"), "--out", chosen)
            said = self.said("diff", BORDER, BORDER, "--choices", chosen, status=1)
            self.assertEqual([change["after"]["rule"] for change in said["changes"]], ["diplomat-after"])
            self.assertTrue(said["changes"][0]["reaches_further"])
            self.assertEqual(said["changes"][0]["when"][0]["notice"], ["current"])
            table = self.shown("table", BORDER, "--choices", chosen, "--date", AFTER)
            self.assertRegex(table, r"(?m)^diplomat +required! \d+$")
            self.assertIn("Chosen by operator: A test.", re.sub(r"\s+", " ", table))
            card = self.said("table", BORDER, "--choices", chosen, "--date", AFTER, "--card")
            line = next(group["lines"][0] for group in card["groups"] if "diplomat" in group["categories"])
            self.assertEqual((line["duty"], line["other_reading"]), ("if-asked", "nothing"))


class BadInput(Case):
    def refused(self, status, part, *args):
        done, out, err = policy(*args)
        self.assertEqual((done, out, err.count("\n")), (status, "", 1), (args, err))
        self.assertIn(part, err)

    def test_is_one_line(self):
        self.refused(2, "did you mean 'html'", "table", BORDER, "--format", "htm")
        self.refused(2, "did you mean 'under-14'", "table", BORDER, "--age-band", "under-15")
        self.refused(2, "before the policy begins", "table", BORDER, "--date", "2009-01-17")
        self.refused(2, "--date needs a day", "table", BORDER, "--date", "soon")
        self.refused(2, "text or html", "table", BORDER, "--card", "--format", "csv")
        self.refused(2, "--notice and --choice", "table", BORDER, "--card", "--choice", "none")
        self.refused(2, "two formats", "table", BORDER, "--json", "--format", "csv")
        self.refused(2, "policy file is needed", "table")
        self.refused(2, "two policy files are needed", "diff", BORDER)
        self.refused(2, "one word too many", "diff", BORDER, BORDER, BORDER)
        self.refused(2, "nonexistent", "diff", BORDER, "/nonexistent.yaml")
        gap = self.changed(CLUB, "category: [unknown]", "category: [unknown], notice: [current]")
        self.refused(4, "no rule decides", "diff", CLUB, gap)
        self.refused(4, "no rule decides", "table", gap)

    def test_help(self):
        for action in ("table", "diff"):
            self.assertTrue(self.shown(action, "--help").startswith(f"usage: postern policy {action}"))


class Pictured(Case):
    def test_the_page_shows_real_output(self):
        with open(os.path.join(ROOT, "docs/policy.md"), encoding="utf-8") as file:
            blocks = re.findall(r"^```console\n\$ postern policy (.*)\n((?s:.*?))\.\.\.\n```", file.read(), re.M)
        self.assertEqual([command.split()[0] for command, _ in blocks], ["table", "diff"])
        for command, pictured in blocks:
            _, out, _ = policy(*command.split(), cwd=ROOT)
            self.assertTrue(out.startswith(pictured), command)


if __name__ == "__main__":
    unittest.main()
