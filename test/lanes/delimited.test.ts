/**
 * The lanes agree: for any input, the fast lane gives the same bytes, counts and error as the general lane.
 *
 * A sample without `COUNT`. `COUNT=1000000 npm run test:lanes` tests that many random rows, and `SEED=7` others; a text on
 * which the lanes disagree is reported with its options.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import type { ScoreOptions } from 'softmax-stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { anyOptions, both, fastOptions, isSame, maybe, sameIn, type Way } from '../agree.js'
import { kept as keptCell, logit, ODD, typedCells } from '../cells.js'
import { type Random, randomFrom } from '../random.js'
import { chunksOf, run } from '../streams.js'
import { calibrationOf } from '../support.js'

const COUNT = Number(process.env.COUNT ?? 2_000)
const SEED = Number(process.env.SEED ?? 20261124)
const MiB = 1 << 20
/** Each option meets one of five fixtures by default, and all of them in the long run. */
const EVERY = COUNT < 100_000 ? 5 : 1

/** A fixture as delimited text, with other columns besides the logits. */
interface Fixture {
  classes: number
  text: string
  /** The columns of the logits. */
  positions: string
}

const read = (name: string) => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8')

/** The rows of a fixture of JSON lines, one text per number of classes. */
function fixturesOf(name: string): Fixture[] {
  const rows = Array.from(read(name).matchAll(/"logits": \[([^\]]*)\]/g), ([, list]) => list!.split(', '))
  return [...new Set(rows.map(({ length }) => length))].map((classes) => {
    const header = `id,${Array.from({ length: classes }, (_, index) => `logit_${index}`).join()},note\n`
    const lines = rows.filter(({ length }) => length === classes).map((logits, id) => `${id},${logits.join()},"a, b"\n`)
    return { classes, text: header + lines.join(''), positions: `2-${classes + 1}` }
  })
}

const FIXTURES: Fixture[] = [
  { classes: 10, text: read('digits-logits.csv'), positions: '3-12' },
  ...fixturesOf('golden.ndjson'),
  ...fixturesOf('reference.ndjson'),
]

/** Every option that concerns lanes, with every kind of value. */
const OPTIONS: Record<string, ScoreOptions> = {
  none: {},
  'log-softmax': { op: 'log-softmax' },
  temperature: { temperature: 0.7 },
  'a high temperature': { temperature: 1e300 },
  probs: { emit: 'probs' },
  label: { emit: 'label' },
  index: { emit: 'index' },
  confidence: { emit: 'confidence' },
  margin: { emit: 'margin' },
  entropy: { emit: 'entropy' },
  logsumexp: { emit: 'logsumexp' },
  'every column': { emit: 'probs,label,index,confidence,margin,entropy,logsumexp' },
  'every column of log-softmax': { op: 'log-softmax', emit: 'logsumexp,probs,entropy,index,confidence,label,margin' },
  'top 1': { topK: 1 },
  'top 3': { topK: 3, emit: 'probs,index' },
  'no kept columns': { keep: false },
  'some kept columns': { keep: '!1' },
  'kept columns in another order': { keep: '/^(note|truth)$/,/^i/' },
  'some columns of all': { logits: '/^logit/,!/_(0|zero)$/' },
  'columns in another order': { logits: '/_(1|one)$/,logit*', topK: 2, emit: 'label,probs,index' },
  ...Object.fromEntries([1, 6, 15, 17].map((precision) => [`precision ${precision}`, { precision }])),
  float32: { float32: true },
  'float32 in all columns': { float32: true, op: 'log-softmax', emit: 'probs,entropy,logsumexp' },
  'float32, precision 4': { float32: true, precision: 4 },
  'another delimiter': { delimiter: ';' },
  tsv: { from: 'tsv' },
  'no header': { header: false },
  'no header, and one in the output': { header: false, outputHeader: true },
  'no header in the output': { outputHeader: false },
  'another delimiter in the output': { outputDelimiter: ';' },
  'decimal commas in the output': { outputDecimal: ',' },
  'missing -inf': { missing: '-inf' },
  'missing nan': { missing: 'nan', nonfinite: 'propagate' },
  'nonfinite propagate': { nonfinite: 'propagate' },
  'nonfinite null': { missing: 'nan', nonfinite: 'null', emit: 'index,probs,label,entropy' },
  skip: { onError: 'skip' },
  'lazy quotes': { lazyQuotes: true },
}

