/**
 * Numbers of the fast lane, read and written, against JavaScript's own: the logsumexp of one logit is that logit, so a
 * column of numbers comes out as `String(Number(cell))`, if every cell is read and every double written to the last bit.
 *
 * A sample by default. `COUNT=10000000 npx vitest run test/numbers.test.ts` takes so many numbers in each test (some
 * minutes each); `SEED=7` takes others.
 */
import type { ScoreOptions } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { type Random, randomFrom } from './random.js'
import { run } from './streams.js'

const COUNT = Number(process.env.COUNT ?? 200_000)
const SEED = Number(process.env.SEED ?? 20261124)
/** Numbers that are scored at once. */
const BATCH = 10_000

const words = new BigUint64Array(1)
const double = new Float64Array(words.buffer)

/** The double of some bits, which may be none that is finite. */
function fromBits(bits: bigint): number {
  words[0] = bits
  return double[0]!
}

function bitsOf(value: number): bigint {
  double[0] = value
  return words[0]!
}

/** A finite double of any bits. */
function anyDouble(random: Random): number {
  for (;;) {
    const value = fromBits(random.bits())
    if (Number.isFinite(value)) return value
  }
}

/** A double of a binade of which all are as likely, sign and last bits random. */
const nearOne = (random: Random) =>
  fromBits((random.bits() & 0x800fffffffffffffn) | (BigInt(1003 + random.below(40)) << 52n))

const subnormal = (random: Random) =>
  fromBits(random.bits() & (0x8000000000000000n | ((1n << BigInt(random.below(53))) - 1n)))

/** A power of two, or a double or two beside it. */
const powerOfTwo = (random: Random) =>
  fromBits(((BigInt(random.below(2047)) << 52n) + BigInt(random.below(5) - 2)) & 0x7fffffffffffffffn)

/** All digits of a number that is `mantissa` * 2^`exponent`. */
function decimalOf(mantissa: bigint, exponent: number): string {
  if (exponent >= 0) return String(mantissa << BigInt(exponent))
  const digits = String(mantissa * 5n ** BigInt(-exponent)).padStart(1 - exponent, '0')
  return `${digits.slice(0, exponent)}.${digits.slice(exponent)}`
}

/** All digits of what lies halfway between a positive double and the next. */
function halfwayAbove(value: number): string {
  const bits = bitsOf(value)
  const binade = Number(bits >> 52n)
  const mantissa = (bits & 0xfffffffffffffn) | (binade > 0 ? 1n << 52n : 0n)
  return decimalOf(2n * mantissa + 1n, Math.max(binade, 1) - 1076)
}

/** Halfway, to the digit, or a little above or below it, or cut short. */
function halfway(random: Random): string {
  const value =
    random.below(4) === 0
      ? Math.abs(subnormal(random))
      : Math.abs(random.below(2) === 0 ? nearOne(random) : anyDouble(random))
  const exact = halfwayAbove(value)
  const text = exact.includes('.') ? exact : `${exact}.0`
  const last = text.slice(0, -1)
  return [
    text,
    `${text}1`,
    `${text}000000001`,
    `${last}${Math.max(Number(text.at(-1)) - 1, 0)}9`,
    text.slice(0, 20 + random.below(20)),
  ][random.below(5)]!
}

const decimal = (random: Random) => {
  const digits = random.digits(1 + random.below(25))
  const point = random.below(digits.length + 1)
  return `${random.sign()}${digits.slice(0, point)}.${digits.slice(point)}`
}

const scientific = (random: Random) =>
  `${random.sign()}${random.digits(1 + random.below(25))}e${random.below(626) - 340}`

const longDecimal = (random: Random) => {
  const digits = random.digits(17 + random.below(784))
  const point = random.below(digits.length)
  return `${random.sign()}${digits.slice(0, point) || '0'}.${digits.slice(point)}e${random.below(600) - 300 - point}`
}

const near = (random: Random, value: number) => String(BigInt(value) + BigInt(random.below(2001) - 1000))

/** Where JavaScript's layout changes, and where a double begins or ends. */
const EDGES = [1e21, 1e-6, 1e-7, 1, 10, 1e15, 1e16, 1e17, 2 ** 53, Number.MAX_VALUE, 2.2250738585072014e-308, 5e-324]

