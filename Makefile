# The program needs Go (go.mod says which), Node 20.19 or newer, git and make. The rest is installed
# by scripts/install where the machine lets it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run dev test lint generate verify bench prove install console build

CONSOLE := web/console
BUILT   := $(CONSOLE)/dist/.built
SOURCES := $(shell find $(CONSOLE) \( -name node_modules -o -name dist -o -name test-results \) -prune -o -type f -print 2>/dev/null)
ARGS    ?=

help: ## show this
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18
	@echo "  Arguments for the program: make run ARGS='--help'"

run: install build ## install what is missing, build, start the server with the demo city
	@exec bin/liandong serve $(ARGS)

dev: install build ## the same, with the console served by Vite and reloaded at each change
	@scripts/dev $(ARGS)

test: ## everything: vet, Go with the race detector on real PostGIS, console, browser; ends with counts
	@scripts/install test
	@$(MAKE) --no-print-directory build
	@scripts/test $(ARGS)

lint: install ## go vet, staticcheck, the console's linter (golangci-lint reads .golangci.yml if you have it)
	go vet ./...
	go tool staticcheck ./...
	@if [ -f $(CONSOLE)/package.json ]; then cd $(CONSOLE) && npm run --if-present lint && npm run --if-present check; fi

generate: install ## write the generated files anew: OpenAPI, TypeScript types
	go generate ./...
	@if [ -f $(CONSOLE)/package.json ]; then cd $(CONSOLE) && npm run --if-present generate; fi

verify: generate ## fail when a generated file differs from what is committed
	git diff --exit-code
	@new=$$(git ls-files --others --exclude-standard); [ -z "$$new" ] || { echo "not committed:"; echo "$$new"; exit 1; }

bench: install build ## print throughput and latency on this machine
	@bin/liandong bench $(ARGS)

prove: ## the long rest: many seeds, fuzzing, full logs; dated output in docs/proof.md
	@scripts/install test
	@$(MAKE) --no-print-directory build
	@scripts/prove

install:
	@scripts/install run

build: console
	go build -o bin/ ./cmd/liandong

console: $(BUILT)

# dist/ is embedded; .gitkeep stays in it so that Go builds without Node.
$(BUILT): $(SOURCES)
	@if [ -f $(CONSOLE)/package.json ]; then \
		scripts/install run && cd $(CONSOLE) && npm run build && touch dist/.gitkeep dist/.built; \
	fi
