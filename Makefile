# `make run` and `make test` do all set-up themselves. `make help` lists the rest.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

TOOLS := .tools
UV := $(shell command -v uv 2>/dev/null || echo $(TOOLS)/bin/uv)
PY := .venv/bin/python
NLU_PY := nlu/.venv/bin/python
# Tests mostly wait: four processes take a file each, in the order of their names, so that long files do not come last.
SIDE_BY_SIDE := --numprocesses 4 --dist loadfile --no-loadscope-reorder
export RASA_TELEMETRY_ENABLED := false
export PYTHONPATH := $(CURDIR)

.PHONY: help run test check audit format lock clean train test-fast test-rasa test-e2e test-delivery benchmark evaluate rehearse

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: .venv/.runtime nlu/.venv/.runtime ## Run Warmline: database, Rasa, actions, gateway, console, demo
	@$(PY) -m bot up

test: setup-test ## Run every check and every test
	@scripts/test $(SIDE_BY_SIDE)

test-fast: setup-test ## Run the tests that need neither Rasa nor a browser
	@$(PY) -m pytest $(SIDE_BY_SIDE) -m "not rasa and not e2e"

test-rasa: setup-test ## Run the tests of the Rasa components, and those that need a trained model
	@$(NLU_PY) -m pytest -c tests/rasa/pytest.ini tests/rasa
	@$(PY) -m pytest -m rasa

test-e2e: setup-test ## Run the tests of the whole system
	@$(PY) -m pytest $(SIDE_BY_SIDE) -m e2e

test-delivery: setup-test ## Kill processes and break connections: is every message answered, once and in order?
	@$(PY) -m pytest tests/e2e/test_delivery.py tests/e2e/test_kill.py

check: setup-test ## Lint, types, import rules, training data
	@scripts/check

train: .venv/.runtime nlu/.venv/.runtime ## Train the model if the training files changed
	@$(PY) -m bot train

benchmark: setup-test .tools/starter/.made ## Measure reading, training and whole turns beside Rasa's starter project
	@$(PY) -m benchmarks.reading
	@$(PY) -m benchmarks.turns

evaluate: .venv/.runtime nlu/.venv/.runtime ## Measure how well intents and feelings are read
	@$(PY) -m bot evaluate

rehearse: .venv/.runtime nlu/.venv/.runtime ## Let scripted personas speak to the whole system in each language
	@$(PY) -m bot rehearse

audit: setup-test ## Ask PyPI's advisories about every locked package (needs the internet)
	@.venv/bin/pip-audit --disable-pip --require-hashes -r requirements.lock
	@.venv/bin/pip-audit --disable-pip --require-hashes -r nlu/requirements.lock

format: .venv/.dev ## Format the code
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

lock: $(UV) ## Resolve the lock files anew
	@scripts/lock $(UV)

clean: ## Remove environments, models and the embedded database
	@rm -rf .venv nlu/.venv $(TOOLS) .warmline .rasa

.PHONY: setup-test
setup-test: .venv/.dev nlu/.venv/.dev
	@scripts/find-chromium

$(TOOLS)/bin/uv:
	@scripts/get-uv $(TOOLS)

.venv/.runtime: requirements.lock | $(UV)
	@test -e .venv/.dev || scripts/environment $(UV) 3.12 .venv requirements.lock
	@touch $@

.venv/.dev: requirements-dev.lock | $(UV)
	@scripts/environment $(UV) 3.12 .venv requirements-dev.lock
	@touch $@ .venv/.runtime

.tools/starter/.made: benchmarks/starter/requirements.lock | $(UV)
	@scripts/environment $(UV) 3.10 .tools/starter benchmarks/starter/requirements.lock
	@touch $@

nlu/.venv/.runtime: nlu/requirements.lock | $(UV)
	@test -e nlu/.venv/.dev || scripts/environment $(UV) 3.10 nlu/.venv nlu/requirements.lock
	@touch $@

nlu/.venv/.dev: nlu/requirements-dev.lock | $(UV)
	@scripts/environment $(UV) 3.10 nlu/.venv nlu/requirements-dev.lock
	@touch $@ nlu/.venv/.runtime
