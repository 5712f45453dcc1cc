#!/usr/bin/env python3
"""Runs the unit of `systemd/` under a real systemd, in a container made for it.

What comes in: the release program. A small Debian of the same release as this machine is put together
once by debootstrap and kept in the build directory; every run boots a copy of it with systemd-nspawn,
on a network of its own, with the program, its runtime libraries, the unit and a configuration. What
goes out: one line for each thing that was seen to hold. What always holds: nothing outside the build
directory is written, and nothing in the program takes part; a thread is hung by ptrace from outside.

Ends with 0 when everything holds, with 1 at the first thing that does not, and with 0 and a message
where no container can be made.
"""

import argparse
import contextlib
import ctypes
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
UNIT = "forestall.service"
PACKAGES = "systemd,systemd-sysv,libsqlite3-0,zlib1g"
# Cap of every wait, in seconds. What is slower than this is broken.
PATIENCE = 60
# The unit's own watchdog takes a minute; a drop-in makes it shorter here.
WATCHDOG = 6
CONFIGURATION = """
[class.generic]
window = "1s"
lateness = "1s"
"""


class Skipped(Exception):
    """There can be no container here."""


class Failed(Exception):
    """Something does not hold."""


def run(*command, check=True, **options):
    """Runs a command; returns what it printed."""
    result = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", check=False, timeout=600, **options)
    if check and result.returncode != 0:
        raise Failed(f"{' '.join(command)} ended with {result.returncode}: {result.stdout[-2000:]}")
    return result.stdout.strip()


def until(what, condition, patience=PATIENCE):
    """Looks again and again until the condition gives something true; returns that."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise Failed(f"waited {patience} seconds in vain for {what}")


def release():
    """Name and mirror of this machine's Debian, from its own settings."""
    text = pathlib.Path("/etc/os-release").read_text()
    codename = re.search(r"^VERSION_CODENAME=(\w+)", text, re.M)
    if not codename or not re.search(r"^ID=debian$", text, re.M):
        raise Skipped("this is no Debian")
    targets = run("apt-get", "indextargets", "--format", "$(SITE) $(CODENAME) $(COMPONENT)")
    for target in targets.splitlines():
        site, name, component = (target.split() + ["", "", ""])[:3]
        if name == codename[1] and component == "main":
            return name, site
    raise Skipped(f"apt knows no mirror of {codename[1]}")


def pristine(build):
    """The kept system; made when it is not there."""
    root = build / "container/root"
    if root.exists():
        return root
    name, mirror = release()
    unfinished = build / "container/unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    try:
        run("debootstrap", "--variant=minbase", "--include=" + PACKAGES, name, str(unfinished),
            mirror)
    except Failed as failure:
        raise Skipped(str(failure)) from failure
    unfinished.rename(root)
    return root


def furnish(root, program):
    """Puts the program with what it is linked to, the unit and a configuration into the system."""
    libraries = root / "usr/lib/forestall"
    libraries.mkdir()
    for line in run("ldd", str(program)).splitlines():
        found = re.search(r"=> (/\S+)", line)
        if found and not found[1].startswith(("/lib/", "/usr/lib/", "/lib64/")):
            shutil.copy(found[1], libraries)
    (root / "etc/ld.so.conf.d/forestall.conf").write_text("/usr/lib/forestall\n")
    run("ldconfig", "-r", str(root))
    shutil.copy(program, root / "usr/bin/forestall")
    shutil.copy(REPOSITORY / "systemd" / UNIT, root / "etc/systemd/system" / UNIT)
    (root / "etc/forestall").mkdir()
    (root / "etc/forestall/forestall.toml").write_text(CONFIGURATION)
    drop_in = root / f"etc/systemd/system/{UNIT}.d/watchdog.conf"
    drop_in.parent.mkdir()
    drop_in.write_text(f"[Service]\nWatchdogSec={WATCHDOG}\n")


