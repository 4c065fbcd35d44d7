/**
 * Each fault in turn, followed by checks: the right status, the old target intact or the new one complete, no temporary
 * file, no row lost silently, no hang. strace makes system calls fail, the first, the second and so on, until a run
 * succeeds.
 */
import { spawnSync } from 'node:child_process'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { randomFrom } from '../random.js'
import { FaultCounts, table } from './fault-counts.js'
import {
  digits,
  HAS_STRACE,
  LARGE,
  lineOf,
  type Outcome,
  run,
  type Scene,
  SMALL,
  SPOILT,
  type Strike,
  SYNCED_EARLY,
  WITHOUT_END,
} from './scene.js'
import { type Expected, wrongs } from './verdict.js'

vi.setConfig({ testTimeout: 300_000, maxConcurrency: 2 })

const OPEN = '?open,openat'
const MODE = '?chmod,fchmod'
const READ = 'read,readv,pread64,preadv'
const WRITE = 'write,writev,pwrite64,pwritev'
const SYNC = 'fsync,fdatasync'
const CLOSE = 'close'
const RENAME = '?rename,?renameat,?renameat2'

interface Series extends Omit<Strike, 'nth'>, Scene {
  expected: Expected
  /** The expected report when the nth call failed. */
  reported?: (nth: number) => string
}

const toTarget = { from: 'a file', to: 'a target' } as const
const FAILS: Expected = { statuses: [3] }
const IN_PLACE: Expected = { statuses: [0], isReplaced: true }

const fail = (calls: string, path: string, errors: string, scene: Omit<Scene, 'data'>, expected = FAILS) =>
  errors.split(' ').map((error) => ({ calls, path, by: `error=${error}`, ...scene, expected }))

const FAILURES = [
  ...fail(OPEN, 'out/temporary', 'ENOSPC EDQUOT EMFILE EROFS', toTarget),
  ...fail(MODE, 'out/temporary', 'EPERM', toTarget),
  ...fail(WRITE, 'out/temporary', 'ENOSPC EIO EDQUOT EFBIG', toTarget),
  ...fail(SYNC, 'out/temporary', 'EIO ENOSPC EDQUOT', toTarget),
  ...fail(CLOSE, 'out/temporary', 'EIO ENOSPC EDQUOT', toTarget),
  ...fail(RENAME, 'out/temporary', 'EIO ENOSPC EDQUOT EACCES', toTarget),
  ...fail(`${OPEN},${SYNC},${CLOSE}`, 'out', 'EIO EACCES', toTarget, IN_PLACE),
  ...fail(OPEN, 'in.csv', 'EIO EMFILE EACCES', toTarget),
  ...fail(READ, 'in.csv', 'EIO', toTarget),
  ...fail(READ, 'in.csv', 'EIO', { from: 'a file', to: 'a pipe' }),
  ...fail(READ, 'in.pipe', 'EIO', { from: 'a pipe', to: 'a target' }),
  ...fail(WRITE, 'stdout.csv', 'ENOSPC EIO EDQUOT', { from: 'a file', to: 'a file' }),
  ...fail(CLOSE, 'stdout.csv', 'EIO EDQUOT', { from: 'a file', to: 'a file' }),
  ...fail(WRITE, 'out.pipe', 'EIO', { from: 'a pipe', to: 'a pipe' }),
  ...fail(WRITE, 'out.pipe', 'EPIPE', { from: 'a file', to: 'a pipe' }, { statuses: [141] }),
]

const rejecting = { ...toTarget, flags: '-q --rejects "$PWD/logs/rejects"' }
const counting = { ...toTarget, flags: '-q --on-error skip --stats "$PWD/logs/stats"' }

/** For the files besides the output, whose failure must also prevent the output. */
const BESIDE = [
  ...fail(OPEN, 'logs/rejects', 'ENOSPC EACCES', rejecting),
  ...fail(WRITE, 'logs/rejects', 'ENOSPC EIO EDQUOT', rejecting),
  ...fail(SYNC, 'logs/rejects', 'EIO ENOSPC', rejecting),
  ...fail(CLOSE, 'logs/rejects', 'EIO', rejecting),
  ...fail(OPEN, 'logs/temporary', 'ENOSPC EACCES', counting),
  ...fail(WRITE, 'logs/temporary', 'ENOSPC EIO EDQUOT', counting),
  ...fail(SYNC, 'logs/temporary', 'EIO', counting),
  ...fail(CLOSE, 'logs/temporary', 'EIO', counting),
  ...fail(RENAME, 'logs/temporary', 'EIO EACCES', counting),
]