/** Rewrites a text to match the options. */
function dressed(text: string, { delimiter, from, header }: ScoreOptions): string {
  const body = header === false ? text.slice(text.indexOf('\n') + 1) : text
  return body.replaceAll(',', from === 'tsv' ? '\t' : (delimiter ?? ','))
}

describe('both lanes give the same bytes for the fixtures, in blocks of any size', () => {
  it.each(Object.entries(OPTIONS).map(([name, asked], nth) => [name, asked, nth] as const))(
    'with %s',
    async (_, asked, nth) => {
      for (const [index, { classes, text, positions }] of FIXTURES.entries()) {
        if ((index + nth) % EVERY > 0) continue
        if (classes < (asked.topK ?? (asked.logits ? 2 : 1))) continue
        // The softmax of one logit must be asked for.
        const options = asked.header === false || classes === 1 ? { ...asked, logits: positions } : asked
        const input = dressed(text, options)
        const size = [4 * MiB, 777, 100, 13][index % 4]!
        const { stats, error } = await both(input, options, [{ size, jobs: 1 + (index % 3) }])
        expect([stats.lane, error]).toEqual(['general', undefined])
        expect(stats.written).toBe(stats.read)
        if (index % 5 > 0) continue
        const few = input.slice(0, 600)
        await both(few, options, [{ size: 1, jobs: 4 }])
        await both(few.replaceAll('\n', '\r\n'), options, [{ size: 13, jobs: 1 }])
      }
    },
  )
})

describe('a carriage return at the very end', () => {
  const header = 'logit_a,t\n1,2\n'
  it.each(['3,4\r', '3,"4"\r', '3,\r', '\r', '3,4\r\r', '3\r', '3,"4\r'])(
    'is the same in both lanes: %j',
    async (end) => {
      for (const text of [header + end, `${header}${end}`.replaceAll('\n', '\r\n')]) {
        for (const onError of ['fail', 'skip'] as const) {
          await both(text, { onError, labels: 'a' }, [
            { size: 1, jobs: 1 },
            { size: 4 * MiB, jobs: 1 },
          ])
        }
      }
    },
  )

  it('is not the half of a line end', async () => {
    for (const lane of ['general', 'fast'] as const) {
      const { error } = await run(`${header}3,4\r`, { lane, labels: 'a' })
      expect(error).toMatchObject({ code: 'E_QUOTE', info: { line: 3, row: 2 } })
    }
  })
})

describe('labels that need quotes', () => {
  it('are the same in both lanes', async () => {
    const options = { labels: ['a,b', '"', '', 'é', ...'efghij'] }
    const { stats } = await both(read('digits-logits.csv'), options, [{ size: 4096, jobs: 1 }])
    expect(stats.written).toBe(899)
  })
})

describe('labels that begin as comments do', () => {
  it('are the same in both lanes, of rows that the kernel defers too', async () => {
    const options: ScoreOptions = { comment: '#', keep: false, emit: 'label', labels: ['#a', '#b'], missing: '-inf' }
    const { text } = await both('logit_a,logit_b\n1,2\n1,\n1,2\n', options, [{ size: 4096, jobs: 1 }])
    expect(text).toBe('label\n#b\n#a\n#b\n')
  })
})

