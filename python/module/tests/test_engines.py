"""The examples for engines really run, over a Parquet file with planted tokens, and find what the command line finds."""

import gzip
import importlib
import json
import os
import shutil
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import PROGRAM, ROOT, facts_of_program

ENGINES = ROOT / "examples" / "engines"
ROWS = int(os.environ.get("ENGINE_ROWS", "200000"))

# Scripts, each with the library that it needs.
SCRIPTS = {
    "duckdb_udf.py": "duckdb",
    "polars_map.py": "polars",
    "datasets_map.py": "datasets",
    "datatrove_step.py": "datatrove",
    "ray_data.py": "ray.data",
    "spark_map.py": "pyspark.sql",
}

# Settings of libraries, which are in the environment.
SETTINGS = {
    "HF_HUB_OFFLINE": "1",
    "PYSPARK_PYTHON": sys.executable,
    # By default Ray's workers yield to every other process of the machine, and a busy machine never ends them.
    "RAY_worker_niceness": "0",
}


def run_script(name, *arguments, **settings):
    # The scripts know only what a user of the package has.
    command = [sys.executable, str(ENGINES / name), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **SETTINGS, **settings}, cwd="/")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def rows(tmp_path_factory, program):
    """The file, and the findings of the command line in it."""
    folder = tmp_path_factory.mktemp("engines")
    run_script("make_rows.py", folder / "rows.parquet", ROWS)
    report = program(folder, "scan", "rows.parquet", "--column", "text", "--format", "json")
    found = facts_of_program(report)
    assert len(found) >= ROWS // 60
    return folder, found


def to_keys(found, identity):
    return sorted((f[identity], f["rule"], f["start"], f["end"], f["fingerprint"]) for f in found)


@pytest.mark.parametrize("script", SCRIPTS)
def test_an_engine_finds_what_the_command_line_finds(script, rows):
    library = SCRIPTS[script]
    try:
        importlib.import_module(library)
    except ModuleNotFoundError:
        pytest.skip(f"{library} is not installed, so that {script} was not run")
    if script == "spark_map.py" and not shutil.which("java"):
        pytest.skip(f"Java, which Spark needs, is not installed, so that {script} was not run")
    folder, wanted = rows
    out = folder / f"{script}.parquet"
    run_script(script, folder / "rows.parquet", out)
    assert to_keys(pq.read_table(out).to_pylist(), "id") == to_keys(wanted, "row")


def test_spans_for_dolma_are_those_of_the_command_line(rows, program):
    folder, _ = rows
    table = pq.read_table(folder / "rows.parquet").slice(0, 20_000)
    documents = [row for row in table.to_pylist() if row["text"] is not None]
    for number, document in enumerate(documents):
        document["id"] = str(number)
    file = folder / "documents.jsonl.gz"
    with gzip.open(file, "wt") as lines:
        lines.writelines(json.dumps(document) + "\n" for document in documents)
    report = program(folder, "scan", file.name, "--column", "text", "--format", "json")
    wanted = []
    for found in facts_of_program(report):
        text = documents[found["row"]]["text"].encode()
        offsets = (len(text[: found[end]].decode()) for end in ("start", "end"))
        wanted.append((str(found["row"]), f"tokensweep__{found['rule'].replace('-', '_')}", *offsets))
    out = folder / "attributes.jsonl.gz"
    run_script("dolma_spans.py", file, out)
    lines = [json.loads(line) for line in gzip.open(out, "rt")]
    assert [line["id"] for line in lines] == [document["id"] for document in documents]
    spans = [
        (line["id"], name, *span[:2])
        for line in lines
        for name, spans in line["attributes"].items()
        for span in spans
    ]
    assert len(spans) > 100 and sorted(spans) == sorted(wanted)


def test_an_example_fits_on_a_page():
    for name in [*SCRIPTS, "dolma_spans.py", "ray_audit.py"]:
        assert len((ENGINES / name).read_text().splitlines()) <= 40, name


def test_an_audit_by_a_cluster_is_that_of_one_machine(tmp_path, program, token):
    pytest.importorskip("ray", reason="ray is not installed, so that ray_audit.py was not run")
    names = [f"acme/{number}" for number in range(3)]
    for name in names:
        folder = tmp_path / "origin" / name
        folder.mkdir(parents=True)
        (folder / "a.env").write_text(f"TOKEN={token}\n")
        commit = ["-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-qm", name]
        for command in (["init", "-q"], ["add", "."], commit):
            subprocess.run(["git", *command], cwd=folder, check=True)
        subprocess.run(["git", "clone", "-q", "--mirror", folder, tmp_path / name], check=True)
    (tmp_path / "addresses").write_text("".join(f"{tmp_path / 'origin' / name}\n" for name in names))
    (tmp_path / "list").write_text("".join(f"{name}\n" for name in names))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "tokensweep").symlink_to(PROGRAM.resolve())
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    run_script("ray_audit.py", tmp_path / "addresses", tmp_path / "results", PATH=path)
    own = program(tmp_path, "audit", "list", "--output-dir", "own", "--format", "json")
    merge = [PROGRAM.resolve(), "audit", "merge", "results", "--format", "json"]
    merged = subprocess.run(merge, cwd=tmp_path, capture_output=True, check=False).stdout
    assert merged == own
    [secret] = json.loads(merged)["audit"]["secrets"]
    assert len(secret["repositories"]) == 3


def test_texts_are_redacted_by_sql(rows):
    """The second function of the example for DuckDB."""
    pytest.importorskip("duckdb")
    folder, wanted = rows
    out = folder / "clean.parquet"
    code = (ENGINES / "duckdb_udf.py").read_text()
    more = f"db.sql(\"select id, redact_secrets(text) as text from rows order by id\").write_parquet('{out}')"
    script = folder / "redact.py"
    script.write_text(f"{code}\n{more}\n")
    command = [sys.executable, str(script), str(folder / "rows.parquet"), str(folder / "found.parquet")]
    subprocess.run(command, check=True, cwd=folder)
    clean = pq.read_table(out)["text"].to_pylist()
    certain = {f["row"] for f in wanted if f["confidence"] in ("certain", "high")}
    original = pq.read_table(folder / "rows.parquet")["text"].to_pylist()
    assert {row for row, (a, b) in enumerate(zip(original, clean)) if a != b} == certain
    assert pa.array(clean).null_count == pa.array(original).null_count
