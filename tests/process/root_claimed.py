"""root_claimed - the region went on in its tree behind what its cities hold (init --root --recover), and somebody else says
that he is the region: without the trust key, in a tree of his own; and with all that the former machine had, its keys and
its store, but for the trust key. Both stand where the region stood, and each asks a city to come to him, by its link and
by a token. Each city refuses, says why, and goes on. Who became an admin with the recovery makes persons with the other
one, and not alone; whoever was one before makes nobody.

    python3 tests/process/root_claimed.py --build build
"""
import json
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from empty_disk import awaited, read_listen  # noqa: E402
from kill_and_cut import Office, document  # noqa: E402
from restored import digest_of, need  # noqa: E402
from root_lost import ADMINS, CITY, OTHER, ROOT, all_agrees, come_back, safe  # noqa: E402


STANDS_S = 10  # a place that does not answer is left after 3 s (node/daemon/dialling.c)


def parent_of(node):
    """How the node's link to the region stands."""
    return next(peer for peer in node.status()["peers"] if peer["division"] == ROOT)


def linked(node):
    trees.wait_until(lambda: parent_of(node)["state"] == "live", trees.PATIENCE_S, f"{node.division} to reach the region")


def comes_to_nobody(office, what):
    """He listens where the region did. The city tries each place that it knows, and goes on without any."""
    before = len(office.node.events())
    office.ensure(office.payments())
    end = time.monotonic() + STANDS_S  # as long as several tries take: nothing may come of any
    while time.monotonic() < end:
        need(parent_of(office.node)["state"] != "live", f"{what}: {office.node.division} took him for the region")
        time.sleep(0.2)
    met = [e for e in office.node.events()[before:] if e["event"] == "peer.state" and e.get("to") == "live"]
    need(not met, f"{what}: {office.node.division} was linked to him: {met}")
    office.ensure(office.payments())


def asked_by_token(claimant, office, what, words, *invite):
    """The token is good at whoever made it. The city says who that is, and its home stays as it was."""
    node = office.node
    token = json.loads(claimant.run("--json", "invite", node.division, *invite, check=False)[1])["token"]
    held = read_home(node)
    node.end()
    for language, sentence in words.items():
        code, out, err = node.run("--lang", language, "join", token, check=False)
        need(code == 1 and sentence in err, f"{what}: {node.division} joined him: exit {code}: {out}{err}")
        need(read_home(node) == held, f"{what}: the home is another")
    code, out, err = node.run("--lang", "en", "join", token, "--recover", check=False)
    need(code == 1, f"{what}: {node.division} went on below him: exit {code}: {out}{err}")
    node.start()


def read_home(node):
    held = []
    for name in ("config.yaml", "grants"):
        with open(os.path.join(node.home, name), "rb") as file:
            held.append(file.read())
    return held


def two_admins(root):
    """Who came with the recovery: each alone makes nobody, both do."""
    env = root.tree.env
    root.tree.env = dict(env, TERRACE_NEW_PASSWORD="known-to-her-alone", TERRACE_SECOND_PASSWORD=env["TERRACE_PASSWORD"])
    add = ("--lang", "en", "--as", ADMINS[0], "user", "add", "次仁", "--role", "maker")
    code, out, err = root.run(*add, check=False)
    need("waits for a second admin" in out + err, f"one alone: exit {code}: {out}{err}")
    need("次仁" not in {row["name"] for row in root.json("user", "list")["rows"]}, "one admin alone made a person")
    root.run("--as", ADMINS[0], "user", "add", "平措", "--role", "maker", "--with", ADMINS[1])
    need("平措" in {row["name"] for row in root.json("user", "list")["rows"]}, "two admins did not make a person")
    root.tree.env = env


def recovers(root, trust, copies, held):
    made = root.json("init", "--root", "--recover", "--key", trust, "--yes", "--admin", ADMINS[0], "--admin", ADMINS[1],
                     "--approval", "none", "--listen", held["listen"], "--enrol", held["enrol"], *copies)
    need(made["epoch"] == 2, f"{made}")
    root.start()
    trees.wait_until(lambda: awaited(root) == [CITY, OTHER], trees.PATIENCE_S, "the region waits for its cities")
    come_back(root, root.tree[CITY], root.tree[OTHER])
    trees.wait_until(lambda: digest_of(root) is not None, trees.PATIENCE_S, "the region is whole")
    trees.wait_until(lambda: {row["name"] for row in root.json("user", "list")["rows"]} >= set(ADMINS), trees.PATIENCE_S,
                     "the recovery's admins are entered")


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    others = []
    try:
        root = tree.init_root(ROOT, "西藏自治区")
        tree.join(ROOT, CITY, "拉萨市")
        tree.join(ROOT, OTHER, "日喀则市")
        offices = region, city, other = [Office(tree[c], i) for i, c in enumerate((ROOT, CITY, OTHER))]
        region.below, city.below, city.issuers, other.issuers = [city, other], [], [region], [region]
        for office in offices:
            office.prepare()
        region.ensure(region.transfers())
        tree.wait_equal_digests()
        with open(os.path.join(root.home, "config.yaml")) as config:
            text = config.read()
        held = {"listen": read_listen(root), "enrol": next(l.split('"')[1] for l in text.split("\n") if l.startswith("enrol:"))}
        trust = safe(root, base)
        root.end()
        former = trees.Node(tree, "former", "former", None)
        others.append(former)
        shutil.move(root.home, former.home)
        os.remove(os.path.join(former.home, "keys", "trust.key"))
        copies = [os.path.join(base, f"{code}.copy") for code in (CITY, OTHER)]
        for code, path in zip((CITY, OTHER), copies):
            tree[code].run("trust", "copy", path)

        thief = trees.Node(tree, "thief", "thief", None)
        others.append(thief)
        thief.run("init", "--root", "--division", ROOT, "--name", "西藏自治区", "--listen", held["listen"], "--enrol",
                  held["enrol"], "--approval", "none")
        thief.start()
        asked_by_token(thief, city, "another tree", {"en": "is of another tree", "zh": "属于另一棵树"}, "--name", "拉萨市")
        comes_to_nobody(city, "another tree")
        thief.end()

        recovers(root, trust, copies, held)
        two_admins(root)
        all_agrees(tree)
        root.end()
        former.start()
        comes_to_nobody(city, "the former machine")
        asked_by_token(former, city, "the former machine",
                       {"en": "this home knows epoch 2", "zh": "本目录已知第 2 任期"}, "--again")
        comes_to_nobody(city, "the former machine")
        former.end()
        root.start()
        for office in (city, other):
            linked(office.node)
        all_agrees(tree)
    except trees.Failed:
        for node in [*tree.nodes.values(), *others]:
            print(f"--- {node.division}\n{node.log_tail(2500) if os.path.exists(node.log_path) else str()}", file=sys.stderr)
        raise
    finally:
        for node in others:
            if node.process is not None:
                node.kill()
        tree.stop()
    print("root_claimed: who had not the trust key was the region to nobody")


if __name__ == "__main__":
    trees.run_test("root_claimed", prove)
