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

/** Reads what this package writes as .safetensors: tensors of floats, and of integers of 64 bits, one after the other. */
export function safetensorsOf(bytes: Buffer): Record<string, Numbers & { dtype: string }> {
  const start = 8 + Number(bytes.readBigUInt64LE())
  expect(start % 8).toBe(0)
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >
  let end = 0
  const tensors = Object.entries(header).map(([name, { dtype, shape, data_offsets: offsets }]) => {
    const data = bytes.subarray(start + offsets[0], start + offsets[1])
    const size = dtype === 'F32' ? 4 : 8
    const count = shape.reduce((all, one) => all * one, 1)
    expect({ begin: offsets[0], length: data.length }).toEqual({ begin: end, length: count * size })
    end = offsets[1]
    const read = {
      F32: (at: number) => data.readFloatLE(at),
      F64: (at: number) => data.readDoubleLE(at),
      I64: (at: number) => Number(data.readBigInt64LE(at)),
    }[dtype]!
    return [name, { dtype, shape, values: Array.from({ length: count }, (_, at) => read(at * size)) }] as const
  })
  expect(start + end).toBe(bytes.length)
  return Object.fromEntries(tensors)
}
