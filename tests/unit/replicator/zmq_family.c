#include "tests/unit/replicator/zmq_family.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include "proto/frame.h"

/* --- a parent and its children in one process --- */

uint64_t real_mono_ms(void *self)
{
    struct timespec now;

    (void)self;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t some_random(void *self)
{
    (void)self;
    return 0; /* the shortest redial */
}

const struct clock clock_real = {
    .mono_ms = real_mono_ms, .unix_ms = real_mono_ms, .random = some_random};

bool admit(void *arg, const uint8_t curve_key[32], struct division *who)
{
    const struct family *family = arg;

    for (int i = 0; i < CHILDREN; i++) {
        if (family->enrolled[i] && !family->revoked[i] &&
            memcmp(curve_key, family->children[i].key.public, 32) == 0) {
            *who = family->codes[i];
            return true;
        }
    }
    return false;
}

/* The key of a former child is over, and he is told so. */
static bool visits(void *arg, const uint8_t curve_key[32], struct division *who)
{
    const struct family *family = arg;

    for (int i = 0; i < CHILDREN; i++) {
        if (family->former[i] && memcmp(curve_key, family->children[i].key.public, 32) == 0) {
            *who = family->codes[i];
            return true;
        }
    }
    return false;
}

bool still(void *arg, const uint8_t curve_key[32], struct division who)
{
    struct division now;

    return admit(arg, curve_key, &now) && division_equal(now, who);
}

static void open_side(struct side *side, struct family *family, size_t frame_bytes_max)
{
    const struct transport_zmq_config config = {
        .key = &side->key,
        .clock = &clock_real,
        .frame_bytes_max = frame_bytes_max,
        .redial_ms = REDIAL_MS,
        .admit = admit,
        .visits = visits,
        .still = still,
        .arg = family,
    };
    struct err err;

    curve_key_generate(&side->key);
    assert_int_equal(transport_zmq_open(&side->transport, &config, &err), OK);
    side->seam = transport_zmq_seam(side->transport);
}

void dial(struct family *family, int child)
{
    struct err err;

    if (transport_zmq_connect(family->children[child].transport, family->parent_code,
                              transport_zmq_address(family->parent.transport),
                              family->parent.key.public, &err) != OK) {
        fail_msg("%s", err.text);
    }
}

int set_up(void **state)
{
    static const char *const codes[CHILDREN] = {"540121", "540122", "540123"};
    struct family *family = mem_zalloc(sizeof *family);
    struct err err;

    assert_int_equal(crypto_init(&err), OK);
    family->parent_code = division_of("540100");
    open_side(&family->parent, family, 0);
    for (int i = 0; i < CHILDREN; i++) {
        family->codes[i] = division_of(codes[i]);
        family->enrolled[i] = true;
        open_side(&family->children[i], family, 2 * FRAME_BYTES_MAX);
    }
    if (transport_zmq_listen(family->parent.transport, "tcp://127.0.0.1:0", &err) != OK) {
        fail_msg("%s", err.text);
    }
    *state = family;
    return 0;
}

int tear_down(void **state)
{
    struct family *family = *state;

    for (int i = 0; i < CHILDREN; i++) {
        transport_zmq_close(family->children[i].transport);
    }
    transport_zmq_close(family->parent.transport);
    buf_free(&family->frame);
    mem_free(family);
    return 0;
}

bool give(struct side *side, struct division to, const char *text)
{
    return side->seam.ops->send(side->seam.self, to, bytes_text(text));
}

bool take(struct family *family, struct side *side, struct division *from)
{
    return side->seam.ops->receive(side->seam.self, from, &family->frame);
}

bool turn_until(struct family *family, int child, condition_fn *done)
{
    const uint64_t deadline_ms = real_mono_ms(NULL) + DEADLINE_MS;

    while (real_mono_ms(NULL) < deadline_ms) {
        if (done(family, child)) {
            return true;
        }
        transport_zmq_wait(family->parent.transport, NULL, 0, TURN_MS);
        transport_zmq_wait(family->children[child].transport, NULL, 0, 0);
    }
    return false;
}

bool child_can_send(struct family *family, int child)
{
    return give(&family->children[child], family->parent_code, "up");
}

bool parent_hears(struct family *family, int child)
{
    struct division from;

    return take(family, &family->parent, &from) && division_equal(from, family->codes[child]);
}

bool child_hears(struct family *family, int child)
{
    struct division from;

    return take(family, &family->children[child], &from) &&
           division_equal(from, family->parent_code);
}

bool parent_refused_a_key(struct family *family, int child)
{
    (void)child;
    return transport_zmq_counts(family->parent.transport).refused_keys > 1; /* 1: the self-test */
}

void join(struct family *family, int child)
{
    dial(family, child);
    assert_true(turn_until(family, child, child_can_send));
    assert_true(turn_until(family, child, parent_hears));
}
