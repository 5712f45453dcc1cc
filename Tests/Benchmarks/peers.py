"""The receivers that `ingest.py` loads, each with the same few questions: how much has it taken,
what processor time has it used, how much memory, how much disk.

Forestall is driven through its public contract only: `run`, `check`, `status --json`, a
configuration file, the lines `listening ...`. InfluxDB is driven through its HTTP interface.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

PATIENCE = 60


class Failure(Exception):
    """What could not be done; a sentence for a person."""


def cpu_seconds(proc):
    """User and system time of all threads of a process, so that of the kernel for it as well;
    `proc` is its directory in /proc."""
    # The name in brackets may contain spaces; the fields after it are counted from 3.
    fields = (proc / "stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(proc, key):
    """Bytes of a line of /proc/PID/status: VmRSS, VmHWM."""
    return int(re.search(rf"{key}:\s+(\d+) kB", (proc / "status").read_text())[1]) * 1024


class Peer:
    """A process under load. `unit` names what `taken` counts, as the load's report calls it."""

    name = ""
    unit = "values"
    # Seconds without a change after which nothing more is expected.
    quiet = 0.3

    def __init__(self, directory, command):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.log = directory / "log"
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log.open("w"),
            text=True)
        self.proc = pathlib.Path(f"/proc/{self.process.pid}")
        # By transport: what the load is told, `udp:127.0.0.1:8094`.
        self.targets = {}

    def wait_for(self, what, condition):
        """The first true result of `condition`."""
        end = time.monotonic() + PATIENCE
        while True:
            found = condition()
            if found:
                return found
            if self.process.poll() is not None or time.monotonic() > end:
                self.process.kill()
                raise Failure(f"{self.name}: {what}: {self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def cpu_seconds(self):
        """User and system time of all threads, so that of the kernel for it as well."""
        return cpu_seconds(self.proc)

    def memory(self, key):
        """Bytes of a line of /proc/PID/status: VmRSS, VmHWM."""
        return memory(self.proc, key)

    def disk_bytes(self):
        """What its directory occupies."""
        return sum(
            os.lstat(os.path.join(folder, name)).st_blocks * 512
            for folder, _, names in os.walk(self.directory) for name in names if name != "log")

    def taken(self):
        """What it has taken in since it started, in `unit`."""
        raise NotImplementedError

    def settle(self, wanted):
        """Waits until it has taken as much as `wanted`, or takes no more; returns what it has."""
        before, since = -1, time.monotonic()
        while True:
            taken = self.taken()
            now = time.monotonic()
            if taken != before:
                before, since = taken, now
            if taken >= wanted or now - since > self.quiet:
                return taken
            time.sleep(0.05)

    def pause(self):
        """It takes no part while another one is measured."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        """Ends it."""
        self.resume()
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Receiver(Peer):
    """The program that only counts bytes, for one transport."""

    name = "receiver"
    unit = "bytes"

    def __init__(self, directory, program, transport):
        path = str(directory / transport)
        is_local = transport.startswith("unix")
        super().__init__(directory, [program, transport] + ([path] if is_local else []))
        port = int(self.process.stdout.readline().split()[1])
        self.targets[transport] = transport + ":" + (path if is_local else f"127.0.0.1:{port}")

    def taken(self):
        self.process.send_signal(signal.SIGUSR1)
        return json.loads(self.process.stdout.readline())["bytes"]


class Forestall(Peer):
    """The program under test, with a durable store and every listener it has."""

    name = "forestall"
    quiet = 1.5

    LISTENERS = {
        "udp": '[intake]\nudp = ["127.0.0.1:0"]\n',
        "tcp": '[intake]\ntcp = ["127.0.0.1:0"]\n',
        "unix": '[listener.bench_unix]\ntransport = "unix"\npath = "{path}"\n',
        "unixgram": '[listener.bench_unixgram]\ntransport = "unixgram"\npath = "{path}"\n',
        "http": '[intake]\nhttp = ["127.0.0.1:0"]\n',
    }

    def __init__(self, directory, program, settings, transports):
        directory.mkdir(parents=True, exist_ok=True)
        self.program = program
        self.state = directory / "state"
        self.markers = 0
        understood = [one for one in transports if self.understands(directory, one)]
        configuration = directory / "forestall.toml"
        configuration.write_text(self.configuration(directory, understood) + settings)
        super().__init__(
            directory,
            [program, "run", "--config", str(configuration), "--state", str(self.state)])
        self.wait_for("it did not start", lambda: "\nready\n" in "\n" + self.log.read_text())
        text = self.log.read_text()
        for transport in understood:
            place = re.search(rf"listening transport={transport} address=(\S+)", text)
            if place:
                self.targets[transport] = f"{transport}:{place[1]}"
        if "http" in self.targets:
            self.targets["http"] += "/write?db=bench&precision=ns"

    def configuration(self, directory, transports):
        """A table may be named once only, so the lines of [intake] are put together."""
        intake = {"udp": "[]", "tcp": "[]"}
        others = ""
        for transport in transports:
            text = self.LISTENERS[transport].format(path=directory / transport)
            if text.startswith("[intake]"):
                intake[transport] = '["127.0.0.1:0"]'
            else:
                others += text
        keys = "".join(f"{key} = {value}\n" for key, value in intake.items())
        return "[intake]\n" + keys + others

    def understands(self, directory, transport):
        """Whether this program has such a listener: its own check of the configuration says."""
        probe = directory / "probe.toml"
        probe.write_text(self.configuration(directory, [transport]))
        return subprocess.run(
            [self.program, "check", "--config", str(probe)], capture_output=True,
            check=False).returncode == 0

    def counters(self):
        """The engine's counters, by name; none before the first step."""
        answer = subprocess.run(
            [self.program, "status", "--state", str(self.state), "--json"], capture_output=True,
            text=True, check=False)
        return json.loads(answer.stdout)["counters"] if answer.returncode == 0 else {}

    def taken(self):
        """Values; refused or late ones would be lost without being losses of the transport."""
        counters = self.counters()
        if (counters.get("lines_refused", 0) > self.markers or counters.get("lines_late", 0) > 0
                or counters.get("readings_refused", 0) > 0):
            raise Failure(f"forestall did not take every line for good: {counters}")
        return counters.get("readings", 0)

    def settle(self, wanted):
        """Its counters are as new as its last step, and there is one at every tick that brought
        something to write: a window that closes or, here, a line that it refuses."""
        _, host, port = self.targets["udp"].split(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect((host, int(port)))
            before, since, answered = -1, time.monotonic(), 0
            while True:
                sender.send(b"marker\n")
                self.markers += 1
                time.sleep(0.2)
                taken = self.taken()
                now = time.monotonic()
                if taken != before:
                    before, since, answered = taken, now, self.counters().get("lines_refused", 0)
                refused = self.counters().get("lines_refused", 0)
                if taken >= wanted or (now - since > self.quiet and refused > answered):
                    return taken
                if now - since > PATIENCE:
                    raise Failure("forestall takes no lines any more")


class InfluxDB(Peer):
    """InfluxDB 1.x as Debian ships it, with its own defaults where they matter."""

    name = "influxdb"
    quiet = 3

    CONFIGURATION = """
reporting-enabled = false
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{directory}/meta"
[data]
  dir = "{directory}/data"
  wal-dir = "{directory}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{http}"
  log-enabled = false
[logging]
  level = "warn"
[[udp]]
  enabled = true
  bind-address = "127.0.0.1:{udp}"
  database = "bench"
  read-buffer = 8388608
"""

    @staticmethod
    def find(directory):
        """Its path: installed, or unpacked from Debian's package, which starts no service; or
        None."""
        installed = shutil.which("influxd")
        if installed or not shutil.which("apt-get"):
            return installed
        directory.mkdir(parents=True, exist_ok=True)
        for command in ("apt-get download -q influxdb", "dpkg-deb -x influxdb_*.deb ."):
            outcome = subprocess.run(
                ["sh", "-c", command], cwd=directory, capture_output=True, check=False)
            if outcome.returncode != 0:
                return None
        return str(directory / "usr/bin/influxd")

    def __init__(self, directory, program, signals):
        directory.mkdir(parents=True, exist_ok=True)
        rpc, self.http, udp = free_ports(3)
        configuration = directory / "influxdb.conf"
        configuration.write_text(self.CONFIGURATION.format(
            rpc=rpc, http=self.http, udp=udp, directory=directory))
        self.signals = signals
        super().__init__(directory, [program, "-config", str(configuration)])
        self.wait_for("it did not start", lambda: self.query("CREATE DATABASE bench"))
        self.targets = {
            "udp": f"udp:127.0.0.1:{udp}",
            "http": f"http:127.0.0.1:{self.http}/write?db=bench&precision=ns"}

    def query(self, text):
        """The answer, or None while it does not answer."""
        body = urllib.parse.urlencode({"q": text}).encode()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/query", body, 30) as answer:
                return json.loads(answer.read())
        except (urllib.error.URLError, OSError):
            return None

    def taken(self):
        """Values in points it says it wrote: both services count them once they are written."""
        points = 0
        counts = {"udp": "pointsTx", "httpd": "pointsWrittenOK"}
        for series in self.query("SHOW STATS")["results"][0]["series"]:
            row = dict(zip(series["columns"], series["values"][0]))
            points += row.get(counts.get(series["name"]), 0)
        return points * self.signals


def free_ports(count):
    """Ports nobody has at this moment, for a program that cannot choose its own."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
