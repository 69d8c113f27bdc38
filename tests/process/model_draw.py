"""model_draw - random documents of one division: most of them right, many wrong in a way or two."""
from model_form import (AMOUNTS, DATES, FLAGS, REQUIRED, fen, yuan)

FUNDS = ("111", "12", "13")
FUNCTIONS = ("2010301", "2050202", "2130199")
PAYEE = dict(payee_acct_name="强嘎合作社", payee_acct_no="62280001",
             payee_acct_bank_name="农业银行", use_des="办公用品")
JUNK = (b'{"kind":"agency",', b"[1,2]", b'{"kind":"agency","id":"\xff\xfe"}', b"null", b'"x"')
BAD = {"id": (".x", "", "a b", "x" * 39, "编号"), "fiscal_year": ("26", "20266", "year"),
       "stage": ("done",), "tra_type_code": ("other",), "state": ("open",),
       "ele_catalog_code": ("colours",), "rec_div_code": ("5401-1", "5400000001"),
       "ori_div_code": ("54 0",), "setup_year": ("26",)}
BAD_AMOUNT = ("0", "0.00", "-1.00", "1.001", "abc", "1e3", "1,000.00", "+5", " 5", ".", "",
              "99999999999999999999")
BAD_DATE = ("2026-02-30", "2026-13-01", "20260101", "2026-1-1")


