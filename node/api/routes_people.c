/* routes_people - operators: logging in, and who they are. Argon2id runs in this thread. */
#include <stdio.h>

#include "node/api/api.h"

/* The stored row and a copy of its sealed secret, which outlives the view. */
struct known {
    struct operator_row row;
    struct buf sealed;
};

static bool find_operator(const struct service *service, const char *name, struct known *known)
{
    struct view view;
    bool found;

    memset(known, 0, sizeof *known);
    view_open(&view, service);
    found = node_operator(view.txn, name, &known->row) && known->row.enabled;
    if (found) {
        buf_append_bytes(&known->sealed, known->row.sealed);
        known->row.sealed = buf_bytes(&known->sealed);
    }
    view_close(&view);
    return found;
}

static void answer_login_error(const struct request *request, struct answer *answer,
                               enum status status)
{
    answer_error(request, answer, status == ERR_LIMIT ? API_ACCOUNT_LOCKED : API_WRONG_PASSWORD,
                 NULL);
}

/* A password member, or NULL with the error answered. */
static const char *request_password(const struct request *request, struct answer *answer,
                                    const json_t *object, const char *name)
{
    const char *password = request_text(request, answer, object, name);

    if (password != NULL && strlen(password) > PASSWORD_BYTES_MAX) {
        answer_error(request, answer, API_BAD_REQUEST, name);
        return NULL;
    }
    return password;
}

/* The same for one that is to be set. */
static const char *request_new_password(const struct request *request, struct answer *answer,
                                        const json_t *object, const char *name)
{
    const char *password = request_password(request, answer, object, name);

    if (password != NULL && strlen(password) < PASSWORD_BYTES_MIN) {
        answer_error(request, answer, API_SHORT_PASSWORD, NULL);
        return NULL;
    }
    return password;
}

void post_login(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    const char *name, *password = NULL;
    char token[SESSION_TOKEN_MAX];
    struct known known;
    struct err err;
    enum status status;
    bool found;

    if (object == NULL) {
        return;
    }
    name = request_text(request, answer, object, "name");
    if (name != NULL) {
        password = request_password(request, answer, object, "password");
    }
    if (password != NULL) {
        struct json_out out = json_to(&answer->body);

        found = find_operator(request->service, name, &known);
        status = session_login(request->service->sessions, name, found ? &known.row : NULL,
                               bytes_text(password), token, &err);
        if (status == OK) {
            out_open(&out, NULL, '{');
            out_text(&out, "token", token);
            out_count(&out, "idle_s", SESSION_IDLE_MS / 1000);
            out_count(&out, "life_s", SESSION_LIFE_MS / 1000);
            out_close(&out, '}');
        } else {
            answer_login_error(request, answer, status);
        }
        buf_free(&known.sealed);
    }
    json_decref(object);
}

void post_logout(struct request *request, struct answer *answer)
{
    if (request->token[0] != '\0') {
        session_logout(request->service->sessions, request->token);
    }
    buf_append(&answer->body, "{}", 2);
}

/* --- who they are --- */

static void write_roles(struct json_out *out, uint32_t held)
{
    out_open(out, "roles", '[');
    for (uint32_t role = 1; role <= ROLE_LAST; role <<= 1) {
        if ((held & role) != 0) {
            out_text(out, NULL, role_name(role));
        }
    }
    out_close(out, ']');
}

static bool read_roles(const json_t *array, uint32_t *held)
{
    *held = array == NULL ? ROLE_MAKER | ROLE_CHECKER : 0;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *name = json_string_value(json_array_get(array, i));
        const uint32_t role = name == NULL ? 0 : role_named(bytes_text(name));

        if (role == 0 || (*held & role) != 0) {
            return false;
        }
        *held |= role;
    }
    return *held != 0;
}

static bool write_user(void *arg, const struct operator_row *row)
{
    struct json_out *out = arg;

    out_open(out, NULL, '{');
    out_text(out, "name", row->name);
    write_roles(out, row->roles);
    out_bool(out, "enabled", row->enabled);
    out_hex(out, "key", &row->key, sizeof row->key);
    out_close(out, '}');
    return true;
}

void get_users(struct request *request, struct answer *answer)
{
    struct json_out out = json_to(&answer->body);
    struct view view;

    view_open(&view, request->service);
    out_open(&out, NULL, '{');
    out_open(&out, "rows", '[');
    node_operators(view.txn, write_user, &out);
    out_close(&out, ']');
    out_close(&out, '}');
    (void)view_sound(&view, request, answer);
    view_close(&view);
}

struct user_job {
    struct job job;
    struct operator_row row;
    struct buf sealed;
    enum status (*change)(struct node *node, struct txn *txn, const struct operator_row *row,
                          struct err *err);
    struct err err;
};

