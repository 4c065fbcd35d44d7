import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import type { ScoreOptions } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { run, told } from './streams.js'

/** What both lanes make of a text, in chunks of a size: the same, or the test fails. Returns what it is. */
async function both(text: string | Buffer, options: ScoreOptions, size?: number) {
  const [general, fast] = await Promise.all([
    run(text, { ...options, lane: 'general' }, size),
    run(text, { ...options, lane: 'fast' }, size),
  ])
  expect({ text: fast.text, error: fast.error && told(fast.error) }).toEqual({
    text: general.text,
    error: general.error && told(general.error),
  })
  const { lane: _, bytes: __, ...counts } = general.stats
  if (!general.error) expect(fast.stats).toMatchObject(counts)
  return { ...fast, lane: [general.stats.lane, fast.stats.lane] }
}

const digits = readFileSync(new URL('../fixtures/digits-logits.csv', import.meta.url), 'utf8')

const OPTIONS: Record<string, ScoreOptions> = {
  none: {},
  'log-softmax': { op: 'log-softmax' },
  temperature: { temperature: 0.7 },
  'every column': { emit: 'probs,label,index,confidence,margin,entropy,logsumexp' },
  'top 3': { topK: 3, emit: 'probs,index' },
  'no kept columns': { keep: false },
  'precision 6': { precision: 6 },
  'precision 17': { precision: 17 },
  float32: { float32: true },
  'float32, precision 4': { float32: true, precision: 4 },
  labels: { labels: ['a,b', '"', '', 'é', ...'efghij'] },
  'another delimiter': { delimiter: ';' },
}

describe('both lanes give the same bytes', () => {
  it.each(Object.entries(OPTIONS))('for the digits, with %s', async (_, options) => {
    const text = options.delimiter ? digits.replaceAll(',', options.delimiter) : digits
    const { lane } = await both(text, options)
    expect(lane).toEqual(['general', 'fast'])
    await both(text.replaceAll('\n', '\r\n'), options, 1000)
  })

  it.each([1, 2, 3, 4])('on %i threads, from an input large enough for them', async (jobs) => {
    const [header, ...rows] = digits.trimEnd().split('\n')
    rows.splice(500, 0, '1,two,"1",2,3,4,5,6,7,8,9,10', '', '2,"a\n,b",1,2,3,4,5,6,7,8,9,10')
    const { stats } = await both(`${header}\n${`${rows.join('\n')}\n`.repeat(40)}`, { jobs }, 1 << 16)
    expect(stats).toMatchObject({ read: 901 * 40, written: 901 * 40 })
  })
})

/** Cells as they are met, and as they are not. */
const number = fc.oneof(
  { weight: 6, arbitrary: fc.double({ noNaN: true, min: -800, max: 800 }).map(String) },
  { weight: 2, arbitrary: fc.double({ noDefaultInfinity: true, noNaN: true }).map(String) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.bigInt(), fc.nat(400), fc.integer({ min: -360, max: 320 }))
      .map(([n, zeros, e]) => `${n}${'0'.repeat(zeros % 30)}.${n < 0n ? -n : n}e${e}`),
  },
  { weight: 1, arbitrary: fc.stringMatching(/^[0-9]{17,90}(\.[0-9]{1,300})?$/) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      ' ',
      'x',
      '1,5',
      '"1"',
      '" 2 "',
      '-inf',
      'inf',
      'NaN',
      '1e400',
      '.',
      '+1.',
      ' .5\t',
      '0x10',
      '"',
      '1"',
      '-0',
      '1e-400',
      '1_0',
      '"1"2',
      '\r',
      '1\r',
    ),
  },
)
const kept = fc.oneof(
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
      .tuple(kept, number, number, number, kept, newline)
      .map(([a, x, y, z, b, end]) => `${a},${x},${y},${z},${b}${end}`),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.array(fc.oneof(number, kept), { maxLength: 7 }), newline)
      .map(([cells, end]) => cells.join() + end),
  },
)

describe('whatever the rows are', { timeout: 60_000 }, () => {
  it.each(['skip', 'fail'] as const)('both lanes give the same bytes, counts and errors under %s', async (onError) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 60 }),
        fc.constantFrom(...Object.values(OPTIONS).filter(({ labels, delimiter }) => !labels && !delimiter)),
        fc.constantFrom('error', '-inf'),
        fc.constantFrom('error', 'propagate'),
        fc.constantFrom(1, 7, 100, 4096, 1 << 22),
        async (rows, options, missing, nonfinite, size) => {
          const text = `t,logit_a,logit_b,logit_c,u\n${rows.join('')}`
          await both(text, { ...options, onError, missing, nonfinite, jobs: 1 } as ScoreOptions, size)
        },
      ),
      { numRuns: 300, seed: 20261124 },
    )
  })
})

describe('lane fast', () => {
  it.each([
    { delimiter: '::' },
    { comment: '#' },
    { quote: "'" },
    { escape: '\\' },
    { to: 'tsv' },
  ] satisfies ScoreOptions[])('is refused where it cannot: %j', async (options) => {
    const { error } = await run('logit_a,logit_b\n1,2\n'.replaceAll(',', options.delimiter ?? ','), {
      ...options,
      lane: 'fast',
    })
    expect(error).toMatchObject({ code: 'E_CONFLICT' })
    const { stats } = await run('logit_a,logit_b\n1,2\n'.replaceAll(',', options.delimiter ?? ','), options)
    expect(stats).toMatchObject({ lane: 'general', written: 1 })
  })
})
