/** What a run over parts says when an error or a signal ends it: what is done, and how to continue. */
import type { SoftmaxError } from '../../core/errors.js'
import { optionText } from '../../core/option-words.js'
import { codesText } from '../../core/reject.js'
import { rejectedOf, type Stats } from '../../pipeline/row-counts.js'
import { known } from '../messages.js'
import { grouped, rowsText } from '../progress.js'
import type { PartCounts } from '../stats.js'
import type { Plan } from './plan.js'
import { isMisfit, isUnreadable } from './score-part.js'

/**
 * `2 of 3 parts are done: 8 rows written, 1 rejected (1 E_CELL); this run wrote no row of the other part; ` and what helps;
 * `3 of 3 parts are scored, but the folder is not complete: 12 rows written; ` if the parts fail together
 */
export function failureText({ counts, totals, plan }: Progressed, error?: unknown): string {
  const { all, done } = counts
  const rejected = rejectedOf(totals)
  const bad = rejected === 0 ? '' : `, ${grouped(rejected)} rejected (${codesText(totals.rejected)})`
  const others = all - done === 1 ? 'the other part' : `the other ${all - done} parts`
  const rest = all === done ? '' : `; this run wrote no row of ${others}`
  const state = all === done ? 'scored, but the folder is not complete' : 'done'
  return `${done} of ${all} parts ${done === 1 ? 'is' : 'are'} ${state}: ${rowsText(totals.written)} written${bad}${rest}; ${remedyOf(error, plan.settings)}`
}

/** A run as far as it got. */
interface Progressed {
  counts: PartCounts
  totals: Stats
  plan: Pick<Plan, 'settings'>
}

const resume = () => `continue with ${optionText('resume')}`

/** What helps, by error: most runs would fail again. */
const REMEDIES: readonly [test: (error: SoftmaxError) => boolean, remedy: (settings: Plan['settings']) => string][] = [
  [isUnreadable, () => `replace or remove the parts with errors, and ${resume()}`],
  [
    ({ code }) => code === 'E_TOO_MANY',
    () => `correct bad rows or increase ${optionText('maxErrors')}, and ${resume()}`,
  ],
  [isMisfit, ({ onError }) => (onError === 'skip' ? correctSkipped() : `${skipOthers()}, or ${correct()}`)],
  [isRowError, () => `correct the row or add ${optionText('rejects', 'FILE')}, and ${resume()}`],
  [({ status }) => status < 3, () => correct()],
]

const correct = () => `correct the input and ${resume()}, or write to another folder with other options`

const skipOthers = () => `${optionText('resume')} ${optionText('onError', 'skip')} scores the parts without such errors`

const correctSkipped = () =>
  `correct or remove the parts with errors and ${resume()}, or score them into another folder with other options`

function isRowError({ code, info, status }: SoftmaxError): boolean {
  return status === 1 && code !== 'E_NO_ROWS' && info.row !== undefined
}

function remedyOf(cause: unknown, settings: Plan['settings']): string {
  if (cause === undefined) return resume()
  const error = known(cause)
  const [, remedy = resume] = REMEDIES.find(([test]) => test(error)) ?? []
  return remedy(settings)
}