describe('lists of class names, which may be empty', () => {
  const INPUT = 'id,logit_a,logit_b\n1,-5,-5\n2,5,-5\n3,0,\n'
  const calibration = calibrationOf({ coverage: 0.5, quantile: 0.4, classes: ['a', 'b'] })
  const ways = [
    { size: 4096, jobs: 1 },
    { size: 1, jobs: 2 },
  ]

  it.each([
    ['csv', ','],
    ['tsv', '\t'],
    ['copy', '\t'],
  ] as const)('are the same in both lanes in %s, of rows that the kernel defers too', async (to, delimiter) => {
    const rows = (lines: string[]) => lines.map((line) => `${line.replace(',', delimiter)}\n`).join('')
    const options: ScoreOptions = { to, outputHeader: true, missing: '-inf' }
    const labels = await both(INPUT, { ...options, op: 'sigmoid', emit: 'labels' }, ways)
    expect(labels.text).toBe(rows(['id,labels', '1,', '2,a', '3,a']))
    const set = await both(INPUT, { ...options, calibration, emit: 'set' }, ways)
    expect(set.text).toBe(rows(['id,set', '1,', '2,a', '3,a']))
  })

  it('are no blank line in copy', async () => {
    for (const lane of ['general', 'auto'] as const) {
      const { error } = await run(INPUT, { to: 'copy', op: 'sigmoid', emit: 'labels', keep: false, lane })
      expect(error).toMatchObject({ code: 'E_CONFLICT', message: expect.stringContaining('would be a blank line') })
    }
  })
})

/** A text of random rows, and its options. */
interface Case {
  text: string
  options: ScoreOptions
}

/** A random output format and its options. */
function outputOf(random: Random): ScoreOptions {
  const to = maybe(random, 2, () =>
    random.of<NonNullable<ScoreOptions['to']>>([
      'csv',
      'tsv',
      'copy',
      'ndjson',
      'npy',
      'npz',
      'safetensors',
      ...COLUMNAR,
    ]),
  )
  return { to, types: COLUMNAR.includes(to!) ? maybe(random, 2, () => 'infer') : undefined }
}

const COLUMNAR: NonNullable<ScoreOptions['to']>[] = ['arrow', 'arrows', 'parquet']

function randomOptions(random: Random, classes: number): ScoreOptions {
  const output = outputOf(random)
  const isDelimited = !output.to || output.to === 'csv' || output.to === 'tsv'
  return {
    ...anyOptions(random, classes, ['', 'a,', '"', 'é']),
    keep: maybe(random, 4, () => random.of([false, '!1', '*'])),
    from: maybe(random, 6, () => 'tsv'),
    delimiter: maybe(random, 4, () => random.of([';', '|', ' ', ':', '::', '§', ' | ', ', ', '\t\t', '||||||||'])),
    decimal: maybe(random, 5, () => ','),
    trim: maybe(random, 5, () => true),
    outputHeader: isDelimited ? maybe(random, 4, () => random.below(2) === 0) : undefined,
    outputDelimiter: isDelimited ? maybe(random, 6, () => random.of([',', ';', '\t'])) : undefined,
    outputDecimal: isDelimited ? maybe(random, 6, () => random.of(['.', ','] as const)) : undefined,
    ...output,
    comment: maybe(random, 6, () => '#'),
    escapeFormulas: isDelimited ? maybe(random, 5, () => true) : undefined,
    lazyQuotes: maybe(random, 6, () => true),
    logits: random.of(['logit_*', 'logit_*', `logit_${classes - 1},logit_*`]),
  }
}

/** The same without what the fast lane does not support: some longer delimiters; and with those that commas need. */
function dialectOptions(random: Random, classes: number): ScoreOptions {
  const options = randomOptions(random, classes)
  const { decimal, outputDecimal, trim, escapeFormulas } = options
  const delimiter = options.delimiter ?? (decimal && options.from !== 'tsv' ? random.of([';', ',']) : undefined)
  if (!isLong(delimiter)) return { ...options, delimiter }
  const hasCommas = decimal === ',' || outputDecimal === ','
  const isRefused = escapeFormulas || (hasCommas && delimiter.startsWith(',')) || (trim && /[ \t]/.test(delimiter))
  return { ...options, delimiter: isRefused ? ';' : delimiter }
}

function isLong(delimiter: string | undefined): delimiter is string {
  return delimiter !== undefined && Buffer.byteLength(delimiter) > 1
}

