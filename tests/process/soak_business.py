"""soak_business - what an office does while everything breaks: payments, transfers down, registers and returns, recalls and
their answers, and questions whose answers must be true at every moment. It goes on from one post to the next until it is
told to stop; what got no answer is asked again under its id.

Thread: each Desk is one; `turn` is held for the time of a step, and by whoever needs the node to be at rest.
"""
import json
import random
import threading

import tree as trees
from kill_and_cut import Office, balance, document, fen

CLEAN_EXITS = (0, 1, 3, 4, 5)  # done, refused or a page of many, no node, damaged, disk: each said with words
READS = ("report chain", "report execution --scope subtree", "report reconcile", "report trial-balance", "report sources",
         "list payment --limit 20", "list transfer --limit 20", "inbox --limit 20", "status --tree", "years", "pending")


class Desk(Office):
    MAY_COME_LATER = ("register", "return", "recall", "recall_grant", "recall_refuse")

    def __init__(self, node, seed, pace_s):
        super().__init__(node, seed)
        self.turn, self.over, self.pace_s = threading.Lock(), threading.Event(), pace_s
        self.chance = random.Random(seed ^ 0x5eed)
        self.wrong, self.reads, self.told_damaged, self.odd = [], 0, 0, []

    # --- what it says ---

    def committed(self, documents):
        return sum(fen(d["pay_app_amt"]) for d in documents if d["kind"] == "payment")

    def find(self, division):
        return next((desk for desk in self.below + self.issuers if desk.node.division == division), None)

    def answer_of(self, transfer):
        """What its receiver answered to a transfer of ours, as far as that was acknowledged to him."""
        return self.find(transfer["rec_div_code"]).acknowledged.get(f"R{self.node.division}-{transfer['id']}")

    def recalls(self):
        """Of every seventh transfer that was registered: half of it is asked back, once."""
        return [document("recall", "C" + d["id"][1:], bgt_id=d["id"], reason="项目调整",
                         amount=f"{fen(d['amount']) // 200}.{fen(d['amount']) // 2 % 100:02d}")
                for d in list(self.acknowledged.values())
                if d["kind"] == "transfer" and int(d["id"][1:]) % 7 == 0 and "C" + d["id"][1:] not in self.acknowledged
                and fen(d["amount"]) > 1 and (self.answer_of(d) or {}).get("kind") == "register"]

    def answers_to_recalls(self):
        """The same each time, so that it may be asked again: two of three are granted."""
        found = []
        for issuer in self.issuers:
            code = issuer.node.division
            for d in list(issuer.acknowledged.values()):
                ident, number = f"G{code}-{d['id']}", d["id"][1:]
                transfer = issuer.acknowledged.get("T" + number)
                if d["kind"] != "recall" or transfer["rec_div_code"] != self.node.division or ident in self.acknowledged:
                    continue
                if int(number) % 3 == 0:
                    found.append(document("recall_refuse", ident, recall_id=d["id"], ori_div_code=code, reason="已支出"))
                else:
                    found.append(document("recall_grant", ident, recall_id=d["id"], ori_div_code=code, amount=d["amount"],
                                          bgt_id=f"R{code}-T{number}"))
        return found

    def open_business(self):
        return (self.answers() + self.recalls() + self.answers_to_recalls())[:40]

    # --- what it asks ---

    def true_figures(self):
        """What is paid is neither less than what was acknowledged before the question, nor more than what was asked for
        behind it. False: it answered that it does not know, or not at all."""
        before = self.committed(list(self.acknowledged.values()))
        code, out, _ = self.node.run("--json", "balance", check=False)
        if code != 0:
            return False
        said = json.loads(out)
        have = sum(fen(row["balance"]) for row in said["rows"] if row["account"] == "COMMIT")
        most = self.committed(list(self.acknowledged.values()) + list(self.waiting.values()))
        if "damaged" not in said and not before <= have <= most:
            self.wrong.append(f"{self.node.division}: COMMIT {have} is not between {before} and {most}")
        return True

    def ask(self):
        self.reads += 1
        if not self.true_figures():
            self.told_damaged += 1
        words = self.chance.choice(READS).split()
        code, out, err = self.node.run("--json", *words, check=False)
        if code not in CLEAN_EXITS:
            self.odd.append(f"{self.node.division}: {' '.join(words)}: exit {code}: {out[-300:]} {err[-300:]}")

    # --- its day ---

    def step(self):
        if self.waiting:
            self.retries += 1
            self.submit(list(self.waiting.values()))
        else:
            self.submit(self.payments() + self.transfers())
            later = self.open_business()
            if later and not self.waiting:
                self.submit(later)
        self.ask()

    def run(self):
        try:
            while not self.over.wait(self.pace_s):
                with self.turn:
                    if not self.over.is_set():
                        self.step()
        except Exception as failed:  # told by whoever looks after the offices
            self.fault = f"{type(failed).__name__}: {failed}"

    def settle(self, seconds):
        """All that waits is answered; for whoever holds `turn`."""
        self.ensure(list(self.waiting.values()), seconds)

    def finish(self):
        """Nothing is open any more between this office and those it deals with."""
        def done():
            with self.turn:
                self.settle(trees.PATIENCE_S)
                rest = self.open_business()
                if rest:
                    self.submit(rest)
                return not rest and not self.waiting
        trees.wait_until(done, 2 * trees.PATIENCE_S, f"{self.node.division} to answer all that came", step=0.5)


def sums_told(desk):
    """What this office and those it deals with were told, by account: fen."""
    sums = dict(COMMIT=desk.committed(desk.acknowledged.values()), TRANSIT=0, XFER_OUT=0, SRC_TRANSFER_IN=0)
    for d in desk.acknowledged.values():
        if d["kind"] == "transfer":
            answer = desk.answer_of(d)
            account = {None: "TRANSIT", "register": "XFER_OUT"}.get(answer and answer["kind"])
            if account:
                sums[account] += fen(d["amount"])
        if d["kind"] == "recall":
            receiver = desk.find(desk.acknowledged["T" + d["id"][1:]]["rec_div_code"])
            granted = receiver.acknowledged.get(f"G{desk.node.division}-{d['id']}")
            if granted and granted["kind"] == "recall_grant":
                sums["XFER_OUT"] -= fen(d["amount"])
    for d in desk.acknowledged.values():
        if d["kind"] == "register":
            sums["SRC_TRANSFER_IN"] += fen(desk.find(d["ori_div_code"]).acknowledged[d["bgt_id"]]["amount"])
        if d["kind"] == "recall_grant":
            sums["SRC_TRANSFER_IN"] -= fen(d["amount"])
    return sums


def sums_shown(node, division):
    return {account: balance(node, division, account) for account in ("COMMIT", "TRANSIT", "XFER_OUT", "SRC_TRANSFER_IN")}