const edge = (random: Random) => {
  const bits = bitsOf(EDGES[random.below(EDGES.length)]!) + BigInt(random.below(41) - 20)
  return `${random.sign()}${fromBits(bits < 0n || bits >= 0x7ff0000000000000n ? 0n : bits)}`
}

/** Kinds of cells, each as often as any other, save halfway cases, which take long to make. */
const KINDS: ((random: Random) => string)[] = [
  (random) => String(anyDouble(random)),
  (random) => anyDouble(random).toExponential(16),
  (random) => anyDouble(random).toPrecision(15 + random.below(7)),
  (random) => String(nearOne(random)),
  (random) => String(Math.fround(nearOne(random))),
  (random) => nearOne(random).toFixed(random.below(20)),
  (random) => String(subnormal(random)),
  (random) => `${random.sign()}${powerOfTwo(random)}`,
  decimal,
  scientific,
  edge,
  (random) => near(random, random.below(2) === 0 ? 2 ** 53 : 1e21),
  (random) => (random.below(8) === 0 ? halfway(random) : decimal(random)),
  (random) => (random.below(8) === 0 ? longDecimal(random) : scientific(random)),
]

/** Cells of all kinds that are numbers, in batches. */
function* batches(seed: number): Generator<string[]> {
  const random = randomFrom(seed)
  for (let made = 0; made < COUNT; made += BATCH) {
    const cells: string[] = []
    for (let index = 0; cells.length < BATCH; index++) {
      const cell = KINDS[index % KINDS.length]!(random)
      if (Number.isFinite(Number(cell))) cells.push(cell)
    }
    yield cells
  }
}

/** Puts the cells through the fast lane, each batch by the next of some options, and compares what comes out. */
async function compare(ways: { options: ScoreOptions; expected(value: number): string }[]): Promise<void> {
  let compared = 0
  for (const cells of batches(SEED)) {
    const { options, expected } = ways[(compared / BATCH) % ways.length]!
    const input = `logit_a\n${cells.join('\n')}\n`
    const { text, error } = await run(input, { emit: 'logsumexp', lane: 'fast', outputHeader: false, ...options })
    expect(error).toBeUndefined()
    const lines = text.split('\n')
    const wrong = cells.flatMap((cell, index) => {
      const right = expected(Number(cell))
      return lines[index] === right ? [] : [{ cell, right, line: lines[index], options }]
    })
    expect(wrong.slice(0, 5)).toEqual([])
    compared += lines.length - 1
  }
  expect(compared).toBe(BATCH * Math.ceil(COUNT / BATCH))
}

/** The shortest decimal that reads back as the float32 nearest to a value, the closest of them: as it is defined. */
function shortestFloat32(value: number): string {
  const single = Math.fround(value)
  if (!Number.isFinite(single) || single === 0) return String(single)
  for (let digits = 1; ; digits++) {
    const nearest = single.toPrecision(digits)
    const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e(.+))?$/.exec(nearest)!
    const beside = (units: bigint) => `${sign}${BigInt(whole + fraction) + units}e${Number(exponent) - fraction.length}`
    const found = [nearest, beside(1n), beside(-1n)].find((text) => Math.fround(Number(text)) === single)
    if (found !== undefined) return String(Number(found))
  }
}

const precisions = Array.from({ length: 17 }, (_, index) => index + 1)
const rounded = (value: number, precision: number) => String(Number(value.toPrecision(precision)))

describe(`of ${COUNT} numbers, each`, { timeout: Math.max(60_000, COUNT / 5) }, () => {
  it('is read as by Number and written as by String', () => compare([{ options: {}, expected: String }]))

  it('is written with --float32 in the shortest digits that read back as that float32', () =>
    compare([{ options: { float32: true }, expected: shortestFloat32 }]))

  it('is written with --precision as toPrecision rounds it', () =>
    compare(
      precisions.map((precision) => ({ options: { precision }, expected: (value) => rounded(value, precision) })),
    ))

  it('is written with --float32 and --precision as toPrecision rounds the float32', () =>
    compare(
      precisions.map((precision) => ({
        options: { float32: true, precision },
        expected: (value) => rounded(Math.fround(value), precision),
      })),
    ))
})
