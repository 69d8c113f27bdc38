#include "node/api/routes_links.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/api/names.h"
#include "node/api/page.h"
#include "node/api/served_json.h"
#include "node/core/link_spells.h"

struct past_links {
    struct json_out out;
    struct names names;
    struct page page;
    struct division only; /* NONE: all */
    uint64_t now_unix_ms;
};

static void write_spell(struct past_links *links, const struct link_spell *spell)
{
    struct json_out *out = &links->out;
    const uint64_t end_ms = spell->up_unix_ms == 0 ? links->now_unix_ms : spell->up_unix_ms;

    out_open(out, NULL, '{');
    out_text(out, "division", spell->division.code);
    out_division_name(out, "name", &links->names, spell->division);
    out_text(out, "above", spell->above.code);
    out_division_name(out, "above_name", &links->names, spell->above);
    out_text(out, "state", spell->is_paused ? "paused" : "off_line");
    out_time(out, "down", spell->down_unix_ms);
    out_time(out, "up", spell->up_unix_ms);
    out_count(out, "seconds",
              end_ms > spell->down_unix_ms ? (end_ms - spell->down_unix_ms) / 1000 : 0);
    out_count(out, "times", spell->times);
    out_close(out, '}');
}

static bool is_asked(const struct past_links *links, const struct link_spell *spell)
{
    return division_is_none(links->only) || division_equal(links->only, spell->division);
}

static void write_spells(struct past_links *links)
{
    struct link_spell *spells;
    size_t i = link_spells_read(links->names.txn, &spells);

    out_open(&links->out, NULL, '{');
    out_open(&links->out, "rows", '[');
    while (i-- > 0) {
        char cursor[CURSOR_BYTES_MAX];

        (void)snprintf(cursor, sizeof cursor, "%s/%" PRIu64, spells[i].division.code,
                       spells[i].down_unix_ms);
        if (is_asked(links, &spells[i]) && page_row(&links->page, cursor)) {
            write_spell(links, &spells[i]);
        }
    }
    out_close(&links->out, ']');
    write_page(&links->out, &links->page);
    out_close(&links->out, '}');
    mem_free(spells);
}

static void write_served_spells(struct past_links *links)
{
    struct served_spell *spells;
    size_t i = served_spells_read(links->names.txn, &spells);

    out_open(&links->out, NULL, '{');
    out_open(&links->out, "rows", '[');
    while (i-- > 0) {
        struct ledger_position held;
        struct served_line line;
        char cursor[CURSOR_BYTES_MAX];

        (void)snprintf(cursor, sizeof cursor, "%s/%" PRIu64, spells[i].division.code,
                       spells[i].began_unix_ms);
        if ((division_is_none(links->only) || division_equal(links->only, spells[i].division)) &&
            page_row(&links->page, cursor)) {
            ledger_position(links->names.txn, spells[i].division, &held);
            line = served_line_of(links->names.roster->roster, &spells[i], held.lsn);
            out_served(&links->out, &line, links->now_unix_ms);
        }
    }
    out_close(&links->out, ']');
    write_page(&links->out, &links->page);
    out_close(&links->out, '}');
    mem_free(spells);
}

/* ?division=: none when it is not given. False with the error answered. */
static bool read_only(const struct request *request, struct answer *answer,
                      struct past_links *links)
{
    links->only = DIVISION_NONE;
    return request->query(request->connection, "division") == NULL ||
           request_division(request, answer, links->names.roster, &links->only);
}

static void get_spells(struct request *request, struct answer *answer,
                       void (*write)(struct past_links *links))
{
    struct past_links links = {.out = json_to(&answer->body),
                               .now_unix_ms = clock_unix_ms(&request->service->clock)};
    struct roster_snapshot *roster;
    struct view view;

    if (!request_page(request, answer, &links.page)) {
        return;
    }
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    links.names = (struct names){view.txn, roster};
    if (roster != NULL && read_only(request, answer, &links)) {
        write(&links);
        if (view_sound(&view, request, answer)) {
            (void)page_found(&links.page, request, answer);
        }
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}

void get_links_past(struct request *request, struct answer *answer)
{
    get_spells(request, answer, write_spells);
}

void get_links_served(struct request *request, struct answer *answer)
{
    get_spells(request, answer, write_served_spells);
}
