#include "node/api/operator_login.h"

enum status known_operator_find(struct known_operator *known, const struct request *request,
                                const char *name, struct err *err)
{
    enum status status;
    struct view view;

    memset(known, 0, sizeof *known);
    view_open(&view, request->service);
    known->found = node_operator(view.txn, name, &known->row) && known->row.enabled &&
                   (!known->row.waits || request->caller.door == DOOR_SOCKET);
    if (known->found) {
        buf_append_bytes(&known->sealed, known->row.sealed);
        known->row.sealed = buf_bytes(&known->sealed);
    }
    status = view_status(&view, err);
    view_close(&view);
    return status;
}

void known_operator_free(struct known_operator *known)
{
    buf_free(&known->sealed);
}

struct login login_of(const struct request *request, const struct known_operator *known,
                      const char *name, const char *password)
{
    return (struct login){.name = name,
                          .row = known->found ? &known->row : NULL,
                          .password = bytes_text(password),
                          .address = request->caller.address};
}

void answer_login_error(const struct request *request, struct answer *answer, const struct err *err)
{
    if (err->status == ERR_BUSY) {
        answer_error(request, answer, API_BUSY, err->text);
    } else if (err->status == ERR_CORRUPT || err->status == ERR_IO) {
        answer_error(request, answer, API_STORE_FAILED, err->text);
    } else if (err->status == ERR_LIMIT) {
        answer_because(request, answer, API_ACCOUNT_LOCKED, err->text);
    } else {
        answer_error(request, answer, API_WRONG_PASSWORD, NULL);
    }
}

const char *request_password(const struct request *request, struct answer *answer,
                             const json_t *object, const char *name)
{
    const char *password = request_text(request, answer, object, name);

    if (password != NULL && strlen(password) > PASSWORD_BYTES_MAX) {
        answer_error(request, answer, API_BAD_REQUEST, name);
        return NULL;
    }
    return password;
}

const char *request_new_password(const struct request *request, struct answer *answer,
                                 const json_t *object, const char *name)
{
    const char *password = request_password(request, answer, object, name);

    if (password != NULL && strlen(password) < PASSWORD_BYTES_MIN) {
        answer_error(request, answer, API_SHORT_PASSWORD, NULL);
        return NULL;
    }
    return password;
}

/* --- roles --- */

void out_roles(struct json_out *out, uint32_t roles)
{
    out_open(out, "roles", '[');
    for (uint32_t role = 1; role <= ROLE_LAST; role <<= 1) {
        if ((roles & role) != 0) {
            out_text(out, NULL, role_name(role));
        }
    }
    out_close(out, ']');
}

bool read_roles(const json_t *array, uint32_t otherwise, uint32_t *roles)
{
    *roles = array == NULL ? otherwise : 0;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *name = json_string_value(json_array_get(array, i));
        const uint32_t role = name == NULL ? 0 : role_named(bytes_text(name));

        if (role == 0 || (*roles & role) != 0) {
            return false;
        }
        *roles |= role;
    }
    return array == NULL || json_is_array(array);
}
