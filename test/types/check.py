"""Every type of pyarrow as a kept column, through the built command, between Arrow files, Arrow streams and Parquet.

    python test/types/check.py [FROM:TO ...]        such as arrow:arrows; all pairs by default

Each type is a column by itself, without nulls and with some, in lists, large lists, fixed-size lists, list views, structs,
maps and dictionaries; in one batch, in several with an empty one, in slices, and without rows. What comes out has to have
the schema (names, types, nullability, metadata) and the values that pyarrow reads from the input; where it is Parquet, those
that pyarrow reads from its own file of the same table. Polars and DuckDB have to read it as they read what pyarrow writes.

It needs pyarrow, polars, duckdb, pandas and numpy, and a build.
"""

import contextlib
import datetime
import decimal
import itertools
import pathlib
import re
import subprocess
import sys
import tempfile
import zoneinfo

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMAND = ["node", str(ROOT / "dist/cli.js")]
ROWS = 11
UTC = datetime.timezone.utc


def leaves():
    """The types that are not nested, with some values each."""
    for bits in (8, 16, 32, 64):
        yield getattr(pa, f"int{bits}")(), [0, -1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1)), 7]
        yield getattr(pa, f"uint{bits}")(), [0, 1, 2**bits - 1, 2 ** (bits - 1), 7]
    yield pa.float16(), [np.float16(x) for x in (0.0, -0.0, 1.5, np.inf, 65504.0)]
    yield pa.float32(), [0.0, -0.0, 0.1, -np.inf, 3.4028234663852886e38]
    yield pa.float64(), [0.0, -0.0, 0.1, np.inf, 5e-324]
    yield pa.bool_(), [True, False, False, True, True]
    yield pa.null(), [None] * 5
    texts = ["", "a", "żółw 🐢", "a longer text than a view has room for", '"\\\n\0']
    for kind in (pa.string(), pa.large_string(), pa.string_view()):
        yield kind, texts
    for kind in (pa.binary(), pa.large_binary(), pa.binary_view()):
        yield kind, [b"", b"\xff\x00", b"abc", bytes(range(40)), b"\x80"]
    yield pa.binary(3), [b"abc", b"\0\0\0", b"\xff\xff\xff", b"xyz", b"123"]
    digits = decimal.Context(prec=80)
    for kind, precision in ((pa.decimal32, 9), (pa.decimal64, 18), (pa.decimal128, 38), (pa.decimal256, 76)):
        for scale in (0, 3, precision):
            most = decimal.Decimal("9" * precision).scaleb(-scale, digits)
            one = decimal.Decimal(1).scaleb(-scale, digits)
            yield kind(precision, scale), [most, most.copy_negate(), one, one.copy_negate(), one - one]
    yield pa.decimal128(5, -2), [decimal.Decimal(x) for x in ("12300", "-100", "0", "9999900", "500")]
    days = [datetime.date(1970, 1, 1), datetime.date(1, 1, 1), datetime.date(9999, 12, 31), datetime.date(1969, 12, 31)]
    yield pa.date32(), [*days, datetime.date(2024, 2, 29)]
    yield pa.date64(), [*days, datetime.date(2024, 2, 29)]
    yield pa.time32("s"), [0, 1, 86399, 3600, 43200]
    yield pa.time32("ms"), [0, 1, 86399999, 3600000, 43200001]
    yield pa.time64("us"), [0, 1, 86399999999, 3600000000, 43200000001]
    yield pa.time64("ns"), [0, 1, 86399999999999, 3600000000000, 43200000000001]
    for unit in ("s", "ms", "us", "ns"):
        counts = [0, -1, 1582934400, 1, 951782399]
        for zone in (None, "UTC", "Europe/Warsaw", "+01:30"):
            yield pa.timestamp(unit, zone), counts
        yield pa.duration(unit), [0, -1, 90500, 2**40, -(2**40)]
    yield pa.month_day_nano_interval(), [pa.MonthDayNano(x) for x in ([0, 0, 0], [1, -2, 3], [-1, 2, -(2**40)], [12, 0, 0], [0, 1, 1])]
    yield pa.uuid(), [bytes([n] * 16) for n in range(5)]
    yield pa.json_(), ['{"a":1}', "[]", "1", '"x"', "{}"]
    yield pa.bool8(), [1, 0, 1, 1, -1]
    yield pa.opaque(pa.binary(), "vector", "postgres"), [b"1", b"2", b"", b"\xff", b"5"]


