"""Scans of repositories."""

import json
import subprocess

import mint
import pyarrow as pa
import pytest
import tokensweep


def git(folder, *arguments):
    identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path, rng):
    """A repository whose first commit has a secret, and whose files have another."""
    git(tmp_path, "init", "-q", "-b", "main")
    for number in range(2):
        (tmp_path / "a.env").write_text(f"TOKEN={mint.token(rng)}\n")
        if number == 0:
            git(tmp_path, "add", ".")
            git(tmp_path, "commit", "-qm", "start")
    return tmp_path


def test_a_history_has_the_findings_of_the_command_line(repository, program):
    report = json.loads(program(repository, "scan", "--history", "--format", "json"))
    table = tokensweep.Scanner().scan_repository(repository).to_pylist()
    assert len(table) == len(report["findings"]) == 1
    [wanted], [found] = report["findings"], table
    for ours, theirs in (("rule", "rule_id"), ("fingerprint", "fingerprint"), ("path", "path"), ("line", "line")):
        assert found[ours] == wanted[theirs]
    for name in ("commit", "introduced_in", "at_head", "refs", "author", "author_date", "blob"):
        assert found[name] == wanted["origin"].get(name), name


def test_the_files_are_scanned_without_the_history(repository):
    scanner = tokensweep.Scanner()
    files = scanner.scan_repository(str(repository), history=False)
    [row] = files.to_pylist()
    assert row["path"].endswith("a.env") and row["commit"] is None
    [old] = scanner.scan_repository(repository).to_pylist()
    assert old["fingerprint"] != row["fingerprint"]
    assert pa.table(files).num_rows == 1


def test_a_folder_without_a_repository_is_refused(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ValueError, match="repository"):
            tokensweep.Scanner().scan_repository(folder)


def test_a_file_that_is_no_repository_is_refused_without_its_text(tmp_path, rng):
    secret = "".join(rng.choice("0123456789abcdef") for _ in range(40))
    (tmp_path / "a.env").write_text(f"GITHUB_TOKEN={secret}\n")
    with pytest.raises(ValueError, match="a.env: this is no git repository") as raised:
        tokensweep.Scanner().scan_repository(tmp_path / "a.env")
    assert secret[4:] not in str(raised.value)


def test_what_is_missing_is_named(repository, tmp_path_factory):
    clone = tmp_path_factory.mktemp("clone") / "c"
    git(repository, "commit", "-aqm", "second")
    git(repository, "clone", "-q", "--depth=1", f"file://{repository}", str(clone))
    table = tokensweep.Scanner().scan_repository(clone)
    assert table.unread and all(isinstance(path, str) for path, _ in table.unread)
