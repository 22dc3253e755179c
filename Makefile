# The doors of the house for people who build it. Each target sets up what it needs; `make help` lists them.
# A stamp in .venv/.stamps remembers what is already there, so that a second call does nothing twice.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

BIN := .venv/bin
STAMPS := .venv/.stamps
PIP := $(BIN)/python -m pip --disable-pip-version-check
# The pinned files are complete, so nothing is resolved; byte code is compiled afterwards, on all cores.
PIP_INSTALL := $(PIP) install -qq --no-deps --no-compile
COMPILE := $(BIN)/python -m compileall -q -j 0 .venv/lib >/dev/null || true
# More words for pytest: make test PYTEST_ARGS="-k meter"
PYTEST_ARGS ?=
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal

.PHONY: help setup setup-dev system translations run test coverage lint soak fuzz bench lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) \
	  | while IFS='|' read -r name text; do printf '  make %-13s %s\n' "$$name" "$$text"; done

# ---- set-up --------------------------------------------------------------------------------------------------------

setup: $(STAMPS)/runtime $(STAMPS)/liangshui node_modules/.stamp translations ## everything that `make run` needs: .venv, pages, translations

setup-dev: setup $(STAMPS)/dev ## the same, and what tests and lint need

system: ## Debian packages that tests need: browser, fonts, PostgreSQL, Mosquitto, gettext, Poppler
	@scripts/system-packages

translations: $(STAMPS)/runtime ## compile each django.po that is newer than its django.mo
	@$(BIN)/python scripts/compile_translations.py

.venv/bin/python:
	@scripts/make-venv .venv

$(STAMPS)/runtime: requirements.txt | .venv/bin/python
	@echo "Installing the Python packages of requirements.txt ..."
	@$(PIP_INSTALL) --require-hashes -r requirements.txt
	@$(COMPILE)
	@mkdir -p $(@D) && touch $@

$(STAMPS)/dev: requirements-dev.txt $(STAMPS)/runtime
	@echo "Installing the Python packages of requirements-dev.txt ..."
	@$(PIP_INSTALL) --require-hashes -r requirements-dev.txt
	@$(COMPILE)
	@mkdir -p $(@D) && touch $@

# The command .venv/bin/liangshui, from this checkout.
$(STAMPS)/liangshui: pyproject.toml $(STAMPS)/runtime
	@$(PIP_INSTALL) --no-build-isolation --editable .
	@mkdir -p $(@D) && touch $@

# What the pages are drawn with: Tabler, Leaflet, ECharts.
node_modules/.stamp: package-lock.json $(wildcard requirements-node.txt) | $(STAMPS)/runtime
	@scripts/install-pages
	@touch $@

# ---- doors ---------------------------------------------------------------------------------------------------------

# Lint and tests load the settings, which make a secret key where there is none: not in the folder that people work in.
lint test coverage: export LIANGSHUI_HOME := $(CURDIR)/.venv/.home

run: setup ## start Liangshui: web, gateway and worker, with the demo banner the first time
	@exec $(BIN)/liangshui run

test: setup-dev system ## all tests on SQLite, then on PostgreSQL, the browser included
	env -u LIANGSHUI_DATABASE_URL $(PYTEST) $(PYTEST_ARGS)
	scripts/with-postgres $(PYTEST) $(PYTEST_ARGS)

coverage: setup-dev system ## the tests on SQLite, counted line by line (three fifths slower, so not part of `make test`)
	env -u LIANGSHUI_DATABASE_URL $(PYTEST) --cov=liangshui --cov-report=term:skip-covered $(PYTEST_ARGS)

lint: setup-dev ## ruff, mypy, direction of rooms, templates, YAML, missing migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy liangshui
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint --lint --quiet liangshui
	$(BIN)/python scripts/check_files.py

soak: setup-dev system ## fifty kills in ten minutes of traffic, on SQLite, then on PostgreSQL
	LIANGSHUI_SOAK_MINUTES=10 LIANGSHUI_SOAK_KILLS=50 $(BIN)/python -m pytest -n 0 tests/faults/test_kills.py
	LIANGSHUI_SOAK_MINUTES=10 LIANGSHUI_SOAK_KILLS=50 scripts/with-postgres --durable $(BIN)/python -m pytest -n 0 tests/faults/test_kills.py

FUZZ_SECONDS ?= 300
fuzz: setup-dev ## atheris on every codec, FUZZ_SECONDS long
	mkdir -p build/corpus
	$(BIN)/python tests/fuzz/fuzz_codecs.py build/corpus -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -artifact_prefix=build/

bench: setup-dev system ## run each of benchmarks/*.py; prints tables, fails nothing by time
	@set -e; for script in $(sort $(wildcard benchmarks/*.py)); do \
	  case "$$script" in */_*) continue;; esac; \
	  echo "== $$script"; $(BIN)/python "$$script"; \
	done

lock: ## pin requirements*.in again (new names only; scripts/lock_requirements.py --upgrade takes newer versions)
	scripts/lock_requirements.py

clean: ## remove what set-up and tests made; var/ (your data) stays
	rm -rf .venv node_modules build *.egg-info htmlcov .coverage .coverage.*
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find liangshui tests -name '__pycache__' -prune -exec rm -rf {} +
	find liangshui -name '*.mo' -delete
