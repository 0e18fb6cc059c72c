# SPDX-License-Identifier: Apache-2.0
"""Writes audit logs as core/audit/entry.h draws them, for tests of what reads them: of any size and
any content, without a lane."""

import hashlib
import json
import struct
from pathlib import Path

CHECKPOINT_EVERY = 256


def signer(seed):
    """The key pair of 32 bytes."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_bytes(key):
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def chained(domain, *parts):
    return hashlib.blake2b(bytes([domain]) + b"".join(parts), digest_size=32).digest()


class AuditLog:
    """A log in a state directory that is made here. Use it in a with statement."""

    def __init__(self, state, seed=bytes(range(32)), wall_s=1767225600):  # 2026-01-01
        state = Path(state)
        state.mkdir(parents=True)
        self.state = state
        self.key = signer(seed)
        self.wall_s = wall_s
        self.sequence = 0
        self.log_id = hashlib.sha256(seed + str(state).encode()).digest()[:16]
        header = b"PSTNAUDT" + struct.pack("<II", 1, 1) + self.log_id + public_bytes(self.key)
        header += bytes(16)
        self.head = chained(0, header)
        self.file = open(state / "audit.log", "wb")
        self.file.write(header)
        (state / "audit.pub").write_text(public_bytes(self.key).hex() + "\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._checkpoint()
        self.file.close()
        title = b"postern audit head 1".ljust(24, b"\0")
        signed = title + self.log_id + struct.pack("<Q", self.sequence) + self.head
        (self.state / "audit.head").write_text(
            f"postern-audit-head-1 {self.sequence} {self.head.hex()} "
            f"{self.key.sign(signed).hex()}\n")

    def append(self, kind, payload):
        """One entry at self.wall_s, which the caller moves on."""
        self._write(1, kind, json.dumps(payload, separators=(",", ":")).encode())
        if self.sequence % CHECKPOINT_EVERY == CHECKPOINT_EVERY - 1:
            self._checkpoint()

    def _checkpoint(self):
        signed = b"postern audit checkpoint 1".ljust(32, b"\0") + self.log_id
        signed += struct.pack("<Q", self.sequence + 1) + self.head + struct.pack("<q", self.wall_s)
        text = '{"signature":"' + self.key.sign(signed).hex() + '"}'
        self._write(2, "checkpoint", text.encode())

    def _write(self, kind_of_entry, kind, payload):
        kind = kind.encode()
        self.sequence += 1
        length = 32 + len(kind) + len(payload) + 64
        entry = struct.pack("<IBBHQqII", length, 1, kind_of_entry, len(kind), self.sequence,
                            self.wall_s, len(payload), 0) + kind + payload + self.head
        self.head = chained(1, self.head, entry)
        self.file.write(entry + self.head)


class Lane:
    """Appends what a lane appends."""

    def __init__(self, log, name):
        self.log = log
        self.name = name
        self.number = 0
        log.append("lane.opened", {"lane": name, "version": "0.1.0", "policy": "us-border",
                                   "purpose": "verify", "sandbox": "off"})

    def permit(self):
        self.log.append("permit.granted", {"lane": self.name, "encounter": self.number + 1,
                                           "permit": self.number + 1, "rule": "r",
                                           "authority": "offered", "sources": []})

    def closed(self, category, outcome, rule="rule", **more):
        self.number += 1
        entry = {"lane": self.name, "encounter": self.number, "category": category, "rule": rule,
                 "outcome": outcome, "reason": None, "recording": None, "notice": "current",
                 "choice": None, "consent_ms": None, "decline_ms": None,
                 "receipt": f"{self.number:032x}", "seen": 10, "leased": 0, "withheld": 10,
                 "lost": 0}
        self.log.append("encounter.closed", {**entry, **more})
