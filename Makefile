# The commands of this repository. Everything they need beyond Rust, Go, make and terraform they install or build
# themselves: Debian packages with apt, the lab's programs from their Go modules into a cache outside the repository.

CARGO ?= cargo
PROGRAMS = $(or $(CARGO_TARGET_DIR),target)/debug

.PHONY: acceptance build bench check conformance demo docs install lab parts programs release test uninstall unit

# The plugin, as a release has it.
build:
	$(CARGO) build --release --locked -p terraform-provider-microk8s

# The plugin where terraform and tofu look first, so that `init` finds it, each build with a version of its own.
install: build
	.ci/install $(or $(CARGO_TARGET_DIR),target)/release/terraform-provider-microk8s

# All versions that `make install` put there.
uninstall:
	.ci/install --remove

# The files of a release for the Linux machines of most people, in target/release-files, signed where RELEASE_KEY is set.
release:
	.ci/release/run target/release-files x86_64-unknown-linux-gnu

# Format, lints, and what may be depended on. ADVISORIES=required fails where known vulnerabilities cannot be looked up.
check:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	tests/deny.sh

# The reference in docs/, from the schemas and the examples. A test fails where it is not up to date.
docs:
	WRITE_REFERENCE=1 $(CARGO) test -q -p terraform-provider-microk8s --test reference

# The plugin, the lab and the tests, once and with the features of all: `cargo test` and `cargo build --all-targets` build some of
# them anew for each other, `cargo run -p` nearly all.
programs:
	$(CARGO) build --workspace --tests --bins --examples

# The programs that the lab runs, and the packages they come with.
parts: programs
	$(PROGRAMS)/lab parts

# Lints, and all tests: pure ones, in-process ones, and then terraform against the built plugin in labs. A table at the end says what
# took how long.
test: parts
	CHECK=1 tests/run/all

# The build-outs, applied, planned again and destroyed: in labs, or on machines and a router of yours that TARGETS names, a file such as
# examples/site.toml. It says what it erases there, does it with ACCEPTANCE_ERASE=yes alone, and asks them afterwards
# what is left.
ifdef TARGETS
acceptance: programs
	$(PROGRAMS)/site $(TARGETS)
else
acceptance: parts
	tests/run/all lab build_outs
endif

# What we rely on of VyOS and MicroK8s, held against the stand-ins, or against targets of yours:
# CONFORMANCE_VYOS=https://192.0.2.1 CONFORMANCE_VYOS_KEY=... for a router; it says what it writes, takes that away again, and saves
# only with CONFORMANCE_VYOS_SAVE=1. CONFORMANCE_NODES=ubuntu@192.0.2.11,ubuntu@192.0.2.12 CONFORMANCE_NODES_ERASE=yes for machines
# without MicroK8s, on which it is installed and removed. What differs is listed.
conformance:
	$(CARGO) test -q -p conformance --test vyos --test microk8s -- --nocapture

# The tests that need neither the lab nor root.
unit:
	tests/run/all unit

# A whole build-out in the lab, applied, shown, planned again and destroyed.
demo: parts
	$(PROGRAMS)/demo

# The lab alone, with a shell in it.
lab: parts
	$(PROGRAMS)/lab up --nodes 3

# Handshake time and memory, beside a Go provider; plans of many objects; commits of a router that are shared, beside those that are not; labs of several
# sizes. Takes a quarter of an hour or more.
bench: build parts
	$(CARGO) bench -p acceptance --bench start
	$(CARGO) bench -p acceptance --bench plan_scale
	$(CARGO) bench -p terraform-provider-microk8s --bench cross_checks
	$(CARGO) bench --profile dev -p acceptance --bench commits
	$(CARGO) bench --profile dev -p lab --bench size
