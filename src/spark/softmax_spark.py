"""Score the rows of a Spark DataFrame with the `softmax` command, one process for each partition.

    from softmax_spark import evaluate, score

    scored = score(df, '--log', logits='logit_*')     # the other columns of df, then logp_<class> and label
    scored.write.parquet('scored')

    evaluate(df, truth='label')['log_loss']

Only the logits go through the process. The other columns wait in the Python worker, where each row gets its own back by its
number, so their types and values stay what they are. Memory is constant: some batches of Spark's (10,000 rows each, or what
`spark.sql.execution.arrow.maxRecordsPerBatch` says).

The command has to be installed on every machine (`npm install -g softmax-stream`); this module only on the driver's: it is
sent to the executors with the functions. It needs Python 3.10 and `pyspark[sql]` 4, which is pyspark with pyarrow, or later
ones. Files that options name (`--labels @classes.txt`) have to be on every machine.

A vector column of Spark ML, such as `rawPrediction`, becomes a column of logits by `pyspark.ml.functions.vector_to_array`.
"""

from __future__ import annotations

import base64
import bisect
import collections
import array
import contextlib
import dataclasses
import itertools
import json
import math
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import fs
from pyspark import AccumulatorParam, TaskContext, cloudpickle
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_type, to_arrow_type
from pyspark.sql.types import StructField, StructType

__all__ = ['counter', 'evaluate', 'score']

# Executors get this module by value: they have no file of it.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

# Options about what this module decides.
RESERVED = frozenset(
    '-o --output -f --from -t --to -l --logits --truth --keep --no-keep -n --head --rejects --stats --metrics --dry-run --resume'
    ' --part --completions -h --help --version'.split()
)
# The key of a field's metadata by which the command is shown the position of a column, to see which it keeps.
POSITION = b'softmax_spark.position'
# How much is shown of what a failed command printed.
LONGEST_MESSAGE = 4000


def score(
    df: DataFrame,
    *options: str,
    logits: str | Sequence[str] | None = None,
    truth: str | Sequence[str] | None = None,
    rejects: str | None = None,
    stats=None,
    command: str | Sequence[str] = 'softmax',
) -> DataFrame:
    """The columns of `df` that are not logits, then those that `softmax` makes.

    options  of the command, as `'--log'` or `'--temperature', '1.7'`; `--max-errors` counts for each partition
    logits   a selector as `--logits` takes it (`'logit_*'`, `'a,b'`, `'2-11'`), or a list of names; without it, the columns whose
             names begin with `logit`. Columns of numbers, or one of arrays
    truth    the column of true classes, or a list of columns, for `--emit loss,rank,correct`
    rejects  a folder for bad rows, which are left out: `part-00003.ndjson` has those of partition 3, with their other columns.
             A path or a URI that `pyarrow.fs` knows, which all executors see; it has to be empty or missing. Without it a bad row
             fails its task, unless options say `--on-error skip`
    stats    a `counter(session)`, to which each partition adds its counts
    command  what to run on every machine: a name or path, or a list such as `['node', '/opt/softmax/cli.cjs']`

    Raises ValueError for arguments that this module refuses, and RuntimeError with the message of the command where that
    refuses the options or the columns. A command that fails later fails its task with its message.
    """
    truths = _listed(truth)
    columns = _selection(logits, truths)
    argv = [*_argv(command), '--to', 'arrows', *columns, *_allowed(options)]
    kept, new = _columns(argv, df)
    plan = _Plan(
        argv=argv,
        kept=kept,
        truths=_positions(df, truths),
        new=tuple(to_arrow_type(field.dataType) for field in new),
        rejects=_rejects_folder(rejects),
        stats=stats,
    )
    schema = StructType([df.schema[df.columns[index]] for index in kept] + new)
    return df.mapInArrow(lambda batches: _score_partition(batches, plan), schema)


