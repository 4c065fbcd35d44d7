"""Logits from CSV to Parquet or Arrow, as float32. Usage: python convert.py INPUT OUTPUT columns|lists"""
import sys

import numpy as np
import pyarrow as pa
from pyarrow import csv, ipc, parquet

source, target, layout = sys.argv[1:]
rows = csv.read_csv(source)
names = rows.column_names[1:]
logits = [rows[name].cast(pa.float32()) for name in names]
if layout == "lists":
    values = np.stack([column.to_numpy() for column in logits], axis=1)
    offsets = np.arange(0, values.size + 1, len(names), dtype=np.int32)
    names, logits = ["logits"], [pa.ListArray.from_arrays(offsets, values.ravel())]
table = pa.table([rows["id"], *logits], names=["id", *names])
if target.endswith(".parquet"):
    parquet.write_table(table, target, row_group_size=122_880)  # DuckDB's own: both threads of every reader have work
else:
    with ipc.new_file(target, table.schema) as writer:
        writer.write_table(table, max_chunksize=65_536)
