"""damages - one harm to one file of a city's home, between a region and a county that go on: a flipped bit, a
zeroed sector, a lost end, a file that is gone. Started again the city is as it was, by itself, where its disk or
its neighbours have what is missing; or it says which command mends it, and that one does. Never a wrong total
without a word, never a word about a document that is wrong, never a process that aborts.

    /usr/bin/python3 tests/process/damages.py --build build [--damages 60] [--seed 1] [--kind table.local]
"""
import argparse
import collections
import json
import os
import random
import re
import shutil
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from kill_and_cut import Office  # noqa: E402

ROOT, CITY, COUNTY = "540000", "540100", "540121"
SECTOR = 512
FAILURES_MAX = 3
FAMILIES = ("meta", "blocks", "heads", "cosign", "ledger", "rollups", "index", "local")
NOTES = ("damaged", "ended", "begun", "healed", "heals", "healing")


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def family_of(path):
    """Which space a table is of, as its properties say."""
    with open(path, "rb") as file:
        raw = file.read()
    found = re.findall(rb"column\.family\..{0,40}?(" + "|".join(FAMILIES + ("default",)).encode() + rb")", raw, re.S)
    return found[-1].decode() if found else "default"


def files_of(home):
    """Every file of a home by its kind: (kind, path). A kind that has none of its own yet is a path to be made."""
    store, kinds = os.path.join(home, "store"), collections.defaultdict(list)
    for name in sorted(os.listdir(store)):
        path = os.path.join(store, name)
        if name.endswith(".sst"):
            kinds["table." + family_of(path)].append(path)
        elif name.endswith(".log"):
            kinds["log"].append(path)
        elif name.startswith("MANIFEST-"):
            kinds["manifest"].append(path)
        elif name.startswith("OPTIONS-"):
            kinds["options"].append(path)
        elif name in ("CURRENT", "IDENTITY", "NOTED", "LOCK"):
            kinds[name.lower()].append(path)
    for name in ("identity.key", "curve.key"):
        kinds["key"].append(os.path.join(home, "keys", name))
    for name in ("cert.pem", "key.pem"):
        kinds["tls"].append(os.path.join(home, "tls", name))
    kinds["config"].append(os.path.join(home, "config.yaml"))
    kinds["grants"].append(os.path.join(home, "grants"))
    kinds["lock of the home"].append(os.path.join(home, "lock"))
    kinds["note"] = [os.path.join(home, name) for name in NOTES]
    kinds["store"].append(store)
    return kinds


def harm(path, chance):
    """Does one thing to it; says what."""
    name = "/".join(path.split("/")[-2:])
    if os.path.isdir(path):
        shutil.rmtree(path)
        return f"{name} gone"
    if not os.path.exists(path):  # a note that nobody wrote
        with open(path, "wb") as file:
            file.write(chance.randbytes(chance.randrange(1, 80)))
        return f"{name} of random bytes"
    size = os.path.getsize(path)
    at, how = chance.randrange(max(size, 1)), chance.choice(["flip", "flip", "flip", "zero", "cut", "gone"])
    if how == "gone":
        os.unlink(path)
        return f"{name} gone"
    with open(path, "r+b") as file:
        if how == "cut" or size == 0:
            file.truncate(at)
        else:
            file.seek(at)
            old = file.read(1 if how == "flip" else SECTOR)
            file.seek(at)
            file.write(bytes([old[0] ^ 1 << chance.randrange(8)]) if how == "flip" else bytes(len(old)))
    return f"{name} {how} at {at} of {size}"


# --- what a node says ---

def ends_well(node):
    """It may have ended by itself: never by a signal."""
    code = node.process.poll()
    need(code is None or code >= 0, f"it was ended by signal {code}:\n{node.log_tail()}")
    return code


def starts(node):
    """False: it would not, and said why."""
    try:
        node.start()
    except trees.Failed:
        if node.process is None or node.process.poll() is None:
            raise
        need(ends_well(node) in (2, 5, 6), f"it ended with {node.process.returncode}")
        node.process = None
        return False
    return True


def asks(node, *args):
    """(exit code, JSON or None): a node that is just beginning anew answers nothing."""
    code, out, _ = node.run("--json", *args, check=False)
    try:
        return code, json.loads(out)
    except json.JSONDecodeError:
        return code, None


