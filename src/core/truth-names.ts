/** How a true class may be spelled: the name of a class or its position; or nothing if a row has none. */
import { NO_CLASS } from '../kernel/constants.js'
import { NAMES_DELIMITER } from './decision.js'
import { SoftmaxError, shown, shownNames, type TruthInfo } from './errors.js'
import { jsonList } from './json-list.js'
import type { NullTexts } from './missing.js'
import { optionText } from './option-words.js'
import type { Layout, TruthReading } from './output-columns.js'
import type { RowError } from './record-batch.js'
import { nearest } from './suggestion.js'

/** The number of classes that an error lists. */
const MOST_NAMED = 8

/** The index for rows without a true class in Hugging Face data sets; torch ignores it, too. */
export const IGNORED = '-100'

/** The classes of an input. */
type Classes = Pick<Layout, 'classes' | 'namedBy' | 'truthReading' | 'truthFrom'>

/** The spellings of true classes, for the classes of one input. */
export class TruthNames {
  /** Each common spelling, with the position of its class. */
  readonly texts: ReadonlyMap<string, number>
  readonly #classes: readonly string[]
  readonly #nulls: NullTexts | undefined
  readonly #reading: TruthReading
  readonly #kind: Pick<TruthInfo, 'namedBy' | 'isOfSeveral' | 'areNumbers' | 'truthFrom'>

  constructor(known: Classes, nulls?: NullTexts, isOfSeveral = false) {
    const { classes, namedBy, truthReading = {}, truthFrom } = known
    this.texts = textsOf(known)
    this.#classes = classes
    this.#nulls = nulls
    this.#reading = truthReading
    this.#kind = {
      ...(namedBy && { namedBy }),
      ...(isOfSeveral && { isOfSeveral }),
      ...(areNumbers(classes) && { areNumbers: true }),
      ...(truthFrom && { truthFrom }),
    }
  }

  /** The class position for a value, NO_CLASS if it is empty or one of the null texts; or the error. */
  find(value: string | number | bigint | boolean | null): number | RowError {
    if (value === null || value === '' || Number.isNaN(value) || this.#nulls?.hasValue(value)) return NO_CLASS
    const text = String(value)
    const found = this.texts.get(text) ?? this.texts.get(text.trim()) ?? this.#asWhole(text)
    if (found !== undefined) return found
    if (text === IGNORED) return NO_CLASS
    return {
      code: 'E_TRUTH',
      info: {
        cell: text,
        near: nearest(text, this.#classes),
        classes: this.#classes.slice(0, MOST_NAMED),
        count: this.#classes.length,
        ...this.#ambiguity(text.trim()),
        ...(this.#areAllKnown(text.split(NAMES_DELIMITER)) && { isSeveral: true }),
        ...this.#kind,
      },
    }
  }

  /** A value that could be a position, if no name said otherwise or showed which class is true. */
  #ambiguity(text: string): Pick<TruthInfo, 'reason' | 'isBoolean'> {
    const { noBits } = this.#reading
    const isBoolean = bitOf(text) !== undefined && /^[ft]/i.test(text)
    if (noBits !== undefined && bitOf(text) !== undefined) return { reason: `is ambiguous: ${noBits}` }
    return isBoolean && !this.#kind.isOfSeveral && hasBooleans(this.#classes) ? { isBoolean: true } : {}
  }

  #areAllKnown(names: readonly string[]): boolean {
    return names.every((name) => this.texts.has(name.trim()))
  }

  /** `3.000` is 3, and so is numpy's `3.000e+00`. */
  #asWhole(text: string): number | undefined {
    const integer = /^(\d+)(?:\.0*)?(?:e[+-]?0+)?$/i.exec(text.trim())
    return integer ? this.texts.get(integer[1]!) : undefined
  }
}

/** The spellings of the true classes of rows that may have several: a list of names, or 0 or 1 for each class. */
export class MultiLabelTruths {
  readonly #names: TruthNames
  /** The spellings of a single class; in a list, 0 and 1 are positions. */
  readonly #single: TruthNames
  readonly #classes: readonly string[]
  readonly #nulls: NullTexts | undefined

