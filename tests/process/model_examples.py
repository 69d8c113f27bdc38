"""model_examples - the second ledger by itself, without nodes: it plays the worked examples of the
ledger's rules (years and levels) and holds every invariant over random documents.

    python3 tests/process/model_examples.py [--documents 20000] [--seed 1]
"""
import argparse
import collections
import datetime
import random
import sys
import time

from model_draw import Draw
from model_form import PRECEDENCE, REQUIRED, fen
from model_stories import STORIES, Teller
from model_tree import Model

REGION, CITY, COUNTY = "540000", "540100", "540121"
TREE = {REGION: None, CITY: REGION, COUNTY: CITY}
Y, NEXT = "2026", "2027"
TEXT = dict(stage="formal", fund_type_code="111", approval_ref="人大〔2026〕1号", reason="更正",
            cor_bgt_doc_no="财指〔2026〕7号", tra_type_code="general", agency_code="105001",
            payee_acct_name="合作社", payee_acct_no="6228", payee_acct_bank_name="农业银行",
            use_des="办公", xpay_date="2026-04-01", sup_bgt_doc_no="财农〔2026〕1号")
# Exemptions come with the rules that they are of; two issuers of one number are seldom met.
RARE = ("not_owner", "ambiguous_issuer")


class Failed(Exception):
    pass


class Story:
    """Documents with what nobody looks at filled in; each must get what its line says."""

    def __init__(self, today="2026-12-03"):
        self.model, self.number = Model(TREE, today), 0
        for code in TREE:
            for agency in ("105001", "105002"):
                self.at(code, "agency", agency_code=agency, agency_name="单位")

    def at(self, code, kind, want="accepted", year=Y, **fields):
        self.number += 1
        d = {f: TEXT[f] for f in REQUIRED[kind] if f in TEXT}
        d.update(kind=kind, id=f"d{self.number}", fiscal_year=year)
        if kind == "budget" and fields.get("stage", "reply") == "reply":
            d.update(stage="reply", approval_ref=TEXT["approval_ref"])
        if kind == "paid":
            d.update(agent_business_no=d["id"])
        d.update({f: str(v) for f, v in fields.items() if v is not None})
        for field in [f for f, v in fields.items() if v is None]:
            d.pop(field, None)
        got = self.model.submit(code, [d])[0]
        if got != [want]:
            raise Failed(f"{code}: {d}: {got}, not {want}")
        return d["id"]

    def hear(self, *down):
        self.model.deliver_all(down)

    def figures(self, code, line, **want):
        line = self.model.ledgers[code].indicators[line]
        self.same(f"{code} {line.id}", line.balance, want)

    def year(self, code, year=Y, **want):
        total = self.model.ledgers[code].totals[year, "111"]
        self.same(f"{code} {year}", total, want)

    def jurisdiction(self, code, year=Y, **want):
        rows = self.model.balances(code, "subtree", "account", year)
        self.same(f"jurisdiction of {code}", {k[1]: v for k, v in rows.items()}, want)

    @staticmethod
    def same(what, have, want):
        have = {a: b for a, b in have.items() if b}
        want = {a: fen(str(b)) for a, b in want.items() if b}
        if have != want:
            raise Failed(f"{what}: {have}, not {want}")

    def state(self, code, ident, want):
        got = self.model.ledgers[code].state(ident)
        if got != want:
            raise Failed(f"{code} {ident}: {got}, not {want}")

    # --- what comes often ---

    def reply(self, code, amount, **more):
        return self.at(code, "budget", amount=amount, **more)

    def transfer(self, issuer, receiver, line, amount, want="accepted", **more):
        return self.at(issuer, "transfer", want, ori_bgt_id=line, rec_div_code=receiver,
                       amount=amount, **more)

    def passed(self, issuer, receiver, line, amount, **more):
        """Issued, registered and settled: (the transfer, the register)."""
        ask = self.transfer(issuer, receiver, line, amount, **more)
        self.hear()
        held = self.at(receiver, "register", bgt_id=ask, ori_div_code=issuer,
                       year=more.get("year", Y))
        self.hear()
        return ask, held

    def usable(self, code, line, amount, year=Y):
        made = self.at(code, "allocate", ori_bgt_id=line, amount=amount, year=year)
        self.at(code, "release", bgt_id=made, year=year)
        return made

    def pay(self, code, line, amount, year=Y):
        made = self.at(code, "payment", bgt_id=line, pay_app_amt=amount, year=year)
        self.at(code, "paid", pay_app_id=made, xpay_amt=amount, year=year)
        return made

    def emptied(self, code, line, amount):
        """Whatever is left of a line so that its year can be closed."""
        self.at(code, "lapse", bgt_id=line, amount=amount)


