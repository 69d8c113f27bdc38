#include "node/api/served_json.h"

static void take_name(char out[NAME_BYTES_MAX + 1], const struct member *member)
{
    if (member != NULL) {
        memcpy(out, member->grant.name, NAME_BYTES_MAX + 1);
    }
}

struct served_line served_line_of(const struct roster *roster, const struct served_spell *spell,
                                  uint64_t held_lsn)
{
    const struct member *member = roster_find(roster, spell->division);
    struct served_line line = {.spell = *spell, .held_lsn = held_lsn};

    if (member != NULL) {
        line.parent = member->grant.parent;
        take_name(line.parent_name, roster_find(roster, line.parent));
    }
    take_name(line.name, member);
    take_name(line.by_name, roster_find(roster, spell->by));
    return line;
}

void out_served(struct json_out *out, const struct served_line *line, uint64_t now_unix_ms)
{
    const struct served_spell *spell = &line->spell;
    const uint64_t end_ms = spell->ended_unix_ms == 0 ? now_unix_ms : spell->ended_unix_ms;

    out_open(out, NULL, '{');
    out_text(out, "division", spell->division.code);
    out_text(out, "name", line->name);
    out_text(out, "by", spell->by.code);
    out_text(out, "by_name", line->by_name);
    out_text(out, "parent", line->parent.code);
    out_text(out, "parent_name", line->parent_name);
    out_time(out, "since", spell->began_unix_ms);
    out_time(out, "until", spell->ended_unix_ms);
    out_count(out, "seconds",
              end_ms > spell->began_unix_ms ? (end_ms - spell->began_unix_ms) / 1000 : 0);
    out_count(out, "lsn", spell->lsn);
    out_count(out, "held_lsn", line->held_lsn);
    out_bool(out, "caught_up", line->held_lsn >= spell->lsn);
    out_close(out, '}');
}
