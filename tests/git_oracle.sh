#!/usr/bin/env bash
# Holds what a history scan reads against what git lists, object by object, on real repositories:
#   tests/git_oracle.sh REPOSITORY...
set -euo pipefail
[ $# -gt 0 ] || { echo "name at least one repository of 50,000 objects or more" >&2; exit 2; }
repos=()
for repo; do repos+=("$(realpath "$repo")"); done
cd "$(dirname "$0")/.."
TOKENSWEEP_ORACLE_REPOS="${repos[*]}" \
    cargo test --release --test it real_histories -- --ignored --nocapture
