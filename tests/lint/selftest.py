#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Plants one violation of each rule in an empty tree and sees that the lint finds it, there alone."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"
HEADER = "core/include/postern/x.h"
LONG = "\tx++;\n" * 100
PAGES = "core/console/assets/"


def pointer(comment):
    return f"struct x {{\n\tint first;\n{comment}\tint (*call)(void *self);\n}};\n"


# (check, file, text, what the report must hold; None: the check must find nothing)
CASES = [
    ("includes.py", "core/gate/a.c", '#include "base/error.h"\n#include "gate/permit.h"\n', None),
    ("includes.py", "core/gate/a.c", '#include "frame/frame.h"\n', "gate may not include frame/frame.h"),
    ("includes.py", "core/frame/a.c", '#include "gate/permit.h"\n', "may not include gate/"),
    ("includes.py", "core/base/a.c", '#include "crypto/digest.h"\n', "may not include crypto/"),
    ("includes.py", "core/worker/a.c", '#include "vault/vault.h"\n', "may not include vault/"),
    ("includes.py", "core/worker/a.c", '  #  include <dlfcn.h>\n\tdlopen(a, b);\n', None),
    ("includes.py", "core/host/a.c", "#include <dlfcn.h>\n", "core/worker only"),
    ("includes.py", "core/host/a.c", "\thandle = dlopen(path, 0);\n", "core/worker only"),
    ("includes.py", "core/host/a.c", '#include "crypto/digest.h"\n', None),
    ("includes.py", "core/host/a.c", '#include "crypto/seal.h"\n', "may not include crypto/seal.h"),
    ("includes.py", "core/pipeline/a.c", '#include "devices/device.h"\n', None),
    ("includes.py", "core/pipeline/a.c", '#include "devices/v4l2/v4l2.h"\n', "may not include devices/v4l2"),
    ("includes.py", "core/control/a.c", '#include "pipeline/drive.h"\n#include <uv.h>\n', None),
    ("includes.py", "core/control/a.c", '#include "pipeline/impl.h"\n', "may not include pipeline/"),
    ("includes.py", "core/host/a.c", "#include <uv.h>\n", "core/pipeline and core/control and core/console only"),
    ("includes.py", "core/vault/a.c", "#include <sodium.h>\n", "sodium.h belongs to crypto only"),
    ("includes.py", "crypto/a.c", "#include <sodium.h>\n", None),
    ("includes.py", "core/audit/a.c", "#include <sqlite3.h>\n", "core/vault only"),
    ("includes.py", "devices/replay/a.c", "#include <linux/videodev2.h>\n", "devices/v4l2 only"),
    ("includes.py", "core/worker/a.c", "#include <opencv2/dnn.hpp>\n", "plugins only"),
    ("includes.py", "core/pipeline/a.c", "#include <turbojpeg.h>\n", "core/worker and"),
    ("includes.py", "plugins/lbph/a.c", '#include "base/error.h"\n', "plugins may not include base/"),
    ("includes.py", "plugins/lbph/a.c", '#include <postern/image.h>\n#include "lbph.h"\n', None),
    ("includes.py", "core/gate/a.c", '#include "../frame/frame.h"\n', "no way out of a room"),
    ("includes.py", "core/cli/a.c", '#include "vault/vault.h"\n', None),
    ("includes.py", "core/attic/a.c", "int a;\n", "no room of that name"),
    ("thread_tags.py", HEADER, pointer("\t/**\n\t * Calls.\n\t * [frame & running]\n\t */\n"), None),
    ("thread_tags.py", HEADER, pointer("\t/** As call. [any] */\n"), None),
    ("thread_tags.py", HEADER, pointer("\t/**\n\t * Calls.\n\t */\n"), "call: no thread tag"),
    ("thread_tags.py", HEADER, pointer(""), "call: no thread tag"),
    ("thread_tags.py", HEADER, pointer("\t/** [any]\n\t * more\n\t */\n"), "call: no thread tag"),
    ("thread_tags.py", HEADER, pointer("\t/** [sometime] */\n"), "call: no thread tag"),
    ("thread_tags.py", HEADER, pointer("\t/** [any] */\n\tint between;\n"), "call: no thread tag"),
    ("length.py", "core/base/a.c", "int f(int x)\n{\n" + LONG + "}\n", "f has 103 lines"),
    ("length.py", "core/base/a.c", "/* Long: one step after the other. */\nint f(int x)\n{\n" + LONG + "}\n", None),
    ("length.py", "core/base/a.c", "/* Adds. */\nint f(int x)\n{\n" + LONG + "}\n", "f has 103 lines"),
    ("length.py", "core/base/a.c", "int f(int x)\n{\n" + LONG[:-60] + "}\n", None),
    ("length.py", "core/base/a.c", "int a;\n" * 800, "800 lines, more than 750"),
    ("words.py", "docs/a.md", "see /ho" + "me/ann/notes\n", "somebody's machine"),
    ("words.py", "docs/a.md", "see $HO" + "ME/notes and /dev/video0\n", None),
    ("words.py", "core/base/a.c", SPDX + "/* TO" + "DO later */\n", "unfinished"),
    ("words.py", "core/base/a.c", "int a;\n", "no line 'SPDX"),
    ("words.py", "core/base/a.c", SPDX, None),
    ("pages.py", PAGES + "a.js", "node.innerHTML = words;\n", "makes markup of text"),
    ("pages.py", PAGES + "a.js", "// never innerHTML\nnode.textContent = words;\n", None),
    ("pages.py", PAGES + "a.js", "node.insertAdjacentHTML('beforeend', words);\n", "makes markup of text"),
    ("pages.py", PAGES + "a.js", "setTimeout('go()', 5);\n", "makes code of text"),
    ("pages.py", PAGES + "a.js", "node.setAttribute('style', words);\n", "makes style of text"),
    ("pages.py", PAGES + "a.js", 'import {x} from "/assets/b.js";\n', "there is no asset 'b.js'"),
    ("pages.py", PAGES + "a.css", "@import url(//fonts.example.com/a.css);\n", "an address elsewhere"),
    ("pages.py", PAGES + "a.js", 'const SVG = "http://www.w3.org/2000/svg";\n', None),
    ("pages.py", PAGES + "a.html", "<script>go()</script>\n", "inline script"),
    ("pages.py", PAGES + "a.html", '<p style="color: red">a</p>\n', "inline style"),
    ("pages.py", PAGES + "a.html", '<button onclick="go()">a</button>\n', "inline event handler"),
    ("format", "core/base/a.c", "int f(void)\n{\n\treturn 0;\n}\n", None),
    ("format", "core/base/a.c", "int f(void) {\n  return 0;\n}\n", "not as clang-format leaves it"),
    ("tidy", "core/base/a.c", "int f(int x)\n{\n\treturn x + 1;\n}\n", None),
    ("tidy", "core/base/a.c", "int f(void)\n{\n\tint *at = 0;\n\treturn *at;\n}\n", "NullDereference"),
]
TOOLS = {"format": "clang-format", "tidy": "clang-tidy", "length.py": "ctags"}


