"""datatrove: a step of a pipeline that replaces the secrets of each document and notes them in its metadata.

datatrove_step.py FILE OUT writes the findings in the column `text` of a Parquet file, with the id of each row.
"""

import pathlib
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import tokensweep
from datatrove.data import Document
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.readers import ParquetReader
from datatrove.utils.batching import batched


class RedactSecrets(PipelineStep):
    """Replaces secrets."""

    name, type = "tokensweep", "FORMATTER"

    def __init__(self, path):
        super().__init__()
        self.path, self.scanner = path, tokensweep.Scanner()

    def run(self, data, rank=0, world_size=1):
        for documents in batched(data, 10_000):
            texts, table = self.scanner.redact_array([d.text for d in documents], paths=self.path)
            for document, text in zip(documents, texts.to_pylist()):
                document.text, document.metadata["secrets"] = text, []
            for finding in table.to_pylist():
                documents[finding["row"]].metadata["secrets"].append(finding)
            yield from documents


file = pathlib.Path(sys.argv[1]).resolve()
reader = ParquetReader(str(file.parent), glob_pattern=file.name, text_key="text", id_key="id")
found = [{"id": int(d.id), **f} for d in RedactSecrets(file.name).run(reader.run()) for f in d.metadata["secrets"]]
pq.write_table(pa.Table.from_pylist(found).select(["id", "rule", "start", "end", "fingerprint"]), sys.argv[2])
