/** Integers and decimals as logits of Parquet and Arrow: beyond 2^53, doubles represent only some of them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  Decimal,
  Dictionary,
  Field,
  FixedSizeList,
  Float64,
  Int32,
  Int64,
  List,
  Struct,
  Table,
  tableToIPC,
  Uint64,
  type Vector,
  vectorFromArray,
} from 'apache-arrow'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { calibrate, evaluate, type Reject, read, type ScoreOptions, softmax, write } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { run } from './streams.js'
import { command, folder } from './support.js'

/** The first magnitude at which two integers have the same double. */
const LIMIT = 2n ** 53n

const arrow = (columns: Record<string, Vector>) => Buffer.from(tableToIPC(new Table(columns), 'file'))

const item = (type: Int64 | Uint64) => new Field('item', type, true)

/** Two classes per row. */
type Rows = readonly (readonly [bigint | null, bigint | null])[]

const column = (rows: Rows, index: 0 | 1) => rows.map((row) => row[index])

/** Digits of a decimal of scale 2, as 128 bits. */
const hundredths = (value: bigint | null) => {
  if (value === null) return null
  const bits = BigInt.asUintN(128, value * 100n)
  return Uint32Array.from([0n, 32n, 64n, 96n], (shift) => Number((bits >> shift) & 0xffffffffn))
}

const flat = (rows: Rows, make: (values: (bigint | null)[]) => Vector) =>
  arrow({ logit_a: make(column(rows, 0)), logit_b: make(column(rows, 1)) })

const parquet = (columns: { name: string; data: unknown[]; type?: string }[], schema?: unknown) =>
  Buffer.from(parquetWriteBuffer({ columnData: columns as never, ...(schema ? { schema: schema as never } : {}) }))

const parquetSchema = (own: object) => [
  { name: 'root', num_children: 2 },
  ...['logit_a', 'logit_b'].map((name) => ({ name, repetition_type: 'OPTIONAL', type: 'INT64', ...own })),
]

const inParquet = (rows: Rows, own: object = {}) =>
  parquet(
    (['logit_a', 'logit_b'] as const).map((name, index) => ({ name, data: column(rows, index as 0 | 1) })),
    parquetSchema(own),
  )

/** What a message says: the second class, the kind of number, and what follows its digits. */
interface Expected {
  second: string
  name: string
  suffix: string
  options: ScoreOptions
}

/** The ways to store integers. */
const STORED: Record<string, { of: (rows: Rows) => Buffer } & Partial<Expected>> = {
  'int64 columns of Arrow': { of: (rows) => flat(rows, (values) => vectorFromArray(values, new Int64())) },
  'uint64 columns of Arrow': { of: (rows) => flat(rows, (values) => vectorFromArray(values, new Uint64())) },
  'dictionaries of Arrow': {
    of: (rows) => flat(rows, (values) => vectorFromArray(values, new Dictionary(new Int64(), new Int32()))),
  },
  'decimals of Arrow': {
    of: (rows) => flat(rows, (values) => vectorFromArray(values.map(hundredths), new Decimal(2, 38, 128))),
    name: 'decimal',
    suffix: '.00',
  },
  'lists of Arrow': {
    of: (rows) => arrow({ logits: vectorFromArray(rows, new List(item(new Int64()))) }),
    second: 'class 1',
  },
  'lists of a fixed size of Arrow': {
    of: (rows) => arrow({ logits: vectorFromArray(rows, new FixedSizeList(2, item(new Uint64()))) }),
    second: 'class 1',
  },
  'nested lists of Arrow': {
    of: (rows) => {
      const type = new List(new Field('item', new List(item(new Int64())), true))
      return arrow({
        logits: vectorFromArray(
          rows.map((row) => [[0n, 1n], row]),
          type,
        ),
      })
    },
    second: 'column 1.1',
    options: { logits: 'logits' },
  },
  'structs of Arrow': {
    of: (rows) => {
      const type = new Struct(['logit_a', 'logit_b'].map((name) => new Field(name, new Int64(), true)))
      return arrow({
        logits: vectorFromArray(
          rows.map(([logit_a, logit_b]) => ({ logit_a, logit_b })),
          type,
        ),
      })
    },
  },
  'int64 columns of Parquet': { of: (rows) => inParquet(rows) },
  'uint64 columns of Parquet': { of: (rows) => inParquet(rows, { converted_type: 'UINT_64' }) },
}

const GOOD: Rows = [
  [1n, 2n],
  [LIMIT - 1n, 0n],
]
const BAD: Rows = [...GOOD, [0n, LIMIT + 1n], [3n, 1n]]

