#!/usr/bin/env bash
# Runs the action, the CI examples and the hook managers' examples for real: needs the network (PyPI, npm), git,
# python3 and node. Everything happens in a temporary folder; what stands in for GitHub is a bare repository in it.
#
#     tests/pipelines.sh [--bin FILE]
#
# --bin FILE   the program; without it, target/release/tokensweep is built
#
# The YAML is held against the schemas that check-jsonschema ships. The steps of action.yml run as a runner runs them
# (but for the build, which is this program), in checkouts as actions/checkout makes them. The script lines of the
# other systems run in sh, with the variables that those systems set. Jenkins' own syntax is not checked.
set -euo pipefail
. "$(dirname "$0")/program.sh"

bin=''
while [ $# -gt 0 ]; do
    case $1 in
        --bin) [ $# -gt 1 ] || usage; bin=$(realpath "$2"); shift 2 ;;
        *) usage ;;
    esac
done
find_program

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/home" "$tmp/bin" "$tmp/runner/tokensweep/bin"
ln -s "$bin" "$tmp/bin/tokensweep"
ln -s "$bin" "$tmp/runner/tokensweep/bin/tokensweep"
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --disable-pip-version-check check-jsonschema pyyaml
(cd "$tmp" && npm install --silent --no-audit --no-fund lefthook husky simple-git-hooks)
python="$tmp/venv/bin/python"

echo "== schemas"
check() { "$tmp/venv/bin/check-jsonschema" --builtin-schema "vendor.$1" "$here/$2"; }
check github-actions action.yml
check github-workflows examples/ci/github.yml
check gitlab-ci examples/ci/gitlab.yml
check azure-pipelines examples/ci/azure-pipelines.yml
check bitbucket-pipelines examples/ci/bitbucket-pipelines.yml

export HOME=$tmp/home GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.invalid
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.invalid PATH=$tmp/bin:$PATH
unset XDG_CONFIG_HOME GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE
for name in $(env | sed -n 's/^\(\(TOKENSWEEP\|GITHUB\|CI\|BUILD\|BITBUCKET\|GIT_COMMIT\|CHANGE\)_[A-Z_]*\)=.*/\1/p'); do
    case $name in GIT_COMMITTER_*) ;; *) unset "$name" ;; esac
done
git config --global init.defaultBranch main
git config --global advice.detachedHead false

# A fresh token.
token() { python3 "$here/tests/mint.py"; }

# commit FILE [LEAK]: a commit of one file, with a fresh token in it if there is a second word; prints its id.
commit() {
    if [ $# -gt 1 ]; then echo "T=$(token)" >"$1"; else echo "nothing" >"$1"; fi
    git add "$1"
    git commit --quiet -m "$1"
    git rev-parse HEAD
}

# The hub: `main` with an old leak; branches, a tag, a queue; a fork's pull request 7, which is on no branch.
git init --quiet --bare "$tmp/hub.git"
git -C "$tmp/hub.git" config uploadpack.allowAnySHA1InWant true
git init --quiet "$tmp/author"
cd "$tmp/author"
git remote add origin "file://$tmp/hub.git"
commit old.env leak >/dev/null
base=$(commit base.txt)
git push --quiet origin main
git checkout --quiet -b side
rewritten=$(commit rewritten.env leak)
git push --quiet origin side
git reset --quiet --hard "$base"
middle=$(commit middle.txt)
side=$(commit side.env leak)
git push --quiet --force origin side
git tag -a -m v1 v1
git push --quiet origin v1
tag=$(git rev-parse v1)
git checkout --quiet -b clean main
clean=$(commit clean.txt)
git push --quiet origin clean
git checkout --quiet -b fork main
fork=$(commit fork.env leak)
git checkout --quiet -B merge main
git merge --quiet --no-ff -m merge fork
merge=$(git rev-parse HEAD)
git push --quiet origin "$fork:refs/pull/7/head" "$merge:refs/pull/7/merge"
git checkout --quiet -B queue main
git merge --quiet --no-ff -m queue side
queue=$(git rev-parse HEAD)
git push --quiet origin "queue:refs/heads/gh-readonly-queue/main/pr-7-$base"
zero=0000000000000000000000000000000000000000
refs=$(git -C "$tmp/hub.git" for-each-ref)

# checkout SHA REF DEPTH: as actions/checkout does it.
checkout() {
    rm -rf "$tmp/work"
    git init --quiet "$tmp/work"
    cd "$tmp/work"
    git remote add origin "file://$tmp/hub.git"
    if [ "$3" = 0 ]; then
        git fetch --quiet origin '+refs/heads/*:refs/remotes/origin/*' '+refs/tags/*:refs/tags/*'
        git fetch --quiet --no-tags origin "+$1:refs/remotes/event/${2##*/}"
    else
        git fetch --quiet --no-tags --depth="$3" origin "+$1:refs/remotes/event/${2##*/}"
    fi
    git checkout --quiet --force --detach "$1"
}

cat >"$tmp/run.py" <<'PY'
"""Runs the steps of action.yml, the first one left out, with the inputs in $INPUTS; ends as the first that fails."""
import json, os, re, subprocess, sys, yaml
action = yaml.safe_load(open(sys.argv[1]))
inputs = {name: spec.get("default", "") for name, spec in action["inputs"].items()}
inputs |= json.loads(os.environ.pop("INPUTS"))
fill = lambda text: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda m: inputs[m[1]], text)
for step in action["runs"]["steps"][1:]:
    condition = re.fullmatch(r"inputs\.(\w+) == '(\w+)'", step.get("if", "inputs.deepen == 'x'"))
    if "if" in step and inputs[condition[1]] != condition[2]:
        continue
    env = os.environ | {name: fill(value) for name, value in step.get("env", {}).items()}
    assert "${{" not in step["run"], "what an input holds must not become part of a script"
    code = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], env=env).returncode
    if code:
        sys.exit(code)
