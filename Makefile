# Two commands matter: `make demo` and `make test`. Each sets up what it needs on its own, once.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Where this is set nothing is ever compiled, and each start of the operator compiles 700 modules again.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
UV_VERSION := $(shell sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements-dev.lock)
UV := $(shell command -v uv 2>/dev/null || echo $(VENV)/bin/uv)
RUN := $(VENV)/bin
PYTEST := $(RUN)/python -m pytest
SCRIPT := PYTHONPATH=tests $(RUN)/python
ARGS ?=

.PHONY: help
help: ## List all targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(VENV)/ready ## Watch the operator at work on a real API server (ARGS=--once: run through once and end)
	@$(RUN)/wahealth demo $(ARGS)

.PHONY: test
test: $(VENV)/ready ## Everything that must hold, about 20 minutes on 2 cores (ARGS=…: pytest alone, with these arguments)
	@$(SCRIPT) tests/run.py $(ARGS)

.PHONY: unit
unit: check ## The inner loop: checks, unit tests, scenarios, properties with few examples (2 minutes on 2 cores)
	@$(PYTEST) --quiet --numprocesses=auto tests/unit tests/property $(ARGS)

.PHONY: contract
contract: $(VENV)/ready ## The borders: scripted and simulated servers, sidecar processes, alerts (2 minutes on 2 cores)
	@$(PYTEST) --quiet --numprocesses=4 --dist=loadfile tests/contract $(ARGS)

.PHONY: e2e
e2e: $(VENV)/ready ## On a real node: kubelet probes real pods (as root on Linux; elsewhere it says what it skips)
	@$(SCRIPT) tests/e2e/run.py $(ARGS)

.PHONY: check
check: $(VENV)/ready ## Lint, format, types, imports, dependencies, dead code, spelling, YAML, workflows, drift of generated files (half a minute)
	@$(RUN)/ruff check --quiet .
	@$(RUN)/ruff format --check --quiet .
	@$(RUN)/mypy --no-error-summary
	@$(RUN)/lint-imports --no-logo >$(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }
	@$(RUN)/deptry operator >$(VENV)/dependencies.log 2>&1 || { cat $(VENV)/dependencies.log; exit 1; }
	@$(RUN)/vulture
	@$(RUN)/vulture operator/wahealth
	@$(RUN)/typos --format brief
	@$(RUN)/yamllint --strict .
	@$(RUN)/zizmor --quiet --no-progress --offline --persona=auditor .github/workflows >$(VENV)/workflows.log 2>&1 || { cat $(VENV)/workflows.log; exit 1; }
	@$(RUN)/wahealth generate --check

.PHONY: lint-release
lint-release: $(VENV)/ready ## What kube-score says of the chart and actionlint of the workflows (needs Go, once)
	@$(SCRIPT) tests/lint_release.py

.PHONY: matrix
matrix: $(VENV)/ready ## The integration tests on each supported Kubernetes, and the table of it (ARGS="1.36 1.35")
	@$(SCRIPT) tests/matrix.py $(ARGS)

.PHONY: upgrades
upgrades: $(VENV)/ready ## From an earlier version to this one and back, with 500 resources (ARGS="--from=COMMIT --resources=500")
	@$(SCRIPT) tests/upgrade/run.py $(ARGS)

.PHONY: bench
bench: $(VENV)/ready ## What verdict, probe, sidecar and a fleet cost on this machine (PEERS=1: next to other probers)
	@$(SCRIPT) tests/bench/verdict.py
	@$(SCRIPT) tests/bench/probe.py
	@$(SCRIPT) tests/bench/sidecar.py
	@$(SCRIPT) tests/bench/echo.py
	@$(SCRIPT) tests/bench/wa.py
	@$(SCRIPT) tests/bench/board.py
	@$(SCRIPT) tests/bench/fleet.py
	@if [ -n "$(PEERS)" ]; then $(SCRIPT) tests/bench/peers.py; $(SCRIPT) tests/bench/many.py; fi

.PHONY: bench-gate
bench-gate: $(VENV)/ready ## Count what a round executes, here and at the merge base with main, and fail over 5 % (BASE=commit)
	@$(SCRIPT) tests/bench/gate.py $(BASE)

.PHONY: soak
soak: $(VENV)/ready ## An hour of faults of the API server, one after the other, in random order (SECONDS=3600)
	@$(SCRIPT) tests/integration/soak.py $(or $(SECONDS),3600)

.PHONY: fuzz
fuzz: $(VENV)/ready ## Throw mutated and expensive answers at parser and verdict (SECONDS=60)
	@$(SCRIPT) tests/fuzz/answers.py $(or $(SECONDS),60)

