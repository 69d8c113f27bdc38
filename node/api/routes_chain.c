#include "node/api/routes_chain.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/api/operator_login.h"
#include "node/api/page.h"
#include "node/api/roster_snapshot.h"
#include "node/ledger/verify/person_chain.h"
#include "node/office/vouching.h"

/* A code of node/text/ and its words; null where it counts. */
static void write_why(struct json_out *out, const struct person_link *link, enum language language)
{
    char words[TEXT_BYTES_MAX];

    if (link->why[0] == '\0') {
        out_null(out, "why");
        out_null(out, "why_words");
    } else {
        out_text(out, "why", link->why);
        out_text(out, "why_words", text_say(language, words, "%s", link->why));
    }
}

static void write_link(struct json_out *out, const struct person_link *link, enum language language)
{
    out_open(out, NULL, '{');
    out_text(out, "name", link->name);
    out_count(out, "lsn", link->lsn);
    out_time(out, "time", link->time_ms);
    out_count(out, "epoch", link->epoch);
    out_bool(out, "founder", link->lsn == 0);
    out_roles(out, link->roles);
    out_hex(out, "key", &link->key, sizeof link->key);
    out_open(out, "by", '[');
    for (size_t i = 0; i < link->signers; i++) {
        out_text(out, NULL, link->by[i]);
    }
    out_close(out, ']');
    if (link->entered_by[0] == '\0') {
        out_null(out, "entered_by");
    } else {
        out_text(out, "entered_by", link->entered_by);
    }
    out_bool(out, "counts", link->why[0] == '\0');
    write_why(out, link, language);
    out_close(out, '}');
}

/* NULL: of everybody. */
static void write_chain(struct json_out *out, struct page *page, const struct person_chain *chain,
                        const char *name, enum language language)
{
    char cursor[96];

    out_open(out, "rows", '[');
    for (size_t i = 0; i < chain->count; i++) {
        const struct person_link *link = &chain->at[i];

        (void)snprintf(cursor, sizeof cursor, "%" PRIu64 ":%zu", link->lsn, link->lsn == 0 ? i : 0);
        if ((name == NULL || strcmp(link->name, name) == 0) && page_row(page, cursor)) {
            write_link(out, link, language);
        }
    }
    out_close(out, ']');
    write_page(out, page);
}

/* What the division's persons rest on, as a program and as a person wants it. */
static void write_vouched(struct json_out *out, const struct view *view,
                          const struct roster_snapshot *roster, struct division author,
                          enum language language)
{
    const char *by = vouched_by(view->txn, roster->roster, author);
    char words[TEXT_BYTES_MAX];

    out_text(out, "vouched_by", by);
    out_text(out, "vouched", text_in(language, words, vouched_sentence(by)));
}

/* Of the person that the address names, or of all. */
static void answer_chain(const struct request *request, struct answer *answer, struct view *view,
                         const struct roster_snapshot *roster, struct division author)
{
    const char *name = request->argument[0][0] == '\0' ? NULL : request->argument[0];
    struct json_out out = json_to(&answer->body);
    const struct member *member = roster_find(roster->roster, author);
    struct person_chain chain;
    struct page page;

    if (!request_page(request, answer, &page)) {
        return;
    }
    person_chain_load(&chain, view->txn, roster->roster, author, member->grant.epoch);
    out_open(&out, NULL, '{');
    out_division(&out, "division", author);
    if (name != NULL) {
        out_text(&out, "name", name);
    }
    write_vouched(&out, view, roster, author, request->language);
    write_chain(&out, &page, &chain, name, request->language);
    out_close(&out, '}');
    person_chain_free(&chain);
    if (page.total == 0 && name != NULL) {
        answer_refuse(request, answer, API_NOT_FOUND, "ask_user name=%s", name);
    } else if (view_sound(view, request, answer)) {
        (void)page_found(&page, request, answer);
    }
}

void get_user_chain(struct request *request, struct answer *answer)
{
    struct roster_snapshot *roster;
    struct division author;
    struct view view;

    if (!request_author(request, answer, &author)) {
        return;
    }
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL && roster_snapshot_knows(roster, request, answer, author)) {
        answer_chain(request, answer, &view, roster, author);
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}

void get_persons(struct request *request, struct answer *answer)
{
    get_user_chain(request, answer); /* of all: its address names nobody */
}
