# SPDX-License-Identifier: Apache-2.0
"""Bad input from the command line: one clear line, the right exit status, nothing left behind."""

import hashlib
import os
import random
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

import tap
from tap import POSTERN, SOURCE, Skip, postern

POLICY = SOURCE / "policies/us-border.yaml"
SYNTH = "synth:?people=1&seconds=1&size=320x240&fps=5"
OK, NO, USAGE, DEVICE, UNSAFE, VAULT = range(6)
ENCOUNTER = "  - {at: 0s, for: 0.5s, category: nonimmigrant, known-by: document, notice: current}\n"
SCENARIO = "scenario: 1\nname: test\nencounters:\n"
# What a lane may say before what went wrong.
NOTICES = ("postern run: falling back to ", "postern gallery: falling back to ")
ACTIONS = {"policy": ("check", "prove", "table", "test", "choose", "choices", "diff", "explain"),
           "vault": ("init", "status", "list", "purge"),
           "audit": ("verify", "ledger", "show", "export", "witness", "take-key", "new-key")}


def picture_of(folder):
    """All that lies in the folder: names, kinds, contents."""
    seen = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            seen[str(path)] = "other"
        else:
            seen[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return seen


def run(*arguments, env=None, user=None, limit=None, cwd=None):
    """Runs postern without any model file. Returns the finished process."""
    environment = {k: v for k, v in os.environ.items() if k != "POSTERN_MODELS"}
    environment.update({"XDG_DATA_HOME": "/nonexistent", "XDG_STATE_HOME": "/nonexistent/state",
                        "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"})
    environment.update(env or {})

    def limits():
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run([POSTERN, *map(str, arguments)], env=environment, user=user, cwd=cwd,
                          preexec_fn=limits if limit is not None else None, timeout=300,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)
    done.stdout = done.stdout.decode(errors="replace")
    done.stderr = done.stderr.decode(errors="replace")
    return done


def called(*arguments):
    """How the command that these arguments ask for begins its lines."""
    words = 2 if arguments[1:2] and arguments[1] in ACTIONS.get(arguments[0], ()) else 1
    return f"postern {' '.join(arguments[:words])}: "


def check_refusal(done, command, exit_status, says):
    """Exit status, and one line that begins with the command and says what is wrong."""
    what = f"{done.args[1:]}\nexit {done.returncode}\n{done.stdout}{done.stderr}"
    assert done.returncode >= 0, f"died of {signal.Signals(-done.returncode).name}: {what}"
    assert done.returncode == exit_status, f"not {exit_status}: {what}"
    lines = [line for line in done.stderr.splitlines() if not line.startswith(NOTICES)]
    assert len(lines) == 1, f"not one line: {what}"
    assert lines[0].startswith(command), f"begins otherwise: {what}"
    assert not re.search(r"[\x00-\x1f\x7f]", lines[0]), f"control characters: {what}"
    assert len(lines[0]) > len(command) + 8, f"says nothing: {what}"
    for text in says:
        assert text in lines[0], f"does not say {text!r}: {what}"


def refuse(folder, exit_status, says, *arguments, changes=None, **how):
    """Expects a refusal that leaves everything as it was, but locks and the folder `changes`.

    A vault that was opened notes the time: what is refused after that may change its file.
    """
    before = picture_of(folder)
    done = run(*arguments, **how)
    says = [says] if isinstance(says, str) else says
    check_refusal(done, called(*arguments), exit_status, says)
    after = picture_of(folder)
    changed = {path for path in before.keys() | after.keys()
               if before.get(path) != after.get(path) and not path.endswith(".lock")
               and not (changes and path.startswith(str(folder / changes)))
               and not (exit_status != VAULT and path.endswith("/vault.db"))}
    assert not changed, f"{done.args[1:]}: left behind or changed: {sorted(changed)}"
    return done


def write(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def lane(folder, **other):
    """The options of a good run, some of them replaced; None leaves one out."""
    options = {"source": SYNTH, "policy": POLICY, "state": folder / "state",
               "scenario": folder / "scenario.yaml", "sandbox": tap.SANDBOX, **other}
    if not (folder / "scenario.yaml").exists():
        write(folder / "scenario.yaml", SCENARIO + ENCOUNTER)
    arguments = ["run"]
    for name, value in options.items():
        if value is not None:
            arguments += ["--" + name.replace("_", "-"), value]
    return arguments


def vault(folder, name="state"):
    """A new vault. Returns its options."""
    options = ["--state", folder / name, "--key", folder / (name + ".key")]
    done = run("vault", "init", *options)
    assert done.returncode == 0, done.stderr
    return options


def as_nobody(folder):
    """The user to run as so that file modes count, who may enter the folder."""
    if os.geteuid() != 0:
        return None
    folder.chmod(0o755)
    try:
        done = run("--version", user=65534)
    except PermissionError:
        done = None
    if not done or done.returncode != 0:
        raise Skip("another user cannot run this build")
    return 65534


def small_disk(folder, size="64k"):
    """A folder on a small disk of its own."""
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder],
            capture_output=True, check=False).returncode != 0:
        raise Skip("no small disk can be mounted here")
    return folder


# Commands and options


def test_words_nobody_knows(folder):
    done = run("runn")
    check_refusal(done, "postern: ", USAGE, ["'runn'", "did you mean 'run'"])
    assert run().returncode == USAGE
    verbs = {"gallery": "add", "vault": "status", "audit": "verify", "receipt": "verify",
             "policy": "check"}
    for command in ("run", "ctl", "synth", "devices", "plugins", *verbs):
        verb = [verbs[command]] if command in verbs else []
        refuse(folder, USAGE, ["'--bogus'", "--help"], command, *verb, "--bogus")
        refuse(folder, USAGE, "'-x'", command, *verb, "-x")
        refuse(folder, USAGE, "'-x'", command, *verb, "-xy")
        done = run(command, "--help")
        assert done.returncode == OK and done.stdout and not done.stderr, done
        if verb:
            refuse(folder, USAGE, "'nonsense'", command, "nonsense")
            refuse(folder, USAGE, verb[0], command)
    for command in ("devices", "plugins", "run", "vault list", "audit show", "policy check"):
        refuse(folder, USAGE, ["--json", "no value"], *command.split(), "--json=1")


