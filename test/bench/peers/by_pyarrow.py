"""pyarrow and numpy: blocks of rows on two threads, written in their order. Usage: python by_pyarrow.py INPUT OUTPUT CLASSES

Both libraries let other threads run while they work, so that two threads that each read, score and print a block are faster
than pyarrow's own threads, which stand still while numpy and the writer work."""
import sys
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa

source, target, classes = sys.argv[1], sys.argv[2], int(sys.argv[3])
THREADS = 2
BLOCK = 1 << 22 if classes < 100 else 1 << 23  # of CSV: the work for a column of a block should not count
LOGITS = [f"logit_{index}" for index in range(classes)]
PROBABILITIES = [f"p_{index}" for index in range(classes)]


def read_csv():
    """Blocks of whole lines, to be parsed on any thread."""
    from pyarrow import csv

    def parse(block):
        options = csv.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=["id", *LOGITS])
        return csv.read_csv(pa.BufferReader(block), options)

    with open(source, "rb") as file:
        file.readline()
        rest = b""
        while block := file.read(BLOCK):
            end = block.rfind(b"\n") + 1
            whole, rest = rest + block[:end], block[end:]
            yield lambda whole=whole: parse(whole)


def read_parquet():
    from pyarrow import parquet

    metadata = parquet.read_metadata(source)

    def parse(group):
        file = parquet.ParquetFile(source, metadata=metadata, memory_map=True)
        return file.read_row_group(group, use_threads=False)

    for group in range(metadata.num_row_groups):
        yield lambda group=group: parse(group)


def read_arrow():
    file = pa.ipc.open_file(pa.memory_map(source))
    for index in range(file.num_record_batches):
        yield lambda index=index: pa.Table.from_batches([file.get_batch(index)])


def softmax(logits, axis):
    """Probabilities in place of logits; returns the labels."""
    labels = logits.argmax(axis=axis)
    logits -= logits.max(axis=axis, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=axis, keepdims=True)
    return labels


def scored(table):
    if "logits" in table.column_names:
        values = numpy_of(table["logits"].combine_chunks().flatten()).reshape(-1, classes).astype(np.float64)
        labels = softmax(values, axis=1)
        return pa.table([table["id"], lists_of(values), arrow_of(labels)], ["id", "probs", "label"])
    values = np.stack([numpy_of(table[name].combine_chunks()) for name in LOGITS]).astype(np.float64, copy=False)
    labels = softmax(values, axis=0)
    return pa.table([table["id"], *map(arrow_of, values), arrow_of(labels)], ["id", *PROBABILITIES, "label"])


# What to_numpy() and pa.array() do; those load pandas where it is installed, which takes 0.3 s.


def numpy_of(array):
    return np.from_dlpack(array)


def arrow_of(values):
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)])


def lists_of(rows):
    offsets = np.arange(0, rows.size + 1, classes, dtype=np.int32)
    type = pa.list_(pa.float64())
    return pa.Array.from_buffers(type, len(rows), [None, pa.py_buffer(offsets)], children=[arrow_of(rows.ravel())])


class CsvWriter:
    """Prints on any thread; what is printed is written in order."""

    def __init__(self):
        self.file = open(target, "wb")
        self.file.write(",".join(["id", *PROBABILITIES, "label\n"]).encode())

    def encode(self, table):
        from pyarrow import csv

        sink = pa.BufferOutputStream()
        csv.write_csv(table, sink, csv.WriteOptions(include_header=False, quoting_style="none"))
        return sink.getvalue()

    def write(self, printed):
        self.file.write(printed)

    def close(self):
        self.file.close()


class TableWriter:
    """Parquet or Arrow, opened when the schema is known."""

    def __init__(self):
        self.writer = None

    def encode(self, table):
        return table

    def write(self, table):
        self.writer = self.writer or self.open(table.schema)
        self.writer.write_table(table)

    def open(self, schema):
        if target.endswith(".arrow"):
            return pa.ipc.new_file(target, schema)
        from pyarrow import parquet

        return parquet.ParquetWriter(target, schema, compression="none", use_dictionary=False)

    def close(self):
        self.writer.close()


READERS = {".csv": read_csv, ".parquet": read_parquet, ".arrow": read_arrow}
WRITERS = {".csv": CsvWriter, ".parquet": TableWriter, ".arrow": TableWriter}

pa.set_cpu_count(THREADS)
writer = WRITERS[Path(target).suffix]()
with ThreadPoolExecutor(THREADS) as pool:
    pending = deque()
    for parse in READERS[Path(source).suffix]():
        pending.append(pool.submit(lambda parse=parse: writer.encode(scored(parse()))))
        if len(pending) > THREADS + 1:
            writer.write(pending.popleft().result())
    while pending:
        writer.write(pending.popleft().result())
writer.close()
