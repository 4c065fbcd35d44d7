/**
 * Writes lines of JSON from typed columns in the kernel, without creating JavaScript values for numbers and plain text.
 * Other values are formatted here, one by one.
 */
import type { ColumnData } from '../../core/column-data.js'
import { textReader } from '../../core/column-values.js'
import { extensionOf } from '../../core/extension-types.js'
import type { Field } from '../../core/output-columns.js'
import type { Column, OutputSchema, ScoredBatch } from '../../core/record-batch.js'
import { jsonOf } from '../../core/value-text.js'
import { acquireJoined } from '../../io/buffer-pool.js'
import { type CellValues, writeCells } from '../../kernel/host/cells.js'
import { formatted, keptColumns, newCells, numbersOf } from '../cell-values.js'
import { joinedFields } from '../class-columns.js'
import { jsonText } from '../json-text.js'

/** The values of a member, with the text around those that are not null. */
interface Member {
  name: string
  values: CellValues
  validity?: Uint8Array | undefined
  open?: string
  close?: string
}

/**
 * Creates the function that writes rows with typed kept columns and returns undefined for other rows; undefined if the
 * kernel cannot write the output.
 */
export function columnLines(schema: OutputSchema): ((rows: ScoredBatch) => Uint8Array[] | undefined) | undefined {
  const { kept, fields, classes, rounding, print } = schema
  const isKnown = fields.every(({ type, shape }) => type !== 'nested' && shape !== 'record')
  if (!rounding || !isKnown || kept.length + fields.length === 0) return undefined
  const joined = joinedFields(fields)
  const names = classes.map((name) => Buffer.from(JSON.stringify(name)))
  const textOf = (field: Field) => jsonText(field, classes, print)
  const writers = joined.map((field) => ({ field, cellsOf: newCells(field, classes, names, textOf, 'utf8') }))
  return (rows) => {
    const columns = rows.batch.rawRows ? undefined : keptColumns(rows)
    if (!columns) return undefined
    const added = writers.map(({ field, cellsOf }) => ({ field, ...cellsOf(rows) }))
    if (!added.every(({ values }) => isFinite(values, rounding.float32))) return undefined
    const members = [
      ...columns.map((data, index) => keptMember(data, kept[index]!)),
      ...added.flatMap(({ field, values, validity }) => newMembers(field, values, validity, fields)),
    ]
    const pieces = writeCells(cellsOf(members), rows.good.length, { ...LAYOUT, ...rounding })
    return Array.from(pieces, (piece) => acquireJoined([piece]))
  }
}

/** Prefixes each value with its key. */
function cellsOf(members: readonly Member[]) {
  return members.map(({ name, open = '', close = '', values, validity }, index) => ({
    lead: Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`),
    none: NULL,
    open: Buffer.from(open),
    close: Buffer.from(close),
    values,
    validity,
  }))
}

const NULL = Buffer.from('null')
const LAYOUT = { tail: Buffer.from('}\n'), delimiter: ',' }

function keptMember(data: ColumnData, { name, field }: Column): Member {
  const { validity } = data
  const numbers = extensionOf(field) ? undefined : numbersOf(data)
  if (numbers && isFinite(numbers)) return { name, values: numbers, validity }
  const plain = extensionOf(field) ? undefined : plainTexts(data)
  if (plain) return { name, values: plain, validity, open: '"', close: '"' }
  const read = textReader(data, field)
  const texts = Array.from({ length: data.length }, (_, row) => jsonOf(read(row)))
  return { name, values: formatted(texts, 'utf8') }
}

/** The results of all classes become one list or one member each. */
function newMembers(
  field: Field,
  values: CellValues,
  validity: Uint8Array | undefined,
  fields: readonly Field[],
): Member[] {
  if (field.classIndex === undefined) {
    return [{ name: field.name, values, validity, ...(field.type === 'classes' && { open: '[', close: ']' }) }]
  }
  const { numbers, count } = values as CellValues & { kind: 'results' }
  return fields
    .filter(({ classIndex }) => classIndex !== undefined)
    .map(({ name }, index) => ({
      name,
      values: { kind: 'results', numbers: columnOf(numbers, count, index), count: 1 },
      validity,
    }))
}

/** One column of row-major numbers. */
function columnOf(numbers: Float64Array, count: number, index: number): Float64Array {
  const column = new Float64Array(numbers.length / count)
  for (let row = 0, at = index; row < column.length; row++, at += count) column[row] = numbers[at]!
  return column
}

/**
 * NaN and infinities are strings in JSON, which the kernel does not write; a large number may become infinite when it
 * is rounded.
 */
function isFinite(values: CellValues, float32 = false): boolean {
  if (values.kind !== 'numbers' && values.kind !== 'results') return true
  const { numbers } = values
  return (
    !(numbers instanceof Float64Array || numbers instanceof Float32Array) ||
    areFinite(numbers, float32 ? MOST_FLOAT32 : MOST)
  )
}

/** Smaller numbers stay finite when rounded to any number of digits, as doubles and as float32. */
const MOST = 1e308
const MOST_FLOAT32 = 3e38

/** Whether the magnitude of every number is below `most`, which is false for NaN. */
function areFinite(numbers: Float64Array | Float32Array, most: number): boolean {
  for (let at = 0; at < numbers.length; at++) if (!(Math.abs(numbers[at]!) < most)) return false
  return true
}

/** Strings, if none needs escapes. */
function plainTexts({ type, values, offsets }: ColumnData): CellValues | undefined {
  if (type.kind !== 'utf8' || !(offsets instanceof Int32Array)) return undefined
  const bytes = values as Uint8Array
  for (let at = offsets[0]!; at < offsets.at(-1)!; at++) {
    const byte = bytes[at]!
    if (byte < 0x20 || byte === 0x22 || byte === 0x5c) return undefined
  }
  return { kind: 'texts', offsets, bytes }
}
