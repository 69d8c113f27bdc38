#include "node/ledger/rows/agency_rows.h"

#include "node/ledger/rows/row_codec.h"

enum { VERSIONS_MAX = 20 }; /* one a year; then the oldest goes */

/* --- versions --- */

struct versions {
    size_t count;
    struct {
        int year;
        struct short_text parent;
    } at[VERSIONS_MAX]; /* by year */
};

static bool parse_versions(struct bytes value, struct versions *out)
{
    struct reader reader = reader_of(value);

    out->count = read_item_count(&reader, VERSIONS_MAX);
    for (size_t i = 0; i < out->count; i++) {
        out->at[i].year = reader_u16(&reader);
        out->at[i].parent = read_short(&reader);
    }
    return reader_done(&reader);
}

static void load_versions(struct txn *txn, struct division division, struct bytes agency,
                          struct versions *out)
{
    const struct row_key key = row_key_of(ROW_AGENCY_PARENTS, division, agency);
    struct bytes value;

    if (!load_row(txn, &key, &value) ||
        !txn_check_row(txn, row_key_bytes(&key), parse_versions(value, out))) {
        out->count = 0;
    }
}

static void store_versions(struct txn *txn, struct division division, struct bytes agency,
                           const struct versions *versions)
{
    const struct row_key key = row_key_of(ROW_AGENCY_PARENTS, division, agency);
    struct writer writer;

    writer.size = 0;
    write_u8(&writer, (uint8_t)versions->count);
    for (size_t i = 0; i < versions->count; i++) {
        write_u16(&writer, (uint32_t)versions->at[i].year);
        write_text(&writer, short_text_bytes(&versions->at[i].parent));
    }
    put_row(txn, &key, &writer);
}

/* Under whom the versions put it in that year; "" for nobody. */
static struct short_text agency_parent(struct txn *txn, struct division division,
                                       struct bytes agency, int year)
{
    struct short_text parent = short_text_of(BYTES_NONE);
    struct versions versions;

    load_versions(txn, division, agency, &versions);
    for (size_t i = 0; i < versions.count && versions.at[i].year <= year; i++) {
        parent = versions.at[i].parent;
    }
    return parent;
}

int agency_holds_until(struct txn *txn, struct division division, struct bytes agency, int year)
{
    int until = AGENCY_YEARS_END;
    struct versions versions;

    load_versions(txn, division, agency, &versions);
    for (size_t i = versions.count; i > 0 && versions.at[i - 1].year > year; i--) {
        until = versions.at[i - 1].year;
    }
    return until;
}

/* For one more before `*at`: the oldest goes. False when that would be the new one. */
static bool make_room(struct versions *versions, size_t *at)
{
    if (versions->count < VERSIONS_MAX) {
        return true;
    }
    if (*at == 0) {
        return false;
    }
    versions->count--;
    (*at)--;
    memmove(versions->at, versions->at + 1, versions->count * sizeof *versions->at);
    return true;
}

void agency_version_add(struct txn *txn, struct division division, struct bytes agency, int year,
                        struct bytes parent)
{
    struct versions versions;
    size_t at;

    load_versions(txn, division, agency, &versions);
    at = versions.count;
    while (at > 0 && versions.at[at - 1].year >= year) {
        at--;
    }
    if (at == versions.count || versions.at[at].year != year) { /* none of that year yet */
        if (!make_room(&versions, &at)) {
            return;
        }
        memmove(versions.at + at + 1, versions.at + at,
                (versions.count - at) * sizeof *versions.at);
        versions.count++;
    }
    versions.at[at].year = year;
    versions.at[at].parent = short_text_of(parent);
    store_versions(txn, division, agency, &versions);
}

/* --- years --- */

static struct row_key year_key(struct division division, struct bytes agency, int year)
{
    struct writer rest;

    rest.size = 0;
    write_raw(&rest, agency.data, agency.size);
    write_u8(&rest, 0);
    write_u16(&rest, (uint32_t)year);
    return row_key_of(ROW_AGENCY_YEAR, division, bytes_of(rest.at, rest.size));
}

static bool parse_line(struct bytes value, struct agency_line *out)
{
    struct reader reader = reader_of(value);

    out->count = read_item_count(&reader, COUNT_OF(out->above));
    for (size_t i = 0; i < out->count; i++) {
        out->above[i] = read_short(&reader);
    }
    return reader_done(&reader);
}