/** A cell as a dialect writes it: with a decimal comma, and quotes around it if that is the delimiter; between blanks. */
function cellIn({ decimal, delimiter, trim }: ScoreOptions, random: Random): (cell: string) => string {
  const quoted = (cell: string) => (delimiter === ',' && !cell.includes('"') ? `"${cell}"` : cell)
  const isDecimal = (cell: string) => decimal === ',' && /\d\.\d|^-?\.\d/.test(cell)
  const blanks = () => (trim ? random.of(['', '', ' ', '  ', '\t', ' \t   ', ' '.repeat(40)]) : '')
  return (cell) => blanks() + (isDecimal(cell) ? quoted(cell.replaceAll('.', ',')) : cell) + blanks()
}

/** Sometimes treats quotes as literal, which the fast lane supports if cells are copied unchanged. */
function withoutQuotes(random: Random, options: ScoreOptions, text: string): ScoreOptions {
  const isSame = !options.to && !options.outputDelimiter && !options.outputDecimal
  const isKept = isSame && !options.escapeFormulas && !text.includes('\r') && options.delimiter !== ','
  return isKept && random.below(6) === 0 ? { ...options, quote: 'none', labels: undefined } : options
}

/** A random case with `rows` rows; `oddness` is how many of a thousand logits are odd. */
function randomCase(random: Random, rows: number, oddness: number): Case {
  const classes = random.of([1, 2, 2, 3, 3, 5, 10, 17])
  const before = random.below(3)
  const after = random.below(3)
  const keep = maybe(random, 4, () => shuffled(random, otherColumns(before, classes, after)).join() || false)
  const options = { ...dialectOptions(random, classes), ...(keep !== undefined && { keep }) }
  const dialected = cellIn(options, random)
  const delimiter = options.delimiter ?? (options.from === 'tsv' ? '\t' : ',')
  const names = Array.from({ length: classes }, (_, index) => `logit_${index}`)
  const others = (count: number, cell: () => string) => Array.from({ length: count }, cell)
  const lines = [[...others(before, () => 'b'), ...names, ...others(after, () => 'a')].join(delimiter)]
  const crlf = random.below(4) === 0
  const kept = Array.from({ length: before + after }, () =>
    options.types === 'infer' ? typedCells(random, oddness) : () => keptCell(random, oddness),
  )
  for (let row = 0; row < rows; row++) {
    const cells = [
      ...kept.slice(0, before).map((cell) => cell()),
      ...names.map(() => logit(random, oddness)),
      ...kept.slice(before).map((cell) => cell()),
    ].map(dialected)
    if (random.below(4000) < oddness) cells.splice(random.below(cells.length), 1, ...others(random.below(3), () => '1'))
    lines.push(cells.join(delimiter))
    if (random.below(4000) < oddness) lines.push(random.of(['', '\r', ' ', ' \t', '\r ']))
  }
  const ends = random.of(crlf ? ['\r\n', '\r\n', ''] : ['\n', '\n', ''])
  const joined = lines.join(crlf ? '\r\n' : '\n') + ends
  const text = !crlf && !isLong(delimiter) && random.below(6) === 0 ? joined.replaceAll('\n', '\r') : joined
  const input = random.below(4) === 0 ? mutated(random, text) : text
  return { text: input, options: withoutQuotes(random, options, input) }
}

/** The positions, from 1, of the columns before and after the logits. */
function otherColumns(before: number, classes: number, after: number): number[] {
  const columns = Array.from({ length: before + classes + after }, (_, index) => index + 1)
  return [...columns.slice(0, before), ...columns.slice(before + classes)]
}

function shuffled<T>(random: Random, items: T[]): T[] {
  const left = [...items]
  return items.map(() => left.splice(random.below(left.length), 1)[0]!)
}

const BITS = [
  '"',
  '""',
  ',',
  ';',
  '\t',
  '\n',
  '\r',
  '\r\n',
  '\0',
  ' ',
  'e',
  'E',
  '-',
  '+',
  '=',
  '@',
  '#',
  '\n#',
  '\\',
  '.',
  '0',
  '9'.repeat(30),
  'é',
]

