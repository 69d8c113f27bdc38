#include "node/api/metrics_divisions.h"

enum division_value {
    DIVISION_IS_WELL,
    DIVISION_IS_KNOWN,
    DIVISION_WORD_AGE,
    DIVISION_LAG_ENTRIES,
    DIVISION_LAG,
    DIVISION_BACKLOG,
};

/* What a division says itself is there once it was heard. */
static const struct division_family {
    const char *name, *help;
    enum division_value value;
    bool is_said;
} families[] = {
    {"terrace_division_well", "1 while this division below is well.", DIVISION_IS_WELL, false},
    {"terrace_division_known",
     "0 while a link above this division is down, and so nothing is known of it.",
     DIVISION_IS_KNOWN, false},
    {"terrace_division_word_age_seconds", "Since it last said how it is.", DIVISION_WORD_AGE, true},
    {"terrace_division_lag_entries", "Entries of its log that are not held here.",
     DIVISION_LAG_ENTRIES, true},
    {"terrace_division_lag_seconds",
     "Age of its oldest entry that the root has not said it holds, by its own word; 0: none.",
     DIVISION_LAG, true},
    {"terrace_division_backlog_yuan", "Money in what its parent has not confirmed to it.",
     DIVISION_BACKLOG, true},
};

static void write_value(struct metrics_text *out, enum division_value value,
                        const struct metric_label *labels, const struct division_view *view)
{
    switch (value) {
    case DIVISION_IS_WELL:
        metric_count(out, labels, view->state == DIVISION_WELL);
        return;
    case DIVISION_IS_KNOWN:
        metric_count(out, labels, view->state != DIVISION_UNKNOWN);
        return;
    case DIVISION_WORD_AGE:
        metric_ms(out, labels, (int64_t)view->age_s * 1000);
        return;
    case DIVISION_LAG_ENTRIES:
        metric_count(out, labels, view->lsn > view->held_lsn ? view->lsn - view->held_lsn : 0);
        return;
    case DIVISION_LAG:
        metric_ms(out, labels, (int64_t)view->health.unconfirmed_s * 1000);
        return;
    case DIVISION_BACKLOG:
        metric_yuan(out, labels, view->health.backlog_fen);
        return;
    }
}

void metric_divisions(struct metrics_text *out, const struct division_view *views, size_t count)
{
    for (size_t i = 0; i < COUNT_OF(families) && count > 0; i++) {
        metric_family(out, families[i].name, "gauge", families[i].help);
        for (size_t j = 0; j < count; j++) {
            const struct metric_label labels[] = {{"division", views[j].division.code},
                                                  {NULL, NULL}};

            if (views[j].is_heard || !families[i].is_said) {
                write_value(out, families[i].value, labels, &views[j]);
            }
        }
    }
}
