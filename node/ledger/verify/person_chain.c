#include "node/ledger/verify/person_chain.h"

#include <stdio.h>

#include "node/ledger/families/operator.h"
#include "node/ledger/rows/rows.h"
#include "proto/array.h"
#include "replicator/trust/founders.h"

/* --- founders --- */

/* The first epoch of those that have the same founders as this one, without a break. */
static uint32_t first_epoch_of(const struct roster *roster, struct division author, uint32_t epoch,
                               const struct grant_terms *terms)
{
    struct grant_terms before;

    while (epoch > 1 && roster_terms(roster, author, epoch - 1, &before) &&
           founders_equal(&before, terms)) {
        epoch--;
    }
    return epoch;
}

void person_chain_begin(struct person_chain *chain, const struct roster *roster,
                        struct division author, uint32_t epoch)
{
    struct grant_terms terms;

    *chain = (struct person_chain){.first_epoch = epoch};
    if (!roster_terms(roster, author, epoch, &terms)) {
        return;
    }
    chain->founded = terms.founder_count > 0;
    chain->first_epoch = first_epoch_of(roster, author, epoch, &terms);
    for (size_t i = 0; i < terms.founder_count; i++) {
        struct person_link link = {.epoch = chain->first_epoch,
                                   .roles = ROLE_ADMIN,
                                   .time_ms =
                                       roster_epoch(roster, author, chain->first_epoch)->time_ms,
                                   .key = terms.founders[i].key};

        (void)snprintf(link.name, sizeof link.name, "%s", terms.founders[i].name);
        person_chain_take(chain, &link);
    }
}

/* --- as it stands --- */

void person_chain_take(struct person_chain *chain, const struct person_link *link)
{
    ARRAY_ROOM(chain->at, chain->count, chain->capacity);
    chain->at[chain->count++] = *link;
}

void person_chain_free(struct person_chain *chain)
{
    mem_free(chain->at);
    *chain = (struct person_chain){.count = 0};
}

const struct person_link *person_chain_find(const struct person_chain *chain,
                                            const struct public_key *key, uint64_t lsn)
{
    for (size_t i = chain->count; i > 0; i--) {
        const struct person_link *link = &chain->at[i - 1];

        if (link->lsn < lsn && link->why[0] == '\0' &&
            memcmp(link->key.at, key->at, sizeof key->at) == 0) {
            return link;
        }
    }
    return NULL;
}

/* Is it what counts of this key, and is he an admin? */
static bool is_admin(const struct person_chain *chain, const struct person_link *link, uint64_t lsn)
{
    return link->lsn < lsn && (link->roles & ROLE_ADMIN) != 0 &&
           person_chain_find(chain, &link->key, lsn) == link;
}

size_t person_chain_admins(const struct person_chain *chain, uint64_t lsn)
{
    size_t admins = 0;

    for (size_t i = 0; i < chain->count; i++) {
        bool is_again = false; /* another key of his */

        for (size_t j = 0; j < i; j++) {
            is_again = is_again || (strcmp(chain->at[j].name, chain->at[i].name) == 0 &&
                                    is_admin(chain, &chain->at[j], lsn));
        }
        admins += !is_again && is_admin(chain, &chain->at[i], lsn);
    }
    return admins;
}

/* --- judging an entry --- */

struct vouching {
    const struct person_chain *chain;
    const struct block_body *body;
    uint64_t lsn;
    const char *(*signature)(void *arg, size_t group);
    void *arg;
};

/* NULL, or why this group is none of an admin's word; *out is whose it is. */
static const char *fault_of(const struct vouching *vouching, size_t group,
                            const struct person_link **out)
{
    const char *fault = vouching->signature(vouching->arg, group);

    *out = person_chain_find(vouching->chain, &vouching->body->groups[group].key, vouching->lsn);
    if (fault == NULL && (*out == NULL || !is_admin(vouching->chain, *out, vouching->lsn))) {
        fault = "person_by_stranger";
    }
    return fault;
}

static bool covers(const struct approval_group *group, size_t index)
{
    return index >= group->first_entry && index - group->first_entry < group->count;
}

/* Does the person of a key that makes nobody an admin end it himself? */
static bool ends_his_own(const struct vouching *vouching, size_t index, struct person_link *link)
{
    const struct person_link *ended = person_chain_find(vouching->chain, &link->key, vouching->lsn);

    if (link->roles != 0 || ended == NULL || (ended->roles & ROLE_ADMIN) != 0 ||
        strcmp(ended->name, link->name) != 0) {
        return false;
    }
    for (size_t i = 0; i < vouching->body->group_count; i++) {
        const struct approval_group *group = &vouching->body->groups[i];
        const struct person_link *signer =
            person_chain_find(vouching->chain, &group->key, vouching->lsn);

        if (covers(group, index) && vouching->signature(vouching->arg, i) == NULL &&
            signer != NULL && signer->roles != 0 && strcmp(signer->name, link->name) == 0) {
            memcpy(link->by[link->signers++], signer->name, sizeof signer->name);
            return true;
        }
    }
    return false;
}

/* Whose word it is, into link->by; "" or why it is not enough. */
static const char *find_vouchers(const struct vouching *vouching, size_t index,
                                 struct person_link *link)
{
    const size_t admins = person_chain_admins(vouching->chain, vouching->lsn);
    const struct person_link *first = NULL;

