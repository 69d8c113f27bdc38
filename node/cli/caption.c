#include "node/cli/caption.h"

#include <stdio.h>

#include "node/cli/print.h"
#include "node/cli/review_print.h"

static const char *member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* One part of the line; the first begins it. */
static void print_part(const char *words, bool *begun)
{
    (void)fputs(*begun ? "   " : "        ", stdout);
    print_text(stdout, words);
    *begun = true;
}

static void print_division(const struct cli *cli, const json_t *answer, bool *begun)
{
    const char *issuer = member(answer, "issuer"), *receiver = member(answer, "receiver");
    const char *name = member(answer, issuer != NULL ? "issuer_name" : "receiver_name");
    char words[TEXT_BYTES_MAX];

    if (issuer != NULL) {
        print_part(text_say(cli->language, words, "caption_issuer code=%s name=%s", issuer,
                            name != NULL ? name : ""),
                   begun);
    } else if (receiver != NULL) {
        print_part(text_say(cli->language, words, "caption_receiver code=%s name=%s", receiver,
                            name != NULL ? name : ""),
                   begun);
    }
}

void print_caption(const struct cli *cli, const json_t *answer)
{
    const char *payee = member(answer, "payee"), *amount = member(answer, "amount");
    const char *number = member(answer, "document_no");
    char words[TEXT_BYTES_MAX], money[REVIEW_MONEY_MAX];
    bool begun = false;

    print_division(cli, answer, &begun);
    if (payee != NULL) {
        print_part(text_say(cli->language, words, "caption_payee payee=%s", payee), &begun);
    }
    if (amount != NULL) {
        print_part(
            text_say(cli->language, words, "caption_amount amount=%s", review_money(money, amount)),
            &begun);
    }
    if (number != NULL) {
        print_part(text_say(cli->language, words, "caption_number number=%s", number), &begun);
    }
    if (begun) {
        (void)putchar('\n');
    }
}
