/* The header pass, compiled once per VARIANT by lines.h (no include guard, on purpose). */
#define JOIN_NAMES(a, b) a##_##b
#define NAME_OF(prefix, variant) JOIN_NAMES(prefix, variant)

TARGET static enum hasip_lines_result NAME_OF(hasip_find_lines, VARIANT)(
    const uint8_t *octets, uint32_t begin, uint32_t length, uint32_t headers_max, uint16_t *header_start, struct hasip_lines *lines)
{
    uint16_t *next = header_start, *const all = header_start + headers_max, *const scarce = all - 64;
    uint64_t starts, starts_next = 0; /* the block before ended with a line feed */
    size_t base = begin, end = 64;
    enum hasip_lines_result result = LINES_OK;

    for (; base < length; base += 64) {
        struct hasip_block block = NAME_OF(hasip_block, VARIANT)(octets + base);
        starts = block.newlines << 1 | starts_next;
        starts_next = block.newlines >> 63;
        if (__builtin_expect((starts & block.blanks) != 0, 0)) {
            end = hasip_settle_blank_starts(octets + base, block.blanks, &starts, next != header_start);
            if (end < 64)
                break;
        }
        if (__builtin_expect(next > scarce, 0)) {
            if (hasip_beyond(starts, (size_t)(all - next)))
                break;
            next = hasip_append_baseline(next, starts, base);
        } else {
            next = NAME_OF(hasip_append, VARIANT)(next, starts, base);
        }
    }
    if (base < length) { /* the block with the end of headers, or with one too many */
        starts &= hasip_bits_below(end);
        if (__builtin_expect(next > scarce, 0)) {
            uint64_t too_many = hasip_beyond(starts, (size_t)(all - next));
            if (too_many) {
                result = LINES_TOO_MANY;
                end = hasip_lowest_bit(too_many);
            }
            next = hasip_append_baseline(next, starts ^ too_many, base);
        } else {
            next = NAME_OF(hasip_append, VARIANT)(next, starts, base);
        }
    }
    lines->end = (uint32_t)(base + end);
    lines->body_start = lines->end + 1;
    if (lines->end < length)
        lines->body_start += octets[lines->end] == '\r';
    if (result == LINES_OK && (end == 64 || lines->body_start > length))
        result = LINES_NO_END;
    if (result != LINES_OK) {
        lines->end = lines->end < length ? lines->end : length;
        lines->body_start = length;
        while (next > header_start && next[-1] >= length) /* found behind the message */
            next--;
    }
    lines->header_count = (uint32_t)(next - header_start);
    *next = (uint16_t)lines->end;
    return result;
}

#undef NAME_OF
#undef JOIN_NAMES
#undef VARIANT
#undef TARGET