def figures(node, truth):
    """What it says without a word of damage is as it was. False: it says that it does not know yet."""
    code, answer = asks(node, "balance")
    if code != 0 or answer is None or "damaged" in answer:
        need(code != 0, "a word of damage, and exit code 0")
        return False
    need(answer["rows"] == truth["rows"], "a wrong total")
    code, answer = asks(node, "digest")
    if code != 0 or answer is None or "damaged" in answer:
        return False
    need((answer["lsn"], answer["digest"]) == truth["digest"] or answer["lsn"] > truth["digest"][0],
         f"a wrong digest: {answer} instead of {truth['digest']}")
    return True


def ask_again(node, documents):
    """Submits what is there already; no answer is fine from a node that stops, a lie is not."""
    text = "\n".join(json.dumps(d, ensure_ascii=False) for d in documents).encode()
    _, out, _ = node.run("submit", "-", stdin=text, check=False)
    for line in out.splitlines():
        said = json.loads(line)
        need(said["status"] == "exists" or said.get("reason") == "store_failed"
             or said.get("status") not in ("accepted", "refused"), f"a wrong word about a document that is there: {said}")


def is_whole(node, truth):
    """Nothing of the damage is left: figures, children, links, and it takes documents."""
    need(ends_well(node) is None, f"it ended with {node.process.returncode}:\n{node.log_tail()}")
    if os.path.exists(os.path.join(node.home, "damaged")) or os.path.exists(os.path.join(node.home, "resync")):
        figures(node, truth)
        return False
    code, status = asks(node, "status")
    return (code == 0 and status is not None and figures(node, truth)
            and "store_damaged" not in {alarm["code"] for alarm in status["alarms"]}
            and all(peer["state"] == "live" for peer in status["peers"]))


# --- one damage ---

class Round:
    def __init__(self, tree, truth, office, kind, what):
        self.tree, self.node, self.truth = tree, tree[CITY], truth
        self.office, self.kind, self.what = office, kind, what

    def by_itself(self):
        """It is looked through once, as a scrub does in its time, and then has to be whole."""
        node = self.node
        figures(node, self.truth)
        node.run("verify", "--deep", check=False)
        ask_again(node, self.office)
        trees.wait_within(lambda: is_whole(node, self.truth), 120, f"{self.what} to be mended", step=0.2)
        return self.looked_through()

    def looked_through(self):
        """What verify finds may lead to another start: it holds in the end."""
        def sound():
            code, said = asks(self.node, "verify", "--deep")
            return code == 0 and said is not None and said["ok"] and is_whole(self.node, self.truth)
        trees.wait_within(sound, 120, f"{self.what}: a deep look that finds nothing", step=0.3)
        return True

    def by_command(self, good):
        """It says what to do, by name, and that does it."""
        node = self.node
        code, out, _ = node.run("--json", "doctor", check=False)
        rows = json.loads(out).get("rows", []) if out.startswith("{") else []
        errors = [row for row in rows if row["state"] in ("error", "critical", "warning") and row["cure"]]
        words = json.dumps(errors, ensure_ascii=False) + node.log_tail(2000)
        need(code == 1 and errors, f"doctor names no cure: exit {code}: {out[-600:]}\n{node.log_tail(1500)}")
        if node.process is not None:
            node.end()
        if self.kind == "tls":
            need("rm " in words, f"no command: {words}")
            for name in ("cert.pem", "key.pem"):
                path = os.path.join(node.home, "tls", name)
                if os.path.exists(path):
                    os.unlink(path)
        else:
            need("ut back" in words or "--check" in words or "parent" in words or "config" in words,
                 f"no command: {words}")
            part = {"key": "keys", "config": "config.yaml"}.get(self.kind)
            need(part is not None, f"a {self.kind} needs a person: {words}")
            whole = os.path.join(node.home, part)
            (shutil.rmtree if os.path.isdir(whole) else os.unlink)(whole) if os.path.exists(whole) else None
            (shutil.copytree if os.path.isdir(os.path.join(good, part)) else shutil.copy2)(os.path.join(good, part), whole)
        need(starts(node), f"its cure did not help:\n{node.log_tail()}")
        return self.by_itself()

    def run(self, good):
        """"alone", "command"; what is neither is a failure."""
        node = self.node
        if not starts(node):
            need(self.kind in ("key", "config", "tls"), f"it would not start:\n{node.log_tail()}")
            self.by_command(good)
            return "command"
        if self.kind in ("config", "tls", "key"):
            try:
                trees.wait_within(lambda: is_whole(node, self.truth), 20, "its links")
            except trees.Failed:
                self.by_command(good)
                return "command"
        self.by_itself()
        return "alone"


# --- the test ---

