/** Evaluates batches of rows by their true classes. */
import { NO_CLASS } from '../constants'
import { evaluationOf, entryOf, membersOf, rowOf, stateOf, targetsOf } from './batch'
import { evaluateRow, evaluateSet, takeProbabilities } from './row-evaluation'
import { addClasses, addEvaluated, addRanks, Metrics } from './metrics'
import { beginMultiLabel, countClasses, endMultiLabel, evaluateMultiLabel } from './multi-label'
import { Decision, Job } from './structs'

/** How many of `rows` rows fit in the buffer for evaluated rows. */
export function roomToEvaluate(rows: u32, job: Job): u32 {
  return job.truths ? min(rows, job.evaluatedRoom - job.evaluatedCount) : rows
}

/** Evaluates rows, appending them to those evaluated before; rows that are written are counted at that point. */
export function evaluateBatch(rows: u32, job: Job): void {
  if (job.targets) return evaluateTargets(rows, job)
  const classes = job.classes
  const decision = changetype<Decision>(job.decision)
  const least = job.decision ? decision.minConfidence : 0
  const hasSets = job.decision && decision.cutoffs
  for (let row: u32 = 0; row < rows; row++) {
    const truth = entryOf(row, job).truth
    const logits = rowOf(job.logits, row, job)
    const values = rowOf(job.values, row, job)
    evaluateRow(logits, values, classes, stateOf(row, job), truth, job.flags, least, evaluationOf(row, job))
    if (job.probabilities) takeProbabilities(logits, values, classes, stateOf(row, job), job.flags, rowOf(job.probabilities, row, job))
    if (hasSets) evaluateSet(membersOf(row, job), classes, evaluationOf(row, job))
  }
}

/** The same for rows that may have several true classes. */
function evaluateTargets(rows: u32, job: Job): void {
  const classes = job.classes
  for (let row: u32 = 0; row < rows; row++) {
    const state = stateOf(row, job)
    const evaluation = evaluationOf(row, job)
    const logits = rowOf(job.logits, row, job)
    const values = rowOf(job.values, row, job)
    beginMultiLabel(evaluation, state, entryOf(row, job).truth)
    const probabilities = rowOf(job.probabilities, row, job)
    evaluateMultiLabel(logits, values, classes, state, targetsOf(row, job), membersOf(row, job), probabilities, job.flags, evaluation)
    endMultiLabel(classes, evaluation)
  }
}

/** Adds evaluated rows to the totals, or leaves them for the host. */
export function passEvaluated(rows: u32, job: Job): void {
  if (job.metrics) addEvaluated(changetype<Metrics>(job.metrics), job.evaluated, rows)
  else job.evaluatedCount += rows
  if (job.targets) countTargets(rows, job)
  // The totals of these rows fit in any kernel.
  else if (job.probabilities) addRanks(changetype<Metrics>(job.metrics), job.evaluated, job.probabilities, rows)
}

function countTargets(rows: u32, job: Job): void {
  for (let row: u32 = 0; row < rows; row++) {
    if (entryOf(row, job).truth == NO_CLASS) continue
    countClasses(targetsOf(row, job), membersOf(row, job), job.classes, job.classCounts)
    // The totals of these rows fit in any kernel.
    addClasses(changetype<Metrics>(job.metrics), rowOf(job.probabilities, row, job), targetsOf(row, job), job.classes)
  }
}
