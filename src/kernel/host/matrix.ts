/** Softmax of a matrix: rows of logits in, their results in arrays of their own. */
import { CHUNK, JUDGED, NO_CLASS, WANT_LOG, WANT_SIGMOID, WANT_SLOPE, WANT_SUMMARY, WANT_TRUTH } from '../constants.js'
import { cutoffsAt, type Decision, decisionRoom, writeDecision } from './decision.js'
import { growMemory, sharedKernel as kernel, offsetOf } from './wasm.js'

/** What is wanted of a matrix. */
interface KernelOptions {
  /** Logarithms of the probabilities. */
  log: boolean
  /** Each class on its own, by the sigmoid, in place of softmax. */
  sigmoid: boolean
  /** Logits are divided by it first; above 0. */
  temperature: number
  /** How many of the largest logits of each row to find; 0 to the number of classes. */
  top: number
  /** Whether confidence, margin, entropy and logsumexp are worked out. */
  summary: boolean
  /** Whether rows that are judged have the derivatives of their loss. */
  slope?: boolean
  /** Whether `values` are to stand class after class; for no more classes than {@link MOST_BY_CLASS}, and without `top`. */
  byClass?: boolean
  /** How labels are chosen, where it is not by the largest logit. */
  decision?: Decision | undefined
}

/** Logits: rows x classes, or a column of all rows for each class, one after the other. */
export interface Logits {
  numbers: Float64Array | Float32Array
  byClass?: boolean | undefined
  /** The position of the true class of each row, NO_CLASS where it has none: rows are judged by them. */
  truths?: Uint32Array | undefined
  /** Rows x classes, where a row may have several true classes: 1 where a class is one; `truths` has 0 then, or NO_CLASS. */
  targets?: Uint8Array | undefined
}

/** The most classes whose numbers may stand class after class: columns of more are short, where as many numbers go together. */
export const MOST_BY_CLASS = 128

/** Results of a matrix of rows x classes, in arrays of their own: `values` and `top` row after row, else one a row. */
export interface Scores {
  rows: number
  classes: number
  /** Rows x classes, or classes x rows: probabilities, or their natural logarithms; NaN where the row has no softmax. */
  values: Float64Array
  byClass: boolean
  /** How many rows have no softmax. */
  unscored: number
  /** 0, or a position in {@link STATUS}: why the row has no softmax. */
  status: Uint8Array
  /** Position of the largest logit, the first on a tie; of the first NaN, if any. */
  index: Uint32Array
  /** The position of the label of each row, NO_CLASS where it has none, where labels are decided; else `index` is. */
  labels?: Uint32Array
  /** Rows x classes: 1 where a class is among the labels of a row, where these are wanted. */
  members?: Uint8Array
  /** What was given of true classes, where a row may have several. */
  targets?: Uint8Array
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
  /** The rows as they are judged, {@link JUDGED} numbers a row, where their true classes are given. */
  judged?: Float64Array
  /** Where rows are nested in lists: the offsets of these, see `core/nesting.ts`. */
  nesting?: readonly Int32Array[] | undefined
}

/** Why a row has no softmax, by its status; 0 is a row that has one. */
export const STATUS: readonly (string | undefined)[] = [
  undefined,
  'a logit is NaN',
  'a logit is +inf',
  'all logits are -inf',
]

/** The most rows that go through the kernel's phases together. */
const BATCH = 64

/**
 * Scores a matrix of any size, as many rows, or as much of a row, at a time as fit. The logits are not changed. Scores of as
 * many rows and the same options may be given, to be used again.
 */
export function scoreMatrix(
  logits: Logits,
  rows: number,
  classes: number,
  options: KernelOptions,
  scores = emptyScores(rows, classes, options),
): Scores {
  const { truths, targets } = logits
  const room = makeRoom(classes, options, truths !== undefined, targets !== undefined)
  const run = { logits, scores, room, options, flags: flagsOf({ ...options, truth: truths !== undefined }) }
  scores.unscored = 0
  if (targets) scores.targets = targets
  if (truths) scores.judged = new Float64Array(JUDGED * rows)
  if (classes > CHUNK) for (let row = 0; row < rows; row++) scoreWideRow(run, row)
  else if (classes > 0) {
    const step = Math.floor(CHUNK / classes)
    for (let row = 0; row < rows; row += step) scoreChunk(run, row, Math.min(step, rows - row))
  }
  return scores
}

/** What stays the same for all rows of a matrix. */
interface Run {
  logits: Logits
  scores: Scores
  room: Room
  options: KernelOptions
  flags: number
}

/** What the kernel computes of rows. */
type Wanted = Pick<KernelOptions, 'log' | 'sigmoid' | 'summary' | 'slope'> & { truth: boolean }

/** The kernel's flags of what it computes. */
export function flagsOf({ log, sigmoid, summary, truth, slope }: Wanted): number {
  const softmaxFlags = [log && WANT_LOG, sigmoid && WANT_SIGMOID, summary && WANT_SUMMARY]
  const flags = [...softmaxFlags, truth && WANT_TRUTH, slope && WANT_SLOPE]
  return flags.reduce<number>((all, flag) => all | (flag || 0), 0)
}

