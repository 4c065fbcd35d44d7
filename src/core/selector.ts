/**
 * The `--logits` selector: names, positions from 1, ranges, globs and regular expressions, separated by commas; `!`
 * negates.
 *
 *     2-11    logit_a-logit_d    logit_*    /^logit_\d+$/    !logit_other    "a,b"    "2"
 *
 * Digits are positions; a name that consists of digits or contains a comma must be in double quotes. Items select in
 * the given order, each column once; the columns of a range, glob or regular expression keep their own order. A name,
 * position or range whose columns are all selected already is an error, as another column was probably meant. A
 * selector that begins with a negation begins with all columns. A name without an exact match is compared after
 * normalization (see `column-name.ts` and Unicode composition).
 */
import { hasLogitWord, plainName, positionsBy } from './column-name.js'
import { type SelectorInfo, SoftmaxError, shown, shownNames } from './errors.js'
import { LONGEST_VALUE, optionText } from './option-words.js'
import { opText } from './options.js'
import { nearest } from './suggestion.js'

const ITEM = /!?(?:"(?:[^"]|"")*"\s*|\/(?:[^/\\]|\\.)+\/i?\s*|[^\s,"/!][^,]*)/
const SELECTOR = new RegExp(`^\\s*${ITEM.source}(?:,\\s*${ITEM.source})*$`)

/** The options whose values are selectors. */
type SelectorOption = 'logits' | 'keep' | 'truth'

/** The positions, from 0, that a selector selects, in its order. Throws E_SELECTOR for an item that selects nothing. */
export function select(selector: string | readonly string[], names: readonly string[]): number[] {
  return [...chosenIn(new Columns(names, 'logits', itemsIn(selector, 'logits')))]
}

/** Columns that cannot be kept: their positions, and what they are. */
export interface NotKept {
  at: readonly number[]
  are: 'logits' | 'results'
}

/** The positions, from 0, that a selector selects of other columns. Throws E_SELECTOR for an item that selects none. */
export function selectKept(
  selector: string | readonly string[],
  names: readonly string[],
  { at, are }: NotKept,
): ReadonlySet<number> {
  const left = new Set(at)
  const columns = new Columns(names, 'keep', itemsIn(selector, 'keep'))
  const chosen = chosenIn(columns)
  for (const item of columns.items) {
    if (item.startsWith('!') || resolve(item, columns).some((index) => !left.has(index))) continue
    throw columns.error(item, `selects only ${are}; ${optionText('keep')} selects other columns`)
  }
  for (const index of left) chosen.delete(index)
  return chosen
}

/** Creates the test whether a selector selects a name that has no position: only patterns and exclusions can. */
export function nameTest(selector: string | readonly string[]): (name: string) => boolean {
  const items = itemsIn(selector, 'keep')
  const isFirstNegated = items[0]!.startsWith('!')
  const rules = items.flatMap((item) => {
    const matches = patternIn(item.replace(/^!/, ''), 'keep')
    return matches ? [{ matches, selects: !item.startsWith('!') }] : []
  })
  return (name) => rules.reduce((is, { matches, selects }) => (matches(name) ? selects : is), isFirstNegated)
}

/** A selector without the names that are not among those of the columns; false if it has no others. */
export function withoutUnknown(selector: string | readonly string[], names: readonly string[]): string[] | false {
  const columns = new Columns(names, 'keep')
  const items = itemsIn(selector, 'keep').filter((item) => isKnown(item.replace(/^!/, ''), columns))
  return items.length > 0 && items
}

/** The names in a selector that are not among those of the columns. */
export function unknownNames(selector: string | readonly string[], names: readonly string[]): string[] {
  const columns = new Columns(names, 'keep')
  const items = itemsIn(selector, 'keep').map((item) => item.replace(/^!/, ''))
  const unknown = items.filter((item) => !isKnown(item, columns))
  return unknown.map((item) => (item.startsWith('"') ? unquoted(item) : item))
}

/** Whether a selector lists names, so that it shows an order whatever the columns are. */
export function listsNames(selector: string | readonly string[], names: readonly string[]): boolean {
  const columns = new Columns(names, 'keep')
  const isOther = (item: string) =>
    /^(!|\d[\d-]*$)/.test(item) || patternIn(item, 'keep') || (!byName(item, columns) && byRange(item, columns))
  return itemsIn(selector, 'keep').every((item) => item.startsWith('"') || !isOther(item))
}

