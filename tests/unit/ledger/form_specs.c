#include "tests/unit/ledger/form_specs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/ledger.h"

#define ELEMENTS                                                                                   \
    " pro_code agency_code fund_type_code tp_func_code exp_func_code gov_bgt_eco_code"             \
    " dep_bgt_eco_code bgt_type_code source_type_code is_direct is_track track_pro_code"           \
    " sup_bgt_doc_no"

const struct spec specs[] = {
    {"element", "ele_catalog_code ele_code ele_name", "parent_code start_date end_date is_enabled",
     "ele_catalog_code=fund_type"},
    {"agency", "agency_code agency_name", "parent_code", ""},
    {"bank_account", "acct_no acct_name bank_name agency_code", "acct_type_code", ""},
    {"project", "pro_code state",
     "pro_name pro_cat_code agency_code setup_year pro_start_year pro_term pro_total_amt "
     "sup_pro_code is_track pro_exit_date policy_ref reason",
     "state=reserved"},
    {"budget", "stage fund_type_code amount approval_ref",
     "approval_date version estimate_id" ELEMENTS, "stage=reply"},
    {"transfer_in", "ori_div_code sup_bgt_doc_no amount fund_type_code tra_type_code stage",
     "income_sort_code early_bgt_id" ELEMENTS, "stage=formal tra_type_code=general"},
    {"transfer", "ori_bgt_id rec_div_code amount cor_bgt_doc_no tra_type_code stage",
     "doc_title doc_date early_bgt_id is_disaster due_days ben_name ben_code" ELEMENTS,
     "stage=formal tra_type_code=special"},
    {"register", "bgt_id", "ori_div_code unconfirmed", ""},
    {"return", "bgt_id reason", "ori_div_code", ""},
    {"allocate", "ori_bgt_id agency_code amount", ELEMENTS, ""},
    {"release", "bgt_id cor_bgt_doc_no", "doc_date", ""},
    {"payment", "bgt_id pay_app_amt payee_acct_name payee_acct_no payee_acct_bank_name use_des",
     "set_mode_code pay_type_code agency_acct_no dep_bgt_eco_code pay_app_date", ""},
    {"payment_cancel", "pay_app_id reason", "", ""},
    {"paid", "pay_app_id xpay_amt xpay_date agent_business_no", "", ""},
    {"refund", "pay_app_id amount reason",
     "date payee_acct_name payee_acct_no payee_acct_bank_name agency_code pro_code tp_func_code "
     "exp_func_code gov_bgt_eco_code dep_bgt_eco_code bgt_type_code source_type_code is_direct "
     "is_track track_pro_code sup_bgt_doc_no",
     ""},
    {"adjust", "bgt_id amount approval_ref", "approval_date reason", ""},
    {"freeze", "bgt_id amount reason", "", ""},
    {"unfreeze", "bgt_id amount reason", "", ""},
    {"reduce", "bgt_id amount", "", ""},
    {"virement", "from_bgt_id amount agency_code",
     "reason pro_code fund_type_code tp_func_code exp_func_code gov_bgt_eco_code dep_bgt_eco_code "
     "bgt_type_code is_direct is_track track_pro_code sup_bgt_doc_no",
     ""},
    {"element_map", "ele_catalog_code from_code to_code", "", "ele_catalog_code=exp_func"},
    {"recall", "bgt_id amount reason", "due_days", ""},
    {"recall_grant", "bgt_id amount recall_id", "ori_div_code reason", ""},
    {"recall_refuse", "recall_id reason", "ori_div_code", ""},
    {"carry_over", "bgt_id amount", "take_from" ELEMENTS, "take_from=avail"},
    {"lapse", "bgt_id amount reason", "take_from", "take_from=unalloc"},
    {"close_year", "", "month reason", "month=3"},
    {"open_year", "", "reason", ""},
    {"reopen_year", "reason", "month", "month=3"},
    {"policy", "policy_code policy_value", "scope reason",
     "policy_code=carry_max policy_value=2 scope=540100", true},
    {"calendar", "date", "end_date is_workday suspends scope reason", "scope=540100", true},
    {"transfer_out", "ori_bgt_id rec_div_code amount cor_bgt_doc_no tra_type_code stage",
     "early_bgt_id doc_title doc_date ben_name ben_code" ELEMENTS,
     "stage=formal tra_type_code=special"},
    {"remit", "ori_bgt_id rec_div_code amount cor_bgt_doc_no", "reason doc_title doc_date" ELEMENTS,
     ""},
    {"withdraw", "bgt_id reason", "", ""},
};
const size_t spec_count = COUNT_OF(specs);

bool listed(const char *list, const char *name)
{
    const size_t size = strlen(name);

    for (const char *at = strstr(list, name); at != NULL; at = strstr(at + 1, name)) {
        if ((at == list || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0')) {
            return true;
        }
    }
    return false;
}

void set_good(struct document *document, const struct spec *spec, enum field field)
{
    static const char *const samples[] = {
        [TYPE_ID] = "B-1",          [TYPE_DIVISION] = "540121",
        [TYPE_CODE] = "1",          [TYPE_TEXT] = "教育局",
        [TYPE_DATE] = "2026-02-28", [TYPE_FLAG] = "2",
        [TYPE_YEAR] = "2026",       [TYPE_NUMBER] = "30",
        [TYPE_AMOUNT] = "0.01",     [TYPE_HASH] = "01234567890123456789012345678901",
    };
    const char *name = field_info(field)->name;
    char key[64];
    const char *at;

    (void)snprintf(key, sizeof key, "%s=", name);
    at = strstr(spec->words, key);
    if (at != NULL) {
        at += strlen(key);
        assert_true(document_set(document, field, bytes_of(at, strcspn(at, " "))));
    } else if (field_info(field)->type == TYPE_WORD) {
        fail_msg("%s: no word for %s", spec->kind, name);
    } else if (field_is_number(field)) {
        assert_true(document_set(document, field, bytes_text(samples[field_info(field)->type])));
    } else {
        document_set_text(document, field, bytes_text(samples[field_info(field)->type]));
    }
}

void make_good(struct document *document, const struct spec *spec)
{
    document_clear(document, kind_named(bytes_text(spec->kind)));
    for (int tag = 1; tag < FIELDS; tag++) {
        const char *name = field_info((enum field)tag)->name;

        if (name != NULL && (listed(spec->required, name) || tag <= FIELD_FISCAL_YEAR)) {
            set_good(document, spec, (enum field)tag);
        }
    }
}

void expect(const struct document *document, bool client, const char *want, const char *what)
{
    struct refusal refusal = {.reason = REASON_NONE};
    char code[REASON_CODE_MAX];

    (void)document_check_form(document, division_of("540100"), client, false, &refusal);
    reason_code(code, &refusal);
    if (strcmp(code, want) != 0) {
        fail_msg("%s: got '%s', want '%s'", what, code, want);
    }
}