static void run_user(struct job *job, struct node *node, struct txn *txn)
{
    struct user_job *user = (struct user_job *)job;

    user->row.sealed = buf_bytes(&user->sealed);
    user->err.status = OK;
    user->err.status = user->change(node, txn, &user->row, &user->err);
}

static void free_user(struct job *job)
{
    buf_free(&((struct user_job *)job)->sealed);
}

static void answer_user(const struct request *request, struct answer *answer,
                        const struct user_job *user)
{
    struct json_out out = json_to(&answer->body);

    if (user->err.status == ERR_CONFIG) {
        answer_error(request, answer, API_BAD_REQUEST, user->err.text);
    } else if (user->err.status == ERR_NOT_FOUND) {
        answer_error(request, answer, API_NOT_FOUND, user->row.name);
    } else if (user->err.status != OK) {
        answer_error(request, answer, API_REFUSED, user->err.text);
    } else {
        (void)write_user(&out, &user->row);
    }
}

void post_user(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    const char *name, *password = NULL;
    struct user_job *user;
    struct sign_key key;

    if (object == NULL) {
        return;
    }
    if (!request_admin(request, answer)) {
        json_decref(object);
        return;
    }
    user = job_new(request->service->gate, sizeof *user, run_user, free_user);
    user->change = node_operator_add;
    name = request_text(request, answer, object, "name");
    if (name != NULL) {
        password = request_new_password(request, answer, object, "password");
    }
    if (password != NULL && (strlen(name) >= sizeof user->row.name ||
                             !read_roles(json_object_get(object, "roles"), &user->row.roles))) {
        answer_error(request, answer, API_BAD_REQUEST,
                     "name: 1-63; roles: maker checker auditor admin");
    } else if (password != NULL) {
        sign_key_generate(&key);
        (void)snprintf(user->row.name, sizeof user->row.name, "%s", name);
        user->row.enabled = true;
        user->row.key = key.public;
        session_seal(request->service->sessions, &user->sealed, &key, bytes_text(password));
        crypto_wipe(&key, sizeof key);
        if (answer_outcome(request, answer, job_run(&user->job, request->service->node))) {
            answer_user(request, answer, user);
        }
    }
    job_done_with(&user->job);
    json_decref(object);
}

/* The same key under a new password: only who knows the old one can do it. */
static void change_password(struct request *request, struct answer *answer, struct known *known,
                            const char *password, const char *new_password)
{
    struct user_job *user = job_new(request->service->gate, sizeof *user, run_user, free_user);
    struct sign_key key;
    struct err err;
    enum status status;

    user->change = node_operator_passwd;
    status = session_unseal(request->service->sessions, known->row.name, &known->row,
                            bytes_text(password), &key, &err);
    if (status != OK) {
        answer_login_error(request, answer, status);
    } else {
        user->row = known->row;
        session_seal(request->service->sessions, &user->sealed, &key, bytes_text(new_password));
        if (answer_outcome(request, answer, job_run(&user->job, request->service->node))) {
            session_end(request->service->sessions, known->row.name);
            answer_user(request, answer, user);
        }
    }
    crypto_wipe(&key, sizeof key);
    job_done_with(&user->job);
}

void post_passwd(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    const char *password, *new_password = NULL;
    struct known known;

    if (object == NULL) {
        return;
    }
    password = request_password(request, answer, object, "password");
    if (password != NULL) {
        new_password = request_new_password(request, answer, object, "new_password");
    }
    if (new_password != NULL) {
        if (find_operator(request->service, request->argument[0], &known)) {
            change_password(request, answer, &known, password, new_password);
        } else {
            answer_error(request, answer, API_NOT_FOUND, request->argument[0]);
        }
        buf_free(&known.sealed);
    }
    json_decref(object);
}

void post_disable(struct request *request, struct answer *answer)
{
    struct json_out out = json_to(&answer->body);
    struct user_job *user;

    if (!request_admin(request, answer)) {
        return;
    }
    user = job_new(request->service->gate, sizeof *user, run_user, free_user);
    user->change = node_operator_disable;
    (void)snprintf(user->row.name, sizeof user->row.name, "%s", request->argument[0]);
    if (answer_outcome(request, answer, job_run(&user->job, request->service->node))) {
        if (user->err.status == OK) {
            session_end(request->service->sessions, user->row.name);
            out_open(&out, NULL, '{');
            out_text(&out, "name", user->row.name);
            out_bool(&out, "enabled", false);
            out_close(&out, '}');
        } else {
            answer_user(request, answer, user);
        }
    }
    job_done_with(&user->job);
}
