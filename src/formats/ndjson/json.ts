/**
 * Locates the values of an object within a line of JSON, so that kept values are written as they were read, with key
 * order and big integers intact.
 */
import { JOINED } from '../../core/errors.js'
import { putTextNumbers } from '../../core/numbers-from-text.js'

/** Parses a line of JSON. Python's bare words for special values are read as strings; `text` has them quoted. */
export function parseLine(line: string): { value: unknown; text: string } | { reason: string } {
  try {
    return { value: JSON.parse(line), text: line }
  } catch (error) {
    const text = quoteBareWords(line)
    if (text !== line) {
      try {
        return { value: JSON.parse(text), text }
      } catch {
        // Report the error of the original line.
      }
    }
    return { reason: line.startsWith('\ufeff') ? JOINED : (error as Error).message }
  }
}

/** Whether the first line of a text is a row of JSON; undefined if the line is incomplete. */
export function isJsonLine(start: Buffer): boolean | undefined {
  const text = start
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart()
  if (ARRAY_OF_OBJECTS.test(text)) return true
  const end = text.indexOf('\n')
  if (end < 0 || BEGINNING_OF_ARRAY.test(text)) return undefined
  const parsed = parseLine(text.slice(0, end))
  return 'value' in parsed && typeof parsed.value === 'object' && parsed.value !== null
}

/** The start of a possibly multi-line array of objects up to its first key, and a prefix of that. */
const ARRAY_OF_OBJECTS = /^\[\s*\{\s*"[^"\n]*"\s*:/
const BEGINNING_OF_ARRAY = /^\[\s*(?:\{\s*(?:"[^"\n]*)?)?$/

/** A string, or a bare word that is not a key. */
const TEXT_OR_WORD = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\w.+-])(?:NaN|-?Infinity)\b(?!\s*:)/g

function quoteBareWords(line: string): string {
  return line.replace(TEXT_OR_WORD, (found) => (found.startsWith('"') ? found : `"${found}"`))
}

/**
 * Parses valid JSON without losing digits: an integer that a double cannot represent becomes a bigint. A number that
 * overflows, or underflows to 0, stays text.
 */
export function parseExactly(text: string): unknown {
  if (!LARGE_NUMBER.test(text)) return JSON.parse(text)
  const start = skipBlank(text, 0)
  if (text[start] === '[') return putTextNumbers(itemsIn(text).map(parseExactly))
  if (text[start] === '{') {
    const entries = Array.from(valuesIn(text), ([key, value]) => [key, parseExactly(value)] as const)
    return putTextNumbers(Object.fromEntries(entries))
  }
  const value = JSON.parse(text)
  if (typeof value !== 'number') return value
  return exactNumber(text.trim(), value)
}

/** The value of a number given its text and double: the double, or if that is inexact, a bigint or the text. */
export function exactNumber(text: string, value: number): number | bigint | string {
  if (/^-?\d+$/.test(text) && !Number.isSafeInteger(value)) return BigInt(text)
  const isLost = !Number.isFinite(value) || (value === 0 && /^[-0.]*[1-9]/.test(text))
  return isLost ? text : value
}

/** What an inexact number has: many digits or a large exponent. */
const LARGE_NUMBER = /\d{16}|[eE][+-]?\d{3}/

/**
 * The keys of a valid JSON object with the text of their values; the last duplicate wins. Duplicates are added to
 * `repeated`.
 */
export function valuesIn(object: string, repeated?: Set<string>): Map<string, string> {
  const values = new Map<string, string>()
  const end = object.lastIndexOf('}')
  for (let at = skipBlank(object, object.indexOf('{') + 1); at < end; ) {
    const keyEnd = textEnd(object, at)
    const start = skipBlank(object, object.indexOf(':', keyEnd) + 1)
    const stop = valueEnd(object, start)
    const key = JSON.parse(object.slice(at, keyEnd)) as string
    if (values.has(key)) repeated?.add(key)
    values.set(key, object.slice(start, stop))
    at = skipBlank(object, skipBlank(object, stop) + 1)
  }
  return values
}

/** The duplicate keys of an object. */
export function repeatedKeys(text: string): ReadonlySet<string> {
  const repeated = new Set<string>()
  valuesIn(text, repeated)
  return repeated
}

/** Whether no object in a text has a duplicate key, at any level: the parsed value has all the keys that there may be. */
export function hasUniqueKeys(text: string, value: object): boolean {
  return mostKeys(text) <= countKeys(value)
}

/** The maximum number of keys in a text: colons after a quote, some of which may be inside strings. */
function mostKeys(text: string): number {
  let count = 0
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    let before = at - 1
    while (text.charCodeAt(before) <= SPACE) before--
    if (text.charCodeAt(before) === QUOTE) count++
  }
  return count
}

const QUOTE = 34

/** The number of keys at all levels of a value. A list whose first item is no object is not searched. */
function countKeys(value: object): number {
  let count = 0
  const open = [value]
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    const members: unknown[] = Array.isArray(item) ? item : Object.values(item)
    if (members !== item) count += members.length
    else if (!isObject(members[0])) continue
    for (const member of members) if (isObject(member)) open.push(member)
  }
  return count
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** The texts of the items of a valid JSON array, or of the values of an object. */
export function itemsIn(list: string): string[] {
  const items: string[] = []
  for (let at = skipBlank(list, list.indexOf('[') + 1); at < list.length && list[at] !== ']'; ) {
    const stop = valueEnd(list, at)
    items.push(list.slice(at, stop))
    at = skipBlank(list, stop)
    if (list[at] === ',') at = skipBlank(list, at + 1)
  }
  return items
}

function skipBlank(text: string, at: number): number {
  while (at < text.length && text.charCodeAt(at) <= SPACE) at++
  return at
}

const SPACE = 32

function textEnd(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at + 1
  }
  return text.length
}

/** The end of a value: its closing quote or bracket, otherwise the next character that cannot be part of it. */
function valueEnd(text: string, start: number): number {
  const first = text[start]
  if (first === '"') return textEnd(text, start)
  if (first !== '{' && first !== '[') {
    let at = start
    while (at < text.length && !/[\s,\]}]/.test(text[at]!)) at++
    return at
  }
  let depth = 0
  for (let at = start; at < text.length; ) {
    const byte = text[at]
    if (byte === '"') {
      at = textEnd(text, at)
      continue
    }
    at++
    if (byte === '{' || byte === '[') depth++
    else if ((byte === '}' || byte === ']') && --depth === 0) return at
  }
  return text.length
}
