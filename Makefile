# One verb per habit. `make` alone prints the list.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMPS := .make
SOURCES := setup.py pyproject.toml $(shell find hasip -name '*.pyx' -o -name '*.pxd' -o -name '*.pxi' -o -name '*.h')
TEST_SOURCES := $(wildcard tests/_*.pyx tests/*.pxd)
FUZZ_SECONDS ?= 600

.DEFAULT_GOAL := help
.PHONY: help demo test check lint format types debug asan tsan fuzz bench load screenshots coverage clean

help:            ## this list
	@grep -hE '^[a-z]+: .*##|^[a-z]+:  +##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 12

demo: $(STAMPS)/built    ## real calls through the router: a leg dies, calls move
	$(BIN)/python -m hasip.demo

test: $(STAMPS)/tested $(STAMPS)/tools    ## every test
	$(BIN)/python -m pytest

check: lint types    ## what a commit needs, besides tests

lint: $(STAMPS)/developed    ## ruff
	$(BIN)/ruff check hasip tests bench

format: $(STAMPS)/developed    ## let ruff put imports and the like in order
	$(BIN)/ruff check --fix hasip tests bench

types: $(STAMPS)/built $(STAMPS)/developed    ## mypy, strict
	$(BIN)/mypy

debug: $(STAMPS)/tools    ## the tests on a build with assertions and -O0
	tools/variant debug HASIP_DEBUG=1

asan: $(STAMPS)/tools    ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	tools/variant asan HASIP_SANITIZE=address

tsan: $(STAMPS)/tools    ## the tests under ThreadSanitizer
	tools/variant tsan HASIP_SANITIZE=thread

fuzz: $(STAMPS)/fuzzer $(STAMPS)/developed    ## libFuzzer with ASan and UBSan over parse and edit (FUZZ_SECONDS=600)
	PATH=$(abspath $(BIN)):$$PATH tests/fuzz/run.sh $(FUZZ_SECONDS)

bench: $(STAMPS)/tested    ## pytest-benchmark of the hot functions
	$(BIN)/python -m pytest bench --benchmark-only

load: $(STAMPS)/built    ## calls per second and cost per call, against Kamailio in the same run
	$(BIN)/python bench/load/compare.py

screenshots: $(STAMPS)/tools    ## the console's pages as pictures, for docs/console.md (three minutes)
	$(BIN)/python -m tests.browser.screenshots

coverage: $(STAMPS)/tools    ## line coverage of the .pxd files, by gcov
	tools/variant coverage HASIP_COVERAGE=1

clean:           ## forget what was built
	rm -rf build $(STAMPS) $(VENV) hasip/*.so hasip/*.c tests/*.so tests/*.c *.egg-info

$(STAMPS)/venv:
	tools/need-packages build
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hasip needs Python 3.11 or newer, this is " + sys.version)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip "setuptools>=77" "cython>=3.1,<4"
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/developed: $(STAMPS)/venv pyproject.toml
	$(BIN)/python tools/requirements.py dev | xargs -d '\n' $(BIN)/pip install --quiet
	@touch $@

$(STAMPS)/built: $(STAMPS)/venv $(SOURCES)
	$(BIN)/pip install --quiet --no-build-isolation --editable .
	@touch $@

$(STAMPS)/tested: $(STAMPS)/built $(STAMPS)/developed $(TEST_SOURCES)
	HASIP_TESTING=1 $(BIN)/python setup.py --quiet build_ext --inplace
	@touch $@

$(STAMPS)/fuzzer:
	tools/need-packages fuzz
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/tools: $(STAMPS)/tested
	tools/need-packages test
	@touch $@
