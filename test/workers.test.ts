import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { type ScoreOptions, scoreFiles } from 'softmax-stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { P21, run } from './streams.js'
import { folder, ROOT, reservesAddressSpace, shell, start } from './support.js'

const HEADER = 'id,logit_a,logit_b\n'
const ROW = '1,2,1\n'
const SCORED = `1,${P21},a\n`
const OLD = 'what was there before\n'

/** Node options that preload a module into every worker. */
const preload = (inWorker: string) => {
  const code = `
    import { isMainThread, parentPort, threadId } from 'node:worker_threads'
    if (!isMainThread) {
      const onMessage = (n, act) => { let count = 0; parentPort.on('message', () => { if (++count === n) act() }) }
      ${inWorker}
    }`
  return `--import data:text/javascript,${encodeURIComponent(code)}`
}

/** Ways for a worker to end. */
const ENDS = {
  throws: `throw new Error('struck down')`,
  exits: 'process.exit(0)',
  'exits with a status': 'process.exit(9)',
  'runs out of memory': 'const hog = []; for (;;) hog.push(Array(1e5).fill().map(() => ({})))',
}

const LITTLE_MEMORY = '--max-old-space-size=64'

/**
 * Rows for the command, in a file: with a file it starts workers immediately, with a pipe only if it cannot keep up.
 */
let rows: string

beforeAll(() => {
  rows = join(mkdtempSync(join(tmpdir(), 'softmax-workers-')), 'rows.csv')
  writeFileSync(rows, HEADER + ROW.repeat(10_000_000))
})
afterAll(() => rmSync(dirname(rows), { recursive: true }))

/** Runs the command on those rows, with a time limit. */
function scoreRows(inWorker: string, args: string[] = [], cwd = folder(), flags = '') {
  const { child, ended } = start(['--jobs', '2', rows, ...args], cwd, { NODE_OPTIONS: `${preload(inWorker)} ${flags}` })
  const limit = setTimeout(() => child.kill('SIGKILL'), 30_000)
  return ended.finally(() => clearTimeout(limit))
}

/** The position of the lost block according to its error. */
function placeIn(stderr: string) {
  const line =
    /^softmax: [^ ]*rows.csv:(\d+): row (\d+), byte (\d+): a worker thread failed, .* to byte (\d+) is lost: /
  const [at, row, byte, byteEnd] = line.exec(stderr)?.slice(1).map(Number) ?? []
  return { line: at!, row: row!, byte: byte!, byteEnd: byteEnd! }
}

