"""Ray Data: `map_batches` with actors, each with a scanner of its own, on batches as Arrow tables.

ray_data.py FILE OUT writes the findings in the column `text` of a Parquet file, with the id of each row.
"""

import sys

import pyarrow as pa
import pyarrow.parquet as pq
import ray
import ray.data
import tokensweep


class FindSecrets:
    """The findings in a batch of rows."""

    def __init__(self, name):
        self.name = name
        self.scanner = tokensweep.Scanner(threads=1)  # there is an actor for each core

    def __call__(self, batch):
        found = pa.table(self.scanner.scan_array(batch["text"], paths=self.name))
        ids = batch["id"].take(found["row"])
        return found.select(["rule", "start", "end", "fingerprint"]).append_column("id", ids)


file, out = sys.argv[1:3]
# Ray gives out as many processors as it is told of: two for the actors, the others for the tasks that read.
ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False)
rows = ray.data.read_parquet(file, columns=["id", "text"])
found = rows.map_batches(
    FindSecrets,
    fn_constructor_args=[file.rpartition("/")[2]],
    batch_format="pyarrow",
    batch_size=20_000,
    compute=ray.data.ActorPoolStrategy(size=2),
)
pq.write_table(pa.concat_tables(ray.get(found.to_arrow_refs())), out)
