"""Ctrl-C while a text or a repository is scanned."""

import os
import random
import signal
import subprocess

import pytest
import tokensweep

SCANNER = tokensweep.Scanner()


def count_threads():
    return len(os.listdir("/proc/self/task"))


@pytest.fixture
def interrupts():
    """A signal that raises KeyboardInterrupt while a scan has a thread, and does nothing after its end."""
    before = count_threads()

    def interrupt(*_):
        if count_threads() > before:
            raise KeyboardInterrupt

    old = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, old)
    assert count_threads() == before, "the scan has ended"


@pytest.fixture
def text():
    """A text that takes a while, because of so many values."""
    rng = random.Random(19)
    return "".join(f"token after commit {rng.randbytes(20).hex()}\n" for _ in range(1_000_000))


def test_the_scan_of_a_text_is_interrupted(text, interrupts):
    with pytest.raises(KeyboardInterrupt):
        SCANNER.scan(text)


@pytest.mark.parametrize("work", [SCANNER.scan_array, SCANNER.redact_array])
def test_the_work_on_a_column_of_one_text_is_interrupted(work, text, interrupts):
    with pytest.raises(KeyboardInterrupt):
        work([text])


@pytest.fixture
def repository(tmp_path, text):
    """A repository with the text in its history and in a file."""
    (tmp_path / "log.txt").write_text(text)
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-qm", "log"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize("history", [True, False])
def test_the_scan_of_a_repository_is_interrupted(history, repository, interrupts):
    with pytest.raises(KeyboardInterrupt):
        SCANNER.scan_repository(repository, history=history)
