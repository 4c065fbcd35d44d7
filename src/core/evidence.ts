/** What the first rows of an input say for and against its columns being logits. */
import { wordsOf } from './column-name.js'
import { shown } from './errors.js'
import { countClasses, hasPartner, isClassName, isOtherName, isPandasIndex } from './known-names.js'
import { isNumber, readNumber } from './number.js'
import { FEW, SIGNS, signOfProbabilities } from './probabilities.js'
import type { ValueType } from './record-batch.js'

/** A column, and its cells in the first rows. */
export interface SampledColumn {
  name: string
  type: ValueType
  cells: readonly string[]
  /** Whether it is known to hold something else: an index that pandas stored among the columns, or true classes. */
  isIndex?: boolean
  /** The paths to a list of numbers, and to a list of rows, in its nested values. */
  listPath?: string | undefined
  rowsPath?: string | undefined
  rowsLogits?: string | undefined
  /** The path to lists of lists of numbers. */
  nestedPath?: string | undefined
  /** Of a column within the values of another: what leads there. */
  inner?: readonly string[] | undefined
  /** What the first row is, where it holds a whole table. */
  wholeTable?: string | undefined
}

/** What a name and the first rows say of a column. */
export interface Facts {
  index: number
  name: string
  /** Whether its name is one of keys, truths and the like, or none. */
  isOther: boolean
  isIndex: boolean
  /** Whether its cells are numbers, save a few; whether they may be, as far as there are any. */
  isNumeric: boolean
  isPossible: boolean
  /** The numbers of its cells, NaN where there is none; and whether those that are finite are whole. */
  values: readonly number[]
  isWhole: boolean
}

/** Reads a column's cells. The header, where there is one, shows what its name means. */
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
    isWhole: areWhole(numbers, type),
  }
}

/** Whether numbers are those of a count or a key, as far as they are finite. A few floats may be whole by chance. */
function areWhole(cells: readonly string[], type: ValueType): boolean {
  const finite = cells.filter((cell) => /\d/.test(cell))
  return finite.length > (type === 'number' ? CHANCE : 0) && finite.every((cell) => WHOLE.test(cell))
}

