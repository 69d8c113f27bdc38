"""model_form - the kinds of documents, their fields, what a field must look like, and in which order
reasons are named."""
import datetime
import functools
import re

DEBIT = ("UNALLOC", "PENDING", "AVAIL", "FROZEN", "COMMIT", "SPENT", "TRANSIT", "XFER_OUT",
         "CARRY_OUT", "LAPSED")
SOURCES = ("SRC_APPROVED", "SRC_ADVANCE", "SRC_TRANSFER_IN", "SRC_CARRY_IN", "SRC_RECOVERED")
ELEMENTS = ("pro_code agency_code fund_type_code tp_func_code exp_func_code gov_bgt_eco_code "
            "dep_bgt_eco_code bgt_type_code source_type_code is_direct is_track track_pro_code "
            "sup_bgt_doc_no").split()
COMMON = ("kind", "id", "fiscal_year", "memo", "mof_div_code")
# kind: (required beside id and fiscal_year, optional, takes elements)
KINDS = {
    "element": ("ele_catalog_code ele_code ele_name",
                "parent_code start_date end_date is_enabled", False),
    "element_map": ("ele_catalog_code from_code to_code", "", False),
    "agency": ("agency_code agency_name", "parent_code", False),
    "bank_account": ("acct_no acct_name bank_name agency_code", "acct_type_code", False),
    "project": ("pro_code state", "pro_name pro_cat_code agency_code setup_year pro_start_year "
                "pro_term pro_total_amt sup_pro_code is_track reason policy_ref pro_exit_date",
                False),
    "policy": ("policy_code policy_value", "scope reason", False),
    "calendar": ("date", "end_date is_workday suspends scope reason", False),
    "budget": ("stage fund_type_code amount", "approval_ref approval_date version estimate_id",
               True),
    "transfer_in": ("ori_div_code sup_bgt_doc_no amount fund_type_code tra_type_code stage",
                    "income_sort_code early_bgt_id", True),
    "transfer": ("ori_bgt_id rec_div_code amount cor_bgt_doc_no tra_type_code stage",
                 "doc_title doc_date early_bgt_id is_disaster due_days ben_name ben_code", True),
    "transfer_out": ("ori_bgt_id rec_div_code amount cor_bgt_doc_no tra_type_code stage",
                     "early_bgt_id doc_title doc_date ben_name ben_code", True),
    "remit": ("ori_bgt_id rec_div_code amount cor_bgt_doc_no", "reason doc_title doc_date", True),
    "register": ("bgt_id", "ori_div_code", False),
    "return": ("bgt_id reason", "ori_div_code", False),
    "recall": ("bgt_id amount reason", "due_days", False),
    "recall_grant": ("bgt_id amount recall_id", "ori_div_code reason", False),
    "recall_refuse": ("recall_id reason", "ori_div_code", False),
    "withdraw": ("bgt_id reason", "", False),
    "allocate": ("ori_bgt_id agency_code amount", "", True),
    "release": ("bgt_id cor_bgt_doc_no", "doc_date", False),
    "adjust": ("bgt_id amount approval_ref", "approval_date reason", False),
    "virement": ("from_bgt_id amount agency_code", "reason", True),
    "reduce": ("bgt_id amount", "", False),
    "freeze": ("bgt_id amount reason", "", False),
    "unfreeze": ("bgt_id amount reason", "", False),
    "payment": ("bgt_id pay_app_amt payee_acct_name payee_acct_no payee_acct_bank_name use_des",
                "set_mode_code pay_type_code agency_acct_no dep_bgt_eco_code pay_app_date", False),
    "payment_cancel": ("pay_app_id reason", "", False),
    "paid": ("pay_app_id xpay_amt xpay_date agent_business_no", "", False),
    "refund": ("amount reason", "pay_app_id bgt_id date payee_acct_name payee_acct_no "
               "payee_acct_bank_name", True),
    "carry_over": ("bgt_id amount", "take_from", True),
    "lapse": ("bgt_id amount reason", "take_from", False),
    "close_year": ("", "month reason", False),
    "open_year": ("", "reason", False),
    "reopen_year": ("reason", "month", False),
}
NODE_ONLY = ("settle",)
ANY_YEAR = ("policy", "calendar")
REQUIRED = {kind: row[0].split() for kind, row in KINDS.items()}
FIELDS = {kind: set(COMMON) | set(row[0].split()) | set(row[1].split()) |
          (set(ELEMENTS) if row[2] else set()) for kind, row in KINDS.items()}
FIELDS["virement"].remove("source_type_code")  # the node writes it
AMOUNTS = ("amount", "pay_app_amt", "xpay_amt", "pro_total_amt")
DATES = ("start_date", "end_date", "approval_date", "doc_date", "xpay_date", "date",
         "pay_app_date", "pro_exit_date")
