/** Kept values that text must distinguish: empty string and null, 0 and -0. See `fixtures/kept.py`. */
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { tableFromIPC } from 'apache-arrow'
import { read, type ScoreOptions, softmax, write } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { run } from './streams.js'

const FIXTURES = new URL('../fixtures/', import.meta.url)
const bytesOf = (name: string) => readFileSync(new URL(name, FIXTURES))

interface Kept {
  notes: Record<'pyarrow' | 'duckdb' | 'polars', string[]>
  zeros: { cells: string[]; lines: string[] }
  copied: { commas: string; copy: string; again: string }
}

const { notes, zeros, copied }: Kept = JSON.parse(bytesOf('kept.json').toString())
const LANES: ScoreOptions[] = [{ lane: 'general' }, { lane: 'auto', jobs: 1 }, { lane: 'auto', jobs: 2 }]

/** The output text of a run that must succeed. */
async function textOf(input: Buffer | string, options: ScoreOptions): Promise<string> {
  const { text, error } = await run(input, { emit: 'label', ...options })
  if (error) throw error
  return text
}

/** The text before the first delimiter of a line, or between its first quotes. */
const firstCell = (line: string, delimiter: string) =>
  /^"(?:[^"]|"")*"/.exec(line)?.[0] ?? line.slice(0, line.indexOf(delimiter))

const firstCells = (text: string, delimiter = ',') =>
  text
    .split('\n')
    .slice(1, -1)
    .map((line) => firstCell(line, delimiter))

describe.each(LANES)('an empty text and null, in %o', (lane) => {
  it.each(['parquet', 'arrow'] as const)('of %s are cells of CSV as DuckDB and Polars write them', async (from) => {
    const text = await textOf(bytesOf(`kept.${from}`), { from, to: 'csv', ...lane })
    expect(firstCells(text)).toEqual(notes.duckdb)
    expect(firstCells(text)).toEqual(notes.polars)
    expect(notes.pyarrow.slice(0, 2)).toEqual(['""', ''])
  })

  it.each(['csv', 'tsv'] as const)('come back from %s to copied text', async (to) => {
    const copy = await textOf(bytesOf('kept.parquet'), {
      from: 'parquet',
      to: 'copy',
      emit: 'probs=logit_',
      outputHeader: true,
      ...lane,
    })
    const commas = await textOf(copy, { from: 'copy', to, emit: 'probs=logit_', ...lane })
    expect(await textOf(commas, { from: to, to: 'copy', emit: 'label', outputHeader: true, ...lane })).toBe(
      await textOf(copy, { from: 'copy', emit: 'label', ...lane }),
    )
  })

  it('of JSON lines are two cells', async () => {
    const lines = ['""', 'null', '"x"'].map((note) => `{"note":${note},"logit_a":1,"logit_b":2}\n`).join('')
    for (const to of ['csv', 'tsv'] as const) {
      const text = await textOf(lines, { from: 'ndjson', to, ...lane })
      expect(firstCells(text, to === 'csv' ? ',' : '\t')).toEqual(['""', '', 'x'])
    }
  })

  it('of CSV are what PostgreSQL copies of it', async () => {
    const rows = copied.commas.replaceAll('\n', ',1,2\n')
    const text = await textOf(`note,id,logit_a,logit_b\n${rows}`, { to: 'copy', outputHeader: true, ...lane })
    expect(text).toBe(`note\tid\tlabel\n${copied.copy.replaceAll('\n', '\tb\n')}`)
    const again = await textOf(text.replaceAll('\tb\n', '\t1\t2\n').replace('label', 'logit_a\tlogit_b'), {
      from: 'copy',
      to: 'csv',
      ...lane,
    })
    expect(again).toBe(`note,id,label\n${copied.again.replaceAll('\n', ',b\n')}`)
  })

  it('are the bytes of CSV that they were, in another dialect too', async () => {
    const rows = 'note,logit_a,logit_b\n"",1,2\n,1,2\n'
    expect(await textOf(rows, lane)).toBe('note,label\n"",b\n,b\n')
    expect(await textOf(rows, { to: 'tsv', ...lane })).toBe('note\tlabel\n""\tb\n\tb\n')
    expect(await textOf(rows, { escapeFormulas: true, ...lane })).toBe('note,label\n"",b\n,b\n')
  })
})

