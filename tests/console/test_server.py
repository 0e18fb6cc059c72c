# SPDX-License-Identifier: Apache-2.0
"""The console's HTTP server and who sends it what it does not expect."""

import contextlib
import http.client
import json
import signal
import socket
import time
import uuid

import tap
from fake_lane import FakeLane
from tap import postern
from web import Console, Page, wait_until_here

OK, USAGE, UNSAFE = 0, 2, 4
ARRIVE_S, IDLE_S, SLACK_S = 10, 15, 10
CONNECTIONS = 700  # more than the server takes
BODY_MAX = 4096


class Server(Console):
    """A console with a lane of our own behind it, which notices what it is sent."""

    def __init__(self, folder, *options):
        super().__init__(folder, *options)
        (folder / "state").mkdir(exist_ok=True)
        self.lane = FakeLane(folder / "state/control.sock")

    def __enter__(self):
        self.lane.__enter__()
        super().__enter__()
        self.wait()
        return self

    def __exit__(self, *_):
        if self.process:
            super().__exit__()
        self.lane.__exit__()

    def stop(self, number):
        """Ends it with a signal. @return the exit status"""
        self.process.send_signal(number)
        status = self.process.wait(10)
        self.process.stdout.close()
        self.process = None
        return status

    def wait(self):
        """Until it hears of the lane."""
        wait_until_here(self.login("officer"))

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def say(self, data):
        """Sends bytes on a connection of their own. @return all that comes back until its end"""
        with self.connect() as connection:
            with contextlib.suppress(OSError):  # it may have hung up by now
                connection.sendall(data)
                time.sleep(0.02)  # an end that comes with the last bytes may be seen late
                connection.shutdown(socket.SHUT_WR)
            return read_all(connection)

    def request(self, line, *headers, body=b""):
        """One request as text. @return status and all of the reply"""
        lines = [line, f"Host: 127.0.0.1:{self.port}", "Connection: close", *headers, "", ""]
        reply = self.say("\r\n".join(lines).encode("latin-1") + body)
        return status_of(reply), reply

    def check(self):
        """Everybody else is still served, and the lane heard of nothing."""
        page = Page(self.port)
        assert page.get("/healthz") == (200, b"ok\n")
        officer = self.login("officer")
        wait_until_here(officer)
        assert officer.ask("status")["lane"] == "lane"
        assert self.process.poll() is None
        assert len(self.lane.connections) == 1, "the lane was connected to again"
        deeds = {one["do"] for one in self.lane.requests}
        assert deeds <= {"status", "subscribe"}, deeds


def read_all(connection):
    got = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            got += part
    return got


def status_of(reply):
    return int(reply.split(b" ", 2)[1]) if reply.startswith(b"HTTP/") else None


def raises_within(connection, seconds, drip=None):
    """Whether the other end hangs up within so many seconds, while bytes drip."""
    end = time.monotonic() + seconds
    connection.settimeout(0.5)
    while time.monotonic() < end:
        try:
            if drip:
                connection.sendall(drip)
            if not connection.recv(1024):
                return True
        except socket.timeout:
            continue
        except OSError:
            return True
    return False


def write(page, method="POST", path="/api/lanes/lane/open", body=b"{}", **headers):
    """A request with all it needs, but for what is given here; None leaves a header out."""
    usual = {"Origin": page.base, "Content-Type": "application/json",
             "X-Postern-CSRF": page.csrf, "X-Postern-Request": str(uuid.uuid4())}
    usual.update({name.replace("_", "-"): value for name, value in headers.items()})
    status, _, content = page.send(method, path, body,
                                   {k: v for k, v in usual.items() if v is not None})
    return status, json.loads(content)["code"] if status >= 400 else None


def test_pages_come_with_headers_that_protect_them(folder):
    with Server(folder) as server:
        page = Page(server.port)
        for path in ("/", "/traveler/lane", "/officer", "/integrator", "/assets/api.js",
                     "/assets/languages/ar.json", "/assets/missing", "/nothing", "/api/lanes"):
            status, headers, content = page.send("GET", path)
            assert status == {"/assets/missing": 404, "/nothing": 404,
                              "/api/lanes": 401}.get(path, 200), path
            policy = headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; "), path
            assert "unsafe" not in policy and "frame-ancestors 'none'" in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
            assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert "Access-Control-Allow-Origin" not in headers
            for token in server.tokens.values():
                assert token.encode() not in content
        assert page.get("/traveler/other")[0] == 404
        server.check()


