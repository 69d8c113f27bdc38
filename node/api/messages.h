/* messages - what the API itself answers when it cannot do what was asked: a stable code and the
 * HTTP status. The sentence is the row error.CODE of node/text/. Refusals of documents are
 * node/ledger/schema/reason.h's. Data.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_API_MESSAGES_H
#define TERRACE_NODE_API_MESSAGES_H

#include "node/ledger/schema/reason.h"

enum api_error {
    API_NO_SUCH_PATH,
    API_METHOD,
    API_BAD_REQUEST,
    API_TOO_LARGE,
    API_TOO_MANY_DOCUMENTS,
    API_STRANGER,
    API_NEEDS_LOGIN,
    API_WRONG_PASSWORD,
    API_ACCOUNT_LOCKED,
    API_NEEDS_ROLE,
    API_ELSEWHERE,
    API_SHORT_PASSWORD,
    API_NOT_FOUND,
    API_NOT_BELOW_YOU,
    API_REFUSED,
    API_OUTSIDE_REACH,
    API_CHANGED,
    API_POSITION_LOST,
    API_STOPPING,
    API_STORE_FAILED,
    API_NOT_READY,
    API_BUSY,
    API_NO_CONSOLE,
    API_ERRORS
};

struct api_message {
    const char *code;
    int http;
};
const struct api_message *api_message(enum api_error error);

#endif
