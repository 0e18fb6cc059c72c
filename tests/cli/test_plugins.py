#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Plugins as a lane meets them: what is wrong with one is said before anything of it is opened."""

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

import tap
from lanes import Lane, scenario
from tap import postern

# A library that ends its process as soon as it is opened.
OPENED = Path(os.environ["VERSIONS"], "version-opened.so")
OWN = os.environ["OWN_PLUGINS"]

MANIFEST = {
    "plugin": "1", "id": "version", "kind": "detector", "version": "1.0.0", "abi": "1",
    "licence": "MIT", "summary": "text", "library": "version.so", "sha256": None, "threads": "1",
    "input": "{format: grey8, size: 320, multiple: 1}",
    "options": '[{name: level, type: int, default: "5", low: "0", high: "9", about: text}]',
}


def place(folder, more="", **changes):
    """A plugin folder with a manifest that differs from a good one as told."""
    root = folder / "version"
    root.mkdir()
    shutil.copy(OPENED, root / "version.so")
    digest = hashlib.sha256((root / "version.so").read_bytes()).hexdigest()
    fields = {**MANIFEST, "sha256": digest, **changes}
    (root / "version.yaml").write_text(
        "".join(f"{key}: {value}\n" for key, value in fields.items() if value is not None) + more)
    return root


def run(folder, *options):
    """A short lane with that plugin as its detector. @return the lane, ended"""
    with Lane(folder, "--source", "synth:?people=1&seconds=2&fps=5", "--pace", "max", "--scenario",
              scenario(folder, "at: 0s, for: 1s"), *options, detector="version",
              env={"POSTERN_PLUGINS": f"{folder}:{OWN}"}) as lane:
        lane.end(120)
    return lane


def refused(folder, wanted, *options):
    """The lane ends with status 2 and one line, and no worker was started for it."""
    lane = run(folder, *options)
    lines = [line for line in lane.errors.splitlines() if "sandbox" not in line]
    assert lane.process.returncode == 2, lane.describe()
    assert len(lines) == 1 and wanted in lines[0], (wanted, lane.errors)
    assert not lane.events("worker.died") and not lane.events("encounter.closed"), lane.describe()
    shutil.rmtree(folder / "version", ignore_errors=True)
    shutil.rmtree(folder / "state", ignore_errors=True)


def test_a_good_manifest_gets_it_opened(folder):
    place(folder)
    lane = run(folder)
    assert "SIGABRT" in lane.errors + json.dumps(lane.events()), lane.describe()


def test_what_its_manifest_gets_wrong_is_said_before_it_is_opened(folder):
    place(folder, sha256="0" * 64)
    refused(folder, "is another file than the manifest names")
    place(folder, abi="2")
    refused(folder, "made for ABI 2, this postern has 1")
    place(folder, library="../version/version.so")
    refused(folder, "must be the name of a file")
    place(folder, library="/bin/true")
    refused(folder, "must be the name of a file")
    place(folder, library="missing.so")
    refused(folder, "missing.so")
    place(folder, kind="extractor")
    refused(folder, "version")
    place(folder, more="summary: again\n")
    refused(folder, "summary")
    place(folder, more="speed: fast\n")
    refused(folder, "speed")
    place(folder, licence=None)
    refused(folder, "licence")
    place(folder, options='[{name: level, type: int, default: "10", high: "9", about: text}]')
    refused(folder, "must be anything to 9")


def test_an_id_that_is_a_path_is_nobodys(folder):
    for name in ("../version", "/version", "version/", "..", "a..b", ".version", "-v"):
        place(folder, id=name)
        refused(folder, "version")


def test_a_link_out_of_the_folder_is_not_followed(folder):
    root = place(folder)
    shutil.move(root / "version.so", folder / "elsewhere.so")
    (root / "version.so").symlink_to("../elsewhere.so")
    refused(folder, "leads out of the plugin's folder")


def test_what_everybody_may_write_is_not_opened(folder):
    for name in ("version.so", "version.yaml", "."):
        root = place(folder)
        (root / name).chmod((root / name).stat().st_mode | 0o002)
        refused(folder, "can be written by everybody")


def test_an_option_that_does_not_fit_is_refused(folder):
    for pair, wanted in (("level=10", "must be 0 to 9, not 10"), ("level=-1", "must be 0 to 9"),
                         ("level=x", "needs a whole number"), ("level=5.0", "needs a whole number"),
                         ("levle=5", "did you mean 'level'"), ("speed=5", "no option 'speed'")):
        name, value = pair.split("=")
        place(folder)
        (folder / "lane.yaml").write_text(
            "lane: 1\nname: x\nplugins: {options: [{plugin: version, name: "
            f"{name}, value: \"{value}\"}}]}}\n")
        refused(folder, wanted, folder / "lane.yaml")


def test_a_plugin_nobody_named_is_not_opened(folder):
    # Under the name of one that would be taken without being named.
    place(folder, id="yunet")
    lane = Lane(folder, "--source", "synth:?people=1&seconds=2&fps=5", "--pace", "max",
                "--scenario", scenario(folder, "at: 0s, for: 1s"),
                env={"POSTERN_PLUGINS": f"{folder}:{OWN}"})
    at = lane.arguments.index("--detector")
    del lane.arguments[at:at + 2]
    with lane:
        lane.end(120)
    assert "SIGABRT" not in lane.errors + json.dumps(lane.events()), lane.describe()
    assert "did not come with this postern" in lane.errors, lane.errors


def test_the_list_tells_what_came_with_postern(folder):
    place(folder)
    os.environ["POSTERN_PLUGINS"] = f"{folder}:{OWN}"
    try:
        found = {p["id"]: p for p in json.loads(postern("plugins", "--json", expect=0).stdout)["plugins"]}
        text = postern("plugins", expect=0).stdout
    finally:
        del os.environ["POSTERN_PLUGINS"]
    assert found["version"]["own"] is False and found["lbph"]["own"] is True, found
    assert found["version"]["options"] == [
        {"name": "level", "default": "5", "about": "text", "low": "0", "high": "9"}], found
    assert "runs where a lane names it" in text, text


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
