#include "node/ledger/rows/code_rows.h"

#include "node/ledger/rows/row_codec.h"

static struct row_key place_key(char letter, struct division author, const struct code_place *place)
{
    struct writer rest;

    rest.size = 0;
    write_raw(&rest, place->set.data, place->set.size);
    write_u8(&rest, 0);
    write_u16(&rest, (uint32_t)place->year);
    write_raw(&rest, place->code.data, place->code.size);
    return row_key_of(letter, author, bytes_of(rest.at, rest.size));
}

static bool parse_to(struct bytes value, struct bytes *to)
{
    struct reader reader = reader_of(value);

    *to = read_text(&reader);
    return reader_done(&reader);
}

bool code_map_load(struct txn *txn, struct division author, const struct code_place *place,
                   struct bytes *to)
{
    const struct row_key key = place_key(ROW_CODE_MAP, author, place);
    struct bytes value;

    return load_row(txn, &key, &value) &&
           txn_check_row(txn, row_key_bytes(&key), parse_to(value, to));
}

void code_map_store(struct txn *txn, struct division author, const struct code_place *place,
                    struct bytes to)
{
    const struct row_key key = place_key(ROW_CODE_MAP, author, place);
    struct writer writer;

    writer.size = 0;
    write_text(&writer, to);
    put_row(txn, &key, &writer);
}

bool code_branch_there(struct txn *txn, struct division author, const struct code_place *parent)
{
    const struct row_key key = place_key(ROW_CODE_BRANCH, author, parent);
    struct bytes value;

    return load_row(txn, &key, &value);
}

void code_branch_add(struct txn *txn, struct division author, const struct code_place *parent)
{
    const struct row_key key = place_key(ROW_CODE_BRANCH, author, parent);

    if (!code_branch_there(txn, author, parent)) {
        (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&key), bytes_text(""));
    }
}