def test_options_without_their_value(folder):
    for command, option in (("run", "--policy"), ("run", "--set"), ("run", "--key"),
                            ("synth", "--people"), ("gallery add", "--image"),
                            ("vault list", "--state"), ("audit show", "--from"),
                            ("receipt verify", "--public-key"),
                            ("policy explain", "--category")):
        refuse(folder, USAGE, option + " needs a value", *command.split(), option)


def test_a_word_too_many(folder):
    for command in ("run a.yaml", "synth a.avi", "gallery add", "devices", "plugins", "gallery list",
                    "vault status", "audit verify", "receipt verify a.json",
                    "policy check a.yaml", "policy prove a.yaml",
                    "policy table a.yaml", "policy diff a.yaml b.yaml"):
        refuse(folder, USAGE, "'extra'", *command.split(), "extra")


def test_something_missing(folder):
    refuse(folder, USAGE, "source", "run")
    refuse(folder, USAGE, "policy", "run", "--source", SYNTH)
    refuse(folder, USAGE, "file", "synth")
    refuse(folder, USAGE, "FILE", "receipt", "verify")
    refuse(folder, USAGE, "policy file", "policy", "check")
    refuse(folder, USAGE, "--category", "policy", "explain", POLICY)
    refuse(folder, USAGE, "--key", "vault", "init", "--state", folder / "state")
    refuse(folder, USAGE, "--key", "vault", "status", "--state", folder / "state")
    refuse(folder, USAGE, "--subject", "gallery", "add", "--policy", POLICY, "--gallery", "g",
           "--category", "nonimmigrant", "--image", folder / "a.jpg")
    refuse(folder, USAGE, "--gallery", "gallery", "remove", "--key", folder / "key")


def test_values_out_of_reach(folder):
    for option, value, says in (
            ("--pace", "fast", "'fast'"), ("--sandbox", "of", "did you mean 'off'"),
            ("--detector", "a b", "'a b'"), ("--gallery", "../up", "'../up'"),
            ("--set", "capture", "KEY=VALUE"), ("--set", "capture.timout=20s", "capture.timeout"),
            ("--set", "capture.timeout=20", "'20'"), ("--set", "capture.timeout=1h", "1h"),
            ("--set", "capture.min-face=5", "20 to 2000"), ("--set", "match.fmr=nan", "'nan'"),
            ("--set", "match.fmr=0.5", "0.5"), ("--set", "match.rank=-1", "-1"),
            ("--set", "match.rank=99999999999999999999", "99999999999999999999"),
            ("--set", "zone.x=0.9", "zone"), ("--set", "policy.date=2026-02-30", "2026-02-30"),
            ("--set", "policy.time-zone=Mars", "'Mars'"), ("--set", "state=", "empty"),
            ("--set", "policy.purpose=verfy", "did you mean 'verify'"),
            ("--set", "policy.direction=up", "'up'"), ("--passphrase-fd", "abc", "'abc'"),
            ("--passphrase-fd", "-3", "'-3'"), ("--source", "x" * 5000, "too long"),
            ("--set", "policy.file=" + "p" * 5000, "too long")):
        refuse(folder, USAGE, says, *lane(folder), option, value)
    refuse(folder, USAGE, "--key", *lane(folder), "--key", folder / "key", "--passphrase")
    for command, option, value in (
            ("gallery add", "--seconds", "0"), ("gallery add", "--choice", "maybe"),
            ("gallery add", "--subject", "a/b"), ("gallery add", "--passphrase-fd", "x"),
            ("vault status", "--passphrase-fd", "x"), ("audit show", "--from", "0"),
            ("audit show", "--last", "many"), ("audit verify", "--at-least", "-1")):
        refuse(folder, USAGE, [option, f"'{value}'"], *command.split(), option, value)
    for option, value in (("--category", "us-citizn"), ("--date", "today"),
                          ("--choice", "declin"), ("--direction", "")):
        refuse(folder, USAGE, f"'{value}'", "policy", "explain", POLICY, "--category",
               "us-citizen", option, value)
    refuse(folder, VAULT, "passphrase", "vault", "status", "--state", folder, "--passphrase-fd",
           "77")


def test_synth_limits(folder):
    out = folder / "out.avi"
    for option, value in (("people", "0"), ("people", "100001"), ("people", "four"),
                          ("seconds", "0"), ("seconds", "1e9"), ("seconds", "-1"),
                          ("seconds", "nan"), ("size", "640"), ("size", "641x480"),
                          ("size", "64x48"), ("size", "99999x99999"), ("size", "640x480x3"),
                          ("fps", "0"), ("fps", "241"), ("bystanders", "5"), ("seed", "-1"),
                          ("take", "4294967296"), ("person", "4")):
        refuse(folder, USAGE, option, "synth", out, "--" + option, value)
        if option != "person":
            refuse(folder, USAGE, value, "synth", out, "--" + option, value)
    refuse(folder, USAGE, "--person", "synth", folder / "out.jpg")


# Files


