"""model_years - years and months: what each takes, book months, carry_over and lapse, closing and
opening (sections 13.5 and 14). Mixed into Ledger."""
from model_form import CODED, ELEMENTS, fen

# What a prepared year takes, whatever the document says.
PREPARED = frozenset(
    "element element_map agency bank_account project budget recall recall_grant recall_refuse "
    "allocate release reduce open_year withdraw return".split())
EARLY = ("transfer", "transfer_out", "transfer_in")
CLOSED = frozenset(("return", "recall_refuse", "reopen_year"))
TAKEN_FROM = ("UNALLOC", "PENDING", "AVAIL")
NIL_TO_CLOSE = ("UNALLOC", "PENDING", "AVAIL", "FROZEN", "COMMIT", "TRANSIT", "SRC_ADVANCE")


class Years:
    # --- states (14.1) ---

    def year_state(self, year):
        """Reading: where no year was ever opened, a year is closed by close_year all the same; Y0 is
        the year of the first open_year in the log, whichever is opened later."""
        if year in self.catalogue.closed:
            return "closed"
        if self.first_open is None or year < self.first_open or year in self.opened:
            return "open"
        return "prepared"

    def year_faults(self, kind, d):
        state = self.year_state(d["fiscal_year"])
        if state == "closed" and kind not in CLOSED:
            yield "closed_year"
        if state == "prepared" and kind not in PREPARED:
            yield from self.prepared_faults(kind, d)

    def prepared_faults(self, kind, d):
        """Reading: an early transfer that may be issued may be withdrawn, too, though the list does not
        say so; answers are those of what it has: early transfers, differences <= 0, recalls. A return
        moves nothing: a prepared year takes it as a closed one does, and a withdraw needs it."""
        if kind in EARLY and (d["stage"] == "early" or (
                "early_bgt_id" in d and fen(d["amount"]) <= 0)):
            return
        if kind == "return":
            return
        if kind == "register":
            ask = self.ask_named(d, "bgt_id")
            if ask is None or self.is_ambiguous(d, "bgt_id", False):
                yield "?year_not_open"
                return
            if ask.kind == "transfer" and (ask.stage == "early" or ask.amount <= 0):
                return
        yield "year_not_open"

    def month(self, year, day=None):
        """The book month of an entry in a year: that of its business date, within the year, and
        never before the first open month."""
        day = day or self.model.today
        month = 1 if day[:4] < year else 12 if day[:4] > year else int(day[5:7])
        return max(month, min(self.months_closed.get(year, 0) + 1, 12))

    # --- carry_over and lapse (14.2) ---

    def taken_from(self, line, d):
        """The account that a carry or a lapse empties: default the first that is not nil."""
        if "take_from" in d:
            return d["take_from"].upper()
        return next((a for a in TAKEN_FROM if line.has(a)), "UNALLOC")

    @staticmethod
    def times_carried(line):
        """Reading: of the money, so of the line where it entered the year; else one would carry it for
        ever by allocating it once a year."""
        return line.source.carried

    def taken_faults(self, line, d):
        account = self.taken_from(line, d)
        if fen(d["amount"]) > line.has(account):
            # Reading: as for reduce, whatever the account.
            yield "exceeds_available"

    def map_code(self, name, code, year, target):
        """Year after year, where each has a map."""
        for y in range(int(year) + 1, int(target) + 1):
            code = self.mapped(name, str(y), code) or code
        return code

    def carried_elements(self, line, d, target):
        """The elements of a line in a later year: mapped, else the same code; a person gives a code
        only where the result is not usable there. Reading: the agency and all that is in no set are
        kept, of UNALLOC too; a fund keeps its code, and a year that has funds must have it; an
        earmark is held to what the code came to, since it is called so in that year."""
        came, asked = dict(line.elements), []
        for field, code in line.elements.items():
            name = CODED.get(field)
            if name:
                if field != "fund_type_code":
                    came[field] = self.map_code(name, code, line.year, target)
                if not self.is_usable(name, target, came[field]):
                    asked.append(field)
        elements, faults = dict(came), []
        for field in asked:
            if d.get(field, came[field]) == came[field]:
                faults.append("unmapped_" + field)
                faults += ["?unknown_" + field] * (field in d)
            elif self.is_usable(CODED[field], target, d[field]):
                elements[field] = d[field]
            else:
                faults.append("unknown_" + field)
        faults += [f for f in self.unknown_elements({**d, "fiscal_year": target}, elements)
                   if f not in faults]
        for field in [f for f in ELEMENTS if f in d]:
            keeps = field == "fund_type_code" or (
                line.earmarked and field in ("pro_code", "tp_func_code"))
            if keeps and d[field] != came.get(field):
                faults.append("fund_type_differs" if field == "fund_type_code" else
                              "earmark_differs")
            elif field not in asked:
                # Given though nobody asked: what says no more than it is is not worth a dispute.
                faults.append("?wrong_state" if came.get(field) == d[field] else "wrong_state")
        return elements, faults

    def faults_carry_over(self, d):
        target = str(int(d["fiscal_year"]) + 1)
        if self.year_state(target) == "closed":
            yield "closed_year"
        line, faults = self.line_named(d, "bgt_id")
        yield from faults
        if line is None:
            yield from ("?" + f for f in self.required_faults("carry_over", d, {}))
            return
        elements, faults = self.carried_elements(line, d, target)
        yield from faults
        yield from self.required_faults("carry_over", d, elements)
        if self.times_carried(line) + 1 > self.policy("carry_max"):
            yield "carried_too_long"
        if line.waits_for_reply:
            yield "advance_only"
        yield from self.taken_faults(line, d)

    def enter_carry_over(self, d):
        """Two years in one entry: CARRY_OUT in the old, the same account of a new line in the new."""
        line, amount = self.indicators[d["bgt_id"]], fen(d["amount"])
        account, target = self.taken_from(line, d), str(int(d["fiscal_year"]) + 1)
        elements, _ = self.carried_elements(line, d, target)
        made = self.make({**d, "fiscal_year": target}, elements)
        self.keep_origin(made, line)
        made.carried = self.times_carried(line) + 1
        made.released = account == "AVAIL"
        self.put(line, "CARRY_OUT", account, amount)
        self.put(made, account, "SRC_CARRY_IN", amount)

    def faults_lapse(self, d):
        line, faults = self.line_named(d, "bgt_id")
        yield from faults
        if line:
            yield from self.taken_faults(line, d)

    def enter_lapse(self, d):
        line = self.indicators[d["bgt_id"]]
        self.put(line, "LAPSED", self.taken_from(line, d), fen(d["amount"]))

    # --- closing and opening (14.3, 14.4) ---

    def open_items(self, year):
        """What stands in the way of closing: sums, own asks without a settle, asks to us."""
        sums = {a for (y, _), total in self.totals.items() if y == year
                for a in NIL_TO_CLOSE if total.get(a)}
        return [a for a in NIL_TO_CLOSE if a in sums] + (
            ["own asks"] * (self.open_own.get(year, 0) > 0) +
            ["asks to us"] * (self.open_in.get(year, 0) > 0))

    def faults_close_year(self, d):
        year = d["fiscal_year"]
        if "month" in d:
            # Reading: in order is one after the other, from January; they say nothing of the year.
            if int(d["month"]) != self.months_closed.get(year, 0) + 1:
                yield "wrong_state"
        elif self.open_items(year):
            yield "open_items"

    def enter_close_year(self, d):
        year = d["fiscal_year"]
        if "month" in d:
            self.months_closed[year] = int(d["month"])
            return
        self.close(year)
        self.once_closed.add(year)
        self.say("year", year, True)

    def faults_open_year(self, d):
        """Once a year. Reading: one that was closed and is open again was opened, whoever never said so."""
        if d["fiscal_year"] in self.opened | self.once_closed:
            yield "wrong_state"

    def enter_open_year(self, d):
        self.first_open = self.first_open or d["fiscal_year"]
        self.opened.add(d["fiscal_year"])

    def faults_reopen_year(self, d):
        """Reading: a month of a closed year is not reopened before the year is, and of a month it
        is not asked who above has closed."""
        year, state = d["fiscal_year"], self.year_state(d["fiscal_year"])
        if "month" in d:
            if state != "open" or int(d["month"]) > self.months_closed.get(year, 0):
                yield "wrong_state"
        elif state != "closed" or any(year in c.closed for c in self.above_catalogues()):
            yield "wrong_state"

    def enter_reopen_year(self, d):
        year = d["fiscal_year"]
        if "month" in d:
            self.months_closed[year] = int(d["month"]) - 1
            return
        self.close(year, is_reverse=True)
        self.say("year", year, False)
