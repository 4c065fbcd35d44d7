/**
 * `read -> softmax -> write`, `score` and the command agree on the same data: rows, counts of bad rows and errors.
 * `COUNT=1000` tests more tables, and `SEED=7` others.
 */
import { Readable } from 'node:stream'
import { parse } from 'csv-parse/sync'
import {
  type EmitList,
  logSoftmax,
  type PredictionStream,
  type Reject,
  read,
  type ScoreOptions,
  type SoftmaxError,
  type SoftmaxOptions,
  softmax,
  type WriteOptions,
  write,
} from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { type Random, randomFrom } from './random.js'
import { run } from './streams.js'
import { command } from './support.js'

const COUNT = Number(process.env.COUNT ?? 200)
const SEED = Number(process.env.SEED ?? 20261128)

/** A table and its options. */
interface Case {
  format: 'csv' | 'tsv' | 'ndjson'
  text: string
  options: ScoreOptions
}

/** The result. */
interface Answer {
  rows: unknown[]
  rejected: Record<string, number>
  error: { code: string; row?: number | undefined; column?: string | undefined } | undefined
}

const KEPT = ['7', '', 'a b', 'a,b', 'a "b"', 'zażółć', '-0', '1e5', 'two\nlines', '=1+2', ' 7 ']
const ODD_LOGITS = ['', 'x', '1,5', '-inf', 'inf', 'NaN', '1e400', ' 1 ', '+1.', '0x10', '1_0', 'null']
const ODD_VALUES = ['""', '"x"', 'null', '"-inf"', '"NaN"', 'true', '[1]', '{}', '1e400', '"7"', '12345678901234567890']

function number(random: Random): string {
  return String((random.below(40_000) - 20_000) / random.of([1, 10, 1000]))
}

function options(random: Random, names: string[]): ScoreOptions {
  const maybe = <T>(make: () => T) => (random.below(4) === 0 ? make() : undefined)
  const emits: EmitList[] = [
    'probs,label',
    'label,index,confidence',
    'margin,entropy,logsumexp,probs',
    'label=best,probs=q_',
  ]
  return {
    op: random.of(['softmax', 'log-softmax']),
    onError: random.of(['fail', 'skip']),
    temperature: maybe(() => random.of([0.5, 3])),
    topK: maybe(() => 1 + random.below(names.length)),
    labels: maybe(() => names.map((_, index) => `class ${index}`)),
    emit: maybe(() => random.of(emits)),
    keep: maybe(() => false),
    precision: maybe(() => 1 + random.below(17)),
    float32: maybe(() => true),
    missing: maybe(() => '-inf' as const),
    nonfinite: maybe(() => random.of(['propagate', 'null'] as const)),
    null: maybe(() => ['x', 'null']),
  }
}

function caseOf(random: Random): Case {
  const format = random.of(['csv', 'tsv', 'ndjson'] as const)
  const classes = 1 + random.below(5)
  const logits = Array.from({ length: classes }, (_, index) => `logit_${'abcde'[index]}`)
  const asked = options(random, logits)
  // A prediction has a label, whatever the options.
  const kept = ['id', 'note', `${asked.emit ?? 'label'}`.includes('label') ? 'label' : 'text'].slice(0, random.below(4))
  const names = random.below(2) === 0 ? [...kept, ...logits] : [...logits, ...kept]
  const oddness = random.of([0, 5, 50, 400])
  const rows = Array.from({ length: 1 + random.below(150) }, (_, row) => {
    // The first row is good, as it defines the columns.
    const isOdd = () => row > 0 && random.below(1000) < oddness
    return format === 'ndjson' ? line(random, kept, logits, isOdd) : cells(random, names, isOdd)
  })
  if (format === 'ndjson') return { format, text: `${rows.join('\n')}\n`, options: asked }
  const delimiter = format === 'csv' ? ',' : '\t'
  const text = [names, ...(rows as string[][])].map((row) => row.join(delimiter)).join(random.of(['\n', '\r\n']))
  return { format, text: `${text}\n`, options: asked }
}

function cells(random: Random, names: string[], isOdd: () => boolean): string[] {
  const row = names.map((name) => {
    if (!name.startsWith('logit')) return quoted(random.of(KEPT))
    return isOdd() ? quoted(random.of(ODD_LOGITS)) : number(random)
  })
  if (!isOdd()) return row
  return random.of([row.slice(1), [...row, '1'], row.map((cell) => `"${cell}`), row.map((cell) => `${cell}"`)])
}

