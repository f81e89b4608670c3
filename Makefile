# One way to build and check anything; CI and the commit hooks call these targets and no
# commands of their own. `make help` lists them.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help

## Use

run: release  ## build and start the seed scenario: a gateway and two echo backends; Ctrl-C ends it
	@$(BIN)/gwroute demo $(ARGS)

test: test-rust test-py  ## everything that must pass, both languages

## Build

build: $(STAMP)  ## editable install, debug build
	@PIP_QUIET=1 $(BIN)/maturin develop --quiet

release: $(STAMP)  ## editable install, optimised build
	@PIP_QUIET=1 $(BIN)/maturin develop --quiet --release

wheel: $(STAMP)  ## a wheel for this platform in dist/
	@$(BIN)/maturin build --quiet --release --out dist

$(STAMP): requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "gwroute needs Python 3.10 or newer; set PYTHON=..."; exit 1; }
	@command -v cargo >/dev/null || { echo "gwroute needs Rust (cargo) to build; see https://rustup.rs"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked development tools into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

## Check

test-rust:  ## unit, property and socket tests of the Rust crates
	@cargo test --workspace --locked --quiet

test-py: build  ## tests of the package, the command and the data plane
	@$(BIN)/python -m pytest -q $(ARGS)

lint: $(STAMP)  ## formatting and lints, warnings as errors
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
	@$(BIN)/ruff format --check --quiet python tests benches tools
	@$(BIN)/ruff check --quiet python tests benches tools

format: $(STAMP)  ## rewrite the sources in the house format
	@cargo fmt --all
	@$(BIN)/ruff format --quiet python tests benches tools
	@$(BIN)/ruff check --quiet --fix python tests benches tools

type: build  ## mypy on the package; the stubs against the built module
	@$(BIN)/mypy
	@$(BIN)/python -m mypy.stubtest gwroute._native --allowlist .stubtest-allowlist --ignore-disjoint-bases

doc: $(STAMP)  ## Rust API documentation, warnings as errors
	@RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet

golden: build  ## rewrite the expected outputs of the golden tests; read the difference before you commit it
	@GWROUTE_GOLDEN=1 $(BIN)/python -m pytest -q tests/resolve tests/cli tests/findings
	@cd tests && ../$(BIN)/python -m conformance.coverage

wheel-check: wheel  ## install the wheel into an empty environment and run README's examples there
	@rm -rf $(VENV)-wheel && $(PYTHON) -m venv $(VENV)-wheel
	@$(VENV)-wheel/bin/python -m pip install --quiet --disable-pip-version-check "$$(ls -t dist/*.whl | head -n 1)[cli]" pytest pytest-timeout
	@cd tests && ../$(VENV)-wheel/bin/python -P -m pytest -q -c /dev/null --rootdir . -p no:cacheprovider test_readme.py
	@rm -rf $(VENV)-wheel

conformance: build  ## the conformance cases, and a report; ARGS="--keep-going 'HTTPRoute*'"
	@cd tests && ../$(BIN)/python -m conformance $(ARGS)

soak-properties: build  ## the property tests for an hour, with new seeds each round; SECONDS=60
	@cd tests && ../$(BIN)/python -m property.soak $(or $(SECONDS),3600)

## Measure

bench: bench-rust bench-py bench-proxy  ## all benchmarks; figures go to benches/README.md by hand

bench-rust:  ## one decision, compiling, patching
	@cargo bench --package gwroute-bench --locked

bench-py: release  ## loading, resolving, deciding from Python, beside rivals
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@$(BIN)/python -m pytest -q benches/python --benchmark-enable --benchmark-only -o addopts= -p no:cacheprovider

bench-proxy: release  ## requests and handshakes beside nginx, HAProxy and Envoy (needs wrk, nginx, haproxy, openssl)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@$(BIN)/python benches/proxy/run.py

## Keep

lock: $(STAMP)  ## write the lock files anew
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@cd requirements && UV_CUSTOM_COMPILE_COMMAND="make lock" ../$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-emit-find-links ../pyproject.toml --extra cli --group ../pyproject.toml:dev --no-emit-package gwroute -o dev.txt
	@cd requirements && UV_CUSTOM_COMPILE_COMMAND="make lock" ../$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-emit-find-links --group ../pyproject.toml:bench --constraint dev.txt -o bench.txt
	@cargo update --quiet

schemas: $(STAMP)  ## write the schemas of the Gateway API anew from the CRDs in $$STANDARD and $$EXPERIMENTAL
	@$(BIN)/python tools/schemas.py $(STANDARD) $(EXPERIMENTAL)

clean:  ## remove everything that was built
	@rm -rf target dist $(VENV) $(VENV)-wheel python/gwroute/_native*.so

all: lint type doc test conformance  ## what CI checks

help:  ## this list
	@awk 'BEGIN {FS = ":.*## "} /^## / {printf "\n%s\n", substr($$0, 4)} /^[a-z-]+:.*## / {printf "  %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run test build release wheel test-rust test-py lint format type doc golden wheel-check conformance soak-properties bench bench-rust bench-py bench-proxy lock schemas clean all help