FLAGS = ("is_direct", "is_track", "is_disaster", "is_enabled", "is_workday", "suspends")
SETS = ("fund_type exp_func tp_func gov_bgt_eco dep_bgt_eco income_sort pro_cat bgt_type "
        "source_type pay_type set_mode acct_type").split()
# Fields whose value is a code of a set, and the set.
CODED = {(s if s.endswith("_code") else s + "_code"): s for s in SETS}
# What a spreadsheet makes of a long number is no code, account or id.
CODES = ("id bgt_id ori_bgt_id from_bgt_id early_bgt_id pay_app_id recall_id estimate_id ele_code "
         "parent_code from_code to_code policy_code agency_code acct_no acct_type_code pro_code "
         "pro_cat_code sup_pro_code track_pro_code fund_type_code tp_func_code exp_func_code "
         "gov_bgt_eco_code dep_bgt_eco_code bgt_type_code source_type_code income_sort_code "
         "payee_acct_no agency_acct_no set_mode_code pay_type_code agent_business_no "
         "policy_ref ben_code").split()
PLANS = ("request", "ceiling", "submission")  # which an amount of nothing takes back
PROJECT_STATES = ("draft", "reserved", "budgeted", "executing", "closed", "cancelled")
FIRST_OF_PROJECT = ("pro_name", "pro_cat_code", "agency_code", "setup_year")

# One reason, the first in this order. Behind a dash: any word.
PRECEDENCE = """
malformed unknown_kind node_only unknown_field_ missing_ bad_ not_yours exists
exists_with_different_
closed_year year_not_open
ambiguous_issuer unknown_ unmapped_ year_differs
not_below_you not_above_you not_for_you upper_has_node lower_has_node not_owner weaker_policy
receipt_already_booked
carried_too_long
wrong_state open_items
fund_type_differs earmark_differs direct_differs eco_differs advance_only
exceeds_available exceeds_frozen exceeds_committed exceeds_spent
exceeds_transferred exceeds_asked exceeds_project_total
""".split()


LOOKED_UP = ("bad_fiscal_year", "bad_pay_app_date", "bad_policy_code", "bad_policy_value",
             "bad_scope", "bad_date", "bad_parent_code", "bad_approval_date", "bad_doc_date",
             "bad_xpay_date")


@functools.lru_cache(maxsize=None)
def rank(reason):
    """Its place in the order: of the entries that it begins with, the longest."""
    fits = [p for p in PRECEDENCE if p == reason or p.endswith("_") and reason.startswith(p)]
    return PRECEDENCE.index(max(fits, key=len))


def first_of(faults):
    """All reasons that a document with these faults may get. The text names one, the first in the
    order; of several of one sort (two fields unknown) any. A fault with `?` in front is one that
    the text may be read to have or not to have: it may be named, and need not."""
    sure = [f for f in faults if f[0] != "?"]
    first = min(map(rank, sure), default=len(PRECEDENCE))
    reasons = [f for f in sure if rank(f) == first]
    reasons += [f[1:] for f in faults if f[0] == "?" and rank(f[1:]) <= first]
    if first == rank("missing_"):
        # Reading: of what needs look-ups (a policy, the date) either may be asked first.
        reasons += [f for f in sure if f in LOOKED_UP]
    return reasons if sure else reasons + ["accepted"]


def fen(text):
    whole, _, part = text.removeprefix("-").partition(".")
    amount = int(whole) * 100 + int((part + "00")[:2])
    return -amount if text.startswith("-") else amount


def yuan(amount):
    text = f"{abs(amount) // 100}.{abs(amount) % 100:02d}"
    return "-" + text if amount < 0 else text


def is_date(text):
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text)) and bool(
            datetime.date.fromisoformat(text))
    except ValueError:
        return False


# --- what a field must look like ---

POWER_OF_TEN = re.compile(r"\d{1,3}(\.\d+[Ee][+-]?\d{1,3}|[Ee]\+\d{1,3})")
AMOUNT = re.compile(r"-?\d+(\.\d{1,2})?")
AMOUNT_MAX = 10 ** 17
WORDS = {("budget", "stage"): ("request", "ceiling", "submission", "reply", "estimate"),
         "stage": ("early", "formal"), "state": PROJECT_STATES,
         "tra_type_code": ("general", "special"), "ele_catalog_code": SETS,
         "take_from": ("unalloc", "pending", "avail")}
FORMS = {"id": r"[A-Za-z0-9][A-Za-z0-9_.-]{0,37}", "fiscal_year": r"\d{4}",
         "setup_year": r"\d{4}", "pro_start_year": r"\d{4}", "month": r"0?[1-9]|1[0-2]",
         "mof_div_code": r"[A-Z0-9]{1,9}", "rec_div_code": r"[A-Z0-9]{1,9}",
         "ori_div_code": r"[A-Z0-9]{1,9}"}
FORMS.update(dict.fromkeys(("due_days", "pro_term"), r"\d{1,9}"))
FORMS = {field: re.compile(form) for field, form in FORMS.items()}