static bool load_line(struct txn *txn, struct division division, struct bytes agency, int year,
                      struct agency_line *out)
{
    const struct row_key key = year_key(division, agency, year);
    struct bytes value;

    return load_row(txn, &key, &value) &&
           txn_check_row(txn, row_key_bytes(&key), parse_line(value, out));
}

static void add_above(struct agency_line *out, struct bytes agency, struct short_text above)
{
    bool there = bytes_equal(agency, short_text_bytes(&above)); /* a ring: no author makes one */

    for (size_t i = 0; i < out->count && !there; i++) {
        there = bytes_equal(short_text_bytes(&out->above[i]), short_text_bytes(&above));
    }
    if (!there && out->count < COUNT_OF(out->above)) {
        out->above[out->count++] = above;
    }
}

/* Where one above is used in that year, those above it as they were then: so no two rows of a year
 * contradict each other. */
static void walk(struct txn *txn, struct division division, struct bytes agency, int year,
                 struct agency_line *out)
{
    struct short_text parent = agency_parent(txn, division, agency, year);

    out->count = 0;
    for (size_t step = 1; step < AGENCY_DEPTH_MAX && parent.size > 0; step++) {
        struct agency_line above;

        add_above(out, agency, parent);
        if (load_line(txn, division, short_text_bytes(&parent), year, &above)) {
            for (size_t i = 0; i < above.count; i++) {
                add_above(out, agency, above.above[i]);
            }
            return;
        }
        parent = agency_parent(txn, division, short_text_bytes(&parent), year);
    }
}

void agency_ancestors(struct txn *txn, struct division division, struct bytes agency, int year,
                      struct agency_line *out)
{
    if (!load_line(txn, division, agency, year, out)) {
        walk(txn, division, agency, year, out);
    }
}

/* --- what is fixed --- */

struct fixed {
    struct txn *txn;
    int before; /* the year of the next version */
    struct bytes parent;
    bool differs;
};

static bool visit_year(void *arg, struct bytes key, struct bytes value)
{
    struct fixed *fixed = arg;
    struct agency_line line;
    const uint8_t *year = key.data + key.size - 2;

    if ((year[0] << 8 | year[1]) >= fixed->before ||
        !txn_check_row(fixed->txn, key, parse_line(value, &line))) {
        return false;
    }
    fixed->differs =
        !bytes_equal(line.count > 0 ? short_text_bytes(&line.above[0]) : BYTES_NONE, fixed->parent);
    return !fixed->differs;
}

bool agency_parent_fixed(struct txn *txn, struct division division, struct bytes agency, int year,
                         struct bytes parent)
{
    const struct row_key from = year_key(division, agency, year);
    struct fixed fixed = {txn, agency_holds_until(txn, division, agency, year), parent, false};
    struct err err; /* sticky in the txn */

    (void)txn_scan_from(txn, SPACE_LEDGER, bytes_of(from.at, from.size - 2), row_key_bytes(&from),
                        visit_year, &fixed, &err);
    return fixed.differs;
}

static void store_line(struct txn *txn, struct division division, struct bytes agency, int year,
                       const struct short_text *above, size_t count)
{
    const struct row_key key = year_key(division, agency, year);
    struct writer writer;

    writer.size = 0;
    write_u8(&writer, (uint8_t)count);
    for (size_t i = 0; i < count; i++) {
        write_text(&writer, short_text_bytes(&above[i]));
    }
    put_row(txn, &key, &writer);
}

void agency_use(struct txn *txn, struct division division, struct bytes agency, int year)
{
    struct agency_line line, there;
    struct versions versions;

    load_versions(txn, division, agency, &versions);
    if (versions.count == 0 || load_line(txn, division, agency, year, &there)) {
        return;
    }
    walk(txn, division, agency, year, &line);
    store_line(txn, division, agency, year, line.above, line.count);
    for (size_t i = 0; i < line.count; i++) {
        const struct bytes above = short_text_bytes(&line.above[i]);

        if (!load_line(txn, division, above, year, &there)) {
            store_line(txn, division, above, year, line.above + i + 1, line.count - i - 1);
        }
    }
}
