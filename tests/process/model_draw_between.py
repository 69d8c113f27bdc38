"""model_draw_between - random documents between levels: what is issued, asked back, sent up, and
how it is answered. Mixed into Draw."""
from model_form import yuan

SOURCE_KINDS = ("budget", "transfer_in", "register", "carry_over", "refund")


class DrawBetween:
    # --- what a division issues ---

    def out(self):
        """Something that leaves this division, or is asked back."""
        way = self.chance.choice((self.transfer,) * 4 + (self.difference,) * 4 + (self.recall,) * 3 +
                                 (self.remit, self.transfer_out))
        return [way()]

    def transfer(self):
        line = self.line(SOURCE_KINDS, "UNALLOC")
        below = self.model.below(self.code)
        if not below and self.chance.random() < 0.15:
            below = [c for c in self.model.parents if c != self.code]
        if line is None or not below:
            return None
        fields = self.elements(line.year, 0.15)
        self.maybe(fields, 0.1, is_disaster="1", due_days="30")
        d = self.with_required(self.document(
            "transfer", line.year, ori_bgt_id=line.id, rec_div_code=self.chance.choice(below),
            amount=self.amount(line.has("UNALLOC")), cor_bgt_doc_no="财指〔2026〕7号",
            tra_type_code=self.chance.choice(("general", "special")),
            stage=self.chance.choice(("early", "early", "formal")), **fields), line.elements)
        past = [a for a in self.ledger.heard_asks[-40:] if a.receiver in self.ledger.below and
                a.id not in self.ledger.documents]
        if past and self.chance.random() < 0.05:
            # Under the id that one above has used: whoever answers must say whom.
            ask = self.chance.choice(past)
            d.update(id=ask.id, rec_div_code=ask.receiver)
        return d

    def issued(self, is_good):
        """Some own transfer, mostly one of the newest of which this holds."""
        asks = self.ledger.issued
        for _ in range(24 if asks else 0):
            ask = asks[-1 - self.chance.randrange(min(len(asks), 80))]
            if ask.kind == "transfer" and is_good(ask):
                return ask
        return self.chance.choice(asks) if asks and self.chance.random() < 0.2 else None

    def difference(self):
        """A formal document after an early one: more, the same or less."""
        early = self.issued(lambda a: a.stage == "early" and a.amount > 0 and
                            a.outcome in (None, "registered"))
        if early is None or early.kind != "transfer":
            return None
        d = self.document("transfer", early.year, rec_div_code=early.receiver,
                          cor_bgt_doc_no="财指〔2026〕9号", stage="formal", early_bgt_id=early.id,
                          tra_type_code="special" if early.special else "general")
        roll = self.chance.random()
        if roll < 0.6:
            return {**d, "amount": "-" + self.amount(early.line.has("XFER_OUT") - early.open_back)}
        if roll < 0.65:
            return {**d, "amount": "0.00"}
        line = self.line(SOURCE_KINDS, "UNALLOC")
        same = early.line.origin
        if line is None or same.has("UNALLOC") > 0 and self.chance.random() < 0.8:
            line = same
        self.maybe(d, 0.2, **self.elements(line.year, 0.1))
        return self.with_required(dict(d, ori_bgt_id=line.id,
                                       amount=self.amount(line.has("UNALLOC"))), line.elements)

    def recall(self):
        ask = self.issued(lambda a: a.amount > 0 and a.line.has("XFER_OUT") > a.open_back)
        if ask is None:
            return None
        return self.document("recall", ask.year, bgt_id=ask.id, reason="项目调整",
                             amount=self.amount(ask.line.has("XFER_OUT") - ask.open_back))

    def remit(self):
        line = self.line(SOURCE_KINDS, "UNALLOC")
        if line is None:
            return None
        above = self.model.above(self.code)
        targets = above * 4 + ["100000"] + self.model.below(self.code)[:1]
        receiver = self.chance.choice(targets)
        if line.earmarked and line.issuer in above and self.chance.random() < 0.8:
            receiver = line.issuer
        fields = self.elements(line.year, 0.1) if self.chance.random() < 0.3 else {}
        return self.with_required(self.document(
            "remit", line.year, ori_bgt_id=line.id, rec_div_code=receiver, reason="上解",
            amount=self.amount(line.has("UNALLOC")), cor_bgt_doc_no="财指〔2026〕5号", **fields),
            line.elements)

    def transfer_out(self):
        line = self.line(SOURCE_KINDS, "UNALLOC")
        if line is None:
            return None
        d = self.document(
            "transfer_out", line.year, ori_bgt_id=line.id, rec_div_code="54029" + self.code[-1],
            amount=self.amount(line.has("UNALLOC")), cor_bgt_doc_no="财指〔2026〕6号",
            tra_type_code=self.chance.choice(("general", "special")),
            stage=self.chance.choice(("early", "formal")))
        self.maybe(d, 0.2, rec_div_code=self.chance.choice(sorted(self.ledger.roster)))
        early = self.line(("transfer_out",), "XFER_OUT")
        if early and self.chance.random() < 0.5:
            d.update(ori_bgt_id=early.origin.id, fiscal_year=early.year, early_bgt_id=early.id,
                     rec_div_code=early.receiver, amount="-" + self.amount(early.has("XFER_OUT")))
            return d
        return self.with_required(d, line.elements)

    def withdrawals(self):
        """Of what is not answered, and now and then of what is."""
        documents = []
        for ask in self.ledger.issued[-300:]:
            chance = 0.3 if not ask.outcome else 0.02
            if ask.kind == "transfer" and self.chance.random() < chance:
                documents.append(self.document("withdraw", ask.year, bgt_id=ask.id,
                                               reason="下达有误"))
                if self.chance.random() < 0.2:
                    documents.append(self.document("withdraw", ask.year, bgt_id=ask.id,
                                                   reason="再次"))
        return documents

    # --- answers ---

    def reply_of(self, ask, kind=None):
        """An answer to what came from another division."""
        fields = dict(reason="项目已取消")
        if ask.is_recall:
            kind = self.chance.choice(("recall_grant",) * 3 + ("recall_refuse",))
            fields["recall_id"] = ask.id
            if kind == "recall_grant":
                held = ask.about.held
                free = min(held.has("UNALLOC"), ask.amount) if held else ask.amount
                fields.update(bgt_id=held.id if held else "nowhere",
                              amount=self.amount(free))
                if held and held.has("UNALLOC") > ask.amount and self.chance.random() < 0.3:
                    fields["amount"] = yuan(ask.amount + 1)  # it is there, and was not asked for
        else:
            kind = kind or self.chance.choice(("register", "register", "register", "return"))
            fields["bgt_id"] = ask.id
            if kind == "register":
                del fields["reason"]
        if ask.issuer != self.model.parents[self.code] or self.chance.random() < 0.5:
            fields["ori_div_code"] = ask.issuer
        return self.document(kind, ask.year, **fields)

    def last_answers(self, year):
        """To all that waits in a year that is to be closed."""
        return [self.reply_of(ask, "return" if self.year_is_closed(year) else None)
                for ask in self.ledger.unanswered.values() if ask.year == year]

    def answers(self, share=0.65):
        """Some of what waits for an answer, and a few of what is not ours to answer."""
        documents, ledger = [], self.ledger
        for ask in list(ledger.unanswered.values()):
            if self.chance.random() > share:
                continue
            kind = None
            if ledger.year_state(ask.year) == "closed" and self.chance.random() < 0.9:
                kind = "return"
            documents.append(self.reply_of(ask, kind))
            if documents[-1]["kind"] == "register" and ask.amount > 0 and (
                    self.chance.random() < 0.2):
                documents += self.onward(documents[-1]["id"], ask.year, yuan(ask.amount),
                                         ask.elements)
            if self.chance.random() < 0.1:
                documents.append(self.reply_of(ask))
            if self.chance.random() < 0.1:
                spoilt = self.spoilt(documents[-1])
                if not self.is_on_its_way(spoilt):
                    documents[-1] = spoilt
        return documents + self.stray_answer()

    def is_on_its_way(self, d):
        """Names what its issuer has written, and what may have arrived here or not."""
        if not isinstance(d, dict):
            return False
        issuer = d.get("ori_div_code", self.model.parents[self.code])
        asks = self.model.ledgers[issuer].asks if issuer in self.model.ledgers else {}
        return any(d.get(field) in asks and (issuer, d[field]) not in self.ledger.incoming
                   for field in ("bgt_id", "recall_id"))

    def stray_answer(self):
        """To what is answered already, is another's, or was never asked."""
        held = self.ledger.heard_asks
        if self.chance.random() < 0.3:
            held = [ask for ask in held[-400:] if ask.is_recall]
        for _ in range(8 if held else 0):
            ask = held[-1 - self.chance.randrange(min(len(held), 200))]
            if ask.answer:
                d = self.reply_of(ask)
                if self.chance.random() < 0.1:
                    self.other_year(d)
                return [d]
        if self.model.parents[self.code] is None:
            return []
        return [self.document("register", bgt_id="nowhere")] if self.chance.random() < 0.3 else []