describe('a worker that ends', () => {
  const LOST = 'is lost: struck down; --jobs 1 uses no worker threads'
  const moments: [moment: string, inWorker: string, says?: string][] = [
    ['throws as it starts', ENDS.throws],
    ['exits as it starts', ENDS.exits],
    ['throws at its first block', `onMessage(1, () => { ${ENDS.throws} })`, LOST],
    ['throws at its third block', `onMessage(3, () => { ${ENDS.throws} })`],
    ['exits at its first block', `onMessage(1, () => { ${ENDS.exits} })`],
    [
      'exits with a status at its third block',
      `onMessage(3, () => { ${ENDS['exits with a status']} })`,
      'is lost: it ended with status 9; ',
    ],
    ['exits while it has nothing to do', `onMessage(1, () => setImmediate(() => { ${ENDS.exits} }))`],
    ['rejects', `onMessage(2, async () => { ${ENDS.throws} })`],
    ['is one of two, and throws at its second block', `if (threadId === 1) onMessage(2, () => { ${ENDS.throws} })`],
  ]

  it.each(moments)(
    'is an error with the place of the block, and what became of it, where it %s',
    async (_, inWorker, says = '') => {
      const { status, signal, stdout, stderr } = await scoreRows(inWorker)
      expect({ status, signal }).toEqual({ status: 70, signal: null })
      expect(stderr).toMatch(/^softmax: [^\n]+ \[E_WORKER\]\n$/)
      expect(stderr).toContain(says)
      const { line, row, byte, byteEnd } = placeIn(stderr)
      // All rows before the block are written, and none of it.
      expect(stdout === `id,p_a,p_b,label\n${SCORED.repeat(row - 1)}`).toBe(true)
      expect({ line, byte }).toEqual({ line: row + 1, byte: HEADER.length + (row - 1) * ROW.length })
      expect(byteEnd).toBeGreaterThan(byte)
      expect((byteEnd - byte) % ROW.length).toBe(0)
    },
  )

  it.each(Object.entries(ENDS))(
    'leaves the old file as it was, and nothing beside it, where it %s',
    async (name, end) => {
      const cwd = folder({ 'out.csv': OLD })
      const inWorker = `onMessage(2, () => { ${end} })`
      const { status, stdout, stderr } = await scoreRows(inWorker, ['-o', 'out.csv'], cwd, LITTLE_MEMORY)
      expect(stderr).toMatch(/^softmax: [^\n]+ \[E_WORKER\]\n$/)
      if (name === 'runs out of memory') expect(stderr).toMatch(/ is lost: [^\n]*memory[^\n]*; /)
      expect({ status, stdout }).toEqual({ status: 70, stdout: '' })
      expect(readFileSync(join(cwd, 'out.csv'), 'utf8')).toBe(OLD)
      expect(readdirSync(cwd)).toEqual(['out.csv'])
    },
  )

  it('is an error where it may not even start, as under the permission model', async () => {
    const known = process.allowedNodeEnvironmentFlags
    const flag = known.has('--permission') ? '--permission' : '--experimental-permission'
    const denied = `${flag} --allow-fs-read=* --no-warnings`
    const { status, stderr } = await scoreRows('', [], folder(), denied)
    expect(stderr).toMatch(
      /^softmax: [^\n]+ is lost: [^\n]*restricted[^\n]*; --jobs 1 uses no worker threads \[E_WORKER\]\n$/,
    )
    expect(status).toBe(70)
  })
})

