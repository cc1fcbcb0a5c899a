#!/usr/bin/env bash
# Counts the instructions that fixed workloads take (valgrind --tool=callgrind) and compares them with
# benches/guard.txt. A count does not depend on how busy the machine is. `guard.sh --update` writes new counts.
#
# valgrind offers the instructions of the machine up to AVX2, so this counts what a processor without AVX-512 does.
# `guard.sh --vectors sse2` (or portable) counts what older ones do, and compares with nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

tolerance=10 # per cent; compilers and C libraries differ by a few
counts=benches/guard.txt

if ! command -v valgrind >/dev/null; then
    # Fails unless CI_WITHOUT declares it.
    exec .ci/missing valgrind "the guard of instructions (Debian: apt install valgrind)"
fi
if ! grep -qw avx2 /proc/cpuinfo; then
    echo "guard: skipped, the counts are for a processor with AVX2"
    exit 0
fi
vectors=''
[ "${1:-}" != --vectors ] || vectors=$2
cargo build --quiet --release ${vectors:+--features choose-vectors} --bin tokensweep
program=${CARGO_TARGET_DIR:-target}/release/tokensweep
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
generate() { cargo bench --quiet --bench generate -- "$@"; }

for kind in source packed-hashes base64 utf-16 nested packed-candidates; do
    generate text $kind 1000000 "$scratch/$kind"
done
generate tree source 300 "$scratch/tree"
generate rules 100 "$scratch/rules.toml"
printf 'nothing here\n' >"$scratch/tiny"

count() { # the instructions of one scan
    valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        "$program" scan --no-config --threads 1 "$@" 2>&1 >/dev/null | awk '/Collected/ { print $NF }'
}
measure() {
    for kind in source packed-hashes base64 utf-16 nested packed-candidates tree tiny; do
        echo "$kind $(count "$scratch/$kind")"
    done
    echo "rules $(count --rules "$scratch/rules.toml" "$scratch/tree")"
}

if [ -n "$vectors" ]; then
    export BENCH_VECTORS=$vectors
    measure
    exit
fi
if [ "${1:-}" = --update ]; then
    measure | tee "$counts"
    exit
fi
failed=0
while read -r name now; do
    then=$(awk -v name="$name" '$1 == name { print $2 }' "$counts")
    if [ -z "$then" ] || [ -z "$now" ]; then
        echo "guard: no count for $name; run benches/guard.sh --update"
        failed=1
        continue
    fi
    change=$(((now - then) * 100 / then))
    printf 'guard: %-17s %13d instructions, %+d %%\n' "$name" "$now" "$change"
    if [ $change -gt $tolerance ]; then
        echo "guard: $name has become slower; if that must be, run benches/guard.sh --update and say why"
        failed=1
    fi
done < <(measure)
exit $failed
