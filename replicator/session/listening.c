#include "replicator/session/listening.h"

#include <stdio.h>

#include "proto/log.h"
#include "replicator/core.h"
#include "replicator/log/endpoints.h"

void listening_load(struct replicator *r)
{
    struct endpoint_entry entry;

    if (!division_is_none(r->parent) && endpoint_find(r->config.store, NULL, r->parent, &entry)) {
        (void)snprintf(r->listening.parent, sizeof r->listening.parent, "%s", entry.link);
    }
}

void listening_heard(struct replicator *r, const struct finding *finding)
{
    LOG_INFO("endpoint.heard", "about=%s endpoint=%s", finding->about.code, finding->text);
    if (division_equal(finding->about, r->parent)) {
        (void)snprintf(r->listening.parent, sizeof r->listening.parent, "%.*s", ENDPOINT_BYTES_MAX,
                       finding->text);
    }
}

enum status listening_say(struct replicator *r, struct txn *txn, const struct endpoint_entry *entry,
                          struct err *err)
{
    const struct audience audience = {.kind = AUDIENCE_TREE, .division = r->config.self};
    struct buf body = BUF_EMPTY;
    uint64_t lsn;

    if (!endpoint_well_formed(entry->link)) {
        return err_set(err, ERR_REFUSED, "endpoint_unusable endpoint=%s", entry->link);
    }
    endpoint_write(&body, entry);
    lsn = log_writer_append(&r->writer, txn, &audience, KIND_ENDPOINT, ENDPOINT_FORMAT,
                            buf_bytes(&body));
    endpoint_put(txn, r->config.self, roster_find(r->roster, r->config.self)->grant.epoch, lsn,
                 buf_bytes(&body));
    LOG_INFO("endpoint.told", "endpoint=%s", entry->link);
    buf_free(&body);
    return OK;
}

void listening_of(const struct replicator *r, struct division division,
                  char out[ENDPOINT_BYTES_MAX + 1])
{
    const struct member *member = roster_find(r->roster, division);
    struct endpoint_entry entry = {.link = ""};

    if (!endpoint_find(r->config.store, NULL, division, &entry) && member != NULL) {
        memcpy(entry.link, member->grant.endpoint, sizeof entry.link);
    }
    memcpy(out, entry.link, sizeof entry.link);
}

void listening_place(const struct replicator *r, const struct grant *grant, bool second,
                     struct ancestor_call *out)
{
    out->who = grant->division;
    memcpy(out->curve_key, grant->curve_key, sizeof out->curve_key);
    listening_of(r, grant->division, out->endpoint);
    if (grant->second[0] != '\0' && second) {
        (void)snprintf(out->endpoint, sizeof out->endpoint, "%s", grant->second);
    }
}
