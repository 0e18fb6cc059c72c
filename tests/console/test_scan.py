# SPDX-License-Identifier: Apache-2.0
"""A receipt's QR code, read by another program from the pixels of a small display."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

import tap
from tap import Skip

RECEIPT = {
    "receipt": 2, "id": "6a3f05bfb91c14a109ee533bf7c1ac9f", "lane": "gate-7",
    "issued": "2025-12-26T08:00:00Z", "outcome": "refer-opted-out", "choice": "decline",
    "key": "0c4e91d20a7b33f8", "signature": "5e" * 64, "rule_text": "“a citizen declines”"}
SHOWN_PX = 240  # as traveler.css shows it at the least


def draw(text):
    done = subprocess.run([os.environ["DRAW_QR"]], input=text, capture_output=True, text=True,
                          check=True)
    return done.stdout, done.stderr


def pixels(svg, scale):
    """The SVG as a picture of grey, scale pixels per module; and its modules per side."""
    side = int(re.search(r'viewBox="0 0 (\d+) \1"', svg).group(1))
    rows = [bytearray(b"\xff" * side * scale) for _ in range(side * scale)]
    for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", svg):
        x, y, run = int(x) * scale, int(y) * scale, int(run) * scale
        for row in rows[y:y + scale]:
            row[x:x + run] = bytes(run)
    return b"P5 %d %d 255\n" % (side * scale, side * scale) + b"".join(rows), side


def read(picture, folder):
    if not shutil.which("zbarimg"):
        raise Skip("zbar-tools is not installed")
    (folder / "code.pgm").write_bytes(picture)
    done = subprocess.run(["zbarimg", "--quiet", "--raw", folder / "code.pgm"], text=True,
                          capture_output=True, check=True)
    return done.stdout


def test_the_slip_of_a_receipt_is_read_from_the_screen(folder):
    svg, slip = draw(json.dumps(RECEIPT))
    side = pixels(svg, 1)[1]
    scale = SHOWN_PX // side
    # A telephone wants three pixels of the display for a module.
    assert scale >= 3, f"{side} modules on {SHOWN_PX} px"
    found = read(pixels(svg, scale)[0], folder)
    assert found.strip() == slip.strip(), (found, slip)
    text = json.dumps(RECEIPT, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert f"SHA256 {hashlib.sha256(text.encode()).hexdigest().upper()}\n" in slip, slip


def test_texts_of_every_length_are_read(folder):
    for size in (1, 17, 200, 900, 2331):
        text = "".join(chr(33 + i % 90) for i in range(size))
        svg, _ = draw(text)
        assert read(pixels(svg, 4)[0], folder).rstrip("\n") == text, size


def test_what_does_not_fit_is_refused(_folder):
    done = subprocess.run([os.environ["DRAW_QR"]], input="a" * 4000, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 1 and "QR code" in done.stderr, done
    assert not done.stdout


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
