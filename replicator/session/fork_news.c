#include "replicator/session/fork_news.h"

#include "replicator/core.h"
#include "replicator/log/evidence.h"
#include "replicator/log/fork_pair.h"

void fork_news_free(struct fork_news *news)
{
    buf_free(&news->value);
    buf_free(&news->other);
}

/* --- told --- */

void fork_news_found(struct replicator *r, struct division author)
{
    claim_check_own(r);
    for (size_t i = 0; i < r->links.count; i++) {
        struct link *link = r->links.at[i];
        claim_over(r, link, author);
        if (link_is_open(link)) {
            outbox_tell_fork(&link->stream.outbox, author);
        }
    }
}

/* What the peer says that it has; 0: nothing, or it does not name that log. */
static uint32_t forked_there(struct division author, Terrace__Position *const *heads, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal(bytes_of_pb(heads[i]->author), bytes_text(author.code))) {
            return heads[i]->forked;
        }
    }
    return 0;
}

void fork_news_resume(struct replicator *r, struct link *link, Terrace__Position *const *heads,
                      size_t count)
{
    for (size_t i = 0; i < r->logs.count; i++) {
        const struct held_log *log = r->logs.at[i];
        if (evidence_stands(r->roster, log) &&
            forked_there(log->author, heads, count) < log->forked) {
            outbox_tell_fork(&link->stream.outbox, log->author);
        }
    }
}

/* --- heard --- */

void fork_news_take(struct replicator *r, struct txn *txn, struct link *link,
                    const Terrace__Fork *fork, struct findings *found)
{
    struct err err;

    link_pay(r, link, 2 * PAY_GRANT); /* two signatures */
    if (!link_may_verify(r, link)) {
        link_count_refused(link);
        return;
    }
    if (evidence_take(&r->logs, r->roster, txn, fork, found, &err) == EVIDENCE_NONE) {
        link_count_refused(link);
        notice_alarm(r, ALARM_FALSE_CLAIM, link->peer, "fork_unproved peer=%s why=%s",
                     link->peer.code,
                     message_is_code(bytes_text(err.text)) ? err.text : "block_false");
    }
}

/* --- sent --- */

enum { FRAME_REST_BYTES = 4 << 10 }; /* beside the two blocks; a lone beat may be there, too */

static bool may_hold(const struct link *link, const struct block_view *block)
{
    return send_addressed(&link->stream, &block->header);
}

/* Both blocks, where they fit into a frame: people want to see what each says. */
static bool fits_whole(const struct replicator *r, const struct fork_pair *pair)
{
    return pair->block.size + pair->other.size + FRAME_REST_BYTES <= r->limits.frame_bytes_max;
}

/* The pair of `author` that is kept, as it travels; `link` NULL: to the parent of a log of ours. */
static bool fill(struct replicator *r, const struct link *link, struct division author,
                 Terrace__Fork *out)
{
    const struct held_log *log = heads_find(&r->logs, author);
    struct fork_news *news = &r->fork_news;
    struct fork_pair pair;
    struct block_view block, other;
    struct err err;

    if (log == NULL || !evidence_stands(r->roster, log) ||
        !fork_pair_read(r->config.store, NULL, author, log->forked, &news->value, &pair) ||
        block_parse(&block, pair.block, &err) != OK ||
        fork_pair_other(&other, &pair, &news->other, &err) != OK ||
        (link != NULL && !(may_hold(link, &block) && may_hold(link, &other)))) {
        return false;
    }
    terrace__fork__init(out);
    out->has_block = out->has_header = out->has_body_size = out->has_root = 1;
    out->block = pb_of_bytes(pair.block.data, pair.block.size);
    out->header = pb_of_bytes(pair.other.data, fits_whole(r, &pair)
                                                   ? pair.other.size
                                                   : other.header_bytes.size + SIGNATURE_SIZE);
    out->body_size = pair.other_body_size;
    memcpy(news->root.at, pair.other_root.at, HASH_SIZE);
    out->root = pb_of_bytes(news->root.at, HASH_SIZE);
    return true;
}

bool fork_news_add(struct replicator *r, struct link *link, Terrace__Frame *frame)
{
    struct division author;

    while (outbox_take_fork(&link->stream.outbox, &author)) {
        Terrace__Fork *fork = arena_alloc(r->context.arena, sizeof *fork);
        if (fill(r, link, author, fork)) {
            frame->fork = fork;
            return true;
        }
    }
    return false;
}

void fork_news_add_alone(struct replicator *r, Terrace__Frame *frame)
{
    Terrace__Fork *fork;

    if (now_ms(r) < r->fork_news.alone_ms) {
        return;
    }
    fork = arena_alloc(r->context.arena, sizeof *fork);
    if (fill(r, NULL, r->config.self, fork)) {
        r->fork_news.alone_ms = now_ms(r) + FORK_ALONE_MS;
        frame->fork = fork;
    }
}
