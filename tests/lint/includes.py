#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Which room may include which: the arrows of docs/design.md, and libraries kept to one room."""
import re

import tree

# Room -> what it may include besides itself and the C library. "room/noun.h" opens one header only.
ARROWS = {
    "postern": (),
    "base": ("postern",),
    "crypto": ("postern",),
    "frame": ("base", "postern"),
    "gate": ("base", "postern"),
    "wire": ("base", "frame/slots.h", "postern"),
    "config": ("base", "postern"),
    "policy": ("base", "gate", "postern"),
    "vault": ("base", "crypto", "postern"),
    "audit": ("base", "crypto", "postern"),
    "report": ("base", "crypto", "gate", "audit", "postern"),
    "devices": ("base", "frame", "postern"),
    "worker": ("base", "frame", "wire", "postern"),
    "conform": ("base", "frame", "wire", "worker", "postern", "devices/synthetic/scene.h"),
    "host": ("base", "frame", "wire", "postern", "crypto/digest.h", "conform/checks.h",
             "conform/report.h", "worker/syscalls.h"),
    "pipeline": ("base", "config", "gate", "policy", "frame", "host", "vault", "audit", "postern",
                 "wire/result.h", "devices/device.h", "crypto/random.h", "crypto/secret.h"),
    "control": ("base", "gate", "postern", "audit/review.h", "pipeline/drive.h",
                "pipeline/health.h", "pipeline/picture.h", "policy/keeps.h", "policy/words.h"),
    "console": ("base", "postern", "control/client.h", "control/feed.h", "control/message.h",
                "control/socket.h", "audit/slip.h", "crypto/random.h", "crypto/secret.h"),
    "evaluate": ("base", "frame", "host", "postern", "wire/result.h", "devices/device.h"),
    "plugins": ("postern",),
    "examples": ("postern",),
}
ANYTHING = ("cli", "tests")

# Header or call -> folders that may use it.
KEPT = [
    (r"<sodium(\.h|/)", ("crypto",)),
    (r"<linux/videodev2\.h>", ("devices/v4l2",)),
    (r"<libv4l", ("devices/v4l2",)),
    (r"<lib(av|sw)\w*/", ("devices/replay", "devices/synthetic")),
    (r"<dlfcn\.h>", ("core/worker",)),
    (r"<seccomp\.h>", ("core/worker", "core/conform", "core/host/learn.c")),
    (r"<linux/landlock\.h>", ("core/worker",)),
    (r"<sqlite3\.h>", ("core/vault",)),
    (r"<opencv", ("plugins",)),
    (r"<(turbojpeg|jpeglib)\.h>", ("core/worker", "devices/synthetic")),
    (r"<uv\.h>", ("core/pipeline", "core/control", "core/console")),
    (r"<microhttpd\.h>", ("core/console",)),
    (r"<qrencode\.h>", ("core/console",)),
    (r"<cyaml/", ("core/base", "core/config", "core/policy", "core/host")),
]
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^">]+)([>"])')
DLOPEN = re.compile(r"\bdl(m?open)\s*\(")


def room_of(path):
    parts = path.split("/")
    if parts[0] == "core":
        return "postern" if parts[1] == "include" else parts[1]
    return parts[0]


def judge(path, room, name, quoted):
    """Why this include is not allowed, or None."""
    for pattern, folders in KEPT:
        if re.match(pattern, quoted) and not path.startswith(folders):
            return f"{name} belongs to {' and '.join(folders)} only"
    if ".." in name.split("/"):
        return f"{name}: no way out of a room by '..'"
    target = name.split("/")[0]
    if target == room or target not in ARROWS and target not in ANYTHING:
        return None
    if "/" not in name or target in ARROWS[room] or name in ARROWS[room]:
        return None
    return f"{room} may not include {name}"


def check(root):
    for path in tree.files(root, ".c", ".h", ".cpp", ".hpp"):
        room = room_of(path)
        if room in ANYTHING:
            continue
        if room not in ARROWS:
            yield f"{path}:1: no room of that name; tests/lint/includes.py lists them"
            continue
        for number, line in enumerate(tree.text(root, path).splitlines(), 1):
            match = INCLUDE.match(line)
            why = judge(path, room, match[2], match[1] + match[2] + match[3]) if match else None
            if not match and DLOPEN.search(line) and room != "worker":
                why = "plugins are opened in core/worker only"
            if why:
                yield f"{path}:{number}: {why}"


if __name__ == "__main__":
    tree.main(check, __doc__)
