/** Rounds doubles by printing and parsing them: see `assembly/columns.ts`. */
import { growMemory, ownKernel } from './wasm.js'

/** How many doubles are in kernel memory together, to stay in cache. */
const CHUNK = 1 << 13

/** Overwrites numbers with those rounded to a number of significant digits, and to float32 before if requested. */
export function roundDoubles(numbers: Float64Array, digits: number, float32: boolean): void {
  const at = Math.ceil(ownKernel().heapBase() / 16) * 16
  growMemory(ownKernel(), at + 8 * CHUNK)
  for (let start = 0; start < numbers.length; start += CHUNK) {
    const some = numbers.subarray(start, start + CHUNK)
    const room = new Float64Array(ownKernel().memory.buffer, at, some.length)
    room.set(some)
    ownKernel().roundDoubles(at, some.length, digits, float32 ? 1 : 0)
    some.set(room)
  }
}
