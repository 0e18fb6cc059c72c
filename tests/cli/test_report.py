# SPDX-License-Identifier: Apache-2.0
"""postern report: counts that are right, and small ones that nobody can work out."""

import json
import random
import re
import sys
from fractions import Fraction

import tap
from auditlog import AuditLog, Lane
from tap import SOURCE, Skip, postern
from test_receipt import Page

OK, NO, USAGE = 0, 1, 2
POLICY = SOURCE / "policies/us-border.yaml"
LEAST = 5
DAY = 86400
CAPTURED = ("verified", "enrolled", "refer-no-match", "refer-uncalibrated")
BY_RULE = ("refer-opted-out", "refer-exempt", "refer-no-consent", "refer-unknown-category",
           "refer-withdrawn")
REASONS = ("no-face", "too-small", "blurred", "too-dark", "too-bright", "turned", "several-faces",
           "presentation", "timeout")

try:
    import cryptography  # noqa: F401
except ImportError:
    cryptography = None


def report(*states, options=(), expect=OK):
    arguments = [word for state in states for word in ("--state", state)]
    done = postern("report", *arguments, "--json", *options, expect=expect)
    return json.loads(done.stdout) if expect == OK else done


def branches(lane, category, entry):
    """Every number that an encounter counts in, as (group, measure)."""
    outcome = entry["outcome"]
    measures = ["encounters", ("outcome", outcome)]
    if outcome in CAPTURED:
        measures.append("captured")
    if outcome in BY_RULE:
        measures.append(("rule", outcome, entry["rule"]))
    if outcome == "refer-not-captured":
        measures.append(("reason", entry["reason"]))
    if outcome == "refer-no-notice":
        measures.append(("notice", entry["notice"]))
    return [(group, measure) for group in (("all",), ("category", category), ("lane", lane))
            for measure in measures]


def told(answer):
    """The report's numbers, as (group, measure): a number, or None where it is not told."""
    groups = {("all",): answer["all"]}
    groups.update({("category", g["name"]): g for g in answer["categories"]})
    groups.update({("lane", g["name"]): g for g in answer["lanes"]})
    numbers = {}
    for key, group in groups.items():
        numbers[key, "encounters"] = group["encounters"]
        numbers[key, "captured"] = group["captured"]
        for name, list_ in (("outcome", "outcomes"), ("reason", "not_captured"),
                            ("notice", "no_notice")):
            for word, number in group[list_].items():
                numbers[key, (name, word)] = number
        for rule in group["refused"]:
            numbers[key, ("rule", rule["outcome"], rule["rule"])] = rule["people"]
    return numbers


def sums(numbers):
    """What a reader knows of the numbers: which is the sum of which."""
    groups = {group for group, _ in numbers}
    measures = {measure for _, measure in numbers}
    for group in groups:
        outcomes = [m for m in measures if m[0] == "outcome"]
        yield (group, "captured"), [(group, m) for m in outcomes if m[1] in CAPTURED]
        yield (group, "encounters"), [(group, "captured")] + [
            (group, m) for m in outcomes if m[1] not in CAPTURED]
        yield (group, ("outcome", "refer-not-captured")), [
            (group, m) for m in measures if m[0] == "reason"]
        yield (group, ("outcome", "refer-no-notice")), [
            (group, m) for m in measures if m[0] == "notice"]
        for outcome in BY_RULE:
            yield (group, ("outcome", outcome)), [
                (group, m) for m in measures if m[0] == "rule" and m[1] == outcome]
    for measure in measures:
        for kind in ("category", "lane"):
            yield (("all",), measure), [(g, measure) for g in groups if g[0] == kind]


def worked_out(numbers):
    """The hidden numbers that follow from the others by subtraction, however many at a time."""
    hidden = [key for key, number in numbers.items() if number is None]
    column = {key: i for i, key in enumerate(hidden)}
    rows = []
    for total, parts in sums(numbers):
        row = {}
        for key, factor in [(total, -1)] + [(part, 1) for part in parts]:
            if key in column:
                row[column[key]] = row.get(column[key], 0) + factor
        if row:
            rows.append({k: Fraction(v) for k, v in row.items() if v})
    pivots = {}
    for row in rows:
        while row:
            lead = min(row)
            if lead not in pivots:
                pivots[lead] = {k: v / row[lead] for k, v in row.items()}
                break
            factor = row[lead]
            for k, v in pivots[lead].items():
                row[k] = row.get(k, 0) - factor * v
                if not row[k]:
                    del row[k]
    for lead in sorted(pivots, reverse=True):
        row = pivots[lead]
        for other in [k for k in row if k != lead and k in pivots]:
            factor = row[other]
            for k, v in pivots[other].items():
                row[k] = row.get(k, 0) - factor * v
                if not row[k]:
                    del row[k]
    return {hidden[lead] for lead, row in pivots.items() if len(row) == 1}