def test_files_are_sent_once_and_their_heads_alone_if_asked(folder):
    with Server(folder) as server:
        page = Page(server.port)
        status, headers, content = page.send("GET", "/assets/common.css")
        assert status == 200 and content
        again = page.send("GET", "/assets/common.css", headers={"If-None-Match": headers["ETag"]})
        assert (again[0], again[2]) == (304, b"")
        assert page.send("GET", "/assets/common.css",
                         headers={"If-None-Match": '"0"'})[2] == content
        status, head, nothing = page.send("HEAD", "/assets/common.css")
        assert (status, nothing) == (200, b"")
        assert head["Content-Length"] == str(len(content))
        server.check()


def test_other_methods_do_nothing(folder):
    with Server(folder) as server:
        for method in ("OPTIONS", "PUT", "PATCH", "TRACE", "CONNECT", "get", "DELETE"):
            status, reply = server.request(f"{method} /officer HTTP/1.1")
            assert status == 405 and b"\r\nAllow: GET, HEAD\r\n" in reply, (method, reply)
            assert b"Access-Control" not in reply
        status, reply = server.request("OPTIONS /api/lanes/lane/open HTTP/1.1",
                                       "Access-Control-Request-Method: POST")
        assert status == 405 and b"\r\nAllow: POST\r\n" in reply
        status, _ = server.request("HEAD /api/lanes HTTP/1.1")
        assert status == 405
        server.check()


def test_no_path_leads_out_of_the_assets(folder):
    with Server(folder) as server:
        for path in ("/assets/../tokens", "/assets/..%2ftokens", "/assets/%2e%2e/%2e%2e/etc/passwd",
                     "/assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/assets/..%5c..%5cetc", "/..",
                     "/assets/%252e%252e/x", "/assets//etc/passwd", "//etc/passwd",
                     "/assets/common.css%00.html", "/assets/%c0%ae%c0%ae/x", "/assets/./common.css",
                     "/assets/" + "a" * 600, "/" + "a/" * 50, "http://127.0.0.1/etc/passwd", "*",
                     "/assets/common.css/..", "/traveler/..%2f..%2fetc"):
            status, reply = server.request(f"GET {path} HTTP/1.1")
            assert status in (400, 404), (path, reply[:200])
            assert b"root:" not in reply and b"traveler lane" not in reply
        server.check()