def array(kind, values):
    if isinstance(kind, pa.BaseExtensionType):
        return kind.wrap_array(array(kind.storage_type, values))
    return pa.array(values, kind)


def some(values, count, nulls):
    """So many of the values, one after the other, with a null at every third place."""
    cycle = list(itertools.islice(itertools.cycle(values), count))
    return [None if nulls and at % 3 == 1 else value for at, value in enumerate(cycle)]


def lists(kind, values, nulls):
    """Lists of 0 to 3 items, and one that is null."""
    sizes = [2, 0, 3, None, 1, 1, 0, 2, 3, None, 1]
    items = iter(some(values, sum(size or 0 for size in sizes), nulls))
    return [None if size is None else [next(items) for _ in range(size)] for size in sizes]


def columns():
    """A name, a field and an array for each type in each place."""
    for kind, values in leaves():
        item = pa.field("item", kind)
        name = str(kind)
        storage = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind

        def column(place, field_type, cells, nullable=True):
            try:
                made = array(field_type, cells)
            except (pa.ArrowNotImplementedError, pa.ArrowInvalid, NotImplementedError, TypeError) as error:
                print(f"not in pyarrow: {place} of {name}: {error}")
                return
            yield f"{place} {name}", pa.field(f"{place} {name}", field_type, nullable), made

        if kind != pa.null():
            yield from column("full", kind, some(values, ROWS, False), nullable=False)
        yield from column("plain", kind, some(values, ROWS, True))
        yield from column("null", kind, [None] * ROWS)
        if kind is not storage:
            metadata = {"ARROW:extension:name": "example.unknown", "ARROW:extension:metadata": "\x01"}
            field = pa.field(f"unknown {name}", storage, metadata=metadata)
            yield field.name, field, array(storage, some(values, ROWS, True))
            continue
        nested = lists(kind, values, True)
        yield from column("list", pa.list_(item), nested)
        yield from column("large_list", pa.large_list(item), nested)
        yield from column("list_view", pa.list_view(item), nested)
        yield from column("large_list_view", pa.large_list_view(item), nested)
        cells = some(values, 10, True)
        pairs = some([cells[at : at + 2] for at in range(0, 10, 2)], ROWS, True)
        yield from column("fixed_size_list", pa.list_(item, 2), pairs)
        struct = pa.struct([pa.field("a", kind, metadata={"of": "a"}), pa.field("", pa.int8(), False)])
        records = some([{"a": value, "": 1} for value in some(values, 5, True)], ROWS, True)
        yield from column("struct", struct, records)
        yield from column("list of struct", pa.list_(struct), [[record, record] if record else record for record in records])
        entries = [None if cell is None else [(str(at), value) for at, value in enumerate(cell)] for cell in nested]
        yield from column("map to", pa.map_(pa.string(), kind), entries)
        if kind != pa.null():
            keys = [None if cell is None else [(key, 1) for key in cell if key is not None] for cell in nested]
            yield from column("map from", pa.map_(kind, pa.int8(), keys_sorted=False), keys)
        try:
            words = array(kind, list(values))
            indices = some([0, 4, 2, 2, 1], ROWS, True)
            coded = pa.DictionaryArray.from_arrays(pa.array(indices, pa.int8()), words, ordered=True)
            yield f"dictionary {name}", pa.field(f"dictionary {name}", coded.type), coded
            wide = pa.DictionaryArray.from_arrays(pa.array(some([0, 4, 1], 12, True), pa.uint64()), words)
            offsets = pa.array([0, 2, 2, None, 5, 6, 6, 7, 9, 10, 11, 12], pa.int32())
            listed = pa.ListArray.from_arrays(offsets, wide)
            yield f"list of dictionary {name}", pa.field(f"list of dictionary {name}", listed.type), listed
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
            print(f"not in pyarrow: dictionary of {name}: {error}")
    deep = pa.list_(pa.struct([("x", pa.list_(pa.map_(pa.string(), pa.list_(pa.decimal128(38, 10))))), ("__proto__", pa.int8())]))
    value = [{"x": [[("__proto__", [decimal.Decimal("12345678901234567890.1234567890"), None])]], "__proto__": 1}]
    yield "deep", pa.field("deep", deep), pa.array(some([value, [], [None]], ROWS, True), deep)
    inner = pa.DictionaryArray.from_arrays(pa.array([1, 0, None], pa.int8()), pa.array(["a", "b"]))
    outer = pa.StructArray.from_arrays([inner], ["w"])
    nested = pa.DictionaryArray.from_arrays(pa.array(some([0, 2, 1], ROWS, True), pa.int16()), outer)
    yield "dictionary of dictionary", pa.field("dictionary of dictionary", nested.type), nested


