# SPDX-License-Identifier: Apache-2.0
"""The units: what systemd says of them, and a lane under what they forbid."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import tap
from lanes import POLICY, scenario
from tap import POSTERN, SOURCE, Skip

UNITS = SOURCE / "systemd"
# Exposure as systemd-analyze counts it, in tenths: from 0 (shut) to 100 (open).
LANE_MOST, CONSOLE_MOST = 18, 13


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skip(f"no {program}")


def run(*command, **options):
    """A command's output, both streams as one, and that it succeeded."""
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False, timeout=100, **options)
    assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout}"
    return done.stdout


def units(folder):
    """The units as they are installed, of this build's program; the lane's for one called demo."""
    for name, written in (("postern@.service", "postern@demo.service"),
                          ("postern-console.service", "postern-console.service")):
        text = (UNITS / f"{name}.in").read_text().replace("@program@", POSTERN)
        assert not re.search(r"@\w+@", text), text
        (folder / written).write_text(text)
    return folder / "postern@demo.service", folder / "postern-console.service"


def test_systemd_knows_all_that_they_say(folder):
    need("systemd-analyze")
    for unit in units(folder):
        assert run("systemd-analyze", "verify", "--man=no", unit) == ""


def test_they_are_locked_down(folder):
    need("systemd-analyze")
    for unit, most in zip(units(folder), (LANE_MOST, CONSOLE_MOST)):
        told = run("systemd-analyze", "security", "--offline=yes", "--no-pager",
                   f"--threshold={most}", unit)
        print("#", told.strip().splitlines()[-1], flush=True)


def calls_of(name):
    """System calls of one of systemd's sets."""
    found = set()
    for line in run("systemd-analyze", "syscall-filter", "--no-pager", name).splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            found |= calls_of(word)
        elif word and not word.startswith("#"):
            found.add(word)
    return found


def allowed(unit):
    """System calls that a unit allows."""
    calls = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit.read_text(), re.M):
        words = line.removeprefix("~").split()
        these = set().union(*(calls_of(w) if w.startswith("@") else {w} for w in words))
        calls = calls - these if line.startswith("~") else calls | these
    return calls


def test_a_lane_lives_with_what_its_unit_forbids(folder):
    """Workers locked in as always, under the unit's system calls, without a right, with a socket."""
    need("systemd-analyze", "setpriv")
    calls = allowed(units(folder)[0])
    assert "landlock_restrict_self" in calls and "settimeofday" not in calls, sorted(calls)
    (folder / "calls").write_text("\n".join(sorted(calls)))
    people = scenario(folder, "at: 0s, for: 2s")
    command = [os.environ["CONFINED"], folder / "calls", POSTERN, "run", "--policy", POLICY,
               "--state", folder / "state", "--sandbox", tap.SANDBOX, "--source",
               "synth:?people=1&seed=7&size=640x480&fps=10&seconds=4", "--pace", "real",
               "--scenario", people, "--control", "auto", "--set", "control.group=nogroup"]
    # Where only root comes to, root has to do.
    if os.geteuid() == 0 and all(p.stat().st_mode & 1 for p in Path(POSTERN).resolve().parents):
        folder.chmod(0o777)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                   "--bounding-set=-all", "--inh-caps=-all", *command]
    told = run(*command, env={**os.environ, "XDG_DATA_HOME": "/nonexistent"})
    assert "refer-no-match" in told, told


def test_what_confines_does(folder):
    """The same without one call that a lane needs fails, so the test above can."""
    need("systemd-analyze")
    (folder / "calls").write_text("\n".join(sorted(allowed(units(folder)[0]) - {"socketpair"})))
    done = subprocess.run([os.environ["CONFINED"], folder / "calls", POSTERN, "run", "--policy",
                           POLICY, "--state", folder / "state", "--source",
                           "synth:?people=1&seconds=1&size=320x240"], capture_output=True, text=True,
                          check=False, timeout=60)
    assert done.returncode == 2 and "cannot be started" in done.stderr, done


def test_users_and_folders(folder):
    need("systemd-sysusers", "systemd-tmpfiles")
    (folder / "etc").mkdir()
    run("systemd-sysusers", f"--root={folder}", UNITS / "postern.sysusers")
    users = (folder / "etc/passwd").read_text()
    groups = (folder / "etc/group").read_text()
    assert re.search(r"^postern:x:", users, re.M), users
    assert re.search(r"^postern-console:x:", users, re.M), users
    assert re.search(r"^postern:x:\d+:postern-console$", groups, re.M), groups
    run("systemd-tmpfiles", f"--root={folder}", "--create", UNITS / "postern.tmpfiles")
    assert (folder / "var/lib/postern").stat().st_mode & 0o777 == 0o711
    assert (folder / "etc/postern").is_dir()


def test_rules_for_udev_are_of_its_form(_):
    """Each line a list of KEY OPERATOR "VALUE"; udevadm of Debian 12 cannot check it."""
    pair = r'[A-Z]+(\{[\w/]+\})?(==|!=|=|\+=)"[^"]*"'
    for line in (UNITS / "60-postern.rules").read_text().splitlines():
        assert not line or line[0] == "#" or re.fullmatch(rf"{pair}(, {pair})*", line), line


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