  constructor({ truthReading, ...known }: Classes, nulls?: NullTexts) {
    this.#names = new TruthNames(known, undefined, true)
    this.#single = new TruthNames({ ...known, ...(truthReading && { truthReading }) }, undefined, true)
    this.#classes = known.classes
    this.#nulls = nulls
  }

  /** Sets to 1 the classes that a value lists; false if it is empty; or the error. */
  markList(value: unknown, into: Uint8Array): boolean | RowError {
    if (this.#isEmpty(value)) return false
    const list = this.#listOf(value)
    const items = list ?? this.#namesIn(value)
    const bits = items.length === this.#classes.length ? items.map(bitOf) : [undefined]
    if (!bits.includes(undefined)) {
      // Positions do not repeat, so as many of them as there are classes are indicators, unless both readings are
      // possible.
      const isFew = this.#classes.length < 3 && new Set(items.map(String)).size === items.length
      const mayBeBoth = isFew && items.some((item) => typeof item !== 'boolean')
      if (mayBeBoth && list)
        return this.#error(value, 'may be positions or a 0 or 1 for each class; list the names of classes')
      if (!mayBeBoth || this.#classes.length === 1) {
        into.set(bits as number[])
        return true
      }
    }
    const names = list || items.length > 1 ? this.#names : this.#single
    for (const item of items) {
      const found = isPlain(item) ? names.find(item) : NO_CLASS
      if (typeof found !== 'number') return found
      if (found === NO_CLASS) return this.#error(value, 'lists something that is not a name')
      into[found] = 1
    }
    return true
  }

  /** The same for a value per class; -100 counts as empty. */
  markEach(values: readonly unknown[], into: Uint8Array): boolean | RowError {
    const isUnknown = (value: unknown) => this.#isEmpty(value) || String(value) === IGNORED
    const empty = values.findIndex(isUnknown)
    if (empty >= 0) {
      if (values.every(isUnknown)) return false
      return { ...this.#error(values[empty], 'is empty, but other true classes of the row are not'), nth: empty }
    }
    for (const [index, value] of values.entries()) {
      const bit = bitOf(value)
      if (bit === undefined) {
        const reason = `is neither 0 nor 1, for the class ${shown(this.#classes[index]!)}`
        return { ...this.#error(value, reason), nth: index }
      }
      into[index] = bit
    }
    return true
  }

  /** The items of a list, which may be JSON text. */
  #listOf(value: unknown): readonly unknown[] | undefined {
    if (Array.isArray(value)) return value
    if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>)
    return typeof value === 'string' && !this.#names.texts.has(value) ? jsonList(value) : undefined
  }

  /** One class, or those of a text with bars. */
  #namesIn(value: unknown): readonly unknown[] {
    return typeof value === 'string' && !this.#names.texts.has(value) ? value.split(NAMES_DELIMITER) : [value]
  }

  #isEmpty(value: unknown): boolean {
    if (value === null || value === undefined || value === '' || Number.isNaN(value)) return true
    const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value
    return typeof text === 'string' && !this.#names.texts.has(text) && this.#nulls?.has(text) === true
  }

  #error(value: unknown, reason: string): RowError {
    const cell = typeof value === 'object' ? JSON.stringify(value, withNumbers) : String(value)
    return {
      code: 'E_TRUTH',
      info: {
        cell: value === null || value === undefined ? '' : cell,
        classes: this.#classes.slice(0, MOST_NAMED),
        reason,
      },
    }
  }
}

/** JSON integers are parsed as numbers. */
function withNumbers(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}

function isPlain(item: unknown): item is string | number | bigint | boolean {
  return item !== null && typeof item !== 'object' && item !== undefined && item !== ''
}

/** 0 or 1, as programs write it. */
function bitOf(value: unknown): number | undefined {
  if (value === 0 || value === 1) return value
  if (value === 0n || value === 1n) return Number(value)
  return BITS.get(typeof value === 'string' ? value.trim().toLowerCase() : String(value))
}

const BITS = new Map([
  ['0', 0],
  ['1', 1],
  ['0.0', 0],
  ['1.0', 1],
  ['false', 0],
  ['true', 1],
])

const INTEGER = /^[+-]?\d+$/

/** How programs write false and true: pandas, JSON, spreadsheets. */
const BOOLEANS: readonly (readonly string[])[] = [
  ['false', 'False', 'FALSE'],
  ['true', 'True', 'TRUE'],
]

