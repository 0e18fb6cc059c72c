# SPDX-License-Identifier: Apache-2.0
"""The Debian packages: built twice alike, in order for lintian, and at work in a fresh system."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import tap
from commands import commands
from tap import SOURCE, Skip, postern

HOOKS = Path("/usr/share/mmdebstrap/hooks/file-mirror-automount")
PACKAGES = ["libpostern-dev", "postern", "postern-doc"]
OUT = Path(tempfile.mkdtemp(prefix="postern-deb-"))


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skip(f"no {program}; ./dev package installs it")


def run(*command, seconds=1500, **options):
    """A command's output, both streams as one; what it ends with, where it fails."""
    done = subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace",
                          check=False, timeout=seconds, **options)
    assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout[-6000:]}"
    return done.stdout


def build(folder, **environment):
    """Builds the packages, where that can be had without a network. @return digests by name"""
    away = ["unshare", "--net"] if os.geteuid() == 0 else []
    run(*away, SOURCE / "debian/build", folder, env={**os.environ, **environment})
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.glob("*.deb")}


def deb(name):
    found = list(OUT.glob(f"{name}_*.deb"))
    if not found:
        raise Skip("the packages were not built")
    return found[0]


def files(name):
    return {line.split(maxsplit=5)[5].split(" -> ")[0].removeprefix(".")
            for line in run("dpkg-deb", "--contents", deb(name)).splitlines()}


def test_they_are_built_twice_alike(folder):
    """Elsewhere, and of what a cache of the compiler's holds nothing."""
    need("dpkg-buildpackage", "dh")
    first = build(OUT)
    assert sorted(name.split("_")[0] for name in first) == sorted([*PACKAGES, "postern-dbgsym"]), first
    assert build(folder / "elsewhere", CCACHE_DISABLE="1") == first


def test_lintian_finds_nothing(_):
    """Apart from what debian/*.lintian-overrides states, each with its reason."""
    need("lintian")
    deb("postern")
    changes, = OUT.glob("*.changes")
    found = run("lintian", "--no-cfg", "--allow-root", "--display-info", "--pedantic",
                "--fail-on", "error,warning,info,pedantic", changes)
    assert found == "", found


def test_what_is_in_them(_):
    version = postern("--version", expect=0).stdout.split()[1]
    for name in PACKAGES:
        assert run("dpkg-deb", "--field", deb(name), "Version").strip() == version, name
    program, headers, manuals = files("postern"), files("libpostern-dev"), files("postern-doc")
    for command in commands():
        assert f"/usr/share/man/man1/postern-{command}.1.gz" in program, command
    assert {"/usr/bin/postern", "/usr/libexec/postern/postern-worker",
            "/usr/libexec/postern/postern-console", "/lib/systemd/system/postern@.service",
            "/lib/systemd/system/postern-console.service", "/usr/lib/sysusers.d/postern.conf",
            "/usr/share/bash-completion/completions/postern",
            "/usr/share/postern/policies/us-border.yaml", "/usr/share/doc/postern/examples/demo.sh",
            "/usr/share/doc/postern/examples/60-postern.rules"} <= program, program
    assert "/usr/include/postern/abi.h" in headers, headers
    assert "/usr/share/doc/postern-doc/vault.md" in manuals, manuals
    plugins = {p.name for p in (SOURCE / "plugins").iterdir() if p.is_dir()}
    found = {m.group(1) for m in (re.search(r"/postern/plugins/(\w+)/\1\.so$", f) for f in program) if m}
    assert found and found <= plugins, found


def test_what_they_are_built_with_is_listed(_):
    """debian/control wants what packages.txt lists for a build, but for the compilers."""
    text = (SOURCE / "packages.txt").read_text().split("\n[build]")[1].split("\n[")[0]
    listed = {line.split()[0] for line in text.splitlines()[1:] if line.strip() and line[0] != "#"}
    wanted = re.search(r"^Build-Depends:\n((?: .*\n)+)", (SOURCE / "debian/control").read_text(), re.M)
    named = {line.split()[0].rstrip(",") for line in wanted.group(1).splitlines()}
    assert named - {"debhelper-compat"} == listed - {"build-essential"}, named ^ listed


def test_the_demonstration_runs_in_a_fresh_system(_):
    """Debian 12 with what the package depends on and nothing else; plugins are locked down."""
    need("mmdebstrap")
    told = run("mmdebstrap", "--variant=apt", "--format=null", f"--hook-dir={HOOKS}",
               f"--include={deb('postern')}", "--chrooted-customize-hook="
               "/usr/share/doc/postern/examples/demo.sh '' /tmp/demo && postern audit show "
               "--state /tmp/demo/state | grep lane.opened && id postern && id postern-console",
               "bookworm", "-")
    outcomes = re.findall(r"^ *\d+  \S+ +\S+ +(?:allow|ask|refuse) .* (\w+(?:-\w+)*)  +(?:\d+ ms|-)$",
                          told, re.M)
    assert outcomes.count("verified") >= 4 and "refer-opted-out" in outcomes, told
    opened = re.findall(r'lane.opened.*"sandbox": *"(\w+)"', told)
    assert opened == ["strict", "strict"], told
    assert re.search(r"^uid=\d+\(postern-console\).*\(postern\)$", told, re.M), told


if __name__ == "__main__":
    try:
        tap.run(sys.modules[__name__])
    finally:
        shutil.rmtree(OUT)