function quoted(text: string): string {
  return /[",\n\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function line(random: Random, kept: string[], logits: string[], isOdd: () => boolean): string {
  const pairs = kept.map((name) => [name, random.of([JSON.stringify(random.of(KEPT)), '7', 'null', '{"a":[1]}'])])
  const values = logits.map((name) => [name, isOdd() ? random.of(ODD_VALUES) : number(random)])
  const text = `{${[...pairs, ...values].map(([name, value]) => `"${name}":${value}`)}}`
  return isOdd() ? random.of(['', '{', '7', 'null', '[1,2]', text.slice(0, -1)]) : text
}

/** The rows of an output as values; only `score` keeps the logits in lines of JSON. */
function rowsOf(text: string, format: Case['format']): unknown[] {
  if (format !== 'ndjson') return parse(text, { delimiter: format === 'csv' ? ',' : '\t', relax_column_count: true })
  const lines = text.split('\n').filter(Boolean)
  return lines.map((line) => Object.entries(JSON.parse(line)).filter(([name]) => !name.startsWith('logit_')))
}

function errorOf(error: unknown): Answer['error'] {
  if (error === undefined) return undefined
  const { code, info } = error as SoftmaxError
  return { code, row: info.row, column: info.column }
}

async function byScore({ format, text, options }: Case) {
  const outcome = await run(text, { ...options, from: format, source: 'stdin' })
  const { error, stats } = outcome
  return { ...outcome, rows: rowsOf(outcome.text, format), rejected: error ? {} : stats.rejected }
}

async function byStreams({ format, text, options }: Case): Promise<Answer> {
  const { op, onError, ...rest } = options
  const { temperature, topK, labels, emit, keep, precision, float32, missing, nonfinite } = rest
  const onReject = onError === 'skip' ? (_: Reject) => {} : undefined
  const scoring: SoftmaxOptions = {
    onError,
    onReject,
    temperature,
    topK,
    labels,
    emit,
    keep,
    missing,
    nonfinite,
    null: options.null,
  }
  const writing: WriteOptions = { emit, keep, precision, float32 }
  const reader = read(format, { onError, onReject, source: 'stdin' })
  const pieces: Buffer[] = []
  let error: unknown
  let scorer: PredictionStream | undefined
  try {
    scorer = (op === 'softmax' ? softmax : logSoftmax)(scoring)
    const written = Readable.from([Buffer.from(text)])
      .compose(reader)
      .compose(scorer)
      .compose(write(format, writing))
    for await (const piece of written) pieces.push(piece)
  } catch (thrown) {
    error = thrown
  }
  const rejected = { ...reader.stats.rejected }
  for (const [code, count] of Object.entries(scorer?.stats.rejected ?? {}))
    rejected[code] = (rejected[code] ?? 0) + count
  // Under fail, a later row may also have been found bad when the downstream stream failed.
  return {
    rows: rowsOf(Buffer.concat(pieces).toString(), format),
    rejected: error ? {} : rejected,
    error: errorOf(error),
  }
}

/** Options as flags. */
function flagsOf({ op, keep, float32, ...options }: ScoreOptions): string[] {
  const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return [
    ...(op === 'log-softmax' ? ['--log'] : []),
    ...(keep === false ? ['--no-keep'] : []),
    ...(float32 ? ['--float32'] : []),
    ...given.map(([name, value]) => `--${kebab(name)}=${value}`),
  ]
}

describe(`${COUNT} tables`, { timeout: 600_000 }, () => {
  it('have the same rows, counts and errors through object streams and score()', async () => {
    const random = randomFrom(SEED)
    for (let index = 0; index < COUNT; index++) {
      const given = caseOf(random)
      const { rows, rejected, error } = await byScore(given)
      const found = await byStreams(given)
      expect({ index, given, ...found }).toEqual({ index, given, rows, rejected, error: errorOf(error) })
    }
  })

  it('have the same bytes, errors and status through the command, 20 of them', async () => {
    const random = randomFrom(SEED)
    for (let index = 0; index < Math.min(COUNT, 20); index++) {
      const given = caseOf(random)
      const { error, text } = await byScore(given)
      const found = command([`--from=${given.format}`, ...flagsOf(given.options)], { stdin: given.text })
      expect({ given, status: found.status, stdout: found.stdout }).toEqual({
        given,
        status: error?.status ?? 0,
        stdout: text,
      })
      const { line, column } = error?.info ?? {}
      if (error) expect(found.stderr).toContain(` [${error.code}]\n`)
      if (line !== undefined) expect(found.stderr).toContain(`softmax: stdin:${line}: `)
      if (column !== undefined) expect(found.stderr).toContain(`column ${column} `)
    }
  })
})
