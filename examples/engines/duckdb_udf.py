"""DuckDB: functions for SQL that take columns as Arrow data.

duckdb_udf.py FILE OUT writes the findings in the column `text` of a Parquet file, with the id of each row.
"""

import sys

import duckdb
import pyarrow as pa
import tokensweep

SCANNER = tokensweep.Scanner(threads=1)  # DuckDB has threads of its own


def find_secrets(texts):
    """The findings in each text: a list of structures."""
    found = [[] for _ in range(len(texts))]
    for row in SCANNER.scan_array(texts, paths=NAME).to_pylist():
        found[row["row"]].append({name: row[name] for name in ("rule", "start", "end", "fingerprint")})
    return pa.array(found, pa.list_(pa.struct({"rule": "string", "start": "uint64", "end": "uint64", "fingerprint": "string"})))


def redact_secrets(texts):
    """The texts with placeholders for their secrets."""
    return pa.chunked_array(SCANNER.redact_array(texts, paths=NAME)[0])


FILE, OUT = sys.argv[1:3]
NAME = FILE.rpartition("/")[2]
db = duckdb.connect()
kind = "struct(rule varchar, start ubigint, \"end\" ubigint, fingerprint varchar)[]"
db.create_function("find_secrets", find_secrets, ["varchar"], kind, type="arrow")
db.create_function("redact_secrets", redact_secrets, ["varchar"], "varchar", type="arrow")
db.read_parquet(FILE).create_view("rows")
db.sql("select id, unnest(find_secrets(text), recursive := true) from rows where text is not null").write_parquet(OUT)
