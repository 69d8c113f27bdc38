"""model_chart - lines of authority, what is posted to them, and the sums over them: sections 3, 13.5
and 16.4, and the invariants of section 19 that one entry can break."""
import collections

from model_form import DEBIT, SOURCES

USES = frozenset(DEBIT)
CREDIT = frozenset(SOURCES)


class Broken(Exception):
    """An invariant does not hold: the text, or this model of it, is wrong."""


class Line:
    """An amount of authority with its elements, made by the document whose id it has."""
    __slots__ = ("id", "kind", "year", "elements", "origin", "source", "released", "earmarked",
                 "issuer", "came_up", "carried", "advance", "adjustable", "receiver", "balance",
                 "key", "fund", "project", "credit", "used", "recovered")

    def __init__(self, ident, kind, year, elements, origin=None):
        self.id, self.kind, self.year, self.elements = ident, kind, year, elements
        self.origin = origin or self     # where reduce brings its money back to
        self.source = origin.source if origin else self  # where its money entered the ledger
        self.released = False            # may be paid from
        self.earmarked = False           # special-purpose money keeps project and function
        self.issuer = None               # the division its money came from; None: own money
        self.came_up = False             # by a remit: what may go on to any division above
        self.carried = 0                 # of a source: times carried into a new year
        self.advance = False             # of a source: an estimate without its reply
        self.adjustable = False          # of a source: made by a reply
        self.receiver = ""               # of a transfer, transfer_out or remit
        self.recovered = 0               # of SPENT: what came back into another year
        self.balance = {}
        self.credit = self.used = 0      # of a source: SRC_*, and what all its lines hold of it
        if origin:
            self.earmarked, self.issuer = origin.earmarked, origin.issuer
            self.came_up = origin.came_up
        held = elements.get
        self.fund, self.project = elements["fund_type_code"], held("pro_code", "")
        self.key = (year, self.fund, self.project,
                    held("exp_func_code", held("tp_func_code", "")), held("agency_code", ""),
                    "1" if held("is_direct") == "1" else "", held("gov_bgt_eco_code", ""))

    def has(self, account):
        return self.balance.get(account, 0)

    @property
    def is_source(self):
        return self.origin is self and self.source is self

    @property
    def waits_for_reply(self):
        """Does its money come from an estimate without reply? Then advance_only (8.4)."""
        return self.source.advance


def total_of_credit(total):
    return sum(balance for account, balance in total.items() if account in CREDIT)


class Chart:
    """The chart of one division: every posting of its log, summed."""

    def __init__(self):
        self.indicators = {}  # id -> Line
        self.made = []        # the same lines, in their order
        # (line's key, account, other division, economic class, book month, departments)
        # -> [debit, credit]
        self.sums = {}
        self.totals = collections.defaultdict(dict)   # (year, fund) -> account -> balance
        self.project_money = collections.defaultdict(dict)  # code -> account -> balance, all years
        self.closing = {}     # (year, fund) -> account -> balance of its closing line
        self.entry = []       # (line, account, amount) of the entry that is being made

    def post(self, line, account, amount, month, eco=None):
        """Debits by a positive amount, credits by a negative one. `eco`: the class it goes under
        where that is not the line's (16.4)."""
        if amount == 0:
            return
        self.entry.append((line, account, amount))
        normal = amount if account in USES else -amount
        line.balance[account] = line.balance.get(account, 0) + normal
        source = line.source
        if account in USES:
            source.used += normal
        else:
            source.credit += normal
        total = self.totals[line.year, line.fund]
        total[account] = total.get(account, 0) + normal
        if line.project:
            money = self.project_money[line.project]
            money[account] = money.get(account, 0) + normal
        other = ""
        if account == "SRC_TRANSFER_IN":
            other = line.issuer
        elif account == "XFER_OUT":
            other = line.receiver
        if eco is None:
            eco = line.elements.get("dep_bgt_eco_code", "")
        key = (line.key, account, other, eco, month, self.departments(line))
        row = self.sums.get(key)
        if row is None:
            row = self.sums[key] = [0, 0]
        row[amount < 0] += abs(amount)

    def move(self, line, source, target, amount, month, eco=None):
        self.post(line, target, amount, month, eco)
        self.post(line, source, -amount, month, eco)

    # --- invariants 1, 2, 3 and 14 of one entry ---

    def end_entry(self, is_closed):
        """Holds the entry that was made to the invariants; `is_closed`: of a year."""
        entry, self.entry = self.entry, []
        sums = {}
        for line, account, amount in entry:
            key = line.year, line.fund
            sums[key] = sums.get(key, 0) + amount
            if line.balance[account] < 0:
                raise Broken(f"2: {account} of {line.id} is {line.balance[account]}")
            if line.source.credit != line.source.used:
                raise Broken(f"3: source {line.source.id}: {line.source.credit}, used "
                             f"{line.source.used}")
        for (year, fund), rest in sums.items():
            if rest:
                raise Broken(f"1: {year} {fund}: off by {rest}")
            if is_closed(year):
                raise Broken(f"14: an entry posts to {year}, which is closed")
            total = self.totals[year, fund]
            if total_of_credit(total) != sum(
                    b for a, b in total.items() if a in USES):
                raise Broken(f"3: {year} {fund}: {total}")
        return entry

    # --- closing lines (14.4) ---

    def close(self, year, is_reverse=False):
        """Moves what the sums of a year have to CLOSE, on closing lines, or back."""
        side = -1 if is_reverse else 1
        for (of, fund), total in self.totals.items():
            if of != year:
                continue
            line = self.closing.setdefault((year, fund), {})
            for account, balance in total.items():
                if account in CREDIT:
                    line[account] = line.get(account, 0) - side * balance
                    line["CLOSE"] = line.get("CLOSE", 0) + side * balance
                else:
                    line[account] = line.get(account, 0) - side * balance
                    line["CLOSE"] = line.get("CLOSE", 0) - side * balance
            for account, balance in line.items():
                want = 0 if is_reverse or account == "CLOSE" else -total.get(account, 0)
                if balance != want:
                    raise Broken(f"closing line of {year} {fund}: {account} {balance}")

    def check_all(self):
        """Everything once more, from the lines: sums, totals, projects, sources."""
        totals, projects = collections.Counter(), collections.Counter()
        sources = collections.Counter()
        for line in self.indicators.values():
            if line.origin.source is not line.source or line.source.origin is not line.source:
                raise Broken(f"6: the chain of {line.id} ends nowhere")
            for account, balance in line.balance.items():
                totals[line.year, line.fund, account] += balance
                if line.project:
                    projects[line.project, account] += balance
                sources[line.source.id] += balance if account in USES else -balance
        for source, rest in sources.items():
            if rest:
                raise Broken(f"3: source {source} is off by {rest}")
        kept = {(y, f, a): b for (y, f), t in self.totals.items() for a, b in t.items() if b}
        if kept != {k: b for k, b in totals.items() if b}:
            raise Broken("sums of the year are not those of its lines")
        kept = {(p, a): b for p, m in self.project_money.items() for a, b in m.items() if b}
        if kept != {k: b for k, b in projects.items() if b}:
            raise Broken("13: sums of projects are not those of their lines")
        rows = collections.Counter()
        for (key, account, *_), (debit, credit) in self.sums.items():
            rows[key[0], key[1], account] += (debit - credit) * (1 if account in USES else -1)
        if {k: b for k, b in rows.items() if b} != {k: b for k, b in totals.items() if b}:
            raise Broken("roll-ups are not the sums of lines")
