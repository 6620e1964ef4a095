# Every habit of this house. `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --quiet --extra demo --extra build
SCALED := CC_WEB_WORKERS=2 INGEST_PROCESSES=2 KILLS=5 $(BIN)/python -m pytest -q --timeout=300
.DEFAULT_GOAL := help
.PHONY: help setup run run-telephony test test-scale check bench fmt lock audit reset screenshots

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## Install and build what is missing, start nothing
	@$(PYTHON) deploy/setup.py run

run: setup ## Set up, then start everything; Ctrl+C stops it
	@exec $(BIN)/command-center up

run-telephony: ## The same with a real telephone exchange (Asterisk) and a simulated outside world
	@$(PYTHON) deploy/setup.py telephony
	@CC_FAX_ENGINE=asterisk CC_VOICE_ENGINE=asterisk exec $(BIN)/command-center up

test: ## Set up, then every check and every test; counts them in its last line
	@$(PYTHON) deploy/run_tests.py

test-scale: ## The main job, the conversation and the live map past one machine: 2 web workers, 2 listeners
	@$(PYTHON) deploy/setup.py test
	@$(SCALED) tests/integration/console tests/integration/gps_ingest \
		"tests/e2e/test_main_job.py::test_from_a_call_to_a_closed_case[1]"
	@$(SCALED) tests/bench/bench_live_map.py -s -o python_files='bench_*.py'

check: ## The checks alone: format, lint, types, import directions, migrations
	@$(PYTHON) deploy/run_tests.py check

bench: ## The figures of docs/performance.md
	@$(PYTHON) deploy/setup.py test
	@$(BIN)/python -m pytest tests/bench -q -s --timeout=1800 -o python_files='bench_*.py'

fmt: ## Format and repair what can be repaired by itself
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .
	@cd static && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent lint -- --fix

lock: ## Lock the newest versions that pyproject.toml allows, with hashes
	@$(LOCK) --upgrade --extra dev -o requirements/dev.txt
	@$(LOCK) -c requirements/dev.txt -o requirements/run.txt

audit: ## Ask the advisory services about our dependencies; says so where they cannot be reached
	@$(PYTHON) deploy/audit.py

reset: ## Forget all data of this installation (var/)
	@$(PYTHON) deploy/reset.py

screenshots: ## Take the pictures of the README anew
	@$(PYTHON) deploy/setup.py test
	@SCREENSHOTS=$(CURDIR)/docs/images $(BIN)/python -m pytest -q tests/e2e -k screenshot
