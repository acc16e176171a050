"""Build the fastpath: one extension module over the header-only .pxd files of hasip/dataplane.

Switches (environment): HASIP_DEBUG=1 assertions and -O0; HASIP_SANITIZE=address|thread a sanitizer build;
HASIP_COVERAGE=1 line tables for gcov; HASIP_TESTING=1 also the test-only extensions; HASIP_NATIVE=1 -march=native.
"""
import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

DEBUG, COVERAGE, TESTING, NATIVE = (os.environ.get(f"HASIP_{name}") == "1" for name in ("DEBUG", "COVERAGE", "TESTING", "NATIVE"))
SANITIZE = os.environ.get("HASIP_SANITIZE", "")

DIRECTIVES = {                 # here, not in the .pyx: a comment there does not reach a .pxd
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "nonecheck": False,
    "embedsignature": True,
    "legacy_implicit_noexcept": False,
    "freethreading_compatible": True,
}


def compiler_flags() -> list[str]:
    flags = ["-std=gnu11", "-fno-strict-aliasing", "-fvisibility=hidden", "-Wno-unused-function", "-Wno-unused-variable"]
    flags += ["-O0", "-g3", "-UNDEBUG"] if DEBUG else ["-O2", "-g1"]
    if NATIVE:
        flags += ["-march=native"]
    if SANITIZE == "address":
        flags += ["-fsanitize=address,undefined", "-fno-omit-frame-pointer", "-fno-sanitize-recover=undefined", "-O1", "-g"]
    elif SANITIZE == "thread":
        flags += ["-fsanitize=thread", "-fno-omit-frame-pointer", "-O1", "-g"]
    elif SANITIZE:
        raise SystemExit(f"HASIP_SANITIZE={SANITIZE}: must be 'address' or 'thread'")
    if COVERAGE:
        flags += ["--coverage", "-O0"]
    return flags


def link_flags() -> list[str]:
    flags = {"address": ["-fsanitize=address,undefined"], "thread": ["-fsanitize=thread"], "": []}[SANITIZE]
    return flags + (["--coverage"] if COVERAGE else [])


def extension(name: str, source: str) -> Extension:
    return Extension(
        name, [source], include_dirs=["."], depends=[str(path) for path in Path("hasip").rglob("*.h")],
        extra_compile_args=compiler_flags(), extra_link_args=link_flags(),
    )


extensions = [extension("hasip._fastpath", "hasip/_fastpath.pyx"), extension("hasip._load", "hasip/_load.pyx")]
if TESTING:
    extensions += [extension(f"tests.{path.stem}", str(path)) for path in sorted(Path("tests").glob("_*.pyx"))]

setup(ext_modules=cythonize(
    [each for each in extensions if Path(each.sources[0]).exists()],
    compiler_directives=DIRECTIVES, emit_linenums=COVERAGE, annotate=os.environ.get("HASIP_ANNOTATE") == "1",
))
