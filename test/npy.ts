import { expect } from 'vitest'

/** An array, its numbers in C order. */
export interface Numbers {
  shape: number[]
  values: number[]
}

/** Reads what this package writes as .npy: little-endian floats in C order. */
export function npyOf(bytes: Buffer): Numbers {
  const start = 10 + bytes.readUInt16LE(8)
  const [, size, sizes] = /'<f([48])', 'fortran_order': False, 'shape': \(([\d, ]*)\)/.exec(
    bytes.toString('latin1', 10, start),
  )!
  const shape = sizes!.split(',').filter(Boolean).map(Number)
  expect(start % 64).toBe(0)
  const count = shape.reduce((all, one) => all * one, 1)
  expect(bytes.length).toBe(start + count * Number(size))
  const read = (at: number) => (size === '8' ? bytes.readDoubleLE(start + at * 8) : bytes.readFloatLE(start + at * 4))
  return { shape, values: Array.from({ length: count }, (_, at) => read(at)) }
}
