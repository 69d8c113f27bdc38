#include "node/ledger/rows/registry.h"

#define ROW_CASE(name, letter, title, key, value, owner)                                           \
    case letter:                                                                                   \
        return title;

static const char *ledger_title(char letter)
{
    switch (letter) {
        LEDGER_ROWS(ROW_CASE)
    default:
        return "";
    }
}

static const char *index_title(char letter)
{
    switch (letter) {
        INDEX_ROWS(ROW_CASE)
    default:
        return "";
    }
}

static const char *rollup_title(char letter)
{
    switch (letter) {
        ROLLUP_ROWS(ROW_CASE)
    default:
        return "";
    }
}

const char *row_title(enum store_space space, char letter)
{
    switch (space) {
    case SPACE_LEDGER:
        return ledger_title(letter);
    case SPACE_INDEX:
        return index_title(letter);
    case SPACE_ROLLUPS:
        return rollup_title(letter);
    default:
        return "";
    }
}
