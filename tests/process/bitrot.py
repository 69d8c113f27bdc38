"""bitrot - a bit flips, a sector is zeroed or the end is lost in one file of a stopped node's
store. Started again it says so, or is as it was: never a wrong total, never a wrong word about a
document.

    python3 tests/process/bitrot.py --build build [--rounds 40] [--seed 1]
"""
import argparse
import collections
import json
import os
import random
import shutil
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from kill_and_cut import Office  # noqa: E402

ROOT = "540000"
SECTOR = 512
KINDS = {"table": lambda name: name.endswith(".sst"),
         "log": lambda name: name.endswith(".log"),
         "manifest": lambda name: name.startswith("MANIFEST-"),
         "note": lambda name: name == "NOTED",
         "current": lambda name: name == "CURRENT",
         "options": lambda name: name.startswith("OPTIONS-")}
CHOICE = ["table"] * 6 + ["log"] * 2 + ["manifest"] * 2 + ["note", "current", "options"]


def damage(store, chance):
    """Harms one file; its kind, and words that name the harm."""
    kind = chance.choice(CHOICE)
    names = [name for name in sorted(os.listdir(store)) if KINDS[kind](name)]
    path = os.path.join(store, chance.choice(names))
    size = os.path.getsize(path)
    at, how = chance.randrange(max(size, 1)), chance.choice(["flip", "flip", "zero", "cut"])
    with open(path, "r+b") as file:
        if how == "cut":
            file.truncate(at)
        elif size > 0:
            file.seek(at)
            old = file.read(1 if how == "flip" else SECTOR)
            file.seek(at)
            flipped = bytes([old[0] ^ 1 << chance.randrange(8)])
            file.write(flipped if how == "flip" else bytes(len(old)))
    return kind, f"{how} at {at} of {size} in {os.path.basename(path)}"


def tail_is_gone(node, lsn):
    """A log cut at its end opens with less, as after a power cut; only a neighbour can tell."""
    return node.status()["lsn"] < lsn


def starts(node):
    """False: it would not, and said why."""
    try:
        node.start()
    except trees.Failed:
        code, node.process = node.process.poll(), None
        if code != 5:
            raise trees.Failed(f"it ended with {code} instead of 5:\n{node.log_tail()}")
        return False
    return True


def ask_again(node, documents):
    """Submits what is there already; no answer is fine from a node that stops, a lie is not."""
    text = "\n".join(json.dumps(d, ensure_ascii=False) for d in documents).encode()
    _, out, _ = node.run("submit", "-", stdin=text, check=False)
    lines = [json.loads(line) for line in out.splitlines()]
    wrong = [line for line in lines
             if line["status"] != "exists" and line.get("reason") != "store_failed"]
    if wrong:
        raise trees.Failed(f"a wrong word about a document that is there: {wrong[0]}")


def read_only(node, documents):
    """It stopped at the damage. Started again it says so, and takes nothing new."""
    code, node.process = node.process.wait(timeout=trees.PATIENCE_S), None
    if code != 5:
        raise trees.Failed(f"it ended with {code} instead of 5:\n{node.log_tail()}")
    if not starts(node):
        return "shut"
    code, out, _ = node.run("--json", "balance", check=False)
    if code not in (4, 5) or (code == 4 and "damaged" not in json.loads(out)):
        raise trees.Failed(f"figures of a damaged store, without a word: exit {code}: {out[:300]}")
    if not any(alarm["code"] == "store_damaged" for alarm in node.status()["alarms"]):
        raise trees.Failed("it stopped at damage and forgot it")
    new = json.dumps(dict(documents[0], id="NEW1"), ensure_ascii=False).encode()
    out = node.run("submit", "-", stdin=new, check=False)[1]
    if "accepted" in out:
        raise trees.Failed(f"a node with a damaged store wrote: {out}")
    return "read only"


def look(node, truth, documents):
    """What the harmed node says: "shut", "same", "less", "read only" or "said so"; a lie is a
    failure."""
    if not starts(node):
        return "shut"
    if tail_is_gone(node, truth["lsn"]):
        return "less"
    code, out, _ = node.run("--json", "balance", check=False)
    if code == 0 and json.loads(out)["rows"] != truth["rows"]:
        raise trees.Failed("a wrong total")
    code, out, _ = node.run("--json", "digest", check=False)
    if code == 0 and json.loads(out) != truth["digest"]:
        raise trees.Failed("a wrong digest")
    deep = node.run("verify", "--deep", check=False)[0]
    ask_again(node, documents)
    if os.path.exists(os.path.join(node.home, "damaged")):
        return read_only(node, documents)
    return "same" if deep == 0 else "said so"


def prepare(node, office):
    """A store with tables and a log: a start moves what the log held into tables."""
    office.prepare()
    for _ in range(40):
        office.submit(office.payments())
    node.end()
    node.start()
    for _ in range(5):
        office.submit(office.payments())
    truth = dict(lsn=node.status()["lsn"], rows=node.json("balance")["rows"], digest=node.digest())
    node.end()
    return truth


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    args = parser.parse_args()
    chance, seen = random.Random(args.seed), collections.Counter()
    with tempfile.TemporaryDirectory(prefix="terrace-bitrot-") as base:
        tree = trees.Tree(os.path.join(base, "tree"), build=args.build)
        what = "before any harm"
        try:
            node = tree.init_root(ROOT, "西藏自治区")
            office = Office(node, args.seed)
            truth = prepare(node, office)
            shutil.copytree(node.home, node.home + ".good")
            for _ in range(args.rounds):
                shutil.rmtree(node.home)
                shutil.copytree(node.home + ".good", node.home)
                kind, what = damage(os.path.join(node.home, "store"), chance)
                documents = chance.sample(list(office.acknowledged.values()), 50)
                seen[kind + ": " + look(node, truth, documents)] += 1
                node.kill()
        except trees.Failed as failed:
            print(f"bitrot: seed {args.seed}: {what}: {failed}", file=sys.stderr)
            return 1
        finally:
            tree.stop()
    print(f"bitrot: seed {args.seed}: {args.rounds} harms: "
          + ", ".join(f"{count} {words}" for words, count in sorted(seen.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
