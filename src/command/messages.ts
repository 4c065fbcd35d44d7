/** Messages of the command on stderr. */
import { inspect } from 'node:util'
import { plural, printable, SoftmaxError, shown } from '../core/errors.js'
import { withoutMemory } from '../core/memory-error.js'
import type { Metrics } from '../core/metrics.js'
import { optionText } from '../core/option-words.js'
import { shiftInMetrics } from '../core/truth-shift.js'
import { type Paint, paintFor } from './colours.js'

/** The redrawn last line of the terminal, which must be erased before anything else is printed. */
let line: { erase(): void } | undefined

/** Makes messages erase a redrawn line, if there is one. */
export function eraseBefore(shown: { erase(): void } | undefined): void {
  line = shown
}

export function complain(text: string, style: Parameters<Paint>[0] = 'faint'): void {
  line?.erase()
  const paint = paintFor(process.stderr)
  process.stderr.write(`${paint(style, 'softmax:')} ${printable(text)}\n`)
}

export function warn({ quiet }: { quiet: boolean }, text: string): void {
  if (!quiet) complain(`warning: ${text}`, 'warning')
}

/** Warns that rows without a true class are not counted if empty cells may have been meant as rows without classes. */
export function warnOfUnlabelled(
  settings: { quiet: boolean; op: string; truth?: string | undefined },
  unlabelled: number,
): void {
  if (unlabelled === 0 || !settings.op.endsWith('sigmoid')) return
  const which = `${plural(unlabelled, 'row')} with an empty ${shown(settings.truth!)}`
  warn(
    settings,
    `${which} ${unlabelled === 1 ? 'is' : 'are'} not measured, as the true classes are unknown; write a row with none of the classes as [], or as 0 for each class`,
  )
}

/** Warns of an infinite log loss: the mean hides which rows, and that the others may be fine. */
export function warnOfInfiniteLoss(
  settings: { quiet: boolean; op: string },
  { rows, infinite_losses: count }: Metrics,
): void {
  if (count === undefined) return
  const which = `to find these rows, score with ${optionText('truth')} and ${optionText('emit', 'loss')}`
  const some = `in ${count} of ${plural(rows, 'row')}, infinite logits give ${certain(settings.op)}`
  warn(settings, `the log loss is infinite: ${some}; ${which}`)
}

/** Warns if true classes probably count from 1. */
export function warnOfShift(settings: { quiet: boolean }, metrics: Metrics): void {
  const text = shiftInMetrics(metrics)
  if (text !== undefined) warn(settings, text)
}

/** The probabilities whose log loss is infinite. */
function certain(op: string): string {
  return op.endsWith('sigmoid')
    ? 'a true class the probability 0, or another class 1'
    : 'the true class the probability 0'
}

/** Whether a text that should be printed once was not in `said` yet. */
export function isNew(text: string, said?: Set<string>): boolean {
  if (said?.has(text)) return false
  said?.add(text)
  return true
}

/** Prints an error; returns its exit status. Prints nothing if the reader of standard output has closed it. */
export function report(error: unknown, debug: boolean): number {
  const cause = (error as Error).cause as NodeJS.ErrnoException | undefined
  if (cause?.code === 'EPIPE' && SoftmaxError.is(error, 'E_OUTPUT') && error.info.path === 'standard output') return 141
  complain(known(error).message, 'error')
  if (debug) for (const line of inspect(error).split('\n')) process.stderr.write(`${printable(line)}\n`)
  return known(error).status
}

/** Any error as a SoftmaxError: out of memory, or otherwise internal. */
export function known(cause: unknown): SoftmaxError {
  const error = withoutMemory(cause)
  if (error instanceof SoftmaxError) return error
  return new SoftmaxError('E_INTERNAL', { reason: String(error) }, { cause: error })
}