def has_form(kind, field):
    """Can what stands in a field be wrong by itself?"""
    return field in FORMS or field in AMOUNTS + DATES + FLAGS or field in CODES or (
        (kind, field) in WORDS or field in WORDS)


@functools.lru_cache(maxsize=100000)
def is_good(kind, field, text):
    """Has a field the form that its name promises, whatever else the document says?"""
    words = WORDS.get((kind, field)) or WORDS.get(field)
    if words:
        return text in words
    if field in CODES and POWER_OF_TEN.fullmatch(text):
        return False
    if field in FORMS:
        return bool(FORMS[field].fullmatch(text))
    if field in AMOUNTS:
        return bool(AMOUNT.fullmatch(text)) and abs(fen(text)) <= AMOUNT_MAX
    if field in DATES:
        return is_date(text)
    if field in FLAGS:
        return text in ("1", "2")
    return True


def sign_is_good(kind, raw):
    """> 0 unless the kind says otherwise (3.5)."""
    text = raw.get("amount")
    if text is None or not is_good(kind, "amount", text):
        return True
    amount, has_early = fen(text), "early_bgt_id" in raw
    if kind == "adjust" or kind in ("transfer_in", "transfer_out") and has_early:
        return amount != 0
    if kind == "transfer" and has_early:
        return True
    if kind == "budget" and ("estimate_id" in raw or raw.get("stage") in PLANS):
        return amount >= 0
    return amount > 0


def lowers(kind, raw):
    """Is it a difference that says less than before, or the same?"""
    return kind == "transfer" and "early_bgt_id" in raw and is_good(
        kind, "amount", raw.get("amount", "")) and bool(raw.get("amount")) and (
            fen(raw["amount"]) <= 0)


def form_faults(kind, raw, is_first):
    """Faults that are in the text of the document alone; `is_first`: of this project."""
    node_written = ["ori_bgt_id"] if lowers(kind, raw) else []
    faults = [f"unknown_field_{f}" for f in raw if f not in FIELDS[kind] or f in node_written]
    needed = ["id"] + REQUIRED[kind] + (["fiscal_year"] if kind not in ANY_YEAR else [])
    if is_first:
        needed += FIRST_OF_PROJECT
    if kind == "budget" and raw.get("stage") == "reply":
        needed.append("approval_ref")
    faults += [f"missing_{f}" for f in needed if f not in raw and f not in node_written]
    if "estimate_id" in raw and raw.get("stage") != "reply":  # it is what a reply replies to
        is_sure = is_good(kind, "stage", raw.get("stage", ""))
        faults.append("?" * (not is_sure) + "unknown_field_estimate_id")
    if kind == "transfer" and "early_bgt_id" in raw and not is_good(
            kind, "amount", raw.get("amount", "")):
        # More or less than before, who knows: the one needs an ori_bgt_id, the other has none.
        faults = ["?" + f if f.endswith("_ori_bgt_id") else f for f in faults]
        faults += ["?unknown_field_ori_bgt_id"] * ("ori_bgt_id" in raw)
    faults += [f"bad_{f}" for f in raw if f != "kind" and not is_good(kind, f, raw[f])]
    if not sign_is_good(kind, raw):
        faults.append("bad_amount")
    if "pro_total_amt" in raw and AMOUNT.fullmatch(raw["pro_total_amt"]) and (
            fen(raw["pro_total_amt"]) <= 0):
        faults.append("bad_pro_total_amt")
    for field in ("pay_app_amt", "xpay_amt"):
        if field in raw and AMOUNT.fullmatch(raw[field]) and fen(raw[field]) <= 0:
            faults.append(f"bad_{field}")
    if kind == "transfer" and "early_bgt_id" in raw and raw.get("stage") == "early":
        faults.append("bad_stage")
    if kind == "element_map" and raw.get("ele_catalog_code") == "fund_type":
        faults.append("bad_ele_catalog_code")
    if kind == "close_year" and raw.get("month") == "12":
        faults.append("bad_month")
    if "end_date" in raw and is_date(raw["end_date"]):
        start = raw.get("start_date") or (raw.get("date") if kind == "calendar" else None)
        if start and is_date(start) and start > raw["end_date"]:
            faults.append("bad_end_date")
    if kind == "refund":
        named = [f for f in ("pay_app_id", "bgt_id", "fund_type_code") if f in raw]
        if not named:
            faults.append("missing_pay_app_id")
        # Exactly one of them: of two the second is as if the kind had no such field.
        faults += [f"unknown_field_{f}" for f in named[:] if len(named) > 1]
        faults += [f"?bad_{f}" for f in named[:] if len(named) > 1]
    return faults


def normal(document):
    """The submitted fields as they are compared and kept."""
    fields = {k: yuan(fen(v)) if k in AMOUNTS else v for k, v in document.items()}
    fields.pop("mof_div_code", None)
    return fields
