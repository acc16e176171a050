/* What libFuzzer calls: every input goes to every variant of the parser, from a buffer that ends where the readable bytes end. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { READABLE_BEHIND = 64 }; /* message.pxd's */

int hasip_fuzz_parse(const uint8_t *bytes, uint32_t length, const char *variant);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
    static const char *const variants[] = {"scalar", "avx2", "avx512"};
    uint8_t *bytes = malloc(length + READABLE_BEHIND);
    memcpy(bytes, input, length);
    memset(bytes + length, length ? input[length - 1] : 0, READABLE_BEHIND); /* what would go on with the message */
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        if (!hasip_fuzz_parse(bytes, (uint32_t)length, variants[i]))
            abort();
    free(bytes);
    return 0;
}