def early_and_formal(less=50, refused=None):
    s = Story()
    line = s.reply(REGION, 600)
    early, held = s.passed(REGION, CITY, line, 600, stage="early")
    s.figures(CITY, held, SRC_TRANSFER_IN=600, UNALLOC=600)
    s.passed(CITY, COUNTY, held, 200)
    ask = s.transfer(REGION, CITY, None, f"-{less}", early_bgt_id=early)
    s.figures(REGION, early, XFER_OUT=600)
    s.hear()
    if refused:
        s.at(CITY, "register", refused, bgt_id=ask)
        s.figures(CITY, held, SRC_TRANSFER_IN=600, UNALLOC=400)
        return
    s.at(CITY, "register", bgt_id=ask)
    s.figures(CITY, held, SRC_TRANSFER_IN=550, UNALLOC=350)
    s.jurisdiction(REGION, SRC_APPROVED=600, UNALLOC=550, TRANSIT=50)
    s.hear()
    s.state(REGION, ask, "lowered")
    s.figures(REGION, line, SRC_APPROVED=600, UNALLOC=50)
    s.figures(REGION, early, XFER_OUT=550)
    more = s.transfer(REGION, CITY, line, 30, early_bgt_id=early)
    s.hear()
    s.figures(CITY, s.at(CITY, "register", bgt_id=more), SRC_TRANSFER_IN=30, UNALLOC=30)
    s.state(REGION, s.transfer(REGION, CITY, None, 0, early_bgt_id=early), "noticed")


def estimate():
    s = Story()
    line = s.at(REGION, "budget", stage="estimate", amount=80)
    s.figures(REGION, line, SRC_ADVANCE=80, UNALLOC=80)
    usable = s.usable(REGION, line, 30)
    s.pay(REGION, usable, 10)
    s.transfer(REGION, CITY, line, 5, "advance_only")
    s.reply(REGION, 20, estimate_id=line, want="exceeds_available")
    s.reply(REGION, 100, estimate_id=line)
    s.figures(REGION, line, SRC_APPROVED=100, UNALLOC=70)
    s.figures(REGION, usable, AVAIL=20, SPENT=10)
    s.year(REGION, SRC_APPROVED=100, UNALLOC=70, AVAIL=20, SPENT=10)
    s.state(REGION, line, "approved")
    s.reply(REGION, 100, estimate_id=line, want="wrong_state")
    s.transfer(REGION, CITY, line, 5)
    other = s.at(REGION, "budget", stage="estimate", amount=80)
    s.pay(REGION, s.usable(REGION, other, 30), 10)
    s.reply(REGION, 60, estimate_id=other)
    s.figures(REGION, other, SRC_APPROVED=60, UNALLOC=30)


def recall():
    s = Story()
    ask, held = s.passed(REGION, CITY, s.reply(REGION, 600), 600)
    s.usable(CITY, held, 540)
    back = s.at(REGION, "recall", bgt_id=ask, amount=100)
    s.hear()
    grant = dict(bgt_id=held, recall_id=back)
    s.at(CITY, "recall_grant", "exceeds_available", amount=100, **grant)
    s.at(CITY, "recall_grant", "missing_recall_id", amount=60, bgt_id=held)
    s.at(CITY, "recall_grant", amount=60, **grant)
    s.hear()
    s.figures(REGION, ask, XFER_OUT=540)
    s.state(REGION, back, "granted")
    s.at(CITY, "recall_grant", "wrong_state", amount=40, **grant)
    s.at(CITY, "recall_refuse", "wrong_state", recall_id=back)


