/* routes_choices - what a form offers while somebody types.
 *
 *   GET /codes/SET?q=&year=&division=    SET is a code set, agency, project, bank_account or
 * division GET /indicators?q=&kind=&year=       lines; with `kind` those that it can take money
 * from
 *
 * `q` is looked for at the beginning of a code, anywhere in a name, and as the first letters of its
 * pinyin. Both answer in pages (page.h) in the order of the codes; a page that has looked at enough
 * ends, also empty, and says where to go on.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_CHOICES_H
#define TERRACE_NODE_API_ROUTES_CHOICES_H

#include "node/api/api.h"

route_fn get_codes, get_indicators;

#endif
