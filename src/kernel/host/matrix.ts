/** Softmax of a matrix: rows of logits in, arrays of results out. */
import { CHUNK, EVALUATION_FIELDS } from '../constants.js'
import {
  loadRows,
  loadTargets,
  makeRoom,
  type Run,
  scoreChunkByClass,
  storeMembers,
  storeProbabilities,
  storeResults,
  storeTop,
  storeValues,
  words,
} from './matrix-memory.js'
import { emptyScores, flagsOf, type KernelOptions, type Logits, type Scores } from './scores.js'
import { ownKernel } from './wasm.js'
import { scoreWideRow } from './wide-row.js'

/**
 * Scores a matrix of any size, as many rows, or as much of a row, at a time as fit. The logits are not modified. Scores
 * of a matrix with the same shape and options may be passed in for reuse.
 */
export function scoreMatrix(
  logits: Logits,
  rows: number,
  classes: number,
  options: KernelOptions,
  scores = emptyScores(rows, classes, options),
): Scores {
  const { truths, targets } = logits
  const isEvaluated = truths !== undefined
  const hasTargets = targets !== undefined
  const isRanked = hasTargets || (isEvaluated && options.oneVsRest === true)
  const room = makeRoom(classes, options, { isEvaluated, hasTargets, isRanked })
  const run = { logits, scores, room, options, flags: flagsOf({ ...options, truth: isEvaluated }) }
  scores.unscored = 0
  if (targets) scores.targets = targets
  if (isRanked) scores.probabilities = new Float64Array(rows * classes)
  if (truths) scores.evaluated = new Float64Array(EVALUATION_FIELDS * rows)
  if (classes > CHUNK) for (let row = 0; row < rows; row++) scoreWideRow(run, row)
  else if (classes > 0) {
    const step = Math.floor(CHUNK / classes)
    for (let row = 0; row < rows; row += step) scoreChunk(run, row, Math.min(step, rows - row))
  }
  return scores
}

/** Scores as many rows as fit in kernel memory together. */
function scoreChunk(run: Run, first: number, rows: number): void {
  const { scores } = run
  scores.unscored += isByClass(run) ? scoreChunkByClass(run, first, rows) : scoreChunkByRow(run, first, rows)
  storeResults(run, first, rows)
}

function scoreChunkByRow(run: Run, first: number, rows: number): number {
  const { logits: given, scores, room, options, flags } = run
  const { classes } = scores
  loadRows(run, first, rows)
  if (given.truths) words(room.truths, rows).set(given.truths.subarray(first, first + rows))
  loadTargets(run, first * classes, rows * classes)
  const { logits, states, scratch, out, temperature, results } = room
  const unscored = ownKernel().scoreMatrix(logits, rows, classes, states, scratch, out, flags, temperature, results)
  storeMembers(run, first, rows)
  storeProbabilities(run, first * classes, rows * classes)
  storeValues(run, first, rows)
  if (options.top > 0) {
    ownKernel().selectRows(room.logits, rows, classes, options.top, room.heap, room.top)
    storeTop(run, first, rows)
  }
  return unscored
}

/** Whether logits and results are columns, of which nothing but probabilities is computed. */
function isByClass({ logits, scores: { byClass, classes }, options: { decision, top }, flags }: Run): boolean {
  return logits.byClass === true && byClass && flags === 0 && !decision && top === 0 && classes > 1
}
