#include "replicator/trust/enrol.h"

#include <assert.h>

/* What a person carries from the parent to the new machine: the fields, four bytes of their hash
 * against slips of the hand, in URL-safe base64. */

static const char token_prefix[] = "TERRACE1-";
static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

enum { CHECK_SIZE = 4 };

static char *write_base64(char *out, struct bytes raw)
{
    uint32_t word = 0;
    unsigned bits = 0;

    for (size_t i = 0; i < raw.size; i++) {
        word = word << 8 | raw.data[i];
        for (bits += 8; bits >= 6; bits -= 6) {
            *out++ = digits[word >> (bits - 6) & 63];
        }
    }
    if (bits != 0) {
        *out++ = digits[word << (6 - bits) & 63];
    }
    *out = '\0';
    return out;
}

static bool read_base64(struct buf *out, struct bytes text)
{
    uint32_t word = 0;
    unsigned bits = 0;

    for (size_t i = 0; i < text.size; i++) {
        const char *digit = text.data[i] == 0 ? NULL : strchr(digits, text.data[i]);
        if (digit == NULL) {
            return false;
        }
        word = word << 6 | (uint32_t)(digit - digits);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            buf_put_u8(out, (uint8_t)(word >> bits));
        }
    }
    return bits < 6 && (word & ((UINT32_C(1) << bits) - 1)) == 0;
}

static struct hash check_of(struct bytes fields)
{
    return hash_of(TAG_TOKEN, fields);
}

static void put_text(struct buf *raw, const char *text)
{
    const struct bytes bytes = bytes_text(text);

    buf_put_u8(raw, (uint8_t)bytes.size);
    buf_append_bytes(raw, bytes);
}

static bool read_endpoint(char out[ENDPOINT_BYTES_MAX + 1], struct reader *reader)
{
    const struct bytes text = reader_bytes(reader, reader_u8(reader));

    if (text.size == 0 || text.size > ENDPOINT_BYTES_MAX || !text_plain(text)) {
        return false;
    }
    memcpy(out, text.data, text.size);
    return true;
}

void token_format(char *out, size_t size, const struct token *token)
{
    struct buf raw = BUF_EMPTY;
    struct hash check;
    size_t needed;

    division_write(&raw, token->division);
    division_write(&raw, token->parent);
    put_text(&raw, token->endpoint);
    put_text(&raw, token->link);
    buf_append(&raw, token->curve_key, sizeof token->curve_key);
    buf_append(&raw, token->tree.at, sizeof token->tree.at);
    buf_put_number_set(&raw, &token->policy);
    buf_append(&raw, token->secret, sizeof token->secret);
    buf_put_u64(&raw, token->expires_unix_ms);
    check = check_of(buf_bytes(&raw));
    buf_append(&raw, check.at, CHECK_SIZE);

    needed = sizeof token_prefix + (raw.size * 4 + 2) / 3;
    assert(needed <= size);
    (void)needed;
    memcpy(out, token_prefix, sizeof token_prefix);
    (void)write_base64(out + sizeof token_prefix - 1, buf_bytes(&raw));
    crypto_wipe(raw.data, raw.size);
    buf_free(&raw);
}

static bool read_fields(struct token *out, struct bytes raw)
{
    struct reader reader = reader_of(raw);
    struct bytes check;
    struct hash want;

    out->division = division_read(&reader);
    out->parent = division_read(&reader);
    if (!read_endpoint(out->endpoint, &reader) || !read_endpoint(out->link, &reader)) {
        return false;
    }
    reader_copy(&reader, out->curve_key, sizeof out->curve_key);
    reader_copy(&reader, out->tree.at, sizeof out->tree.at);
    out->policy = reader_number_set(&reader);
    reader_copy(&reader, out->secret, sizeof out->secret);
    out->expires_unix_ms = reader_u64(&reader);
    check = reader_bytes(&reader, CHECK_SIZE);
    if (!reader_done(&reader)) {
        return false;
    }
    want = check_of(bytes_of(raw.data, raw.size - CHECK_SIZE));
    return memcmp(want.at, check.data, CHECK_SIZE) == 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* As pasted: white space around it does no harm. */
static struct bytes trimmed(const char *text)
{
    size_t size;

    while (is_space(*text)) {
        text++;
    }
    size = strlen(text);
    while (size != 0 && is_space(text[size - 1])) {
        size--;
    }
    return bytes_of(text, size);
}

enum status token_parse(struct token *out, const char *text, struct err *err)
{
    const size_t prefix_size = sizeof token_prefix - 1;
    const struct bytes whole = trimmed(text);
    struct buf raw = BUF_EMPTY;
    enum status status = OK;

    memset(out, 0, sizeof *out);
    if (whole.size <= prefix_size || memcmp(whole.data, token_prefix, prefix_size) != 0) {
        return err_set(err, ERR_MALFORMED, "not_a_token prefix=%s", token_prefix);
    }
    if (whole.size >= TOKEN_TEXT_MAX ||
        !read_base64(&raw, bytes_of(whole.data + prefix_size, whole.size - prefix_size)) ||
        !read_fields(out, buf_bytes(&raw))) {
        memset(out, 0, sizeof *out);
        status = err_set(err, ERR_MALFORMED, "token_mistyped");
    }
    if (raw.data != NULL) {
        crypto_wipe(raw.data, raw.size);
    }
    buf_free(&raw);
    return status;
}

bool endpoint_can_be_dialled(const char *endpoint)
{
    static const char *const anywhere[] = {"tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:"};

    for (size_t i = 0; i < COUNT_OF(anywhere); i++) {
        if (strncmp(endpoint, anywhere[i], strlen(anywhere[i])) == 0) {
            return false;
        }
    }
    return endpoint[0] != '\0';
}
