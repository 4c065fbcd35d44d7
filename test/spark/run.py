"""The helper for Spark against the command on one machine. Usage: run.py FOLDER [TEST ...]; the
folder is for what it writes.

Each job has to end in all rows, the same as those of one machine, or in a clear failure without any; in both cases no process
may be left.
"""

import contextlib
import datetime
import decimal
import io
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import threading
import time
import unittest

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyspark
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRATCH = pathlib.Path(sys.argv[1]).resolve()
CLI = str(ROOT / 'dist/command/bundle/cli.cjs')
COMMAND = ['node', CLI]
PARTS, ROWS = 6, 20_000
TEXTS = ['plain', 'a\ttab', 'a\nnewline', '"quoted", and more', "it's", '\\N', '\\', '', ' ', 'é \U0001f600', None]
KEPT = ['id', 'text', 'instant', 'local', 'price', 'nested', 'bytes', 'yes', 'truth']
LOGITS = [f'logit_{name}' for name in 'abcdefghij']

sys.path.insert(0, str(ROOT / 'dist/spark'))
from softmax_spark import counter, evaluate, score  # noqa: E402


# What a user has: the parts in the folder at hand, the command on the path of all machines.
SCENE = SCRATCH / 'scene'


def lay_scene() -> None:
    (SCENE / 'bin').mkdir(parents=True)
    (SCENE / 'bin/softmax').symlink_to(CLI)
    (SCENE / 'parts').symlink_to(SCRATCH / 'in')
    os.environ['PATH'] = f'{SCENE / "bin"}:{os.environ["PATH"]}'
    os.chdir(SCENE)


def block(language: str) -> str:
    """The block of the README in a language."""
    return re.search(rf'^```{language}\n(.*?)^```$', (ROOT / 'README.md').read_text(), re.DOTALL | re.MULTILINE)[1]


def part(number: int) -> pa.Table:
    """Rows whose columns that are no logits have all sorts of types."""
    random.seed(number)
    ids = range(number * ROWS, (number + 1) * ROWS)
    start = datetime.datetime(2026, 11, 28, tzinfo=datetime.timezone.utc)
    moments = [start + datetime.timedelta(microseconds=7_654_321 * i) for i in ids]
    columns = {
        'id': pa.array(ids, pa.int64()),
        'text': pa.array([TEXTS[i % len(TEXTS)] for i in ids], pa.string()),
        'instant': pa.array(moments, pa.timestamp('us', 'UTC')),
        'local': pa.array([moment.replace(tzinfo=None) for moment in moments], pa.timestamp('us')),
        'price': pa.array([decimal.Decimal(i * 10**15 + i) / 10**8 for i in ids], pa.decimal128(38, 8)),
        'nested': pa.array([{'n': i, 'tags': [None, TEXTS[i % 9]] * (i % 3)} if i % 5 else None for i in ids]),
        'bytes': pa.array([bytes([i % 256, 0, 255]) for i in ids]),
        'yes': pa.array([None if i % 3 else i % 2 == 0 for i in ids], pa.bool_()),
        **{name: pa.array([random.gauss(0, 4) for _ in ids]) for name in LOGITS},
        'truth': pa.array(['abcdefghij'[i % 10] for i in ids]),
    }
    return pa.table(columns)


def write_input() -> None:
    (SCRATCH / 'in').mkdir()
    for number in range(PARTS):
        pq.write_table(part(number), SCRATCH / f'in/part-{number:05d}.parquet')


def one_machine(*options: str) -> pa.Table:
    """What the command makes of all parts as one input, in the order of their ids."""
    path = SCRATCH / 'one.parquet'
    subprocess.run([*COMMAND, str(SCRATCH / 'in'), '-o', str(path), '--quiet', *options], check=True)
    return sorted_by_id(path)


def sorted_by_id(path: pathlib.Path) -> pa.Table:
    return pq.read_table(path).sort_by('id').combine_chunks()


def processes() -> list[int]:
    """The commands that run: node with the file of the command."""
    found = []
    for path in pathlib.Path('/proc').glob('[0-9]*/cmdline'):
        with contextlib.suppress(OSError):
            words = path.read_bytes().split(b'\0')
            if words[0].endswith(b'node') and {CLI.encode(), bytes(SCENE / 'bin/softmax')} & set(words):
                found.append(int(path.parent.name))
    return found


def written_by(process: int) -> int:
    """How many bytes a process has written."""
    with contextlib.suppress(OSError):
        lines = pathlib.Path(f'/proc/{process}/io').read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith('wchar'))
    return 0


