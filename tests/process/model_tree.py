"""model_tree - the ledgers of all divisions, what passes between them, and what they come to
together: jurisdictions (16.3), boards, edges, who sees what; the invariants of section 19 that more
than one log can break."""
import collections
import functools
import json
import os

from model_chart import Broken
from model_form import DEBIT, SOURCES, yuan
from model_ledger import Ledger

CHAIN = ("received", "allocated", "passed_down", "in_transit", "unallocated", "released", "paid",
         "rate")
EDGE = ("issuer", "receiver", "fund_type_code", "pro_code")
EDGE_SUMS = ("documents", "open", "to_register", "issued", "registered", "returned", "in_transit",
             "difference")
LINE = CHAIN[:-1] + ("committed", "frozen", "available", "kind", "fiscal_year", "fund_type_code", "pro_code",
                     "exp_func_code", "agency_code")
# by what: where it stands in a line's key
KEY = {"fund": 1, "project": 2, "function": 3, "agency": 4, "direct": 5, "gov_economic": 6}


GOOD = ("accepted", "exists")


class Model:
    """A ledger for each division of a tree, and what they come to together."""

    def __init__(self, parents, today):
        self.parents = parents
        self.today = today    # the local date of every entry that is made now
        self.queues = collections.OrderedDict()  # (author, receiver) -> what was said, in order
        self.asks_moved = []  # since the last entry
        self.ledgers = {code: Ledger(self, code) for code in parents}

    # --- who is where ---

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

    def years(self):
        """In which anybody has money."""
        return sorted({year for ledger in self.ledgers.values() for year, _ in ledger.totals})

    # --- what is said to others, and when they hear it ---

    def send(self, author, receiver, what, said):
        self.queues.setdefault((author, receiver), collections.deque()).append((what, said))

    def deliver(self, author, receiver, count=None):
        queue = self.queues.get((author, receiver), ())
        while queue and count != 0:
            what, said = queue.popleft()
            self.ledgers[receiver].hear(author, what, said)
            count = count and count - 1

    def uplinks(self, author, receiver):
        """The divisions whose link to their parent is on the way between these two."""
        low, high = (author, receiver) if receiver in self.above(author) else (receiver, author)
        line = [low] + self.above(low)
        return line[:line.index(high)]

    def deliver_all(self, cut=()):
        """All that can arrive while the links of these to their parents are cut."""
        moved = True
        while moved:
            moved = False
            for author, receiver in list(self.queues):
                if self.queues[author, receiver] and not set(cut) & set(
                        self.uplinks(author, receiver)):
                    self.deliver(author, receiver)
                    moved = True

    # --- posts ---

    def submit(self, code, documents, atomic=False):
        """What each of them must get; what must be accepted is entered. `atomic`: all or none."""
        if atomic:
            wants = self.tried(code, documents)
            if any(want[0] not in GOOD for want in wants):
                return [["not_all"] if want[0] in GOOD else want for want in wants]
        ledger, wants = self.ledgers[code], []
        for document in documents:
            want = ledger.judge(document)
            if want == ["accepted"]:
                ledger.enter(document)
            wants.append(want)
        return wants

    def tried(self, code, documents):
        """The same on a copy of everything, which is forgotten: a process of its own has one, and no
        ledger need know how to take back what it did."""
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            with os.fdopen(write, "w") as pipe:
                json.dump(self.submit(code, documents), pipe)
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as pipe:
            text = pipe.read()
        os.waitpid(child, 0)
        return json.loads(text)

    # --- invariants 4, 5 and 8 ---

    def touched(self, ledger, entry):
        moved, self.asks_moved = self.asks_moved, []
        for ask in moved:
            self.check_ask(ask.about or ask)

    @staticmethod
    def open_item(ask):
        """Issued and not answered, or given back and not settled."""
        back = ask.answer and ask.answer[1] == "return"
        return ask.going_back + (ask.amount if not ask.answer or back and not ask.outcome else 0)

    def check_ask(self, ask):
        if ask.amount <= 0 or ask.is_recall:
            return
        left = ask.line.has("TRANSIT") + ask.line.has("XFER_OUT")
        arrived = ask.held.has("SRC_TRANSFER_IN") if ask.held else 0
        if left != arrived + self.open_item(ask):
            raise Broken(f"4: {ask.issuer} {ask.id}: {left}, {arrived}, {self.open_item(ask)}")

    def check_all(self):
        """Everything once more, from the lines; between levels (4, 5), over years (8)."""
        rest = collections.Counter()  # (year, fund) -> sources less uses
        for code, ledger in self.ledgers.items():
            ledger.check_all()
            for ask in ledger.asks.values():
                self.check_ask(ask)
                if ask.amount > 0 and not ask.is_recall:
                    rest[ask.year, ask.line.fund] -= self.open_item(ask)
            for (key, account, other, *_), (debit, credit) in ledger.sums.items():
                if account == "TRANSIT" or other in self.parents:
                    continue
                rest[key[0], key[1]] += credit - debit
            for (year, fund), total in ledger.totals.items():
                after = ledger.totals.get((str(int(year) + 1), fund), {})
                if total.get("CARRY_OUT", 0) != after.get("SRC_CARRY_IN", 0):
                    raise Broken(f"8: {code} {year} {fund}")
        if any(rest.values()):
            raise Broken(f"5: {rest}")

    # --- balances: own level and jurisdiction (16.3, 16.4) ---

    def departments_of(self, top, member, agency, year):
        """An agency and its ancestors in a jurisdiction, by the register of whoever in it has the
        code, from the member up."""
        for at in [member] + self.above(member):
            agencies = self.ledgers[at].agencies
            if at in self.subtree(top) and agency in agencies.versions:
                used = (agency, year) in agencies.used
                return agencies.fixed(agency, year) if used else agencies.line(agency, year)
        return (agency,)

    def key_of(self, holder, member, by, code):
        """In a jurisdiction a project or an agency is one division's, as far as the holder knows."""
        if not code or by not in ("project", "agency", "department"):
            return code
        for at in [member] + self.above(member):
            if by == "project":
                held = self.ledgers[at].projects.get(code)
                mine = held and (at in self.subtree(holder) or held.tracked)
            else:
                mine = code in self.ledgers[at].agencies.versions and at in self.subtree(holder)
            if mine:
                return f"{at}/{code}"
        return code

    @staticmethod
    def names(by, key, account, eco, month, departments):
        """The rows of a dimension that a posting belongs to."""
        if by == "account":
            return (account,)
        if by == "economic":
            return (eco,)
        if by == "month":
            return (f"{month:02d}",)
        if by == "department":
            return departments
        return (key[KEY[by]],)

    def figures(self, code, scope, dimensions, holder=None):
        """dimension -> (year, key, account) -> [debit, credit]: all that a division's balances are made
        of, as one holder names it."""
        inside = self.subtree(code) if scope == "subtree" else []
        named = functools.lru_cache(None)(
            lambda by, owner, name: name if not inside else self.key_of(
                code if by == "department" else holder or code, owner, by, name))
        departments_of = functools.lru_cache(None)(functools.partial(self.departments_of, code))
        figures = {by: {} for by in dimensions}
        for division in inside or [code]:
            for (key, account, other, eco, month, departments), (debit, credit) in (
                    self.ledgers[division].sums.items()):
                # Both sides are within: TRANSIT is what is left of them, under the issuer's codes.
                owner = other if other in inside and account == "SRC_TRANSFER_IN" else division
                account = "TRANSIT" if other in inside else account
                if inside and "department" in dimensions:
                    departments = departments_of(owner, key[KEY["agency"]], key[0])
                for by, rows in figures.items():
                    for name in self.names(by, key, account, eco, month, departments):
                        row = rows.setdefault((key[0], named(by, owner, name), account), [0, 0])
                        row[0] += debit
                        row[1] += credit
        return figures

    def balances(self, code, scope, by, year, holder=None):
        """(key, account) -> (debit, credit) at own level, -> balance in a jurisdiction."""
        return self.balances_of(self.figures(code, scope, (by,), holder), scope, by, year)

    @staticmethod
    def balances_of(figures, scope, by, year):
        rows = {}
        for (of, name, account), (debit, credit) in figures[by].items():
            if year in (None, of):
                row = rows.setdefault((name, account), [0, 0])
                row[0] += debit
                row[1] += credit
        if scope == "own":
            return {k: tuple(v) for k, v in rows.items() if v != [0, 0]}
        net = {k: v[0] - v[1] if k[1] in DEBIT else v[1] - v[0] for k, v in rows.items()}
        return {k: v for k, v in net.items() if v}

    # --- lines ---

    def lines(self, code):
        """id -> what is shown of a line of authority: whose and what for, and how far it has come."""
        return {line.id: self.line(line) for line in self.ledgers[code].made}

    def line(self, line):
        _, fund, project, function, agency, *_ = line.key
        sums = collections.Counter(line.balance)
        row = self.chain_row(sums)
        del row["rate"]
        row.update(committed=yuan(sums["COMMIT"]), frozen=yuan(sums["FROZEN"]),
                   available=yuan(sums["AVAIL"]), kind=line.kind, fiscal_year=int(line.year),
                   fund_type_code=fund, pro_code=project, exp_func_code=function,
                   agency_code=agency)
        return row

    # --- boards ---

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

    @staticmethod
    def net(rows):
        """key -> account -> what it stands at, of balances at own level or in a jurisdiction."""
        keys = collections.defaultdict(collections.Counter)
        for (key, account), row in rows.items():
            if isinstance(row, tuple):
                row = row[0] - row[1] if account in DEBIT else row[1] - row[0]
            keys[key][account] += row
        return keys

    def chains(self, holder):
        """The boards of a year (None: of all) that this division sees, as a function of the year:
        of divisions, and of own projects."""
        scopes = [(code, scope) for code in self.subtree(holder)
                  for scope in (("own", "subtree") if self.below(code) else ("own",))]
        figures = {of: self.figures(*of, ("account", "project")) for of in scopes}

        def chain(year):
            rows = {}
            for code, scope in scopes:
                of_year = self.balances_of(figures[code, scope], scope, "account", year)
                sums = sum(self.net(of_year).values(), collections.Counter())
                rows[code, scope] = self.chain_row(sums)
            projects = self.balances_of(figures[holder, "own"], "own", "project", year)
            return rows, {key: self.chain_row(sums) for key, sums in self.net(projects).items()}
        return chain

    def edges(self, holder):
        """What went from one division to another, both sides of it."""
        rows = collections.defaultdict(lambda: [0] * len(EDGE_SUMS))
        within = self.subtree(holder)
        for code, ledger in self.ledgers.items():
            for ask in ledger.asks.values():
                if code not in within and ask.receiver not in within or ask.amount == 0:
                    continue
                elements = ask.line.elements
                row = rows[code, ask.receiver, elements["fund_type_code"],
                           elements.get("pro_code", "")]
                row[0] += 1
                row[1] += ask.outcome is None
                row[2] += ask.answer is None
                if ask.about:  # what it gives back counts at its transfer
                    continue
                row[3] += ask.amount - ask.taken_back
                if ask.held:
                    row[4] += ask.held.has("SRC_TRANSFER_IN")
                    row[6] += ask.going_back
                else:
                    row[5 if ask.answer else 6] += ask.amount
        return {k: tuple(v[:3]) + tuple(yuan(a) for a in v[3:]) for k, v in rows.items()}

    def waiting(self, holder):
        """Asks that this division must answer, and those whose answer it awaits."""
        rows = {}
        for code, ledger in self.ledgers.items():
            for ask in ledger.asks.values():
                told = (ask.receiver, yuan(ask.amount), ask.number)
                if ask.receiver == holder and not ask.answer and ask.amount:
                    rows["to_register", code, ask.id] = told
                if code == holder and not ask.outcome:
                    rows["awaiting_answer", code, ask.id] = told
        return rows

    # --- who sees what ---

    def sees(self, holder, code, document):
        if holder == code or code in self.below(holder):
            return True
        if document["kind"] in ("transfer", "recall", "withdraw"):
            receiver = document.get("rec_div_code") or (
                self.ledgers[code].asks[document["bgt_id"]].receiver)
            return receiver in self.subtree(holder)
        return document["kind"] in TREE_KINDS or document.get("is_track") == "1"

    def list(self, code, kind, year, holder):
        ledger, rows = self.ledgers[code], {}
        for ident in ledger.of_kind.get(kind, ()):
            d = ledger.documents[ident]
            if year in (None, d.get("fiscal_year")) and self.sees(holder, code, d):
                rows[ident] = (d.get("fiscal_year"), d.get("state") or ledger.state(ident),
                               yuan(ledger.amounts.get(ident, 0)))
        return rows

    def settles(self, code, holder):
        """A node writes these, and names them: year and amount of each."""
        seen = self.subtree(holder)
        return sorted((ask.year, yuan(amount)) for ask, amount in self.ledgers[code].settles
                      if code in seen or ask.receiver in seen)

    def get(self, code, ident):
        return self.ledgers[code].get(ident)


TREE_KINDS = ("element", "element_map", "policy", "calendar", "close_year", "open_year",
              "reopen_year")
