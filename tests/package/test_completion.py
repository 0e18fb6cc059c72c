# SPDX-License-Identifier: Apache-2.0
"""Completion in bash: what it offers is what postern says of itself."""

import shlex
import subprocess
import sys

import tap
from commands import actions, commands, helps, options
from tap import POSTERN, SOURCE

SCRIPT = """
source {script}
COMP_WORDS=({words}) COMP_CWORD={last}
_postern {program} "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD-1]}}"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def offered(*words, folder="/"):
    """What is offered for the last word."""
    script = SCRIPT.format(script=shlex.quote(str(SOURCE / "docs/completion.bash")),
                           words=" ".join(shlex.quote(str(w)) for w in (POSTERN, *words)),
                           last=len(words), program=shlex.quote(POSTERN))
    done = subprocess.run(["bash", "--norc", "-c", script], cwd=folder, capture_output=True,
                          text=True, check=True, timeout=60)
    assert done.stderr == "", done.stderr
    return sorted(done.stdout.split())


def test_commands(_):
    assert offered("") == sorted(commands())
    assert offered("po") == ["policy"]
    assert offered("xyz") == []


def test_actions_and_options_of_all_commands(_):
    for command in commands():
        for words, text in helps(command).items():
            if actions(*words):
                assert offered(*words, "") == sorted(actions(*words)), words
            assert offered(*words, "--") == sorted(options(text) | {"--help"}), words


def test_actions_that_stand_in_a_usage(_):
    assert offered("gallery", "") == ["add", "list", "remove"]
    assert offered("receipt", "v") == ["verify"]
    assert offered("vault", "hold", "") == ["add", "list", "release"]
    assert offered("ctl", "c") == ["close", "consent"]


def test_values(_):
    assert offered("run", "--pace", "") == ["max", "real"]
    assert offered("receipt", "show", "--format", "h") == ["html"]
    policy = SOURCE / "policies/us-border.yaml"
    assert offered("policy", "explain", policy, "--known-by", "") == [
        "document", "manifest", "officer", "self"]
    assert "us-citizen" in offered("policy", "explain", policy, "--category", "us")
    assert offered("ctl", "open", "--policy", policy, "--category", "dip") == ["diplomat"]


def test_files(folder):
    (folder / "gate-7.yaml").touch()
    assert offered("run", "gate", folder=folder) == ["gate-7.yaml"]
    assert offered("run", "--policy", "", folder=folder) == ["gate-7.yaml"]


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
