/** Random cells of delimited text. */
import type { Random } from './random.js'

const words = new BigUint64Array(1)
const double = new Float64Array(words.buffer)

/** The double with some bits, possibly not finite. */
function fromBits(bits: bigint): number {
  words[0] = bits
  return double[0]!
}

function bitsOf(value: number): bigint {
  double[0] = value
  return words[0]!
}

/** A finite double with random bits. */
function anyDouble(random: Random): number {
  for (;;) {
    const value = fromBits(random.bits())
    if (Number.isFinite(value)) return value
  }
}

/** A double with a uniformly distributed binade, random sign and random last bits. */
const nearOne = (random: Random) =>
  fromBits((random.bits() & 0x800fffffffffffffn) | (BigInt(1003 + random.below(40)) << 52n))

const subnormal = (random: Random) =>
  fromBits(random.bits() & (0x8000000000000000n | ((1n << BigInt(random.below(53))) - 1n)))

/** A power of two, or a double one or two steps away. */
const powerOfTwo = (random: Random) =>
  fromBits(((BigInt(random.below(2047)) << 52n) + BigInt(random.below(5) - 2)) & 0x7fffffffffffffffn)

/** All decimal digits of `mantissa` * 2^`exponent`. */
function decimalOf(mantissa: bigint, exponent: number): string {
  if (exponent >= 0) return String(mantissa << BigInt(exponent))
  const digits = String(mantissa * 5n ** BigInt(-exponent)).padStart(1 - exponent, '0')
  return `${digits.slice(0, exponent)}.${digits.slice(exponent)}`
}

/** All decimal digits of the midpoint between a positive double and the next. */
function halfwayAbove(value: number): string {
  const bits = bitsOf(value)
  const binade = Number(bits >> 52n)
  const mantissa = (bits & 0xfffffffffffffn) | (binade > 0 ? 1n << 52n : 0n)
  return decimalOf(2n * mantissa + 1n, Math.max(binade, 1) - 1076)
}

/** A midpoint exactly, slightly above or below, or truncated. */
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

/** Where JavaScript's notation changes, and the limits of doubles. */
const EDGES = [1e21, 1e-6, 1e-7, 1, 10, 1e15, 1e16, 1e17, 2 ** 53, Number.MAX_VALUE, 2.2250738585072014e-308, 5e-324]

const edge = (random: Random) => {
  const bits = bitsOf(EDGES[random.below(EDGES.length)]!) + BigInt(random.below(41) - 20)
  return `${random.sign()}${fromBits(bits < 0n || bits >= 0x7ff0000000000000n ? 0n : bits)}`
}

/** Generators of numbers as text; slow ones are rare. */
export const NUMBERS: ((random: Random) => string)[] = [
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
  (random) => near(random, random.of([2 ** 53, 1e21])),
  (random) => (random.below(8) === 0 ? halfway(random) : decimal(random)),
  (random) => (random.below(8) === 0 ? longDecimal(random) : scientific(random)),
]

/** Typical logits. */
const ORDINARY: ((random: Random) => string)[] = [
  (random) => (random.below(400_000) / 10_000 - 20).toFixed(random.below(7)),
  (random) => String(Math.fround(nearOne(random))),
  (random) => String(random.below(41) - 20),
]

/** Valid and invalid spellings of logits. */
export const ODD = [
  '',
  ' ',
  'x',
  '1,5',
  '"1"',
  '" 2 "',
  '-inf',
  '-Inf',
  'inf',
  '+Infinity',
  'NaN',
  '1e400',
  '-1e400',
  '.',
  '+1.',
]
  .concat([' .5\t', '\t', '0x10', '"', '1"', '""', '-0', '1e-400', '1_0', '"1"2', '\r', '1\r', '--1', '1e', '1e+', '١'])
  .concat(['"\t1\t"', '"+1."', '"1e400"', '"nan"', '" "', '"1', '"1" ', '"1""', '"1\r"', '"1;5"', "'1'"])
  .concat(['"1\n"', '0'.repeat(500), `1${'0'.repeat(320)}e-320`, `0.${'0'.repeat(400)}1e400`, '9'.repeat(800)])

/** A logit: usually a number, sometimes quoted, rarely odd. */
export function logit(random: Random, oddness: number): string {
  if (random.below(1000) < oddness) return random.of(ODD)
  const number = random.of(random.below(3) === 0 ? NUMBERS : ORDINARY)(random)
  return random.below(10) === 0 ? `"${number}"` : number
}

/** Cells of one type, with some that do not fit. */
const TYPED: ((random: Random) => string)[] = [
  (random) => String(random.below(2 ** 31) - 2 ** 30),
  (random) => String(BigInt.asIntN(64, random.bits())),
  (random) => random.of(NUMBERS)(random),
  (random) => String(random.below(1e6) / 64),
  (random) => random.of(['true', 'false', 'True', 'FALSE']),
  (random) => dateOf(random),
  (random) => `${dateOf(random)}${random.of(['T', ' '])}${timeOf(random)}`,
  (random) => `${dateOf(random)}T${timeOf(random)}${random.of(['Z', '+00:00'])}`,
]
const TYPED_ODD = [
  '',
  '""',
  '007',
  '+5',
  '-0',
  '1e3',
  '.5',
  '5.',
  '1.10',
  'nan',
  '-inf',
  '"1"',
  ' 1',
  '1 ',
  'x',
  'TRUE',
  'tRUE',
]
  .concat([
    '9223372036854775808',
    '9007199254740993',
    '0.12345678901234567890',
    '0.1234567890123456',
    '1e400',
    '1e-400',
  ])
  .concat(['2024-02-29', '2023-02-29', '0000-01-01', '2024-1-1', '2024-01-01T24:00', '2024-01-01 00:00:00.1234567'])

const two = (value: number) => String(value).padStart(2, '0')
const dateOf = (random: Random) =>
  `${String(1 + random.below(9999)).padStart(4, '0')}-${two(1 + random.below(12))}-${two(1 + random.below(28))}`
const timeOf = (random: Random) => {
  const seconds = random.of([
    '',
    `:${two(random.below(60))}`,
    `:${two(random.below(60))}.${random.digits(1 + random.below(6))}`,
  ])
  return `${two(random.below(24))}:${two(random.below(60))}${seconds}`
}

/** Creates the generator of a column's cells, usually of one type. */
export function typedCells(random: Random, oddness: number): () => string {
  const cell = random.of(TYPED)
  return () => {
    if (random.below(1000) < oddness / 2) return random.of(TYPED_ODD)
    if (random.below(20) === 0) return ''
    return random.below(20) === 0 ? `"${cell(random)}"` : cell(random)
  }
}

const KEPT = ['"a,b"', '"a""b"', '"a\nb"', '""', 'é', '\0', '\ufeff', "'", '#', '"a;b\tc"', '"\r\n"', '🐢']
const KEPT_BAD = ['a"b', '\\"', '"open', '"a"b', '"a" ', '\r', 'a,b']

/** A kept cell. */
export function kept(random: Random, oddness: number): string {
  if (random.below(1000) < oddness / 4) return random.of(KEPT_BAD)
  if (random.below(8) === 0) return random.of(KEPT)
  if (random.below(2000) === 0) return 'x'.repeat(random.below(100_000))
  return random.digits(random.below(12))
}
