#include "node/core/watch.h"

#include <assert.h>

#include "proto/array.h"

struct word { /* the newest of one division */
    uint64_t sequence, heard_ms, heard_unix_ms, made_unix_ms, lsn;
    uint64_t steady_ms; /* heard again and again since */
    uint64_t behind_ms; /* its log is not wholly here since; 0: it is */
    uint64_t held_lsn;  /* it was here up to there by then */
    uint64_t stands_ms; /* ... and no more of it has come since; 0: all of it is here */
    bool has_health;
    struct health health;
};

/* The codes stand side by side: a search among thousands looks at them and at nothing else. */
struct named_word {
    struct division division;
    struct word *word;
};

struct watch {
    struct named_word *words; /* sorted by division */
    size_t count, capacity;
};

struct watch *watch_open(void)
{
    return mem_zalloc(sizeof(struct watch));
}

void watch_close(struct watch *watch)
{
    if (watch == NULL) {
        return;
    }
    for (size_t i = 0; i < watch->count; i++) {
        mem_free(watch->words[i].word);
    }
    mem_free(watch->words);
    mem_free(watch);
}

/* --- words --- */

static int compare_word(const void *key, const void *item)
{
    return division_compare(*(const struct division *)key,
                            ((const struct named_word *)item)->division);
}

static struct word *find_word(const struct watch *watch, struct division division, size_t *at)
{
    *at = ARRAY_LOWER_BOUND(watch->words, watch->count, &division, compare_word);
    return *at < watch->count && compare_word(&division, &watch->words[*at]) == 0
               ? watch->words[*at].word
               : NULL;
}

static bool is_fresh(const struct watch_scene *scene, const struct word *word)
{
    return word != NULL && scene->now_ms - word->heard_ms <= scene->fresh_ms;
}

static struct word *word_for(struct watch *watch, struct division division)
{
    size_t at;
    struct word *word = find_word(watch, division, &at);

    if (word == NULL) {
        word = mem_zalloc(sizeof *word);
        ARRAY_GAP(watch->words, watch->count, watch->capacity, at);
        watch->words[at] = (struct named_word){division, word};
    }
    return word;
}

/* Said again, or kept back: it tells nothing about now. But a node that starts again with its
 * clock set back counts from below. */
static bool is_old(const struct watch_scene *scene, const struct word *word,
                   const struct beat_report *report)
{
    return word->heard_ms != 0 && report->sequence <= word->sequence && is_fresh(scene, word);
}

static void take_health(struct word *word, const struct beat_report *report, bool *news)
{
    struct health health;
    struct err err;

    if (report->health.size == 0 || health_decode(&health, report->health, &err) != OK) {
        *news = word->has_health;
        word->has_health = false;
        return;
    }
    *news = !word->has_health || health_is_news(&word->health, &health);
    word->has_health = true;
    word->health = health;
}

/* What it tells of, and what has come of it. Whoever was silent can have sent nothing meanwhile. */
static void note_arrival(struct word *word, uint64_t now_ms, uint64_t held_lsn, bool was_silent)
{
    if (word->lsn <= held_lsn) {
        word->behind_ms = word->stands_ms = 0;
    } else {
        word->behind_ms = word->behind_ms == 0 ? now_ms : word->behind_ms;
        if (word->stands_ms == 0 || was_silent || held_lsn != word->held_lsn) {
            word->stands_ms = now_ms;
        }
    }
    word->held_lsn = held_lsn;
}

bool watch_take(struct watch *watch, const struct watch_scene *scene,
                const struct beat_report *report, uint64_t held_lsn)
{
    struct word *word = word_for(watch, report->division);
    const bool was_silent = !is_fresh(scene, word) || word->heard_ms == 0;
    bool news;

    if (is_old(scene, word, report)) {
        return false;
    }
    if (was_silent) {
        word->steady_ms = scene->now_ms;
    }
    take_health(word, report, &news);
    word->sequence = report->sequence;
    word->made_unix_ms = report->unix_ms;
    word->heard_ms = scene->now_ms;
    word->heard_unix_ms = scene->now_unix_ms;
    word->lsn = report->lsn;
    note_arrival(word, scene->now_ms, held_lsn, was_silent);
    return news || was_silent;
}

/* --- links --- */

static const struct health_child *find_link(const struct health_child *links, size_t count,
                                            struct division division)
{
    for (size_t i = 0; i < count; i++) {
        if (division_equal(links[i].division, division)) {
            return &links[i];
        }
    }
    return NULL;
}

