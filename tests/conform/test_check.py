#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What 'postern plugin check' says of plugins that break one promise, and what it prints."""
import hashlib
import json
import os
import re
import shutil
import sys
import xml.etree.ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
import tap  # noqa: E402
from tap import postern  # noqa: E402

ROGUES = Path(os.environ["ROGUES"])
TEMPLATE = (Path(__file__).parent / "rogue.yaml.in").read_text()
PAGE = tap.SOURCE / "docs/conformance.md"

# What breaks -> the checks that fail, all of them, and no other.
BROKEN = {
    "crash": {"picture.size-1x1", "guest.no-crash"},
    "abort": {"picture.size-1x1", "guest.no-abort"},
    "exit": {"life.init", "guest.no-exit"},
    "write": {"guest.no-write"},
    "network": {"guest.no-network"},
    "fork": {"guest.no-fork"},
    "open": {"guest.no-open-after-init"},
    "print": {"guest.no-output"},
    "scribble": {"picture.not-written", "guest.no-crash"},
    "overread": {"picture.end", "picture.padding", "picture.stride", "guest.no-crash"},
    "nan": {"detect.score"},
    "spill": {"detect.cap"},
}


def make(folder, name, **changes):
    """A plugin's folder for one of the rogues."""
    folder = folder / name
    folder.mkdir()
    shutil.copy(ROGUES / f"{name}.so", folder)
    digest = hashlib.sha256((folder / f"{name}.so").read_bytes()).hexdigest()
    text = TEMPLATE.replace("@ID@", name).replace("@SHA256@", digest)
    for key, value in changes.items():
        text = re.sub(rf"(?m)^{key}: .*$", f"{key}: {value}", text)
    (folder / f"{name}.yaml").write_text(text)
    return folder


def check(plugin, *options, expect=None):
    """The checks found, by id."""
    done = postern("plugin", "check", plugin, "--json", "-", *options, expect=expect)
    return {one["id"]: one for one in json.loads(done.stdout)["checks"]}


def failed(checks):
    return {name for name, one in checks.items() if one["result"] == "fail"}


def test_a_sound_plugin_passes(folder):
    checks = check(make(folder, "sound"), expect=0)
    assert failed(checks) == set()
    assert len(checks) >= 100, len(checks)
    done = [one for one in checks.values() if one["result"] == "pass"]
    assert len(done) >= 130, len(done)


def test_each_broken_promise_is_named_and_no_other(folder):
    with ThreadPoolExecutor(4) as pool:  # each waits for threads that start late
        runs = {name: pool.submit(check, make(folder, name), expect=1) for name in BROKEN}
    for name, ids in BROKEN.items():
        checks = runs[name].result()
        assert failed(checks) == ids, (name, [c for c in checks.values() if c["result"] == "fail"])


def test_after_a_death_the_next_check_goes_on(folder):
    checks = check(make(folder, "crash"), "--only", "picture", expect=1)
    assert failed(checks) == {"picture.size-1x1"}
    assert "SIGSEGV" in checks["picture.size-1x1"]["finding"]
    assert checks["picture.size-row"]["result"] == "pass"
    assert checks["picture.several-faces"]["result"] == "pass"


def test_a_call_that_never_returns_is_told(folder):
    checks = check(make(folder, "hang"), "--only", "picture,guest.returns", expect=1)
    assert failed(checks) == {"picture.size-row", "guest.returns"}
    assert checks["picture.size-1x1"]["result"] == "pass"
    assert "hung" in checks["picture.size-odd"]["finding"]


def test_answers_that_depend_on_what_was_before(folder):
    assert {"frame.same-twice", "frame.same-order", "frame.same-instance"} <= failed(
        check(make(folder, "counts"), expect=1))


def test_findings_say_where(folder):
    checks = check(make(folder, "overread"), "--only", "picture.end", expect=1)
    assert "1 bytes behind the end of the picture" in checks["picture.end"]["finding"]
    checks = check(make(folder, "write"), "--only", "guest", expect=1)
    assert "/tmp/rogue" in checks["guest.no-write"]["finding"]
    assert not Path("/tmp/rogue").exists()


def test_another_library_or_abi_is_never_loaded(folder):
    plugin = make(folder, "crash", sha256="0" * 64)
    checks = check(plugin, expect=1)
    assert failed(checks) == {"manifest.library-digest"}
    assert checks["load.opens"]["result"] == "skip"
    checks = check(make(folder, "nan", abi=7), expect=1)
    assert failed(checks) == {"manifest.abi"}
    checks = check(make(folder, "exit", kind="teapot"), expect=1)
    assert failed(checks) == {"manifest.schema"}


def test_manifest_and_library_disagree(folder):
    assert failed(check(make(folder, "sound", version="2.0.0"), "--only", "abi", expect=1)) == {
        "abi.version"}
    assert failed(check(make(folder, "nan", licence="unknown"), expect=1)) == {"manifest.schema"}
    assert "manifest.licence" in failed(
        check(make(folder, "exit", licence="other"), "--only", "manifest", expect=1))


def test_junit_counts_what_it_holds(folder):
    report = folder / "report.xml"
    postern("plugin", "check", make(folder, "nan"), "--junit", report, expect=1)
    root = xml.etree.ElementTree.parse(report).getroot()
    assert root.tag == "testsuites"
    cases = root.findall("testsuite/testcase")
    assert int(root.get("tests")) == len(cases) >= 100
    assert len(root.findall("testsuite/testcase/failure")) == int(root.get("failures")) == 1
    for suite in root:
        held = suite.findall("testcase")
        assert int(suite.get("tests")) == len(held) > 0
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
        assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped"))
        assert all(case.get("name").startswith(suite.get("name") + ".") for case in held)


def test_the_list_is_the_page(_):
    checks = json.loads(postern("plugin", "check", "--list", "--json", "-", expect=0).stdout)["checks"]
    ids = [one["id"] for one in checks]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z]+\.[a-z0-9-]+", name) for name in ids)
    for kind in ("detector", "extractor", "matcher", "quality", "pad"):
        count = sum(one["kinds"] == "any" or kind in one["kinds"] for one in checks)
        assert count >= 100, (kind, count)
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text(), re.M)
    assert rows == [(one["id"], one["kinds"], one["summary"]) for one in checks]
    text = postern("plugin", "check", "--list", expect=0).stdout
    assert all(name in text for name in ids)


def test_only_runs_what_was_asked_for(folder):
    checks = check(make(folder, "sound"), "--only", "detect.cap,abi", expect=0)
    assert set(checks) == {one for one in checks if one.startswith("abi.")} | {"detect.cap"}
    assert checks["detect.cap"]["result"] == "pass"


def test_usage(folder):
    plugin = make(folder, "sound")
    for words, saying in (
            ([], "missing"), ([plugin, plugin], "too many"), ([folder / "none"], "No such file"),
            ([folder], "holds no manifest"), ([plugin, "--only", "detect.cab"], "detect.cap"),
            ([plugin, "--sonly"], "unknown option")):
        done = postern("plugin", "check", *words, expect=2)
        assert saying in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert "Usage" in postern("plugin", "check", "--help", expect=0).stdout
    postern("plugin", "chekc", expect=2)
    done = postern("plugin", "check", plugin / "sound.so", "--only", "abi", expect=0)
    assert "passed, 0 failed" in done.stdout


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
