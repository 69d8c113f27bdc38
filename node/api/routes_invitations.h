/* routes_invitations - who is asked to join below this node, who came, and a person's word for it;
 * and what the grant of one that is there is to say.
 *
 *   POST /invite  GET /invitations  POST /invitations/CODE/accept  /invitations/CODE/withdraw
 *   POST /peers/CODE/amend
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_INVITATIONS_H
#define TERRACE_NODE_API_ROUTES_INVITATIONS_H

#include "node/api/api.h"

route_fn post_invite, get_invitations, post_invitation_accept, post_invitation_withdraw, post_amend;

#endif
