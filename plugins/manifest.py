#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Completes plugin manifests with the digest of the library they describe.

    manifest.py fill TEMPLATE LIBRARY OUT   writes OUT: TEMPLATE with @SHA256@ replaced
    manifest.py refresh FOLDER              after installation: digests of the libraries as they
                                            now stand (stripped, say) in FOLDER/*/*.yaml
"""
import hashlib
import os
import pathlib
import re
import sys


def digest(path):
	return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def write(path, text):
	part = pathlib.Path(str(path) + ".part")
	part.write_text(text)
	part.replace(path)


def fill(template, library, out):
	text = pathlib.Path(template).read_text()
	if text.count("@SHA256@") != 1:
		sys.exit(f"{template}: @SHA256@ must stand there once")
	write(out, text.replace("@SHA256@", digest(library)))


def refresh(folder):
	prefix = os.environ.get("MESON_INSTALL_DESTDIR_PREFIX", "/")
	for library in pathlib.Path(prefix, folder).glob("*/*.so"):
		manifest = library.with_suffix(".yaml")
		if manifest.exists():
			text = re.sub(r"(?m)^sha256: [0-9a-f]{64}$", "sha256: " + digest(library),
				manifest.read_text())
			write(manifest, text)


if __name__ == "__main__":
	if len(sys.argv) == 5 and sys.argv[1] == "fill":
		fill(*sys.argv[2:])
	elif len(sys.argv) == 3 and sys.argv[1] == "refresh":
		refresh(sys.argv[2])
	else:
		sys.exit(__doc__)
