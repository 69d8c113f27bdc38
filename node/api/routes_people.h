/* routes_people - operators: names and passwords.
 *
 *   POST /users  /users/NAME/passwd  /users/NAME/disable  /users/NAME/renew
 *   POST /users/NAME/roles
 *   GET /users
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_PEOPLE_H
#define TERRACE_NODE_API_ROUTES_PEOPLE_H

#include "node/api/api.h"

route_fn get_users, post_user, post_passwd, post_disable, post_renew, post_roles;

#endif