def evaluate(
    df: DataFrame,
    *options: str,
    truth: str | Sequence[str],
    logits: str | Sequence[str] | None = None,
    command: str | Sequence[str] = 'softmax',
) -> dict:
    """How good predictions are: what `softmax evaluate --json` prints, of all rows of `df`, the same to the last bit as on one
    machine. Partitions give exact sums, which are added up on the driver. A bad row is an error unless options say `--on-error skip`.

    The arguments are those of `score`.
    """
    truths = _listed(truth)
    columns = _selection(logits, truths)
    kept, _ = _columns([*_argv(command), '--to', 'arrows', *columns], df)
    argv = [*_argv(command, 'evaluate'), *columns, *_allowed(options), '--partial']
    plan = _Plan(argv=argv, kept=kept, truths=_positions(df, truths))
    # Of no rows there are sums, too; and what the command does not take is an error before the job.
    none = _run(argv, _empty(df))
    some = df.mapInArrow(lambda batches: _evaluate_partition(batches, plan), 'sums string').collect()
    lines = [none.decode(), *(f'{row.sums}\n' for row in some)]
    return json.loads(_run([*_words(command), 'evaluate', '--merge', '--json'], ''.join(lines).encode()))


def counter(session: SparkSession):
    """An accumulator for `stats`: its `value` is a dict of the rows `read`, `written`, `abstained` and `rejected` (by code), and of
    the `bytes` and `seconds` of the processes. What Spark computes twice is counted twice.
    """
    return session.sparkContext.accumulator({}, _Sums())


class _Sums(AccumulatorParam):
    """Adds up the numbers under each key."""

    def zero(self, value):
        return {}

    def addInPlace(self, total, more):
        for key, value in more.items():
            nested = isinstance(value, dict)
            total[key] = self.addInPlace(total.get(key, {}), value) if nested else total.get(key, 0) + value
        return total


@dataclasses.dataclass(frozen=True)
class _Plan:
    """What the tasks know: columns are positions in the input."""

    argv: list[str]
    # The columns that are in the output, and those of true classes, which are among them.
    kept: list[int]
    truths: frozenset[int]
    # The types of the new columns.
    new: tuple[pa.DataType, ...] = ()
    rejects: str | None = None
    stats: object = None

    @property
    def waiting(self) -> list[int]:
        """The columns that do not go through the process."""
        return [index for index in self.kept if index not in self.truths]


# On the driver


def _listed(names: str | Sequence[str] | None) -> list[str]:
    return [names] if isinstance(names, str) else list(names or [])


def _selection(logits: str | Sequence[str] | None, truths: Sequence[str]) -> list[str]:
    selector = logits if logits is None or isinstance(logits, str) else _selector(logits)
    return [
        *(() if selector is None else ('--logits', selector)),
        *(('--truth', _selector(truths)) if truths else ()),
    ]


def _selector(names: Sequence[str]) -> str:
    return ','.join('"' + name.replace('"', '""') + '"' for name in names)


def _allowed(options: Sequence[str]) -> Sequence[str]:
    for option in options:
        name = option.split('=')[0] if option.startswith('--') else option[:2]
        if name in RESERVED:
            raise ValueError(f'{name} cannot be given here: see the arguments of the function')
    return options


def _words(command: str | Sequence[str]) -> list[str]:
    return [command] if isinstance(command, str) else list(command)


def _argv(command: str | Sequence[str], *verb: str) -> list[str]:
    # A task has one core, unless options say otherwise.
    return [*_words(command), *verb, '--from', 'arrows', '--jobs', '1']


def _positions(df: DataFrame, names: Sequence[str]) -> frozenset[int]:
    return frozenset(df.columns.index(name) for name in names)


def _columns(argv: Sequence[str], df: DataFrame) -> tuple[list[int], list[StructField]]:
    """Asks the command which columns it keeps, and which it makes."""
    made = pa.ipc.open_stream(_run(argv, _empty(df))).schema
    kept = [int(field.metadata[POSITION]) for field in made if POSITION in (field.metadata or {})]
    new = [StructField(field.name, from_arrow_type(_signed(field.type))) for field in list(made)[len(kept) :]]
    return kept, new


def _empty(df: DataFrame) -> bytes:
    """A stream of the columns without rows."""
    twice = [name for name, count in collections.Counter(df.columns).items() if count > 1]
    if twice:
        raise ValueError(f'two columns are named {twice[0]!r}; rename one of them')
    sink = pa.BufferOutputStream()
    fields = [pa.field(field.name, _arrow_type(field), metadata={POSITION: str(at)}) for at, field in enumerate(df.schema)]
    pa.ipc.new_stream(sink, pa.schema(fields)).close()
    return sink.getvalue().to_pybytes()


