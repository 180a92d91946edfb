#!/usr/bin/env bash
# Checks licences, sources and bans of all dependencies (deny.toml). Known vulnerabilities need the advisory database, which is
# fetched from the network: they are checked where it can be had, and said to be skipped where not.
set -euo pipefail
version=0.20.2
if [ "$(cargo deny --version 2>/dev/null)" != "cargo-deny $version" ]; then
  cargo install --quiet --locked cargo-deny --version "$version"
fi
cargo deny --log-level error check bans licenses sources
if ! cargo deny --log-level error check advisories 2>/tmp/advisories.$$; then
  if grep -q 'failed to fetch advisory database' /tmp/advisories.$$; then
    echo "skipped: cargo deny check advisories (the advisory database cannot be fetched from here)"
  else
    cat /tmp/advisories.$$ >&2
    exit 1
  fi
fi
rm -f /tmp/advisories.$$
