#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""embed.py OUT FOLDER FILE...: the console's pages and scripts as a C source."""
import hashlib
import pathlib
import sys

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


def entry(folder, path):
    """A line of the table; the bytes are named like the index of their file."""
    name, content = path.relative_to(folder).as_posix(), path.read_bytes()
    if path.suffix not in TYPES:
        sys.exit(f"{path}: no type is known for '{path.suffix}'; known are {', '.join(TYPES)}")
    tag = hashlib.sha256(content).hexdigest()[:32]
    return name, f'"{TYPES[path.suffix]}", "\\"{tag}\\""', content


def main(out, folder, *files):
    folder = pathlib.Path(folder).resolve()
    entries = sorted(entry(folder, pathlib.Path(file).resolve()) for file in files)
    text = ['#include "console/assets.h"\n']
    for number, (_, _, content) in enumerate(entries):
        rows = [content[i:i + 20] for i in range(0, len(content), 20)]
        body = "".join("\t" + "".join(f"{byte}," for byte in row) + "\n" for row in rows)
        text.append(f"static const unsigned char file_{number}[] = {{\n{body or '0'}}};\n")
    text.append("const struct pst_asset pst_assets[] = {")
    for number, (name, facts, content) in enumerate(entries):
        text.append(f'\t{{"{name}", {facts}, file_{number}, {len(content)}}},')
    text.append("};\n\nconst size_t pst_assets_count = sizeof(pst_assets) / sizeof(pst_assets[0]);\n")
    pathlib.Path(out).write_text("\n".join(text))


if __name__ == "__main__":
    main(*sys.argv[1:])