def _run(argv: Sequence[str], stdin: bytes) -> bytes:
    """What the command prints, on the driver; what it says is a warning."""
    with _runnable(argv):
        run = subprocess.run(argv, input=stdin, capture_output=True, env=_environment())
    said = _text(run.stderr)
    if run.returncode != 0:
        raise RuntimeError(said or f'{argv[0]} ended with status {run.returncode}')
    if said:
        warnings.warn(said, stacklevel=4)
    return run.stdout


def _environment() -> dict[str, str]:
    """Node reads the certificates that it is given at each start, for longer than all else takes; the command needs none."""
    return {name: value for name, value in os.environ.items() if name != 'NODE_EXTRA_CA_CERTS'}


def _counted(start: int, count: int) -> pa.Array:
    """The numbers from start on, by way of an array of Python, which takes half the time that pa.array(range(...)) does."""
    numbers = array.array('q', range(start, start + count))
    return pa.Array.from_buffers(pa.int64(), count, [None, pa.py_buffer(numbers)])


@contextlib.contextmanager
def _runnable(argv: Sequence[str]) -> Iterator[None]:
    """Says what to do where the command is not there."""
    try:
        if shutil.which(argv[0]) is None:
            raise FileNotFoundError('there is no such program')
        yield
    except OSError as error:
        machine = socket.gethostname()
        message = f'{argv[0]} cannot be run on {machine}: {error}; install it there, as by npm install -g softmax-stream'
        raise RuntimeError(message) from error


def _arrow_type(field: StructField) -> pa.DataType:
    """The type of a column as the command is asked about it; those that pyspark has no type of Arrow for are no logits."""
    try:
        return to_arrow_type(field.dataType)
    except Exception:
        return pa.null()


def _signed(type: pa.DataType) -> pa.DataType:
    """Spark has no unsigned integers."""
    if pa.types.is_list(type):
        return pa.list_(_signed(type.value_type))
    return pa.int64() if pa.types.is_unsigned_integer(type) else type


def _rejects_folder(folder: str | None) -> str | None:
    """Makes the folder; its URI or its path from the root."""
    if folder is None:
        return None
    target = folder if '://' in folder else os.path.abspath(folder)
    system, path = fs.FileSystem.from_uri(target)
    system.create_dir(path, recursive=True)
    if system.get_file_info(fs.FileSelector(path)):
        raise ValueError(f'{folder} is not empty; give rejects= another folder, or remove it')
    return target


def _text(said: bytes) -> str:
    return said.decode(errors='replace').strip()[-LONGEST_MESSAGE:]


# In a task


def _score_partition(batches: Iterable[pa.RecordBatch], plan: _Plan) -> Iterator[pa.RecordBatch]:
    batches = iter(batches)
    first = next(batches, None)
    if first is None:
        return
    with contextlib.ExitStack() as open_files:
        # Files without names, so that they are gone with the last process that has them open.
        said, bad, left_out, counts = (open_files.enter_context(tempfile.TemporaryFile()) for _ in range(4))
        outputs = {'--stats': counts} if plan.rejects is None else {'--stats': counts, '--rejects': bad}
        rows = _Rows(plan, first.schema, None if plan.rejects is None else left_out)
        sent = map(rows.send, itertools.chain([first], batches))
        with _fed(plan, outputs, said, rows.sent_schema, sent) as process:
            for scored in process.batches():
                yield from rows.rejoin(scored)
            process.finish(lambda: next(_lines(counts), {}).get('error') == 'E_NO_ROWS')
        rows.end()
        if plan.rejects is not None:
            _publish(plan.rejects, _lines(bad), _lines(left_out))
        if plan.stats is not None:
            plan.stats.add(_counts(next(_lines(counts))))


