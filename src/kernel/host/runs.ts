/** Run-length encoded numbers, read and written by the kernel: see `assembly/runs.ts`. */
import { growMemory, ownKernel } from './wasm.js'

/** The state of a run reader: the fields of the kernel's RunState. */
export class RunState {
  readonly words = new Uint32Array(8)

  /** How many numbers of the current run are left. */
  get left(): number {
    return this.words[1]!
  }

  set left(count: number) {
    this.words[1] = count
  }

  get isPacked(): boolean {
    return this.words[2] === 1
  }

  /** The repeated value of the run. */
  get value(): number {
    return this.words[3]!
  }

  /** The position of the next byte to read. */
  get start(): number {
    return this.left > 0 && this.isPacked ? this.words[4]! : this.words[0]!
  }

  /** The maximum of the numbers read since it was reset to 0. */
  get most(): number {
    return this.words[6]!
  }

  set most(number: number) {
    this.words[6] = number
  }

  /** One of RUN_... */
  get error(): number {
    return this.words[7]!
  }
}

/** How many numbers are in kernel memory together, to stay in cache. */
const MOST = 1 << 13
/** How far the kernel reads and writes past the ends; and room for a header and a value. */
const PADDING = 64
const STATE = 32

/** Fills an array with the next numbers; an empty array only begins the next run. Stops at a corrupt run. */
export function readRuns(bytes: Uint8Array, width: number, state: RunState, out: Uint8Array | Int32Array): void {
  let done = 0
  do {
    const part = out.subarray(done, done + MOST)
    done += readPart(bytes, width, state, part)
  } while (done < out.length && state.error === 0)
}

/** Returns how many were read: fewer if runs are short and take more bytes than expected. */
function readPart(bytes: Uint8Array, width: number, state: RunState, out: Uint8Array | Int32Array): number {
  const { length } = out
  const { start } = state
  const some = bytes.subarray(start, start + Math.ceil((length * width) / 8) + (length >> 2) + PADDING)
  const { at, room } = allocate(some, length * out.BYTES_PER_ELEMENT)
  const { buffer } = ownKernel().memory
  const words = new Uint32Array(buffer, at - STATE, state.words.length)
  words.set(state.words)
  const end = start + some.length
  const done = ownKernel().readRuns(
    at - start,
    end,
    bytes.length,
    width,
    room,
    length,
    out.BYTES_PER_ELEMENT,
    at - STATE,
  )
  state.words.set(words)
  if (out instanceof Uint8Array) out.set(new Uint8Array(buffer, room, done))
  else out.set(new Int32Array(buffer, room, done))
  return done
}

/** Encodes numbers of `width` bits as runs. */
export function packRuns(numbers: Int32Array, width: number): Uint8Array {
  const { length } = numbers
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
  // Everything packed, plus two headers and a value for each run, which has at least sixteen numbers.
  const { at, room } = allocate(bytes, Math.ceil(length / 8) * width + length)
  const end = ownKernel().writeRuns(at, length, width, room)
  return new Uint8Array(ownKernel().memory.buffer, room, end - room).slice()
}

/** Copies bytes into kernel memory after a state, and reserves `size` bytes after them. */
function allocate(bytes: Uint8Array, size: number): { at: number; room: number } {
  const at = Math.ceil((ownKernel().heapBase() + STATE) / 16) * 16
  const room = Math.ceil((at + bytes.length + PADDING) / 16) * 16
  growMemory(ownKernel(), room + size + PADDING)
  new Uint8Array(ownKernel().memory.buffer, at, bytes.length).set(bytes)
  return { at, room }
}