function emptyScores(
  rows: number,
  classes: number,
  { top, summary, byClass = false, decision }: KernelOptions,
): Scores {
  const column = () => new Float64Array(summary ? rows : 0)
  return {
    rows,
    classes,
    values: new Float64Array(rows * classes),
    byClass,
    unscored: 0,
    status: new Uint8Array(rows),
    index: new Uint32Array(rows),
    ...(decision && { labels: new Uint32Array(rows) }),
    ...(decision?.cutoffs && { members: new Uint8Array(rows * classes) }),
    top: new Uint32Array(rows * top),
    confidence: column(),
    margin: column(),
    entropy: column(),
    logsumexp: column(),
  }
}

/** Where things lie in the kernel's memory. */
type Room = ReturnType<typeof makeRoom>

/** Lays out the kernel's memory, which grows where it has to. An odd row has one class more in scratch and results. */
function makeRoom(
  classes: number,
  { top, temperature, summary, decision }: KernelOptions,
  isJudged: boolean,
  hasTargets: boolean,
) {
  let end = Math.ceil(kernel.heapBase() / 16) * 16
  const take = (bytes: number) => {
    const start = end
    end += Math.ceil(bytes / 16) * 16
    return start
  }
  const rows = Math.max(1, Math.floor(CHUNK / Math.max(1, classes)))
  const room = {
    temperature: take(offsetOf('temperatureSize')),
    states: take(BATCH * offsetOf('rowStateSize')),
    logits: take(8 * CHUNK + 8),
    scratch: take(16 * (CHUNK + BATCH)),
    out: take(8 * CHUNK + 8),
    heap: take(16 * top),
    top: take(4 * Math.max(top, CHUNK)),
    results: take(40),
    index: take(4 * rows),
    status: take(rows),
    /** Each number of the summaries has room for as many rows. */
    summary: take(summary ? 32 * rows : 0),
    truths: take(isJudged ? 4 * rows : 0),
    judged: take(isJudged ? 8 * JUDGED * rows : 0),
    decision: take(decision ? decisionRoom(decision) : 0),
    labels: take(decision ? 4 * rows : 0),
    members: take(decision?.cutoffs ? CHUNK : 0),
    targets: take(hasTargets ? CHUNK : 0),
    rows,
  }
  growMemory(kernel, end)
  kernel.setTemperature(room.temperature, temperature)
  const { index, status, summary: numbers, truths, judged, labels, members, targets } = room
  if (decision) writeDecision(kernel, room.decision, decision)
  const decides = decision ? room.decision : 0
  words(room.results, 10).set([
    index,
    status,
    numbers,
    8 * rows,
    isJudged ? truths : 0,
    judged,
    decides,
    labels,
    members,
    hasTargets ? targets : 0,
  ])
  return room
}

function doubles(at: number, count: number): Float64Array {
  return new Float64Array(kernel.memory.buffer, at, count)
}

function words(at: number, count: number): Uint32Array {
  return new Uint32Array(kernel.memory.buffer, at, count)
}

/** Scores as many rows as fit into the kernel's memory together. */
function scoreChunk(run: Run, first: number, rows: number): void {
  const { scores, room, options, flags } = run
  const { classes } = scores
  loadRows(run, first, rows)
  if (run.logits.truths) words(room.truths, rows).set(run.logits.truths.subarray(first, first + rows))
  loadTargets(run, first * classes, rows * classes)
  const { logits, states, scratch, out, temperature, results } = room
  scores.unscored += kernel.scoreMatrix(logits, rows, classes, states, scratch, out, flags, temperature, results)
  storeResults(run, first, rows)
  storeMembers(run, first, rows)
  storeValues(run, first, rows)
  if (options.top === 0) return
  kernel.selectRows(room.logits, rows, classes, options.top, room.heap, room.top)
  storeTop(run, first, rows)
}

/** Puts some of the true classes into the kernel's memory. */
function loadTargets({ scores: { targets }, room }: Run, start: number, count: number): void {
  if (targets) new Uint8Array(kernel.memory.buffer, room.targets, count).set(targets.subarray(start, start + count))
}

/** Puts some rows into the kernel's memory. */
function loadRows({ logits: { numbers, byClass }, scores: { classes }, room }: Run, first: number, rows: number): void {
  const count = rows * classes
  if (byClass) loadColumns(numbers, classes, room, first, rows)
  else if (numbers instanceof Float32Array) loadColumns(numbers.subarray(first * classes), 1, room, 0, count)
  else doubles(room.logits, count).set(numbers.subarray(first * classes, first * classes + count))
}

function loadColumns(numbers: Logits['numbers'], classes: number, room: Room, first: number, rows: number): void {
  const length = numbers.length / classes
  // The results, which have as much room, are not there yet.
  const isDouble = numbers instanceof Float64Array
  const column = isDouble ? doubles(room.out, rows) : new Float32Array(kernel.memory.buffer, room.out, rows)
  const join = isDouble ? kernel.joinDoubles : kernel.joinFloats
  for (let index = 0; index < classes; index++) {
    const start = index * length + first
    column.set(numbers.subarray(start, start + rows))
    join(room.out, rows, room.logits + 8 * index, 8 * classes)
  }
}

