import { buffer } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import { expect } from 'vitest'
import yauzl from 'yauzl'

/** An array, its numbers in C order. */
export interface Numbers {
  shape: number[]
  values: number[]
}

/** Arrays by name, with their type, such as F4, U1 or BOOL. */
type Arrays = Record<string, Numbers & { dtype: string }>

/** Reads .npy as written by this package: little-endian numbers in C order. */
export function npyOf(bytes: Buffer): Arrays[string] {
  const start = 10 + bytes.readUInt16LE(8)
  const [, dtype, sizes] = /'[<|]([fiu][1248]|b1)', 'fortran_order': False, 'shape': \(([\d, ]*)\)/.exec(
    bytes.toString('latin1', 10, start),
  )!
  const shape = sizes!.split(',').filter(Boolean).map(Number)
  expect(start % 64).toBe(0)
  const type = dtype === 'b1' ? 'BOOL' : dtype!.toUpperCase()
  return { dtype: type, shape, values: numbersOf(bytes.subarray(start), type, shape) }
}

/** Reads the numbers of an array with a type and shape. */
function numbersOf(data: Buffer, dtype: string, shape: number[]): number[] {
  const [size, read] = {
    I1: [1, (at: number) => data.readInt8(at)] as const,
    U1: [1, (at: number) => data.readUInt8(at)] as const,
    I2: [2, (at: number) => data.readInt16LE(at)] as const,
    U2: [2, (at: number) => data.readUInt16LE(at)] as const,
    I4: [4, (at: number) => data.readInt32LE(at)] as const,
    U4: [4, (at: number) => data.readUInt32LE(at)] as const,
    U8: [8, (at: number) => data.readBigUInt64LE(at)] as const,
    F4: [4, (at: number) => data.readFloatLE(at)] as const,
    F8: [8, (at: number) => data.readDoubleLE(at)] as const,
    I8: [8, (at: number) => Number(data.readBigInt64LE(at))] as const,
    BOOL: [1, (at: number) => data.readUInt8(at)] as const,
  }[dtype]!
  const count = shape.reduce((all, one) => all * one, 1)
  expect(data.length).toBe(count * size)
  return Array.from({ length: count }, (_, at) => Number(read(at * size)))
}

/** Reads an archive of arrays and verifies every checksum. */
export async function npzOf(bytes: Buffer): Promise<Arrays> {
  const zip = await yauzl.fromBufferPromise(bytes)
  const arrays: Arrays = {}
  for await (const entry of zip.eachEntry()) {
    const data = await buffer(await zip.openReadStreamPromise(entry))
    expect(crc32(data)).toBe(entry.crc32)
    arrays[entry.fileName.replace(/\.npy$/, '')] = npyOf(data)
  }
  return arrays
}

/** Reads .safetensors as written by this package: contiguous tensors of floats and 64-bit integers. */
export function safetensorsOf(bytes: Buffer): Arrays {
  const start = 8 + Number(bytes.readBigUInt64LE())
  expect(start % 8).toBe(0)
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >
  let end = 0
  const tensors = Object.entries(header).map(([name, { dtype: type, shape, data_offsets: offsets }]) => {
    expect(offsets[0]).toBe(end)
    end = offsets[1]
    const dtype = type.replace(/\d+/, (bits) => String(Number(bits) / 8))
    const data = bytes.subarray(start + offsets[0], start + offsets[1])
    return [name, { dtype, shape, values: numbersOf(data, dtype, shape) }] as const
  })
  expect(start + end).toBe(bytes.length)
  return Object.fromEntries(tensors)
}

/** Builds a .npy file. */
export function npyFile(descr: string, fortran: boolean, shape: number[], data: Uint8Array): Buffer {
  const dictionary = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape.join(', ')},), }`
  const header = Buffer.from(`${dictionary.padEnd(Math.ceil((dictionary.length + 11) / 64) * 64 - 11)}\n`)
  return Buffer.concat([
    Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 255, header.length >> 8]),
    header,
    data,
  ])
}
