"""Spark: `mapInArrow`, which gives batches of rows to Python as Arrow data.

spark_map.py FILE OUT writes the findings in the column `text` of a Parquet file, with the id of each row.
"""

import pathlib
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import tokensweep
from pyspark.sql import SparkSession

COLUMNS = ["rule", "start", "end", "fingerprint"]
file, out = sys.argv[1:3]
name = pathlib.Path(file).name
scanner = tokensweep.Scanner(threads=1)  # pickled for the workers, one for each core


def find_secrets(batches):
    """The findings in some batches."""
    for batch in batches:
        table = pa.table(scanner.scan_array(batch["text"], paths=name))
        ids = batch["id"].take(table["row"])
        offsets = [table[column].cast(pa.int64()) for column in ("start", "end")]
        table = pa.table([ids, table["rule"], *offsets, table["fingerprint"]], ["id", *COLUMNS])
        yield from table.to_batches()


spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
rows = spark.read.parquet(file).select("id", "text")
kind = "id long, rule string, start long, end long, fingerprint string"
pq.write_table(rows.mapInArrow(find_secrets, kind).toArrow(), out)
spark.stop()
