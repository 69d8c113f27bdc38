"""kill_and_cut - the pilot tree as five real daemons under load, links cut and nodes killed again and
again: at any moment, and at named places on the way of a commit, a file and a frame (kill_points.c). Payments go up; money goes down too: upper offices issue transfers, and who receives one
registers it, or returns it. Then every level must agree, nothing acknowledged may be missing or
doubled, and of every transfer the two ends must have settled.

    python3 tests/process/kill_and_cut.py --build build [--seconds 25] [--kills 80] [--seed 1] [--daemon terraced]
"""
import argparse
import collections
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from relay import Relay  # noqa: E402

YEAR = "2026"
BATCH = 40
HARMS_LEAST = 3  # kills, and cuts
# Where a daemon is killed: before, and behind. A file's are those that a store under load and its start come by.
PLACES = [f"{act}.{side}" for act in (
    "turn.commit", "log.make", "log.write", "log.sync", "log.unlink", "table.make", "table.write", "table.sync",
    "manifest.make", "manifest.write", "manifest.sync", "manifest.unlink", "options.make", "options.write",
    "options.rename", "current.make", "current.write", "current.sync", "current.rename", "folder.sync", "frame.send",
    "socket.send", "door.open") for side in ("before", "behind")] + ["frame.take.behind"]
PLACES_LEAST = 30  # of them, where so many kills are asked for
OFTEN = ("turn.", "log.write.", "log.sync.", "frame.", "socket.")  # not in the start alone
PLACE_TIMES_MAX = 8
PLACE_S = 10  # a place that nobody has come by then may not come: the kill is one at any moment
LEAST = collections.Counter(payment=500, transfer=20, register=5)
LEAST["return"] = 1
LONGEST_S = 600  # until so much has happened, on a machine that is slow


def document(kind, ident, **fields):
    return dict(kind=kind, id=ident, fiscal_year=YEAR, **fields)


class Office(threading.Thread):
    """Submits documents to one node until told to stop, and again until each has an answer."""
    MAY_COME_LATER = ("register", "return")  # refused where what they are about did not arrive yet: said again

    def __init__(self, node, seed):
        super().__init__(daemon=True)
        self.below, self.issuers = [], []  # offices that transfers go to, and come from
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
        code, out, err = self.node.run("submit", "-", stdin=text, check=False)
        for line in filter(None, out.split("\n")):
            answer = self.answer_in(line, code, err)
            d = self.waiting.pop(answer["id"], None)
            if d is None:
                continue
            if answer["status"] in ("accepted", "exists"):
                self.acknowledged[d["id"]] = d
            elif answer.get("reason") == "disk_full":  # in the midst of a post: it is handed in again once there is room
                self.waiting[d["id"]] = d
            elif d["kind"] in self.MAY_COME_LATER:
                pass
            else:
                self.refused += 1
                self.fault = self.fault or f"{answer}"
        return code

    def answer_in(self, line, code, err):
        try:
            return json.loads(line)
        except ValueError:
            raise trees.Failed(f"submit at {self.node.division} said {line!r}, exit {code}: {err[-500:]}") from None

    def ensure(self, documents, seconds=2 * trees.PATIENCE_S):
        end = time.monotonic() + seconds
        unanswered = documents
        while unanswered:
            self.submit(unanswered)
            unanswered = list(self.waiting.values())
            if unanswered and time.monotonic() > end:
                raise trees.Failed(f"{self.node.division} never answered {len(unanswered)} "
                                   "documents")

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

    def transfers(self):
        """One to each office below."""
        documents = []
        for office in self.below:
            self.number += 1
            fen = self.random.randrange(1, 100000)
            documents.append(document(
                "transfer", f"T{self.number:06d}", ori_bgt_id="BG1", tra_type_code="general",
                rec_div_code=office.node.division, amount=f"{fen // 100}.{fen % 100:02d}",
                stage="formal", cor_bgt_doc_no="财指〔2026〕7号"))
        return documents

    def answers(self):
        """To transfers that were acknowledged to their issuer and not answered here. The answer to
        one is always the same, so that it may be asked again."""
        documents = []
        for issuer in self.issuers:
            for d in list(issuer.acknowledged.values()):
                code = issuer.node.division
                ident = f"R{code}-{d['id']}"
                if d["kind"] != "transfer" or d["rec_div_code"] != self.node.division or (
                        ident in self.acknowledged):
                    continue
                fields = dict(bgt_id=d["id"], ori_div_code=code)
                if int(d["id"][1:]) % 4 == 0:
                    documents.append(document("return", ident, reason="项目已取消", **fields))
                else:
                    documents.append(document("register", ident, **fields))
        return documents[:BATCH]

    def run(self):
        while not self.stopping:
            if self.waiting:
                self.retries += 1
                self.submit(list(self.waiting.values()))
            else:
                self.submit(self.payments() + self.transfers())
                answers = self.answers()
                if answers and not self.waiting and not self.stopping:
                    self.submit(answers)

    def submit_again(self):
        """Every acknowledged document once more: all must be there already."""
        lines, documents = [], list(self.acknowledged.values())
        for at in range(0, len(documents), 1000):
            text = "\n".join(json.dumps(d, ensure_ascii=False)
                             for d in documents[at:at + 1000]).encode()
            out = self.node.run("submit", "-", stdin=text)[1]
            lines += [json.loads(line) for line in out.splitlines()]
        return lines