/* What is known of the link between a member and its parent. */
struct link_seen {
    bool is_down;
    uint32_t seconds;
    enum health_link why;
};

static struct link_seen own_link(const struct watch_scene *scene, struct division division)
{
    const struct health_child *child = find_link(scene->links, scene->link_count, division);

    return child == NULL ? (struct link_seen){false, 0, HEALTH_LINK_DOWN}
                         : (struct link_seen){true, child->seconds, child->why};
}

/* By the parent's word, unless the division itself was heard later than that. */
static struct link_seen told_link(const struct watch *watch, const struct watch_scene *scene,
                                  const struct word *of, struct division division,
                                  struct division parent)
{
    struct link_seen seen = {false, 0, HEALTH_LINK_DOWN};
    const struct health_child *child;
    const struct word *told;
    size_t at;

    told = find_word(watch, parent, &at);
    if (told == NULL || !told->has_health ||
        (is_fresh(scene, of) && of->heard_ms > told->heard_ms)) {
        return seen;
    }
    child = find_link(told->health.down, told->health.down_listed, division);
    if (child != NULL) {
        seen = (struct link_seen){
            true, child->seconds + (uint32_t)((scene->now_ms - told->heard_ms) / 1000), child->why};
    } else { /* it lists only so many */
        seen.is_down = told->health.down_count > told->health.down_listed && !is_fresh(scene, of);
    }
    return seen;
}

/* A link that has not been open yet is not cut, for as long as a first word may take. */
static bool is_awaited(const struct watch_scene *scene, enum health_link why, uint32_t seconds)
{
    return why == HEALTH_LINK_NEW && (uint64_t)seconds * 1000 <= scene->fresh_ms;
}

static struct link_seen see_link(const struct watch *watch, const struct watch_scene *scene,
                                 const struct member *member)
{
    struct link_seen seen;
    size_t at;

    seen = division_equal(member->grant.parent, scene->self)
               ? own_link(scene, member->grant.division)
               : told_link(watch, scene, find_word(watch, member->grant.division, &at),
                           member->grant.division, member->grant.parent);
    seen.is_down = seen.is_down && !is_awaited(scene, seen.why, seen.seconds);
    return seen;
}

/* It, or this node, came a moment ago: nothing can have been heard of it. */
static bool is_joining(const struct watch *watch, const struct watch_scene *scene,
                       const struct member *member)
{
    const struct link_seen seen = see_link(watch, scene, member);
    const uint64_t granted_ms = member->grant.time_ms;

    return (!seen.is_down && seen.why == HEALTH_LINK_NEW) ||
           scene->watching_ms <= scene->fresh_ms ||
           (granted_ms <= scene->now_unix_ms && scene->now_unix_ms - granted_ms <= scene->fresh_ms);
}

/* --- judging --- */

static int64_t absolute(int64_t value)
{
    return value < 0 ? -value : value;
}

/* How it is by its own word, which is fresh. */
static enum division_state state_by_word(const struct division_view *view, bool is_behind)
{
    const struct health *health = &view->health;
    const enum alarm_severity worst =
        health->worst.code == ALARM_NONE
            ? ALARM_INFO
            : alarm_info((enum alarm_code)health->worst.code)->severity;

    if ((health->condition & HEALTH_DAMAGED) != 0) {
        return DIVISION_DAMAGED;
    }
    if ((health->condition & HEALTH_FULL) != 0) {
        return DIVISION_FULL;
    }
    if (worst >= ALARM_ERROR) {
        return DIVISION_FAULT;
    }
    if (absolute(view->clock_ahead_ms) > WATCH_CLOCK_S * 1000) {
        return DIVISION_CLOCK;
    }
    if (is_behind) {
        return DIVISION_BEHIND;
    }
    return worst == ALARM_WARNING ? DIVISION_WARNING : DIVISION_WELL;
}

/* Its own measure is the better one; without it, or where it is older than what its beats show,
 * the time of its newest beat tells. */
static int64_t clock_of(const struct word *word)
{
    const int64_t shown = (int64_t)(word->made_unix_ms - word->heard_unix_ms);

    return absolute(shown) > WATCH_LATE_S * 1000 ? shown : word->health.clock_ahead_ms;
}

static void add_word(const struct watch_scene *scene, const struct word *word,
                     struct division_view *out)
{
    out->is_heard = true;
    out->age_s = (uint32_t)((scene->now_ms - word->heard_ms) / 1000);
    out->as_of_unix_ms = word->made_unix_ms;
    out->lsn = word->lsn;
    out->clock_ahead_ms = clock_of(word);
    out->health = word->health;
}

