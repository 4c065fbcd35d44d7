/** The layout of a matrix and its results in kernel memory, and the transfer to and from it. */
import { CHUNK, EVALUATION_FIELDS } from '../constants.js'
import { decisionRoom, writeDecision } from './decision.js'
import { type KernelOptions, type Logits, MOST_BY_CLASS, type Scores } from './scores.js'
import { growMemory, offsetOf, ownKernel } from './wasm.js'

/** The maximum number of rows that go through the kernel's phases together. */
const BATCH = 64

/** Bytes between columns in kernel memory, so that the numbers of a row with 16 classes are not all in one cache set. */
const COLUMN_GAP = 64
const COLUMN_GAPS = COLUMN_GAP * MOST_BY_CLASS

/** What is constant for all rows of a matrix. */
export interface Run {
  logits: Logits
  scores: Scores
  room: Room
  options: KernelOptions
  flags: number
}

/** The addresses of everything in kernel memory. */
export type Room = ReturnType<typeof layOut>['room']

/** What is known of the true classes of the rows. */
interface Truths {
  isEvaluated: boolean
  hasTargets: boolean
  /** Whether the probabilities of all classes are stored, to rank each class. */
  isRanked: boolean
}

/** Lays out kernel memory, growing it if needed, and writes what is constant for all rows. */
export function makeRoom(classes: number, options: KernelOptions, truths: Truths): Room {
  const { room, end } = layOut(classes, options, truths)
  growMemory(ownKernel(), end)
  ownKernel().setTemperature(room.temperature, options.temperature)
  if (options.decision) writeDecision(ownKernel(), room.decision, options.decision)
  writeResultAddresses(room, options, truths)
  return room
}

/** The addresses, and the end of the last one. An odd row has one more class in scratch and results. */
function layOut(classes: number, { top, summary, decision }: KernelOptions, truths: Truths) {
  const { isEvaluated, hasTargets, isRanked } = truths
  let end = Math.ceil(ownKernel().heapBase() / 16) * 16
  const take = (bytes: number) => {
    const start = end
    end += Math.ceil(bytes / 16) * 16
    return start
  }
  const rows = Math.max(1, Math.floor(CHUNK / Math.max(1, classes)))
  const room = {
    temperature: take(offsetOf('temperatureSize')),
    states: take(BATCH * offsetOf('rowStateSize')),
    logits: take(8 * CHUNK + COLUMN_GAPS + 8),
    scratch: take(16 * (CHUNK + BATCH)),
    out: take(8 * CHUNK + COLUMN_GAPS + 8),
    copies: take(32 * MOST_BY_CLASS + 32),
    heap: take(16 * top),
    top: take(4 * Math.max(top, CHUNK)),
    results: take(44),
    index: take(4 * rows),
    status: take(rows),
    /** Each number of the summaries has room for `rows` rows. */
    summary: take(summary ? 32 * rows : 0),
    truths: take(isEvaluated ? 4 * rows : 0),
    evaluated: take(isEvaluated ? 8 * EVALUATION_FIELDS * rows : 0),
    decision: take(decision ? decisionRoom(decision) : 0),
    labels: take(decision ? 4 * rows : 0),
    members: take(decision?.cutoffs ? CHUNK : 0),
    targets: take(hasTargets ? CHUNK : 0),
    probabilities: take(isRanked ? 8 * CHUNK : 0),
    rows,
  }
  return { room, end }
}

/** Passes the addresses of results to the kernel; it decides labels and evaluates rows only if their addresses are not 0. */
function writeResultAddresses(room: Room, { decision }: KernelOptions, truths: Truths): void {
  const { isEvaluated, hasTargets, isRanked } = truths
  words(room.results, 11).set([
    room.index,
    room.status,
    room.summary,
    8 * room.rows,
    isEvaluated ? room.truths : 0,
    room.evaluated,
    decision ? room.decision : 0,
    room.labels,
    room.members,
    hasTargets ? room.targets : 0,
    isRanked ? room.probabilities : 0,
  ])
}

export function doubles(at: number, count: number): Float64Array {
  return new Float64Array(ownKernel().memory.buffer, at, count)
}

export function words(at: number, count: number): Uint32Array {
  return new Uint32Array(ownKernel().memory.buffer, at, count)
}

/** Copies some of the true-class bytes into kernel memory. */
export function loadTargets({ scores: { targets }, room }: Run, start: number, count: number): void {
  if (targets)
    new Uint8Array(ownKernel().memory.buffer, room.targets, count).set(targets.subarray(start, start + count))
}