def virement():
    s = Story()
    u = s.at(CITY, "transfer_in", ori_div_code="100000", amount=100, tra_type_code="special",
             fund_type_code="111")
    a = s.usable(CITY, u, 100)
    v = s.at(CITY, "virement", from_bgt_id=a, amount=30, agency_code="105002")
    s.figures(CITY, a, AVAIL=70)
    s.figures(CITY, v, AVAIL=30)
    assert s.model.ledgers[CITY].indicators[v].origin.id == u
    s.at(CITY, "reduce", bgt_id=v, amount=10)
    s.figures(CITY, u, SRC_TRANSFER_IN=100, UNALLOC=10)
    s.figures(CITY, v, AVAIL=20)
    for code in ("P1", "P2"):
        s.at(CITY, "project", pro_code=code, state="reserved", pro_name="农田", pro_cat_code="3",
             agency_code="105001", setup_year=Y)
    u = s.at(CITY, "transfer_in", ori_div_code="100000", amount=100, tra_type_code="special",
             fund_type_code="111", pro_code="P1")
    s.at(CITY, "virement", "earmark_differs", from_bgt_id=s.usable(CITY, u, 50), amount=5,
         pro_code="P2")


def carry_and_close():
    s = Story()
    top = s.reply(REGION, 200)
    _, city = s.passed(REGION, CITY, top, 200)
    _, held = s.passed(CITY, COUNTY, city, 200)
    a = s.usable(COUNTY, held, 150)
    payment = s.pay(COUNTY, a, 40)
    s.at(CITY, "close_year")  # before the county
    s.at(COUNTY, "close_year", "open_items")
    carried = s.at(COUNTY, "carry_over", bgt_id=a, amount=110)
    s.figures(COUNTY, a, SPENT=40, CARRY_OUT=110)
    s.figures(COUNTY, carried, AVAIL=110, SRC_CARRY_IN=110)
    s.at(COUNTY, "lapse", bgt_id=held, amount=50)
    s.at(COUNTY, "close_year")
    s.same("closing line", s.model.ledgers[COUNTY].closing[Y, "111"],
           dict(SRC_TRANSFER_IN=-200, SPENT=-40, CARRY_OUT=-110, LAPSED=-50))
    rows = s.model.balances(COUNTY, "own", "account", Y)
    assert rows["SPENT", "SPENT"] == (4000, 0), rows  # the year's figures stay
    s.at(COUNTY, "payment", "closed_year", bgt_id=a, pay_app_amt=1)
    return s, payment


def refund_of_closed_year():
    s, payment = carry_and_close()
    s.at(COUNTY, "refund", "closed_year", pay_app_id=payment, amount=5)
    line = s.at(COUNTY, "refund", year=NEXT, pay_app_id=payment, amount=5)
    s.figures(COUNTY, line, UNALLOC=5, SRC_RECOVERED=5)
    s.at(COUNTY, "refund", "exceeds_spent", year=NEXT, pay_app_id=payment, amount=36)


def out():
    s = Story()
    line = s.reply(REGION, 100)
    a = s.at(REGION, "transfer_out", ori_bgt_id=line, rec_div_code="540200", amount=20)
    s.jurisdiction(REGION, SRC_APPROVED=100, UNALLOC=80, XFER_OUT=20)
    s.at(REGION, "transfer_out", ori_bgt_id=line, rec_div_code="540200", amount=-5, early_bgt_id=a)
    s.figures(REGION, a, XFER_OUT=15)
    s.at(REGION, "remit", ori_bgt_id=line, rec_div_code="100000", amount=7)
    s.jurisdiction(REGION, SRC_APPROVED=100, UNALLOC=78, XFER_OUT=22)


def reopening_crosses_a_close():
    s = Story(today="2027-01-10")
    day = dict(pay_app_date="2026-12-01")
    _, city = s.passed(REGION, CITY, s.reply(REGION, 100), 100)
    ask, held = s.passed(CITY, COUNTY, city, 100)
    a = s.usable(COUNTY, held, 100)
    payment = s.at(COUNTY, "payment", bgt_id=a, pay_app_amt=100, **day)
    s.at(COUNTY, "paid", pay_app_id=payment, xpay_amt=100)
    for code in (COUNTY, CITY, REGION):
        s.at(code, "close_year")
    closed = {code: s.model.balances(code, "own", "account", Y) for code in (CITY, REGION)}
    s.at(COUNTY, "reopen_year")  # before it hears of the others
    s.hear()
    s.at(COUNTY, "refund", pay_app_id=payment, amount=5)
    s.at(COUNTY, "reduce", bgt_id=a, amount=5)
    s.figures(COUNTY, held, SRC_TRANSFER_IN=100, UNALLOC=5)
    s.at(COUNTY, "recall_grant", "missing_recall_id", bgt_id=held, amount=5)
    back = s.at(COUNTY, "remit", ori_bgt_id=held, rec_div_code=REGION, amount=5)
    s.at(COUNTY, "close_year", "open_items")
    s.hear()
    s.at(REGION, "register", "closed_year", bgt_id=back, ori_div_code=COUNTY)
    s.at(REGION, "return", bgt_id=back, ori_div_code=COUNTY)
    s.hear()
    s.figures(COUNTY, held, SRC_TRANSFER_IN=100, UNALLOC=5)
    s.at(COUNTY, "lapse", bgt_id=held, amount=5)
    s.at(COUNTY, "close_year")
    s.hear()
    s.at(COUNTY, "reopen_year", "wrong_state")
    for code, want in closed.items():
        assert s.model.balances(code, "own", "account", Y) == want


