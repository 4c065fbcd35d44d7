/** What the command says on stderr. */
import { inspect } from 'node:util'
import { plural, printable, SoftmaxError, shown } from '../core/errors.js'
import { withoutMemory } from '../core/memory-error.js'
import { type Paint, paintFor } from './colours.js'

/** What is on the last line of the terminal, and is to be erased before anything else is written there. */
let line: { erase(): void } | undefined

/** Makes messages erase a line that is redrawn in place, if there is one. */
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

/** Warns that rows without a true class are not counted, where an empty cell may be meant as one without any. */
export function warnOfUnlabelled(
  settings: { quiet: boolean; op: string; truth?: string | undefined },
  unlabelled: number,
): void {
  if (unlabelled === 0 || !settings.op.endsWith('sigmoid')) return
  const which = `${plural(unlabelled, 'row')} with an empty ${shown(settings.truth!)}`
  warn(
    settings,
    `${which} ${unlabelled === 1 ? 'is' : 'are'} not measured, as their classes are not known; [] is a row that has none`,
  )
}

/** Whether a text was not `said` before, where it is to be said once. */
export function isNew(text: string, said?: Set<string>): boolean {
  if (said?.has(text)) return false
  said?.add(text)
  return true
}

/** Prints an error and gives its exit status. Nothing is printed if the reader of standard output has gone. */
export function report(error: unknown, debug: boolean): number {
  const cause = (error as Error).cause as NodeJS.ErrnoException | undefined
  if (cause?.code === 'EPIPE' && SoftmaxError.is(error, 'E_OUTPUT') && error.info.path === 'standard output') return 141
  complain(known(error).message, 'error')
  if (debug) for (const line of inspect(error).split('\n')) process.stderr.write(`${printable(line)}\n`)
  return known(error).status
}

/** A SoftmaxError as it is; any other is of memory, or an internal error. */
export function known(cause: unknown): SoftmaxError {
  const error = withoutMemory(cause)
  if (error instanceof SoftmaxError) return error
  return new SoftmaxError('E_INTERNAL', { reason: String(error) }, { cause: error })
}
