"""model_payments - payments, receipts, refunds and credits: section 11.1 and 11.5, book months of
13.5. Mixed into Ledger."""
from model_chart import Broken
from model_form import ELEMENTS, fen


class Payment:
    __slots__ = ("line", "eco", "amount", "left", "spent", "paid", "refunded", "cancelled")

    def __init__(self, line, eco, amount):
        self.line, self.eco, self.amount, self.left = line, eco, amount, amount
        self.spent = self.paid = self.refunded = self.cancelled = 0

    @property
    def state(self):
        if self.left > 0:
            return "part_paid" if self.spent else "applied"
        if self.spent:
            return "paid"
        return "refunded" if self.paid else "cancelled"


class Payments:
    # --- application and receipts ---

    def faults_payment(self, d):
        day = d.get("pay_app_date") or self.pay_day(d["fiscal_year"])
        if day[:4] != d["fiscal_year"] or day > self.model.today:
            yield "bad_pay_app_date"
        line, faults = self.line_named(d, "bgt_id")
        yield from faults
        yield from self.unknown_codes(d)
        missing = self.required_faults("payment", d, line.elements if line else {})
        yield from ("?" + fault for fault in missing) if line is None else missing
        if self.accounts.get(d.get("agency_acct_no"), "9999") > d["fiscal_year"] and (
                "agency_acct_no" in d):
            yield "unknown_agency_acct_no"
        if line is None:
            return
        if not line.released:
            yield "wrong_state"
        mine, held = d.get("dep_bgt_eco_code"), line.elements.get("dep_bgt_eco_code")
        if mine and held and not self.lies_below("dep_bgt_eco", line.year, mine, held):
            yield "eco_differs"
        if fen(d["pay_app_amt"]) > line.has("AVAIL"):
            yield "exceeds_available"

    def pay_day(self, year):
        """The node writes the entry date. Reading: of a year that is over and still open its last
        day, so that what a person did not say is never bad."""
        return min(self.model.today, year + "-12-31")

    def enter_payment(self, d):
        line, amount = self.indicators[d["bgt_id"]], fen(d["pay_app_amt"])
        payment = Payment(line, d.get("dep_bgt_eco_code"), amount)
        self.payments[d["id"]] = payment
        self.payment_ids.append(d["id"])
        day = d.get("pay_app_date") or self.pay_day(line.year)
        self.pay_move(payment, "COMMIT", "AVAIL", amount, day)

    def pay_move(self, payment, target, source, amount, day=None):
        """COMMIT and SPENT go under the payment's economic class, AVAIL under the line's (16.4)."""
        line = payment.line
        if payment.amount != payment.left + payment.spent + payment.refunded + payment.cancelled:
            raise Broken(f"10: a payment from {line.id}")
        month = self.month(line.year, day)
        for account, side in ((target, amount), (source, -amount)):
            eco = payment.eco if account in ("COMMIT", "SPENT") else None
            self.post(line, account, side, month, eco)

    def payment_named(self, d):
        """The own payment that a document names, or the fault that it is none or another year's."""
        payment = self.payments.get(d["pay_app_id"])
        if payment is None:
            return None, ["unknown_pay_app_id"]
        return payment, ["year_differs"] if payment.line.year != d["fiscal_year"] else []

    def faults_payment_cancel(self, d):
        payment, faults = self.payment_named(d)
        yield from faults
        if payment and not payment.left:
            yield "wrong_state"

    def enter_payment_cancel(self, d):
        payment = self.payments[d["pay_app_id"]]
        amount = self.amounts[d["id"]] = payment.left
        payment.left, payment.cancelled = 0, payment.cancelled + amount
        self.pay_move(payment, "AVAIL", "COMMIT", amount)

    def faults_paid(self, d):
        payment, faults = self.payment_named(d)
        yield from faults
        if d["agent_business_no"] in self.receipts:
            yield "receipt_already_booked"
        if payment is None:
            return
        if payment.state == "cancelled":
            yield "wrong_state"
        if fen(d["xpay_amt"]) > payment.left:
            yield "exceeds_committed"

    def enter_paid(self, d):
        payment, amount = self.payments[d["pay_app_id"]], fen(d["xpay_amt"])
        payment.left -= amount
        payment.spent += amount
        payment.paid += amount
        self.receipts.add(d["agent_business_no"])
        self.pay_move(payment, "SPENT", "COMMIT", amount, d["xpay_date"])

    # --- refunds and credits (11.5) ---

    def faults_refund(self, d):
        if d.get("date", "") > self.model.today:
            yield "bad_date"
        if "pay_app_id" in d:
            yield from self.faults_refund_of_payment(d)
        elif "bgt_id" in d:
            line, faults = self.line_named(d, "bgt_id")
            yield from faults
            yield from self.required_faults("refund", d, line.elements) if line else ()
            yield from self.elements_of_no_line(d)
            if line and fen(d["amount"]) > self.refundable(line):
                yield "exceeds_spent"
        else:
            # Payments of an old system: there is neither opening nor cutover yet.
            yield from self.required_faults("refund", d, {})
            yield from self.unknown_elements(d)
            yield "wrong_state"

    def elements_of_no_line(self, d):
        """Reading: elements are said of the line that a refund opens, and of none that is there."""
        yield from self.unknown_elements(d)
        if any(f in d for f in ELEMENTS):
            yield "wrong_state"

    def faults_refund_of_payment(self, d):
        payment = self.payments.get(d["pay_app_id"])
        if payment is None:
            yield "unknown_pay_app_id"
            return
        line, amount = payment.line, fen(d["amount"])
        yield from self.required_faults("refund", d, line.elements)
        if line.year == d["fiscal_year"]:
            yield from self.elements_of_no_line(d)
            # A credit of the line belongs to no payment, so that a line may have less spent on it
            # than its payments have: neither goes below zero.
            if amount > payment.spent or amount > self.refundable(line):
                yield "exceeds_spent"
            return
        # Of a closed or earlier year (3.4): that one need not be closed.
        if self.year_state(line.year) != "closed" and line.year > d["fiscal_year"]:
            yield "year_differs"
            yield from self.unknown_elements(d)
            return
        _, faults = self.carried_elements(line, d, d["fiscal_year"])
        yield from faults
        if amount > payment.spent or amount > self.refundable(line):
            yield "exceeds_spent"

    @staticmethod
    def refundable(line):
        """What came back into another year stays spent in the line's own, and never comes twice."""
        return line.has("SPENT") - line.recovered

    def enter_refund(self, d):
        amount = fen(d["amount"])
        if "bgt_id" in d:
            line = self.indicators[d["bgt_id"]]
            month = self.month(line.year, d.get("date"))
            self.post(line, "AVAIL", amount, month)
            self.post(line, "SPENT", -amount, month)
            return
        payment = self.payments[d["pay_app_id"]]
        payment.spent -= amount
        payment.refunded += amount
        if payment.line.year == d["fiscal_year"]:
            self.pay_move(payment, "AVAIL", "SPENT", amount, d.get("date"))
            return
        elements, _ = self.carried_elements(payment.line, d, d["fiscal_year"])
        payment.line.recovered += amount
        line = self.keep_origin(self.make(d, elements), payment.line)
        month = self.month(line.year, d.get("date"))
        self.post(line, "UNALLOC", amount, month)
        self.post(line, "SRC_RECOVERED", -amount, month)

    @staticmethod
    def keep_origin(line, before):
        """A carried or recovered line keeps issuer, earmark and direct of the line it came from.
        Reading: and how often its money was carried, since it is the same money."""
        line.earmarked, line.issuer = before.earmarked, before.issuer
        line.came_up, line.carried = before.came_up, before.source.carried
        return line
