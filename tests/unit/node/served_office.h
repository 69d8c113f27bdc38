/* served_office - the API as programs meet it: a real root node on a store in memory, its loop in a
 * thread of its own, and HTTP over the socket.
 *
 * Thread: the test's. */
#ifndef TERRACE_TESTS_UNIT_NODE_SERVED_OFFICE_H
#define TERRACE_TESTS_UNIT_NODE_SERVED_OFFICE_H

#include <jansson.h>
#include <pthread.h>

#include "node/api/api_task.h"
#include "node/api/server.h"

struct office {
    struct store store;
    struct clock clock;
    struct sign_key key;
    struct node *node;
    struct api *api;
    char directory[64], socket[96];
    pthread_t loop;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool called, ending, looping;
};

struct answer {
    int http;
    struct buf all;
    const char *body; /* terminated */
};

struct ask {
    const char *method, *path, *token, *language, *held, *accept;
    struct bytes body;
};

#define PAYMENT(id, amount)                                                                        \
    "{\"kind\":\"payment\",\"id\":\"" id "\",\"fiscal_year\":\"2026\",\"bgt_id\":\"L1\","          \
    "\"pay_app_amt\":\"" amount "\",\"payee_acct_name\":\"甲\",\"payee_acct_no\":\"1\","          \
    "\"payee_acct_bank_name\":\"行\",\"use_des\":\"x\"}\n"
enum { MANY = 12000, BAD_EVERY = 1000 };

extern const char documents[];
extern const char more_documents[];

void wake(void *arg);
void start_loop(struct office *office);
struct api_config config_of(const struct office *office);
struct office *open_office_with(bool approval_required, const char *damage);
struct office *open_office(bool approval_required);
void close_office(struct office *office);
int dial(const struct office *office);
void send_request(int fd, const struct ask *ask);
struct answer read_answer(int fd);
struct answer call(const struct office *office, struct ask ask);
struct answer get(const struct office *office, const char *path);
struct answer post(const struct office *office, const char *path, const char *token,
                   const char *body);
/* What stands at a dotted path of the answer, as text; "" when nothing does. */
const char *member(const json_t *object, const char *name);
void want(struct answer answer, int http, const char *words);
void add_user(const struct office *office, const char *name, const char *roles);
void log_in(const struct office *office, const char *name, char token[128]);
/* Each so many lacks its name. */
void write_agency(struct buf *out, int i);

#endif
