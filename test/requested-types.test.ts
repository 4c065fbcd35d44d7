/** `types: 'id=int64,price=float64'`: requested types of columns kept from text and objects. */
import { Readable } from 'node:stream'
import { tableFromIPC } from 'apache-arrow'
import { read, type ScoreOptions, scoreFiles, type WriteOptions, write } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { run } from './streams.js'

const LANES = ['general', 'fast'] as const

/** The types of the kept columns of an Arrow file, as apache-arrow names them, and the values of one. */
function columnOf(bytes: Buffer, name: string) {
  const column = tableFromIPC(bytes).getChild(name)!
  return { type: String(column.type), values: Array.from(column) }
}

/** Rows of JSON, the last one with a fraction after 1,100 integers. */
const WHOLE = '{"id":7,"price":5,"logits":[2,1]}\n'.repeat(1_100)
const JSON_ROWS = `${WHOLE}{"id":8,"price":5.5,"logits":[2,1]}\n`
const CSV_ROWS = `id,price,logit_a,logit_b\n${'7,5,2,1\n'.repeat(10_000)}8,5.5,2,1\n`
const JSON_TO_ARROW: ScoreOptions = { from: 'ndjson', to: 'arrow' }

describe('a fraction behind whole numbers', () => {
  it.each([
    ['JSON', JSON_ROWS, JSON_TO_ARROW, 'E_KEY', 'price=float64'],
    ['CSV', CSV_ROWS, { to: 'arrow', types: 'infer' }, 'E_CELL_TYPE', 'infer,price=float64'],
    ['CSV with types', CSV_ROWS, { to: 'arrow', types: 'price=int64' }, 'E_CELL_TYPE', 'price=float64'],
  ] satisfies [string, string, ScoreOptions, string, string][])(
    'is a bad row whose message has the types that take it: %s',
    async (_, text, options, code, types) => {
      for (const lane of LANES) {
        const { error } = await run(text, { ...options, lane })
        expect(error).toMatchObject({ code, info: { types } })
        expect(error?.message).toContain(`; types: '${types}' keeps the column as float64 `)
        const outcome = await run(text, { ...options, lane, types: types as NonNullable<ScoreOptions['types']> })
        expect(outcome.error).toBeUndefined()
        const { type, values } = columnOf(outcome.bytes, 'price')
        expect({ type, first: values[0], last: values.at(-1) }).toEqual({ type: 'Float64', first: 5, last: 5.5 })
      }
    },
  )

  it('is not the remedy of an integer that needs more than 64 bits, whose digits text keeps', async () => {
    const large = '18446744073709551616'
    const cases: [string, ScoreOptions][] = [
      [JSON_ROWS.replace('5.5', large), JSON_TO_ARROW],
      [JSON_ROWS.replace('5.5', large), { ...JSON_TO_ARROW, types: 'price=int64' }],
      [CSV_ROWS.replace('5.5', large), { to: 'arrow', types: 'infer' }],
      [CSV_ROWS.replace('5.5', `-${large}`), { to: 'arrow', types: 'price=int64' }],
    ]
    for (const [text, options] of cases) {
      for (const lane of LANES) {
        const { error } = await run(text, { ...options, lane })
        const types = options.types === 'infer' ? 'infer,price=text' : 'price=text'
        expect(error).toMatchObject({ info: { types } })
        const { bytes } = await run(text, { ...options, types: types as 'infer', lane })
        expect(columnOf(bytes, 'price').values.at(-1)).toBe(text.includes('-') ? `-${large}` : large)
      }
    }
    const rows = [...Array.from({ length: 1_100 }, () => ({ price: 5 })), { price: 2n ** 64n }]
    await expect(written(rows)).rejects.toMatchObject({ info: { types: 'price=text' } })
  })

  it('is one of an object, too', async () => {
    const rows = [...Array.from({ length: 1_100 }, () => ({ price: 5 })), { price: 5.5 }]
    await expect(written(rows)).rejects.toMatchObject({
      code: 'E_KEY',
      message: expect.stringContaining("types: 'price=float64' keeps the column as float64"),
    })
    expect(columnOf(await written(rows, { types: 'price=float64' }), 'price')).toMatchObject({ type: 'Float64' })
  })
})

