#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the console's pages must not do: make markup or code of text, or fetch from elsewhere."""
import os
import re

import tree

ASSETS = "core/console/assets"

# What turns a string into markup or code, whoever wrote the string.
SCRIPT = [
    (r"\.(inner|outer)HTML\b|\binsertAdjacentHTML\b|\bsetHTML(Unsafe)?\b|\bsrcdoc\b", "makes markup of text"),
    (r"\bdocument\.write(ln)?\b|\bDOMParser\b|\bcreateContextualFragment\b|\bparseHTMLUnsafe\b",
     "makes markup of text"),
    (r"\beval\s*\(|\bnew\s+Function\b|\bset(Timeout|Interval)\s*\(\s*['\"`]", "makes code of text"),
    (r"\bcssText\b|setAttribute\(\s*['\"]style\b", "makes style of text; use a class"),
    (r"setAttribute\(\s*['\"]on", "makes code of text; use addEventListener"),
    (r"javascript:", "makes code of an address"),
]
PAGE = [
    (r"<script(?![^>]*\bsrc=)", "inline script"),
    (r"<style\b|\sstyle\s*=", "inline style"),
    (r"\son[a-z]+\s*=\s*[\"']", "inline event handler"),
    (r"javascript:", "makes code of an address"),
]
# A name of a namespace is no address that is fetched.
ELSEWHERE = (r"(?<!['\"]http://www\.w3\.org)(https?:)?//(?!www\.w3\.org/)[a-z0-9-]+\.[a-z]", "an address elsewhere")
COMMENT = re.compile(r"^\s*(//|/?\*|<!--)")
USED = re.compile(r"[\"'(`]/assets/([A-Za-z0-9_./-]+\.[a-z]+)")
BY_ID = re.compile(r"\bbyId\(\"([^\"]+)\"\)|getElementById\(\"([^\"]+)\"\)")
IMPORT = re.compile(r"from\s+\"/assets/([^\"]+)\"")


def found_in(path, content, rules):
    for number, line in enumerate(content.splitlines(), 1):
        if COMMENT.match(line):
            continue
        for pattern, what in rules:
            if re.search(pattern, line):
                yield f"{path}:{number}: {what}"


def scripts_of(page, texts):
    """The scripts that a page runs, those that these import included."""
    wanted = re.findall(r"<script[^>]*\bsrc=\"/assets/([^\"]+)\"", texts[page])
    seen = []
    while wanted:
        name = wanted.pop()
        if name in texts and name not in seen:
            seen.append(name)
            wanted += IMPORT.findall(texts[name])
    return seen


def missing_ids(page, texts):
    ids = set(re.findall(r"\bid=\"([^\"]+)\"", texts[page]))
    for name in scripts_of(page, texts):
        for number, line in enumerate(texts[name].splitlines(), 1):
            for pair in BY_ID.findall(line):
                wanted = pair[0] or pair[1]
                if wanted not in ids and f'id: "{wanted}"' not in texts[name]:
                    yield f"{ASSETS}/{name}:{number}: {page} has no id '{wanted}'"


def check(root):
    texts = {}
    for path in tree.files(root, ".html", ".js", ".css", ".svg", ".json"):
        if path.startswith(ASSETS + os.sep):
            texts[os.path.relpath(path, ASSETS)] = tree.text(root, path)
    for name, content in texts.items():
        path = f"{ASSETS}/{name}"
        rules = {".js": SCRIPT, ".html": PAGE}.get(os.path.splitext(name)[1], [])
        yield from found_in(path, content, rules + [ELSEWHERE])
        for number, line in enumerate(content.splitlines(), 1):
            for used in USED.findall(line):
                if used not in texts:
                    yield f"{path}:{number}: there is no asset '{used}'"
    for page in sorted(name for name in texts if name.endswith(".html")):
        yield from missing_ids(page, texts)


if __name__ == "__main__":
    tree.main(check, __doc__)
