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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_words_leave_in_frames_that_are_taken),
        cmocka_unit_test(what_no_true_word_can_be_does_not_wait),
    };

    return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
