#!/usr/bin/env bash
# Holds real reports of every format against the schemas that packages ship: needs the network (PyPI, npm), git,
# python3 and node. Everything happens in a temporary folder.
#
#     tests/reports.sh [--bin FILE] [--gitlab-schema FILE]
#
# --bin FILE            the program; without it, target/release/tokensweep is built
# --gitlab-schema FILE  secret-detection-report-format.json of GitLab, which no package ships; without it, the fields
#                       that it requires are checked by hand, as they are by `cargo test`
#
# SARIF: the schema in the npm package @microsoft/jest-sarif, then the rules of Microsoft's own validator
# (@microsoft/sarif-multitool). JUnit: junit-10.xsd of Jenkins, in the sources of pytest. HTML: html5lib, strictly.
# Checkstyle, CSV, GitHub's commands and JSON have no published schema: their fields are checked by hand.
set -euo pipefail
. "$(dirname "$0")/program.sh"

bin='' gitlab=''
while [ $# -gt 0 ]; do
    case $1 in
        --bin) [ $# -gt 1 ] || usage; bin=$(realpath "$2"); shift 2 ;;
        --gitlab-schema) [ $# -gt 1 ] || usage; gitlab=$(realpath "$2"); shift 2 ;;
        *) usage ;;
    esac
done
find_program

tmp=$(mktemp -d)
trap 'chmod -R u+rwx "$tmp"; rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --disable-pip-version-check jsonschema xmlschema html5lib
"$tmp/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-binary pytest -d "$tmp/sdist" pytest
tar -xzf "$tmp"/sdist/pytest-*.tar.gz -C "$tmp" --strip-components 3 --wildcards '*/testing/example_scripts/junit-10.xsd'
(cd "$tmp" && npm install --silent --no-audit --no-fund @microsoft/jest-sarif @microsoft/sarif-multitool)

export HOME=$tmp GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.invalid
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.invalid
unset GITHUB_STEP_SUMMARY XDG_CONFIG_HOME GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE

# A repository with findings of every kind: open, accepted in all ways, there before, decoded, damaged, in files of
# odd names, and one that cannot be read.
mkdir "$tmp/repo" "$tmp/out"
cd "$tmp/repo"
MINT=$here/tests python3 - <<'PY'
import base64, os, random, secrets, sys
sys.path.insert(0, os.environ["MINT"])
import mint
def token(head, damaged=False):
    return mint.token(random.SystemRandom(), head, damaged)
def write(path, text, how="w"):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, how) as file:
        file.write(text)
old = token("ghp_")
write("old.env", f"T={old}\n")
os.system("git init -q -b main . && git add . && git commit -qm one")
write("old.env", f"# moved\nT={old}\n")
write("a b&<c>'\"é.env", f"T={token('ghp_')}\nU={token('gho_')} V={token('ghs_')}\n")
write("%2e,;=+.txt", f"https://{token('ghu_')}@github.com/a/b.git\n")
write("=cmd()|x.csv", f"a,{token('ghp_')}\n")
write("config", "AUTHORIZATION: basic " + base64.b64encode(f"x:{token('ghs_')}".encode()).decode() + "\n")
write("wide.txt", f"T={token('ghp_')}\r\n".encode("utf-16"), "wb")
write("deploy.sh", f"export GITHUB_TOKEN={secrets.token_hex(20)}\n")
write("comment.py", f"t = '{token('ghp_')}'  # tokensweep:allow <dummy> & \"more\"\n")
write("fixtures/x.env", f"T={token('ghp_')}\n")
write("docs.md", f"`{token('ghp_', True)}`\n")
write("many.env", "".join(f"T{i}={token('ghp_')}\n" for i in range(30)))
write("tokensweep.toml", "[[accept]]\npaths = ['fixtures/']\nreason = 'dummies'\n")
PY
git add .
formats='human json jsonl sarif junit gitlab github checkstyle csv markdown html plan'
outputs=() all=()
report() {
    local name=$1 code=0
    shift
    outputs=()
    for format in $formats; do outputs+=(--output "$format=$tmp/out/$name.$format"); done
    "$bin" "$@" "${outputs[@]}" >"$tmp/said" 2>&1 || code=$?
    all+=("$name")
    echo "$name: tokensweep $*: exit code $code"
}
report files scan . --min-confidence low
report staged scan --staged
git commit -qm two
report history scan --history
report range scan --range HEAD~1..HEAD
"$bin" baseline create --status test --reason 'a "dummy" <&>' >/dev/null
report accepted scan . --baseline tokensweep.baseline
report missing scan . "no such <file>&"
mkdir "$tmp/empty"
report nothing scan "$tmp/empty"

for name in "${all[@]}"; do
    "$tmp/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool" validate "$tmp/out/$name.sarif" --rule-kind 'Sarif;Ghas' \
        --level 'Error;Warning' --output "$tmp/out/$name.multitool" --log ForceOverwrite >"$tmp/said" 2>&1 \
        || [ -s "$tmp/out/$name.multitool" ] || { cat "$tmp/said" >&2; exit 1; }
