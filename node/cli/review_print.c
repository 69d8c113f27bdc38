#include "node/cli/review_print.h"

#include <stdio.h>

#include "node/cli/print.h"

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static json_int_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

const char *review_money(char out[REVIEW_MONEY_MAX], const char *amount)
{
    const size_t sign = amount[0] == '-', whole = strspn(amount + sign, "0123456789");
    size_t used = 0;

    if (strlen(amount) + whole / 3 >= REVIEW_MONEY_MAX) {
        (void)snprintf(out, REVIEW_MONEY_MAX, "%s", amount);
        return out;
    }
    memcpy(out, amount, sign);
    used = sign;
    for (size_t i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0) {
            out[used++] = ',';
        }
        out[used++] = amount[sign + i];
    }
    (void)snprintf(out + used, REVIEW_MONEY_MAX - used, "%s", amount + sign + whole);
    return out;
}

const char *review_age(enum language language, char words[TEXT_BYTES_MAX], json_int_t seconds)
{
    const long long minutes = seconds / 60, hours = minutes / 60, days = hours / 24;

    if (days > 0) {
        return text_say(language, words, "age_days days=%lld hours=%lld", days, hours % 24);
    }
    if (hours > 0) {
        return text_say(language, words, "age_hours hours=%lld minutes=%lld", hours, minutes % 60);
    }
    return text_say(language, words, "age_minutes minutes=%lld", minutes);
}

/* --- parts --- */

static void print_head(const struct cli *cli, const json_t *review)
{
    const json_t *makers = json_object_get(review, "makers");
    const char *self = cli->value[OPT_AS];
    char money[REVIEW_MONEY_MAX], names[512] = "";
    bool own = false;

    for (size_t i = 0; i < json_array_size(makers); i++) {
        const size_t used = strlen(names);
        const char *name = json_string_value(json_array_get(makers, i));

        (void)snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "",
                       name == NULL ? "" : name);
        own = own || (self != NULL && name != NULL && strcmp(self, name) == 0);
    }
    cli_tell(cli, stdout, "review_head documents=%" JSON_INTEGER_FORMAT " total=%s makers=%s",
             number_of(review, "count"), review_money(money, member(review, "total")), names);
    if (own) {
        (void)puts(cli_row(cli, "review_own"));
    }
}

static void print_largest(const struct cli *cli, const json_t *sum)
{
    const json_t *largest = json_object_get(sum, "largest");

    for (size_t i = 0; i < json_array_size(largest); i++) {
        const json_t *row = json_array_get(largest, i);
        const char *other = member(row, "other");
        char money[REVIEW_MONEY_MAX], words[TEXT_BYTES_MAX];

        (void)printf("    %20s  ", review_money(money, member(row, "money")));
        print_text(stdout, member(row, "id"));
        (void)fputs("  ", stdout);
        print_text(stdout, member(row, "to"));
        if (other[0] != '\0') {
            (void)fputs(text_say(cli->language, words, "review_other id=%s", other), stdout);
        }
        (void)putchar('\n');
    }
}

/* One line a kind, with its largest below. */
static void print_kinds(const struct cli *cli, const json_t *review)
{
    const json_t *kinds = json_object_get(review, "kinds");

    for (size_t i = 0; i < json_array_size(kinds); i++) {
        const json_t *kind = json_array_get(kinds, i);
        char money[REVIEW_MONEY_MAX];

        cli_tell(cli, stdout, "review_kind kind=%s documents=%" JSON_INTEGER_FORMAT " total=%s",
                 member(kind, "kind"), number_of(kind, "count"),
                 review_money(money, member(kind, "total")));
        print_largest(cli, kind);
    }
}