def parent_of(process: int) -> int:
    return int(pathlib.Path(f'/proc/{process}/stat').read_text().rpartition(')')[2].split()[1])


def executor_of(process: int) -> int:
    """The executor that a command is run for: a Java that has a daemon for its workers in Python."""
    while b'CoarseGrainedExecutorBackend' not in pathlib.Path(f'/proc/{process}/cmdline').read_bytes():
        process = parent_of(process)
    return process


class Killer(threading.Thread):
    """Kills a command that has written some of its rows, its worker or its executor; `killed` says whether it did."""

    def __init__(self, victim):
        super().__init__(daemon=True)
        self.victim, self.killed, self.ends = victim, False, False

    def run(self):
        while not self.killed and not self.ends:
            for process in processes():
                if written_by(process) > 1_000_000:
                    self.kill(process)
                    break
            time.sleep(0.002)

    def kill(self, process):
        with contextlib.suppress(OSError):
            # Stopped, so that it does not end before what it has written is known to be a part only.
            os.kill(process, signal.SIGSTOP)
            os.kill(self.victim(process), signal.SIGKILL)
            self.killed = True
            os.kill(process, signal.SIGCONT)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ends = True
        self.join()


class OnSpark(unittest.TestCase):
    """What tests on a Spark have in common."""

    @classmethod
    def begin(cls, master: str, settings: dict[str, str]):
        builder = SparkSession.builder.master(master).config('spark.ui.enabled', 'false')
        for name, value in settings.items():
            builder = builder.config(f'spark.{name}', value)
        cls.spark = builder.config('spark.sql.files.maxPartitionBytes', '3m').getOrCreate()
        cls.spark.sparkContext.setLogLevel('OFF')
        cls.df = cls.spark.read.parquet(str(SCRATCH / 'in'))
        if not (SCRATCH / 'plain').exists():
            cls.df.write.parquet(str(SCRATCH / 'plain'))
            OnSpark.expected = one_machine()
            OnSpark.plain = sorted_by_id(SCRATCH / 'plain')

    @classmethod
    def tearDownClass(cls):
        cls.spark.stop()

    def setUp(self):
        self.out = SCRATCH / self.id().split('.')[-1]

    def tearDown(self):
        end = time.monotonic() + 10
        while processes() and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(processes(), [], 'a process is left')

    def write(self, scored) -> pa.Table:
        scored.write.parquet(str(self.out))
        self.assertTrue((self.out / '_SUCCESS').exists())
        return sorted_by_id(self.out)

    def fails(self, scored) -> str:
        with self.assertRaises(Exception) as caught:
            scored.write.parquet(str(self.out))
        self.assertEqual([path for path in self.out.rglob('*') if path.is_file()], [], 'a partial output')
        return str(caught.exception)

    def assert_same(self, table: pa.Table, expected: pa.Table | None = None):
        """New columns are those of one machine, and others what Spark itself writes of them, to the last bit."""
        expected = self.expected if expected is None else expected
        self.assertEqual(table.column_names, expected.column_names)
        kept = self.plain.filter(pc.is_in(self.plain['id'], table['id']))
        for name in expected.column_names:
            other = kept[name] if name in KEPT else expected[name]
            # Spark has no unsigned integers.
            other = other.cast(pa.int64()) if other.type == pa.uint32() else other
            self.assertEqual(table[name].type, other.type, name)
            self.assertTrue(table[name].equals(other), name)


