#!/usr/bin/env python3
"""Parquet files written by other people's programs: the findings are those of each row by itself, and a copy that
tokensweep wrote is read by these programs again, the same but for the secrets.

    pip install pyarrow duckdb polars
    tests/columns.py [PROGRAM]

What is not installed is named as skipped.
"""

import collections
import itertools
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import mint

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ModuleNotFoundError:
    print("skipped: pyarrow is not installed; nothing was tested (pip install pyarrow)")
    sys.exit(0)

RNG = random.Random(20261127)
PROGRAM = str(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "target/debug/tokensweep").resolve())
WORDS = "the quick brown fox jumps over a lazy dog and writes é, ü, 漢字 and 😀 into its config".split()
OPTIONS = ["--format", "json", "--no-config", "--accept-nothing"]
NAME = "rows.parquet"


def hex_value():
    return "".join(RNG.choice("0123456789abcdef") for _ in range(40))


def make_text(number):
    """A text; some are missing, some contain a token, a commit id, or a value after the name of a token."""
    words = [RNG.choice(WORDS) for _ in range(RNG.randrange(60))]
    kind = number % 10
    if kind == 3:
        words.insert(RNG.randrange(len(words) + 1), mint.any_token(RNG))
    if kind == 5:
        words.insert(0, "commit " + hex_value())
    if kind == 7:
        words.append("\nGITHUB_TOKEN=" + hex_value())
    return None if kind == 8 else " ".join(words)


def run(folder, *arguments, text=None):
    command = [PROGRAM, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, input=text, capture_output=True, check=False)


def facts(finding):
    return tuple(finding[key] for key in ("rule_id", "fingerprint", "byte_start", "byte_end"))


def scan(folder, *columns, path=NAME):
    """The findings of a scan, with their places."""
    names = itertools.chain.from_iterable(("--column", column) for column in columns)
    done = run(folder, "scan", path, *names, *OPTIONS)
    assert done.returncode in (0, 1), done
    return [(f["origin"]["place"], *facts(f)) for f in json.loads(done.stdout)["findings"]]


def scan_alone(folder, text, cache={}):
    """The findings of one text by itself."""
    if text not in cache:
        done = run(folder, "scan", "-", "--stdin-filename", NAME, *OPTIONS, text=text.encode())
        cache[text] = [facts(f) for f in json.loads(done.stdout)["findings"]]
    return cache[text]


def expect(folder, rows, column):
    """The findings of the rows of a column by themselves, with their places. A row may be a list."""
    for number, row in enumerate(rows, 1):
        place = f'row {number} column "{column}"'
        items = enumerate(row, 1) if isinstance(row, list) else [(None, row)]
        for item, text in items:
            where = place if item is None else f"{place} item {item}"
            yield from ((where, *found) for found in scan_alone(folder, text or ""))


def check(folder, what, columns):
    """Scans the file that was written, copies it, and reads the copy."""
    found = scan(folder, *columns)
    wanted = [line for name, rows in columns.items() for line in expect(folder, rows, name)]
    assert collections.Counter(found) == collections.Counter(wanted), what
    assert wanted, what
    names = [argument for name in columns for argument in ("--column", name)]
    done = run(folder, "redact", NAME, *names, "--output-dir", "out", "--no-config", "--min-confidence", "medium")
    assert done.returncode == 0, (what, done)
    copy = folder / "out" / NAME
    table, again = pq.read_table(folder / NAME), pq.read_table(copy)
    assert again.schema.equals(table.schema, check_metadata=True), what
    assert again.num_rows == table.num_rows, what
    changed = 0
    for name in table.column_names:
        for before, after in zip(table[name].to_pylist(), again[name].to_pylist(), strict=True):
            if before != after:
                assert "REDACTED" in str(after), (what, name)
                changed += 1
    assert changed, what
    assert scan(folder / "out", *columns) == [], what
    before, after = (pq.ParquetFile(path).metadata for path in (folder / NAME, copy))
    for group, column in itertools.product(range(before.num_row_groups), range(before.num_columns)):
        old, new = (m.row_group(group).column(column) for m in (before, after))
        assert old.compression == new.compression, what
    read_by_others(copy, again)
    copy.unlink()
    copy.parent.rmdir()
    print(f"{what}: {len(found)} findings, {changed} rows changed")