def copy_home(home, to):
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(home, to, ignore=shutil.ignore_patterns("store.aside-*", "terrace.sock", "healed", "heals"))


def truth_of(node):
    digest = node.digest()
    return dict(rows=node.json("balance")["rows"], digest=(digest["lsn"], digest["digest"]))


def keep_its_ports(node):
    """The port that `join` has found free may be an outgoing connection's while the node does not listen."""
    path = os.path.join(node.home, "config.yaml")
    node.end()
    with open(path) as config:
        text = config.read()
    with open(path, "w") as config:
        config.write(re.sub(r"(?m)^enrol: .*$", f'enrol: "tcp://127.0.0.1:{trees.free_port()}"', text))
    node.start()


def redial_soon(node):
    node.limit(reconnect_ms_max=300)
    node.end()
    node.start()


def prepare(tree):
    """A city with tables of each space and a log: a start moves what the log held into tables."""
    tree.init_root(ROOT, "西藏自治区")
    tree.join(ROOT, CITY, "拉萨市")
    tree.join(CITY, COUNTY, "林周县")
    city, county = tree[CITY], tree[COUNTY]
    keep_its_ports(city)
    city.open_tls()
    redial_soon(city)
    redial_soon(county)
    office = Office(city, 1)
    office.prepare()
    Office(county, 2).prepare()
    for _ in range(3):
        for _ in range(6):
            office.submit(office.payments())
        city.end()
        city.start()
    for _ in range(4):
        office.submit(office.payments())
    tree.wait_equal_digests()
    trees.wait_until(lambda: all(peer["state"] == "live" for peer in city.status()["peers"]), 60, "the links")
    return office


def plan(kinds, count, chance, only):
    """At least one damage of each kind, and more of those that have most files."""
    names = sorted(kind for kind in kinds if kinds[kind] and (only is None or kind == only))
    weights = [4 if name.startswith("table.") else 2 if name in ("log", "manifest", "current", "note") else 1
               for name in names]
    chosen = names[:count] + chance.choices(names, weights, k=max(0, count - len(names)))
    chance.shuffle(chosen)
    return chosen


def has_other_keys(home, good):
    def key(at):
        with open(os.path.join(at, "keys", "identity.key"), "rb") as file:
            return file.read()
    return key(home) != key(good)


def print_table(table):
    columns = ("alone", "command", "refused")
    print(f"{'kind':20} {'damages':>8} " + " ".join(f"{name:>8}" for name in columns))
    for kind in sorted(table):
        row = table[kind]
        print(f"{kind:20} {sum(row.values()):8} " + " ".join(f"{row[name]:8}" for name in columns))
    total = {name: sum(row[name] for row in table.values()) for name in columns}
    print(f"{'all':20} {sum(total.values()):8} " + " ".join(f"{total[name]:8}" for name in columns))


def damages(tree, args, chance):
    office = prepare(tree)
    city, failures = tree[CITY], []
    city.end()
    good = city.home + ".good"
    copy_home(city.home, good)
    table = collections.defaultdict(collections.Counter)
    for number, kind in enumerate(plan(files_of(good), args.damages, chance, args.kind)):
        if len(failures) >= FAILURES_MAX:
            break
        copy_home(good, city.home)
        what = "nothing yet"
        try:
            need(starts(city), "the sound copy does not start")
            trees.wait_until(lambda: all(peer["state"] == "live" for peer in city.status()["peers"]), 60, "the links")
            truth = truth_of(city)
            city.end()
            copy_home(city.home, good)
            files = files_of(city.home)
            what = f"{number} ({kind}): " + harm(chance.choice(files[kind] or files["log"]), chance)
            documents = chance.sample(list(office.acknowledged.values()), 20)
            outcome = Round(tree, truth, documents, kind, what).run(good)
            if has_other_keys(city.home, good):  # the former ones are revoked: what follows begins with these
                city.end()
                copy_home(city.home, good)
        except trees.Failed as failed:
            outcome = "refused"
            failures.append(f"{what}: {failed}")
            if args.verbose:
                print(f"FAILED {what}: {failed}", file=sys.stderr, flush=True)
        if args.verbose:
            print(f"{outcome:8} {what}", flush=True)
        table[kind][outcome] += 1
        if city.process is not None:
            city.kill()
    print_table(table)
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--damages", type=int, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--kind")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-damages-") as base:
        tree = trees.Tree(os.path.join(base, "tree"), build=args.build)
        try:
            failures = damages(tree, args, random.Random(args.seed))
        finally:
            tree.stop()
    for failure in failures:
        print(f"damages: seed {args.seed}: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
