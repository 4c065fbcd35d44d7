/** Scores a row with more classes than fit in kernel memory. */
import { CHUNK, COVERED, EVALUATION_FIELDS, MEMBERS, NO_CLASS } from '../constants.js'
import { cutoffsAt } from './decision.js'
import { doubles, loadTargets, type Run, storeProbabilities, storeResults, storeTop, words } from './matrix-memory.js'
import { ownKernel } from './wasm.js'

/**
 * Scores one row that does not fit in kernel memory: its chunks go through each phase in turn. Before `emit`,
 * `accumulate` fills the scratch of a chunk again; the sums that it changes are no longer needed.
 */
export function scoreWideRow(run: Run, row: number): void {
  const { scores, room, options, flags } = run
  const { states: state, logits: at, scratch, out } = room
  let size = 0
  ownKernel().begin(state, room.temperature)
  for (const [base, count] of loadChunks(run, row)) {
    ownKernel().scan(at, count, base, state)
    if (options.top > 0) size = ownKernel().select(at, count, base, room.heap, size, options.top)
  }
  for (const [base, count] of loadChunks(run, row)) ownKernel().accumulate(at, count, base, state, scratch, flags)
  ownKernel().finish(state, flags)
  const truth = run.logits.truths?.[row]
  const logit = run.logits.numbers[row * scores.classes + (truth ?? 0)] ?? 0
  if (truth !== undefined && scores.targets) ownKernel().beginMultiLabel(room.evaluated, state, truth)
  else if (truth !== undefined)
    ownKernel().beginWide(room.evaluated, state, truth, logit, options.decision?.minConfidence ?? 0)
  scores.unscored += ownKernel().takeStates(state, 0, 1, flags, room.results)
  for (const [base, count] of loadChunks(run, row)) {
    if (!options.log) ownKernel().accumulate(at, count, base, state, scratch, flags)
    ownKernel().emit(at, count, state, scratch, out, flags)
    scores.values.set(doubles(out, count), row * scores.classes + base)
    if (scores.members) markChunk(run, row, base, count)
    if (scores.targets) evaluateMultiLabelChunk(run, row, base, count)
    else if (truth !== undefined) ownKernel().evaluateChunk(at, out, count, base, state, logit, flags, room.evaluated)
  }
  if (scores.targets) ownKernel().endMultiLabel(scores.classes, room.evaluated)
  else if (truth !== undefined) {
    ownKernel().endRowEvaluation(state, logit, flags, room.evaluated)
    if (scores.members && truth !== NO_CLASS) evaluateSet(run, row, truth)
  }
  if (options.decision) words(room.labels, 1)[0] = wideLabel(run, row)
  storeResults(run, row, 1)
  if (options.top === 0) return
  ownKernel().drain(room.heap, size, room.top)
  storeTop(run, row, 1)
}

function evaluateMultiLabelChunk(run: Run, row: number, base: number, count: number): void {
  const { room, scores, flags } = run
  const { logits, out, states, targets, members, probabilities, evaluated } = room
  const start = row * scores.classes + base
  loadTargets(run, start, count)
  ownKernel().evaluateMultiLabel(logits, out, count, states, targets, members, probabilities, flags, evaluated)
  storeProbabilities(run, start, count)
}

/** Evaluates the prediction set of a wide row. */
function evaluateSet({ scores: { members, classes }, room }: Run, row: number, truth: number): void {
  const evaluated = doubles(room.evaluated, EVALUATION_FIELDS)
  const set = members!.subarray(row * classes, (row + 1) * classes)
  evaluated[COVERED] = set[truth]!
  evaluated[MEMBERS] = set.reduce((count, one) => count + one, 0)
}

/** Writes the label membership bytes for a chunk of a wide row. */
function markChunk({ scores: { members, classes }, room, flags }: Run, row: number, base: number, count: number): void {
  const cutoffs = cutoffsAt(room.decision) + 8 * base
  ownKernel().markMembers(room.logits, room.out, count, room.states, flags, cutoffs, room.members)
  members!.set(new Uint8Array(ownKernel().memory.buffer, room.members, count), row * classes + base)
}

/** The label of a wide row, NO_CLASS if its largest probability is too low. */
function wideLabel({ logits, scores, room, options, flags }: Run, row: number): number {
  const [index] = words(room.index, 1)
  const largest = logits.numbers[row * scores.classes + index!]!
  const { minConfidence } = options.decision!
  const isSure = minConfidence === undefined || ownKernel().probabilityOf(largest, room.states, flags) >= minConfidence
  return isSure ? index! : NO_CLASS
}

/** Copies the chunks of a row into kernel memory one after another; yields the position and size of each. */
function* loadChunks({ logits, scores: { classes }, room }: Run, row: number): Generator<[number, number]> {
  for (let base = 0; base < classes; base += CHUNK) {
    const count = Math.min(CHUNK, classes - base)
    const start = row * classes + base
    doubles(room.logits, count).set(logits.numbers.subarray(start, start + count))
    yield [base, count]
  }
}
