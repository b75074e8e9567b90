# Samtal's commands. They need python3 (3.11 or newer, with venv) and make; everything else comes into .venv/.

PYTHON ?= python3
RUN := .venv/bin/python
INSTALLED := .venv/installed

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-reset test smoke chaos proof messages

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(INSTALLED)  ## make the environment in .venv/ (every other command does it when needed)

demo: setup  ## run Samtal with a sandbox company and live customers at http://127.0.0.1:8080; Ctrl-C stops it
	@$(RUN) -m config.launcher demo

demo-reset: setup  ## remove the demo's data
	@$(RUN) -m config.launcher reset

test: setup  ## lint, types, contracts, migrations, and every test on real servers and in a real browser
	@$(RUN) -m tests.suite

smoke: setup  ## the main job in a real browser against the demo that runs; FAULT=worker|web|sweep|redis|flush breaks it
	@$(RUN) -m tests.smoke

messages: setup  ## collect what people read into locale/*.po and compile it; needs GNU gettext
	@$(RUN) manage.py makemessages --locale sv --locale nb --locale da --no-wrap --add-location file --no-obsolete \
	  --ignore .venv --ignore tests --ignore node_modules
	@SAMTAL_PROFILE=public_body $(RUN) manage.py compilemessages --ignore .venv

chaos: setup  ## sending and intake under KILLS=1000 random kills, beside a naive sender; SEED=n repeats a plan
	@$(RUN) -m tests.chaos kills --kills $(or $(KILLS),1000) --seed $(or $(SEED),0)

proof: setup  ## all long proofs, one JSON line each
	@failed=; for proof in "chaos kills" "chaos steps" "chaos restarts" "chaos answers" "proofs"; do \
	  $(RUN) -m tests.$$proof --seed $(or $(SEED),0) || failed="$$failed $$proof"; done; \
	  test -z "$$failed" || { echo "Do not hold:$$failed"; exit 1; }

# The stamp is made last, so a broken-off installation is done again. It depends on what is installed and on nothing else.
$(INSTALLED): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Samtal needs Python 3.11 or newer as $(PYTHON). Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ctypes, ensurepip, ssl, venv' || \
	  { echo "This Python lacks the module named above. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Making the environment in .venv/ (about a minute, once)"
	@$(RUN) -m pip --version > /dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@if command -v uv > /dev/null; \
	  then uv pip install --compile-bytecode --python $(RUN) --require-hashes --requirement requirements-dev.txt; \
	  else $(RUN) -m pip install --disable-pip-version-check --no-deps --require-hashes --requirement requirements-dev.txt; fi
	@touch $@
