# The whole course from a fresh clone: needs python3 (3.11 or newer, with venv), git and make.
# Everything is installed into .venv; nothing else on the machine is touched.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
WORKERS ?= 2
# What `make quick` runs, under a minute on two cores (measured: 53 s on one). No notebooks, widgets,
# processes or browsers; a file of which a test takes more than five seconds does not belong here.
QUICK := game/test_game.py game/test_notes.py checkpoint/test_checkpoint.py data/test_dataset.py \
        data/test_toys.py metrics/test_metrics_bootstrap.py metrics/test_metrics_distances.py \
        metrics/test_metrics_frechet.py metrics/test_metrics_neighbours.py metrics/test_metrics_scores.py \
        metrics/test_metrics_toys.py objectives test_penalties.py test_latents.py divergences \
        networks check
# What `make test` leaves to `make test-more`: minutes that few changes need.
MORE := tests/pretend tests/published tests/book/test_new_chapter.py
QUICK_BOOK := chapters course_map notebooks quizzes report repository texts

.DEFAULT_GOAL := help
.PHONY: help install book pdf slides test test-more quick test-site test-colab test-gpu soak plain address models demos notebooks chapter lab \
        lint report format clean

help: ## say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# Made again only when what it installs has changed, so a second call is instant.
$(INSTALLED): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "The book needs Python 3.11 or newer (the package alone 3.10); name one with: make PYTHON=python3.12 book")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python cannot make virtual environments here; on Debian: apt install python3-venv"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python tools/install_torch.py
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

install: $(INSTALLED) ## create .venv and install the package and its tools

book: $(INSTALLED) ## build the rendered book from the stored outputs
	$(BIN)/jupyter-book build -W -n --keep-going .
	@echo "The book is ready. Open it: file://$(CURDIR)/_build/html/index.html"

pdf: $(INSTALLED) ## make of the built book one PDF, in the built site (needs chromium, after make book)
	$(BIN)/python tools/make_pdf.py

slides: $(INSTALLED) ## make the chapters' slides again, in the built site (make book makes them, too)
	$(BIN)/python tools/make_slides.py

# One worker per core with one thread each, as tests/conftest.py sees to.
test: $(INSTALLED) ## run the tests and execute every notebook again
	$(BIN)/python -m pytest tests book --ignore=tests/site $(MORE:%=--ignore=%) \
	    --nbval-lax --nbval-current-env --nbval-cell-timeout 300 \
	    --nbval-sanitize-with tests/nbval_sanitize.cfg -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-more: $(INSTALLED) ## play all notebooks on a pretended GPU, build the book as published, make a chapter in a scratch folder
	$(BIN)/python -m pytest $(MORE) -n $(WORKERS) --dist loadfile

quick: $(INSTALLED) ## run what takes a minute on two cores, and print its slowest tests
	$(BIN)/python -m pytest -q --durations 5 -n $(WORKERS) --dist loadfile \
	    $(QUICK:%=tests/%) $(QUICK_BOOK:%=tests/book/test_%.py)

test-site: $(INSTALLED) ## look at the built book in a real browser (needs chromium, after make book)
	$(BIN)/python -m pytest tests/site -n $(WORKERS) --dist loadfile --reruns 1 -rR

test-gpu: $(INSTALLED) ## run in eight minutes what only a GPU can show, and store its speeds
	$(BIN)/python tools/test_gpu.py

soak: $(INSTALLED) ## kill training a hundred times and store in tests/soak how it went
	OMP_NUM_THREADS=1 $(BIN)/python tests/soak/kills.py --kills 100 --out tests/soak/result.json

test-colab: $(INSTALLED) ## run the widgets with the versions that Colab has
	OMP_NUM_THREADS=1 $(BIN)/python tools/colab_check.py

plain: $(INSTALLED) ## make of each notebook one for Colab and GitHub, in _build/plain
	$(BIN)/python tools/plain_notebooks.py

address: $(INSTALLED) ## write the public address into README and notebooks: as found, or TO=https://github.com/me/gans
	$(BIN)/python tools/set_address.py $(TO)

models: $(INSTALLED) ## train and store in book/models what takes longer than a lesson
	$(BIN)/python tools/make_models.py

demos: $(INSTALLED) ## make the data and static pictures of the demos in the page, and the cover
	$(BIN)/python tools/make_demos.py
	$(BIN)/python tools/make_cover.py

notebooks: $(INSTALLED) ## execute the notebooks whose code changed and store outputs (FORCE=1: all)
	$(BIN)/python tools/run_notebooks.py $(if $(FORCE),--force)

# Given on make's command line, the four reach the shell as they are, apostrophes and all.
chapter: $(INSTALLED) ## write the skeleton of a new chapter: N=08 NAME=objectives TITLE="..." [PART="..."]
	@$(BIN)/python tools/new_chapter.py --number="$$N" --name="$$NAME" --title="$$TITLE" --part="$$PART"

lab: $(INSTALLED) ## open the first chapter in JupyterLab
	@test -x $(BIN)/jupyter-lab || $(BIN)/python -m pip install --quiet jupyterlab==4.6.6 jupyterlab-myst==2.7.0
	$(BIN)/jupyter-lab --notebook-dir=book --LabApp.default_url=/lab/tree/01_background.ipynb

lint: $(INSTALLED) ## check style, spelling and types, and that stored outputs are fresh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tools/run_notebooks.py --check
	$(BIN)/python tools/spelling.py
	$(BIN)/mypy

report: $(INSTALLED) ## print what each chapter offers: exercises, hints, quizzes, figures, time
	@$(BIN)/python tools/report.py

format: $(INSTALLED) ## put package, tests and notebooks into the one style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove what was built; .venv stays
	rm -rf _build build .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