PY

passed=0
# expect WHAT CODE FILES COMMAND...: the exit code, and the files that errors are about.
expect() {
    local what=$1 code=$2 files=$3 got=0 found
    shift 3
    "$@" >"$tmp/said" 2>&1 || got=$?
    found=$(sed -n 's/^::error file=\([^,]*\),.*/\1/p' "$tmp/said" | sort -u | tr '\n' ' ')
    if [ $got -ne "$code" ] || [ "${found% }" != "$files" ]; then
        echo "FAILED: $what: must end with $code and name \`$files\`, ended with $got and named \`${found% }\`:" >&2
        cat "$tmp/said" >&2
        exit 1
    fi
    passed=$((passed + 1))
    echo "ok: $what"
}

said() { grep -qF -- "$1" "$tmp/said" || { echo "FAILED: it did not say \`$1\`:" >&2; cat "$tmp/said" >&2; exit 1; }; }

# action WHAT CODE FILES EVENT SHA REF DEPTH PAYLOAD [INPUTS]
action() {
    local inputs=${9:-}
    checkout "$5" "$6" "$7"
    echo "$8" >"$tmp/event.json"
    : >"$tmp/summary.md"
    [ -z "${broken:-}" ] || git remote set-url origin "file://$tmp/nowhere"
    expect "$1" "$2" "$3" env GITHUB_ACTIONS=true GITHUB_EVENT_NAME="$4" GITHUB_EVENT_PATH="$tmp/event.json" \
        GITHUB_SHA="$5" GITHUB_REF="$6" GITHUB_STEP_SUMMARY="$tmp/summary.md" GITHUB_ACTION_PATH="$here" \
        RUNNER_TEMP="$tmp/runner" INPUTS="${inputs:-"{}"}" "$python" "$tmp/run.py" "$here/action.yml"
}

