import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetMetadata } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../random.js'
import { BIN, command, folder } from '../support.js'

const CLASSES = 6
/** More logits than are scored before workers are started. */
const ROWS = 60_000

/** Log-probabilities, which are again logits, as CSV, Parquet and Arrow of the same doubles. */
function makeInputs(): Record<string, Buffer> {
  const random = randomFrom(7)
  const header = ['id', 'text', ...Array.from({ length: CLASSES }, (_, index) => `logit_${index}`)]
  const row = (id: number) => [
    id,
    TEXTS[id % TEXTS.length],
    ...Array.from({ length: CLASSES }, () => random.below(9_000_000) / 1e6),
  ]
  const csv = [header, ...Array.from({ length: ROWS }, (_, id) => row(id))].map((cells) => `${cells.join()}\n`).join('')
  const cwd = folder({ 'raw.csv': csv })
  const made = ['csv', 'parquet', 'arrow'].map((to) => {
    const types = to === 'csv' ? [] : ['--types', 'infer']
    const { status } = command(['raw.csv', '--log', ...types, '-e', 'probs=logit_', '-o', `in.${to}`], { cwd })
    expect(status).toBe(0)
    return [`in.${to}`, readFileSync(join(cwd, `in.${to}`))] as const
  })
  return Object.fromEntries(made)
}

let made: Record<string, Buffer> | undefined

/** A folder with the inputs, made once. */
function inputs(): string {
  made ??= makeInputs()
  return folder(made)
}

const TEXTS = ['plain', '"a, b"', 'żółw', '""', '"say ""x"""', '-1 ', '=1+1']

const output = (cwd: string, from: string, to: string, ...args: string[]) => {
  const { status, stderr } = command([`in.${from}`, '-o', `out.${to}`, ...args], { cwd })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return readFileSync(join(cwd, `out.${to}`))
}

interface Groups {
  badRow?: number
  times?: number
  logitsOf?: (numbers: number[]) => number[]
}

/** The rows of the CSV file, several times, in row groups of 7000, optionally with a null logit. */
function inGroups(csv: Buffer, { badRow, times = 1, logitsOf = (numbers) => numbers }: Groups = {}): Buffer {
  const once = csv.toString().trimEnd().split('\n').slice(1)
  const rows = Array.from({ length: times }, () => once).flat()
  const ends = rows.map((row) => logitsOf(row.split(',').slice(-CLASSES).map(Number)))
  const logits = Array.from({ length: CLASSES }, (_, index) => ({
    name: `logit_${index}`,
    data: ends.map((cells, row) => (row === badRow && index === 2 ? null : cells[index])),
    type: 'DOUBLE' as const,
    nullable: badRow !== undefined,
  }))
  const id = { name: 'id', data: rows.map((_, id) => BigInt(id)), type: 'INT64' as const }
  const text = { name: 'text', data: rows.map((_, id) => UNQUOTED[id % UNQUOTED.length]), type: 'STRING' as const }
  return Buffer.from(parquetWriteBuffer({ columnData: [id, text, ...logits], rowGroupSize: 7000 }))
}

/** Many batches of kept doubles, which are written as they are, and logits. */
function inOneGroup(): Buffer {
  const random = randomFrom(11)
  const names = ['weight', ...Array.from({ length: 10 }, (_, index) => `logit_${index}`)]
  const numbers = () => Float64Array.from({ length: 160_000 }, () => random.below(9_000_000) / 1e6)
  const columnData = names.map((name) => ({ name, data: numbers(), type: 'DOUBLE' as const }))
  return Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize: 160_000, codec: 'UNCOMPRESSED' }))
}

/** A positive number as Thrift writes it, given twice its value. */
function varint(number: number): Buffer {
  const bytes: number[] = []
  for (; number >= 128; number = Math.floor(number / 128)) bytes.push((number & 127) | 128)
  return Buffer.from([...bytes, number])
}

const UNQUOTED = ['plain', 'a, b', 'żółw', '', 'say "x"', '-1 ', '=1+1']
const BAD_ROW = 44_444

const grouped = new Map<string, Buffer>()

/** A folder with such rows as CSV and as Parquet, made once for each options. */
function groups(options: Groups = {}): string {
  made ??= makeInputs()
  const key = JSON.stringify({ ...options, logitsOf: options.logitsOf?.toString() })
  const parquet = grouped.get(key) ?? inGroups(made['in.csv']!, options)
  grouped.set(key, parquet)
  return folder({ 'in.csv': made['in.csv']!, 'in.parquet': parquet })
}

/** How a worker may fail. */
const ENDS = {
  'as it starts': `throw new Error('struck down')`,
  'at its third message': `let count = 0; parentPort.on('message', () => { if (++count === 3) throw new Error('struck down') })`,
  'in the middle of a reply': `const { postMessage } = parentPort; let count = 0; parentPort.postMessage = (...args) => { if (++count === 5) process.exit(1); postMessage.apply(parentPort, args) }`,
}

