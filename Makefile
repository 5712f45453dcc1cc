# Everything a person or the gate runs. `make help` lists it.
SWIFT ?= swift
BUILD ?= .build
PROGRAM = $(BUILD)/release/forestall

KILLS ?= 100

.PHONY: help dependencies build demo smoke test kill-test crash-test fault-test flood-test \
	container-test systemd-security simulation fuzz fuzz-canaries numbers lint format bench \
	bench-idle bench-ingest bench-restart bench-replay bench-flash bench-detection \
	bench-all clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 20

dependencies: ## install what a fresh Debian 12 with Swift lacks (needs root or sudo once)
	@sh packaging/dependencies.sh

build: dependencies ## the program, release
	$(SWIFT) build -c release --product forestall --scratch-path $(BUILD)

demo: build ## raise a ticket end to end: daemon, UDP, SQLite, outbox
	@FORESTALL=$(PROGRAM) sh packaging/demo.sh

smoke: build ## every command of the release program once
	@FORESTALL=$(PROGRAM) sh packaging/smoke.sh

test: dependencies ## all tests
	-@sh packaging/dependencies.sh strace python3 # without them two tests say that they are skipped
	@sh packaging/clients.sh $(BUILD)/clients # likewise the tests with official clients
	$(SWIFT) test --scratch-path $(BUILD)

kill-test: build ## replay killed 100 times and resumed (KILLS=N), compared with one left alone
	@sh packaging/dependencies.sh strace python3
	@python3 Tests/Kills/kills.py --program $(PROGRAM) --kills $(KILLS) --seed $(or $(SEED),1)

crash-test: build ## the daemon killed 500 times under load, at each level (CRASHES=N SEED=N)
	@sh packaging/dependencies.sh python3
	@python3 Tests/Kills/crash.py --program $(PROGRAM) --kills $(or $(CRASHES),500) \
		$(if $(SEED),--seed $(SEED))
	@python3 Tests/Kills/crash.py --program $(PROGRAM) --kills $(or $(CRASHES),500) \
		--level journal $(if $(SEED),--seed $(SEED))

fault-test: build ## every call to the file system made to fail, one at a time (MOST=N of a kind)
	@sh packaging/dependencies.sh gcc python3
	@cc -shared -fPIC -O1 -Wall -Werror -o $(BUILD)/faults.so Tests/Faults/faults.c -ldl
	@python3 Tests/Faults/faults.py --program $(PROGRAM) --shim $(BUILD)/faults.so \
		$(if $(MOST),--most $(MOST)) $(if $(RECORDING),--recording $(RECORDING))

flood-test: dependencies ## the floods of the tests, for some minutes each (LINES=N of the good sender)
	FORESTALL_FLOOD_LINES=$(or $(LINES),2000000) $(SWIFT) test --scratch-path $(BUILD) \
		--filter FloodTests

container-test: build ## the unit under a real systemd in a container (root, Debian)
	@sh packaging/dependencies.sh python3
	@python3 Tests/Container/container.py --program $(PROGRAM) --build $(BUILD)

systemd-security: ## how exposed the unit's sandbox leaves the program
	@systemd-analyze security --offline=true systemd/forestall.service

simulation: dependencies ## clocks, networks and restarts made up, 10,000 schedules (SCHEDULES=N SEED=N)
	$(SWIFT) build -c release --product forestall-simulation --scratch-path $(BUILD)
	@$(BUILD)/release/forestall-simulation --seeds Tests/Simulation/failed-seeds.txt \
		--schedules $(or $(SCHEDULES),10000) $(if $(SEED),--seed $(SEED))

fuzz: ## the line protocol parser under libFuzzer, 10,000,000 inputs (RUNS=N)
	@sh packaging/dependencies.sh python3
	@sh Tests/Fuzz/fuzz.sh $(or $(RUNS),10000000)

fuzz-canaries: ## faults put into the parser, which the fuzzer must find
	@sh packaging/dependencies.sh python3
	@sh Tests/Fuzz/canaries.sh

numbers: dependencies ## a million decimal texts, compared with the C library (NUMBERS=N)
	FORESTALL_NUMBERS=$(or $(NUMBERS),1000000) $(SWIFT) test --scratch-path $(BUILD) \
		--filter StandardConversionTests

lint: ## format and style, as the gate checks them
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests

format: ## rewrite the sources in the project's format
	$(SWIFT) format format --in-place --recursive --parallel Package.swift Sources Tests

bench: dependencies ## hot-path and store figures of this machine
	$(SWIFT) build -c release --product forestall-bench --scratch-path $(BUILD)
	$(BUILD)/release/forestall-bench $(if $(OUT),--out $(OUT))

bench-idle: build ## what the daemon costs at 1,000 signals a second, and when nothing arrives
	@sh packaging/dependencies.sh python3
	@python3 Tests/Benchmarks/idle.py --program $(PROGRAM) $(if $(OUT),--out $(OUT))

bench-ingest: build ## receiving, beside a program that only counts bytes and InfluxDB 1.x
	@sh packaging/dependencies.sh gcc python3
	@python3 Tests/Benchmarks/ingest.py --program $(PROGRAM) $(if $(OUT),--out $(OUT))

bench-restart: build ## how long a start takes with 100,000 signals, after a stop and after a kill
	@sh packaging/dependencies.sh python3
	@python3 Tests/Benchmarks/restart.py --program $(PROGRAM) $(if $(OUT),--out $(OUT))

bench-replay: build ## a day of 200 machines at 1 Hz from gzip files (HOURLY=FILE: azure_pdm too)
	@sh packaging/dependencies.sh python3
	@python3 Tests/Benchmarks/replay.py --program $(PROGRAM) $(if $(HOURLY),--hourly $(HOURLY)) \
		$(if $(OUT),--out $(OUT))

bench-flash: build ## what a day of 1,000 signals writes to the medium; takes 40 minutes
	@sh packaging/dependencies.sh python3
	@python3 Tests/Benchmarks/flash.py --program $(PROGRAM) $(if $(OUT),--out $(OUT))

bench-detection: build ## what is found in recordings of real machines (DATA=DIR [OUT=DIR TOOLS=DIR])
	@sh packaging/dependencies.sh python3 python3-venv
	@python3 Tests/Benchmarks/detection.py --program $(PROGRAM) --data $(DATA) \
		$(if $(OUT),--out $(OUT)) \
		$(if $(TOOLS),--tools $(TOOLS) --environment $(BUILD)/detection-tools)

bench-all: bench bench-idle bench-ingest bench-restart bench-replay bench-flash ## every figure

clean:
	$(SWIFT) package clean --scratch-path $(BUILD)