echo "== action.yml"
push() { echo "{\"ref\": \"$1\", \"before\": \"$2\", \"after\": \"$3\", \"repository\": {\"default_branch\": \"main\"}}"; }
pr="{\"number\": 7, \"pull_request\": {\"base\": {\"sha\": \"$base\"}, \"head\": {\"sha\": \"$fork\"}}}"
group="{\"merge_group\": {\"base_sha\": \"$base\", \"head_sha\": \"$queue\"}}"
for depth in 0 1; do
    action "push, depth $depth" 1 side.env push "$side" refs/heads/side $depth "$(push refs/heads/side "$middle" "$side")"
    grep -q 'side.env' "$tmp/summary.md" || { echo "FAILED: no job summary" >&2; exit 1; }
    action "first push, depth $depth" 1 side.env push "$side" refs/heads/side $depth "$(push refs/heads/side $zero "$side")"
    action "force push, depth $depth" 1 side.env push "$side" refs/heads/side $depth "$(push refs/heads/side "$rewritten" "$side")"
    said "before it is not in this clone (a force push, or a shallow clone?), so everything that refs/remotes/origin/main does not have"
    action "clean push, depth $depth" 0 "" push "$clean" refs/heads/clean $depth "$(push refs/heads/clean $zero "$clean")"
    action "pull request of a fork, depth $depth" 1 fork.env pull_request "$merge" refs/pull/7/merge $depth "$pr"
    action "merge queue, depth $depth" 1 side.env merge_group "$queue" "refs/heads/gh-readonly-queue/main/pr-7-$base" $depth "$group"
    action "annotated tag, depth $depth" 1 side.env push "$tag" refs/tags/v1 $depth "$(push refs/tags/v1 $zero "$tag")"
    action "schedule, depth $depth" 1 "fork.env old.env side.env" schedule "$merge" refs/heads/main $depth '{}'
done
none='{"deepen": "false"}'
action "a shallow push that is not deepened" 2 "old.env side.env" push "$side" refs/heads/side 1 "$(push refs/heads/side "$base" "$side")" "$none"
action "a shallow pull request that is not deepened" 2 "" pull_request "$merge" refs/pull/7/merge 1 "$pr" "$none"
broken=yes action "a checkout that cannot be deepened" 2 "" push "$side" refs/heads/side 1 "$(push refs/heads/side "$base" "$side")"
said "::error title=tokensweep::The checkout is shallow and cannot be deepened"
sarif='{"sarif": "out dir.sarif", "args": "--output junit=out.xml --min-confidence high"}'
action "reports and arguments" 1 side.env push "$side" refs/heads/side 0 "$(push refs/heads/side "$middle" "$side")" "$sarif"
[ -s "$tmp/work/out dir.sarif" ] && [ -s "$tmp/work/out.xml" ]
[ "$refs" = "$(git -C "$tmp/hub.git" for-each-ref)" ] || { echo "FAILED: the hub was written to" >&2; exit 1; }

echo "== script lines of other systems"
# line FILE KEY...: the script of a job.
line() { "$python" - "$here/$1" "${@:2}" <<'PY'
import sys, yaml
value = yaml.safe_load(open(sys.argv[1]))
for key in sys.argv[2:]:
    value = value[int(key) if isinstance(value, list) else key]
print("\n".join(value) if isinstance(value, list) else value)
PY
}
gitlab=$(line examples/ci/gitlab.yml tokensweep script)
azure=$(line examples/ci/azure-pipelines.yml steps 1 script)
bitbucket=$(line examples/ci/bitbucket-pipelines.yml pipelines pull-requests '**' 0 step script)
jenkins=$(sed -n "s/.*sh '\(.*\)'.*/\1/p" "$here/examples/ci/Jenkinsfile")
ci() {
    local what=$1 code=$2 script=$3
    shift 3
    checkout "$side" refs/heads/side 0
    expect "$what" "$code" "" env "$@" sh -euc "$script"
    [ "$code" -ne 1 ] || said "side.env"
    ! grep -q old.env "$tmp/said" || [ "${old:-}" = yes ] || { echo "FAILED: an old leak is reported" >&2; exit 1; }
}
ci "GitLab, push" 1 "$gitlab" CI_PIPELINE_SOURCE=push CI_COMMIT_SHA="$side" CI_COMMIT_BEFORE_SHA="$base" CI_COMMIT_REF_NAME=side CI_DEFAULT_BRANCH=main
grep -q side.env "$tmp/work/gl-secret-detection-report.json"
ci "GitLab, first push" 1 "$gitlab" CI_PIPELINE_SOURCE=push CI_COMMIT_SHA="$side" CI_COMMIT_BEFORE_SHA=$zero CI_COMMIT_REF_NAME=side CI_DEFAULT_BRANCH=main
ci "GitLab, merge request" 1 "$gitlab" CI_PIPELINE_SOURCE=merge_request_event CI_COMMIT_SHA="$side" CI_MERGE_REQUEST_DIFF_BASE_SHA="$base"
old=yes ci "GitLab, schedule" 1 "$gitlab" CI_PIPELINE_SOURCE=schedule CI_COMMIT_SHA="$side"
ci "Azure Pipelines, pull request" 1 "$azure" BUILD_SOURCEVERSION="$side" SYSTEM_PULLREQUEST_TARGETBRANCH=refs/heads/main
ci "Bitbucket, pull request" 1 "$bitbucket" BITBUCKET_COMMIT="$side" BITBUCKET_PR_DESTINATION_COMMIT="$base"
ci "Jenkins, change" 1 "$jenkins" GIT_COMMIT="$side" CHANGE_TARGET=main
ci "Jenkins, build after build" 1 "$jenkins" GIT_COMMIT="$side" GIT_PREVIOUS_SUCCESSFUL_COMMIT="$base"
ci "GitLab, a commit that is not in the clone" 2 "$gitlab" CI_PIPELINE_SOURCE=push CI_COMMIT_SHA=1111111111111111111111111111111111111111 CI_COMMIT_BEFORE_SHA="$base"