describe.each(Object.entries(STORED))(
  '%s',
  (_, { of, second = 'column logit_b', name = 'integer', suffix = '', options: own }) => {
    const says = `${second} (row 3): the ${name} 9007199254740993${suffix} has a magnitude above 2^53 - 1, up to which doubles represent all integers; save the logits as float64; onError: 'skip' skips such rows [E_OVERFLOW]`

    it.each<ScoreOptions>([{}, { lane: 'general' }, { to: 'csv' }, { to: 'csv', lane: 'general' }])(
      'are refused beyond 2^53 - 1, with all digits: %j',
      async (chosen) => {
        const options = { ...own, ...chosen }
        expect((await run(of(GOOD), options)).error).toBeUndefined()
        const { error } = await run(of(BAD), options)
        expect(error).toMatchObject({
          code: 'E_OVERFLOW',
          status: 1,
          info: { row: 3, cell: `9007199254740993${suffix}` },
        })
        expect(error!.message.replace(/^class logit_b/, 'column logit_b')).toBe(says)
      },
    )

    it('are rejected, and the other rows scored as without them', async () => {
      const rejects: Reject[] = []
      const onReject = (reject: Reject) => void rejects.push(reject)
      const { text, stats } = await run(of(BAD), { ...own, to: 'csv', onReject })
      expect(text).toBe((await run(of([...GOOD, BAD[3]!]), { ...own, to: 'csv' })).text)
      expect(stats).toMatchObject({ read: 4, written: 3, rejected: { E_OVERFLOW: 1 } })
      expect(rejects).toMatchObject([{ row: 3, code: 'E_OVERFLOW' }])
    })

    it('are missing where they are null, whatever is stored there', async () => {
      const { stats } = await run(of([...BAD, [null, LIMIT]]), { ...own, to: 'csv', onError: 'skip' })
      expect(stats.rejected).toEqual({ E_OVERFLOW: 1, E_MISSING: 1 })
    })
  },
)

