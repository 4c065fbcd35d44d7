import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { tableFromIPC } from 'apache-arrow'
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
const options = { logits: '1-3', emit, labels: '0,1,2' } as const

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
    'the pandas index is a range that is not stored as a column, and rows were left out, so the rows after them have moved up in it; reset_index() in pandas makes it a column'
  // The first column contains 2, 0 and 0.5, of which only 0 is a class.
  const options = { logits: '2-3', labels: 'a,b', onError: 'skip' } as const
  const cases = FORMATS.flatMap((from) =>
    ([...FORMATS, 'csv', 'ndjson'] as const).flatMap((to) => [
      { from, to },
      { from, to, keep: false },
    ]),
  )

  it.each(cases)('cause a warning at the end: %o', async (one) => {
    const { warnings, stats } = await run(bytes(one.from), { ...one, ...options, truth: '1' })
    expect(stats).toMatchObject({ read: 3, written: 1 })
    expect(warnings).toEqual([warning])
  })

  it.each(cases)('cause no warning if there are none: %o', async (one) => {
    const { warnings } = await run(bytes(one.from), { ...one, ...options })
    expect(warnings).toEqual([])
  })
})
