/* What says the same to everybody is packed once, for those who take it packed, and named so that
 * it is sent once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "node/api/packed.h"
#include "node/api/request.h"
#include "node/api/routes_texts.h"

/* What the client says. */
struct client {
    const char *accepts, *holds;
};

static const char *header_of(void *connection, const char *name)
{
    const struct client *client = connection;

    if (strcmp(name, "Accept-Encoding") == 0) {
        return client->accepts;
    }
    return strcmp(name, "If-None-Match") == 0 ? client->holds : NULL;
}

static const char *no_query(void *connection, const char *name)
{
    (void)connection;
    (void)name;
    return NULL;
}

static struct answer ask(struct packed_bodies *packed, const char *accepts, const char *holds)
{
    struct client client = {accepts, holds};
    struct request request = {
        .connection = &client, .header = header_of, .query = no_query, .language = LANGUAGE_EN};
    struct answer answer = {.http = 200, .body = BUF_EMPTY};

    get_texts(&request, &answer);
    packed_send(packed, &request, &answer);
    return answer;
}

static bool says(const struct answer *answer, const char *name, const char *value)
{
    for (size_t i = 0; i < answer->header_count; i++) {
        if (strcmp(answer->headers[i].name, name) == 0) {
            return strcmp(answer->headers[i].value, value) == 0;
        }
    }
    return value[0] == '\0';
}

static void unpack(struct buf *out, struct bytes gzip, size_t size)
{
    z_stream stream = {0};

    assert_int_equal(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
    buf_reserve(out, size + 1);
    stream.next_in = (Bytef *)(uintptr_t)gzip.data;
    stream.avail_in = (uInt)gzip.size;
    stream.next_out = out->data;
    stream.avail_out = (uInt)(size + 1);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    out->size = (size_t)stream.total_out;
    (void)inflateEnd(&stream);
}

static void texts_are_packed_once_for_who_takes_them_so(void **state)
{
    struct packed_bodies *packed = packed_open();
    struct answer plain = ask(packed, NULL, NULL);
    struct buf body = BUF_EMPTY;
    uint64_t made, copied;

    (void)state;
    assert_true(says(&plain, "Vary", "Accept-Encoding"));
    assert_true(says(&plain, "Content-Encoding", ""));
    for (int i = 0; i < 3; i++) {
        struct answer answer = ask(packed, "gzip, deflate, br", NULL);

        assert_true(says(&answer, "Content-Encoding", "gzip"));
        assert_true(says(&answer, "Vary", "Accept-Encoding"));
        assert_string_not_equal(answer.etag, plain.etag);
        assert_true(answer.body.size * 3 < plain.body.size);
        buf_clear(&body);
        unpack(&body, buf_bytes(&answer.body), plain.body.size);
        assert_true(bytes_equal(buf_bytes(&body), buf_bytes(&plain.body)));
        buf_free(&answer.body);
    }
    packed_counts(packed, &made, &copied);
    assert_int_equal(made, 1);
    assert_int_equal(copied, 2);
    buf_free(&plain.body);
    buf_free(&body);
    packed_close(packed);
}

/* By the name of either form, since the content is the same. */
static void who_has_it_gets_no_body(void **state)
{
    struct answer plain = ask(NULL, NULL, NULL), gzip = ask(NULL, "gzip", NULL);
    const char *const held[] = {plain.etag, gzip.etag};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(held); i++) {
        struct answer again = ask(NULL, "gzip", held[i]);

        assert_int_equal(again.http, 304);
        assert_int_equal(again.body.size, 0);
        assert_string_equal(again.etag, gzip.etag);
        assert_true(says(&again, "Content-Encoding", ""));
        buf_free(&again.body);
    }
    buf_free(&plain.body);
    buf_free(&gzip.body);
}

static void gzip_is_taken_where_it_is_named_and_not_refused(void **state)
{
    static const struct {
        const char *accepts;
        bool taken;
    } cases[] = {
        {NULL, false},
        {"", false},
        {"gzip", true},
        {"GZIP", true},
        {"deflate, gzip;q=0.5", true},
        {"gzip;q=0", false},
        {"gzip; q=0.000", false},
        {"br, xgzip", false},
        {"gzipped", false},
        {"identity,\tgzip", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (packed_accepted(cases[i].accepts) != cases[i].taken) {
            fail_msg("%s", cases[i].accepts == NULL ? "nothing" : cases[i].accepts);
        }
    }
}

/* More bodies than are kept push out the one that was used longest ago. */
static void few_bodies_are_kept(void **state)
{
    struct packed_bodies *packed = packed_open();
    struct client client = {"gzip", NULL};
    struct request request = {.connection = &client, .header = header_of};
    uint64_t made, copied;

    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i <= PACKED_KEPT; i++) {
            struct answer answer = {.http = 200, .body = BUF_EMPTY};

            for (int k = 0; k < 2 * PACKED_FROM_BYTES; k++) {
                buf_put_u8(&answer.body, (uint8_t)('a' + i));
            }
            answer_public(&request, &answer);
            packed_send(packed, &request, &answer);
            assert_true(says(&answer, "Content-Encoding", "gzip"));
            buf_free(&answer.body);
        }
    }
    packed_counts(packed, &made, &copied);
    assert_int_equal(made, 2 * (PACKED_KEPT + 1));
    assert_int_equal(copied, 0);
    packed_close(packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_packed_once_for_who_takes_them_so),
        cmocka_unit_test(who_has_it_gets_no_body),
        cmocka_unit_test(gzip_is_taken_where_it_is_named_and_not_refused),
        cmocka_unit_test(few_bodies_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
