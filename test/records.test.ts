import { createReadStream, createWriteStream, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Duplex, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  Binary,
  Field,
  Float64,
  Int32,
  IntervalYearMonth,
  List,
  makeData,
  makeVector,
  Table,
  tableFromIPC,
  tableToIPC,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow'
import { parse } from 'csv-parse/sync'
import { parquetReadObjects } from 'hyparquet'
import {
  logSoftmax,
  type ReadOptions,
  type Reject,
  read,
  SoftmaxError,
  score,
  scoreFiles,
  softmax,
  type WriteOptions,
  write,
} from 'softmax-stream'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { P21, run } from './streams.js'
import { folder, openFiles, ROOT, thrown } from './support.js'

vi.setConfig({ testTimeout: 60_000 })

type Format = Parameters<typeof read>[0]
const FORMATS: Format[] = ['csv', 'tsv', 'copy', 'ndjson', 'npy', 'npz', 'safetensors', 'parquet', 'arrow', 'arrows']
const fixture = (name: string) => join(ROOT, 'fixtures', name)

/** The digits data set, read by csv-parse. */
const DIGITS = parse(readFileSync(fixture('digits-logits.csv')), { columns: true }) as Record<string, string>[]
const LOGITS = DIGITS.map(({ image, truth, ...logits }) => Object.values(logits).map(Number))
const CLASSES = Object.keys(DIGITS[0]!).slice(2)

/** The names of the classes. */
const NAMES = CLASSES.map((column) => column.replace('logit_', ''))

/** The items of a stream, and how it ends. */
async function outcome<T = Record<string, unknown>>(stream: AsyncIterable<T>) {
  const items: T[] = []
  try {
    for await (const item of stream) items.push(item)
  } catch (error) {
    if (!(error instanceof SoftmaxError)) throw error
    return { items, error }
  }
  return { items, error: undefined }
}

const readAll = (format: Format, bytes: string | Buffer[], options?: ReadOptions) =>
  outcome(Readable.from(typeof bytes === 'string' ? [Buffer.from(bytes)] : bytes).pipe(read(format, options)))

async function writeAll(format: Format, rows: Iterable<unknown>, options?: WriteOptions) {
  const stream = write(format, options)
  const warnings: string[] = []
  stream.on('warning', (text: string) => warnings.push(text))
  // Without compose, which on Node 24 has a buffer of its own that is dropped on an error.
  const { items, error } = await outcome<Buffer>(Readable.from(rows).pipe(stream))
  const bytes = Buffer.concat(items)
  return { bytes, text: bytes.toString(), error, warnings }
}

/** Expects a count to stop increasing below a bound. */
async function standsStill(count: () => number, most: number): Promise<void> {
  await sleep(100)
  const before = count()
  await sleep(100)
  expect(count()).toBe(before)
  expect(before).toBeLessThan(most)
}

describe('records that write() gets', () => {
  it.each(['csv', 'tsv', 'parquet', 'arrow'] as const)(
    'need the probabilities that emit lists, in %s',
    async (format) => {
      for (const row of [{ id: 1 }, { id: 1, top: [] }, new Map([['id', 1]])]) {
        const { error } = await writeAll(format, [row], { emit: 'probs' })
        expect(error).toMatchObject({ code: 'E_RECORD', message: expect.stringContaining('row 1: it has no "prob') })
      }
    },
  )

  it.each(['csv', 'copy', 'parquet', 'arrow'] as const)('need properties in %s', async (format) => {
    for (const row of [{}, new Map([['id', 1]])]) {
      const { error } = await writeAll(format, [row])
      expect(error).toMatchObject({ code: 'E_RECORD', message: expect.stringContaining('it has no properties') })
    }
  })

  it.each(['ndjson', 'csv', 'copy', 'parquet', 'arrow'] as const)(
    'are null in %s where they have a function, a symbol or an invalid date',
    async (format) => {
      const none = [() => 1, Symbol('s'), new Date(Number.NaN), null]
      const { bytes, error } = await writeAll(
        format,
        [new Date(0), ...none].map((v) => ({ id: 1, v })),
      )
      expect(error).toBeUndefined()
      const header = format === 'copy' ? { header: false as const } : {}
      const rows = (await readAll(format, [bytes], header)).items as Record<string, unknown>[]
      const values = rows.map((row) => (Array.isArray(row) ? row[1] : row.v))
      const empty = format === 'csv' ? '' : null
      expect(values).toEqual(['1970-01-01T00:00:00.000Z', empty, empty, empty, empty])
    },
  )
})

describe('read()', () => {
  it.each([
    ['csv', 'digits-logits.csv'],
    ['ndjson', 'digits-columns.ndjson.gz'],
    ['parquet', 'digits.parquet'],
    ['arrows', 'digits-columns.arrows'],
  ] as const)('gives the columns of %s by name', async (format, name) => {
    const rows = await createReadStream(fixture(name)).pipe(read(format)).toArray()
    expect(Object.keys(rows[0])).toEqual(Object.keys(DIGITS[0]!))
    expect(rows.map(({ truth }) => truth)).toEqual(DIGITS.map(({ truth }) => truth))
    expect(rows.map(({ image }) => String(image))).toEqual(DIGITS.map(({ image }) => image))
    expect(rows.map((row) => CLASSES.map((column) => Number(row[column])))).toEqual(LOGITS)
  })

  it.each([
    ['ndjson', 'digits.ndjson.gz'],
    ['npy', 'digits.npy'],
    ['parquet', 'digits-list.parquet'],
    ['arrow', 'digits.arrow'],
    ['arrows', 'digits.arrows'],
  ] as const)('gives a list of %s as logits', async (format, name) => {
    const rows = await createReadStream(fixture(name)).pipe(read(format)).toArray()
    expect(rows.map(({ logits }) => logits)).toEqual(LOGITS)
    if (format !== 'npy') expect(rows.map(({ truth }) => truth)).toEqual(DIGITS.map(({ truth }) => truth))
  })

  it.each([
    ['csv', 'digits-logits.csv'],
    ['ndjson', 'digits-columns.ndjson.gz'],
    ['parquet', 'digits.parquet'],
    ['arrows', 'digits-columns.arrows'],
  ] as const)(
    'puts the columns of %s that are selected in one property, as score() takes them',
    async (format, name) => {
      const logits = ['logit_nine', '/_t(wo|hree)$/']
      const stream = createReadStream(fixture(name)).pipe(read(format, { logits }))
      const [row] = await createReadStream(fixture(name)).pipe(read(format, { logits })).toArray()
      const selected = ['logit_nine', 'logit_two', 'logit_three']
      const others = Object.keys(DIGITS[0]!).filter((column) => !selected.includes(column))
      expect(Object.keys(row as object)).toEqual([...others, 'logits'])
      expect(Object.keys((row as { logits: object }).logits)).toEqual(selected)
      const rows = await stream
        .compose(softmax({ keep: false }))
        .compose(write('csv'))
        .toArray()
      const expected = await scoreFiles([fixture(name)], { logits, keep: false, from: format, to: 'csv' }).toArray()
      expect(Buffer.concat(rows).equals(Buffer.concat(expected))).toBe(true)
    },
  )

  it('puts what holds all logits there, wherever it is', async () => {
    const of = async (format: Format, text: string, logits: string) => (await readAll(format, text, { logits })).items
    expect(await of('ndjson', '{"id":7,"model":{"scores":[2,1]}}\n', 'model.scores')).toEqual([
      { id: 7, model: { scores: [2, 1] }, logits: [2, 1] },
    ])
    expect(await of('ndjson', '{"model":{"cat":2,"dog":1,"ms":3}}\n', 'model.cat,model.dog')).toEqual([
      { model: { cat: 2, dog: 1, ms: 3 }, logits: { cat: 2, dog: 1 } },
    ])
    expect(await of('ndjson', '{"id":7,"s":{"cat":2}}\n', 's')).toEqual([{ id: 7, logits: { cat: 2 } }])
    expect(await of('csv', 'id,s\n7,"[2, 1]"\n', 's')).toEqual([{ id: '7', logits: [2, 1] }])
    const [row] = await of('ndjson', '{"__proto__":2,"b":1}\n', '__proto__,b')
    expect(JSON.stringify(row)).toBe('{"logits":{"__proto__":2,"b":1}}')
  })

  it.each([
    ['a,b\n1,2\n', { logits: 'z' }, 'E_SELECTOR'],
    ['1,2\n', { logits: '1-2', header: false }, 'E_CONFLICT'],
    ['logits,a,b\nx,1,2\n', { logits: 'a,b' }, 'E_CONFLICT'],
  ] as const)('has no logits of %j by %j', async (text, options, code) => {
    expect((await readAll('csv', text, options)).error).toMatchObject({ code })
  })

  it('leaves cells of delimited text as texts, quotes undone', async () => {
    const { items } = await readAll('csv', 'id,"a ""b"""\n007,"x\ny,"\n,ż\n')
    expect(items).toEqual([
      { id: '007', 'a "b"': 'x\ny,' },
      { id: '', 'a "b"': 'ż' },
    ])
  })

  it('gives cells without a header as an array', async () => {
    expect((await readAll('tsv', '1\t2\n3\t4\n', { header: false })).items).toEqual([
      ['1', '2'],
      ['3', '4'],
    ])
  })

  it('takes the dialect that it is reported', async () => {
    const { items } = await readAll('csv', "# note\na;b\n'1;2';3\n", { delimiter: ';', quote: "'", comment: '#' })
    expect(items).toEqual([{ a: '1;2', b: '3' }])
  })

  it('gives objects of NDJSON as they are, and arrays as logits', async () => {
    const line = { id: 7, nested: { a: [1, { b: null }] }, logits: { cat: 1 }, __proto: true }
    expect((await readAll('ndjson', `${JSON.stringify(line)}\n{"other": 1}\n`)).items).toEqual([line, { other: 1 }])
    expect((await readAll('ndjson', '[1, 2]\n[3, "NaN"]\n')).items).toEqual([
      { logits: [1, 2] },
      { logits: [3, Number.NaN] },
    ])
  })

  it('gives large numbers of NDJSON with all their digits', async () => {
    const line = '{"id":12345678901234567890,"in":[{"x":-9007199254740993}],"y":9007199254740991,"z":1e400,"t":"1e400"}'
    const { items } = await readAll('ndjson', `${line}\n`)
    expect(items).toEqual([
      { id: 12345678901234567890n, in: [{ x: -9007199254740993n }], y: 9007199254740991, z: '1e400', t: '1e400' },
    ])
    expect((await writeAll('ndjson', items)).text).toBe(`${line.replace(':1e400', ':"1e400"')}\n`)
    const rows = Readable.from([Buffer.from('{"logit_a":1,"logit_b":2}\n{"logit_a":1e400,"logit_b":2}\n')])
    await expect(rows.compose(read('ndjson')).compose(softmax()).toArray()).rejects.toMatchObject({
      code: 'E_OVERFLOW',
      info: { row: 2, column: 'logit_a', cell: '1e400' },
    })
  })

  it('gives integers as numbers where these are exact', async () => {
    const { bytes } = await writeAll('parquet', [{ logit_a: 7, logit_b: 2n ** 53n }])
    const { items } = await readAll('parquet', [bytes])
    expect(items).toEqual([{ logit_a: 7, logit_b: 2n ** 53n }])
  })

  it('has a column called __proto__ like any other', async () => {
    const [row] = (await readAll('csv', '__proto__,a\n1,2\n')).items
    expect(Object.entries(row!)).toEqual([
      ['__proto__', '1'],
      ['a', '2'],
    ])
  })

  it('gives the rows before a bad one, and then its error with its place', async () => {
    const { items, error } = await readAll('csv', 'a,b\n1,2\n3\n4,5\n', { source: 'in.csv' })
    expect(items).toEqual([{ a: '1', b: '2' }])
    expect(error).toMatchObject({ code: 'E_WIDTH', info: { source: 'in.csv', line: 3, row: 2, byte: 8, cells: 1 } })
  })

  it('leaves bad rows out where they are handed on', async () => {
    const rejects: Reject[] = []
    const stream = read('ndjson', { onReject: (reject) => void rejects.push(reject) })
    const rows = await Readable.from([Buffer.from('{"a": 1}\n{"a": \n\n{"a": 2}\n')])
      .compose(stream)
      .toArray()
    expect(rows).toEqual([{ a: 1 }, { a: 2 }])
    expect(rejects).toMatchObject([{ code: 'E_JSON', row: 2, line: 2, byteStart: 9, raw: '{"a": ' }])
    expect(stream.stats).toMatchObject({ read: 3, written: 2, rejected: { E_JSON: 1 } })
  })

  it('leaves a list that is not called logits where it is, for softmax to select', async () => {
    const scores = [Float64Array.of(2, 1)]
    const lists = vectorFromArray(scores, new List(new Field('item', new Float64())))
    const table = new Table({ id: vectorFromArray([7], new Int32()), scores: lists })
    const { items } = await readAll('arrow', [Buffer.from(tableToIPC(table, 'file'))])
    expect(items).toEqual([{ id: 7, scores: [2, 1] }])
    const [prediction] = await Readable.from(items)
      .compose(softmax({ logits: 'scores' }))
      .toArray()
    expect(prediction).toMatchObject({ id: 7, label: '0' })
    const { message } = await Readable.from(items)
      .compose(softmax())
      .toArray()
      .catch((error) => error)
    expect(message).toContain(
      `"scores" contains lists, which may be logits; if these are all the logits, use logits: 'scores'`,
    )
  })

  it('that skips bad rows keeps the numbers of the others, for the errors of softmax', async () => {
    const text = 'id,logit_a,logit_b\n1,1,2\n2,3\n3,x,1\n4,1,1\n5,,1\n'
    const positions: unknown[] = []
    const onReject = ({ source, row, code }: Reject) => void positions.push([source, row, code])
    const rows = () => Readable.from([Buffer.from(text)]).compose(read('csv', { onReject, source: 'in.csv' }))
    const ids = (await rows().compose(softmax({ onReject })).toArray()).map(({ id }) => id)
    expect(ids).toEqual(['1', '4'])
    expect(positions.toSorted()).toEqual([
      ['in.csv', 2, 'E_WIDTH'],
      ['in.csv', 3, 'E_CELL'],
      ['in.csv', 5, 'E_MISSING'],
    ])
    const later = rows().filter(({ id }: Record<string, unknown>) => Number(id) > 2)
    await expect(later.compose(softmax()).toArray()).rejects.toMatchObject({
      message: `in.csv: column logit_a (row 3): "x" is not a number; onError: 'skip' skips such rows [E_CELL]`,
    })
    // A copy of a row is a row of the program.
    const copies = rows().map((row: Record<string, unknown>) => ({ ...row }))
    await expect(copies.compose(softmax()).toArray()).rejects.toMatchObject({ info: { row: 2 } })
  })

  it('that skips bad rows keeps the numbers of rows that are lists, in any format', async () => {
    const text = '1,2\n3\nx,1\n'
    const rows = Readable.from([Buffer.from(text)]).compose(read('csv', { header: false, onError: 'skip' }))
    await expect(rows.compose(softmax()).toArray()).rejects.toMatchObject({ code: 'E_CELL', info: { row: 3 } })
    const lines = Readable.from([Buffer.from('{"logits": [1, 2]}\n[\n{"logits": [1, "x"]}\n')])
    await expect(
      lines
        .compose(read('ndjson', { maxErrors: 1 }))
        .compose(softmax())
        .toArray(),
    ).rejects.toMatchObject({ code: 'E_CELL', info: { row: 3 } })
  })

  it('is damaged input where a file is truncated', async () => {
    const bytes = readFileSync(fixture('digits.npy'))
    const { error } = await readAll('npy', [bytes.subarray(0, bytes.length - 1)])
    expect(error).toMatchObject({ code: 'E_CORRUPT', info: { format: 'npy' } })
  })

  it('gives nothing of nothing, unless the format has a header', async () => {
    for (const format of FORMATS.slice(0, 6)) {
      const { items, error } = await readAll(format, '')
      expect({ items, code: (error as SoftmaxError | undefined)?.code }).toEqual({
        items: [],
        code: format.startsWith('np') ? 'E_CORRUPT' : undefined,
      })
    }
  })

  it('reads no further than rows are taken', async () => {
    let chunks = 0
    const endless = async function* () {
      yield Buffer.from('id,logit_a\n')
      for (;;) {
        chunks++
        yield Buffer.from('7,1.5\n'.repeat(1000))
      }
    }
    const stream = Readable.from(endless(), { objectMode: true, highWaterMark: 1 }).pipe(read('csv'))
    const rows = stream[Symbol.asyncIterator]()
    await rows.next()
    await standsStill(() => chunks, 100)
    await rows.return!()
    expect(stream.destroyed).toBe(true)
  })

  it('ends with the signal', async () => {
    const controller = new AbortController()
    const stream = read('csv', { signal: controller.signal })
    stream.write('a\n1\n')
    const ended = stream.toArray()
    controller.abort()
    await expect(ended).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('refuses formats and options that it does not know', () => {
    expect(thrown(() => read('xml' as Format))).toMatchObject({ code: 'E_OPTION', info: { option: 'format' } })
    expect(thrown(() => read('csv', { temperature: 2 } as ReadOptions))).toMatchObject({ code: 'E_FLAG' })
    expect(thrown(() => read('csv', { quote: ',' }))).toMatchObject({ code: 'E_CONFLICT' })
  })

  it('refuses a dialect of what is no delimited text', async () => {
    expect((await readAll('ndjson', '{"a": 1}\n', { comment: '#' })).error).toMatchObject({ code: 'E_CONFLICT' })
  })
})

describe('write()', () => {
  /** The output of `score` for the same input. */
  const scored = async (name: string, to: Format, options = {}) =>
    Buffer.concat(await scoreFiles([fixture(name)], { to, ...options }).toArray())

  it.each(FORMATS)('writes predictions as %s with the bytes that score() writes', async (to) => {
    const rows = createReadStream(fixture('digits-list.parquet')).pipe(read('parquet'))
    const bytes = Buffer.concat(await rows.compose(softmax()).compose(write(to)).toArray())
    expect(bytes.equals(await scored('digits-list.parquet', to))).toBe(true)
  })

  it.each(['parquet', 'arrow', 'npy'] as const)('has no columns without rows, which %s needs', async (format) => {
    await expect(Readable.from([]).pipe(write(format)).toArray()).rejects.toMatchObject({ code: 'E_NO_COLUMNS' })
    expect(await Readable.from([]).pipe(write('csv')).toArray()).toEqual([])
  })

  it('calls classes as the columns of their logits were', async () => {
    const rows = createReadStream(fixture('digits-logits.csv')).pipe(read('csv'))
    const bytes = Buffer.concat(await rows.compose(softmax()).compose(write('csv')).toArray())
    expect(bytes.equals(await scored('digits-logits.csv', 'csv'))).toBe(true)
    for (const logits of [{ b: 2, a: 1 }, [2, 1]]) {
      const written = Readable.from([{ logits }])
        .compose(softmax())
        .compose(write('ndjson', { emit: 'probs' }))
      const [first, second] = P21.split(',')
      const expected = Array.isArray(logits) ? `[${P21}]` : `{"b":${first},"a":${second}}`
      expect(Buffer.concat(await written.toArray()).toString()).toBe(`{"probs":${expected}}\n`)
    }
    const log = logSoftmax({ labels: 'no,yes', topK: 1 })
    const top = Readable.from([[2, 1]])
      .compose(log)
      .compose(write('csv'))
    expect(Buffer.concat(await top.toArray()).toString()).toBe('label_1,logp_1,label\nno,-0.3132616875182228,no\n')
  })

  it('calls classes by the labels it is reported', async () => {
    const rows = createReadStream(fixture('digits-logits.csv')).pipe(read('csv'))
    const bytes = Buffer.concat(
      await rows
        .compose(softmax())
        .compose(write('csv', { labels: NAMES }))
        .toArray(),
    )
    expect(bytes.equals(await scored('digits-logits.csv', 'csv'))).toBe(true)
  })

  it.each(['csv', 'ndjson', 'parquet'] as const)('writes what emit names, rounded as asked, as %s', async (to) => {
    const emit = 'label,probs,index,confidence,margin,entropy,logsumexp' as const
    const rows = createReadStream(fixture('digits-list.parquet')).pipe(read('parquet'))
    const options = { emit, precision: 4, keep: false } as const
    const written = rows.compose(logSoftmax({ emit })).compose(write(to, options))
    const bytes = Buffer.concat(await written.toArray())
    expect(bytes.equals(await scored('digits-list.parquet', to, { op: 'log-softmax', ...options }))).toBe(true)
  })

  it('rounds results, and no positions', async () => {
    const logits = Array.from({ length: 15 }, (_, index) => (index === 14 ? 9 : 0))
    const rows = Readable.from([logits])
    const written = rows
      .compose(softmax({ emit: 'index,confidence' }))
      .compose(write('csv', { emit: 'index,confidence', precision: 1 }))
    // 1 / (1 + 14 exp(-9)) is 0.998.
    expect(Buffer.concat(await written.toArray()).toString()).toBe('index,confidence\n14,1\n')
  })

  it.each(['csv', 'ndjson', 'arrow'] as const)('writes the most probable classes as %s', async (to) => {
    const rows = createReadStream(fixture('digits-list.parquet')).pipe(read('parquet'))
    const bytes = Buffer.concat(
      await rows
        .compose(softmax({ topK: 3 }))
        .compose(write(to, { float32: true }))
        .toArray(),
    )
    expect(bytes.equals(await scored('digits-list.parquet', to, { topK: 3, float32: true }))).toBe(true)
  })

  /** Records that are not predictions. */
  const RECORDS = [
    { id: 7, name: 'a,"b"', big: 2n ** 60n, when: new Date(0), ok: true, x: 0.5, list: [1, 'a'], nothing: null },
    { id: 8, name: null, big: 1n, when: null, ok: false, x: Number.NaN, list: [], nothing: null },
  ]

  it('writes other records property by property, as text', async () => {
    const csv =
      'id,name,big,when,ok,x,list,nothing\n' +
      '7,"a,""b""",1152921504606846976,1970-01-01T00:00:00.000Z,true,0.5,"[1,""a""]",\n8,,1,,false,NaN,[],\n'
    expect((await writeAll('csv', RECORDS)).text).toBe(csv)
    const { text } = await writeAll('ndjson', RECORDS)
    expect(text.split('\n')[0]).toBe(
      '{"id":7,"name":"a,\\"b\\"","big":1152921504606846976,"when":"1970-01-01T00:00:00.000Z","ok":true,"x":0.5,' +
        '"list":[1,"a"],"nothing":null}',
    )
    expect(JSON.parse(text.split('\n')[1]!)).toEqual({ ...RECORDS[1], big: 1, x: 'NaN' })
  })

  it('writes them with types, as other readers see', async () => {
    const expected = [
      { id: 7n, name: 'a,"b"', big: 2n ** 60n, when: new Date(0), ok: true, x: 0.5, list: '[1,"a"]' },
      { id: 8n, name: null, big: 1n, when: null, ok: false, x: Number.NaN, list: '[]' },
    ]
    const { buffer, byteOffset, length } = (await writeAll('parquet', RECORDS)).bytes
    const file = buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer
    expect(await parquetReadObjects({ file })).toEqual(expected.map((row) => ({ ...row, nothing: null })))
    const table = tableFromIPC((await writeAll('arrow', RECORDS)).bytes)
    const inArrow = expected.map((row) => ({ ...row, when: row.when?.getTime() ?? null, nothing: null }))
    expect(table.toArray().map((row) => row.toJSON())).toEqual(inArrow)
    expect(String(table.getChild('when')!.type)).toBe('Timestamp<MILLISECOND, UTC>')
  })

  it('has null where a row lacks a property', async () => {
    expect((await writeAll('csv', [{ a: 1, b: 2 }, { b: 3 }])).text).toBe('a,b\n1,2\n,3\n')
  })

  it.each([
    [
      'a property that the first does not have',
      [{ a: 1 }, { a: 1, b: 2 }],
      { code: 'E_KEY', info: { row: 2, key: 'b' }, message: expect.stringContaining('give the first row all keys') },
    ],
    ['no record', [{ a: 1 }, 'a'], { code: 'E_RECORD', info: { row: 2, reason: 'expected an object, got a string' } }],
    ['a number', [{ a: 1 }, 2], { code: 'E_RECORD', info: { row: 2, reason: 'expected an object, got a number' } }],
  ])('ends at a row that is or has %s, with those before it written', async (_, rows, error) => {
    const outcome = await writeAll('csv', rows)
    expect(outcome.error).toMatchObject(error)
    expect(outcome.text).toBe('a\n1\n')
  })

  it('has the own properties of each row in JSON, as score() passes them on', async () => {
    const rows = [{ a: 1 }, { b: 2n, 'q"': [{ c: null }] }, {}, { a: Number.NaN, d: new Date(0) }]
    const { text, error } = await writeAll('ndjson', rows)
    expect(error).toBeUndefined()
    expect(text).toBe('{"a":1}\n{"b":2,"q\\"":[{"c":null}]}\n{}\n{"a":"NaN","d":"1970-01-01T00:00:00.000Z"}\n')
    expect(JSON.parse((await writeAll('json', rows.slice(0, 3))).text)).toEqual([
      { a: 1 },
      { b: 2, 'q"': [{ c: null }] },
      {},
    ])
    const lines = '{"id":1,"logits":[2,1]}\n{"x":1,"logits":[1,2],"y":[3]}\n{"y":null,"logits":[1,2]}\n'
    for (const keep of [true, false]) {
      const predictions = await Readable.from([Buffer.from(lines)])
        .compose(read('ndjson'))
        .compose(softmax())
        .toArray()
      const { text } = await run(lines, { from: 'ndjson', keep: keep && '!logits' })
      expect((await writeAll('ndjson', predictions, { keep })).text).toBe(text)
    }
  })

  it('has the kept ones of these, and none with the name of a result', async () => {
    const rows = [
      { logits: [2, 1], y: 0 },
      { logits: [2, 1], x: 1, y: 3 },
    ]
    const predictions = await Readable.from(rows)
      .compose(softmax({ emit: 'label' }))
      .toArray()
    expect((await writeAll('ndjson', predictions, { keep: 'y' })).text).toBe(
      '{"y":0,"label":"0"}\n{"y":3,"label":"0"}\n',
    )
    expect((await writeAll('ndjson', predictions, { keep: '!y' })).text).toBe('{"label":"0"}\n{"x":1,"label":"0"}\n')
    const { text, error } = await writeAll('ndjson', predictions, { emit: 'label=x' })
    expect(text).toBe('{"y":0,"x":"0"}\n')
    expect(error).toMatchObject({ code: 'E_NAME', info: { row: 2, name: 'x' } })
  })

  it('ends at a prediction with another property, and says how to write it', async () => {
    const rows = [{ logits: [2, 1] }, { logits: [2, 1], x: 1 }]
    const predictions = () => Readable.from(rows).compose(softmax()).toArray()
    const { error } = await writeAll('csv', await predictions())
    expect(error?.message).toBe(
      'row 2: unexpected key "x": the first row defines the columns; give the first row all keys, with null where it has no value, or write ndjson; keep: false leaves out all kept columns [E_KEY]',
    )
    expect((await writeAll('csv', await predictions(), { keep: false })).error).toBeUndefined()
    const [first, second] = await predictions()
    expect((await writeAll('csv', [{ ...first, x: null }, second])).text).toBe(
      `x,p_0,p_1,label\n,${P21},0\n1,${P21},0\n`,
    )
  })

  it('ends at a prediction of other classes, or without what emit names', async () => {
    const rows = await Readable.from([[2, 1]])
      .compose(softmax())
      .toArray()
    const wide = await Readable.from([[3, 2, 1]])
      .compose(softmax())
      .toArray()
    for (const format of ['csv', 'ndjson'] as const) {
      const { error } = await writeAll(format, [...rows, ...wide])
      expect(error).toMatchObject({ code: 'E_WIDTH', info: { row: 2 } })
      const { error: missing } = await writeAll(format, rows, { emit: 'margin' })
      expect(missing).toMatchObject({
        code: 'E_RECORD',
        info: { row: 1, reason: 'it has no "margin", which emit lists' },
      })
    }
    expect((await writeAll('csv', rows)).text).toBe(`p_0,p_1,label\n${P21},0\n`)
  })

  it('ends at a value of another type, where columns have one', async () => {
    const rows = Array.from({ length: 1025 }, (_, row) => ({ x: row < 1024 ? row : 0.5 }))
    const { error } = await writeAll('arrows', rows)
    expect(error).toMatchObject({ code: 'E_KEY', info: { row: 1025, key: 'x', type: 'integer' } })
    expect((await writeAll('csv', rows)).error).toBeUndefined()
  })

  it('writes two columns of one name in no format', async () => {
    const rows = await Readable.from([{ logits: [2, 1], p_0: 1 }])
      .compose(softmax())
      .toArray()
    expect((await writeAll('csv', rows)).error).toMatchObject({ code: 'E_NAME', info: { name: 'p_0' } })
    expect((await writeAll('csv', rows, { keep: false })).text).toBe(`p_0,p_1,label\n${P21},0\n`)
  })

  it('says what arrays have no room for', async () => {
    const rows = await Readable.from([{ id: 7, logits: [2, 1] }])
      .compose(softmax())
      .toArray()
    const { bytes, warnings } = await writeAll('npy', rows)
    for (const to of ['npz', 'safetensors'] as const) {
      const other = await writeAll(to, rows)
      expect(other.warnings).toEqual([`${to} stores only arrays of numbers without nulls; "id" is left out`])
      expect(other.bytes.equals((await run('logit_0,logit_1\n2,1\n', { to })).bytes)).toBe(true)
    }
    expect([bytes.readDoubleLE(128), bytes.readDoubleLE(136), bytes.length]).toEqual([
      ...P21.split(',').map(Number),
      144,
    ])
    expect(warnings).toEqual(['npy stores only one array of results; "id" is left out'])
    expect((await writeAll('npy', [{ a: 1 }])).error).toMatchObject({ code: 'E_CONFLICT' })
    expect((await writeAll('npy', rows, { emit: 'label' })).error).toMatchObject({ code: 'E_CONFLICT' })
  })

  it('writes nothing of nothing', async () => {
    for (const format of FORMATS) expect((await writeAll(format, [])).bytes).toHaveLength(0)
  })

  it('does not keep texts back', async () => {
    const stream = write('ndjson')
    const pieces = stream[Symbol.asyncIterator]()
    for (const id of [1, 2]) {
      stream.write({ id })
      expect(String((await pieces.next()).value)).toBe(`{"id":${id}}\n`)
    }
    stream.destroy()
  })

  it('takes no more rows than bytes are taken', async () => {
    let rows = 0
    const endless = function* () {
      for (;;) yield { id: ++rows, text: 'x'.repeat(1000) }
    }
    const stream = Readable.from(endless()).pipe(write('csv'))
    const pieces = stream[Symbol.asyncIterator]()
    await pieces.next()
    await standsStill(() => rows, 5000)
    await pieces.return!()
  })

  it('ends in peace where its reader goes with a full batch under way', async () => {
    const stream = write('csv')
    Readable.from(Array.from({ length: 1024 }, (_, id) => ({ id }))).pipe(stream, { end: false })
    for await (const bytes of stream) if (String(bytes) !== 'id\n') break
    await sleep(20)
    expect(stream.destroyed).toBe(true)
  })

  it('leaves nothing behind when it is aborted', async () => {
    // In a folder of its own, since its temporary file has no fixed name.
    const cwd = folder()
    vi.stubEnv('TMPDIR', cwd)
    onTestFinished(() => void vi.unstubAllEnvs())
    const isOpen = () => openFiles().some((name) => name.startsWith(cwd))
    const controller = new AbortController()
    const stream = write('npy', { signal: controller.signal })
    const rows = await Readable.from([[2, 1]])
      .compose(softmax())
      .toArray()
    for (let count = 0; count < 1024; count++) stream.write(rows[0])
    const ended = stream.toArray()
    while (!isOpen()) await sleep(5)
    controller.abort()
    await expect(ended).rejects.toMatchObject({ name: 'AbortError' })
    while (isOpen()) await sleep(5)
    expect(readdirSync(cwd)).toEqual([])
  })

  it('refuses formats and options that it does not know', () => {
    expect(thrown(() => write('xml' as Format))).toMatchObject({ code: 'E_OPTION' })
    expect(thrown(() => write('csv', { onError: 'skip' } as WriteOptions))).toMatchObject({ code: 'E_FLAG' })
    expect(thrown(() => write('ndjson', { delimiter: ';' }))).toMatchObject({ code: 'E_CONFLICT' })
  })
})

describe('web streams', () => {
  it('take read(), softmax() and write() through Duplex.toWeb', async () => {
    const through = (stream: Duplex) => Duplex.toWeb(stream) as ReadableWritablePair<unknown, unknown>
    const body = new Blob(['id,logit_a,logit_b\n7,2,1\n']).stream() as ReadableStream<unknown>
    const scored = body
      .pipeThrough(through(read('csv')))
      .pipeThrough(through(softmax()))
      .pipeThrough(through(write('ndjson')))
    const text = await new Response(scored as ReadableStream<Uint8Array>).text()
    expect(text).toBe(`{"id":"7","p_a":${P21.split(',')[0]},"p_b":${P21.split(',')[1]},"label":"a"}\n`)
  })

  it('take score() through it, and hand its errors on', async () => {
    const through = () => Duplex.toWeb(score()) as ReadableWritablePair<Uint8Array, Uint8Array>
    const scored = (text: string) => new Response(new Blob([text]).stream().pipeThrough(through())).text()
    expect(await scored('id,logit_a,logit_b\n7,2,1\n')).toBe(`id,p_a,p_b,label\n7,${P21},a\n`)
    await expect(scored('id,logit_a,logit_b\n7,x,1\n')).rejects.toMatchObject({ code: 'E_CELL' })
  })
})

it('a pipeline of files is one of rows between them', async () => {
  const cwd = folder()
  await pipeline(
    createReadStream(fixture('digits.arrow')),
    read('arrow'),
    softmax(),
    write('parquet'),
    createWriteStream(join(cwd, 'scored.parquet')),
  )
  const { buffer, byteOffset, length } = readFileSync(join(cwd, 'scored.parquet'))
  const rows = await parquetReadObjects({ file: buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer })
  expect(rows.map(({ truth }) => truth)).toEqual(DIGITS.map(({ truth }) => truth))
  expect(rows.filter(({ truth, label }) => NAMES[Number(label)] === truth)).toHaveLength(861)
})

describe('a column whose type objects do not show', () => {
  const gap = makeVector(makeData({ type: new IntervalYearMonth(), length: 2, data: Int32Array.of(1, -2) }))
  const FIELDS = {
    gap,
    id: vectorFromArray([1, 2], new Int32()),
    logits: vectorFromArray(
      [
        [2, 1],
        [0, 3],
      ],
      new List(new Field('item', new Float64())),
    ),
  }
  const input = Buffer.from(tableToIPC(new Table(FIELDS), 'file'))

  /** The warnings when rows are read and written as Arrow, with some steps in between. */
  async function warned(steps: Duplex[], options: WriteOptions = {}): Promise<string[]> {
    const warnings: string[] = []
    const writer = write('arrow', options).on('warning', (text) => warnings.push(text))
    const rows: Duplex = Readable.from([input]).compose(read('arrow'))
    await [...steps, writer].reduce((stream, step) => stream.compose(step), rows).toArray()
    return warnings
  }

  it('is text, which a warning says', async () => {
    const text =
      'the column "gap" was interval(year_month) in the input, and is written as text; score() and scoreFiles() keep types'
    expect(await warned([softmax()])).toEqual([text])
    expect(await warned([softmax({ emit: 'label' })])).toEqual([text])
    expect(await warned([])).toEqual([text])
  })

  it('is none to warn of where it is given a type, or not written', async () => {
    expect(await warned([softmax()], { types: 'gap=text' })).toEqual([])
    expect(await warned([softmax({ keep: false })])).toEqual([])
  })

  it('is nothing to warn of in text', async () => {
    const warnings: string[] = []
    const writer = write('ndjson').on('warning', (text) => warnings.push(text))
    await Readable.from([input]).compose(read('arrow')).compose(softmax()).compose(writer).toArray()
    expect(warnings).toEqual([])
  })
})

describe('rows of a table that become objects', () => {
  const table = (columns: Record<string, Vector>) => {
    const logits = { logit_a: vectorFromArray([1, 1], new Float64()), logit_b: vectorFromArray([2, 2], new Float64()) }
    return Buffer.from(tableToIPC(new Table({ ...columns, ...logits }), 'file'))
  }
  const text = (values: (string | null)[]) => vectorFromArray(values, new Utf8())

  /** The bytes that write() makes of the rows that read() makes of an input, with their labels. */
  async function rewritten(from: Format, input: Buffer | string, to: Format): Promise<Buffer> {
    const rows = Readable.from([Buffer.from(input)]).compose(read(from))
    return Buffer.concat(
      await rows
        .compose(softmax({ emit: 'label' }))
        .compose(write(to))
        .toArray(),
    )
  }

  it('have bytes in lists and objects as base64, like other bytes', async () => {
    const bytes = {
      one: new Uint8Array([255]),
      list: [Buffer.from('x'), new Uint8Array()],
      in: { a: Buffer.from('abc') },
    }
    const json = '{"one":"/w==","list":["eA==",""],"in":{"a":"YWJj"}}'
    expect((await writeAll('ndjson', [bytes])).text).toBe(`${json}\n`)
    expect((await writeAll('csv', [bytes])).text).toBe('one,list,in\n/w==,"[""eA=="",""""]","{""a"":""YWJj""}"\n')
    const input = table({
      b: vectorFromArray([[new Uint8Array([255])], []], new List(new Field('item', new Binary()))),
    })
    expect(String(await rewritten('arrow', input, 'ndjson'))).toBe('{"b":["/w=="],"label":"b"}\n{"b":[],"label":"b"}\n')
    expect(String(await rewritten('arrow', input, 'ndjson'))).toBe(
      (await run([input], { from: 'arrow', to: 'ndjson', emit: 'label' })).text,
    )
  })

  it('have empty text and null as different cells, as in score(), if their input does', async () => {
    const input = table({ note: text(['', null]) })
    expect(String(await rewritten('arrow', input, 'csv'))).toBe('note,label\n"",b\n,b\n')
    expect((await run([input], { from: 'arrow', to: 'csv', emit: 'label' })).text).toBe('note,label\n"",b\n,b\n')
    expect(String(await rewritten('csv', 'note,logit_a,logit_b\n,1,2\n', 'csv'))).toBe('note,label\n,b\n')
  })

  // As pyarrow.csv writes them, and PostgreSQL reads them.
  it.each([
    ['ndjson', '{"note":"","logit_a":1,"logit_b":2}\n{"note":null,"logit_a":1,"logit_b":2}\n'],
    ['json', '[{"note":"","logit_a":1,"logit_b":2},{"note":null,"logit_a":1,"logit_b":2}]'],
    ['copy', 'note\tlogit_a\tlogit_b\n\t1\t2\n\\N\t1\t2\n'],
  ] as const)('have both, too, if they come from %s, also as copies with typesFrom', async (from, input) => {
    const header = from === 'copy' ? { header: true } : {}
    for (const [to, text] of [
      ['csv', 'note,label\n"",b\n,b\n'],
      ['tsv', 'note\tlabel\n""\tb\n\tb\n'],
      ['copy', '\tb\n\\N\tb\n'],
    ] as const) {
      for (const isCopy of [false, true]) {
        const rows = read(from, header)
        const stream = Readable.from([Buffer.from(input)])
          .compose(rows)
          .map((row: object) => (isCopy ? { ...row } : row))
        const scored = stream.compose(softmax({ emit: 'label' })).compose(write(to, isCopy ? { typesFrom: rows } : {}))
        expect(Buffer.concat(await scored.toArray()).toString()).toBe(text)
      }
      const options = { from, to, emit: 'label', outputHeader: to !== 'copy', keep: 'note', ...header } as const
      expect((await run(input, options)).text).toBe(text)
    }
  })

  it('keep the order of columns that objects sort by number', async () => {
    const csv = 'id,7,logit_a,logit_b,2024,10,x\nu,v,1,2,w,y,z\n'
    expect(String(await rewritten('csv', csv, 'csv'))).toBe('id,7,2024,10,x,label\nu,v,w,y,z,b\n')
    const names = ['id', '7', '2024', '10', 'x', 'label']
    expect(tableFromIPC(await rewritten('csv', csv, 'arrow')).schema.fields.map(({ name }) => name)).toEqual(names)
    const { bytes } = await run(csv, { from: 'csv', to: 'arrow', emit: 'probs=logit_' })
    const { fields } = tableFromIPC(await rewritten('arrow', bytes, 'arrow')).schema
    expect(fields.map(({ name }) => name)).toEqual(names)
  })
})

describe('objects with a method toJSON', () => {
  const decimal = { digits: 150, toJSON: () => '1.50' }
  const count = { toJSON: () => 7 }
  const point = { toJSON: () => ({ x: 1 }) }
  const rows = [{ price: decimal, at: new URL('https://a.test/'), count, point, none: { toJSON: () => null } }]

  it.each([
    ['csv', 'price,at,count,point,none\n1.50,https://a.test/,7,"{""x"":1}",\n'],
    ['ndjson', '{"price":"1.50","at":"https://a.test/","count":7,"point":{"x":1},"none":null}\n'],
  ] as const)('are written as JSON shows them: %s', async (format, text) => {
    expect(JSON.parse(JSON.stringify(rows))).toEqual([
      { price: '1.50', at: 'https://a.test/', count: 7, point: { x: 1 }, none: null },
    ])
    expect((await writeAll(format, rows)).text).toBe(text)
  })

  it('have the types of these values', async () => {
    const { bytes, warnings } = await writeAll('arrow', rows)
    const table = tableFromIPC(bytes)
    expect(table.schema.fields.map(({ type }) => String(type))).toEqual(['Utf8', 'Utf8', 'Int64', 'Utf8', 'Utf8'])
    expect(warnings).toEqual(['the column "point" has lists or objects, and is written as JSON text'])
    const typed = await writeAll('arrow', rows, { types: 'price=decimal(5,2)' })
    expect(String(tableFromIPC(typed.bytes).schema.fields[0]!.type)).toBe('Decimal[5e+2]')
  })

  it('may return themselves', async () => {
    const itself = { a: 1, toJSON: () => itself }
    expect(JSON.stringify(itself)).toBe('{"a":1}')
    expect((await writeAll('ndjson', [{ itself, list: [itself] }])).text).toBe('{"itself":{"a":1},"list":[{"a":1}]}\n')
  })
})

describe('a value that contains itself', () => {
  const cycle: Record<string, unknown> = { id: 7 }
  cycle.list = [cycle]
  const endless = { toJSON: () => ({ next: endless }) }

  it.each(['csv', 'ndjson', 'json', 'parquet', 'arrow'] as const)(
    'ends the stream after the rows before it: %s',
    async (format) => {
      for (const x of [cycle, cycle.list, endless]) {
        const { error, text } = await writeAll(format, [
          { id: 'first', x: 'a' },
          { id: 'second', x },
        ])
        expect(error).toMatchObject({
          code: 'E_RECORD',
          message: 'row 2: its "x" contains itself, or has more than 1000 levels; remove it from the row [E_RECORD]',
        })
        expect(format === 'parquet' || text.includes('first')).toBe(true)
      }
    },
  )

  it('is not one that occurs twice, or has many levels', async () => {
    const shared = { a: 1 }
    let deep: unknown = shared
    for (let level = 0; level < 900; level++) deep = [deep]
    const { text, error } = await writeAll('ndjson', [{ x: [shared, shared], deep }])
    expect(error).toBeUndefined()
    expect(text).toBe(`{"x":[{"a":1},{"a":1}],"deep":${'['.repeat(900)}{"a":1}${']'.repeat(900)}}\n`)
  })
})

describe('a column of lists or objects in lines of JSON', () => {
  const line = '{"id":1,"tags":[1,2],"info":{"a":1},"logits":[1,2]}\n'

  it('is text in a format with types, which a warning says', async () => {
    const { warnings } = await run(line, { from: 'ndjson', to: 'arrow' })
    expect(warnings).toEqual(['the columns "tags", "info" have lists or objects, and are written as JSON text'])
  })

  it.each([
    { to: 'ndjson' },
    { to: 'csv' },
    { to: 'arrow', keep: false },
    { to: 'arrow', types: 'tags=text,info=text' },
  ] as const)('is nothing to warn of with %j', async (options) => {
    expect((await run(line, { from: 'ndjson', ...options })).warnings).toEqual([])
    const { to, ...others } = options
    const predictions = await Readable.from([JSON.parse(line)])
      .compose(softmax())
      .toArray()
    expect((await writeAll(to, predictions, others)).warnings).toEqual([])
  })

  it('is also text where objects are written', async () => {
    const rows = [{ id: 1, tags: null, info: null, none: null }, JSON.parse(line)]
    for (const to of ['parquet', 'arrow'] as const) {
      const { warnings } = await writeAll(to, await Readable.from(rows.slice(1)).compose(softmax()).toArray())
      expect(warnings).toEqual(['the columns "tags", "info" have lists or objects, and are written as JSON text'])
      const later = await writeAll(
        to,
        rows.map(({ logits, ...row }) => row),
      )
      expect(later.warnings).toEqual(['the columns "tags", "info" have lists or objects, and are written as JSON text'])
    }
  })
})

describe('a column that is null in the first rows', () => {
  const NULLS = 1100
  const rows = Array.from({ length: NULLS + 1 }, (_, index) => ({ logits: [1, 2], x: index < NULLS ? null : 0.5 }))

  it('is text in a format with types, which a warning says', async () => {
    const { warnings } = await run(rows.map((row) => `${JSON.stringify(row)}\n`).join(''), {
      from: 'ndjson',
      to: 'arrow',
    })
    const remedy = "; types: 'x=int64' would read it as integers"
    expect(warnings).toEqual([`the column "x" is null in the first 1000 rows, so it is written as text${remedy}`])
    const written: string[] = []
    const stream = write('arrow').on('warning', (text) => written.push(text))
    await Readable.from(rows).compose(softmax()).compose(stream).toArray()
    expect(written).toEqual([`the column "x" is null in the first 1024 rows, so it is written as text${remedy}`])
  })

  it('is nothing to warn of where all rows were seen, or the output has no types', async () => {
    const few = rows
      .slice(0, 5)
      .map((row) => `${JSON.stringify(row)}\n`)
      .join('')
    expect((await run(few, { from: 'ndjson', to: 'arrow' })).warnings).toEqual([])
  })
})
