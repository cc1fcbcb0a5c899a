"""Findings in one text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class UnreadWarning(UserWarning):
    """A part of a text, such as a member of an archive, was not read, so that it may contain a secret."""


class Evidence(NamedTuple):
    """Reason for or against a finding."""

    name: str
    """Name of the observation, as in the weights file."""
    weight: float
    """What it adds to the log-odds (natural logarithm); a positive weight is evidence of a leak."""
    detail: str
    """Description. It never contains the secret."""


@dataclass(frozen=True)
class Finding:
    """A leak, or a value that looks like one. Neither `repr` nor `str` shows the secret."""

    start: int
    """Offset of the secret in bytes: in the text as given, or in the UTF-8 of a str."""
    end: int
    """Offset behind the secret, in bytes."""
    start_char: int | None
    """Offset in characters, as in `text[start_char:end_char]`; None if the text is no UTF-8 or the secret in an archive."""
    end_char: int | None
    """Offset behind the secret, in characters."""
    rule: str
    """Id of the rule that found it."""
    confidence: str
    """"low", "medium", "high" or "certain": proved by a checksum."""
    fingerprint: str
    """32 hex digits: the same for the same secret under the same rule, in every place."""
    masked: str
    """Mask of the secret: both ends, the middle left out."""
    evidence: tuple[Evidence, ...]
    """Reasons for and against the finding."""
    title: str
    """Kind of secret, in a few words."""
    severity: str
    """"note", "warning" or "error", if the finding is real."""
    checksum: str
    """"valid", "invalid", or "none" if the form has none."""
    line: int
    """Line of the secret, from 1."""
    column: int
    """Column of the secret in characters, from 1."""
    path: str
    """Path under which the text was judged."""
    member: str | None
    """Way to a member of an archive; the offsets are those in the member then."""
    place: str | None
    """Place in a document, such as "page 12"."""
    decoded_from: tuple[str, ...]
    """Encodings that the secret was found under, the outermost first."""
    secret: bytes | None = field(default=None, repr=False)
    """The secret itself, if `scan` was called with `show_secrets=True`."""
