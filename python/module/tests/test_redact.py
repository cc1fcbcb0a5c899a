"""Redaction of columns."""

import io
import json
import zipfile

import mint
import pyarrow as pa
import pytest
import tokensweep
from conftest import make_texts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_arrays import FORMS, SCANNER, encode

TYPES = {
    "dictionary": pa.string_view(),
    "dictionary of large_binary": pa.binary_view(),
    "slice of a dictionary": pa.string_view(),
}


def to_arrow(redacted):
    """The column as a stream, which has the same texts as one array."""
    column = pa.chunked_array(redacted)
    assert pa.array(redacted).equals(column.combine_chunks())
    return column


def redact_with_program(program, folder, texts):
    """The texts in the copy that the command line writes."""
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    for old in (folder / "out").glob("*"):
        old.unlink()
    program(folder, "redact", file.name, "--column", "text", "--output-dir", "out", "--quiet")
    return [json.loads(line)["text"] for line in (folder / "out" / file.name).read_text().splitlines()]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_redacted_as_by_the_command_line(form, program, tmp_path):
    texts = make_texts(form, 60)
    wanted = redact_with_program(program, tmp_path, texts)
    column = FORMS[form](texts)
    is_bytes = "b" in form.split("_")[0].split()[-1] and "bytes" in form or "binary" in form
    redacted, table = SCANNER.redact_array(column, paths="rows.jsonl")
    assert redacted.to_pylist() == (encode(wanted) if is_bytes else wanted)
    assert redacted.to_pylist() != texts
    arrow = to_arrow(redacted)
    assert arrow.to_pylist() == redacted.to_pylist()
    arrow.validate(full=True)
    if hasattr(column, "type"):
        assert arrow.type == TYPES.get(form, column.type)
    again = SCANNER.scan_array(redacted, paths="rows.jsonl")
    left = [row["fingerprint"] for row in table.to_pylist() if not row["replaced"]]
    assert {row["fingerprint"] for row in again.to_pylist()} <= set(left)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), count=st.integers(0, 30))
def test_random_texts_are_redacted_as_by_the_command_line(seed, count, program, tmp_path):
    texts = make_texts(seed, count)
    wanted = redact_with_program(program, tmp_path, texts)
    assert SCANNER.redact_array(texts, paths="rows.jsonl")[0].to_pylist() == wanted


@settings(max_examples=20, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]))), max_size=20))
def test_texts_without_secrets_stay_as_they_are(texts):
    for form in ("string", "large_binary", "string_view", "dictionary"):
        column = FORMS[form](texts)
        redacted, table = SCANNER.redact_array(column)
        assert len(table) == 0
        assert redacted.to_pylist() == column.to_pylist()


def test_no_buffer_of_a_changed_array_holds_the_secret(rng):
    secrets = [mint.token(rng) for _ in range(3)]
    texts = ["a" * 30, *secrets, None, "b"]
    for form in ("string", "string_view", "binary_view", "dictionary", "slice of views"):
        arrow = to_arrow(SCANNER.redact_array(FORMS[form](texts))[0])
        buffers = (buffer for chunk in arrow.chunks for buffer in chunk.buffers() if buffer)
        held = b"".join(buffer.to_pybytes() for buffer in buffers)
        assert not any(secret.encode() in held for secret in secrets), form


def test_styles_are_those_of_the_command_line(token):
    def redact(style):
        [text] = SCANNER.redact_array([f"t={token};"], style=style)[0].to_pylist()
        return text.removeprefix("t=").removesuffix(";")

    assert redact("placeholder").startswith("REDACTED-github-pat-")
    assert len(redact("keep-length")) == len(token)
    assert redact("partial") == f"{token[:8]}...{token[-4:]}"
    assert redact("template=<{rule}>") == "<github-pat>"
    for style in ("template={secret}", "other"):
        with pytest.raises(ValueError):
            redact(style)


def test_what_is_less_certain_is_replaced_if_it_is_asked_for(rng):
    text = f"key {mint.token(rng, damaged=True)}"
    scanner = tokensweep.Scanner(min_confidence="low")
    for least, is_replaced in (("low", True), ("high", False)):
        redacted, table = scanner.redact_array([text], min_confidence=least)
        assert (redacted.to_pylist() != [text]) == is_replaced
        assert [row["replaced"] for row in table.to_pylist()] == [is_replaced]
    with pytest.raises(ValueError, match="there is no confidence"):
        scanner.redact_array([text], min_confidence="sure")


def test_a_text_that_cannot_be_redacted_raises_or_becomes_null(token):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.env", f"TOKEN={token}\n")
    column = pa.array([b"clean", data.getvalue(), token.encode()], pa.binary())
    with pytest.raises(ValueError, match="row 1: "):
        SCANNER.redact_array(column)
    redacted, table = SCANNER.redact_array(column, on_unsafe="null")
    first, second, third = redacted.to_pylist()
    assert (first, second) == (b"clean", None) and third.startswith(b"REDACTED-")
    assert [row for row, _ in table.unread] == [1]
    assert [row["row"] for row in table.to_pylist()] == [1, 2]


def test_what_is_not_read_of_a_text_is_named(token):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "nothing " * 100)
    packed = data.getvalue()
    damaged = packed[:40] + bytes(8) + packed[48:]
    column = [token.encode(), damaged]
    redacted, table = SCANNER.redact_array(column)
    assert redacted.to_pylist()[1] == damaged
    assert [row for row, _ in table.unread] == [1]
    assert table.unread == SCANNER.scan_array(column).unread


def test_an_array_without_secrets_is_passed_on_without_a_copy():
    column = pa.array(["a" * 50, None, "b" * 50])
    redacted = pa.array(SCANNER.redact_array(column)[0])
    assert redacted.buffers()[2].address == column.buffers()[2].address


def test_bytes_that_are_no_utf8_stay(token):
    value = b"\xff\xfe\x80 " + token.encode() + b" \xff"
    [redacted] = SCANNER.redact_array([value])[0].to_pylist()
    assert redacted.startswith(b"\xff\xfe\x80 REDACTED-") and redacted.endswith(b" \xff")
