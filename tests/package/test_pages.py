# SPDX-License-Identifier: Apache-2.0
"""Manual pages: one for each command, with the options that it has and no others."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import tap
from commands import commands, helps, options
from tap import SOURCE, Skip

PAGES = Path(os.environ.get("PAGES", "."))


def shown(page):
    """A page as a terminal shows it, without markup and hyphenation."""
    if not shutil.which("mandoc"):
        raise Skip("no mandoc")
    done = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=900", page], capture_output=True,
                          text=True, check=True)
    return re.sub(r".\x08", "", done.stdout)


def test_each_command_has_one(_):
    names = {f"postern-{command}.1" for command in commands()}
    assert {page.name for page in PAGES.glob("postern-*.1")} == names


def test_they_have_the_options_of_their_help(_):
    for command in commands():
        text = helps(command)
        wanted = set().union(*map(options, text.values()))
        found = options(shown(PAGES / f"postern-{command}.1"))
        assert found == wanted, (command, "missing", wanted - found, "not there", found - wanted)


def test_they_have_the_words_of_their_help(_):
    """Whatever a help says of an option or an action the page says too."""
    for command in commands():
        page = " ".join(shown(PAGES / f"postern-{command}.1").split())
        for words, text in helps(command).items():
            for term in re.findall(r"^ {2,6}(\S.*?)(?:  .*)?$", text, re.M):
                term = " ".join(term.split())
                assert term in page or term.split()[0] in page, (words, term)
            for meaning in re.findall(r"^ {2,6}\S.*?  +(\S.*)$", text, re.M):
                assert " ".join(meaning.split()) in page, (words, meaning)


def test_the_first_page_names_all_commands(_):
    page = shown(PAGES / "postern.1")
    assert re.findall(r"postern-([a-z]+)\(1\)", page) == commands(), page


def test_the_page_of_lane_files_has_every_key(_):
    table = (SOURCE / "core/config/lane_keys.c").read_text()
    keys = set(re.findall(r'^\t\{"([a-z.-]+)", KIND_', table, re.M)) | {"lane", "plugins.options"}
    page = (PAGES / "postern-lane.5").read_text()
    found = {name.replace("\\-", "-") for term in re.findall(r"^\.TP\n(.*)$", page, re.M)
             for name in re.findall(r"\\fB(.*?)\\fP", term)}
    assert found == keys, (keys - found, found - keys)


def test_they_are_written_well(_):
    if not shutil.which("mandoc"):
        raise Skip("no mandoc")
    pages = sorted(PAGES.glob("postern*.[15]"))
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *pages], capture_output=True,
                          text=True, check=False)
    assert pages and done.returncode == 0, done.stdout


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
