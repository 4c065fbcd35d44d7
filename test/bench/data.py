"""Writes rows of an id and seeded normal logits (mean 0, deviation 5), in the format that the name of the output says.
Usage: python data.py OUTPUT ROWS CLASSES float32|float64 columns|lists"""
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from pyarrow import csv, ipc, parquet

path, rows, classes, digits, layout = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]
BATCH = 1_228_800 // classes  # 10 classes: 122,880 rows, DuckDB's own row group, so that every reader of Parquet has two


def batches():
    random = np.random.default_rng(1)
    for start in range(0, rows, BATCH):
        count = min(BATCH, rows - start)
        logits = random.normal(0, 5, (count, classes)).astype(digits)
        ids = pa.array(np.arange(start, start + count))
        yield pa.table([ids, *columns(logits)], names=["id", *names()])


def names():
    return ["logits"] if layout == "lists" else [f"logit_{index}" for index in range(classes)]


def columns(logits):
    if layout == "columns":
        return [pa.array(column) for column in logits.T]
    offsets = np.arange(0, logits.size + 1, classes, dtype=np.int32)
    return [pa.ListArray.from_arrays(offsets, logits.ravel())]


class NdjsonWriter:
    def __init__(self, path, _):
        self.file = open(path, "wb")

    def write_table(self, table):
        pl.from_arrow(table).write_ndjson(self.file)

    def close(self):
        self.file.close()


def delimited(delimiter):
    options = csv.WriteOptions(delimiter=delimiter, quoting_style="none", quoting_header="none")
    return lambda path, schema: csv.CSVWriter(path, schema, write_options=options)


WRITERS = {
    ".csv": delimited(","),
    ".tsv": delimited("\t"),
    ".ndjson": NdjsonWriter,
    ".parquet": parquet.ParquetWriter,
    ".arrow": ipc.new_file,
}

writer = None
for batch in batches():
    writer = writer or WRITERS[path.suffix](path, batch.schema)
    writer.write_table(batch)
writer.close()
