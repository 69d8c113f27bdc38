#include "replicator/session/claim.h"

#include <assert.h>
#include <inttypes.h>

#include "replicator/core.h"
#include "replicator/log/evidence.h"
#include "replicator/log/sealing.h"

enum { CLAIM_SHOW_MS = 1000 }; /* a peer is shown one block in this time */

bool claim_is_of(const struct claim *claim, struct division author)
{
    return !division_is_none(claim->author) && division_equal(claim->author, author);
}

static bool is_open(const struct claim *claim)
{
    return !division_is_none(claim->author);
}

static void ask(struct replicator *r, struct link *link)
{
    struct claim *claim = &link->claim;

    claim->asked_ms = now_ms(r);
    outbox_ask_to_show(&link->stream.outbox, claim->author, claim->lsn);
}

/* Who is asked for a log brings what lies behind it; while the own one is not whole here, what
 * others hold of it is to be seen. */
static bool is_asked_for(const struct replicator *r, const struct link *link,
                         const struct held_log *log, uint64_t lsn)
{
    return log->wanted && lsn > log->durable.lsn &&
           (link->is_up || (log->side == HELD_OWN && !r->resync.on));
}

void claim_begin(struct replicator *r, struct link *link, const struct finding *finding)
{
    const struct held_log *log = heads_find(&r->logs, finding->about);
    struct claim *claim = &link->claim;

    assert(log != NULL); /* it is compared with what is held */
    if (is_asked_for(r, link, log, finding->lsn)) {
        return; /* that it holds more is why it is asked for it */
    }
    if (is_open(claim) && !division_equal(claim->author, finding->about) &&
        !division_equal(finding->about, r->config.self)) {
        return; /* one at a time: it is found again */
    }
    if (!division_equal(claim->author, finding->about)) {
        claim->begun_ms = now_ms(r);
    }
    claim->author = finding->about;
    claim->lsn = finding->lsn;
    claim->is_more = finding->lsn > log->durable.lsn;
    message_format(claim->text, sizeof claim->text, "%s", finding->text);
    ask(r, link);
}

void claim_resumed(struct replicator *r, struct link *link, const struct findings *found)
{
    bool any = is_open(&link->claim);

    for (size_t i = 0; i < found->count && !any; i++) {
        any = found->at[i].kind == FOUND_CLAIM;
    }
    if (!any) {
        notice_over(r, ALARM_FALSE_CLAIM, link->peer);
    }
}

/* --- showing --- */

struct search {
    const struct link *link;
    const struct held_log *log;
    struct buf *whole;
};

static bool take_block(void *arg, const struct block_view *block)
{
    const struct search *search = arg;

    if (block_last_lsn(&block->header) <= search->log->durable.lsn &&
        send_addressed(&search->link->stream, &block->header)) {
        buf_append_bytes(search->whole, block->whole);
    }
    return false;
}

void claim_show(struct replicator *r, struct link *link, const Terrace__Position *position)
{
    struct claim *claim = &link->claim;
    struct search search = {.link = link};
    struct buf stored = BUF_EMPTY, whole = BUF_EMPTY;
    struct division author;
    struct block_view block;
    struct err err;

    if (!division_from_pb(&author, position->author) || position->lsn == 0 ||
        (claim->shown_ms != 0 && now_ms(r) - claim->shown_ms < CLAIM_SHOW_MS)) {
        return;
    }
    search.log = heads_find(&r->logs, author);
    search.whole = &whole;
    claim->shown_ms = now_ms(r);
    if (search.log == NULL || search.log->side == HELD_NOT) {
        return;
    }
    if (log_read_block(r->logs.store, NULL, author, position->lsn, &stored, &block, &err) == OK) {
        (void)take_block(&search, &block);
    } else { /* what cannot be read is not shown */
        (void)log_scan(r->logs.store, NULL, author, position->lsn, take_block, &search, &err);
    }
    if (whole.size > 0) {
        outbox_show(&link->stream.outbox, buf_bytes(&whole));
    }
    buf_free(&stored);
    buf_free(&whole);
}

/* --- judging --- */

static void close_claim(struct claim *claim)
{
    claim->author = DIVISION_NONE;
    claim->lsn = 0;
}

static void report_false(struct replicator *r, struct link *link, const char *why)
{
    if (claim_is_of(&link->claim, r->config.self)) {
        resync_unproved(r, link->peer);
    }
    notice_alarm(r, ALARM_FALSE_CLAIM, link->peer, "claim_unproved proof=%s why=%s", why,
                 link->claim.text);
    close_claim(&link->claim);
}

/* It came to that neighbour another way, and comes here from its author, or from above. */
static bool may_come(const struct link *link, const struct held_log *log, uint64_t lsn)
{
    return lsn > log->durable.lsn && log->side == (link->is_up ? HELD_BELOW : HELD_ABOVE);
}

