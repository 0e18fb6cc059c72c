# SPDX-License-Identifier: Apache-2.0
"""A load on a console: many event streams in one process, requests at a steady rate in another.

Requests are due at fixed times, whether or not earlier ones were answered: how long one took is
counted from when it was due, so that a console that stalls cannot hide it. How late the generator
itself was, and its share of a processor, are told too: they say whether the figures are its own."""

import asyncio
import json
import multiprocessing
import re
import resource
import sys
import time

CONNECTIONS = 24
SEQUENCE = re.compile(rb'"seq":(\d+)')


class Answers(asyncio.Protocol):
    """A connection that asks one thing at a time."""

    def __init__(self):
        self.buffer = b""
        self.done = None
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end].lower()
        at = head.find(b"content-length:")
        size = int(head[at + 15:].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self.buffer) >= end + 4 + size:
            status, self.buffer = int(self.buffer[9:12]), b""
            self.done.set_result(status)

    def connection_lost(self, exc):
        if self.done and not self.done.done():
            self.done.set_result(0)

    def ask(self, request):
        self.done = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self.done


class Events(asyncio.Protocol):
    """A stream: counts what comes, and what of it is missing or out of order."""

    def __init__(self, request):
        self.request = request
        self.events = 0
        self.next = None  # number of the next event
        self.missing = 0
        self.buffer = b""  # as sent: chunks
        self.text = b""
        self.open = False
        self.begun = False

    def connection_made(self, transport):
        self.open = True
        transport.write(self.request)

    def data_received(self, data):
        self.buffer += data
        if not self.begun:
            head, self.begun, self.buffer = self.buffer.partition(b"\r\n\r\n")
            if not self.begun:
                self.buffer = head
        while self.begun:
            size, end, rest = self.buffer.partition(b"\r\n")
            if not end or len(rest) < int(size, 16) + 2:
                break
            self.text += rest[:int(size, 16)]
            self.buffer = rest[int(size, 16) + 2:]
        whole, _, self.text = self.text.rpartition(b"\n")
        for number in map(int, SEQUENCE.findall(whole)):
            self.missing += self.next not in (None, number)
            self.next = number + 1
            self.events += 1

    def connection_lost(self, exc):
        self.open = False


def request_of(port, path, cookie):
    return (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Cookie: {cookie}\r\n\r\n").encode()


async def ask_all(port, requests, per_s, seconds):
    """Asks them in turn. @return seconds that each took, statuses, how late each was sent"""
    loop = asyncio.get_running_loop()
    idle = asyncio.Queue()
    for _ in range(CONNECTIONS):
        idle.put_nowait((await loop.create_connection(Answers, "127.0.0.1", port))[1])
    took, statuses, late, running = [], {}, [], set()

    async def one(request, due):
        connection = await idle.get()
        status = await connection.ask(request)
        took.append(loop.time() - due)
        statuses[status] = statuses.get(status, 0) + 1
        idle.put_nowait(connection)

    begin = loop.time()
    for i in range(int(per_s * seconds)):
        due = begin + i / per_s
        if due > loop.time():
            await asyncio.sleep(due - loop.time())
        late.append(loop.time() - due)
        task = asyncio.create_task(one(requests[i % len(requests)], due))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)
    return took, statuses, late


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else None


async def listen(port, listener, streams, pipe):
    """Opens the streams, says so, and reads them until it is told to stop."""
    loop = asyncio.get_running_loop()
    listeners = []
    for _ in range(streams):
        listeners.append((await loop.create_connection(lambda: Events(
            request_of(port, "/api/lanes/lane/events", listener)), "127.0.0.1", port))[1])
    pipe.send(None)
    cpu = time.process_time()
    await loop.run_in_executor(None, pipe.recv)
    pipe.send({"streams": sum(one.open for one in listeners),
               "events": sum(one.events for one in listeners),
               "fewest": min(one.events for one in listeners),
               "missing": sum(one.missing for one in listeners),
               "cpu_s": time.process_time() - cpu})


def run(port, requests, listener, streams, per_s, seconds):
    """@param requests  pairs of path and cookie; listener  the cookie of all streams"""
    pipe, theirs = multiprocessing.Pipe()
    reader = multiprocessing.Process(
        target=lambda: asyncio.run(listen(port, listener, streams, theirs)), daemon=True)
    reader.start()
    pipe.recv()
    cpu, begin = time.process_time(), time.monotonic()
    took, statuses, late = asyncio.run(ask_all(
        port, [request_of(port, *request) for request in requests], per_s, seconds))
    spent = time.monotonic() - begin
    cpu = time.process_time() - cpu
    time.sleep(0.5)
    pipe.send(None)
    heard = pipe.recv()
    reader.join()
    return {"requests": len(took), "per_s": len(took) / spent, "statuses": statuses,
            "p50_ms": percentile(took, 0.5) * 1e3, "p99_ms": percentile(took, 0.99) * 1e3,
            "max_ms": max(took) * 1e3, "late_p99_ms": percentile(late, 0.99) * 1e3,
            "own_cpu": (cpu + heard.pop("cpu_s")) / spent, **heard}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    what = json.loads(sys.argv[1])
    print(json.dumps(run(**what)))