class Container:
    """A booted system. Its console is a pseudo-terminal that is read all the time."""

    def __init__(self, root):
        self.root = root
        self.console = b""
        environment = {**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
        self.leader = None
        self.nspawn, terminal = pty.fork()
        if self.nspawn == 0:
            os.execvpe("systemd-nspawn", [
                "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit",
                "--private-network", "--machine=forestall", f"--directory={root}"], environment)
        threading.Thread(target=self.listen, args=(terminal,), daemon=True).start()

    def listen(self, terminal):
        with contextlib.suppress(OSError):
            while True:
                select.select([terminal], [], [])
                self.console += os.read(terminal, 4096)

    def boot(self):
        def is_up():
            children = pathlib.Path(f"/proc/{self.nspawn}/task/{self.nspawn}/children")
            if not children.exists() or os.waitpid(self.nspawn, os.WNOHANG)[0]:
                self.nspawn = None
                raise Skipped(
                    "systemd-nspawn ended: " + self.console.decode(errors="replace")[-500:])
            self.leader = (children.read_text().split() or [None])[0]
            return self.leader and self.systemctl("is-system-running", check=False) in (
                "running", "degraded")
        try:
            until("the boot", is_up)
        except Failed as failure:
            raise Skipped(f"{failure}: {self.console.decode(errors='replace')[-500:]}") from failure

    def inside(self, *command, check=True):
        return run(
            "nsenter", "-t", self.leader, "-m", "-u", "-i", "-n", "-p", "--", *command, check=check)

    def systemctl(self, *arguments, check=True):
        return self.inside("systemctl", *arguments, check=check)

    def show(self, name):
        return self.systemctl("show", UNIT, "--value", "--property=" + name)

    def journal(self):
        return self.inside("journalctl", "--unit=" + UNIT, "--output=cat", "--quiet")

    def process(self):
        """The main process, by its number on this side."""
        number = self.show("MainPID")
        for status in pathlib.Path("/proc").glob("[0-9]*/status"):
            with contextlib.suppress(OSError):
                text = status.read_text()
                if re.search(rf"^NSpid:\t.*\t{number}$", text, re.M) and "forestall" in text:
                    return int(status.parent.name)
        raise Failed("the main process is not running")

    def send(self, count):
        """Lines of two machines, over UDP inside the container's network, ten a second."""
        script = (
            "import socket,time\n"
            "s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\n"
            f"for i in range({count}):\n"
            "  for d in 'AB':\n"
            "    s.sendto(f'pump,device={d} value={i}'.encode(),('127.0.0.1',8094))\n"
            "  time.sleep(0.1)\n")
        run("nsenter", "-t", self.leader, "-n", "--", sys.executable, "-c", script)

    @property
    def database_path(self):
        return self.root / "var/lib/private/forestall/forestall.db"

    def query(self, sql):
        """The first column of a query's first row."""
        with contextlib.closing(
                sqlite3.connect(f"file:{self.database_path}?mode=ro", uri=True)) as database:
            return database.execute(sql).fetchone()[0]

    def power_off(self):
        if self.nspawn is None:
            return
        with contextlib.suppress(ProcessLookupError, TypeError, ValueError):
            os.kill(int(self.leader), signal.SIGRTMIN + 4)
        end = time.monotonic() + PATIENCE
        while not os.waitpid(self.nspawn, os.WNOHANG)[0]:
            if time.monotonic() > end:
                os.kill(self.nspawn, signal.SIGKILL)
            time.sleep(0.1)


@contextlib.contextmanager
def hung(process, name):
    """Holds one thread of a process by ptrace, as if it hung, for the length of a block."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long] * 4
    seize, interrupt, detach = 0x4206, 0x4207, 17
    thread = next(
        int(task.name) for task in pathlib.Path(f"/proc/{process}/task").iterdir()
        if (task / "comm").read_text().strip() == name)
    for request in (seize, interrupt):
        if libc.ptrace(request, thread, 0, 0) != 0:
            raise Skipped("ptrace: " + os.strerror(ctypes.get_errno()))
    # Only its tracer learns that a thread has stopped, or was killed; __WALL is for threads.
    wall = 0x40000000
    os.waitpid(thread, wall)
    try:
        yield
    finally:
        if libc.ptrace(detach, thread, 0, 0) != 0:
            os.waitpid(thread, wall)


def starts(container):
    """Active when, and not before, the program says that it is ready."""
    container.systemctl("start", UNIT)
    sockets = pathlib.Path(f"/proc/{container.leader}/net/udp").read_text()
    if ":1F9E " not in sockets:
        raise Failed("active, and nothing listens on UDP port 8094")
    if container.show("StatusText") != (
        "Listening on udp 127.0.0.1:8094, tcp 127.0.0.1:8094, http 127.0.0.1:8095"
    ):
        raise Failed("the status is: " + container.show("StatusText"))
    owner = pathlib.Path(f"/proc/{container.process()}").stat().st_uid
    if owner == 0:
        raise Failed("the program runs as root")
    container.systemctl("stop", UNIT)
    # A start needs to write into the database, and waits five seconds for its turn.
    with contextlib.closing(sqlite3.connect(container.database_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        container.systemctl("start", "--no-block", UNIT)
        until("the process", lambda: container.show("MainPID") != "0")
        time.sleep(1)
        if container.show("ActiveState") != "activating":
            raise Failed("active before it was ready")
        other.execute("ROLLBACK")
    until("readiness", lambda: container.show("ActiveState") == "active")
    return f"started under user {owner}, active only when ready"


def lines_become_windows(container):
    container.send(60)
    windows = until("windows", lambda: container.query("SELECT count(*) FROM window") >= 6)
    windows = container.query("SELECT count(*) FROM window")
    return f"lines over UDP became {windows} windows of {devices(container)} devices"


def devices(container):
    return container.query("SELECT count(*) FROM device")


def survives_a_kill(container):
    windows = container.query("SELECT count(*) FROM window")
    sequence = container.query("SELECT max(sequence) FROM step")
    os.kill(container.process(), signal.SIGKILL)
    until("the restart", lambda: container.show("NRestarts") == "1")
    until("readiness", lambda: container.show("ActiveState") == "active")
    until("the second fold", lambda: "differences=0" in container.journal())
    if container.query("SELECT count(*) FROM window") < windows or devices(container) != 2:
        raise Failed("rows are gone")
    container.send(40)
    later = until(
        "further steps", lambda: container.query(
            f"SELECT max(sequence) FROM step WHERE sequence > {sequence}"))
    if devices(container) != 2:
        raise Failed("the devices are no longer the same")
    return f"kill -9: restarted, {windows} windows still there, step {sequence} went on to {later}"


def outlives_silence(container):
    before = container.show("NRestarts")
    time.sleep(3 * WATCHDOG)
    if container.show("NRestarts") != before or container.show("ActiveState") != "active":
        raise Failed("an idle gateway was restarted")
    return f"idle for {3 * WATCHDOG} s with a watchdog of {WATCHDOG} s: left alone"


def hung_thread(container, name):
    before = int(container.show("NRestarts"))
    timeouts = container.journal().count("Watchdog timeout")
    start = time.monotonic()
    with hung(container.process(), name):
        until("the watchdog", lambda: container.journal().count("Watchdog timeout") > timeouts)
        seconds = time.monotonic() - start
    until("the restart", lambda: int(container.show("NRestarts")) > before)
    until("readiness", lambda: container.show("ActiveState") == "active")
    return f"thread {name} hung: killed by the watchdog after {seconds:.1f} s, restarted"


def reloads(container):
    process = container.show("MainPID")
    container.systemctl("reload", UNIT)
    if container.show("MainPID") != process or container.show("ActiveState") != "active":
        raise Failed("a reload ended the program")
    return "reload: the same process goes on"


def stops(container):
    start = time.monotonic()
    container.systemctl("stop", UNIT)
    seconds = time.monotonic() - start
    state = [container.show(name) for name in ("ActiveState", "Result", "ExecMainStatus")]
    if state != ["inactive", "success", "0"] or "stopped lines=" not in container.journal():
        raise Failed(f"stopped as {state}")
    return f"stop: code 0 after {seconds:.1f} s"


def wrong_configuration(container):
    file = container.root / "etc/forestall/forestall.toml"
    file.write_text(CONFIGURATION + "windwo = 1\n")
    container.systemctl("start", UNIT, check=False)
    until("the failure", lambda: container.show("ActiveState") == "failed")
    before = container.show("NRestarts")
    # Longer than RestartSec.
    time.sleep(5)
    state = [container.show(name) for name in ("ActiveState", "ExecMainStatus", "NRestarts")]
    file.write_text(CONFIGURATION)
    if state != ["failed", "78", before]:
        raise Failed(f"a wrong configuration ended as {state}")
    container.systemctl("reset-failed", UNIT)
    container.systemctl("start", UNIT)
    container.systemctl("stop", UNIT)
    return "wrong configuration: code 78, not restarted"


CHECKS = (
    lambda container: container.inside(
        "systemd-analyze", "verify", "/etc/systemd/system/" + UNIT) or "systemd-analyze verify",
    starts, lines_become_windows, survives_a_kill, outlives_silence,
    lambda container: hung_thread(container, "engine"),
    lambda container: hung_thread(container, "store"),
    reloads, stops, wrong_configuration,
)


def prepare():
    """What it takes to make a container, installed when it can be."""
    if os.geteuid() != 0:
        raise Skipped("containers are made by root")
    if all(map(shutil.which, ("debootstrap", "systemd-nspawn", "nsenter"))):
        return
    try:
        run("sh", "packaging/dependencies.sh", "debootstrap", "systemd-container", cwd=REPOSITORY)
    except (Failed, OSError) as failure:
        raise Skipped(str(failure)) from failure


def test(program, build):
    """Runs all checks in a fresh container."""
    prepare()
    root = build / "container/run"
    shutil.rmtree(root, ignore_errors=True)
    run("cp", "--archive", str(pristine(build)), str(root))
    furnish(root, program)
    container = Container(root)
    try:
        container.boot()
        for check in CHECKS:
            try:
                print("ok  " + check(container), flush=True)
            except Failed:
                print(container.journal()[-4000:], file=sys.stderr)
                raise
    finally:
        container.power_off()
        shutil.rmtree(root, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--program", default=".build/release/forestall")
    parser.add_argument("--build", default=".build", help="where the system is kept")
    options = parser.parse_args()
    try:
        test(pathlib.Path(options.program).resolve(), pathlib.Path(options.build).resolve())
    except Skipped as reason:
        print(f"skipped: {reason}")
    except Failed as failure:
        print(f"container: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
