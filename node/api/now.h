/* now - the API's clock: how old a session is, and how long ago a neighbour was heard. Nothing in
 * a ledger depends on it. Thread: any. */
#ifndef TERRACE_NODE_API_NOW_H
#define TERRACE_NODE_API_NOW_H

#include <stdint.h>

uint64_t now_mono_ms(void);
uint64_t now_unix_ms(void);

#endif
