"""model_compare - whatever a tree of real nodes shows, held against the model: balances by all
dimensions, lines, boards, edges, inboxes, lists, states."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from model_form import DEBIT, KINDS, fen  # noqa: E402
from model_tree import CHAIN, EDGE, EDGE_SUMS, LINE, TREE_KINDS  # noqa: E402

DIMENSIONS = ("account", "project", "function", "fund", "agency", "department", "economic",
              "gov_economic", "month", "direct")
HEARD_BELOW = TREE_KINDS + ("project", "transfer", "recall", "withdraw")
# What the sums of a year come to is not said below, and is no amount of the document.
SUMMED = ("close_year", "reopen_year")
LINE_SUMS = sum(name not in ("kind", "fiscal_year") and not name.endswith("_code") for name in LINE)


class Disagreement(trees.Failed):
    """The node and the model say different things."""


def same(have, want, what):
    if have == want:
        return
    if isinstance(have, dict) and isinstance(want, dict):
        keys = [k for k in list(want) + list(have) if have.get(k) != want.get(k)]
        raise Disagreement(f"{what}: " + "; ".join(
            f"{k}: node {have.get(k)}, model {want.get(k)}" for k in list(dict.fromkeys(keys))[:20]))
    raise Disagreement(f"{what}: node {have}, model {want}")


class Compare:
    """Of a check that has `tree`, `model`, `random`, `readers`, and counts in `tally`."""

    def holders(self, code):
        return [code] + self.tree.above(code)

    def count(self, figures):
        self.tally.figures += max(figures, 1)

    def listed(self, holder, code, kind, year=None):
        return self.readers[holder].rows("/documents", kind=kind, division=code, year=year)

    # --- one ledger, at one of its holders ---

    def balances(self, holder, code, scope, years):
        """By each dimension, of these years and of all together."""
        figures = self.model.figures(code, scope, DIMENSIONS, holder)
        for by in DIMENSIONS:
            for year in (None, *years):
                self.balance(holder, code, scope, by, year,
                             self.model.balances_of(figures, scope, by, year))

    def balance(self, holder, code, scope, by, year, want):
        have, what = {}, f"{holder}: balance of {code} {scope} by {by}, {year or 'all years'}"
        for row in self.readers[holder].rows("/balance", division=code, scope=scope, by=by,
                                             year=year or "all"):
            debit, credit, net = (fen(row[k]) for k in ("debit", "credit", "balance"))
            side = 1 if row["account"] in DEBIT else -1
            same(net, side * (debit - credit), f"{what}: the balance of {row}")
            have[row["key"], row["account"]] = (debit, credit) if scope == "own" else net
        if scope == "subtree":
            have = {k: v for k, v in have.items() if v != 0}
        same(have, want, what)
        self.count(len(want))

    def lines(self, holder, code):
        want = self.model.lines(code)
        have = {row["id"]: {k: row.get(k, "") for k in LINE}
                for row in self.readers[holder].rows("/lines", division=code)}
        same(have, want, f"{holder}: lines of {code}")
        self.count(len(want) * LINE_SUMS)

    def list(self, holder, code, kind, year=None):
        """Documents of nodes have ids of their own, which no model knows."""
        rows = self.listed(holder, code, kind, year)
        have = {row["id"]: (row.get("fiscal_year"), row["state"],
                            row["amount"] if kind not in SUMMED else "")
                for row in rows if not row["id"].startswith(".")}
        written = sorted((row["fiscal_year"], row["state"], row["amount"])
                         for row in rows if row["id"].startswith("."))
        want = {k: v if kind not in SUMMED else v[:2] + ("",)
                for k, v in self.model.list(code, kind, year, holder).items()}
        same(have, {k: v for k, v in want.items() if not k.startswith(".")},
             f"{holder}: list {kind} of {code} {year}")
        same(written, sorted(v for k, v in want.items() if k.startswith(".")),
             f"{holder}: list {kind} of {code} {year}, by nodes")
        self.count(len(want))

    def settles(self, holder, code):
        want = self.model.settles(code, holder)
        same(sorted((row["fiscal_year"], row["amount"])
                    for row in self.listed(holder, code, "settle")), want,
             f"{holder}: list settle of {code}")
        self.count(len(want))

    def documents(self, holder, code, count):
        """Some of them, and some lines, member by member."""
        ledger = self.model.ledgers[code]
        idents = self.random.sample(ledger.order, min(count, len(ledger.order)))
        idents += [line.id for line in self.random.sample(ledger.made, min(count, len(ledger.made)))]
        for ident in idents:
            if ident.startswith("."):
                continue
            have = self.readers[holder].get("/documents/" + ident, division=code)
            want = self.model.get(code, ident)
            shown = {k: have.get(k) for k in want}
            same(shown, want, f"{holder}: get {ident} of {code}")
            self.count(len(want))

    # --- boards of one node ---

    def chains(self, holder, years):
        chain = self.model.chains(holder)
        for year in (None, *years):
            board = self.tree[holder].json("report", "chain", "--year", year or "all")
            rows, projects = chain(year)
            have = {(row["division"], row["scope"]): {k: row[k] for k in CHAIN}
                    for row in board["rows"]}
            same(have, rows, f"{holder}: report chain {year}")
            have = {row["pro_code"]: {k: row[k] for k in CHAIN} for row in board["projects"]}
            same(have, projects, f"{holder}: chain's projects {year}")
            self.count((len(rows) + len(projects)) * len(CHAIN))

    def reconcile(self, holder):
        board = self.tree[holder].json("report", "reconcile", "--year", "all")
        have = {tuple(row[k] for k in EDGE): tuple(row[k] for k in EDGE_SUMS)
                for row in board["rows"]}
        same(have, self.model.edges(holder), f"{holder}: report reconcile")
        self.count(len(have) * len(EDGE_SUMS))

    def inbox(self, holder):
        answer = self.tree[holder].json("inbox")
        have = {(row["group"], row.get("issuer", holder), row["id"]):
                (row.get("receiver", holder), row["amount"], row.get("document_no"))
                for row in answer["rows"] if row.get("kind") in ("transfer", "remit", "recall")}
        want = self.model.waiting(holder)
        same(have, want, f"{holder}: inbox")
        counted = sum(answer["counts"][group]["documents"]
                      for group in ("to_register", "awaiting_answer"))
        same(counted, len(want), f"{holder}: inbox counts")
        self.count(len(want) + 1)

    # --- everything ---

    def compare(self, share=None):
        """A share of all that can be asked, each of some year; without one all of it, year by year
        and of all years: every ledger at every node that holds it, whole or in part."""
        def years():
            return self.model.years() if share is None else (self.random.choice(self.years),)
        checks = []
        if share is None:
            self.model.check_all()
        for code in self.model.parents:
            for holder in self.holders(code):
                checks += [(self.balances, holder, code, scope, years())
                           for scope in ("own", "subtree")]
                checks += [(self.list, holder, code, kind, None if share is None else
                            self.random.choice((None,) + self.years))
                           for kind in KINDS]
                checks += [(self.settles, holder, code), (self.documents, holder, code, 5),
                           (self.lines, holder, code)]
            for below in self.model.below(code):
                checks += [(self.list, below, code, kind) for kind in HEARD_BELOW]
                checks.append((self.settles, below, code))
            checks += [(self.chains, code, years()), (self.reconcile, code), (self.inbox, code)]
        for check, *what in checks:
            if share is None or self.random.random() < share:
                try:
                    check(*what)
                except Disagreement as differs:
                    self.differences.append(str(differs))
        self.end_if_different()
