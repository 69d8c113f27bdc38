"""tree - a tree of real nodes on this machine, for the demo, the process tests and the benchmarks.

Each node is a `terraced` of its own with its own home, reached through the `terrace` CLI and
nothing else. Waiting is always for a condition, never for a time: how long it may take is a bound for
machines that are slow and have much else to do.
"""
import argparse
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from relay import Relay

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Failed(Exception):
    """A command or a wait that did not do what it must."""


PATIENCE_S = 180  # what anything may take that proves nothing about time
reserved = []     # a socket for each port that this process has chosen


def free_port():
    """A port that is free now and stays so while a daemon restarts: the kernel gives none of these
    to an outgoing connection, and no other test that runs meanwhile chooses it, since an abstract
    socket with its number stands until this process ends."""
    while True:
        port = random.randrange(15000, 32000)
        with socket.socket() as s:
            name = socket.socket(socket.AF_UNIX)
            try:
                s.bind(("127.0.0.1", port))
                name.bind(f"\0terrace-port-{port}")
            except OSError:
                name.close()
                continue
            reserved.append(name)
            return port


class Node:
    def __init__(self, tree, division, name, parent):
        self.tree, self.division, self.name, self.parent = tree, division, name, parent
        self.home = os.path.join(tree.base, division)
        self.process = None
        self.api = f"https://127.0.0.1:{free_port()}" if tree.console else None
        self.prefix = []  # what its commands run under, as `ip netns exec`
        self.daemon_env = {}  # what its daemon has in its environment beside what all have
        self.log_path = os.path.join(tree.base, division + ".log")

    # --- commands ---

    def run(self, *args, stdin=None, check=True, as_user=None):
        """Runs `terrace` against this node: (exit code, stdout, stderr)."""
        command = self.prefix + [self.tree.bin("terrace"), "--home", self.home]
        if as_user:
            command += ["--as", as_user]
        command += list(args)
        done = subprocess.run(command, input=stdin, capture_output=True, env=self.tree.env)
        out, err = done.stdout.decode(), done.stderr.decode()
        if check and done.returncode != 0:
            raise Failed(f"{' '.join(command)}: exit {done.returncode}\n{out[-2000:]}\n{err[-2000:]}")
        return done.returncode, out, err

    def json(self, *args, **kwargs):
        return json.loads(self.run("--json", *args, **kwargs)[1])

    def submit(self, path, kind=None, check=True, as_user=None):
        """Submits a file; the list of result lines."""
        args = ["submit", path] + (["--kind", kind] if kind else [])
        code, out, err = self.run(*args, check=False, as_user=as_user)
        if code not in (0, 1):
            raise Failed(f"submit {path} at {self.division}: exit {code}\n{err}")
        lines = [json.loads(line) for line in out.splitlines()]
        bad = [line for line in lines if line["status"] == "refused"]
        if check and bad:
            raise Failed(f"submit {path} at {self.division}: {len(bad)} refused, first: {bad[0]}")
        return lines

    def submit_lines(self, documents):
        """Submits these; the list of result lines."""
        lines = "".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents)
        code, out, err = self.run("submit", "-", stdin=lines.encode(), check=False)
        if lines and not out:
            raise Failed(f"{self.division} submit: exit {code}: {err}")
        return [json.loads(line) for line in out.splitlines()]

    def status(self):
        """Also of a node with a damaged store, which answers with exit code 4."""
        code, out, err = self.run("--json", "status", check=False)
        if code not in (0, 4):
            raise Failed(f"{self.division} status: exit {code}: {out}{err}")
        return json.loads(out)

    def open_tls(self):
        """Starts it again with its API on TLS, at a free port: (url, fingerprint of its certificate)."""
        path = os.path.join(self.home, "config.yaml")
        port = free_port()
        self.end()
        with open(path) as config:
            text = config.read()
        text, count = re.subn(r"(?m)^# ?api:\n# ?  listen: .*$", f'api:\n  listen: "https://127.0.0.1:{port}"', text)
        if count != 1:
            raise Failed(f"api stands {count} times as a comment in {path}")
        with open(path, "w") as config:
            config.write(text)
        self.start()
        return f"https://127.0.0.1:{port}", self.status()["api"]["fingerprint"]

    def digest(self, division=None):
        args = ["digest"] + (["--division", division] if division else [])
        return self.json(*args)

    # --- the link to the parent ---

    def parent_endpoint(self, endpoint=None):
        """Reads the parent's endpoint from the home's config, or writes another one there."""
        path = os.path.join(self.home, "config.yaml")
        with open(path) as config:
            text = config.read()
        match = re.search(r"(?m)^parent:\s*$(?:\n\s+.*)*?\n\s+endpoint:\s*\"?(tcp://[^\"\s]+)", text)
        if endpoint is not None:
            with open(path, "w") as config:
                config.write(text[:match.start(1)] + endpoint + text[match.end(1):])
        return match.group(1)

    def route_through_relay(self):
        """Puts a relay of ours between this node and its parent; before the start."""
        straight = self.parent_endpoint()
        host, port = straight.removeprefix("tcp://").rsplit(":", 1)
        relay = Relay(host, int(port))
        relay.straight = straight
        self.parent_endpoint(relay.endpoint)
        return relay

    def api_option(self):
        return ["--api", self.api] if self.api else []

    # --- life ---

    @staticmethod
    def listen_options():
        """A port that `join` finds by itself may be an outgoing connection's while the node does not listen."""
        return ["--listen", f"tcp://127.0.0.1:{free_port()}", "--enrol", f"tcp://127.0.0.1:{free_port()}"]

    def enrol(self, token, admins=()):
        self.run("join", token, "--approval", self.tree.approval,
                 *self.listen_options(), *self.api_option(),
                 *(word for name in admins for word in ("--admin", name)))

    def start(self):
        assert self.process is None
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.prefix + [self.tree.bin(self.tree.daemon), "--home", self.home],
                stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env=dict(self.tree.env, **self.daemon_env), start_new_session=True)
        self.wait_ready()

    def wait_ready(self, seconds=PATIENCE_S):
        def ready():
            if self.process.poll() is not None:
                raise Failed(f"terraced {self.division} ended with {self.process.returncode}:\n"
                             + self.log_tail())
            return self.run("status", check=False)[0] in (0, 4)  # 4: with a damaged store
        wait_until(ready, seconds, f"terraced {self.division} to answer")

    def log_tail(self, size=3000):
        with open(self.log_path, "rb") as log:
            return log.read()[-size:].decode(errors="replace")

    def limit(self, **limits):
        """Sets limits of its configuration, from its next start on: limit(parent_away_ms=500)."""
        path = os.path.join(self.home, "config.yaml")
        with open(path, encoding="utf-8") as config:
            text = re.sub(r"(?m)^# limits:$", "limits:", config.read())
        for name, value in limits.items():
            text, count = re.subn(rf"(?m)^  (?:# )?{name}: \d+.*$", f"  {name}: {value}", text)
            if count != 1:
                raise Failed(f"{name} stands {count} times in {path}")
        with open(path, "w", encoding="utf-8") as config:
            config.write(text)

    def events(self):
        """What the daemon has logged since the tree was made: one JSON object a line."""
        with open(self.log_path, encoding="utf-8") as log:
            return [json.loads(line) for line in log if line.endswith("\n")]  # the last one may be half there

    def end(self, how=signal.SIGTERM):
        """Ends the daemon with a signal and reaps it; the exit code."""
        if self.process is None:
            return None
        self.process.send_signal(how)
        code = self.process.wait(timeout=PATIENCE_S)
        self.process = None
        return code

    def kill(self):
        return self.end(signal.SIGKILL)

    def rss_kib(self):
        if self.tree.is_sanitized:
            return 0
        with open(f"/proc/{self.process.pid}/status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        raise Failed("no VmRSS")

    def cpu_seconds(self):
        if self.tree.is_sanitized:
            return 0
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until(condition, seconds, what, step=0.02):
    """Waits for a condition and returns its value; a timeout is a failure that names it. Whoever asks
    for less than PATIENCE_S waits as long all the same."""
    return wait_within(condition, max(seconds, PATIENCE_S), what, step)


def wait_within(condition, seconds, what, step=0.02):
    """The same where the time is what is proved: so many seconds and no more."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"waited {seconds} s for {what}")
        time.sleep(step)


def preloadable(base, library):
    """A link to it with a path that LD_PRELOAD can hold: that one is split at blanks."""
    link = os.path.join(base, os.path.basename(library))
    if not os.path.lexists(link):
        os.symlink(os.path.abspath(library), link)
    return link


def reach(division):
    """Whom a division of the national scheme may grant, as patterns: those whose codes begin with its own,
    without the pairs of zeros that end it."""
    while division.endswith("00"):
        division = division[:-2]
    return [division + "*"]


def is_sanitized(build):
    """What a daemon takes of memory and time is the sanitizer's then: nobody asks how much that is."""
    try:
        with open(os.path.join(build, "CMakeCache.txt"), encoding="utf-8") as cache:
            return re.search(r"(?m)^TERRACE_SANITIZE:\w+=.", cache.read()) is not None
    except FileNotFoundError:  # what is installed
        return False


class Tree:
    def __init__(self, base, build=None, approval="none", passphrase="terrace-demo", daemon="terraced",
                 console=False):
        self.base = os.path.abspath(base)
        self.build = build or os.path.join(ROOT, "build")
        self.approval = approval
        self.daemon = daemon
        self.console = console  # do the nodes answer browsers and programs through TLS?
        self.is_sanitized = is_sanitized(self.build)
        self.nodes = {}
        self.env = dict(os.environ, TERRACE_PASSPHRASE=passphrase, TERRACE_PASSWORD=passphrase,
                        LC_ALL="C.UTF-8")
        self.env.pop("TERRACE_HOME", None)
        if self.is_sanitized:  # what a test preloads comes before its library, and may
            self.env.setdefault("ASAN_OPTIONS", "verify_asan_link_order=0")
        shutil.rmtree(self.base, ignore_errors=True)
        os.makedirs(self.base)

    def bin(self, name):
        return os.path.join(self.build, "bin", name)

    def __getitem__(self, division):
        return self.nodes[division]

    def init_root(self, division, name):
        node = Node(self, division, name, None)
        node.run("init", "--root", "--division", division, "--name", name,
                 *node.listen_options(), "--approval", self.approval, *node.api_option())
        self.nodes[division] = node
        node.start()
        return node

    def join(self, parent, division, name, relays=None):
        """Invites at the parent, joins, starts. Returns (node, milliseconds of invite and join).
        With a list of relays the node's link to its parent runs through a new one of them."""
        node = Node(self, division, name, self.nodes[parent])
        began = time.monotonic()
        token = self.nodes[parent].json("invite", division, "--name", name,
                                        "--may-grant", ",".join(reach(division)))["token"]
        node.enrol(token)
        took = (time.monotonic() - began) * 1000
        self.nodes[division] = node
        if relays is not None:
            relays.append(node.route_through_relay())
        node.start()
        return node, took

    def join_with(self, token, parent, division, name, admins=()):
        """Joins with a token that was made before, and starts."""
        node = Node(self, division, name, parent)
        node.enrol(token, admins)
        self.nodes[division] = node
        node.start()
        return node

    def above(self, division):
        """The divisions from the parent of `division` up to the root."""
        up, node = [], self.nodes[division].parent
        while node is not None:
            up.append(node.division)
            node = node.parent
        return up

    def wait_equal_digests(self, seconds=PATIENCE_S):
        """Waits until every replica's digest equals its owner's at the owner's lsn."""
        for division, owner in self.nodes.items():
            if owner.process is None:
                continue

            def equal():
                own = owner.digest()
                for up in self.above(division):
                    there = self.nodes[up].digest(division)
                    if (there["lsn"], there["digest"]) != (own["lsn"], own["digest"]):
                        return False
                return True
            wait_until(equal, seconds, f"every level to agree about {division}")

    def stop(self):
        for node in reversed(list(self.nodes.values())):
            if node.process is not None:
                node.end()


PILOT = [("540000", "西藏自治区", None), ("540100", "拉萨市", "540000"),
         ("540200", "日喀则市", "540000"), ("540121", "林周县", "540100"),
         ("540202", "桑珠孜区", "540200")]


def pilot(tree):
    """Brings up the five nodes of the pilot tree; yields (division, name, milliseconds)."""
    for division, name, parent in PILOT:
        if parent is None:
            began = time.monotonic()
            tree.init_root(division, name)
            yield division, name, (time.monotonic() - began) * 1000
        else:
            _, took = tree.join(parent, division, name)
            yield division, name, took


def run_test(name, prove):
    """The program of a test: prove(folder of its own, build); ends it with 1 where that fails."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix=f"terrace-{name}-") as base:
        try:
            prove(base, os.path.abspath(options.build))
        except Failed as failed:
            sys.exit(f"{name}: {failed}")
