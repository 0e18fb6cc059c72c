# SPDX-License-Identifier: Apache-2.0
"""postern receipt, as the person who holds one meets it."""

import hashlib
import html.parser
import json
import re
import subprocess
import sys

import tap
from tap import SOURCE, Skip, postern

OK, NO, USAGE = 0, 1, 2
POLICY = SOURCE / "policies/us-border.yaml"
DEMO = SOURCE / "examples/lanes/demo.yaml"
SCENARIOS = SOURCE / "examples/scenarios"
SCHEMA = SOURCE / "docs/receipt.schema.json"
OLD = SOURCE / "tests/fixtures/receipt-1.json"
OLD_KEY = SOURCE / "tests/fixtures/receipt-1.pub"

SHORT = """scenario: 1
name: three travelers
encounters:
  - {at: 0.1s, for: 0.8s, category: us-citizen, known-by: document, notice: current,
     choice: {decline: 0.3s}}
  - {at: 1s, for: 0.8s, category: diplomat, known-by: officer, notice: current}
  - {at: 2s, for: 0.8s, category: us-national, known-by: self, notice: absent}
"""


def validator():
    try:
        import jsonschema
    except ImportError as why:
        raise Skip("python3-jsonschema is not installed") from why
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def short_run(folder):
    """The receipts of three travelers, by outcome, and the key."""
    (folder / "three.yaml").write_text(SHORT)
    postern("run", "--policy", POLICY, "--set", "policy.date=2026-01-15", "--source",
            "synth:?people=3&seed=7&size=320x240&fps=10&seconds=3", "--scenario",
            folder / "three.yaml", "--state", folder / "st", "--sandbox", tap.SANDBOX, expect=OK)
    paths = sorted((folder / "st/receipts").glob("*.json"))
    found = {json.loads(path.read_text())["outcome"]: path for path in paths}
    assert len(found) == len(paths) == 3, found
    return found, folder / "st/audit.pub"


def demo_run(folder):
    """The receipts of the demonstration's eleven travelers."""
    vault = ["--state", folder / "st", "--key", folder / "key"]
    drawn = ["--people", 11, "--seed", 8, "--seconds", 44, "--fps", 15, "--size", "640x480"]
    postern("vault", "init", *vault, expect=OK)
    postern("synth", folder / "enrol.avi", *drawn, expect=OK)
    postern("run", DEMO, "--source", folder / "enrol.avi", *vault, "--set",
            "policy.purpose=enrol", "--scenario", SCENARIOS / "enrol-travelers.yaml", expect=OK)
    enrolled = set((folder / "st/receipts").glob("*.json"))
    postern("synth", folder / "travelers.avi", *drawn, "--take", 1, "--bystanders", 1, expect=OK)
    postern("run", DEMO, "--source", folder / "travelers.avi", *vault, "--scenario",
            SCENARIOS / "travelers.yaml", expect=OK)
    every = set((folder / "st/receipts").glob("*.json"))
    return sorted(enrolled), sorted(every - enrolled)


def test_every_receipt_of_the_demonstration_is_of_the_schema(folder):
    schema = validator()
    enrolled, travelers = demo_run(folder)
    assert len(travelers) == 11, travelers
    entries = [json.loads(line) for line in postern(
        "audit", "show", "--state", folder / "st", "--kind", "encounter.closed", "--json",
        expect=OK).stdout.splitlines()]
    by_receipt = {entry["data"]["receipt"]: entry for entry in entries}
    for path in enrolled + travelers:
        receipt = json.loads(path.read_text())
        schema.validate(receipt)
        entry = by_receipt[receipt["id"]]
        assert receipt["audit"] == {"sequence": entry["sequence"], "hash": entry["hash"]}
        assert entry["data"]["outcome"] == receipt["outcome"], (entry, receipt)
        assert receipt["policy"]["id"] == "us-border" and receipt["sources"], receipt
        assert [s["store"] for s in receipt["retention"]] == [
            "matching", "identity", "partner", "crossing"], receipt
        assert bool(receipt["kept"]) == (receipt["outcome"] in ("verified", "enrolled")), receipt
        allowed = {s["store"] for s in receipt["retention"] if s["seconds"]}
        assert {k["store"] for k in receipt["kept"]} <= allowed, receipt
        assert (receipt["notice"] is None) == (receipt["notice_state"] == "absent"), receipt
        assert (receipt["authority"] is None) == (receipt["verdict"] != "allow"), receipt
    outcomes = sorted(json.loads(p.read_text())["outcome"] for p in travelers)
    assert len(set(outcomes)) >= 6, outcomes
    text = "".join(path.read_text() for path in enrolled + travelers)
    assert not re.search(r"\bS0\d\d\b", text), "a subject is named"


