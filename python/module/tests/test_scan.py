"""Scans of one text, and what is shown of a secret."""

import base64
import concurrent.futures
import io
import pickle
import subprocess
import sys
import warnings
import zipfile

import mint
import pytest
import tokensweep
from conftest import make_text

RULE = """
[[rule]]
id = "acme-api-key"
title = "Acme API key"
regex = 'acme_(?<secret>[a-z0-9]{20})'
confidence = "high"
"""
ACME = "acme_" + "4f7xq0c2k9w8z1m3n5b6"


def test_a_finding_has_its_place_in_bytes_and_in_characters(token):
    text = f"# é 😀\nGITHUB_TOKEN={token}\n"
    [finding] = tokensweep.Scanner().scan(text, path=".env")
    assert (finding.rule, finding.confidence, finding.checksum) == ("github-pat", "certain", "valid")
    assert text[finding.start_char : finding.end_char] == token
    assert text.encode()[finding.start : finding.end] == token.encode()
    assert (finding.line, finding.column, finding.path) == (2, 14, ".env")


def test_bytes_of_any_encoding_are_scanned(token):
    scanner = tokensweep.Scanner()
    [latin] = scanner.scan("é ".encode("latin-1") + token.encode())
    assert (latin.start, latin.end, latin.start_char) == (2, 2 + len(token), None)
    [wide] = scanner.scan(f"token: {token}".encode("utf-16"))
    assert wide.decoded_from and wide.fingerprint == latin.fingerprint


def test_a_secret_is_shown_only_if_it_is_asked_for(token):
    scanner = tokensweep.Scanner()
    [finding] = scanner.scan(token)
    middle = token[10:34]
    for shown in (repr(finding), str(finding), repr([finding]), repr(finding.evidence), str(vars(finding))):
        assert middle not in shown
    assert finding.secret is None
    assert finding.masked == f"{token[:8]}…{token[-4:]}"
    assert middle not in repr(scanner.scan_array([token]).to_pylist())
    [open_finding] = scanner.scan(token, show_secrets=True)
    assert open_finding.secret == token.encode()
    assert middle not in repr(open_finding)


def test_the_levels_of_confidence_select(rng):
    text = f"{mint.token(rng)} {mint.token(rng, damaged=True)}"
    counts = [len(tokensweep.Scanner(min_confidence=c).scan(text)) for c in ("low", "medium", "certain")]
    assert counts == [2, 1, 1]


def test_rules_are_added_and_left_out(token, tmp_path):
    file = tmp_path / "acme.toml"
    file.write_text(RULE)
    for rules in (file, str(file), [file], {"acme.toml": RULE}):
        scanner = tokensweep.Scanner(rules, exclude_rules=["github-pat"])
        assert [f.rule for f in scanner.scan(f"{ACME} {token}")] == ["acme-api-key"]


def test_a_pickled_scanner_has_its_rules_without_their_files(token, tmp_path):
    file = tmp_path / "acme.toml"
    file.write_text(RULE)
    scanner = tokensweep.Scanner(file, "low", exclude_rules=["github-pat"], archives=False, threads=1)
    data = pickle.dumps(scanner)
    file.unlink()
    copy = pickle.loads(data)
    assert repr(copy) == repr(scanner)
    assert [f.rule for f in copy.scan(f"{ACME} {token}")] == ["acme-api-key"]
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        [found] = pool.map(copy.scan, [ACME])
    assert found == scanner.scan(ACME)


def test_wrong_arguments_are_named_in_a_sentence(tmp_path):
    cases = [
        (ValueError, "there is no confidence", lambda: tokensweep.Scanner(min_confidence="sure")),
        (ValueError, "there is no rule", lambda: tokensweep.Scanner(exclude_rules=["none"])),
        (TypeError, "one id was given", lambda: tokensweep.Scanner(exclude_rules="github-pat")),
        (TypeError, "a list of ids", lambda: tokensweep.Scanner(exclude_rules=[7])),
        (ValueError, "from 1", lambda: tokensweep.Scanner(threads=0)),
        (ValueError, "from 1", lambda: tokensweep.Scanner(threads=-1)),
        (ValueError, "bad.toml", lambda: tokensweep.Scanner({"bad.toml": "[[rule]]\nid = 1\n"})),
        (OSError, "cannot be read", lambda: tokensweep.Scanner(tmp_path / "missing.toml")),
        (TypeError, "rules: ", lambda: tokensweep.Scanner(7)),
        (TypeError, "str or bytes, not int", lambda: tokensweep.Scanner().scan(7)),
        (ValueError, "lone surrogate", lambda: tokensweep.Scanner().scan("\udc80")),
    ]
    for error, sentence, call in cases:
        with pytest.raises(error, match=sentence):
            call()


def test_what_is_not_read_is_named(token):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.env", f"TOKEN={token}\n" * 3)
    packed = data.getvalue()
    found = tokensweep.Scanner().scan(packed, path="a.zip")
    assert [f.member for f in found] == ["a.zip!a.env"] * 3
    assert [f.start_char for f in found] == [None] * 3
    with pytest.warns(tokensweep.UnreadWarning, match="not opened"):
        assert tokensweep.Scanner(archives=False).scan(packed) == []
    damaged = packed[:40] + bytes(8) + packed[48:]
    with pytest.warns(tokensweep.UnreadWarning, match="not read"):
        tokensweep.Scanner().scan(damaged, path="a.zip")
    table = tokensweep.Scanner().scan_array([b"clean", damaged], paths="a.zip")
    assert [row for row, _ in table.unread] == [1] and "not read" in repr(table)


def test_a_layer_is_named(token):
    encoded = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    [finding] = tokensweep.Scanner().scan(f"AUTHORIZATION: basic {encoded}")
    assert finding.decoded_from == ("base64",)


def test_threads_share_a_scanner(rng):
    scanner = tokensweep.Scanner()
    texts = [make_text(rng) for _ in range(60)]
    wanted = [scanner.scan(text) for text in texts]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert list(pool.map(scanner.scan, texts)) == wanted


def test_the_package_needs_no_other(tmp_path):
    code = "import sys, tokensweep; tokensweep.Scanner().redact_array(['a']); assert 'pyarrow' not in sys.modules"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=tmp_path)


def test_nothing_is_warned_of_in_clean_text():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert tokensweep.Scanner().scan("nothing here") == []