    for (size_t i = 0; i < vouching->body->group_count; i++) {
        const struct person_link *admin;
        const char *fault;

        if (!covers(&vouching->body->groups[i], index)) {
            continue;
        }
        fault = fault_of(vouching, i, &admin);
        if (fault != NULL) {
            return fault;
        }
        if (link->signers < 2 && (first == NULL || strcmp(first->name, admin->name) != 0)) {
            memcpy(link->by[link->signers++], admin->name, sizeof admin->name);
            first = admin;
        }
    }
    if (link->signers == 0) {
        return "person_unsigned";
    }
    return link->signers < 2 && admins >= 2 ? "person_by_one" : "";
}

bool person_chain_judge(const struct person_chain *chain, const struct block_header *header,
                        const struct block_body *body, size_t index,
                        const char *(*signature)(void *arg, size_t group), void *arg,
                        struct person_link *out)
{
    const struct entry *entry = &body->entries[index];
    const struct vouching vouching = {chain, body, entry->lsn, signature, arg};
    struct operator_entry said;

    if (!operator_read(entry, &said)) {
        return false;
    }
    *out =
        (struct person_link){.lsn = entry->lsn, .epoch = header->epoch, .time_ms = entry->time_ms};
    out->roles = said.enabled ? roles_of_text(said.roles) : 0;
    memcpy(out->key.at, said.key.data, sizeof out->key.at);
    (void)snprintf(out->name, sizeof out->name, "%.*s", (int)said.name.size,
                   (const char *)said.name.data);
    (void)snprintf(out->entered_by, sizeof out->entered_by, "%.*s", (int)said.by.size,
                   said.by.size == 0 ? "" : (const char *)said.by.data);
    if (chain->founded && !ends_his_own(&vouching, index, out)) {
        (void)snprintf(out->why, sizeof out->why, "%s", find_vouchers(&vouching, index, out));
    }
    return true;
}

/* --- rows --- */

static struct row_key link_key(struct division author, uint64_t lsn)
{
    uint8_t rest[8];

    for (size_t i = 0; i < sizeof rest; i++) {
        rest[i] = (uint8_t)(lsn >> (8 * (7 - i)));
    }
    return row_key_of(ROW_PERSON, author, bytes_of(rest, sizeof rest));
}

static void put_text(struct buf *value, const char *text)
{
    buf_put_u8(value, (uint8_t)strlen(text));
    buf_append_bytes(value, bytes_text(text));
}

void person_link_store(struct txn *txn, struct division author, const struct person_link *link)
{
    const struct row_key key = link_key(author, link->lsn);
    struct buf value = BUF_EMPTY;

    buf_put_u32(&value, link->epoch);
    buf_put_u32(&value, link->roles);
    buf_put_u64(&value, link->time_ms);
    buf_append(&value, link->key.at, sizeof link->key.at);
    buf_put_u8(&value, link->signers);
    put_text(&value, link->name);
    put_text(&value, link->by[0]);
    put_text(&value, link->by[1]);
    put_text(&value, link->entered_by);
    put_text(&value, link->why);
    (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&key), buf_bytes(&value));
    buf_free(&value);
}

struct taking_back {
    uint64_t lsn, lsns[256];
    size_t count;
};

static bool note_above(void *arg, struct bytes key, struct bytes value)
{
    struct taking_back *taking = arg;
    struct reader at = reader_of(row_key_rest(key));
    const uint64_t lsn = reader_u64(&at);

    (void)value;
    if (lsn > taking->lsn) {
        taking->lsns[taking->count++] = lsn;
    }
    return taking->count < COUNT_OF(taking->lsns);
}

void person_links_take_back(struct txn *txn, struct division author, uint64_t lsn)
{
    const struct row_key prefix = row_key_of(ROW_PERSON, author, BYTES_NONE);
    struct taking_back taking = {.lsn = lsn};
    struct err err; /* a read error stays with the txn */

    do {
        taking.count = 0;
        (void)txn_scan(txn, SPACE_LEDGER, row_key_bytes(&prefix), note_above, &taking, &err);
        for (size_t i = 0; i < taking.count; i++) {
            const struct row_key key = link_key(author, taking.lsns[i]);

            txn_delete(txn, SPACE_LEDGER, row_key_bytes(&key));
        }
    } while (taking.count > 0);
}

static void read_text(struct reader *reader, char *out, size_t size)
{
    const struct bytes text = reader_bytes(reader, reader_u8(reader));

    (void)snprintf(out, size, "%.*s", (int)text.size, (const char *)text.data);
}

static bool visit_link(void *arg, struct bytes key, struct bytes value)
{
    struct person_chain *chain = arg;
    struct reader at = reader_of(row_key_rest(key)), reader = reader_of(value);
    struct person_link link = {.lsn = reader_u64(&at)};

    link.epoch = reader_u32(&reader);
    link.roles = reader_u32(&reader);
    link.time_ms = reader_u64(&reader);
    reader_copy(&reader, link.key.at, sizeof link.key.at);
    link.signers = reader_u8(&reader);
    read_text(&reader, link.name, sizeof link.name);
    read_text(&reader, link.by[0], sizeof link.by[0]);
    read_text(&reader, link.by[1], sizeof link.by[1]);
    read_text(&reader, link.entered_by, sizeof link.entered_by);
    read_text(&reader, link.why, sizeof link.why);
    if (reader_done(&reader) && link.epoch >= chain->first_epoch) {
        person_chain_take(chain, &link);
    }
    return true;
}

void person_chain_load(struct person_chain *chain, struct txn *txn, const struct roster *roster,
                       struct division author, uint32_t epoch)
{
    const struct row_key prefix = row_key_of(ROW_PERSON, author, BYTES_NONE);
    struct err err;

    person_chain_begin(chain, roster, author, epoch);
    (void)txn_scan(txn, SPACE_LEDGER, row_key_bytes(&prefix), visit_link, chain,
                   &err); /* a read error stays there */
}
