"""model - the money once more, naively: random documents into a real tree of three levels, and a
second ledger in Python beside it that says what each of them must get and what every balance is.

    python3 tests/process/model.py --build build [--rounds 4] [--documents 100] [--seed 1]

Documents are drawn from the seed, most of them right and many wrong in one or two ways. A round
answers the transfers that came down, does business at every node, kills one now and then, waits
until all levels agree, and compares statuses, reasons, balances, boards and states to the fen.
"""
import argparse
import collections
import copy
import json
import os
import random
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
sys.path.insert(0, HERE)
import tree as trees  # noqa: E402
from model_draw import Draw  # noqa: E402
from model_form import DEBIT, REQUIRED, fen  # noqa: E402
from model_tree import CHAIN, EDGE, EDGE_SUMS, Model  # noqa: E402

ROOT, CITY, COUNTIES = "540000", "540100", ("540121", "540122")
PARENTS = {ROOT: None, CITY: ROOT, COUNTIES[0]: CITY, COUNTIES[1]: CITY}
YEARS = ("2026", "2027")
DIMENSIONS = ("account", "project", "function", "fund", "agency")


class Disagreement(trees.Failed):
    """The node and the model say different things."""


def same(have, want, what):
    if have == want:
        return
    if isinstance(have, dict) and isinstance(want, dict):
        keys = [k for k in list(want) + list(have) if have.get(k) != want.get(k)]
        raise Disagreement(f"{what}: " + "; ".join(
            f"{k}: node {have.get(k)}, model {want.get(k)}" for k in dict.fromkeys(keys)))
    raise Disagreement(f"{what}: node {have}, model {want}")


