"""The header pass (lines.h): where each header line starts."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t

cdef extern from "hasip/dataplane/syntax/simd.h" nogil:
    enum LinesResult "hasip_lines_result":
        LINES_OK
        LINES_NO_END           # no blank line: the table holds what was there
        LINES_TOO_MANY         # the table holds the first ones

    struct Lines "hasip_lines":
        uint32_t header_count
        uint32_t end           # where the blank line starts
        uint32_t body_start

    LinesResult find_lines "hasip_find_lines" (
        const uint8_t *octets, uint32_t begin, uint32_t length, uint32_t headers_max, uint16_t *header_start, Lines *lines)
