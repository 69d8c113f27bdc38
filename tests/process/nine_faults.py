"""nine_faults - each of nine faults is put into a region, a city and a county of real nodes; the first screen of
`status`, of `doctor` and of `status --tree`, at the node itself and at the region, names the fault and its cure, in
English and in Chinese.

    python3 tests/process/nine_faults.py --build build [--only NAME]
"""
import argparse
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

REGION, CITY, COUNTY = "540000", "540100", "540121"
SCREEN_LINES = 24
PATIENCE_S = trees.PATIENCE_S


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


# --- what an operator sees ---

def screen(node, *command, lang="en", env=None):
    """The first lines of what a command says, on whichever stream."""
    done = subprocess.run([node.tree.bin("terrace"), "--home", node.home, "--lang", lang, *command],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(node.tree.env, **(env or {})))
    return "\n".join(done.stdout.decode().splitlines()[:SCREEN_LINES])


def shows(node, command, words, lang="en", env=None):
    """Waits until all of these words stand on the first screen of the command."""
    last = ""

    def all_there():
        nonlocal last
        last = screen(node, *command.split(), lang=lang, env=env)
        return all(re.search(word, last) for word in words)
    try:
        trees.wait_until(all_there, PATIENCE_S, "", step=0.3)
    except trees.Failed:
        missing = [word for word in words if not re.search(word, last)]
        raise trees.Failed(f"{node.division}: `{command}` ({lang}) does not say {missing}:\n{last}") from None


class Case:
    """What must be seen: for each place the words of `status`, `doctor` and `status --tree`."""

    def __init__(self, node, region):
        self.node, self.region = node, region

    def here(self, status, doctor, zh=None, env=None):
        for command in ("status", "status --tree"):
            shows(self.node, command, status, env=env)
        shows(self.node, "doctor", doctor, env=env)
        if zh:
            shows(self.node, "status", zh, lang="zh", env=env)

    def above(self, *words, zh=None):
        for command in ("status", "doctor", "status --tree"):
            shows(self.region, command, words)
        if zh:
            shows(self.region, "status", zh, lang="zh")


# --- small tools ---

def edit(node, pattern, text):
    path = os.path.join(node.home, "config.yaml")
    with open(path) as old:
        whole, count = re.subn(pattern, text, old.read())
    need(count == 1, f"{pattern} stands {count} times in {path}")
    with open(path, "w") as new:
        new.write(whole)


@contextlib.contextmanager
def shifted(tree, seconds):
    """What starts meanwhile has its wall clock so far ahead."""
    plain, tree.env = tree.env, dict(tree.env, CLOCK_SHIFT_S=str(seconds), LD_PRELOAD=trees.preloadable(
        tree.base, os.path.join(tree.build, "lib", "clock_shift.so")))
    yield
    tree.env = plain


def fails_to_start(node, code, env=None):
    """Starts it, and waits until it has ended by itself."""
    with open(node.log_path, "ab") as log:
        done = subprocess.run([node.tree.bin("terraced"), "--home", node.home], stdin=subprocess.DEVNULL, stdout=log,
                              stderr=log, env=dict(node.tree.env, **(env or {})), timeout=PATIENCE_S)
    need(done.returncode == code, f"{node.division} ended with {done.returncode}, not {code}:\n{node.log_tail()}")


def quiet(region):
    """All is well again: nothing left on the screen that the next fault could be mistaken for."""
    shows(region, "status --tree", ["All 2 divisions below are well"])


# --- the nine ---

def city_killed(tree, relay):
    city, region = tree[CITY], tree[REGION]
    city.kill()
    case = Case(city, region)
    case.here(["No node answers", f"terraced --home {re.escape(city.home)}"],
              ["not running", f"terraced --home {re.escape(city.home)}"], zh=["没有运行中的节点", "启动"])
    case.above(CITY, "Cut from 540000", f"systemctl status terraced@{CITY}", zh=[CITY, "断开"])
    city.start()