/** The output in Parquet for in.parquet, while workers fail. */
function outputWithout(inWorker: string, cwd: string, jobs: string): Buffer {
  const preload = `import { isMainThread, parentPort } from 'node:worker_threads'; if (!isMainThread) { ${inWorker} }`
  const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(preload)}`
  const args = [BIN, 'in.parquet', '--jobs', jobs, '-o', 'failed.parquet']
  const { status } = spawnSync(process.execPath, args, { cwd, env: { ...process.env, NODE_OPTIONS } })
  expect(status).toBe(0)
  return readFileSync(join(cwd, 'failed.parquet'))
}

describe('row groups of Parquet', () => {
  it('give the same bytes on any number of threads, and those of the same rows as CSV', () => {
    const cwd = groups()
    const expected = output(cwd, 'csv', 'csv')
    const alone = output(cwd, 'parquet', 'parquet', '--jobs', '1')
    for (const jobs of ['1', '3']) expect(output(cwd, 'parquet', 'csv', '--jobs', jobs).equals(expected)).toBe(true)
    expect(output(cwd, 'parquet', 'parquet', '--jobs', '3').equals(alone)).toBe(true)
  })

  it('name the bad row of a later one, and leave it out where asked to', () => {
    const cwd = groups({ badRow: BAD_ROW })
    for (const jobs of ['1', '2']) {
      const failed = command(['in.parquet', '--jobs', jobs, '-o', 'out.parquet'], { cwd })
      expect(failed.status).toBe(1)
      expect(failed.stderr).toMatch(/^softmax: in\.parquet: column logit_2 \(row 44445\): .* \[E_MISSING\]\n$/)
      expect(existsSync(join(cwd, 'out.parquet'))).toBe(false)
      const skipped = ['in.parquet', '--jobs', jobs, '--on-error', 'skip', '--stats', 'stats.json', '-t', 'csv']
      const lines = command(skipped, { cwd }).stdout.trimEnd().split('\n')
      expect(lines).toHaveLength(ROWS)
      expect(lines.some((line) => line.startsWith(`${BAD_ROW},`))).toBe(false)
      const { read, written, rejected } = JSON.parse(readFileSync(join(cwd, 'stats.json'), 'utf8'))
      expect({ read, written, rejected }).toEqual({ read: ROWS, written: ROWS - 1, rejected: { E_MISSING: 1 } })
    }
  })

  it('end after the rows that are asked for, on any number of threads', () => {
    const cwd = groups()
    for (const jobs of ['1', '2', '3']) {
      const csv = output(cwd, 'parquet', 'csv', '--jobs', jobs, '--head', '12345')
      expect(csv.toString().trimEnd().split('\n')).toHaveLength(1 + 12345)
    }
  })

  it('of probabilities are warned of, on any number of threads', () => {
    const sum = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0)
    const cwd = groups({ logitsOf: (numbers) => numbers.map((number) => number / sum(numbers)) })
    for (const jobs of ['1', '2', '3']) {
      const { stderr } = command(['in.parquet', '--jobs', jobs, '-o', 'out.parquet'], { cwd })
      expect(stderr).toMatch(/^softmax: warning: in.parquet: the logits may be probabilities: .*\n$/)
    }
  })

  it('are counted to the last byte, whichever thread reads them', () => {
    const cwd = groups()
    for (const jobs of ['1', '2', '3']) {
      output(cwd, 'parquet', 'parquet', '--jobs', jobs, '--stats', 'stats.json')
      const { bytes } = JSON.parse(readFileSync(join(cwd, 'stats.json'), 'utf8'))
      expect(bytes).toBe(readFileSync(join(cwd, 'in.parquet')).length)
    }
  })

  let expected: Buffer | undefined
  it.each(Object.entries(ENDS))('are scored without a worker that fails %s', (_, inWorker) => {
    // Enough that workers have started long before the end.
    const cwd = groups({ times: 5 })
    expected ??= output(cwd, 'parquet', 'parquet', '--jobs', '1')
    expect(outputWithout(inWorker, cwd, '3').equals(expected)).toBe(true)
  })

  it.each([1, 4, 5, 8])(
    'after number %i, which the footer places outside the file, are lost, and none before',
    (bad) => {
      const cwd = groups()
      const bytes = readFileSync(join(cwd, 'in.parquet'))
      const { buffer, byteOffset, length } = bytes
      const metadata = parquetMetadata(buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer)
      const offset = varint(2 * Number(metadata.row_groups[bad]!.columns[3]!.meta_data!.data_page_offset))
      const at = bytes.lastIndexOf(offset)
      bytes.fill(0xff, at, at + offset.length - 1).fill(0x7e, at + offset.length - 1, at + offset.length)
      writeFileSync(join(cwd, 'in.parquet'), bytes)
      for (const jobs of ['1', '2', '3']) {
        const { stdout, stderr } = command(['in.parquet', '-t', 'csv', '--jobs', jobs], { cwd })
        expect(stderr).toMatch(/^softmax: in\.parquet: [^\n]*logit_1 cannot be at bytes[^\n]* \[E_CORRUPT\]\n$/)
        expect(stdout.trimEnd().split('\n')).toHaveLength(1 + 7000 * bad)
      }
    },
  )

  it('of which a later one is corrupt end as they do on one thread', () => {
    const cwd = groups()
    const bytes = readFileSync(join(cwd, 'in.parquet'))
    const start = Math.floor(bytes.length * 0.8)
    bytes.fill(0, start, start + 120_000)
    writeFileSync(join(cwd, 'in.parquet'), bytes)
    for (const args of [
      ['-o', 'out.parquet'],
      ['-t', 'csv'],
    ]) {
      const [alone, ...together] = ['1', '2', '3'].map((jobs) =>
        command(['in.parquet', '--jobs', jobs, ...args], { cwd }),
      )
      expect(alone!.stderr).toMatch(/\[E_CORRUPT\]\n$/)
      for (const other of together) expect(other).toEqual(alone)
    }
    expect(existsSync(join(cwd, 'out.parquet'))).toBe(false)
  })
})

describe('typed columns', () => {
  it.each(['parquet', 'arrow'])('of %s give the same bytes on any number of threads', (from) => {
    const cwd = inputs()
    for (const to of ['csv', 'ndjson', 'parquet', 'arrow']) {
      const alone = output(cwd, from, to, '--jobs', '1')
      for (const jobs of ['2', '3']) expect(output(cwd, from, to, '--jobs', jobs).equals(alone)).toBe(true)
    }
  })

  it('of one large row group are kept as they are on any number of threads', () => {
    const cwd = folder({ 'in.parquet': inOneGroup() })
    for (const to of ['parquet', 'arrow']) {
      const alone = output(cwd, 'parquet', to, '--jobs', '1')
      // Whether memory is reused too early depends on the timing.
      for (const jobs of ['2', '2', '3']) {
        expect(output(cwd, 'parquet', to, '--jobs', jobs).equals(alone)).toBe(true)
      }
    }
  })

  // An endless loop in the command does not stop for SIGTERM.
  it.each([9, 15, 16])('of %d rows with long text are written', (rows) => {
    const texts = Array.from({ length: rows }, (_, row) => String.fromCharCode(97 + row).repeat(200_000))
    const input = parquetWriteBuffer({
      columnData: [
        { name: 'text', data: texts, type: 'STRING' },
        { name: 'logit_a', data: texts.map((_, row) => row), type: 'DOUBLE' },
        { name: 'logit_b', data: texts.map(() => -1), type: 'DOUBLE' },
      ],
    })
    const cwd = folder({ 'in.parquet': Buffer.from(input) })
    for (const to of ['csv', 'ndjson']) {
      const args = [BIN, 'in.parquet', '-e', 'label', '-o', `out.${to}`]
      spawnSync(process.execPath, args, { cwd, timeout: 20_000, killSignal: 'SIGKILL' })
    }
    expect(readFileSync(join(cwd, 'out.csv'), 'utf8')).toBe(
      ['text,label', ...texts.map((text) => `${text},a`), ''].join('\n'),
    )
    expect(readFileSync(join(cwd, 'out.ndjson'), 'utf8')).toBe(
      texts.map((text) => `{"text":"${text}","label":"a"}\n`).join(''),
    )
  })

  const OPTIONS = [
    [],
    ['--escape-formulas'],
    ['-e', 'label,index,probs,entropy'],
    ['--top-k', '2'],
    ['--precision', '5'],
    ['--float32'],
    ['--float32', '--precision', '3'],
    ['--log', '--no-keep'],
  ]

  it.each(OPTIONS.map((args) => [args.join(' '), args] as const))(
    'are written as the fast lane writes CSV: %s',
    (_, args) => {
      const cwd = inputs()
      const expected = output(cwd, 'csv', 'csv', ...args)
      for (const from of ['parquet', 'arrow']) expect(output(cwd, from, 'csv', ...args).equals(expected)).toBe(true)
    },
  )

  let expected: Buffer | undefined
  it.each(Object.entries(ENDS))('are scored without a worker that fails %s', (_, inWorker) => {
    const cwd = inputs()
    expected ??= output(cwd, 'parquet', 'parquet', '--jobs', '1')
    expect(outputWithout(inWorker, cwd, '2').equals(expected)).toBe(true)
  })
})