describe('an integer beyond 2^53 - 1', () => {
  it('is refused if it is negative, or one that a double represents, as in .npy', async () => {
    for (const value of [-LIMIT, LIMIT, 2n ** 60n]) {
      const bytes = STORED['int64 columns of Parquet']!.of([[value, 0n]])
      expect((await run(bytes, { to: 'csv' })).error).toMatchObject({
        code: 'E_OVERFLOW',
        info: { column: 'logit_a', cell: String(value), isInteger: true },
      })
    }
  })

  it('may be a double, as all doubles are', async () => {
    const bytes = flat([[LIMIT, 0n]], (values) => vectorFromArray(values.map(Number), new Float64()))
    expect((await run(bytes, { to: 'csv', emit: 'label' })).text).toBe('label\na\n')
  })

  it('may be in a kept column', async () => {
    const ids = vectorFromArray([LIMIT + 1n], new Int64())
    const [logit_a, logit_b] = [vectorFromArray([2n], new Int64()), vectorFromArray([1n], new Int64())]
    const bytes = arrow({ id: ids, logit_a, logit_b })
    expect((await run(bytes, { to: 'csv', emit: 'label' })).text).toBe('id,label\n9007199254740993,a\n')
  })

  it('stops evaluate() and calibrate(), or is skipped there', async () => {
    const bytes = arrow({
      logit_a: vectorFromArray([1n, 2n, LIMIT + 1n], new Int64()),
      logit_b: vectorFromArray([2n, 1n, 0n], new Int64()),
      truth: vectorFromArray(['a', 'a', 'a']),
    })
    for (const measure of [evaluate, calibrate]) {
      const result = (options: object) => measure(Readable.from([bytes]), { truth: 'truth', ...options })
      await expect(result({})).rejects.toMatchObject({ code: 'E_OVERFLOW', info: { row: 3 } })
      expect((await result({ onError: 'skip' })).rows).toBe(2)
    }
  })

  it('is refused by read() if it is a logit that is selected or in the list called logits', async () => {
    const rows = (bytes: Buffer, options: object = {}) =>
      Readable.from([bytes]).compose(read('arrow', options)).toArray()
    const list = STORED['lists of Arrow']!.of(BAD)
    await expect(rows(list)).rejects.toMatchObject({ code: 'E_OVERFLOW', info: { row: 3 } })
    expect(await rows(list, { onError: 'skip' })).toHaveLength(3)
    const columns = STORED['int64 columns of Arrow']!.of([...BAD, [null, null]])
    const selected = { logits: 'logit_*' }
    await expect(rows(columns, selected)).rejects.toMatchObject({
      code: 'E_OVERFLOW',
      info: { row: 3, column: 'logit_b', cell: '9007199254740993' },
    })
    expect(await rows(columns, { ...selected, onError: 'skip' })).toHaveLength(4)
    expect((await rows(columns))[2]).toEqual({ logit_a: 0, logit_b: LIMIT + 1n })
  })

  it('is refused as a bigint of an object, and up to there is a logit like any other', async () => {
    const scored = (rows: object[], options: object = {}) => Readable.from(rows).compose(softmax(options)).toArray()
    const exact = { logit_a: LIMIT - 1n, logit_b: -(LIMIT - 1n) }
    expect(await scored([exact, { logit_a: 1n, logit_b: 2 }])).toMatchObject([{ label: 'a' }, { label: 'b' }])
    for (const row of [
      { logit_a: 1, logit_b: LIMIT },
      { logit_a: 1, logit_b: 10n ** 400n },
    ]) {
      await expect(scored([exact, row])).rejects.toMatchObject({
        code: 'E_OVERFLOW',
        message: expect.stringContaining(
          'above 2^53 - 1, up to which doubles represent all integers; Number() rounds it',
        ),
        info: { row: 2, column: 'logit_b' },
      })
      expect(await scored([exact, row], { onError: 'skip' })).toHaveLength(1)
    }
    const sentinel = { logit_a: -(2n ** 63n), logit_b: 1 }
    const masked = await scored([exact, sentinel], { null: String(-(2n ** 63n)), missing: '-inf' })
    expect(masked[1]).toMatchObject({ probabilities: [0, 1] })
  })

  it('is refused where read() gives it to softmax()', async () => {
    const stream = Readable.from([STORED['int64 columns of Parquet']!.of(BAD)])
    const scored = stream.compose(read('parquet')).compose(softmax())
    await expect(scored.toArray()).rejects.toMatchObject({ code: 'E_OVERFLOW', info: { row: 3, column: 'logit_b' } })
  })

  it('is rounded where it is text, also where read() gives it to softmax()', async () => {
    const lists = '{"id":12345678901234567890,"logits":[9007199254740993,9007199254740991]}\n'
    const keys = '{"id":1,"logit_a":9007199254740993,"logit_b":9007199254740991}\n'
    // The nearest double of 2^53 + 1 is 2^53.
    const [p1, p0] = ['0.7310585786300049', '0.2689414213699951']
    for (const [text, options, expected] of [
      [lists, {}, `p_0,p_1\n${p1},${p0}\n`],
      [lists.replace('logits', 'scores'), { logits: 'scores' }, `p_0,p_1\n${p1},${p0}\n`],
      [keys, {}, `p_a,p_b\n${p1},${p0}\n`],
      [keys, { logits: 'logit_b,logit_a' }, `p_b,p_a\n${p0},${p1}\n`],
    ] as const) {
      const whole = await run(text, { from: 'ndjson', to: 'csv', emit: 'probs', keep: false, ...options })
      const stream = Readable.from([Buffer.from(text)]).compose(read('ndjson', options))
      const scored = stream.compose(softmax({ emit: 'probs', keep: false })).compose(write('csv'))
      expect([whole.text, Buffer.concat(await scored.toArray()).toString()]).toEqual([expected, expected])
    }
  })

  it('is found in any row group, on any number of threads', () => {
    const values = Array.from({ length: 60_000 }, (_, row) => (row === 41_999 ? LIMIT + 1n : BigInt(row % 7)))
    const logits = Array.from({ length: 6 }, (_, index) => ({
      name: `logit_${index}`,
      data: index === 4 ? values : values.map((value) => value % BigInt(index + 2)),
      type: 'INT64' as const,
    }))
    const cwd = folder({ 'in.parquet': Buffer.from(parquetWriteBuffer({ columnData: logits, rowGroupSize: 7000 })) })
    const outputs = ['1', '2', '3'].map((jobs) => {
      const { status, stderr } = command(['in.parquet', '--jobs', jobs, '-o', 'out.parquet'], { cwd })
      expect(status).toBe(1)
      expect(stderr).toMatch(
        /^softmax: in\.parquet: column logit_4 \(row 42000\): the integer 9007199254740993 has .*\n$/,
      )
      writeFileSync(join(cwd, 'bad.ndjson'), '')
      const rejecting = ['in.parquet', '--jobs', jobs, '-o', 'out.parquet', '--rejects', 'bad.ndjson', '-q']
      expect(command(rejecting, { cwd }).status).toBe(0)
      expect(JSON.parse(readFileSync(join(cwd, 'bad.ndjson'), 'utf8'))).toMatchObject({
        row: 42_000,
        code: 'E_OVERFLOW',
      })
      return readFileSync(join(cwd, 'out.parquet'))
    })
    expect(outputs.every((bytes) => bytes.equals(outputs[0]!))).toBe(true)
  })
})
