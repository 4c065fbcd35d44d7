/**
 * Kept Parquet columns that pyarrow and DuckDB do not write: files from apache/parquet-testing, read back by hyparquet.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Dictionary, tableFromIPC } from 'apache-arrow'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { type ScoreOptions, scoreFiles } from 'softmax-stream'
import { expect, it } from 'vitest'
import { type Random, randomFrom } from './random.js'
import { run } from './streams.js'
import { ROOT } from './support.js'

type Row = Record<string, unknown>

/** The rows of a file, read by hyparquet, an independent reader. */
async function rowsOf(bytes: Uint8Array): Promise<Row[]> {
  return (await parquetReadObjects({ file: memoryOf(bytes), compressors })) as Row[]
}

function typeOf(bytes: Uint8Array, column: string) {
  return parquetMetadata(memoryOf(bytes)).schema.find(({ name }) => name === column)?.logical_type
}

function memoryOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
}

async function keptOf(name: string, options: ScoreOptions, columns: string[]) {
  const path = join(ROOT, 'fixtures', name)
  const scored = Buffer.concat(await scoreFiles([path], { to: 'parquet', ...options }).toArray())
  const pick = (row: Row) => Object.fromEntries(columns.map((column) => [column, row[column]]))
  return {
    before: (await rowsOf(readFileSync(path))).map(pick),
    after: (await rowsOf(scored)).map(pick),
    types: [typeOf(readFileSync(path), columns[0]!), typeOf(scored, columns[0]!)],
  }
}

it('keeps points of a geography, and how its lines run between them', async () => {
  const { before, after, types } = await keptOf('geography.parquet', { logits: 'id' }, ['geometry'])
  expect(after.length).toBe(500)
  expect(after).toEqual(before)
  expect(types[0]).toEqual({ type: 'GEOGRAPHY', algorithm: 'SPHERICAL' })
  expect(types[1]).toEqual(types[0])
})

it('keeps the ids of fields, by which tables such as those of Iceberg find them', async () => {
  const field = (name: string, id: number) =>
    ({ name, type: 'DOUBLE', repetition_type: 'REQUIRED', field_id: id }) as const
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: 'price', data: [9.5] },
      { name: 'logit_a', data: [2] },
      { name: 'logit_b', data: [1] },
    ],
    schema: [{ name: 'schema', num_children: 3 }, field('price', 7), field('logit_a', 20), field('logit_b', 0)],
  })
  const { bytes: scored } = await run([Buffer.from(bytes)], { from: 'parquet', to: 'parquet' })
  const ids = parquetMetadata(memoryOf(scored)).schema.map(({ name, field_id }) => [name, field_id])
  expect(ids.slice(0, 3)).toEqual([
    ['schema', undefined],
    ['price', 7],
    ['p_a', undefined],
  ])
})

it('keeps fields that are repeated without being lists, and reads logits of one', async () => {
  const columns = ['String_list', 'group_of_lists']
  const { before, after } = await keptOf('repeated.parquet', { logits: 'Int32_list', onError: 'skip' }, columns)
  expect(before.length).toBe(4)
  // The rows in between have no logits, or fewer than the first.
  expect(after).toEqual([before[0], before[3]])
})

/** Rows of float32 logits, some of them incomplete. */
function floatRows(random: Random, count: number): (number | null)[][] {
  const logit = (row: number, index: number) =>
    index === row % 7 && row % 1000 === 17 ? null : Math.fround(random.below(1 << 20) / 65_536 - 8)
  return Array.from({ length: count }, (_, row) => [0, 1, 2].map((index) => logit(row, index)))
}