done
OUT=$tmp/out NAMES="${all[*]}" GITLAB=$gitlab SCHEMAS=$tmp "$tmp/venv/bin/python" - <<'PY'
import collections, csv, html5lib, json, jsonschema, os, re, sys, xml.etree.ElementTree as xml, xmlschema
out, names, root = os.environ["OUT"], os.environ["NAMES"].split(), os.environ["SCHEMAS"]
wrong, done = [], collections.Counter()
def text(name, kind):
    with open(f"{out}/{name}.{kind}", encoding="utf-8", newline="") as file:
        return file.read()
def need(kind, name, ok, what):
    done[kind] += 1
    if not ok:
        wrong.append(f"{name}.{kind}: {what}")
with open(f"{root}/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json") as file:
    schema = json.load(file)
sarif = jsonschema.validators.validator_for(schema)(schema)
junit = xmlschema.XMLSchema(f"{root}/junit-10.xsd")
gitlab = None
if os.environ["GITLAB"]:
    with open(os.environ["GITLAB"]) as file:
        schema = json.load(file)
    gitlab = jsonschema.validators.validator_for(schema)(schema)
for name in names:
    report = json.loads(text(name, "json"))
    findings = report["findings"]
    for error in sarif.iter_errors(json.loads(text(name, "sarif"))):
        need("sarif", name, False, error.message[:300])
    need("sarif", name, True, "")
    for run in json.loads(text(name, "multitool"))["runs"]:
        for result in run.get("results", []):
            # `Cargo.toml` names no repository yet, which would be the `informationUri`.
            about = json.dumps(result["message"])
            if result.get("level", "warning") in ("error", "warning") and "InformationUri" not in about and "ToolnformationUri" not in about:
                need("sarif", name, False, result["ruleId"] + " " + about[:300])
    for error in junit.iter_errors(f"{out}/{name}.junit"):
        need("junit", name, False, str(error.reason)[:300])
    need("junit", name, True, "")
    gl = json.loads(text(name, "gitlab"))
    if gitlab:
        for error in gitlab.iter_errors(gl):
            need("gitlab", name, False, f"{list(error.path)}: {error.message[:300]}")
    for field in ("version", "scan", "vulnerabilities"):
        need("gitlab", name, field in gl, field)
    for field in ("analyzer", "scanner", "type", "start_time", "end_time", "status"):
        need("gitlab", name, field in gl["scan"], field)
    for one in gl["vulnerabilities"]:
        for field in ("id", "identifiers", "location"):
            need("gitlab", name, field in one, field)
        need("gitlab", name, "sha" in one["location"]["commit"], "location.commit.sha")
    tree = xml.fromstring(text(name, "checkstyle"))
    need("checkstyle", name, tree.tag == "checkstyle" and "version" in tree.attrib, "the root")
    for file in tree:
        need("checkstyle", name, file.tag == "file" and file.get("name"), "a file")
        for error in file:
            fields = [error.get(key) for key in ("line", "severity", "message", "source")]
            need("checkstyle", name, error.tag == "error" and all(fields), f"an error: {fields}")
            need("checkstyle", name, error.get("severity") in ("error", "warning", "info"), "its severity")
    rows = list(csv.reader(text(name, "csv").splitlines()))
    need("csv", name, len({len(row) for row in rows}) == 1 and len(rows) == len(findings) + 1, "rows")
    for row in rows[1:]:
        need("csv", name, not any(cell[:1] in ("=", "+", "@") for cell in row), "a formula")
    lines = text(name, "jsonl").splitlines()
    need("jsonl", name, [json.loads(line) for line in lines[:-1]] == findings, "the findings of json")
    need("jsonl", name, "scan" in json.loads(lines[-1]), "the summary")
    command = re.compile(r"^::(error|warning|notice) (file=[^,:]*,line=\d+,endLine=\d+,col=\d+,endColumn=\d+,)?"
                         r"title=[^,:]+::[^\r\n]+$|^tokensweep: ")
    counts = collections.Counter()
    for line in text(name, "github").splitlines():
        need("github", name, command.match(line), line)
        counts[line.split(" ")[0]] += line.startswith("::")
    need("github", name, max(counts.values(), default=0) <= 10, f"{counts}")
    try:
        html5lib.HTMLParser(strict=True).parse(text(name, "html"))
        need("html", name, True, "")
    except Exception as error:
        need("html", name, False, repr(error))
    for kind in ("human", "markdown", "plan"):
        need(kind, name, text(name, kind).strip(), "it is empty")
print("checks:", ", ".join(f"{kind} {count}" for kind, count in sorted(done.items())))
print("gitlab:", "against its schema and by hand" if gitlab else "by hand")
print("findings:", {name: len(json.loads(text(name, "json"))["findings"]) for name in names})
sys.exit("\n".join(wrong[:40]) if wrong else 0)
PY
echo "all good"
