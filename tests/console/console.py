"""console - the web console in a real browser, on five real nodes with the pilot's documents.

The nodes are started and filled here; run.mjs drives the browser through the steps in steps/, and asks
this script for what only the ground can do: cut a link, run a command. Screens of every page are kept
under BUILD/console-screens.

    python3 tests/console/console.py --build build [--only NAME]... [--keep]
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path[:0] = [os.path.join(ROOT, "scripts", "lib"), os.path.join(ROOT, "tests", "process")]
import demo as pilot  # noqa: E402
import shares  # noqa: E402
import tree as trees  # noqa: E402
import webhooks  # noqa: E402

SKIPPED = 77
# Who works where; each has a password of his own.
PEOPLE = {
    "540000": {"卓玛": ["admin"], "旺堆": ["maker"], "次仁": ["checker"], "央金": ["auditor"]},
    "540121": {"卓玛": ["maker"], "旺堆": ["checker"], "扎西": ["admin"]},
}


def password_of(name):
    return f"password-of-{name}"


def add_people(tree):
    """The admin last: as long as there is none, whoever runs the node may add users."""
    for division, people in PEOPLE.items():
        node = tree[division]
        for name, roles in sorted(people.items(), key=lambda item: "admin" in item[1]):
            options = [option for role in roles for option in ("--role", role)]
            env = dict(tree.env, TERRACE_PASSWORD=password_of(name))
            subprocess.run([tree.bin("terrace"), "--home", node.home, "user", "add", name, *options],
                           env=env, check=True, capture_output=True)


class Ground:
    """What a step may ask for, by name."""

    def __init__(self, demo):
        self.demo, self.tree = demo, demo.tree

    def cut(self):
        self.demo.relay.cut()

    def heal(self):
        self.demo.relay.heal()

    def run(self, division, *args, user=None):
        env = dict(self.tree.env)
        if user is not None:
            env["TERRACE_PASSWORD"] = password_of(user)
        command = [self.tree.bin("terrace"), "--home", self.tree[division].home]
        done = subprocess.run(command + (["--as", user] if user else []) + list(args), env=env,
                              capture_output=True, text=True)
        return {"code": done.returncode, "out": done.stdout, "err": done.stderr}

    def begin_join(self, division, token):
        """`terrace join` on another machine, which waits for a person here."""
        self.joining = subprocess.Popen(
            [self.tree.bin("terrace"), "--home", os.path.join(self.tree.base, division), "join", token],
            env=self.tree.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end_join(self, kill=False):
        if kill:
            self.joining.terminate()
        out, err = self.joining.communicate(timeout=60)
        return {"code": self.joining.returncode, "out": out, "err": err}

    def floor(self, division, share):
        """Of its disk so much of what is free must stay free; 0: as it was made."""
        node = self.tree[division]
        space = os.statvfs(node.home)
        line = "# disk_floor_bytes: 268435456" if share == 0 \
            else f"disk_floor_bytes: {int(share * space.f_bavail * space.f_frsize)}"
        path = os.path.join(node.home, "config.yaml")
        with open(path) as old:
            text = re.sub(r"(?m)^#? ?disk_floor_bytes:.*$", line, old.read())
        node.end()
        with open(path, "w") as new:
            new.write(text)
        node.start()

    def receiver(self, division, refused):
        """Another program on this machine, which takes posts but for this id; the node may reach it. Its port."""
        node = self.tree[division]
        self.hooked = webhooks.Receiver()
        self.hooked.refuse = {refused}
        webhooks.configure(node, "127.0.0.0/8")
        webhooks.restart(node)
        return self.hooked.port

    def enter(self, division, user, **document):
        path = os.path.join(self.tree.base, "entered.ndjson")
        with open(path, "w") as file:
            file.write(json.dumps(document) + "\n")
        return self.run(division, "submit", path, user=user)

    def receiver_takes_all(self):
        self.hooked.refuse = set()

    def receiver_took(self):
        return [line["id"] for line in self.hooked.taken() if "id" in line]

    def stop(self, division):
        self.tree[division].end()

    def start(self, division):
        self.tree[division].start()

    def memory(self, division):
        node = self.tree[division]
        return {"rss_kib": node.rss_kib(), "cpu_s": node.cpu_seconds()}


def serve(runner, ground):
    """Answers the runner's lines: {"act": NAME, "args": [...], "named": {...}}."""
    for line in runner.stdout:
        if not line.startswith("{\"act\""):
            print(line, end="", flush=True)
            continue
        asked = json.loads(line)
        try:
            answer = {"ok": getattr(ground, asked["act"])(*asked["args"], **asked["named"])}
        except Exception as failure:  # told to the step that asked
            answer = {"failed": str(failure)}
        runner.stdin.write(json.dumps(answer) + "\n")
        runner.stdin.flush()
    return runner.wait()


def quarter_of_looks():
    """Which quarter of them a commit tries (browser.mjs); by hand, and with scripts/check --deep, all."""
    return {"quarter": int(shares.chosen(["0", "1", "2", "3"], 1)[0])} if "TERRACE_COMMIT" in os.environ else {}


def told(tree, build, screens):
    return {
        "build": build, "screens": screens, **quarter_of_looks(),
        "nodes": {code: {"url": node.api, "name": node.name, "home": node.home}
                  for code, node in tree.nodes.items()},
        "people": {code: {name: {"roles": roles, "password": password_of(name)}
                          for name, roles in people.items()} for code, people in PEOPLE.items()},
    }


def run(build, only, base):
    screens = os.path.join(build, "console-screens")
    os.makedirs(screens, exist_ok=True)
    demo = pilot.Demo(base, build)
    try:
        demo.enrol()
        demo.basics()
        demo.money_down()
        demo.spend()
        add_people(demo.tree)
        runner = subprocess.Popen(["node", os.path.join(HERE, "run.mjs"), json.dumps(told(demo.tree, build, screens)), *only],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return serve(runner, Ground(demo))
    finally:
        demo.tree.stop()


def main(run=run, name="console"):
    """`run`: brings up the nodes and drives the browser; the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--keep", action="store_true", help="leave the homes of the nodes")
    options = parser.parse_args()
    modules = os.path.join(ROOT, "node", "console", "node_modules", "playwright-core")
    if shutil.which("chromium") is None or shutil.which("node") is None or not os.path.isdir(modules):
        print(f"{name}: needs node, chromium and npm ci in node/console")
        return 1 if os.environ.get("TERRACE_ALL_TESTS") else SKIPPED
    base = tempfile.mkdtemp(prefix=f"terrace-{name}-")
    try:
        return run(os.path.abspath(options.build), options.only, base)
    finally:
        if not options.keep:
            shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