def carried_special_goes_back():
    s = Story()
    top = s.reply(REGION, 100)
    _, held = s.passed(REGION, CITY, top, 100, tra_type_code="special")
    a = s.usable(CITY, held, 100)
    s.pay(CITY, a, 70)
    once = s.at(CITY, "carry_over", bgt_id=a, amount=30)
    twice = s.at(CITY, "carry_over", bgt_id=once, amount=30, year=NEXT)
    s.model.today = "2028-03-01"
    s.at(CITY, "carry_over", "carried_too_long", bgt_id=twice, amount=30, year="2028")
    s.at(CITY, "reduce", bgt_id=twice, amount=30, year="2028")
    back = s.at(CITY, "remit", ori_bgt_id=twice, rec_div_code=REGION, amount=30, year="2028")
    s.hear()
    there = s.at(REGION, "register", bgt_id=back, ori_div_code=CITY, year="2028")
    s.hear()
    s.figures(REGION, there, SRC_TRANSFER_IN=30, UNALLOC=30)
    assert s.model.ledgers[REGION].indicators[there].earmarked
    s.figures(CITY, back, XFER_OUT=30)
    # a county's, from the city
    own = s.reply(CITY, 40, year=NEXT)
    _, held = s.passed(CITY, COUNTY, own, 40, tra_type_code="special", year=NEXT)
    carried = s.at(COUNTY, "carry_over", bgt_id=held, amount=40, year=NEXT)
    up = dict(ori_bgt_id=carried, amount=40, year="2028")
    s.at(COUNTY, "remit", "earmark_differs", rec_div_code=REGION, **up)
    back = s.at(COUNTY, "remit", rec_div_code=CITY, **up)
    s.hear()
    there = s.at(CITY, "register", bgt_id=back, ori_div_code=COUNTY, year="2028")
    s.at(CITY, "remit", ori_bgt_id=there, rec_div_code=REGION, amount=40, year="2028")


def differences_under_an_estimate():
    s = Story()
    line = s.at(REGION, "budget", stage="estimate", amount=80)
    early, _ = s.passed(REGION, CITY, line, 50, stage="early")
    s.reply(REGION, 20, estimate_id=line, want="exceeds_available")
    s.transfer(REGION, CITY, line, 10, "advance_only", early_bgt_id=early)
    less = s.transfer(REGION, CITY, None, -30, early_bgt_id=early)
    s.hear()
    s.at(CITY, "register", bgt_id=less)
    s.hear()
    s.figures(REGION, line, SRC_ADVANCE=80, UNALLOC=60)
    s.figures(REGION, early, XFER_OUT=20)
    s.reply(REGION, 20, estimate_id=line)
    s.figures(REGION, line, SRC_APPROVED=20)


def receipt_into_a_closed_month():
    s = Story(today="2026-12-02")
    a = s.usable(COUNTY, s.reply(COUNTY, 100), 100)
    payment = s.at(COUNTY, "payment", bgt_id=a, pay_app_amt=100, pay_app_date="2026-11-20")
    for month in range(1, 12):
        s.at(COUNTY, "close_year", month=month)
    s.at(COUNTY, "close_year", "bad_month", month=12)
    s.model.today = "2026-12-03"
    receipt = dict(pay_app_id=payment, xpay_amt=10)
    first = s.at(COUNTY, "paid", xpay_date="2026-11-30", **receipt)
    assert s.model.ledgers[COUNTY].documents[first]["xpay_date"] == "2026-11-30"
    s.model.today = "2027-01-05"
    s.at(COUNTY, "paid", xpay_date="2027-01-04", **receipt)
    rows = s.model.balances(COUNTY, "own", "month", Y)
    assert rows["12", "SPENT"] == (2000, 0), rows
    assert rows["11", "COMMIT"] == (10000, 0), rows


