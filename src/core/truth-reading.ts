/** Which values of a true class column are positions: false, true, 0 and 1 are only if no name says otherwise. */
import { wordsOf } from './column-name.js'
import { SoftmaxError, shown } from './errors.js'
import { isOtherName } from './known-names.js'
import { optionText } from './option-words.js'
import type { Layout, TruthReading } from './output-columns.js'
import { selectorOfNames } from './selector.js'
import { hasBooleans } from './truth-names.js'

/** A true class column, and the names of all columns; `key` is the last key of a path. */
interface SingleTruth {
  name: string
  key?: string | undefined
  header: readonly string[]
}

type Classes = Pick<Layout, 'classes' | 'sigmoid' | 'binary' | 'truthFrom'>

/** The reading of a true class column. It depends on names only, so that it is the same for every row. */
export function readingOf(column: SingleTruth, layout: Classes): { truthReading?: TruthReading } {
  // Positions from 1 are no bits.
  const noBits = layout.truthFrom ? undefined : bitReason(column, layout)
  if (noBits !== undefined) return { truthReading: { noBits } }
  return showsTrue(column.key ?? column.name, layout) ? { truthReading: { booleans: true } } : {}
}

/** Throws E_CONFLICT if the first value of a column shows that it holds 0 and 1 that are no positions. */
export function requireNoBit(reading: TruthReading | undefined, first: unknown): void {
  const noBits = reading?.noBits
  if (noBits === undefined || !/^\s*(?:[01](?:\.0*)?|true|false)\s*$/i.test(String(first))) return
  throw new SoftmaxError('E_CONFLICT', { reason: `${optionText('truth')}: ${noBits}` })
}

/**
 * The reason why 0 and 1 are no positions, if there is one: a column named after a class probably says whether a row
 * has that class. With two classes, 1 is the position of the second.
 */
function bitReason({ name, header }: SingleTruth, { classes, sigmoid }: Classes): string | undefined {
  const called = classes.filter((word) => hasWord(name, word))
  const [word] = called
  if (word === undefined || called.length > 1 || classes.length === 1) return undefined
  // A class may have a name that is usual for true class columns.
  if (name.toLowerCase() === word.toLowerCase() && isOtherName(name)) return undefined
  if (!sigmoid && classes.length === 2 && word === classes[1] && !negates(name, word)) return undefined
  const each = sigmoid ? columnsOfEach(name, word, header, classes) : undefined
  const remedy =
    each !== undefined
      ? `${optionText('truth', each)} has one for each class`
      : `name a column with the ${sigmoid ? 'classes' : 'class'} of each row, by name or position${sigmoid ? ', or one column for each class' : ''}`
  return `${shown(name)} is named after the class ${shown(word)}, but its 0 and 1 would be read as the positions of ${shown(classes[0]!)} and ${shown(classes[1]!)}; ${remedy}`
}

/** The columns named like indicator columns, for all classes; undefined if any is missing. */
function columnsOfEach(
  name: string,
  word: string,
  header: readonly string[],
  classes: readonly string[],
): string | undefined {
  const at = name.toLowerCase().indexOf(word.toLowerCase())
  const names = classes.map((other) => `${name.slice(0, at)}${other}${name.slice(at + word.length)}`)
  return names.every((each) => header.includes(each)) ? selectorOfNames(names) : undefined
}

/** Whether names show that the second of two classes is the true one: that of the column, or those of the classes. */
function showsTrue(name: string, { classes, sigmoid, binary }: Classes): boolean {
  const [no, yes] = classes as [string, string]
  if (sigmoid || !hasBooleans(classes)) return false
  if (isIndicatorOf(name, yes)) return true
  // Such as not_spam, or spam if that is the first class.
  if (hasWord(name, no) || hasWord(name, yes)) return false
  return binary === true || OPPOSITES.has(`${no} ${yes}`.toLowerCase()) || isNegated(no, yes)
}

/** Names of two classes of which the second is true. */
const OPPOSITES = new Set(['0 1', 'no yes', 'n y', 'negative positive', 'neg pos', 'off on', 'f t'])

/** Words around the name of a class in the name of a column that says whether a row has the class. */
const AROUND = new Set('is was has y true truth label target gold actual class flag gt'.split(' '))

const NEGATIONS = new Set('not no non never without anti un isnt'.split(' '))

/** Whether a column has the name of a class, and besides it only words that do not change what true means. */
function isIndicatorOf(name: string, word: string): boolean {
  const around = wordsAround(name, word)
  return around?.every((other) => AROUND.has(other)) === true
}

/** Whether a name that contains that of a class denies it, as not_spam does. */
function negates(name: string, word: string): boolean {
  return wordsAround(name, word)?.some((other) => NEGATIONS.has(other)) === true
}

function isNegated(no: string, yes: string): boolean {
  const around = wordsAround(no, yes)
  return around?.length === 1 && NEGATIONS.has(around[0]!)
}

/** The words of a name besides those of a class; undefined if it does not contain these. */
function wordsAround(name: string, word: string): string[] | undefined {
  if (/^\d*$/.test(word)) return undefined
  const found = SPELLINGS.map((spelled) => ` ${spelled(name)} `.split(` ${spelled(word)} `))
  const around = found.find((parts) => parts.length > 1)
  return around && words(around.join(' '))
}

/** Whether a word is one of those of a name; numbers occur in names by coincidence. */
export function hasWord(name: string, word: string): boolean {
  return wordsAround(name, word) !== undefined
}

/** The words of a name in lower case, separated by blanks: `iPhone` is one word, or two. */
const SPELLINGS = [
  (name: string) => words(name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ')).join(' '),
  (name: string) => wordsOf(name).join(' '),
]

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '')
}
