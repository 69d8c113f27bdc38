#include "node/api/voucher_request.h"

#include <stdio.h>

#include "node/api/access_note.h"
#include "node/api/operator_login.h"
#include "node/api/person.h"

static void take(struct voucher_keys *out)
{
    const size_t at = out->vouchers.count++;
    struct person *person = &out->persons[at];

    person->key = out->keys[at].public;
    person->secret = &out->keys[at];
    out->vouchers.admins[at] = person;
}

static bool take_second(struct voucher_keys *out, const struct request *request,
                        struct answer *answer, const json_t *second)
{
    const char *name = request_text(request, answer, second, "name");
    const char *password =
        name == NULL ? NULL : request_password(request, answer, second, "password");
    struct known_operator known;
    struct login login;
    struct err err;
    enum status status;

    if (password == NULL) {
        return false;
    }
    status = known_operator_find(&known, request, name, &err);
    if (status == OK) {
        login = login_of(request, &known, name, password);
        status = session_unseal(request->service->sessions, &login, &out->keys[out->vouchers.count],
                                &err);
    }
    access_note_login(request, name, status);
    if (status == OK) {
        (void)snprintf(out->persons[out->vouchers.count].name, sizeof out->persons[0].name, "%s",
                       known.row.name);
        take(out);
    } else {
        answer_login_error(request, answer, &err);
    }
    known_operator_free(&known);
    return status == OK;
}

bool voucher_keys_take(struct voucher_keys *out, const struct request *request,
                       struct answer *answer, const json_t *object)
{
    const json_t *second = object == NULL ? NULL : json_object_get(object, "second");

    memset(out, 0, sizeof *out);
    if (request->caller.how == CALLER_SESSION) {
        if (!request_person(request, answer, &out->persons[0], &out->keys[0])) {
            return false;
        }
        take(out);
    }
    if (second != NULL && !json_is_object(second)) {
        answer_error(request, answer, API_BAD_REQUEST, "ask_user_form");
        return false;
    }
    return second == NULL || take_second(out, request, answer, second);
}

bool voucher_keys_read(struct voucher_keys *out, const struct request *request,
                       struct answer *answer)
{
    json_t *object = NULL;
    bool taken;

    if (request->body->size > 0) {
        object = request_object(request, answer);
        if (object == NULL) {
            return false;
        }
    }
    taken = voucher_keys_take(out, request, answer, object);
    json_decref(object);
    return taken;
}

void voucher_keys_wipe(struct voucher_keys *keys)
{
    crypto_wipe(keys->keys, sizeof keys->keys);
}