def clock_off(tree, relay):
    city, region = tree[CITY], tree[REGION]
    city.end()
    with shifted(tree, 30 * 86400):
        city.start()
    case = Case(city, region)
    case.here(["clock", "NTP|set-ntp"], ["clock", "NTP|set-ntp|chrony"], zh=["时钟"])
    case.above(CITY, "clock", "NTP|set-ntp", zh=["时钟"])
    city.end()
    city.start()


def disk_full(tree, relay):
    city, region = tree[CITY], tree[REGION]
    space = os.statvfs(city.home)
    city.end()
    edit(city, r"(?m)^# disk_floor_bytes:.*$", f"disk_floor_bytes: {2 * space.f_bavail * space.f_frsize}")
    city.start()
    case = Case(city, region)
    case.here(["MiB are free", "space"], ["MiB are free", "space"], zh=["MiB", "磁盘"])
    case.above(CITY, "disk is full", "free some space", zh=[CITY, "磁盘"])
    city.end()
    edit(city, r"(?m)^disk_floor_bytes:.*$", "# disk_floor_bytes: 268435456")
    city.start()


def wrong_passphrase(tree, relay):
    city, region = tree[CITY], tree[REGION]
    city.end()
    fails_to_start(city, 6, env={"TERRACE_PASSPHRASE": "not-the-one-it-was"})
    case = Case(city, region)
    case.here(["cannot be opened", "passphrase"], ["cannot be opened", "last run ended", "passphrase"], zh=["口令"])
    case.above(CITY, "Cut from 540000", "terrace doctor")
    city.start()


def port_in_use(tree, relay):
    city, region = tree[CITY], tree[REGION]
    city.end()
    with open(os.path.join(city.home, "config.yaml")) as config:
        port = int(re.search(r'(?m)^listen: "tcp://127\.0\.0\.1:(\d+)"', config.read()).group(1))
    with socket.create_server(("127.0.0.1", port)):
        fails_to_start(city, 5)
        case = Case(city, region)
        case.here([str(port), "in use by another program", "another address"], [str(port), "another"],
                  zh=[str(port), "占用"])
        case.above(CITY, "Cut from 540000", "terrace doctor")
    city.start()


def file_gone(tree, relay):
    city, region = tree[CITY], tree[REGION]
    city.end()
    for name, code in (("keys", 6), ("keys/identity.key", 6), ("config.yaml", 2)):
        path = os.path.join(city.home, name)
        os.rename(path, path + ".aside")
        fails_to_start(city, code)
        case = Case(city, region)
        case.here([re.escape(path), "missing", "copy"], [re.escape(path), f"copy of {os.path.dirname(path)}", "ls -l"],
                  zh=[re.escape(path), "缺少"])
        case.above(CITY, "Cut from 540000", "terrace doctor")
        os.rename(path + ".aside", path)
    os.remove(os.path.join(city.home, "grants"))  # the store has them, too
    city.start()
    need(os.path.exists(os.path.join(city.home, "grants")), "the grants were not made again")


def refused(region, home, token, division, words):
    """Joins with a token that is no good; what is said there, and at the region."""
    node = trees.Node(region.tree, home, "日喀则市", region)
    code, out, err = node.run("join", token, "--approval", "none", check=False)
    need(code == 1 and re.search(words, err) and "invite" in err, f"a spent token: exit {code}: {out}{err}")
    for command in ("status", "doctor", "status --tree"):
        shows(node, command, ["No node lives", "terrace join", f"join of {division}", words, f"invite {division}"])
    shows(node, "status", [f"{division} 加入", "令牌"], lang="zh")
    for command in ("status", "doctor"):
        shows(region, command, [division, words, "terrace invite"])
    shows(region, "status", [division, "令牌"], lang="zh")


