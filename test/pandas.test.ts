import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { Schema, Table, tableFromIPC, tableToIPC, vectorFromArray } from 'apache-arrow'
import { parquetMetadata } from 'hyparquet'
import { read, type ScoreOptions, softmax, write } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { run } from './streams.js'
import { ROOT } from './support.js'

type Stored = Record<'column_indexes' | 'index_columns' | 'columns', unknown[]>
type Format = 'parquet' | 'arrow' | 'arrows'
type Case = { name: string; kept: Stored; dropped: Pick<Stored, 'column_indexes'> } & Record<Format, string>

const FORMATS: Format[] = ['parquet', 'arrow', 'arrows']

const CASES = readFileSync(join(ROOT, 'fixtures/pandas-names.ndjson'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Case)

/** The names of the columns of a file, and the entry that is read by pandas. */
function contentsOf(bytes: Buffer, format: Format): { names: string[]; entry: string } {
  if (format !== 'parquet') {
    const { schema } = tableFromIPC(bytes)
    return { names: schema.fields.map(({ name }) => name), entry: schema.metadata.get('pandas')! }
  }
  const { buffer, byteOffset, length } = bytes
  const footer = parquetMetadata(buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer)
  const names = footer.schema.slice(1).flatMap(({ name, repetition_type }) => (repetition_type ? [name] : []))
  return { names, entry: footer.key_value_metadata!.find(({ key }) => key === 'pandas')!.value! }
}

/** What is stored in a file about its columns; Python reads the NaN of attributes, which is not JSON. */
function storedIn(bytes: Buffer, format: Format): Stored {
  const { names, entry } = contentsOf(bytes, format)
  const { column_indexes, index_columns, columns } = JSON.parse(entry.replaceAll('NaN', 'null'))
  const isThere = ({ field_name }: { field_name: string }) => names.includes(field_name)
  return { column_indexes, index_columns, columns: columns.filter(isThere) }
}

const emit = 'probs=p_'
const options = { logits: '1-1,2-2,3-3', emit, labels: '0,1,2' } as const

describe.each(CASES.map((one) => [one.name, one] as const))('names of columns in pandas: %s', (_, one) => {
  const input = (format: Format) => Buffer.from(one[format], 'base64')
  const scored = async (from: Format, to: Format, more: ScoreOptions) => {
    const { bytes, error } = await run(input(from), { from, to, ...options, ...more })
    expect(error).toBeUndefined()
    return bytes
  }
  const pairs = FORMATS.flatMap((from) => FORMATS.map((to) => [from, to] as const))

  it.each(pairs)('are those of the scored table, with its index and kept types: %s to %s', async (from, to) => {
    const columns = await scored(from, to, {})
    expect(storedIn(columns, to)).toEqual(one.kept)
    expect(await scored(from, to, { lane: 'general' })).toEqual(columns)
  })

  it.each(pairs)('are those of the new columns if no other is kept: %s to %s', async (from, to) => {
    const stored = storedIn(await scored(from, to, { keep: false, emit: 'probs,label' }), to)
    expect(stored).toMatchObject(one.dropped)
    expect(stored.index_columns).not.toContain('label')
    expect(stored.columns).toEqual([])
  })

  it.each(pairs)('are those of predictions: %s to %s', async (from, to) => {
    const rows = Readable.from([input(from)]).pipe(read(from, { logits: options.logits }))
    const predictions = rows.pipe(softmax({ emit: 'probs', labels: options.labels }))
    const bytes = await buffer(predictions.pipe(write(to, { emit, labels: options.labels })))
    expect(storedIn(bytes, to)).toEqual(one.kept)
  })

  it.each(pairs)('are unchanged if no column is added: %s to %s', async (from, to) => {
    const rows = Readable.from([input(from)]).pipe(read(from))
    const { entry } = contentsOf(await buffer(rows.pipe(write(to))), to)
    expect(entry).toBe(contentsOf(input(from), from).entry)
  })
})

/** The default index is a range, too, which is 0, 1 in a table of two rows. */
describe('rows left out of a table with the default index of pandas', () => {
  const bytes = (format: Format) => Buffer.from(CASES.find(({ name }) => name === 'integers')![format], 'base64')
  const warning =
    'the pandas index is a range that is not stored as a column, and rows were left out, so the rows after them have moved up in it; to_parquet(index=True) in pandas stores it as one'
  // The first column contains 2, 0 and 0.5, of which only 0 is a class.
  const options = { logits: '2-3', labels: 'a,b', onError: 'skip' } as const
  const cases = FORMATS.flatMap((from) =>
    ([...FORMATS, 'csv', 'ndjson'] as const).flatMap((to) => [
      { from, to },
      { from, to, keep: false },
    ]),
  )

  it.each(cases)('cause a warning at the end: %o', async (one) => {
    const { warnings, stats } = await run(bytes(one.from), { ...one, ...options, truth: '1-1' })
    expect(stats).toMatchObject({ read: 3, written: 1 })
    expect(warnings).toEqual([warning])
  })

  it.each(cases)('cause no warning if there are none: %o', async (one) => {
    const { warnings } = await run(bytes(one.from), { ...one, ...options })
    expect(warnings).toEqual([])
  })
})

describe('an entry of pandas that is', () => {
  const fileWith = (entry: string) => {
    const logits = { logit_a: vectorFromArray([2, 1]), logit_b: vectorFromArray([1, 2]) }
    const { schema, batches } = new Table(logits)
    const described = new Schema(schema.fields, new Map([['pandas', entry]]))
    return Buffer.from(tableToIPC(new Table(described, batches), 'file'))
  }
  const entryOf = async (entry: string) => {
    const { bytes, error } = await run(fileWith(entry), { from: 'arrow', emit: 'label' })
    expect(error).toBeUndefined()
    return contentsOf(bytes, 'arrow').entry
  }

  it('hostile is read in time that grows with its length', async () => {
    for (const end of ['', '"}']) {
      const entry = `{"index_columns": [], "a": "${'\\"'.repeat(2_000_000)}${end}`
      expect((await entryOf(entry)).length).toBeGreaterThan(entry.length / 2)
    }
  })

  it('not JSON, as it has a NaN of Python, keeps what is not understood', async () => {
    const columns = '[{"name": "x", "field_name": "x", "metadata": {"v": NaN}}]'
    const names = '[{"name": null, "field_name": null, "pandas_type": "int64", "numpy_type": "int64"}]'
    const entry = `{"index_columns": ["x"], "column_indexes": ${names}, "columns": ${columns}, "v": Infinity}`
    expect(await entryOf(entry)).toContain(`"columns": ${columns}, "v": Infinity}`)
  })
})

/** As written by `to_csv` of pandas 3.1.1. */
describe('names that number the columns, in text from pandas', () => {
  const rows = ',0,1,2\n0,0.5,2.5,-1.5\n1,3.5,0.25,1.5\n'
  const warning =
    'the first line, ",0,1,2", is read as column names, as pandas writes them: the column without a name is its index'
  const emit = 'index'

  it.each([
    ['an index', rows, ',index\n0,1\n1,0\n', warning],
    ['an index of text', rows.replace('\n0', '\nx').replace('\n1', '\ny'), ',index\nx,1\ny,0\n', warning],
    ['names of R', ',1,2,3\n1,0.5,2.5,-1.5\n', ',index\n1,1\n', warning.replace('0,1,2', '1,2,3')],
    ['another column', ',0,1,name\n0,0.5,2.5,a\n', ',name,index\n0,a,1\n', warning.replace('0,1,2', '0,1,name')],
  ])('are names, with a warning: %s', async (_, input, output, expected) => {
    for (const lane of ['general', 'fast'] as const)
      for (const size of [1, 7, 1000]) {
        const { text, warnings, error } = await run(input, { emit, lane }, size)
        expect({ text, warnings, error }).toEqual({ text: output, warnings: [expected], error: undefined })
      }
  })

  it('are names in TSV, with several columns of an index, and in quotes', async () => {
    const tsv = await run(rows.replaceAll(',', '\t'), { from: 'tsv', emit })
    expect(tsv.text).toBe('\tindex\n0\t1\n1\t0\n')
    const levels = await run(',,0,1\n1,a,0.5,2.5\n2,b,0.25,-1.5\n', { emit })
    expect(levels.text).toBe(',,index\n1,a,1\n2,b,0\n')
    const quoted = await run('"","0","1"\n"1",0.5,2.5\n"2",0.25,-1.5\n', { emit })
    expect(quoted.text).toBe('"",index\n"1",1\n"2",0\n')
  })

  it('are names if the logits are selected, too, and classes can be named', async () => {
    const selected = await run(rows, { emit, logits: '2-4' })
    expect(selected).toMatchObject({ text: ',index\n0,1\n1,0\n', warnings: [warning] })
    expect((await run(rows, { emit: 'label', labels: 'a,b,c' })).text).toBe(',label\n0,b\n1,a\n')
  })

  it('are names without a warning if the option says so', async () => {
    expect(await run(rows, { emit, header: true })).toMatchObject({ text: ',index\n0,1\n1,0\n', warnings: [] })
  })

  it('are read as such by read(), with a warning', async () => {
    const reader = read('csv')
    const warnings: string[] = []
    reader.on('warning', (text: string) => warnings.push(text))
    const read_ = await Readable.from([Buffer.from(rows)])
      .pipe(reader)
      .toArray()
    expect(read_[0]).toEqual({ '': '0', '0': '0.5', '1': '2.5', '2': '-1.5' })
    expect(warnings).toEqual([warning])
  })

  it.each([
    [',0,1,2\n0.5,1.5,2.5,-1\n', 'fractions below the first cell'],
    [',0,2,1\n0,1.5,2.5,-1\n', 'another order'],
    [',3,4,5\n0,1.5,2.5,-1\n', 'numbers from 3'],
    [',0,1,2.5\n0,1.5,2.5,-1\n', 'a fraction'],
  ])('are not clear with %j: %s', async (input) => {
    expect((await run(input, { emit })).error).toMatchObject({ code: 'E_HEADER' })
  })

  it.each([',0,1,2', ',3,4,5'])('are a row with a warning if the option says so: %s', async (names) => {
    const { warnings, stats } = await run(`${names}\n0,1.5,2.5,-1\n`, { header: false, logits: '2-4' })
    expect(stats.written).toBe(2)
    expect(warnings).toEqual([
      `the first line, "${names}", is read as a row, but looks like the column names that pandas writes; header: true reads it as such`,
    ])
  })

  it('cause no warning in rows that begin with another cell', async () => {
    const { warnings } = await run('0,1,2\n,1.5,2.5\n', { header: false, logits: '2-3' })
    expect(warnings).toEqual([])
  })
})

/** As written by `to_csv` of pandas 3.1.1. */
describe('names of two levels, in text from pandas', () => {
  it.each([
    ',l,l,l\n,a,b,c\n0,1.5,2.5,-1.0\n',
    ',l,l,l\n,0,1,2\n0,1.5,2.5,-1.0\n',
    ',l,l,l\n,0,1,2\nk,,,\n4,1.5,2.5,-1.0\n',
    'u,l,l,l\nv,0,1,2\n0,1.5,2.5,-1.0\n',
    ',a,b,c\n,0,0,0\n0,1.5,2.5,-1.0\n',
    'l,l,l\n0,1,2\n1.5,2.5,-1.0\n',
  ])('are refused: %j', async (input) => {
    const { text, error } = await run(input, { logits: '2-3', onError: 'skip' })
    expect(text).toBe('')
    expect(error).toMatchObject({ code: 'E_HEADER', status: 2 })
    expect(error!.message).toContain('two lines are column names, as pandas writes those of a MultiIndex')
  })

  it('are those of the second line if the first is skipped', async () => {
    const { text } = await run(',l,l\n,0,1\n0,1.5,2.5\n', { skipLines: 1, emit: 'index' })
    expect(text).toBe(',index\n0,1\n')
  })

  it('do not include rows of columns with the same name', async () => {
    const { error, stats } = await run(',l,l\n0,1,2\n', { logits: '2-3' })
    expect({ error, written: stats.written }).toEqual({ error: undefined, written: 1 })
  })
})
