#include "tests/harness/mutation.h"

static uint64_t below(struct hand_clock *chance, uint64_t bound)
{
    return hand_clock_chance(chance) % bound;
}

static void *at_offset(ProtobufCMessage *message, unsigned offset)
{
    return (uint8_t *)message + offset;
}

static bool is_list(const ProtobufCFieldDescriptor *field)
{
    return field->label == PROTOBUF_C_LABEL_REPEATED;
}

/* Left out, or said though it was not. */
static protobuf_c_boolean *presence(ProtobufCMessage *message,
                                    const ProtobufCFieldDescriptor *field)
{
    return at_offset(message, field->quantifier_offset);
}

static size_t *list_size(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return at_offset(message, field->quantifier_offset);
}

static bool is_there(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (is_list(field)) {
        return *list_size(message, field) > 0;
    }
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        return *(ProtobufCMessage **)at_offset(message, field->offset) != NULL;
    }
    return *presence(message, field);
}

static void mutate_bytes(ProtobufCBinaryData *data, struct arena *arena, struct hand_clock *chance)
{
    uint8_t *copy = arena_alloc(arena, data->len + 1);

    if (copy == NULL) {
        return;
    }
    if (data->len > 0) {
        memcpy(copy, data->data, data->len);
    }
    copy[data->len] = (uint8_t)below(chance, 256);
    data->data = copy;
    switch (data->len == 0 ? 2 : below(chance, 4)) {
    case 0:
        data->len--;
        break;
    case 1:
        data->len = 0;
        break;
    case 2:
        data->len++;
        break;
    default:
        copy[below(chance, data->len)] ^= (uint8_t)(1 + below(chance, 255));
        break;
    }
}

static uint64_t mutated_number(uint64_t number, struct hand_clock *chance)
{
    const uint64_t others[] = {0, 1, number + 1, number - 1, UINT64_MAX, number ^ 1};

    return others[below(chance, COUNT_OF(others))];
}

static bool mutate_value(ProtobufCType type, void *value, struct arena *arena,
                         struct hand_clock *chance)
{
    switch (type) {
    case PROTOBUF_C_TYPE_MESSAGE:
        return message_mutate(*(ProtobufCMessage **)value, arena, chance);
    case PROTOBUF_C_TYPE_BYTES:
        mutate_bytes(value, arena, chance);
        return true;
    case PROTOBUF_C_TYPE_UINT32:
        *(uint32_t *)value = (uint32_t)mutated_number(*(uint32_t *)value, chance);
        return true;
    case PROTOBUF_C_TYPE_UINT64:
        *(uint64_t *)value = mutated_number(*(uint64_t *)value, chance);
        return true;
    default:
        return false;
    }
}

static size_t size_of_value(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(ProtobufCMessage *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_UINT32:
        return sizeof(uint32_t);
    default:
        return sizeof(uint64_t);
    }
}

static bool mutate_field(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                         struct arena *arena, struct hand_clock *chance)
{
    const bool drops = below(chance, 4) == 0;
    uint8_t *value = at_offset(message, field->offset);

    if (is_list(field)) {
        size_t *count = list_size(message, field);

        if (drops) {
            --*count;
            return true;
        }
        value = *(uint8_t **)value + below(chance, *count) * size_of_value(field->type);
    } else if (drops && field->type == PROTOBUF_C_TYPE_MESSAGE) {
        *(ProtobufCMessage **)value = NULL;
        return true;
    } else if (drops) {
        *presence(message, field) = false;
        return true;
    }
    return mutate_value(field->type, value, arena, chance);
}

bool message_mutate(ProtobufCMessage *message, struct arena *arena, struct hand_clock *chance)
{
    const ProtobufCMessageDescriptor *is = message->descriptor;
    const size_t first = below(chance, is->n_fields);

    for (size_t i = 0; i < is->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &is->fields[(first + i) % is->n_fields];

        if (is_there(message, field)) {
            return mutate_field(message, field, arena, chance);
        }
    }
    return false;
}
