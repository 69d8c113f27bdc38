/* test_peer - every state with every event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "replicator/session/peer.h"

enum { SAME = -1 }; /* DO_DROP, and the state stays */

static void every_state_answers_every_event(void **state)
{
    static const struct {
        int to;
        enum peer_action action;
    } want[PEER_STATES][PEER_EVENTS] = {
        [PEER_DOWN] =
            {
                [EV_DIAL] = {PEER_HANDSHAKE, DO_HELLO},
                [EV_HELLO] = {PEER_LIVE, DO_WELCOME},
                [EV_WELCOME] = {SAME, DO_DROP},
                [EV_OVER] = {SAME, DO_DROP},
                [EV_HOLD] = {SAME, DO_DROP},
                [EV_RELEASE] = {SAME, DO_DROP},
                [EV_PAUSE] = {PEER_PAUSED, DO_CLOSE},
                [EV_RESUME] = {SAME, DO_DROP},
                [EV_INCOMPATIBLE] = {PEER_REFUSED, DO_CLOSE},
            },
        [PEER_HANDSHAKE] =
            {
                [EV_DIAL] = {PEER_HANDSHAKE, DO_HELLO},
                [EV_HELLO] = {SAME, DO_DROP},
                [EV_WELCOME] = {PEER_LIVE, DO_OPEN},
                [EV_OVER] = {PEER_DOWN, DO_CLOSE},
                [EV_HOLD] = {SAME, DO_DROP},
                [EV_RELEASE] = {SAME, DO_DROP},
                [EV_PAUSE] = {PEER_PAUSED, DO_CLOSE},
                [EV_RESUME] = {SAME, DO_DROP},
                [EV_INCOMPATIBLE] = {PEER_REFUSED, DO_CLOSE},
            },
        [PEER_LIVE] =
            {
                [EV_DIAL] = {SAME, DO_DROP},
                [EV_HELLO] = {PEER_LIVE, DO_WELCOME},
                [EV_WELCOME] = {SAME, DO_DROP},
                [EV_OVER] = {PEER_DOWN, DO_CLOSE},
                [EV_HOLD] = {PEER_HELD, DO_NOTHING},
                [EV_RELEASE] = {SAME, DO_DROP},
                [EV_PAUSE] = {PEER_PAUSED, DO_CLOSE},
                [EV_RESUME] = {SAME, DO_DROP},
                [EV_INCOMPATIBLE] = {PEER_REFUSED, DO_CLOSE},
            },
        [PEER_HELD] =
            {
                [EV_DIAL] = {SAME, DO_DROP},
                [EV_HELLO] = {PEER_HELD, DO_WELCOME},
                [EV_WELCOME] = {SAME, DO_DROP},
                [EV_OVER] = {PEER_DOWN, DO_CLOSE},
                [EV_HOLD] = {SAME, DO_DROP},
                [EV_RELEASE] = {PEER_LIVE, DO_NOTHING},
                [EV_PAUSE] = {PEER_PAUSED, DO_CLOSE},
                [EV_RESUME] = {SAME, DO_DROP},
                [EV_INCOMPATIBLE] = {PEER_REFUSED, DO_CLOSE},
            },
        [PEER_PAUSED] =
            {
                [EV_DIAL] = {SAME, DO_DROP},
                [EV_HELLO] = {SAME, DO_DROP},
                [EV_WELCOME] = {SAME, DO_DROP},
                [EV_OVER] = {SAME, DO_DROP},
                [EV_HOLD] = {SAME, DO_DROP},
                [EV_RELEASE] = {SAME, DO_DROP},
                [EV_PAUSE] = {SAME, DO_DROP},
                [EV_RESUME] = {PEER_DOWN, DO_NOTHING},
                [EV_INCOMPATIBLE] = {SAME, DO_DROP},
            },
        [PEER_REFUSED] =
            {
                [EV_DIAL] = {PEER_HANDSHAKE, DO_HELLO},
                [EV_HELLO] = {PEER_LIVE, DO_WELCOME},
                [EV_WELCOME] = {SAME, DO_DROP},
                [EV_OVER] = {SAME, DO_DROP},
                [EV_HOLD] = {SAME, DO_DROP},
                [EV_RELEASE] = {SAME, DO_DROP},
                [EV_PAUSE] = {PEER_PAUSED, DO_CLOSE},
                [EV_RESUME] = {SAME, DO_DROP},
                [EV_INCOMPATIBLE] = {SAME, DO_DROP},
            },
    };

    (void)state;
    for (int from = 0; from < PEER_STATES; from++) {
        for (int event = 0; event < PEER_EVENTS; event++) {
            enum peer_state now = (enum peer_state)from;
            const enum peer_action action = peer_step(&now, (enum peer_event)event);
            const int to = want[from][event].to == SAME ? from : want[from][event].to;
            if (action != want[from][event].action || (int)now != to) {
                fail_msg("%s on %s: to %s with %d, want %s with %d",
                         peer_state_name((enum peer_state)from),
                         peer_event_name((enum peer_event)event), peer_state_name(now), action,
                         peer_state_name((enum peer_state)to), want[from][event].action);
            }
        }
    }
}

static void every_name_is_told_and_no_number_is_trusted(void **state)
{
    (void)state;
    for (int i = 0; i < PEER_STATES; i++) {
        assert_string_not_equal(peer_state_name((enum peer_state)i), "unknown");
    }
    for (int i = 0; i < PEER_EVENTS; i++) {
        assert_string_not_equal(peer_event_name((enum peer_event)i), "unknown");
    }
    assert_string_equal(peer_state_name(PEER_STATES), "unknown");
    assert_string_equal(peer_event_name(PEER_EVENTS), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_answers_every_event),
        cmocka_unit_test(every_name_is_told_and_no_number_is_trusted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
