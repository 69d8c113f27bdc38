#include "tests/unit/ledger/queried_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "node/ledger/query/trace.h"

int set_up(void **state)
{
    struct tree *tree = tree_new();

    tree_carry_money(tree);
    *state = tree;
    return 0;
}

int tear_down(void **state)
{
    tree_free(*state);
    return 0;
}

struct txn *reader(struct tree *tree, enum office_name office)
{
    return txn_open(tree_store(tree, office), NULL);
}

void add_text(struct lines *lines, const char *text)
{
    const size_t size = strlen(text);

    assert_true(size < sizeof lines->text - lines->size);
    memcpy(lines->text + lines->size, text, size + 1);
    lines->size += size;
}

void add_amount(struct lines *lines, const char *name, int128 fen)
{
    char amount[AMOUNT_TEXT_MAX];

    amount_format(amount, fen);
    add_text(lines, " ");
    add_text(lines, name);
    add_text(lines, name[0] == '\0' ? "" : "=");
    add_text(lines, amount);
}

/* --- balances --- */

static void add_balance(void *arg, const struct balance_row *row)
{
    struct lines *lines = arg;
    const struct account_info *info = account_info(row->account);
    const int128 net = row->debit - row->credit;

    add_text(lines, row->key);
    if (strcmp(row->key, info->mnemonic) != 0) {
        add_text(lines, "/");
        add_text(lines, info->mnemonic);
    }
    add_amount(lines, "", info->normal < 0 ? -net : net);
    add_text(lines, "\n");
}

void expect_balance(struct tree *tree, enum office_name at, enum office_name of, enum scope scope,
                    int year, enum dimension by, const char *want)
{
    struct lines lines = {"", 0};
    struct txn *txn = reader(tree, at);

    query_balance(txn, tree_roster(tree), tree_division(of), scope, year, by, add_balance, &lines);
    txn_free(txn);
    assert_string_equal(lines.text, want);
}
