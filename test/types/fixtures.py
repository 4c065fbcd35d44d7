"""Writes the fixtures of types with pyarrow 26.0.1 and Polars 2.1.0, and what their values are as JSON.

    python test/types/fixtures.py

types.arrow        columns of many types, in lists, structs, maps and dictionaries: see check.py
types.ndjson.gz    the same rows as JSON, worked out of pyarrow's values
polars.arrow       a file as Polars writes it, which begins with a schema message without continuation
polars.parquet     the same of Parquet, with a type that Polars alone has beside others that Parquet has none for
dictionaries.arrows  a stream in which a dictionary is replaced, and then grows by a delta
features.ndjson    streams and files with what is not supported, and damaged ones: their bytes in base64, and what is said of them
"""

import base64
import datetime
import decimal
import gzip
import json
import math
import pathlib
import warnings

import check
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.ipc as ipc

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "fixtures"
KINDS = {
    *("int8", "uint64", "halffloat", "float", "double", "bool", "null", "string", "large_string", "string_view", "binary"),
    *("binary_view", "fixed_size_binary[3]", "decimal32(9, 3)", "decimal64(18, 18)", "decimal128(38, 3)"),
    *("decimal256(76, 76)", "decimal128(5, -2)", "date32[day]", "date64[ms]", "time32[s]", "time32[ms]", "time64[us]"),
    *("time64[ns]", "timestamp[s]", "timestamp[us]", "timestamp[ns, tz=Europe/Warsaw]", "timestamp[ms, tz=UTC]"),
    *("duration[s]", "duration[us]", "month_day_nano_interval", "extension<arrow.uuid>", "extension<arrow.json>"),
    "extension<arrow.bool8>",
}
PLACES = ("plain", "list", "large_list", "list_view", "fixed_size_list", "struct", "map to", "dictionary")
OTHERS = {"deep", "dictionary of dictionary", "map from int8", "list of dictionary string", "large_list_view double"}
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def fraction(rest, per_second):
    return f".{rest:0{len(str(per_second)) - 1}d}".rstrip("0") if rest else ""


def clock(count, per_second):
    seconds, rest = divmod(count, per_second)
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
    return moment.isoformat(timespec="seconds") + fraction(rest, per_second)


def duration(count, per_second):
    seconds, rest = divmod(abs(count), per_second)
    return f"{'-' if count < 0 else ''}PT{seconds}{fraction(rest, per_second)}S"


def value_of(scalar):
    """A value as JSON has it: floats that JSON lacks, and what is no number, as text."""
    kind = scalar.type
    if isinstance(kind, pa.BaseExtensionType):
        stored = scalar.value
        if stored is None or not stored.is_valid:
            return None
        name = kind.extension_name
        return {"arrow.json": json.loads, "arrow.uuid": str, "arrow.bool8": bool}[name](scalar.as_py() if name != "arrow.json" else stored.as_py())
    if pa.types.is_dictionary(kind):
        return value_of(scalar.value) if scalar.is_valid and scalar.value is not None else None
    if not scalar.is_valid:
        return None
    if pa.types.is_struct(kind):
        return {field.name: value_of(scalar[index]) for index, field in enumerate(kind)}
    if pa.types.is_map(kind):
        return {str(value_of(entry[0])): value_of(entry[1]) for entry in scalar.values}
    if hasattr(scalar, "values"):
        return [value_of(item) for item in scalar.values]
    if pa.types.is_timestamp(kind):
        return clock(scalar.value, PER_SECOND[kind.unit]) + ("Z" if kind.tz else "")
    if pa.types.is_duration(kind):
        return duration(scalar.value, PER_SECOND[kind.unit])
    if pa.types.is_time(kind):
        return clock(scalar.value, PER_SECOND[kind.unit])[11:]
    if pa.types.is_interval(kind):
        months, days, nanoseconds = scalar.as_py()
        seconds = duration(nanoseconds, 10**9).replace("PT", "T") if nanoseconds else ""
        return f"P{months}M{days}D{seconds}".replace("D-T", "DT-")
    value = scalar.as_py()
    if isinstance(value, float | np.floating):
        # The fewest digits that read back as the same float32.
        value = float(str(np.float32(value)) if pa.types.is_float32(kind) else value)
        return value if math.isfinite(value) else str(value).replace("inf", "Infinity")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, decimal.Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, datetime.date) else value


