/* Persons over HTTP: passwords, names, admins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/node/served_office.h"

/* One that was made before goes on, so that no program stops, until its maker says otherwise. */
static void a_new_password_says_which_tokens_go_on(void **state)
{
    static const char first[] = "{\"password\":\"secret-li\",\"new_password\":\"secret-2-li\"}";
    static const char second[] = "{\"password\":\"secret-2-li\",\"new_password\":\"secret-3-li\","
                                 "\"end_tokens\":true}";
    struct office *office = open_office(true);
    struct answer answer;
    char li[128], token[128];
    json_t *object;

    (void)state;
    start_loop(office);
    add_user(office, "li", "[\"maker\"]");
    log_in(office, "li", li);
    answer = post(office, "/tokens", li, "{\"name\":\"nightly\"}");
    object = json_loads(answer.body, 0, NULL);
    (void)snprintf(token, sizeof token, "%s", member(object, "token"));
    json_decref(object);
    buf_free(&answer.all);

    want(post(office, "/users/li/passwd", NULL, first), 200, "\"tokens\":1,\"tokens_ended\":false");
    want(call(office, (struct ask){.method = "GET", .path = "/session", .token = li}), 401, "");
    want(call(office, (struct ask){.method = "GET", .path = "/session", .token = token}), 200,
         "nightly");
    want(post(office, "/users/li/passwd", NULL, first), 403, "wrong_password");
    want(post(office, "/users/li/passwd", NULL, second), 200, "\"tokens\":1,\"tokens_ended\":true");
    want(call(office, (struct ask){.method = "GET", .path = "/session", .token = token}), 401, "");
    close_office(office);
}

/* Whether there is somebody of that name, nobody is told who does not know the password. */
static void a_name_that_is_nobodys_is_answered_as_any_other(void **state)
{
    static const char login[] = "{\"name\":\"%s\",\"password\":\"wrong-word\"}";
    static const char change[] = "{\"password\":\"wrong-word\",\"new_password\":\"another-word\"}";
    static const char *const names[] = {"li", "nobody"};
    struct office *office = open_office(true);

    (void)state;
    start_loop(office);
    add_user(office, "li", "[\"maker\"]");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char body[100], path[64];

        (void)snprintf(body, sizeof body, login, names[i]);
        (void)snprintf(path, sizeof path, "/users/%s/passwd", names[i]);
        want(post(office, "/login", NULL, body), 403, "wrong_password");
        for (int tries = 1; tries < 10; tries++) {
            want(post(office, path, NULL, change), 403, "wrong_password");
        }
        want(post(office, path, NULL, change), 403, "login_locked");
        want(post(office, "/login", NULL, body), 403, "login_locked");
    }
    close_office(office);
}

static void once_there_is_an_admin_he_is_asked(void **state)
{
    static const struct {
        const char *path, *body;
        int otherwise; /* what an admin is answered */
    } guarded[] = {
        {"/users", "{\"name\":\"zhao\",\"password\":\"secret-zhao\"}", 200},
        {"/invite", "{\"division\":\"540100\",\"name\":\"拉萨市\"}", 200},
        {"/peers/540100/pause", "{}", 404},
        {"/peers/540100/resume", "{}", 404},
        {"/alarms/7/ack", "{}", 404},
        {"/users/zhao/disable", "{}", 200},
        {"/users/boss/disable", "{}", 409}, /* the last one */
    };
    struct office *office = open_office(true);
    char li[128], boss[128];

    (void)state;
    start_loop(office);
    add_user(office, "li", "[\"maker\",\"checker\"]");
    add_user(office, "boss", "[\"admin\"]");
    log_in(office, "li", li);
    log_in(office, "boss", boss);
    for (size_t i = 0; i < COUNT_OF(guarded); i++) {
        want(post(office, guarded[i].path, NULL, guarded[i].body), 401, "needs_login");
        want(post(office, guarded[i].path, li, guarded[i].body), 403, "needs_role");
        want(post(office, guarded[i].path, boss, guarded[i].body), guarded[i].otherwise, "");
    }
    want(post(office, "/documents", boss, documents), 403, "needs_role");
    want(post(office, "/verify", NULL, "{\"deep\":true}"), 200, "\"ok\":true");
    close_office(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_password_says_which_tokens_go_on),
        cmocka_unit_test(a_name_that_is_nobodys_is_answered_as_any_other),
        cmocka_unit_test(once_there_is_an_admin_he_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
