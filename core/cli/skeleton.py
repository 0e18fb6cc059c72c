#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""skeleton.py OUT SKELETON KIND=EXAMPLE...: the files of 'postern plugin new' as a C source.

SKELETON is the folder of the files that every kind gets, EXAMPLE the folder of the example plugin
of a kind, whose name is the id to be replaced: its source and manifest become the new plugin's.
"""
import json
import pathlib
import sys

HIDDEN = {"gitignore": ".gitignore"}


def quoted(text):
    """C literals, a line each."""
    lines = [json.dumps(line, ensure_ascii=True) for line in text.splitlines(keepends=True)]
    return "\n\t\t" + "\n\t\t".join(lines).replace("??", '?""?')


def entry(name, kind, text, mode):
    return f'\t{{"{name}", {kind}, {mode}, {quoted(text)}}},\n'


def replace_once(text, old, new, where):
    if text.count(old) != 1:
        sys.exit(f"{where}: '{old}' must stand there once")
    return text.replace(old, new)


def common(folder):
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = str(path.relative_to(folder))
        mode = "0777" if path.stat().st_mode & 0o100 else "0666"
        yield entry(HIDDEN.get(name, name), "PST_PLUGIN_UNSET", path.read_text(), mode)


def example(kind, folder):
    constant = "PST_PLUGIN_" + kind.upper()
    source, manifest = folder / (folder.name + ".c"), folder / (folder.name + ".yaml.in")
    text = replace_once(source.read_text(), f'"{folder.name}"', '"@ID@"', source)
    yield entry("plugin/@ID@.c", constant, text, "0666")
    text = replace_once(manifest.read_text(), f"id: {folder.name}\n", "id: @ID@\n", manifest)
    text = replace_once(text, f"library: {folder.name}.so\n", "library: @ID@.so\n", manifest)
    yield entry("plugin/@ID@.yaml.in", constant, text, "0666")


def main(out, skeleton, *examples):
    files = list(common(pathlib.Path(skeleton)))
    for text in examples:
        kind, folder = text.split("=", 1)
        files += example(kind, pathlib.Path(folder))
    pathlib.Path(out).write_text(
        '#include "cli/skeleton.h"\n\n#include <stddef.h>\n\n'
        "const struct pst_skeleton_file pst_skeleton_files[] = {\n"
        + "".join(files) + "\t{NULL, PST_PLUGIN_UNSET, 0, NULL},\n};\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
