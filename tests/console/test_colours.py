# SPDX-License-Identifier: Apache-2.0
"""The colours of the console's pages, light and dark: whether what is written can be read."""

import re
import sys

import tap
from tap import SOURCE

ASSETS = SOURCE / "core/console/assets"
SHEETS = {path.name: re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
          for path in sorted(ASSETS.glob("*.css"))}
TEXT, OUTLINE = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11


def schemes():
    """The custom properties that are colours: light, and dark over them."""
    light, dark = re.findall(r":root \{(.*?)\n\t?\}", SHEETS["common.css"], re.S)
    colours = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", text)) for text in (light, dark)]
    return {"light": colours[0], "dark": {**colours[0], **colours[1]}}


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def named(colours, prefix):
    return {name: colour for name, colour in colours.items() if name.startswith(prefix)}


def test_the_formula(_folder):
    assert contrast("#ffffff", "#000000") == 21
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54


def test_text_is_read_on_every_ground(_folder):
    for scheme, colours in schemes().items():
        inks, grounds = named(colours, "ink-"), named(colours, "ground-")
        assert len(inks) >= 4 and len(grounds) >= 3, colours
        for ink, colour in inks.items():
            for ground, under in grounds.items():
                ratio = contrast(colour, under)
                assert ratio >= TEXT, f"{scheme}: --{ink} on --{ground}: {ratio:.2f}"


def test_text_is_read_on_every_filled_surface(_folder):
    for scheme, colours in schemes().items():
        pairs = named(colours, "on-")
        assert len(pairs) >= 5, colours
        for name, colour in pairs.items():
            ratio = contrast(colour, colours[name.removeprefix("on-")])
            assert ratio >= TEXT, f"{scheme}: --{name}: {ratio:.2f}"


def test_outlines_are_seen_on_every_ground(_folder):
    for scheme, colours in schemes().items():
        for edge, colour in named(colours, "edge-").items():
            for ground, under in named(colours, "ground-").items():
                ratio = contrast(colour, under)
                assert ratio >= OUTLINE, f"{scheme}: --{edge} on --{ground}: {ratio:.2f}"


def rules(sheet):
    """Each rule's selector and declarations, those inside @media too; print has colours of its own."""
    text = re.sub(r"@media print \{.*?\n\}", "", SHEETS[sheet], flags=re.S)
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", text):
        yield selector.strip(), dict(re.findall(r"([\w-]+):\s*([^;]+);", body))


def test_pages_use_the_named_colours_and_their_pairs_only(_folder):
    known = set(schemes()["light"]) | {"line"}
    for sheet in SHEETS:
        for selector, declared in rules(sheet):
            for name, value in declared.items():
                if name.startswith("--"):
                    continue
                assert selector.endswith(("::backdrop", ".code")) or \
                    not re.search(r"#[0-9a-f]{3,8}\b|rgba?\(|hsl", value), (sheet, selector, value)
            fill = re.search(r"var\(--([\w-]+)\)", declared.get("background", ""))
            ink = re.search(r"var\(--([\w-]+)\)", declared.get("color", ""))
            if ink:
                assert ink[1] in known, (sheet, selector, ink[1])
                inverse = ink[1].startswith("ground-") and fill and fill[1].startswith("ink-")
                assert inverse or re.match(r"(ink|on)-", ink[1]), (sheet, selector, ink[1])
            if fill and f"on-{fill[1]}" in known and "swatch" not in selector:
                assert ink and ink[1] == f"on-{fill[1]}", \
                    f"{sheet}: {selector}: what stands on --{fill[1]} is --on-{fill[1]}"


def test_both_ways_are_of_one_size_and_colour(_folder):
    """Nothing in the sheet tells the button to go on from the one to opt out."""
    for selector, _ in rules("traveler.css"):
        assert "#go-on" not in selector and "#opt-out" not in selector, selector


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