static void print_payees(const struct cli *cli, const json_t *review)
{
    const json_t *payees = json_object_get(review, "payees");

    if (json_array_size(payees) == 0) {
        return;
    }
    cli_tell(cli, stdout, "review_payees count=%" JSON_INTEGER_FORMAT,
             number_of(review, "payee_count"));
    for (size_t i = 0; i < json_array_size(payees); i++) {
        const json_t *payee = json_array_get(payees, i);
        char money[REVIEW_MONEY_MAX];

        (void)printf("    %20s  %6" JSON_INTEGER_FORMAT "  ",
                     review_money(money, member(payee, "total")), number_of(payee, "count"));
        print_text(stdout, member(payee, "to"));
        (void)putchar('\n');
    }
}

static void print_unusual(const struct cli *cli, const json_t *review)
{
    const json_t *unusual = json_object_get(review, "unusual");

    for (size_t i = 0; i < json_array_size(unusual); i++) {
        const json_t *row = json_array_get(unusual, i);
        char money[REVIEW_MONEY_MAX];

        cli_tell(cli, stdout, "review_unusual what=%s documents=%" JSON_INTEGER_FORMAT " total=%s",
                 member(row, "what"), number_of(row, "count"),
                 review_money(money, member(row, "total")));
        print_largest(cli, row);
    }
    if (json_array_size(unusual) == 0) {
        (void)puts(cli_row(cli, "review_nothing_unusual"));
    }
    cli_tell(cli, stdout, "review_compared documents=%" JSON_INTEGER_FORMAT,
             number_of(review, "compared_with"));
}

static void print_refusals(const json_t *refusals)
{
    for (size_t i = 0; i < json_array_size(refusals); i++) {
        const json_t *row = json_array_get(refusals, i);
        char money[REVIEW_MONEY_MAX];

        (void)printf("    %20s  ", review_money(money, member(row, "money")));
        print_text(stdout, member(row, "id"));
        (void)fputs("  ", stdout);
        print_text(stdout, member(row, "reason"));
        (void)fputs(": ", stdout);
        print_text(stdout, member(row, "message"));
        (void)putchar('\n');
    }
}

static void print_tightest(const struct cli *cli, const json_t *tightest)
{
    char money[REVIEW_MONEY_MAX];

    if (json_is_object(tightest)) {
        cli_tell(cli, stdout, "review_tightest line=%s left=%s documents=%" JSON_INTEGER_FORMAT,
                 member(tightest, "line"), review_money(money, member(tightest, "left")),
                 number_of(tightest, "documents"));
    }
}

void print_review(const struct cli *cli, const json_t *review)
{
    const json_int_t refused = number_of(review, "would_refuse_count");

    print_head(cli, review);
    if (number_of(review, "not_waiting") > 0) {
        cli_tell(cli, stdout, "review_not_waiting ids=%" JSON_INTEGER_FORMAT,
                 number_of(review, "not_waiting"));
    }
    print_kinds(cli, review);
    print_payees(cli, review);
    print_unusual(cli, review);
    if (refused > 0) {
        cli_tell(cli, stdout, "review_would_refuse documents=%" JSON_INTEGER_FORMAT, refused);
        print_refusals(json_object_get(review, "would_refuse"));
    } else {
        (void)puts(cli_row(cli, "review_all_fit"));
    }
    print_tightest(cli, json_object_get(review, "tightest"));
    cli_tell(cli, stdout, "review_hash hash=%s signatures=%" JSON_INTEGER_FORMAT,
             member(review, "hash"), number_of(review, "signatures"));
}

void print_outcome(const struct cli *cli, const json_t *outcome)
{
    char money[REVIEW_MONEY_MAX];

    cli_tell(cli, stdout,
             "review_outcome accepted=%" JSON_INTEGER_FORMAT
             " total=%s exists=%" JSON_INTEGER_FORMAT " refused=%" JSON_INTEGER_FORMAT,
             number_of(outcome, "accepted"), review_money(money, member(outcome, "accepted_total")),
             number_of(outcome, "exists"), number_of(outcome, "refused"));
    print_refusals(json_object_get(outcome, "refusals"));
}
