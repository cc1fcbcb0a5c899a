"""Finds leaked GitHub and npm tokens in texts, in columns of tables and in repositories, and replaces them.

>>> import tokensweep
>>> token = "ghp_" + "0123456789abcdefghijABCDEFGHIJ3mpbCX"  # of nobody
>>> [finding] = tokensweep.Scanner().scan(f"GITHUB_TOKEN={token}", path=".env")
>>> finding.rule, finding.confidence, finding.masked
('github-pat', 'certain', 'ghp_0123…pbCX')

Columns are anything with the Arrow PyCapsule interface: arrays and columns of pyarrow, Polars, DuckDB, pandas, nanoarrow.
The package needs none of them.
"""

from tokensweep._finding import Evidence, Finding, UnreadWarning
from tokensweep._native import FindingTable, Scanner, TextArray, __version__

__all__ = [
    "Evidence",
    "Finding",
    "FindingTable",
    "Scanner",
    "TextArray",
    "UnreadWarning",
    "__version__",
]


def _make_scanner(rules, min_confidence, exclude_rules, archives, threads):  # type: ignore[no-untyped-def]
    """A scanner from its pickled settings."""
    return Scanner(rules, min_confidence, exclude_rules=exclude_rules, archives=archives, threads=threads)