/* The author signed more than is held here. Of the own log that is the end of writing. */
static void report_newer(struct replicator *r, struct link *link, struct held_log *log,
                         uint64_t lsn)
{
    const bool is_own = log->side == HELD_OWN;

    if (is_own && r->resync.on) { /* as it told, and now it is proved */
        resync_proved(r, link->peer, lsn);
        claim_over(r, link, log->author);
        return;
    }
    if (is_own) {
        r->own_log = (struct own_log_fault){false, link->peer, lsn, log->durable.lsn};
    }
    if (may_come(link, log, lsn)) {
        wanting_shown(r, link, log, lsn);
    } else {
        notice_alarm(r, ALARM_LOST_TAIL, log->author,
                     "%s peer=%s author=%s lsn=%" PRIu64 " held=%" PRIu64,
                     is_own ? "own_log_behind_peer" : "log_behind_peer", link->peer.code,
                     log->author.code, lsn, log->durable.lsn);
    }
    claim_over(r, link, log->author);
}

void claim_over(struct replicator *r, struct link *link, struct division author)
{
    if (claim_is_of(&link->claim, author)) {
        notice_over(r, ALARM_FALSE_CLAIM, link->peer);
        close_claim(&link->claim);
    }
}

void claim_check_own(struct replicator *r)
{
    const uint64_t lsn = r->logs.own->durable.lsn;

    if (evidence_stands(r->roster, r->logs.own)) {
        r->own_log = (struct own_log_fault){true, r->config.self, lsn, lsn};
    }
}

void claim_judge(struct replicator *r, struct txn *txn, struct link *link, struct bytes whole,
                 struct findings *found)
{
    const struct claim *claim = &link->claim;
    struct held_log *log = heads_find(&r->logs, claim->author);
    uint64_t last_lsn;
    struct err err;

    link_pay(r, link, PAY_GRANT);
    if (!is_open(claim) || !link_may_verify(r, link)) {
        link_count_refused(link);
        return;
    }
    assert(log != NULL);
    switch (evidence_weigh(&r->logs, r->roster, txn, log, whole, &last_lsn, found, &err)) {
    case EVIDENCE_NEWER:
        report_newer(r, link, log, last_lsn);
        break;
    case EVIDENCE_FORK: /* the session hears of it as of any */
        claim_over(r, link, log->author);
        break;
    case EVIDENCE_HELD:
        if (last_lsn >= claim->lsn && /* it came from elsewhere since */
            (claim->is_more || (log->side == HELD_OWN && r->resync.on))) {
            claim_over(r, link, log->author);
        } else {
            report_false(r, link, "block_is_held");
        }
        break;
    case EVIDENCE_NOTHING:
        report_false(r, link, "block_fits");
        break;
    case EVIDENCE_OVER:
        report_false(r, link, "block_epoch_over");
        break;
    case EVIDENCE_NOT_YET: /* it is asked again */
        break;
    case EVIDENCE_NONE:
        report_false(r, link, message_is_code(bytes_text(err.text)) ? err.text : "block_false");
        break;
    }
}

/* --- time --- */

/* What it said is true, whoever brought it. */
static bool came_since(const struct replicator *r, const struct claim *claim)
{
    const struct held_log *log = heads_find(&r->logs, claim->author);

    assert(log != NULL);
    return claim->is_more && log->durable.lsn >= claim->lsn;
}

/* While the own log is not whole: what it showed is held by now, and it said that there is more. */
static void doubt_on(struct replicator *r, struct link *link)
{
    const uint64_t held = r->logs.own->durable.lsn;
    struct finding finding = {.kind = FOUND_CLAIM, .about = r->config.self, .lsn = held + 1};

    if (!link->is_up && link_is_open(link) && now_ms(r) - link->claim.asked_ms >= CLAIM_ASK_MS &&
        resync_doubts(r, link->peer)) {
        message_format(finding.text, sizeof finding.text,
                       "claims_more peer=%s author=%s lsn=%" PRIu64 " held=%" PRIu64,
                       link->peer.code, r->config.self.code, held + 1, held);
        claim_begin(r, link, &finding);
    }
}

/* Who said that it holds more of the own log, and is not heard since, may show it yet. */
static bool may_show_yet(const struct replicator *r, const struct link *link)
{
    return r->resync.on && claim_is_of(&link->claim, r->config.self) &&
           (!link_is_open(link) || link->heard_ms <= link->claim.begun_ms);
}

static void wait_on(struct replicator *r, struct link *link)
{
    if (link_is_open(link)) {
        link->claim.begun_ms = now_ms(r);
        ask(r, link);
    } else {
        resync_left(r, link->peer);
        close_claim(&link->claim);
    }
}

void claim_tick(struct replicator *r, struct link *link)
{
    const struct claim *claim = &link->claim;
    const uint64_t now = now_ms(r);

    if (!is_open(claim)) {
        doubt_on(r, link);
        return;
    }
    if (came_since(r, claim)) {
        claim_over(r, link, claim->author);
    } else if (now - claim->begun_ms >= CLAIM_MS && may_show_yet(r, link)) {
        wait_on(r, link);
    } else if (now - claim->begun_ms >= CLAIM_MS) {
        report_false(r, link, "nothing_shown");
    } else if (now - claim->asked_ms >= CLAIM_ASK_MS) {
        ask(r, link);
    }
}

uint64_t claim_next_tick(const struct claim *claim)
{
    return is_open(claim) ? earlier(claim->asked_ms + CLAIM_ASK_MS, claim->begun_ms + CLAIM_MS)
                          : UINT64_MAX;
}