/** The text with a few bytes removed, inserted or repeated after its header. */
function mutated(random: Random, text: string): string {
  const header = text.indexOf('\n') + 1
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = header + random.below(Math.max(text.length - header, 1))
    const end = at + random.of([0, 0, 1, 1, 2, random.below(200)])
    const bit = random.of([random.of(BITS), text.slice(at, end).repeat(2), ''])
    text = text.slice(0, at) + bit + text.slice(end)
  }
  return text
}

/** A chunk size from 1 byte, for a short text, to 4 MiB. */
function randomSize(random: Random, { length }: string): number {
  return Math.max(2 ** (random.below(230) / 10), length / 2000) | 0 || 1
}

describe('rows that are made at random', { timeout: Math.max(120_000, COUNT) }, () => {
  it('give the same bytes, counts and errors in both lanes', async () => {
    const random = randomFrom(SEED)
    for (let rows = 0; rows < COUNT; ) {
      const count = random.of([1, 10, 40, 300])
      const { text, options } = randomCase(random, count, random.of([0, 3, 30, 200]))
      await both(text, fastOptions(options), [{ size: randomSize(random, text), jobs: 1 + random.below(4) }])
      rows += count
    }
  })
})

describe('cells with escapes that are made at random', { timeout: Math.max(120_000, COUNT) }, () => {
  const PIECES = [
    'a',
    'é',
    '\\N',
    '\\\\',
    '\\t',
    '\\n',
    '\\x41',
    '\\101',
    '\\q',
    '"',
    '""',
    ',',
    ';',
    '',
    '',
    '=',
    '+1',
    ' ',
    '#',
    '\0',
  ]
  const cell = (random: Random) => Array.from({ length: random.below(4) }, () => random.of(PIECES)).join('')

  it('give the same bytes, counts and errors in both lanes, in every format of text', async () => {
    const random = randomFrom(SEED)
    for (let rows = 0; rows < COUNT / 8; rows += 40) {
      const delimiter = random.of(['\t', '\t', '|'])
      const line = () => [cell(random), logit(random, 30), logit(random, 30), cell(random)].join(delimiter)
      const text = `a${delimiter}logit_x${delimiter}logit_y${delimiter}b\n${Array.from({ length: 40 }, line).join('\n')}\n`
      const options: ScoreOptions = {
        ...anyOptions(random, 2, ['', 'a,', '"', '\\']),
        from: 'copy',
        delimiter: delimiter === '\t' ? undefined : delimiter,
        decimal: maybe(random, 4, () => ','),
        to: random.of(['csv', 'tsv', 'copy', 'ndjson', ...COLUMNAR]),
        escapeFormulas: undefined,
      }
      await both(text, options, [{ size: randomSize(random, text), jobs: 1 + random.below(3) }])
    }
  })
})

describe('cells of types that the first rows tell', { timeout: Math.max(120_000, COUNT) }, () => {
  /** Enough rows to determine the types, and some with other cells. */
  const typedText = (random: Random, rows: number, oddness: number) => {
    const seed = random.below(2 ** 31)
    const cells = (odd: number) => {
      const kinds = randomFrom(seed)
      const columns = [typedCells(kinds, odd), typedCells(kinds, odd), typedCells(kinds, odd)]
      return () => `${columns.map((cell) => cell()).join()},${random.below(100)},2\n`
    }
    const first = Array.from({ length: 100 }, cells(0)).join('').repeat(101)
    return `a,b,c,logit_x,logit_y\n${first}${Array.from({ length: rows }, cells(oddness)).join('')}`
  }

  it('give the same columns, counts and errors in both lanes, of other cells too', async () => {
    const random = randomFrom(SEED)
    let misfits = 0
    for (let rows = 0; rows < COUNT / 8; rows += 300) {
      const text = typedText(random, 300, random.of([3, 30, 200]))
      const options: ScoreOptions = {
        onError: random.of(['skip', 'skip', 'fail']),
        to: random.of(COLUMNAR),
        types: 'infer',
        missing: '-inf',
        null: maybe(random, 2, () => random.of(['NA', 'nope,N A'])),
      }
      const way = { size: 2 ** (12 + random.below(10)), jobs: 1 + random.below(3) }
      const { error, warnings, stats } = await both(text, options, [way])
      expect([undefined, 'E_CELL_TYPE']).toContain(error?.code)
      if (stats.rejected.E_CELL_TYPE) misfits++
      expect(warnings.length).toBeLessThan(2)
    }
    expect(misfits).toBeGreaterThan(COUNT / 8000)
  })
})