def fen(text):
    return int(text.replace(".", ""))


def balance(node, division, account):
    rows = node.json("balance", "--division", division)["rows"]
    return sum(fen(row["balance"]) for row in rows if row["account"] == account)


def paid_for(node, division):
    return balance(node, division, "COMMIT")


def told(office):
    """What this office and those it deals with were told, by account: fen."""
    sums = dict(COMMIT=0, TRANSIT=0, XFER_OUT=0, SRC_TRANSFER_IN=0)
    for d in office.acknowledged.values():
        if d["kind"] == "payment":
            sums["COMMIT"] += fen(d["pay_app_amt"])
        if d["kind"] == "transfer":
            receiver = next(o for o in office.below if o.node.division == d["rec_div_code"])
            answer = receiver.acknowledged.get(f"R{office.node.division}-{d['id']}")
            account = {None: "TRANSIT", "register": "XFER_OUT"}.get(answer and answer["kind"])
            if account:
                sums[account] += fen(d["amount"])
    for issuer in office.issuers:
        for d in issuer.acknowledged.values():
            answer = office.acknowledged.get(f"R{issuer.node.division}-{d['id']}")
            if answer and answer["kind"] == "register":
                sums["SRC_TRANSFER_IN"] += fen(d["amount"])
    return sums


def entered(offices):
    """How many documents of each kind were acknowledged."""
    return collections.Counter(d["kind"] for o in offices for d in list(o.acknowledged.values()))


class Harms:
    """What was done to the tree, of at least how much."""

    def __init__(self, tree, chance, kills_least):
        self.tree, self.chance, self.kills_least = tree, chance, max(kills_least, HARMS_LEAST)
        self.kills = self.cuts = 0
        self.places = []      # those that are to come
        self.killed_at = collections.Counter()
        self.shim = trees.preloadable(tree.base, os.path.join(tree.build, "lib", "kill_points.so"))

    def kill(self):
        """At any moment, or at the next place."""
        node = self.chance.choice(list(self.tree.nodes.values()))
        node.kill()
        self.kills += 1
        if self.chance.random() < 0.25:
            node.start()
        else:
            self.kill_at_place(node)

    def kill_at_place(self, node):
        """It starts as one that will die at a place: some of them are in the start itself."""
        self.places = self.places or self.chance.sample(PLACES, len(PLACES))
        place = self.places.pop()
        times = self.chance.randrange(PLACE_TIMES_MAX) + 1 if place.startswith(OFTEN) else 1
        node.daemon_env = {"LD_PRELOAD": self.shim, "TERRACE_KILL_AT": f"{place}:{times}"}
        try:
            node.start()
            trees.wait_within(lambda: node.process.poll() is not None, PLACE_S, place)
        except trees.Failed:
            if node.process.poll() is None:
                node.kill()
                place = None
        if node.process is not None:
            if node.process.returncode != -9:
                raise trees.Failed(f"it ended with {node.process.returncode}, not at {place}:\n{node.log_tail()}")
            node.process = None
        self.killed_at[place] += 1
        self.kills += 1
        node.daemon_env = {}
        node.start()

    def cut(self, relay):
        relay.cut()
        self.cuts += 1
        time.sleep(self.chance.uniform(0.1, 1.5))  # the cut lasts
        relay.heal()

    def at_places(self):
        return sum(count for place, count in self.killed_at.items() if place)

    def are_enough(self):
        return (self.kills >= self.kills_least and self.cuts >= HARMS_LEAST
                and len(self.killed_at.keys() - {None}) >= (0 if self.kills_least < 80 else PLACES_LEAST))

    def __str__(self):
        return (f"{self.kills} kills, of them {self.at_places()} at {len(self.killed_at.keys() - {None})} named places, "
                f"{self.cuts} cuts")


