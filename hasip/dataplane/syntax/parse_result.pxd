"""What is wrong with a message that can't be parsed: the header to name, and the sentence for a 400's reason phrase (RFC 3261 §21.4.1)."""
from libc.stdint cimport uint8_t, uint32_t

cdef extern from "hasip/dataplane/syntax/parse_result.h" nogil:
    const char *parse_result_header "hasip_parse_result_header" (uint32_t result)
    const char *parse_result_sentence "hasip_parse_result_sentence" (uint32_t result)
