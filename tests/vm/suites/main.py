# SPDX-License-Identifier: Apache-2.0
"""main.py SOURCE BUILD LONG SUITE...: runs suites in the guest, each into /out/SUITE.tap."""
import importlib
import sys
import traceback

from guest import Guest


def main(source, build, long, suites):
    for name in suites:
        guest = Guest(name, source, build, long == "1")
        print(f"vm: {name}", flush=True)
        try:
            importlib.import_module(name).run(guest)
        except Exception:  # a suite that breaks is a failure, and the next one runs
            guest.check("no step is missing", False, traceback.format_exc())
        guest.finish()


main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
