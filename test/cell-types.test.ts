/** `types: 'infer'`: the types of columns kept from delimited text in typed outputs. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tableFromIPC } from 'apache-arrow'
import { type InputInfo, type ScoreOptions, score, scoreFiles } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { typesText } from '../dist/command/announcement.js'
import { type Outcome, run } from './streams.js'
import { command, folder } from './support.js'

interface Fixture {
  type: string
  cells: string[]
  values: (string | boolean | null)[]
}

const FIXTURES: Fixture[] = readFileSync(new URL('../fixtures/cell-types.ndjson', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))

/** The types as apache-arrow names them. */
const NAMES: Record<string, string> = {
  int64: 'Int64',
  float64: 'Float64',
  bool: 'Bool',
  'date(day)': 'Date32<DAY>',
  'timestamp(microsecond)': 'Timestamp<MICROSECOND>',
  'timestamp(microsecond, UTC)': 'Timestamp<MICROSECOND, UTC>',
  utf8: 'Utf8',
}

const LANES = ['general', 'fast'] as const
const INFER: ScoreOptions = { to: 'arrow', types: 'infer' }

const csvOf = (cells: readonly string[]) => `c,logit_x,logit_y\n${cells.map((cell) => `${cell},2,1\n`).join('')}`

/** A column of an Arrow file: its type, and its values as stored. */
function columnOf({ bytes }: Pick<Outcome, 'bytes'>, name = 'c') {
  const column = tableFromIPC(bytes).getChild(name)!
  const [data] = column.data as [(typeof column.data)[0]]
  const raw = (row: number) => {
    if (!column.isValid(row)) return null
    return ['Utf8', 'Bool'].includes(String(column.type)) ? column.get(row) : String(data.values[row])
  }
  return { type: String(column.type), values: Array.from({ length: column.length }, (_, row) => raw(row)) }
}

/** Doubles as text. */
const asDoubles = (values: Fixture['values']) =>
  values.map((value) => (value === null ? null : String(Number(String(value).replace('inf', 'Infinity')))))

describe('texts of null in kept text', () => {
  const text = 'id,note,logit_a,logit_b\n1,x,1,2\nNA,NA,1,2\n'
  const warned = async (options: ScoreOptions) => (await run(text, { null: 'NA', to: 'parquet', ...options })).warnings

  it('have a warning that says which types make them null, once for all inputs', async () => {
    const says = (columns: string, types: string) => [
      `the ${columns} texts of null, which stay text in columns without a type; types: '${types}' makes them null`,
    ]
    for (const to of ['parquet', 'arrow', 'arrows'] as const) {
      expect(await warned({ to })).toEqual(says('columns "id", "note" have', 'id=text,note=text'))
    }
    const withType = await warned({ types: 'id=int64' })
    expect(withType).toEqual(says('column "note" has', 'id=int64,note=text'))
    expect(await warned({ keep: 'note' })).toEqual(says('column "note" has', 'note=text'))
    const odd = await run(text.replace('note', '"a,b"'), { null: 'NA', to: 'parquet', keep: '"a,b"' })
    expect(odd.warnings).toEqual(says('column "a,b" has', 'infer'))
    const cwd = folder({ 'a.csv': text, 'b.csv': text })
    const { stderr } = command(['a.csv', 'b.csv', '--null', 'NA', '-o', 'out.parquet'], { cwd })
    expect(stderr.match(/warning: .*/g)).toEqual([
      `warning: a.csv: the columns "id", "note" have texts of --null, which stay text in columns without a type; --types id=text,note=text makes them null`,
    ])
  })

  it('are null then, in both lanes', async () => {
    for (const lane of ['fast', 'general'] as const) {
      const { bytes, warnings } = await run(text, { null: 'NA', to: 'arrow', types: 'id=text,note=text', lane })
      expect(warnings).toEqual([])
      const table = tableFromIPC(bytes)
      expect([...table.getChild('id')!, ...table.getChild('note')!]).toEqual(['1', null, 'x', null])
    }
  })

  it('have no warning where they have no type to get, have one, are not kept, or are only among logits', async () => {
    for (const options of [
      { to: 'csv' },
      { to: 'ndjson' },
      { types: 'infer' },
      { keep: false },
      { null: 'NULL' },
    ] as const) {
      expect(await warned(options)).toEqual([])
    }
    const logits = 'id,logit_a,logit_b\n1,NA,2\n'
    expect((await run(logits, { null: 'NA', missing: '-inf', to: 'parquet' })).warnings).toEqual([])
  })
})

