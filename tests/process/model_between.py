"""model_between - what goes from one division to another: section 9. Mixed into Ledger.

An ask stands in its issuer's log, its one answer in the receiver's, the settle in the issuer's
again. Each side reads of the other what has arrived (model_tree)."""
from model_form import fen
from model_lines import given


class Ask:
    """A transfer (also one that says less), a remit or a recall."""
    __slots__ = ("id", "kind", "issuer", "receiver", "year", "amount", "line", "about", "number",
                 "stage", "special", "elements", "open_back", "going_back", "taken_back",
                 "withdraw", "answer", "outcome", "held")

    def __init__(self, kind, issuer, d, receiver, amount, line, about=None):
        self.id, self.kind, self.issuer, self.receiver = d["id"], kind, issuer, receiver
        self.year, self.amount, self.line = d["fiscal_year"], amount, line
        self.about = about        # of a difference the early one, of a recall the transfer
        self.number, self.stage = d.get("cor_bgt_doc_no"), d.get("stage")
        self.special = d.get("tra_type_code") == "special"
        self.elements = line.elements
        self.open_back = 0        # of a transfer: asked back by recalls and differences, unsettled
        self.going_back = 0       # of a transfer: given back, and not yet settled
        self.taken_back = 0       # of a transfer: given back and settled
        self.withdraw = None      # id, once it was written
        self.answer = None        # (id, kind, amount), in the receiver's log
        self.held = None          # the receiver's line, once registered
        self.outcome = None       # in the issuer's log

    @property
    def is_recall(self):
        return self.kind == "recall"

    @property
    def is_less(self):
        return self.kind == "transfer" and self.amount < 0

    @property
    def key(self):
        return self.issuer, self.id


OUTCOMES = {"register": "registered", "return": "returned", "recall_grant": "granted",
            "recall_refuse": "refused"}