def everybody(log, seed, people, lanes=3):
    """Random encounters. @return the true numbers, as told() has them"""
    chance = random.Random(seed)
    categories = {"us-citizen": 30, "nonimmigrant": 60, "diplomat": 3, "crew-or-border-card": 1,
                  "unknown": 2, "permanent-resident": 12}
    weights = {"verified": 60, "refer-no-match": 6, "refer-uncalibrated": 1, "refer-fault": 1,
               "refer-not-captured": 9, "refer-no-notice": 3, "refer-opted-out": 6,
               "refer-exempt": 3, "refer-withdrawn": 1}
    truth = {}
    rows = [Lane(log, f"lane-{i}") for i in range(lanes)]
    for _ in range(people):
        log.wall_s += 30
        lane = chance.choices(rows, [2 ** i for i in range(lanes)])[0]
        category = chance.choices(list(categories), categories.values())[0]
        outcome = chance.choices(list(weights), weights.values())[0]
        entry = {"outcome": outcome, "rule": f"{outcome[6:]}-{chance.choice('aab')}",
                 "reason": chance.choice(REASONS) if outcome == "refer-not-captured" else None,
                 "notice": chance.choice(("absent", "stale")) if outcome == "refer-no-notice"
                 else "current"}
        lane.closed(category, **entry)
        for key in branches(lane.name, category, entry):
            truth[key] = truth.get(key, 0) + 1
    return truth


def test_what_is_told_is_true_and_what_is_small_is_not_told(folder):
    shown = hidden = few = 0
    for seed in range(12):
        state = folder / f"st{seed}"
        with AuditLog(state) as log:
            truth = everybody(log, seed, people=[40, 150, 600, 2500][seed % 4])
        numbers = told(report(state))
        assert set(truth) <= set(numbers), set(truth) - set(numbers)
        for key, number in numbers.items():
            assert number in (None, truth.get(key, 0)), (key, number, truth.get(key))
            assert number is None or number == 0 or number >= LEAST, (key, number)
        small = {key for key, number in truth.items() if number < LEAST}
        leaked = worked_out(numbers) & small
        assert not leaked, (seed, leaked)
        shown += sum(1 for key in truth if numbers[key] is not None)
        hidden += sum(1 for key in truth if numbers[key] is None)
        few += len(small)
    print(f"# {shown} numbers told, {hidden} not, {few} of them small")
    assert hidden < 2 * few, "more is hidden than small numbers need"


def test_hiding_the_small_ones_alone_would_tell_them(folder):
    """The check above is one that can fail."""
    with AuditLog(folder / "st") as log:
        truth = everybody(log, 1, people=600)
    numbers = told(report(folder / "st"))
    naive = {key: None if 0 < truth.get(key, 0) < LEAST else truth.get(key, 0) for key in numbers}
    assert worked_out(naive), "nothing to work out"


def two_lanes(log, slow):
    """Ten who consent and ten who decline on each of two lanes, the second slow to decline."""
    for name, factor in (("even", 1.0), ("slow", slow)):
        lane = Lane(log, name)
        for i in range(10):
            took = 1000 + 10 * i
            lane.closed("us-citizen", "verified", choice="consent", consent_ms=took)
            lane.closed("us-citizen", "refer-opted-out", "declines", choice="decline",
                        decline_ms=int(took * factor))


def test_a_lane_where_opting_out_is_held_up_is_flagged(folder):
    for slow, flagged in ((1.05, False), (1.13, True), (3.0, True), (0.4, False)):
        state = folder / f"st{slow}"
        with AuditLog(state) as log:
            two_lanes(log, slow)
        lanes = {lane["name"]: lane["choosing"] for lane in report(state)["lanes"]}
        assert not lanes["even"]["slower"], lanes
        assert lanes["slow"]["slower"] == flagged, (slow, lanes)
        assert abs(lanes["slow"]["decline_by_consent"] - slow) < 0.03, (slow, lanes)
        assert abs(lanes["even"]["consent"]["median_ms"] - 1040) < 15, lanes
        text = postern("report", "--state", state, expect=OK).stdout
        page = postern("report", "--state", state, "--format", "html", expect=OK).stdout
        assert ("Lane slow: opting out takes" in text) == flagged, text
        assert ("Lane slow: opting out takes" in page) == flagged, page


