/** Minimum and maximum of numbers: see `assembly/ranges.ts`. */
import { growMemory, ownKernel } from './wasm.js'

/** How many bytes of numbers are processed together, to stay in cache. */
const CHUNK = 1 << 16
/** Room for a range, and for reads past the end. */
const PADDING = 64

type Numbers = Float64Array | Float32Array | BigInt64Array | Int32Array

/** For floating-point numbers: the range without NaNs, and the number of NaNs. */
export function rangeOfFloats(numbers: Float64Array | Float32Array): { min: number; max: number; nans: number } {
  const { range, at, view } = allocate(CHUNK)
  view.setFloat64(0, Infinity, true)
  view.setFloat64(8, -Infinity, true)
  view.setUint32(16, 0, true)
  const add = numbers instanceof Float64Array ? ownKernel().rangeOfDoubles : ownKernel().rangeOfFloats
  eachChunk(numbers, at, (count) => add(at, count, range))
  return { min: view.getFloat64(0, true), max: view.getFloat64(8, true), nans: view.getUint32(16, true) }
}

/** For one or more integers. */
export function rangeOfIntegers(numbers: Int32Array, isUnsigned: boolean): { min: number; max: number } {
  const { range, at, view } = allocate(CHUNK)
  view.setInt32(0, numbers[0]!, true)
  view.setInt32(8, numbers[0]!, true)
  eachChunk(numbers, at, (count) => ownKernel().rangeOfIntegers(at, count, isUnsigned ? 1 << 31 : 0, range))
  const read = (byte: number) => (isUnsigned ? view.getUint32(byte, true) : view.getInt32(byte, true))
  return { min: read(0), max: read(8) }
}

/** The same for 64-bit integers. */
export function rangeOfLongs(numbers: BigInt64Array, isUnsigned: boolean): { min: bigint; max: bigint } {
  const { range, at, view } = allocate(CHUNK)
  view.setBigInt64(0, numbers[0]!, true)
  view.setBigInt64(8, numbers[0]!, true)
  eachChunk(numbers, at, (count) => ownKernel().rangeOfLongs(at, count, isUnsigned ? 1 << 31 : 0, range))
  const read = (byte: number) => (isUnsigned ? view.getBigUint64(byte, true) : view.getBigInt64(byte, true))
  return { min: read(0), max: read(8) }
}

/** Reserves kernel memory for a range and for `bytes` bytes after it. */
function allocate(bytes: number): { range: number; at: number; view: DataView } {
  const range = Math.ceil(ownKernel().heapBase() / 16) * 16
  const at = range + PADDING
  growMemory(ownKernel(), at + bytes + 2 * PADDING)
  return { range, at, view: new DataView(ownKernel().memory.buffer, range, PADDING) }
}

/** Copies numbers into kernel memory chunk by chunk. */
function eachChunk(numbers: Numbers, at: number, use: (count: number) => void): void {
  const step = CHUNK / numbers.BYTES_PER_ELEMENT
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
  const room = new Uint8Array(ownKernel().memory.buffer, at, CHUNK)
  for (let start = 0; start < numbers.length; start += step) {
    room.set(bytes.subarray(start * numbers.BYTES_PER_ELEMENT, start * numbers.BYTES_PER_ELEMENT + CHUNK))
    use(Math.min(step, numbers.length - start))
  }
}