class Between:
    # --- transfer (9.1, 9.2) ---

    def faults_transfer(self, d):
        early = None
        if "early_bgt_id" in d:
            line = self.own_early(d, "transfer", "rec_div_code")
            early = self.asks.get(line.id) if line else None
            if early is None or early.stage != "early":
                early = None
                yield "unknown_early_bgt_id"
        if d["rec_div_code"] not in self.roster:
            yield "unknown_rec_div_code"
        elif d["rec_div_code"] not in self.below:
            yield "not_below_you"
        if "early_bgt_id" in d and fen(d["amount"]) <= 0:
            yield from self.unknown_elements(d, early.elements if early else {})
            missing = self.required_faults("transfer", d, early.elements if early else {})
            yield from missing if early else ("?" + fault for fault in missing)
            if early:
                yield from self.split_faults(d, early.line, {**early.elements, **given(d)},
                                             d["tra_type_code"] == "general")
            if early and fen(d["amount"]) < 0:
                yield from self.less_faults(early, -fen(d["amount"]))
            return
        yield from self.out_faults(d, early)

    def less_faults(self, transfer, amount):
        """What may be asked back of a transfer."""
        if transfer.outcome != "registered":
            yield "wrong_state"
        if amount > transfer.line.has("XFER_OUT") - transfer.open_back:
            yield "exceeds_transferred"

    def out_elements(self, d, line, early=None):
        return {**line.elements, **(early.elements if early else {}), **given(d)}

    def out_faults(self, d, early=None):
        """Of money that leaves a line of UNALLOC: transfer, transfer_out, remit."""
        kind = d["kind"]
        line, faults = self.line_named(d, "ori_bgt_id")
        yield from faults
        came = [line.elements] if line else []
        new = list(self.unknown_elements(d, *came, *[early.elements] if early else []))
        yield from new
        # Said once more as the early one has it: that may be looked up, and need not.
        yield from ("?" + f for f in self.unknown_elements(d, *came) if f not in new)
        held = self.out_elements({}, line, early) if line else {}
        missing = self.required_faults(kind, d, held)
        if line is None or early is None and kind == "transfer" and "early_bgt_id" in d:
            yield from ("?" + fault for fault in missing)  # who knows what it would have been given
        else:
            yield from missing
        if line is None:
            return
        elements = self.out_elements(d, line, early)
        if not line.is_source:
            yield "wrong_state"
        if kind != "remit":
            # Reading: money that goes back up is given to no project.
            yield from self.open_project_faults(elements.get("pro_code"), line.year)
        yield from self.split_faults(d, line, elements, d.get("tra_type_code") == "general")
        if line.waits_for_reply and (kind == "remit" or d["stage"] != "early"):
            yield "advance_only"
        if fen(d["amount"]) > line.has("UNALLOC"):
            yield "exceeds_available"
        if kind != "remit":
            yield from self.total_faults(elements.get("pro_code"), fen(d["amount"]))

    def take_out(self, d, account, early=None):
        """A line of the document, with what leaves its origin on it."""
        origin, amount = self.indicators[d["ori_bgt_id"]], fen(d["amount"])
        line = self.make(d, self.out_elements(d, origin, early), origin)
        line.receiver = d["rec_div_code"]
        month = self.month(line.year)
        self.post(line, account, amount, month)
        self.post(origin, "UNALLOC", -amount, month)
        return line

    def enter_transfer(self, d):
        amount = fen(d["amount"])
        early = self.asks[d["early_bgt_id"]] if "early_bgt_id" in d else None
        if early and amount <= 0:
            line = early.line
            early.open_back -= amount
        else:
            line = self.take_out(d, "TRANSIT", early)
            self.money_moves(line, "budgeted")
        self.issue(Ask("transfer", self.code, d, d["rec_div_code"], amount, line,
                       early if amount <= 0 else None))

    def issue(self, ask):
        self.asks[ask.id] = ask
        self.issued.append(ask)
        self.model.asks_moved.append(ask)
        if ask.amount == 0:  # a notice has no answer
            ask.outcome = "noticed"
            return
        self.open_own[ask.year] = self.open_own.get(ask.year, 0) + 1
        # A transfer is on the receiver's line, a remit on the issuer's own: those between hold it, too.
        line = self.model.above(self.code) if ask.kind == "remit" else (
            [ask.receiver] + self.model.above(ask.receiver))
        for holder in line:
            if holder != self.code and (ask.kind == "remit" or holder in self.below):
                self.tell(holder, "ask", ask)

    # --- recall, withdraw (9.4) ---

    def own_ask(self, d):
        """The own transfer that recall or withdraw names."""
        ask = self.asks.get(d["bgt_id"])
        if ask is None or ask.kind != "transfer":
            return None, ["unknown_bgt_id"]
        return ask, ["year_differs"] if ask.year != d["fiscal_year"] else []

    def faults_recall(self, d):
        ask, faults = self.own_ask(d)
        yield from faults
        if ask and ask.amount <= 0:
            yield "?unknown_bgt_id"
            yield "wrong_state"
        elif ask:
            yield from self.less_faults(ask, fen(d["amount"]))

    def enter_recall(self, d):
        transfer, amount = self.asks[d["bgt_id"]], fen(d["amount"])
        transfer.open_back += amount
        self.issue(Ask("recall", self.code, d, transfer.receiver, amount, transfer.line, transfer))

    def faults_withdraw(self, d):
        ask, faults = self.own_ask(d)
        yield from faults
        if ask and (ask.outcome or ask.withdraw):
            yield "wrong_state"

    def enter_withdraw(self, d):
        ask = self.asks[d["bgt_id"]]
        ask.withdraw = d["id"]
        self.tell(ask.receiver, "withdraw", ask)

    # --- answers (9.3, 9.4) ---

    def ask_named(self, d, field):
        """The ask that an answer names, if it is held here: of ori_div_code, default the parent."""
        return self.incoming.get((d.get("ori_div_code", self.parent), d[field]))

    def is_ambiguous(self, d, field, is_for_recall):
        """Reading: of what such an answer is for, so that a recall is never taken for a transfer."""
        asks = [self.incoming.get((i, d[field])) for i in self.model.above(self.code)]
        return "ori_div_code" not in d and sum(
            ask is not None and ask.is_recall == is_for_recall for ask in asks) > 1

    def answer_faults(self, d, field, is_for_recall):
        """What is asked of every answer; the ask, where there is one to go on with."""
        ask, issuer = self.ask_named(d, field), d.get("ori_div_code", self.parent)
        if self.is_ambiguous(d, field, is_for_recall):
            return None, ["ambiguous_issuer"]
        own = self.documents.get(d[field])
        if issuer == self.code and own and own["kind"] in ("transfer", "remit", "recall"):
            # It is held here, and asks nothing of whoever issued it.
            return None, ["?unknown_" + field, "not_for_you"] + [
                "year_differs"] * (own["fiscal_year"] != d["fiscal_year"])
        if ask is None or ask.is_recall != is_for_recall:
            faults = ["unknown_" + field]
            if issuer not in self.roster:
                faults.append("unknown_ori_div_code")
            return None, faults
        faults = ["year_differs"] if ask.year != d["fiscal_year"] else []
        if ask.receiver != self.code:
            return None, faults + ["not_for_you"]
        if ask.answer or ask.amount == 0:
            faults.append("wrong_state")
        return ask, faults

    def faults_register(self, d):
        ask, faults = self.answer_faults(d, "bgt_id", False)
        yield from faults
        if ask and ask.is_less and -ask.amount > ask.about.held.has("UNALLOC"):
            yield "exceeds_available"

    def faults_return(self, d):
        return self.answer_faults(d, "bgt_id", False)[1]

    def answer(self, d, ask, amount):
        ask.answer = d["id"], d["kind"], amount
        self.amounts[d["id"]] = amount
        self.open_in[ask.year] -= 1
        del self.unanswered[ask.key]
        self.answers[d["id"]] = ask
        if ask.about and d["kind"] in ("register", "recall_grant"):
            ask.about.going_back += abs(amount)
        self.model.asks_moved.append(ask)
        self.tell(ask.issuer, "answer", ask)

    def enter_register(self, d):
        ask = self.ask_named(d, "bgt_id")
        self.answer(d, ask, ask.amount)
        if ask.is_less:
            self.put(ask.about.held, "SRC_TRANSFER_IN", "UNALLOC", -ask.amount)
            return
        # Reading: the number of a remit is no upper division's; its money keeps what it had.
        elements = ask.elements if ask.kind == "remit" else (
            {**ask.elements, "sup_bgt_doc_no": ask.number})
        line = ask.held = self.make(d, elements)
        line.issuer, line.earmarked = ask.issuer, ask.special
        line.came_up = ask.kind == "remit"
        self.put(line, "UNALLOC", "SRC_TRANSFER_IN", ask.amount)

    def enter_return(self, d):
        ask = self.ask_named(d, "bgt_id")
        self.answer(d, ask, ask.amount)

    def faults_recall_grant(self, d):
        line, faults = self.line_named(d, "bgt_id")
        yield from faults
        ask, faults = self.answer_faults(d, "recall_id", True)
        yield from faults
        if line is None or ask is None:
            return
        if ask.about.held is not line:
            yield "wrong_state"
            return
        if fen(d["amount"]) > line.has("UNALLOC"):
            yield "exceeds_available"
        if fen(d["amount"]) > ask.amount:
            yield "exceeds_asked"

    def enter_recall_grant(self, d):
        ask = self.ask_named(d, "recall_id")
        self.answer(d, ask, fen(d["amount"]))
        self.put(self.indicators[d["bgt_id"]], "SRC_TRANSFER_IN", "UNALLOC", fen(d["amount"]))

    def faults_recall_refuse(self, d):
        return self.answer_faults(d, "recall_id", True)[1]

    def enter_recall_refuse(self, d):
        ask = self.ask_named(d, "recall_id")
        self.answer(d, ask, ask.amount)
        del self.amounts[d["id"]]  # it says none

    # --- what a node writes when it hears (9.4, 9.5) ---

    def hear_ask(self, ask):
        self.incoming[ask.key] = ask
        self.heard_asks.append(ask)
        if ask.receiver == self.code:
            self.unanswered[ask.key] = ask
            self.open_in[ask.year] = self.open_in.get(ask.year, 0) + 1

    def hear_withdraw(self, ask):
        """Unanswered in this log: this node returns it. Answered: nothing follows."""
        if ask.answer is None:
            self.enter(dict(kind="return", id=f".r{ask.issuer}-{ask.id}", fiscal_year=ask.year,
                            bgt_id=ask.id, ori_div_code=ask.issuer, reason="withdrawn"))

    def hear_answer(self, ask):
        """The settle, in the turn that sees the answer. Its amount is never below zero."""
        _, kind, amount = ask.answer
        outcome = OUTCOMES[kind]
        if ask.is_less:
            outcome = {"registered": "lowered", "returned": "kept"}[outcome]
        ask.outcome = outcome
        self.open_own[ask.year] -= 1
        self.settles.append((ask, abs(amount)))
        month, line, origin = self.month(ask.year), ask.line, ask.line.origin
        self.model.asks_moved.append(ask)
        if ask.about:
            ask.about.open_back -= abs(ask.amount)
            if outcome in ("lowered", "granted"):
                ask.about.going_back -= abs(amount)
                ask.about.taken_back += abs(amount)
        if outcome == "registered":
            self.post(line, "XFER_OUT", amount, month)
            self.post(line, "TRANSIT", -amount, month)
            self.money_moves(line, "executing")
        elif outcome == "returned":
            self.post(origin, "UNALLOC", amount, month)
            self.post(line, "TRANSIT", -amount, month)
        elif outcome in ("lowered", "granted"):
            self.post(origin, "UNALLOC", abs(amount), month)
            self.post(line, "XFER_OUT", -abs(amount), month)
        self.end()

    # --- out without a node, and up (9.6, 9.7) ---

    def faults_transfer_out(self, d):
        early = None
        if "early_bgt_id" in d:
            early = self.own_early(d, "transfer_out", "rec_div_code")
            if early is None:
                yield "unknown_early_bgt_id"
        if d["rec_div_code"] in self.roster:
            yield "lower_has_node"
        if fen(d["amount"]) > 0:
            yield from self.out_faults(d)
            return
        line, faults = self.line_named(d, "ori_bgt_id")
        yield from faults
        yield from self.unknown_elements(d, early.elements if early else {})
        missing = self.required_faults("transfer_out", d, early.elements if early else {})
        yield from missing if early else ("?" + fault for fault in missing)
        if line and early and early.origin is not line:
            yield "unknown_ori_bgt_id"  # reading: it names where the money goes back to
        if early:  # the same money, whatever is said of it
            yield from self.split_faults(d, early, {**early.elements, **given(d)},
                                         d["tra_type_code"] == "general")
        if early and -fen(d["amount"]) > early.has("XFER_OUT"):
            yield "exceeds_transferred"

    def enter_transfer_out(self, d):
        amount = fen(d["amount"])
        if amount > 0:
            line = self.take_out(d, "XFER_OUT")
            self.money_moves(line, "budgeted", "executing")
            return
        early = self.indicators[d["early_bgt_id"]]
        month = self.month(early.year)
        self.post(early.origin, "UNALLOC", -amount, month)
        self.post(early, "XFER_OUT", amount, month)

    def faults_remit(self, d):
        receiver = d["rec_div_code"]
        if receiver in self.roster and receiver not in self.model.above(self.code):
            yield "not_above_you"
        line = self.indicators.get(d["ori_bgt_id"])
        if line and line.earmarked and not line.came_up and line.issuer != receiver:
            yield "earmark_differs"
        yield from self.out_faults(d)

    def enter_remit(self, d):
        has_node = d["rec_div_code"] in self.roster
        line = self.take_out(d, "TRANSIT" if has_node else "XFER_OUT")
        if has_node:
            written = dict(d, tra_type_code="special" if line.earmarked else "general")
            self.issue(Ask("remit", self.code, written, d["rec_div_code"], fen(d["amount"]), line))

