"""DuckDB: softmax of each row in SQL. Usage: python by_duckdb.py INPUT OUTPUT CLASSES

Fastest of what was tried: an expression a class for few classes, functions of lists for many and for lists; the types of
columns given, not found. No faster: list_position for the label, lists taken apart into columns. DuckDB has no reader or
writer of Arrow files in itself: pyarrow maps the one and writes the other, batch by batch."""
import sys
from pathlib import Path

import duckdb

source, target, classes = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
MANY = 100


def each(text, separator=", "):
    """A piece of SQL for each class, with its index in place of #."""
    return separator.join(text.replace("#", str(index)) for index in range(classes))


READERS = {
    ".csv": f"""read_csv('{source}', header = true, auto_detect = false, columns = {{'id': 'bigint', {each("'logit_#': 'double'")}}})""",
    ".ndjson": f"read_json('{source}', format = 'newline_delimited', columns = {{'id': 'bigint', 'logits': 'double[]'}})",
    ".parquet": f"'{source}'",
    ".arrow": "batches",
}
FORMATS = {".csv": "csv, header", ".ndjson": "json", ".parquet": "parquet, compression uncompressed"}


def by_columns(rows):
    return f"""
    with logits as (select id, {each("logit_#::double as logit_#")} from {rows}),
    maxima as (select *, greatest({each("logit_#")}) as most from logits),
    powers as (
        select id, {each("exp(logit_# - most) as p_#")}, case {each("when logit_# = most then #", " ")} end as label
        from maxima
    ),
    sums as (select *, {each("p_#", " + ")} as total from powers)
    select id, {each("p_# / total as p_#")}, label from sums"""


def by_lists(logits, kept, results):
    """`logits`: a query of `kept` and a list of logits. `results`: what to select of the list `probs`."""
    return f"""
    with logits as ({logits}),
    maxima as (select *, list_max(logits) as most from logits),
    powers as (
        select {kept}, list_transform(logits, lambda x: exp(x - most)) as powers, list_position(logits, most) - 1 as label
        from maxima
    ),
    sums as (select *, list_sum(powers) as total from powers),
    shares as (select {kept}, list_transform(powers, lambda x: x / total) as probs, label from sums)
    select {kept}, {results}, label from shares"""


def query(rows):
    if source.stem.endswith("lists"):
        kept = "id, logits" if source.suffix == ".ndjson" else "id"  # as softmax does
        return by_lists(f"select id, logits::double[] as logits from {rows}", kept, "probs")
    if classes < MANY:
        return by_columns(rows)
    return by_lists(f"select id, [{each('logit_#')}] as logits from {rows}", "id", each("probs[# + 1] as p_#"))


def write_arrow(batches):
    from pyarrow import ipc

    with ipc.new_file(target, batches.schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


connection = duckdb.connect(config={"threads": 2})
if source.suffix == ".arrow":
    import pyarrow as pa

    batches = pa.ipc.open_file(pa.memory_map(str(source))).read_all()
scored = query(READERS[source.suffix])
if target.suffix == ".arrow":
    write_arrow(connection.sql(scored).to_arrow_reader(65_536))
else:
    connection.execute(f"copy ({scored}) to '{target}' (format {FORMATS[target.suffix]})")
