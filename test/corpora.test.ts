/**
 * Files from the test suites of other readers: csvkit, frictionless and messytables (`fixtures/corpora.py`), and
 * PapaParse's cases. Every cell must equal theirs, and every record must be a row or a reject.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { finished } from 'node:stream/promises'
import { createContext, runInContext } from 'node:vm'
import { parse } from 'csv-parse/sync'
import { type ReadOptions, read, type ScoreOptions } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { rejected, run } from './streams.js'

interface Case {
  name: string
  options: ReadOptions & ScoreOptions
  base64: string
  /** The cells of each record, without the logits after them. */
  rows: string[][]
}

const CASES: Case[] = JSON.parse(readFileSync(new URL('../fixtures/corpora.json', import.meta.url), 'utf8'))

const isWide =
  ([header]: string[][]) =>
  (row: string[]) =>
    row.length === header!.length

it('there are many', () => {
  expect(CASES.length).toBeGreaterThan(100)
})

describe.each(CASES)('$name', ({ options: given, base64, rows }) => {
  // As in Python: a quote is literal in a cell that does not begin with one.
  const options = { ...given, lazyQuotes: true }
  const input = Buffer.from(base64, 'base64')
  const good = rows.slice(1).filter(isWide(rows))
  const bad = rows.length - 1 - good.length

  it('has the cells that Python reads', async () => {
    const stream = read('csv', { ...options, header: false, onError: 'skip' })
    stream.end(input)
    const found = await stream.toArray()
    expect(found).toEqual([[...rows[0]!, 'logit_x', 'logit_y'], ...good.map((row) => [...row, '2', '1'])])
  })

  it.each(['general', 'auto'] as const)('keeps them, and loses no record, in the lane %s', async (lane) => {
    const outcome = await run(input, { ...options, lane, emit: 'index=scored', onError: 'skip' })
    expect(outcome.error?.code).toBe(good.length === 0 && bad > 0 ? 'E_NO_ROWS' : undefined)
    expect([outcome.stats.written, rejected(outcome)]).toEqual([good.length, bad])
    const { delimiter, quote } = options
    const dialect = { delimiter: delimiter!, quote: quote === 'none' ? null : '"', record_delimiter: '\n' }
    const written = parse(outcome.bytes, { ...dialect, relax_quotes: true })
    expect(written).toEqual([[...rows[0]!, 'scored'], ...good.map((row) => [...row, '0'])])
  })

  it.each(['ndjson', 'arrow'] as const)('gives as many rows in %s', async (to) => {
    // Neither can have duplicate names.
    if (new Set(rows[0]).size < rows[0]!.length) return
    const outcome = await run(input, { ...options, to, emit: 'index=scored', onError: 'skip' })
    expect(outcome.error?.code).toBe(good.length === 0 && bad > 0 ? 'E_NO_ROWS' : undefined)
    expect([outcome.stats.written, rejected(outcome)]).toEqual([good.length, bad])
    expect(outcome.bytes.includes('\ufffd')).toBe(input.includes('\ufffd'))
  })

  it('stops at the first record that is no row', async () => {
    const { error, stats } = await run(input, { ...options, emit: 'index=scored' })
    const first = rows.slice(1).findIndex((row) => !isWide(rows)(row))
    expect(error === undefined).toBe(first < 0)
    expect(stats.written).toBe(first < 0 ? good.length : first)
  })

  it('gives no other row where quotes inside of cells are refused', async () => {
    const lazy = await run(input, { ...options, emit: 'index=scored', onError: 'skip' })
    const strict = await run(input, { ...given, emit: 'index=scored', onError: 'skip' })
    const theirs = lazy.text.split('\n')
    for (const line of strict.text.split('\n')) expect(theirs).toContain(line)
    if (!strict.error) expect(strict.stats.read).toBe(strict.stats.written + rejected(strict))
  })
})

interface PapaCase {
  description: string
  input: string
  config?: { comments?: unknown; delimiter?: string; fastMode?: boolean; header?: boolean; preview?: number }
  expected: { data: string[][]; errors: unknown[] }
}

/** The core cases of PapaParse: a script that stores them in a variable. */
function papaCases(): PapaCase[] {
  const path = createRequire(import.meta.url).resolve('papaparse/tests/test-cases.js')
  const script = readFileSync(path, 'utf8')
  const list = script.slice(script.indexOf('var CORE_PARSER_TESTS = ['), script.indexOf('var PARSE_TESTS = ['))
  const context = createContext({
    RECORD_SEP: '\x1e',
    UNIT_SEP: '\x1f',
    Papa: { RECORD_SEP: '\x1e', UNIT_SEP: '\x1f' },
  })
  runInContext(list.slice(0, list.lastIndexOf('];') + 2), context)
  const cases = (context as unknown as { CORE_PARSER_TESTS: PapaCase[] }).CORE_PARSER_TESTS
  return cases.filter(({ config = {} }) => !config.header && !config.preview && !isOwn(config.comments))
}

/** Comment prefixes of several characters, or numbers, are specific to PapaParse. */
const isOwn = (comments: unknown) => (typeof comments === 'string' ? comments.length > 1 : typeof comments === 'number')

describe.each(papaCases())('PapaParse: $description', ({ input, config = {}, expected }) => {
  it('gives no other row', async () => {
    const { comments, delimiter, fastMode } = config
    const options: ReadOptions = {
      header: false,
      onError: 'skip',
      ...(delimiter !== undefined && { delimiter }),
      ...(Boolean(comments) && { comment: comments === true ? '#' : String(comments) }),
      ...(fastMode && { quote: 'none' }),
    }
    const stream = read('csv', options)
    const found: unknown[] = []
    stream.on('data', (row) => found.push(row))
    stream.on('error', () => {})
    stream.end(input)
    await finished(stream).catch(() => {})
    const theirs = expected.data.filter((row) => row.length > 1 || row[0] !== '').map((row) => JSON.stringify(row))
    // Its error handling is specific.
    if (expected.errors.length > 0) return
    for (const row of found) {
      const at = theirs.indexOf(JSON.stringify(row))
      expect({ row, isTheirs: at >= 0 }).toEqual({ row, isTheirs: true })
      theirs.splice(0, at + 1)
    }
    if (theirs.length > 0) expect(stream.stats.rejected).not.toEqual({})
  })
})