/** Whether options apply to a text of five columns with a header. */
function isPlain({ delimiter, from, header, logits }: ScoreOptions): boolean {
  return !delimiter && !from && header !== false && !logits
}

/** A logit that is valid under all options. */
function goodLogit(random: Random): string {
  const cell = logit(random, 0)
  return Math.abs(Number(cell)) < 1e300 ? cell : goodLogit(random)
}

/** Good rows of three logits between two other columns. */
function goodRows(random: Random, count: number): string {
  const logits = () => [0, 1, 2].map(() => goodLogit(random)).join()
  const row = () => `${keptCell(random, 0)},${logits()},${keptCell(random, 0)}\n`
  return Array.from({ length: count }, row).join('')
}

/** The fast lane with a text that arrives so slowly that all workers have started by its middle. */
async function onThreads(text: string, options: ScoreOptions, { size, jobs }: Way) {
  let answers = 0
  const count = (worker: Worker) => worker.on('message', () => answers++)
  process.on('worker', count)
  onTestFinished(() => void process.off('worker', count))
  const bytes = Buffer.from(text)
  const first = Math.ceil((1.2 * MiB) / size) * size
  async function* slowly() {
    // In one chunk: a first block that is full starts the workers at once, however busy the machine is.
    yield bytes.subarray(0, first)
    while (answers < jobs - 1) await wait(5)
    yield* chunksOf(bytes.subarray(first), size)
  }
  const outcome = await run(slowly(), { ...options, lane: 'fast', jobs })
  return { outcome, answers: answers - (jobs - 1) }
}

describe('threads', { timeout: Math.max(120_000, COUNT) }, () => {
  it.each([1, 2, 3, 4])(
    'give the same bytes, counts and errors as the general lane, where they are %i',
    async (jobs) => {
      const random = randomFrom(SEED + jobs)
      for (let rows = 0; rows < COUNT / 4; ) {
        const options: ScoreOptions = { onError: 'skip', ...random.of(Object.values(OPTIONS).filter(isPlain)) }
        const count = random.of([50, 100])
        const parts = Array.from({ length: 4 }, () => goodRows(random, count))
        const repeated = Math.ceil((3 * MiB) / parts.join('').length)
        const bad = random.of(['', '', 'a,1,x,3,4\n', '"open,1,2,3,4\n'])
        const text = `t,logit_a,logit_b,logit_c,u\n${parts.join('').repeat(repeated)}${bad}${parts[0]}`
        const way = { size: random.of([MiB / 16, MiB / 4, MiB, 4 * MiB, 1000 + random.below(9000)]), jobs }
        for (const onError of bad ? (['skip', 'fail'] as const) : (['skip'] as const)) {
          const general = await run(text, { ...options, onError, lane: 'general' })
          const { outcome, answers } = await onThreads(text, { ...options, onError }, way)
          if (!isSame(general, outcome)) expect({ way, ...sameIn(outcome) }).toEqual({ way, ...sameIn(general) })
          if (!bad) expect(general.stats.written).toBe(general.stats.read)
          if (jobs > 1 && way.size <= MiB) expect(answers).toBeGreaterThan(0)
          rows += general.stats.read
        }
      }
    },
  )
})