def test_the_schema_is_strict(folder):
    schema = validator()
    found, _ = short_run(folder)
    good = json.loads(found["refer-exempt"].read_text())
    schema.validate(good)
    for name in good:
        assert not schema.is_valid({k: v for k, v in good.items() if k != name}), name
    assert not schema.is_valid({**good, "name": "somebody"})
    schema.validate(json.loads(OLD.read_text()))


def test_a_receipt_verifies_without_postern(folder):
    """The program that docs/vault.md shows."""
    found, key = short_run(folder)
    page = (SOURCE / "docs/vault.md").read_text()
    program = re.search(r"^```python\n(.*?)^```", page, re.S | re.M).group(1)
    if subprocess.run([sys.executable, "-c", "import cryptography"], check=False,
                      capture_output=True).returncode:
        raise Skip("python3-cryptography is not installed")

    def check(path, with_key):
        return subprocess.run([sys.executable, "-c", program, path, with_key], check=False,
                              capture_output=True, text=True)
    for path, with_key in [(p, key) for p in found.values()] + [(OLD, OLD_KEY)]:
        done = check(path, with_key)
        assert done.stdout == "genuine\n", done.stderr
    changed = folder / "changed.json"
    changed.write_text(found["refer-exempt"].read_text().replace("diplomat", "us-citizen", 1))
    assert "InvalidSignature" in check(changed, key).stderr
    assert "InvalidSignature" in check(found["refer-exempt"], OLD_KEY).stderr


def test_receipts_of_schema_1_verify_and_are_shown(folder):
    done = postern("receipt", "verify", OLD, "--public-key", OLD_KEY, "--json", expect=OK)
    assert json.loads(done.stdout)["schema"] == 1, done.stdout
    shown = postern("receipt", "show", OLD, "--public-key", OLD_KEY, expect=OK).stdout
    assert "You declined." in shown and "genuine, by key" in shown, shown
    changed = folder / "changed.json"
    changed.write_text(OLD.read_text().replace("refer-opted-out", "verified"))
    postern("receipt", "verify", changed, "--public-key", OLD_KEY, expect=NO)
    changed.write_text(OLD.read_text().replace('"receipt":1', '"receipt":2'))
    postern("receipt", "verify", changed, "--public-key", OLD_KEY, expect=NO)


class Page(html.parser.HTMLParser):
    """The words of a page; an error where its tags do not nest."""

    def __init__(self, text):
        super().__init__()
        self.open = []
        self.words = []
        self.tags = []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, (tag, self.open)

    def handle_data(self, data):
        if "style" not in self.open:
            self.words += data.split()


def test_text_and_page_say_the_same(folder):
    found, _ = short_run(folder)
    for path in found.values():
        text = postern("receipt", "show", path, "--state", folder / "st", expect=OK).stdout
        page = postern("receipt", "show", path, "--state", folder / "st", "--format", "html",
                       expect=OK).stdout
        assert all(len(line) <= 80 for line in text.splitlines()), text
        words = Page(page).words
        assert words[0] == "Receipt" and words[1:] == text.split(), (words, text)
        assert "http" not in page and "<script" not in page, page
        receipt = json.loads(path.read_text())
        said = " ".join(words)
        for part in (receipt["id"], receipt["outcome"], receipt["rule_text"], receipt["withdraw"],
                     receipt["complain"], receipt["policy"]["sha256"], receipt["audit"]["hash"],
                     *(s["id"] for s in receipt["sources"]),
                     *(s["meaning"] for s in receipt["retention"]),
                     *(d["question"] for d in receipt["disputes"])):
            assert " ".join(part.split()) in said, part
    assert "Nothing of you was kept." in said, said


def test_json_is_the_receipt_as_it_is(folder):
    found, key = short_run(folder)
    path = found["refer-no-notice"]
    for option in (["--format", "json"], ["--json"]):
        assert postern("receipt", "show", path, *option, expect=OK).stdout == path.read_text() + "\n"
    assert json.loads(path.read_text())["notice"] is None
    pretty = folder / "pretty.json"
    pretty.write_text(json.dumps(json.loads(path.read_text()), indent=4))
    postern("receipt", "verify", pretty, "--public-key", key, expect=OK)


def test_what_is_shown_is_harmless(folder):
    """A receipt that was not checked may hold anything, for a terminal or for a browser."""
    found, key = short_run(folder)
    evil = json.loads(found["refer-exempt"].read_text())
    evil["rule_text"] = "\x1b]0;owned\x07<script>alert(1)</script> \u009b31m " + "x" * 3000
    evil["complain"] = "</dd><img src=x onerror=alert(1)>"
    path = folder / "evil.json"
    path.write_text(json.dumps(evil))
    shown = postern("receipt", "show", path, expect=OK).stdout
    assert "not checked" in shown, shown
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", shown), repr(shown)
    page = postern("receipt", "show", path, "--format", "html", expect=OK).stdout
    assert "<script" not in page and "<img" not in page, page
    Page(page)
    done = postern("receipt", "show", path, "--public-key", key, expect=NO)
    assert not done.stdout and "changed after it was signed" in done.stderr, done


