"""model_ledger - the books of one division, as the ledger's rules say it in words: what a document
must get, and what it does. The rules stand in model_basics (codes, projects, policies),
model_lines (authority within the division), model_payments, model_between (levels) and
model_years; the order of reasons in model_form.

A rule is a pair: faults_KIND yields all that is wrong with a document, whatever the order, and
enter_KIND does what it says. Where the text can be read in two ways, the comment beside the rule
begins with "Reading:".
"""
import datetime
import functools

from model_basics import Basics
from model_between import Between
from model_chart import Chart
from model_form import (ANY_YEAR, KINDS, LOOKED_UP, NODE_ONLY, fen, first_of, form_faults, normal, rank,
                        yuan)
from model_known import Agencies, Catalogue
from model_lines import Lines
from model_payments import Payments
from model_policy import CODES
from model_years import Years

TOLD_DATES = ("approval_date", "date", "doc_date", "xpay_date")


@functools.lru_cache(maxsize=1)
def day_after(day):
    return (datetime.date.fromisoformat(day) + datetime.timedelta(days=1)).isoformat()


class Ledger(Basics, Lines, Payments, Between, Years, Chart):
    """A fold over a division's own documents, beside what its node has heard of others."""

    def __init__(self, model, code):
        Chart.__init__(self)
        self.model, self.code, self.parent = model, code, model.parents[code]
        self.below = frozenset(model.below(code))
        self.roster = self.below | {code} | set(model.above(code))
        # the own log
        self.documents = {}      # id -> what was submitted, normal
        self.order = []          # the same ids, in their order
        self.of_kind = {}        # kind -> the same ids
        self.amounts = {}        # id -> fen, where the kind has an amount
        self.payments = {}       # id -> Payment
        self.payment_ids = []
        self.asks = {}           # id -> Ask issued here
        self.issued = []         # the same, in their order
        self.answers = {}        # id of an answer -> Ask
        self.settles = []        # (Ask, amount), in their order
        self.projects = {}       # code -> Project
        self.agencies = Agencies()
        self.accounts = {}       # number of a bank account -> its first year
        self.receipts = set()
        self.released = set()    # lines of which a release was entered
        self.first_open, self.opened, self.once_closed = None, set(), set()
        self.months_closed = {}  # year -> the last closed
        self.open_own, self.open_in = {}, {}  # year -> count of asks without settle, or answer
        self.catalogue = Catalogue(code)
        self.entries = 0
        self.last_told = {}      # division below -> id of the last document that goes to it
        # what has arrived from others
        self.incoming = {}       # (issuer, id) -> Ask, to this division or past it
        self.heard_asks = []     # the same, in their order
        self.unanswered = {}     # those to this division that wait for an answer
        self.heard = {up: Catalogue(up) for up in model.above(code)}
        self.all_catalogues = [self.catalogue] + list(self.heard.values())
        self.policy_cache, self.code_cache = {}, {}

    def catalogues(self):
        """What this division and those above have said, as far as it is heard: own first."""
        return self.all_catalogues

    def above_catalogues(self):
        return self.all_catalogues[1:]

    # --- what a document must get ---

    def judge(self, raw):
        """All answers that the text allows: mostly one."""
        if isinstance(raw, bytes):
            return ["malformed"]
        kind = raw["kind"]
        if kind in NODE_ONLY:
            return ["node_only"]
        if kind not in KINDS:
            return ["unknown_kind"]
        faults = form_faults(kind, raw, kind == "project" and self.is_first(raw))
        if faults:
            # What policy asks for is missing, too, and needs look-ups to say so.
            if "required." + kind in CODES:
                faults += ["?missing_" + f for f in self.policy("required." + kind)
                           if f not in raw]
            return first_of(faults)
        if raw.get("mof_div_code", self.code) != self.code:
            return ["not_yours"]
        document = normal(raw)
        # Reading: what is there already is answered before anything is looked up, also where a
        # policy or the date would now name another fault of line 1: a lost answer is asked again.
        held = self.documents.get(document["id"])
        if held is not None:
            return self.again(held, document)
        # Reading: so are dates that lie ahead, before a policy names what is missing.
        return first_of(list(self.ahead_faults(kind, document)) or
                        list(self.faults(kind, document)))

    def faults(self, kind, d):
        if kind not in ANY_YEAR:
            back, ahead = self.policy("years")
            now = int(self.model.today[:4])
            if not now - back <= int(d["fiscal_year"]) <= now + ahead:
                yield "bad_fiscal_year"
            yield from self.year_faults(kind, d)
        rule = getattr(self, "faults_" + kind, None)
        yield from rule(d) if rule else self.unknown_elements(d)

    def ahead_faults(self, kind, d):
        """A document tells of what has happened: its dates lie no further ahead than a day. (Of the
        node's, and older than these rules; where holidays begin may well lie ahead.)"""
        for field in TOLD_DATES:
            if field in d and kind != "calendar" and d[field] > day_after(self.model.today):
                yield "bad_" + field

    def judge_draft(self, raw):
        """At the submission of what two persons must say: no more than the first line. Reading: what
        of that needs look-ups may wait for the approval, too."""
        reasons = self.judge(raw)
        return [r if r != "accepted" and rank(r) <= rank("exists_with_different_") else "draft"
                for r in reasons] + ["draft"] * bool(set(reasons) & set(LOOKED_UP))

    @staticmethod
    def again(held, document):
        if held == document:
            return ["exists"]
        return [f"exists_with_different_{f}" for f in sorted(set(held) | set(document))
                if held.get(f) != document.get(f)]

    # --- what it does ---

    def enter(self, raw):
        document = normal(raw)
        self.documents[document["id"]] = document
        self.order.append(document["id"])
        self.of_kind.setdefault(document["kind"], []).append(document["id"])
        for field in ("amount", "pay_app_amt", "xpay_amt"):
            if field in document:
                self.amounts[document["id"]] = fen(document[field])
        rule = getattr(self, "enter_" + document["kind"], None)
        if rule:
            rule(document)
        self.end()

    def end(self):
        """The entry is made: holds it to the invariants."""
        self.entries += 1
        self.model.touched(self, self.end_entry(self.catalogue.closed.__contains__))

    def departments(self, line):
        """The agency of a line and its ancestors of that year, as they stand when it is posted to;
        they stay so, but for a code that is no agency here, or not yet."""
        agency = line.elements.get("agency_code")
        if (agency, line.year) in self.agencies.used:
            return self.agencies.fixed(agency, line.year)
        return (agency or "",)

    def forget_looked_up(self):
        self.policy_cache.clear()
        self.code_cache.clear()

    def say(self, what, *said):
        """On `tree`: to all below, and to itself."""
        self.catalogue.learn(what, *said)
        self.forget_looked_up()
        for below in self.below:
            self.tell(below, what, *said)

    def tell(self, receiver, what, *said):
        if receiver in self.below and self.order:
            self.last_told[receiver] = self.order[-1]
        self.model.send(self.code, receiver, what, said)

    def hear(self, author, what, said):
        if what in ("ask", "withdraw", "answer"):
            getattr(self, "hear_" + what)(*said)
        else:
            self.heard[author].learn(what, *said)
            self.forget_looked_up()

    # --- what is shown ---

    def state(self, ident):
        document = self.documents[ident]
        kind = document["kind"]
        if kind == "budget":
            if document["stage"] == "estimate":
                return "advanced" if self.indicators[ident].advance else "approved"
            return "approved" if document["stage"] == "reply" else "planned"
        if ident in self.asks:
            words = {None: "asked" if kind == "recall" else "issued", "refused": "declined"}
            outcome = self.asks[ident].outcome
            return words.get(outcome, outcome)
        if kind == "withdraw":
            return {None: "withdrawing", "returned": "withdrawn", "kept": "withdrawn"}.get(
                self.asks[document["bgt_id"]].outcome, "too_late")
        if kind in ("allocate", "carry_over"):
            if ident in self.released or kind == "allocate" and self.indicators[ident].released:
                return "released"
            return "pending" if kind == "allocate" else "carried"
        if kind == "payment":
            return self.payments[ident].state
        return {"virement": "released", "register": "registered", "return": "returned",
                "transfer_in": "approved", "recall_grant": "granted",
                "recall_refuse": "declined"}.get(kind, "entered")

    def get(self, ident):
        shown = dict(author=self.code, state=self.state(ident))
        shown.update(self.documents[ident])
        line = self.indicators.get(ident)
        if line:
            shown.update(line.elements)
            shown["balances"] = {a: yuan(b) for a, b in line.balance.items() if b} or None
        if ident in self.amounts and "amount" in shown:
            shown["amount"] = yuan(self.amounts[ident])
        return shown