/** Copies the probabilities of some classes out of kernel memory, if each class is ranked. */
export function storeProbabilities({ scores: { probabilities }, room }: Run, start: number, count: number): void {
  probabilities?.set(doubles(room.probabilities, count), start)
}

/** Copies some rows into kernel memory. */
export function loadRows(
  { logits: { numbers, byClass }, scores: { classes }, room }: Run,
  first: number,
  rows: number,
): void {
  const count = rows * classes
  if (byClass) loadColumns(numbers, classes, room, first, rows)
  else if (numbers instanceof Float32Array) loadColumns(numbers.subarray(first * classes), 1, room, 0, count)
  else doubles(room.logits, count).set(numbers.subarray(first * classes, first * classes + count))
}

function loadColumns(numbers: Logits['numbers'], classes: number, room: Room, first: number, rows: number): void {
  for (let index = 0; index < classes; index++) {
    loadColumn(partOf(numbers, classes, index, first, rows), room, room.logits + 8 * index, 8 * classes)
  }
}

/** Some rows of a column of logits, of which there may be more rows than are scored. */
function partOf(numbers: Logits['numbers'], classes: number, index: number, first: number, rows: number) {
  const start = (index * numbers.length) / classes + first
  return numbers.subarray(start, start + rows)
}

/** Copies a column into kernel memory, where its numbers become doubles with a stride of `step` bytes. */
function loadColumn(numbers: Logits['numbers'], room: Room, at: number, step = 8): void {
  const isDouble = numbers instanceof Float64Array
  // Uses the results buffer, which has the same size and is not filled yet.
  const start = isDouble && step === 8 ? at : room.out
  const array = isDouble ? Float64Array : Float32Array
  new array(ownKernel().memory.buffer, start, numbers.length).set(numbers)
  const join = isDouble ? ownKernel().joinDoubles : ownKernel().joinFloats
  if (start !== at) join(start, numbers.length, at, step)
}

/**
 * Scores columns of logits into columns of probabilities, as many rows as fit in kernel memory together; returns how
 * many have no softmax. Neither is transposed, unlike for {@link loadRows}.
 */
export function scoreChunkByClass({ logits: { numbers }, scores, room }: Run, first: number, rows: number): number {
  const { classes } = scores
  const stride = 8 * rows + COLUMN_GAP
  for (let index = 0; index < classes; index++) {
    loadColumn(partOf(numbers, classes, index, first, rows), room, room.logits + index * stride)
  }
  const { logits, states, scratch, out, copies, temperature, results } = room
  const unscored = ownKernel().scoreColumns(
    logits,
    rows,
    classes,
    stride,
    states,
    scratch,
    out,
    copies,
    temperature,
    results,
  )
  for (let index = 0; index < classes; index++) {
    scores.values.set(doubles(out + index * stride, rows), index * scores.rows + first)
  }
  return unscored
}

/** Copies the values of some rows out of kernel memory. */
export function storeValues({ scores, room }: Run, first: number, rows: number): void {
  if (scores.byClass) storeColumns(scores, room, first, rows)
  else scores.values.set(doubles(room.out, rows * scores.classes), first * scores.classes)
}

function storeColumns({ values, classes, rows: all }: Scores, room: Room, first: number, rows: number): void {
  // Uses the logits buffer, which has the same size and is no longer needed.
  ownKernel().splitRows(room.out, rows, classes, room.logits, 8 * rows, 0)
  for (let index = 0; index < classes; index++) {
    values.set(doubles(room.logits + 8 * index * rows, rows), index * all + first)
  }
}

export function storeTop({ scores, room, options: { top } }: Run, first: number, rows: number): void {
  scores.top.set(words(room.top, rows * top), first * top)
}

/** Copies the label membership bytes of some rows out of kernel memory. */
export function storeMembers({ scores: { members, classes }, room }: Run, first: number, rows: number): void {
  members?.set(new Uint8Array(ownKernel().memory.buffer, room.members, rows * classes), first * classes)
}

/** Copies the per-row results out of kernel memory. */
export function storeResults({ scores, room, options }: Run, first: number, rows: number): void {
  scores.index.set(words(room.index, rows), first)
  scores.labels?.set(words(room.labels, rows), first)
  scores.status.set(new Uint8Array(ownKernel().memory.buffer, room.status, rows), first)
  if (scores.evaluated)
    scores.evaluated.set(doubles(room.evaluated, EVALUATION_FIELDS * rows), EVALUATION_FIELDS * first)
  if (!options.summary) return
  const { confidence, margin, entropy, logsumexp } = scores
  for (const [nth, column] of [confidence, margin, entropy, logsumexp].entries()) {
    column.set(doubles(room.summary + 8 * nth * room.rows, rows), first)
  }
}
