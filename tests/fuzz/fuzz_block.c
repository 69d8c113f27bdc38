/* Any bytes as a block, and its body as if the signature were right: an answer, and what was
 * accepted is what our own writer makes of it. */
#include <assert.h>

#include "proto/block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(struct buf *raw, const struct block_body *body)
{
    struct buf entries = BUF_EMPTY;

    for (size_t i = 0; i < body->count; i++) {
        entry_write(&entries, &body->entries[i]);
    }
    buf_put_u32(raw, (uint32_t)entries.size);
    buf_append_bytes(raw, buf_bytes(&entries));
    for (size_t i = 0; i < body->group_count; i++) {
        group_write(raw, &body->groups[i]);
    }
    buf_free(&entries);
}

static void read_body(const struct block_view *view)
{
    struct block_body body = BLOCK_BODY_EMPTY;
    struct buf raw = BUF_EMPTY;
    struct entry lone;
    struct err err;

    if (block_body_read(&body, view, &err) == OK) {
        assert(body.count == view->header.count);
        write_again(&raw, &body);
        assert(bytes_equal(buf_bytes(&raw), buf_bytes(&body.raw)));
        if (block_implies_root(&view->header)) {
            assert(block_lone_entry(&lone, view, &err) == OK);
            assert(bytes_equal(lone.body, body.entries[0].body));
        }
    } else if (block_implies_root(&view->header)) {
        (void)block_lone_entry(&lone, view, &err);
    }
    buf_free(&raw);
    block_body_free(&body);
}

/* Most inputs do not get past the header; as a body of a good one, all of them do. */
static void read_as_body(const uint8_t *data, size_t size)
{
    struct block_view view = {.body = bytes_of(data, size)};

    if (size < 3 || size > BLOCK_RAW_BYTES_MAX) {
        return;
    }
    view.body = bytes_of(data + 3, size - 3);
    view.header.first_lsn = 1;
    view.header.count = 1U + data[0];
    view.header.codec = data[1] % 2 == 0 ? CODEC_RAW : CODEC_ZSTD;
    view.header.body_size = (uint32_t)view.body.size;
    view.header.raw_size = view.header.codec == CODEC_RAW ? view.header.body_size : 16U * data[2];
    read_body(&view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct block_view view;
    struct buf header = BUF_EMPTY;
    struct err err = {OK, ""};
    const enum status status = block_parse(&view, bytes_of(data, size), &err);

    assert(err.status == status);
    if (status == OK) {
        block_header_write(&header, &view.header);
        assert(bytes_equal(buf_bytes(&header), view.header_bytes));
        assert(view.header_bytes.size + SIGNATURE_SIZE + view.body.size == size);
        assert(view.header_bytes.size <= BLOCK_HEADER_BYTES_MAX);
        read_body(&view);
    }
    buf_free(&header);
    read_as_body(data, size);
    return 0;
}
