/** Evidence from the first rows of an input for and against columns being logits. */
import { plainName, wordsOf } from './column-name.js'
import { shown } from './errors.js'
import { countClasses, hasPartner, isClassName, isOtherName, isPandasIndex } from './known-names.js'
import { isNumber, readNumber } from './number.js'
import { FEW, SIGNS, signOfProbabilities } from './probabilities.js'
import type { ClassObject, ValueType } from './record-batch.js'

/** A column, and its cells in the first rows. */
export interface SampledColumn {
  name: string
  type: ValueType
  cells: readonly string[]
  /** Whether it is known not to hold logits: an index column of pandas, or true classes. */
  isIndex?: boolean
  /** The paths to a list of numbers, and to a list of rows, within its nested values. */
  listPath?: string | undefined
  rowsPath?: string | undefined
  rowsLogits?: string | undefined
  rowsOnly?: string | undefined
  rowsRemedy?: string | undefined
  /** A description of a list of labels with scores in its first value. */
  scoreList?: string | undefined
  /** The objects in its first value that appear to have a number for each class. */
  classObjects?: readonly ClassObject[] | undefined
  /** The path to nested lists of numbers. */
  nestedPath?: string | undefined
  /** The path of a column inside the values of another. */
  inner?: readonly string[] | undefined
  /** Whether only later rows have it. */
  isLate?: true | undefined
  /** A description of the first row, if it holds a complete table. */
  jsonTable?: string | undefined
}

/** What the name and the first rows of a column show. */
export interface Facts {
  index: number
  name: string
  /** Whether the name suggests a key, a true class or the like, or is empty. */
  isOther: boolean
  isIndex: boolean
  /** Whether its cells are numbers, with few exceptions; whether they could be, as far as there are any. */
  isNumeric: boolean
  isPossible: boolean
  /** Its numbers, with NaN for missing ones; and whether the finite ones are integers. */
  values: readonly number[]
  isInteger: boolean
}

/** Derives the facts of a column. The header, if any, helps to interpret its name. */
export function factsOf(
  { name, type, cells, isIndex = false }: SampledColumn,
  index: number,
  header: readonly string[] | undefined,
): Facts {
  const isScalar = type === 'number' || type === 'integer' || type === 'text'
  const numbers = isScalar ? cells.filter(isNumber) : []
  const missing = cells.filter((cell) => MISSING.test(cell.trim()))
  const others = cells.length - numbers.length - missing.length
  return {
    index,
    name,
    isOther: header !== undefined && isOtherName(name) && !hasPartner(name, header),
    isIndex: isIndex || isPandasIndex(name),
    isNumeric: isScalar && (numbers.length > others || cells.length === 0),
    isPossible: isScalar && numbers.length >= others,
    values: cells.map((cell) => (isScalar ? readNumber(cell) : undefined) ?? Number.NaN),
    isInteger: areIntegers(numbers, type),
  }
}

/** Whether the finite numbers are integers such as counts or keys. A few floats may be integral by chance. */
function areIntegers(cells: readonly string[], type: ValueType): boolean {
  const finite = cells.filter((cell) => /\d/.test(cell))
  return finite.length > (type === 'number' ? CHANCE : 0) && finite.every((cell) => INTEGER.test(cell))
}

