#!/bin/sh
# Fuzz parser and edits for SECONDS (60 unless told): clang's libFuzzer with ASan and UBSan, built in a directory of its own.
# A finding is kept in ./fuzz-findings. PYTHON chooses the interpreter that has Cython.
set -eu
seconds=${1:-60}
python=${PYTHON:-python3}
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
mkdir -p "$build/corpus" fuzz-findings

cd "$root"
"$python" -m cython -3 -I . -X boundscheck=False -X wraparound=False -X cdivision=True -X legacy_implicit_noexcept=False \
    tests/fuzz/_parse_target.pyx -o "$build/_parse_target.c"
"$python" -m tests.fuzz.seeds "$build/corpus"
include=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
library=$("$python" -c 'import os, sysconfig as s; print(os.path.join(s.get_config_var(s.get_config_var("Py_ENABLE_SHARED") and "LIBDIR" or "LIBPL"), s.get_config_var("LDLIBRARY")))')
clang=$(command -v clang || command -v clang-14)
# The module's own Python half is linked, never run.
"$clang" -std=gnu11 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -fno-strict-aliasing -w \
    -I "$root" -I "$include" "$build/_parse_target.c" tests/fuzz/parse_fuzzer.c -o "$build/parse_fuzzer" \
    "$library" -Wl,-rpath,"$(dirname "$library")" -lm -ldl -lutil -lpthread
"$build/parse_fuzzer" -max_total_time="$seconds" -max_len=2048 -timeout=5 -dict=tests/fuzz/sip.dict -artifact_prefix=fuzz-findings/ -print_final_stats=1 "$build/corpus"
