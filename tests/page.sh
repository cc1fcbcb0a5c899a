#!/usr/bin/env bash
# Uses the HTML report in a real headless Chromium, by clicks and keys, with axe-core: needs the npm registry, node,
# git, python3 and Chromium (Debian: `apt-get install chromium`). Everything happens in a temporary folder.
#
#     tests/page.sh [--bin FILE] [--pictures DIR]
#
# --bin FILE      the program; without it, target/release/tokensweep is built
# --pictures DIR  keep the screenshots there, to be looked at
set -euo pipefail
. "$(dirname "$0")/program.sh"

bin='' pictures=''
while [ $# -gt 0 ]; do
    case $1 in
        --bin) [ $# -gt 1 ] || usage; bin=$(realpath "$2"); shift 2 ;;
        --pictures) [ $# -gt 1 ] || usage; mkdir -p "$2"; pictures=$(realpath "$2"); shift 2 ;;
        *) usage ;;
    esac
done
find_program
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
    echo "$0: no Chromium here (Debian: apt-get install chromium)" >&2
    exit 2
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
(cd "$tmp" && npm install --silent --no-audit --no-fund playwright-core axe-core)
export HOME=$tmp GIT_CONFIG_NOSYSTEM=1
unset XDG_CONFIG_HOME GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE

# A history with two authors and odd names, a clean folder, twenty secrets, and ten thousand.
MINT=$here/tests python3 - "$tmp" <<'PY'
import os, random, subprocess, sys
sys.path.insert(0, os.environ["MINT"])
import mint
top, dice = sys.argv[1], random.Random(17)
def write(path, text):
    path = os.path.join(top, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
def token(head):
    return mint.token(dice, head)
def commit(who, date):
    env = dict(os.environ, GIT_AUTHOR_NAME=who, GIT_AUTHOR_EMAIL="x@example.invalid", GIT_COMMITTER_NAME=who,
               GIT_COMMITTER_EMAIL="x@example.invalid", GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date)
    for args in (["add", "-A"], ["commit", "-qm", "work"]):
        subprocess.run(["git", *args], cwd=os.path.join(top, "repo"), env=env, check=True)
os.makedirs(os.path.join(top, "repo"))
subprocess.run(["git", "init", "-q", "-b", "main"], cwd=os.path.join(top, "repo"), check=True)
subprocess.run(["git", "remote", "add", "origin", "git@github.com:octo/x.git"], cwd=os.path.join(top, "repo"), check=True)
gone = token("ghp_")
write("repo/gone.env", f"T={gone}\n")
write("repo/copy of it.env", f"\nT={gone}\n")
commit("Ann &amp; Lee", "2023-02-01T10:00:00Z")
os.remove(os.path.join(top, "repo/gone.env"))
os.remove(os.path.join(top, "repo/copy of it.env"))
write("repo/<img src=x onerror=document.title=1>/a.env", f"U={token('gho_')}\n")
write("repo/conf/deploy.sh", f"export GITHUB_TOKEN={dice.randbytes(20).hex()}\n")
commit("Bo", "2024-06-01T10:00:00Z")
write("clean/readme.txt", "nothing\n")
for i in range(20):
    write(f"twenty/part{i % 4}/conf{i}.env", f"# deploy {i}\nGITHUB_TOKEN={token(('ghp_', 'gho_', 'ghs_')[i % 3])}\n")
for i in range(10_000):
    head = ("ghp_", "gho_", "ghs_")[i % 3]
    write(f"many/service{i % 37}/conf{i}.env", f"# deploy {i}\nGITHUB_TOKEN={token(head)}\n")
PY
cd "$tmp"
run() { local code=0; "$bin" "$@" >/dev/null || code=$?; [ $code -le 1 ]; }
run scan --history repo --output html=repo.html
run scan clean --output html=clean.html
run scan twenty --output html=twenty.html
run scan many --output html=many.html
cp "$here/tests/page.mjs" .
CHROMIUM=$chromium PICTURES=$pictures node page.mjs
