/* The variants of the passes over a whole message, and which of them runs: chosen once, when the module is loaded, by what the
 * processor has, so that one build runs everywhere. HASIP_SIMD=scalar|avx2|avx512 overrides it ("scalar": what every x86-64 has;
 * "avx512" wants VBMI2, whose compress turns a mask into places). */
#ifndef HASIP_SYNTAX_SIMD_H
#define HASIP_SYNTAX_SIMD_H

#include <stdlib.h>
#include "header_name.h"
#include "lines.h"

typedef enum hasip_lines_result (*hasip_find_lines_variant)(
    const uint8_t *octets, uint32_t begin, uint32_t length, uint32_t headers_max, uint16_t *header_start, struct hasip_lines *lines);

typedef uint32_t (*hasip_name_lines_variant)(
    const uint8_t *octets, uint32_t count, const uint16_t *header_start, uint16_t *value_start,
    uint8_t *number, uint8_t *first, uint8_t *how_many);

static hasip_find_lines_variant hasip_find_lines = hasip_find_lines_baseline;
static hasip_name_lines_variant hasip_name_lines = hasip_name_lines_baseline;
static const char *hasip_simd_name = "scalar";

/* Run the named variant from now on, or the best there is when the name is NULL. Returns 0 when this processor has it not. */
static int hasip_choose_simd(const char *name)
{
    int any = name == NULL || *name == '\0';
#ifdef HASIP_SSE2
    __builtin_cpu_init();
    int has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
    int has_avx512 = has_avx2 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2");
    if (has_avx512 && (any || strcmp(name, "avx512") == 0)) {
        hasip_find_lines = hasip_find_lines_avx512;
        hasip_name_lines = hasip_name_lines_avx2;
        hasip_simd_name = "avx512";
        return 1;
    }
    if (has_avx2 && (any || strcmp(name, "avx2") == 0)) {
        hasip_find_lines = hasip_find_lines_avx2;
        hasip_name_lines = hasip_name_lines_avx2;
        hasip_simd_name = "avx2";
        return 1;
    }
#endif
    if (any || strcmp(name, "scalar") == 0) {
        hasip_find_lines = hasip_find_lines_baseline;
        hasip_name_lines = hasip_name_lines_baseline;
        hasip_simd_name = "scalar";
        return 1;
    }
    return 0;
}

__attribute__((constructor)) static void hasip_choose_simd_at_load(void)
{
    if (!hasip_choose_simd(getenv("HASIP_SIMD")))
        hasip_choose_simd(NULL);
}
#endif