/** Inputs in other formats. */
const DIGITS = {
  'digits.ndjson.gz': 'ndjson',
  'digits.npy': 'npy',
  'digits.npz': 'npz',
  'digits.safetensors': 'safetensors',
  'digits-list.parquet': 'parquet',
  'digits.arrow': 'arrow',
}

/** A sample of calls for these. */
const FORMATTED = Object.entries(DIGITS).flatMap(([file, format]) => {
  const flags = `-q --from ${format} --to ${format}`
  const series = [
    ...fail(OPEN, 'in.csv', 'EACCES', { ...toTarget, flags }),
    ...fail(READ, 'in.csv', 'EIO', { ...toTarget, flags }),
    ...fail(READ, 'in.pipe', 'EIO', { from: 'a pipe', to: 'a target', flags }),
    ...fail(WRITE, 'out/temporary', 'ENOSPC', { ...toTarget, flags }),
    ...fail(WRITE, 'stdout.csv', 'EIO', { from: 'a file', to: 'a file', flags }, { statuses: [3], mayCut: true }),
    // What is accessed out of order but arrives by a pipe, or is incomplete, is first written to an unnamed file.
    ...(['npz', 'safetensors', 'parquet'].includes(format) ? spooled(flags) : []),
  ]
  return series.map((one) => ({ ...one, file }))
})

function spooled(flags: string) {
  const scene = { from: 'a pipe', to: 'a target', flags } as const
  const calls = { [OPEN]: 'EACCES', [WRITE]: 'ENOSPC', [READ]: 'EIO' }
  return Object.entries(calls).flatMap(([calls, error]) => fail(calls, 'tmp/temporary', error, scene))
}

/** The read size for files. */
const CHUNK = 1 << 19

/** The same while worker threads start, and while they work. */
const LONG = [
  ...fail(WRITE, 'out/temporary', 'ENOSPC', toTarget),
  ...fail(RENAME, 'out/temporary', 'ENOSPC', toTarget),
  ...fail(READ, 'in.csv', 'EIO', toTarget).map((series) => ({
    ...series,
    reported: (nth: number) => `/in.csv: ${byteReported(Math.min((nth - 1) * CHUNK, LARGE.input.length))}cannot read: `,
  })),
  ...fail(WRITE, 'stdout.csv', 'ENOSPC', { from: 'a file', to: 'a file' }),
  ...fail(WRITE, 'out/temporary', 'EDQUOT', { from: 'a slow pipe', to: 'a target' }),
  ...fail(READ, 'in.pipe', 'EIO', { from: 'a slow pipe', to: 'a pipe' }),
]

function byteReported(byte: number): string {
  return byte > 0 ? `byte ${byte}: ` : ''
}

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGKILL: 137, SIGTERM: 143 }

const signals = (calls: string, path: string, names: (keyof typeof SIGNALS)[]) =>
  names.map((name) => {
    const expected = { statuses: [0, SIGNALS[name]], mayLeave: name === 'SIGKILL' }
    return { calls, path, by: `signal=${name}`, ...toTarget, expected }
  })

const ALL = Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]
const SIGNALLED = [OPEN, MODE, WRITE, SYNC, CLOSE, RENAME].flatMap((calls) => signals(calls, 'out/temporary', ALL))

const allCounts: FaultCounts[] = []
function faultCounts(what: string): FaultCounts {
  const made = new FaultCounts(what)
  allCounts.push(made)
  return made
}

afterAll(() => console.log(table(allCounts)))

/** Fails the first call, the second and so on, until a run succeeds. */
async function inTurn({ calls, path, by, expected, reported, ...scene }: Series, counts: FaultCounts): Promise<void> {
  for (let nth = 1; ; nth++) {
    const outcome = await run(lineOf(scene), scene.data, { strike: { calls, path, by, nth } })
    const found = wrongs(outcome, scene, outcome.struck ? expected : { statuses: [0] })
    if (outcome.struck) counts.add(found)
    if (outcome.struck && reported) expect(outcome.stderr).toContain(reported(nth))
    expect({ nth, found, ...seen(outcome) }).toMatchObject({ found: [] })
    if (!outcome.struck) return expect(nth, 'no call was struck').toBeGreaterThan(1)
  }
}

/** The part of an outcome that is worth showing. */
function seen({ status, stderr, left, hung }: Outcome) {
  return { status, stderr, left, hung }
}

