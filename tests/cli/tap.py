# SPDX-License-Identifier: Apache-2.0
"""Runs a module's functions named test_* in order and reports them as TAP."""

import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
POSTERN = os.environ.get("POSTERN", "")


def is_sanitized():
    """Whether the worker has a run time that no sandbox can hold, as AddressSanitizer's."""
    worker = Path(POSTERN).resolve().parents[1] / "worker/postern-worker"
    return worker.exists() and any(name in worker.read_bytes()
                                   for name in (b"__asan_init", b"__tsan_init"))


# What lanes of tests run with: plugins are locked down, as they are for a user.
SANDBOX = "off" if POSTERN and is_sanitized() else "strict"


class Skip(Exception):
    """What a test raises when what it needs isn't here; the text says what."""


def need(variable):
    """The folder that an environment variable names, or a skip."""
    folder = os.environ.get(variable)
    if not folder or not Path(folder).is_dir():
        raise Skip(f"{variable} is not set to a folder")
    return Path(folder)


def needs_sandbox_off(arguments):
    """Whether it starts workers that can't be locked down in this build, and does not say so."""
    starts = arguments[:1] in (("run",), ("bench",)) or arguments[:2] == ("gallery", "add")
    return SANDBOX == "off" and starts and "--help" not in arguments and \
        "--sandbox" not in arguments


def postern(*arguments, models=None, expect=None, timeout=300):
    """Runs postern; models None hides every model file. Returns the finished process."""
    if needs_sandbox_off(arguments):
        arguments += ("--sandbox", "off")
    environment = {k: v for k, v in os.environ.items() if k != "POSTERN_MODELS"}
    environment["XDG_DATA_HOME"] = "/nonexistent"
    if models:
        environment["POSTERN_MODELS"] = str(models)
    done = subprocess.run([POSTERN, *map(str, arguments)], env=environment, text=True,
                          errors="replace", stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=timeout, check=False)
    if done.returncode < 0:
        raise AssertionError(f"{arguments}: died of signal {-done.returncode}\n{done.stderr}")
    if expect is not None and done.returncode != expect:
        raise AssertionError(f"{arguments}: exit {done.returncode}, not {expect}\n"
                             f"{done.stdout}{done.stderr}")
    return done


def wait_for(holds, seconds):
    """Waits until holds() is true; an error if it isn't within so many seconds."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {holds.__name__}")
        time.sleep(0.02)


def run(module):
    """Runs all tests of a module, each in a folder of its own. Exits 0 if none failed."""
    tests = [(n, f) for n, f in vars(module).items() if n.startswith("test_") and callable(f)]
    failed = 0
    print(f"1..{len(tests)}", flush=True)
    for number, (name, test) in enumerate(tests, 1):
        title = name.removeprefix("test_").replace("_", " ")
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(Path(folder))
                print(f"ok {number} - {title}", flush=True)
            except Skip as why:
                print(f"ok {number} - {title} # SKIP {why}", flush=True)
            except Exception:  # pylint: disable=broad-except
                failed += 1
                print(f"not ok {number} - {title}", flush=True)
                for line in traceback.format_exc().splitlines():
                    print(f"# {line}", flush=True)
    sys.exit(1 if failed else 0)
