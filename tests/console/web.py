# SPDX-License-Identifier: Apache-2.0
"""A console in the background, and people at its pages as programs would have them."""

import http.client
import json
import signal
import subprocess
import urllib.parse
import uuid

from lanes import environment
from tap import POSTERN, wait_for
from test_ctl import Desk

CITIZEN = {"category": "us-citizen", "known-by": "document"}
VISITOR = {"category": "nonimmigrant", "known-by": "document"}
NOTICE = {"display": "gate-7", "version": "us-border-1"}


class Console:
    """`postern console` in the background. Use it in a with statement."""

    def __init__(self, folder, *options, lanes=None):
        self.folder = folder
        sockets = lanes or {"lane": folder / "state/control.sock"}
        self.arguments = [POSTERN, "console", "--listen", "127.0.0.1:0", "--tokens",
                          folder / "tokens", *options]
        for name, path in sockets.items():
            self.arguments += ["--lane", f"{name}={path}"]
        self.process = None
        self.port = 0
        self.tokens = {}

    def __enter__(self):
        with open(self.folder / "console.stderr", "wb") as errors:
            self.process = subprocess.Popen(
                [str(a) for a in self.arguments], env=environment(), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=errors, text=True)
        while "integrator" not in self.tokens:
            line = self.process.stdout.readline()
            assert line, self.errors()
            role, address = line.split()
            page, _, token = address.partition("#token=")
            key = f"traveler {page.rsplit('/', 1)[1]}" if role == "traveler" else role
            self.tokens[key] = token
            self.port = urllib.parse.urlsplit(page).port or self.port
        return self

    def __exit__(self, *_):
        ended = self.process.poll()
        if ended is None:
            self.process.kill()
        self.process.wait(10)
        self.process.stdout.close()
        assert ended in (None, -signal.SIGKILL), (
            f"the console ended by itself: {ended}\n" + self.errors())

    def errors(self):
        return (self.folder / "console.stderr").read_text(errors="replace")

    def login(self, role, lane="lane"):
        """Somebody at a page of that role."""
        return Page(self.port, self.tokens[f"traveler {lane}" if role == "traveler" else role])


class Page:
    """One who is logged in; with a connection that stays."""

    def __init__(self, port, token=None):
        self.port = port
        self.base = f"http://127.0.0.1:{port}"
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.cookies = {}
        self.csrf = None
        self.role = None
        if token:
            status, answer = self.post("/api/session", {"token": token})
            assert status == 200, answer
            self.csrf, self.role = answer["csrf"], answer["role"]

    def headers(self, more=None):
        """What a browser would send, with the cookies."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {**({"Cookie": cookies} if cookies else {}), **(more or {})}

    def send(self, method, path, body=None, headers=None):
        """@return status, headers and bytes"""
        self.connection.request(method, path, body, self.headers(headers))
        answer = self.connection.getresponse()
        content = answer.read()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.split(";")[0]
        return answer.status, answer.headers, content

    def get(self, path):
        """@return status and what came: JSON if it is, else bytes"""
        status, headers, content = self.send("GET", path)
        is_json = headers["Content-Type"] == "application/json"
        return status, json.loads(content) if is_json else content

    def post(self, path, body, **more):
        """As the pages do. @return status and JSON"""
        headers = {"Content-Type": "application/json", "Origin": self.base,
                   "X-Postern-Request": str(uuid.uuid4()), **more}
        if self.csrf:
            headers.setdefault("X-Postern-CSRF", self.csrf)
        status, _, content = self.send("POST", path, json.dumps(body), headers)
        return status, json.loads(content)

    def act(self, what, body=None, lane="lane", expect=200):
        """A request to a lane that is to end like this. @return the answer"""
        status, answer = self.post(f"/api/lanes/{lane}/{what}", body or {})
        assert status == expect, (what, body, status, answer)
        return answer

    def ask(self, what, lane="lane", expect=200):
        """A question to a lane. @return the answer"""
        status, answer = self.get(f"/api/lanes/{lane}/{what}")
        assert status == expect, (what, status, answer)
        return answer

    def listen(self, lane="lane"):
        return Stream(self, f"/api/lanes/{lane}/events")


class Stream:
    """Server-sent events as they come."""

    def __init__(self, page, path):
        self.connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=20)
        self.connection.request("GET", path, headers=page.headers())
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.read()
        assert self.answer.headers["Content-Type"] == "text/event-stream"

    def line(self):
        line = self.answer.readline()
        assert line.endswith(b"\n"), "the stream ended"
        return line[:-1].decode()

    def next(self):
        """The next event. @return kind and data"""
        line = self.line()
        while line.startswith(":") or not line:
            line = self.line()
        assert line.startswith("event: "), line
        data = self.line()
        assert data.startswith("data: "), data
        assert self.line() == ""
        return line[7:], json.loads(data[6:])

    def until(self, kind):
        """The events up to the first of a kind, which is the last of them."""
        found = [self.next()]
        while found[-1][0] != kind:
            found.append(self.next())
        return found

    def close(self):
        self.answer.close()
        self.connection.close()


def wait_until_here(page, lane="lane"):
    """Until the console hears of the lane."""
    def is_here():
        lanes = page.get("/api/lanes")[1]["lanes"]
        return [one for one in lanes if one["lane"] == lane and one["connected"]]
    wait_for(is_here, 20)


class Pages:
    """A lane, a console, and somebody of each role. Use it in a with statement."""

    def __init__(self, folder, *options, **more):
        self.lane = Desk(folder, *options, **more)
        self.console = Console(folder)

    def __enter__(self):
        self.lane.__enter__()
        try:
            self.console.__enter__()
            self.traveler, self.officer, self.integrator = (
                self.console.login(role) for role in ("traveler", "officer", "integrator"))
            wait_until_here(self.officer)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if self.console.process:
                self.console.__exit__()
        finally:
            self.lane.__exit__()
