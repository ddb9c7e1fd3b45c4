# `make` alone says what there is. Everything runs in .venv, made on first use.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help init lists list score tune check dashboard docs explore preview members export test lint
.PHONY: bench clean

DATASET ?= sample
DATA_DIR ?= data
VARS ?= {}
# The first of these that is 3.11 to 3.13 makes the environment: make lists PYTHON=python3.12
PYTHON ?= python3 python3.13 python3.12 python3.11 python
IS_FIT = import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

# The program itself; so called, it names commands of make in what it says.
JOB = TARGETED_LISTS_MAKE=1 .venv/bin/python -m targeted_lists
# Through the environment, so that quotes and spaces arrive as they were typed.
LIST ?= win_back
SIZE ?= 5_000_000
TO ?= csv
export DATASET DATA_DIR VARS LIST AS_OF TO ON PROOFS IN
WHICH_DATA = --dataset "$$DATASET" --data-dir "$$DATA_DIR" --vars "$$VARS"

help:  ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile
	@echo "  Another dataset: make lists DATASET=NAME DATA_DIR=PATH [VARS='{as_of_date: 2026-01-31}']"
	@echo "  Every file read and every model fitted again: make lists FULL=1; none fitted: REUSE=1"

# Names of files stand one after the other: those with blanks are for targeted-lists itself.
init: .venv/runtime.stamp  ## A dataset from a shop's exports: DATASET=shop FROM='orders.csv consents.csv'
	@$(JOB) init "$(if $(filter file,$(origin DATASET)),,$$DATASET)" $(FROM) --data-dir "$$DATA_DIR"

lists: .venv/runtime.stamp  ## The whole job: tables, models, customer lists, published at the end
	@$(JOB) lists $(WHICH_DATA) $(if $(FULL),--full) $(if $(REUSE),--reuse)

score: .venv/runtime.stamp  ## Score customers with the saved model, without fitting one
	@$(JOB) score $(WHICH_DATA)

tune: .venv/runtime.stamp  ## Search hyper-parameters on a dataset that was built, and keep them
	@$(JOB) tune $(WHICH_DATA)

check: .venv/runtime.stamp  ## Look at a dataset's files before anything is built
	@$(JOB) check $(WHICH_DATA)

dashboard: .venv/runtime.stamp  ## The published tables as one page of charts [IN=ru]
	@$(JOB) dashboard $(WHICH_DATA) $${IN:+--language "$$IN"}

docs: .venv/docs.stamp  ## The manual as a site, and every table and column with the lineage graph
	@$(JOB) docs $(WHICH_DATA)

explore: .venv/explore.stamp  ## Look up customers, list caps and rules in a local app
	@$(JOB) explore $(WHICH_DATA)

preview: .venv/runtime.stamp  ## A list's size and value under other caps and capacities: LIST=win_back
	@$(JOB) preview $(WHICH_DATA) --list "$$LIST"

members: .venv/runtime.stamp  ## A list as a run made it: LIST=win_back [AS_OF=2026-06-01]
	@$(JOB) members $(WHICH_DATA) --list "$$LIST" $${AS_OF:+--as-of "$$AS_OF"}

export: .venv/runtime.stamp  ## A file for a tool: LIST=win_back TO=csv|google|meta|yandex [ON=day] [PROOFS=1]
	@$(JOB) export $(WHICH_DATA) --list "$$LIST" --to "$$TO" $${ON:+--on "$$ON"} $${PROOFS:+--proofs}

# The settings of a list that the command below passes on; the others are columns of the seed. With
# DATASET it is what that dataset has of the list.
export PURPOSE PURPOSE_RU SOURCE_MART CHANNEL OFFER OFFER_RU PRIORITY CAPACITY OFFER_COST BUDGET
export CONTACT_COST COOLDOWN_DAYS VALID_DAYS
list: .venv/runtime.stamp  ## A list of your own: LIST=name PURPOSE='what for' [OFFER= CHANNEL= PRIORITY= CAPACITY= …]
	@$(JOB) list --list="$(if $(filter file,$(origin LIST)),,$$LIST)" --purpose="$$PURPOSE" \
		--purpose-ru="$$PURPOSE_RU" --source-mart="$$SOURCE_MART" --channel="$$CHANNEL" \
		--offer="$$OFFER" --offer-ru="$$OFFER_RU" --offer-cost="$$OFFER_COST" \
		--priority="$$PRIORITY" --capacity="$$CAPACITY" --budget="$$BUDGET" \
		--contact-cost="$$CONTACT_COST" --cooldown-days="$$COOLDOWN_DAYS" \
		--valid-days="$$VALID_DAYS" \
		$(if $(filter file,$(origin DATASET)),,--dataset "$$DATASET" --data-dir "$$DATA_DIR")

test: .venv/dev.stamp  ## Every linter and every test
	@$(JOB) test

lint: .venv/dev.stamp  ## Every linter
	@.venv/bin/python tests/run_tests.py --lint

# Another environment: pyarrow would change how pandas holds texts in the job.
bench: .venv/runtime.stamp .venv-bench/stamp  ## Against pandas, polars and plain DuckDB: SIZE=5_000_000
	.venv/bin/python benchmarks/spine.py --size "$(SIZE)" --python .venv-bench/bin/python \
		--results benchmarks/RESULTS.md

clean:  ## Remove what a run makes again; .venv, published/, state/ and exports/ stay
	rm -rf target logs warehouse

# A stamp is written when its install is whole, and is older than a lock that has changed.
.venv/runtime.stamp: requirements.lock
	@for python in $(PYTHON); do \
		if $$python -c '$(IS_FIT)' 2> /dev/null; then $$python -m venv --clear .venv; exit; fi; \
	done; \
	echo "Python 3.11, 3.12 or 3.13 with its venv module is needed, and none of these is it:" \
		"$(PYTHON); install one, or name yours: make PYTHON=/path/to/python3.12"; \
	exit 1
	@echo "Installing requirements.lock into .venv (once)"
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement $<
	@touch $@

.venv/explore.stamp: requirements-explore.lock .venv/runtime.stamp
	@echo "Installing requirements-explore.lock into .venv (once)"
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement $<
	@touch $@

.venv/docs.stamp: requirements-docs.lock .venv/runtime.stamp
	@echo "Installing requirements-docs.lock into .venv (once)"
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement $<
	@touch $@

.venv/dev.stamp: requirements-dev.lock .venv/runtime.stamp
	@echo "Installing requirements-dev.lock into .venv (once)"
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement $<
	@touch $@

.venv-bench/stamp: requirements-bench.lock .venv/runtime.stamp
	@.venv/bin/python -m venv --clear .venv-bench
	@echo "Installing requirements-bench.lock into .venv-bench (once)"
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement $<
	@touch $@
