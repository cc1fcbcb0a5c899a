"""Dolma: attributes of documents, each a list of spans `[start, end, score]` in characters.

dolma_spans.py FILE OUT writes an attributes file for a file of documents: JSON lines with `id` and `text`, in gzip.
"""

import gzip
import json
import pathlib
import sys

import tokensweep

SCORES = {"low": 0.25, "medium": 0.5, "high": 0.95, "certain": 1.0}
file, out = map(pathlib.Path, sys.argv[1:3])
scanner = tokensweep.Scanner()


def write_spans(documents, output):
    """Writes the attributes of some documents."""
    spans = [{"id": document["id"], "attributes": {}} for document in documents]
    table = scanner.scan_array([document["text"] for document in documents], paths=file.name)
    for found in table.to_pylist():
        attributes = spans[found["row"]]["attributes"]
        span = [found["start_char"], found["end_char"], SCORES[found["confidence"]]]
        attributes.setdefault(f"tokensweep__{found['rule'].replace('-', '_')}", []).append(span)
    output.writelines(json.dumps(line) + "\n" for line in spans)


with gzip.open(file, "rt") as lines, gzip.open(out, "wt") as output:
    batch = []
    for line in lines:
        batch.append(json.loads(line))
        if len(batch) == 10_000:
            write_spans(batch, output)
            batch = []
    write_spans(batch, output)
