/**
 * Objects of JSON that hold a whole table, as pandas and servers of models write it, recognized in order to be refused by
 * name, with what makes lines of it. Adding one is adding a line.
 */
import { run } from '../../core/file-kinds.js'
import { isNumber } from '../../core/number.js'
import { optionText } from '../../core/option-words.js'
import { nestingIn } from './nested.js'
import type { Row } from './row.js'

type Value = Record<string, unknown>

interface WholeTable {
  feature: string
  matches(value: Value): boolean
  /** The program of jq that makes a line of each row. */
  program: string
  /** The path to its numbers, which may be taken as those of one row. */
  path?: readonly string[]
}

const TENSOR = ['outputs', '0', 'data']

const TABLES: readonly WholeTable[] = [
  {
    feature: 'a table as pandas writes it with orient="split"',
    matches: ({ columns, data }) => Array.isArray(columns) && isListOf(data, Array.isArray),
    program: '.columns as $c | .data[] | [$c, .] | transpose | map({(.[0]|tostring): .[1]}) | add',
  },
  {
    feature: 'a table as pandas writes it with orient="table"',
    matches: ({ schema, data }) => isRecord(schema) && Array.isArray(schema.fields) && isListOf(data, isRecord),
    program: '.data[]',
  },
  {
    feature: 'a response of an inference server with a tensor in one list',
    matches: ({ outputs }) =>
      isListOf(outputs, (one) => isRecord(one) && isListOf(one.data, isNumeric) && isList(one.shape)),
    program: '.outputs[0] | .shape[-1] as $n | .data | _nwise($n)',
    path: TENSOR,
  },
  {
    feature: 'a response of an inference server',
    matches: ({ outputs }) => isListOf(outputs, (one) => isRecord(one) && isListOf(one.data, Array.isArray)),
    program: '.outputs[0].data[]',
    path: TENSOR,
  },
  {
    feature: 'a table as pandas writes it with orient="index"',
    matches: (value) => areAlike(value, isRecord) && Object.keys(value).every(isNumber),
    program: '.[]',
  },
  {
    feature: 'a table as pandas writes it with orient="columns"',
    matches: (value) => areAlike(value, isRecord),
    program: '. as $t | [.[]][0] | keys_unsorted[] | . as $r | $t | map_values(.[$r])',
  },
  {
    feature: 'a table as pandas writes it with orient="list"',
    matches: (value) => areAlike(value, (column) => isListOf(column, (item) => !isNested(item))),
    program: '. as $t | range([.[]][0] | length) as $r | $t | map_values(.[$r])',
  },
]

/** What a row is that holds a whole table, and what makes lines of it; undefined where it is none. */
export function wholeTable(value: object): string | undefined {
  const table = TABLES.find(({ matches }) => matches(value as Value))
  if (!table) return undefined
  const { feature, program, path } = table
  const isNested = path && nestingIn(value as Row, path)
  const one = isNested ? `; ${optionText('logits', path.join('.'))} takes it as one row` : ''
  return `it is ${feature}; ${run(`jq -c '${program}' FILE`)('FILE')}${one}`
}

/** Whether several values are all of a kind, and have the same keys. */
function areAlike(value: Value, isKind: (item: unknown) => boolean): boolean {
  const [first, ...others] = Object.values(value)
  if (others.length === 0 || !isKind(first)) return false
  const keys = Object.keys(first as object)
  const hasSame = (item: object) =>
    Object.keys(item).length === keys.length && keys.every((key) => Object.hasOwn(item, key))
  return keys.length > 0 && others.every((item) => isKind(item) && hasSame(item as object))
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value)
}

function isListOf(value: unknown, isKind: (item: unknown) => boolean): boolean {
  return isList(value) && value.length > 0 && value.every(isKind)
}

function isRecord(value: unknown): value is Value {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function isNumeric(value: unknown): boolean {
  return typeof value === 'number'
}