describe('rows stay in their order', () => {
  /** So close to the midpoint of two doubles that only the general lane can decide. */
  const HARD = '9007199254740993.0000001'
  /** Numbered rows, the first of each block with a hard logit or not. */
  const numbered = (from: number, count: number, isHard: (block: number) => boolean) =>
    Array.from({ length: count }, (_, index) => {
      const row = from + index
      return `${row},${index % 8000 === 0 && isHard(index / 8000) ? HARD : 1},2\n`
    }).join('')

  it.each([2, 3, 4])('on %i threads, where a block takes a worker much longer than the next', async (jobs) => {
    for (const isHard of [(block: number) => block % 2 === 0, (block: number) => block % 5 === 1]) {
      const text = `id,logit_a,logit_b\n${numbered(0, 160_000, () => false)}${numbered(160_000, 120_000, isHard)}`
      const { outcome, answers } = await onThreads(text, { keep: true, emit: 'label' }, { size: 88_000, jobs })
      const ids = outcome.text.trimEnd().split('\n').slice(1).map(Number.parseFloat)
      expect(ids.length).toBe(280_000)
      expect(ids.findIndex((id, row) => id !== row)).toBe(-1)
      expect(answers).toBeGreaterThan(0)
    }
  })
})

/** Typical and odd cells. */
const number = fc.oneof(
  { weight: 6, arbitrary: fc.double({ noNaN: true, min: -800, max: 800 }).map(String) },
  { weight: 2, arbitrary: fc.double({ noDefaultInfinity: true, noNaN: true }).map(String) },
  { weight: 2, arbitrary: fc.double({ noNaN: true, min: -800, max: 800 }).map((x) => `"${x}"`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.bigInt(), fc.nat(400), fc.integer({ min: -360, max: 320 }))
      .map(([n, zeros, e]) => `${n}${'0'.repeat(zeros % 30)}.${n < 0n ? -n : n}e${e}`),
  },
  { weight: 1, arbitrary: fc.stringMatching(/^[0-9]{17,90}(\.[0-9]{1,300})?$/) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...ODD),
  },
)
const keptText = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[ a-z0-9]{0,20}$/) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '"a,b"',
      '"a""b"',
      '"a\nb"',
      '""',
      'é',
      '"open',
      'a"b',
      '"a"b',
      '\0',
      'x'.repeat(70_000),
    ),
  },
)
const newline = fc.constantFrom('\n', '\n', '\n', '\r\n', '\n\n', '\r\r\n')
const row = fc.oneof(
  {
    weight: 20,
    arbitrary: fc
      .tuple(keptText, number, number, number, keptText, newline)
      .map(([a, x, y, z, b, end]) => `${a},${x},${y},${z},${b}${end}`),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.array(fc.oneof(number, keptText), { maxLength: 7 }), newline)
      .map(([cells, end]) => cells.join() + end),
  },
)

describe('whatever the rows are', { timeout: Math.max(120_000, COUNT) }, () => {
  it.each(['skip', 'fail'] as const)('both lanes give the same bytes, counts and errors under %s', async (onError) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 60 }),
        fc.constantFrom(...Object.values(OPTIONS).filter(isPlain)),
        fc.constantFrom('error', '-inf'),
        fc.constantFrom('error', 'propagate', 'null'),
        fc.constantFrom(1, 7, 100, 4096, 1 << 22),
        async (rows, options, missing, nonfinite, size) => {
          const text = `t,logit_a,logit_b,logit_c,u\n${rows.join('')}`
          await both(text, { ...options, onError, missing, nonfinite } as ScoreOptions, [{ size, jobs: 1 }])
        },
      ),
      { numRuns: COUNT / 100, seed: SEED },
    )
  })
})

describe('lane fast', () => {
  it.each([
    { delimiter: '|'.repeat(9) },
    { delimiter: '::', escapeFormulas: true },
    { delimiter: ' | ', trim: true },
    { delimiter: ', ', decimal: ',' },
    { delimiter: 'whitespace' },
    { quote: "'" },
    { escape: '\\' },
    { to: 'tsv', delimiter: '|'.repeat(9) },
  ] satisfies ScoreOptions[])('is refused where it cannot: %j', async (options) => {
    const { delimiter = ',' } = options
    const text = 'logit_a,logit_b\n1,2\n'.replaceAll(',', delimiter === 'whitespace' ? ' ' : delimiter)
    const { error } = await run(text, { ...options, lane: 'fast' })
    expect(error).toMatchObject({ code: 'E_CONFLICT' })
    const { stats } = await run(text, options)
    expect(stats).toMatchObject({ lane: 'general', written: 1 })
  })
})
