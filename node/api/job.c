#include "node/api/job.h"

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t finished;
    int holders;
    bool shut;
};

struct gate *gate_open(void)
{
    struct gate *gate = mem_zalloc(sizeof *gate);

    (void)pthread_mutex_init(&gate->lock, NULL);
    (void)pthread_cond_init(&gate->finished, NULL);
    gate->holders = 1;
    return gate;
}

void gate_shut(struct gate *gate)
{
    (void)pthread_mutex_lock(&gate->lock);
    gate->shut = true;
    (void)pthread_cond_broadcast(&gate->finished);
    (void)pthread_mutex_unlock(&gate->lock);
}

void gate_unref(struct gate *gate)
{
    int holders;

    if (gate == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&gate->lock);
    holders = --gate->holders;
    (void)pthread_mutex_unlock(&gate->lock);
    if (holders == 0) {
        (void)pthread_mutex_destroy(&gate->lock);
        (void)pthread_cond_destroy(&gate->finished);
        mem_free(gate);
    }
}

static void free_job(struct job *job)
{
    struct gate *gate = job->gate;

    if (job->discard != NULL) {
        job->discard(job);
    }
    mem_free(job);
    gate_unref(gate);
}

static void job_called(struct call *call, struct node *node, struct txn *txn)
{
    struct job *job = (struct job *)call;

    job->run(job, node, txn);
}

/* Loop thread: the turn is durable, or failed. */
static void job_finished(struct call *call, enum status outcome)
{
    struct job *job = (struct job *)call;
    struct gate *gate = job->gate;
    int holders;

    (void)pthread_mutex_lock(&gate->lock);
    job->outcome = outcome;
    job->finished = true;
    holders = --job->holders;
    (void)pthread_cond_broadcast(&gate->finished);
    (void)pthread_mutex_unlock(&gate->lock);
    if (holders == 0) {
        free_job(job);
    }
}

void *job_new(struct gate *gate, size_t size,
              void (*run)(struct job *job, struct node *node, struct txn *txn),
              void (*discard)(struct job *job))
{
    struct job *job = mem_zalloc(size);

    job->call.run = job_called;
    job->call.done = job_finished;
    job->run = run;
    job->discard = discard;
    job->gate = gate;
    job->holders = 1;
    (void)pthread_mutex_lock(&gate->lock);
    gate->holders++;
    (void)pthread_mutex_unlock(&gate->lock);
    return job;
}

enum status job_run(struct job *job, struct node *node)
{
    struct gate *gate = job->gate;
    enum status outcome;

    (void)pthread_mutex_lock(&gate->lock);
    if (gate->shut) {
        (void)pthread_mutex_unlock(&gate->lock);
        return ERR_UNREACHABLE;
    }
    job->holders++;
    (void)pthread_mutex_unlock(&gate->lock);

    node_post(node, &job->call);

    (void)pthread_mutex_lock(&gate->lock);
    while (!job->finished && !gate->shut) {
        (void)pthread_cond_wait(&gate->finished, &gate->lock);
    }
    outcome = job->finished ? job->outcome : ERR_UNREACHABLE;
    (void)pthread_mutex_unlock(&gate->lock);
    return outcome;
}

void job_done_with(struct job *job)
{
    int holders;

    (void)pthread_mutex_lock(&job->gate->lock);
    holders = --job->holders;
    (void)pthread_mutex_unlock(&job->gate->lock);
    if (holders == 0) {
        free_job(job);
    }
}
