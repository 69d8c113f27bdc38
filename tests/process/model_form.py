"""model_form - the kinds of documents, their fields, and what a field must look like."""
import datetime
import re

DEBIT = ("UNALLOC", "PENDING", "AVAIL", "FROZEN", "COMMIT", "SPENT", "TRANSIT", "XFER_OUT")
SOURCES = ("SRC_APPROVED", "SRC_TRANSFER_IN")
ELEMENTS = ("pro_code agency_code fund_type_code tp_func_code exp_func_code gov_bgt_eco_code "
            "dep_bgt_eco_code bgt_type_code source_type_code is_direct is_track track_pro_code "
            "sup_bgt_doc_no").split()
COMMON = ("kind", "id", "fiscal_year", "memo", "mof_div_code")
# kind: (required, optional, takes elements)
KINDS = {
    "element": ("ele_catalog_code ele_code ele_name",
                "parent_code start_date end_date is_enabled", False),
    "agency": ("agency_code agency_name", "parent_code", False),
    "bank_account": ("acct_no acct_name bank_name agency_code", "acct_type_code", False),
    "project": ("pro_code state", "pro_name pro_cat_code agency_code setup_year pro_start_year "
                "pro_term pro_total_amt sup_pro_code is_track reason", False),
    "budget": ("stage fund_type_code amount", "approval_ref approval_date version", True),
    "transfer_in": ("ori_div_code sup_bgt_doc_no amount fund_type_code tra_type_code stage",
                    "income_sort_code", True),
    "transfer": ("ori_bgt_id rec_div_code amount cor_bgt_doc_no tra_type_code stage",
                 "doc_title doc_date early_bgt_id is_disaster due_days", True),
    "register": ("bgt_id", "ori_div_code", False),
    "return": ("bgt_id reason", "ori_div_code", False),
    "allocate": ("ori_bgt_id agency_code amount", "", True),
    "release": ("bgt_id cor_bgt_doc_no", "doc_date", False),
    "payment": ("bgt_id pay_app_amt payee_acct_name payee_acct_no payee_acct_bank_name use_des",
                "set_mode_code pay_type_code agency_acct_no dep_bgt_eco_code", False),
    "payment_cancel": ("pay_app_id reason", "", False),
    "paid": ("pay_app_id xpay_amt xpay_date agent_business_no", "", False),
    "refund": ("pay_app_id amount reason", "", False),
    "freeze": ("bgt_id amount reason", "", False),
    "unfreeze": ("bgt_id amount reason", "", False),
    "reduce": ("bgt_id amount", "", False),
    "virement": ("from_bgt_id amount agency_code", "reason", True),
}
REQUIRED = {kind: row[0].split() for kind, row in KINDS.items()}
FIELDS = {kind: set(COMMON) | set(row[0].split()) | set(row[1].split()) |
          (set(ELEMENTS) if row[2] else set()) for kind, row in KINDS.items()}
FIELDS["virement"].remove("source_type_code")  # the node writes it
AMOUNTS = ("amount", "pay_app_amt", "xpay_amt", "pro_total_amt")
DATES = ("start_date", "end_date", "approval_date", "doc_date", "xpay_date")
FLAGS = ("is_direct", "is_track", "is_disaster", "is_enabled")
SETS = ("fund_type exp_func tp_func gov_bgt_eco dep_bgt_eco income_sort pro_cat bgt_type "
        "source_type pay_type set_mode acct_type").split()
# What a spreadsheet makes of a long number is no code, account or id.
CODES = ("id bgt_id ori_bgt_id from_bgt_id early_bgt_id pay_app_id ele_code parent_code agency_code acct_no "
         "acct_type_code pro_code pro_cat_code sup_pro_code track_pro_code fund_type_code tp_func_code "
         "exp_func_code gov_bgt_eco_code dep_bgt_eco_code bgt_type_code source_type_code income_sort_code "
         "payee_acct_no agency_acct_no set_mode_code pay_type_code agent_business_no").split()
POWER_OF_TEN = r"\d{1,3}(\.\d+[Ee][+-]?\d{1,3}|[Ee]\+\d{1,3})"
PROJECT_STATES = ("draft", "reserved", "budgeted", "executing", "closed", "cancelled")
FIRST_OF_PROJECT = ("pro_name", "pro_cat_code", "agency_code", "setup_year")


def fen(text):
    whole, _, part = text.removeprefix("-").partition(".")
    amount = int(whole) * 100 + int((part + "00")[:2])
    return -amount if text.startswith("-") else amount


def yuan(amount):
    return f"{amount // 100}.{amount % 100:02d}"


def is_date(text):
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text)) and bool(
            datetime.date.fromisoformat(text))
    except ValueError:
        return False


def is_good(kind, field, text):
    """Has a field the form that its name promises?"""
    words = {("budget", "stage"): ("request", "ceiling", "submission", "reply"),
             ("transfer", "stage"): ("early", "formal"),
             ("transfer_in", "stage"): ("early", "formal"),
             ("project", "state"): PROJECT_STATES}
    if (kind, field) in words:
        return text in words[kind, field]
    if field == "tra_type_code":
        return text in ("general", "special")
    if field == "ele_catalog_code":
        return text in SETS
    if field in CODES and re.fullmatch(POWER_OF_TEN, text):
        return False
    if field == "id":
        return bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,37}", text))
    if field in ("fiscal_year", "setup_year", "pro_start_year"):
        return bool(re.fullmatch(r"\d{4}", text))
    if field in ("mof_div_code", "rec_div_code", "ori_div_code"):
        return bool(re.fullmatch(r"[A-Z0-9]{1,9}", text))
    if field in AMOUNTS:
        return bool(re.fullmatch(r"\d+(\.\d{1,2})?", text)) and 0 < fen(text) < 1 << 50
    if field in DATES:
        return is_date(text)
    if field in FLAGS:
        return text in ("1", "2")
    return True


def normal(document):
    """The submitted fields as they are compared and kept."""
    fields = {k: yuan(fen(v)) if k in AMOUNTS else v for k, v in document.items()}
    fields.pop("mof_div_code", None)
    return fields
