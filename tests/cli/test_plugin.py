#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`postern plugin new`: a project of each kind that builds, is found and runs in a lane."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import tap
from lanes import PERSON, Lane
from tap import postern

KINDS = {"detector": "bright", "extractor": "pixels", "matcher": "nearest", "quality": "sharp",
         "pad": "flat"}


def build(project):
    """Builds a project against the tree this test belongs to. @return the folder of plugins"""
    environment = {**os.environ, "PKG_CONFIG_PATH": os.environ["UNINSTALLED"]}
    for command in (["meson", "setup", project / "build", project],
                    ["meson", "compile", "-C", project / "build"]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300,
                              check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "warning:" not in done.stdout, done.stdout
    return project / "build"


def listed(*folders):
    """The plugins of some folders by id, as `postern plugins --json` tells them."""
    os.environ["POSTERN_PLUGINS"] = ":".join(map(str, folders))
    try:
        return {p["id"]: p for p in json.loads(postern("plugins", "--json", expect=0).stdout)["plugins"]}
    finally:
        del os.environ["POSTERN_PLUGINS"]


def names(folder):
    """Every file below a folder, with hidden ones."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_each_kind_builds_is_listed_and_runs_in_a_lane(folder):
    folders = []
    for kind in KINDS:
        project = folder / ("my-" + kind)
        done = postern("plugin", "new", project, "--kind", kind, expect=0)
        assert f"{kind} plugin 'my-{kind}'" in done.stdout, done.stdout
        folders.append(build(project))
    folders.append(os.environ["OWN_PLUGINS"])
    found = listed(*folders)
    assert len(found) > len(KINDS), found
    for kind in KINDS:
        assert found["my-" + kind]["state"] == "ok", found
        assert found["my-" + kind]["kind"] == kind, found
    check_lane(folder, folders, "my-detector")
    if (Path(os.environ["OWN_PLUGINS"]) / "cascade").is_dir():
        # A bright wall is too smooth for a face: quality is measured where a face was found.
        run = check_lane(folder, folders, "cascade", "--quality", "my-quality", "--pad", "my-pad",
                         "--set", "pad.evasion=reported")
        (opened,), (captured,) = run.events("lane.opened"), run.events("encounter.captured")
        assert (opened["plugins"]["quality"], opened["plugins"]["pad"]) == ("my-quality", "my-pad")
        assert sorted(captured["components"]) == ["inter-eye-distance", "sharpness"], captured
        (judged,) = run.events("pad.result")
        assert judged["impersonation"]["reason"].startswith("contrast "), judged
        assert judged["impersonation"]["answer"] == "pass" and judged["clear"], judged


def check_lane(folder, folders, detector, *options):
    """A visitor meets the plugins, and is referred as nobody calibrated them. @return the lane"""
    lane = folder / "scenario.yaml"
    lane.write_text("scenario: 1\nname: test\nencounters:\n  - {at: 0s, for: 2s, " + PERSON + "}\n")
    with Lane(folder, "--source", "synth:?people=1&seed=3&seconds=3&fps=10", "--scenario", lane,
              "--pace", "max", "--matcher", "my-matcher", *options, detector=detector,
              extractor="my-extractor", state=folder / detector,
              env={"POSTERN_PLUGINS": ":".join(map(str, folders))}) as run:
        run.end(120)
        closed = run.events("encounter.closed")
        assert len(closed) == 1, run.describe()
        assert closed[0]["frames"]["leased"] > 0, run.describe()
        assert not run.events("worker.died"), run.describe()
        assert closed[0]["outcome"] in ("refer-uncalibrated", "refer-no-match"), run.describe()
    return run


def test_the_project_is_the_example_under_another_name(folder):
    for kind, example in KINDS.items():
        postern("plugin", "new", folder / kind, "--kind", kind, "--id", "Some.id-2", expect=0)
        assert names(folder / kind) == [
            ".gitignore", "LICENSE", "README.md", "meson.build", "plugin/Some.id-2.c",
            "plugin/Some.id-2.yaml.in", "plugin/fill-digest", "plugin/meson.build"], kind
        source = (tap.SOURCE / f"examples/plugins/{example}/{example}.c").read_text()
        written = (folder / kind / "plugin/Some.id-2.c").read_text()
        assert written == source.replace(f'"{example}"', '"Some.id-2"'), kind
        for path in (folder / kind).rglob("*"):
            assert path.is_dir() or not re.search("@ID@|@KIND@", path.read_text()), path
        assert os.access(folder / kind / "plugin/fill-digest", os.X_OK)
        assert not os.access(folder / kind / "README.md", os.X_OK)


def test_an_empty_folder_is_filled_another_left_alone(folder):
    (folder / "empty").mkdir()
    postern("plugin", "new", f"{folder}/empty///", expect=0)
    assert (folder / "empty/plugin/empty.c").exists()
    (folder / "full").mkdir()
    (folder / "full/precious").write_text("mine")
    (folder / "file").write_text("mine, too")
    for name, wanted in (("full", "not empty"), ("file", "file"), ("no/such/place", "place")):
        done = postern("plugin", "new", folder / name, expect=2)
        assert wanted in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert names(folder / "full") == ["precious"]
    assert sorted(p.name for p in folder.iterdir()) == ["empty", "file", "full"]


def test_nothing_is_left_of_a_project_that_could_not_be_written(folder):
    # No file may have a byte.
    done = subprocess.run(["bash", "-c", f"ulimit -f 0; exec '{tap.POSTERN}' plugin new '{folder}/a'"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "File too large" in done.stderr, done
    assert not list(folder.iterdir())


def test_what_is_wrong_has_its_line(folder):
    for arguments, wanted in (
            (["new"], "no folder is named"),
            (["new", folder / "a", "b"], "'b' is one word too many"),
            (["new", folder / "a", "--kind", "matchmaker"], "not 'matchmaker'"),
            (["new", folder / "a", "--id", "../x"], "'../x' is no id"),
            (["new", folder / "a", "--id", ""], "'' is no id"),
            (["new", folder / "a", "--id", "a b"], "'a b' is no id"),
            (["new", folder / "-"], "'-' is no id"),
            (["new", folder / ".."], "'..' is no id"),
            (["new", ""], "cannot be a folder's name"),
            (["new", "/"], "is no id"),
            (["new", folder / "a", "--kinds"], "--kinds"),
            (["knew"], "did you mean 'new'"),
            ([], "what to do is missing")):
        done = postern("plugin", *arguments, expect=2)
        assert wanted in done.stderr and done.stderr.count("\n") == 1, (arguments, done.stderr)
        assert not list(folder.iterdir()), arguments
    assert "plugin new DIR" in postern("plugin", "new", "--help", expect=0).stdout
    assert "new" in postern("plugin", "--help", expect=0).stdout


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
