"""cures - every cure that node/text/ names is a command that exists: it parses, and where it does no harm, it runs.

    python3 tests/process/cures.py --build build

A cure is a row `alarm.CODE.cure`, `cure_...` or `damage_cure`; its commands stand between backquotes, the same in both
languages. Each has one. What is not built yet is not named, here or in any other row.
"""
import argparse
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
sys.path.insert(0, os.path.join(HERE, "..", "unit", "cli"))
import text as texts  # noqa: E402
import tree as trees  # noqa: E402

ROOT, BELOW = "540000", "540100"
COMMAND = re.compile(r"`([^`]*)`")
IS_CURE = re.compile(r"alarm\.\w+\.cure|cure_\w+|damage_cure")
NOT_BUILT = re.compile(r"new token|新令牌")
# Of the system: the package that has it, and whether it only looks.
SYSTEM = {"systemctl": ("systemd", False), "journalctl": ("systemd", False), "timedatectl": ("systemd", False),
          "df": ("coreutils", True), "ls": ("coreutils", True), "chmod": ("coreutils", False),
          "cp": ("coreutils", False), "rm": ("coreutils", False), "shred": ("coreutils", False),
          "dmesg": ("util-linux", False), "findmnt": ("util-linux", True), "ss": ("iproute2", False)}
ALWAYS_THERE = ("coreutils", "util-linux")
# What only looks, or asks for what is not there.
HARMLESS = ("status", "alarms", "verify", "doctor", "balance", "list", "get")
MAKES_A_HOME = ("init", "join")
AT_A_TERMINAL = ("invite --accept", f"fork {BELOW}")  # elsewhere it wants to be told what a terminal shows


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def cures():
    rows, faults = texts.tables()
    need(not faults, "\n".join(faults))
    for code, sentences in rows.items():
        for sentence in sentences:
            need(not NOT_BUILT.search(sentence), f"{code} names what is not built: {sentence}")
        if IS_CURE.fullmatch(code):
            yield code, sentences


def every_alarm_has_its_rows(rows):
    with open(os.path.join(HERE, "..", "..", "proto", "alarm.c"), encoding="utf-8") as file:
        names = re.findall(r'\] = \{"(\w+)", ALARM_', file.read())
    need(len(names) > 20, "the table of alarms is read")
    for name in set(names) - {"none"}:
        need(f"alarm.{name}.cure" in rows, f"no cure of {name}")


class Bench:
    """A node that runs, and a home in which none does."""

    def __init__(self, base, tree, node):
        self.tree, self.node = tree, node
        self.empty = os.path.join(base, "empty")
        os.makedirs(self.empty)
        self.words = {"{home}": node.home, "{division}": BELOW, "{above}": ROOT, "{path}": node.home, "{mode}": "700",
                      "{role}": "maker", "{key}": "advertise",
                      "{endpoint}": "tcp://127.0.0.1:7411", "ADDRESS": "tcp://127.0.0.1:7411", "HOME": node.home, "CODE": BELOW, "HASH": "0" * 64, "NAME": "zhang",
                      "TOKEN": "TERRACE1-x", "COPY": os.path.join(base, "copy"), "DIR": os.path.join(base, "copies"),
                      "FILE": os.path.join(base, "documents.ndjson")}

    def fill(self, command):
        command = re.sub(r"--ack ID", "--ack 4711", re.sub(r"get ID", "get NONE-1", command))
        for name, value in self.words.items():
            command = re.sub(re.escape(name) if name[0] == "{" else rf"\b{name}\b", lambda _: value, command)
        need("{" not in command, f"not filled in: {command}")
        return shlex.split(command)

    def run(self, *words):
        return subprocess.run(words, capture_output=True, env=self.tree.env, stdin=subprocess.DEVNULL)

    def run_at_terminal(self, *words):
        ours, its = pty.openpty()
        try:
            return subprocess.run(words, stdin=its, stdout=its, stderr=its, env=self.tree.env)
        finally:
            os.close(its)
            os.close(ours)

    def check_terrace(self, words):
        program = self.tree.bin("terrace")
        if words[1].startswith("--"):
            done = self.run(program, *words[1:])
            return done.returncode == 0
        if words[1] in HARMLESS:
            done = self.run(program, "--home", self.node.home, *words[1:])
            return done.returncode in (0, 1)  # 1: there is no such alarm or document; findings
        if words[1] in MAKES_A_HOME:
            return self.run(program, *words[1:], "--help").returncode == 0
        # Read to its end, and then there is no node to ask.
        run = self.run_at_terminal if " ".join(words[1:3]) in AT_A_TERMINAL else self.run
        return run(program, "--home", self.empty, *words[1:]).returncode == 3

    def check_terraced(self, words):
        program = self.tree.bin("terraced")
        if "--check" in words:
            return self.run(program, *words[1:]).returncode == 0
        return words[1:] == ["--home", self.node.home] and self.run(program, "--version").returncode == 0

    def check(self, command):
        words = self.fill(command)
        if words[0] == "terrace":
            return self.check_terrace(words)
        if words[0] == "terraced":
            return self.check_terraced(words)
        if words[0] not in SYSTEM:
            return False
        package, looks = SYSTEM[words[0]]
        if package in ALWAYS_THERE and shutil.which(words[0]) is None:
            return False
        return not looks or self.run(*words).returncode == 0


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    ran = set()
    try:
        node = tree.init_root(ROOT, "西藏自治区")
        bench = Bench(base, tree, node)
        with open(bench.words["FILE"], "w") as file:
            file.write('{"kind":"agency","id":"A1","fiscal_year":"2026"}\n')
        rows = dict(cures())
        every_alarm_has_its_rows(rows)
        for code, (english, chinese) in rows.items():
            commands = COMMAND.findall(english)
            need(commands, f"{code} names no command: {english}")
            need(sorted(commands) == sorted(COMMAND.findall(chinese)), f"{code}: other commands in Chinese: {chinese}")
            for command in commands:
                need(bench.check(command), f"{code}: `{command}` is no command that exists")
                ran.add(command)
    finally:
        tree.stop()
    return len(rows), len(ran)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cures.") as base:
        try:
            cured, ran = prove(base, os.path.abspath(args.build))
        except trees.Failed as fault:
            print(f"cures: {fault}", file=sys.stderr)
            return 1
    print(f"cures: {cured} cures, {ran} commands, all of them there")
    return 0


if __name__ == "__main__":
    sys.exit(main())