def run(check, path, text):
    with tempfile.TemporaryDirectory() as root:
        target = os.path.join(root, path)
        os.makedirs(os.path.dirname(target))
        with open(target, "w", encoding="utf-8") as file:
            file.write(text)
        shutil.copy(os.path.join(HERE, "../../.clang-format"), root)
        command = [os.path.join(HERE, check), root]
        if check == "tidy":
            command += ["--all", root]
            shutil.copy(os.path.join(HERE, "../../.clang-tidy"), root)
            with open(os.path.join(root, "compile_commands.json"), "w", encoding="utf-8") as file:
                json.dump([{"directory": root, "file": path, "command": f"cc -c {path}"}], file)
        done = subprocess.run(command, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


def main():
    failed = 0
    cases = [case for case in CASES if shutil.which(TOOLS.get(case[0], "sh"))]
    print(f"1..{len(cases)}")
    for check, path, text, wanted in cases:
        status, report = run(check, path, text)
        good = (status == 0) if wanted is None else (status != 0 and wanted in report and path in report)
        first = text.strip().splitlines()[0] if text.strip() else "empty"
        print(f"{'ok' if good else 'not ok'} - {check}: {path}: {first[:60]}".replace("#", ""))
        if not good:
            failed += 1
            print(f"# wanted {wanted!r}, got status {status}: {report!r}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
