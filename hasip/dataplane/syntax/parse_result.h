/* One row per ParseResult, in its order: the header (or part) at fault, and the sentence. */
#ifndef HASIP_SYNTAX_PARSE_RESULT_H
#define HASIP_SYNTAX_PARSE_RESULT_H

#include <stdint.h>

struct hasip_parse_result_row {
    const char *header, *sentence;
};

static const struct hasip_parse_result_row hasip_parse_results[] = {
    {"", "Well-formed"},
    {"message", "Empty message"},
    {"start line", "Malformed start line"},
    {"version", "SIP version is not 2.0"},
    {"message", "Message too long"},
    {"headers", "Too many header fields"},
    {"headers", "No blank line behind the header fields"},
    {"header line", "Malformed header line"},
    {"Request-URI", "Malformed Request-URI"},
    {"Via", "Missing or malformed Via"},
    {"From", "Missing, repeated or malformed From"},
    {"To", "Missing, repeated or malformed To"},
    {"Call-ID", "Missing, repeated or malformed Call-ID"},
    {"CSeq", "Missing, repeated or malformed CSeq"},
    {"Contact", "Malformed Contact"},
    {"Route", "Malformed Route"},
    {"Max-Forwards", "Repeated or malformed Max-Forwards"},
    {"Content-Length", "Repeated, malformed or too large Content-Length"},
    {"Expires", "Malformed Expires"},
    {"message", "Not a parse result"},
};

enum { PARSE_RESULT_ROWS = sizeof hasip_parse_results / sizeof *hasip_parse_results };

static inline const struct hasip_parse_result_row *hasip_parse_result_row(uint32_t result)
{
    return &hasip_parse_results[result < PARSE_RESULT_ROWS ? result : PARSE_RESULT_ROWS - 1];
}

static inline const char *hasip_parse_result_header(uint32_t result) { return hasip_parse_result_row(result)->header; }
static inline const char *hasip_parse_result_sentence(uint32_t result) { return hasip_parse_result_row(result)->sentence; }
#endif
