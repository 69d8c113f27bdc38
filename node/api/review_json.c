#include "node/api/review_json.h"

static void write_one_named(struct json_out *out, const struct review_named *named)
{
    out_text(out, "id", named->id);
    out_amount(out, "money", named->money);
    out_text(out, "to", named->to);
    if (named->other[0] != '\0') {
        out_text(out, "other", named->other);
    }
}

static void write_named(struct json_out *out, const struct review_sum *sum)
{
    out_open(out, "largest", '[');
    for (size_t i = 0; i < sum->named; i++) {
        out_open(out, NULL, '{');
        write_one_named(out, &sum->largest[i]);
        out_close(out, '}');
    }
    out_close(out, ']');
}

static void write_sum(struct json_out *out, const char *key, const char *word,
                      const struct review_sum *sum)
{
    out_open(out, NULL, '{');
    out_text(out, key, word);
    out_count(out, "count", sum->count);
    out_amount(out, "total", sum->total);
    write_named(out, sum);
    out_close(out, '}');
}

static void write_kinds(struct json_out *out, const struct review *review)
{
    out_open(out, "kinds", '[');
    for (uint32_t kind = 0; kind < KINDS_END; kind++) {
        if (review->kinds[kind].count > 0) {
            write_sum(out, "kind", kind_info(kind)->name, &review->kinds[kind]);
        }
    }
    out_close(out, ']');
}

static void write_payees(struct json_out *out, const struct review *review)
{
    out_count(out, "payee_count", review->payee_count);
    out_open(out, "payees", '[');
    for (size_t i = 0; i < review->payee_count && i < REVIEW_PAYEES_MAX; i++) {
        write_sum(out, "to", review->payees[i].largest[0].to, &review->payees[i]);
    }
    out_close(out, ']');
}

static void write_unusual(struct json_out *out, const struct review *review)
{
    out_open(out, "unusual", '[');
    for (int i = 0; i < UNUSUALS; i++) {
        if (review->unusual[i].count > 0) {
            write_sum(out, "what", unusual_name((enum unusual)i), &review->unusual[i]);
        }
    }
    out_close(out, ']');
    out_count(out, "compared_with", review->history);
}

/* Every one of them, for who must have seen each before he signs. */
static void write_marked(struct json_out *out, const struct review *review)
{
    const size_t shown =
        review->marked_count < REVIEW_MARKED_MAX ? review->marked_count : REVIEW_MARKED_MAX;

    out_count(out, "unusual_count", review->marked_count);
    out_open(out, "unusual_documents", '[');
    for (size_t i = 0; i < shown; i++) {
        const struct review_marked *marked = &review->marked[i];

        out_open(out, NULL, '{');
        write_one_named(out, &marked->named);
        out_open(out, "what", '[');
        for (int what = 0; what < UNUSUALS; what++) {
            if ((marked->what & 1U << what) != 0) {
                out_text(out, NULL, unusual_name((enum unusual)what));
            }
        }
        out_close(out, ']');
        out_close(out, '}');
    }
    out_close(out, ']');
}

/* Null where it takes of no line. */
static void write_tightest(struct json_out *out, const struct tightest *tightest)
{
    if (tightest->line.size == 0) {
        out_null(out, "tightest");
        return;
    }
    out_open(out, "tightest", '{');
    out_bytes(out, "line", short_text_bytes(&tightest->line));
    out_amount(out, "left", tightest->left);
    out_count(out, "documents", tightest->documents);
    out_close(out, '}');
}

void write_review(struct json_out *out, const struct review *review)
{
    out_count(out, "count", review->all.count);
    out_amount(out, "total", review->all.total);
    out_open(out, "makers", '[');
    for (size_t i = 0; i < review->maker_count; i++) {
        out_text(out, NULL, review->makers[i]);
    }
    out_close(out, ']');
    out_time(out, "first", review->first_ms);
    out_time(out, "last", review->last_ms);
    write_kinds(out, review);
    write_payees(out, review);
    write_tightest(out, &review->tightest);
    write_unusual(out, review);
    write_marked(out, review);
}
