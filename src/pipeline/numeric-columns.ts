/** Selects the columns of array files, which hold only numbers. */
import { SoftmaxError, shownNames } from '../core/errors.js'
import { type FormatName, holdsArrays } from '../core/formats.js'
import { optionText, speaking } from '../core/option-words.js'
import type { SettingsOf } from '../core/options.js'
import type { ColumnNames, Emitted, OutputColumn } from '../core/output-columns.js'
import type { Column } from '../core/record-batch.js'

/** The options that concern an array file. */
interface Requested {
  /** Its format. */
  to: FormatName
  emit: readonly OutputColumn[]
  columnNames?: ColumnNames | undefined
  topK: number
}

/** The default output columns of an array file; a single array keeps the shape of the logits. */
export function emittedByDefault(to: FormatName): readonly Emitted[] {
  return holdsArrays(to) ? ['probs', 'index'] : ['probs']
}

/** Throws E_CONFLICT if an output column for an array file is not numeric. */
export function requireNumeric({ to, emit, columnNames, topK }: Requested): void {
  const refuse = (reason: string) => new SoftmaxError('E_CONFLICT', { reason })
  if (topK > 0 && !holdsArrays(to)) {
    throw refuse(
      `${to} stores one array, but ${optionText('topK')} makes two, of positions and probabilities; write npz or safetensors`,
    )
  }
  if (!emit.includes('label')) return
  const remedy = optionText('emit', withIndex(emit, columnNames))
  throw refuse(`${to} stores only numbers; label is the name of a class; ${remedy} writes numbers, ${toNames()} names`)
}

/** The options for a format that stores names; that of an output is usually its extension. */
function toNames(): string {
  return optionText('to', 'parquet') + (speaking() === 'command' ? ' or -o FILE.parquet' : '')
}

/** The same columns, with the position of the label instead of its name. */
function withIndex(emit: readonly OutputColumn[], names: ColumnNames = {}): string {
  const numbers = new Map<OutputColumn, string | undefined>()
  for (const name of emit) {
    const column = name === 'label' ? 'index' : name
    if (!numbers.has(column)) numbers.set(column, names[name])
  }
  return [...numbers].map(([column, name]) => (name === undefined ? column : `${column}=${name}`)).join()
}

/** Whether a file of several arrays can keep a column: it must be numeric and have no nulls. */
export function isNumericColumn({ field, isPosition, isEachClass }: Column, to: FormatName): boolean {
  if (!field || field.nullable || isPosition || !holdsArrays(to)) return false
  return isEachClass === true || ['int', 'float', 'bool'].includes(field.type.kind)
}

/** The warning about kept columns that are left out of an array file. */
export function leftOutWarning(to: FormatName, names: readonly string[]): string {
  const stored = holdsArrays(to) ? 'only arrays of numbers without nulls' : 'only one array of results'
  return `${to} stores ${stored}; ${shownNames(names)} ${names.length === 1 ? 'is' : 'are'} left out`
}

/** The warning about class names that no array shows; they matter to what names classes. */
export function uselessLabels({ to, labels, truth, calibration, threshold }: NamingSettings): string | undefined {
  if (labels === undefined || [truth, calibration, threshold].some((value) => value !== undefined)) return undefined
  return `${optionText('labels')} has no effect: ${to} stores only numbers, not class names`
}

type NamingSettings = Partial<Pick<SettingsOf<'bytes'>, 'to' | 'labels' | 'truth' | 'calibration' | 'threshold'>>