class Score(OnSpark):
    @classmethod
    def setUpClass(cls):
        cls.begin('local-cluster[2,1,1024]', {'task.maxFailures': '2'})

    def test_rows_are_those_of_one_machine(self):
        stats = counter(self.spark)
        table = self.write(score(self.df, stats=stats, command=COMMAND))
        self.assert_same(table)
        value = stats.value
        self.assertEqual((value['read'], value['written'], value['rejected']), (PARTS * ROWS, PARTS * ROWS, {}))
        self.assertGreater(value['seconds'], 0)

    def test_options_selectors_and_true_classes(self):
        options = ('--log', '--emit', 'probs,loss,rank,correct', '--temperature', '1.7')
        scored = score(self.df, *options, logits=LOGITS[::-1], truth='truth', command=COMMAND)
        names = ','.join(LOGITS[::-1])
        self.assert_same(self.write(scored), one_machine(*options, '--logits', names, '--truth', 'truth'))

    def test_columns_of_arrays(self):
        df = self.df.select('id', F.array(*LOGITS).alias('scores'))
        table = self.write(score(df, logits='scores', command=COMMAND))
        expected = [list(row) for row in zip(*(self.expected[f'p_{name}'].to_pylist() for name in 'abcdefghij'))]
        self.assertEqual(table['probs'].to_pylist(), expected)

    def test_no_column_but_logits(self):
        rows = score(self.df.select(*LOGITS), command=COMMAND).collect()
        columns = [name for name in self.expected.column_names if name not in KEPT]
        expected = zip(*(self.expected[name].to_pylist() for name in columns))
        self.assertEqual(sorted(map(tuple, rows)), sorted(expected))

    def test_a_bad_row_fails_with_the_message_of_the_command(self):
        message = self.fails(score(self.bad(70_007), command=COMMAND))
        self.assertRegex(message, r'partition \d+: softmax: stdin: .*a logit is NaN.*\[E_NONFINITE\]')

    def test_bad_rows_go_beside_the_output(self):
        bad = [70_000, 70_007, 79_999, 80_000]
        stats = counter(self.spark)
        rejects = SCRATCH / 'rejects'
        table = self.write(score(self.bad(*bad), rejects=str(rejects), stats=stats, command=COMMAND))
        self.assert_same(table, self.expected.filter(pc.invert(pc.is_in(self.expected['id'], pa.array(bad)))))
        files = sorted(rejects.iterdir())
        self.assertTrue(all(path.match('part-*.ndjson') for path in files), files)
        lines = [json.loads(line) for path in files for line in path.read_text().splitlines()]
        self.assertEqual(sorted(line['columns']['id'] for line in lines), bad)
        self.assertEqual({line['code'] for line in lines}, {'E_NONFINITE'})
        self.assertEqual(stats.value['rejected'], {'E_NONFINITE': 4})
        with self.assertRaisesRegex(ValueError, 'is not empty'):
            score(self.df, rejects=str(rejects), command=COMMAND)

    def test_a_partition_of_bad_rows_only(self):
        df = self.bad(*range(3 * ROWS, 4 * ROWS)).repartition(PARTS, F.floor(F.col('id') / ROWS))
        table = self.write(score(df, '--on-error', 'skip', command=COMMAND))
        self.assert_same(table, self.expected.filter(pc.not_equal(pc.floor(pc.divide(self.expected['id'], ROWS)), 3)))

    def bad(self, *ids: int):
        is_bad = F.col('id').isin(*ids) if len(ids) < 10 else F.col('id').between(ids[0], ids[-1])
        return self.df.withColumn('logit_c', F.when(is_bad, F.lit(float('nan'))).otherwise(F.col('logit_c')))

    def test_a_command_that_is_killed(self):
        with Killer(lambda process: process) as killer:
            table = self.write(score(self.df, command=COMMAND))
        self.assertTrue(killer.killed)
        self.assert_same(table)

    def test_a_command_that_is_killed_each_time(self):
        script = SCRATCH / 'dies'
        script.write_text(f'#!/bin/sh\ncase "$*" in *--stats*) kill -9 $$;; esac\nexec node {CLI} "$@"\n')
        script.chmod(0o755)
        self.assertIn('was killed by signal 9', self.fails(score(self.df, command=str(script))))

    def test_a_worker_that_is_killed(self):
        with Killer(parent_of) as killer:
            table = self.write(score(self.df, command=COMMAND))
        self.assertTrue(killer.killed)
        self.assert_same(table)

    def test_an_executor_that_is_killed(self):
        with Killer(executor_of) as killer:
            table = self.write(score(self.df, command=COMMAND))
        self.assertTrue(killer.killed)
        self.assert_same(table)

    def test_a_command_that_is_missing(self):
        with self.assertRaisesRegex(RuntimeError, 'softmax-nowhere cannot be run on .*npm install'):
            score(self.df, command='softmax-nowhere')
        script = SCRATCH / 'vanishes'
        script.symlink_to(CLI)
        scored = score(self.df, command=str(script))
        script.unlink()
        self.assertRegex(self.fails(scored), 'vanishes cannot be run on .*npm install')

    def test_metrics_are_those_of_one_machine(self):
        options = ['--temperature', '1.7', '--min-confidence', '0.4']
        one = [*COMMAND, 'evaluate', str(SCRATCH / 'in'), '--truth', 'truth', '--json', *options]
        expected = json.loads(subprocess.run(one, check=True, capture_output=True).stdout)
        metrics = evaluate(self.df, *options, truth='truth', command=COMMAND)
        self.assertEqual(metrics, expected)
        self.assertEqual(metrics['rows'], PARTS * ROWS)

    def test_metrics_of_no_rows(self):
        metrics = evaluate(self.df.filter('id < 0'), truth='truth', command=COMMAND)
        self.assertEqual((metrics['rows'], metrics['accuracy'], len(metrics['classes'])), (0, None, 10))

    def test_metrics_of_a_bad_row(self):
        with self.assertRaisesRegex(Exception, r'partition \d+: softmax: stdin: .*a logit is NaN.*\[E_NONFINITE\]'):
            evaluate(self.bad(70_007), truth='truth', command=COMMAND)
        metrics = evaluate(self.bad(70_007), '--on-error', 'skip', truth='truth', command=COMMAND)
        self.assertEqual((metrics['rows'], metrics['rejected']), (PARTS * ROWS - 1, 1))

    def test_the_block_of_the_readme_in_python(self):
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(block('py'), {})
        self.assert_same(sorted_by_id(SCENE / 'scored'), one_machine('--temperature', '1.7'))
        one = subprocess.run(['softmax', 'evaluate', 'parts', '--truth', 'truth', '--json'], check=True, capture_output=True)
        self.assertEqual(float(printed.getvalue()), json.loads(one.stdout)['log_loss'])

    def test_the_block_of_the_readme_in_sql(self):
        names = {'id': 'image', 'logit_a': 'logit_0', 'logit_b': 'logit_1'}
        self.df.withColumnsRenamed(names).createOrReplaceTempView('logits')
        rows = self.spark.sql(block('sql')).collect()
        expected = self.df.select('id', F.when(F.col('logit_a') < F.col('logit_b'), 1).otherwise(0)).collect()
        self.assertEqual(sorted(map(tuple, rows)), sorted(map(tuple, expected)))

    def test_refused_arguments(self):
        with self.assertRaisesRegex(ValueError, '--to cannot be given here'):
            score(self.df, '--to', 'csv', command=COMMAND)
        with self.assertRaisesRegex(ValueError, "two columns are named 'id'"):
            score(self.df.select('*', 'id'), command=COMMAND)
        with self.assertRaisesRegex(RuntimeError, 'matches none of'):
            score(self.df, logits='score_*', command=COMMAND)


