# SPDX-License-Identifier: Apache-2.0
"""The package in a machine of its own, emulated, with systemd as its init and a virtual camera."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import tap
from tap import SOURCE, Skip

GUEST = Path(__file__).resolve().parent / "guest"
HOOKS = Path("/usr/share/mmdebstrap/hooks/file-mirror-automount")
NEEDS = ["virtio_pci", "virtio_blk", "ext4", "vivid"]
OPTIONS = {"vivid": "n_devs=1 node_types=0x1 num_inputs=1 input_types=0"}
LIMIT_S = 1500


def run(*command, **options):
    done = subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace",
                          check=False, timeout=1200, **options)
    assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout[-6000:]}"
    return done.stdout


def find_kernel():
    """A kernel with the modules that are needed, newest first. @return its path, the modules' paths"""
    for image in sorted(Path("/boot").glob("vmlinuz-*"), reverse=True):
        version = image.name.removeprefix("vmlinuz-")
        paths = []
        for module in NEEDS:
            done = subprocess.run(["modprobe", "-S", version, "--show-depends", module],
                                  capture_output=True, text=True, check=False)
            paths += [line.split()[1] for line in done.stdout.splitlines() if line.startswith("insmod")]
        if {Path(p).name.split(".")[0] for p in paths} >= set(NEEDS):
            return image, list(dict.fromkeys(paths))
    raise Skip("no kernel with modules for a disk and a virtual camera; install linux-image-amd64")


def make_initramfs(folder, modules):
    root = folder / "first"
    for name in ("bb", "proc", "sys", "dev", "disk", "modules"):
        (root / name).mkdir(parents=True)
    shutil.copy(shutil.which("busybox"), root / "bb/busybox")
    shutil.copy(GUEST / "init", root / "init")
    (root / "init").chmod(0o755)
    listed = []
    for path in map(Path, modules):
        name = path.name.removesuffix(".xz")
        data = path.read_bytes()
        if path.suffix == ".xz":
            data = subprocess.run(["xz", "-dc", path], capture_output=True, check=True).stdout
        (root / "modules" / name).write_bytes(data)
        listed.append(f"{name} {OPTIONS.get(name.split('.')[0], '')}")
    (root / "modules/list").write_text("\n".join(listed) + "\n")
    archive = folder / "initramfs"
    run("sh", "-c", f"cd {root} && find . | cpio --quiet -o -H newc | gzip -1 >{archive}")
    return archive


def make_disk(folder):
    """Debian 12 with systemd, udev and the package, on a disk."""
    run(SOURCE / "debian/build", folder / "deb")
    deb, = (folder / "deb").glob("postern_*.deb")
    tree, disk = folder / "tree", folder / "disk"
    run("mmdebstrap", "--variant=apt", f"--hook-dir={HOOKS}", f"--include=systemd-sysv,udev,{deb}",
        f"--customize-hook=copy-in {GUEST}/check /srv",
        f"--customize-hook=copy-in {GUEST}/check.service /etc/systemd/system",
        f"--customize-hook=upload {deb} /srv/postern.deb",
        "--customize-hook=chroot $1 systemctl enable check.service",
        "--customize-hook=chroot $1 systemctl set-default graphical.target",
        "--customize-hook=chroot $1 systemctl mask serial-getty@ttyS0.service getty@tty1.service",
        "bookworm", tree)
    run("mke2fs", "-q", "-t", "ext4", "-d", tree, disk, "3G")
    shutil.rmtree(tree)
    return disk


def boot(folder, kernel, initramfs, disk):
    """Runs the machine until it powers off. @return what its console said"""
    console = folder / "console"
    with open(console, "wb") as out:
        # An older processor is emulated twice as fast as the widest one.
        machine = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-machine", "q35", "-cpu", "Nehalem",
             "-smp", "2", "-m", "1500", "-nodefaults", "-no-user-config", "-display", "none",
             "-no-reboot", "-serial", "stdio", "-kernel", kernel, "-initrd", initramfs, "-append",
             "console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off systemd.show_status=0",
             "-drive", f"file={disk},if=virtio,format=raw,cache=unsafe"],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        try:
            machine.wait(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            pass
        finally:
            machine.kill()
            machine.wait()
    return console.read_text(errors="replace").replace("\r", "")


def test_the_units_in_a_machine_with_systemd(folder):
    if os.geteuid() != 0:
        raise Skip("a disk with a system of Debian's is made by root alone")
    for program in ("qemu-system-x86_64", "mmdebstrap", "mke2fs", "cpio", "busybox", "dpkg-buildpackage"):
        if not shutil.which(program):
            raise Skip(f"no {program}")
    kernel, modules = find_kernel()
    initramfs, disk = make_initramfs(folder, modules), make_disk(folder)
    begun = time.monotonic()
    told = boot(folder, kernel, initramfs, disk)
    lines = [line for line in told.splitlines() if re.match(r"(not )?ok \d+ - |1\.\.\d+$|# ", line)]
    for line in lines:
        print(f"# {line}", flush=True)
    print(f"# {time.monotonic() - begun:.0f} s in the machine", flush=True)
    done = [line for line in lines if re.match(r"ok \d", line)]
    assert f"1..{len(done)}" in lines and len(done) >= 15, told[-6000:]


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
