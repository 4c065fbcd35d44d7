"""Polars: softmax of each row by expressions, on its streaming engine. Usage: python by_polars.py INPUT OUTPUT CLASSES

Fastest of what was tried: columns in three steps, so that no expression is computed twice; the label by when/then for few
classes and by arg_max of an array for many; lists as arrays of one length, which have arithmetic of their own. Slower or no
faster: one nested select, list.eval, lists taken apart into columns, numpy on each batch, quote_char=None."""
import sys
from functools import reduce
from pathlib import Path

import polars as pl

source, target, classes = sys.argv[1], sys.argv[2], int(sys.argv[3])
LOGITS = [f"logit_{index}" for index in range(classes)]
PROBABILITIES = [f"p_{index}" for index in range(classes)]
MANY = 100

READERS = {
    ".csv": lambda: pl.scan_csv(source, schema={"id": pl.Int64, **dict.fromkeys(LOGITS, pl.Float64)}),
    ".ndjson": lambda: pl.scan_ndjson(source, schema={"id": pl.Int64, "logits": pl.List(pl.Float64)}),
    ".parquet": lambda: pl.scan_parquet(source),
    ".arrow": lambda: pl.scan_ipc(source),
}
WRITERS = {
    ".csv": lambda rows: rows.sink_csv(target),
    ".ndjson": lambda rows: rows.sink_ndjson(target),
    ".parquet": lambda rows: rows.sink_parquet(target, compression="uncompressed"),
    ".arrow": lambda rows: rows.sink_ipc(target),
}


def label():
    """The index of the first of the largest logits."""
    if classes >= MANY:
        return pl.concat_arr(LOGITS).arr.arg_max()
    tests = [(pl.col(logit) == pl.col("most"), pl.lit(index)) for index, logit in enumerate(LOGITS)]
    return reduce(lambda rest, test: pl.when(test[0]).then(test[1]).otherwise(rest), reversed(tests), pl.lit(None))


def by_columns(rows):
    powers = [(pl.col(logit) - pl.col("most")).exp().alias(name) for logit, name in zip(LOGITS, PROBABILITIES)]
    return (
        rows.with_columns(pl.col(LOGITS).cast(pl.Float64))
        .with_columns(most=pl.max_horizontal(LOGITS))
        .select("id", *powers, label=label())
        .with_columns(total=pl.sum_horizontal(PROBABILITIES))
        .select("id", *[pl.col(name) / pl.col("total") for name in PROBABILITIES], "label")
    )


def by_lists(rows):
    kept = ["id", "logits"] if source.endswith(".ndjson") else ["id"]  # as softmax does
    powers = pl.col("powers")
    return (
        rows.with_columns(powers=pl.col("logits").cast(pl.Array(pl.Float64, classes)))
        .with_columns(label=powers.arr.arg_max(), powers=(powers - powers.arr.max()).arr.eval(pl.element().exp()))
        .select(*kept, "label", probs=powers / powers.arr.sum())
    )


rows = READERS[Path(source).suffix]()
scored = by_lists(rows) if "logits" in rows.collect_schema() else by_columns(rows)
WRITERS[Path(target).suffix](scored)
