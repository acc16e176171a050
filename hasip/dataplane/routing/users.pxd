"""Who may prove to be whom: digest users by name, with the hashes of their passwords (HA1). Built off-line, then only read.

Owns: its table.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy

from hasip.dataplane.base.memory cimport power_of_two_at_least
from hasip.dataplane.routing.numbers cimport hash_text

cdef enum:
    USERNAME_BYTES_MAX = 63
    HA1_MD5_BYTES = 32                  # in hexadecimal, as a digest takes them
    HA1_SHA256_BYTES = 64


cdef struct User:
    uint32_t trunk                      # index in the snapshot
    uint8_t leg
    uint8_t has_whitelist               # the source address counts as well
    uint8_t has_md5
    uint8_t has_sha256
    uint8_t name_length                 # 0: this place of the table is empty
    uint8_t name[USERNAME_BYTES_MAX]
    uint8_t ha1_md5[HA1_MD5_BYTES]
    uint8_t ha1_sha256[HA1_SHA256_BYTES]


cdef struct Users:
    User *places
    uint32_t mask
    uint32_t count
    uint32_t capacity


cdef inline bint users_open(Users *users, uint32_t capacity) noexcept nogil:
    """Make room for so many users. False: no memory."""
    cdef size_t places = power_of_two_at_least(<size_t>capacity * 2 + 2)
    users.mask = <uint32_t>(places - 1)
    users.count = 0
    users.capacity = capacity
    users.places = <User *>calloc(places, sizeof(User))
    return users.places != NULL


cdef inline void users_close(Users *users) noexcept nogil:
    free(users.places)


cdef inline User *users_add(Users *users, const uint8_t *name, uint32_t length) noexcept nogil:
    """Return a new user's record, for the caller to fill in; NULL when the name is taken, too long or empty, or there is no room."""
    cdef User *user
    if not 0 < length <= USERNAME_BYTES_MAX or users.count == users.capacity:
        return NULL
    user = find_place(users, name, length)
    if user.name_length:
        return NULL
    user.name_length = <uint8_t>length
    memcpy(user.name, name, length)
    users.count += 1
    return user


cdef inline const User *users_find(const Users *users, const uint8_t *name, uint32_t length) noexcept nogil:
    """Return the user of a name, or NULL. Names are compared as they are: case counts."""
    cdef const User *user
    if not 0 < length <= USERNAME_BYTES_MAX:
        return NULL
    user = find_place(users, name, length)
    return user if user.name_length else NULL


cdef inline User *find_place(const Users *users, const uint8_t *name, uint32_t length) noexcept nogil:
    """Return the user's place, or the empty one where it would go."""
    cdef uint64_t place = hash_text(name, length, False)
    cdef User *user
    while True:
        user = &users.places[place & users.mask]
        if user.name_length == 0 or (user.name_length == length and memcmp(user.name, name, length) == 0):
            return user
        place += 1
