# SPDX-License-Identifier: Apache-2.0
"""Strict reading of YAML: every scalar is text, and nothing is guessed, doubled or left over."""

import datetime
import re

import yaml

SIZE_MAX = 1 << 20
TEXT_MAX = 4000
LIST_MAX = 256
# ISO 639-1: first letters, each with the second ones.
LANGUAGES = dict(entry.split(":") for entry in (
    "a:abefkmnrsvyz b:aegimnors c:aehorsuvy d:aevz e:elnostu f:afijory g:adlnuv h:aeiortuyz "
    "i:adegikostu j:av k:agijklmnorsuvwy l:abginotuv m:ghiklnrsty n:abdeglnorvy o:cjmrs "
    "p:ailst q:u r:mnouw s:acdegiklmnoqrstuvw t:aeghiklnorstwy u:gkrz v:eio w:ao x:h y:io "
    "z:ahu").split())
NOTHING = ("", "~", "null", "Null", "NULL")


class Invalid(Exception):
    """The file is not what docs/policy.md describes."""


def _fail(node, what):
    mark = node.start_mark
    raise Invalid(f"{mark.line + 1}:{mark.column + 1}: {what}")


def document(data):
    """The root node of a file's only document, in which nothing stands for anything else."""
    if len(data) > SIZE_MAX:
        raise Invalid("larger than 1 MiB")
    try:
        written = data.decode("utf-8")
        if written.startswith("\ufeff"):
            raise Invalid("a byte order mark")
        for event in yaml.parse(written, yaml.BaseLoader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                _fail(event, "an alias or an anchor")
            if getattr(event, "tag", None) or getattr(event, "version", None):
                _fail(event, "a tag or a directive")
        root = yaml.compose(written, yaml.BaseLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(str(error)) from error
    if root is None:
        raise Invalid("no document")
    return root


def text(node):
    """A scalar that is not empty, nor YAML's word for nothing."""
    if not isinstance(node, yaml.ScalarNode) or node.value in NOTHING[:1 if node.style else None]:
        _fail(node, "expected a text")
    if len(node.value.encode()) > TEXT_MAX:
        _fail(node, "too long")
    return node.value


def is_name(word):
    """1 to 64 letters, digits, - _ and single dots, a letter or digit first."""
    return re.fullmatch(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,63}", word)


def name(node):
    """A text that is a name."""
    if not is_name(text(node)):
        _fail(node, f"{node.value!r} is no name")
    return node.value


def line(most):
    """Reads one line of at most so many bytes."""
    def read(node):
        if "\n" in text(node) or len(node.value.encode()) > most:
            _fail(node, "more than a line")
        return node.value
    return read


def hexadecimal(size):
    """Reads so many bytes in hexadecimal digits."""
    def read(node):
        if not re.fullmatch(f"[0-9a-fA-F]{{{2 * size}}}", text(node)):
            _fail(node, f"{node.value!r} is not {size} bytes")
        return node.value
    return read


def language(node):
    """The tag of a language: with a script, a region, both or neither."""
    match = re.fullmatch(r"([a-z]{2,3})(-[A-Z][a-z]{3})?(-[A-Z]{2}|-[0-9]{3})?", text(node))
    word = match[1] if match else ""
    if not match or len(word) == 2 and word[1] not in LANGUAGES.get(word[0], ""):
        _fail(node, f"{node.value!r} is no language")
    return node.value


def one_of(*known):
    """Reads one word of a closed list."""
    def read(node):
        if text(node) not in known:
            _fail(node, f"{node.value!r} is none of {known}")
        return node.value
    return read


def whole(low, high):
    """Reads a whole number between two limits, both included."""
    def read(node):
        if not re.fullmatch(r"-?[0-9]{1,18}", text(node)) or not low <= int(node.value) <= high:
            _fail(node, f"{node.value!r} is no whole number from {low} to {high}")
        return int(node.value)
    return read


def duration(node):
    """A number with a unit, at most 9.2e18 ns; nought needs no unit."""
    units = {"": 0, "ms": 1e6, "s": 1e9, "min": 60e9, "h": 3600e9, "d": 86400e9,
             "y": 365.25 * 86400e9}
    match = re.fullmatch(r"([0-9]+\.?[0-9]*)([a-z]*)", text(node), re.ASCII)
    if not match or match[2] not in units or match[2] == "" and float(match[1]) != 0:
        _fail(node, f"{node.value!r} is no duration")
    if float(match[1]) * units[match[2]] >= 9.2e18:
        _fail(node, f"{node.value!r} is too long")
    return node.value


def day_of(written):
    """A calendar date from 1900 on as YYYY-MM-DD, or None."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", written, re.ASCII):
        return None
    try:
        day = datetime.date.fromisoformat(written)
    except ValueError:
        return None
    return day if day.year >= 1900 else None


def date(node):
    """A calendar date."""
    day = day_of(text(node))
    if day is None:
        _fail(node, f"{node.value!r} is no date")
    return day


def listing(read, least=1, most=LIST_MAX):
    """Reads a list of which each entry is read the same way."""
    def read_list(node):
        if not isinstance(node, yaml.SequenceNode):
            _fail(node, "expected a list")
        if not least <= len(node.value) <= most:
            _fail(node, f"a list of {len(node.value)}")
        return [read(entry) for entry in node.value]
    return read_list


def mapping(needed, optional=None):
    """Reads a mapping with these keys and no other, none twice."""
    optional = optional or {}

    def read_map(node):
        if not isinstance(node, yaml.MappingNode):
            _fail(node, "expected a mapping")
        result = {}
        for key, value in node.value:
            if text(key) in result:
                _fail(key, f"{key.value!r} twice")
            read = needed.get(key.value) or optional.get(key.value)
            if read is None:
                _fail(key, f"unknown key {key.value!r}")
            result[key.value] = read(value)
        for key in needed:
            if key not in result:
                _fail(node, f"{key!r} is missing")
        return result
    return read_map