/** Whether an item is a pattern or a position, or names columns. */
function isKnown(item: string, columns: Columns): boolean {
  if (item.startsWith('"')) return columns.named(unquoted(item)).length > 0
  try {
    return unquotedColumns(item, columns) !== undefined
  } catch {
    // Its error is that of the selection.
    return true
  }
}

/** Whether an item of a selector is a name, possibly after `!`. */
export function isNamed(selector: string | readonly string[], name: string): boolean {
  return isListed(selector, name) || isListed(selector, name, '!')
}

/** Whether an item of a selector is a name, after `not`. */
export function isListed(selector: string | readonly string[], name: string, not: '' | '!' = ''): boolean {
  return itemsIn(selector, 'keep').some((item) => {
    if (!item.startsWith(not)) return false
    const own = item.slice(not.length)
    return (own.startsWith('"') ? unquoted(own) : own) === name
  })
}

function chosenIn(columns: Columns): Set<number> {
  const { names, items, option } = columns
  const chosen = new Set(items[0]?.startsWith('!') ? names.keys() : [])
  for (const [itemIndex, item] of items.entries()) {
    if (item.startsWith('!')) {
      for (const index of resolve(item.slice(1), columns)) chosen.delete(index)
      continue
    }
    const found = resolve(item, columns)
    if (!isPattern(item) && found.every((index) => chosen.has(index))) throw repeated(itemIndex, found, columns)
    for (const index of found) chosen.add(index)
  }
  if (chosen.size > 0) return chosen
  const remedy = option === 'keep' ? `; ${optionText('keep', false)} keeps none` : ''
  throw columns.error(items.join(','), `selects no column${remedy}`)
}

/** The error for an item whose columns are all selected already: another column was probably meant. */
function repeated(itemIndex: number, [first]: readonly number[], columns: Columns): SoftmaxError {
  const { names, items, option } = columns
  const rest = items.filter((_, other) => other !== itemIndex).join(',')
  const reason = `selects ${shown(names[first!]!)} a second time; ${optionText(option, rest)} selects it once`
  return columns.error(items[itemIndex]!, reason)
}

/** The positions of the true class columns, in the order of the selector. Throws E_SELECTOR. */
export function selectTruths(selector: string, names: readonly string[]): number[] {
  const items = itemsIn(selector, 'truth')
  const columns = new Columns(names, 'truth', items)
  return [...new Set(items.flatMap((item) => resolve(item, columns)))]
}

