# SPDX-License-Identifier: Apache-2.0
"""What commands there are, by what postern itself says."""

import re

from tap import postern

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def help_of(*words):
    return postern(*words, "--help", expect=0).stdout


def commands():
    return re.findall(r"^  ([a-z]+) +\S", help_of(), re.M)


def actions(*words):
    """Actions of a command that have a help of their own."""
    text = help_of(*words)
    if "ACTION --help'" not in text:
        return []
    return re.findall(r"^  ([a-z][a-z-]*) +\S", text, re.M)


def helps(*words):
    """The help of a command, and those of its actions and of theirs, by their words."""
    found = {words: help_of(*words)}
    for action in actions(*words):
        found |= helps(*words, action)
    return found


def options(text):
    return set(OPTION.findall(text))