def test_times_of_few_are_not_told(folder):
    with AuditLog(folder / "st") as log:
        lane = Lane(log, "lane")
        for i in range(20):
            lane.closed("us-citizen", "verified")
        for i in range(4):
            lane.closed("us-citizen", "refer-opted-out", choice="decline", decline_ms=777)
    answer = report(folder / "st")
    assert answer["all"]["choosing"]["decline"] is None, answer
    # A random id may well hold these digits.
    assert not re.search(r"\b777\b", json.dumps(answer)), answer
    assert "0.78" not in postern("report", "--state", folder / "st", expect=OK).stdout


def test_the_page_is_whole_and_says_what_the_table_says(folder):
    with AuditLog(folder / "st") as log:
        everybody(log, 5, people=700)
        two_lanes(log, 2.0)
    out = folder / "report.html"
    done = postern("report", "--state", folder / "st", "--format", "html", "--out", out, expect=OK)
    assert not done.stdout, done.stdout
    text = out.read_text()
    page = Page(text)
    assert not re.search("https?://|<script|url\\((?!#)|@import|<link", text), text
    drawings = [attrs for tag, attrs in page.tags if tag == "svg"]
    assert len(drawings) > 5
    for attrs in drawings:
        assert attrs.get("aria-label") or attrs.get("aria-hidden"), attrs
    tags = [tag for tag, _ in page.tags]
    assert tags.count("table") == tags.count("caption") == tags.count("thead"), tags
    assert "prefers-color-scheme:dark" in text and "@media print" in text
    small = [w for w in re.findall(r"<td>(\d+)</td>", text.split("<h2>Lanes")[0])
             if 0 < int(w) < LEAST]
    assert not small, small
    small = [w for w in re.findall(r"<title>[^<]*?(\d+)</title>", text) if 0 < int(w) < LEAST]
    assert not small, small
    numbers = told(report(folder / "st"))
    row = re.search(r'row">us-citizen</th>((?:<td>[^<]*</td>)+)', text).group(1)
    cells = re.findall("<td>([^<]*)</td>", row)
    number = numbers[("category", "us-citizen"), "encounters"]
    assert cells[0] == ("*" if number is None else str(number)), (cells, number)


def test_days(folder):
    with AuditLog(folder / "st") as log:
        lane = Lane(log, "lane")
        for day in range(3):
            for _ in range(10 + day):
                lane.closed("us-citizen", "verified")
            log.wall_s += DAY
    def count(*options):
        return report(folder / "st", options=options)["all"]["encounters"]
    assert count() == 33
    assert count("--from", "2026-01-02") == 23
    assert count("--until", "2026-01-02") == 21
    assert count("--from", "2026-01-02", "--until", "2026-01-02") == 11
    assert count("--from", "2027-01-01") == 0
    postern("report", "--state", folder / "st", "--from", "2027-01-01", "--format", "html",
            expect=OK)


def test_several_logs(folder):
    for name, seed in (("a", b"a" * 32), ("b", b"b" * 32)):
        with AuditLog(folder / name, seed) as log:
            for lane_name in ("shared", name):
                lane = Lane(log, lane_name)
                for _ in range(10):
                    lane.closed("us-citizen", "verified")
    answer = report(folder / "a", folder / "b")
    assert {lane["name"]: lane["encounters"] for lane in answer["lanes"]} == {
        "a": 10, "b": 10, "shared": 20}, answer
    assert answer["all"]["opened"] == 4 and len(answer["logs"]) == 2, answer
    done = report(folder / "a", folder / "../" / folder.name / "a", expect=USAGE)
    assert "counted already" in done.stderr, done.stderr
    done = report(folder / "a", folder / "a", expect=USAGE)
    assert "counted already" in done.stderr, done.stderr


def test_a_log_that_does_not_verify_is_not_reported_on(folder):
    with AuditLog(folder / "st") as log:
        everybody(log, 3, people=100)
    key = folder / "our.pub"
    key.write_bytes((folder / "st/audit.pub").read_bytes())
    path = folder / "st/audit.log"
    good = path.read_bytes()
    out = folder / "out.json"
    out.write_text("as it was")
    middle = len(good) // 2
    for name, bad in (("edited", good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1:]),
                      ("cut", good[:middle]), ("noise", b"noise" * 30), ("longer", good + b"\1")):
        path.write_bytes(bad)
        done = postern("report", "--state", folder / "st", "--json", "--out", out, expect=NO)
        assert done.stderr.count("\n") == 1 and "audit.log" in done.stderr, (name, done.stderr)
        assert not done.stdout and out.read_text() == "as it was", name
    path.write_bytes(good)
    report(folder / "st", options=["--public-key", key])
    key.write_text("00" * 32 + "\n")
    done = report(folder / "st", options=["--public-key", key], expect=NO)
    assert "another key" in done.stderr, done.stderr


