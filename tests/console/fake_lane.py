# SPDX-License-Identifier: Apache-2.0
"""What listens where a lane should: it says what a lane would, or what none would."""

import json
import socket
import threading

STATUS = {"lane": "lane", "version": "0.1.0", "policy": "us-border", "people": "control",
          "source": "streaming", "t_ms": 1, "encounters": 0, "encounter": None,
          "notice": {"state": "absent", "wanted": "us-border-1", "display": None},
          "frames": {"seen": 1, "leased": 0, "withheld": 1, "lost": 0, "damaged": 0}}


class FakeLane:
    """Answers every request, and sends what it is told to. Use it in a with statement."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen()
        self.connections = []
        self.requests = []
        self.lock = threading.Lock()  # no line within another
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for one in self.connections:
            one.close()
        self.thread.join(10)

    def serve(self):
        while True:
            try:
                connection = self.socket.accept()[0]
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        try:
            for line in connection.makefile("r", encoding="utf-8", newline="\n"):
                self.requests.append(json.loads(line))
                with self.lock:
                    connection.sendall(self.answer(self.requests[-1]))
        except OSError:
            pass

    @staticmethod
    def answer(request):
        fields = STATUS if request["do"] in ("status", "subscribe") else {}
        return json.dumps({"v": 1, "id": request["id"], "ok": True, **fields}).encode() + b"\n"

    def send(self, data):
        """Says something to whoever connected last."""
        with self.lock:
            self.connections[-1].sendall(data)