/** Takes over the values of some rows. */
function storeValues({ scores, room }: Run, first: number, rows: number): void {
  if (scores.byClass) storeColumns(scores, room, first, rows)
  else scores.values.set(doubles(room.out, rows * scores.classes), first * scores.classes)
}

function storeColumns({ values, classes, rows: all }: Scores, room: Room, first: number, rows: number): void {
  // The logits, which have as much room, are done with.
  kernel.splitRows(room.out, rows, classes, room.logits, 8 * rows, 0)
  for (let index = 0; index < classes; index++) {
    values.set(doubles(room.logits + 8 * index * rows, rows), index * all + first)
  }
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
  const truth = run.logits.truths?.[row]
  const logit = run.logits.numbers[row * scores.classes + (truth ?? 0)] ?? 0
  if (truth !== undefined && scores.targets) kernel.beginMultiLabel(room.judged, state, truth)
  else if (truth !== undefined) kernel.beginWide(room.judged, state, truth, logit, options.decision?.minConfidence ?? 0)
  scores.unscored += kernel.takeStates(state, 0, 1, flags, room.results)
  for (const [base, count] of loadChunks(run, row)) {
    if (!options.log) kernel.accumulate(at, count, base, state, scratch, flags)
    kernel.emit(at, count, state, scratch, out, flags)
    scores.values.set(doubles(out, count), row * scores.classes + base)
    if (scores.members) markChunk(run, row, base, count)
    if (scores.targets) judgeMultiLabelChunk(run, row, base, count)
    else if (truth !== undefined) kernel.judgeChunk(at, out, count, base, state, logit, flags, room.judged)
  }
  if (scores.targets) kernel.endMultiLabel(scores.classes, room.judged)
  else if (truth !== undefined) kernel.endJudgement(state, logit, flags, room.judged)
  if (options.decision) words(room.labels, 1)[0] = wideLabel(run, row)
  storeResults(run, row, 1)
  if (options.top === 0) return
  kernel.drain(room.heap, held, room.top)
  storeTop(run, row, 1)
}

function judgeMultiLabelChunk(run: Run, row: number, base: number, count: number): void {
  const { room, scores, flags } = run
  loadTargets(run, row * scores.classes + base, count)
  kernel.judgeMultiLabel(room.logits, room.out, count, room.states, room.targets, room.members, flags, room.judged)
}

/** Marks which classes of a chunk of a wide row are among its labels. */
function markChunk({ scores: { members, classes }, room, flags }: Run, row: number, base: number, count: number): void {
  const cutoffs = cutoffsAt(room.decision) + 8 * base
  kernel.markMembers(room.logits, room.out, count, room.states, flags, cutoffs, room.members)
  members!.set(new Uint8Array(kernel.memory.buffer, room.members, count), row * classes + base)
}

/** The label of a wide row, NO_CLASS where its largest probability is too low. */
function wideLabel({ logits, scores, room, options, flags }: Run, row: number): number {
  const [index] = words(room.index, 1)
  const largest = logits.numbers[row * scores.classes + index!]!
  const { minConfidence = 0 } = options.decision!
  const isSure = minConfidence === 0 || kernel.probabilityOf(largest, room.states, flags) >= minConfidence
  return isSure ? index! : NO_CLASS
}

/** Puts the chunks of a row into the kernel's memory one after another: the position of each, and its classes. */
function* loadChunks({ logits, scores: { classes }, room }: Run, row: number): Generator<[number, number]> {
  for (let base = 0; base < classes; base += CHUNK) {
    const count = Math.min(CHUNK, classes - base)
    const start = row * classes + base
    doubles(room.logits, count).set(logits.numbers.subarray(start, start + count))
    yield [base, count]
  }
}

function storeTop({ scores, room, options: { top } }: Run, first: number, rows: number): void {
  scores.top.set(words(room.top, rows * top), first * top)
}

/** Takes over which classes are among the labels of some rows. */
function storeMembers({ scores: { members, classes }, room }: Run, first: number, rows: number): void {
  members?.set(new Uint8Array(kernel.memory.buffer, room.members, rows * classes), first * classes)
}

/** Takes over what stands once a row. */
function storeResults({ scores, room, options }: Run, first: number, rows: number): void {
  scores.index.set(words(room.index, rows), first)
  scores.labels?.set(words(room.labels, rows), first)
  scores.status.set(new Uint8Array(kernel.memory.buffer, room.status, rows), first)
  if (scores.judged) scores.judged.set(doubles(room.judged, JUDGED * rows), JUDGED * first)
  if (!options.summary) return
  const { confidence, margin, entropy, logsumexp } = scores
  for (const [nth, column] of [confidence, margin, entropy, logsumexp].entries()) {
    column.set(doubles(room.summary + 8 * nth * room.rows, rows), first)
  }
}