def test_what_lanes_met_with(folder):
    with AuditLog(folder / "st") as log:
        lane = Lane(log, "lane")
        for number in range(8):
            lane.permit()
            if number % 4 == 3:  # killed in the middle
                lane = Lane(log, "lane")
            else:
                lane.closed("us-citizen", "verified")
        log.append("source.lost", {"lane": "lane", "cause": "unplugged", "text": "gone"})
        for _ in range(6):
            lane.permit()
            lane = Lane(log, "lane")
    lane = report(folder / "st")["lanes"][0]
    assert (lane["opened"], lane["camera_lost"], lane["cut_off"]) == (9, 1, 8), lane


def test_entries_that_say_less_or_nonsense(folder):
    """Those of an older version, and words that nobody knows, are counted as not stated."""
    with AuditLog(folder / "st") as log:
        Lane(log, "lane")
        for number in range(6):
            log.append("encounter.closed", {"lane": "lane", "encounter": number, "rule": "r",
                                            "category": "us-citizen", "outcome": "verified"})
        for _ in range(7):
            log.append("encounter.closed", {"lane": "lane", "outcome": "refer-somewhere"})
        for _ in range(5):
            log.append("encounter.closed", {"outcome": "refer-not-captured", "lane": "../x",
                                            "category": "<b>", "reason": 7})
        log.append("something.new", {"lane": "lane"})
    answer = report(folder / "st")
    assert answer["all"]["outcomes"]["unset"] == 7, answer
    assert answer["all"]["outcomes"]["verified"] == 6, answer
    assert answer["all"]["not_captured"]["unset"] == 5, answer
    assert {g["name"] for g in answer["lanes"]} == {"lane", "unset"}, answer
    assert "<b>" not in postern("report", "--state", folder / "st", "--format", "html").stdout


def test_more_lanes_than_can_be_told(folder):
    with AuditLog(folder / "st") as log:
        for number in range(257):
            Lane(log, f"lane-{number}").closed("us-citizen", "verified")
    done = report(folder / "st", expect=USAGE)
    assert done.stderr.count("\n") == 1 and "256" in done.stderr, done.stderr


def test_a_lane_that_ran(folder):
    """What a real lane logs is what the report counts."""
    kinds = (["category: us-citizen, choice: {decline: 0.25s}, notice: current"] * 6 +
             ["category: us-citizen, choice: {consent: 0.2s}, notice: current"] * 6 +
             ["category: diplomat, notice: current"] * 5 +
             ["category: us-citizen, notice: stale"] * 5)
    lines = ["scenario: 1", "name: many", "encounters:"]
    lines += [f"  - {{at: {0.1 + i}s, for: 0.8s, known-by: document, {kind}}}"
              for i, kind in enumerate(kinds)]
    (folder / "many.yaml").write_text("\n".join(lines) + "\n")
    postern("run", "--policy", POLICY, "--set", "policy.date=2026-01-15", "--source",
            "synth:?people=22&seed=7&size=320x240&fps=10&seconds=24", "--scenario",
            folder / "many.yaml", "--state", folder / "st", "--sandbox", tap.SANDBOX, expect=OK)
    answer = report(folder / "st")
    everyone = answer["all"]
    assert everyone["encounters"] == 22, answer
    assert everyone["outcomes"]["refer-opted-out"] == 6, answer
    assert everyone["outcomes"]["refer-exempt"] == 5, answer
    assert everyone["no_notice"]["stale"] == 5, answer
    choosing = answer["lanes"][0]["choosing"]
    assert choosing["decline"]["median_ms"] == 250 and choosing["consent"]["median_ms"] == 200
    assert choosing["slower"], choosing


def test_wrong_use(folder):
    for arguments in (["more"], ["--from", "yesterday"], ["--until", "2026-02-30"], ["--state"],
                      ["--format", "pdf"], ["--from", "2026-01-02", "--until", "2026-01-01"],
                      ["--state", "a", "--state", "b", "--public-key", "k"]):
        done = postern("report", *arguments, expect=USAGE)
        assert done.stderr.count("\n") == 1 and "--help" in done.stderr, done.stderr
    done = report(folder / "none", expect=USAGE)
    assert done.stderr.count("\n") == 1 and "no audit log here" in done.stderr, done.stderr
    with AuditLog(folder / "st") as log:
        Lane(log, "lane")
    done = report(folder / "st", options=["--out", folder / "none/out"], expect=USAGE)
    assert done.stderr.count("\n") == 1 and "none/out" in done.stderr, done.stderr
    assert postern("report", "--help", expect=OK).stdout.startswith("usage: postern report")


if __name__ == "__main__":
    if cryptography is None:
        for name in [n for n in globals() if n.startswith("test_")]:
            def skip(folder):
                raise Skip("python3-cryptography is not installed")
            globals()[name] = skip
    tap.run(sys.modules[__name__])