def read_by_others(path, table):
    try:
        import duckdb

        assert len(duckdb.sql(f"select * from '{path}'").fetchall()) == table.num_rows
    except ModuleNotFoundError:
        pass
    try:
        import polars

        assert polars.read_parquet(path).height == table.num_rows
    except ModuleNotFoundError:
        pass


def check_pyarrow(folder, table, columns):
    forms = itertools.product(
        ["none", "snappy", "gzip", "zstd", "lz4"],
        ["1.0", "2.0"],
        [True, False],
        [None, "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"],
    )
    for codec, version, dictionary, encoding in forms:
        if dictionary and encoding:
            continue
        by_name = {leaf: encoding for leaf in leaves(table.schema)} if encoding else None
        pq.write_table(
            table,
            folder / NAME,
            compression=codec,
            data_page_version=version,
            use_dictionary=dictionary,
            column_encoding=by_name,
            row_group_size=97,
            data_page_size=1500,
            write_page_checksum=True,
            write_page_index=version == "2.0",
        )
        check(folder, f"pyarrow, {codec}, pages {version}, dictionary {dictionary}, {encoding or 'plain'}", columns)


def leaves(schema):
    """The columns of texts, as pyarrow names them."""
    for field in schema:
        if pa.types.is_string(field.type):
            yield field.name
        if pa.types.is_list(field.type):
            yield f"{field.name}.list.element"
        if pa.types.is_struct(field.type):
            yield from (f"{field.name}.{inner.name}" for inner in field.type)


def check_refusals(folder, table):
    for codec, wanted in (("brotli", "compressed by brotli"),):
        pq.write_table(table, folder / NAME, compression=codec)
        done = run(folder, "scan", NAME, "--column", "text", "--no-config")
        assert done.returncode == 2 and wanted in done.stderr.decode(), done
    for name, wanted in (("id", "is a number"), ("meta", "meta.note"), ("body", "its columns are")):
        done = run(folder, "scan", NAME, "--column", name, "--no-config")
        assert done.returncode == 2 and wanted in done.stderr.decode(), done


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        texts = [make_text(number) for number in range(300)]
        # Some rows are repeated, so that a dictionary is of use.
        texts += [RNG.choice(texts[:50]) for _ in range(100)]
        notes = [make_text(number + 3) or "" for number in range(400)]
        turns = [[RNG.choice(texts[:60]) for _ in range(RNG.randrange(4))] for _ in range(400)]
        table = pa.table(
            {
                "id": pa.array(range(400)),
                "text": pa.array(texts, pa.string()),
                "meta": pa.StructArray.from_arrays([pa.array(notes, pa.string())], ["note"]),
                "turns": pa.array(turns, pa.list_(pa.string())),
            }
        )
        columns = {"text": texts, "meta.note": notes, "turns": turns}
        check_pyarrow(folder, table, columns)
        check_refusals(folder, table)
        flat = table.drop_columns(["meta", "turns"])
        try:
            import duckdb

            for codec, version in itertools.product(("uncompressed", "snappy", "gzip", "zstd", "lz4_raw"), ("v1", "v2")):
                form = f"format parquet, compression {codec}, parquet_version {version}, row_group_size 2048"
                duckdb.sql(f"copy (select * from flat) to '{folder / NAME}' ({form})")
                check(folder, f"duckdb, {codec}, {version}", {"text": texts})
        except ModuleNotFoundError:
            print("skipped: duckdb is not installed")
        try:
            import polars

            for codec in ("uncompressed", "snappy", "gzip", "zstd", "lz4"):
                polars.from_arrow(flat).write_parquet(folder / NAME, compression=codec, row_group_size=97)
                check(folder, f"polars, {codec}", {"text": texts})
        except ModuleNotFoundError:
            print("skipped: polars is not installed")
        print("all files have the findings of their rows")


if __name__ == "__main__":
    main()