/** A selector of columns by their names, in quotes where a name could be read as something else. */
export function selectorOfNames(names: readonly string[]): string {
  return names.map((name) => (/^[\p{L}_][^,"*?]*$/u.test(name) ? name : itemOfName(name))).join()
}

/** The position of the only column with a name or position. Throws E_SELECTOR. */
export function selectOne(item: string, names: readonly string[]): number {
  try {
    const [first, ...others] = resolve(item, new Columns(names, 'truth'))
    if (others.length === 0) return first!
    throw new SoftmaxError('E_SELECTOR', { item, reason: `selects ${others.length + 1} columns; name one of them` })
  } catch (error) {
    if (!(error instanceof SoftmaxError)) throw error
    if (areNames(item, names)) {
      const reason = `names several columns, and several columns of true classes need ${opText('sigmoid')}`
      throw new SoftmaxError('E_SELECTOR', { item, reason, option: 'truth' })
    }
    throw new SoftmaxError('E_SELECTOR', { item, ...error.info, option: 'truth' } as never)
  }
}

/** Whether a text is a list of column names. */
function areNames(text: string, names: readonly string[]): boolean {
  const items = text.split(',')
  const columns = new Columns(names)
  return items.length > 1 && items.every((name) => columns.named(name.trim()).length === 1)
}

function itemsIn(selector: string | readonly string[], option: SelectorOption): readonly string[] {
  if (typeof selector !== 'string') return selector
  if (SELECTOR.test(selector)) return selector.match(new RegExp(ITEM, 'g'))!.map((item) => item.trim())
  throw misuse(option, selector, 'is not a list of columns; a quote or a / is not closed')
}

function misuse(option: SelectorOption, item: string, reason: string, cause?: unknown): SoftmaxError {
  return new SoftmaxError('E_SELECTOR', infoOf(option, item, reason), cause === undefined ? undefined : { cause })
}

function infoOf(option: SelectorOption, item: string, reason: string): SelectorInfo {
  return { item, reason, ...(option !== 'logits' && { option }) }
}

/** The columns of an input, by name. */
class Columns {
  readonly names: readonly string[]
  /** The option that selects them. */
  readonly option: SelectorOption
  /** The items of the selector. */
  readonly items: readonly string[]
  readonly #exact: Map<string, number[]>
  #plain: Map<string, number[]> | undefined

  constructor(names: readonly string[], option: SelectorOption = 'logits', items: readonly string[] = []) {
    this.names = names
    this.option = option
    this.items = items
    this.#exact = positionsBy(names)
  }

  /** The columns with a name: exact matches or, if there are none, normalized matches. */
  named(name: string): readonly number[] {
    const exact = this.#exact.get(name)
    if (exact) return exact
    this.#plain ??= positionsBy(this.names.map(composedName))
    return this.#plain.get(composedName(name)) ?? []
  }

  /** The error for an item of the selector. */
  error(item: string, reason: string): SoftmaxError {
    return misuse(this.option, item, reason)
  }

  /** The error for an item that the columns do not have, but later rows of objects may. */
  unknown(item: string, reason: string): SoftmaxError {
    return new SoftmaxError('E_SELECTOR', { ...infoOf(this.option, item, reason), isUnknown: true })
  }

  toString(): string {
    return shownNames(this.names)
  }
}

/** A normalized name: macOS and some editors write é as two code points, which look the same. */
function composedName(name: string): string {
  return plainName(name).normalize('NFC')
}

function resolve(item: string, columns: Columns): number[] {
  if (item.startsWith('"')) return [named(unquoted(item), columns)]
  const found = unquotedColumns(item, columns)
  if (found === undefined) return [named(item, columns)]
  if (found.length === 0) throw columns.unknown(item, `matches none of ${columns}`)
  return found
}

function unquoted(item: string): string {
  return item.slice(1, -1).replaceAll('""', '"')
}

/** The columns of an item without quotes; undefined if it is none of these. */
function unquotedColumns(item: string, columns: Columns): number[] | undefined {
  return byPattern(item, columns) ?? byPosition(item, columns) ?? byName(item, columns) ?? byRange(item, columns)
}

/** Whether an item may match columns that are already selected: it adds the remaining ones, in input order. */
function isPattern(item: string): boolean {
  return !item.startsWith('"') && (REGEX.test(item) || /[*?]/.test(item))
}

const REGEX = /^\/(.+)\/(i?)$/

function byPattern(item: string, { names, option }: Columns): number[] | undefined {
  const matches = patternIn(item, option)
  return matches && names.flatMap((name, index) => (matches(name) ? [index] : []))
}

/** The test for the names that an item matches; undefined if it is no pattern. */
function patternIn(item: string, option: SelectorOption): ((name: string) => boolean) | undefined {
  if (!isPattern(item)) return undefined
  const regex = REGEX.exec(item)
  const pattern = regex ? compile(regex[1]!, regex[2]!, item, option) : globPattern(item)
  return (name) => pattern.test(name) || pattern.test(plainName(name))
}

function compile(source: string, flags: string, item: string, option: SelectorOption): RegExp {
  try {
    return new RegExp(source, `${flags}u`)
  } catch (cause) {
    throw misuse(option, item, 'is not a regular expression', cause)
  }
}

function globPattern(glob: string): RegExp {
  const body = glob
    .replace(/[\\^$.+()[\]{}|/]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${body}$`, 'su')
}

function byPosition(item: string, columns: Columns): number[] | undefined {
  const [, first, dash, end] = /^\s*(\d+)(-?)(\d*)\s*$/.exec(item) ?? []
  if (first === undefined) return undefined
  const last = dash ? end || String(columns.names.length) : first
  const found = span(Number(first) - 1, Number(last) - 1, item, columns)
  requireNoName(item, dash ? 'positions' : 'a position', found, columns)
  // A range of one position is never meant as names.
  if (dash && first !== last) requireNoNames(item, [first, last], found, columns)
  return found
}

/** Throws E_SELECTOR for positions that are the name of another column: either may be meant. */
function requireNoName(item: string, are: string, found: readonly number[], columns: Columns): void {
  const named = columns.named(item)
  if (named.length === 0 || (found.length === 1 && found[0] === named[0])) return
  throw ambiguous(
    item,
    [`a name and ${are}`, 'the name', `the ${are.replace(/^a /, '')}`],
    named.slice(0, 1),
    found,
    columns,
  )
}

/** Throws E_SELECTOR for positions whose ends are names of other columns. */
function requireNoNames(item: string, ends: readonly string[], found: readonly number[], columns: Columns): void {
  const [from, to] = ends.map((end) => columns.named(end)[0]) as [number | undefined, number | undefined]
  if (from === undefined || to === undefined || (from === found[0] && to === found.at(-1))) return
  throw ambiguous(
    item,
    ['names and positions', 'the names', 'the positions'],
    span(from, to, item, columns),
    found,
    columns,
  )
}

/** The error for an item that is a name, or names, of some columns, and the position of others. */
function ambiguous(
  item: string,
  [are, names, positions]: readonly [string, string, string],
  named: readonly number[],
  placed: readonly number[],
  columns: Columns,
): SoftmaxError {
  const [byName, byPosition] = [named, placed].map((indices) =>
    optionText(columns.option, unambiguous(indices, columns)),
  )
  return columns.error(item, `is ${are} of other columns; ${byName} selects ${names}, ${byPosition} ${positions}`)
}

/** A selector of columns by their names, or by positions where names repeat. */
function unambiguous(indices: readonly number[], columns: Columns): string {
  const itemOf = (index: number) => {
    const name = columns.names[index]!
    return columns.named(name).length === 1 ? selectorOfNames([name]) : positionItem(index)
  }
  return indices.map(itemOf).join()
}

/** The item that selects the column with exactly this name, whatever it looks like. */
export function itemOfName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The items that select columns by their positions, or by names if one looks like such an item. */
export function itemsOfPositions(indices: readonly number[], names: readonly string[]): string[] {
  const isUsual = !names.some((name) => /^\s*\d+-\d+\s*$/.test(name))
  return indices.map((index) => (isUsual ? positionItem(index) : itemOfName(names[index]!)))
}

/** An item that selects the column at a position, even if a column has that number as its name. */
function positionItem(index: number): string {
  return `${index + 1}-${index + 1}`
}

function byName(item: string, columns: Columns): number[] | undefined {
  return columns.named(item).length > 0 ? [named(item, columns)] : undefined
}

/** `logit_a-logit_d`: names may contain hyphens, so every hyphen is tried as the dash. */
function byRange(item: string, columns: Columns): number[] | undefined {
  for (let dash = item.indexOf('-'); dash >= 0; dash = item.indexOf('-', dash + 1)) {
    const [first, last] = [item.slice(0, dash), item.slice(dash + 1)]
    if (columns.named(first).length > 0 && columns.named(last).length > 0) {
      return span(named(first, columns), named(last, columns), item, columns)
    }
  }
  return undefined
}

function span(first: number, last: number, item: string, columns: Columns): number[] {
  const { length } = columns.names
  if (first >= 0 && last < first && first < length) {
    const [ascending, listed] = [`${last + 1}-${first + 1}`, `${first + 1},${last + 1}`]
    const reason = `is a descending range; ${optionText(columns.option, ascending)} is ascending`
    const keepsOrder = columns.option === 'logits' && `, and ${optionText('logits', listed)} keeps the order given`
    throw columns.error(item, `${reason}${keepsOrder || ''}`)
  }
  if (first < 0 || last >= length) {
    const isName = columns.named(item).length > 0
    const named = isName ? `; ${optionText(columns.option, selectorOfNames([item]))} is the column of that name` : ''
    throw columns.error(item, `is outside columns 1 to ${length}${named}`)
  }
  return Array.from({ length: last - first + 1 }, (_, offset) => first + offset)
}

function named(name: string, columns: Columns): number {
  const [index, another] = columns.named(name)
  if (index === undefined)
    throw columns.unknown(name, `is not one of ${otherColumns(columns)}${proposal(name, columns)}`)
  if (another !== undefined) throw columns.error(name, 'names two columns; select by position')
  return index
}

/** The columns, or if these are many, those that no item selects: one of them may have been meant. */
function otherColumns(columns: Columns): string {
  const all = String(columns)
  if (!all.endsWith(MORE)) return all
  const taken = takenBy(columns)
  const left = shownNames(columns.names.filter((_, index) => !taken.has(index)))
  if (taken.size === 0 || left === '' || left.endsWith(MORE)) return all
  return `the ${columns.names.length} columns; ${optionText(columns.option)} does not name ${left}`
}

/** The end of a shortened list of names. */
const MORE = ', ...'

/** The columns that the items of the selector select. */
function takenBy(columns: Columns): ReadonlySet<number> {
  return new Set(columns.items.flatMap((other) => selectedBy(other, columns)))
}

/**
 * What was probably meant by an item that selects nothing: a name that no other item selects, or a list or range in
 * another notation.
 */
function proposal(item: string, columns: Columns): string {
  const holder = columns.option === 'keep' ? columns.names.find((name) => item.startsWith(`${name}.`)) : undefined
  if (holder !== undefined) return `; ${optionText('keep', holder)} copies all of ${shown(holder)}`
  const names = untakenNames(columns)
  const otherwise = [item.replace(/\s*(?::|\.\.+)\s*/, '-'), item.replace(/\s*[\s;|]\s*/g, ',')]
  const meant =
    names.find((name) => name.toLowerCase() === item.toLowerCase()) ??
    otherwise.find((other) => other !== item && isList(other, columns)) ??
    affixed(item, names) ??
    nearest(item, names) ??
    rangeProposal(item, names) ??
    pathProposal(item, names)
  if (meant === undefined && isPathInto(item, columns))
    return '; paths select only values of JSON that the first rows have'
  return meant === undefined ? '' : `; did you mean ${proposedText(item, meant, columns)}?`
}

/** The names that no item selects, each of one column. */
function untakenNames(columns: Columns): string[] {
  const taken = takenBy(columns)
  return columns.names.map(plainName).filter((name) => {
    const [index, another] = columns.named(name)
    return another === undefined && !taken.has(index!)
  })
}

/**
 * The only name that is a text with a prefix or a suffix, such as `logit_cat` for `cat`, in any case; of several, the only
 * one called like logits.
 */
function affixed(text: string, names: readonly string[]): string | undefined {
  const word = text.toLowerCase()
  const found = word === '' ? [] : names.filter((name) => isAffixed(name.toLowerCase(), word))
  const ofLogits = found.length > 1 ? found.filter(hasLogitWord) : found
  return ofLogits.length === 1 ? selectorOfNames(ofLogits) : undefined
}

function isAffixed(name: string, word: string): boolean {
  const rest = name.length - word.length
  return (
    rest > 1 &&
    ((name.endsWith(word) && SEPARATOR.test(name[rest - 1]!)) ||
      (name.startsWith(word) && SEPARATOR.test(name[word.length]!)))
  )
}

const SEPARATOR = /[\s_.:-]/

/**
 * The complete option with one item replaced, and others that need a prefix or a suffix, too; or only the item if another
 * one still selects nothing, or the option would be long.
 */
function proposedText(item: string, meant: string, columns: Columns): string {
  const { items, option } = columns
  const names = untakenNames(columns)
  const corrected = items.map((text) => {
    const [not, quoted] = text.startsWith('!') ? ['!', text.slice(1)] : ['', text]
    const other = quoted.startsWith('"') ? unquoted(quoted) : quoted
    if (other === item) return `${not}${meant}`
    if (selectedBy(quoted, columns).length > 0) return text
    const name = affixed(other, names)
    return name === undefined ? undefined : `${not}${name}`
  })
  if (corrected.includes(undefined)) return shown(meant)
  const all = corrected.length === 0 ? meant : corrected.join(',')
  return all.length > LONGEST_VALUE ? shown(meant) : optionText(option, all)
}

/** The columns that an item selects; none if it is an error. */
function selectedBy(item: string, columns: Columns): readonly number[] {
  const plain = item.replace(/^!/, '')
  try {
    if (plain.startsWith('"')) return columns.named(unquoted(plain))
    return unquotedColumns(plain, columns) ?? []
  } catch {
    return []
  }
}

/** The range that was probably meant by one with a mistyped end. */
function rangeProposal(item: string, names: readonly string[]): string | undefined {
  const near = (name: string) => (names.includes(name) ? name : (affixed(name, names) ?? nearest(name, names)))
  for (let dash = item.indexOf('-'); dash >= 0; dash = item.indexOf('-', dash + 1)) {
    const [first, last] = [near(item.slice(0, dash)), near(item.slice(dash + 1))]
    if (first !== undefined && last !== undefined && names.indexOf(first) < names.indexOf(last))
      return `${first}-${last}`
  }
  return undefined
}

/** The column that was probably meant by a path, according to its last key. */
function pathProposal(item: string, names: readonly string[]): string | undefined {
  return item.includes('.') ? nearest(item.split('.').at(-1)!, names) : undefined
}

/** Whether an item is a path into the value of a column. */
function isPathInto(item: string, { option, names }: Columns): boolean {
  return option === 'logits' && names.some((name) => item.startsWith(`${name}.`))
}

function isList(text: string, columns: Columns): boolean {
  const selects = (item: string) =>
    columns.named(item).length === 1 || byPosition(item, columns) !== undefined || byRange(item, columns) !== undefined
  return SELECTOR.test(text) && itemsIn(text, columns.option).every(selects)
}
