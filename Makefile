# What a developer types. Each target is a short script in tools/, so that it
# can be read and run alone; `make` names them.

.DEFAULT_GOAL := help
.PHONY: help generate bazel-files fix lint check test soak bench fuzz

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

generate: ## write all generated files: protobuf, pages, bundle, BUILD files
	@tools/generate.sh

bazel-files: ## write MODULE.bazel's list and the BUILD files only
	@tools/bazel/generate.sh

fix: ## format, and apply what the linters can mend themselves
	@tools/fix.sh

lint: ## golangci-lint alone
	@go tool -modfile=tools/lint/go.mod golangci-lint run

check: ## all that needs no test machine, in minutes: format, lint, freshness, quick tests
	@tools/check.sh

test: ## every test, with -race, against a real browser, S3 server and SurrealDB
	@tools/test.sh

soak: ## the SurrealDB driver under storms of faults with fresh seeds (N=100)
	@tools/soak.sh

bench: ## all benchmarks once (BENCHTIME=1x, BENCH=regexp)
	@tools/bench.sh

fuzz: ## every fuzz target for a short while (FUZZTIME=10s)
	@tools/fuzz.sh
