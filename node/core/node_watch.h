/* node_watch - the watch (watch.h) of this node: what it is told, and what it sees of its own.
 *
 *   beat of a division below --node_watch_take--> watch
 *   each WATCH_ALARMS_MS, and after news: node_watch_step --> alarms about divisions below, and
 *                                                             links that went down or came back,
 *                                                             and who was served by whom
 *   somebody asks:        node_watch_views
 *
 * A direct child whose link is down is alarmed by that link (replicator/session/link.h); what is
 * further below, here.
 *
 * Owns:   the watch, the spells of links, and those of being served. Thread: the loop thread.
 * Units: *_ms is mono. */
#ifndef TERRACE_NODE_CORE_NODE_WATCH_H
#define TERRACE_NODE_CORE_NODE_WATCH_H

#include "node/core/link_spells.h"
#include "node/core/served_spells.h"
#include "node/core/watch.h"

struct node;

struct node_watch {
    struct watch *watch;
    struct link_spells *spells;
    struct served_spells *served;
    uint64_t looked_ms;
    bool news; /* since */
};

void node_watch_open(struct node *node);
/* Both sorts of spells, from the store. Errors: ERR_CORRUPT, and those of the store. */
enum status node_watch_load(struct node *node, struct err *err);
void node_watch_close(struct node *node);

/* As watch_take, while a link is served. */
bool node_watch_take(struct node *node, const struct beat_report *report);
/* A link of this node changed its state: it is looked at soon. */
void node_watch_link_changed(struct node *node);
/* Raises and clears the alarms about divisions below, and notes what links do, where it is time. */
void node_watch_step(struct node *node);
/* This node first, then every division below by code; mem_free them. */
struct division_view *node_watch_views(struct node *node, size_t *count);

/* Those below in one word. */
struct watch_summary {
    size_t divisions, well;
    struct division_view worst; /* state DIVISION_WELL: all are well */
};
/* Takes one more division into a summary that began with zeros. */
void watch_summary_add(struct watch_summary *summary, const struct division_view *view);
void node_watch_summary(struct node *node, struct watch_summary *out);

#endif