it('leaves out rows that lack a logit, be the logits columns or lists', async () => {
  const rows = floatRows(randomFrom(5), 30_000)
  const columns = [0, 1, 2].map((index) => rows.map((row) => row[index]!))
  const asColumns = parquetWriteBuffer({
    columnData: columns.map((data, index) => ({ name: `logit_${index}`, data, type: 'FLOAT' })),
    rowGroupSize: 7000,
  })
  const lists = rows.map((row) => row.filter((logit) => logit !== null))
  const asLists = parquetWriteBuffer({
    columnData: [{ name: 'logits', data: lists }],
    schema: [
      { name: 'root', num_children: 1 },
      { name: 'logits', num_children: 1, converted_type: 'LIST', repetition_type: 'OPTIONAL' },
      { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
      { name: 'element', type: 'FLOAT', repetition_type: 'OPTIONAL' },
    ],
    rowGroupSize: 7000,
  })
  const good = rows.filter((row) => !row.includes(null)) as number[][]
  const csv = ['logit_0,logit_1,logit_2', ...good].join('\n')
  const expected = (await run(csv)).text
  for (const bytes of [asColumns, asLists]) {
    const options = { from: 'parquet', to: 'csv', onError: 'skip' } as const
    const found = (await run(Buffer.from(bytes), options)).text
    expect(found.split('\n').length).toBe(good.length + 2)
    expect(found).toBe(expected)
  }
})

const CHARACTERS = ['a', 'é', '€', '🐢', 'z', '\uffff', '\ud7ff', '\u{10ffff}', '\x7f']

/** Strings of up to 40 characters, mostly long ones. */
function texts(random: Random, count: number): string[] {
  const text = (length: number) => Array.from({ length }, () => random.of(CHARACTERS)).join('')
  return Array.from({ length: count }, () => text(1 + random.below(40)))
}

it('says between which texts those of a column are, in few bytes', async () => {
  const random = randomFrom(5)
  for (let round = 0; round < 40; round++) {
    const all = texts(random, random.of([1, 3, 50]))
    const { bytes } = await run(`id,logit_a,logit_b\n${all.map((text) => `${text},1,2\n`).join('')}`, { to: 'parquet' })
    const { statistics } = parquetMetadata(memoryOf(bytes)).row_groups[0]!.columns[0]!.meta_data!
    const [min, max] = [statistics!.min_value as string, statistics!.max_value as string].map((text) =>
      Buffer.from(text),
    )
    const sorted = all.map((text) => Buffer.from(text)).sort(Buffer.compare)
    const [first, last] = [sorted[0]!, sorted.at(-1)!]
    expect(min!.equals(first.subarray(0, min!.length))).toBe(true)
    expect(statistics!.is_min_value_exact === false).toBe(!min!.equals(first))
    expect(Buffer.compare(max!, last)).toBeGreaterThanOrEqual(0)
    expect(statistics!.is_max_value_exact === false).toBe(!max!.equals(last))
    expect([min!.length <= 16, max!.length <= 16 || max!.equals(last)]).toEqual([true, true])
  }
})

it.each(['categories.arrow', 'categories.parquet'])(
  'keeps the order of categories, and those that do not occur, without them in the statistics: %s',
  async (name) => {
    const path = join(ROOT, 'fixtures', name)
    const scored = Buffer.concat(await scoreFiles([path], { to: 'parquet' }).toArray())
    const table = tableFromIPC(
      (await run(scored, { from: 'parquet', logits: 'p_x,p_y', emit: 'index', to: 'arrow' })).bytes,
    )
    const categoriesOf = (column: string) => Array.from(table.getChild(column)!.data[0]!.dictionary!)
    expect(categoriesOf('size')).toEqual(['low', 'mid', 'high', 'none'])
    expect(categoriesOf('kind')).toEqual(['z', 'b', 'a'])
    expect((table.schema.fields.find((field) => field.name === 'size')!.type as Dictionary).isOrdered).toBe(true)
    expect(Array.from(table.getChild('size')!)).toEqual(['high', 'low', null, 'high', 'mid', 'low'])
    expect(Array.from(table.getChild('kind')!)).toEqual(['b', 'a', 'b', 'a', 'a', 'a'])
    const ranges = parquetMetadata(memoryOf(scored)).row_groups.map(({ columns }) =>
      columns
        .filter(({ meta_data: chunk }) => ['size', 'kind'].includes(chunk!.path_in_schema[0]!))
        .map(({ meta_data: chunk }) => [chunk!.statistics!.min_value, chunk!.statistics!.max_value]),
    )
    expect(ranges.flat().flat()).not.toContain('none')
    expect(ranges.flat().flat()).not.toContain('z')
    expect(ranges.at(0)!.at(0)!.at(0)).toBe('high')
  },
)
