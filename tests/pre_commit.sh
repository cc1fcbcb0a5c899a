#!/usr/bin/env bash
# Runs the hooks of this repository's HEAD under the real pre-commit, which it installs from PyPI: needs the network,
# git, python3 and, for --rust or without --bin, cargo. Everything happens in a temporary folder.
#
#     tests/pre_commit.sh [--bin FILE] [--wheels FOLDER] [--rust]
#
# --bin FILE   the program for the `-system` hooks; without it, target/release/tokensweep is built
# --wheels FOLDER  then the same with the hooks that install the wheel (`language: python`), which is in this folder
# --rust       then the same with the hooks that pre-commit builds itself (`language: rust`; takes minutes)
set -euo pipefail
. "$(dirname "$0")/program.sh"

bin='' wheels='' kinds=(-system)
while [ $# -gt 0 ]; do
    case $1 in
        --bin) [ $# -gt 1 ] || usage; bin=$(realpath "$2"); shift 2 ;;
        --wheels) [ $# -gt 1 ] || usage; wheels=$(realpath "$2"); kinds+=(-wheel); shift 2 ;;
        --rust) kinds+=(''); shift ;;
        *) usage ;;
    esac
done
find_program

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/bin" "$tmp/home"
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --disable-pip-version-check pre-commit
git clone --quiet "$here" "$tmp/hooks"
rev=$(git -C "$tmp/hooks" rev-parse HEAD)