class Check:
    """A tree of nodes and a model of it, driven by one seed."""

    def __init__(self, tree, seed):
        self.tree, self.random = tree, random.Random(seed)
        self.model = Model(PARENTS)
        self.draw = {code: Draw(self.model, code, self.random, YEARS) for code in PARENTS}
        self.statuses = collections.Counter()
        self.kinds = collections.Counter()
        self.kills = self.compared = 0

    # --- posting ---

    @staticmethod
    def lines(documents):
        return b"\n".join(d if isinstance(d, bytes) else json.dumps(d, ensure_ascii=False).encode()
                          for d in documents) + b"\n"

    def submit(self, code, documents, atomic=False):
        """Posts what the draw and the model have not seen yet, and holds every answer to it."""
        args = ["submit", "-"] + (["--atomic"] if atomic else [])
        got, out, err = self.tree[code].run(*args, stdin=self.lines(documents), check=False)
        if got not in (0, 1):
            raise trees.Failed(f"submit at {code}: exit {got}: {err}")
        answers = [json.loads(line) for line in out.splitlines()]
        same(len(answers), len(documents), f"answers of {code}")
        wants = self.model.submit(code, documents, atomic)
        refused = False
        for document, answer, want in zip(documents, answers, wants):
            have = answer["reason"] if answer["status"] == "refused" else answer["status"]
            refused |= answer["status"] == "refused"
            if not any(have == w or (w.endswith("*") and have.startswith(w[:-1])) for w in want):
                raise Disagreement(f"{code}: {document}: node {have} ({answer['message']}), "
                                   f"model {' or '.join(want)}")
            self.statuses[have.split("_with_different_")[0]] += 1
            if have == "accepted":
                self.kinds[document["kind"]] += 1
        same(got, int(refused), f"exit code of a post at {code}")

    def killed_amid(self, code, documents):
        """A kill under way: what was not acknowledged is posted again, and is there once."""
        documents = [d for d in documents if not isinstance(d, bytes)]
        documents = self.model.accepted_of(code, documents)
        node = self.tree[code]
        post = subprocess.Popen([self.tree.bin("terrace"), "--home", node.home, "submit", "-"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, env=self.tree.env)
        post.stdin.write(self.lines(documents))
        post.stdin.close()
        time.sleep(self.random.uniform(0, 0.03))
        node.kill()
        said = [json.loads(line) for line in post.stdout.read().splitlines()]
        post.stdout.close()
        post.wait(timeout=trees.PATIENCE_S)
        node.start()
        self.kills += 1
        there = {a["id"] for a in said if a["status"] == "accepted"}
        out = node.run("submit", "-", stdin=self.lines(documents), check=False)[1]
        self.model.submit(code, documents)
        for document, answer in zip(documents, map(json.loads, out.splitlines())):
            wants = ("exists",) if document["id"] in there else ("accepted", "exists")
            if answer["status"] not in wants:
                raise Disagreement(f"{code}: {document} after a kill: {answer}, model {wants}")
            self.statuses["accepted"] += 1
            self.kinds[document["kind"]] += 1

    # --- waiting ---

    def settled(self):
        """Waits until every answer is settled and every level holds what it is to hold."""
        for code, ledger in self.model.ledgers.items():
            answered = sum(t["answer"] is not None for t in ledger.transfers.values())
            trees.wait_until(lambda: len(self.listed(code, code, "settle")) >= answered, 60,
                             f"{code} to settle {answered} answers", step=0.1)
            self.model.settle(code)
            last = {}
            for transfer in ledger.transfers.values():
                last[transfer["receiver"]] = transfer["id"]
            for receiver, ident in last.items():
                trees.wait_until(lambda: self.tree[receiver].run(
                    "get", ident, "--division", code, check=False)[0] == 0, 60,
                    f"{ident} of {code} to reach {receiver}", step=0.05)
            for ident in ledger.shared[-1:]:
                for below in self.model.below(code):
                    trees.wait_until(lambda: self.tree[below].run(
                        "get", ident, "--division", code, check=False)[0] == 0, 60,
                        f"{ident} of {code} to reach {below}", step=0.05)
        self.tree.wait_equal_digests()

    # --- comparing ---

    def holders(self, code):
        return [code] + self.tree.above(code)

    def listed(self, holder, code, kind, year=None):
        args = ["list", kind, "--division", code] + (["--year", year] if year else [])
        return self.tree[holder].json(*args)["rows"]

    def balances(self, holder, code, scope, by, year):
        args = ["balance", "--division", code, "--scope", scope, "--by", by]
        rows = self.tree[holder].json(*args, *(["--year", year] if year else []))["rows"]
        have = {}
        for row in rows:
            debit, credit, net = (fen(row[k]) for k in ("debit", "credit", "balance"))
            side = 1 if row["account"] in DEBIT else -1
            same(net, side * (debit - credit), f"{holder}: {args}: the balance of {row}")
            have[row["key"], row["account"]] = (debit, credit) if scope == "own" else net
        want = self.model.balances(code, scope, by, year, holder)
        if scope == "subtree":
            have = {k: v for k, v in have.items() if v != 0}
        same(have, want, f"{holder}: {' '.join(args)} {year}")
        self.compared += max(len(want), 1)

    def chain(self, holder, year):
        board = self.tree[holder].json("report", "chain", *(["--year", year] if year else []))
        have = {(row["division"], row["scope"]): {k: row[k] for k in CHAIN}
                for row in board["rows"]}
        same(have, self.model.chain(holder, year), f"{holder}: report chain {year}")
        have = {row["pro_code"]: {k: row[k] for k in CHAIN} for row in board["projects"]}
        same(have, self.model.chain_projects(holder, year), f"{holder}: chain's projects {year}")
        self.compared += len(board["rows"]) + len(board["projects"])

    def reconcile(self, holder):
        board = self.tree[holder].json("report", "reconcile")
        have = {tuple(row[k] for k in EDGE): tuple(row[k] for k in EDGE_SUMS)
                for row in board["rows"]}
        same(have, self.model.edges(holder), f"{holder}: report reconcile")
        self.compared += len(have)

    def inbox(self, holder):
        answer = self.tree[holder].json("inbox")
        have = {(row["group"], row.get("issuer", holder), row["id"]):
                (row.get("receiver", holder), row["amount"], row["document_no"])
                for row in answer["rows"] if row.get("kind") == "transfer"}
        want = self.model.waiting(holder)
        same(have, want, f"{holder}: inbox")
        counted = sum(answer["counts"][group]["documents"]
                      for group in ("to_register", "awaiting_answer"))
        same(counted, len(want), f"{holder}: inbox counts")
        self.compared += len(want) + 1

    def list(self, holder, code, kind, year=None):
        have = {row["id"]: (row["fiscal_year"], row["state"], row["amount"])
                for row in self.listed(holder, code, kind, year)}
        want = self.model.list(code, kind, year, holder)
        same(have, want, f"{holder}: list {kind} of {code} {year}")
        self.compared += max(len(want), 1)

    def settles(self, holder, code):
        rows = self.listed(holder, code, "settle")
        same(sorted((row["fiscal_year"], row["amount"]) for row in rows),
             self.model.settles(code, holder), f"{holder}: list settle of {code}")

    def documents(self, holder, code, count):
        ledger = self.model.ledgers[code]
        idents = list(ledger.documents)
        idents = self.random.sample(idents, min(count, len(idents)))
        makers = list(ledger.indicators)
        idents += self.random.sample(makers, min(count, len(makers)))
        for ident in idents:
            have = self.tree[holder].json("get", ident, "--division", code)
            want = self.model.get(code, ident)
            shown = {k: have.get(k) for k in want}
            same(shown, want, f"{holder}: get {ident} of {code}")
            self.compared += 1

    def compare(self, share):
        """A share of all that can be asked, of every ledger at every node that holds it."""
        def year():
            return self.random.choice((None,) + YEARS)
        checks = []
        for code in PARENTS:
            for holder in self.holders(code):
                checks += [(self.balances, holder, code, scope, by, year())
                           for scope in ("own", "subtree") for by in DIMENSIONS]
                checks += [(self.list, holder, code, kind, year()) for kind in REQUIRED]
                checks += [(self.settles, holder, code), (self.documents, holder, code, 5)]
            for below in self.model.below(code):
                checks += [(self.list, below, code, kind)
                           for kind in ("element", "project", "transfer")]
                checks.append((self.settles, below, code))
            checks += [(self.chain, code, year()), (self.reconcile, code), (self.inbox, code)]
        for check, *what in checks:
            if self.random.random() < share:
                check(*what)

    # --- a round ---

    def answers(self):
        """Some of the transfers that came down are answered."""
        for code, draw in self.draw.items():
            documents = draw.answers()
            if documents:
                self.submit(code, documents)

    def business(self, size):
        """At every node, in some order; one may be away while the others are at it."""
        order = list(PARENTS)
        self.random.shuffle(order)
        away = self.random.choice(list(PARENTS) + [None, None])
        if away:
            self.tree[away].kill()
            self.kills += 1
            order.remove(away)
            order.append(away)
        for code in order:
            if code == away:
                self.tree[code].start()
            draw = self.draw[code]
            batch = []
            while len(batch) < size:
                batch += draw.some()
            half = len(batch) // 2
            if self.random.random() < 0.2:
                self.killed_amid(code, batch[:half])
            else:
                self.submit(code, batch[:half], atomic=self.random.random() < 0.1)
            self.submit(code, batch[half:])
            self.submit(code, draw.again())

    def maybe_kill(self):
        if self.random.random() < 0.5:
            node = self.tree[self.random.choice(list(PARENTS))]
            node.kill()
            node.start()
            self.kills += 1

    def round(self, number, size, share):
        if number == 0:
            for code, draw in self.draw.items():
                self.submit(code, draw.beginning())
            self.settled()
        self.submit(ROOT, self.draw[ROOT].reference(number))
        self.settled()
        self.answers()
        self.maybe_kill()
        self.settled()
        self.business(size)
        self.maybe_kill()
        self.settled()
        self.compare(share)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--documents", type=int, default=100, help="per node and round")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    args = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="terrace-model-") as base:
        tree = trees.Tree(os.path.join(base, "tree"), build=args.build)
        check = Check(tree, args.seed)
        number = -1
        try:
            for code, parent in PARENTS.items():
                if parent is None:
                    tree.init_root(code, code)
                else:
                    tree.join(parent, code, code)
            for number in range(args.rounds):
                check.round(number, args.documents, 1 if number == args.rounds - 1 else 0.2)
            for node in tree.nodes.values():
                node.run("verify", "--deep")
        except trees.Failed as failed:
            print(f"model: --seed {args.seed} --documents {args.documents}, round {number}: "
                  f"{failed}", file=sys.stderr)
            for node in tree.nodes.values():
                print(f"--- {node.division}\n{node.log_tail(600)}", file=sys.stderr)
            return 1
        finally:
            tree.stop()
    missing = [k for k in REQUIRED if not check.kinds[k]]
    print(f"model: seed {args.seed}: {sum(check.statuses.values())} documents, {check.kills} kills,"
          f" {check.compared} figures equal at every level, in {time.monotonic() - began:.0f} s: "
          f"{dict(sorted(check.kinds.items()))} {dict(sorted(check.statuses.items()))}")
    if missing:
        print(f"model: never accepted: {missing}", file=sys.stderr)
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
