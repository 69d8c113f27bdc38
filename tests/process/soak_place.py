"""soak_place - one node of the soak with all that can be done to it: its line to the parent, its power, its clock, its
office; and when it is back.

Thread: a fault's own; the scheduler gives a place to one fault at a time.
"""
import json
import os
import re
import struct
import subprocess
import threading
import time

import tree as trees
from powercut import Power
from restored import digest_of
from soak_business import Desk

BACK_S = 420       # until a node is back, while others are down, too
RESTARTS_MAX = 6   # of a process that ended by itself, as systemd starts it again, in a row
HARM_EVERY_S = 600  # a store is made anew by itself twice in ten minutes, and no more often
AWAY_MS = 8000
SMALL_FLOOR, SMALL_SIZE = 64 << 20, "512m"


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


class Place:
    def __init__(self, tree, node, relay, seed, pace_s, lie):
        self.tree, self.node, self.relay = tree, node, relay
        self.desk = Desk(node, seed, pace_s)
        self.clock = node.home + ".clock"
        self.jump(0)
        shims = ("bin/powercut.so", "lib/clock_shift.so")
        self.power = Power(node, ":".join(trees.preloadable(tree.base, os.path.join(tree.build, shim)) for shim in shims),
                           self.desk.chance, lie)
        self.power.env["CLOCK_SHIFT_FILE"] = self.clock
        self.busy = None             # the fault that has it
        self.harmed_s = -HARM_EVERY_S
        self.small = None            # the file system of its home, where that is one of its own
        self.restarts = 0

    @property
    def division(self):
        return self.node.division

    # --- its configuration ---

    def edit(self, pattern, text):
        path = os.path.join(self.node.home, "config.yaml")
        with open(path) as config:
            whole, count = re.subn(pattern, text, config.read())
        need(count == 1, f"{pattern} stands {count} times in {path}")
        with open(path, "w") as config:
            config.write(whole)

    # While it does not run.

    def keep_archive(self, archive):
        self.edit(r"(?m)^#? ?archive: .*$", f'archive: "{archive}"')

    def configure(self):
        """Of a home that is new: a short patience with its parent, and a floor that its disk allows."""
        if self.small:
            self.edit(r"(?m)^#? ?disk_floor_bytes:.*$", f"disk_floor_bytes: {SMALL_FLOOR}")
        self.node.limit(parent_away_ms=AWAY_MS)

    def move_to_small_disk(self):
        """Where one can be mounted."""
        disk = os.path.join(self.tree.base, "small-" + self.division)
        os.makedirs(disk)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_SIZE}", "tmpfs", disk],
                          capture_output=True).returncode != 0:
            return
        self.small = disk
        subprocess.run(["mv", self.node.home, disk], check=True)
        self.node.home = os.path.join(disk, self.division)
        self.power.store = os.path.join(self.node.home, "store")
        self.power.env["POWERCUT_UNDER"] = self.power.store

    # --- its life ---

    def start(self):
        self.power.start()

    def jump(self, seconds):
        mode = "r+b" if os.path.exists(self.clock) else "wb"
        with open(self.clock, mode) as clock:
            clock.write(struct.pack("=q", seconds))

    def end_well(self):
        code = self.node.end()
        need(code == 0, f"{self.division} was told to end and ended with {code}:\n{self.node.log_tail()}")

    def supervise(self):
        """As systemd does: who ended by itself, saying why, is started again. A signal is a failure."""
        node = self.node
        code = node.process.poll()
        if code is None:
            return
        need(code >= 0, f"{self.division} was ended by signal {-code}:\n{node.log_tail()}")
        need(self.restarts < RESTARTS_MAX, f"{self.division} ends again and again, with {code}:\n{node.log_tail()}")
        self.restarts += 1
        node.process = None
        self.start()

    def is_up(self):
        """It answers, knows all of its own log, and its lines are live but to whom something is being done."""
        node = self.node
        self.supervise()
        if any(os.path.exists(os.path.join(node.home, name)) for name in ("damaged", "resync", "healing")):
            return False
        code, out, _ = node.run("--json", "status", check=False)
        return code == 0 and "damaged" not in json.loads(out) and digest_of(node) is not None

    def lacks(self, places):
        """What it is not yet, in words; "" when it is back."""
        if not self.is_up():
            return "its answers"
        down = [peer["division"] for peer in self.node.status()["peers"] if peer["role"] in ("parent", "child")
                and peer["state"] != "live" and not places[peer["division"]].busy]
        return f"its links with {down}" if down else ""

    def come_back(self, places):
        """Waits until it is up, linked, and all above hold what it held by then; seconds."""
        began, last = time.monotonic(), ""
        self.restarts = 0

        def back():
            nonlocal last
            last = self.lacks(places)
            return not last
        try:
            trees.wait_within(back, BACK_S, "", step=0.3)
            last = "those above to hold its log"
            own = digest_of(self.node) or {"lsn": 0}
            trees.wait_within(lambda: self.held_above(own["lsn"]), BACK_S, "", step=0.3)
        except trees.Failed as failed:
            if str(failed).startswith("waited"):
                raise trees.Failed(f"{self.division} did not come back within {BACK_S} s: {last}\n{self.node.log_tail()}") from None
            raise
        return time.monotonic() - began

    def held_above(self, lsn):
        for division in self.tree.above(self.division):
            code, out, _ = self.tree[division].run("--json", "digest", "--division", self.division, check=False)
            if code != 0 or json.loads(out)["lsn"] < lsn:
                return False
        return True

    def at_rest(self):
        """Its office has every answer and its parent all of its log: what its disk alone has is nothing that was
        acknowledged. For whoever holds the office's turn."""
        self.desk.settle(BACK_S)
        if self.node.parent is None:
            return

        def held():
            own = digest_of(self.node)
            code, out, _ = self.node.parent.run("--json", "digest", "--division", self.division, check=False)
            return own and code == 0 and json.loads(out) == own
        trees.wait_within(held, BACK_S, f"the parent of {self.division} to hold all of its log", step=0.2)


class Lines:
    """What is printed while it goes on, from several threads."""

    def __init__(self, quiet):
        self.quiet, self.lock, self.last = quiet, threading.Lock(), []

    def say(self, text):
        line = time.strftime("%H:%M:%S ") + text
        with self.lock:
            self.last = (self.last + [line])[-12:]
            if not self.quiet:
                print(line, flush=True)