# Nothing of the user's settings counts, but cargo must find its toolchain.
export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
export HOME=$tmp/home PRE_COMMIT_HOME=$tmp/cache PATH=$tmp/bin:$tmp/venv/bin:$PATH
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.invalid
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.invalid
unset XDG_CONFIG_HOME GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE
git config --global init.defaultBranch main
for name in $(env | sed -n 's/^\(TOKENSWEEP_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done

# A fresh token.
token() { python3 "$here/tests/mint.py"; }

# must passes|fails WHAT COMMAND...: runs it, keeps what it said in $tmp/said and adds it to $tmp/log.
must() {
    local how=$1 what=$2 code=0
    shift 2
    "$@" >"$tmp/said" 2>&1 </dev/null || code=$?
    cat "$tmp/said" >>"$tmp/log"
    if { [ "$how" = passes ] && [ $code -ne 0 ]; } || { [ "$how" = fails ] && [ $code -eq 0 ]; }; then
        echo "FAILED: $what: must be a command that $how, ended with $code:" >&2
        cat "$tmp/said" >&2
        exit 1
    fi
    echo "ok: $what"
}

# said TEXT: the last command must have said this. A hook that fails for another reason has blocked nothing.
said() {
    grep -qF -- "$1" "$tmp/said" || { echo "FAILED: it did not say \`$1\`:" >&2; cat "$tmp/said" >&2; exit 1; }
}

# same WHAT A B: two values that must be equal.
same() { [ "$2" = "$3" ] || { echo "FAILED: $1: $2 is not $3" >&2; exit 1; }; }

head_of() { git "$@" rev-parse --verify --quiet refs/heads/main || echo none; }

begin() {
    git init --quiet --bare "$tmp/remote$1.git"
    git init --quiet "$tmp/user$1"
    cd "$tmp/user$1"
    git remote add origin "$tmp/remote$1.git"
    cat >.pre-commit-config.yaml <<YAML
default_install_hook_types: [pre-commit, commit-msg, pre-push]
repos:
  - repo: $tmp/hooks
    rev: $rev
    hooks: [{id: tokensweep$1}, {id: tokensweep$1-commit-msg}, {id: tokensweep$1-pre-push}]
YAML
    local from=()
    # Nothing but the folder counts: the name may belong to somebody else on the index.
    [ "$1" != -wheel ] || from=(env PIP_NO_INDEX=1 "PIP_FIND_LINKS=$wheels")
    SECONDS=0
    must passes "pre-commit install --install-hooks" "${from[@]}" pre-commit install --install-hooks
    echo "    after $SECONDS s"
    for hook in pre-commit commit-msg pre-push; do
        [ -x ".git/hooks/$hook" ] || { echo "FAILED: no hook $hook was installed" >&2; exit 1; }
    done
}

staged() {
    local before
    echo 'print("hello")' >app.py
    git add .
    must passes "a clean commit" git commit -m 'First'
    before=$(head_of)
    [ "$before" != none ] || { echo "FAILED: the clean commit is not there" >&2; exit 1; }

    echo "TOKEN=$t" >a.env
    must passes "a token in a file that is not staged does not block" git commit --allow-empty -m 'Empty'
    before=$(head_of)
    git add a.env
    must fails "a staged token blocks the commit" git commit -m 'Configure'
    said "tokensweep: 1 leak, so"
    said "a.env:1:7"

    echo "TOKEN=" >a.env
    must fails "a token that is staged and gone from the working copy blocks the commit" git commit -m 'Configure'
    said "a.env:1:7"
    same "a.env after pre-commit put it back" "$(cat a.env)" "TOKEN="
    must fails "pre-commit run --files on it" pre-commit run --files a.env
    said "a.env:1:7"
    must fails "pre-commit run --files on another file, as the index holds the token" pre-commit run --files app.py
    must fails "pre-commit run --all-files" pre-commit run --all-files
    same "HEAD" "$(head_of)" "$before"

    git add a.env
    must passes "pre-commit run --files once the token is gone" pre-commit run --files a.env
    must passes "the commit once the token is gone" git commit -m 'Configure'
}

message() {
    local before
    before=$(head_of)
    must fails "a token in the commit message blocks the commit" git commit --allow-empty -m "Use $t"
    said "tokensweep: 1 leak, so"
    same "HEAD" "$(head_of)" "$before"
    must passes "a clean message" git commit --allow-empty -m 'Use the vault'
}

pushed() {
    local before remote=$1
    must passes "a clean first push" git push --quiet origin main
    before=$(head_of)
    echo "TOKEN=$t" >b.env
    git add b.env
    must passes "a commit past the hook" git commit --no-verify -m 'Past the hook'
    git rm --quiet b.env
    must passes "a commit that takes the token out again" git commit -m 'Take it out'
    must fails "a push of commits one of which brings in a token" git push --quiet origin main
    said "b.env:1:7"
    same "the remote's main" "$(head_of -C "$remote")" "$before"
    must fails "the same as the first push of another branch" git push --quiet origin main:other
    said "b.env:1:7"
    git reset --quiet --hard "$before"
    must passes "a clean commit after it" git commit --allow-empty -m 'Clean'
    must passes "a clean second push" git push --quiet origin main
    same "the remote's main" "$(head_of -C "$remote")" "$(head_of)"
}

# What `pre-commit run` is asked for over a token that is committed, and the first push of a repository that has one.
asked() {
    local leak clean
    git init --quiet --bare "$tmp/first$1.git"
    git remote set-url origin "$tmp/first$1.git"
    git update-ref -d refs/remotes/origin/main
    echo "TOKEN=$t" >c.env
    git add c.env
    git commit --quiet --no-verify -m 'Past the hook'
    leak=$(git rev-parse HEAD)
    must passes "a clean commit after it" git commit --allow-empty -m 'Clean'
    clean=$(git rev-parse HEAD)
    for stage in pre-commit pre-push; do
        must fails "$stage: --all-files" pre-commit run --all-files --hook-stage "$stage"
        said "c.env:1:7"
        must fails "$stage: --files" pre-commit run --files c.env --hook-stage "$stage"
        said "c.env:1:7"
        must passes "$stage: --files on another one" pre-commit run --files app.py --hook-stage "$stage"
        for from in "$leak~1" HEAD~2; do
            must fails "$stage: --from-ref $from" pre-commit run --from-ref "$from" --to-ref HEAD --hook-stage "$stage"
            said "c.env:1:7"
        done
        must passes "$stage: a range behind it" pre-commit run --from-ref "$leak" --to-ref "$clean" --hook-stage "$stage"
    done
    must fails "--hook-stage pre-push alone" pre-commit run --hook-stage pre-push
    said "c.env:1:7"
    must fails "the first push" git push --quiet origin main
    said "c.env:1:7"
    git rm --quiet c.env
    must passes "a commit that takes it out" git commit -m 'Take it out'
    must fails "the first push of a token that is gone again" git push --quiet origin main
    said "c.env:1:7"
    must fails "the first push of HEAD to a name" git push --quiet origin HEAD:refs/heads/other
    said "c.env:1:7"
    git reset --quiet --hard "$leak~1"
}

# A pull that merges a token which upstream has had all along.
pulled() {
    git clone --quiet "$tmp/remote$1.git" "$tmp/other$1"
    echo "TOKEN=$t" >"$tmp/other$1/up.env"
    git -C "$tmp/other$1" add up.env
    git -C "$tmp/other$1" commit --quiet -m 'Upstream'
    git -C "$tmp/other$1" push --quiet origin main
    git remote set-url origin "$tmp/remote$1.git"
    pre-commit install --hook-type pre-merge-commit >/dev/null
    must passes "a commit of one's own" git commit --allow-empty -m 'Own'
    must passes "a pull that merges what upstream has" git pull --no-rebase --no-edit origin main
    [ -f up.env ] || { echo "FAILED: nothing was merged" >&2; exit 1; }
}

# `hook install` beside the hooks of pre-commit, in either order and again and again.
both() {
    git init --quiet "$tmp/both"
    cd "$tmp/both"
    echo 'repos: []' >.pre-commit-config.yaml
    git add .
    for order in "ours first" "pre-commit again" "and again"; do
        must passes "$order: hook install" "$bin" hook install
        pre-commit install -t pre-commit -t commit-msg -t pre-push >/dev/null
        must passes "$order: hook status" "$bin" hook status
        must passes "$order: a clean commit" git commit --allow-empty -m 'Clean'
        echo "TOKEN=$t" >a.env
        git add a.env
        must fails "$order: a token" git commit -m 'Configure'
        said "a.env:1:7"
        must fails "$order: a token in the message" git commit --allow-empty --only -m "Use $t"
        said "tokensweep: 1 leak, so"
        git rm --quiet --force --cached a.env
    done
    pre-commit install -f >/dev/null
    must fails "status once pre-commit has thrown ours away" "$bin" hook status pre-commit
    said "DOES NOT RUN"
    must passes "install after that" "$bin" hook install
    pre-commit uninstall >/dev/null
    must passes "status once pre-commit is gone" "$bin" hook status
}

# No twelve characters of the token in a row in anything that was printed.
quiet() {
    T=$t python3 - "$tmp/log" <<'PY' || { echo "FAILED: a part of the token was printed" >&2; exit 1; }
import os, sys
token, log = os.environ["T"], open(sys.argv[1], encoding="utf-8", errors="replace").read()
sys.exit("empty log" if not log else any(token[i:i + 12] in log for i in range(len(token) - 11)))
PY
    echo "ok: nothing that was printed holds the token or 12 characters of it"
}

for kind in "${kinds[@]}"; do
    echo "== hooks: tokensweep$kind ($(pre-commit --version), $(git --version))"
    rm -f "$tmp/bin/tokensweep"
    # The other hooks must not lean on a program on the PATH.
    [ "$kind" != -system ] || ln -s "$bin" "$tmp/bin/tokensweep"
    t=$(token)
    begin "$kind"
    staged
    message
    pushed "$tmp/remote$kind.git"
    asked "$kind"
    pulled "$kind"
    quiet
done
echo "== hook install beside pre-commit"
both
quiet
echo "all good"
