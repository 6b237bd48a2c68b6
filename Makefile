# The two commands of the README are `make demo` and `make test`. Both install what they need.
# `make test PART=python` runs one part; `make parts` lists them.

PART ?=

.PHONY: demo test lint contract contract-mutants bench doc site fmt parts clean

demo:
	@sh .ci/demo.sh

test:
	@sh .ci/test.sh $(PART)

lint:
	@sh .ci/test.sh lint

contract:
	@sh .ci/contract.sh

contract-mutants:
	@sh .ci/contract.sh --mutants

bench:
	@sh .ci/bench.sh $(PART)

doc:
	@RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --all-features -p zhifuyun -p zhifuyun-mock-server

site:
	@sh .ci/docs.sh --site

fmt:
	@cargo fmt --all

parts:
	@sh .ci/test.sh --list

clean:
	@cargo clean
	@git clean -dfqX bindings examples tests .ci
