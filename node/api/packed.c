#include "node/api/packed.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <zlib.h>

#include "node/api/request.h"

enum { GZIP_WINDOW = MAX_WBITS + 16, LEVEL = 9, MEMORY_LEVEL = 8 };

struct packed_body {
    struct hash of; /* the body as it was */
    struct buf gzip;
    uint64_t used; /* the greatest was used last; 0: empty */
};

struct packed_bodies {
    pthread_mutex_t lock;
    struct packed_body at[PACKED_KEPT];
    uint64_t uses, made, copied;
};

struct packed_bodies *packed_open(void)
{
    struct packed_bodies *packed = mem_zalloc(sizeof *packed);

    (void)pthread_mutex_init(&packed->lock, NULL);
    return packed;
}

void packed_close(struct packed_bodies *packed)
{
    if (packed == NULL) {
        return;
    }
    for (size_t i = 0; i < PACKED_KEPT; i++) {
        buf_free(&packed->at[i].gzip);
    }
    (void)pthread_mutex_destroy(&packed->lock);
    mem_free(packed);
}

void packed_counts(struct packed_bodies *packed, uint64_t *made, uint64_t *copied)
{
    (void)pthread_mutex_lock(&packed->lock);
    *made = packed->made;
    *copied = packed->copied;
    (void)pthread_mutex_unlock(&packed->lock);
}

/* --- may it be packed? --- */

/* "gzip", "gzip;q=0.5": but not "gzip;q=0", which refuses it. */
static bool takes(const char *coding)
{
    const char *weight;

    coding += strspn(coding, " \t");
    if (strncasecmp(coding, "gzip", 4) != 0) {
        return false;
    }
    coding += 4 + strspn(coding + 4, " \t");
    if (*coding != ';') {
        return *coding == '\0' || *coding == ',';
    }
    weight = coding + 1 + strspn(coding + 1, " \t");
    return strncasecmp(weight, "q=", 2) != 0 || strtod(weight + 2, NULL) > 0;
}

bool packed_accepted(const char *accepts)
{
    while (accepts != NULL) {
        if (takes(accepts)) {
            return true;
        }
        accepts = strchr(accepts, ',');
        accepts = accepts == NULL ? NULL : accepts + 1;
    }
    return false;
}

/* --- packing --- */

/* False when there is no memory for it. */
static bool make(struct buf *out, struct bytes body)
{
    z_stream stream = {0};
    int end;

    if (deflateInit2(&stream, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        return false;
    }
    buf_reserve(out, deflateBound(&stream, (uLong)body.size));
    stream.next_in = (Bytef *)(uintptr_t)body.data;
    stream.avail_in = (uInt)body.size;
    stream.next_out = out->data;
    stream.avail_out = (uInt)deflateBound(&stream, (uLong)body.size);
    end = deflate(&stream, Z_FINISH);
    out->size = end == Z_STREAM_END ? (size_t)stream.total_out : 0;
    (void)deflateEnd(&stream);
    return end == Z_STREAM_END;
}

static bool copy_kept(struct packed_bodies *packed, const struct hash *of, struct buf *out)
{
    bool found = false;

    (void)pthread_mutex_lock(&packed->lock);
    for (size_t i = 0; i < PACKED_KEPT && !found; i++) {
        struct packed_body *body = &packed->at[i];

        found = body->used != 0 && hash_equal(&body->of, of);
        if (found) {
            body->used = ++packed->uses;
            packed->copied++;
            buf_append_bytes(out, buf_bytes(&body->gzip));
        }
    }
    (void)pthread_mutex_unlock(&packed->lock);
    return found;
}

/* In the place of the one that was not used for longest. */
static void keep(struct packed_bodies *packed, const struct hash *of, struct bytes gzip)
{
    struct packed_body *oldest = &packed->at[0];

    (void)pthread_mutex_lock(&packed->lock);
    for (size_t i = 1; i < PACKED_KEPT; i++) {
        oldest = packed->at[i].used < oldest->used ? &packed->at[i] : oldest;
    }
    oldest->of = *of;
    oldest->used = ++packed->uses;
    packed->made++;
    buf_clear(&oldest->gzip);
    buf_append_bytes(&oldest->gzip, gzip);
    (void)pthread_mutex_unlock(&packed->lock);
}

static bool pack(struct packed_bodies *packed, struct bytes body, struct buf *out)
{
    const struct hash of = hash_of(TAG_CONTENT, body);

    if (packed != NULL && copy_kept(packed, &of, out)) {
        return true;
    }
    if (!make(out, body)) {
        return false;
    }
    if (packed != NULL) {
        keep(packed, &of, buf_bytes(out));
    }
    return true;
}

void packed_send(struct packed_bodies *packed, const struct request *request, struct answer *answer)
{
    struct buf gzip = BUF_EMPTY;

    if (!answer->is_public || answer->http >= 400) {
        return;
    }
    answer_header(answer, "Vary", "Accept-Encoding");
    if (!packed_accepted(request->header(request->connection, "Accept-Encoding"))) {
        return;
    }
    if (answer->http == 304) {
        answer_tag_variant(answer, "gzip");
    } else if (answer->body.size >= PACKED_FROM_BYTES &&
               pack(packed, buf_bytes(&answer->body), &gzip)) {
        answer_tag_variant(answer, "gzip");
        answer_header(answer, "Content-Encoding", "gzip");
        answer_replace(answer, &gzip);
    }
    buf_free(&gzip);
}
