.DEFAULT_GOAL := help
.PHONY: help setup test test-all browser lint types audit format shape demo workbench run faults bench reference lock image ocean-latest release-check clean

BIN := .venv/bin
STAMP := .venv/.installed
# What the container has, for whatever starts the real `ocean`.
IMAGE := .venv/image
# Three processes share two cores, for tests wait too; who is ready first takes some from the others.
PYTEST := $(BIN)/python -m pytest -n 3 --dist worksteal
LOCK := --universal --python-version 3.12 --generate-hashes --no-header --no-annotate

help: ## Show these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-13s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) $(IMAGE)/.installed ## Create .venv and install the locked dependencies (again when the lock changed)
	@:

# The lock file names every package, so nothing is resolved again.
# A linked .venv belongs to another folder, which would lose its packages.
$(STAMP): requirements-dev.lock
	@if [ -L .venv ]; then echo ".venv is a link to $$(readlink .venv), which setting up would empty: remove the link first (rm .venv)" >&2; exit 1; fi
	@python=$$(scripts/find-python) && echo "Setting up .venv with $$python" && "$$python" -m venv --clear .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip check --disable-pip-version-check >/dev/null
	@touch $@

# Made anew, so that what the lock file no longer names is gone.
$(IMAGE)/.installed: requirements.lock $(STAMP)
	@$(BIN)/uv venv -q --clear --python $(BIN)/python $(IMAGE)
	@$(BIN)/uv pip sync -q --compile-bytecode --python $(IMAGE) --require-hashes requirements.lock
	@touch $@

test: lint types audit ## Lint, check types and packages, run the tests of the gate (minutes)
	@scripts/find-chromium >/dev/null || echo "No Chromium is installed, so the tests that drive one are skipped: make browser installs it"
	@$(PYTEST) -m "not exhaustive"

test-all: lint types audit browser ## The same with every test, longer searches for examples, and the coverage
	@$(PYTEST) --hypothesis-profile=nightly --cov --cov-report=term

browser: setup ## Install Chromium for the tests of the catalog's page, unless there is one
	@scripts/install-chromium

lint: setup ## Check style and formatting, and GitHub's workflows
	@$(BIN)/ruff check && $(BIN)/ruff format --check
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(BIN)/zizmor --quiet --offline --no-progress .github

types: setup ## Check the types
	@$(BIN)/mypy

audit: setup ## Look up known vulnerabilities of the locked packages, where the network allows it
	@$(BIN)/python scripts/audit.py requirements.lock

format: setup ## Format the code and apply safe fixes
	@$(BIN)/ruff check --fix && $(BIN)/ruff format

demo: setup ## Sync a sample API into a local catalog, all on this machine
	@$(BIN)/python -m workbench demo

shape: setup ## Count rooms, floors, arrows and lines of the code, and the words of the docs
	@$(BIN)/python -m scripts.shape && $(BIN)/python -m scripts.words

workbench: setup ## Run a command of the workbench: make workbench ARGS="check --help"
	@$(BIN)/python -m workbench $(ARGS)

run: setup ## Sync into Port, with the settings from the environment and .env (see .env.example)
	@$(IMAGE)/bin/python -c 'from port_ocean.run import run; run()'

faults: setup ## Run every fault at every place and show what becomes of it (minutes)
	@$(BIN)/python -m tests.fault_matrix

bench: setup ## Measure the speed, and write the tables of docs/performance.md (a quarter of an hour)
	@$(BIN)/python -m benchmarks

reference: setup ## Write the tables of settings, of the mapping's fields and of known signals into docs/
	@$(BIN)/python -m scripts.reference

lock: setup ## Resolve the dependencies again and write both lock files
	@$(BIN)/uv pip compile -q --upgrade $(LOCK) --excludes requirements-left-out.txt pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile -q --upgrade $(LOCK) -c requirements.lock --group dev pyproject.toml -o requirements-dev.lock

image: setup ## Build the container image and start it as a cluster would (docker, or buildah as root)
	@scripts/image localhost/port-ocean-custom:check
	@OCEAN_CUSTOM_IMAGE=localhost/port-ocean-custom:check $(BIN)/python -m pytest tests/test_image.py

ocean-latest: setup ## Run the tests against the newest Ocean, in a copy; ARGS="tests/test_sail.py" runs some
	@scripts/ocean-latest $(ARGS)

release-check: setup ## Go through the checklist of a release (an hour); ARGS=--without-tests leaves the tests out
	@scripts/release-check $(ARGS)

clean: ## Remove the environment and everything generated
	@rm -rf .venv .coverage htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
