/* test_outbox - signed words of others leave in frames that a neighbour takes, however large those
 * words were made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "replicator/stream/outbox.h"

enum { WORDS = 1000, FRAMES_MAX = 100 };

static struct outbox outbox;

static struct division division_number(int number)
{
    struct division division = {""};

    (void)snprintf(division.code, sizeof division.code, "54%04d", number);
    return division;
}

/* A beat as a neighbour may have made it: the hash takes what is left of `bytes`. */
static void put_beat(int number, size_t bytes)
{
    static uint8_t ballast[1 << 20];
    Terrace__Beat beat = TERRACE__BEAT__INIT;

    beat.has_hash = 1;
    beat.hash = pb_of_bytes(ballast, bytes - 3);
    outbox_beat(&outbox, division_number(number), &beat.base, true);
}

static void put_cosignature(int number, size_t bytes)
{
    static uint8_t ballast[1 << 20];
    Terrace__Cosignature cosignature = TERRACE__COSIGNATURE__INIT;

    cosignature.has_hash = 1;
    cosignature.hash = pb_of_bytes(ballast, bytes - 3);
    outbox_cosignature(&outbox, division_number(number), DIVISION_NONE, &cosignature.base);
}

static void the_largest_words_leave_in_frames_that_are_taken(void **state)
{
    struct buf out = BUF_EMPTY;
    size_t beats = 0, cosignatures = 0, frames = 0;
    struct arena arena;

    (void)state;
    arena_init(&arena, 8 << 20);
    for (int i = 0; i < WORDS; i++) {
        put_beat(i, SIGNED_BYTES_MAX);
        put_cosignature(i, SIGNED_BYTES_MAX);
    }
    while (outbox_signed_due(&outbox)) {
        Terrace__Frame *frame;
        struct err err;

        assert_true(++frames <= FRAMES_MAX);
        buf_clear(&out);
        outbox_append_signed(&outbox, &out);
        assert_int_equal(frame_decode(&frame, &arena, buf_bytes(&out), &err), OK);
        beats += frame->n_beat;
        cosignatures += frame->n_cosignature;
        arena_reset(&arena);
    }
    assert_int_equal(beats, WORDS);
    assert_int_equal(cosignatures, WORDS);
    buf_free(&out);
    arena_free(&arena);
    outbox_free(&outbox);
}

static void what_no_true_word_can_be_does_not_wait(void **state)
{
    struct buf out = BUF_EMPTY;

    (void)state;
    put_beat(1, SIGNED_BYTES_MAX + 1);
    put_beat(2, 1 << 20);
    put_cosignature(3, 1 << 20);
    outbox_append_signed(&outbox, &out);
    assert_int_equal(out.size, 0);
    buf_free(&out);
    outbox_free(&outbox);
}

/* What is full drops what comes then: it is said again. */
static void what_waits_is_bounded(void **state)
{
    const struct division forked = division_number(1), other = division_number(2);
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    struct division author;
    struct arena arena;
    size_t rejects = 0;

    (void)state;
    arena_init(&arena, 1 << 20);
    for (int i = 0; i < REJECTS_MAX + 3; i++) {
        const struct reject reject = {.author = division_number(i), .lsn = (uint64_t)i + 1};

        outbox_reject(&outbox, &reject);
    }
    while (outbox_add_reject(&outbox, &frame, &arena)) {
        assert_in_range(frame.reject->lsn, 1, REJECTS_MAX);
        rejects++;
    }
    assert_int_equal(rejects, REJECTS_MAX);
    outbox_tell_fork(&outbox, forked);
    outbox_tell_fork(&outbox, other);
    outbox_tell_fork(&outbox, forked); /* once */
    assert_true(outbox_take_fork(&outbox, &author) && division_equal(author, other));
    assert_true(outbox_take_fork(&outbox, &author) && division_equal(author, forked));
    assert_false(outbox_take_fork(&outbox, &author));
    for (int i = 0; i < BEATS_WAITING_MAX + 5; i++) {
        put_beat(i, 16);
    }
    assert_int_equal(outbox.beats.count, BEATS_WAITING_MAX);
    put_beat(0, 20); /* a newer one of who waits takes its place */
    assert_int_equal(outbox.beats.count, BEATS_WAITING_MAX);
    arena_free(&arena);
    outbox_free(&outbox);
    memset(&outbox, 0, sizeof outbox);
}

/* However small they are, so many go into one frame; the rest is due at once. */
static void small_words_leave_a_few_hundred_at_a_time(void **state)
{
    enum { BEATS = 600, IN_ONE = 256 };
    struct buf out = BUF_EMPTY;

    (void)state;
    for (int i = 0; i < BEATS; i++) {
        put_beat(i, 16);
    }
    for (size_t left = BEATS; left > 0; left -= left < IN_ONE ? left : IN_ONE) {
        assert_true(outbox_signed_due(&outbox));
        assert_int_equal(outbox.beats.count, left);
        buf_clear(&out);
        outbox_append_signed(&outbox, &out);
    }
    assert_false(outbox_signed_due(&outbox));
    buf_free(&out);
    outbox_free(&outbox);
    memset(&outbox, 0, sizeof outbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_words_leave_in_frames_that_are_taken),
        cmocka_unit_test(what_waits_is_bounded),
        cmocka_unit_test(small_words_leave_a_few_hundred_at_a_time),
        cmocka_unit_test(what_no_true_word_can_be_does_not_wait),
    };

    return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
