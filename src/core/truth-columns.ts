/** Resolves the true class columns and, if there is one per class, their classes. */
import { isLogitName } from './column-name.js'
import { plural, SoftmaxError, shown } from './errors.js'
import type { SampledColumn } from './evidence.js'
import { repeated } from './labels.js'
import { optionText } from './option-words.js'
import { opText, type SettingsOf } from './options.js'
import { type OutputColumn, type OutputLayout, TRUTHS, type TruthReading } from './output-columns.js'
import type { LayoutSettings } from './output-layout.js'
import type { Column } from './record-batch.js'
import { selectOne, selectorOfNames, selectTruths } from './selector.js'
import { requireNoLogit } from './truth-names.js'
import { hasWord, readingOf, requireNoBit } from './truth-reading.js'

/** Where the true classes of a row are. */
export interface TruthPositions {
  /** The position, from 0, of the true class column. */
  truth?: number
  /** If there is one column per class, with 0 or 1: their positions in class order; `truth` is the first. */
  truths?: number[]
  /** True if `truth` holds lists with 0 or 1 for each class. */
  truthList?: true
  /** The path, if they are inside the values of another column. */
  truthPath?: readonly string[]
  truthReading?: TruthReading
}

/** Throws E_CONFLICT if an output column needs the true class and there is none. */
export function requireTruth(emit: readonly OutputColumn[], truth: unknown): void {
  const needing = TRUTHS.find((name) => emit.includes(name))
  if (needing === undefined || truth !== undefined) return
  throw new SoftmaxError('E_CONFLICT', {
    reason: `${needing} needs true classes; name their column with ${optionText('truth')}`,
  })
}

/** The selected true class columns: one, or if a row may have several classes, possibly one per class. */
export function truthsOf({ truth, op }: Pick<LayoutSettings, 'truth' | 'op'>, header: readonly string[]): number[] {
  if (truth === undefined) return []
  return op.endsWith('sigmoid') ? selectTruths(truth, header) : [selectOne(truth, header)]
}

/** The same, as part of a schema. Throws E_CONFLICT, E_NAME or E_SELECTOR if they do not match the classes. */
export function truthIn(
  truths: readonly number[],
  logits: readonly number[],
  columns: readonly (Pick<Column, 'name' | 'inner' | 'isEachClass'> & { sample?: string; cells?: readonly string[] })[],
  layout: OutputLayout,
): TruthPositions {
  const [truth] = truths
  for (const index of truths) requireNoLogit(index, logits, columns[index]!.name)
  requireTruth(layout.emit, truth)
  if (truth === undefined) return {}
  requireTrueNames(layout.classes)
  const names = truths.map((index) => columns[index]!.name)
  if (hasBits(names, layout)) return { truth, truths: byClass(truths, names, layout.classes) }
  const { inner, name, isEachClass, cells, sample = cells?.[0] } = columns[truth]!
  const header = columns.map(({ name }) => name)
  if (isEachClass) return { truth, truthList: true }
  const read = readingOf({ name, key: inner?.at(-1), header }, layout)
  requireNoBit(read.truthReading, sample)
  return { truth, ...read, ...(inner && { truthPath: inner }) }
}

/** Throws E_NAME if two classes have the same name, which would be ambiguous; E_CONFLICT if one has none. */
export function requireTrueNames(classes: readonly string[]): void {
  const name = repeated(classes)
  if (name !== undefined) throw new SoftmaxError('E_NAME', { name, of: 'classes', needs: optionText('truth') })
  const nameless = classes.indexOf('')
  if (nameless < 0) return
  const reason = `class ${nameless + 1} has no name, and an empty ${optionText('truth')} means that the true class is unknown; ${optionText('labels')} names it`
  throw new SoftmaxError('E_CONFLICT', { reason })
}

/**
 * Whether true class columns are one bit each. Throws E_CONFLICT if their number is neither that of the classes nor
 * one.
 */