it('that never replies ends the run with an internal error, not with success', async () => {
  const deaf = `import { Worker } from 'node:worker_threads'; Worker.prototype.postMessage = function () { this.unref() }`
  const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(deaf)}`
  const cwd = folder({ 'out.csv': OLD })
  const { ended } = start(['--jobs', '2', rows, '-o', 'out.csv'], cwd, { NODE_OPTIONS })
  const { status, stderr } = await ended
  expect(stderr).toMatch(/^softmax: internal error, please report it: [^\n]+ \[E_INTERNAL\]\n$/)
  expect(status).toBe(70)
  expect(readFileSync(join(cwd, 'out.csv'), 'utf8')).toBe(OLD)
  expect(readdirSync(cwd)).toEqual(['out.csv'])
})

describe('a worker that there is no room for', () => {
  const input = HEADER + ROW.repeat(200_000)
  const scored = `id,p_a,p_b,label\n${SCORED.repeat(200_000)}`
  const NO_THREADS = `import t from 'worker_threads'
    t.Worker = class { constructor() { throw Object.assign(new Error('EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' }) } }`

  it.each([
    // One thread takes 12 to 23 GB of address space, each further one 74 GB.
    ['address space', 'ulimit -v 40000000'],
    ['address space, and one kernel has to do', 'ulimit -v 15000000'],
    ['threads', 'export NODE_OPTIONS="--import ./no-threads.mjs"'],
  ])('is done without where there are too few %s', (_, limit) => {
    const cwd = folder({ 'in.csv': input, 'no-threads.mjs': NO_THREADS })
    const { status, stdout, stderr } = shell(`${limit}; softmax in.csv --jobs 2`, cwd)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout === scored).toBe(true)
  })
})

it('says how much address space one thread takes, where Node needs that', () => {
  const cwd = folder({ 'in.csv': HEADER + ROW })
  for (const limit of [4, 8]) {
    const { status, stderr } = shell(`ulimit -v ${limit}000000; softmax in.csv -o out.csv`, cwd)
    if (reservesAddressSpace()) {
      expect(stderr).toMatch(
        /^softmax: [^\n]+ reserves up to 23 GB, [^\n]+ NODE_OPTIONS=--disable-wasm-trap-handler \[E_MEMORY\]\n$/,
      )
      expect({ status, isThere: existsSync(join(cwd, 'out.csv')) }).toEqual({ status: 3, isThere: false })
    } else {
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      expect(readFileSync(join(cwd, 'out.csv'), 'utf8')).toBe(`id,p_a,p_b,label\n${SCORED}`)
    }
  }
  const line = 'ulimit -v 5000000; NODE_OPTIONS=--disable-wasm-trap-handler softmax in.csv --jobs 1'
  expect(shell(line, cwd)).toMatchObject({ status: 0, stdout: `id,p_a,p_b,label\n${SCORED}` })
})

/** Ways to end a stream while workers are busy: scripts that have `stream` and read from it. */
const WAYS_TO_END = {
  'a break': 'for await (const _ of stream) if (existsSync(LOG)) break',
  'an abort': `stream.on('error', ({ name }) => { if (name !== 'AbortError') process.exitCode = 5 })
    stream.on('data', () => existsSync(LOG) && controller.abort())`,
  destroy: `stream.on('data', () => existsSync(LOG) && stream.destroy())`,
  'destroy while nobody reads': `stream.on('error', () => {})
    for await (const _ of stream.iterator({ destroyOnReturn: false })) if (existsSync(LOG)) break
    setTimeout(() => stream.destroy(), 200)`,
  'a consumer that fails': `await pipeline(stream, async (source) => {
      for await (const _ of source) if (existsSync(LOG)) throw new Error('full')
    }).catch(({ message }) => { if (message !== 'full') process.exitCode = 5 })`,
  'a bad row': `stream.on('error', ({ code }) => { if (code !== 'E_CELL') process.exitCode = 5 })
    stream.on('data', () => { if (existsSync(LOG)) row = '1,x,1\\n' })`,
}

describe('results that wait to be written', () => {
  const COUNT = 400_000
  const from = (row: (id: number) => string) => Array.from({ length: COUNT }, (_, id) => row(id)).join('')
  const scored = () => `id,p_a,p_b,label\n${from((id) => `${id},${P21},a\n`)}`

  /** The same rows as Parquet, which workers receive as columns. */
  const asParquet = () => {
    const ids = {
      name: 'id',
      data: BigInt64Array.from({ length: COUNT }, (_, id) => BigInt(id)),
      type: 'INT64' as const,
    }
    const logit = (name: string, value: number) => ({
      name,
      data: new Float64Array(COUNT).fill(value),
      type: 'DOUBLE' as const,
    })
    return Buffer.from(parquetWriteBuffer({ columnData: [ids, logit('logit_a', 2), logit('logit_b', 1)] }))
  }
  const WAYS = [
    ['rows.csv', 1],
    ['rows.csv', 2],
    ['rows.parquet', 2],
  ] as const

  it.each(WAYS)('stay as they are while later rows of %s are scored, on %i threads', async (input, jobs) => {
    const rows = input === 'rows.csv' ? HEADER + from((id) => `${id},2,1\n`) : asParquet()
    const { child, ended } = start(['--jobs', `${jobs}`, input, '--to', 'csv'], folder({ [input]: rows }))
    const pauses = setInterval(() => {
      child.stdout.pause()
      setTimeout(() => child.stdout.resume(), 15)
    }, 20)
    const { status, stdout } = await ended.finally(() => clearInterval(pauses))
    expect(status).toBe(0)
    expect(stdout === scored()).toBe(true)
  })

  it('stay as they are where the reader of a stream keeps them', async () => {
    const stream = scoreFiles([join(folder({ 'rows.csv': HEADER + from((id) => `${id},2,1\n`) }), 'rows.csv')], {
      jobs: 2,
    })
    expect(Buffer.concat(await stream.toArray()).toString() === scored()).toBe(true)
  })
})

describe('no worker is left', () => {
  it.each(Object.entries(WAYS_TO_END))('after %s', async (_, way) => {
    const log = join(folder(), 'log')
    const script = `
      import { existsSync } from 'node:fs'
      import { pipeline } from 'node:stream/promises'
      import { score } from 'softmax-stream'
      const LOG = ${JSON.stringify(log)}
      const controller = new AbortController()
      const stream = score({ jobs: 2, signal: controller.signal })
      let row = ${JSON.stringify(ROW)}
      stream.write(${JSON.stringify(HEADER)} + row.repeat(300_000))
      const feeding = setInterval(() => stream.writableNeedDrain || stream.write(row.repeat(10_000)), 2)
      stream.on('close', () => clearInterval(feeding))
      ${way}`
    const tell = `import('node:fs').then(({ writeFileSync }) => writeFileSync(${JSON.stringify(log)}, ''))`
    // A script on the command line has flags that a worker must not inherit.
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: ROOT,
      stdio: 'pipe',
      timeout: 30_000,
      killSignal: 'SIGKILL',
      env: { ...process.env, NODE_OPTIONS: preload(`onMessage(3, () => ${tell})`) },
    })
    const stderr = text(child.stderr)
    const [status, signal] = await once(child, 'exit')
    expect({ status, signal, stderr: await stderr }).toEqual({ status: 0, signal: null, stderr: '' })
    expect(existsSync(log)).toBe(true)
  })
})

it.runIf(existsSync('/proc/self/fd'))('many short runs in a process leave no file open', async () => {
  const script = `
    import { readdirSync } from 'node:fs'
    import { Readable } from 'node:stream'
    import { setTimeout } from 'node:timers/promises'
    import { score } from 'softmax-stream'
    const input = ${JSON.stringify(HEADER)} + ${JSON.stringify(ROW)}.repeat(100_000)
    const run = () => Readable.from([Buffer.from(input)]).compose(score({ jobs: 3 })).resume().toArray()
    for (let nth = 0; nth < 3; nth++) await run()
    await setTimeout(200)
    const before = readdirSync('/proc/self/fd').length
    for (let nth = 0; nth < 15; nth++) await run()
    const added = () => readdirSync('/proc/self/fd').length - before
    for (let wait = 0; wait < 100 && added() > 5; wait++) await setTimeout(100)
    console.log(added())`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT, stdio: 'pipe' })
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)]
  await once(child, 'exit')
  expect(await stderr).toBe('')
  expect(Number(await stdout)).toBeLessThanOrEqual(5)
})

describe('runs one after the other in a process', () => {
  const header = 'id,y,logit_a,logit_b,logit_c\n'
  const line = (row: number) => `${row},${'abc'[row % 3]},${(row * 7) % 11}.5,-${row % 13},${(row * 3) % 17}e-1\n`
  const input = header + Array.from({ length: 60_000 }, (_, row) => line(row)).join('')
  const jobs: [string, ScoreOptions][] = [
    ['all', {}],
    ['what is evaluated', { truth: 'y', emit: 'loss,rank,correct' }],
    ['logarithms', { op: 'log-softmax', precision: 4, keep: false }],
    ['lines of JSON', { to: 'ndjson', topK: 2 }],
    ['columns', { to: 'arrow', emit: 'probs,label,entropy' }],
    ['all of the sigmoid', { op: 'sigmoid', emit: 'labels', threshold: 0.3 }],
  ]

  it('do not see what others left in the memory of workers', async () => {
    const alone = new Map<string, Buffer>()
    for (const [name, options] of jobs) alone.set(name, (await run(input, { ...options, jobs: 1 })).bytes)
    for (const [name, options] of [...jobs, ...[...jobs].reverse()]) {
      const { bytes, error } = await run(input, { ...options, jobs: 3 })
      expect(error).toBeUndefined()
      expect(bytes.equals(alone.get(name)!), name).toBe(true)
    }
  })
})
