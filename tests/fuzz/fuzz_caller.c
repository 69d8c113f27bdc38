/* Any bytes as what a caller shows of himself, at each door, and as the body of a login: nobody
 * becomes somebody who does not show a session or a token, no page of another site changes
 * anything, and a body that is no such thing gets an answer that says so. Request:
 * office_requests.h. */
#include <assert.h>

#include "node/api/admission.h"
#include "node/api/operator_login.h"
#include "tests/fuzz/office_requests.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    office_open();
    return 0;
}

static void check_caller(const struct typed *typed, const struct caller *caller)
{
    switch (caller->how) {
    case CALLER_SESSION:
        assert(typed->has_session && strcmp(caller->name, OFFICE_PERSON) == 0);
        break;
    case CALLER_TOKEN:
        assert(typed->has_token && strcmp(caller->name, OFFICE_PROGRAM) == 0);
        assert(caller->roles == 0); /* it was made to read */
        break;
    case CALLER_SOCKET:
        assert(caller->door != DOOR_TLS && caller->name[0] == '\0');
        break;
    default:
        assert(caller->door == DOOR_TLS && caller->name[0] == '\0' && caller->roles == 0);
        break;
    }
}

static void knock(struct typed *typed, enum door door, enum asks asks)
{
    struct request request = typed_request(typed, door);
    struct answer answer = {.http = 200, .body = BUF_EMPTY};
    const bool admitted = admit(&request, &answer, asks);
    const struct caller *caller = &request.caller;

    check_caller(typed, caller);
    assert(admitted == (answer.http == 200));
    if (admitted && door == DOOR_TLS) {
        assert(asks == ASKS_NOTHING || caller->how == CALLER_SESSION ||
               caller->how == CALLER_TOKEN);
        assert(!caller->by_cookie || strcmp(request.method, "GET") == 0 ||
               request.header(request.connection, REQUEST_HEADER) != NULL);
    }
    if (!admitted) {
        check_answer(&answer);
    }
}

/* As the routes of logins and persons read it. */
static void read_login(struct typed *typed)
{
    struct request request = typed_request(typed, DOOR_TLS);
    struct answer answer = {.http = 200, .body = BUF_EMPTY};
    json_t *object = request_object(&request, &answer);
    const char *password;
    uint32_t roles;

    if (object != NULL && request_text(&request, &answer, object, "name") != NULL) {
        password = request_new_password(&request, &answer, object, "password");
        assert(password == NULL || strlen(password) <= PASSWORD_BYTES_MAX);
        assert(!read_roles(json_object_get(object, "roles"), 0, &roles) ||
               (roles & ~(uint32_t)(ROLES_BUSINESS | ROLES_OVERSIGHT)) == 0);
    }
    json_decref(object);
    if (answer.http != 200) {
        check_answer(&answer);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum door doors[] = {DOOR_SOCKET, DOOR_TLS, DOOR_WATCH};
    struct typed typed;

    if (!typed_read(&typed, data, size)) {
        return 0;
    }
    for (size_t i = 0; i < COUNT_OF(doors); i++) {
        for (enum asks asks = 0; asks < ASKS_KINDS; asks++) {
            knock(&typed, doors[i], asks);
        }
    }
    read_login(&typed);
    typed_free(&typed);
    return 0;
}