def test_paths_that_lead_nowhere(folder):
    as_state = vault(folder)
    missing = folder / "missing"
    for name, exit_status in (("policy", USAGE), ("scenario", USAGE), ("source", DEVICE)):
        refuse(folder, exit_status, str(missing), *lane(folder, **{name: missing}))
        refuse(folder, exit_status, str(folder / "scenario.yaml/x"),
               *lane(folder, **{name: folder / "scenario.yaml/x"}))
    refuse(folder, VAULT, str(missing), *lane(folder, key=missing))
    refuse(folder, USAGE, str(missing), "run", missing)
    refuse(folder, USAGE, str(missing / "events"), *lane(folder, state=folder / "made",
                                                        events=missing / "events"),
           changes="made")
    for command in ("policy check", "policy prove", "receipt verify"):
        refuse(folder, USAGE, str(missing), *command.split(), missing, *(
            ["--public-key", missing] if "receipt" in command else []))
    refuse(folder, USAGE, str(missing), "audit", "verify", "--state", missing)
    refuse(folder, USAGE, str(missing), "audit", "show", "--state", missing)
    refuse(folder, USAGE, str(missing), "audit", "verify", "--state", folder, "--public-key",
           missing)
    refuse(folder, VAULT, str(missing), "vault", "status", "--state", missing, *as_state[2:])
    refuse(folder, VAULT, str(missing), "vault", "list", *as_state[:2], "--key", missing)
    refuse(folder, VAULT, str(missing), "gallery", "list", *as_state[:2], "--key", missing)
    refuse(folder, DEVICE, str(missing), "gallery", "add", "--policy", POLICY, "--gallery", "g",
           "--subject", "s", "--category", "nonimmigrant", "--image", missing, *as_state)
    refuse(folder, USAGE, str(missing), "synth", missing / "out.avi")
    refuse(folder, USAGE, str(missing), "synth", missing / "out.jpg", "--person", "0")


def test_a_folder_where_a_file_is_wanted(folder):
    state = vault(folder)
    place = folder / "place"
    place.mkdir()
    for name, exit_status in (("policy", USAGE), ("scenario", USAGE), ("key", VAULT)):
        refuse(folder, exit_status, str(place), *lane(folder, **{name: place}))
    refuse(folder, DEVICE, str(place), *lane(folder, source=place))
    refuse(folder, USAGE, str(place), *lane(folder, state=folder / "made", events=place),
           changes="made")
    refuse(folder, USAGE, str(place), "run", place)
    refuse(folder, USAGE, str(place), "policy", "check", place)
    refuse(folder, USAGE, str(place), "receipt", "verify", place, "--public-key", place)
    refuse(folder, USAGE, str(place), "synth", place, "--people", 1, "--size", "160x120")
    refuse(folder, USAGE, str(place), "synth", place, "--seconds", 2, "--size", "160x120")
    refuse(folder, VAULT, str(place), "vault", "status", *state[:2], "--key", place)
    refuse(folder, USAGE, "state.key", *lane(folder, state=folder / "state.key"))
    refuse(folder, VAULT, "state.key", "vault", "status", "--state", folder / "state.key",
           *state[2:])


def test_files_that_may_not_be_read(folder):
    user = as_nobody(folder)
    refuse_files = {name: write(folder / name, b"x" * 32) for name in ("a.yaml", "a.avi", "a.key")}
    for path in refuse_files.values():
        path.chmod(0)
    for name, path, exit_status in (("policy", "a.yaml", USAGE), ("scenario", "a.yaml", USAGE),
                                    ("source", "a.avi", DEVICE)):
        done = run(*lane(folder, **{name: folder / path}), user=user)
        check_refusal(done, "postern run: ", exit_status, [path, "ermission denied"])
    (folder / "state").mkdir()
    if user:
        os.chown(folder / "state", user, user)
    done = run("vault", "init", "--state", folder / "state", "--key", folder / "a.key", user=user)
    check_refusal(done, "postern vault init: ", VAULT, ["a.key"])
    for path in refuse_files.values():
        path.chmod(0o600)


