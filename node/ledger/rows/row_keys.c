/* Keys of all rows, and the short texts that stand in them. */
#include <assert.h>

#include "node/ledger/rows/rows.h"

const char *rollup_dimension_name(enum rollup_dimension dimension)
{
    static const char *const names[ROLLUP_DIMENSIONS] = {[ROLLUP_ACCOUNT] = "account",
                                                         [ROLLUP_PROJECT] = "project",
                                                         [ROLLUP_FUNCTION] = "function",
                                                         [ROLLUP_FUND] = "fund",
                                                         [ROLLUP_AGENCY] = "agency",
                                                         [ROLLUP_ECONOMIC] = "economic",
                                                         [ROLLUP_GOV_ECONOMIC] = "gov_economic",
                                                         [ROLLUP_DIRECT] = "direct",
                                                         [ROLLUP_MONTH] = "month",
                                                         [ROLLUP_AGENCY_ECONOMIC] =
                                                             "agency_economic"};

    assert(dimension < ROLLUP_DIMENSIONS);
    return names[dimension];
}

static void key_add(struct row_key *key, const void *data, size_t size)
{
    assert(size <= sizeof key->at - key->size);
    if (size > 0) {
        memcpy(key->at + key->size, data, size);
    }
    key->size += size;
}

static void key_add_number(struct row_key *key, uint64_t number, size_t size)
{
    assert(size <= sizeof key->at - key->size);
    for (size_t i = size; i-- > 0;) {
        key->at[key->size++] = (uint8_t)(number >> (8 * i));
    }
}

struct row_key row_key_of(char letter, struct division division, struct bytes rest)
{
    struct row_key key;

    key.at[0] = (uint8_t)letter;
    memcpy(key.at + 1, division.code, DIVISION_CODE_MAX);
    key.size = 1 + DIVISION_CODE_MAX;
    key_add(&key, rest.data, rest.size);
    return key;
}

struct row_key year_sums_key(struct division division, int year, struct bytes fund)
{
    struct row_key key = row_key_of(ROW_YEAR, division, BYTES_NONE);

    key_add_number(&key, (uint64_t)year, 2);
    key_add(&key, fund.data, fund.size);
    return key;
}

struct row_key rollup_prefix(char scope, struct division division)
{
    return row_key_of(scope, division, BYTES_NONE);
}

struct row_key rollup_key(char scope, struct division division, int year,
                          enum rollup_dimension dimension, struct bytes rest)
{
    struct row_key key = rollup_prefix(scope, division);

    key_add_number(&key, (uint64_t)year, 2);
    key_add_number(&key, (uint64_t)dimension, 1);
    key_add(&key, rest.data, rest.size);
    return key;
}

bool rollup_key_parse(struct bytes row_key, int *year, enum rollup_dimension *dimension,
                      struct bytes *key)
{
    struct reader reader = reader_of(row_key);

    (void)reader_bytes(&reader, 1 + DIVISION_CODE_MAX);
    *year = reader_u16(&reader);
    *dimension = (enum rollup_dimension)reader_u8(&reader);
    *key = reader_bytes(&reader, reader_left(&reader));
    return reader_ok(&reader) && *dimension < ROLLUP_DIMENSIONS;
}

struct bytes rollup_agency_economic(uint8_t out[ROLLUP_KEY_MAX], struct bytes agency,
                                    struct bytes economic)
{
    if (agency.size == 0 || economic.size == 0) {
        return BYTES_NONE;
    }
    assert(1 + agency.size + economic.size <= ROLLUP_KEY_MAX);
    out[0] = (uint8_t)agency.size;
    memcpy(out + 1, agency.data, agency.size);
    memcpy(out + 1 + agency.size, economic.data, economic.size);
    return bytes_of(out, 1 + agency.size + economic.size);
}

struct row_key plain_prefix(struct division peer, int year)
{
    struct row_key key = row_key_of(ROLLUP_PLAIN, peer, BYTES_NONE);

    key_add_number(&key, (uint64_t)year, 2);
    return key;
}

struct row_key plain_key(const struct plain_key *of)
{
    struct row_key key = plain_prefix(of->peer, of->year);

    key_add(&key, of->author.code, DIVISION_CODE_MAX);
    key_add_number(&key, (uint64_t)of->dimension, 1);
    key_add(&key, of->key.data, of->key.size);
    return key;
}

static struct division read_code(struct reader *reader)
{
    struct division division = DIVISION_NONE;

    reader_copy(reader, division.code, DIVISION_CODE_MAX);
    return division;
}

bool plain_key_parse(struct bytes row_key, struct plain_key *out)
{
    struct reader reader = reader_of(row_key);
    struct division peer, author;
    unsigned year, dimension;

    (void)reader_u8(&reader); /* the letter */
    peer = read_code(&reader);
    year = reader_u16(&reader);
    author = read_code(&reader);
    dimension = reader_u8(&reader);
    *out = (struct plain_key){peer, author, (int)year, (enum rollup_dimension)dimension,
                              reader_bytes(&reader, reader_left(&reader))};
    return reader_ok(&reader) && dimension < ROLLUP_DIMENSIONS;
}

static struct row_key catalogue_key(char letter, struct bytes catalogue, int year)
{
    struct row_key key;

    key.at[0] = (uint8_t)letter;
    key.size = 1;
    key_add(&key, catalogue.data, catalogue.size);
    key_add_number(&key, 0, 1);
    key_add_number(&key, (uint64_t)year, 2);
    return key;
}

struct row_key code_key(struct bytes catalogue, int year, struct bytes code)
{
    struct row_key key = catalogue_key(ROW_CODE, catalogue, year);

    key_add(&key, code.data, code.size);
    return key;
}

struct row_key code_set_key(struct bytes catalogue, int year)
{
    return catalogue_key(ROW_CODE_SET, catalogue, year);
}

struct row_key list_prefix(struct division division, uint32_t kind)
{
    struct row_key key = row_key_of(ROW_LIST, division, BYTES_NONE);

    key_add_number(&key, kind, 4);
    return key;
}

struct row_key list_key(struct division division, uint32_t kind, uint64_t lsn)
{
    struct row_key key = list_prefix(division, kind);

    key_add_number(&key, lsn, 8);
    return key;
}

/* A text in front of an lsn carries its size, so that no parent's rows lie among another's. */
static struct row_key downward_key(char letter, struct division division, struct bytes parent,
                                   uint64_t lsn)
{
    struct row_key key = row_key_of(letter, division, BYTES_NONE);

    key_add_number(&key, parent.size, 1);
    key_add(&key, parent.data, parent.size);
    key_add_number(&key, lsn, 8);
    return key;
}

struct row_key children_key(struct division division, struct bytes parent, uint64_t lsn)
{
    return downward_key(ROW_CHILDREN, division, parent, lsn);
}

struct row_key project_line_key(struct division division, struct bytes pro_code, uint64_t lsn)
{
    return downward_key(ROW_PROJECT_LINES, division, pro_code, lsn);
}

struct short_text short_text_of(struct bytes text)
{
    struct short_text out;

    out.size = (uint8_t)(text.size < DOCUMENT_ID_MAX ? text.size : DOCUMENT_ID_MAX);
    if (out.size > 0) {
        memcpy(out.at, text.data, out.size);
    }
    out.at[out.size] = '\0';
    return out;
}
