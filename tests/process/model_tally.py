"""model_tally - what a run has met: documents by kind and answer, figures compared; and of all reasons
that a document of the model's kinds can be refused for, those that none was."""
import collections

from model_form import (CODED, ELEMENTS, FIELDS, FIRST_OF_PROJECT, KINDS, PRECEDENCE, REQUIRED,
                        has_form)

LOOKED_UP = ("bgt_id ori_bgt_id from_bgt_id early_bgt_id pay_app_id recall_id estimate_id agency_code "
             "pro_code agency_acct_no parent_code from_code to_code rec_div_code ori_div_code "
             "scope").split()
# Of which something is asked that is neither their form nor whether they are required.
MISSING_BESIDE = ("id", "fiscal_year", "approval_ref", "pay_app_id")
BAD_BESIDE = ("parent_code", "policy_code", "policy_value", "scope")
OF_ANY = ("unknown_field_", "exists_with_different_")  # counted as one, whichever field that is
NOT_HERE = ("not_owner",)  # of kinds that the model has not
STATUSES = ("accepted", "exists")


def all_reasons():
    taken = set().union(*FIELDS.values())
    formed = {f for kind in KINDS for f in FIELDS[kind] if has_form(kind, f)}
    coded = {f for f in taken if f in CODED}
    reasons = {p for p in PRECEDENCE if not p.endswith("_") and p not in STATUSES + NOT_HERE}
    reasons |= {"missing_" + f for f in set().union(*REQUIRED.values()) | set(FIRST_OF_PROJECT) |
                set(MISSING_BESIDE)}
    reasons |= {"bad_" + f for f in formed | set(BAD_BESIDE)}
    reasons |= {"unknown_" + f for f in coded | set(LOOKED_UP)}
    reasons |= {"unmapped_" + f for f in coded & set(ELEMENTS) - {"fund_type_code"}}
    return reasons | set(OF_ANY) | {"not_all"}


class Tally:
    def __init__(self):
        self.answers = collections.Counter()  # (kind, status or reason) -> documents
        self.kills = self.figures = self.trees = 0
        self.failure = None  # in words

    def count(self, kind, have):
        self.answers[kind, next((p for p in OF_ANY if have.startswith(p)), have)] += 1

    def add(self, other):
        self.answers += other.answers
        self.kills += other.kills
        self.figures += other.figures
        self.trees += other.trees

    @property
    def documents(self):
        return sum(self.answers.values())

    def by_answer(self):
        sums = collections.Counter()
        for (_, have), count in self.answers.items():
            sums[have] += count
        return sums

    def never_refused(self):
        return sorted(all_reasons() - set(self.by_answer()))

    def never_accepted(self):
        return [kind for kind in KINDS if not self.answers[kind, "accepted"]]

    def table(self):
        sums = self.by_answer()
        refused = {have: count for have, count in sums.items() if have not in STATUSES}
        rows = [("trees", self.trees), ("kills", self.kills), ("figures equal", self.figures),
                ("documents", self.documents), ("accepted", sums["accepted"]),
                ("there already", sums["exists"]), ("refused", sum(refused.values()))]
        rows += [("  " + have, count) for have, count in sorted(refused.items())]
        lines = [f"{name:40}{count:>14,}" for name, count in rows]
        lines.append("accepted by kind: " + ", ".join(
            f"{kind} {self.answers[kind, 'accepted']:,}" for kind in KINDS))
        lines.append("never refused: " + (", ".join(self.never_refused()) or "nothing left out"))
        return "\n".join(lines)