def test_a_receipt_without_an_entry(folder):
    """Where the log could not be written the receipt says so; its place cannot be checked."""
    found, key = short_run(folder)
    lone = json.loads(found["refer-exempt"].read_text())
    lone["audit"] = None
    path = folder / "lone.json"
    path.write_text(json.dumps(lone))
    shown = postern("receipt", "show", path, expect=OK).stdout
    assert "could not be written" in shown, shown
    validator().validate(lone)
    assert "changed" in postern("receipt", "verify", path, "--public-key", key, expect=NO).stderr


def test_an_operators_choice_is_told(folder):
    """Where the other reading of a dispute was chosen the receipt says so, and why."""
    reason = "Letter of the State Department."
    postern("policy", "choose", POLICY, "--key", folder / "op.key", "--out", folder / "choices.yaml",
            "--rule", "diplomat-after", "--reason", reason, "--date", "2026-01-10", expect=OK)
    (folder / "one.yaml").write_text(
        "scenario: 1\nname: one\nencounters:\n  - {at: 0.1s, for: 1.5s, category: diplomat, "
        "known-by: document, notice: current}\n")
    postern("run", "--policy", POLICY, "--set", "policy.date=2026-01-15", "--choices",
            folder / "choices.yaml", "--operator", folder / "op.key.pub", "--source",
            "synth:?people=1&seed=7&size=320x240&fps=10&seconds=2", "--scenario",
            folder / "one.yaml", "--state", folder / "st", "--sandbox", tap.SANDBOX, expect=OK)
    path, = (folder / "st/receipts").glob("*.json")
    receipt = json.loads(path.read_text())
    validator().validate(receipt)
    assert receipt["authority"] == "required-if-asked", receipt
    assert [d["taken"] for d in receipt["disputes"]] == [
        "the other reading, by the operator's choice: " + reason], receipt


def slip_of(path):
    """What the QR code of a receipt holds, by docs/vault.md; the hash is that of the file."""
    receipt = json.loads(path.read_text())
    lines = [("POSTERN", "RECEIPT 2"), ("ID", receipt["id"].upper()), ("LANE", receipt["lane"]),
             ("ISSUED", receipt["issued"]), ("OUTCOME", receipt["outcome"]),
             ("CHOICE", receipt["choice"] or "none"), ("KEY", receipt["key"].upper()),
             ("SHA256", hashlib.sha256(path.read_bytes()).hexdigest().upper()),
             ("SIGNATURE", receipt["signature"].upper())]
    return "".join(f"{name} {value}\n" for name, value in lines)


def test_a_receipt_is_held_against_what_the_display_showed(folder):
    found, key = short_run(folder)
    for outcome, path in found.items():
        (folder / "slip.txt").write_text(slip_of(path))
        postern("receipt", "verify", path, "--public-key", key, "--slip", folder / "slip.txt",
                expect=OK)
        postern("receipt", "verify", path, "--state", folder / "st", "--slip",
                folder / "slip.txt", expect=OK)
        other = next(p for o, p in found.items() if o != outcome)
        done = postern("receipt", "verify", other, "--public-key", key, "--slip",
                       folder / "slip.txt", expect=NO)
        assert done.stderr.count("\n") == 1 and "slip.txt: not of this receipt: 'ID" in done.stderr
    done = postern("receipt", "verify", path, "--public-key", key, "--slip", folder / "none",
                   expect=USAGE)
    assert done.stderr.count("\n") == 1 and "none" in done.stderr, done.stderr


def test_wrong_use(folder):
    for arguments in ([], ["show"], ["tell", "x"], ["show", "a", "b"],
                      ["show", "x", "--format", "pdf"], ["verify", "x", "--format", "html"],
                      ["show", "x", "--slip", "y"]):
        done = postern("receipt", *arguments, expect=USAGE)
        assert done.stderr.count("\n") == 1 and "--help" in done.stderr, done.stderr
    done = postern("receipt", "show", folder / "none", expect=USAGE)
    assert done.stderr.count("\n") == 1 and "none" in done.stderr, done.stderr
    for text in ("", "{}", "[" * 5000, '{"receipt":2}'):
        (folder / "bad.json").write_text(text)
        done = postern("receipt", "show", folder / "bad.json", expect=NO)
        assert done.stderr.count("\n") == 1 and "bad.json" in done.stderr, done.stderr


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
