"""Writes a Parquet file of rows of text with planted tokens: make_rows.py FILE [ROWS]. The same for the same ROWS."""

import pathlib
import random
import sys

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests"))
import mint  # noqa: E402

WORDS = "the quick brown fox jumps over a lazy dog and writes é, ü, 漢字 and 😀 into its config".split()


def make_text(rng, number):
    words = [rng.choice(WORDS) for _ in range(rng.randrange(5, 60))]
    if number % 100 == 7:
        words.insert(rng.randrange(len(words)), mint.any_token(rng))
    if number % 100 == 8:
        words.append(f"commit {rng.getrandbits(160):040x}")
    if number % 100 == 9:
        words.append(f"\nGITHUB_TOKEN={rng.getrandbits(160):040x}")
    return None if number % 1000 == 999 else " ".join(words)


def main(file, rows=200_000):
    rng = random.Random(19)
    texts = pa.array([make_text(rng, number) for number in range(int(rows))])
    table = pa.table({"id": pa.array(range(len(texts))), "text": texts})
    pq.write_table(table, file, row_group_size=20_000)


if __name__ == "__main__":
    main(*sys.argv[1:])
