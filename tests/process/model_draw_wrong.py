"""model_draw_wrong - documents that are wrong in a way or two, and those that are there already.
Mixed into Draw."""
from model_form import (AMOUNTS, CODED, DATES, FIELDS, FIRST_OF_PROJECT, FLAGS, REQUIRED, fen, has_form,
                        yuan)

FUNDS = ("111", "12", "13")
SPLITS = ("transfer", "allocate", "virement", "transfer_out", "remit")
JUNK = (b'{"kind":"agency",', b"[1,2]", b'{"kind":"agency","id":"\xff\xfe"}', b"null", b'"x"')
BAD = {"id": (".x", "", "a b", "x" * 39, "编号"), "fiscal_year": ("26", "20266", "year"),
       "stage": ("done",), "tra_type_code": ("other",), "state": ("open",),
       "ele_catalog_code": ("colours",), "rec_div_code": ("5401-1", "5400000001"),
       "ori_div_code": ("54 0",), "setup_year": ("26",), "take_from": ("spent",),
       "month": ("13", "0", "x"), "due_days": ("x", "-1"),
       "pro_term": ("x", "-1"), "pro_start_year": ("26",), "mof_div_code": ("5401-1",),
       "scope": ("5401-1", "拉萨")}
NUMBER_OF_A_SPREADSHEET = ("6.22E+18", "1E+05")
LOOKED_UP = ("agency_code", "pro_code", "ori_bgt_id", "from_bgt_id", "bgt_id", "pay_app_id",
             "agency_acct_no", "early_bgt_id", "recall_id", "estimate_id", "parent_code", "from_code",
             "to_code", "scope")
BAD_AMOUNT = ("0", "0.00", "-1.00", "1.001", "abc", "1e3", "1,000.00", "+5", " 5", ".", "",
              "99999999999999999999")
BAD_DATE = ("2026-02-30", "2026-13-01", "20260101", "2026-1-1")


class DrawWrong:
    def spoilt(self, document):
        document = dict(document)
        ways = [self.unkind, self.strange, self.lacking, self.bad, self.foreign, self.taken,
                self.unknown, self.other_year, self.elsewhere, self.other_fund, self.other_purpose]
        if self.chance.random() < 0.04:
            return self.chance.choice(JUNK)
        splits = document["kind"] in SPLITS and self.chance.random() < 0.5
        at = self.chance.randrange(7 if splits else 0, len(ways))
        ways[at](document)
        if self.chance.random() < 0.4:  # of two faults the first in order is named: neighbours
            ways[(at + self.chance.choice((1, 1, 2, 3))) % len(ways)](document)
        return document

    def wrong_rule(self):
        """Something that those below would have to know, were it right: what is refused nobody hears,
        so that it may be said while the others are at their business."""
        documents = [self.calendar() if d["kind"] == "element" else d
                     for d in self.rules() + [self.calendar()]]
        d = self.chance.choice(documents)
        if self.chance.random() < 0.3:
            d = self.element(self.years[0], "dep_bgt_eco", "302", parent_code="301")
        if d["kind"] in ("calendar", "element") or self.chance.random() < 0.5:
            self.chance.choice((self.bad, self.bad, self.lacking, self.unknown))(d)
        return [] if "accepted" in self.ledger.judge(d) else [d]

    def unkind(self, d):
        d["kind"] = self.chance.choice(("agencies", "settle", "Budget"))

    def strange(self, d):
        d[self.chance.choice(("colour", "answer_id", "pro_nam", "own_bgt_id"))] = "1"

    def rarest(self, way, d, fields):
        """Of fields that may be wrong the one that was least often so, in documents of this kind."""
        field = min(fields, key=lambda f: self.spoilt_so[way, d["kind"], f])
        self.spoilt_so[way, d["kind"], field] += 1
        return field

    def lacking(self, d):
        fields = REQUIRED.get(d["kind"], []) + [
            f for f in FIRST_OF_PROJECT + ("approval_ref", "pay_app_id", "fiscal_year", "id")
            if f in d]
        d.pop(self.rarest("lacking", d, fields or ["id"]), None)

    def bad(self, d):
        """Something that no such field can hold; now and then in one that need not be there."""
        fields = [f for f in d if has_form(d["kind"], f) or f in BAD]
        if self.chance.random() < 0.3:
            fields = [f for f in sorted(FIELDS.get(d["kind"], ())) if has_form(d["kind"], f) or
                      f in BAD] or fields
        if not fields:
            return
        field = self.rarest("bad", d, fields)
        d[field] = self.chance.choice(BAD.get(field) or (
            BAD_AMOUNT if field in AMOUNTS else BAD_DATE if field in DATES else
            ("3", "yes") if field in FLAGS else NUMBER_OF_A_SPREADSHEET))

    def foreign(self, d):
        d["mof_div_code"] = self.chance.choice((self.code, "540000", "540199"))

    def taken(self, d):
        d["id"] = self.chance.choice(self.ledger.order)

    def unknown(self, d):
        """Something that nobody has said, in a field that is looked up; a code only where its set has
        rows, since any will do elsewhere."""
        defines = dict(project="pro_code", agency="agency_code").get(d["kind"])
        codes = [f for f in sorted(FIELDS.get(d["kind"], ())) if f in CODED and
                 self.ledger.has_codes(CODED[f], d.get("fiscal_year"))]
        fields = [f for f in LOOKED_UP if f in d and f != defines] + codes
        if fields:
            field = self.rarest("unknown", d, fields)
            d[field] = "9" if field in codes else "999" if field == "scope" else "nowhere"

    def other_year(self, d):
        if d["kind"] not in ("agency", "project", "element", "bank_account", "element_map"):
            others = [y for y in self.years if y != d.get("fiscal_year")]
            # Far ahead and far back, too: a year is looked at whatever the document names.
            d["fiscal_year"] = self.chance.choice(others * 4 + ["1999", "9999"])

    def elsewhere(self, d):
        for field in ("rec_div_code", "ori_div_code"):
            if field in d:
                d[field] = self.chance.choice((self.code, "540000", "999"))

    def other_fund(self, d):
        if d["kind"] in SPLITS:
            d["fund_type_code"] = self.chance.choice(FUNDS)

    def other_purpose(self, d):
        if d["kind"] in SPLITS:
            d[self.chance.choice(("tp_func_code", "is_direct", "is_direct"))] = (
                self.chance.choice(("2", "2", "1")))

    # --- once more ---

    def again(self, count):
        """Documents that are there: as they were, written otherwise, or with one field changed."""
        documents = []
        for ident in self.chance.sample(self.ledger.order, min(count, len(self.ledger.order))):
            document = dict(self.ledger.documents[ident])
            if ident.startswith("."):
                continue
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