def types():
    """A file of many types, and its rows."""
    columns = [
        column
        for column in check.columns()
        if column[0] in OTHERS or any(column[0] == f"{place} {kind}" for place in PLACES for kind in KINDS)
    ]
    schema = check.schema_of(columns, False)
    batch = pa.RecordBatch.from_arrays([check.LOGITS, *(cells for _, _, cells in columns)], schema=schema)
    with ipc.new_file(FIXTURES / "types.arrow", schema) as writer:
        writer.write_batch(batch.slice(0, 4))
        writer.write_batch(batch.slice(4, 0))
        writer.write_batch(batch.slice(4))
    rows = [{name: value_of(cells[row]) for name, _, cells in columns} for row in range(check.ROWS)]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (FIXTURES / "types.ndjson.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def polars():
    """What Polars 2 writes: views, large lists, a categorical, and logits in a list."""
    frame = pl.DataFrame(
        {
            "": [1, 2, 3],
            "text": ["a", None, "a text that is longer than a view"],
            "kind": pl.Series(["x", "y", "x"], dtype=pl.Categorical),
            "when": pl.Series([0, None, 1582934400000000], dtype=pl.Datetime("us")),
            "logits": [[2.0, 1.0], [1.0, 2.0], [0.5, 0.5]],
        }
    )
    frame.write_ipc(FIXTURES / "polars.arrow")


def dictionaries():
    """A stream whose dictionary is replaced, and then grows."""
    schema = pa.schema([("kind", pa.dictionary(pa.int8(), pa.string())), ("logits", pa.list_(pa.float64(), 2))])
    options = ipc.IpcWriteOptions(emit_dictionary_deltas=True)

    def batch(indices, words):
        kinds = pa.DictionaryArray.from_arrays(pa.array(indices, pa.int8()), pa.array(words))
        logits = pa.array([[2.0, 1.0]] * len(indices), schema.field("logits").type)
        return pa.RecordBatch.from_arrays([kinds, logits], schema=schema)

    with ipc.new_stream(FIXTURES / "dictionaries.arrows", schema, options=options) as writer:
        writer.write_batch(batch([0, 1, None], ["a", "b"]))
        writer.write_batch(batch([0, 1, 1], ["b", "c"]))
        writer.write_batch(batch([2, 0, 1], ["b", "c", "d"]))


def written(table, make=ipc.new_stream, **options):
    sink = pa.BufferOutputStream()
    with make(sink, table.schema, options=ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def lists(*batches):
    """A stream of batches of lists, which may have no rows."""
    schema = pa.schema([("id", pa.int32()), ("logits", pa.list_(pa.float64()))])
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, schema) as writer:
        for rows in batches:
            arrays = [pa.array(range(len(rows)), pa.int32()), pa.array(rows, schema.field("logits").type)]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return sink.getvalue().to_pybytes()


def features():
    """Streams without rows; what is not supported, and what is damaged."""
    yield "lists without rows", lists([]), None, None
    yield "a list", lists([[2.0, 1.0]]), None, None
    yield "lists behind a batch without rows", lists([], [[2.0, 1.0]]), None, None
    yield "lists behind lists that are null", lists([None] * 2000, [[], [2.0, 1.0]]), None, None
    struct = pa.array([{"cat": 2.0, "dog": 1}, None], pa.struct([("cat", pa.float32()), ("dog", pa.decimal128(5, 2))]))
    yield "a struct", written(pa.table({"logits": struct})), None, None
    logits = {"logit_a": [2.0, 1.0], "logit_b": [1.0, 2.0]}

    def with_column(cells):
        return written(pa.table({"kept": cells, **logits}))

    union = pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])])
    yield "a union", with_column(union), "E_UNSUPPORTED", "a union in the Arrow column \"kept\""
    runs = pa.RunEndEncodedArray.from_arrays([2], pa.array([5]))
    yield "run-end encoding", with_column(runs), "E_UNSUPPORTED", "run-end encoding of the Arrow column \"kept\""
    table = pa.table(logits)
    yield "an old stream", written(table, use_legacy_format=True), "E_UNSUPPORTED", "before version 0.15"
    sink = pa.BufferOutputStream()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        feather.write_feather(table, sink, version=1)
    yield "Feather 1", sink.getvalue().to_pybytes(), "E_UNSUPPORTED", "Feather"
    stream = written(table)
    words = pa.array(["aaaa", "żżżż"])
    yield "a column of text", with_column(words), None, None
    yield "a column of numbers", with_column([1, 2]), None, None
    bad = with_column(words).replace("żżżż".encode(), b"\xc5\xbc\xc5\xbc\xff\xbc\xc5\xbc")
    yield "text that is not UTF-8", bad, "E_CELL_ENCODING", "column kept (row 2)"
    coded = pa.array(["x", "y"]).dictionary_encode().cast(pa.dictionary(pa.int32(), pa.string()))
    broken = with_column(coded).replace(b"\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\x40", b"\0\0\0\0\7\0\0\0\0\0\0\0\0\0\0\x40")
    assert broken != with_column(coded)
    yield "an index that is not in its dictionary", broken, "E_CORRUPT", "index 7"
    offsets = with_column(words).replace(b"\0\0\0\0\4\0\0\0\x0c\0\0\0", b"\0\0\0\0\4\0\0\0\xff\0\0\0")
    yield "an offset outside of its text", offsets, "E_CORRUPT", "255"
    offsets = with_column(words).replace(b"\0\0\0\0\4\0\0\0\x0c\0\0\0", b"\0\0\0\0\x0d\0\0\0\x0c\0\0\0")
    yield "an offset below the one before it", offsets, "E_CORRUPT", "less than the one before"
    yield "a stream without its end", stream[:-8], "E_CORRUPT", "end-of-stream marker is missing"
    yield "a stream cut within a batch", stream[:-20], "E_CORRUPT", "ends in the middle of a message"
    yield "a file cut within its footer", written(table, ipc.new_file)[:-20], "E_CORRUPT", "footer"


def polars_parquet():
    columns = {
        "big": pl.Series([2**100, None], dtype=pl.Int128),
        "took": [datetime.timedelta(seconds=90), None],
        "kind": pl.Series(["x", None], dtype=pl.Enum(["x", "y"])),
        "pair": pl.Series([[1, 2], [3, 4]], dtype=pl.Array(pl.Int8, 2)),
        "logits": [[2.0, 1.0], [2.0, 1.0]],
    }
    pl.DataFrame(columns).write_parquet(FIXTURES / "polars.parquet")


def main():
    types()
    polars()
    polars_parquet()
    dictionaries()
    lines = [
        json.dumps({"name": name, "bytes": base64.b64encode(data).decode(), "code": code, "says": says})
        for name, data, code, says in features()
    ]
    (FIXTURES / "features.ndjson").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
