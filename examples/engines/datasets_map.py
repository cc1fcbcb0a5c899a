"""Hugging Face datasets: `map(batched=True)` with batches as Arrow tables.

datasets_map.py FILE OUT writes the findings in the column `text` of a Parquet file, with the id of each row.
"""

import pathlib
import sys

import pyarrow as pa
import tokensweep
from datasets import Dataset, disable_progress_bars

file, out = sys.argv[1:3]
name = pathlib.Path(file).name
scanner = tokensweep.Scanner(threads=1)  # pickled for the two processes


def find_secrets(batch):
    """The findings in a batch."""
    found = pa.table(scanner.scan_array(batch["text"], paths=name))
    ids = batch["id"].take(found["row"])
    return found.select(["rule", "start", "end", "fingerprint"]).append_column("id", ids)


if __name__ == "__main__":
    disable_progress_bars()
    rows = Dataset.from_parquet(file).with_format("arrow")
    found = rows.map(find_secrets, batched=True, batch_size=20_000, num_proc=2, remove_columns=["id", "text"])
    found.to_parquet(out)