class Speculation(OnSpark):
    """Spark starts another attempt on another machine only: here, these are two addresses of this one."""

    @classmethod
    def setUpClass(cls):
        master = cls.start('master.Master', '127.0.0.1', '--port', '0')
        url = next(found[0] for line in master.stderr if (found := re.search(r'spark://[\d.:]+', line)))
        threading.Thread(target=master.stderr.read, daemon=True).start()
        for host in ('127.0.0.1', '127.0.0.2'):
            worker = cls.start('worker.Worker', host, '--cores', '1', '--memory', '1024M', url)
            threading.Thread(target=worker.stderr.read, daemon=True).start()
        cls.stalled = SCRATCH / 'stalled'
        settings = {
            'speculation': 'true',
            'speculation.interval': '200ms',
            'speculation.quantile': '0.5',
            'speculation.multiplier': '3',
            'executorEnv.STALL_ONCE': str(cls.stalled),
            'executor.memory': '1024m',
        }
        cls.begin(url, settings)

    @classmethod
    def start(cls, name: str, host: str, *flags: str) -> subprocess.Popen:
        spark_class = pathlib.Path(pyspark.__file__).parent / 'bin/spark-class'
        argv = [str(spark_class), f'org.apache.spark.deploy.{name}', '--host', host, '--webui-port', '0', *flags]
        environment = {**os.environ, 'SPARK_LOCAL_IP': host, 'SPARK_WORKER_DIR': str(SCRATCH / host)}
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
        cls.addClassCleanup(process.terminate)
        return process

    def test_a_command_that_stands_still_is_overtaken_and_killed(self):
        os.environ['STALL_ONCE'] = str(self.stalled)
        self.stalled.mkdir()
        scored = score(self.df, command=['node', '--require', str(ROOT / 'test/spark/stall.cjs'), CLI])
        self.stalled.rmdir()
        table = self.write(scored)
        self.assertTrue(self.stalled.exists())
        self.assert_same(table)


def main(names: list[str]) -> bool:
    """Runs the tests, or those that are named; whether all passed."""
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    if names:
        tests = unittest.defaultTestLoader.loadTestsFromNames(names, sys.modules[__name__])
    write_input()
    lay_scene()
    result = unittest.TextTestRunner(sys.stdout, verbosity=2).run(tests)
    failed = len(result.failures) + len(result.errors)
    print(f'{result.testsRun - failed} passed, {failed} failed')
    return failed == 0


if __name__ == '__main__':
    sys.exit(not main(sys.argv[2:]))
