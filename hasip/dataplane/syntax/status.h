/* Reason phrases (RFC 3261 §21, RFC 4028, 3265) of the codes the router may send itself. */
#ifndef HASIP_SYNTAX_STATUS_H
#define HASIP_SYNTAX_STATUS_H

#include <stdint.h>

static inline const char *hasip_reason_phrase(uint32_t status)
{
    switch (status) {
    case 100: return "Trying";
    case 200: return "OK";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 407: return "Proxy Authentication Required";
    case 408: return "Request Timeout";
    case 416: return "Unsupported URI Scheme";
    case 420: return "Bad Extension";
    case 423: return "Interval Too Brief";
    case 480: return "Temporarily Unavailable";
    case 481: return "Call/Transaction Does Not Exist";
    case 482: return "Loop Detected";
    case 483: return "Too Many Hops";
    case 486: return "Busy Here";
    case 487: return "Request Terminated";
    case 488: return "Not Acceptable Here";
    case 491: return "Request Pending";
    case 500: return "Server Internal Error";
    case 503: return "Service Unavailable";
    case 505: return "Version Not Supported";
    case 513: return "Message Too Large";
    default: return "";
    }
}
#endif