/** Whether false and true may be two classes, none of which is called so or by the number of another position. */
export function hasBooleans(classes: readonly string[]): boolean {
  const isOther = (name: string, index: number) => /^(?:false|true)$/i.test(name.trim()) || isOtherNumber(name, index)
  return classes.length === 2 && !classes.some(isOther)
}

/** Class names, the first of duplicates; and positions, unless a class has a number as its name. */
function textsOf({ classes, truthReading = {}, truthFrom }: Classes): Map<string, number> {
  const { booleans, noBits } = truthReading
  const texts = new Map<string, number>()
  const add = (text: string, index: number) => texts.has(text) || texts.set(text, index)
  const names = truthFrom && areUnnamed(classes) ? [] : classes
  for (const [index, name] of names.entries()) add(name, index)
  const first = noBits === undefined ? 0 : 2
  if (!areNumbers(classes)) {
    for (let index = first; index < classes.length; index++) add(String(index + (truthFrom ?? 0)), index)
  }
  // Programs without nullable integers write them as doubles.
  for (const [text, index] of [...texts]) if (INTEGER.test(text)) add(`${text}.0`, index)
  for (const all of BOOLEANS) {
    const index = booleans ? BOOLEANS.indexOf(all) : classes.findIndex((name) => all.includes(name))
    if (index >= 0) for (const text of all) add(text, index)
  }
  return texts
}

/** Whether true classes may be positions. Throws E_CONFLICT if not, as a number is the name of a class. */
export function hasPositions(classes: readonly string[]): true {
  if (!areNumbers(classes)) return true
  const name = shown(classes.find((name) => INTEGER.test(name))!)
  const reason = `the class ${name} has a number as its name, so numbers in ${optionText('truth')} are names, not positions; leave out ${optionText('truthFrom')}`
  throw new SoftmaxError('E_CONFLICT', { reason })
}

/** Whether numbers are names of classes, not positions; unnamed classes are called by their positions. */
export function areNumbers(classes: readonly string[]): boolean {
  return classes.some((name) => INTEGER.test(name)) && !areUnnamed(classes)
}

function areUnnamed(classes: readonly string[]): boolean {
  return classes.every((name, index) => name === String(index))
}

function isOtherNumber(name: string, index: number): boolean {
  return INTEGER.test(name) && name !== String(index)
}

/** Where a row has its true classes; `truths` and `truthList` are 0 or 1 for each class. */
interface TruthsOfRow {
  truth?: number
  truths?: readonly number[]
  truthList?: true
}

/** Warns if the names of some classes are the positions of others, so that a number could be both. */
export function truthWarnings({ classes, truth, truths, truthList }: Classes & TruthsOfRow): string[] {
  const isOther = (name: string, index: number) =>
    /^\d+$/.test(name) && Number(name) < classes.length && Number(name) !== index
  if (truth === undefined || truths || truthList || !classes.some(isOther)) return []
  const names = shownNames(classes.slice(0, MOST_NAMED), classes.length > MOST_NAMED)
  return [
    `the true classes are read as the names of classes, ${names}, not as positions from 0; if they are positions, give the classes other names with ${optionText('labels')}`,
  ]
}

/** The warning that texts which mean an unknown true class are also those of classes; if a row may have several, they are classes. */
export function nullTruthWarning(
  known: Classes & Pick<Layout, 'sigmoid'>,
  nulls: readonly string[],
): string | undefined {
  const { texts } = new TruthNames(known, undefined, known.sigmoid)
  const both = nulls.filter((text) => texts.has(text.trim()))
  if (both.length === 0) return undefined
  const [are, classes] = both.length === 1 ? ['is', 'a class'] : ['are', 'classes']
  const effect = known.sigmoid
    ? `so ${optionText('null')} does not apply to the true classes`
    : `and rows with it as their true class are not measured, as ${optionText('null')} says`
  return `${shownNames(both)} ${are} also the name or position of ${classes}, ${effect}`
}

/** Throws E_CONFLICT if the true class column is also a logit column. */
export function requireNoLogit(truth: number, logits: readonly number[], name: string): void {
  if (!logits.includes(truth)) return
  throw new SoftmaxError('E_CONFLICT', { reason: `${name} is the true class, and cannot be a logit too` })
}
