/**
 * The one door to the kernel: WebAssembly that holds all the arithmetic of the package (see `kernel/softmax.ts`), so
 * that every API gives the same bits on every machine.
 */
import { readFileSync } from 'node:fs'

/** What is wanted of a matrix. */
export interface KernelOptions {
  /** Log-softmax in place of softmax. */
  log: boolean
  /** Logits are divided by it first; above 0. */
  temperature: number
  /** How many of the largest logits of each row to find; 0 to the number of classes. */
  top: number
  /** Whether confidence, margin, entropy and logsumexp are worked out. */
  summary: boolean
}

/** Results of a matrix of rows x classes: `values` row after row, `top` rows x top, all else one number a row. */
export interface Scores {
  rows: number
  classes: number
  /** Probabilities, or their natural logarithms; NaN where the row has no softmax. */
  values: Float64Array
  /** 0, or a position in {@link STATUS}: why the row has no softmax. */
  status: Uint8Array
  /** Position of the largest logit, the first on a tie; of the first NaN, if any. */
  index: Uint32Array
  /** Positions of the largest logits, the largest first. */
  top: Uint32Array
  confidence: Float64Array
  margin: Float64Array
  /** In nats. */
  entropy: Float64Array
  /** log(sum(exp(logits))), of the logits divided by the temperature. */
  logsumexp: Float64Array
}

/** Why a row has no softmax, by its status; 0 is a row that has one. */
export const STATUS: readonly (string | undefined)[] = [
  undefined,
  'a logit is NaN',
  'a logit is +inf',
  'all logits are -inf',
]

/** The most classes, or rows x classes, that are in the kernel's memory at once; even, as the kernel asks. */
const CHUNK = 1 << 14

/** Offsets in the state of a row, and flags: those of `kernel/abi.ts`. */
const STATE = { index: 16, status: 20, confidence: 136, margin: 144, entropy: 152, logsumexp: 160, size: 208 }
const WANT_LOG = 1
const WANT_SUMMARY = 2

interface Exports {
  memory: WebAssembly.Memory
  heapBase(): number
  divide(at: number, count: number, temperature: number): void
  begin(state: number): void
  scan(at: number, count: number, base: number, state: number): void
  accumulate(at: number, count: number, base: number, state: number, scratch: number, flags: number): void
  finish(state: number, flags: number): void
  emit(at: number, count: number, state: number, scratch: number, out: number, flags: number): void
  scoreRow(at: number, count: number, state: number, scratch: number, out: number, flags: number): void
  select(at: number, count: number, base: number, heap: number, held: number, k: number): number
  drain(heap: number, held: number, out: number): void
}

/** Where things lie in the kernel's memory. */
interface Room {
  state: number
  spare: number
  logits: number
  scratch: number
  out: number
  heap: number
  top: number
}

const kernel = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(new URL('./kernel.wasm', import.meta.url))))
  .exports as unknown as Exports

/** Scores a matrix of any size, a chunk of rows, or of a wide row's classes, at a time. The logits are not changed. */
export function scoreMatrix(logits: Float64Array, rows: number, classes: number, options: KernelOptions): Scores {
  const scores = emptyScores(rows, classes, options)
  const room = makeRoom(options.top)
  if (classes > CHUNK) for (let row = 0; row < rows; row++) scoreWideRow(logits, row, scores, room, options)
  else if (classes > 0) {
    const step = Math.floor(CHUNK / classes)
    for (let row = 0; row < rows; row += step) scoreRows(logits, row, Math.min(step, rows - row), scores, room, options)
  }
  return scores
}

function emptyScores(rows: number, classes: number, { top }: KernelOptions): Scores {
  const column = () => new Float64Array(rows)
  return {
    rows,
    classes,
    values: new Float64Array(rows * classes),
    status: new Uint8Array(rows),
    index: new Uint32Array(rows),
    top: new Uint32Array(rows * top),
    confidence: column(),
    margin: column(),
    entropy: column(),
    logsumexp: column(),
  }
}

