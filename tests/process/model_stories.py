"""model_stories - sequences that once broke the ledger's rules, drawn on purpose among everything
else. Each plays in fiscal years of its own, that nobody else uses, so that they can be closed.

A story is told to a world: `post(code, documents)` hands documents in and holds every answer to the
model, `cut(codes)` cuts the links of these to their parents (none: heals all), `hear()` waits until
everybody has heard what he can. What a story expects of an answer only the model says."""
from model_form import yuan

DAY, UNIT = "-05-06", "109001"


class Over(Exception):
    """A step was refused that the rest needs: by a policy that was drawn, or by one of the rules."""


class Teller:
    """One telling: a world, a chance, the three divisions of it, and its years."""

    def __init__(self, world, chance, line, years):
        self.world, self.chance, self.years = world, chance, years
        self.region, self.city, self.county = line
        self.model, self.year = world.model, years[0]
        self.total = chance.randrange(1000, 10 ** 7)

    @staticmethod
    def tell(world, chance, story, line, years):
        teller = Teller(world, chance, line, years)
        for code in line:
            if not teller.model.ledgers[code].agencies.known(UNIT, years[0]):
                teller.post(code, "agency", agency_code=UNIT, agency_name="单位")
        try:
            story(teller)
        except Over:
            world.cut(())
            world.hear()

    def ask(self, code, ident):
        """What this division issued under an id."""
        ask = self.model.ledgers[code].asks.get(ident)
        if ask is None:
            raise Over
        return ask

    def post(self, code, kind, year=None, **fields):
        draw = self.world.draw[code]
        d = draw.document(kind, year or self.year,
                          **{f: v for f, v in fields.items() if v is not None})
        self.world.post(code, [draw.with_required(d, share=1)])
        return d["id"]

    def hear(self):
        self.world.hear()

    def part(self, of=None):
        return self.chance.randrange(1, (of or self.total) // 2)

    # --- what comes often ---

    def reply(self, code, amount, **more):
        return self.post(code, "budget", stage="reply", fund_type_code="111", amount=yuan(amount),
                         approval_ref="人大〔2026〕4号", **more)

    def transfer(self, issuer, receiver, line, amount, stage="formal", special=False, **more):
        return self.post(issuer, "transfer", ori_bgt_id=line, rec_div_code=receiver,
                         amount=yuan(amount), cor_bgt_doc_no="财指〔2026〕1号", stage=stage,
                         tra_type_code="special" if special else "general", **more)

    def answer(self, code, kind, ask, issuer, **more):
        return self.post(code, kind, bgt_id=ask, ori_div_code=issuer,
                         reason=None if kind == "register" else "退回", **more)

    def passed(self, issuer, receiver, line, amount, **more):
        ask = self.transfer(issuer, receiver, line, amount, **more)
        self.hear()
        held = self.answer(receiver, "register", ask, issuer)
        self.hear()
        return ask, held

    def usable(self, code, line, amount):
        made = self.post(code, "allocate", ori_bgt_id=line, agency_code=UNIT,
                         amount=yuan(amount))
        self.post(code, "release", bgt_id=made, cor_bgt_doc_no="财预〔2026〕2号")
        return made

    def pay(self, code, line, amount):
        made = self.post(code, "payment", bgt_id=line, pay_app_amt=yuan(amount),
                         payee_acct_name="合作社", payee_acct_no="6228", use_des="办公",
                         payee_acct_bank_name="农业银行", pay_app_date=self.year + DAY)
        self.post(code, "paid", pay_app_id=made, xpay_amt=yuan(amount),
                  xpay_date=self.year + DAY, agent_business_no=self.year + made)
        return made

    def lapse_rest(self, code):
        for line in list(self.model.ledgers[code].made):
            if line.year == self.year:
                for account in ("UNALLOC", "PENDING", "AVAIL"):
                    if line.has(account):
                        self.post(code, "lapse", bgt_id=line.id, amount=yuan(line.has(account)),
                                  take_from=account.lower(), reason="年终")


def reopening_crosses_a_close(t):
    """The county reopens a year before it hears that those above closed it, gets money back and
    sends it up: it comes back, and nobody's closed figures move."""
    _, city = t.passed(t.region, t.city, t.reply(t.region, t.total), t.total)
    _, held = t.passed(t.city, t.county, city, t.total)
    line = t.usable(t.county, held, t.total)
    payment = t.pay(t.county, line, t.total)
    t.post(t.county, "close_year")
    t.hear()
    t.world.cut({t.county})
    for code in t.chance.sample((t.city, t.region), 2):
        t.post(code, "close_year")
    t.hear()
    t.post(t.county, "reopen_year", reason="更正")
    back = t.part()
    t.post(t.county, "refund", pay_app_id=payment, amount=yuan(back), reason="退回",
           date=t.year + DAY)
    t.post(t.county, "reduce", bgt_id=line, amount=yuan(back))
    up = t.post(t.county, "remit", ori_bgt_id=held, amount=yuan(back), reason="上解",
                rec_div_code=t.chance.choice((t.region, t.city)), cor_bgt_doc_no="财指〔2026〕3号")
    t.post(t.county, "close_year")
    t.world.cut(())
    t.hear()
    receiver = t.ask(t.county, up).receiver
    t.answer(receiver, "register", up, t.county)
    t.answer(receiver, "return", up, t.county)
    t.hear()
    t.lapse_rest(t.county)
    t.post(t.county, "close_year")
    t.post(t.county, "reopen_year", reason="再更正")
    t.hear()


def recall_races_difference(t):
    """A recall and a negative difference of one transfer are under way while the receiver spends."""
    line = t.reply(t.region, t.total * 2)
    early, held = t.passed(t.region, t.city, line, t.total, stage="early")
    used = t.part()
    first = t.usable(t.city, held, used)
    t.world.cut({t.city})
    less, back = t.part(), t.part()
    asks = [lambda: t.transfer(t.region, t.city, None, -less, early_bgt_id=early),
            lambda: t.post(t.region, "recall", bgt_id=early, amount=yuan(back), reason="收回")]
    t.chance.shuffle(asks)
    for ask in asks:
        ask()
    t.transfer(t.region, t.city, None, -(t.total - less - back) - 1, early_bgt_id=early)
    spent = t.chance.randrange(1, t.total - used)
    t.usable(t.city, held, spent)
    t.world.cut(())
    t.hear()
    for _ in range(2):  # the second time after something was brought back
        for ask in t.chance.sample(t.model.ledgers[t.region].issued, 2) + [
                a for a in t.model.ledgers[t.region].issued[-4:]]:
            if ask.answer or ask.about is None or ask.receiver != t.city:
                continue
            if ask.is_recall:
                t.post(t.city, "recall_grant", ask.year, bgt_id=ask.about.held.id,
                       recall_id=ask.id, ori_div_code=t.region,
                       amount=yuan(t.chance.choice((ask.amount, ask.amount // 2 + 1))))
            else:
                t.post(t.city, "register", ask.year, bgt_id=ask.id, ori_div_code=t.region)
        t.post(t.city, "reduce", bgt_id=first, amount=yuan(used))
    t.hear()


def lowering_under_an_estimate(t):
    """A reply below what was passed on in advance waits until the early transfer is lowered."""
    line = t.post(t.region, "budget", stage="estimate", fund_type_code="111",
                  amount=yuan(t.total))
    out = t.part() + 1
    early, _ = t.passed(t.region, t.city, line, out, stage="early")
    reply = t.chance.randrange(0, min(out, t.total - out))
    t.reply(t.region, reply, estimate_id=line)
    t.transfer(t.region, t.city, line, 1, early_bgt_id=early)
    less = t.transfer(t.region, t.city, None, -out, early_bgt_id=early)
    t.hear()
    t.answer(t.city, "register", less, t.region)
    t.hear()
    t.reply(t.region, reply, estimate_id=line)
    t.reply(t.region, reply, estimate_id=line)
    t.transfer(t.region, t.city, line, 1)
    t.hear()


def carried_special_goes_back(t):
    """Earmarked money that was carried goes up, to its issuer only, and on from there."""
    issuer = t.chance.choice((t.region, t.city))
    _, held = t.passed(issuer, t.county, t.reply(issuer, t.total), t.total, special=True)
    line = t.usable(t.county, held, t.total)
    used = t.part()
    t.pay(t.county, line, used)
    rest = yuan(t.total - used)
    for year, later in zip(t.years, t.years[1:]):
        line = t.post(t.county, "carry_over", year, bgt_id=line, amount=rest)
        if line not in t.model.ledgers[t.county].indicators:
            return
    t.post(t.county, "reduce", later, bgt_id=line, amount=rest)
    t.post(t.county, "carry_over", later, bgt_id=line, amount=rest)
    for receiver in t.chance.sample((t.region, t.city), 2):
        t.post(t.county, "remit", later, ori_bgt_id=line, rec_div_code=receiver, amount=rest,
               cor_bgt_doc_no="财指〔2026〕4号")
    t.hear()
    asks = [a for a in t.model.ledgers[t.county].issued[-2:] if a.kind == "remit" and not a.answer]
    for ask in asks:
        held = t.answer(ask.receiver, "register", ask.id, t.county, year=later)
        if ask.receiver == t.city:
            t.post(t.city, "remit", later, ori_bgt_id=held, rec_div_code=t.region, amount=rest,
                   cor_bgt_doc_no="财指〔2026〕5号")
    t.hear()


def withdraw_crosses_an_answer(t):
    """Of two transfers that are withdrawn one was registered meanwhile."""
    line = t.reply(t.region, t.total)
    asks = [t.transfer(t.region, t.county, line, t.part() // 2 + 1) for _ in range(2)]
    t.hear()
    t.world.cut({t.city})
    held = t.answer(t.county, "register", asks[0], t.region)
    t.usable(t.county, held, 1)
    for ask in t.chance.sample(asks, 2):
        t.post(t.region, "withdraw", bgt_id=ask, reason="下达有误")
    t.world.cut(())
    t.hear()
    t.answer(t.county, "register", asks[1], t.region)
    t.post(t.region, "withdraw", bgt_id=asks[0], reason="再次")
    t.hear()


def transfer_meets_a_closed_year(t):
    """What comes down to a year that was closed meanwhile can only be returned."""
    line = t.reply(t.city, t.total)
    t.world.cut({t.county})
    ask = t.transfer(t.city, t.county, line, t.part())
    t.post(t.city, "close_year")
    t.post(t.county, "close_year")
    t.world.cut(())
    t.hear()
    t.answer(t.county, "register", ask, t.city)
    t.answer(t.county, "return", ask, t.city)
    t.hear()
    t.lapse_rest(t.city)
    t.post(t.city, "close_year")
    t.hear()


# story: how many fiscal years it needs
STORIES = ((reopening_crosses_a_close, 1), (recall_races_difference, 1),
           (lowering_under_an_estimate, 1), (carried_special_goes_back, 3),
           (withdraw_crosses_an_answer, 1), (transfer_meets_a_closed_year, 1))
