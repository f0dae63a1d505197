# Every command that a person runs. Plain `make` lists them.

.PHONY: help run test check twins bench bench-sizes soak bench-console bench-sdks outage chaos fuzz fmt lint audit sbom

help: ## list these commands
	@sed -n 's/^\([a-z-]*\): ## /\1\t/p' Makefile | expand -t 16

run: ## build everything and start a server on http://localhost:8400
	@scripts/require-tools
	cargo run --release

test: ## install what the tests need and run every suite
	@scripts/install-test-tools
	@scripts/test

check: ## the fast half: formatting, types, clippy
	@scripts/require-tools
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	@scripts/npm-each check lint

twins: ## judge ceremonies and tokens by programs that are not ours, and try every virtual authenticator (docs/twins.md)
	@scripts/install-test-tools
	@scripts/twins --browser --vectors

bench: ## measure a release build; the figures stay in target/bench.json
	@scripts/require-tools
	cargo build --release --workspace --bins
	target/release/ginnel-loadtest --server target/release/ginnel --json > target/bench.json.part
	@mv target/bench.json.part target/bench.json
	@cat target/bench.json

bench-sizes: ## measure with 1,000, 100,000 and 1,000,000 users on both databases; the figures stay in target/bench-sizes.json
	@scripts/require-tools
	cargo build --release --workspace --bins
	@scripts/bench-sizes

soak: ## load a release build for an hour, and note its memory; the figures stay in target/soak.json
	@scripts/require-tools
	cargo build --release --workspace --bins
	target/release/ginnel-loadtest --server target/release/ginnel --soak --json > target/soak.json.part
	@mv target/soak.json.part target/soak.json

bench-console: ## time the Console's pages with a million users, on SQLite and PostgreSQL; the figures stay in target/bench-console.json
	@scripts/require-tools
	cargo build --release --workspace --bins
	target/release/ginnel-loadtest --server target/release/ginnel --console --json > target/bench-console.json.part
	scripts/with-postgres sh -c 'target/release/ginnel-loadtest --server target/release/ginnel --console --json \
	  --database "$$TEST_DATABASE_URL"' >> target/bench-console.json.part
	@mv target/bench-console.json.part target/bench-console.json
	@cat target/bench-console.json

bench-sdks: ## time and weigh the SDKs beside Passage's own; the figures stay in target/bench-sdks.json
	@mkdir -p target
	node sdks/bench/run.mjs --json > target/bench-sdks.json.part
	@mv target/bench-sdks.json.part target/bench-sdks.json
	@cat target/bench-sdks.json

outage: ## cut a release build off from its mail server under load; fails if a mail is lost or comes twice
	@scripts/require-tools
	cargo build --release --workspace --bins
	target/release/ginnel-loadtest --server target/release/ginnel --outage

fuzz: ## fuzz each parser for a minute, or FUZZ_SECONDS; docs/fuzzing.md
	@scripts/fuzz

chaos: ## kill a release build, its database and its disk under load, an hour or two; the table stays in target/chaos.json
	@scripts/install-test-tools
	cargo build --release --workspace --bins
	target/release/ginnel-loadtest --server target/release/ginnel --chaos full --json > target/chaos.json.part || \
	  { mv target/chaos.json.part target/chaos.json; exit 1; }
	@mv target/chaos.json.part target/chaos.json

fmt: ## format all sources
	cargo fmt --all
	@scripts/npm-each fmt format

lint: ## clippy, prettier, and shellcheck where it is installed
	cargo clippy --workspace --all-targets -- -D warnings
	@scripts/npm-each check lint
	@scripts/lint-optional

audit: ## licences, duplicates, sources, advisories, lock files, reproducible scripts; see docs/supply-chain.md
	@scripts/audit

sbom: ## write bills of materials (CycloneDX) to target/sbom
	@scripts/sbom