const CHANCE = 8
const WHOLE = /^\s*[+-]?\d+\s*$/
/** How programs write that there is no value; NaN is a number here. */
const MISSING = /^(?:n\/?a|#n\/a|null|none|nil|\\n|-+|\?|\.)?$/i

/** What is known of an input beside its columns. */
export interface Circumstances {
  /** Whether the columns have names. */
  named: boolean
  /** The names of the classes, where they are given. */
  labels: readonly string[] | undefined
}

/** Why columns may be something else than the logits of the classes of each row, and which one it is, if it is one. */
export interface Doubt {
  reason: string
  culprit?: Facts
}

/** What speaks against columns being logits; undefined where nothing does. Up to `few` rows say little. */
export function doubtOf(columns: readonly Facts[], few: number): Doubt | undefined {
  const isFew = columns[0]!.values.length <= few
  for (const find of isFew ? [probabilities] : [probabilities, ...OTHERS]) {
    const doubt = find(columns)
    if (doubt) return doubt
  }
  return undefined
}

type Find = (columns: readonly Facts[]) => Doubt | undefined

const OTHERS: readonly Find[] = [wholeBesideFractions, counter, constant, magnitude, family, stranger]

/** Numbers that may be probabilities. */
function probabilities(columns: readonly Facts[]): Doubt | undefined {
  const sign = signOfProbabilities(rowsOf(columns))
  return sign && { reason: SIGNS[sign] }
}

/** Whole numbers beside fractions are keys or counts; in one row a logit may be whole by chance. */
function wholeBesideFractions(columns: readonly Facts[]): Doubt | undefined {
  const whole = columns.filter(({ isWhole }) => isWhole)
  const fractions = columns.filter(({ isWhole, values }) => !isWhole && values.some(Number.isFinite)).length
  const rows = columns[0]!.values.length
  if (whole.length === 0 || fractions === 0 || (rows === 1 && whole.length > fractions)) return undefined
  return because(whole[0], 'holds only whole numbers, beside columns of fractions')
}

/** Numbers of rows and times go up, or down, by steps that are the same; in many rows also by others. */
function counter(columns: readonly Facts[]): Doubt | undefined {
  const found = columns.find(({ values }) => {
    const steps = values.slice(1).map((value, row) => value - values[row]!)
    if (steps.length < 2) return false
    const [first] = steps as [number]
    const isEven = first !== 0 && steps.every((step) => Math.abs(step - first) <= 1e-9 * Math.abs(first))
    const isOneWay = steps.length >= LONG && steps.every((step) => step * first > 0)
    return isEven || isOneWay
  })
  return because(found, 'goes up or down from row to row, as keys and times do')
}

/** So many steps in one direction are no chance. */
const LONG = 8

/** One column that is the same in all rows, beside others that are not; a masked class may be. */
function constant(columns: readonly Facts[]): Doubt | undefined {
  const isSame = ({ values }: Facts) => values.every((value) => value === values[0])
  const same = columns.filter(isSame)
  const found = same.find(({ values }) => Number.isFinite(values[0]))
  if (same.length === columns.length || columns[0]!.values.length < 3) return undefined
  return because(found, 'is the same in all rows')
}

/** Whole numbers that are far larger than all others: keys, counts, amounts. */
function magnitude(columns: readonly Facts[]): Doubt | undefined {
  const sizes = columns.map(({ values }) => Math.max(0, ...values.filter(Number.isFinite).map(Math.abs)))
  const largest = sizes.reduce((most, size, index) => (size > sizes[most]! ? index : most), 0)
  const others = sizes.reduce((most, size, index) => (index === largest ? most : Math.max(most, size)), 0)
  const facts = columns[largest]!
  const isFar = facts.isWhole && others > 0 && facts.values.every((value) => value >= 10 * others)
  return because(isFar ? facts : undefined, 'holds far larger numbers than the others')
}

function because(culprit: Facts | undefined, reason: string): Doubt | undefined {
  return culprit && { reason: `${shown(culprit.name)} ${reason}`, culprit }
}

/** Names that begin alike, as score_a and score_b, beside names that do not. */
function family(columns: readonly Facts[]): Doubt | undefined {
  const [first] = familyOf(columns)
  const other = first && columns.find(({ name }) => wordsOf(name)[0] !== wordsOf(first.name)[0])
  return other && because(other, `is not called like ${shown(first.name)}`)
}

/** One column without negative numbers, beside classes that all have some, whose name no class is known by: a measurement. */
function stranger(columns: readonly Facts[]): Doubt | undefined {
  const isNegative = ({ values }: Facts) => values.some((value) => value < 0)
  const classes = columns.filter(({ name }) => isClassName(name))
  if (classes.length < 2 || !classes.every(isNegative) || columns[0]!.values.length <= FEW) return undefined
  const other = columns.find((facts) => !isNegative(facts) && !isClassName(facts.name))
  return because(other, 'has no negative numbers and is not the name of a class, as the others are')
}

/** The columns whose names begin with the same word, where these are most of all. */
export function familyOf(columns: readonly Facts[]): readonly Facts[] {
  const largest = largestBy(columns, ({ name }) => {
    const [stem, ...more] = wordsOf(name)
    return more.length > 0 ? stem : undefined
  })
  return 2 * largest.length >= columns.length ? largest : []
}

/** The columns whose names begin with the same word, or count, where these are several. */
export function largestFamily(columns: readonly Facts[]): readonly Facts[] {
  return largestBy(columns, ({ name }) => {
    const [stem, ...more] = wordsOf(name)
    return more.length > 0 ? stem : stem?.match(/^(.*\D)\d+$/)?.[1]
  })
}

/** The columns that have the same key as most others; none where no two have. */
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

/** Whether all columns have names that classes are known by. */
export function areNamedAsClasses(columns: readonly Facts[], { named }: Circumstances): boolean {
  return named && columns.every(({ name }) => isClassName(name))
}

/**
 * Whether columns that nothing speaks against are logits: by the number of classes, by their names, or as they are
 * fractions of both signs. That there is no header is said of a matrix of numbers.
 */
export function isEvident(columns: readonly Facts[], { named, labels }: Circumstances): boolean {
  if (!named || labels?.length === columns.length || countClasses(columns.map(({ name }) => name))) return true
  const isNegative = columns.some(({ values }) => values.some((value) => value < 0))
  return isNegative && columns.every(({ isWhole }) => !isWhole)
}

/** The numbers of each row. */
export function rowsOf(columns: readonly Facts[]): number[][] {
  return columns[0]!.values.map((_, row) => columns.map(({ values }) => values[row]!))
}