.PHONY: mutants
mutants: $(VENV)/ready ## Break the core in one place at a time, and see whether a test notices (ARGS=--sample=300; all: hours)
	@$(SCRIPT) tests/mutants.py $(ARGS)

.PHONY: generate
generate: $(VENV)/ready ## Write all files that are generated from the models: CRD, RBAC, chart, pages
	@$(RUN)/wahealth generate
	@$(SCRIPT) tests/chart/written.py

.PHONY: scenarios
scenarios: $(VENV)/ready ## Write the timelines in tests/scenarios/expected: read the difference before you commit it
	@$(SCRIPT) tests/timeline.py

.PHONY: gitops-table
gitops-table: $(VENV)/ready ## Write the table of docs/gitops.md: what each tool says of each state (needs Go)
	@$(SCRIPT) tests/support/gitops/table.py

.PHONY: picture
picture: $(VENV)/ready ## Draw docs/demo.svg, the picture of the demo, from a run of it
	@$(RUN)/wahealth demo --once | $(SCRIPT) tests/picture.py docs/demo.svg

.PHONY: pictures
pictures: picture ## Draw all pictures of docs/ again, from the real thing
	@$(SCRIPT) tests/pictures.py
	@$(SCRIPT) tests/board_pictures.py

ELSEWHERE = '<(script|link|img|image|iframe|source)[^>]* (src|srcset|href)="?(https?:)?//[^ >]*|(url\(|@import )["'\'']?(https?:)?//[^)]*'
.PHONY: docs
docs: $(VENV)/docs/ready ## Build the pages of docs/ as a site in site/
	@$(VENV)/docs/bin/zensical build --strict --clean
	@! grep -rnoE $(ELSEWHERE) --include=*.html --include=*.css --include=*.svg site || { echo "the site loads this from elsewhere" >&2; exit 1; }

.PHONY: format
format: $(VENV)/ready ## Let ruff format and fix what it can
	@$(RUN)/ruff format --quiet .
	@$(RUN)/ruff check --fix --quiet .

COMPILE = $(UV) pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11
.PHONY: lock
lock: $(VENV)/ready ## Pin the latest versions of all dependencies, with hashes
	@$(COMPILE) pyproject.toml -o requirements.lock
	@$(COMPILE) --all-extras --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	@$(COMPILE) --group build -c requirements-dev.lock -o requirements-build.lock
	@$(COMPILE) --group docs -c requirements-dev.lock -o requirements-docs.lock
	@$(COMPILE) --group release -c requirements-dev.lock -o requirements-release.lock

.PHONY: release
release: $(VENV)/release/ready ## All that is published of a version, into dist/ (VERSION=1.2.3 ARGS="--draft --without=image")
	@$(SCRIPT) tests/release/run.py $(VERSION) $(ARGS)

.PHONY: release-check
release-check: $(VENV)/ready ## Install, upgrade and remove what make release has made, on a real node without a way out (VERSION=1.2.3; as root)
	@$(SCRIPT) tests/e2e/run.py --release dist/$(VERSION) $(ARGS)

.PHONY: clean
clean: ## Remove what these commands made in this folder (the cache of cluster programs stays)
	@rm -rf $(VENV) site dist .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Without uv on the machine it is installed into .venv, never into the system.
$(VENV)/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it with: make PYTHON=python3.12" >&2; exit 1; }
	@echo "setting up $(VENV) (once)" >&2
	@$(PYTHON) -m venv $(VENV) || { echo "the venv module of $(PYTHON) is needed (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/ready: requirements-dev.lock pyproject.toml $(if $(filter $(VENV)/bin/uv,$(UV)),$(VENV)/bin/uv)
	@[ -x $(RUN)/python ] || $(UV) venv --quiet --python $(PYTHON) $(VENV)
	@$(UV) pip sync --quiet --compile-bytecode --python $(RUN)/python --require-hashes requirements-dev.lock
	@$(UV) pip install --quiet --python $(RUN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# Separate environments, because nothing else needs these packages.
$(VENV)/docs/ready: requirements-docs.lock $(VENV)/ready
	@[ -x $(VENV)/docs/bin/python ] || $(UV) venv --quiet --python $(PYTHON) $(VENV)/docs
	@$(UV) pip sync --quiet --python $(VENV)/docs/bin/python --require-hashes requirements-docs.lock
	@touch $@

$(VENV)/release/ready: requirements-release.lock $(VENV)/ready
	@[ -x $(VENV)/release/bin/python ] || $(UV) venv --quiet --python $(PYTHON) $(VENV)/release
	@$(UV) pip sync --quiet --python $(VENV)/release/bin/python --require-hashes requirements-release.lock
	@touch $@