def token_spent(tree, relay):
    """Used: by another machine. Expired: a day passes at once for the region."""
    region = tree[REGION]
    used, late = (region.json("invite", division, "--name", "日喀则市")["token"] for division in ("540200", "540300"))
    trees.Node(tree, "540200", "日喀则市", region).run("join", used, "--approval", "none")
    refused(region, "540200-again", used, "540200", "used")
    region.end()
    with shifted(tree, 24 * 3600 + 10):
        region.start()
    refused(region, "540300-late", late, "540300", "expired")
    shows(region, "status --tree", ["540300", "never came; its token expired", "terrace invite 540300"])
    shows(region, "status --tree", ["540300", "未曾加入"], lang="zh")
    again = region.json("invite", "540300", "--name", "日喀则市")["token"]
    shows(region, "status --tree", ["540300", "has not come yet; its token is good until", "terrace join TOKEN"])
    node = trees.Node(tree, "540300-late", "日喀则市", region)
    node.run("join", again, "--approval", "none")  # in the very home in which the first was refused
    need("540300" not in [row["division"] for row in region.json("status", "--tree")["invited"]], "it came")
    code, _, err = node.run("status", check=False)
    need(code == 3 and "refused" not in err, f"what was mended is told no more: {err}")


def link_cut(tree, relay):
    city, region = tree[CITY], tree[REGION]
    relay.cut()
    case = Case(city, region)
    case.here([REGION, "Cut from|not heard|cut from", "network|doctor"], [REGION, "network"], zh=[REGION])
    case.above(CITY, "Cut from 540000", "network", zh=[CITY, "断开"])
    relay.heal()


def table_corrupted(tree, relay):
    city, region = tree[CITY], tree[REGION]
    city.end()
    shutil.copytree(city.home, city.home + ".good")
    store = os.path.join(city.home, "store")
    for name in os.listdir(store):
        if name.endswith(".sst"):
            with open(os.path.join(store, name), "r+b") as file:
                file.truncate(os.path.getsize(file.name) // 2)
    city.start()  # it makes its store anew, and has it all from its neighbours
    trees.wait_until(lambda: city.run("status", check=False)[0] == 0, PATIENCE_S, "the city to be whole again")
    shows(city, "doctor", ["made anew", "store.aside"])
    shows(city, "doctor", ["重建"], lang="zh")
    city.end()
    shutil.rmtree(city.home)
    os.rename(city.home + ".good", city.home)
    city.start()


FAULTS = [city_killed, disk_full, wrong_passphrase, port_in_use, file_gone, link_cut, clock_off, token_spent,
          table_corrupted]  # the last: what it took of the chain of accesses is alarmed above for good
# What a node said from a month ahead counts for a while as its newest word, and these do not depend on that.
NEEDS_NO_QUIET = [token_spent, table_corrupted]


def write_something(node):
    """So that the store has tables: a start moves what the log held into them."""
    lines = "\n".join(f'{{"kind":"agency","id":"A{i}","fiscal_year":"2026","agency_code":"{100 + i}",'
                      f'"agency_name":"财政局"}}' for i in range(200))
    node.run("submit", "-", stdin=lines.encode())
    node.end()
    node.start()


def prove(base, build, only):
    tree, relays = trees.Tree(os.path.join(base, "tree"), build=build), []
    try:
        region = tree.init_root(REGION, "西藏自治区")
        tree.join(REGION, CITY, "拉萨市", relays)
        tree.join(CITY, COUNTY, "林周县")
        write_something(tree[CITY])
        for fault in FAULTS:
            if only in (None, fault.__name__):
                if fault not in NEEDS_NO_QUIET:
                    quiet(region)
                fault(tree, relays[0])
                print(f"  {fault.__name__}")
    except trees.Failed:
        for node in tree.nodes.values():
            print(f"--- {node.division}\n{node.log_tail(1500)}", file=sys.stderr)
        raise
    finally:
        tree.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--only", help="one of " + " ".join(fault.__name__ for fault in FAULTS))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-faults-") as base:
        try:
            prove(base, os.path.abspath(args.build), args.only)
        except trees.Failed as failed:
            print(f"nine_faults: {failed}", file=sys.stderr)
            return 1
    print(f"nine_faults: each of {len(FAULTS)} is named with its cure, at the node and at the region")
    return 0


if __name__ == "__main__":
    sys.exit(main())
