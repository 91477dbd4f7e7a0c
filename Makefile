# make demo   sets everything up and grades a bundled class of sample submissions
# make test   sets everything up and runs every test
# make help   lists the rest
#
# Nothing is assumed but Python 3.11 or later, make and git. Another Python: make PYTHON=python3.13 test

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install -c constraints.txt
# Tests of a file share what their fixtures made, so a file is not split among processes.
PYTEST_ARGS ?= -n auto --dist loadfile --no-loadscope-reorder -q

# Compiling all of it anew for every process costs a third of the time of the tests.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test attacks fuzz faults lint format key curves template clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

setup: $(READY) ## install everything into .venv

$(READY): pyproject.toml constraints.txt scripts/system-packages
	@PYTHON="$(PYTHON)" sh scripts/system-packages
	$(PYTHON) -m venv $(VENV)
	$(PIP) hatchling
	$(PIP) --no-build-isolation -e '.[dev,watch,course,desk]'
	@touch $@

demo: setup ## grade a bundled class of sample submissions
	$(BIN)/grader demo --out demo-out

test: setup ## run every test
	$(BIN)/python -m pytest $(PYTEST_ARGS) $(MORE)

attacks: setup ## run every attack with every sandbox, and write what came of it to docs/security.md
	ATTACKS_OUT=build/attacks $(BIN)/python -m pytest -q -m attacks_full tests/attacks
	$(BIN)/python -m tests.attacks.table build/attacks

# FUZZ: targets of tests/fuzz/targets.py; SECONDS: for each of them.
FUZZ ?= wire answer archive submission source rubric key times result \
	markdown html colours formula notebook sheet answers
SECONDS ?= 60
fuzz: setup ## fuzz whatever reads bytes of strangers: make fuzz FUZZ=wire SECONDS=600
	$(PIP) --no-build-isolation -e '.[fuzz]'
	for target in $(FUZZ); do $(BIN)/python -m tests.fuzz.run $$target --seconds $(SECONDS) || exit 1; done

KILLS ?= 200
faults: setup ## kill a batch at random 200 times, 50 with notebooks, commands of a course 1000 times, and the desk 200 times
	$(BIN)/python -m tests.faults.kills --kills $(KILLS)
	$(BIN)/python -m tests.faults.kills --kills $$(($(KILLS) / 4)) --notebooks
	$(BIN)/python -m tests.faults.course_kills --kills $$(($(KILLS) * 5))
	$(BIN)/python -m tests.faults.desk_kills --kills $(KILLS)

lint: setup ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup ## let ruff put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

key: setup ## record the answer keys again, after a change of bank or reference
	$(BIN)/grader key -a numpynn
	$(BIN)/grader key -a convnet

curves: setup ## record the reference's training curves again, after a change of it or its notebooks
	$(BIN)/python -m grader.notebooks.curve_recording numpynn-notebooks

template: setup ## strip the student template from the reference again
	$(BIN)/grader template student_template/numpynn -a numpynn

clean: ## remove what was installed and made here
	rm -rf $(VENV) demo-out build dist .hypothesis .mypy_cache .ruff_cache
