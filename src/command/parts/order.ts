/** Whether outputs depend on the order of classes or columns: programs find named columns in any order. */
import { delimiterOf, type FormatName, isArray } from '../../core/formats.js'
import { items } from '../../core/options.js'
import { type OutputColumn, parseEmit } from '../../core/output-columns.js'
import { formatFor, type Plan } from './plan.js'

/** Whether an output has values of classes in their order, or the positions of classes. */
export function isClassOrderWritten({ settings, mine }: Plan): boolean {
  const emit = new Set<OutputColumn>(parseEmit(items(settings.emit)).emit)
  if (emit.has('index')) return true
  const { topK = 0 } = settings
  const inText = emit.has('probs') && topK === 0
  const inArrays = IN_ARRAYS.some((name) => emit.has(name))
  return formatsOf({ settings, mine }).some((to) => (isArray(to) ? inArrays : inText && isByPosition(to)))
}

/** The output columns that have a value for each class in arrays, or the positions of the most probable ones. */
const IN_ARRAYS = ['probs', 'labels', 'set'] as const

/** Whether an output has kept columns that are read by their position. */
export function isColumnOrderWritten(plan: Plan): boolean {
  return formatsOf(plan).some(isByPosition)
}

/** Spark and others take the columns of delimited text by position, whatever the header of a later file says. */
function isByPosition(to: FormatName): boolean {
  return delimiterOf(to) !== undefined
}

/** The formats of the outputs; a name without an extension is usually that of delimited text. */
function formatsOf({ settings, mine }: Pick<Plan, 'settings' | 'mine'>): FormatName[] {
  return [...new Set(mine.map((part) => formatFor(settings, part) ?? 'csv'))]
}
