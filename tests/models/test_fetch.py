#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""test_fetch.py FETCH_MODELS: a model arrives verified and whole, or nothing changes at all."""
import hashlib
import http.server
import os
import socket
import subprocess
import sys
import tempfile
import threading

BODY = bytes(range(256)) * 300
DIGEST = hashlib.sha256(BODY).hexdigest()
NAME = "tiny.onnx"


class Server(http.server.BaseHTTPRequestHandler):
    """Each first folder of the path is a way to answer."""

    def do_GET(self):  # the name is http.server's
        way = self.path.split("/")[1]
        if way == "missing":
            self.send_error(404)
        elif way == "moved":
            self.send_response(302)
            self.send_header("Location", f"/good/{NAME}")
            self.end_headers()
        elif way == "silent":
            threading.Event().wait(5)
        else:
            body = {"good": BODY, "cut": BODY[:1000], "short": BODY[:1000], "long": BODY + b"!",
                    "wrong": BODY[:-1] + b"!", "empty": b"", "page": b"<html>no</html>"}[way]
            self.send_response(200)
            self.send_header("Content-Length", str(len(BODY) if way == "cut" else len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class Case:
    """One run of the program in a folder of its own."""

    def __init__(self, program, url, before=None, digest=DIGEST, folder="models"):
        with tempfile.TemporaryDirectory() as home:
            models = os.path.join(home, folder)
            if before is not None:
                os.makedirs(models)
                with open(os.path.join(models, NAME), "wb") as file:
                    file.write(before)
            pins = os.path.join(home, "pins.txt")
            with open(pins, "w", encoding="utf-8") as file:
                file.write(f"# name bytes digest home licence\n{NAME} {len(BODY)} {digest} {url}/{NAME} MIT\n")
            done = subprocess.run(
                [program, "--list", pins, "--from", url, "--timeout", "1"],
                capture_output=True, text=True, timeout=60,
                env={"PATH": os.environ["PATH"], "POSTERN_MODELS": models, "no_proxy": "*"})
            self.status, self.out, self.err = done.returncode, done.stdout, done.stderr
            self.left = sorted(os.listdir(models)) if os.path.isdir(models) else None
            self.body = None
            if self.left and NAME in self.left:
                with open(os.path.join(models, NAME), "rb") as file:
                    self.body = file.read()
                self.mode = os.stat(os.path.join(models, NAME)).st_mode & 0o777

    def brought(self):
        return (self.status == 0 and self.left == [NAME] and self.body == BODY and self.mode == 0o644
                and "verified" in self.out and not self.err)

    def failed(self, why, left=None):
        """One line that says why and how to bring the file by hand; the folder is as before."""
        return (self.status == 3 and self.left == left and len(self.err.splitlines()) == 1
                and why in self.err and "by hand" in self.err and NAME in self.err)


def cases(program, base):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{unused.getsockname()[1]}"
    yield "right file", Case(program, base + "/good").brought()
    yield "redirect", Case(program, base + "/moved").brought()
    yield "a damaged file is replaced", Case(program, base + "/good", before=b"damaged").brought()
    there = Case(program, closed, before=BODY)
    yield "nothing is fetched twice", there.status == 0 and "there, SHA-256" in there.out
    yield "wrong bytes", Case(program, base + "/wrong").failed("SHA-256 is ")
    yield "wrong pin", Case(program, base + "/good", digest="0" * 64).failed("not the pinned 000")
    yield "cut off", Case(program, base + "/cut").failed("ended after 1000 of 76800 bytes")
    yield "too short", Case(program, base + "/short").failed("ended after 1000 of 76800 bytes")
    yield "empty", Case(program, base + "/empty").failed("ended after 0 of")
    yield "another page", Case(program, base + "/page").failed("ended after 15 of")
    yield "too long", Case(program, base + "/long").failed("more than the 76800 bytes")
    yield "not found", Case(program, base + "/missing").failed("answered 404")
    yield "unreachable", Case(program, closed).failed("no answer: ")
    yield "silent server", Case(program, base + "/silent").failed("timed out")
    yield "no URL at all", Case(program, "nonsense").failed("transfer broke off: ")
    kept = Case(program, base + "/wrong", before=b"old")
    yield "an old file survives a failure", kept.failed("SHA-256 is ", left=[NAME]) and kept.body == b"old"
    yield "folder cannot be made", Case(program, base + "/good", folder="pins.txt/x").failed("cannot write to")


def main(program):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    failed = 0
    results = list(cases(program, f"http://127.0.0.1:{server.server_port}"))
    print(f"1..{len(results)}")
    for name, good in results:
        print(f"{'ok' if good else 'not ok'} - {name}")
        failed += not good
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
