"""watched - how a real node tells of itself: its log line by line, the program that hears of alarms, and the commands
that go on watching.

    python3 tests/process/watched.py --build build
"""
import argparse
import json
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

ROOT = "540000"
LOW, FULL, WELL = "disk_low", "disk_full", None
LOOKS_S = 1  # between two looks of --watch


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def configure(node, **settings):
    """Sets keys of config.yaml that stand there as comments or values."""
    path = os.path.join(node.home, "config.yaml")
    with open(path) as old:
        text = old.read()
    for key, value in settings.items():
        text, count = re.subn(rf"(?m)^#? ?{key}:.*$", f"{key}: {value}", text)
        need(count == 1, f"{key} stands {count} times in {path}")
    with open(path, "w") as new:
        new.write(text)


def set_disk(node, alarm):
    """Chooses the floor so that this alarm about the disk is open after the next start."""
    space = os.statvfs(node.home)
    free = space.f_bavail * space.f_frsize
    configure(node, disk_floor_bytes={LOW: free // 2, FULL: free * 2, WELL: 1 << 20}[alarm])


def restart(node, alarm, **settings):
    node.end()
    set_disk(node, alarm)
    configure(node, **settings)
    node.start()


# --- the program that hears of alarms ---

def write_hook(node, script):
    path = os.path.join(node.home, "hooks", "alarm")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as hook:
        hook.write(f"#!/bin/sh\n{script}\n")
    os.chmod(path, 0o700)


def told(node):
    try:
        with open(os.path.join(node.home, "told")) as file:
            return [json.loads(line) for line in file if line.endswith("\n")]
    except FileNotFoundError:
        return []


def changes(node, code):
    return [line["change"] for line in told(node) if line["alarm"]["code"] == code]


def hears_of_alarms(node):
    write_hook(node, 'cat >>"$TERRACE_HOME/told"')
    restart(node, LOW, alarm_hook='"hooks/alarm"')
    trees.wait_until(lambda: changes(node, LOW) == ["raised"], 20, "the hook to hear of an alarm")
    line = told(node)[0]
    need(line["node"] == ROOT and line["alarm"]["severity"] == "warning" and line["alarm"]["cure"]
         and line["alarm"]["cleared"] is None, f"{line}")
    restart(node, WELL)
    trees.wait_until(lambda: changes(node, LOW) == ["raised", "cleared"], 20, "the hook to hear of its end")
    need(told(node)[-1]["alarm"]["cleared"], f"{told(node)[-1]}")


def a_hook_that_hangs_holds_nothing_up(node):
    write_hook(node, "trap '' TERM INT; while :; do sleep 600; done")
    restart(node, LOW, alarm_hook_seconds=1)
    trees.wait_until(lambda: [a for a in node.status()["alarms"] if a["code"] == LOW], 20, "an alarm")
    begun = time.monotonic()
    for i in range(20):
        line = dict(kind="agency", id=f"H{i}", fiscal_year="2026", agency_code=f"7{i:02}", agency_name="x")
        node.run("submit", "-", stdin=json.dumps(line).encode())
    need(time.monotonic() - begun < 60, "a hook that hangs holds documents up")
    trees.wait_until(lambda: [e for e in node.events() if e["event"] == "hook.failed" and e["end"] == "timed_out"],
                     20, "its run to be ended")
    os.remove(os.path.join(node.home, "hooks", "alarm"))
    restart(node, WELL)
    trees.wait_until(lambda: [e for e in node.events() if e["event"] == "hook.failed" and e["end"] == "not_started"],
                     20, "a hook that is not there to be named")


# --- commands that go on ---

class Watch:
    """A command that goes on, and what it has said so far, line by line."""

    def __init__(self, node, *args):
        self.lines, self.errors = [], []
        self.process = subprocess.Popen([node.tree.bin("terrace"), "--home", node.home, *args],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=node.tree.env, text=True)
        for stream, lines in ((self.process.stdout, self.lines), (self.process.stderr, self.errors)):
            threading.Thread(target=self._read, args=(stream, lines), daemon=True).start()

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.append(line)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=trees.PATIENCE_S)


def alarms_are_watched(node):
    """What is open, its end, and a new one; over restarts of the node."""
    restart(node, LOW)
    trees.wait_until(lambda: node.json("alarms")["alarms"], 20, "an alarm")
    for_programs, for_people = Watch(node, "--json", "alarms", "--watch"), Watch(node, "alarms", "--watch")

    def both(count):
        return len(for_programs.lines) >= count and len(for_people.lines) >= 2 * count - count // 2
    try:
        trees.wait_until(lambda: both(1), 20, "what is open")
        restart(node, WELL)
        trees.wait_until(lambda: both(2), 20, "its end")
        restart(node, LOW)
        trees.wait_until(lambda: both(3), 20, "a new one")
    finally:
        for watch in (for_programs, for_people):
            watch.end()
    got = [(line["change"], line["alarm"]["code"]) for line in map(json.loads, for_programs.lines)]
    need(got == [("open", LOW), ("cleared", LOW), ("raised", LOW)], f"{got}")
    need("open" in for_people.lines[0] and LOW in for_people.lines[0] and "cleared" in for_people.lines[2] and
         "raised" in for_people.lines[3] and for_people.lines[4].startswith("    "), f"{for_people.lines}")
    need(node.run("alarms", "--watch", "--history", check=False)[0] == 2, "--watch goes alone")


def status_is_watched(node):
    """A line for each change and none for a look that found none; past the end of a node, which is said once."""
    restart(node, WELL)
    watch, blocks = Watch(node, "--json", "status", "--watch"), Watch(node, "status", "--tree", "--watch")

    def enter(number):
        line = dict(kind="agency", id=f"W{number}", fiscal_year="2026", agency_code=f"8{number:02}", agency_name="x")
        node.run("submit", "-", stdin=json.dumps(line).encode())
        return node.status()["lsn"]
    try:
        trees.wait_until(lambda: watch.lines and blocks.lines, 20, "the first status")
        lsn = enter(1)
        trees.wait_until(lambda: json.loads(watch.lines[-1])["lsn"] == lsn, 20, "what was entered to be shown")
        trees.wait_until(lambda: any(f"lsn {lsn}" in line for line in blocks.lines), 20, "... and of the tree")
        time.sleep(3 * LOOKS_S)  # for looks that find nothing new
        need(len(watch.lines) == 2, f"{len(watch.lines)} lines for one change")
        need(sum("division" in line for line in blocks.lines) == 4, f"{blocks.lines}")  # a sentence and a title each
        node.kill()
        trees.wait_until(lambda: watch.errors, 20, "its end to be noticed")
        node.start()
        trees.wait_until(lambda: len(watch.errors) == 2, 20, "the node to answer again")
        lsn = enter(2)
        trees.wait_until(lambda: json.loads(watch.lines[-1])["lsn"] == lsn, 20, "what was entered after that")
    finally:
        for each in (watch, blocks):
            each.end()
    need("does not answer" in watch.errors[0] and "answers again" in watch.errors[1], f"{watch.errors}")
    need(all(json.loads(line)["division"] == ROOT for line in watch.lines), f"{watch.lines[:1]}")


# --- the log ---

def run_daemon(node, stderr, seconds=60, **env):
    """Runs it until it answers, ends it; what it wrote is in whatever stands behind `stderr`."""
    process = subprocess.Popen([node.tree.bin("terraced"), "--home", node.home], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=stderr, env=dict(node.tree.env, **env))
    trees.wait_until(lambda: node.run("status", check=False)[0] == 0, seconds, "the daemon to answer")
    process.send_signal(signal.SIGTERM)
    need(process.wait(timeout=trees.PATIENCE_S) == 0, "it ended badly")


def every_line_is_one_object(node):
    for event in node.events():
        need(list(event)[:4] == ["time", "level", "division", "event"], f"{event}")


def the_journal_gets_priorities(node):
    path = os.path.join(node.tree.base, "journal")
    with open(path, "wb") as file:
        stat = os.fstat(file.fileno())
        run_daemon(node, file, JOURNAL_STREAM=f"{stat.st_dev}:{stat.st_ino}")
    with open(path) as file:
        lines = file.read().splitlines()
    wanted = {"error": "<3>", "warn": "<4>", "info": "<6>", "debug": "<7>"}
    need(lines and all(line.startswith(wanted[json.loads(line[3:])["level"]]) for line in lines), f"{lines[:3]}")


def a_terminal_gets_words(node):
    ours, its = pty.openpty()
    text = b""

    def read():
        nonlocal text
        try:
            while piece := os.read(ours, 4096):
                text += piece
        except OSError:
            pass  # its end is closed
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    run_daemon(node, its)
    os.close(its)
    reader.join(timeout=trees.PATIENCE_S)
    need(b" info 540000 ready listen=" in text and b"{" not in text, f"{text[:500]}")


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        node = tree.init_root(ROOT, "西藏自治区")
        hears_of_alarms(node)
        a_hook_that_hangs_holds_nothing_up(node)
        configure(node, alarm_hook='""')
        alarms_are_watched(node)
        status_is_watched(node)
        node.end()
        every_line_is_one_object(node)
        the_journal_gets_priorities(node)
        a_terminal_gets_words(node)
    finally:
        tree.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-watched-") as base:
        try:
            prove(base, os.path.abspath(args.build))
        except trees.Failed as failed:
            print(f"watched: {failed}", file=sys.stderr)
            return 1
    print("watched: the hook hears each change and holds nothing up; watching goes on; the log is as its readers need")
    return 0


if __name__ == "__main__":
    sys.exit(main())