LOGITS = pa.array([[float(row), 1.0, 0.5] for row in range(ROWS)], pa.list_(pa.float64(), 3))
METADATA = {"pandas": '{"index_columns": []}', "note": "żółw"}


def schema_of(some_columns, is_text):
    """The schema, with metadata that is no text but for formats and readers that have text there."""
    fields = [pa.field("logits", LOGITS.type), *(field for _, field, _ in some_columns)]
    return pa.schema(fields, METADATA if is_text else {**METADATA, b"\xff": b"\x00\xfe"})


def tables(some_columns, schema):
    """The same columns in one batch, in several, in slices, and without rows."""
    batch = pa.RecordBatch.from_arrays([LOGITS, *(column for _, _, column in some_columns)], schema=schema)
    yield "one batch", [batch]
    yield "several batches", [batch, batch.slice(0, 0), batch.slice(2, 3), batch.slice(0, 0), batch]
    yield "slices", [batch.slice(3, 5), batch.slice(1, 9)]
    yield "no rows", [batch.slice(0, 0)]
    yield "no batches", []


def whole(batches, schema):
    """The same batches in memory of their own: pyarrow does not write slices of all types to Parquet."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return pa.ipc.open_stream(sink.getvalue())


def write(path, schema, batches, options=None):
    if path.suffix == ".parquet":
        with pq.ParquetWriter(path, schema) as writer:
            for batch in whole(batches, schema):
                writer.write_batch(batch)
        return
    make = pa.ipc.new_stream if path.suffix == ".arrows" else pa.ipc.new_file
    with make(path, schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)


def read(path):
    if path.suffix == ".parquet":
        return pq.read_table(path)
    opened = pa.ipc.open_stream(path.read_bytes()) if path.suffix == ".arrows" else pa.ipc.open_file(path)
    return opened.read_all()


def through_parquet(table):
    """A table as pyarrow reads it from its own file of Parquet."""
    with parquet_of(table) as path:
        return pq.read_table(path)


def parquet_takes(column):
    """True if pyarrow writes the type to Parquet and reads its values back."""
    _, field, cells = column
    try:
        table = pa.table([cells], pa.schema([field]))
        return through_parquet(table).to_pydict() == table.to_pydict() or "nan" in repr(table.to_pydict())
    except BaseException:
        return False


def convert(source, target):
    done = subprocess.run([*COMMAND, str(source), "-o", str(target), "--emit", "probs"], capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else None


def plain(field):
    """A field whose maps have the usual names inside: pyarrow calls values that it reads from Parquet like their column."""
    kind = field.type
    if pa.types.is_map(kind):
        item = plain(kind.item_field)
        kind = pa.map_(plain(kind.key_field), pa.field("value", item.type, item.nullable), kind.keys_sorted)
    elif pa.types.is_struct(kind):
        kind = pa.struct([plain(kind.field(index)) for index in range(kind.num_fields)])
    elif pa.types.is_fixed_size_list(kind):
        kind = pa.list_(plain(kind.value_field), kind.list_size)
    elif pa.types.is_list(kind):
        kind = pa.list_(plain(kind.value_field))
    return field.with_type(kind)


def differences(expected, found):
    """What is not the same in the kept columns."""
    kept = [name for name in found.schema.names if name not in ("probs",)]
    if found.schema.names != [*expected.schema.names, "probs"]:
        yield f"columns {kept}"
        return
    if expected.schema.metadata != found.schema.metadata:
        yield f"metadata {found.schema.metadata}"
    for name in expected.schema.names:
        before, after = plain(expected.schema.field(name)), plain(found.schema.field(name))
        if not before.equals(after, check_metadata=True):
            yield f"{name}: {before} {before.metadata} is {after} {after.metadata}"
        elif not same(expected[name], found[name]):
            yield f"{name}: {expected[name]} is {found[name]}"


def same(before, after):
    after.validate(full=True)
    if before.equals(after):
        return True
    # Chunks of dictionaries that differ, and NaN, are equal only as values.
    return before.to_pylist() == after.to_pylist()


def polars_takes(column):
    """True if Polars reads the type from memory and from a file of pyarrow; of others it panics, and may hang ever after."""
    name, field, cells = column
    if re.search(r"list_view|month_day_nano|decimal256|tz=\+|, -2\)|of dictionary|^list of struct", name):
        return False
    schema = pa.schema([field])
    with tempfile.NamedTemporaryFile(suffix=".arrow") as file:
        try:
            write(pathlib.Path(file.name), schema, [pa.RecordBatch.from_arrays([cells], schema=schema)])
            return pl.read_ipc(file.name).equals(pl.from_arrow(pa.table([cells], schema)))
        except BaseException:
            return False


READERS = {".arrow": pl.read_ipc, ".arrows": pl.read_ipc_stream, ".parquet": pl.read_parquet}


READERS = {".arrow": pl.read_ipc, ".arrows": pl.read_ipc_stream, ".parquet": pl.read_parquet}


def polars_differs(path, table, kept):
    """What Polars makes of a file, where it is not what it makes of `table`, which pyarrow reads from it; of Parquet, of
    what it makes of pyarrow's own file of the columns that are kept."""
    try:
        found = READERS[path.suffix](path)
        if path.suffix != ".parquet":
            return None if found.equals(pl.from_arrow(table)) else "polars reads another table"
        with parquet_of(kept) as own:
            return None if found.drop("probs").equals(pl.read_parquet(own)) else "polars reads another table"
    except BaseException as error:
        return f"polars: {error}"


