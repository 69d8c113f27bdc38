"""model_draw - random documents of one division, most of them right: budgets, allocations, lines,
payments. What goes between levels is in model_draw_between, years and codes in model_draw_years,
what is wrong in model_draw_wrong."""
import collections

from model_draw_between import DrawBetween
from model_draw_wrong import DrawWrong
from model_draw_years import DrawYears
from model_form import ELEMENTS, fen, yuan
from model_policy import CODES

FUNDS = ("111", "12", "13")
FUNCTIONS = ("2010301", "2050202", "2130199")
CLASSES = ("301", "30101", "302")
PAYEE = dict(payee_acct_name="强嘎合作社", payee_acct_no="62280001",
             payee_acct_bank_name="农业银行", use_des="办公用品")
SOURCE_KINDS = ("budget", "transfer_in", "register", "carry_over", "refund")


class Draw(DrawBetween, DrawYears, DrawWrong):
    """`years`: those of business, oldest first; the last of them is next year's, for what is early."""

    def __init__(self, model, code, chance, years, has_credits=True):
        self.has_credits = has_credits  # among payments, though they need two persons
        self.model, self.code, self.chance, self.years = model, code, chance, years
        self.number = self.opens = 0
        self.spoilt_so = collections.Counter()  # (way, kind, field) -> documents

    @property
    def ledger(self):
        return self.model.ledgers[self.code]

    # --- parts ---

    def ident(self, prefix):
        """The same in every division: ids are unique within one only."""
        self.number += 1
        return f"{prefix}{self.number}" + self.chance.choice(("", "", "-a", "_B", ".c"))

    def document(self, kind, year=None, **fields):
        ident = self.ident("".join(c[0] for c in kind.split("_")) + kind[-1])
        return dict(kind=kind, id=ident, fiscal_year=year or self.year(), **fields)

    def year(self):
        """Mostly one in which everything may be done."""
        year = self.chance.choice(self.years[:-1] * 3 + self.years[-2:])
        if self.year_is_closed(year) and self.chance.random() < 0.9:
            return self.year()
        return year

    def day(self, year):
        """A date of a fiscal year that is not after today, if there is one."""
        last = min(self.model.today, year + "-12-28")
        return f"{year}-{self.chance.randrange(1, int(last[5:7]) + 1):02d}-01"

    def amount(self, free=None):
        """A part of what is free, now and then all of it or a fen more."""
        if free is None and self.chance.random() < 0.02:
            return "9999999999999.99"
        if free is None:
            return yuan(self.chance.randrange(1, 10 ** self.chance.randrange(3, 9)))
        roll = self.chance.random()
        if roll < 0.05:
            return yuan(max(free, 0) + 1)
        if roll < 0.18 and free > 0:
            return yuan(free)
        return yuan(self.chance.randrange(1, max(free // self.chance.choice((2, 4, 9)), 2)))

    def maybe(self, fields, share, **more):
        if self.chance.random() < share:
            fields.update(more)

    def elements(self, year, project=0.4):
        fields = {}
        self.maybe(fields, 0.5, exp_func_code=self.usable("exp_func", year, FUNCTIONS))
        self.maybe(fields, 0.2, tp_func_code=self.usable("tp_func", year, ("230", "231", "232")))
        self.maybe(fields, 0.2, is_direct="1",
                   gov_bgt_eco_code=self.usable("gov_bgt_eco", year, ("50101", "502")))
        self.maybe(fields, 0.3, dep_bgt_eco_code=self.usable("dep_bgt_eco", year, CLASSES))
        self.maybe(fields, 0.1, source_type_code=self.usable("source_type", year, ("1", "2")),
                   bgt_type_code=self.usable("bgt_type", year, ("11", "12")))
        if self.chance.random() < project:
            codes = self.projects(year)
            if codes:
                fields["pro_code"] = self.chance.choice(codes)
        return fields

    def usable(self, name, year, codes):
        """Mostly one that is in force in that year."""
        good = [c for c in codes if self.ledger.is_usable(name, year, c)]
        return self.chance.choice(good if good and self.chance.random() < 0.95 else codes)

    def with_required(self, d, held=None, share=0.9):
        """Fills in what a policy asks for, as a clerk would who was told once."""
        code = "required." + d["kind"]
        if code in CODES and self.chance.random() < share:
            usual = dict(exp_func_code=FUNCTIONS[0], dep_bgt_eco_code="301")
            for field in sorted(self.ledger.policy(code)):
                if field in usual and field not in (held or {}):
                    d.setdefault(field, usual[field])
        return d

    def projects(self, year):
        """Codes that this division may name; some of them take no money."""
        codes = [c for c, p in self.ledger.projects.items() if p.year <= year]
        for above in self.ledger.above_catalogues():
            codes += [c for c, p in above.projects.items() if p[0] <= year and p[2]]
        return codes

    def agency(self, year):
        known = [c for c in self.ledger.agencies.versions if self.ledger.agencies.known(c, year)]
        return self.chance.choice(known or ["105001"])

    def line(self, kinds, account=None, released=None):
        """Some indicator of these kinds, if one is found, with money where it is asked for: mostly
        one of the newest, since those have money left."""
        made = self.ledger.made
        for _ in range(24 if made else 0):
            newest = min(len(made), 300)
            at = self.chance.randrange(len(made)) if self.chance.random() < 0.3 else (
                len(made) - 1 - self.chance.randrange(newest))
            line = made[at]
            if line.kind in kinds and (account is None or line.has(account) > 0) and (
                    released is None or line.released == released):
                # Of closed years less: what they get is mostly one reason.
                if self.ledger.year_state(line.year) != "closed" or self.chance.random() < 0.1:
                    return line
        return None

    # --- right documents ---

    def budget(self, year=None, stage=None):
        year = year or self.year()
        stage = stage or self.chance.choice(
            ("reply",) * 7 + ("estimate",) * 2 + ("request", "ceiling", "submission"))
        fields = dict(stage=stage, fund_type_code=self.chance.choice(FUNDS), amount=self.amount())
        if stage == "reply" or self.chance.random() < 0.2:
            fields.update(approval_ref="人大〔2026〕1号", approval_date="2026-01-22")
        self.maybe(fields, 0.2, agency_code=self.agency(year))
        self.maybe(fields, 0.2, memo="年初预算")
        return self.with_required(self.document("budget", year, **fields, **self.elements(year)))

    def reply_to(self):
        """The reply of an estimate: more, less, the same, nothing."""
        line = self.line(("budget",), "SRC_ADVANCE")
        if line is None:
            return []
        had, free = line.has("SRC_ADVANCE"), line.has("UNALLOC")
        amount = self.chance.choice((
            had, had + 100, had * 2, max(had - free, 0), max(had - free - 1, 0), had - free // 2, 0))
        d = self.document("budget", line.year, stage="reply", fund_type_code=line.fund,
                          amount=yuan(amount), approval_ref="人大〔2026〕2号", estimate_id=line.id)
        self.maybe(d, 0.1, fund_type_code=self.chance.choice(FUNDS))
        self.maybe(d, 0.1, exp_func_code=self.chance.choice(FUNCTIONS))
        return [d]

    def source(self, made):
        """A source, and what comes of it within the same post."""
        if self.chance.random() < 0.4 or made.get("stage") == "estimate":
            return [made]
        return [made] + self.onward(made["id"], made["fiscal_year"], made["amount"], made)

    def allocate(self, ident, year, free, held=None):
        return self.with_required(self.document(
            "allocate", year, ori_bgt_id=ident, agency_code=self.agency(year),
            amount=self.amount(free), **self.elements(year, 0.15)), held)

    def onward(self, ident, year, amount, held=None):
        made = self.allocate(ident, year, fen(amount), held)
        documents = [made, self.release(made["id"], year)]
        below = self.model.below(self.code)
        if below and self.chance.random() < 0.6:
            documents[:0] = [self.with_required(self.document(
                "transfer", year, ori_bgt_id=ident, rec_div_code=self.chance.choice(below),
                amount=self.amount(fen(amount)), cor_bgt_doc_no="财指〔2026〕8号",
                tra_type_code="special", stage="formal"), held)]
        return documents

    def transfer_in(self):
        year = self.year()
        d = self.document(
            "transfer_in", year, ori_div_code="100000", sup_bgt_doc_no="财农〔2026〕11号",
            amount=self.amount(), fund_type_code=self.chance.choice(FUNDS),
            tra_type_code=self.chance.choice(("general", "special")),
            stage=self.chance.choice(("early", "formal")), **self.elements(year))
        self.maybe(d, 0.08, ori_div_code=self.chance.choice(sorted(self.ledger.roster)))
        self.maybe(d, 0.1, income_sort_code=self.usable("income_sort", year, ("101",)))
        early = self.line(("transfer_in",), "UNALLOC")
        if early and self.chance.random() < 0.3:
            held = self.ledger.documents[early.id]
            d.update(early_bgt_id=early.id, fiscal_year=early.year, fund_type_code=early.fund)
            if self.chance.random() < 0.7:
                d = {f: v for f, v in d.items() if f not in ELEMENTS or f == "sup_bgt_doc_no" or
                     f == "fund_type_code"}
                d.update(amount="-" + self.amount(early.has("UNALLOC")),
                         tra_type_code=held["tra_type_code"])
        return self.with_required(d)

    def allocation(self):
        """An indicator for a unit and what becomes of it, all within one post."""
        line = self.line(SOURCE_KINDS, "UNALLOC")
        if line is None:
            return []
        year, free = line.year, line.has("UNALLOC")
        made = self.allocate(line.id, year, free, line.elements)
        documents = [made]
        if self.chance.random() < 0.8:
            documents.append(self.release(made["id"], year))
        if self.chance.random() < 0.5:
            documents += self.spending(made["id"], year, fen(made["amount"]))
        return documents

    def release(self, ident, year):
        return self.document("release", year, bgt_id=ident, cor_bgt_doc_no="财预〔2026〕1号",
                             doc_date="2026-03-05")

    def spending(self, ident, year, free):
        amount = self.amount(free)
        made = self.document("payment", year, bgt_id=ident, pay_app_amt=amount, **PAYEE)
        self.maybe(made, 0.95 if year != self.model.today[:4] else 0.7,
                   pay_app_date=self.day(year))
        self.maybe(made, 0.02, pay_app_date=self.chance.choice(("2019-12-31", "2031-01-01")))
        self.maybe(made, 0.2, pay_type_code="1")
        self.maybe(made, 0.1, set_mode_code=self.usable("set_mode", year, ("0", "1", "2")))
        self.maybe(made, 0.3, dep_bgt_eco_code=self.usable("dep_bgt_eco", year, CLASSES))
        self.with_required(made)
        self.maybe(made, 0.2, agency_acct_no=self.code + "105001")
        documents = [made]
        if self.chance.random() < 0.5:
            documents.append(self.receipt(made["id"], year, fen(amount)))
        return documents

    def receipt(self, ident, year, free):
        number = self.chance.choice((self.ident("bank"),) * 29 + ("bank0",))
        return self.document("paid", year, pay_app_id=ident, xpay_amt=self.amount(free),
                             xpay_date=self.chance.choice((
                                 self.day(year), self.day(year), "2020-02-29",
                                 self.chance.choice((f"{int(year) + 1}-01-04", "2062-03-01")))),
                             agent_business_no=number)

    def on_line(self):
        """A step on an indicator that is there already, mostly one that is possible."""
        kind = self.chance.choice(("release", "payment", "payment", "freeze", "freeze", "unfreeze",
                                   "reduce", "virement", "virement"))
        account = dict(release="PENDING", unfreeze="FROZEN", reduce=None).get(kind, "AVAIL")
        line = self.line(("allocate", "virement", "carry_over"), account)
        if line is None or self.chance.random() < 0.06:
            line = self.line(("allocate", "budget", "register", "transfer", "refund"))
        if line is None:
            return []
        if kind == "release":
            return [self.release(line.id, line.year)]
        if kind == "reduce":
            account = self.ledger.reducible(line)
        free = line.has(account)
        if kind == "payment":
            return self.spending(line.id, line.year, free)
        if kind == "virement":
            return self.virement(line, free)
        fields = {} if kind == "reduce" else dict(reason="审计事项")
        return [self.document(kind, line.year, bgt_id=line.id, amount=self.amount(free), **fields)]

    def virement(self, line, free):
        """To another unit, or for another purpose; now and then nothing differs."""
        held = line.elements.get("agency_code")
        agency = held if held and self.chance.random() < 0.1 else self.agency(line.year)
        fields = self.elements(line.year, 0.1)
        fields.pop("source_type_code", None)
        return [self.with_required(self.document(
            "virement", line.year, from_bgt_id=line.id, agency_code=agency,
            amount=self.amount(free), reason="任务调整", **fields), line.elements)]

    def adjustment(self):
        line = self.line(("budget",))
        if line is None:
            return []
        amount = self.chance.choice((self.amount(), "-" + self.amount(line.has("UNALLOC"))))
        return [self.document("adjust", line.year, bgt_id=line.id, amount=amount,
                              approval_ref="人大〔2026〕3号", reason="年中调整")]

    def on_payment(self):
        payments = self.ledger.payment_ids
        if not payments:
            return []
        ident = payments[-1 - self.chance.randrange(min(len(payments), 400))]
        if self.chance.random() < 0.2:
            ident = self.chance.choice(payments)
        payment = self.ledger.payments[ident]
        year = payment.line.year
        kind = self.chance.choice(("paid", "paid", "refund", "refund", "payment_cancel"))
        if kind == "paid":
            return [self.receipt(ident, year, payment.left)]
        if kind == "payment_cancel":
            return [self.document(kind, year, pay_app_id=ident, reason="多付退回")]
        d = self.document("refund", year, pay_app_id=ident, reason="多付退回",
                          amount=self.amount(payment.spent))
        if self.ledger.year_state(year) == "closed":
            d["fiscal_year"] = self.chance.choice([y for y in self.years if y > year] or [year])
        self.maybe(d, 0.5, date=self.day(d["fiscal_year"]))
        if self.has_credits and self.chance.random() < 0.2 and d["fiscal_year"] == year:
            return [self.credit(payment.line)]
        return [d]

    def credit(self, line):
        """What belongs to no single payment."""
        d = self.document("refund", line.year, bgt_id=line.id, reason="红字发票",
                          amount=self.amount(line.has("SPENT")))
        self.maybe(d, 0.5, date=self.day(line.year))
        return d

    def credits(self):
        ids = self.ledger.payment_ids[-300:]
        lines = [self.ledger.payments[i].line for i in self.chance.sample(ids, min(6, len(ids)))]
        return [self.credit(line) for line in lines]

    def some(self):
        """A few documents that belong together; one of them is wrong now and then."""
        roll = self.chance.random()
        for share, way in ((0.05, lambda: self.source(self.budget())), (0.02, self.reply_to),
                           (0.03, lambda: self.source(self.transfer_in())), (0.16, self.out),
                           (0.18, self.allocation), (0.02, self.adjustment), (0.2, self.on_line),
                           (0.19, self.on_payment), (0.05, self.people), (0.06, self.year_end),
                           (0.015, self.wrong_rule), (0.025, self.stray_answer)):
            roll -= share
            if roll < 0:
                break
        documents = [d for d in way() if d]
        if documents and way != self.wrong_rule and self.chance.random() < 0.3:
            at = self.chance.randrange(len(documents))
            documents[at] = self.spoilt(documents[at])
        return documents

    def some_of(self, count):
        documents = []
        while len(documents) < count:
            documents += self.some()
        return documents
