"""Which variant of the passes over a message runs (simd.h): "avx512", "avx2" or "scalar"."""

cdef extern from "hasip/dataplane/syntax/simd.h" nogil:
    const char *simd_name "hasip_simd_name"
    bint choose_simd "hasip_choose_simd" (const char *name)    # False: this processor has it not
