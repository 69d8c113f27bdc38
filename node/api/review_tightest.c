#include "node/api/review_tightest.h"

#include <stdlib.h>

static bool takes_a_part(const struct kind_info *info)
{
    return info != NULL && info->about == ABOUT_LINE && !info->takes_all &&
           !info->books.pending_first &&
           (info->books.from == ACC_AVAIL || info->books.from == ACC_UNALLOC);
}

struct taken taken_by(const struct document *document)
{
    const struct kind_info *info = kind_info(document->kind);
    struct taken taken = {.money = 0};

    if (takes_a_part(info) && document_money(document) > 0) {
        taken.line = short_text_of(document_text(document, info->about_id));
        taken.account = info->books.from;
        taken.money = document_money(document);
    }
    return taken;
}

static int by_line(const void *left, const void *right)
{
    const struct taken *a = left, *b = right;
    const int order = strcmp(a->line.at, b->line.at);

    return order != 0 ? order : (int)a->account - (int)b->account;
}

static bool same_line(const struct taken *a, const struct taken *b)
{
    return by_line(a, b) == 0;
}

struct tightest tightest_of(struct txn *txn, struct division self, struct taken *taken,
                            size_t count)
{
    struct tightest found = {.documents = 0};
    struct indicator line;

    if (count > 0) {
        qsort(taken, count, sizeof *taken, by_line);
    }
    for (size_t i = 0, end; i < count; i = end) {
        int128 sum = 0;

        for (end = i; end < count && same_line(&taken[i], &taken[end]); end++) {
            sum += taken[end].money;
        }
        if (taken[i].line.size == 0 ||
            !indicator_load(txn, self, short_text_bytes(&taken[i].line), &line)) {
            continue;
        }
        const int128 left = line.balance[taken[i].account] - sum;

        if (found.line.size == 0 || left < found.left) {
            found = (struct tightest){taken[i].line, left, end - i};
        }
    }
    return found;
}
