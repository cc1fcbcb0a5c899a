"""Types of the native part. `help(tokensweep.Scanner)` describes shapes, units and errors."""

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, Literal, Protocol, TypeAlias, final

from tokensweep._finding import Finding

__all__ = ["FindingTable", "Scanner", "TextArray", "__version__"]

__version__: str

class _ArrowArray(Protocol):
    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]: ...

class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...

_Path: TypeAlias = str | PathLike[str]
_Texts: TypeAlias = _ArrowArray | _ArrowStream | Iterable[str | None] | Iterable[bytes | None]
_Confidence: TypeAlias = Literal["low", "medium", "high", "certain"]

@final
class Scanner:
    def __new__(
        cls,
        rules: _Path | Sequence[_Path] | Mapping[str, str] | None = None,
        min_confidence: _Confidence = "medium",
        *,
        exclude_rules: Sequence[str] | None = None,
        archives: bool = True,
        threads: int | None = None,
    ) -> Scanner: ...
    def scan(
        self, text: str | bytes, path: _Path | None = None, *, show_secrets: bool = False
    ) -> list[Finding]: ...
    def scan_array(self, texts: _Texts, paths: _Path | _Texts | None = None) -> FindingTable: ...
    def redact_array(
        self,
        texts: _Texts,
        paths: _Path | _Texts | None = None,
        *,
        style: str = "placeholder",
        min_confidence: _Confidence = "high",
        on_unsafe: Literal["raise", "null"] = "raise",
    ) -> tuple[TextArray, FindingTable]: ...
    def scan_repository(self, path: _Path, *, history: bool = True) -> FindingTable: ...

@final
class FindingTable:
    @property
    def unread(self) -> list[tuple[int, str]] | list[tuple[str, str]]: ...
    @property
    def column_names(self) -> list[str]: ...
    @property
    def num_rows(self) -> int: ...
    def __len__(self) -> int: ...
    def to_pylist(self) -> list[dict[str, Any]]: ...
    def __arrow_c_schema__(self) -> Any: ...
    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]: ...
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...

@final
class TextArray:
    @property
    def num_chunks(self) -> int: ...
    def __len__(self) -> int: ...
    def to_pylist(self) -> list[str | bytes | None]: ...
    def __arrow_c_schema__(self) -> Any: ...
    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]: ...
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...
