"""model_lines - budget, estimate and what becomes of authority within one division: sections 8.4
and 10, and money from a division without a node (9.6). Mixed into Ledger."""
from model_chart import Line
from model_form import ELEMENTS, fen

ADVANCE_TYPE = "11"
DIFFERS = ("agency_code", "pro_code", "tp_func_code", "exp_func_code", "gov_bgt_eco_code",
           "dep_bgt_eco_code")
DIRECT = ("is_direct", "is_track", "track_pro_code")


def given(d):
    return {field: d[field] for field in ELEMENTS if field in d}


class Lines:
    def line_named(self, d, field):
        """The own line that a document names, or the fault that there is none, or of another year."""
        line = self.indicators.get(d[field])
        if line is None:
            return None, ["unknown_" + field]
        return line, ["year_differs"] if line.year != d["fiscal_year"] else []

    def split_faults(self, d, line, elements, is_general=False):
        """Of what is made from a line: fund, earmark and direct are kept (3.8)."""
        held = line.elements

        def differs(field):
            return elements.get(field) != held.get(field) and field in held
        if differs("fund_type_code"):
            yield "fund_type_differs"
        if line.earmarked and (differs("pro_code") or differs("tp_func_code") or is_general):
            yield "earmark_differs"
        # Reading: what a line does not say may be said by what is made from it.
        if any(map(differs, DIRECT)):
            yield "direct_differs"

    def make(self, d, elements, origin=None):
        line = Line(d["id"], d["kind"], d["fiscal_year"], elements, origin)
        self.indicators[d["id"]] = line
        self.made.append(line)
        agency = elements.get("agency_code")
        if agency:
            self.agencies.use(agency, line.year)
        return line

    def put(self, line, debit, credit, amount):
        """Dr / Cr on one line, both in the book month of the entry."""
        month = self.month(line.year)
        self.post(line, debit, amount, month)
        self.post(line, credit, -amount, month)

    # --- budget (8.1, 8.4) ---

    def faults_budget(self, d):
        estimate = None
        if "estimate_id" in d:
            estimate = self.indicators.get(d["estimate_id"])
            made = self.documents.get(d["estimate_id"])
            if estimate is None or made["kind"] != "budget" or made["stage"] != "estimate":
                yield "unknown_estimate_id"
                yield from self.unknown_elements(d)
                yield from self.required_faults("budget", d, {})
                return
        held = estimate.elements if estimate else {}
        yield from self.unknown_elements(d, held)
        yield from self.required_faults("budget", d, held)
        if estimate:
            if estimate.year != d["fiscal_year"]:
                yield "year_differs"
            # A given element that differs, the fund too, is wrong_state.
            if not estimate.advance or any(held.get(f) != v for f, v in given(d).items()):
                yield "wrong_state"
        given_before = estimate.has("SRC_ADVANCE") if estimate else 0
        if d["stage"] in ("reply", "estimate") and not (
                estimate and fen(d["amount"]) <= given_before):  # no more than it has is not given
            code = d.get("pro_code", held.get("pro_code"))
            yield from self.open_project_faults(code, d["fiscal_year"])
        if estimate and estimate.has("SRC_ADVANCE") - fen(d["amount"]) > estimate.has("UNALLOC"):
            yield "exceeds_available"

    def enter_budget(self, d):
        if d.get("agency_code"):
            self.agencies.use(d["agency_code"], d["fiscal_year"])
        if d["stage"] == "estimate":
            line = self.make(d, {"bgt_type_code": ADVANCE_TYPE, **given(d)})
            line.advance = True
            self.put(line, "UNALLOC", "SRC_ADVANCE", fen(d["amount"]))
        elif "estimate_id" in d:
            self.reply_to(self.indicators[d["estimate_id"]], fen(d["amount"]))
        elif d["stage"] == "reply":
            line = self.make(d, given(d))
            line.adjustable = True
            self.put(line, "UNALLOC", "SRC_APPROVED", fen(d["amount"]))
            self.money_moves(line, "budgeted")

    def reply_to(self, estimate, amount):
        """Dr SRC_ADVANCE e / Cr SRC_APPROVED R / UNALLOC by R - e, on the estimate's line."""
        month, advance = self.month(estimate.year), estimate.has("SRC_ADVANCE")
        estimate.advance, estimate.adjustable = False, True
        self.post(estimate, "SRC_ADVANCE", advance, month)
        self.post(estimate, "SRC_APPROVED", -amount, month)
        self.post(estimate, "UNALLOC", amount - advance, month)
        self.money_moves(estimate, "budgeted")

    # --- transfer_in ---

    def own_early(self, d, kind, party):
        """The own document of this kind with the same other division and year that `early_bgt_id`
        names, of a transfer with the same fund, too (9.2). Reading: of transfer_in and transfer_out
        another year is not such, and a difference below zero, which has no line, is not either."""
        line, made = self.indicators.get(d["early_bgt_id"]), self.documents.get(d["early_bgt_id"])
        fits = line and line.kind == kind and made[party] == d[party] and (
            line.year == d["fiscal_year"]) and (
                kind != "transfer" or line.fund == d.get("fund_type_code", line.fund))
        return line if fits else None

    def faults_transfer_in(self, d):
        yield from self.unknown_elements(d)
        yield from self.required_faults("transfer_in", d, {})
        early = None
        if "early_bgt_id" in d:
            early = self.own_early(d, "transfer_in", "ori_div_code")
            if early is None:
                yield "unknown_early_bgt_id"
        if d["ori_div_code"] in self.roster:
            yield "upper_has_node"
        if fen(d["amount"]) > 0:
            yield from self.open_project_faults(d.get("pro_code"), d["fiscal_year"])
        elif early:
            if d["fund_type_code"] != early.fund:
                yield "fund_type_differs"
            if -fen(d["amount"]) > early.has("UNALLOC"):
                yield "exceeds_available"

    def enter_transfer_in(self, d):
        amount = fen(d["amount"])
        if amount < 0:
            early = self.indicators[d["early_bgt_id"]]
            self.put(early, "SRC_TRANSFER_IN", "UNALLOC", -amount)
            return
        line = self.make(d, given(d))
        line.issuer, line.earmarked = d["ori_div_code"], d["tra_type_code"] == "special"
        self.put(line, "UNALLOC", "SRC_TRANSFER_IN", amount)

    # --- allocate, release, reduce ---

    def faults_allocate(self, d):
        line, faults = self.line_named(d, "ori_bgt_id")
        yield from faults
        held = line.elements if line else {}
        yield from self.unknown_elements(d, held)
        missing = self.required_faults("allocate", d, held)
        if line is None:
            yield from ("?" + fault for fault in missing)
            return
        yield from missing
        elements = {**held, **given(d)}
        if not line.is_source:
            yield "wrong_state"
        yield from self.open_project_faults(elements.get("pro_code"), line.year)
        yield from self.split_faults(d, line, elements)
        if fen(d["amount"]) > line.has("UNALLOC"):
            yield "exceeds_available"
        yield from self.total_faults(elements.get("pro_code"), fen(d["amount"]))

    def enter_allocate(self, d):
        origin, amount = self.indicators[d["ori_bgt_id"]], fen(d["amount"])
        line = self.make(d, {**origin.elements, **given(d)}, origin)
        month = self.month(line.year)
        self.post(line, "PENDING", amount, month)
        self.post(origin, "UNALLOC", -amount, month)
        self.money_moves(line, "budgeted")

    def faults_release(self, d):
        """Releasable is a line with PENDING, whatever made it."""
        line, faults = self.line_named(d, "bgt_id")
        yield from faults
        if line and not line.has("PENDING"):
            yield "wrong_state"

    def enter_release(self, d):
        line = self.indicators[d["bgt_id"]]
        amount = self.amounts[d["id"]] = line.has("PENDING")
        line.released = True
        self.released.add(line.id)
        self.put(line, "AVAIL", "PENDING", amount)
        self.money_moves(line, "executing")

    def faults_reduce(self, d):
        line, faults = self.line_named(d, "bgt_id")
        yield from faults
        if line is None:
            return
        # Of a source line only one that was carried ever has something to reduce.
        if line.kind in ("carry_over", "refund") and not line.has(self.reducible(line)):
            yield "?wrong_state"
        elif line.kind not in ("allocate", "virement", "carry_over"):
            yield "wrong_state"
        if fen(d["amount"]) > line.has(self.reducible(line)):
            yield "exceeds_available"

    @staticmethod
    def reducible(line):
        return "PENDING" if line.has("PENDING") else "AVAIL"

    def enter_reduce(self, d):
        line, amount = self.indicators[d["bgt_id"]], fen(d["amount"])
        month = self.month(line.year)
        self.post(line.origin, "UNALLOC", amount, month)
        self.post(line, self.reducible(line), -amount, month)

    # --- virement (10.1) ---

    def faults_virement(self, d):
        line, faults = self.line_named(d, "from_bgt_id")
        yield from faults
        held = line.elements if line else {}
        yield from self.unknown_elements(d, held)
        missing = self.required_faults("virement", d, {"source_type_code": "3", **held})
        if line is None:
            yield from ("?" + fault for fault in missing)
            return
        yield from missing
        elements = {**held, **given(d)}
        if not line.released or all(elements.get(f) == held.get(f) for f in DIFFERS):
            yield "wrong_state"
        elif not line.has("AVAIL"):
            yield "?wrong_state"  # a released line with AVAIL
        yield from self.open_project_faults(elements.get("pro_code"), line.year)
        yield from self.split_faults(d, line, elements)
        if fen(d["amount"]) > line.has("AVAIL"):
            yield "exceeds_available"
        if elements.get("pro_code") != line.project:
            yield from self.total_faults(elements.get("pro_code"), fen(d["amount"]))

    def enter_virement(self, d):
        """Origin and source of the new line are those of the other."""
        held, amount = self.indicators[d["from_bgt_id"]], fen(d["amount"])
        line = self.make(d, {**held.elements, "source_type_code": "3", **given(d)}, held.origin)
        line.released = True
        month = self.month(line.year)
        self.post(line, "AVAIL", amount, month)
        self.post(held, "AVAIL", -amount, month)
        self.money_moves(line, "budgeted", "executing")

    # --- adjust (10.2), freeze ---

    def faults_adjust(self, d):
        line, faults = self.line_named(d, "bgt_id")
        yield from faults
        if line is None:
            return
        if not (line.is_source and line.adjustable):
            yield "wrong_state"
        amount = fen(d["amount"])
        if amount > 0:
            # Reading: more for a reply is money given to its project. What newly enters a project's
            # total is asked of allocations and transfers, since UNALLOC is not in that total.
            yield from self.open_project_faults(line.project, line.year)
        elif -amount > line.has("UNALLOC"):
            yield "exceeds_available"

    def enter_adjust(self, d):
        self.put(self.indicators[d["bgt_id"]], "UNALLOC", "SRC_APPROVED", fen(d["amount"]))

    def freeze_faults(self, d, account, reason):
        line, faults = self.line_named(d, "bgt_id")
        yield from faults
        if line is None:
            return
        if not line.released:
            yield "wrong_state"
        if fen(d["amount"]) > line.has(account):
            yield reason

    def faults_freeze(self, d):
        return self.freeze_faults(d, "AVAIL", "exceeds_available")

    def faults_unfreeze(self, d):
        return self.freeze_faults(d, "FROZEN", "exceeds_frozen")

    def enter_freeze(self, d):
        self.put(self.indicators[d["bgt_id"]], "FROZEN", "AVAIL", fen(d["amount"]))

    def enter_unfreeze(self, d):
        self.put(self.indicators[d["bgt_id"]], "AVAIL", "FROZEN", fen(d["amount"]))