/* A link on the way to a division that is not heard itself counts as down, too, where nothing comes
 * over it. */
static struct link_seen see_way(const struct watch *watch, const struct watch_scene *scene,
                                const struct member *member)
{
    struct link_seen seen = see_link(watch, scene, member);
    const struct word *word;
    size_t at;

    word = find_word(watch, member->grant.division, &at);
    if (!seen.is_down && !is_fresh(scene, word) && !is_joining(watch, scene, member)) {
        seen.is_down = true;
        seen.seconds =
            (uint32_t)((word == NULL ? scene->watching_ms : scene->now_ms - word->heard_ms) / 1000);
    }
    return seen;
}

/* Who serves it in its parent's place, by its own word, on the way to self; NULL: nobody. */
static const struct member *served_by(const struct watch *watch, const struct watch_scene *scene,
                                      const struct member *member)
{
    const struct word *word;
    size_t at;

    word = find_word(watch, member->grant.division, &at);
    if (!is_fresh(scene, word) || !word->has_health ||
        division_equal(word->health.served_by, member->grant.division) || /* no way up */
        !roster_within(scene->roster, member->grant.division, word->health.served_by) ||
        !roster_within(scene->roster, word->health.served_by, scene->self)) {
        return NULL;
    }
    return roster_find(scene->roster, word->health.served_by);
}

/* Of the links on the way to `member` that are down, the nearest to self, or NULL: what is below it
 * is not known. */
static const struct member *find_broken(const struct watch *watch, const struct watch_scene *scene,
                                        const struct member *member, bool is_heard,
                                        struct link_seen *seen)
{
    const struct member *broken = NULL, *next;

    for (const struct member *at = member;
         at != NULL && !division_equal(at->grant.division, scene->self); at = next) {
        struct link_seen link;

        next = served_by(watch, scene, at);
        if (next != NULL) {
            continue;
        }
        next = at->parent;
        link = at == member || is_heard ? see_link(watch, scene, at) : see_way(watch, scene, at);
        if (link.is_down) {
            broken = at;
            *seen = link;
        }
    }
    return broken;
}

static void say_broken(const struct member *broken, const struct link_seen *seen, bool is_own,
                       struct division_view *out)
{
    out->broken = broken->grant.division;
    out->above = broken->grant.parent;
    out->since_s = seen->seconds;
    out->is_incompatible = seen->why == HEALTH_LINK_INCOMPATIBLE;
    out->state = !is_own                           ? DIVISION_UNKNOWN
                 : seen->why == HEALTH_LINK_PAUSED ? DIVISION_PAUSED
                                                   : DIVISION_OFF_LINE;
}

/* For how long something could have come from below this member's parent. */
static uint64_t way_open_ms(const struct watch *watch, const struct watch_scene *scene,
                            const struct member *member)
{
    const struct word *parent;
    size_t at;

    if (division_equal(member->grant.parent, scene->self)) {
        return scene->watching_ms;
    }
    parent = find_word(watch, member->grant.parent, &at);
    return is_fresh(scene, parent) ? scene->now_ms - parent->steady_ms : 0;
}

/* Its link is up as far as anybody says, but nothing is heard of it: that means something once the
 * way has been open for so long that a beat had to come. */
static void say_silent(const struct watch *watch, const struct watch_scene *scene,
                       const struct member *member, struct division_view *out)
{
    const uint64_t open_ms = way_open_ms(watch, scene, member);
    const uint32_t open_s = (uint32_t)(open_ms / 1000);

    out->above = member->grant.parent;
    out->state = open_ms <= scene->fresh_ms || is_joining(watch, scene, member) ? DIVISION_UNKNOWN
                                                                                : DIVISION_OFF_LINE;
    if (out->state == DIVISION_OFF_LINE) {
        out->since_s = out->is_heard && out->age_s < open_s ? out->age_s : open_s;
    }
}

/* What an ancestor said is known, wherever the division is. */
static bool say_revoked(const struct watch_scene *scene, struct division_view *out)
{
    struct revocation word;

    if (!roster_revoked(scene->roster, out->division, &word)) {
        return false;
    }
    out->state = DIVISION_REVOKED;
    out->above = word.by;
    out->broken = DIVISION_NONE;
    out->since_s = scene->now_unix_ms > word.time_ms
                       ? (uint32_t)((scene->now_unix_ms - word.time_ms) / 1000)
                       : 0;
    return true;
}