def test_files_of_another_kind(folder):
    noise = random.Random(1)
    bad = {"empty": b"", "noise": noise.randbytes(5000), "nul": bytes(200),
           "text": b"this is a text and no more\n" * 50, "list": b"- 1\n- 2\n",
           "tab": b"lane:\t1\n\tname: x\n", "alias": b"lane: &a 1\nname: *a\n",
           "bomb": b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", "deep": b"[" * 5000,
           "utf16": "lane: 1\n".encode("utf-16"), "huge": b"#" * 3_000_000 + b"\nlane: 1\n"}
    for name, text in bad.items():
        path = write(folder / (name + ".bad"), text)
        refuse(folder, USAGE, path.name, "run", path)
        refuse(folder, USAGE, path.name, *lane(folder, policy=path))
        refuse(folder, USAGE, path.name, *lane(folder, scenario=path))
        refuse(folder, USAGE, path.name, "policy", "check", path)
        refuse(folder, DEVICE, path.name, *lane(folder, source=path))
        key = ["--public-key", path]
        refuse(folder, USAGE, path.name, "receipt", "verify", POLICY, *key)


def test_lane_files(folder):
    good = f"lane: 1\nsource: {{uri: '{SYNTH}'}}\npolicy: {{file: {POLICY}}}\n"
    for text, says in (
            ("name: x\n", ["lane.yaml", "lane"]), ("lane: 2\n", ["lane.yaml:1", "version 2"]),
            (good + "sandbx: off\n", ["lane.yaml:4", "sandbx"]),
            (good + "lane: 1\n", ["lane.yaml:4", "lane"]),
            (good + "source: {uri: x}\n", ["lane.yaml:4", "source"]),
            (good + "capture: 7\n", ["lane.yaml:4"]),
            (good + "capture: {min-face: big}\n", ["lane.yaml:4", "'big'"]),
            (good + "capture: {timeout: 11min}\n", ["lane.yaml:4", "11min"]),
            (good + "match: {fmr: 1e-9}\n", ["lane.yaml:4", "1e-9"]),
            (good + "match: {fmr: 1e-3, fmr: 1e-2}\n", ["lane.yaml:4", "fmr"]),
            (good + "zone: {x: 0.5, width: 0.9}\n", ["zone"]),
            (good + "capture: {timeout: 1s, stop-after: 2s}\n", ["stop-after"]),
            (good + "plugins: {options: [{plugin: yunet}]}\n", ["lane.yaml:4"]),
            (good + "plugins: {detector: [a]}\n", ["lane.yaml:4"]),
            (good + "---\nlane: 1\n", ["lane.yaml"])):
        path = write(folder / "lane.yaml", text)
        refuse(folder, USAGE, says, "run", path, "--state", folder / "state")
    path = write(folder / "lane.yaml", good)
    refuse(folder, USAGE, "purpose", "run", path, "--set", "policy.purpose=enroll", "--state",
           folder / "state")
    write(folder / "lane.yaml", good + "plugins: {options: [{plugin: cascade, name: scal, "
                                       "value: '1.2'}]}\n")
    done = run("run", path, "--state", folder / "state", "--detector", "cascade")
    check_refusal(done, "postern run: ", USAGE, ["cascade", "scal"])


def test_scenario_files(folder):
    person = "category: nonimmigrant, known-by: document, notice: current"
    for text, says in (
            (f"  - {{at: 0s, for: 1s, {person}, shoe-size: 44}}\n", [":4:", "shoe-size"]),
            ("  - {at: 0s, for: 1s, category: us-citizn, known-by: document, "
             "notice: current}\n", [":4:", "'us-citizn'", "did you mean 'us-citizen'"]),
            (f"  - {{at: 0s, for: 2s, {person}}}\n  - {{at: 1s, for: 2s, {person}}}\n", [":5:"]),
            (f"  - {{at: 5s, for: 1s, {person}}}\n  - {{at: 1s, for: 1s, {person}}}\n", [":5:"]),
            (f"  - {{at: -1s, for: 1s, {person}}}\n", [":4:", "-1s"]),
            (f"  - {{at: 0s, for: 0s, {person}}}\n", [":4:"]),
            
            (f"  - {{at: soon, for: 1s, {person}}}\n", [":4:", "'soon'"]),
            (f"  - {{for: 1s, {person}}}\n", [":4:", "at"]),
            (f"  - {{at: 0s, at: 1s, for: 1s, {person}}}\n", [":4:", "at"]),
            (f"  - {{at: 0s, for: 1s, {person}, choice: {{agree: 1s}}}}\n", [":4:", "agree"]),
            (f"  - {{at: 0s, for: 1s, {person}, choice: {{decline: 2s}}}}\n", [":4:"]),
            (f"  - {{at: 0s, for: 1s, {person}, age-band: 14}}\n", [":4:", "'14'"]),
            (f"  - {{at: 0s, for: 1s, {person}, subject: 'a b'}}\n", [":4:", "'a b'"]),
            (f"  - {{at: 0s, for: 1s, {person}, expect: {{outcome: deny}}}}\n", [":4:", "'deny'"]),
            (f"  - {{at: 0s, for: 1s, {person}, expect: {{rule: none-such}}}}\n",
             [":4:", "none-such"]),
            (f"  - {{at: 0s, for: 1s, {person}, expect: {{leased: 5..2}}}}\n", [":4:", "5..2"]),
            (f"  - {{at: 99999999999h, for: 1s, {person}}}\n", [":4:", "99999999999h"])):
        write(folder / "scenario.yaml", SCENARIO + text)
        refuse(folder, USAGE, ["scenario.yaml", *says], *lane(folder))
    for text, says in (("scenario: 2\nname: x\nencounters:\n" + ENCOUNTER, "version 2"),
                       ("name: x\nencounters:\n" + ENCOUNTER, "scenario"),
                       ("scenario: 1\nname: x\nencounters: []\n", "encounters"),
                       ("scenario: 1\nname: x\nencounters: 5\n", "encounters")):
        write(folder / "scenario.yaml", text)
        refuse(folder, USAGE, ["scenario.yaml", says], *lane(folder))


def changed_policy(folder, pattern, new):
    text, count = re.subn(pattern, new, POLICY.read_text(), count=1, flags=re.S | re.M)
    assert count == 1, pattern
    return write(folder / "policy.yaml", text)


def test_policy_files(folder):
    for pattern, new, exit_status in (
            (r"^rules:\n", "rulez:\n", USAGE), (r"^rules:\n", "rules:\nrules:\n", USAGE),
            (r"^  - id: ", "  - ide: ", USAGE), (r"^format: \d+", "format: 99", USAGE),
            (r"^format: \d+", "format: one", USAGE), (r"^format: \d+\n", "", USAGE),
            (r"category: \[us-citizen\]", "category: [us-citizn]", USAGE),
            (r"^  - id: citizen-offered\n.*?(?=^  - id: |^\S)", "", UNSAFE)):
        path = changed_policy(folder, pattern, new)
        refuse(folder, exit_status, "policy.yaml", "policy", "check", path)
        refuse(folder, exit_status, "policy.yaml", *lane(folder, policy=path))
        done = run("policy", "prove", path)
        assert done.returncode == exit_status and "policy.yaml" in done.stdout + done.stderr, done


# Sources


def test_sources_that_are_none(folder):
    plain = write(folder / "plain", b"x" * 4096)
    for uri, exit_status in (("/dev/null", DEVICE), ("v4l2:/dev/null", DEVICE), ("v4l2:/dev/none", DEVICE),
                             (f"v4l2:{plain}", DEVICE), (f"v4l2:{folder}", DEVICE),
                             ("v4l2:serial=NONE", DEVICE), ("v4l2:port=usb-9-9", DEVICE),
                             ("v4l2:", DEVICE), ("v4l2:/dev/null?siz=1x1", USAGE),
                             ("v4l2:/dev/null?size=big", USAGE),
                             ("v4l2:/dev/null?fps=0", USAGE),
                             ("v4l2:/dev/null?format=GIF9", USAGE),
                             ("/dev/zero", DEVICE), ("/dev/tty", DEVICE),
                             ("rtsp://camera/1", USAGE), ("webcam:0", USAGE),
                             ("http://127.0.0.1:1/a.avi", USAGE), ("synt:?people=1", USAGE),
                             ("synth:?peple=1", USAGE), ("synth:?people=0", USAGE),
                             ("synth:?size=10x10", USAGE), ("synth:?size=x", USAGE),
                             ("synth:?people=1&people=2", USAGE), ("synth:people=1", USAGE),
                             ("", USAGE)):
        says = uri.split("?")[0].removeprefix("v4l2:") if uri else "source.uri"
        refuse(folder, exit_status, says, *lane(folder, source=uri))
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    refuse(folder, DEVICE, "fifo", *lane(folder, source=fifo))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        refuse(folder, DEVICE, "socket", *lane(folder, source=folder / "socket"))
    loop = folder / "loop"
    loop.symlink_to(loop)
    refuse(folder, DEVICE, "loop", *lane(folder, source=loop))
    refuse(folder, USAGE, "loop", *lane(folder, policy=loop))


def test_recordings_without_a_frame(folder):
    clip = folder / "clip.avi"
    assert run("synth", clip, "--people", 1, "--seconds", 1, "--size", "160x120").returncode == 0
    whole = clip.read_bytes()
    for size in (0, 1, 11, 12, 40, 200, 300):
        refuse(folder, DEVICE, "cut.avi",
               *lane(folder, source=write(folder / "cut.avi", whole[:size])))
    refuse(folder, DEVICE, "clip.avi.truth.json",
           *lane(folder, source=folder / "clip.avi.truth.json"))
    # A box of MP4 that claims more than there is.
    refuse(folder, DEVICE, "cut.mp4", *lane(folder, source=write(
        folder / "cut.mp4", struct.pack(">I4s4sI", 20, b"ftyp", b"isom", 0) + b"isom" +
        struct.pack(">I4s", 0xFFFFFFF0, b"moov"))))
    cut = write(folder / "cut.jpg", b"\xff\xd8\xff\xe0" + bytes(30))
    refuse(folder, DEVICE, "cut.jpg", *lane(folder, source=cut))


# Plugins


def plugin_folder(folder, name):
    """A copy of one of the build's plugins in a folder of its own."""
    tree = Path(POSTERN).parents[2] / "plugins" / name
    copy = folder / "plugins" / name
    copy.mkdir(parents=True)
    for path in [*tree.glob("*.so"), *tree.glob("*.yaml")]:
        shutil.copy(path, copy / path.name)
    return copy


def all_plugins(folder):
    """Copies of all plugins that need no model."""
    return {name: plugin_folder(folder, name)
            for name in ("cascade", "lbph", "cosine", "facequal")}


def fix_hash(copy):
    """Makes the manifest's hash that of the library as it lies there."""
    manifest = next(copy.glob("*.yaml"))
    digest = hashlib.sha256(next(copy.glob("*.so")).read_bytes()).hexdigest()
    text, count = re.subn(r"^sha256: \S+", f"sha256: {digest}", manifest.read_text(), flags=re.M)
    assert count == 1, manifest
    manifest.write_text(text)


def test_plugins_that_are_not_there(folder):
    refuse(folder, USAGE, ["'yunnet'", "did you mean 'yunet'", "postern plugins"],
           *lane(folder, detector="yunnet"))
    refuse(folder, USAGE, "'lbph'", *lane(folder, detector="lbph"))
    refuse(folder, USAGE, "'nothing'", *lane(folder, matcher="nothing"))
    refuse(folder, USAGE, ["yunet", "POSTERN_MODELS"], *lane(folder, detector="yunet"))
    refuse(folder, USAGE, ["arcface", "POSTERN_MODELS"], *lane(folder, extractor="arcface"))
    refuse(folder, USAGE, str(folder / "none"), *lane(folder),
           env={"POSTERN_PLUGINS": str(folder / "none")})
    refuse(folder, USAGE, str(folder / "none"), "plugins",
           env={"POSTERN_PLUGINS": str(folder / "none")})
    (folder / "nothing").mkdir()
    refuse(folder, USAGE, "detector", *lane(folder),
           env={"POSTERN_PLUGINS": str(folder / "nothing")})


def test_models_that_are_others(folder):
    models = folder / "models"
    models.mkdir()
    tree = Path(POSTERN).parents[2] / "plugins/yunet/yunet.yaml"
    name = re.search(r"[\w.-]+\.onnx", tree.read_text()).group()
    for text in (b"", b"not a model", random.Random(2).randbytes(232589)):
        write(models / name, text)
        refuse(folder, USAGE, ["yunet", name], *lane(folder, detector="yunet"),
               env={"POSTERN_MODELS": str(models)})
        done = run("plugins", env={"POSTERN_MODELS": str(models)})
        assert done.returncode == OK and name in done.stdout, done


def test_libraries_that_were_changed(folder):
    copies = all_plugins(folder)
    env = {"POSTERN_PLUGINS": str(folder / "plugins")}
    library = copies["lbph"] / "lbph.so"
    good = library.read_bytes()
    byte = random.Random(3).randrange(len(good))
    write(library, good[:byte] + bytes([good[byte] ^ 1]) + good[byte + 1:])
    refuse(folder, USAGE, ["lbph", "lbph.so"], *lane(folder, detector="cascade", extractor="lbph"), env=env)
    library.unlink()
    refuse(folder, USAGE, ["lbph", "lbph.so"], *lane(folder, detector="cascade", extractor="lbph"), env=env)
    library.symlink_to("/etc/passwd")
    refuse(folder, USAGE, ["lbph", "lbph.so"], *lane(folder, detector="cascade", extractor="lbph"), env=env)
    library.unlink()


def test_plugins_that_are_none(folder):
    """The hash is right, what it is of is not: the worker says so, the lane does not start."""
    copies = all_plugins(folder)
    env = {"POSTERN_PLUGINS": str(folder / "plugins")}
    library = copies["lbph"] / "lbph.so"
    others = {"text": b"no library at all\n", "empty": b"",
              "cut": library.read_bytes()[:3000],
              "other": (copies["cosine"] / "cosine.so").read_bytes()}
    for name, text in others.items():
        write(library, text)
        fix_hash(copies["lbph"])
        done = run(*lane(folder, detector="cascade", extractor="lbph"), env=env)
        assert done.returncode == USAGE, (name, done.returncode, done.stderr)
        check_refusal(done, "postern run: ", USAGE, ["lbph"])


def test_manifests_with_mistakes(folder):
    copies = all_plugins(folder)
    env = {"POSTERN_PLUGINS": str(folder / "plugins")}
    manifest = copies["lbph"] / "lbph.yaml"
    good = manifest.read_text()
    for text, says in ((good + "colour: red\n", "colour"), (good + good, "lbph.yaml"),
                       (good.replace("abi: 1", "abi: 77"), "77"),
                       (good.replace("kind: extractor", "kind: guesser"), "guesser"),
                       (good.replace("library: ", "library: ../"), "lbph"), ("", "lbph.yaml"),
                       (re.sub(r"^sha256: \S+", "sha256: zz", good, flags=re.M), "sha256")):
        manifest.write_text(text)
        refuse(folder, USAGE, ["lbph", says], *lane(folder, detector="cascade", extractor="lbph"), env=env)
        done = run("plugins", "--json", env=env)
        assert done.returncode == OK and "unavailable" in done.stdout, (text, done)


# Vault and keys


def test_keys_that_do_not_open(folder):
    state = vault(folder)
    vault(folder, "other")
    key = folder / "bad.key"
    commands = [["vault", "status"], ["vault", "list"], ["vault", "purge"], ["gallery", "list"],
                ["gallery", "remove", "--gallery", "g"], lane(folder, state=None)]
    for command in commands:
        refuse(folder, VAULT, "other.key", *command, *state[:2], "--key", folder / "other.key")
    for text, mode, says in ((b"x" * 31, 0o600, "bad.key"), (b"x" * 33, 0o600, "bad.key"),
                             (b"", 0o600, "bad.key"), (b"x" * 32, 0o640, "chmod"),
                             (b"x" * 32, 0o604, "chmod")):
        write(key, text).chmod(mode)
        for command in commands:
            refuse(folder, VAULT, ["bad.key", says], *command, *state[:2], "--key", key)
        refuse(folder, VAULT, ["bad.key", says], "vault", "init", "--state", folder / "new",
               "--key", key)
        key.unlink()
        refuse(folder, USAGE, str(folder / "state"), "vault", "init", *state)


def test_no_vault_there(folder):
    vault(folder)
    key = ["--key", folder / "state.key"]
    empty = folder / "empty"
    empty.mkdir()
    for place in (empty, folder / "missing"):
        for command in (["vault", "status"], ["vault", "purge"], ["gallery", "list"],
                        lane(folder, state=None)):
            refuse(folder, VAULT, [str(place), "vault init"], *command, "--state", place, *key)
    refuse(folder, VAULT, "key", *lane(folder, gallery="g"))


def test_vaults_that_were_damaged(folder):
    state = vault(folder)
    place = folder / "state"
    commands = [["vault", "status"], ["gallery", "list"], lane(folder, state=None)]
    for name in sorted(path.name for path in place.iterdir()):
        path = place / name
        good = path.read_bytes()
        if name not in ("vault.db", "vault.keys"):
            continue
        noise = random.Random(name)
        bad = {"empty": b"", "noise": noise.randbytes(len(good)), "short": good[:len(good) // 2],
               "text": b"text\n" * 20}
        for kind, text in bad.items():
            write(path, text)
            for command in commands:
                done = run(*command, *state)
                assert done.returncode == VAULT, (name, kind, command, done)
                check_refusal(done, called(*command), VAULT, [])
            for other in place.iterdir():
                if other.name.startswith("vault.db-"):
                    other.unlink()
            write(path, good)
        path.unlink()
        done = run("vault", "status", *state)
        check_refusal(done, "postern vault status: ", VAULT, [])
        write(path, good).chmod(0o600)
    assert run("vault", "status", *state).returncode == OK


def test_vaults_with_flipped_bits(folder):
    """Whatever the bit: the vault opens or it says why not."""
    state = vault(folder)
    noise = random.Random(9)
    opened = 0
    for name in ("vault.db", "vault.keys"):
        path = folder / "state" / name
        good = path.read_bytes()
        for _ in range(40):
            bad = bytearray(good)
            bad[noise.randrange(len(bad))] ^= 1 << noise.randrange(8)
            write(path, bytes(bad))
            done = run("vault", "list", *state)
            if done.returncode == OK:
                opened += 1
                assert done.stdout == "no records\n" and not done.stderr, done
            else:
                check_refusal(done, "postern vault list: ", VAULT, [str(folder / "state")])
            for log in (folder / "state").glob("vault.db-*"):
                log.unlink()
            write(path, good)
    print(f"# {opened} of 80 open all the same: nothing is kept where the bit is", flush=True)
    assert run("vault", "list", *state).returncode == OK


def test_a_vault_in_use(folder):
    state = vault(folder)
    clip = ["--source", "synth:?people=1&seconds=60&size=320x240&fps=5"]
    arguments = lane(folder, source=None, state=None, scenario=None) + clip + state
    with subprocess.Popen([POSTERN, *map(str, arguments), "--pace", "real", "--events",
                           str(folder / "events")], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as holder:
        tap.wait_for(lambda: "lane.opened" in read(folder / "events"), 60)
        try:
            for command in (["vault", "status"], ["vault", "purge"], ["gallery", "list"],
                            lane(folder, state=None)):
                done = run(*command, *state)
                check_refusal(done, called(*command), VAULT, ["in use"])
        finally:
            holder.send_signal(signal.SIGTERM)
        assert holder.wait(30) == OK


def read(path):
    return path.read_text(errors="replace") if path.exists() else ""


def test_galleries(folder):
    state = vault(folder)
    done = run(*lane(folder, state=None), *state, "--gallery", "nobody")
    check_refusal(done, "postern run: ", NO, ["'nobody'"])
    done = run("gallery", "remove", "--gallery", "nobody", *state)
    check_refusal(done, "postern gallery: ", NO, ["'nobody'"])
    portrait = folder / "a.jpg"
    assert run("synth", portrait, "--person", 0).returncode == OK
    done = run("gallery", "add", "--policy", POLICY, "--gallery", "g", "--subject", "s",
               "--category", "nonimigrant", "--image", portrait, *state)
    check_refusal(done, "postern gallery: ", USAGE, ["did you mean 'nonimmigrant'"])


def test_a_gallery_of_other_templates(folder):
    tests = Path(POSTERN).parents[2] / "tests/unit/worker/plugins"
    if not (tests / "mean/mean.yaml").exists():
        raise Skip("the test plugins are not built")
    plugins = {"POSTERN_PLUGINS": f"{tests}:{Path(POSTERN).parents[2] / 'plugins'}"}
    state = vault(folder)
    portrait = folder / "a.jpg"
    assert run("synth", portrait, "--person", 0).returncode == OK
    done = run("gallery", "add", "--policy", POLICY, "--gallery", "g", "--subject", "s",
               "--category", "nonimmigrant", "--image", portrait, "--detector", "cascade",
               "--extractor", "mean", "--sandbox", tap.SANDBOX, *state, env=plugins)
    assert done.returncode == OK, done
    events = folder / "events"
    refuse(folder, USAGE, ["'g'", "another extractor"], *lane(folder, state=None, extractor="lbph",
                                                     events=events), *state, "--gallery", "g",
           env=plugins, changes="events")
    assert "lane.opened" not in read(events), read(events)


# Audit log and receipts


def logged(folder):
    """A state folder in which a lane has run once."""
    done = run(*lane(folder))
    assert done.returncode == OK, done.stderr
    return folder / "state"


def leased(events):
    """Frames that a plugin was given, by the events of a run."""
    return sum(int(n) for n in re.findall(r'"leased":(\d+)', events))


def test_logs_that_were_edited(folder):
    log = logged(folder) / "audit.log"
    good = log.read_bytes()
    middle = len(good) // 2
    events = folder / "events"
    for name, text in (("edited", good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1:]),
                       ("cut", good[:middle]), ("empty", b""), ("noise", b"noise" * 100),
                       ("gone", None)):
        log.unlink()
        if text is not None:
            write(log, text)
        done = run("audit", "verify", "--state", folder / "state")
        assert done.returncode == (USAGE if text is None else NO), (name, done)
        refuse(folder, UNSAFE, "audit", *lane(folder, events=events))
        assert "lane.opened" not in read(events), name
    write(log, good)
    assert run("audit", "verify", "--state", folder / "state").returncode == OK


def test_logs_on_a_full_disk(folder):
    """What the log cannot hold is not captured; the log verifies, and goes on with the disk."""
    disk = small_disk(folder / "disk", "1m")
    log = disk / "state/audit.log"
    events = folder / "events"
    arguments = lane(folder, state=disk / "state", events=events)
    try:
        assert run(*arguments).returncode == OK
        filler = os.open(disk / "filler", os.O_WRONLY | os.O_CREAT)
        try:
            while True:
                os.write(filler, bytes(512))
        except OSError:
            os.close(filler)
        size = 0
        while log.stat().st_size > size:  # its last page still holds some entries
            size = log.stat().st_size
            assert size < 100_000, "the log grows on a full disk"
            before = run("audit", "show", "--state", disk / "state").stdout
            check_refusal(run(*arguments), "postern run: ", UNSAFE, [str(disk)])
            after = run("audit", "show", "--state", disk / "state").stdout
            granted = after.count("permit.granted") - before.count("permit.granted")
            assert read(events).count("permit.granted") == granted, (read(events), after)
        assert granted == 0 and leased(read(events)) == 0, read(events)
        (disk / "filler").unlink()
        assert run("audit", "verify", "--state", disk / "state").returncode == OK
        assert run(*arguments).returncode == OK
    finally:
        subprocess.run(["umount", disk], check=False)


def test_states_that_cannot_be_written(folder):
    user = as_nobody(folder)
    events = folder / "events"
    write(events, "").chmod(0o666)
    state = logged(folder)
    shutil.rmtree(folder / "closed", ignore_errors=True)
    closed = folder / "closed"
    closed.mkdir(mode=0o555)
    done = run(*lane(folder, state=closed / "state", events=events), user=user)
    check_refusal(done, "postern run: ", USAGE, [str(closed)])
    for path in [state, *state.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    done = run(*lane(folder, events=events), user=user)
    assert done.returncode in (UNSAFE, USAGE, VAULT), done
    check_refusal(done, "postern run: ", done.returncode, ["state"])
    assert leased(read(events)) == 0, read(events)
    for path in [*state.rglob("*"), state, closed]:
        path.chmod(0o755 if path.is_dir() else 0o600)


def test_receipts_that_were_edited(folder):
    state = logged(folder)
    receipt = next((state / "receipts").glob("*.json"))
    good = receipt.read_text()
    key = ["--public-key", state / "audit.pub"]
    assert run("receipt", "verify", receipt, *key).returncode == OK
    for name, text in (("outcome", good.replace("refer-", "verified-", 1)), ("cut", good[:-40]),
                       ("empty", ""), ("list", "[]"), ("extended", good + "{}"),
                       ("noise", "\x01\x02"), ("nested", "[" * 10000)):
        bad = write(folder / "bad.json", text)
        done = run("receipt", "verify", bad, *key)
        check_refusal(done, "postern receipt: ", NO, ["bad.json"])
        assert not done.stdout, (name, done.stdout)
    write(folder / "other.pub", "00" * 32 + "\n")
    refuse(folder, NO, receipt.name, "receipt", "verify", receipt, "--public-key",
           folder / "other.pub")


# Output


def test_events_that_cannot_be_written(folder):
    """Events are a copy for others: a lane goes on without, and says that some are missing."""
    done = run(*lane(folder, events="/dev/full"))
    check_refusal(done, "postern run: ", DEVICE, ["/dev/full", "events"])
    assert "frames seen" in done.stdout, done.stdout
    assert run("audit", "verify", "--state", folder / "state").returncode == OK


def test_output_that_nobody_takes(folder):
    for command in (["plugins"], ["policy", "explain", POLICY, "--category", "us-citizen"],
                    ["policy", "check", POLICY, "--json"], ["run", "--help"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([POSTERN, *map(str, command)], stdout=full, check=False,
                                  stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        done.stdout, done.stderr = "", done.stderr.decode()
        check_refusal(done, f"postern {command[0]}: ", DEVICE, ["standard output"])
    # A reader that has enough, such as head, is no fault worth a line.
    with subprocess.Popen([POSTERN, "policy", "--help"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.wait(30) >= 0
        assert len(process.stderr.read().splitlines()) <= 1


def test_a_disk_too_small_for_a_recording(folder):
    disk = small_disk(folder / "disk")
    try:
        refuse(folder, DEVICE, "o space left", "synth", disk / "out.avi", "--seconds", 5, "--size",
               "320x240")
        refuse(folder, DEVICE, "o space left", "synth", disk / "out.jpg", "--person", 0, "--size",
               "3840x2160")
        write(disk / "out.avi", "what was there before")
        refuse(folder, DEVICE, "o space left", "synth", disk / "out.avi", "--seconds", 5, "--size",
               "320x240")
    finally:
        subprocess.run(["umount", disk], check=False)


def test_a_limit_too_small_for_a_recording(folder):
    refuse(folder, USAGE, "too large", "synth", folder / "out.avi", "--seconds", 5, "--size",
           "320x240", limit=20000)


def test_a_recording_that_is_given_up(folder):
    """Ctrl-C leaves what was there before, and nothing else."""
    write(folder / "out.avi", "what was there before")
    for number in (signal.SIGINT, signal.SIGTERM):
        before = picture_of(folder)
        with subprocess.Popen([POSTERN, "synth", folder / "out.avi", "--seconds", "300"],
                              stderr=subprocess.PIPE, text=True) as drawing:
            tap.wait_for(lambda: any(".avi.part-" in str(p) for p in folder.iterdir()), 30)
            drawing.send_signal(number)
            drawing.args = list(map(str, drawing.args))
            errors = drawing.communicate(timeout=60)[1]
        done = subprocess.CompletedProcess(drawing.args, drawing.returncode, "", errors)
        check_refusal(done, "postern synth: ", NO, ["out.avi", "given up"])
        assert picture_of(folder) == before


# Sandbox


def lacking(what, *arguments):
    """Runs postern as on a kernel without something of what a sandbox is made of."""
    return subprocess.run([os.environ["WITHOUT"], what, POSTERN, *map(str, arguments)], text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False)


def test_a_kernel_that_cannot_lock_plugins_down(folder):
    if tap.SANDBOX == "off":
        raise Skip("the worker of this build has a sanitizer and is never locked down")
    for what, told in (("landlock", "Landlock"), ("seccomp", "filter")):
        for sandbox in (None, "strict"):
            done = lacking(what, *lane(folder, sandbox=sandbox))
            check_refusal(done, "postern run: ", UNSAFE, [told, "--sandbox off"])
        events = folder / f"events-{what}"
        done = lacking(what, *lane(folder, sandbox="off", events=events))
        assert done.returncode == OK, done.stderr
        assert '"sandbox":"off"' in read(events) and '"strict"' not in read(events)
    done = lacking("nothing", *lane(folder))  # one filter more than the sandbox's, as in containers
    assert done.returncode == OK, done.stderr
    done = lacking("landlock", "gallery", "add", *vault(folder, "other"), "--policy", POLICY, "--gallery",
                   "g", "--subject", "s", "--category", "nonimmigrant", "--image", SYNTH)
    check_refusal(done, "postern gallery: ", UNSAFE, ["Landlock", "--sandbox off"])


def test_whether_plugins_were_locked_down_is_in_the_log(folder):
    for number, sandbox in enumerate((tap.SANDBOX, "off")):
        events = folder / f"events-{number}"
        done = run(*lane(folder, sandbox=sandbox, events=events))
        assert done.returncode == OK, done.stderr
        assert f'"sandbox":"{sandbox}"' in read(events)
        done = run("audit", "show", "--state", folder / "state", "--kind", "lane.opened")
        assert f'"sandbox":"{sandbox}"' in done.stdout.splitlines()[-1], done.stdout


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
