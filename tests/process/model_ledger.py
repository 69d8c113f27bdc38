"""model_ledger - what a document does to a ledger, as the ledger's rules say it in words, with no
thought for speed: the books of one division."""
import collections
import copy

from model_form import (DEBIT, ELEMENTS, FIELDS, FIRST_OF_PROJECT, KINDS, REQUIRED, SETS, fen,
                        is_good, normal, yuan)


class Ledger:
    """The books of one division: a fold over its own documents."""

    def __init__(self, model, code):
        self.model, self.code = model, code
        self.documents = {}      # id -> what was submitted, normal
        self.amounts = {}        # id -> fen, where the kind has an amount
        self.indicators = {}     # id -> what authority it is, and its balances
        self.transfers = {}      # id -> issued here
        self.payments = {}       # id -> application
        self.projects = {}       # code -> [first year, state]
        self.agencies = {}       # code -> first year
        self.accounts = set()    # numbers of bank accounts
        self.elements = collections.defaultdict(set)  # (set, year) -> codes
        self.receipts = set()
        self.answers = {}        # id of a register or return -> (issuer, id of the transfer)
        self.shared = []         # ids that go to everyone below
        self.sums = collections.defaultdict(lambda: [0, 0])

    def copy(self):
        return copy.deepcopy(self, {id(self.model): self.model})

    # --- what a document must get ---

    def judge(self, raw):
        """All answers that the rules allow: one, but where they leave open which field is named."""
        if isinstance(raw, bytes):
            return ["malformed"]
        kind = raw["kind"]
        if kind == "settle":
            return ["node_only"]
        if kind not in KINDS:
            return ["unknown_kind"]
        form = self.form(kind, raw)
        if form:
            return form
        document = normal(raw)
        if document["id"] in self.documents:
            return self.again(document)
        for check in (self.unknown, self.year_differs, self.misplaced, self.booked,
                      self.wrong_state, self.purpose, self.exceeds):
            reasons = check(kind, document)
            if reasons:
                return reasons
        return ["accepted"]

    def form(self, kind, raw):
        unknown = [f"unknown_field_{f}" for f in raw if f not in FIELDS[kind]]
        if unknown:
            return unknown
        required = ["id", "fiscal_year"] + REQUIRED[kind]
        if kind == "project" and raw.get("pro_code") not in self.projects:
            required = required + list(FIRST_OF_PROJECT)
        if kind == "budget" and raw.get("stage") == "reply":
            required = required + ["approval_ref"]
        missing = [f"missing_{f}" for f in required if f not in raw]
        if missing:
            return missing
        bad = [f"bad_{f}" for f in raw if f != "kind" and not is_good(kind, f, raw[f])]
        if bad:
            return bad
        if raw.get("mof_div_code", self.code) != self.code:
            return ["not_yours"]
        return []

    def again(self, document):
        held = self.documents[document["id"]]
        if held == document:
            return ["exists"]
        return [f"exists_with_different_{f}" for f in sorted(set(held) | set(document))
                if held.get(f) != document.get(f)]

    def codes(self, name, year):
        """The rows of a code set at this node: its own and those from above."""
        rows = set()
        for code in [self.code] + self.model.above(self.code):
            rows |= self.model.of(code, self).elements[name, year]
        return rows

    def project(self, code, year):
        """Its state: own first, then up; None when it is not held here."""
        for at in [self.code] + self.model.above(self.code):
            ledger = self.model.of(at, self)
            held = ledger.projects.get(code)
            if held and held["year"] <= year and (at == self.code or held["tracked"]):
                return held["state"]
        return None

    def named_indicator(self, kind, document):
        if kind in ("transfer", "allocate"):
            return "ori_bgt_id", self.indicators.get(document["ori_bgt_id"])
        if kind == "virement":
            return "from_bgt_id", self.indicators.get(document["from_bgt_id"])
        if kind in ("release", "payment", "freeze", "unfreeze", "reduce"):
            return "bgt_id", self.indicators.get(document["bgt_id"])
        if kind in ("payment_cancel", "paid", "refund"):
            payment = self.payments.get(document["pay_app_id"])
            return "pay_app_id", payment and self.indicators[payment["bgt_id"]]
        return None, None

    def answered(self, document):
        """The transfer that a register or return names, when it is held here."""
        issuer = document.get("ori_div_code", self.model.parents[self.code])
        if issuer not in self.model.above(self.code):
            return None
        transfer = self.model.ledgers[issuer].transfers.get(document["bgt_id"])
        if transfer and transfer["receiver"] in [self.code] + self.model.below(self.code):
            return transfer
        return None

    def ambiguous(self, document):
        """Is there more than one above whose transfer to this division an answer may mean?"""
        transfers = [self.model.ledgers[issuer].transfers.get(document["bgt_id"])
                     for issuer in self.model.above(self.code)]
        return "ori_div_code" not in document and sum(
            bool(transfer) and transfer["receiver"] == self.code for transfer in transfers) > 1

    def unknown(self, kind, document):
        year, names = document["fiscal_year"], []
        if kind in ("register", "return") and self.ambiguous(document):
            return ["ambiguous_issuer"]
        field, line = self.named_indicator(kind, document)
        # What came with the money was looked up where it was first said, in the money's own year.
        came = line["elements"] if line and kind in ("transfer", "allocate", "virement") else {}
        new = {f: value for f, value in document.items() if came.get(f) != value}
        for name in SETS:
            code = name if name.endswith("_code") else name + "_code"
            rows = self.codes(name, year) if code in new else None
            if rows and new[code] not in rows:
                names.append(code)
        if kind not in ("agency", "element") and "agency_code" in new:
            if self.agencies.get(new["agency_code"], "9999") > year:
                names.append("agency_code")
        if kind != "project" and "pro_code" in new:
            if self.project(new["pro_code"], year) is None:
                names.append("pro_code")
        if document.get("agency_acct_no", None) not in self.accounts | {None}:
            names.append("agency_acct_no")
        if field and line is None:
            names.append(field)
        if kind == "transfer" and document["rec_div_code"] not in (
                self.model.above(self.code) + self.model.subtree(self.code)):
            names.append("rec_div_code")
        if kind in ("register", "return") and self.answered(document) is None:
            names += ["bgt_id"]
            if document.get("ori_div_code") not in self.model.above(self.code) + [None]:
                names += ["ori_div_code"]
        return [f"unknown_{name}" for name in names]

    def year_differs(self, kind, document):
        _, line = self.named_indicator(kind, document)
        if kind in ("register", "return"):
            line = self.answered(document)
        return ["year_differs"] if line and line["year"] != document["fiscal_year"] else []

    def misplaced(self, kind, document):
        if kind == "transfer" and document["rec_div_code"] not in self.model.below(self.code):
            return ["not_below_you"]
        if kind in ("register", "return") and (
                self.answered(document)["receiver"] != self.code):
            return ["not_for_you"]
        if kind == "transfer_in" and document["ori_div_code"] in (
                [self.code] + self.model.above(self.code) + self.model.below(self.code)):
            return ["upper_has_node"]
        return []

    def booked(self, kind, document):
        if kind == "paid" and document["agent_business_no"] in self.receipts:
            return ["receipt_already_booked"]
        return []

    def wrong_state(self, kind, document):
        _, line = self.named_indicator(kind, document)
        if kind == "project":
            held = self.projects.get(document["pro_code"])
            right = not held or held["state"] not in ("closed", "cancelled")
        elif kind in ("transfer", "allocate"):
            right = line["kind"] in ("budget", "transfer_in", "register")
        elif kind in ("register", "return"):
            right = self.answered(document)["answer"] is None
        elif kind == "release":
            right = line["kind"] == "allocate" and line["balance"]["PENDING"] > 0
        elif kind in ("payment", "freeze", "unfreeze"):
            right = line["released"]
        elif kind == "virement":
            right = line["released"] and any(
                document.get(f, line["elements"].get(f)) != line["elements"].get(f)
                for f in ("agency_code", "pro_code", "tp_func_code", "exp_func_code",
                          "gov_bgt_eco_code", "dep_bgt_eco_code"))
        elif kind == "reduce":
            right = line["kind"] in ("allocate", "virement")
        elif kind == "payment_cancel":
            right = self.payments[document["pay_app_id"]]["left"] > 0
        elif kind == "paid":
            right = self.payment_state(document["pay_app_id"]) != "cancelled"
        else:
            right = True
        makes = kind in ("transfer_in", "transfer", "allocate", "virement") or (
            kind == "budget" and document["stage"] == "reply")
        if right and makes:
            code = document.get("pro_code", line and line["elements"].get("pro_code"))
            state = code and self.project(code, document["fiscal_year"])
            right = state in (None, "reserved", "budgeted", "executing")
        return [] if right else ["wrong_state"]

    def purpose(self, kind, document):
        if kind not in ("transfer", "allocate", "virement"):
            return []
        _, line = self.named_indicator(kind, document)
        held = line["elements"]

        def differs(field):
            return field in held and document.get(field, held[field]) != held[field]
        if differs("fund_type_code"):
            return ["fund_type_differs"]
        if line["earmarked"] and (differs("pro_code") or differs("tp_func_code") or
                                  document.get("tra_type_code") == "general"):
            return ["earmark_differs"]
        if any(map(differs, ("is_direct", "is_track", "track_pro_code"))):
            return ["direct_differs"]
        return []

    def exceeds(self, kind, document):
        _, line = self.named_indicator(kind, document)
        if kind in ("transfer", "allocate"):
            free, what = line["balance"]["UNALLOC"], "available"
        elif kind in ("payment", "freeze", "virement"):
            free, what = line["balance"]["AVAIL"], "available"
        elif kind == "reduce":
            free, what = line["balance"]["AVAIL" if line["released"] else "PENDING"], "available"
        elif kind == "unfreeze":
            free, what = line["balance"]["FROZEN"], "frozen"
        elif kind == "paid":
            free, what = self.payments[document["pay_app_id"]]["left"], "committed"
        elif kind == "refund":
            free, what = self.payments[document["pay_app_id"]]["spent"], "spent"
        else:
            return []
        asked = fen(document.get("amount") or document.get("pay_app_amt") or document["xpay_amt"])
        return [f"exceeds_{what}"] if asked > free else []

    # --- what it does ---

    def post(self, line, account, amount, issuer=""):
        """Debit by a positive amount, credit by a negative one."""
        line["balance"][account] += amount if account in DEBIT else -amount
        assert line["balance"][account] >= 0
        held = line["elements"]
        function = held.get("exp_func_code", held.get("tp_func_code", ""))
        key = (line["year"], account, issuer, held.get("pro_code", ""), function,
               held["fund_type_code"], held.get("agency_code", ""))
        self.sums[key][amount < 0] += abs(amount)

    def new_line(self, document, elements, origin=None, **more):
        line = dict(id=document["id"], kind=document["kind"], year=document["fiscal_year"],
                    elements=elements, origin=origin, released=False, earmarked=False,
                    balance=collections.Counter())
        line.update(more)
        self.indicators[document["id"]] = line
        return line

    def enter(self, raw):
        document = normal(raw)
        self.documents[document["id"]] = document
        getattr(self, "enter_" + document["kind"], lambda d: None)(document)
        for field in ("amount", "pay_app_amt", "xpay_amt"):
            if field in document:
                self.amounts[document["id"]] = fen(document[field])

    def enter_element(self, d):
        self.elements[d["ele_catalog_code"], d["fiscal_year"]].add(d["ele_code"])
        self.shared.append(d["id"])

    def enter_agency(self, d):
        self.agencies.setdefault(d["agency_code"], d["fiscal_year"])

    def enter_bank_account(self, d):
        self.accounts.add(d["acct_no"])

    def enter_project(self, d):
        held = self.projects.setdefault(d["pro_code"], dict(year=d["fiscal_year"]))
        held.update(state=d["state"], tracked=d.get("is_track") == "1")
        if held["tracked"]:
            self.shared.append(d["id"])

    @staticmethod
    def given(document):
        return {f: document[f] for f in ELEMENTS if f in document}

    def enter_budget(self, d):
        if d["stage"] == "reply":
            self.source(d, self.given(d), fen(d["amount"]), "SRC_APPROVED")

    def enter_transfer_in(self, d):
        line = self.source(d, self.given(d), fen(d["amount"]), "SRC_TRANSFER_IN")
        line["earmarked"] = d["tra_type_code"] == "special"

    def source(self, d, elements, amount, account, issuer=""):
        line = self.new_line(d, elements)
        self.post(line, "UNALLOC", amount)
        self.post(line, account, -amount, issuer)
        return line

    def enter_transfer(self, d):
        origin = self.indicators[d["ori_bgt_id"]]
        line = self.new_line(d, {**origin["elements"], **self.given(d)}, origin)
        self.post(line, "TRANSIT", fen(d["amount"]))
        self.post(origin, "UNALLOC", -fen(d["amount"]))
        self.transfers[d["id"]] = dict(
            id=d["id"], line=line, year=d["fiscal_year"], receiver=d["rec_div_code"],
            amount=fen(d["amount"]), special=d["tra_type_code"] == "special",
            number=d["cor_bgt_doc_no"], answer=None, settled=False)

    def enter_register(self, d):
        transfer, issuer = self.enter_return(d)
        elements = dict(transfer["line"]["elements"], sup_bgt_doc_no=transfer["number"])
        line = self.source(d, elements, transfer["amount"], "SRC_TRANSFER_IN", issuer)
        line["earmarked"] = transfer["special"]

    def enter_return(self, d):
        transfer = self.answered(d)
        issuer = d.get("ori_div_code", self.model.parents[self.code])
        transfer["answer"] = dict(id=d["id"], kind=d["kind"])
        self.answers[d["id"]] = (issuer, d["bgt_id"])
        self.amounts[d["id"]] = transfer["amount"]
        return transfer, issuer

    def settle(self):
        for transfer in self.transfers.values():
            if transfer["answer"] and not transfer["settled"]:
                transfer["settled"] = True
                self.post(transfer["line"], "TRANSIT", -transfer["amount"])
                if transfer["answer"]["kind"] == "register":
                    self.post(transfer["line"], "XFER_OUT", transfer["amount"])
                else:
                    self.post(transfer["line"]["origin"], "UNALLOC", transfer["amount"])

    def enter_allocate(self, d):
        origin = self.indicators[d["ori_bgt_id"]]
        line = self.new_line(d, {**origin["elements"], **self.given(d)}, origin,
                             earmarked=origin["earmarked"])
        self.post(line, "PENDING", fen(d["amount"]))
        self.post(origin, "UNALLOC", -fen(d["amount"]))

    def enter_release(self, d):
        line = self.indicators[d["bgt_id"]]
        amount = self.amounts[d["id"]] = line["balance"]["PENDING"]
        line["released"] = True
        self.move(line, "PENDING", "AVAIL", amount)

    def move(self, line, source, target, amount):
        self.post(line, target, amount)
        self.post(line, source, -amount)

    def enter_payment(self, d):
        amount = fen(d["pay_app_amt"])
        self.payments[d["id"]] = dict(bgt_id=d["bgt_id"], left=amount, spent=0, paid=0)
        self.move(self.indicators[d["bgt_id"]], "AVAIL", "COMMIT", amount)

    def payment_of(self, d):
        payment = self.payments[d["pay_app_id"]]
        return payment, self.indicators[payment["bgt_id"]]

    def enter_payment_cancel(self, d):
        payment, line = self.payment_of(d)
        self.amounts[d["id"]] = payment["left"]
        self.move(line, "COMMIT", "AVAIL", payment["left"])
        payment["left"] = 0

    def enter_paid(self, d):
        payment, line = self.payment_of(d)
        amount = fen(d["xpay_amt"])
        payment["left"] -= amount
        payment["spent"] += amount
        payment["paid"] += amount
        self.receipts.add(d["agent_business_no"])
        self.move(line, "COMMIT", "SPENT", amount)

    def enter_refund(self, d):
        payment, line = self.payment_of(d)
        payment["spent"] -= fen(d["amount"])
        self.move(line, "SPENT", "AVAIL", fen(d["amount"]))

    def enter_freeze(self, d):
        self.move(self.indicators[d["bgt_id"]], "AVAIL", "FROZEN", fen(d["amount"]))

    def enter_unfreeze(self, d):
        self.move(self.indicators[d["bgt_id"]], "FROZEN", "AVAIL", fen(d["amount"]))

    def enter_reduce(self, d):
        line = self.indicators[d["bgt_id"]]
        account = "AVAIL" if line["released"] else "PENDING"
        self.post(line["origin"], "UNALLOC", fen(d["amount"]))
        self.post(line, account, -fen(d["amount"]))

    def enter_virement(self, d):
        source = self.indicators[d["from_bgt_id"]]
        elements = {**source["elements"], "source_type_code": "3", **self.given(d)}
        line = self.new_line(d, elements, source["origin"], released=True,
                             earmarked=source["earmarked"])
        self.post(line, "AVAIL", fen(d["amount"]))
        self.post(source, "AVAIL", -fen(d["amount"]))

    # --- what is shown ---

    def payment_state(self, ident):
        payment = self.payments[ident]
        if payment["left"] > 0:
            return "part_paid" if payment["spent"] else "applied"
        if payment["spent"]:
            return "paid"
        return "refunded" if payment["paid"] else "cancelled"

    def state(self, ident):
        document = self.documents[ident]
        kind = document["kind"]
        if kind == "budget":
            return "approved" if document["stage"] == "reply" else "planned"
        if kind == "transfer":
            answer = self.transfers[ident]["answer"]
            return {None: "issued", "register": "registered",
                    "return": "returned"}[answer and answer["kind"]]
        if kind == "allocate":
            return "released" if self.indicators[ident]["released"] else "pending"
        if kind == "payment":
            return self.payment_state(ident)
        return {"virement": "released", "register": "registered", "return": "returned",
                "transfer_in": "approved"}.get(kind, "entered")

    def get(self, ident):
        shown = dict(author=self.code, state=self.state(ident))
        shown.update(self.documents[ident])
        line = self.indicators.get(ident)
        if line:
            shown.update(line["elements"])
            shown["balances"] = {a: yuan(b) for a, b in line["balance"].items() if b} or None
        if ident in self.amounts and "amount" in shown:
            shown["amount"] = yuan(self.amounts[ident])
        return shown
