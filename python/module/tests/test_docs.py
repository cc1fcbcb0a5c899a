"""The examples of the page and of the package are run, and the types say what there is."""

import doctest
import re
import subprocess
import sys

import pytest
import tokensweep
from conftest import ROOT

PAGE = ROOT / "docs" / "python.md"


def blocks():
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL) if PAGE.exists() else []


def test_every_example_of_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for number, block in enumerate(blocks()):
        exec(compile(block, f"python.md, block {number}", "exec"), names)  # noqa: S102
    assert PAGE.exists() and number >= 3


def test_the_example_of_the_package_holds():
    assert doctest.testmod(tokensweep).failed == 0


def test_everything_is_described():
    for name in tokensweep.__all__:
        item = getattr(tokensweep, name)
        if isinstance(item, type):
            assert item.__doc__, name
            for member, value in vars(item).items():
                if callable(value) and not member.startswith("_"):
                    assert value.__doc__, f"{name}.{member}"


def test_the_types_are_those_of_the_module():
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy.stubtest", "tokensweep", "--ignore-disjoint-bases"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
