/* cmd_list - `terrace list KIND`: which columns a kind has, and which documents are asked for. */
#include <stdlib.h>
#include <time.h>

#include "node/cli/option_values.h"
#include "node/cli/output.h"
#include "node/cli/pages.h"
#include "node/ledger/schema/kinds.h"

/* --- columns --- */

/* `field` 0: every kind has it. A kind without the field has no such column, unless what it is
 * about tells it: the agency and project of a line. */
static const struct list_column {
    struct column column;
    enum field field;
    bool of_line;
} list_columns[] = {
    {{"id", "id", CELL_TEXT}, 0, false},
    {{"division", "division", CELL_TEXT}, 0, false},
    {{"fiscal_year", "fiscal_year", CELL_TEXT}, 0, false},
    {{"ele_catalog_code", "code_set", CELL_WORD}, FIELD_ELE_CATALOG_CODE, false},
    {{"ele_code", "code", CELL_TEXT}, FIELD_ELE_CODE, false},
    {{"ele_name", "name", CELL_TEXT}, FIELD_ELE_NAME, false},
    {{"from_code", "from_code", CELL_TEXT}, FIELD_FROM_CODE, false},
    {{"to_code", "to_code", CELL_TEXT}, FIELD_TO_CODE, false},
    {{"policy_code", "policy", CELL_TEXT}, FIELD_POLICY_CODE, false},
    {{"policy_value", "policy_value", CELL_TEXT}, FIELD_POLICY_VALUE, false},
    {{"scope", "scope", CELL_TEXT}, FIELD_SCOPE, false},
    {{"month", "month", CELL_NUMBER}, FIELD_MONTH, false},
    {{"acct_no", "acct_no", CELL_TEXT}, FIELD_ACCT_NO, false},
    {{"acct_name", "acct_name", CELL_TEXT}, FIELD_ACCT_NAME, false},
    {{"bank_name", "bank_name", CELL_TEXT}, FIELD_BANK_NAME, false},
    {{"name", "user", CELL_TEXT}, FIELD_OPERATOR_KEY, false},
    {{"role", "roles", CELL_TEXT}, FIELD_ROLE, false},
    {{"entered_by", "entered_by", CELL_TEXT}, FIELD_ENTERED_BY, false},
    {{"receiver", "receiver", CELL_TEXT}, FIELD_REC_DIV_CODE, false},
    {{"receiver_name", "receiver_name", CELL_TEXT}, FIELD_REC_DIV_CODE, false},
    {{"issuer", "issuer", CELL_TEXT}, FIELD_ORI_DIV_CODE, false},
    {{"issuer_name", "issuer_name", CELL_TEXT}, FIELD_ORI_DIV_CODE, false},
    {{"agency_code", "agency", CELL_TEXT}, FIELD_AGENCY_CODE, true},
    {{"agency_name", "agency_name", CELL_TEXT}, FIELD_AGENCY_CODE, true},
    {{"pro_code", "pro_code", CELL_TEXT}, FIELD_PRO_CODE, true},
    {{"pro_name", "pro_name", CELL_TEXT}, FIELD_PRO_CODE, true},
    {{"approval_ref", "doc_no", CELL_TEXT}, FIELD_APPROVAL_REF, false},
    {{"sup_bgt_doc_no", "sup_doc_no", CELL_TEXT}, FIELD_ORI_DIV_CODE, false},
    {{"cor_bgt_doc_no", "doc_no", CELL_TEXT}, FIELD_COR_BGT_DOC_NO, false},
    {{"payee_acct_name", "payee", CELL_TEXT}, FIELD_PAYEE_ACCT_NAME, false},
    {{"use_des", "purpose", CELL_TEXT}, FIELD_USE_DES, false},
    {{"pay_app_id", "payment", CELL_TEXT}, FIELD_PAY_APP_ID, false},
    {{"reason", "reason_given", CELL_TEXT}, FIELD_REASON, false},
    {{"state", "state", CELL_WORD}, 0, false},
    {{"amount", "amount", CELL_SUM}, FIELD_AMOUNT, false},
    {{"lsn", "lsn", CELL_NUMBER}, 0, false},
    {{"time", "time", CELL_TIME}, 0, false},
};

static bool has_column(const struct kind_info *info, const struct list_column *column)
{
    const bool is_amount = column->field == FIELD_AMOUNT;

    return column->field == 0 || kind_takes(info, column->field, false) ||
           (column->of_line && (info->about == ABOUT_LINE || info->about == ABOUT_PAYMENT)) ||
           (is_amount && info->money != 0);
}

static size_t choose_columns(struct column out[COLUMNS_MAX], const char *kind)
{
    const struct kind_info *info = kind_info(kind_named(bytes_text(kind)));
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(list_columns) && count < COLUMNS_MAX; i++) {
        if (has_column(info, &list_columns[i])) {
            out[count++] = list_columns[i].column;
        }
    }
    return count;
}

/* --- which --- */

enum { MOMENT_BYTES_MAX = 32 };

/* The first moment of a day here, or of the day after it, as the API takes it. */
static const char *day_begins(char out[MOMENT_BYTES_MAX], const char *day, int later)
{
    struct tm local = {.tm_isdst = -1}, utc;
    time_t seconds;

    if (day == NULL || strptime(day, "%Y-%m-%d", &local) == NULL) {
        return NULL;
    }
    local.tm_mday += later;
    local.tm_isdst = -1;
    seconds = mktime(&local);
    (void)gmtime_r(&seconds, &utc);
    (void)strftime(out, MOMENT_BYTES_MAX, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return out;
}

/* --- output --- */

static void print_page(const struct cli *cli, const json_t *rows, void *arg)
{
    (void)cli;
    output_rows(arg, rows);
}

enum exit_code run_list(struct cli *cli)
{
    char from[MOMENT_BYTES_MAX], until[MOMENT_BYTES_MAX];
    const struct paged paged = {
        .path = "/documents",
        .queries = {{"kind", cli->argv[0]},
                    {"division", cli->value[OPT_DIVISION]},
                    {"year", cli->value[OPT_YEAR]},
                    {"state", option_state(cli->value[OPT_STATE])},
                    {"receiver", cli->value[OPT_RECEIVER]},
                    {"issuer", cli->value[OPT_ISSUER]},
                    {"agency", cli->value[OPT_AGENCY]},
                    {"project", cli->value[OPT_PROJECT]},
                    {"doc_no", cli->value[OPT_DOC_NO]},
                    {"text", cli->value[OPT_TEXT]},
                    {"from", day_begins(from, cli->value[OPT_FROM], 0)},
                    {"until", day_begins(until, cli->value[OPT_TO], 1)},
                    {"least", cli->value[OPT_MIN]},
                    {"most", cli->value[OPT_MAX]}},
        .rows = "rows",
    };
    struct column columns[COLUMNS_MAX];
    const size_t count = choose_columns(columns, cli->argv[0]);
    struct output output;
    enum exit_code exit_code = output_check(cli), closed;

    if (exit_code == EXIT_DONE) {
        exit_code = client_open(cli);
    }
    if (exit_code == EXIT_DONE) {
        exit_code = output_open(&output, cli);
    }
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    output_begin(&output, "list", columns, count);
    exit_code = pages_stream(cli, &paged, NULL, print_page, &output);
    closed = output_close(&output);
    return exit_code == EXIT_DONE ? closed : exit_code;
}
