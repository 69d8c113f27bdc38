#include "node/api/messages.h"

#include <assert.h>

static const struct api_message messages[API_ERRORS] = {
    [API_NO_SUCH_PATH] = {"no_such_path", 404},
    [API_METHOD] = {"wrong_method", 405},
    [API_BAD_REQUEST] = {"bad_request", 400},
    [API_TOO_LARGE] = {"too_large", 413},
    [API_TOO_MANY_DOCUMENTS] = {"too_many_documents", 413},
    [API_STRANGER] = {"not_allowed", 403},
    [API_NEEDS_LOGIN] = {"needs_login", 401},
    [API_WRONG_PASSWORD] = {"wrong_password", 403},
    [API_ACCOUNT_LOCKED] = {"account_locked", 403},
    [API_NEEDS_ROLE] = {"needs_role", 403},
    [API_ELSEWHERE] = {"from_elsewhere", 403},
    [API_SHORT_PASSWORD] = {"short_password", 400},
    [API_NOT_FOUND] = {"not_found", 404},
    [API_NOT_BELOW_YOU] = {"not_below_you", 409},
    [API_REFUSED] = {"refused", 409},
    [API_OUTSIDE_REACH] = {"outside_reach", 409},
    [API_CHANGED] = {"changed_meanwhile", 412},
    [API_POSITION_LOST] = {"position_lost", 409},
    [API_STOPPING] = {"stopping", 503},
    [API_STORE_FAILED] = {"store_failed", 500},
    [API_NOT_READY] = {"not_ready", 503},
    [API_BUSY] = {"busy", 503},
    [API_NO_CONSOLE] = {"no_console", 503},
};

const struct api_message *api_message(enum api_error error)
{
    assert(error < API_ERRORS);
    return &messages[error];
}
