import { createReadStream, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import * as zlib from 'node:zlib'
import { gunzipSync, gzipSync } from 'node:zlib'
import { Field, Float64, RecordBatchFileWriter, Schema, tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow'
import { parse } from 'csv-parse/sync'
import { parquetReadObjects } from 'hyparquet'
import { read, type ScoreOptions, SoftmaxError, scoreFiles, softmaxMatrix } from 'softmax-stream'
import { describe, expect, it, vi } from 'vitest'
import { type Numbers, npyFile, npyOf, npzOf, safetensorsOf } from './npy.js'
import { P21, reported, run } from './streams.js'
import { calibrationOf, command, folder, ROOT } from './support.js'

vi.setConfig({ testTimeout: 60_000 })

const FIXTURES = join(ROOT, 'fixtures')
const fixture = (name: string) => join(FIXTURES, name)

/** The contents of an output: kept columns and probabilities, and whether these are one list. */
interface Rows {
  kept: Record<string, unknown>[]
  values: number[][]
  labels?: unknown[]
}

/** Splits the records of a table. */
function rowsOf(records: Record<string, unknown>[]): Rows {
  const values = records.map(({ probs, ...rest }) => {
    if (probs) return Array.from(probs as ArrayLike<number>, Number)
    return Object.entries(rest).flatMap(([name, value]) => (name.startsWith('p_') ? [Number(value)] : []))
  })
  const isKept = (name: string) => ['image', 'truth', 'id'].includes(name)
  const kept = records.map((record) =>
    Object.fromEntries(
      Object.entries(record).flatMap(([name, value]) => (isKept(name) ? [[name, String(value)] as const] : [])),
    ),
  )
  return { kept, values, labels: records.map(({ label }) => label) }
}

/** Independent readers for every format. */
const READERS: Record<string, (bytes: Buffer) => Rows | Promise<Rows>> = {
  csv: (bytes) => delimited(bytes, ','),
  tsv: (bytes) => delimited(bytes, '\t'),
  ndjson: (bytes) => {
    const lines = bytes.toString().trimEnd().split('\n')
    return rowsOf(lines.map((line) => JSON.parse(line)))
  },
  npy: (bytes) => fromArray(npyOf(bytes)),
  npz: async (bytes) => fromArray((await npzOf(bytes)).probs!),
  safetensors: (bytes) => fromArray(safetensorsOf(bytes).probs!),
  parquet: async (bytes) => {
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
    return rowsOf(await parquetReadObjects({ file }))
  },
  arrow: (bytes) => fromArrow(bytes),
  arrows: (bytes) => fromArrow(bytes),
}

/** Formats that hold only numbers. */
const ARRAYS = ['npy', 'npz', 'safetensors']

function fromArray({ shape, values }: Numbers): Rows {
  const [rows, classes] = [shape.length === 1 ? 1 : shape[0]!, shape.at(-1)!]
  expect(values).toHaveLength(rows * classes)
  return {
    kept: [],
    values: Array.from({ length: rows }, (_, row) => values.slice(row * classes, (row + 1) * classes)),
  }
}

function fromArrow(bytes: Buffer): Rows {
  return rowsOf(
    tableFromIPC(bytes)
      .toArray()
      .map((row) => row.toJSON()),
  )
}

/** Converts a .npy file of doubles from C order to Fortran order. */
function fortran(bytes: Buffer): Buffer {
  const start = 10 + bytes.readUInt16LE(8)
  const header = bytes.toString('latin1', 0, start)
  const [rows, classes] = /'shape': \((\d+), (\d+)\)/.exec(header)!.slice(1).map(Number) as [number, number]
  const turned = Buffer.alloc(bytes.length - start)
  for (let at = 0; at < rows * classes; at++) {
    turned.writeDoubleLE(bytes.readDoubleLE(start + 8 * at), 8 * ((at % classes) * rows + Math.floor(at / classes)))
  }
  return Buffer.concat([
    Buffer.from(header.replace("'fortran_order': False", "'fortran_order': True "), 'latin1'),
    turned,
  ])
}

function delimited(bytes: Buffer, delimiter: string): Rows {
  return rowsOf(parse(bytes, { delimiter, columns: true }) as Record<string, string>[])
}

/** The output bytes, or the error and the bytes before it. */
async function scored(inputs: string[], options: ScoreOptions = {}) {
  const stream = scoreFiles(inputs, options)
  const warnings: string[] = []
  stream.on('warning', (text: string) => warnings.push(text))
  const pieces: Buffer[] = []
  try {
    for await (const piece of stream) pieces.push(piece)
  } catch (error) {
    if (!(error instanceof SoftmaxError)) throw error
    return { bytes: Buffer.concat(pieces), error, warnings, stats: stream.stats }
  }
  return { bytes: Buffer.concat(pieces), warnings, stats: stream.stats }
}

/** The expected result of a table, computed from the text from which numpy and pandas made the other files. */
function expected(csv: string): Rows {
  const [header, ...rows] = parse(readFileSync(fixture(csv))) as string[][]
  const isLogit = (name: string) => name.startsWith('logit_')
  const kept = rows.map((row) =>
    Object.fromEntries(header!.flatMap((name, index) => (isLogit(name) ? [] : [[name, row[index]!] as const]))),
  )
  const logits = rows.map((row) => row.filter((_, index) => isLogit(header![index]!)).map(Number))
  const classes = logits[0]!.length
  const { values } = softmaxMatrix(logits.flat(), rows.length, classes)
  return { kept, values: logits.map((_, row) => Array.from(values.subarray(row * classes, (row + 1) * classes))) }
}

/** Faster than `expect` on thousands of numbers. */
function expectSame<T>(found: T, expected: T): void {
  if (!isDeepStrictEqual(found, expected)) expect(found).toEqual(expected)
}

const FORMATS = Object.keys(READERS)

describe.each([
  ['digits', 'digits-logits.csv', 899],
  ['wide', 'wide.csv', 6],
])('the %s', (name, csv, rows) => {
  const truth = expected(csv)
  const inputs = readdirSync(FIXTURES).filter((file) => file.startsWith(name) && !file.endsWith('.py'))

  it('are there in every format', () => {
    const endings = inputs.map((input) => input.replace(/^[^.]*\./, '').replace('.gz', ''))
    expect([...new Set(endings)].sort()).toEqual(['arrow', 'arrows', 'csv', 'ndjson', ...ARRAYS, 'parquet'].sort())
    expect(truth.values).toHaveLength(rows)
  })

  describe.each(inputs)('%s', (input) => {
    it.each(FORMATS)('as %s has the same probabilities, and what was kept', async (to) => {
      const { bytes, error, stats } = await scored([fixture(input)], { to: to as 'csv' })
      expect(error).toBeUndefined()
      expect(stats).toMatchObject({ read: rows, written: rows })
      const found = await READERS[to]!(bytes)
      expectSame(found.values, truth.values)
      if (![to, input.replace(/^.*\./, '')].some((format) => ARRAYS.includes(format)))
        expectSame(found.kept, truth.kept)
    })
  })

  it.each(inputs)('%s is the same from standard input, whatever it is called', async (input) => {
    const bytes = readFileSync(fixture(input))
    const { stats, bytes: found } = await run([bytes], { to: 'npy' })
    expect(stats.written).toBe(rows)
    expect(found.equals((await scored([fixture(input)], { to: 'npy' })).bytes)).toBe(true)
  })

  it('are float32 where that is asked for', async () => {
    for (const to of ['npy', 'npz', 'safetensors', 'parquet', 'arrow'] as const) {
      const { bytes } = await scored([fixture(csv)], { to, float32: true })
      const found = await READERS[to]!(bytes)
      expectSame(
        found.values,
        truth.values.map((row) => row.map(Math.fround)),
      )
    }
  })
})

describe('.npy', () => {
  const cases = readFileSync(fixture('npy.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string; bytes: string; logits: (number | string)[][] | null })

  it.each(cases.filter(({ logits }) => logits).map((one) => [one.name, one] as const))(
    'of %s is read',
    async (_, { bytes, logits }) => {
      const rows = logits!.map((row) => row.map(Number))
      const classes = rows[0]?.length ?? 3
      const { values } = softmaxMatrix(rows.flat(), rows.length, classes)
      for (const size of [1, 7, 1000]) {
        const found = await run(Buffer.from(bytes, 'base64'), classes === 1 ? { labels: '0' } : {}, size)
        expect(found.error).toBeUndefined()
        expect((READERS.npy!(found.bytes) as Rows).values.flat()).toEqual(Array.from(values))
      }
    },
  )

  it.each(cases.filter(({ logits }) => !logits).map((one) => [one.name, one] as const))(
    'of %s is refused',
    async (_, { bytes }) => {
      const { error, text } = await run(Buffer.from(bytes, 'base64'), {})
      expect(error).toMatchObject({ code: 'E_TYPE', status: 1 })
      expect(text).toBe('')
    },
  )

  // numpy.load reads both: a header is a literal of Python.
  it.each([
    `{"descr": "<f8", "fortran_order": False, "shape": (1, 2), }`,
    `{'descr': "<f8", "fortran_order": False, 'shape': (1, 2)}`,
  ])('may have quotes of either kind in its header: %s', async (literal) => {
    const header = Buffer.from(`${literal.padEnd(117)}\n`)
    const bytes = Buffer.concat([Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]), header])
    const numbers = Buffer.from(new Float64Array([2, 1]).buffer)
    const { text, error } = await run(Buffer.concat([bytes, numbers]), { from: 'npy', to: 'csv' })
    expect({ text, error }).toEqual({ text: `p_0,p_1,label\n${P21},0\n`, error: undefined })
  })

  it.each([
    ['<f16', 16, 'its dtype is <f16, which is longdouble; save it as float64'],
    ['<V2', 2, 'its dtype is <V2, as numpy saves bfloat16; save it as float64'],
    ['|V1', 1, 'its dtype is |V1, as numpy saves float8; save it as float64'],
  ] as const)('of the type %s says which that is', async (dtype, size, says) => {
    const { error } = await run(npyFile(dtype, false, [1, 2], new Uint8Array(2 * size)), { to: 'csv' })
    expect(error).toMatchObject({ code: 'E_TYPE', message: expect.stringContaining(says) })
  })

  it('of one dimension is one row, with a warning', async () => {
    const flat = cases.find(({ name }) => name === 'one dimension')!
    const { bytes, warnings } = await run(Buffer.from(flat.bytes, 'base64'), {})
    expect(npyOf(bytes).shape).toEqual([3])
    const warning = 'it has one dimension, so it is read as one row of 3 classes'
    expect(warnings).toEqual([`${warning}; binary: 'no,yes' reads each number as a row`])
    const several = await run(Buffer.from(flat.bytes, 'base64'), { op: 'sigmoid' })
    expect(several.warnings).toEqual([`${warning}; save logits[:, None] for a row of each number`])
  })

  it('of one column is an error, as it has one class', async () => {
    const column = cases.find(({ name }) => name === 'one column')!
    const { error } = await run(Buffer.from(column.bytes, 'base64'), {})
    expect(error!.message).toContain(
      `"0" is the only class, so its probability would be 1 in every row; binary: 'no,yes' turns one logit into two classes`,
    )
  })

  it('holds numbers alone: kept columns are reported of', async () => {
    const { bytes, warnings } = await run('id,logit_a,logit_b\n1,2,1\n', { to: 'npy', emit: 'index,confidence,probs' })
    expect(warnings).toEqual(['npy stores only one array of results; "id" is left out'])
    const [a, b] = P21.split(',').map(Number)
    expect((READERS.npy!(bytes) as Rows).values).toEqual([[0, a, a, b]])
  })

  it.each([
    [{ emit: 'probs,label' }, "emit: 'probs,index' writes numbers, to: 'parquet' names"],
    [{ emit: ['probs', 'label'] }, "emit: 'probs,index' writes numbers, to: 'parquet' names"],
    [{ emit: 'label' }, "emit: 'index' writes numbers, to: 'parquet' names"],
    [{ emit: 'index,confidence,label=x' }, "emit: 'index,confidence' writes numbers, to: 'parquet' names"],
    [{ emit: 'label=x,margin' }, "emit: 'index=x,margin' writes numbers, to: 'parquet' names"],
    [{ emit: 'labels,label', op: 'sigmoid' }, "emit: 'labels,index' writes numbers, to: 'parquet' names"],
  ] as [ScoreOptions, string][])('refuses names of classes that are asked for: %j', async (options, says) => {
    for (const to of ['npy', 'npz', 'safetensors'] as const) {
      const { error, bytes } = await run('logit_a,logit_b\n2,1\n', { to, ...options })
      expect(error).toMatchObject({ code: 'E_CONFLICT', message: expect.stringContaining(says) })
      expect(bytes).toHaveLength(0)
    }
    expect((await run('logit_a,logit_b\n2,1\n', { to: 'npy' })).error).toBeUndefined()
  })

  it('refuses the most probable classes, which are two arrays', async () => {
    const { error } = await run('logit_a,logit_b\n2,1\n', { to: 'npy', topK: 1 })
    expect(error).toMatchObject({ code: 'E_CONFLICT', message: expect.stringContaining('write npz or safetensors') })
  })

  it.each(['index', 'set_size'] as const)('has integers where all its numbers are: %s', async (emit) => {
    const calibration = calibrationOf({ coverage: 0.9, quantile: 0.2 })
    const { bytes } = await run('logit_a,logit_b\n9,1\n1,1.1\n1,9\n', { to: 'npy', emit, calibration })
    expect(bytes.toString('latin1', 0, 128)).toContain("'descr': '<i8', 'fortran_order': False, 'shape': (3,)")
    const numbers = new BigInt64Array(new Uint8Array(bytes.subarray(128)).buffer)
    expect([...numbers]).toEqual(emit === 'index' ? [0n, 1n, 1n] : [1n, 0n, 1n])
  })

  it('has a boolean for each class for several labels, and 0 or 1 beside other numbers', async () => {
    const csv = 'logit_a,logit_b\n1,-1\n-1,2\n0,0\n'
    const written = async (emit: ScoreOptions['emit']) =>
      npyOf((await run(csv, { to: 'npy', op: 'sigmoid', emit })).bytes)
    expect(await written('labels')).toEqual({ dtype: 'BOOL', shape: [3, 2], values: [1, 0, 0, 1, 1, 1] })
    const values = [0, 1, 0, 1, 0, 1, 0, 1, 1]
    expect(await written('index,labels')).toEqual({ dtype: 'F8', shape: [3, 3], values })
  })

  it('has as many rows as were written, where some were left out', async () => {
    const { bytes } = await run('logit_a,logit_b\n2,1\nx,1\n2,1\n', { to: 'npy', onError: 'skip' })
    expect((READERS.npy!(bytes) as Rows).values).toEqual([P21.split(',').map(Number), P21.split(',').map(Number)])
  })
})

describe('the pages of Parquet', () => {
  const rows = readFileSync(fixture('pages.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

  const codeOf = ({ logits }: { logits: (number | null)[] | null }) =>
    logits?.length === 0 ? 'E_WIDTH' : !logits || logits.includes(null) ? 'E_MISSING' : undefined

  it.each(['dictionary', 'plain', 'version2'])(
    'hold missing numbers, missing lists and empty ones: %s',
    async (name) => {
      const bad: unknown[] = []
      const found: unknown[] = []
      const onReject = ({ row, code }: { row?: number | undefined; code: string }) => void bad.push([row, code])
      const stream = createReadStream(fixture(`pages-${name}.parquet`)).pipe(
        read('parquet', { onReject, onError: 'skip' }),
      )
      for await (const { id, logits } of stream) found.push({ id, logits: Array.from(logits as number[]) })
      expect(found).toEqual(rows.filter((row) => !codeOf(row)))
      expect(bad).toEqual(rows.flatMap((row, index) => (codeOf(row) ? [[index + 1, codeOf(row)]] : [])))
    },
  )
})

describe('the encodings of Parquet', () => {
  const rows = readFileSync(fixture('page-encodings.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

  /** A value as JSON represents it. */
  const plain = (value: unknown) => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString()
    return typeof value === 'bigint' ? Number(value) : ArrayBuffer.isView(value) ? Array.from(value as never) : value
  }

  it.each(['1', '2'])(
    'hold numbers, texts and bytes, with nulls and without, in pages of version %s',
    async (version) => {
      const found: unknown[] = []
      for await (const row of createReadStream(fixture(`page-encodings-${version}.parquet`)).pipe(read('parquet'))) {
        found.push(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])))
      }
      expect(found).toEqual(rows)
    },
  )
})

describe('what few files have', () => {
  interface Edge {
    name: string
    bytes: string
    options: ScoreOptions
    code?: string
    kept: string[][]
    logits: number[][]
  }
  const edges = readFileSync(fixture('edges.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Edge)

  it.each(edges.map((one) => [one.name, one] as const))('%s', async (_, { bytes, options, code, kept, logits }) => {
    const { text, error } = await run(Buffer.from(bytes, 'base64'), { to: 'csv', ...options })
    expect(error?.code).toBe(code)
    if (code) expect(text).toBe('')
    if (code === 'E_UNSUPPORTED') expect(error!.message).toMatch(/encrypted (?:footer|columns); decrypt it first/)
    if (code) return
    const rows = (parse(text) as string[][]).slice(1)
    const width = kept[0]!.length
    const classes = logits[0]!.length
    const { values } = softmaxMatrix(logits.flat(), logits.length, classes)
    expect(rows.map((row) => row.slice(0, width))).toEqual(kept)
    expect(rows.flatMap((row) => row.slice(width, width + classes).map(Number))).toEqual(Array.from(values))
  })

  it.each(['parquet', 'arrow'] as const)('is kept where %s is written', async (to) => {
    for (const { name, bytes, options, kept } of edges) {
      if (kept?.[0]?.length !== 1) continue
      const written = await run(Buffer.from(bytes, 'base64'), { ...options, to, emit: 'probs' })
      expect({ name, error: written.error }).toEqual({ name, error: undefined })
      // hyparquet and apache-arrow convert decimals to doubles, so they are read back as text.
      const found = await run(written.bytes, { logits: '!id', to: 'csv' })
      const ids = (parse(found.text) as string[][]).slice(1).map(([id]) => id)
      expect({ name, ids }).toEqual({ name, ids: kept.map(([id]) => id) })
    }
  })
})

it('a column of Parquet that has more rows than its row group is damaged, and no row is lost', async () => {
  const { bytes } = await run('[2,1]\n'.repeat(100), { to: 'parquet', emit: 'probs' })
  const footer = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8)
  // 100 rows are encoded as C8 01, in the file and in its group; 99 are C6 01. The lists have 200 numbers.
  for (let at = bytes.indexOf('c801', footer, 'hex'); at >= 0; at = bytes.indexOf('c801', at, 'hex')) bytes[at] = 0xc6
  const { error } = await run(bytes, { logits: 'probs', to: 'csv' })
  expect(error).toMatchObject({ code: 'E_CORRUPT', info: { reason: expect.stringContaining('more rows') } })
})

describe('an Arrow file', () => {
  const csv = `p_a,p_b,label\n${P21},a\n`

  it('whose schema is in its table of contents alone, as apache-arrow writes it, is read', async () => {
    const file = Buffer.from(tableToIPC(tableFromArrays({ logit_a: [2], logit_b: [1] }), 'file'))
    expect((await run(file, { to: 'csv' })).text).toBe(csv)
    const cwd = folder({ 'a.arrow': file })
    expect((await scored([join(cwd, 'a.arrow')], { to: 'csv' })).bytes.toString()).toBe(csv)
    expect((await run(file.subarray(0, -20), { to: 'csv' })).error).toMatchObject({ code: 'E_CORRUPT' })
  })

  it('without a batch is an empty table', async () => {
    const writer = new RecordBatchFileWriter()
    writer.reset(undefined, new Schema(['logit_a', 'logit_b'].map((name) => new Field(name, new Float64()))))
    writer.finish()
    expect(await run(Buffer.from(await writer.toUint8Array()), { to: 'csv' })).toMatchObject({
      error: undefined,
      text: 'p_a,p_b,label\n',
      stats: { read: 0 },
    })
  })

  it.each(['logit_a,logit_b\n', 'logit_a,logit_b\n2,1\n'])(
    'that is written is a stream between two marks',
    async (text) => {
      const { bytes } = await run(text, { to: 'arrow' })
      const [file, stream] = [tableFromIPC(bytes), tableFromIPC(bytes.subarray(8))]
      expect(stream.schema.names).toEqual(['p_a', 'p_b', 'label'])
      expect(stream.toString()).toBe(file.toString())
      const again = await run(bytes, { logits: 'p_*', emit: 'index', to: 'csv' })
      expect(again.stats.read).toBe(file.numRows)
    },
  )
})

describe('gzip', () => {
  const csv = readFileSync(fixture('digits-logits.csv'))

  it('is undone by itself, of many members, with zeros behind the last', async () => {
    const csv = 'id,logit_a,logit_b\n'.concat(...Array.from({ length: 2000 }, (_, id) => `${id},${id % 7},1\n`))
    const { bytes } = await run(csv)
    const half = csv.length >> 1
    const members = [csv.slice(0, half), '', csv.slice(half)].map((part) => gzipSync(part))
    for (const size of [1, 1000, 1 << 20]) {
      const found = await run(Buffer.concat([...members, Buffer.alloc(1000)]), {}, size)
      expect(found.error).toBeUndefined()
      expect(found.bytes.equals(bytes)).toBe(true)
    }
  })

  it('has its own header fields passed', async () => {
    const plain = gzipSync(Buffer.from('logit_a,logit_b\n2,1\n'))
    const extra = Buffer.from('\x03\x00abcname\0comment\0\x12\x34', 'latin1')
    const header = Buffer.from(plain.subarray(0, 10))
    header[3] = 2 | 4 | 8 | 16
    const { text } = await run(Buffer.concat([header, extra, plain.subarray(10)]))
    expect(text).toBe(`p_a,p_b,label\n${P21},a\n`)
  })

  it('is made where the output is called so', () => {
    const cwd = folder()
    const { status, stderr } = command([fixture('digits-logits.csv'), '-o', 'a.ndjson.gz'], { cwd })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const lines = gunzipSync(readFileSync(join(cwd, 'a.ndjson.gz')))
      .toString()
      .trimEnd()
      .split('\n')
    expect(JSON.parse(lines[0]!)).toMatchObject({ image: '766', truth: 'five' })
    expect(lines).toHaveLength(899)
  })

  it('that is followed by anything else is an error', async () => {
    const packed = gzipSync(csv)
    for (const tail of ['x', '\x00x', 'garbage', '\x1f\x8bgarbage', '\x1f']) {
      const { error } = await run(Buffer.concat([packed, Buffer.from(tail, 'latin1')]))
      expect(error).toMatchObject({ code: 'E_CORRUPT', status: 3, info: { format: 'gzip' } })
    }
  })
})

describe('gzip that is damaged', () => {
  const rows = Array.from({ length: 100_000 }, (_, row) => `${row},2,1\n`).join('')
  const packed = gzipSync(`id,logit_a,logit_b\n${rows}`)
  const wrongSum = Buffer.from(packed)
  wrongSum[packed.length - 8]! ^= 1

  it.each([
    ['is truncated', packed.subarray(0, packed.length >> 1)],
    ['has another check sum', wrongSum],
    ['has garbage behind it', Buffer.concat([packed, Buffer.from('garbage')])],
  ])('and %s ends the command with 3: whole rows on standard output, the old file as it was', (_, bytes) => {
    const cwd = folder({ 'in.csv.gz': bytes, 'out.csv': 'old\n' })
    const { status, stderr } = command(['in.csv.gz', '-o', 'out.csv'], { cwd })
    expect(stderr).toMatch(/^softmax: in\.csv\.gz: [^\n]*\[E_CORRUPT\]\n$/)
    expect(status).toBe(3)
    expect(readFileSync(join(cwd, 'out.csv'), 'utf8')).toBe('old\n')
    expect(readdirSync(cwd).sort()).toEqual(['in.csv.gz', 'out.csv'])
    const printed = command(['in.csv.gz'], { cwd })
    expect(printed.status).toBe(3)
    const lines = printed.stdout.split('\n')
    expect(lines.pop()).toBe('')
    expect(lines.length).toBeGreaterThan(1)
    expect(lines.slice(1).every((line, row) => line === `${row},${P21},a`)).toBe(true)
  })
})

describe('what a name says and the bytes do not', () => {
  it('goes by the bytes, with a warning', async () => {
    const csv = 'logit_a,logit_b\n2,1\n'
    const cwd = folder({
      'a.csv': readFileSync(fixture('digits.npy')),
      'b.csv.gz': csv,
      'c.csv': gzipSync(csv),
      'd.csv': '{"logits":[2,1]}\n',
      'e.csv': '[\n {"logits":[2,1]},\n {"logits":[2,1]}\n]\n',
      'f.csv': '[{\n  "logits": [2, 1]\n}]\n',
    })
    const warningOf = async (name: string) => (await scored([join(cwd, name)], { to: 'csv' })).warnings
    expect(await warningOf('a.csv')).toEqual(['it is read as npy, according to its first bytes, not as csv'])
    expect(await warningOf('b.csv.gz')).toEqual([
      'it is not compressed, according to its first bytes, although its name says otherwise',
    ])
    expect(await warningOf('c.csv')).toEqual([
      'it is compressed with gzip, according to its first bytes, although its name says otherwise',
    ])
    // Hugging Face's datasets writes streams with this extension.
    const [file, stream] = await Promise.all(
      (['arrow', 'arrows'] as const).map((to) => run(csv, { to, emit: 'logsumexp', keep: false })),
    )
    writeFileSync(join(cwd, 'g.arrow'), stream!.bytes)
    writeFileSync(join(cwd, 'g.arrows'), file!.bytes)
    for (const name of ['g.arrow', 'g.arrows']) {
      const { status, stdout, stderr } = command([name, '-l', 'logsumexp', '--binary', 'no,yes', '-t', 'csv'], { cwd })
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      expect(stdout).toMatch(/^p_no,p_yes,label\n/)
    }
    for (const name of ['d.csv', 'e.csv', 'f.csv']) {
      expect(await warningOf(name)).toEqual(['it is read as ndjson, according to its first bytes, not as csv'])
    }
    expect(command(['a.csv', '-o', 'a.npy'], { cwd }).stderr).toBe(
      'softmax: warning: a.csv: it is read as npy, according to its first bytes, not as csv\n',
    )
  })
})

describe('what is asked for and the bytes are not', () => {
  it.each(['digits.npy', 'digits.npz', 'digits.parquet', 'digits.arrow', 'digits.safetensors'])(
    'is refused, as it may be a limit on what others send: %s',
    async (name) => {
      const { text, error } = await run(readFileSync(fixture(name)), { from: 'csv' })
      const format = name.slice(name.indexOf('.') + 1)
      expect({ text, error }).toMatchObject({ text: '', error: { code: 'E_UNSUPPORTED' } })
      expect(error!.message).toContain(
        `not supported: from: 'csv' for ${format} data, which the input is according to its first bytes; from: '${format}', or read('${format}'), reads it`,
      )
    },
  )

  it('is refused before the first row where it is one of several files', async () => {
    const cwd = folder({ 'a.csv': 'logit_a,logit_b\n2,1\n', 'b.parquet': readFileSync(fixture('digits.parquet')) })
    const names = ['a.csv', 'b.parquet'].map((name) => join(cwd, name))
    const { bytes, error } = await scored(names, { from: 'csv' })
    expect(bytes).toHaveLength(0)
    expect(error).toMatchObject({ code: 'E_UNSUPPORTED' })
  })

  it('is read where both are formats of Arrow', async () => {
    const table = readFileSync(fixture('digits.arrow'))
    const whole = await run(table, { from: 'arrow', to: 'csv' })
    expect(await run(table, { from: 'arrows', to: 'csv' })).toMatchObject({ text: whole.text, error: undefined })
  })
})

describe('an input that is damaged', () => {
  const WHOLE = [
    'digits.npy',
    'digits.npz',
    'digits.safetensors',
    'digits.parquet',
    'digits-list.parquet',
    'digits.arrow',
    'digits.arrows',
    'digits.ndjson.gz',
  ]

  /** The same rows in every other format, compression and order. */
  const OTHERS: Record<string, () => Buffer> = {
    'digits-fixed.parquet': () => readFileSync(fixture('digits-fixed.parquet')),
    'digits-columns.arrows': () => readFileSync(fixture('digits-columns.arrows')),
    'csv.gz': () => gzipSync(readFileSync(fixture('digits-logits.csv'))),
    'npy.gz': () => gzipSync(readFileSync(fixture('digits.npy'))),
    'npy in Fortran order': () => fortran(readFileSync(fixture('digits.npy'))),
    ...('zstdCompressSync' in zlib && {
      'csv.zst': () =>
        (zlib as unknown as { zstdCompressSync(bytes: Buffer): Buffer }).zstdCompressSync(
          readFileSync(fixture('digits-logits.csv')),
        ),
    }),
  }
  const ALL = Object.entries({
    ...Object.fromEntries(WHOLE.map((name) => [name, () => readFileSync(fixture(name))])),
    ...OTHERS,
  })

  it.each(ALL)('%s is an error wherever it is cut', async (_, make) => {
    const bytes = make()
    for (let percent = 1; percent < 100; percent++) {
      const { error, stats } = await run(bytes.subarray(0, Math.floor((bytes.length * percent) / 100)))
      expect({ percent, error: reported(error)?.code, status: error?.status }).toMatchObject({
        error: expect.stringMatching(/^E_(CORRUPT|JSON)$/),
      })
      expect(stats.read).toBeLessThan(899)
    }
  })

  it.each(WHOLE)('%s with a bit flipped is an error that is reported, or all its rows', async (name) => {
    const bytes = readFileSync(fixture(name))
    for (let flip = 0; flip < 60; flip++) {
      const damaged = Buffer.from(bytes)
      const at = flip < 30 ? flip * 3 : Math.floor((bytes.length * (flip - 29)) / 32)
      damaged[at]! ^= 1 << (flip % 8)
      const { error, stats } = await run(damaged, { from: undefined })
      if (!error) expect(stats.written).toBe(899)
      else expect(error.status).toBeLessThan(70)
    }
  })

  // Found by flipping random bits; the library's reaction is noted after each.
  it.each([
    [
      'more columns than there are',
      [
        [71746, 0],
        [71941, 6],
      ],
      'looked for each of them, for minutes',
    ],
    ['a schema that ends too early', [[71705, 5]], 'threw a TypeError'],
  ] as const)('a table of contents with %s is an error', async (_, flips, __) => {
    const bytes = Buffer.from(readFileSync(fixture('digits-list.parquet')))
    for (const [at, bit] of flips) bytes[at]! ^= 1 << bit
    expect((await run(bytes)).error).toMatchObject({ code: 'E_CORRUPT', status: 3 })
  })

  it.each(['npy', 'npz', 'safetensors', 'parquet', 'arrow', 'arrows'] as const)(
    '%s of another kind is an error',
    async (from) => {
      const { error } = await run('logit_a,logit_b\n2,1\n', { from })
      expect(error).toMatchObject({ code: 'E_CORRUPT' })
    },
  )

  it.each(['digits.npy', 'digits.npz', 'digits.safetensors', 'digits.arrows', 'digits.arrow'])(
    '%s with more behind it is an error',
    async (name) => {
      const { error } = await run(Buffer.concat([readFileSync(fixture(name)), Buffer.from('more')]))
      expect(error).toMatchObject({ code: 'E_CORRUPT', status: 3 })
    },
  )
})

describe('several inputs', () => {
  const parts = () =>
    folder({
      'a.csv': 'id,logit_a,logit_b\n1,2,1\n',
      'b.csv': 'id,logit_a,logit_b\n2,2,1\n',
      'c.ndjson': '{"id":3,"logit_a":2,"logit_b":1}\n',
      'd.csv': 'id,logit_a,logit_c\n4,2,1\n',
    })

  it.each(FORMATS)('make one output of %s', async (to) => {
    const cwd = parts()
    const names = ['a.csv', 'b.csv', 'c.ndjson'].map((name) => join(cwd, name))
    const { bytes, error, stats } = await scored(names, { to: to as 'csv' })
    expect(error).toBeUndefined()
    expect(stats).toMatchObject({ read: 3, written: 3 })
    const found = await READERS[to]!(bytes)
    expect(found.values).toEqual(Array(3).fill(P21.split(',').map(Number)))
    if (!ARRAYS.includes(to)) expect(found.labels).toEqual(['a', 'a', 'a'])
  })

  it('have to have the same columns', async () => {
    const cwd = parts()
    const { error } = await scored([join(cwd, 'c.ndjson'), join(cwd, 'd.csv')], { to: 'ndjson' })
    expect(error).toMatchObject({
      code: 'E_SCHEMA',
      info: { source: join(cwd, 'd.csv'), first: join(cwd, 'c.ndjson') },
    })
  })
})

describe('a dialect of what is no delimited text', () => {
  const flags = ['--delimiter=;', "--quote='", '--escape=^', '--comment=#']
  it.each(['digits.npy', 'digits.ndjson.gz', 'digits.parquet', 'digits.arrow', 'digits.arrows'])('%s', (name) => {
    const flag = flags[name.length % flags.length]!
    const { status, stdout, stderr } = command([fixture(name), flag, '--to', 'csv'])
    expect(stderr).toContain(
      `${name}: ${flag.replace(/=.*/, '')} works only with delimited text, such as csv, and the input is `,
    )
    expect(stderr).toMatch(
      /; leave it out; --to csv, tsv or copy and --output-delimiter set how the output is written \[E_CONFLICT\]\n$/,
    )
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })

  it.each(flags)('with %s is an error, whatever the output is', (flag) => {
    for (const to of ['csv', 'ndjson']) {
      const { status, stderr } = command(['--from', 'ndjson', '--to', to, flag], { stdin: '[1, 2]\n' })
      const says = to === 'csv' ? 'the input is ndjson; leave it out; --to csv' : 'this is ndjson; leave it out'
      expect(stderr).toContain(` works only with delimited text, such as csv, and ${says}`)
      expect(status).toBe(2)
    }
  })

  it('is one where it is what delimited text has without being asked for', () => {
    const { status, stderr } = command(['--from', 'ndjson', '--quote', '"'], { stdin: '[2, 1]\n' })
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining('--quote works only with delimited text'),
    })
  })
})
