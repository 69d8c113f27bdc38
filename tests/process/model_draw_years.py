"""model_draw_years - random documents about years, codes, agencies, projects and policies. Mixed
into Draw."""
from model_form import ELEMENTS, yuan
from model_years import TAKEN_FROM

FUNDS = ("111", "12", "13")
FUNCTIONS = ("2010301", "2050202", "2130199")
AGENCIES_MAX, PROJECTS_MAX = 60, 80
STATES = ("draft", "reserved", "budgeted", "executing", "executing", "closed", "cancelled")


class DrawYears:
    # --- the beginning, and what everybody below refers to ---

    def beginning(self):
        first = self.years[0]
        documents = [self.document("agency", y, agency_code=c, agency_name="教育局" + c)
                     for c, y in (("105", first), ("105001", first), ("126001", first),
                                  ("131001", self.years[1]))]
        documents[1]["parent_code"] = "105"
        documents += [self.document("bank_account", first, acct_no=self.code + a, acct_name="户",
                                    bank_name="农业银行", agency_code=a)
                      for a in ("105001", "126001")]
        documents += [self.new_project(f"{self.code}{y[2:]}P{n}", y, s)
                      for n, (y, s) in enumerate(((first, "reserved"), (first, "draft"),
                                                  (self.years[1], "reserved")))]
        for year in self.years:
            documents += [self.budget(year, "reply") for _ in range(4)]
        return documents

    def new_project(self, code, year, state, **fields):
        return self.document("project", year, pro_code=code, state=state, pro_name="农田" + code,
                             pro_cat_code="3", agency_code="105001", setup_year=year, **fields)

    def element(self, year, name, code, **more):
        return self.document("element", year, ele_catalog_code=name, ele_code=code,
                             ele_name="要素" + code, **more)

    def reference(self, number):
        """Code sets, maps, policies and tracked projects, a few a round, at the top."""
        first, second, third = self.years[0], self.years[1], self.years[2]
        if number == 0:
            return [self.element(first, "exp_func", c) for c in FUNCTIONS] + [
                self.element(first, "dep_bgt_eco", "301"),
                self.element(first, "dep_bgt_eco", "30101", parent_code="301"),
                self.element(first, "dep_bgt_eco", "302"), self.element(first, "income_sort", "101"),
                self.element(second, "set_mode", "0"), self.element(third, "set_mode", "0"),
                self.document("element_map", third, ele_catalog_code="set_mode", from_code="0",
                              to_code="0")] + [
                self.new_project(f"TRACK{n}", y, "reserved", is_track="1")
                for n, y in enumerate((first, first, second))]
        if number == 1:
            return [self.element(second, "fund_type", f) for f in FUNDS] + [
                self.element(first, "pay_type", "1", is_enabled="1")] + [
                self.element(y, "tp_func", c) for y, c in (
                    (first, "230"), (first, "231"), (second, "230"), (second, "232"),
                    (second, "231"), (third, "230"), (third, "232"))] + [
                self.element(second, "exp_func", c) for c in FUNCTIONS[:2]] + [
                self.element(third, "dep_bgt_eco", "301")] + [
                self.element(second, "tp_func", "231", is_enabled="2"),
                self.element(second, "tp_func", "239"),
                self.element(second, "tp_func", "239", is_enabled="2"),
                self.document("element_map", second, ele_catalog_code="tp_func", from_code="231",
                              to_code="232")]
        state = self.chance.choice(("budgeted", "executing", "draft", "closed"))
        sets = [self.element(y, name, code) for y, name, code in (
            (second, "gov_bgt_eco", "50101"), (third, "gov_bgt_eco", "502"), (second, "bgt_type", "11"),
            (third, "bgt_type", "12"), (second, "source_type", "1"), (third, "source_type", "2"),
            (second, "income_sort", "101"), (second, "pro_cat", "3"), (first, "acct_type", "1"),
            (third, "exp_func", FUNCTIONS[0]))]
        return (sets if number == 2 else []) + [self.document("project", first, pro_code=f"TRACK{number % 2}", state=state,
                              is_track="1"),
                self.element(first, "set_mode", str(number)), self.calendar()]

    def calendar(self):
        return self.document("calendar", date="2026-10-01", end_date="2026-10-07", suspends="1",
                             scope=self.chance.choice((self.code, "540121,540122")))

    def rules(self):
        """What those below must know, by any division: policies, codes of its own, maps."""
        documents = []
        for _ in range(self.chance.randrange(3)):
            code, value = self.chance.choice((
                ("carry_max", "2"), ("carry_max", "3"), ("carry_max", "1"), ("years", "19,1"),
                ("years", "20,1"), ("project_total", "on"), ("project_total", "off"),
                ("required.allocate", "exp_func_code"), ("required.virement", "agency_code"),
                ("required.transfer", "exp_func_code"), ("required.payment", "dep_bgt_eco_code"),
                ("carry_max", "many"), ("required.nothing", "pro_code"), ("colour", "red"),
                ("required.allocate", "colour")))
            d = self.document("policy", policy_code=code, policy_value=value, reason="会议纪要")
            self.maybe(d, 0.4, scope=self.chance.choice(
                ("self", self.code, "540121", "540100,540122")))
            self.maybe(d, 0.5, fiscal_year="1999")  # says nothing
            documents.append(d)
        for _ in range(self.chance.randrange(3)):
            year = self.chance.choice(self.years[1:3])
            documents.append(self.document(
                "element_map", year, ele_catalog_code=self.chance.choice(("tp_func", "exp_func")),
                from_code=self.chance.choice(("230", "231")),
                to_code=self.chance.choice(("230", "231", "232"))))
        if self.chance.random() < 0.4:
            code = self.chance.choice(("3010101", "30201", "302", "31"))
            d = self.element(self.years[0], "dep_bgt_eco", code)
            self.maybe(d, 0.7, parent_code=self.chance.choice(("30101", "302", "301", "3010101",
                                                               "nowhere")))
            self.maybe(d, 0.2, is_enabled="2")
            documents.append(d)
        return documents

    # --- people, units, projects ---

    def people(self):
        """Agencies, accounts, and own projects that go on."""
        roll, first = self.chance.random(), self.years[0]
        known = list(self.ledger.agencies.versions)
        if roll < 0.35:
            if len(known) < AGENCIES_MAX and self.chance.random() < 0.5:
                code, year = f"2{self.number:05d}", self.chance.choice(self.years)
            else:
                code, year = self.chance.choice(known), self.chance.choice(self.years)
            d = self.document("agency", year, agency_code=code, agency_name="新单位")
            self.maybe(d, 0.7, parent_code=self.chance.choice(known + ["999"]))
            return [d]
        if roll < 0.5:
            return [self.document("bank_account", first, acct_no=self.code + f"9{self.number}",
                                  acct_name="户", bank_name="农业银行", acct_type_code="1",
                                  agency_code=self.chance.choice(("105001", "126001")))]
        own = [c for c, p in self.ledger.projects.items() if not p.tracked]
        if roll < 0.65 and len(own) < PROJECTS_MAX:
            d = self.new_project(f"{self.code}N{self.number}", first,
                                 self.chance.choice(("reserved", "reserved", "draft", "budgeted")))
            self.maybe(d, 0.5, pro_total_amt=self.amount())
            self.maybe(d, 0.3, sup_pro_code=self.chance.choice(("TRACK0", "TRACK1", "TRACK1", "NONE")))
            return [d]
        code = self.chance.choice(own)
        year = max(self.ledger.projects[code].year, self.chance.choice(self.years))
        d = self.document("project", year, pro_code=code, state=self.chance.choice(STATES))
        self.maybe(d, 0.7, reason="目标已完成")
        if self.chance.random() < 0.3:
            spent = self.ledger.project_sum(code)
            d["pro_total_amt"] = yuan(max(1, spent + self.chance.choice((-1, 0, 1, 10 ** 6))))
        return [d]

    # --- the end of a year ---

    def carry(self):
        line = self.line(("allocate", "virement", "budget", "register", "transfer_in", "carry_over",
                          "refund"), self.chance.choice(TAKEN_FROM))
        if line is None or line.year >= self.years[-1]:
            return []
        account = self.ledger.taken_from(line, {})
        d = self.document("carry_over", line.year, bgt_id=line.id,
                          amount=self.amount(line.has(account)))
        self.maybe(d, 0.3, take_from=self.chance.choice(TAKEN_FROM).lower())
        self.maybe(d, 0.06, tp_func_code=self.chance.choice(("230", "232")))
        self.maybe(d, 0.03, exp_func_code=FUNCTIONS[0])
        self.maybe(d, 0.03, fund_type_code=self.chance.choice(FUNDS))
        self.maybe(d, 0.03, pro_code="TRACK0")
        # What is given and says no more than it is may be read either way.
        if line.year < self.years[-1] and "?wrong_state" in self.ledger.carried_elements(
                line, d, str(int(line.year) + 1))[1]:
            d = {f: v for f, v in d.items() if f not in ELEMENTS}
        return [d]

    def lapse(self):
        line = self.line(("allocate", "virement", "budget", "register", "carry_over"),
                         self.chance.choice(TAKEN_FROM))
        if line is None:
            return []
        account = self.ledger.taken_from(line, {})
        d = self.document("lapse", line.year, bgt_id=line.id, reason="收回",
                          amount=self.amount(line.has(account) // 10))
        self.maybe(d, 0.2, take_from=self.chance.choice(TAKEN_FROM).lower())
        return [d]

    def year_end(self):
        """What belongs to the end of a year, and may be written at any time."""
        roll = self.chance.random()
        if roll < 0.75:
            return self.carry()
        if roll < 0.95:
            return self.lapse()
        # Not this year's: in a closed month there is no telling today's from tomorrow's.
        year = self.chance.choice(self.years[:2])
        last = self.ledger.months_closed.get(year, 0)
        month = str(self.chance.choice((last + 1,) * 3 + (last, last + 2)) or 1)
        if self.chance.random() < 0.3:
            return [self.document("reopen_year", year, reason="更正",
                                  month=str(max(1, min(int(month) - 1, 11))))]
        d = self.document("close_year", year, month=str(min(int(month), 12)))
        self.maybe(d, 0.15, month=self.chance.choice(("0", "12", "13")))
        return [d]

    def emptying(self, year, most):
        """Whatever stands in the way of closing a year and this division can do by itself, as far as
        one post goes."""
        documents, ledger = [], self.ledger
        for ident, payment in ledger.payments.items():
            if payment.line.year == year and payment.left:
                documents.append(self.document("payment_cancel", year, pay_app_id=ident,
                                               reason="年终"))
        for line in ledger.made:
            if len(documents) >= most:
                break
            if line.year == year:
                documents += self.emptying_line(line, year)
        return documents[:most]

    def emptying_line(self, line, year):
        frozen = line.has("FROZEN")
        if frozen:
            yield self.document("unfreeze", year, bgt_id=line.id, amount=yuan(frozen), reason="年终")
        if line.has("SRC_ADVANCE"):
            yield self.document("budget", year, stage="reply", fund_type_code=line.fund,
                                amount=yuan(line.has("SRC_ADVANCE")), approval_ref="人大〔2026〕9号",
                                estimate_id=line.id)
        for account in TAKEN_FROM:
            amount = line.has(account) + (frozen if account == "AVAIL" else 0)
            if not amount:
                continue
            carries = self.ledger.times_carried(line) < self.ledger.policy("carry_max")
            kind = "carry_over" if carries and self.chance.random() < 0.6 else "lapse"
            if kind == "carry_over" and self.year_is_closed(str(int(year) + 1)):
                kind = "lapse"
            if kind == "carry_over" and any(f[0] == "u" for f in self.ledger.carried_elements(
                    line, {}, str(int(year) + 1))[1]):
                kind = "lapse"
            d = self.document(kind, year, bgt_id=line.id, amount=yuan(amount),
                              take_from=account.lower())
            if kind == "lapse":
                d["reason"] = "年终"
            yield d

    def year_is_closed(self, year):
        return self.ledger.year_state(year) == "closed"

    def some_year(self):
        """close_year, open_year, reopen_year of some year, right or wrong."""
        kind = self.chance.choice(("close_year", "reopen_year", "reopen_year", "open_year"))
        year = self.chance.choice(self.years)
        closed = [y for y in self.years if self.year_is_closed(y)]
        if kind == "reopen_year":
            if closed and self.chance.random() < 0.9:
                year = self.chance.choice(closed)
            return self.document(kind, year, reason="更正")
        if kind == "open_year":
            # First this year, so that the next is one that is prepared; opened before long.
            year = self.years[-1] if self.ledger.opened else self.years[-2]
            self.opens += 1
            if self.opens % 6 == 5:
                year = self.chance.choice(self.years)
            elif self.opens % 2:
                kind = "close_year"
        return self.document(kind, year)