def duckdb_differs(path, kept):
    """The same of DuckDB, which reads Parquet."""
    with parquet_of(kept) as own:
        try:
            expected = duckdb.sql(f"select * from '{own}'").fetchall()
        except BaseException:
            return None
    try:
        found = duckdb.sql(f"select * exclude (probs) from '{path}'").fetchall()
        return None if repr(found) == repr(expected) else "duckdb reads another table"
    except BaseException as error:
        return f"duckdb: {error}"


@contextlib.contextmanager
def parquet_of(table):
    """Pyarrow's own file of a table."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "pyarrow.parquet")
        write(path, table.schema, table.to_batches())
        yield path


def check(source, target, folder, some_columns, is_for_polars):
    """How many differences there are between some columns as they were and as they come out."""
    schema = schema_of(some_columns, is_for_polars or "parquet" in (source, target))
    found = []
    for shape, batches in tables(some_columns, schema):
        path, out = folder / f"in.{source}", folder / f"out.{target}"
        write(path, schema, batches)
        failure = convert(path, out)
        if failure:
            found.append((shape, failure))
            continue
        kept = (read(path) if source == "parquet" else pa.Table.from_batches(batches, schema)).drop_columns("logits")
        expected = through_parquet(kept) if target == "parquet" else kept
        made = read(out)
        found += [(shape, difference) for difference in differences(expected, made)]
        complaint = polars_differs(out, made, kept) if is_for_polars else None
        found += [(shape, complaint)] if complaint else []
        complaint = duckdb_differs(out, kept) if target == "parquet" else None
        found += [(shape, complaint)] if complaint else []
    if found and len(some_columns) > 1:
        half = len(some_columns) // 2
        parts = (some_columns[:half], some_columns[half:])
        return sum(check(source, target, folder, part, is_for_polars) for part in parts)
    for shape, difference in found:
        print(f"{source} to {target}, {shape}, {some_columns[0][0]}: {difference}"[:600])
    return len(found)


def main():
    pairs = [pair.split(":") for pair in sys.argv[1:]] or list(itertools.product(("arrow", "arrows", "parquet"), repeat=2))
    everything = list(columns())
    for_polars = [column for column in everything if polars_takes(column)]
    print(f"{len(everything)} columns, {len(for_polars)} of which Polars has")
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for source, target in pairs:
            fit = [column for column in everything if "parquet" not in (source, target) or parquet_takes(column)]
            names = {name for name, _, _ in fit}
            count = check(source, target, pathlib.Path(folder), fit, False)
            count += check(source, target, pathlib.Path(folder), [column for column in for_polars if column[0] in names], True)
            print(f"{len(fit)} columns", end=", ")
            print(f"{source} to {target}: {count} differences")
            failures += count
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
