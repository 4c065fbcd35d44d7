/** Softmax of a matrix: rows of logits in, their results in arrays of their own. */
import { WANT_LOG, WANT_SUMMARY } from '../constants.js'
import { growMemory, sharedKernel as kernel, offsetOf } from './wasm.js'

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

/** Results of a matrix of rows x classes, in arrays of their own: `values` and `top` row after row, else one a row. */
export interface Scores {
  rows: number
  classes: number
  /** Rows x classes: probabilities, or their natural logarithms; NaN where the row has no softmax. */
  values: Float64Array
  /** 0, or a position in {@link STATUS}: why the row has no softmax. */
  status: Uint8Array
  /** Position of the largest logit, the first on a tie; of the first NaN, if any. */
  index: Uint32Array
  /** Rows x top: positions of the largest logits, the largest first, the first on a tie. */
  top: Uint32Array
  /** The largest probability, of log-softmax too. Like the three below, empty where no summary is wanted. */
  confidence: Float64Array
  /** The largest probability less the second largest; of one class, 1. */
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

/** The most logits in the kernel's memory at once: rows of them, or a part of a row, of whole blocks of the kernel. */
const CHUNK = 1 << 14
/** The most rows that go through the kernel's phases together. */
const BATCH = 64

const STATE_SIZE = offsetOf('rowStateSize')
const INDEX = offsetOf('rowState_index') / 4
const STATUS_WORD = offsetOf('rowState_status') / 4
const CONFIDENCE = offsetOf('rowState_confidence') / 8
const MARGIN = offsetOf('rowState_margin') / 8
const ENTROPY = offsetOf('rowState_entropy') / 8
const LOGSUMEXP = offsetOf('rowState_logsumexp') / 8

/**
 * Scores a matrix of any size, as many rows, or as much of a row, at a time as fit. The logits are not changed. Scores of as
 * many rows and the same options may be given, to be used again.
 */
export function scoreMatrix(
  logits: Float64Array,
  rows: number,
  classes: number,
  options: KernelOptions,
  scores = emptyScores(rows, classes, options),
): Scores {
  const room = makeRoom(options)
  const run = { logits, scores, room, options, flags: flagsOf(options) }
  if (classes > CHUNK) for (let row = 0; row < rows; row++) scoreWideRow(run, row)
  else if (classes > 0) {
    const step = Math.floor(CHUNK / classes)
    for (let row = 0; row < rows; row += step) scoreChunk(run, row, Math.min(step, rows - row))
  }
  return scores
}

/** What stays the same for all rows of a matrix. */
interface Run {
  logits: Float64Array
  scores: Scores
  room: Room
  options: KernelOptions
  flags: number
}

function flagsOf({ log, summary }: KernelOptions): number {
  return (log ? WANT_LOG : 0) | (summary ? WANT_SUMMARY : 0)
}

function emptyScores(rows: number, classes: number, { top, summary }: KernelOptions): Scores {
  const column = () => new Float64Array(summary ? rows : 0)
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

/** Where things lie in the kernel's memory, and what of it the host reads. */
interface Room {
  temperature: number
  states: number
  logits: number
  scratch: number
  out: number
  heap: number
  top: number
  words: Uint32Array
  doubles: Float64Array
}

/** Lays out the kernel's memory, which grows where it has to. An odd row has one class more in scratch and results. */
function makeRoom({ top, temperature }: KernelOptions): Room {
  let end = Math.ceil(kernel.heapBase() / 16) * 16
  const take = (bytes: number) => {
    const start = end
    end += Math.ceil(bytes / 16) * 16
    return start
  }
  const states = take(BATCH * STATE_SIZE)
  const logits = take(8 * CHUNK + 8)
  const scratch = take(16 * (CHUNK + BATCH))
  const out = take(8 * CHUNK + 8)
  const heap = take(16 * top)
  const room = {
    temperature: take(offsetOf('temperatureSize')),
    states,
    logits,
    scratch,
    out,
    heap,
    top: take(4 * Math.max(top, CHUNK)),
  }
  growMemory(kernel, end)
  kernel.setTemperature(room.temperature, temperature)
  const { buffer } = kernel.memory
  return { ...room, words: new Uint32Array(buffer, states), doubles: new Float64Array(buffer, states) }
}

/** Scores as many rows as fit into the kernel's memory together, a batch at a time. */
function scoreChunk(run: Run, first: number, rows: number): void {
  const { logits, scores, room, options, flags } = run
  const { classes, values } = scores
  const [start, end] = [first * classes, (first + rows) * classes]
  load(logits.subarray(start, end), room)
  for (let row = 0; row < rows; row += BATCH) {
    const count = Math.min(BATCH, rows - row)
    const skip = 8 * row * classes
    kernel.scoreRows(
      room.logits + skip,
      count,
      classes,
      room.states,
      room.scratch,
      room.out + skip,
      flags,
      room.temperature,
    )
    storeStates(run, first + row, count)
  }
  values.set(new Float64Array(kernel.memory.buffer, room.out, end - start), start)
  if (options.top === 0) return
  kernel.selectRows(room.logits, rows, classes, options.top, room.heap, room.top)
  storeTop(run, first, rows)
}

/**
 * Scores one row that is wider than the kernel's memory: its chunks go through each phase in turn. Before `emit` of a
 * chunk, `accumulate` fills the scratch again; the sums it adds to have been used.
 */
function scoreWideRow(run: Run, row: number): void {
  const { scores, room, options, flags } = run
  const { states: state, logits: at, scratch, out } = room
  let held = 0
  kernel.begin(state, room.temperature)
  for (const [base, count] of loadChunks(run, row)) {
    kernel.scan(at, count, base, state)
    if (options.top > 0) held = kernel.select(at, count, base, room.heap, held, options.top)
  }
  for (const [base, count] of loadChunks(run, row)) kernel.accumulate(at, count, base, state, scratch, flags)
  kernel.finish(state, flags)
  storeStates(run, row, 1)
  for (const [base, count] of loadChunks(run, row)) {
    if (!options.log) kernel.accumulate(at, count, base, state, scratch, flags)
    kernel.emit(at, count, state, scratch, out, flags)
    scores.values.set(new Float64Array(kernel.memory.buffer, out, count), row * scores.classes + base)
  }
  if (options.top === 0) return
  kernel.drain(room.heap, held, room.top)
  storeTop(run, row, 1)
}

/** Puts the chunks of a row into the kernel's memory one after another: the position of each, and its classes. */
function* loadChunks({ logits, scores: { classes }, room }: Run, row: number): Generator<[number, number]> {
  for (let base = 0; base < classes; base += CHUNK) {
    const count = Math.min(CHUNK, classes - base)
    const start = row * classes + base
    load(logits.subarray(start, start + count), room)
    yield [base, count]
  }
}

function load(logits: Float64Array, { logits: at }: Room): void {
  new Float64Array(kernel.memory.buffer, at, logits.length).set(logits)
}

function storeTop({ scores, room, options: { top } }: Run, first: number, rows: number): void {
  scores.top.set(new Uint32Array(kernel.memory.buffer, room.top, rows * top), first * top)
}

/** Takes over what the states of a batch have for its rows. */
function storeStates({ scores, room: { words, doubles }, options }: Run, first: number, rows: number): void {
  const { index, status, confidence, margin, entropy, logsumexp } = scores
  for (let i = 0, word = 0; i < rows; i++, word += STATE_SIZE / 4) {
    index[first + i] = words[word + INDEX]!
    status[first + i] = words[word + STATUS_WORD]!
  }
  if (!options.summary) return
  for (let i = 0, double = 0; i < rows; i++, double += STATE_SIZE / 8) {
    confidence[first + i] = doubles[double + CONFIDENCE]!
    margin[first + i] = doubles[double + MARGIN]!
    entropy[first + i] = doubles[double + ENTROPY]!
    logsumexp[first + i] = doubles[double + LOGSUMEXP]!
  }
}