/* Whatever else is to be seen to there waits for nobody. */
static void say_served(struct division_view *out)
{
    if (!division_is_none(out->health.served_by) && out->state < DIVISION_SERVED) {
        out->state = DIVISION_SERVED;
        out->above = out->parent;
        out->since_s = out->health.served_s;
    }
}

void watch_view(const struct watch *watch, const struct watch_scene *scene,
                struct division division, uint64_t held_lsn, struct division_view *out)
{
    const struct member *member = roster_find(scene->roster, division), *broken;
    struct link_seen seen = {false, 0, HEALTH_LINK_DOWN};
    const struct word *word;
    bool is_behind;
    size_t at;

    assert(member != NULL);
    *out = (struct division_view){
        .division = division, .parent = member->grant.parent, .held_lsn = held_lsn};
    word = find_word(watch, division, &at);
    if (word != NULL) {
        add_word(scene, word, out);
    }
    if (say_revoked(scene, out)) {
        return;
    }
    broken = find_broken(watch, scene, member, is_fresh(scene, word), &seen);
    if (broken != NULL &&
        !(is_fresh(scene, word) && (out->health.condition & HEALTH_READING_ONLY) != 0)) {
        say_broken(broken, &seen, broken == member, out);
        return;
    }
    if (!is_fresh(scene, word)) {
        say_silent(watch, scene, member, out);
        return;
    }
    is_behind = word->lsn > held_lsn && word->behind_ms != 0 &&
                scene->now_ms - word->behind_ms > WATCH_BEHIND_S * 1000;
    if (word->lsn > held_lsn && word->stands_ms != 0 && held_lsn == word->held_lsn) {
        out->stands_s = (uint32_t)((scene->now_ms - word->stands_ms) / 1000);
    }
    out->state = state_by_word(out, is_behind);
    out->since_s =
        out->state == DIVISION_BEHIND ? (uint32_t)((scene->now_ms - word->behind_ms) / 1000)
        : out->state == DIVISION_FAULT || out->state == DIVISION_WARNING ? out->health.worst.seconds
                                                                         : 0;
    say_served(out);
}

void watch_view_self(const struct watch_scene *scene, const struct health *health,
                     const struct health_child *up, struct division parent,
                     struct division_view *out)
{
    *out = (struct division_view){.division = scene->self,
                                  .parent = parent,
                                  .is_heard = true,
                                  .as_of_unix_ms = scene->now_unix_ms,
                                  .clock_ahead_ms = health->clock_ahead_ms,
                                  .health = *health};
    if (say_revoked(scene, out)) {
        return;
    }
    out->state = state_by_word(out, health->unconfirmed_s > WATCH_BEHIND_S);
    if (out->state == DIVISION_BEHIND) {
        out->since_s = health->unconfirmed_s;
    } else if (out->state == DIVISION_FAULT || out->state == DIVISION_WARNING) {
        out->since_s = health->worst.seconds;
    }
    say_served(out);
    if (up != NULL && division_is_none(health->served_by) && out->state < DIVISION_OFF_LINE &&
        !is_awaited(scene, up->why, up->seconds)) {
        out->state = up->why == HEALTH_LINK_PAUSED ? DIVISION_PAUSED : DIVISION_OFF_LINE;
        out->broken = scene->self;
        out->above = parent;
        out->since_s = up->seconds;
        out->is_incompatible = up->why == HEALTH_LINK_INCOMPATIBLE;
    }
}

/* --- names --- */

const char *division_state_name(enum division_state state)
{
    static const char *const names[DIVISION_STATES] = {
        [DIVISION_WELL] = "well",         [DIVISION_WARNING] = "warning",
        [DIVISION_BEHIND] = "behind",     [DIVISION_PAUSED] = "paused",
        [DIVISION_CLOCK] = "clock",       [DIVISION_UNKNOWN] = "unknown",
        [DIVISION_OFF_LINE] = "off_line", [DIVISION_FAULT] = "fault",
        [DIVISION_FULL] = "full",         [DIVISION_DAMAGED] = "damaged",
        [DIVISION_REVOKED] = "revoked",   [DIVISION_SERVED] = "served",
    };

    assert(state < DIVISION_STATES);
    return names[state];
}

const char *division_state_health(enum division_state state)
{
    return state == DIVISION_WELL      ? "good"
           : state == DIVISION_UNKNOWN ? "unknown"
           : state >= DIVISION_FAULT   ? "fault"
                                       : "attention";
}
