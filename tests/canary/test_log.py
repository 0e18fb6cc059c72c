# SPDX-License-Identifier: Apache-2.0
"""No name and nothing taken from a face is in the audit log, nor in what is made of it: marked
subjects, galleries, files and templates through lanes, and a search for them in every spelling.

Ids that an operator gives may be in the log: of lanes, policies, rules, plugins, roles of officers.
"""

import base64
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
import tap  # noqa: E402
from tap import SOURCE, postern  # noqa: E402

PLUGIN_SEED, WORDS, TEMPLATES = 77, 64, 400
SUBJECTS = ["CANARYMUELLER1", "CANARYMUELLER2", "CANARYMUELLER3"]
GALLERY = "canarygallery"
SCENARIO = "Canaryscenario"
CLIP = "Canaryclip-of-Mrs-Mueller.avi"
NAMES = [*SUBJECTS, GALLERY, SCENARIO, "Canaryclip", "Mueller"]
STAY, TURN, FPS = 3, 4, 10
OK = 0


def mixed(x):
    """canary_mix() of tests/canary/mark.h."""
    x = x * 0xd35a2d & 0xffffff
    x ^= x >> 12
    return x * 0x9e3779 & 0xffffff


def template(number):
    """What the plugin 'stamp' makes as its template of this number."""
    words = [mixed((number * 4 + place) ^ PLUGIN_SEED) << 8 | 0xa7 for place in range(4)]
    return b"".join(word.to_bytes(4, "little") for word in words) * (WORDS // 4)


def spellings(data):
    """Bytes as they are, in hex, and in base64 at each of the three places it may begin at."""
    yield data
    yield data.hex().encode()
    yield data.hex().upper().encode()
    for begin in range(3):
        whole = data[begin:begin + (len(data) - begin) // 3 * 3]
        yield base64.b64encode(whole)
        yield base64.urlsafe_b64encode(whole)


def needles():
    found = {}
    for name in NAMES:
        for text in (name, name.lower()):
            for spelling in spellings(text.encode()):
                found[spelling] = name
            found[text.encode("utf-16-le")] = name
    for number in range(TEMPLATES):
        for spelling in spellings(template(number)[:16]):
            found[spelling] = f"template {number}"
    return found


def search(files):
    """What is found where, and how much was looked for."""
    wanted = needles()
    hits = [(path.name, what) for path in files for data in [path.read_bytes()]
            for needle, what in wanted.items() if needle in data]
    return hits, len(wanted) * len(files)


def scenario(folder, name, more):
    lines = ["scenario: 1", f"name: {SCENARIO}", "encounters:"]
    for number, subject in enumerate(SUBJECTS):
        lines.append(f"  - {{at: {number * TURN}s, for: {STAY}s, category: nonimmigrant, "
                     f"subject: {subject}, known-by: document, notice: current{more}}}")
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


def lanes(folder):
    """Enrols and verifies marked travelers. @return the state directory"""
    state, vault = folder / "state", ["--state", folder / "state", "--key", folder / "key"]
    postern("vault", "init", *vault, expect=OK)
    seconds = TURN * len(SUBJECTS) + 1
    postern("synth", folder / CLIP, "--people", len(SUBJECTS) + 1, "--seed", 8, "--seconds", seconds,
            "--fps", FPS, "--size", "640x480", expect=OK)
    for purpose in ("enrol", "verify"):
        postern("run", "--policy", SOURCE / "policies/us-border.yaml", "--set",
                "policy.date=2026-01-15", "--source", folder / CLIP, *vault, "--gallery", GALLERY,
                "--detector", "cascade", "--extractor", "stamp", "--matcher", "cosine",
                "--scenario", scenario(folder, "Mueller.yaml", ""), "--set",
                f"policy.purpose={purpose}", "--sandbox", tap.SANDBOX, "--pace", "max")
    listed = json.loads(postern("vault", "list", *vault, "--json", expect=OK).stdout)
    assert len(listed) >= len(SUBJECTS), f"nobody was enrolled: {listed}"
    # A camera that is lost, and a file that breaks off: what is said of them names no file.
    broken = folder / ("broken-" + CLIP)
    broken.write_bytes((folder / CLIP).read_bytes()[:150000])
    postern("run", "--policy", SOURCE / "policies/us-border.yaml", "--source", broken, *vault,
            "--gallery", GALLERY, "--detector", "cascade", "--extractor", "stamp", "--matcher",
            "cosine", "--scenario", scenario(folder, "Mueller.yaml", ""), "--sandbox", tap.SANDBOX)
    return state


def made_of(folder, state):
    """Every file and every text that is made of a log."""
    bundle, witness = folder / "bundle", folder / "witness"
    postern("audit", "export", bundle, "--state", state, expect=OK)
    postern("audit", "witness", bundle, "--key", folder / "witness.key", "--state", witness,
            "--public-key", state / "audit.pub", expect=OK)
    texts = {
        "verified": postern("audit", "verify", "--state", state, "--json", expect=OK).stdout,
        "shown": postern("audit", "show", "--state", state, "--json", expect=OK).stdout,
        "ledger": postern("audit", "ledger", "--state", state, "--json").stdout,
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    return [bundle, *sorted(witness.glob("*.cosignatures")), *(folder / name for name in texts),
            *sorted(state.glob("audit.*"))]


def values(value, at=""):
    """All of a payload's plain values, each with its keys."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from values(inner, f"{at}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from values(inner, at)
    else:
        yield at, value


def test_nothing_of_a_person_is_in_the_log(folder):
    state = lanes(folder)
    files = made_of(folder, state)
    hits, looked = search(files)
    assert not hits, hits
    print(f"# searches for a canary in a file: {looked} (at least 30000)")
    assert looked >= 30000, looked
    shown = [json.loads(line) for line in (folder / "shown").read_text().splitlines()]
    outcomes = [e["data"]["outcome"] for e in shown if e["kind"] == "encounter.closed"]
    assert len(outcomes) >= 2 * len(SUBJECTS), outcomes
    # A score would be a fraction, or named one. There is none.
    for entry in shown:
        for at, value in values(entry["data"]):
            assert not isinstance(value, float), f"{entry['kind']}{at}: {value}"
            assert not any(word in at for word in ("score", "similar", "distance", "template",
                                                   "subject", "gallery")), f"{entry['kind']}{at}"


def test_the_search_finds_what_is_there(folder):
    """Each needle planted in a log is found: otherwise the test above would show nothing."""
    kinds = [SUBJECTS[0].encode(), template(3), template(5)[16:].hex().encode(),
             base64.b64encode(b"x" + template(7)), base64.b64encode(b"xy" + template(9)),
             SCENARIO.encode("utf-16-le")]
    for number, planted in enumerate(kinds):
        path = Path(folder) / f"planted-{number}"
        path.write_bytes(os.urandom(5000) + planted + os.urandom(5000))
        hits, _ = search([path])
        assert hits, f"not found: {planted[:40]}"


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