describe.skipIf(!HAS_STRACE)(`the n-th call of the system${HAS_STRACE ? '' : ' (strace is missing)'}`, () => {
  const failures = faultCounts('the n-th system call fails')
  it.concurrent.each(FAILURES)('of $calls on $path may fail with $by, from $from to $to', (series) =>
    inTurn({ ...series, data: SMALL }, failures),
  )
  it.concurrent.each(LONG)('of $calls on $path may fail with $by, from $from to $to, on worker threads', (series) =>
    inTurn({ ...series, data: LARGE }, failures),
  )
  const early = fail(SYNC, 'out/temporary', 'EIO ENOSPC', toTarget)
  it.concurrent.each(early)('of $calls on $path may fail with $by, while more is written', async (series) => {
    await inTurn({ ...series, data: SYNCED_EARLY }, failures)
  })

  const beside = faultCounts('the n-th system call fails on the rejects or stats file')
  it.concurrent.each(BESIDE)('of $calls on $path may fail with $by', (series) =>
    inTurn({ ...series, data: SPOILT }, beside),
  )

  const formatted = faultCounts('the n-th system call fails on another format')
  it.concurrent.each(FORMATTED)(
    'of $calls on $path may fail with $by, from $from to $to, in $file',
    async ({ file, ...series }) => inTurn({ ...series, data: await digits(file) }, formatted),
  )

  const signalled = faultCounts('a signal at the n-th system call')
  it.concurrent.each(SIGNALLED)('of $calls on $path may meet $by', (series) =>
    inTurn({ ...series, data: SMALL }, signalled),
  )
  const counted = [WRITE, RENAME].flatMap((calls) => signals(calls, 'logs/temporary', ['SIGTERM']))
  it.concurrent.each(counted)('of $calls on $path may meet $by', (series) =>
    inTurn({ ...series, ...counting, data: SPOILT }, signalled),
  )
  it.concurrent.each(signals(WRITE, 'out/temporary', ['SIGTERM', 'SIGKILL']))(
    'of $calls on $path may meet $by, on worker threads',
    (series) => inTurn({ ...series, data: LARGE }, signalled),
  )
})

interface Circumstance extends Expected, Pick<Scene, 'to'> {
  name: string
  line: string
  data?: Scene['data']
  preload?: string
}

const MAY_MOUNT = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0

/** A shell command that runs in a file system of some size, and copies its contents at the end. */
const inSmallDisk = (size: number, line: string) =>
  `unshare -rm sh -c 'cp out/out.csv old.csv && mount -t tmpfs -o size=${size}k tmpfs out && cp old.csv out/out.csv &&
  { ${line}; status=$?; cp -a out copy; exit $status; }'`

const SIZES = [8, 300, 600]
const DISKS: Circumstance[] = SIZES.flatMap((size) => [
  {
    name: `a disk of ${size} KiB`,
    line: inSmallDisk(size, 'softmax in.csv -o out/out.csv'),
    to: 'a target',
    statuses: [3],
  },
  {
    name: `a disk of ${size} KiB, by standard output`,
    line: inSmallDisk(size, 'softmax in.csv >out/printed; status=$?; mv out/printed stdout.csv; (exit $status)'),
    to: 'a file',
    statuses: [3],
    mayCut: true,
  },
])

/** Formats whose files are incomplete until the end, and sizes in KiB that are too small for them. */
const TOO_SMALL = Object.entries({ parquet: [8, 100], arrow: [8, 1000] }).flatMap(([format, sizes]) =>
  sizes.map((size) => ({ format, size })),
)
const FORMATTED_DISKS = TOO_SMALL.map(
  ({ format, size }): Circumstance => ({
    name: `a disk of ${size} KiB, in ${format}`,
    line: inSmallDisk(size, `softmax in.csv --to ${format} -o out/out.csv`),
    to: 'a target',
    statuses: [3],
  }),
)

const atFirstBlock = (what: string) =>
  `import { parentPort } from 'node:worker_threads'
  parentPort?.on('message', () => { ${what} })`