describe('a value of another type in a second input', () => {
  const scored = async (values: readonly string[], options: ScoreOptions = {}) => {
    const inputs = values.map((id) => Readable.from([Buffer.from(`{"id":${id},"logits":[2,1]}\n`)]))
    return columnOf(Buffer.concat(await scoreFiles(inputs, { ...JSON_TO_ARROW, ...options }).toArray()), 'id')
  }

  it.each([
    [['7', '7.5'], 'integer', 'float64', [7, 7.5]],
    [['7', '"x"'], 'integer', 'text', ['7', 'x']],
    [['7', 'true'], 'integer', 'text', ['7', 'true']],
    [['true', '7.5'], 'boolean', 'text', ['true', '7.5']],
  ] as const)('is a bad row, with the type of both in its message: %s', async (ids, type, asked, values) => {
    const types = `id=${asked}` as const
    await expect(scored(ids)).rejects.toMatchObject({
      code: 'E_KEY',
      info: { key: 'id', type, types, row: 1 },
      message: expect.stringContaining(`types: '${types}' keeps the column as ${asked} `),
    })
    expect((await scored(ids, { types })).values).toEqual(values)
  })
})

/** The output of `write` for some rows. */
async function written(rows: readonly object[], options: WriteOptions = {}): Promise<Buffer> {
  const stream = write('arrow', options)
  for (const row of rows) stream.write(row)
  stream.end()
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

const MORNING = Date.UTC(2026, 10, 27, 10)

/** A requested type, JSON values and CSV cells of that type, and what apache-arrow reads. */
const TYPES = [
  ['text', ['1.50', 'true', null], '1.50|true|', 'Utf8', ['1.50', 'true', null]],
  ['int64', ['7', '"-8"', 'null'], '7|-8|', 'Int64', [7n, -8n, null]],
  ['float64', ['7', '"1.5"', '-0'], '7|1.5|-0', 'Float64', [7, 1.5, -0]],
  ['double', ['7', '1e3', 'null'], '7|1e3|', 'Float64', [7, 1000, null]],
  ['bool', ['true', '"FALSE"', 'null'], 'true|FALSE|', 'Bool', [true, false, null]],
  ['date32', ['"1970-01-02"', 'null'], '1970-01-02|', 'Date32<DAY>', [86_400_000, null]],
  ['timestamp', ['"2026-11-27 10:00"'], '2026-11-27 10:00', 'Timestamp<MICROSECOND>', [MORNING]],
  ['timestamp_utc', ['"2026-11-27T10:00:00Z"'], '2026-11-27T10:00Z', 'Timestamp<MICROSECOND, UTC>', [MORNING]],
  ['timestamp_utc', ['"2026-11-27T15:30:00+05:30"'], '2026-11-27 08:00-02', 'Timestamp<MICROSECOND, UTC>', [MORNING]],
  ['timestamp_utc', ['"2026-11-26T22:00:00-1200"'], '2026-11-27T10:00+00:00', 'Timestamp<MICROSECOND, UTC>', [MORNING]],
] as const

describe('each type', () => {
  it.each(TYPES)('is that of a column that is asked to have it: %s', async (name, json, cells, type, values) => {
    const types = `c=${name}` as const
    const lines = json.map((value) => `{"c":${value},"logits":[2,1]}\n`).join('')
    const rows = cells.split('|').map((cell) => `${cell},2,1\n`)
    for (const lane of LANES) {
      const [ofJson, ofCsv] = [
        await run(lines, { ...JSON_TO_ARROW, types, lane }),
        await run(`c,logit_a,logit_b\n${rows.join('')}`, { to: 'arrow', types, lane }),
      ]
      const expected = name === 'text' ? { type, values: [...values.slice(0, 2), null] } : { type, values }
      expect(columnOf(ofJson.bytes, 'c')).toEqual(expected)
      const ofCells = name === 'text' ? { type, values: ['1.50', 'true', null] } : expected
      expect(columnOf(ofCsv.bytes, 'c')).toEqual(ofCells)
    }
  })

  it('is that of objects, whose values may be of it or texts', async () => {
    const rows = [
      { id: 7n, day: '1970-01-02', at: new Date(MORNING), flag: true, note: 1.5 },
      { id: '8', day: null, at: '2026-11-27T10:00:00Z', flag: 'false', note: 'x' },
    ]
    const types = ['id=int64', 'day=date32', 'at=timestamp_utc', 'flag=bool', 'note=text'] as const
    const bytes = await written(rows, { types })
    const column = (name: string) => columnOf(bytes, name)
    expect(column('id')).toEqual({ type: 'Int64', values: [7n, 8n] })
    expect(column('day')).toEqual({ type: 'Date32<DAY>', values: [86_400_000, null] })
    expect(column('at')).toEqual({ type: 'Timestamp<MICROSECOND, UTC>', values: [MORNING, MORNING] })
    expect(column('flag')).toEqual({ type: 'Bool', values: [true, false] })
    expect(column('note')).toEqual({ type: 'Utf8', values: ['1.5', 'x'] })
  })

  it.each(['date32', 'timestamp', 'bool', 'int64', 'float64'] as const)(
    'makes a row whose value is none of it a bad one, in both lanes: %s',
    async (type) => {
      const lines = ['"x"', '""', '[1]', '"2026-11-27T10:00Z"'].map((value) => `{"c":${value},"logits":[2,1]}\n`)
      for (const lane of LANES) {
        const outcome = await run(`{"c":null,"logits":[2,1]}\n${lines.join('')}`, {
          ...JSON_TO_ARROW,
          types: `c=${type}`,
          lane,
          onError: 'skip',
        })
        expect(outcome.stats).toMatchObject({ read: 5, written: 1, rejected: { E_CELL_TYPE: 4 } })
      }
    },
  )
})

describe('a text that means null', () => {
  const csv = 'id,price,day,note,logit_x,logit_y\n7,1.5,2026-11-27,NA,2,1\nNA,"NA",NA,NA,2,1\n NULL ,,NULL,b,2,1\n'
  const nulls: ScoreOptions = { to: 'arrow', null: 'NA,NULL' }

  it.each([
    ['id=int64,price=double,day=date32', ['NA', 'NA', 'b']],
    ['infer', [null, null, 'b']],
  ] as const)('is null in a column of a type: %s', async (types, notes) => {
    for (const lane of LANES) {
      const { bytes, error } = await run(csv, { ...nulls, types, lane })
      expect(error).toBeUndefined()
      expect(columnOf(bytes, 'id')).toEqual({ type: 'Int64', values: [7n, null, null] })
      expect(columnOf(bytes, 'price')).toEqual({ type: 'Float64', values: [1.5, null, null] })
      expect(columnOf(bytes, 'day')).toEqual({ type: 'Date32<DAY>', values: [Date.UTC(2026, 10, 27), null, null] })
      expect(columnOf(bytes, 'note')).toEqual({ type: 'Utf8', values: notes })
    }
  })

  it('is a text where the option is not given, or the column has no type', async () => {
    for (const lane of LANES) {
      const inferred = await run(csv, { to: 'arrow', types: 'infer', lane })
      expect(columnOf(inferred.bytes, 'id')).toEqual({ type: 'Utf8', values: ['7', 'NA', ' NULL '] })
      const untyped = await run(csv, { ...nulls, lane })
      expect(columnOf(untyped.bytes, 'id')).toEqual({ type: 'Utf8', values: ['7', 'NA', ' NULL '] })
      const { error } = await run(csv, { to: 'arrow', types: 'id=int64', lane })
      expect(error).toMatchObject({ code: 'E_CELL_TYPE', info: { row: 2, column: 'id' } })
      expect(error?.message).toContain(`; null: 'NA' reads it as null, types: 'id=text' keeps the column as text `)
    }
  })

  it.each([
    ['int64', '-999', '-999', 'Int64', [null, 7n]],
    ['double', '-999.0', '-999.0', 'Float64', [null, 7]],
    ['date32', '9999-12-31', '9999-12-31', 'Date32<DAY>', [null, Date.UTC(2026, 10, 27)]],
    ['bool', 'False', 'False', 'Bool', [null, true]],
    ['decimal(5,2)', '-1.00', '-1.00', undefined, undefined],
  ] as const)('may be one that is a value of the type: %s', async (type, text, option, name, values) => {
    const other = { date32: '2026-11-27', bool: 'true' }[type as string] ?? '7'
    const rows = `c,logit_x,logit_y\n${text},2,1\n${other},2,1\n`
    const options: ScoreOptions = { to: 'arrow', null: option, types: `c=${type}` }
    const { bytes, error } = await run(rows, options)
    expect(error).toBeUndefined()
    const column = tableFromIPC(bytes).getChild('c')!
    expect([column.isValid(0), column.isValid(1)]).toEqual([false, true])
    if (name) expect(columnOf(bytes, 'c')).toEqual({ type: name, values })
    expect((await run(rows, { ...options, lane: 'fast' })).error).toMatchObject({ code: 'E_CONFLICT' })
  })

  it('has a decimal point where cells have a comma, as for logits', async () => {
    const rows = 'c;logit_x;logit_y\n-99,5;2,5;1\n1,5;2,5;1\n'
    const options = { to: 'arrow', decimal: ',', delimiter: ';', null: '-99.5', types: 'infer' } as const
    expect(columnOf((await run(rows, options)).bytes, 'c')).toEqual({ type: 'Float64', values: [null, 1.5] })
  })

  it('is null in JSON and objects, too', async () => {
    const rows = [
      { id: 7, at: '2026-11-27', note: 'NA', logits: [2, 1] },
      { id: 'NA', at: 'NA', note: 'NA', logits: [2, 1] },
      { id: -999, at: null, note: 'b', logits: [2, 1] },
    ]
    const types = 'id=int64,at=date32' as const
    const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    const scored = await run(lines, { ...JSON_TO_ARROW, types, null: 'NA,-999' })
    expect(scored.error).toBeUndefined()
    for (const bytes of [scored.bytes, await written(rows, { types, null: ['NA', '-999'] })]) {
      expect(columnOf(bytes, 'id')).toEqual({ type: 'Int64', values: [7n, null, null] })
      expect(columnOf(bytes, 'at').values).toEqual([Date.UTC(2026, 10, 27), null, null])
      expect(columnOf(bytes, 'note').values).toEqual(['NA', 'NA', 'b'])
    }
    for (const lane of LANES) {
      const words = await run(lines.replace('-999', 'null'), { ...JSON_TO_ARROW, types, null: 'NA', lane })
      expect(columnOf(words.bytes, 'id').values).toEqual([7n, null, null])
    }
  })

  it('is compared by all its digits with an integer that a double rounds', async () => {
    const lines = ['9223372036854775807', '9223372036854775806'].map((id) => `{"id":${id},"logits":[2,1]}\n`).join('')
    const options = { ...JSON_TO_ARROW, types: 'id=int64', null: '9223372036854775807' } as const
    expect(columnOf((await run(lines, options)).bytes, 'id').values).toEqual([null, 2n ** 63n - 2n])
  })
})

/** Null, empty and other text as PostgreSQL's COPY reads it, with NULL '' and with NULL 'NA'. */
describe('a column of text that is requested', () => {
  const csv = 'id,note,logit_x,logit_y\n1,,2,1\n2,"",2,1\n3,NA,2,1\n4,"NA",2,1\n5, NA,2,1\n6,"a ""b""",2,1\n'
  const notes = async (text: string, options: ScoreOptions) => {
    const { bytes, error } = await run(text, { to: 'arrow', ...options })
    expect(error).toBeUndefined()
    return columnOf(bytes, 'note').values
  }

  it.each(['note=text', 'infer', 'infer,note=text'] as const)(
    'is null in cells without quotes that are empty or mean null: %s',
    async (types) => {
      for (const lane of LANES) {
        expect(await notes(csv, { types, lane })).toEqual([null, '', 'NA', 'NA', ' NA', 'a "b"'])
        expect(await notes(csv, { types, lane, null: ' NA ,x' })).toEqual(['', '', null, 'NA', ' NA', 'a "b"'])
        expect(await notes(csv, { types, lane, null: ',NA' })).toEqual([null, '', null, 'NA', ' NA', 'a "b"'])
        const bare = csv.replaceAll('"', '')
        const literal = [null, null, null, null, ' NA', 'a b']
        expect(await notes(bare, { types, lane, null: ['', 'NA'], quote: 'none' })).toEqual(literal)
      }
    },
  )

  it('is text in all cells where no type is requested for it', async () => {
    for (const lane of LANES) {
      for (const types of ['text', 'id=int64'] as const)
        expect(await notes(csv, { types, lane, null: 'NA' })).toEqual(['', '', 'NA', 'NA', ' NA', 'a "b"'])
    }
  })

  it('is null where a column has no text at all', async () => {
    const rows = 'note,logit_x,logit_y\n,2,1\n,1,2\n'
    for (const lane of LANES) expect(await notes(rows, { types: 'infer', lane })).toEqual([null, null])
  })

  it('has the nulls of COPY, in which an empty cell is text', async () => {
    const rows = 'id\tnote\tlogit_x\tlogit_y\n1\t\t2\t1\n2\t\\N\t2\t1\n3\tNA\t2\t1\n4\ta\\tb\t2\t1\n'
    for (const lane of LANES) {
      const copy = { from: 'copy', types: 'note=text', lane } as const
      expect(await notes(rows, copy)).toEqual(['', null, 'NA', 'a\tb'])
      expect(await notes(rows, { ...copy, null: 'NA' })).toEqual(['', null, null, 'a\tb'])
    }
  })

  it('has the same nulls in every chunk and thread, and behind characters of other alphabets', async () => {
    const cells = ['', 'né', '""', 'NÉ', '"NÉ"']
    const rows = Array.from({ length: 20_000 }, (_, row) => `${row},${cells[row % 5]},2,1\n`)
    const expected = rows.map((_, row) => ['', 'né', '', null, 'NÉ'][row % 5])
    const text = `id,note,logit_x,logit_y\n${rows.join('')}`
    const options = { types: 'note=text', null: 'NÉ' } as const
    expect(await notes(text, options)).toEqual(expected)
    expect(await notes(text, { ...options, jobs: 2 })).toEqual(expected)
    expect(await notes(text, { ...options, lane: 'general' })).toEqual(expected)
  })
})

describe('a decimal', () => {
  const asked = async (cells: readonly string[], types: ScoreOptions['types'], options: ScoreOptions = {}) =>
    run(`c,logit_x,logit_y\n${cells.map((cell) => `${cell},2,1\n`).join('')}`, { types: types!, ...options })
  /** The texts of the decimals in a file. */
  const textsIn = async (bytes: Buffer, format: 'parquet' | 'arrow') => {
    const rows = await Readable.from([bytes]).compose(read(format)).toArray()
    return rows.map(({ c }) => c)
  }

  it.each(['parquet', 'arrow'] as const)('keeps each digit, with the scale that is asked for: %s', async (to) => {
    const cells = ['12345678.90', '-0.05', '7', '.5', '', '-99999999.99', '1.']
    const { bytes, error } = await asked(cells, 'c=decimal(10,2)', { to })
    expect(error).toBeUndefined()
    const expected = ['12345678.90', '-0.05', '7.00', '0.50', null, '-99999999.99', '1.00']
    expect(await textsIn(bytes, to)).toEqual(expected)
    const long = ['1234567890123456789012345678901234567890.1', `-${'9'.repeat(50)}.9`]
    const wide = await asked(long, ['c=decimal(60,1)'], { to })
    expect(await textsIn(wide.bytes, to)).toEqual(long)
  })

  it('has the precision, the scale and the bytes of Arrow', async () => {
    const { bytes } = await asked(['-1', '2.5'], 'c=decimal(38,3)', { to: 'arrow' })
    const column = tableFromIPC(bytes).getChild('c')!
    expect(column.type).toMatchObject({ precision: 38, scale: 3, bitWidth: 128 })
    expect(Array.from(column, (value) => [...new Int32Array(value.buffer, value.byteOffset, 4)])).toEqual([
      [-1000, -1, -1, -1],
      [2500, 0, 0, 0],
    ])
  })

  it.each(['100', '1.234', '1e1', '007', '+5', '-0', '.', 'x', '1,5', '0x1'])(
    'is not what has other or more digits than its type: %s',
    async (cell) => {
      const { stats } = await asked(['1', `"${cell}"`], 'c=decimal(4,2)', { to: 'arrow', onError: 'skip' })
      expect(stats).toMatchObject({ read: 2, written: 1, rejected: { E_CELL_TYPE: 1 } })
    },
  )

  it('is of numbers and texts in JSON and objects, beside other types', async () => {
    const types = 'c=decimal(20,2),b=int64' as const
    const rows = [
      { c: 1.25, b: 1 },
      { c: '-12345678901234567.89', b: 2 },
      { c: 7n, b: 3 },
      { c: null, b: null },
    ]
    const bytes = await written(rows, { types })
    expect(columnOf(bytes, 'b').values).toEqual([1n, 2n, 3n, null])
    expect(await textsIn(bytes, 'arrow')).toEqual(['1.25', '-12345678901234567.89', '7.00', null])
  })

  it('is not a number in JSON of more digits than a double keeps', async () => {
    const lines = ['1.10', '12345678901234567.89', '"12345678901234567.89"'].map((c) => `{"c":${c},"logits":[2,1]}\n`)
    const outcome = await run(lines.join(''), {
      ...JSON_TO_ARROW,
      types: 'c=decimal(20,2)',
      emit: 'label',
      onError: 'skip',
    })
    expect(outcome.stats).toMatchObject({ read: 3, written: 2, rejected: { E_CELL_TYPE: 1 } })
    expect(await textsIn(outcome.bytes, 'arrow')).toEqual(['1.10', '12345678901234567.89'])
  })

  it.each(['c=decimal', 'c=decimal(77,0)', 'c=decimal(2,3)', 'c=decimal(0,0)', 'c=decimal(10)'])(
    'has a precision up to 76 and a scale up to that: %s',
    (types) => expect(() => write('arrow', { types: types as 'text' })).toThrow('decimal(P,S)'),
  )
})

describe('a column that is asked to have a type', () => {
  it('is not reported as one that is null in the first rows', async () => {
    const nulls = '{"c":null,"logits":[2,1]}\n'.repeat(1_000)
    const rest = `${nulls}{"c":1.5,"logits":[2,1]}\n`
    const { warnings } = await run(rest, JSON_TO_ARROW)
    expect(warnings).toEqual([
      `the column "c" is null in the first 1000 rows, so it is written as text; types: 'c=int64' would read it as integers`,
    ])
    const outcome = await run(rest, { ...JSON_TO_ARROW, types: 'c=float64' })
    expect(outcome.warnings).toEqual([])
    expect(columnOf(outcome.bytes, 'c')).toMatchObject({ type: 'Float64' })
  })

  it('leaves the types of the others to be inferred, where that is asked for', async () => {
    const { bytes } = await run('a,b,logit_x,logit_y\n1,2,2,1\n', { to: 'arrow', types: ['infer', 'b=text'] })
    expect(columnOf(bytes, 'a').type).toBe('Int64')
    expect(columnOf(bytes, 'b').type).toBe('Utf8')
  })

  it('may be in UTC where the offsets are others, which is never inferred', async () => {
    const rows = 'at,logit_x,logit_y\n2026-01-02T03:04:05+02:00,2,1\n'
    const asked = await run(rows, { to: 'arrow', types: 'at=timestamp_utc' })
    expect(columnOf(asked.bytes, 'at').values).toEqual([Date.UTC(2026, 0, 2, 1, 4, 5)])
    const { bytes } = await run(rows, { to: 'arrow', types: 'infer' })
    expect(columnOf(bytes, 'at')).toEqual({ type: 'Utf8', values: ['2026-01-02T03:04:05+02:00'] })
  })

  it.each(['price=double', 'infer'] as const)('has decimals as logits have them, by %s', async (types) => {
    const comma = { decimal: ',', delimiter: ';', to: 'arrow', types } as const
    const { bytes } = await run('at;price;logit_x;logit_y\n2026-11-28 01:02:03.5;-8070,25;2,5;1\n', comma)
    expect(columnOf(bytes, 'price')).toMatchObject({ type: 'Float64', values: [-8070.25] })
    // Thousands separator or decimal point: ambiguous.
    const { error, bytes: other } = await run('price;logit_x;logit_y\n1.234;2,5;1\n', comma)
    if (types === 'infer') expect(columnOf(other, 'price').type).toBe('Utf8')
    else expect(error).toMatchObject({ code: 'E_CELL_TYPE', info: { cell: '1.234' } })
  })

  it('may have a = and, in a list, a comma in its name', async () => {
    const { bytes } = await run('"a,b=c",logit_x,logit_y\n1,2,1\n', { to: 'arrow', types: ['a,b=c=int64'] })
    expect(columnOf(bytes, 'a,b=c').type).toBe('Int64')
  })
})

describe('types that cannot be had', () => {
  const rows = 'price,logit_a,logit_b\n1,2,1\n'
  it.each([
    [
      'a name that no kept column has',
      rows,
      { to: 'arrow', types: 'prise=int64' },
      'E_SELECTOR',
      'did you mean "price"',
    ],
    [
      'a name that no kept column has, like one that has a type already',
      rows,
      { to: 'arrow', types: 'price=int64,prise=int64' },
      'E_SELECTOR',
      'not one of the kept columns "price" [E_SELECTOR]',
    ],
    ['the name of a logit', rows, { to: 'arrow', types: 'logit_a=int64' }, 'E_SELECTOR', 'not one of the kept columns'],
    [
      'an output without types',
      rows,
      { to: 'csv', types: 'price=int64' },
      'E_CONFLICT',
      "types, such as to: 'parquet'",
    ],
  ] satisfies [string, string, ScoreOptions, string, string][])('%s', async (_, text, options, code, says) => {
    const { error } = await run(text, options)
    expect(error).toMatchObject({ code, message: expect.stringContaining(says) })
  })

  it('are refused of objects, too', () => {
    expect(() => write('csv', { types: 'a=int64' })).toThrow(/formats that have types.* \[E_CONFLICT\]$/)
    expect(() => write('arrow', { types: 'infer' })).toThrow(/name columns, as types: 'id=int64' \[E_CONFLICT\]$/)
    return expect(written([{ price: 1 }], { types: 'prise=int64' })).rejects.toMatchObject({ code: 'E_SELECTOR' })
  })
})

describe('cells that PostgreSQL writes', () => {
  const columnIn = async (cells: readonly string[], types: NonNullable<ScoreOptions['types']>) => {
    const text = `c,logit_x,logit_y\n${cells.map((cell) => `${cell},2,1\n`).join('')}`
    const outcomes = await Promise.all(LANES.map((lane) => run(text, { to: 'arrow', types, lane })))
    const [one, two] = outcomes.map(({ bytes, error }) => ({
      error: error?.message,
      ...(!error && columnOf(bytes, 'c')),
    }))
    expect(two).toEqual(one)
    return one
  }

  it('are booleans, if these are requested', async () => {
    expect(await columnIn(['t', 'f', ''], 'c=bool')).toMatchObject({ type: 'Bool', values: [true, false, null] })
    expect(await columnIn(['t', 'f'], 'infer')).toMatchObject({ type: 'Utf8', values: ['t', 'f'] })
  })

  it('are decimals with zeros behind their scale', async () => {
    const { bytes } = await run('c,logit_x,logit_y\n12.3000,2,1\n-0.5000,2,1\n7.,2,1\n', {
      to: 'arrow',
      types: 'c=decimal(10,2)',
    })
    const column = tableFromIPC(bytes).getChild('c')!
    expect(Array.from(column, (value) => (value as Int32Array)[0]! | 0)).toEqual([1230, -50, 700])
    const { error } = await run('c,logit_x,logit_y\n12.3010,2,1\n', { to: 'arrow', types: 'c=decimal(10,2)' })
    expect(error?.message).toContain('"12.3010" is not decimal(10,2)')
  })

  it.each(['Z', '+00', '+0000', '+00:00'])('are times in UTC with the zone %s', async (zone) => {
    const time = Date.UTC(2026, 10, 30, 14, 30)
    expect(await columnIn([`2026-11-30 14:30:00${zone}`], 'infer')).toMatchObject({ values: [time] })
  })

  it('have a zone or none, with the type that takes them in the message', async () => {
    const zoned = await columnIn(['2026-11-30 14:30:00+05:30'], 'c=timestamp')
    expect(zoned?.error).toContain(
      "types: 'c=timestamp_utc' keeps the column as timestamp_utc, if each time has an offset; otherwise use text",
    )
    const local = await columnIn(['2026-11-30 14:30:00'], 'c=timestamp_utc')
    expect(local?.error).toContain("types: 'c=timestamp' keeps the column as timestamp, if no time has an offset")
    const cells = Array<string>(60_000).fill('2026-11-30 14:30:00')
    const mixed = await columnIn([...cells, '2026-11-30 14:30:00Z'], 'infer')
    expect(mixed?.error).toContain("types: 'infer,c=text' keeps the column as text")
  })
})
