"""RFC 3261's timers (§17, table 4; RFC 6026 §7) for UDP, in milliseconds."""

cdef enum:
    T1_MS = 500
    T2_MS = 4000
    T4_MS = 5000
    TRANSACTION_TIMEOUT_MS = 64 * T1_MS     # timers B, D, F, H, J, L and M
    TIMER_C_MS = 180000                     # §16.6 step 11: a ringing that never ends
    TIMER_I_MS = T4_MS
    TIMER_K_MS = T4_MS
