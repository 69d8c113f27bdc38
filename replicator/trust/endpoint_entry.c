#include "replicator/trust/endpoint_entry.h"

#include <ctype.h>

#include "replicator/trust/enrol.h"

enum { ARENA_BYTES = 8 << 10 };

static bool port_ok(const char *text)
{
    unsigned long port = 0;
    size_t size = 0;

    for (; isdigit((unsigned char)text[size]) != 0 && size < 6; size++) {
        port = port * 10 + (unsigned long)(text[size] - '0');
    }
    return size > 0 && size < 6 && text[size] == '\0' && text[0] != '0' && port <= 65535;
}

static bool host_ok(const char *host, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (isalnum((unsigned char)host[i]) == 0 && strchr(".-_:[]", host[i]) == NULL) {
            return false;
        }
    }
    return size != 0;
}

bool endpoint_well_formed(const char *endpoint)
{
    static const char scheme[] = "tcp://";
    const size_t skip = sizeof scheme - 1;
    const char *colon = strrchr(endpoint, ':');

    return strlen(endpoint) <= ENDPOINT_BYTES_MAX && strncmp(endpoint, scheme, skip) == 0 &&
           endpoint_can_be_dialled(endpoint) && colon != NULL && colon >= endpoint + skip &&
           port_ok(colon + 1) && host_ok(endpoint + skip, (size_t)(colon - endpoint) - skip);
}

void endpoint_write(struct buf *out, const struct endpoint_entry *entry)
{
    Terrace__EndpointEntry message = TERRACE__ENDPOINT_ENTRY__INIT;

    message.has_link = 1;
    message.link = pb_of_text(entry->link);
    message_encode(out, &message.base);
}

static bool take(char out[ENDPOINT_BYTES_MAX + 1], ProtobufCBinaryData data)
{
    const struct bytes text = bytes_of_pb(data);

    if (text.size == 0 || text.size > ENDPOINT_BYTES_MAX || !text_plain(text)) {
        return false;
    }
    memcpy(out, text.data, text.size);
    return endpoint_well_formed(out);
}

enum status endpoint_read(struct endpoint_entry *out, struct bytes body, struct err *err)
{
    const Terrace__EndpointEntry *message;
    ProtobufCMessage *decoded;
    struct arena arena;
    enum status status;

    memset(out, 0, sizeof *out);
    arena_init(&arena, ARENA_BYTES);
    status = message_decode(&decoded, &terrace__endpoint_entry__descriptor, &arena, body,
                            ENDPOINT_ENTRY_BYTES_MAX, err);
    if (status == OK) {
        message = (const Terrace__EndpointEntry *)(const void *)decoded;
        if (!message->has_link || !take(out->link, message->link)) {
            status = err_set(err, ERR_MALFORMED, "endpoint_invalid");
        }
    } else {
        err_wrap(err, "in_endpoint");
        err->status = status = ERR_MALFORMED; /* none is that large */
    }
    arena_free(&arena);
    return status;
}
