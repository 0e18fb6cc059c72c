# SPDX-License-Identifier: Apache-2.0
"""The console over HTTPS, with a certificate that was made for the test."""

import datetime
import http.client
import ipaddress
import json
import socket
import ssl
import warnings

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import tap
from tap import postern
from test_server import ARRIVE_S, SLACK_S, UNSAFE, USAGE, Server, raises_within, read_all


def make_pair(folder, name="here"):
    """A certificate for this machine and its key. @return their paths"""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(
            [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256()))
    paths = folder / f"{name}.crt", folder / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM,
                                           serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()))
    paths[1].chmod(0o600)
    return paths


class Secure(Server):
    """A console that speaks HTTPS."""

    def __init__(self, folder):
        self.certificate, key = make_pair(folder)
        super().__init__(folder, "--tls-cert", self.certificate, "--tls-key", key)

    def wait(self):
        """Its pages are not the other tests'."""

    def context(self):
        return ssl.create_default_context(cafile=str(self.certificate))

    def ask(self, method, path, body=None, **headers):
        """@return status, headers and bytes"""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20,
                                                 context=self.context())
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        got = answer.status, answer.headers, answer.read()
        connection.close()
        return got


def test_pages_logins_and_streams_work(folder):
    with Secure(folder) as server:
        assert server.ask("GET", "/healthz")[2] == b"ok\n"
        origin = f"https://127.0.0.1:{server.port}"
        body = json.dumps({"token": server.tokens["officer"]})
        headers = {"Content-Type": "application/json"}
        assert server.ask("POST", "/api/session", body, **headers,
                          Origin=origin.replace("https", "http"))[0] == 403
        status, reply, _ = server.ask("POST", "/api/session", body, **headers, Origin=origin)
        assert status == 200 and "; Secure" in reply["Set-Cookie"], reply.items()
        cookie = reply["Set-Cookie"].split(";")[0]
        with server.context().wrap_socket(
                socket.create_connection(("127.0.0.1", server.port), timeout=20),
                server_hostname="127.0.0.1") as stream:
            stream.sendall(f"GET /api/lanes/lane/events HTTP/1.1\r\nHost: 127.0.0.1:{server.port}"
                           f"\r\nCookie: {cookie}\r\n\r\n".encode())
            got = b""
            while b"\nevent: " not in got:
                part = stream.recv(4096)
                assert part, got
                got += part
            assert got.startswith(b"HTTP/1.1 200 OK")


def test_old_versions_and_no_tls_at_all_are_refused(folder):
    with Secure(folder) as server:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = server.context()
            context.minimum_version = context.maximum_version = version
            with context.wrap_socket(socket.create_connection(("127.0.0.1", server.port)),
                                     server_hostname="127.0.0.1") as one:
                assert one.version() == {ssl.TLSVersion.TLSv1_2: "TLSv1.2",
                                         ssl.TLSVersion.TLSv1_3: "TLSv1.3"}[version]
        context = server.context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings(action="ignore"):
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        try:
            context.wrap_socket(socket.create_connection(("127.0.0.1", server.port)),
                                server_hostname="127.0.0.1")
            raise AssertionError("TLS 1.1 was taken")
        except (ssl.SSLError, OSError):
            pass
        with server.connect() as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"HTTP/1.1 200" not in read_all(plain)
        assert server.ask("GET", "/healthz")[0] == 200


def test_a_handshake_that_never_ends_is_cut_off(folder):
    with Secure(folder) as server, server.connect() as silent:
        assert not raises_within(silent, 2)
        assert server.ask("GET", "/healthz")[0] == 200
        assert raises_within(silent, ARRIVE_S + SLACK_S)


def test_certificates_of_no_use_are_refused(folder):
    here, other = make_pair(folder), make_pair(folder, "other")
    usual = ("console", "--state", folder / "s", "--listen", "127.0.0.1:0")

    def start(cert, key, expect):
        done = postern(*usual, "--tls-cert", cert, "--tls-key", key, expect=expect)
        assert done.stderr.count("\n") == 1, done.stderr
        return done.stderr

    assert "--tls-cert" in start(here[0], other[1], USAGE)
    here[0].chmod(0o600)
    assert "--tls-cert" in start(here[1], here[0], USAGE)
    start(folder / "missing", here[1], USAGE)
    start(here[0], folder / "missing", USAGE)
    (folder / "empty").touch(mode=0o600)
    start(folder / "empty", here[1], USAGE)
    here[1].chmod(0o604)
    assert "chmod 600" in start(*here, UNSAFE)


if __name__ == "__main__":
    tap.run(__import__("__main__"))