class Draw:
    def __init__(self, model, code, chance, years):
        self.model, self.code, self.chance, self.years = model, code, chance, years
        self.number = 0

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
        return dict(kind=kind, id=ident, fiscal_year=year or self.years[0], **fields)

    def amount(self, free=None):
        """A part of what is free, now and then all of it or a fen more."""
        if free is None and self.chance.random() < 0.02:
            return "9999999999999.99"
        if free is None:
            return yuan(self.chance.randrange(1, 10 ** self.chance.randrange(3, 9)))
        roll = self.chance.random()
        if roll < 0.06:
            return yuan(free + 1)
        if roll < 0.14 and free > 0:
            return yuan(free)
        return yuan(self.chance.randrange(1, max(free // self.chance.choice((2, 4, 9)), 2)))

    def maybe(self, fields, share, **more):
        if self.chance.random() < share:
            fields.update(more)

    def elements(self, year, project=0.4):
        fields = {}
        self.maybe(fields, 0.5, exp_func_code=self.chance.choice(FUNCTIONS))
        self.maybe(fields, 0.2, tp_func_code=self.chance.choice(("230", "231")))
        self.maybe(fields, 0.2, gov_bgt_eco_code="50101", is_direct="1")
        self.maybe(fields, 0.1, source_type_code="1", bgt_type_code="11")
        codes = self.projects(year)
        if codes and self.chance.random() < project:
            fields["pro_code"] = self.chance.choice(codes)
        return fields

    def projects(self, year):
        """Codes that this division may name; some of them take no money."""
        codes = [c for c, p in self.ledger.projects.items() if p["year"] <= year]
        for above in self.model.above(self.code):
            codes += [c for c, p in self.model.ledgers[above].projects.items()
                      if p["year"] <= year and p["tracked"]]
        return codes

    def agency(self, year):
        known = [c for c, y in self.ledger.agencies.items() if y <= year]
        return self.chance.choice(known or ["105001"])

    def line(self, kinds, account=None, released=None):
        """Some indicator of these kinds, if there is one, with money where it is asked for."""
        lines = [i for i in self.ledger.indicators.values()
                 if i["kind"] in kinds and (account is None or i["balance"][account] > 0) and
                 (released is None or i["released"] == released)]
        return self.chance.choice(lines) if lines else None

    # --- the beginning, and what everybody below refers to ---

    def beginning(self):
        first, second = self.years
        documents = [self.document("agency", y, agency_code=c, agency_name="教育局" + c)
                     for c, y in (("105001", first), ("126001", first), ("131001", second))]
        documents += [self.document("bank_account", acct_no=self.code + a, acct_name="户",
                                    bank_name="农业银行", agency_code=a)
                      for a in ("105001", "126001")]
        documents += [self.new_project(f"{self.code}{y[2:]}P{n}", y, s)
                      for n, (y, s) in enumerate(((first, "reserved"), (first, "draft"),
                                                  (second, "executing")))]
        for year in self.years:
            documents += [self.budget(year) for _ in range(4)]
        return documents

    def new_project(self, code, year, state, **fields):
        return self.document("project", year, pro_code=code, state=state, pro_name="农田" + code,
                             pro_cat_code="3", agency_code="105001" if year == self.years[0]
                             else "131001", setup_year=year, **fields)

    def reference(self, number):
        """Code sets and tracked projects, a few a round."""
        first, second = self.years
        if number == 0:
            documents = [self.document("element", ele_catalog_code="exp_func", ele_code=c,
                                       ele_name="功能" + c) for c in FUNCTIONS]
            return documents + [self.new_project(f"TRACK{n}", y, "reserved", is_track="1")
                                for n, y in enumerate((first, first, second))]
        if number == 1:
            return [self.document("element", second, ele_catalog_code="fund_type", ele_code=f,
                                  ele_name="资金" + f) for f in FUNDS] + [
                    self.document("element", ele_catalog_code="pay_type", ele_code="1",
                                  ele_name="直接支付", is_enabled="1")]
        state = self.chance.choice(("budgeted", "executing", "draft", "closed"))
        return [self.document("project", pro_code=f"TRACK{number % 2}", state=state,
                              is_track="1"),
                self.document("element", ele_catalog_code="set_mode", ele_code=str(number),
                              ele_name="结算")]

    # --- right documents ---

    def budget(self, year=None):
        year = year or self.chance.choice(self.years)
        stage = self.chance.choice(("reply",) * 7 + ("request", "ceiling", "submission"))
        fields = dict(stage=stage, fund_type_code=self.chance.choice(FUNDS), amount=self.amount())
        if stage == "reply" or self.chance.random() < 0.2:
            fields.update(approval_ref="人大〔2026〕1号", approval_date="2026-01-22")
        self.maybe(fields, 0.2, agency_code=self.agency(year))
        self.maybe(fields, 0.2, memo="年初预算")
        return self.document("budget", year, **fields, **self.elements(year))

    def source(self, made):
        """A source, and what comes of it within the same post."""
        if self.chance.random() < 0.4:
            return [made]
        return [made] + self.onward(made["id"], made["fiscal_year"], made["amount"])

    def onward(self, ident, year, amount):
        made = self.document("allocate", year, ori_bgt_id=ident, agency_code=self.agency(year),
                             amount=self.amount(fen(amount)), **self.elements(year, 0.1))
        documents = [made, self.release(made["id"], year)]
        below = self.model.below(self.code)
        if below and self.chance.random() < 0.6:
            documents[:0] = [self.document(
                "transfer", year, ori_bgt_id=ident, rec_div_code=self.chance.choice(below),
                amount=self.amount(fen(amount)), cor_bgt_doc_no="财指〔2026〕8号",
                tra_type_code="special", stage="formal")]
        return documents

    def transfer_in(self):
        year = self.chance.choice(self.years)
        return self.document(
            "transfer_in", year, ori_div_code="100000", sup_bgt_doc_no="财农〔2026〕11号",
            amount=self.amount(), fund_type_code=self.chance.choice(FUNDS),
            tra_type_code=self.chance.choice(("general", "special")),
            stage=self.chance.choice(("early", "formal")), **self.elements(year))

    def transfer(self):
        line = self.line(("budget", "transfer_in", "register"), "UNALLOC")
        below = self.model.below(self.code)
        if not below and self.chance.random() < 0.15:
            below = [c for c in self.model.parents if c != self.code]
        if line is None or not below:
            return None
        fields = self.elements(line["year"], 0.15)
        self.maybe(fields, 0.1, is_disaster="1", due_days="30")
        return self.document(
            "transfer", line["year"], ori_bgt_id=line["id"], rec_div_code=self.chance.choice(below),
            amount=self.amount(line["balance"]["UNALLOC"]), cor_bgt_doc_no="财指〔2026〕7号",
            tra_type_code=self.chance.choice(("general", "special")),
            stage=self.chance.choice(("early", "formal")), **fields)

    def allocation(self):
        """An indicator for a unit and what becomes of it, all within one post."""
        line = self.line(("budget", "transfer_in", "register"), "UNALLOC")
        if line is None:
            return []
        year, free = line["year"], line["balance"]["UNALLOC"]
        made = self.document("allocate", year, ori_bgt_id=line["id"], agency_code=self.agency(year),
                             amount=self.amount(free), **self.elements(year, 0.15))
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
        self.maybe(made, 0.2, pay_type_code="1")
        if year == self.years[0]:
            self.maybe(made, 0.2, agency_acct_no=self.code + "105001")
        documents = [made]
        if self.chance.random() < 0.5:
            documents.append(self.receipt(made["id"], year, fen(amount)))
        return documents

    def receipt(self, ident, year, free):
        number = self.chance.choice((self.ident("bank"),) * 9 + ("bank0",))
        return self.document("paid", year, pay_app_id=ident, xpay_amt=self.amount(free),
                             xpay_date="2026-04-01", agent_business_no=number)

    def on_line(self):
        """A step on an indicator that is there already, mostly one that is possible."""
        kind = self.chance.choice(("release", "payment", "payment", "freeze", "freeze", "unfreeze",
                                   "reduce", "virement"))
        account = dict(release="PENDING", unfreeze="FROZEN", reduce=None).get(kind, "AVAIL")
        line = self.line(("allocate", "virement"), account)
        if line is None or self.chance.random() < 0.06:
            line = self.line(("allocate", "budget", "register", "transfer"))
        if line is None:
            return []
        if kind == "release":
            return [self.release(line["id"], line["year"])]
        if kind == "reduce":
            account = "AVAIL" if line["released"] else "PENDING"
        free = line["balance"][account]
        if kind == "payment":
            return self.spending(line["id"], line["year"], free)
        if kind == "virement":
            return self.virement(line, free)
        fields = {} if kind == "reduce" else dict(reason="审计事项")
        return [self.document(kind, line["year"], bgt_id=line["id"], amount=self.amount(free),
                              **fields)]

    def virement(self, line, free):
        """To another unit, or for another purpose; now and then nothing differs."""
        held = line["elements"].get("agency_code")
        agency = held if held and self.chance.random() < 0.1 else self.agency(line["year"])
        fields = self.elements(line["year"], 0.1)
        fields.pop("source_type_code", None)
        return [self.document("virement", line["year"], from_bgt_id=line["id"], agency_code=agency,
                              amount=self.amount(free), reason="任务调整", **fields)]

    def on_payment(self):
        if not self.ledger.payments:
            return []
        ident = self.chance.choice(list(self.ledger.payments))
        payment = self.ledger.payments[ident]
        year = self.ledger.indicators[payment["bgt_id"]]["year"]
        kind = self.chance.choice(("paid", "paid", "refund", "payment_cancel"))
        if kind == "paid":
            return [self.receipt(ident, year, payment["left"])]
        fields = dict(amount=self.amount(payment["spent"])) if kind == "refund" else {}
        return [self.document(kind, year, pay_app_id=ident, reason="多付退回", **fields)]

    def people(self):
        """Agencies, accounts, and own projects that go on."""
        roll = self.chance.random()
        if roll < 0.3:
            return self.document("agency", agency_code=f"2{self.number:05d}", agency_name="新单位")
        if roll < 0.5:
            return self.document("bank_account", acct_no=self.code + f"9{self.number}",
                                 acct_name="户", bank_name="农业银行", agency_code="105001")
        if roll < 0.7:
            return self.new_project(f"{self.code}N{self.number}", self.years[0], "reserved")
        own = [c for c, p in self.ledger.projects.items() if not p["tracked"]]
        return self.document("project", self.years[1], pro_code=self.chance.choice(own),
                             state=self.chance.choice(("reserved", "budgeted", "executing",
                                                       "executing", "closed", "cancelled")))

    def some(self):
        """A few documents that belong together; one of them is wrong now and then."""
        roll = self.chance.random()
        if roll < 0.04:
            documents = self.source(self.budget())
        elif roll < 0.07:
            documents = self.source(self.transfer_in())
        elif roll < 0.24:
            documents = [self.transfer()]
        elif roll < 0.44:
            documents = self.allocation()
        elif roll < 0.70:
            documents = self.on_line()
        elif roll < 0.90:
            documents = self.on_payment()
        elif roll < 0.95:
            documents = [self.people()]
        else:
            documents = self.stray_answer()
        documents = [d for d in documents if d]
        if documents and self.chance.random() < 0.3:
            at = self.chance.randrange(len(documents))
            documents[at] = self.spoilt(documents[at])
        return documents

    # --- answers ---

    def answer(self, issuer, transfer, kind=None):
        kind = kind or self.chance.choice(("register", "register", "register", "return"))
        fields = dict(bgt_id=transfer["id"])
        if issuer != self.model.parents[self.code] or self.chance.random() < 0.5:
            fields["ori_div_code"] = issuer
        if kind == "return":
            fields["reason"] = "项目已取消"
        return self.document(kind, transfer["year"], **fields)

    def held_transfers(self):
        for issuer in self.model.above(self.code):
            for transfer in self.model.ledgers[issuer].transfers.values():
                if transfer["receiver"] in self.model.subtree(self.code):
                    yield issuer, transfer

    def answers(self):
        documents = []
        for issuer, transfer in self.held_transfers():
            mine = transfer["receiver"] == self.code
            if mine and transfer["answer"] is None and self.chance.random() < 0.65:
                documents.append(self.answer(issuer, transfer))
                if documents[-1]["kind"] == "register" and self.chance.random() < 0.2:
                    documents += self.onward(documents[-1]["id"], transfer["year"],
                                             yuan(transfer["amount"]))
                if self.chance.random() < 0.1:
                    documents.append(self.answer(issuer, transfer))
                if self.chance.random() < 0.1:
                    documents[-1] = self.spoilt(documents[-1])
            elif not mine and self.chance.random() < 0.25:
                documents.append(self.answer(issuer, transfer))
                if self.chance.random() < 0.5:
                    self.other_year(documents[-1])
        return documents

    def stray_answer(self):
        """To a transfer that is answered already, or that nobody issued."""
        held = [(i, t) for i, t in self.held_transfers() if t["answer"]]
        if held and self.chance.random() < 0.6:
            return [self.answer(*self.chance.choice(held))]
        if self.model.parents[self.code] is None:
            return []
        return [self.document("register", bgt_id="nowhere")] if self.chance.random() < 0.3 else []

    # --- wrong documents ---

    def spoilt(self, document):
        document = dict(document)
        ways = [self.unkind, self.strange, self.lacking, self.bad, self.foreign, self.taken,
                self.unknown, self.other_year, self.elsewhere, self.other_fund, self.other_purpose]
        if self.chance.random() < 0.04:
            return self.chance.choice(JUNK)
        split = document["kind"] in ("transfer", "allocate", "virement") and self.chance.random() < 0.5
        at = self.chance.randrange(7 if split else 0, len(ways))
        ways[at](document)
        if self.chance.random() < 0.4:  # of two faults the first in order is named: neighbours
            ways[(at + self.chance.choice((1, 1, 2, 3))) % len(ways)](document)
        return document

    def unkind(self, d):
        d["kind"] = self.chance.choice(("agencies", "settle", "Budget"))

    def strange(self, d):
        d[self.chance.choice(("colour", "answer_id", "pro_nam"))] = "1"

    def lacking(self, d):
        d.pop(self.chance.choice(REQUIRED.get(d["kind"]) or ["id"]), None)

    def bad(self, d):
        fields = [f for f in d if f in BAD or f in AMOUNTS + DATES + FLAGS]
        field = self.chance.choice(fields)
        d[field] = self.chance.choice(BAD.get(field) or (
            BAD_AMOUNT if field in AMOUNTS else BAD_DATE if field in DATES else ("3", "yes")))

    def foreign(self, d):
        d["mof_div_code"] = self.chance.choice((self.code, "540000", "540199"))

    def taken(self, d):
        d["id"] = self.chance.choice(list(self.ledger.documents))

    def unknown(self, d):
        fields = [f for f in ("agency_code", "pro_code", "ori_bgt_id", "from_bgt_id", "bgt_id",
                              "pay_app_id", "exp_func_code", "agency_acct_no", "pay_type_code") if f in d]
        if fields and d["kind"] not in ("agency", "project", "element"):
            field = self.chance.choice(fields)
            name = field.removesuffix("_code")
            if name in ("exp_func", "pay_type") and not self.ledger.codes(name, d["fiscal_year"]):
                return
            d[field] = "nowhere"

    def other_year(self, d):
        if d["kind"] not in ("agency", "project", "element", "bank_account"):
            d["fiscal_year"] = self.years[1 - self.years.index(d["fiscal_year"])] if (
                d.get("fiscal_year") in self.years) else self.years[0]

    def elsewhere(self, d):
        for field in ("rec_div_code", "ori_div_code"):
            if field in d:
                d[field] = self.chance.choice((self.code, "540000", "999"))

    def other_fund(self, d):
        if d["kind"] in ("transfer", "allocate", "virement"):
            d["fund_type_code"] = self.chance.choice(FUNDS)

    def other_purpose(self, d):
        if d["kind"] in ("transfer", "allocate", "virement"):
            d["tp_func_code"] = "239"

    # --- once more ---

    def again(self):
        """Documents that are there: as they were, written otherwise, or with one field changed."""
        idents = list(self.ledger.documents)
        documents = []
        for ident in self.chance.sample(idents, min(12, len(idents))):
            document = dict(self.ledger.documents[ident])
            amounts = [f for f in AMOUNTS if f in document]
            roll = self.chance.random()
            if roll < 0.3 and amounts:
                document[amounts[0]] = document[amounts[0]].rstrip("0").rstrip(".")
            elif roll < 0.6:
                if amounts:
                    document[amounts[0]] = yuan(fen(document[amounts[0]]) + 1)
                elif "reason" in document:
                    document["reason"] = "别的"
            elif roll < 0.8:
                document["mof_div_code"] = self.code
            documents.append(dict(reversed(document.items())))
        return documents
