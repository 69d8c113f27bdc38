"""model_tree - the ledgers of all divisions, and what they come to together: balances, boards,
edges, and who sees what."""
import collections

from model_form import DEBIT, SOURCES, yuan
from model_ledger import Ledger

CHAIN = ("received", "allocated", "passed_down", "in_transit", "unallocated", "released", "paid",
         "rate")
EDGE = ("issuer", "receiver", "fund_type_code", "pro_code")
EDGE_SUMS = ("documents", "open", "to_register", "issued", "registered", "returned", "in_transit",
             "difference")


class Model:
    """A ledger for each division of a tree, and what they come to together."""

    def __init__(self, parents):
        self.parents = parents
        self.ledgers = {code: Ledger(self, code) for code in parents}

    def of(self, code, ledger):
        return ledger if code == ledger.code else self.ledgers[code]

    def above(self, code):
        up, code = [], self.parents[code]
        while code:
            up.append(code)
            code = self.parents[code]
        return up

    def below(self, code):
        return [c for c in self.parents if code in self.above(c)]

    def subtree(self, code):
        return [code] + self.below(code)

    def submit(self, code, documents, atomic=False):
        ledger = self.ledgers[code]
        trial = ledger.copy() if atomic else None
        wants = []
        for document in documents:
            wants.append(ledger.judge(document))
            if wants[-1] == ["accepted"]:
                ledger.enter(document)
        good = ("accepted", "exists")
        if atomic and any(want[0] not in good for want in wants):
            self.ledgers[code] = trial
            wants = [["not_all"] if want[0] in good else want for want in wants]
        return wants

    def accepted_of(self, code, documents):
        """Those that the ledger would take, one after the other; nothing is entered."""
        trial, taken = self.ledgers[code].copy(), []
        for document in documents:
            if trial.judge(document) == ["accepted"]:
                trial.enter(document)
                taken.append(document)
        return taken

    def settle(self, code):
        self.ledgers[code].settle()

    def key_of(self, holder, member, by, code):
        """In a jurisdiction a project or an agency is one division's, as far as the holder knows."""
        for at in [member] + self.above(member) if code and by in ("project", "agency") else []:
            if by == "agency":
                mine = code in self.ledgers[at].agencies and at in self.subtree(holder)
            else:
                held = self.ledgers[at].projects.get(code)
                mine = held and (at in self.subtree(holder) or held["tracked"])
            if mine:
                return f"{at}/{code}"
        return code

    def balances(self, code, scope, by, year, holder=None):
        at = {"project": 3, "function": 4, "fund": 5, "agency": 6}.get(by)
        inside = self.subtree(code) if scope == "subtree" else []
        rows = collections.defaultdict(lambda: [0, 0])
        for division in inside or [code]:
            for key, (debit, credit) in self.ledgers[division].sums.items():
                account, issuer = key[1], key[2]
                if year not in (None, key[0]) or account == "XFER_OUT" and inside or (
                        issuer in inside):
                    continue
                name = key[at] if at else account
                if inside:
                    name = self.key_of(holder or code, division, by, name)
                row = rows[name, account]
                row[0] += debit
                row[1] += credit
        if scope == "own":
            return {k: tuple(v) for k, v in rows.items() if v != [0, 0]}
        net = {k: v[0] - v[1] if k[1] in DEBIT else v[1] - v[0] for k, v in rows.items()}
        return {k: v for k, v in net.items() if v}

    @staticmethod
    def chain_row(sums):
        received = sum(sums[a] for a in SOURCES)
        released = sum(sums[a] for a in ("AVAIL", "FROZEN", "COMMIT", "SPENT"))
        down = sums["TRANSIT"] + sums["XFER_OUT"]
        rate = sums["SPENT"] * 10000 // (received - down) if received > down else 0
        row = dict(received=received, allocated=sums["PENDING"] + released, passed_down=down,
                   in_transit=sums["TRANSIT"], unallocated=sums["UNALLOC"], released=released,
                   paid=sums["SPENT"], rate=rate)
        return {name: yuan(amount) for name, amount in row.items()}

    def net(self, code, scope, by, year):
        """key -> account -> what it stands at."""
        keys = collections.defaultdict(collections.Counter)
        for (key, account), row in self.balances(code, scope, by, year).items():
            if scope == "own":
                row = row[0] - row[1] if account in DEBIT else row[1] - row[0]
            keys[key][account] += row
        return keys

    def chain(self, holder, year):
        rows = {}
        for code in self.subtree(holder):
            for scope in ("own", "subtree") if self.below(code) else ("own",):
                sums = sum(self.net(code, scope, "account", year).values(), collections.Counter())
                rows[code, scope] = self.chain_row(sums)
        return rows

    def chain_projects(self, holder, year):
        return {key: self.chain_row(sums)
                for key, sums in self.net(holder, "own", "project", year).items()}

    def edges(self, holder):
        rows = collections.defaultdict(lambda: [0] * len(EDGE_SUMS))
        within = self.subtree(holder)
        for code, ledger in self.ledgers.items():
            for transfer in ledger.transfers.values():
                if code not in within and transfer["receiver"] not in within:
                    continue
                elements = transfer["line"]["elements"]
                row = rows[code, transfer["receiver"], elements["fund_type_code"],
                           elements.get("pro_code", "")]
                kind = transfer["answer"] and transfer["answer"]["kind"]
                at = {None: 6, "register": 4, "return": 5}[kind]
                row[0] += 1
                row[1] += kind is None
                row[2] += kind is None
                row[3] += transfer["amount"]
                row[at] += transfer["amount"]
        return {k: tuple(v[:3]) + tuple(yuan(a) for a in v[3:]) for k, v in rows.items()}

    def waiting(self, holder):
        """Transfers that this division must answer, and those whose answer it awaits."""
        rows = {}
        for code, ledger in self.ledgers.items():
            for transfer in ledger.transfers.values():
                told = (transfer["receiver"], yuan(transfer["amount"]), transfer["number"])
                if transfer["receiver"] == holder and not transfer["answer"]:
                    rows["to_register", code, transfer["id"]] = told
                if code == holder and not transfer["settled"]:
                    rows["awaiting_answer", code, transfer["id"]] = told
        return rows

    def sees(self, holder, code, document):
        if holder == code or code in self.below(holder):
            return True
        if document["kind"] == "transfer":
            return document["rec_div_code"] in self.subtree(holder)
        return document["kind"] == "element" or document.get("is_track") == "1"

    def list(self, code, kind, year, holder):
        ledger = self.ledgers[code]
        return {ident: (d["fiscal_year"], d.get("state", ledger.state(ident)), yuan(ledger.amounts.get(ident, 0)))
                for ident, d in ledger.documents.items()
                if d["kind"] == kind and year in (None, d["fiscal_year"]) and
                self.sees(holder, code, d)}

    def settles(self, code, holder):
        """A node writes these, and names them: year and amount of each."""
        return sorted((t["year"], yuan(t["amount"])) for t in self.ledgers[code].transfers.values()
                      if t["settled"] and (code in self.subtree(holder) or
                                           t["receiver"] in self.subtree(holder)))

    def get(self, code, ident):
        return self.ledgers[code].get(ident)