const CIRCUMSTANCES: Circumstance[] = [
  ...[0, 64, 512].flatMap((blocks): Circumstance[] => [
    {
      name: `a limit of ${blocks} KiB a file`,
      line: `ulimit -f ${blocks}; softmax in.csv -o out/out.csv`,
      to: 'a target',
      statuses: [3],
    },
    {
      name: `a limit of ${blocks} KiB a file, by standard output`,
      line: `ulimit -f ${blocks}; softmax in.csv >stdout.csv`,
      to: 'a file',
      statuses: [3],
      mayCut: true,
    },
  ]),
  ...TOO_SMALL.map(
    ({ format, size }): Circumstance => ({
      name: `a limit of ${size} KiB a file, in ${format}`,
      line: `ulimit -f ${size}; softmax in.csv --to ${format} -o out/out.csv`,
      to: 'a target',
      statuses: [3],
    }),
  ),
  {
    name: 'a limit that only the end is above, by standard output',
    line: 'ulimit -f 1; softmax in.csv >stdout.csv',
    data: SMALL,
    to: 'a file',
    statuses: [3],
    mayCut: true,
  },
  {
    name: 'no room for the temporary file of a format',
    line: 'ulimit -f 64; softmax in.csv --to npy --emit probs --no-keep -o out/out.csv',
    to: 'a target',
    statuses: [3],
  },
  { name: '/dev/full', line: 'softmax in.csv -o /dev/full', to: 'a pipe', statuses: [3] },
  { name: '/dev/full as standard output', line: 'softmax in.csv >/dev/full', to: 'a pipe', statuses: [3] },
  ...['parquet', 'arrow'].flatMap((format): Circumstance[] => [
    {
      name: `/dev/full, in ${format}`,
      line: `softmax in.csv --to ${format} -o /dev/full`,
      to: 'a pipe',
      statuses: [3],
    },
    {
      name: `/dev/full as standard output, in ${format}`,
      line: `softmax in.csv --to ${format} >/dev/full`,
      to: 'a pipe',
      statuses: [3],
    },
  ]),
  { name: 'a closed standard input', line: 'softmax -o out/out.csv <&-', to: 'a target', statuses: [3] },
  ...[1, 10_000, 300_000].map(
    (bytes): Circumstance => ({
      name: `a reader that leaves after ${bytes} bytes`,
      line: `softmax in.csv | head -c ${bytes} >stdout.csv; exit \${PIPESTATUS[0]}`,
      to: 'a pipe',
      statuses: [141],
      mayCut: true,
    }),
  ),
  {
    name: 'a reader of a pipe by name that leaves',
    line: 'head -c 10000 out.pipe >stdout.csv & softmax in.csv -o out.pipe; status=$?; wait; exit $status',
    to: 'a pipe',
    statuses: [3],
    mayCut: true,
  },
  ...Object.entries({ exits: 'process.exit(7)', throws: "throw new Error('struck')" }).map(
    ([name, what]): Circumstance => ({
      name: `a worker that ${name}`,
      line: `${WITHOUT_END} | softmax -j 2 -o out/out.csv`,
      to: 'a target',
      statuses: [70],
      preload: atFirstBlock(what),
    }),
  ),
]

/** Signals at moments from the start of the process to after its end. */
const MOMENTS: Circumstance[] = ALL.flatMap((name, index) => {
  const random = randomFrom(20261124 + index)
  return Array.from({ length: 4 }, (_, step): Circumstance => {
    const seconds = (step / 10 + random.below(100) / 1000).toFixed(3)
    return {
      name: `${name} after ${seconds} s`,
      line: `softmax in.csv -o out/out.csv & sleep ${seconds}; kill -s ${name} $! 2>/dev/null; wait $!`,
      to: 'a target',
      statuses: [0, SIGNALS[name]],
      mayLeave: name === 'SIGKILL',
    }
  })
})

async function under({ name, line, to, data = LARGE, preload, ...expected }: Circumstance, counts: FaultCounts) {
  const outcome = await run(line, data, {
    ...(preload && { preload }),
    ...(line.startsWith('unshare') && { folder: 'copy' }),
  })
  const found = wrongs(outcome, { data, to }, expected)
  counts.add(found)
  expect({ name, found, ...seen(outcome) }).toMatchObject({ found: [] })
}

describe('the command under', () => {
  const full = faultCounts('full disks, limits, readers that leave, workers that die')
  it.concurrent.each(CIRCUMSTANCES)('$name', (circumstance) => under(circumstance, full))
  describe.skipIf(!MAY_MOUNT)(`a full disk${MAY_MOUNT ? '' : ' (mounting is not permitted)'}`, () => {
    it.concurrent.each([...DISKS, ...FORMATTED_DISKS])('$name', (circumstance) => under(circumstance, full))
  })

  const moments = faultCounts('a signal at a random moment')
  it.concurrent.each(MOMENTS)('$name', (circumstance) => under(circumstance, moments))
})
