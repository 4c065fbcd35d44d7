/** Judges batches of rows by their true classes. */
import { NO_CLASS } from '../constants'
import { judgementOf, entryOf, membersOf, rowOf, stateOf, targetsOf } from './batch'
import { judgeRow, judgeSet } from './judge'
import { addClasses, addJudged, Metrics } from './metrics'
import { beginMultiLabel, countClasses, endMultiLabel, judgeMultiLabel } from './multi-label'
import { Decision, Job } from './structs'

/** How many of `rows` rows fit in the buffer for judged rows. */
export function roomToJudge(rows: u32, job: Job): u32 {
  return job.truths ? min(rows, job.judgedRoom - job.judgedCount) : rows
}

/** Judges rows, appending them to those judged before; rows that are written are counted at that point. */
export function judgeBatch(rows: u32, job: Job): void {
  if (job.targets) return judgeTargets(rows, job)
  const classes = job.classes
  const decision = changetype<Decision>(job.decision)
  const least = job.decision ? decision.minConfidence : 0
  const hasSets = job.decision && decision.cutoffs
  for (let row: u32 = 0; row < rows; row++) {
    const truth = entryOf(row, job).truth
    const logits = rowOf(job.logits, row, job)
    const values = rowOf(job.values, row, job)
    judgeRow(logits, values, classes, stateOf(row, job), truth, job.flags, least, judgementOf(row, job))
    if (hasSets) judgeSet(membersOf(row, job), classes, judgementOf(row, job))
  }
}

/** The same for rows that may have several true classes. */
function judgeTargets(rows: u32, job: Job): void {
  const classes = job.classes
  for (let row: u32 = 0; row < rows; row++) {
    const state = stateOf(row, job)
    const judgement = judgementOf(row, job)
    const logits = rowOf(job.logits, row, job)
    const values = rowOf(job.values, row, job)
    beginMultiLabel(judgement, state, entryOf(row, job).truth)
    const probabilities = rowOf(job.probabilities, row, job)
    judgeMultiLabel(logits, values, classes, state, targetsOf(row, job), membersOf(row, job), probabilities, job.flags, judgement)
    endMultiLabel(classes, judgement)
  }
}

/** Adds judged rows to the totals, or leaves them for the host. */
export function passJudged(rows: u32, job: Job): void {
  if (job.metrics) addJudged(changetype<Metrics>(job.metrics), job.judged, rows)
  else job.judgedCount += rows
  if (job.targets) countTargets(rows, job)
}

function countTargets(rows: u32, job: Job): void {
  for (let row: u32 = 0; row < rows; row++) {
    if (entryOf(row, job).truth == NO_CLASS) continue
    countClasses(targetsOf(row, job), membersOf(row, job), job.classes, job.classCounts)
    // The totals of these rows fit in any kernel.
    addClasses(changetype<Metrics>(job.metrics), rowOf(job.probabilities, row, job), targetsOf(row, job), job.classes)
  }
}
