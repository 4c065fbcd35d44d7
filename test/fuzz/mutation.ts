/** Mutates inputs. */

import type { Random } from '../random.js'

/** An input of the corpus with a few mutations. */
export function mutated(corpus: readonly Buffer[], random: Random): Buffer {
  let bytes = random.of(corpus)
  for (let changes = 1 + random.below(1 + random.below(8)); changes > 0; changes--) {
    bytes = random.of(MUTATIONS)(bytes, random, corpus)
  }
  return random.below(100) === 0 ? manyTimes(bytes, random) : bytes
}

type Mutation = (bytes: Buffer, random: Random, corpus: readonly Buffer[]) => Buffer

/** Tokens to insert: meaningful in a dialect or a number, or in neither. */
const TOKENS = [
  ...['"', '""', '"""', '\n', '\r', '\r\n', '\n\n', '\r\r\n', ',', ',,', ';', '\t', '::', '#', "'", '\\', '\\"', '\0'],
  ...['0', '1', '-', '+', '.', 'e', 'E', '1e', '1e400', '-1e400', '1e-400', '-inf', 'inf', '+Infinity', 'NaN', '-nan'],
  ...['0x10', '1_000', '1,5', ' 1 ', '\t1', '1.', '.5', '-0', '"1"', '"-inf"', '" 1"', '9'.repeat(17), '5e-324'],
  ...['2.2250738585072011e-308', '1.7976931348623159e308', '9007199254740993', `0.${'0'.repeat(400)}1e400`],
  ...[`1${'0'.repeat(800)}`, `0.1${'5'.repeat(800)}`, '\ufeff', 'é', '🐢', '\u202e', '\x1b[2J', '\x80', '\xff\xfe'],
  ...['logit_', 'logit_a', 'id', 'label', 'p_x', '__proto__', 'constructor', '=1+1', '2,1', ',2,1\n', 'x'.repeat(300)],
].map((text) => Buffer.from(text, /^[\x80-\xff]+$/.test(text) ? 'latin1' : 'utf8'))

const MUTATIONS: Mutation[] = [
  // Flips a bit.
  (bytes, random) => changed(bytes, random, (byte) => byte ^ (1 << random.below(8))),
  // Replaces a byte.
  (bytes, random) => changed(bytes, random, () => random.below(256)),
  // Removes a range.
  (bytes, random) => {
    const [from, to] = span(bytes, random)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
  },
  // Duplicates a range.
  (bytes, random) => {
    const [from, to] = span(bytes, random)
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)])
  },
  // Truncates the end.
  (bytes, random) => bytes.subarray(0, place(bytes, random)),
  // Inserts a token; twice as often as the others.
  (bytes, random) => inserted(bytes, random.of(TOKENS), random),
  (bytes, random) => inserted(bytes, random.of(TOKENS), random),
  // Replaces a number.
  (bytes, random) => {
    const text = bytes.toString('latin1')
    const numbers = [...text.matchAll(/\d+/g)]
    if (numbers.length === 0) return bytes
    const { index, 0: old } = random.of(numbers)
    const [before, after] = [bytes.subarray(0, index), bytes.subarray(index + old.length)]
    return Buffer.concat([before, random.of(TOKENS), after])
  },
  // Inserts a range of another input.
  (bytes, random, corpus) => {
    const other = random.of(corpus)
    return inserted(bytes, other.subarray(...span(other, random)), random)
  },
  // Splices the beginning of this input and the end of another.
  (bytes, random, corpus) => {
    const other = random.of(corpus)
    return Buffer.concat([bytes.subarray(0, place(bytes, random)), other.subarray(place(other, random))])
  },
  // Occasionally, a long cell.
  (bytes, random) =>
    random.below(10) === 0 ? inserted(bytes, Buffer.alloc(random.below(200_000), random.of(TOKENS)), random) : bytes,
]

/** Repeats everything after the first line for several blocks, sometimes enough for workers. */
function manyTimes(bytes: Buffer, random: Random): Buffer {
  const header = bytes.indexOf('\n') + 1
  const rows = bytes.subarray(header)
  const size = random.below(10) === 0 ? 1_500_000 : 300_000
  const times = Math.min(20_000, Math.floor(size / Math.max(1, rows.length)))
  return Buffer.concat([bytes.subarray(0, header), ...Array.from({ length: times }, () => rows)])
}

function place(bytes: Buffer, random: Random): number {
  return random.below(bytes.length + 1)
}

function span(bytes: Buffer, random: Random): [number, number] {
  const from = place(bytes, random)
  return [from, Math.min(bytes.length, from + random.below(1 + random.below(200)))]
}

function inserted(bytes: Buffer, what: Buffer, random: Random): Buffer {
  const at = place(bytes, random)
  return Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)])
}

function changed(bytes: Buffer, random: Random, change: (byte: number) => number): Buffer {
  const at = random.below(bytes.length)
  const copy = Buffer.from(bytes)
  if (at < copy.length) copy[at] = change(copy[at]!)
  return copy
}