it('an empty text of a record is an empty cell, as in csv-parse and csv-stringify', async () => {
  const stream = Readable.from(['note,logit_a,logit_b\n,1,2\n'])
    .compose(read('csv'))
    .compose(softmax())
    .compose(write('csv', { emit: 'label' }))
  expect(Buffer.concat(await stream.toArray()).toString()).toBe('note,label\n,b\n')
})

describe.each(LANES)('numbers of a kept column of JSON, in %o', (lane) => {
  const NUMBERS = ['0.1234567890123456789', '1e-400', '1e999', '0.1000', '1E5', '-0.0', '12345678901234567890', '7']
  const lines = NUMBERS.map((number) => `{"x":${number},"logit_a":1,"logit_b":2}\n`).join('')

  it('are text as they stand, with all their digits', async () => {
    expect(await textOf(lines, { from: 'ndjson', to: 'csv', ...lane })).toBe(
      `x,label\n${NUMBERS.map((number) => `${number},b\n`).join('')}`,
    )
  })

  it('are those of a column of numbers only where a double has them', async () => {
    const columnOf = async (...numbers: string[]) => {
      const rows = numbers.map((number) => `{"x":${number},"logit_a":1,"logit_b":2}\n`).join('')
      const { bytes, error } = await run(rows, { from: 'ndjson', to: 'arrow', emit: 'label', ...lane })
      if (error) return [(error as { code: string }).code]
      return [...tableFromIPC(bytes).getChild('x')!].map((value) => (typeof value === 'bigint' ? `${value}n` : value))
    }
    expect(await columnOf('1.5', '9007199254740993')).toEqual(['1.5', '9007199254740993'])
    expect(await columnOf('1.5', '9007199254740994')).toEqual([1.5, 9007199254740994])
    expect(await columnOf('-0', '-0.0')).toEqual([-0, -0])
    expect(await columnOf('1e-400', '1')).toEqual(['1e-400', '1'])
    expect(await columnOf('9007199254740993', '7')).toEqual(['9007199254740993n', '7n'])
    // If the first rows have another type, later ones are bad.
    const first = Array.from({ length: 40_000 }, (_, row) => `${row}.5`)
    expect(await columnOf(...first, '9007199254740993')).toEqual(['E_KEY'])
    expect(await columnOf(...first, '1e-400')).toEqual(['E_KEY'])
    expect((await columnOf(...first, '9007199254740994')).at(-1)).toBe(9007199254740994)
  })

  it('are no text where they have half a character, which only JSON can hold', async () => {
    const half = '{"x":"\\ud800","logit_a":1,"logit_b":2}\n'
    for (const to of ['csv', 'copy', 'parquet', 'arrow'] as const) {
      const { error } = await run(half, { from: 'ndjson', to, ...lane })
      expect(error).toMatchObject({ code: 'E_CELL_ENCODING' })
    }
    expect(await textOf(half, { from: 'ndjson', ...lane })).toContain('"x":"\\ud800"')
  })
})

describe.each(LANES)('zeros of a kept column have their sign, in %o', (lane) => {
  it.each(['double', 'single', 'half'])('%s, as pyarrow writes them', async (name) => {
    for (const from of ['parquet', 'arrow'] as const) {
      const text = await textOf(bytesOf(`kept.${from}`), { from, to: 'tsv', ...lane })
      const [header, ...rows] = text.split('\n').slice(0, -1)
      const column = header!.split('\t').indexOf(name)
      expect(rows.map((row) => row.split('\t')[column])).toEqual(zeros.cells)
      const lines = await textOf(bytesOf(`kept.${from}`), { from, to: 'ndjson', ...lane })
      const values = lines.split('\n').slice(0, -1)
      const expected = zeros.lines.map((line) => JSON.parse(line).x)
      expect(values.map((line) => JSON.parse(line)[name])).toEqual(expected)
    }
  })

  it('of JSON, nested or not', async () => {
    const line = '{"x":-0,"y":-0.0,"z":[-0,{"a":-0.0}],"w":0,"logit_a":1,"logit_b":2}\n'
    expect(await textOf(line, { from: 'ndjson', to: 'tsv', ...lane })).toBe(
      'x\ty\tz\tw\tlabel\n-0\t-0.0\t"[-0,{""a"":-0.0}]"\t0\tb\n',
    )
  })
})
