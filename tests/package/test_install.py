# SPDX-License-Identifier: Apache-2.0
"""`meson install`: everything that a user needs, and nothing beside the prefix."""

import json
import os
import subprocess
import sys
from pathlib import Path

import tap
from commands import commands
from tap import SOURCE


def install(folder):
    """The tree as installed. @return its prefix"""
    done = subprocess.run(["meson", "install", "-C", os.environ["BUILD"], "--no-rebuild", "--destdir",
                           folder], capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / os.environ["PREFIX"].lstrip("/")


def names(folder, pattern="*"):
    return {path.name for path in Path(folder).glob(pattern)}


def test_the_installed_tree(folder):
    prefix = install(folder)
    libdir, libexec = prefix / os.environ["LIBDIR"], prefix / os.environ["LIBEXECDIR"] / "postern"
    doc = prefix / "share/doc/postern"
    above = prefix
    while above != folder:
        assert len(list(above.parent.iterdir())) == 1, list(above.parent.iterdir())
        above = above.parent

    assert names(prefix / "bin") == {"postern"}
    assert {"postern-worker", "postern-conform"} <= names(libexec)
    assert ("console" in commands()) == ("postern-console" in names(libexec))
    assert names(prefix / "include/postern") == names(SOURCE / "core/include/postern", "*.h")
    assert (libdir / "pkgconfig/postern.pc").is_file()
    assert names(prefix / "share/postern/policies") == names(SOURCE / "policies", "*.yaml")
    assert names(prefix / "share/postern", "*.json") == names(SOURCE / "docs", "*.json")
    pages = {f"postern-{command}.1" for command in commands()} | {"postern.1"}
    assert names(prefix / "share/man/man1") == pages
    assert names(prefix / "share/man/man5") == {"postern-lane.5"}
    assert names(prefix / "share/bash-completion/completions") == {"postern"}
    assert names(prefix / "lib/systemd/system") == {"postern@.service", "postern-console.service"}
    assert names(prefix / "lib/sysusers.d") == names(prefix / "lib/tmpfiles.d") == {"postern.conf"}
    assert names(doc, "*.md") == names(SOURCE / "docs", "*.md")
    for part in ("lanes", "scenarios", "policies"):
        assert names(doc / "examples" / part) == names(SOURCE / "examples" / part), part
    assert (doc / "examples/../policies/us-border.yaml").is_file()
    assert os.access(doc / "examples/demo.sh", os.X_OK)
    unit = (prefix / "lib/systemd/system/postern@.service").read_text()
    assert f"ExecStart={os.environ['PREFIX']}/bin/postern run " in unit, unit


def test_it_finds_its_own_plugins(folder):
    """Wherever the tree stands."""
    prefix = install(folder)
    clean = {k: v for k, v in os.environ.items() if not k.startswith("POSTERN_")}
    done = subprocess.run([prefix / "bin/postern", "plugins", "--json"], capture_output=True, text=True,
                          check=True, env=clean, timeout=60)
    plugins = json.loads(done.stdout)["plugins"]
    found = {plugin["id"] for plugin in plugins if plugin["own"]}
    assert found == names(prefix / os.environ["LIBDIR"] / "postern/plugins"), done.stdout


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
