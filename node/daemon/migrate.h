/* migrate - brings the store of a home that does not run from the schema of an earlier version to
 * that of this one, a step after the other.
 *
 *   look --> refused: it runs, it is damaged, it is of a newer version, a step would lose something
 *        --> said: what is to be done, with how much; a dry run ends here
 *        --> HOME/store.schema-N, a copy of the store as it was, of links to its files
 *        --> step_begin ... step_end, for each: no other version opens it in between
 *
 * What a step does may be done twice, so a run that was cut off is run again and goes on. What is
 * made of the logs is never changed by a step but forgotten, and made of them once more: a step of
 * that sort loses nothing as long as each log is whole, which is looked at before.
 *
 *   schema 1   up to the versions before formats were kept
 *   schema 2   LOCAL_RULES says by which rules rows of ledgers were made (node/core/rebuild.h)
 *
 * Thread: the main one, before there are others. */
#ifndef TERRACE_NODE_DAEMON_MIGRATE_H
#define TERRACE_NODE_DAEMON_MIGRATE_H

#include <stdbool.h>

#include "node/text/text.h"

struct migrate_options {
    const char *home;
    enum language language; /* of what is said, on stdout */
    bool dry_run;           /* say what would be done, and change no row */
    bool no_copy;           /* keep no copy of the store */
};

/* Errors: ERR_BUSY (the home's daemon runs), ERR_REFUSED (a step would lose something; the home is
 * damaged), ERR_NEEDS_UPGRADE (the store is of a newer version), ERR_DISK_FULL, ERR_NOT_FOUND (no
 * home there), ERR_CONFIG, and those of the store. */
enum status migrate_home(const struct migrate_options *options, struct err *err);

#endif
