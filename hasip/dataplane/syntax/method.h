/* The methods a proxy meets, in a perfect hash of their first eight octets. */
#ifndef HASIP_SYNTAX_METHOD_H
#define HASIP_SYNTAX_METHOD_H

#include "octets.h"

struct hasip_method {
    char name[10];
    uint8_t length;
    uint8_t number; /* Method's */
};

static const struct hasip_method hasip_methods[16] = {
    [0] = {"INVITE", 6, 1},
    [2] = {"REGISTER", 8, 6},
    [3] = {"ACK", 3, 2},
    [4] = {"MESSAGE", 7, 10},
    [5] = {"OPTIONS", 7, 5},
    [6] = {"NOTIFY", 6, 12},
    [7] = {"REFER", 5, 13},
    [9] = {"PUBLISH", 7, 14},
    [10] = {"INFO", 4, 9},
    [11] = {"SUBSCRIBE", 9, 11},
    [12] = {"PRACK", 5, 7},
    [13] = {"BYE", 3, 3},
    [14] = {"CANCEL", 6, 4},
    [15] = {"UPDATE", 6, 8},
};

static const uint64_t hasip_low_octets[9] = {
    0, 0xff, 0xffff, 0xffffff, 0xffffffff, 0xffffffffff, 0xffffffffffff, 0xffffffffffffff, 0xffffffffffffffff,
};

/* The Method of 1 … 255 octets, 0 for one not in the table. Case counts (RFC 3261 §7.1). Reads 9 octets. */
static inline uint8_t hasip_known_method(const uint8_t *name, uint32_t length)
{
    uint64_t key = hasip_load_64(name) & hasip_low_octets[length < 8 ? length : 8];
    const struct hasip_method *method = &hasip_methods[key * UINT64_C(0x25fe3a1848e772bb) >> 60];
    if (method->length != length || hasip_load_64((const uint8_t *)method->name) != key)
        return 0;
    return length < 9 || name[8] == (uint8_t)method->name[8] ? method->number : 0;
}
#endif
