"""Whether two outputs hold the same rows, whatever their formats. Usage: python agree.py OURS THEIRS WITHIN

Ids and labels have to be the same, and each probability within WITHIN of ours, relatively; if that is 0, and both are of
one format, the files have to be the same bytes."""
import filecmp
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv, ipc, json, parquet


def delimited(delimiter):
    return lambda path: csv.open_csv(path, parse_options=csv.ParseOptions(delimiter=delimiter))


def ndjson(path):
    return json.open_json(path, read_options=json.ReadOptions(block_size=1 << 24))


def arrow(path):
    file = ipc.open_file(pa.memory_map(path))
    return (file.get_batch(index) for index in range(file.num_record_batches))


READERS = {
    ".csv": delimited(","),
    ".tsv": delimited("\t"),
    ".ndjson": ndjson,
    ".parquet": lambda path: parquet.ParquetFile(path).iter_batches(),
    ".arrow": arrow,
}


def blocks(path):
    """Matrices of id, probabilities and label."""
    if path.endswith(".npy"):
        probabilities = np.load(path)
        yield rows(np.arange(len(probabilities)), probabilities, probabilities.argmax(axis=1))
        return
    for batch in READERS[Path(path).suffix](path):
        yield rows(numbers(batch["id"]), probabilities_of(batch), numbers(batch["label"]))


def rows(ids, probabilities, labels):
    return np.column_stack([ids, probabilities, labels])


def probabilities_of(batch):
    if "probs" in batch.schema.names:
        return batch["probs"].flatten().to_numpy().reshape(batch.num_rows, -1)
    return np.column_stack([numbers(batch[name]) for name in batch.schema.names if name.startswith("p_")])


def numbers(column):
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False)


def paired(ours, theirs):
    """The rows of both, side by side, whatever the sizes of their blocks."""
    nothing = np.empty((0, 0))
    left = right = nothing
    while left is not None and right is not None:
        count = min(len(left), len(right))
        yield left[:count], right[:count]
        left = left[count:] if count < len(left) else next(ours, None)
        right = right[count:] if count < len(right) else next(theirs, None)
    if left is not right:
        sys.exit("one has more rows than the other")


def compare(ours, theirs, within):
    allowed = within * np.abs(ours)
    allowed[:, [0, -1]] = 0
    wrong = np.flatnonzero((~(np.abs(ours - theirs) <= allowed)).any(axis=1))
    if len(wrong):
        sys.exit(f"a row differs:\n{ours[wrong[0]].tolist()}\n{theirs[wrong[0]].tolist()}")


def main(ours, theirs, within):
    if within == 0 and Path(ours).suffix == Path(theirs).suffix:
        if not filecmp.cmp(ours, theirs, shallow=False):
            sys.exit("the bytes differ")
        return
    for left, right in paired(blocks(ours), blocks(theirs)):
        if len(left):
            compare(left, right, within)


main(*sys.argv[1:3], float(sys.argv[3]))
