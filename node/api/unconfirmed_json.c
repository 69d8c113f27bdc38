#include "node/api/unconfirmed_json.h"

#include <inttypes.h>

static unsigned long long age_s(uint64_t since_unix_ms, uint64_t now_unix_ms)
{
    return since_unix_ms < now_unix_ms ? (now_unix_ms - since_unix_ms) / 1000 : 0;
}

static const char *say(char words[TEXT_BYTES_MAX], const struct unconfirmed *keys,
                       uint64_t now_unix_ms, enum language language)
{
    static const char *const sentences[NEW_KEYS_STATES] = {
        [NEW_KEYS_WAIT] = "new_keys_wait",
        [NEW_KEYS_COUNT_HERE] = "new_keys_count_here",
        [NEW_KEYS_OF_NODE_KEY] = "new_keys_of_node_key",
    };
    const bool is_silent = keys->entries == 0 && keys->state != NEW_KEYS_OF_NODE_KEY;

    return text_say(language, words,
                    "%s division=%s by=%s seconds=%llu entries=%" PRIu64 " oldest=%llu",
                    is_silent ? "new_keys_silent" : sentences[keys->state], keys->division.code,
                    keys->by.code, age_s(keys->since_unix_ms, now_unix_ms), keys->entries,
                    age_s(keys->oldest_unix_ms, now_unix_ms));
}

void out_new_keys(struct json_out *out, const struct unconfirmed *keys, uint64_t now_unix_ms,
                  enum language language)
{
    char words[TEXT_BYTES_MAX];

    out_open(out, NULL, '{');
    out_division(out, "division", keys->division);
    out_count(out, "epoch", keys->epoch);
    out_text(out, "state", new_keys_state_name(keys->state));
    out_time(out, "since", keys->since_unix_ms);
    out_division(out, "by", keys->by);
    out_count(out, "entries", keys->entries);
    out_time(out, "oldest", keys->oldest_unix_ms);
    out_text(out, "sentence", say(words, keys, now_unix_ms, language));
    out_close(out, '}');
}

void out_unconfirmed(struct json_out *out, const struct view *view,
                     const struct roster_snapshot *roster, struct division division,
                     enum scope scope, const struct request *request)
{
    const struct place *place = roster_snapshot_place(roster, division);
    const size_t below = place == NULL || scope == SCOPE_OWN ? 0 : place->inside;
    struct unconfirmed keys;

    out_open(out, "unconfirmed", '[');
    for (size_t i = 0; place != NULL && i <= below; i++) {
        if (unconfirmed_find(view->store, view->snapshot, roster->roster, place[i].division,
                             &keys)) {
            out_new_keys(out, &keys, clock_unix_ms(&request->service->clock), request->language);
        }
    }
    out_close(out, ']');
}
