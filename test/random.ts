/** Reproducible random numbers. */
export interface Random {
  /** 0 to `count` - 1. */
  below(count: number): number
  /** 64 random bits. */
  bits(): bigint
  /** Random decimal digits. */
  digits(count: number): string
  /** A minus sign, or nothing. */
  sign(): '' | '-'
  /** One of some items. */
  of<T>(items: readonly T[]): T
}

/** A random generator for a seed. */
export function randomFrom(seed: number): Random {
  const next = generator(seed)
  const below = (count: number) => Math.floor((next() / 2 ** 32) * count)
  const digits = (count: number) => {
    let text = ''
    while (text.length < count) text += String(next()).slice(-8)
    return text.slice(0, count)
  }
  return {
    below,
    bits: () => (BigInt(next()) << 32n) | BigInt(next()),
    digits,
    sign: () => (below(2) === 0 ? '' : '-'),
    of: (items) => items[below(items.length)]!,
  }
}

/** Mixes a counter, like SplitMix32. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
}
