#include "node/api/routes_made.h"

#include "node/api/brief.h"
#include "node/api/list_request.h"
#include "node/api/page.h"
#include "node/api/view.h"
#include "node/ledger/query/query.h"
#include "node/ledger/schema/clocks.h"
#include "node/office/operators.h"
#include "replicator/log/sealing.h"

struct made {
    struct json_out out;
    struct view view;
    struct roster_snapshot *roster;
    struct division self;
    struct public_key key; /* his */
    uint64_t from_ms;
    struct page page;
    size_t rows;
    bool is_cut; /* more of it may lie behind */
};

static void write_made(struct made *made, const struct entry *entry)
{
    struct json_out *out = &made->out;
    struct document document;
    struct document_row row;
    struct err err;

    if (document_decode(&document, entry->kind, entry->body, &err) != OK ||
        !query_document(made->view.txn, made->self, document_id(&document), &row) ||
        !page_row(&made->page, row.id)) {
        return;
    }
    out_open(out, NULL, '{');
    out_text(out, "division", made->self.code);
    out_text(out, "id", row.id);
    out_text(out, "kind", kind_info(entry->kind)->name);
    write_brief(out, &document, made->roster);
    out_text(out, "state", row.state);
    out_time(out, "time", row.time_ms);
    out_close(out, '}');
}

static bool is_his(const struct made *made, const struct approval_group *group)
{
    return group->role == ROLE_MAKER && memcmp(&group->key, &made->key, sizeof made->key) == 0;
}

static void write_groups(struct made *made, const struct block_body *body)
{
    for (size_t i = body->group_count; i-- > 0;) {
        const struct approval_group *group = &body->groups[i];

        if (!is_his(made, group)) {
            continue;
        }
        for (size_t at = group->count; at-- > 0 && !made->is_cut;) {
            made->is_cut = made->rows++ == MADE_ROWS_MAX;
            if (!made->is_cut) {
                write_made(made, &body->entries[group->first_entry + at]);
            }
        }
    }
}

/* The block of this entry; the last entry before it, 0 where nothing more is asked for. */
static uint64_t write_block(struct made *made, uint64_t lsn)
{
    struct block_body body = BLOCK_BODY_EMPTY;
    struct buf whole = BUF_EMPTY;
    struct block_view block;
    struct err err;
    uint64_t before = 0;
    enum status status = log_read_block(made->view.store, made->view.snapshot, made->self, lsn,
                                        &whole, &block, &err);

    if (status == OK && block.header.time_ms >= made->from_ms) {
        before = block.header.first_lsn - 1;
        status = block_body_read(&body, &block, &err);
        if (status == OK) {
            write_groups(made, &body);
        }
    }
    if (status != OK) {
        txn_fail(made->view.txn, &err);
    }
    block_body_free(&body);
    buf_free(&whole);
    return made->is_cut ? 0 : before;
}

static void write_day(struct made *made)
{
    struct json_out *out = &made->out;
    struct ledger_position position;
    uint64_t lsn;

    ledger_position(made->view.txn, made->self, &position);
    lsn = position.lsn;
    out_open(out, NULL, '{');
    out_time(out, "from", made->from_ms);
    out_open(out, "rows", '[');
    for (int blocks = 0; lsn > 0; blocks++) {
        if (blocks == MADE_BLOCKS_MAX) {
            made->is_cut = true;
            break;
        }
        lsn = write_block(made, lsn);
    }
    out_close(out, ']');
    made->page.total_is_least = made->is_cut;
    made->page.left = made->page.left || made->is_cut;
    write_page(out, &made->page);
    out_close(out, '}');
}

static uint64_t today_ms(const struct service *service)
{
    enum { DAY_MS = 24 * 60 * 60 * 1000, OFFSET_MS = UTC_OFFSET_MINUTES * 60 * 1000 };
    const uint64_t local_ms = clock_unix_ms(&service->clock) + OFFSET_MS;

    return local_ms - local_ms % DAY_MS - OFFSET_MS;
}

void get_made(struct request *request, struct answer *answer)
{
    struct made made = {.out = json_to(&answer->body), .self = request->service->self};
    struct operator_row person;

    if (!request_moment(request, answer, "from", &made.from_ms) ||
        !request_page(request, answer, &made.page)) {
        return;
    }
    if (made.from_ms == 0) {
        made.from_ms = today_ms(request->service);
    }
    view_open(&made.view, request->service);
    made.roster = roster_snapshot_open(&made.view, request, answer);
    if (made.roster != NULL && node_operator(made.view.txn, request->caller.name, &person)) {
        made.key = person.key;
        write_day(&made);
        if (view_sound(&made.view, request, answer)) {
            (void)page_found(&made.page, request, answer);
        }
    } else if (made.roster != NULL) {
        answer_error(request, answer, API_NEEDS_LOGIN, NULL);
    }
    roster_snapshot_release(request->service, made.roster);
    view_close(&made.view);
}