# manager NAME: a repository whose hooks a manager has put there must refuse what ours does.
manager() {
    echo "T=$(token)" >a.env
    git add a.env
    expect "$1: a staged token" 1 "" git commit --quiet -m one
    said "tokensweep: 1 leak, so nothing was committed"
    echo nothing >a.env
    expect "$1: a staged token that is gone from the working copy" 1 "" git commit --quiet -m one
    git add a.env
    expect "$1: a clean commit" 0 "" git commit --quiet -m one
    expect "$1: a token in the message" 1 "" git commit --quiet --allow-empty -m "use $(token)"
    said "tokensweep: 1 leak"
    expect "$1: a clean push" 0 "" git push --quiet origin main
    echo "T=$(token)" >b.env
    git add b.env
    git commit --quiet --no-verify -m two
    git rm --quiet b.env
    git commit --quiet --no-verify -m three
    expect "$1: a push of commits that bring in a token" 1 "" git push --quiet origin main
    said "b.env:1:3"
}
begin() {
    git init --quiet --bare "$tmp/$1.git"
    git init --quiet "$tmp/$1"
    cd "$tmp/$1"
    git remote add origin "$tmp/$1.git"
    ln -s "$tmp/node_modules" node_modules
    echo node_modules >.git/info/exclude
}
echo "== lefthook $("$tmp/node_modules/.bin/lefthook" version)"
begin lefthook
cp "$here/examples/hooks/lefthook.yml" .
"$tmp/node_modules/.bin/lefthook" install >/dev/null
PATH=$tmp/node_modules/.bin:$PATH manager lefthook
echo "== husky $(node -p "require('$tmp/node_modules/husky/package.json').version")"
begin husky
echo '{}' >package.json
"$tmp/node_modules/.bin/husky"
cp "$here"/examples/hooks/husky/* .husky/
manager husky

echo "== hook install and status beside managers"
PATH=$tmp/node_modules/.bin:$PATH
# text: what `hook install` says is to be added.
text() { sed '1,/^Add this to\|Add this to /d; /^Then `tokensweep/,$d' "$tmp/said"; }
begin husky-install
echo '{}' >package.json
husky
expect "husky: install" 0 "" tokensweep hook install
husky
expect "husky: status after its next install" 0 "" tokensweep hook status
expect "husky: selftest" 0 "" tokensweep selftest
said "ok    the pre-push hook that is installed here refuses a token"
manager husky-install
HUSKY=0 expect "husky: switched off" 1 "" tokensweep hook status
begin lefthook-install
printf 'pre-commit:\n  commands:\n    other:\n      run: "true"\n' >lefthook.yml
lefthook install >/dev/null
expect "lefthook: install says what to add" 1 "" tokensweep hook install
text >lefthook.yml
expect "lefthook: status before its install" 1 "" tokensweep hook status
lefthook install >/dev/null
expect "lefthook: status" 0 "" tokensweep hook status
expect "lefthook: selftest" 0 "" tokensweep selftest
said "ok    the pre-push hook that is installed here refuses a token"
manager lefthook-install
begin simple-git-hooks
echo '{"simple-git-hooks": {"pre-commit": "true"}}' >package.json
simple-git-hooks >/dev/null
expect "simple-git-hooks: install says what to add" 1 "" tokensweep hook install
{ echo '{'; text; echo '}'; } >package.json
simple-git-hooks >/dev/null
expect "simple-git-hooks: status" 0 "" tokensweep hook status
manager simple-git-hooks
echo "all good: $passed runs"
