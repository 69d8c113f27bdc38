"""storm - the pilot tree as five real daemons under load, links cut and nodes killed again and
again; then every level must agree and nothing acknowledged may be missing or doubled.

    python3 tests/process/storm.py --build build [--seconds 25] [--seed 1]
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from relay import Relay  # noqa: E402

YEAR = "2026"
BATCH = 40


def document(kind, ident, **fields):
    return dict(kind=kind, id=ident, fiscal_year=YEAR, **fields)


class Office(threading.Thread):
    """Submits documents to one node until told to stop, and again until each has an answer."""

    def __init__(self, node, seed):
        super().__init__(daemon=True)
        self.node, self.random = node, random.Random(seed)
        self.stopping = False
        self.acknowledged = {}   # id -> document
        self.waiting = {}        # id -> document without an answer
        self.refused = 0
        self.retries = 0
        self.number = 0
        self.fault = None

    def submit(self, documents):
        """One attempt; what got no answer stays in waiting."""
        for d in documents:
            self.waiting[d["id"]] = d
        text = "\n".join(json.dumps(d, ensure_ascii=False) for d in documents).encode()
        code, out, _ = self.node.run("submit", "-", stdin=text, check=False)
        for line in out.splitlines():
            answer = json.loads(line)
            d = self.waiting.pop(answer["id"], None)
            if d is None:
                continue
            if answer["status"] in ("accepted", "exists"):
                self.acknowledged[d["id"]] = d
            else:
                self.refused += 1
                self.fault = self.fault or f"{answer}"
        return code

    def ensure(self, documents, seconds=120):
        end = time.monotonic() + seconds
        unanswered = documents
        while unanswered:
            self.submit(unanswered)
            unanswered = list(self.waiting.values())
            if unanswered and time.monotonic() > end:
                raise trees.Failed(f"{self.node.division} never answered {len(unanswered)} documents")

    def prepare(self):
        self.ensure([document("agency", "A1", agency_code="105001", agency_name="教育局"),
                     document("budget", "BG1", stage="reply", fund_type_code="111",
                              amount="900000000.00", approval_ref="人大〔2026〕1号")])
        self.ensure([document("allocate", f"AL{i}", ori_bgt_id="BG1", agency_code="105001",
                              amount="50000000.00") for i in range(8)])
        self.ensure([document("release", f"RL{i}", bgt_id=f"AL{i}", cor_bgt_doc_no="财预〔2026〕1号")
                     for i in range(8)])

    def payments(self):
        documents = []
        for _ in range(BATCH):
            self.number += 1
            fen = self.random.randrange(1, 100000)
            documents.append(document(
                "payment", f"P{self.number:06d}", bgt_id=f"AL{self.number % 8}",
                pay_app_amt=f"{fen // 100}.{fen % 100:02d}", payee_acct_name="强嘎合作社",
                payee_acct_no="62280001", payee_acct_bank_name="农业银行", use_des="办公用品"))
        return documents

    def run(self):
        while not self.stopping:
            if self.waiting:
                self.retries += 1
                self.submit(list(self.waiting.values()))
            else:
                self.submit(self.payments())

    def submit_again(self):
        """Every acknowledged document once more: all must be there already."""
        lines, documents = [], list(self.acknowledged.values())
        for at in range(0, len(documents), 1000):
            text = "\n".join(json.dumps(d, ensure_ascii=False) for d in documents[at:at + 1000]).encode()
            lines += [json.loads(line) for line in self.node.run("submit", "-", stdin=text)[1].splitlines()]
        return lines


def paid_for(node, division):
    rows = node.json("balance", "--division", division)["rows"]
    cents = lambda text: int(text.replace(".", ""))
    return sum(cents(row["balance"]) for row in rows if row["account"] == "COMMIT")


def storm(tree, relays, seconds, seed):
    chance = random.Random(seed)
    offices = [Office(node, seed + i) for i, node in enumerate(tree.nodes.values())]
    for office in offices:
        office.prepare()
    for office in offices:
        office.start()
    kills = cuts = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if chance.random() < 0.5:
            node = chance.choice(list(tree.nodes.values()))
            node.kill()
            kills += 1
            node.start()
        else:
            relay = chance.choice(relays)
            relay.cut()
            cuts += 1
            trees.wait_until(lambda at=time.monotonic() + chance.uniform(0.1, 1.5):
                             time.monotonic() > at, 10, "the cut to last")
            relay.heal()
    for relay in relays:
        relay.heal()
    for office in offices:
        office.stopping = True
    for office in offices:
        office.join(60)
        office.ensure(list(office.waiting.values()))
    return offices, kills, cuts


def check(tree, offices):
    tree.wait_equal_digests(90)
    for office in offices:
        if office.fault:
            raise trees.Failed(f"{office.node.division} refused: {office.fault}")
        division = office.node.division
        want = sum(int(d["pay_app_amt"].replace(".", "")) for d in office.acknowledged.values()
                   if d["kind"] == "payment")
        for holder in [division] + tree.above(division):
            have = paid_for(tree[holder], division)
            if have != want:
                raise trees.Failed(f"{division} at {holder}: {have} fen committed, {want} acknowledged")
        lines = office.submit_again()
        if any(line["status"] != "exists" for line in lines):
            raise trees.Failed(f"{division}: an acknowledged document is not there any more")
        tree[division].run("verify", "--deep")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--seconds", type=float, default=25)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-storm-") as base:
        tree = trees.Tree(os.path.join(base, "tree"), build=args.build)
        relays = []
        try:
            for division, name, parent in trees.PILOT:
                if parent is None:
                    tree.init_root(division, name)
                else:
                    tree.join(parent, division, name, relays=relays)
            offices, kills, cuts = storm(tree, relays, args.seconds, args.seed)
            check(tree, offices)
        except trees.Failed as failed:
            print(f"storm: seed {args.seed}: {failed}", file=sys.stderr)
            for node in tree.nodes.values():
                print(f"--- {node.division}\n{node.log_tail(1500)}", file=sys.stderr)
            return 1
        finally:
            tree.stop()
    total = sum(len(o.acknowledged) for o in offices)
    retries = sum(o.retries for o in offices)
    if kills < 3 or cuts < 3 or total < 500:
        print(f"storm: too little happened: {kills} kills, {cuts} cuts, {total} documents", file=sys.stderr)
        return 1
    print(f"storm: seed {args.seed}: {kills} kills, {cuts} cuts, {total} documents acknowledged, "
          f"{retries} posts repeated: every level agrees, nothing lost or doubled")
    return 0


if __name__ == "__main__":
    sys.exit(main())
