# SPDX-License-Identifier: Apache-2.0
"""postern synth: what it writes, what it refuses."""
import json
import sys

import tap

SMALL = ("--people", 2, "--seconds", 2, "--size", "160x120", "--fps", 5, "--seed", 7)


def refused(*arguments, says):
    done = tap.postern("synth", *arguments, expect=2)
    assert done.stdout == "", done.stdout
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("postern synth: "), done.stderr
    assert says in done.stderr, f"{done.stderr!r} lacks {says!r}"


def test_writes_a_recording_and_its_truth(folder):
    done = tap.postern("synth", folder / "a.avi", *SMALL, "--bystanders", 1, expect=0)
    assert (done.stdout, done.stderr) == ("", ""), done
    assert sorted(p.name for p in folder.iterdir()) == ["a.avi", "a.avi.truth.json"]
    data = (folder / "a.avi").read_bytes()
    assert data.startswith(b"RIFF") and b"postern-domain=drawn" in data
    truth = json.loads((folder / "a.avi.truth.json").read_text())
    assert (truth["seed"], truth["people"], truth["fps"]) == (7, 2, 5)
    assert truth["size"] == [160, 120]
    assert [turn["identity"] for turn in truth["turns"]] == [0, 1]
    assert [frame["frame"] for frame in truth["frames"]] == list(range(10))


def test_equal_options_give_equal_files(folder):
    for name, take in (("a.avi", 0), ("b.avi", 0), ("c.avi", 1)):
        tap.postern("synth", folder / name, *SMALL, "--take", take, expect=0)
    a, b, c = ((folder / name).read_bytes() for name in ("a.avi", "b.avi", "c.avi"))
    assert a == b
    assert a != c


def test_one_person_alone(folder):
    tap.postern("synth", folder / "a.avi", *SMALL, "--person", 1, expect=0)
    truth = json.loads((folder / "a.avi.truth.json").read_text())
    assert truth["turns"] == [{"identity": 1, "start-s": 0.0, "end-s": 2.0, "bystanders": 0}]


def test_portrait(folder):
    tap.postern("synth", folder / "face.jpg", "--person", 3, "--size", "160x120", expect=0)
    assert [p.name for p in folder.iterdir()] == ["face.jpg"]
    assert (folder / "face.jpg").read_bytes().startswith(b"\xff\xd8\xff")
    refused(folder / "other.jpg", says="--person")


def test_stills_are_a_folder_per_person(folder):
    options = ("--people", 3, "--seed", 7, "--size", "160x120")
    for name, more in (("a", ()), ("b", ()), ("c", ("--take", 1))):
        done = tap.postern("synth", folder / name, "--stills", 3, *options, *more, expect=0)
        assert (done.stdout, done.stderr) == ("", ""), done
    names = sorted(str(p.relative_to(folder / "a")) for p in (folder / "a").rglob("*.jpg"))
    assert names == [f"0000{i}/00{k}.jpg" for i in range(3) for k in range(3)], names
    a, b, c = ([(folder / x / n).read_bytes() for n in names] for x in "abc")
    assert a == b and not set(a) & set(c) and len(set(a)) == 9
    refused(folder / "d", "--stills", 0, says="stills: '0'")
    refused(folder / "d", "--stills", 101, says="from 1 to 100")


def test_refuses_in_one_line_and_writes_nothing(folder):
    out = folder / "a.avi"
    refused(says="no file is named")
    refused(out, folder / "b.avi", says="one file")
    refused(out, "--people", 0, says="people: '0'")
    refused(out, "--size", "641x480", says="WIDTHxHEIGHT")
    refused(out, "--fps", 241, says="from 1 to 240")
    refused(out, "--seconds", "ten", says="seconds: 'ten'")
    refused(out, "--people", 9, "--seconds", 4, says="9 people need at least 4.5")
    refused(out, "--bystanders", 5, says="bystanders: '5'")
    refused(out, "--person", 4, says="numbered 0 to 3")
    refused(out, "--persons", says="unknown option '--persons'")
    refused(out, "--seed", says="--seed needs a value")
    refused(folder / "none" / "a.avi", *SMALL, says="No such file or directory")
    assert not list(folder.iterdir())


def test_help_names_every_option(_):
    done = tap.postern("synth", "--help", expect=0)
    for name in ("people", "seed", "take", "size", "fps", "seconds", "bystanders", "person",
                 "stills"):
        assert f"--{name} " in done.stdout, name


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