def _evaluate_partition(batches: Iterable[pa.RecordBatch], plan: _Plan) -> Iterator[pa.RecordBatch]:
    batches = iter(batches)
    first = next(batches, None)
    if first is None:
        return
    with tempfile.TemporaryFile() as said:
        rows = _Rows(plan, first.schema, None)
        sent = (rows.send(batch, waits=False) for batch in itertools.chain([first], batches))
        with _fed(plan, {}, said, rows.sent_schema, sent) as process:
            sums = process.text()
            process.finish()
    yield pa.RecordBatch.from_pydict({'sums': [sums.strip()]})


@contextlib.contextmanager
def _fed(plan: _Plan, outputs: dict[str, IO], said: IO, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[_Process]:
    """The command of a plan, fed with batches, as long as it is wanted."""
    process = _Process([*plan.argv, '--quiet'], outputs, said)
    try:
        process.feed(schema, batches)
        yield process
    finally:
        process.end()


def _lines(file) -> Iterator[dict]:
    file.seek(0)
    return map(json.loads, file)


def _counts(stats: dict) -> dict:
    return {key: stats[key] for key in ('read', 'written', 'abstained', 'rejected', 'bytes', 'seconds')}


class _Process:
    """The command, fed by a thread so that neither of the two pipes waits for the other."""

    def __init__(self, argv: Sequence[str], outputs: dict[str, IO], said: IO):
        self._said = said
        self._failure: BaseException | None = None
        self._is_whole = True
        descriptors = {flag: file.fileno() for flag, file in outputs.items()}
        flags = [text for flag, descriptor in descriptors.items() for text in (flag, f'/dev/fd/{descriptor}')]
        # Where the worker is killed, the command sees the end of its input. One that does not look is killed, too.
        prefix = ['setpriv', '--pdeathsig', 'KILL', '--'] if shutil.which('setpriv') else []
        with _runnable(argv):
            self._process = subprocess.Popen(
                [*prefix, *argv, *flags],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                env=_environment(),
                pass_fds=tuple(descriptors.values()),
            )

    def feed(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        self._feeder = threading.Thread(target=self._write, args=(schema, batches), daemon=True)
        self._feeder.start()

    def _write(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        try:
            with self._process.stdin as pipe, pa.ipc.new_stream(pipe, schema) as stream:
                for batch in batches:
                    stream.write_batch(batch)
        except BrokenPipeError:
            pass  # The command has ended; its status says why.
        except BaseException as error:
            self._failure = error
            self._process.kill()

    def batches(self) -> Iterator[pa.RecordBatch]:
        try:
            with pa.ipc.open_stream(self._process.stdout) as stream:
                yield from stream
        except pa.ArrowInvalid:
            # It ended within the stream; finish() says why.
            self._is_whole = False

    def text(self) -> str:
        return self._process.stdout.read().decode()

    def finish(self, has_no_rows: Callable[[], bool] = lambda: False) -> None:
        """Waits for the end. Raises what went wrong, before all the error of whoever gave the rows.

        That no row could be scored is no error here: other partitions may have rows.
        """
        status = self._process.wait()
        self._feeder.join()
        if self._failure:
            raise self._failure
        if status != 0 and has_no_rows():
            return
        if status != 0 or not self._is_whole:
            self._said.seek(0)
            how = f'was killed by signal {-status}' if status < 0 else f'ended with status {status}'
            raise RuntimeError(f'partition {_partition()}: {_text(self._said.read()) or f"{self._process.args[0]} {how}"}')

    def end(self) -> None:
        """Nothing of the process is left, also where the rows are not wanted any more."""
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


@dataclasses.dataclass
class _Waiting:
    """A batch of columns that do not go through the process: the number of its first row, and how many of its rows are done."""

    start: int
    batch: pa.RecordBatch
    done: int = 0


class _Rows:
    """Parts the columns of rows, and puts them together again.

    The command is shown all columns in their positions, so that selectors mean the same. Of those that wait, the first one is
    the number of the row, which is kept, and the others are null, which takes no room.
    """

    def __init__(self, plan: _Plan, schema: pa.Schema, left_out: IO | None):
        self._plan = plan
        # Where the columns of rows go that do not come back.
        self._left_out = left_out
        self._columns = plan.waiting
        self._key = self._columns[0] if self._columns else None
        self._queue: collections.deque[_Waiting] = collections.deque()
        self._sent = 0
        types = {index: pa.int64() if index == self._key else pa.null() for index in self._columns}
        self.sent_schema = pa.schema([(field.name, types.get(at, field.type)) for at, field in enumerate(schema)])

    def send(self, batch: pa.RecordBatch, waits: bool = True) -> pa.RecordBatch:
        """What the command gets; the rest waits, unless no row comes back. Called in the feeder's thread."""
        start, count = self._sent, batch.num_rows
        self._sent += count
        if waits and self._key is not None and count > 0:
            self._queue.append(_Waiting(start, batch.select(self._columns)))
        columns = batch.columns
        for index in self._columns:
            columns[index] = _counted(start, count) if index == self._key else pa.nulls(count)
        return pa.RecordBatch.from_arrays(columns, schema=self.sent_schema)

    def rejoin(self, scored: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """The rows of a batch with all their columns."""
        if self._key is None:
            yield self._joined(scored, None)
            return
        numbers = scored.column(self._plan.kept.index(self._key))
        at = 0
        while at < len(numbers):
            waiting = self._queue[0]
            end = waiting.start + waiting.batch.num_rows
            stop = bisect.bisect_left(numbers, end, at, len(numbers), key=_number)
            if stop > at:
                positions = pc.subtract(numbers.slice(at, stop - at), waiting.start)
                yield self._joined(scored.slice(at, stop - at), self._take(waiting, positions))
            if stop < len(numbers) or waiting.done == waiting.batch.num_rows:
                self._drop(self._queue.popleft())
            at = stop

    def _take(self, waiting: _Waiting, positions: pa.Array) -> pa.RecordBatch:
        start, end = waiting.done, positions[-1].as_py() + 1
        waiting.done = end
        if len(positions) == end - start:
            return waiting.batch.slice(start, len(positions))
        self._leave_out(waiting.batch, sorted(set(range(start, end)).difference(positions.to_pylist())))
        return waiting.batch.take(positions)

    def _drop(self, waiting: _Waiting) -> None:
        self._leave_out(waiting.batch, range(waiting.done, waiting.batch.num_rows))

    def _leave_out(self, batch: pa.RecordBatch, positions: Iterable[int]) -> None:
        for position in positions if self._left_out else ():
            (values,) = batch.slice(position, 1).to_pylist()
            self._left_out.write(json.dumps(_finite(values), default=_plain).encode() + b'\n')

    def _joined(self, scored: pa.RecordBatch, waiting: pa.RecordBatch | None) -> pa.RecordBatch:
        kept = self._plan.kept
        own = {index: waiting.column(at) for at, index in enumerate(self._columns)} if waiting else {}
        columns = [own[index] if index in own else scored.column(at) for at, index in enumerate(kept)]
        columns += [scored.column(len(kept) + at).cast(type) for at, type in enumerate(self._plan.new)]
        return pa.RecordBatch.from_arrays(columns, names=scored.schema.names)

    def end(self) -> None:
        """What still waits was left out."""
        for waiting in self._queue:
            self._drop(waiting)


def _number(scalar: pa.Scalar) -> int:
    return scalar.as_py()


def _finite(values: dict) -> dict:
    """JSON has no NaN and no infinities: they are text."""
    return {key: str(value) if value in (math.inf, -math.inf) or value != value else value for key, value in values.items()}


def _plain(value) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _partition() -> int:
    return TaskContext.get().partitionId()


def _publish(folder: str, rejects: Iterator[dict], columns: Iterator[dict]) -> None:
    """Writes the bad rows of a partition, if it has any, under a name that is there only when they are complete."""
    first = next(rejects, None)
    if first is None:
        return
    system, path = fs.FileSystem.from_uri(folder)
    name = f'part-{_partition():05d}.ndjson'
    draft = f'{path}/.{name}.{uuid.uuid4().hex}'
    with system.open_output_stream(draft) as file:
        for reject in itertools.chain([first], rejects):
            line = {'partition': _partition(), **reject, 'columns': next(columns, {})}
            file.write(json.dumps(line).encode() + b'\n')
    system.move(draft, f'{path}/{name}')
