# make demo: a sample warehouse and a whole night.  make test: the tests.  Each sets up what it needs.
VENV ?= .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3 || echo python3)
# Handed to pip: a CPU build of torch, a mirror, a folder of wheels.
PIP_ARGS ?=
# Of make reproduce: the data, what a like is there, and how much is run (quick or paper).
DATA ?= ../shared/data/ml-latest-small
CONF ?= conf/datasets/$(notdir $(DATA)).yaml
PROFILE ?= quick
BIN := $(VENV)/bin
# Two processes, each with a Spark session of 4 GB: a file's tests stay together and share what they set up.
SIDE_BY_SIDE ?= -n 2 --dist loadfile
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
ARCHIVE := $(VENV)/.class-archive
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -c constraints.txt

.PHONY: help setup setup-dev demo test check format test-long soak fuzz real-data reproduce clean

help:  ## what each target does
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/:/'

setup: $(READY)  ## what the demo needs: environment, packages, Delta's jars; nothing the second time

setup-dev: $(READY_DEV)  ## all extras too, for tests and comparisons

$(READY): pyproject.toml constraints.txt conf/spark-defaults.conf conf/spark-env.sh conf/log4j2.properties mars_model/tables/jars.py mars_model/prerequisites.py
	@command -v "$(PYTHON)" >/dev/null || { echo "No Python found, 3.11 or later needed: install it, or name it with make PYTHON=..."; exit 1; }
	@$(PYTHON) mars_model/prerequisites.py
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --no-compile -e '.[train]'
	$(BIN)/mars-batch setup
	@touch $(READY)

$(READY_DEV): $(READY)
	$(PIP) -e '.[train,evaluate,tune,mlflow,dev]'
	$(PIP) -e '.[cmf]' || echo "cmfrec could not be built (is there a C compiler?): comparisons will report CMF as not run"
	@touch $(READY_DEV)

$(ARCHIVE): $(READY)
	$(BIN)/mars-batch setup --class-archive
	@touch $(ARCHIVE)

demo: setup  ## sample warehouse, whole night, a few lists with their reasons
	$(BIN)/mars-batch demo

check: setup-dev  ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup-dev  ## what ruff can mend by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: check  ## lint, format, types and all tests but the long ones
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not long and not soak"

test-long: setup-dev  ## the long tests: every variant's night, a week of nights, several processes, searches
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "long and not soak"

soak: setup-dev $(ARCHIVE)  ## kills, races, interrupts, full disks and mutations; prints its figures
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -p tests.soak.report -m soak

fuzz: setup-dev  ## 2,000 mutated files through the import (half an hour)
	MARS_MUTATIONS=2000 $(BIN)/python -m pytest -s -m long tests/importing/test_mutated_files.py

real-data: setup-dev  ## only the nights on ../shared/data, all three sets
	$(BIN)/python -m pytest -m real_data --real-data all

reproduce: setup-dev  ## the paper's experiment on DATA, a folder of items.parquet and interactions.parquet
	$(BIN)/mars-batch $(if $(wildcard $(CONF)),--conf $(CONF)) --warehouse reproduced/$(notdir $(DATA)) \
		reproduce --data $(DATA) --profile $(PROFILE)

clean:  ## the environment and the default warehouse
	rm -rf $(VENV) warehouse spark-warehouse
