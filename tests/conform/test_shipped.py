#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The kit finds nothing wrong with the plugins that are shipped, nor with the examples."""
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
import tap  # noqa: E402

LIMIT_S = 300  # of a busy machine; the promise of 60 is for an idle one


def conforms(path, models=None):
    done = tap.postern("plugin", "check", path, "--json", "-", models=models, timeout=LIMIT_S)
    found = json.loads(done.stdout)
    wrong = [one for one in found["checks"] if one["result"] == "fail"]
    assert done.returncode == 0 and not wrong, wrong
    assert found["passed"] + found["skipped"] >= 100 and found["passed"] >= 100, found["passed"]


def shipped(name):
    path = Path(os.environ["PLUGINS"]) / name
    if not path.is_dir():
        raise tap.Skip(f"{name} is not built")
    return path


def test_cosine(_):
    conforms(shipped("cosine"))


def test_lbph(_):
    conforms(shipped("lbph"))


def test_facequal(_):
    conforms(shipped("facequal"))


def test_screen(_):
    conforms(shipped("screen"))


def test_cascade(_):
    if not Path("/usr/share/opencv4/haarcascades").is_dir():
        raise tap.Skip("opencv-data is not installed")
    conforms(shipped("cascade"))


def test_yunet(_):
    conforms(shipped("yunet"), tap.need("POSTERN_MODELS"))


def test_arcface(_):
    conforms(shipped("arcface"), tap.need("POSTERN_MODELS"))


def test_every_example(_):
    examples = sorted(path.parent for path in Path(os.environ["EXAMPLES"]).glob("*/*.yaml"))
    assert len(examples) >= 3
    for example in examples:
        conforms(example)


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
