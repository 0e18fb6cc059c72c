# SPDX-License-Identifier: Apache-2.0
"""`postern plugin learn`: what plugins call that the sandbox does not allow."""

import json
import os
import sys

import tap
from tap import Skip, need, postern

OK, NO, USAGE = range(3)


def sandboxed():
    if tap.SANDBOX == "off":
        raise Skip("the worker of this build has a sanitizer and is never locked down")


def learn(*arguments, models=None, expect=OK):
    return postern("plugin", "learn", *arguments, models=models, expect=expect)


def escape(*options, expect):
    """The plugin that tries to get out, on every frame."""
    before = os.environ.get("POSTERN_PLUGINS")
    os.environ["POSTERN_PLUGINS"] = os.environ["TEST_PLUGINS"]
    try:
        return learn("escape", "--set", "bright=0", *options, expect=expect)
    finally:
        if before is None:
            del os.environ["POSTERN_PLUGINS"]
        else:
            os.environ["POSTERN_PLUGINS"] = before


def test_shipped_plugins_need_no_more_than_the_table(folder):
    sandboxed()
    for plugin in ("cosine", "cascade", "lbph"):
        assert "no call" in learn(plugin).stdout, plugin
        assert json.loads(learn(plugin, "--json").stdout)["calls"] == [], plugin
    for threads in ("2", "4"):
        learn("cascade", "--set", f"threads={threads}")


def test_neural_plugins_need_no_more_either(folder):
    sandboxed()
    models = need("POSTERN_MODELS")
    for plugin in ("yunet", "arcface"):
        for threads in ("1", "2", "4"):
            learn(plugin, "--set", f"threads={threads}", models=models)


def test_calls_outside_the_table_are_told_with_their_count(folder):
    sandboxed()
    calls = json.loads(escape("--set", "frame=signal", "--json", expect=NO).stdout)["calls"]
    names = {call["name"]: call["count"] for call in calls}
    assert set(names) == {"getppid", "kill"}, calls
    assert names["kill"] == names["getppid"] == 20, calls  # one of each frame
    by_folder = learn(os.environ["TEST_PLUGINS"] + "/escape", "--set", "bright=0", "--set",
                      "frame=signal", "--json", expect=NO)
    assert json.loads(by_folder.stdout)["calls"] == calls, by_folder.stdout
    said = escape("--set", "frame=trace", expect=NO).stdout
    assert "ptrace (" in said and "times" in said, said


def test_what_cannot_be_learnt_from(folder):
    for arguments, said in (((), "takes one plugin"), (("cosine", "lbph"), "takes one plugin"),
                            (("nobody",), "no plugin 'nobody'"),
                            ((folder / "none",), "No such file"), ((folder,), "no plugin"),
                            (("cosine", "--set", "simd"), "NAME=VALUE"),
                            (("cosine", "--set", "speed=1"), "speed")):
        done = learn(*arguments, expect=USAGE)
        assert said in done.stderr, done.stderr


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