/** Lays out the kernel's memory, which grows where it has to. A row's last pair of results may overshoot by 8 bytes. */
function makeRoom(top: number): Room {
  let end = Math.ceil(kernel.heapBase() / 16) * 16
  const take = (bytes: number) => {
    const start = end
    end += Math.ceil(bytes / 16) * 16
    return start
  }
  const room = {
    state: take(STATE.size),
    spare: take(STATE.size),
    logits: take(8 * CHUNK + 16),
    scratch: take(16 * CHUNK + 32),
    out: take(8 * CHUNK + 16),
    heap: take(16 * top),
    top: take(4 * top),
  }
  const missing = end - kernel.memory.buffer.byteLength
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / 65536))
  return room
}

/** Scores as many rows as fit into the kernel's memory together. */
function scoreRows(
  logits: Float64Array,
  first: number,
  count: number,
  scores: Scores,
  room: Room,
  options: KernelOptions,
) {
  const { classes, values } = scores
  const [start, length] = [first * classes, count * classes]
  load(logits.subarray(start, start + length), room, options)
  const state = stateView(room)
  for (let row = 0; row < count; row++) {
    const at = room.logits + 8 * row * classes
    kernel.scoreRow(at, classes, room.state, room.scratch, room.out + 8 * row * classes, flags(options))
    if (options.top > 0) storeTop(kernel.select(at, classes, 0, room.heap, 0, options.top), first + row, scores, room)
    storeState(first + row, scores, state)
  }
  values.set(new Float64Array(kernel.memory.buffer, room.out, length), start)
}

/** Scores one row that is wider than the kernel's memory: its chunks go through each phase in turn. */
function scoreWideRow(logits: Float64Array, row: number, scores: Scores, room: Room, options: KernelOptions) {
  const { classes, values } = scores
  const whole = logits.subarray(row * classes, (row + 1) * classes)
  let held = 0
  kernel.begin(room.state)
  for (const { at, count } of loadChunks(whole, room, options)) {
    kernel.scan(room.logits, count, at, room.state)
    if (options.top > 0) held = kernel.select(room.logits, count, at, room.heap, held, options.top)
  }
  for (const { at, count } of loadChunks(whole, room, options)) {
    kernel.accumulate(room.logits, count, at, room.state, room.scratch, flags(options))
  }
  new Uint8Array(kernel.memory.buffer).copyWithin(room.spare, room.state, room.state + STATE.size)
  kernel.finish(room.state, flags(options))
  for (const { at, count } of loadChunks(whole, room, options)) {
    kernel.accumulate(room.logits, count, at, room.spare, room.scratch, flags(options))
    kernel.emit(room.logits, count, room.state, room.scratch, room.out, flags(options))
    values.set(new Float64Array(kernel.memory.buffer, room.out, count), row * classes + at)
  }
  if (options.top > 0) storeTop(held, row, scores, room)
  storeState(row, scores, stateView(room))
}

function* loadChunks(row: Float64Array, room: Room, options: KernelOptions) {
  for (let at = 0; at < row.length; at += CHUNK) {
    const chunk = row.subarray(at, at + CHUNK)
    load(chunk, room, options)
    yield { at, count: chunk.length }
  }
}

function load(logits: Float64Array, { logits: at }: Room, { temperature }: KernelOptions): void {
  new Float64Array(kernel.memory.buffer, at, logits.length).set(logits)
  if (temperature !== 1) kernel.divide(at, logits.length, temperature)
}

function flags({ log, summary }: KernelOptions): number {
  return (log ? WANT_LOG : 0) | (summary ? WANT_SUMMARY : 0)
}

function storeTop(held: number, row: number, scores: Scores, room: Room): void {
  kernel.drain(room.heap, held, room.top)
  scores.top.set(new Uint32Array(kernel.memory.buffer, room.top, held), row * held)
}

function stateView({ state }: Room): DataView {
  return new DataView(kernel.memory.buffer, state, STATE.size)
}

function storeState(row: number, scores: Scores, view: DataView): void {
  scores.index[row] = view.getUint32(STATE.index, true)
  scores.status[row] = view.getUint32(STATE.status, true)
  scores.confidence[row] = view.getFloat64(STATE.confidence, true)
  scores.margin[row] = view.getFloat64(STATE.margin, true)
  scores.entropy[row] = view.getFloat64(STATE.entropy, true)
  scores.logsumexp[row] = view.getFloat64(STATE.logsumexp, true)
}
