"""Polars: `map_batches` over a lazy column, and the table of findings as a data frame.

polars_map.py FILE OUT writes the findings in the column `text` of a Parquet file, with the id of each row.
"""

import pathlib
import sys

import polars as pl
import tokensweep

file, out = sys.argv[1:3]
name = pathlib.Path(file).name
scanner = tokensweep.Scanner()


def find_secrets(frame):
    """The findings in a frame with the columns id and text."""
    found = pl.DataFrame(scanner.scan_array(frame["text"], paths=name))
    ids = frame["id"].gather(found["row"])
    return found.select("rule", "start", "end", "fingerprint").with_columns(id=ids)


kind = {"rule": pl.String, "start": pl.UInt64, "end": pl.UInt64, "fingerprint": pl.String, "id": pl.Int64}
rows = pl.scan_parquet(file).select("id", "text")
rows.map_batches(find_secrets, schema=kind, streamable=True).collect(engine="streaming").write_parquet(out)
