"""Scans of columns: all forms of Arrow data, and the findings of the command line."""

import ctypes
import json
import signal
import threading

import mint
import pyarrow as pa
import pytest
import tokensweep
from conftest import facts_of_program, facts_of_table, make_texts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SCANNER = tokensweep.Scanner()

# Forms in which a column of texts may come.
FORMS = {
    "string": lambda texts: pa.array(texts, pa.string()),
    "large_string": lambda texts: pa.array(texts, pa.large_string()),
    "string_view": lambda texts: pa.array(texts, pa.string_view()),
    "binary": lambda texts: pa.array(encode(texts), pa.binary()),
    "large_binary": lambda texts: pa.array(encode(texts), pa.large_binary()),
    "binary_view": lambda texts: pa.array(encode(texts), pa.binary_view()),
    "dictionary": lambda texts: pa.array(texts, pa.string()).dictionary_encode(),
    "dictionary of large_binary": lambda texts: pa.array(encode(texts), pa.large_binary()).dictionary_encode(),
    "slice": lambda texts: pa.array(["x" * 50, None, *texts, "y"], pa.string()).slice(2, len(texts)),
    "slice of views": lambda texts: pa.array(["x" * 50, *texts], pa.string_view()).slice(1),
    "slice of a dictionary": lambda texts: pa.array([None, *texts]).dictionary_encode().slice(1),
    "chunks": lambda texts: pa.chunked_array([texts[:3], [], texts[3:]], pa.string()),
    "chunks of views": lambda texts: pa.chunked_array([texts[:1], texts[1:]], pa.string_view()),
    "list": lambda texts: texts,
    "list of bytes": lambda texts: encode(texts),
    "iterator": lambda texts: iter(texts),
}


def encode(texts):
    return [None if text is None else text.encode() for text in texts]


def scan_with_program(program, folder, texts):
    """The findings of the command line in a file of JSON lines with these texts."""
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    report = program(folder, "scan", file.name, "--column", "text", "--format", "json")
    return facts_of_program(report)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_has_the_findings_of_the_command_line(form, program, tmp_path):
    texts = make_texts(form, 60)
    wanted = scan_with_program(program, tmp_path, texts)
    table = SCANNER.scan_array(FORMS[form](texts), paths="rows.jsonl")
    assert len(wanted) > 10
    assert facts_of_table(table) == wanted
    for row in table.to_pylist():
        text = texts[row["row"]]
        assert text[: row["start_char"]].encode() == text.encode()[: row["start"]]
        assert text[: row["end_char"]].encode() == text.encode()[: row["end"]]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(0, 30),
    other=st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]))), max_size=8),
)
def test_random_texts_have_the_findings_of_the_command_line(seed, count, other, program, tmp_path):
    texts = make_texts(seed, count) + other
    wanted = scan_with_program(program, tmp_path, texts)
    for form in ("string", "string_view", "chunks"):
        table = SCANNER.scan_array(FORMS[form](texts), paths="rows.jsonl")
        assert facts_of_table(table) == wanted


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), start=st.integers(0, 40), length=st.integers(0, 40))
def test_a_slice_has_the_findings_of_its_rows(seed, start, length):
    texts = make_texts(seed, 40)
    cut = texts[start : start + length]
    wanted = SCANNER.scan_array(cut).to_pylist()
    for form in ("string", "binary_view", "dictionary"):
        column = FORMS[form](texts).slice(start, length)
        assert SCANNER.scan_array(column).to_pylist() == wanted


@settings(max_examples=20, deadline=None)
@given(st.lists(st.one_of(st.none(), st.binary(max_size=80)), max_size=20))
def test_bytes_of_any_kind_are_taken(values):
    table = SCANNER.scan_array(pa.array(values, pa.binary()))
    assert table.to_pylist() == SCANNER.scan_array(values).to_pylist()


def test_the_number_of_threads_changes_nothing():
    column = pa.array(make_texts("threads", 150) * 8)
    one = tokensweep.Scanner(threads=1).scan_array(column)
    for threads in (2, 5, None):
        assert pa.table(tokensweep.Scanner(threads=threads).scan_array(column)).equals(pa.table(one))
    rows = [row["row"] for row in one.to_pylist()]
    assert rows == sorted(rows)


def test_each_text_has_its_own_path(rng):
    value = "".join(rng.choice("0123456789abcdef") for _ in range(40))
    texts = [f"token = {value}"] * 3
    paths = ["src/github.cfg", None, "é.md"]
    for given_paths in (paths, pa.array(paths), pa.chunked_array([paths[:1], paths[1:]])):
        table = tokensweep.Scanner(min_confidence="low").scan_array(texts, paths=given_paths)
        single = [f for text, path in zip(texts, paths) for f in tokensweep.Scanner(min_confidence="low").scan(text, path)]
        assert [row["path"] for row in table.to_pylist()] == [f.path for f in single]
        assert [row["confidence"] for row in table.to_pylist()] == [f.confidence for f in single]
    with pytest.raises(ValueError, match="there are 1 paths for 3 texts"):
        SCANNER.scan_array(texts, paths=["a"])