describe('empty cells of kept text next to columns with types', () => {
  const text = 'id,memo,note,logit_a,logit_b\n1,,"",1,2\n2,x,,1,2\n3,y,"",1,2\n'
  const quoted = text.replace('2,x,,', '2,x,z,')
  const warned = async (input: string, options: ScoreOptions) =>
    (await run(input, { types: 'id=int64', to: 'parquet', ...options })).warnings

  it('have a warning that says which types make them null', async () => {
    for (const to of ['parquet', 'arrow', 'arrows'] as const) {
      expect(await warned(text, { to })).toEqual([
        `empty cells of "memo", "note" stay empty text; types: 'id=int64,memo=text,note=text' makes them null`,
      ])
    }
    expect(await warned(text, { to: 'arrow', keep: 'id,note' })).toEqual([
      `empty cells of "note" stay empty text; types: 'id=int64,note=text' makes them null`,
    ])
    expect(await warned(text.replace('memo', '"a,b"'), { keep: 'id,"a,b"' })).toEqual([
      `empty cells of "a,b" stay empty text; types: 'id=int64,infer' makes them null`,
    ])
    expect(await warned(text.replace('memo', 'm'.repeat(80)), { keep: 'id,m*' })).toEqual([
      `empty cells of "${'m'.repeat(80)}" stay empty text; types: 'NAME=text' makes them null`,
    ])
    const cwd = folder({ 'a.csv': text })
    const { stderr } = command(['a.csv', '--types', 'id=int64', '-t', 'parquet', '--dry-run'], { cwd })
    expect(stderr).toBe(
      'softmax: warning: a.csv: empty cells of "memo", "note" stay empty text; --types id=int64,memo=text,note=text makes them null\n',
    )
  })

  it('are null then, unless they are quoted, in both lanes', async () => {
    for (const lane of ['fast', 'general'] as const) {
      const types = 'id=int64,memo=text,note=text'
      const { bytes, warnings } = await run(text, { to: 'arrow', types, lane })
      const table = tableFromIPC(bytes)
      expect([warnings, ...table.getChild('memo')!, ...table.getChild('note')!]).toEqual([
        [],
        null,
        'x',
        'y',
        '',
        null,
        '',
      ])
    }
  })

  it('have no warning where they are text with a type, are quoted, or no column has a type', async () => {
    expect(await warned(quoted, { types: 'id=int64,memo=text' })).toEqual([])
    for (const options of [
      { types: 'infer' },
      { types: ['id=int64', 'infer'] },
      { types: 'text' },
      { types: 'id=text', to: 'csv' },
    ] as const) {
      expect(await warned(text, options)).toEqual([])
    }
    // In COPY, an empty cell is empty text, and null is written \\N.
    expect(await warned(text.replaceAll(',', '\t').replaceAll('""', '\\N'), { from: 'copy', header: true })).toEqual([])
    expect(await warned(text.replaceAll('""', '"NA"'), { null: 'NA' })).toEqual([])
  })
})

describe('a column whose cells are of one type', () => {
  it.each(FIXTURES.map((fixture) => [fixture.type, fixture.cells.join(' | '), fixture] as const))(
    'is %s: %s',
    async (type, _, { cells, values }) => {
      for (const lane of LANES) {
        const outcome = await run(csvOf(cells), { ...INFER, lane })
        expect(outcome.error).toBeUndefined()
        const column = columnOf(outcome)
        expect(column.type).toBe(NAMES[type])
        expect(column.values).toEqual(type === 'float64' ? asDoubles(values) : values)
      }
    },
  )

  it('is of it where cells stand in quotes too', async () => {
    for (const lane of LANES) {
      const column = columnOf(await run(csvOf(['"1"', '2', '""', '"-3"']), { ...INFER, lane }))
      expect(column).toEqual({ type: 'Int64', values: ['1', '2', null, '-3'] })
    }
  })

  it('is what the event of the input says, and nothing is warned of', async () => {
    const events: InputInfo[] = []
    const warnings: string[] = []
    const stream = score(INFER)
    stream.on('input', (info) => events.push(info)).on('warning', (text) => warnings.push(text))
    stream.end('id,day,note,age,logit_x,logit_y\n1,2026-11-27,a,7,2,1\n')
    for await (const _ of stream);
    const kept = events[0]!.output.columns.slice(0, 4)
    expect(kept.map(({ type }) => type)).toEqual(['int64', 'date(day)', 'utf8', 'int64'])
    expect(warnings).toEqual([])
    // What the command announces on a terminal.
    expect(typesText(kept)).toBe('int64 ("id", "age"), date(day) ("day"), text ("note")')
  })

  it('is text where types are not asked for', async () => {
    const outcome = await run(csvOf(['1', '2']), { to: 'arrow' })
    expect(outcome.warnings).toEqual([])
    expect(columnOf(outcome)).toEqual({ type: 'Utf8', values: ['1', '2'] })
  })
})

