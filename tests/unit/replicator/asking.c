#include "tests/unit/replicator/asking.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct buf words;
static struct spoiling_store spoiling;

void tell(const char *text)
{
    buf_append_bytes(&words, bytes_text(text));
    buf_append_bytes(&words, bytes_text(" "));
}

void tell_number(uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    tell(text);
}

struct bytes told(void)
{
    return buf_bytes(&words);
}

enum status ask(question_fn *question, const struct store *store)
{
    struct txn *txn = txn_open(store, NULL);
    enum status status;
    struct err err;

    buf_clear(&words);
    status = question(store, txn, &err);
    status = status == OK ? txn_status(txn, &err) : status;
    txn_free(txn);
    return status;
}

bool is_told(enum status status, enum spoiling how)
{
    return how == SPOILS_READ
               ? status == ERR_IO
               : status == ERR_CORRUPT || status == ERR_MALFORMED || status == ERR_NEEDS_UPGRADE;
}

size_t ask_over_each(question_fn *question, const struct store *sound, enum spoiling how)
{
    const struct store store = spoiling_store_of(&spoiling, *sound);
    struct buf truth = BUF_EMPTY;
    size_t refused = 0;

    assert_int_equal(ask(question, &store), OK);
    assert_true(words.size > 0);
    buf_append_bytes(&truth, buf_bytes(&words));
    for (size_t read = 0;; read++) {
        enum status status;

        spoiling_store_begin(&spoiling, how, read);
        status = ask(question, &store);
        if (!spoiling.spoilt) {
            break;
        }
        if (status == OK ? !bytes_equal(buf_bytes(&words), buf_bytes(&truth))
                         : !is_told(status, how)) {
            fail_msg("read %zu (%.*s in space %d) was spoilt: status %d, %.*s", read,
                     (int)spoiling.key.size, (const char *)spoiling.key.data, spoiling.space,
                     status, (int)words.size, (const char *)words.data);
        }
        refused += status != OK;
    }
    buf_free(&truth);
    return refused;
}

void asking_free(void)
{
    buf_free(&words);
}