const CHANCE = 8
const INTEGER = /^\s*[+-]?\d+\s*$/
/** How programs write a missing value; NaN is a number here. */
const MISSING = /^(?:n\/?a|#n\/a|null|none|nil|\\n|-+|\?|\.)?$/i

/** Facts about the input besides its columns. */
export interface Circumstances {
  /** Whether the columns have names. */
  named: boolean
  /** The class names, if they are given. */
  labels: readonly string[] | undefined
  /** Whether a row may have a single logit: with the sigmoid, or with two classes of which it is the second. */
  mayBeSingle?: boolean
  /** Whether a row has exactly one logit. */
  isSingle?: boolean
}

/** Why columns may not be the logits of each row's classes, and which column is suspect, if one is. */
export interface Doubt {
  reason: string
  culprit?: Facts
}

/** The reason to doubt that columns are logits, if any. Up to `few` rows prove little. */
export function doubtOf(columns: readonly Facts[], few: number): Doubt | undefined {
  const isFew = columns[0]!.values.length <= few
  for (const find of isFew ? [probabilities] : [probabilities, ...OTHERS]) {
    const doubt = find(columns)
    if (doubt) return doubt
  }
  return undefined
}

/** A column that is probably not a logit like the others, though it is not named like a key: an amount, a key. */
export function strangerAmong(columns: readonly Facts[]): Facts | undefined {
  const isFew = columns[0]!.values.length <= FEW
  return (magnitude(columns) ?? (isFew ? undefined : (counter(columns) ?? stranger(columns))))?.culprit
}

type Find = (columns: readonly Facts[]) => Doubt | undefined

const OTHERS: readonly Find[] = [integersBesideFractions, counter, constant, magnitude, family, stranger]

/** Numbers that may be probabilities. */
function probabilities(columns: readonly Facts[]): Doubt | undefined {
  const sign = signOfProbabilities(rowsOf(columns))
  return sign && { reason: SIGNS[sign] }
}

/** Integers next to fractions are keys or counts; in a single row a logit may be integral by chance. */
function integersBesideFractions(columns: readonly Facts[]): Doubt | undefined {
  const integers = columns.filter(({ isInteger }) => isInteger)
  const fractions = columns.filter(({ isInteger, values }) => !isInteger && values.some(Number.isFinite)).length
  const rows = columns[0]!.values.length
  if (integers.length === 0 || fractions === 0 || (rows === 1 && integers.length > fractions)) return undefined
  return because(integers[0], 'has only integers, while other columns have fractions')
}

/** Row numbers and times increase or decrease in equal steps, and in a long run in unequal ones, too. */
function counter(columns: readonly Facts[]): Doubt | undefined {
  const found = columns.find(({ values }) => {
    const steps = values.slice(1).map((value, row) => value - values[row]!)
    if (steps.length < 2) return false
    const [first] = steps as [number]
    const isEven = first !== 0 && steps.every((step) => Math.abs(step - first) <= 1e-9 * Math.abs(first))
    const isOneWay = steps.length >= LONG && steps.every((step) => step * first > 0)
    return isEven || isOneWay
  })
  return because(found, 'increases or decreases from row to row, as keys and times do')
}

/** This many steps in one direction are not a coincidence. */
const LONG = 8

/** One constant column among varying ones; a masked class may also be constant. */
function constant(columns: readonly Facts[]): Doubt | undefined {
  const isSame = ({ values }: Facts) => values.every((value) => value === values[0])
  const same = columns.filter(isSame)
  const found = same.find(({ values }) => Number.isFinite(values[0]))
  if (same.length === columns.length || columns[0]!.values.length < 3) return undefined
  return because(found, 'is the same in all rows')
}

/** Integers far larger than all other numbers, or such fractions next to negative ones: keys, counts, amounts. */
function magnitude(columns: readonly Facts[]): Doubt | undefined {
  const sizes = columns.map(({ values }) => Math.max(0, ...values.filter(Number.isFinite).map(Math.abs)))
  const largest = sizes.reduce((most, size, index) => (size > sizes[most]! ? index : most), 0)
  const others = sizes.reduce((most, size, index) => (index === largest ? most : Math.max(most, size)), 0)
  const facts = columns[largest]!
  const isUnlike = facts.isInteger || (facts.values.length > 2 && columns.some(({ values }) => values.some(isNegative)))
  const isFar = isUnlike && others > 0 && facts.values.every((value) => value >= 10 * others)
  return because(isFar ? facts : undefined, 'has far larger numbers than the others')
}

function isNegative(value: number): boolean {
  return value < 0
}

function because(culprit: Facts | undefined, reason: string): Doubt | undefined {
  return culprit && { reason: `${shown(culprit.name)} ${reason}`, culprit }
}

/** Names with a common prefix, such as score_a and score_b, next to names without it. */
function family(columns: readonly Facts[]): Doubt | undefined {
  const [first] = familyOf(columns)
  const other = first && columns.find(({ name }) => wordsOf(name)[0] !== wordsOf(first.name)[0])
  return other && because(other, `is not named like ${shown(first.name)}`)
}

/**
 * One column without negative numbers and without a known class name, among classes that all have some: a measurement.
 */
function stranger(columns: readonly Facts[]): Doubt | undefined {
  const hasNegative = ({ values }: Facts) => values.some(isNegative)
  const classes = columns.filter(({ name }) => isClassName(name))
  if (classes.length < 2 || !classes.every(hasNegative) || columns[0]!.values.length <= FEW) return undefined
  const other = columns.find((facts) => !hasNegative(facts) && !isClassName(facts.name))
  return because(other, 'has no negative numbers and, unlike the others, is not the name of a class')
}

/** The columns whose names are the first letters, if there are at least two. */
export function lettersOf(columns: readonly Facts[]): readonly Facts[] {
  const letters = columns.filter(({ name }) => /^[a-z]$/i.test(plainName(name)))
  return letters.length > 1 && countClasses(letters.map(({ name }) => name)) ? letters : []
}

/** The columns whose names begin with the same word, if they are the majority. */
export function familyOf(columns: readonly Facts[]): readonly Facts[] {
  const largest = largestBy(columns, ({ name }) => {
    const [stem, ...more] = wordsOf(name)
    return more.length > 0 ? stem : undefined
  })
  return 2 * largest.length >= columns.length ? largest : []
}

/** The largest group of columns whose names begin with the same word, or are numbered. */
export function largestFamily(columns: readonly Facts[]): readonly Facts[] {
  return largestBy(columns, ({ name }) => {
    const [stem, ...more] = wordsOf(name)
    return more.length > 0 ? stem : stem?.match(/^(.*\D)\d+$/)?.[1]
  })
}

/** The largest group of columns with equal keys; empty if no two are equal. */
function largestBy(columns: readonly Facts[], keyOf: (facts: Facts) => string | undefined): readonly Facts[] {
  const families = new Map<string, Facts[]>()
  for (const facts of columns) {
    const key = keyOf(facts)
    if (key === undefined) continue
    const alike = families.get(key)
    if (alike) alike.push(facts)
    else families.set(key, [facts])
  }
  const [largest = []] = [...families.values()].sort((a, b) => b.length - a.length)
  return largest.length > 1 ? largest : []
}

/** Whether there are columns, and all have well-known class names. */
export function areNamedAsClasses(columns: readonly Facts[], { named }: Circumstances): boolean {
  return named && columns.length > 0 && columns.every(({ name }) => isClassName(name))
}

/**
 * Whether columns without a reason for doubt are logits: by their number, their names, or as fractions of both signs. Only
 * an option can say that there is no header; then the input is a matrix of numbers.
 */
export function isEvident(columns: readonly Facts[], { named, labels }: Circumstances): boolean {
  if (!named || labels?.length === columns.length || countClasses(columns.map(({ name }) => name))) return true
  return columns.some(({ values }) => values.some(isNegative)) && columns.every(({ isInteger }) => !isInteger)
}

/** The numbers of each row. */
export function rowsOf(columns: readonly Facts[]): number[][] {
  return columns[0]!.values.map((_, row) => columns.map(({ values }) => values[row]!))
}
