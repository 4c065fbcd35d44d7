/**
 * JSON objects that hold a complete table, as written by pandas and model servers. They are recognized in order to be
 * refused by name, with a program that converts them to lines. To add one, add an entry.
 */
import { run } from '../../core/file-kinds.js'
import { isNumber } from '../../core/number.js'
import { mayHoldLogits, programOf, type Tensor, tensorsIn, tensorWords } from './tensors.js'

type Value = Record<string, unknown>

interface JsonTable {
  feature: string
  /** What writes lines instead of it. */
  instead?: string
  matches(value: Value): boolean
  /** The jq program that converts each row to a line. */
  program: string | ((value: Value) => string)
  /** For several tensors: which ones there are, and the path to the numbers that can be read as one row. */
  tensors?: (value: Value) => readonly Tensor[]
}

const PANDAS = "write it with df.to_json('logits.ndjson', orient='records', lines=True)"

const TABLES: readonly JsonTable[] = [
  {
    feature: 'a table as pandas writes it with orient="split"',
    instead: PANDAS,
    matches: ({ columns, data }) => Array.isArray(columns) && isListOf(data, Array.isArray),
    program: '.columns as $c | .data[] | [$c, .] | transpose | map({(.[0]|tostring): .[1]}) | add',
  },
  {
    feature: 'a table as pandas writes it with orient="table"',
    instead: PANDAS,
    matches: ({ schema, data }) => isRecord(schema) && Array.isArray(schema.fields) && isListOf(data, isRecord),
    program: '.data[]',
  },
  {
    feature: 'a response of an inference server',
    matches: ({ outputs }) => tensorsIn(outputs).some(mayHoldLogits),
    program: ({ outputs }) => programOf(tensorsIn(outputs)),
    tensors: ({ outputs }) => tensorsIn(outputs),
  },
  {
    feature: 'a table as pandas writes it with orient="index"',
    instead: PANDAS,
    matches: (value) => areAlike(value, isRecord) && Object.keys(value).every(isNumber),
    program: '.[]',
  },
  {
    feature: 'a table as pandas writes it with orient="columns", its default',
    instead: PANDAS,
    matches: (value) => areAlike(value, isRecord),
    program: '. as $t | [.[]][0] | keys_unsorted[] | . as $r | $t | map_values(.[$r])',
  },
  {
    feature: 'a table as pandas writes it with orient="list"',
    instead: PANDAS,
    matches: (value) => areAlike(value, (column) => isListOf(column, (item) => !isNested(item))),
    program: '. as $t | range([.[]][0] | length) as $r | $t | map_values(.[$r])',
  },
]

/** Describes a row that holds a complete table, and how to convert it; undefined if it does not. */
export function jsonTable(value: object): string | undefined {
  const table = TABLES.find(({ matches }) => matches(value as Value))
  if (!table) return undefined
  const { feature, instead, program, tensors } = table
  const command = typeof program === 'string' ? program : program(value as Value)
  const takes = tensors ? tensorWords(value, tensors(value as Value)) : ''
  const other = instead === undefined ? '' : `${instead}, or `
  return `it is ${feature}; ${other}${run(`jq -c '${command}' FILE`)('FILE')}${takes}`
}

/** Whether several values are of one kind and have the same keys. */
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
