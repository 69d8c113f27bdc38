#include "tests/harness/no_transport.h"

static bool send_nowhere(void *self, struct division to, struct bytes frame)
{
    (void)self;
    (void)to;
    (void)frame;
    return false;
}

static bool receive_nothing(void *self, struct division *from, struct buf *frame)
{
    (void)self;
    (void)from;
    (void)frame;
    return false;
}

static bool nobody_ended(void *self, struct division *peer)
{
    (void)self;
    (void)peer;
    return false;
}

static void close_nothing(void *self)
{
    (void)self;
}

static const struct transport_ops ops = {send_nowhere, receive_nothing, nobody_ended,
                                         close_nothing};
const struct transport no_transport = {NULL, &ops};