describe('long cells', () => {
  // With quadratic time, each would exceed the test's timeout.
  it.each([
    ['zeros and another digit', `1.${'0'.repeat(1_000_000)}1e-5`],
    ['blanks and a letter', `${' '.repeat(1_000_000)}x`],
    ['digits and a letter', `${'1'.repeat(1_000_000)}x`],
  ])('take time that grows with their length: %s', async (_, cell) => {
    const { text, error } = await run(`id,a,b\n${cell},-1.5,2.5\n`, { to: 'csv', logits: 'a,b', emit: 'label' })
    expect(error).toBeUndefined()
    expect(text).toBe(`id,label\n${cell},b\n`)
    expect(columnOf(await run(csvOf([cell]), INFER)).type).toBe('Utf8')
  })
})

describe('a cell that is not of the type of the first 10,000', () => {
  const text = csvOf([...Array.from({ length: 10_000 }, (_, row) => String(row)), '', 'K1A', '7'])

  it('makes its row a bad one, with a message that says how to keep it', async () => {
    for (const lane of LANES) {
      const { error } = await run(text, { ...INFER, lane, source: 'a.csv' })
      expect(error).toMatchObject({
        code: 'E_CELL_TYPE',
        info: { line: 10_003, row: 10_002, byte: text.indexOf('K1A'), column: 'c', cell: 'K1A', type: 'int64' },
      })
      expect(error?.message).toMatch(
        /: "K1A" is not int64, the type of the first cells; types: 'infer,c=text' keeps the column as text /,
      )
    }
  })

  it('is left out with its row under skip', async () => {
    for (const lane of LANES) {
      const outcome = await run(text, { ...INFER, lane, onError: 'skip' })
      expect(outcome.stats).toMatchObject({ read: 10_003, written: 10_002, rejected: { E_CELL_TYPE: 1 } })
      expect(columnOf(outcome).values.slice(-3)).toEqual(['9999', null, '7'])
    }
  })

  it('is as others are where it stands among the first', async () => {
    const among = text.split('\n').toSpliced(5, 0, 'x,2,1').join('\n')
    expect(columnOf(await run(among, INFER)).type).toBe('Utf8')
  })

  it('does not depend on the chunks that rows come in', async () => {
    const whole = await run(text, { ...INFER, onError: 'skip' })
    for (const size of [1000, 4096, 1 << 16]) {
      for (const jobs of [1, 3]) {
        const { bytes } = await run(text, { ...INFER, onError: 'skip', jobs }, size)
        expect(bytes.equals(whole.bytes)).toBe(true)
      }
    }
  })
})

describe('types of several inputs', () => {
  it('are those of the first', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'a.csv'), csvOf(['1', '2']))
    writeFileSync(join(cwd, 'b.csv'), csvOf(['', '']))
    const pieces: Buffer[] = []
    const paths = ['a.csv', 'b.csv'].map((name) => join(cwd, name))
    for await (const piece of scoreFiles(paths, INFER)) pieces.push(piece as Buffer)
    const table = tableFromIPC(Buffer.concat(pieces))
    expect(Array.from(table.getChild('c')!)).toEqual([1n, 2n, null, null])
  })
})

describe('types that are not to be inferred', () => {
  it.each([
    ['of an output that has none', csvOf(['1']), { types: 'infer' }],
    ['of an input that has some', '{"id":1,"logits":[1,2]}\n', { from: 'ndjson', to: 'arrow', types: 'infer' }],
  ] satisfies [string, string, ScoreOptions][])('are refused: %s', async (_, text, options) => {
    const { error } = await run(text, options)
    expect(error).toMatchObject({ code: 'E_CONFLICT' })
    expect(error?.message).toMatch(/^types: 'infer' /)
  })

  it('are reported by the command', () => {
    const { status, stderr } = command(['--types', 'infer'], { stdin: csvOf(['1']) })
    expect(status).toBe(2)
    expect(stderr).toMatch(
      /^softmax: stdin: --types infer needs an output with types, such as -o FILE.parquet \[E_CONFLICT\]\n$/,
    )
  })
})