def test_nothing_and_nulls_have_no_findings():
    for column in ([], [None, None], pa.array([], pa.string()), pa.nulls(3), pa.chunked_array([], pa.string_view())):
        table = SCANNER.scan_array(column)
        assert len(table) == 0 and pa.table(table).num_rows == 0
        assert pa.table(table).schema.names == table.column_names


def test_what_is_no_column_of_texts_is_refused():
    table = pa.table({"a": ["x"], "b": ["y"]})
    cases = [
        (TypeError, "a table was given; pass one column", table),
        (TypeError, "a mapping was given; pass one column", {"a": ["x"]}),
        (TypeError, "not of Int64", pa.array([1, 2])),
        (TypeError, "not of Dictionary", pa.array([1, 2]).dictionary_encode()),
        (TypeError, "one text was given", "text"),
        (TypeError, "not int", 7),
        (TypeError, "row 1 is int", ["a", 1]),
        (TypeError, "row 2 is bytes", [None, "a", b"b"]),
        (TypeError, "row 1 is str", [b"a", "b"]),
        (ValueError, "row 1 contains a lone surrogate", ["a", "\ud800"]),
    ]
    for error, sentence, column in cases:
        with pytest.raises(error, match=sentence):
            SCANNER.scan_array(column)


def test_data_that_contradicts_itself_raises():
    offsets = pa.array([0, 90, 3], pa.int32()).buffers()[1]
    broken = pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"abc"))
    with pytest.raises(ValueError):
        SCANNER.scan_array(broken)


def test_arrow_data_is_taken_once(token):
    class Once:
        def __init__(self):
            self.pair = pa.array([token]).__arrow_c_array__()

        def __arrow_c_array__(self, requested_schema=None):
            return self.pair

    once = Once()
    assert len(SCANNER.scan_array(once)) == 1
    with pytest.raises(ValueError, match="taken over"):
        SCANNER.scan_array(once)


def test_the_table_goes_to_other_libraries(token):
    table = SCANNER.scan_array(["", f"é {token}"])
    arrow = pa.table(table)
    assert arrow.to_pylist() == table.to_pylist() == pa.record_batch(table).to_pylist()
    [row] = table.to_pylist()
    assert (row["row"], row["start"], row["start_char"], row["rule"]) == (1, 3, 2, "github-pat")
    assert row["evidence"][0]["name"] == "checksum"
    polars = pytest.importorskip("polars")
    assert polars.DataFrame(table)["fingerprint"].to_list() == [row["fingerprint"]]
    duckdb = pytest.importorskip("duckdb")
    assert duckdb.sql("select row, rule from arrow").fetchall() == [(1, "github-pat")]


def test_columns_of_polars_are_taken(token):
    polars = pytest.importorskip("polars")
    texts = ["a", None, token, "b", token]
    wanted = SCANNER.scan_array(texts).to_pylist()
    for series in (
        polars.Series(texts),
        polars.Series(texts, dtype=polars.Categorical),
        polars.concat([polars.Series(texts[:2]), polars.Series(texts[2:])], rechunk=False),
    ):
        assert SCANNER.scan_array(series).to_pylist() == wanted


def endless_column(text):
    """A column with a text of 1 MB in so many rows that its scan takes hours."""
    keys = pa.array([0], pa.int32()).take(pa.array([0] * 300_000))
    return pa.DictionaryArray.from_arrays(keys, pa.array([text + " x" * 500_000]))


def test_an_interrupt_ends_a_scan(token):
    def interrupt(*_):
        raise KeyboardInterrupt

    column = endless_column(token)
    old = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(KeyboardInterrupt):
            SCANNER.scan_array(column)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def test_other_threads_run_during_a_scan():
    """The lock of the interpreter is free: this thread can end the scan of the other by its exception."""
    column = endless_column("")
    ended = threading.Event()
    scans = threading.Event()

    def scan():
        try:
            scans.set()
            # The scan is never the calling thread's last step, so that the exception arrives.
            while True:
                SCANNER.scan_array(column.slice(0, 20))
        except InterruptedError:
            ended.set()

    thread = threading.Thread(target=scan, daemon=True)
    thread.start()
    scans.wait()
    sum(range(100_000))
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(InterruptedError))
    assert ended.wait(60)


def test_tokens_of_all_kinds_are_found_in_a_column(rng):
    texts = [mint.token(rng, prefix) for prefix in ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "npm_")]
    texts.append(mint.fine_grained(rng))
    table = SCANNER.scan_array(pa.array(texts))
    assert [row["row"] for row in table.to_pylist()] == list(range(7))
    assert {row["confidence"] for row in table.to_pylist()} == {"certain"}
