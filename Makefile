# Everything sets itself up: `make demo` and `make test` work from a bare checkout.
SHELL := /bin/bash
BIN := .venv/bin
MINUTES := 20
TARGETS :=
# One more than there are processors: some tests wait.
WORKERS := $$(($$(nproc) + 1))
# Where nothing compiled is kept, each process of the tests, and there are hundreds, compiles all sources anew.
unexport PYTHONDONTWRITEBYTECODE
ROUNDS := 10
CALLS := 200
# They hold the daemon to what phones saw to half a second, many at once: nothing else runs beside them.
TIMED := tests/asterisk/test_live_calls.py tests/asterisk/test_many_calls.py

.PHONY: demo check lint unit test properties fuzz torture bench bench-latency bench-board bench-reports bench-clearing bench-load lock dashboards words docs clean

demo: .venv/.demo-ready ## calls happening live, from a simulated PBX
	@$(BIN)/ringtally demo

check: .venv/.ready ## the inner loop: lint, types and import rules beside the unit tests
	@$(MAKE) --no-print-directory -j2 --output-sync lint unit

lint: .venv/.ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: .venv/.ready
	$(BIN)/python -m pytest -q -n $(WORKERS) -m "not slow and not real"

test: .venv/.ready ## everything, with the real parts
	scripts/real-parts
	@$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -n $(WORKERS) -m "slow and not real"
	$(BIN)/python -m pytest -m real $(TIMED)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m real $(addprefix --deselect=,$(TIMED))

properties: .venv/.ready ## what must hold of any stream, with examples never tried before; ROUNDS=100 for longer
	for round in $$(seq $(ROUNDS)); do \
	    $(BIN)/python -m pytest -q -n auto -m "hypothesis and not real" --hypothesis-profile=anew || exit 1; done

fuzz: .venv/.ready ## by bytes of anybody, led by what they reach; MINUTES=60 for longer, TARGETS="stream clients" for some
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES) $(TARGETS)

bench: .venv/.ready ## what an event costs
	$(BIN)/python -m tests.bench

bench-latency: .venv/.ready ## how soon a subscriber knows, and what telling costs
	@PATH=$$PATH:/usr/sbin command -v mosquitto >/dev/null || scripts/real-parts
	$(BIN)/python -m tests.bench.latency

bench-board: .venv/.ready ## how soon a wallboard shows what happens on the PBX; CALLS=20 for a glance
	@PATH=$$PATH:/usr/sbin command -v mosquitto >/dev/null || scripts/real-parts
	$(BIN)/python -m tests.bench.board --calls $(CALLS)

bench-reports: .venv/.ready ## how long lists and reports take among a million calls
	$(BIN)/python -m tests.bench.lists

bench-clearing: .venv/.ready ## how long storage.keep holds up the storing of calls, among a million
	$(BIN)/python -m tests.bench.clearing

bench-load: .venv/.ready ## floods, a full house, and a week in accelerated time; give it an hour
	$(BIN)/python -m tests.bench.flood
	$(BIN)/python -m tests.bench.house
	$(BIN)/python -m tests.bench.week

torture: .venv/.ready ## under faults for twenty minutes: what is lost, doubled, invented; MINUTES=60 for longer
	scripts/real-parts
	$(BIN)/python -m tests.torture --minutes $(MINUTES)

lock: .venv/.ready ## resolve the dependencies anew
	$(BIN)/pip-compile -q --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links \
	    --no-emit-trusted-host --no-header --no-annotate --extra demo -o requirements/demo.txt pyproject.toml requirements/build.in
	$(BIN)/pip-compile -q --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links \
	    --no-emit-trusted-host --no-header --no-annotate -o requirements/run.txt pyproject.toml requirements/build.in
	$(BIN)/pip-compile -q --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links \
	    --no-emit-trusted-host --no-header --no-annotate --extra demo --extra test -o requirements/test.txt pyproject.toml requirements/build.in

dashboards: .venv/.ready ## config/grafana anew, out of tests/grafana/made
	$(BIN)/python -m tests.grafana

words: .venv/.ready ## the catalogues that run, from the .po that people write; tells what is not translated
	$(BIN)/python -m tests.daemon.test_words

docs: .venv/.ready ## the documents that are made of the code's own definitions
	$(BIN)/python -m tests.documents

.venv/.demo-ready: requirements/demo.txt pyproject.toml scripts/setup
	scripts/setup demo

.venv/.ready: requirements/test.txt pyproject.toml scripts/setup
	scripts/setup test

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
