/** Which columns a file of arrays has: those of numbers. */
import { SoftmaxError, shown } from '../core/errors.js'
import { type FormatName, holdsArrays } from '../core/formats.js'
import { optionText } from '../core/option-words.js'
import type { ColumnNames, Emitted, OutputColumn } from '../core/output-columns.js'
import type { Column } from '../core/record-batch.js'

/** What is asked of a file of arrays. */
interface Asked {
  /** Its format. */
  to: string
  emit: readonly OutputColumn[]
  columnNames?: ColumnNames | undefined
  topK: number
}

/** What a column of names is in numbers: a position, how many there are, or nothing. */
const IN_NUMBERS: { readonly [Name in OutputColumn]?: OutputColumn | undefined } = {
  label: 'index',
  labels: undefined,
  set: 'set_size',
}

/** What a file of arrays has by default: a single array keeps the shape of the logits. */
export function emittedByDefault(to: FormatName): readonly Emitted[] {
  return holdsArrays(to) ? ['probs', 'index'] : ['probs']
}

/** Throws E_CONFLICT for an output column of a file of arrays that does not hold numbers. */
export function requireNumeric({ to, emit, columnNames, topK }: Asked): void {
  const refuse = (reason: string) => new SoftmaxError('E_CONFLICT', { reason })
  if (topK > 0) throw refuse(`${to} holds only numbers, and ${optionText('topK')} gives labels, too; leave it out`)
  const text = emit.find((name) => name in IN_NUMBERS)
  if (text === undefined) return
  const are = text === 'label' ? 'label is the name of a class' : `${text} has names of classes`
  const remedy = optionText('emit', proposed(emit, columnNames))
  throw refuse(`${to} holds only numbers; ${are}; ${remedy} gives numbers`)
}

/** The same columns in numbers. */
function proposed(emit: readonly OutputColumn[], names: ColumnNames = {}): string {
  const numbers = new Map<OutputColumn, string | undefined>()
  for (const name of emit) {
    const column = name in IN_NUMBERS ? IN_NUMBERS[name] : name
    if (column !== undefined && !numbers.has(column)) numbers.set(column, names[name])
  }
  const entries = [...numbers].map(([column, name]) => (name === undefined ? column : `${column}=${name}`))
  return entries.length > 0 ? entries.join() : 'probs'
}

/** True of a column that a file of several arrays can keep: of numbers, none of which is empty. */
export function isNumericColumn({ field, isPosition }: Column, to: FormatName): boolean {
  if (!field || field.nullable || isPosition || !holdsArrays(to)) return false
  const { type } = field
  return type.kind === 'int' ? type.bitWidth === 64 && type.signed : type.kind === 'float' && type.bitWidth > 16
}

/** That kept columns are left out of a file of arrays. */
export function leftOutWarning(to: FormatName, names: readonly string[]): string {
  const holds = holdsArrays(to) ? 'only arrays of numbers, without empty values' : 'one array, of results'
  return `${to} holds ${holds}: ${shown(names.join(','))} is left out`
}
