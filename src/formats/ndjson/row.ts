/** A parsed row of NDJSON. */
import { isUtf8 } from 'node:buffer'
import { encodingInfo } from '../../core/encoding.js'
import { printable, shortened } from '../../core/errors.js'
import { run } from '../../core/file-kinds.js'
import type { RowError } from '../../core/record-batch.js'
import { itemsIn, parseLine, valuesIn } from './json.js'

export type Row = Record<string, unknown> | unknown[]

/** A row and its text: JavaScript objects reorder integer-like keys. */
export interface ParsedRow {
  value: Row
  text: string
}

const OPEN_ARRAY = { reason: 'an array begins; put each row on its own line, as jq -c ".[]" does' }
const ARRAY_OF_ROWS = 'an array of rows is not a row; put each row on its own line, as jq -c ".[]" does'

/** As `json.dump(logits.tolist())` writes an array of three or more axes, or several of them as lines. */
const nestedRows = () =>
  `rows that are nested lists need a key, which keeps their shape; ${run(`jq -c '.[] | {logits: .}' FILE`, 'logits')('FILE')}`

const arrayOfPairs = ([label, score]: Pair) =>
  `a list of labels with scores is not a row; ${run(`jq -c '.. | arrays | select(.[0] | type == "object") | map({(.${label}): .${score}}) | add' FILE`)('FILE')}`

type Pair = readonly [label: string, score: string]

/** The keys of labels with scores, as classifiers of Hugging Face and chat models return them. */
const PAIRS: readonly Pair[] = [
  ['label', 'score'],
  ['token', 'logprob'],
]

/** The keys of the labels and scores that a list has. */
function pairOf(list: readonly unknown[]): Pair | undefined {
  const has = (item: unknown, keys: Pair) =>
    typeof item === 'object' && item !== null && keys.every((key) => Object.hasOwn(item, key))
  return PAIRS.find((keys) => list.every((item) => has(item, keys)))
}

/** Whether a list holds lists of numbers or of further lists. */
function areLists([first]: readonly unknown[]): boolean {
  return Array.isArray(first) && (typeof first[0] === 'number' || Array.isArray(first[0]))
}

/** Parses a line as a row. */
export function parseRow(line: Buffer, encoding?: string, utf8 = isUtf8(line)): ParsedRow | RowError {
  if (!utf8) return { code: 'E_ENCODING', info: encodingInfo(line, 'the line', encoding) }
  const parsed = parseLine(line.toString('utf8'))
  if ('reason' in parsed) return { code: 'E_JSON', info: line.toString().trim() === '[' ? OPEN_ARRAY : parsed }
  const { value, text } = parsed
  if (Array.isArray(value) && typeof value[0] === 'object' && value[0] !== null) {
    const pair = pairOf(value)
    return jsonError(pair ? arrayOfPairs(pair) : areLists(value) ? nestedRows() : ARRAY_OF_ROWS)
  }
  if (typeof value === 'object' && value !== null) return { value: value as Row, text }
  return jsonError(`expected an object or a list of logits, got ${printable(shortened(text))}`)
}

export function jsonError(reason: string): RowError {
  return { code: 'E_ROW', info: { reason } }
}

/** The error for a duplicate key that matters: JSON does not define which one counts. */
export function repeatedKeyError(key: string): RowError {
  return { code: 'E_KEY', info: { key, isRepeated: true } }
}

/** The text of the value at a path that exists. */
export function textAt(text: string, path: readonly string[]): string {
  return path.reduce((within, key) => memberOf(within, key)!, text)
}

/** The text of the value at a path, undefined if it does not exist; or the error that a key on it is duplicated. */
export function textIn(text: string, path: readonly string[]): string | undefined | RowError {
  let within: string | undefined = text
  for (const key of path) {
    const repeated = new Set<string>()
    within = memberOf(within, key, repeated)
    if (repeated.has(key)) return repeatedKeyError(key)
    if (within === undefined) return undefined
  }
  return within
}

/** The text of a member of an object, by key, or of an item of an array, by index. */
function memberOf(text: string, key: string, repeated?: Set<string>): string | undefined {
  const first = text.trimStart()[0]
  if (first === '{') return valuesIn(text, repeated).get(key)
  return first === '[' && POSITION.test(key) ? itemsIn(text)[Number(key)] : undefined
}

/** An array index in a path. */
export const POSITION = /^(?:0|[1-9]\d*)$/

export function valueAt(row: Row, path: readonly string[]): unknown {
  let value: unknown = row
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    if (Array.isArray(value) && !POSITION.test(key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}