export function hasBits(names: readonly string[], layout: OutputLayout): boolean {
  const { classes, sigmoid, emit, decision } = layout
  if (!sigmoid) return false
  const option = emit.includes('rank')
    ? `${optionText('emit', 'rank')} needs exactly one true class per row, so it does not work with ${opText('sigmoid')}; loss and correct do`
    : decision?.minConfidence
      ? `${optionText('minConfidence')} works only with one label per row; with ${opText('sigmoid')}, use ${optionText('threshold')}`
      : undefined
  if (option !== undefined) throw new SoftmaxError('E_CONFLICT', { reason: option })
  if (names.length === 1) return false
  if (names.length === classes.length) return true
  throw new SoftmaxError('E_CONFLICT', {
    reason: `${optionText('truth')} selects ${plural(names.length, 'column')}, but there ${classes.length === 1 ? 'is' : 'are'} ${plural(classes.length, 'class')}; name a column for each class, or one that lists them`,
  })
}

/**
 * The warning that a true class column has the name of a logit: if logits are not selected explicitly, it looks like
 * one.
 */
export function truthWarnings(
  { header, truth }: TruthPositions & { header: readonly string[] },
  { logits }: Partial<Pick<SettingsOf<'bytes'>, 'logits'>>,
): string[] {
  if (truth === undefined || logits !== undefined || !isLogitName(header[truth]!)) return []
  return [
    `${shown(header[truth]!)} has the true classes, so it is not read as a logit; ${optionText('logits')} selects the logits`,
  ]
}

/** The columns other than true classes, which are never logits, whatever their names and values. */
export function withoutTruth(columns: readonly SampledColumn[], truths: readonly number[]): readonly SampledColumn[] {
  return columns.map((column, index) => (truths.includes(index) ? { ...column, isIndex: true } : column))
}

/**
 * Columns in class order: by name, if their names are those of the classes with a common prefix and suffix; otherwise
 * in the given order. Throws E_SELECTOR if only some names identify a class, and if all are numbered but given in
 * another order.
 */
export function byClass<T>(columns: readonly T[], names: readonly string[], classes: readonly string[]): T[] {
  const positions = positionsByName(names, classes)
  if (positions) return positions.map((position) => columns[position]!)
  requireNumbersInOrder(names)
  const named = names.find((name) => classes.some((word) => hasWord(name, word)))
  if (named === undefined) return [...columns]
  const reason =
    'names some of the classes, but not all; name each column after its class, or list the classes in one column'
  throw new SoftmaxError('E_SELECTOR', { item: selectorOfNames(names), option: 'truth', reason })
}

function positionsByName(names: readonly string[], classes: readonly string[]): number[] | undefined {
  const lower = (texts: readonly string[]) => texts.map((text) => text.toLowerCase())
  return positionsOf(names, classes) ?? positionsOf(lower(names), lower(classes))
}

/**
 * Throws E_SELECTOR if the names are numbered from 0 or 1 but in another order: either order may be that of the
 * classes.
 */
function requireNumbersInOrder(names: readonly string[]): void {
  const positionsFrom = (first: number) =>
    positionsOf(
      names,
      names.map((_, index) => String(index + first)),
    )
  const first = positionsFrom(0) ? 0 : 1
  const positions = positionsFrom(first)
  if (!positions || positions.every((position, index) => position === index)) return
  const byNumber = selectorOfNames(positions.map((position) => names[position]!))
  const asGiven = names.map((_, index) => positions.indexOf(index) + first).join()
  const reason = `is not in the order of its numbers; ${optionText('truth', byNumber)} is, and ${optionText('labels', asGiven)} keeps the order given`
  throw new SoftmaxError('E_SELECTOR', { item: selectorOfNames(names), option: 'truth', reason })
}

/** The position of each word among names with a common prefix and suffix. */
function positionsOf(names: readonly string[], words: readonly string[]): number[] | undefined {
  const [first = ''] = words
  const indices = new Map(names.map((name, index) => [name, index]))
  for (const name of names) {
    for (let at = name.indexOf(first); at !== -1; at = name.indexOf(first, at + 1)) {
      const [before, behind] = [name.slice(0, at), name.slice(at + first.length)]
      const positions = words.map((word) => indices.get(before + word + behind) ?? -1)
      if (!positions.includes(-1) && new Set(positions).size === names.length) return positions
      if (first === '') break
    }
  }
  return undefined
}
