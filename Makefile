# Everything a person or the gate runs. `make help` lists it.
SWIFT ?= swift
BUILD ?= .build
PROGRAM = $(BUILD)/release/forestall

.PHONY: help dependencies build demo smoke test lint format bench bench-all clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

dependencies: ## install what a fresh Debian 12 with Swift lacks (needs root or sudo once)
	@sh packaging/dependencies.sh

build: dependencies ## the program, release
	$(SWIFT) build -c release --product forestall --scratch-path $(BUILD)

demo: build ## raise a ticket end to end: daemon, UDP, SQLite, outbox
	@FORESTALL=$(PROGRAM) sh packaging/demo.sh

smoke: build ## every command of the release program once
	@FORESTALL=$(PROGRAM) sh packaging/smoke.sh

test: dependencies ## all tests
	$(SWIFT) test --scratch-path $(BUILD)

lint: ## format and style, as the gate checks them
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests

format: ## rewrite the sources in the project's format
	$(SWIFT) format format --in-place --recursive --parallel Package.swift Sources Tests

bench: dependencies ## hot-path and store figures of this machine
	$(SWIFT) build -c release --product forestall-bench --scratch-path $(BUILD)
	$(BUILD)/release/forestall-bench $(if $(OUT),--out $(OUT))

bench-all: bench ## every figure of the project

clean:
	$(SWIFT) package clean --scratch-path $(BUILD)
