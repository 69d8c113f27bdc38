/* Any bytes as what a log says of who is who: a grant, a sealed one, the word of a revocation, an
 * address. An answer, and what was accepted is written as what reads alike. A grant that can be
 * read is signed as its granter would have, and a roster judges it: it takes it whole or not at
 * all, and the same once more changes nothing. */
#include <assert.h>

#include "replicator/trust/endpoint_entry.h"
#include "tests/harness/identities.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 540000 --> 540100 --> 540121, each in its first epoch. */
enum { ROOT, CITY, COUNTY, MEMBERS };
static const char *const codes[MEMBERS] = {"540000", "540100", "540121"};
static struct trust trust;
static struct sign_key keys[MEMBERS], other;
static struct buf sealed[MEMBERS];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    trust_generate(&trust);
    sign_key_generate(&other);
    for (int i = ROOT; i < MEMBERS; i++) {
        struct grant grant = first_grant(division_of(codes[i]),
                                         i == ROOT ? DIVISION_NONE : division_of(codes[i - 1]));

        sign_key_generate(&keys[i]);
        trust_seal(&trust, &grant, &keys[i], i == ROOT ? NULL : &keys[i - 1], &sealed[i]);
    }
    return 0;
}

static bool add(struct roster *roster, struct bytes bytes, bool *added)
{
    struct err err;

    return roster_add(roster, bytes, added, &err) == OK;
}

static struct roster *three_levels(void)
{
    struct roster *roster = roster_new(&trust.tree, division_of(codes[COUNTY]));
    bool added;

    for (int i = ROOT; i < MEMBERS; i++) {
        assert(add(roster, buf_bytes(&sealed[i]), &added) && added);
    }
    return roster;
}

/* Its granter, by its place; whose word is missing there signs with a key of his own. */
static const struct sign_key *granter_of(const struct grant *grant)
{
    for (int i = ROOT; i < MEMBERS; i++) {
        if (division_equal(grant->parent, division_of(codes[i]))) {
            return &keys[i];
        }
    }
    return division_is_none(grant->parent) ? &trust.key : &other;
}

static void judge(struct grant *grant, struct grant_terms *terms, struct bytes sealed_grant)
{
    struct roster *roster = three_levels();
    const struct hash before = roster_hash(roster);
    struct hash after;
    bool added = false, again = false;
    const bool taken = add(roster, sealed_grant, &added);

    after = roster_hash(roster);
    if (!taken) {
        assert(!added && hash_equal(&before, &after) && roster_count(roster) == MEMBERS);
    } else {
        assert(added != hash_equal(&before, &after));
        assert(roster_epoch(roster, grant->division, grant->epoch) != NULL);
        assert(roster_terms(roster, grant->division, grant->epoch, terms));
        assert(roster_count(roster) <= MEMBERS + 1);
        assert(add(roster, sealed_grant, &again) && !again);
        after = roster_hash(roster);
        assert(added != hash_equal(&before, &after));
    }
    roster_free(roster);
}

/* `sealed` by who may, with the consent of the key that the first epoch has, where there is one. */
static void seal_and_judge(struct grant grant, struct grant_terms terms)
{
    struct buf out = BUF_EMPTY;
    struct sealed_grant opened;
    struct err err;

    grant_certify(&grant, &trust.tree, &other);
    terms.has_consent = false;
    for (int i = ROOT; i < MEMBERS && grant.epoch % 2 == 0; i++) {
        if (division_equal(grant.division, division_of(codes[i]))) {
            consent(&terms, &grant, &keys[i]);
        }
    }
    grant_seal(&out, &grant, &terms, granter_of(&grant));
    if (out.size <= GRANT_BYTES_MAX) {
        assert(grant_open(&opened, buf_bytes(&out), &err) == OK);
        assert(opened.terms.has_consent == terms.has_consent);
        judge(&grant, &terms, buf_bytes(&out));
    } else {
        assert(grant_open(&opened, buf_bytes(&out), &err) == ERR_MALFORMED);
    }
    buf_free(&out);
}

static void read_grant(struct bytes bytes)
{
    struct grant grant, same;
    struct grant_terms terms, same_terms;
    struct buf written = BUF_EMPTY, again = BUF_EMPTY;
    struct err err = {OK, ""};
    const enum status status = grant_read(&grant, &terms, bytes, &err);

    assert(status == OK || status == ERR_MALFORMED || status == ERR_NEEDS_UPGRADE);
    assert(err.status == status);
    if (status == OK) {
        grant_write(&written, &grant, &terms);
        assert(written.size > GRANT_BYTES_MAX ||
               grant_read(&same, &same_terms, buf_bytes(&written), &err) == OK);
        if (written.size <= GRANT_BYTES_MAX) {
            grant_write(&again, &same, &same_terms);
            assert(bytes_equal(buf_bytes(&written), buf_bytes(&again)));
            seal_and_judge(grant, terms);
        }
    }
    buf_free(&again);
    buf_free(&written);
}

static void open_sealed(struct bytes bytes)
{
    struct sealed_grant opened;
    struct grant grant;
    struct grant_terms terms;
    struct err err = {OK, ""};
    const enum status status = grant_open(&opened, bytes, &err);

    assert(status == OK || status == ERR_MALFORMED || status == ERR_NEEDS_UPGRADE);
    assert(err.status == status);
    assert(grant_parse(&grant, bytes, &err) == status);
    assert(grant_parse_terms(&terms, bytes, &err) == status);
    if (status == OK) {
        assert(division_equal(grant.division, opened.grant.division));
        seal_and_judge(opened.grant, opened.terms);
        judge(&opened.grant, &opened.terms, bytes); /* as it came */
    }
}

static void read_revocation(struct bytes bytes)
{
    struct revocation revocation, same;
    struct buf written = BUF_EMPTY;
    struct roster *roster;
    struct err err;
    bool changed = false;

    if (revocation_read(&revocation, bytes, &err) != OK) {
        return;
    }
    revocation_write(&written, &revocation);
    assert(revocation_read(&same, buf_bytes(&written), &err) == OK);
    assert(same.lsn == revocation.lsn && same.last_epoch == revocation.last_epoch &&
           hash_equal(&same.hash, &revocation.hash));
    roster = three_levels();
    revocation.by = division_of(codes[ROOT]);
    if (roster_revoke(roster, &revocation, &changed, &err) == OK) {
        assert(roster_revoked(roster, revocation.division, &same) == (revocation.first_epoch == 1));
        assert(roster_revoke(roster, &revocation, &changed, &err) == OK && !changed);
    }
    revocation.by = revocation.division; /* nobody his own */
    assert(roster_revoke(roster, &revocation, &changed, &err) != OK);
    roster_free(roster);
    buf_free(&written);
}

static void read_endpoint(struct bytes bytes)
{
    struct endpoint_entry entry, same;
    struct buf written = BUF_EMPTY;
    struct err err;

    if (endpoint_read(&entry, bytes, &err) == OK) {
        endpoint_write(&written, &entry);
        assert(endpoint_read(&same, buf_bytes(&written), &err) == OK);
        assert(strcmp(entry.link, same.link) == 0);
    }
    buf_free(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes bytes = bytes_of(data, size);

    read_grant(bytes);
    open_sealed(bytes);
    read_revocation(bytes);
    read_endpoint(bytes);
    return 0;
}