def test_garbage_ends_its_own_connection(folder):
    with Server(folder) as server:
        hello = bytes.fromhex("16030100b0010000ac0303") + bytes(160)
        for data in (b"\0" * 4096, b"\r\n" * 3000, b"GET", b"GET / HTTP/9.9\r\n\r\n", hello,
                     b"GET /\r\n\r\n", b"\xff\xfe\xfd" * 900, b"GET / HTTP/1.1\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                     b"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
                     b"GET / HTTP/1.1\r\nConnection: close\r\nHost: a\r\nHost: b\r\n\r\n",
                     b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"):
            status = status_of(server.say(data))
            assert status is None or status >= 400, (data[:60], status)
        server.check()


def test_headers_and_bodies_have_a_limit(folder):
    with Server(folder) as server:
        status, _ = server.request("GET / HTTP/1.1", "X: " + "a" * 32768)
        assert status in (None, 431, 413), status
        status, _ = server.request("GET / HTTP/1.1", *[f"X-{i}: {i}" for i in range(4000)])
        assert status in (None, 431, 413), status
        status, _ = server.request("GET /?" + "a=b&" * 9000 + " HTTP/1.1")
        assert status in (None, 414, 431, 413, 400), status
        json_body = ("Content-Type: application/json", f"Origin: http://127.0.0.1:{server.port}")
        status, _ = server.request("POST /api/session HTTP/1.1", "Content-Length: 1000000000",
                                   *json_body)
        assert status == 413, status
        body = b'{"token":"' + b"x" * (BODY_MAX - 12) + b'"}'
        status, _ = server.request("POST /api/session HTTP/1.1", f"Content-Length: {BODY_MAX}",
                                   *json_body, body=body)
        assert status == 401, status
        status, _ = server.request("POST /api/session HTTP/1.1", f"Content-Length: {BODY_MAX + 1}",
                                   *json_body, body=body + b" ")
        assert status == 413, status
        status, _ = server.request("POST /api/session HTTP/1.1", "Transfer-Encoding: chunked",
                                   *json_body, body=b"2\r\n{}\r\n0\r\n\r\n")
        assert status == 411, status
        server.check()


def test_bodies_that_are_no_object_are_told_why(folder):
    with Server(folder) as server:
        officer = server.login("officer")
        for body in (b"", b"[]", b"null", b'"x"', b"{", b'{"a":1,"a":2}', b"{}x", b"\xff{}",
                     b'{"a":"\xc0\xaf"}', b"[" * 4000, b'{"a":1e999}'):
            assert write(officer, body=body) == (400, "bad"), body
        server.check()


def test_who_is_slow_is_cut_off_and_holds_nobody_up(folder):
    with Server(folder) as server:
        slow = {"head": server.connect(), "silent": server.connect(), "body": server.connect(),
                "idle": server.connect()}
        began = time.monotonic()
        slow["head"].sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        slow["body"].sendall(b"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n{")
        slow["idle"].sendall(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n"
                             .encode())
        assert slow["idle"].recv(4096).startswith(b"HTTP/1.1 200")
        ended = {}
        while len(ended) < len(slow) and time.monotonic() < began + IDLE_S + SLACK_S:
            for name in slow.keys() - ended.keys():
                if raises_within(slow[name], 0.6, b"x" if name in ("head", "body") else None):
                    ended[name] = time.monotonic() - began
            assert Page(server.port).get("/healthz")[0] == 200
        for name, limit in (("head", ARRIVE_S), ("silent", ARRIVE_S), ("body", ARRIVE_S),
                            ("idle", IDLE_S)):
            assert limit - 1 < ended.get(name, 0) < limit + SLACK_S, ended
        server.check()


def test_too_many_connections_crowd_out_the_idle_ones(folder):
    with Server(folder) as server, contextlib.ExitStack() as stack:
        stream = server.login("officer").listen()
        crowd = [stack.enter_context(server.connect()) for _ in range(CONNECTIONS)]
        server.check()
        gone = sum(raises_within(one, 0.001) for one in crowd[:50])
        assert gone == 50, gone
        assert stream.next()[0] == "status"
        stream.close()
        server.check()


def test_requests_sent_at_once_are_answered_in_their_order(folder):
    with Server(folder) as server:
        head = f"Host: 127.0.0.1:{server.port}\r\n"
        paths = ["/healthz", "/nothing", "/assets/common.css", "/api/lanes", "/healthz"]
        data = "".join(f"GET {path} HTTP/1.1\r\n{head}" +
                       ("Connection: close\r\n" if i == len(paths) - 1 else "") + "\r\n"
                       for i, path in enumerate(paths))
        reply = server.say(data.encode())
        found = [int(part[:3]) for part in reply.split(b"HTTP/1.1 ")[1:]]
        assert found == [200, 404, 200, 401, 200], found
        server.check()


def test_wrong_tokens_are_refused_and_slowed_down(folder):
    with Server(folder) as server:
        times = []
        for token in ("", "x" * 64, server.tokens["officer"][:-1], server.tokens["officer"] + "0",
                      server.tokens["officer"].upper(), "y" * 64, "z" * 64):
            began = time.monotonic()
            status, answer = Page(server.port).post("/api/session", {"token": token})
            times.append(time.monotonic() - began)
            assert status == 401 and answer["code"] == "token", answer
        assert min(times[:5]) < 0.9 < min(times[5:]), times
        times = []
        for _ in range(3):
            began = time.monotonic()
            server.login("officer")
            times.append(time.monotonic() - began)
        assert min(times) < 0.9, "the right token waits for nobody"
        status, answer = Page(server.port).post("/api/session", {"token": 7})
        assert status == 400, answer
        server.check()


def test_only_pages_of_the_console_change_anything(folder):
    with Server(folder) as server:
        officer = server.login("officer")
        for origin in (None, "null", "http://evil.example", f"https://127.0.0.1:{server.port}",
                       f"http://127.0.0.1:{server.port + 1}"):
            assert write(officer, Origin=origin) == (403, "origin"), origin
        assert write(officer, Host="evil.example",
                     Origin="http://evil.example") == (421, "host")
        assert write(officer, Sec_Fetch_Site="cross-site") == (403, "origin")
        assert write(officer, X_Postern_CSRF=None) == (403, "csrf")
        assert write(officer, X_Postern_CSRF="0" * 64) == (403, "csrf")
        for kind in (None, "text/plain", "application/x-www-form-urlencoded"):
            assert write(officer, Content_Type=kind) == (415, "type"), kind
        assert write(officer, X_Postern_Request=None) == (400, "bad")
        assert write(officer, X_Postern_Request="1") == (400, "bad")
        server.check()


def test_a_request_is_done_once(folder):
    with Server(folder) as server:
        officer = server.login("officer")
        one = str(uuid.uuid4())
        assert write(officer, path="/api/lanes/lane/decline", X_Postern_Request=one) == (200, None)
        for _ in range(3):
            assert write(officer, path="/api/lanes/lane/decline",
                         X_Postern_Request=one) == (409, "replayed")
            assert write(officer, path="/api/lanes/lane/close",
                         X_Postern_Request=one.upper()) == (409, "replayed")
        deeds = [asked["do"] for asked in server.lane.requests]
        assert deeds.count("decline") == 1 and "close" not in deeds


def test_roles_get_what_is_theirs(folder):
    with Server(folder) as server:
        people = {role: server.login(role) for role in ("traveler", "officer", "integrator")}
        allowed = {"open": ("officer",), "review": ("officer",), "notice": ("traveler",),
                   "consent": ("traveler",), "decline": ("traveler", "officer"),
                   "withdraw": ("traveler", "officer"), "close": ("traveler", "officer")}
        for deed, roles in allowed.items():
            for role, page in people.items():
                status, code = write(page, path=f"/api/lanes/lane/{deed}")
                assert (code == "role") == (role not in roles), (deed, role, status, code)
        for path, roles in (("/metrics", ("integrator",)),
                            ("/api/lanes/lane/health", ("integrator",)),
                            ("/api/lanes/lane/picture", ("integrator",)),
                            ("/api/lanes/lane/receipts/0", ("traveler", "officer"))):
            for role, page in people.items():
                assert (page.get(path)[0] == 403) == (role not in roles), (path, role)
        bearer = {"Authorization": f"Bearer {server.tokens['integrator']}"}
        assert Page(server.port).send("GET", "/metrics", headers=bearer)[0] == 200
        bearer = {"Authorization": "Bearer " + "x" * 64}
        assert Page(server.port).send("GET", "/metrics", headers=bearer)[0] == 401


def test_one_browser_may_have_a_page_of_each_role(folder):
    with Server(folder) as server:
        browser = Page(server.port)
        csrf = {}
        for role in ("traveler lane", "officer", "integrator"):
            status, answer = browser.post("/api/session", {"token": server.tokens[role]})
            assert status == 200
            csrf[role] = answer["csrf"]
        for query, role in (("?role=officer", "officer"), ("?role=integrator", "integrator"),
                            ("?role=traveler&lane=lane", "traveler lane")):
            status, answer = browser.get("/api/session" + query)
            assert (status, answer["csrf"]) == (200, csrf[role])
        assert browser.get("/api/session?role=traveler&lane=x")[0] == 401
        assert browser.get("/api/session?role=boss")[0] == 401
        browser.csrf = csrf["officer"]
        assert write(browser, "DELETE", "/api/session") == (200, None)
        assert browser.get("/api/session?role=officer")[0] == 401
        assert browser.get("/api/session?role=integrator")[0] == 200


def test_two_tabs_share_a_session_and_logging_out_ends_its_streams(folder):
    with Server(folder) as server:
        tab = server.login("officer")
        status, answer = tab.post("/api/session", {"token": server.tokens["officer"]})
        assert (status, answer["csrf"]) == (200, tab.csrf)
        stream = tab.listen()
        assert stream.next()[0] == "status"
        assert write(tab, "DELETE", "/api/session") == (200, None)
        began = time.monotonic()
        with contextlib.suppress(http.client.IncompleteRead):
            while stream.answer.readline():
                pass
        assert time.monotonic() - began < 10  # a comment would come after 15
        stream.close()
        server.check()


def test_a_restart_needs_new_logins_with_the_same_tokens(folder):
    with Server(folder) as server:
        before = server.login("officer")
        tokens = dict(server.tokens)
        Console.__exit__(server)
        server.tokens.clear()
        Console.__enter__(server)
        assert server.tokens == tokens
        before.port = server.port
        before.connection.close()
        before.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        assert before.get("/api/lanes")[0] == 401
        assert server.login("officer").get("/api/lanes")[0] == 200


def test_a_signal_ends_it_whoever_is_there(folder):
    for number in (signal.SIGINT, signal.SIGTERM):
        with Server(folder) as server:
            stream = server.login("officer").listen()
            with server.connect() as slow:
                slow.sendall(b"GET / HT")
                assert server.stop(number) == OK
                assert (folder / "console.stderr").read_text() == ""
            stream.close()
        (folder / "state/control.sock").unlink()


def test_it_refuses_to_start_where_others_could_listen_in(folder):
    usual = ("console", "--state", folder / "s")
    for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0"):
        done = postern(*usual, "--listen", address, expect=UNSAFE)
        assert "--tls-cert" in done.stderr and done.stderr.count("\n") == 1, done.stderr
    tokens = folder / "tokens"
    tokens.write_text("")
    tokens.chmod(0o644)
    done = postern(*usual, "--tokens", tokens, expect=UNSAFE)
    assert "chmod 600" in done.stderr and done.stderr.count("\n") == 1, done.stderr
    tokens.chmod(0o600)
    tokens.write_text("officer short\n")
    done = postern(*usual, "--tokens", tokens, expect=USAGE)
    assert f"{tokens}:1: " in done.stderr and "short" not in done.stderr, done.stderr
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = postern(*usual, "--listen", f"127.0.0.1:{port}", expect=USAGE)
        assert "another port" in done.stderr, done.stderr


def test_options_that_make_no_sense(folder):
    for words in (("--listen", "8470"), ("--lane", "a"), ("--lane", "a=" + "x" * 200),
                  ("--languages", ""), ("--origin", "http://x"), ("--tls-cert", "x"),
                  ("--nonsense",), ("more",)):
        done = postern("console", "--state", folder, *words, expect=USAGE)
        assert done.stderr.startswith("postern console: ") and done.stderr.count("\n") == 1, words
    assert "usage: postern console" in postern("console", "--help", expect=OK).stdout


def test_tokens_are_made_once_and_for_the_console_alone(folder):
    with Server(folder) as server:
        path = folder / "tokens"
        assert path.stat().st_mode & 0o777 == 0o600
        for token in server.tokens.values():
            assert len(token) == 64 and token in path.read_text()
        assert len(set(server.tokens.values())) == 3


def test_behind_a_proxy_its_origin_counts(folder):
    with Server(folder, "--origin", "https://gate.example") as server:
        page = Page(server.port)
        body = json.dumps({"token": server.tokens["officer"]})
        headers = {"Host": "gate.example", "Origin": "https://gate.example",
                   "Content-Type": "application/json"}
        status, reply, _ = page.send("POST", "/api/session", body, headers)
        assert status == 200
        assert "; Secure" in reply["Set-Cookie"] and "HttpOnly" in reply["Set-Cookie"]
        headers["Origin"] = "https://evil.example"
        assert page.send("POST", "/api/session", body, headers)[0] == 403
        assert page.send("GET", "/", headers={"Host": "evil.example"})[0] == 421
        page = server.login("officer")  # at this machine itself
        assert page.get("/api/lanes")[0] == 200


if __name__ == "__main__":
    tap.run(__import__("__main__"))