EXAMPLES = (early_and_formal, lambda: early_and_formal(450, "exceeds_available"), estimate, recall,
            virement, carry_and_close, refund_of_closed_year, out, reopening_crosses_a_close,
            carried_special_goes_back, differences_under_an_estimate, receipt_into_a_closed_month)



class Random:
    """Documents of four divisions in any order, heard of by the others some time: after each of them
    every invariant holds that one entry can break, and all of them now and then."""
    YEARS = ("2024", "2025", "2026", "2027")

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.model = Model({**TREE, "540122": CITY}, "2026-03-01")
        self.draw = {code: Draw(self.model, code, self.random, self.YEARS)
                     for code in self.model.parents}
        self.reasons, self.kinds = collections.Counter(), collections.Counter()
        self.count, self.is_cut = 0, set()

    # --- as a world of stories ---

    def post(self, code, documents):
        self.submit(code, documents)

    def cut(self, codes):
        self.is_cut = set(codes)

    def hear(self):
        self.model.deliver_all(self.is_cut)

    def tell_stories(self):
        """Each once, in years of its own."""
        year = 2008
        for story, length in STORIES:
            self.hear()
            years = [str(y) for y in range(year, year + length)]
            Teller.tell(self, self.random, story, (REGION, CITY, COUNTY), years)
            year += length

    # --- by chance ---

    def submit(self, code, documents):
        documents = [d for d in documents if d]
        for document, want in zip(documents, self.model.submit(code, documents)):
            self.count += 1
            self.reasons[want[0]] += 1
            if want == ["accepted"]:
                self.kinds[document["kind"]] += 1

    def step(self):
        code = self.random.choice(list(self.draw))
        draw, roll = self.draw[code], self.random.random()
        if roll < 0.8:
            self.submit(code, draw.some())
        elif roll < 0.9:
            self.submit(code, draw.answers())
        elif roll < 0.91:
            self.submit(code, draw.again(12))
        elif roll < 0.94:
            self.submit(code, draw.withdrawals())
        elif roll < 0.96:
            self.submit(code, draw.rules())
        else:
            self.submit(code, [draw.some_year()])
        if self.random.random() < 0.01:
            self.end_of_year(code)
        for pair in list(self.model.queues):
            if self.random.random() < 0.1:
                self.model.deliver(*pair, self.random.choice((1, 5, None)))
        if self.random.random() < 0.05 and self.model.today < "2027-06-30":
            day = datetime.date.fromisoformat(self.model.today) + datetime.timedelta(days=1)
            self.model.today = day.isoformat()

    def end_of_year(self, code):
        """Empties a year of a division and closes it, as far as it goes by itself."""
        draw, year = self.draw[code], self.random.choice(self.YEARS[:2])
        for _ in range(4):
            documents = draw.emptying(year, 400)
            if not documents:
                break
            self.submit(code, documents)
        self.submit(code, [draw.document("close_year", year)])

    def never(self):
        """Kinds of which none was accepted, and reasons that nothing got."""
        return [k for k in REQUIRED if not self.kinds[k]] + [
            p for p in PRECEDENCE if p not in RARE and not any(
                r == p or p.endswith("_") and r.startswith(p) for r in self.reasons)]

    def run(self, documents):
        for code, draw in self.draw.items():
            self.submit(code, draw.beginning())
        for number in range(3):
            self.submit(REGION, self.draw[REGION].reference(number))
        checked = 0
        while self.count < documents or self.never() and self.count < 5 * documents:
            self.step()
            if self.count > checked * 1.3 + 1000:
                self.model.check_all()
                checked = self.count
        self.tell_stories()
        self.model.deliver_all()
        self.model.check_all()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    args = parser.parse_args()
    for example in EXAMPLES:
        example()
    began, run = time.monotonic(), Random(args.seed)
    try:
        run.run(args.documents)
    except Exception:
        print(f"model_examples: --seed {args.seed}, document {run.count}", file=sys.stderr)
        raise
    missing = run.never()
    print(f"model_examples: {len(EXAMPLES)} examples; seed {args.seed}: {run.count} documents in "
          f"{time.monotonic() - began:.1f} s: {dict(sorted(run.kinds.items()))} "
          f"{dict(run.reasons.most_common())}")
    if missing:
        print(f"model_examples: never drawn: {missing}", file=sys.stderr)
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
