# SPDX-License-Identifier: Apache-2.0
"""No opened template is left anywhere: marked ones, sealed by the vault's own calls, looked for.

Looked through are every file of the vault, the blocks of the disk under it, the memory of the
process, core dumps and swap; as bytes, hexadecimal and base64, each piece of 16 bytes by itself.
What the scanner can find it is shown first. CANARY_TEMPLATE_COUNT says how many there are.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections import namedtuple
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
import tap  # noqa: E402

SCAN = os.environ["CANARY_SCAN"]
TEMPLATES = os.environ["CANARY_TEMPLATES"]
COUNT = int(os.environ.get("CANARY_TEMPLATE_COUNT", "10000"))
PIECES = 32
SEED = 424243
SPARE = 3  # templates that are leaked on purpose

Hit = namedtuple("Hit", "place region form frame")


def scan(*places):
    done = subprocess.run([SCAN, str(SEED), str((COUNT + SPARE) * PIECES), "no such mapping",
                           *map(str, places)], text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"canary-scan: {done.stderr}{done.stdout[-2000:]}"
    lines = done.stdout.splitlines()
    hits = [Hit(*line.rsplit(" ", 3)[:3], int(line.rsplit(" ", 1)[1])) for line in lines[:-1]]
    return [hit for hit in hits if hit.form != "pixels"], int(lines[-1].split()[1])


def files_of(folder):
    return [f"file:{path}" for path in sorted(folder.rglob("*")) if path.is_file()]


def none_in(what, *places):
    hits, size = scan(*places)
    assert not hits, f"{what}: {len(hits)} pieces are found, as {hits[:5]}"
    print(f"# {what}: 0 of {COUNT * PIECES} pieces in {size} bytes", flush=True)
    return size


class Vault:
    """The program that has the vault open."""

    def __init__(self, folder):
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.process = subprocess.Popen([TEMPLATES, folder, str(SEED), str(COUNT)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder)
        assert self.read() == "ready"

    def read(self):
        return self.process.stdout.readline().strip()

    def tell(self, word, expect=None):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        answer = self.read()
        assert answer.startswith(expect or ""), f"{word}: {answer!r}"
        return answer

    def memory(self):
        return f"pid:{self.process.pid}"

    def abort(self):
        """Dies dumping its memory. Returns whether the kernel says that it did."""
        self.process.stdin.write("abort\n")
        self.process.stdin.flush()
        _, status = os.waitpid(self.process.pid, 0)
        self.process.returncode = -signal.SIGABRT
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGABRT, status
        return os.WCOREDUMP(status)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        if self.process.returncode is None:
            self.process.kill()
            self.process.wait()


def sealed(folder):
    vault = Vault(folder)
    vault.tell("seal", f"sealed {COUNT}")
    return vault


def test_the_scanner_finds_what_is_put_there(folder):
    with Vault(folder / "state") as vault:
        none_in("an empty vault's process", vault.memory())
        vault.tell("leak", "leaked")
        hits, _ = scan(vault.memory())
        for form, number in (("bytes", COUNT), ("hex", COUNT + 1), ("base64", COUNT + 2)):
            frames = {hit.frame for hit in hits if hit.form == form}
            wanted = set(range(number * PIECES, (number + 1) * PIECES))
            # Of base64 the last piece ends in a group that is not whole.
            assert len(frames & wanted) >= PIECES - 1, f"{form}: {len(frames & wanted)}"


def test_files_and_memory(folder):
    with sealed(folder / "state") as vault:
        names = {path.name for path in vault.folder.iterdir()}
        assert "vault.db-wal" in names, names
        none_in("files, the log not yet written back", *files_of(folder))
        none_in("memory after sealing", vault.memory())
        assert int(vault.tell("open", "opened").split()[1]) > COUNT // 3
        none_in("memory after opening a gallery", vault.memory())
        vault.tell("thin", "thinned")
        none_in("files after deletions", *files_of(folder))
        frame = int(vault.tell("hold", "holding").split()[1])
        hits, _ = scan(vault.memory())
        assert {hit.frame // PIECES for hit in hits} == {frame // PIECES}, hits[:5]
        vault.tell("go", "opened")
        none_in("memory after the last one was given back", vault.memory())
        vault.tell("close", "closed")
        none_in("memory after closing", vault.memory())
        none_in("files after closing", *files_of(folder))


def cores(folder):
    return sorted(folder.glob("core*"))


def test_core_dumps(folder):
    if Path("/proc/sys/kernel/core_pattern").read_text().strip() not in ("core", "core.%p"):
        raise tap.Skip("core dumps go elsewhere on this machine")
    with Vault(folder / "control") as control:
        control.tell("leak", "leaked")
        if not control.abort() or not cores(control.folder):
            raise tap.Skip("this kernel writes no core dumps here")
        hits, _ = scan(*(f"file:{path}" for path in cores(control.folder)))
        assert {hit.form for hit in hits} == {"bytes", "hex", "base64"}, hits[:5]
    with sealed(folder / "state") as vault:
        vault.tell("hold", "holding")
        assert vault.abort()
        found = cores(vault.folder)
        assert found
        none_in("a core dump while a template was open", *(f"file:{path}" for path in found))


def run(*command):
    done = subprocess.run([*map(str, command)], text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise tap.Skip(f"{command[0]}: {done.stderr.strip() or done.returncode}")
    return done.stdout.strip()


def need_root():
    if os.geteuid() != 0:
        raise tap.Skip("not root")


def test_blocks_of_the_disk(folder):
    need_root()
    image, mount = folder / "image", folder / "mount"
    mount.mkdir()
    with open(image, "wb") as file:
        file.truncate(192 << 20)
    run("mkfs.ext4", "-q", "-F", image)
    run("mount", "-o", "loop", image, mount)
    try:
        (mount / "plain").write_bytes(b"")
        with sealed(mount / "state") as vault:
            vault.tell("open", "opened")
            vault.tell("thin", "thinned")
            with Vault(mount / "control") as control:
                control.tell("leak", "leaked")
                with open(f"/proc/{control.process.pid}/maps", encoding="ascii") as maps:
                    heap = next(line for line in maps if "[heap]" in line).split()[0].split("-")
                with open(f"/proc/{control.process.pid}/mem", "rb") as memory:
                    memory.seek(int(heap[0], 16))
                    data = memory.read(int(heap[1], 16) - int(heap[0], 16))
            os.sync()
            none_in("blocks of the disk, used and free", f"file:{image}")
            vault.tell("close", "closed")
        os.sync()
        none_in("blocks of the disk after closing", f"file:{image}")
        # What is deleted stays in a free block: so it would with a template.
        (mount / "plain").write_bytes(data)
        os.sync()
        (mount / "plain").unlink()
        os.sync()
        hits, _ = scan(f"file:{image}")
        assert {hit.form for hit in hits} == {"bytes", "hex", "base64"}, hits[:5]
    finally:
        subprocess.run(["umount", mount], check=False)


@contextmanager
def swap(image):
    """A swap area of our own, on a loop device, before all others."""
    with open(image, "wb") as file:
        file.truncate(64 << 20)
    os.chmod(image, 0o600)
    device = run("losetup", "--find", "--show", image)
    try:
        run("mkswap", device)
        run("swapon", "--priority", "32000", device)
        try:
            yield
        finally:
            subprocess.run(["swapoff", device], check=False)
    finally:
        subprocess.run(["losetup", "--detach", device], check=False)


def flush(image):
    ctypes.CDLL(None).sync()
    return f"file:{image}"


def test_swap(folder):
    need_root()
    image = folder / "swap"
    with swap(image), Vault(folder / "control") as control:
        control.tell("leak", "leaked")
        control.tell("pageout", "paged out")
        hits, _ = scan(flush(image))
        if not hits:
            raise tap.Skip("the kernel swapped nothing out")
        assert {hit.form for hit in hits} == {"bytes", "hex", "base64"}, hits[:5]
    with swap(folder / "swap2"), sealed(folder / "state") as vault:
        vault.tell("pageout", "paged out")
        vault.tell("open", "opened")
        vault.tell("hold", "holding")
        vault.tell("pageout", "paged out")
        none_in("swap", flush(folder / "swap2"))


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