def is_enough(offices, harms):
    return harms.are_enough() and entered(offices) >= LEAST


def kill_and_cut(tree, relays, seconds, seed, kills_least=0):
    """For so many seconds, and longer where too little has happened by then."""
    chance = random.Random(seed)
    harms = Harms(tree, chance, kills_least)
    offices = [Office(node, seed + i) for i, node in enumerate(tree.nodes.values())]
    for office in offices:
        above = tree.above(office.node.division)
        office.issuers = [other for other in offices if other.node.division in above]
        for issuer in office.issuers:
            issuer.below.append(office)
    for office in offices:
        office.prepare()
    for office in offices:
        office.start()
    acts = []
    began, longest = time.monotonic(), max(LONGEST_S, 6 * kills_least)
    while time.monotonic() < began + seconds or (
            not is_enough(offices, harms) and time.monotonic() < began + longest):
        acts = acts or chance.sample(("kill", "kill", "cut"), 3)
        if acts.pop() == "kill":
            harms.kill()
        else:
            harms.cut(chance.choice(relays))
    for relay in relays:
        relay.heal()
    for office in offices:
        office.stopping = True
    for office in offices:
        office.join(trees.PATIENCE_S)
        if office.is_alive():
            raise trees.Failed(f"{office.node.division} still waits for the answer to a post")
        office.ensure(list(office.waiting.values()))
    return offices, harms


def check(tree, offices):
    want = {office.node.division: told(office) for office in offices}
    for office in offices:
        division = office.node.division
        if office.fault:
            raise trees.Failed(f"{division} refused: {office.fault}")
        trees.wait_until(
            lambda: balance(office.node, division, "TRANSIT") == want[division]["TRANSIT"], 60,
            f"{division} to settle what was answered", step=0.2)
    tree.wait_equal_digests()
    for office in offices:
        division = office.node.division
        for holder in [division] + tree.above(division):
            for account, sum_told in want[division].items():
                have = balance(tree[holder], division, account)
                if have != sum_told:
                    raise trees.Failed(f"{account} of {division} at {holder}: {have} fen, "
                                       f"{sum_told} acknowledged")
        lines = office.submit_again()
        if any(line["status"] != "exists" for line in lines):
            raise trees.Failed(f"{division}: an acknowledged document is not there any more")
        tree[division].run("verify", "--deep")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--seconds", type=float, default=25)
    parser.add_argument("--kills", type=int, default=0, help="at least; from 80 on at 30 places, too")
    parser.add_argument("--daemon", default="terraced", help="the program that each node runs")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-kill-") as base:
        tree = trees.Tree(os.path.join(base, "tree"), build=args.build, daemon=args.daemon)
        relays = []
        try:
            for division, name, parent in trees.PILOT:
                if parent is None:
                    tree.init_root(division, name)
                else:
                    tree.join(parent, division, name, relays=relays)
            offices, harms = kill_and_cut(tree, relays, args.seconds, args.seed, args.kills)
            check(tree, offices)
        except trees.Failed as failed:
            print(f"kill_and_cut: seed {args.seed}: {failed}", file=sys.stderr)
            for node in tree.nodes.values():
                print(f"--- {node.division}\n{node.log_tail(1500)}", file=sys.stderr)
            return 1
        finally:
            tree.stop()
    total = sum(len(o.acknowledged) for o in offices)
    retries = sum(o.retries for o in offices)
    kinds = entered(offices)
    if not is_enough(offices, harms):
        print(f"kill_and_cut: too little happened: {harms}, {dict(kinds)}",
              file=sys.stderr)
        return 1
    print(f"kill_and_cut: seed {args.seed}: {harms}, {total} documents acknowledged, "
          f"{kinds['transfer']} transfers down, {kinds['register']} registered and "
          f"{kinds['return']} returned, {retries} posts repeated: every level agrees, nothing lost "
          "or doubled, all settled")
    return 0


if __name__ == "__main__":
    sys.exit(main())
