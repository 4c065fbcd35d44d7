/** Says what became of the parts of a outcome. */
import { plural, shown } from '../../core/errors.js'
import { isText } from '../../core/formats.js'
import { formatOf } from '../../formats/index.js'
import type { Stats } from '../../pipeline/row-counts.js'
import { complain, known } from '../messages.js'
import { grouped } from '../progress.js'
import type { PartCounts } from '../stats.js'
import { failureText } from './failure.js'
import type { Part } from './listing.js'
import type { Entry } from './manifest.js'
import type { NameSets } from './names.js'
import { isClassOrderWritten, isColumnOrderWritten } from './order.js'
import type { Plan } from './plan.js'
import type { TypeSets } from './types.js'

/** A part that is done. */
export interface Recorded {
  index: number
  part: Part
  entry: Entry
}

/** What is known of the parts that are done. */
export interface Outcome {
  plan: Plan
  counts: PartCounts
  totals: Stats
  /** The parts of which no row could be scored, and those without rows. */
  unscored: Recorded[]
  empty: Recorded[]
  classSets: NameSets
  keptSets: NameSets
  typeSets: TypeSets
  /** Whether the outcome has been said. */
  isOver: boolean
}

/** Says what is unusual about the parts, and what is done; `missing` parts of other shares are not done yet. */
export function sayDone(outcome: Outcome, missing: number): void {
  sayUnscored(outcome)
  sayEmpty(outcome)
  sayDifferences(outcome)
  outcome.isOver = true
  say(outcome, closingLine(outcome, missing))
}

/** Says what is unusual about the parts that are done, and what is done. Different columns may be the error itself. */
export function sayFailed(outcome: Outcome, error: unknown): void {
  if (outcome.isOver || outcome.counts.done === 0) return
  const { code } = known(error)
  if (code !== 'E_NO_ROWS') sayUnscored(outcome)
  sayEmpty(outcome)
  if (code !== 'E_PARTS') sayDifferences(outcome)
  sayStopped(outcome, error)
}

/** Says once what is done when an error or a signal ends the outcome. */
export function sayStopped(outcome: Outcome, error?: unknown): void {
  if (outcome.isOver || outcome.counts.done === 0) return
  outcome.isOver = true
  say(outcome, failureText(outcome, error))
}

function say({ plan }: Outcome, text: string): void {
  if (!plan.settings.quiet) complain(text)
}

/** Warns about parts without a good row, which may be read with the wrong options. */
function sayUnscored(outcome: Outcome): void {
  const parts = partsText(inOrder(outcome.unscored))
  if (parts) say(outcome, `warning: no row of ${parts} could be scored`)
}

/**
 * Warns about parts without rows, and those without a header either, whose outputs most readers refuse, or which have
 * none as their format needs columns.
 */
function sayEmpty(outcome: Outcome): void {
  const sizes = inOrder(outcome.empty).map(({ entry, ...part }) => ({ entry, ...part, bytes: entry.output?.bytes }))
  const kinds: [is: (bytes: number | undefined) => boolean, one: string, several: string][] = [
    [(bytes = 0) => bytes > 0, 'has no rows', 'have no rows'],
    [(bytes) => bytes === 0, 'has no rows, and its output is empty', 'have no rows, and their outputs are empty'],
    [(bytes) => bytes === undefined, 'is empty, and has no output', 'are empty, and have no outputs'],
  ]
  for (const [is, one, several] of kinds) {
    const parts = sizes.filter(({ bytes }) => is(bytes))
    const text = partsText(parts)
    if (text) say(outcome, `warning: ${text} ${parts.length === 1 ? one : several}`)
  }
}

export function inOrder(parts: readonly Recorded[]): Recorded[] {
  return parts.toSorted((a, b) => a.index - b.index)
}

/** `"in/a.csv" and 2 other parts` */
function partsText([first, ...more]: readonly Recorded[]): string | undefined {
  if (!first) return undefined
  return `${shown(first.part.file)}${more.length === 0 ? '' : ` and ${plural(more.length, 'other part')}`}`
}

/** Warns if parts have different classes or columns: of another order only where the outputs depend on it. */
function sayDifferences(outcome: Outcome): void {
  const { classSets, keptSets, typeSets, plan } = outcome
  const differences: [difference: string | undefined, meaning: string, matters: () => boolean][] = [
    [classSets.difference, 'each part was scored with its own', always],
    [keptSets.difference, 'each output has the columns of its part', always],
    [classSets.orderDifference, 'each output has the order of its part', () => isClassOrderWritten(plan)],
    [keptSets.orderDifference, 'each output has the order of its part', () => isColumnOrderWritten(plan)],
  ]
  for (const [difference, meaning, matters] of differences) {
    if (difference !== undefined && matters()) say(outcome, `warning: ${difference}; ${meaning}`)
  }
  const types = typeSets.warning(plan.settings.types, areTextInputs(plan))
  if (types !== undefined) say(outcome, `warning: ${types}`)
}

const always = () => true

/** Whether options can set the types of kept columns: those of binary formats are in the files. */
function areTextInputs({ settings, mine }: Plan): boolean {
  return mine.every(({ file }) => isText(settings.from ?? formatOf(file) ?? 'csv'))
}

/** `out/: 3 of 12 parts done (1 by earlier runs), 1,900 rows in all; 9 parts of other shares are not done yet` */
function closingLine({ plan, totals, counts }: Outcome, missing: number): string {
  const parts = `${counts.all} of ${plural(plan.parts.length, 'part')} done`
  const before = counts.before > 0 ? ` (${counts.before} by earlier runs)` : ''
  const rows = `${grouped(totals.written)} ${totals.written === 1 ? 'row' : 'rows'}${counts.before > 0 ? ' in all' : ''}`
  const left =
    missing > 0 ? `; ${plural(missing, 'part')} of other shares ${missing === 1 ? 'is' : 'are'} not done yet` : ''
  return `${plan.folder}: ${parts}${before}, ${rows}${left}`
}
