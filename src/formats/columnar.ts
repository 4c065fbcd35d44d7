/** Builds the columns for binary formats: kept columns first, then new ones. */

import { buildColumn, dataTypeOf } from '../core/column-builder.js'
import type { ColumnData } from '../core/column-data.js'
import { isNumeric } from '../core/column-numbers.js'
import { isValid, nullWhere, takeRows, trimRanges } from '../core/column-slices.js'
import { textReader } from '../core/column-values.js'
import { type DataType, type Field, fieldsOf, sameType, typeName } from '../core/data-type.js'
import { SoftmaxError } from '../core/errors.js'
import { findSelected, possibleList } from '../core/logits-list.js'
import type { SettingsOf } from '../core/options.js'
import { hasUnscored, mayBeNull, type Field as OutputField } from '../core/output-columns.js'
import {
  type Column,
  isColumnData,
  type KeptColumn,
  type OutputSchema,
  type ScoredBatch,
  type Value,
  type ValueType,
} from '../core/record-batch.js'
import { withType } from '../core/requested-types.js'
import { fits, typeOf } from '../core/value-type.js'
import type { Scores } from '../kernel/host/scores.js'
import { joinedFields, POSITION, POSITIONS, structOf, validPositions } from './class-columns.js'
import { nestedColumn, nestedType } from './nested-columns.js'

/** The input column of a field; its list length is measured later by {@link widthOf}. */
export function columnOf(field: Field): Column {
  const { name, type } = field
  const sample = isNumeric(type) && type.kind !== 'dictionary' ? '0' : ''
  const column = { name, type: valueTypeOf(type), sample, field }
  const nested = nestingOfType(type)
  if (nested) return { ...column, nested }
  if (column.type === 'list') return { ...column, width: type.kind === 'fixed_size_list' ? type.size : 0 }
  return column.type === 'record' ? { ...column, keys: fieldsOf(type).map(({ name }) => name) } : column
}

/** Flags the column of the logits if its type is null, as pandas writes a column of `None` only. */
export function markNullLogits(columns: readonly Column[], settings: SettingsOf<'bytes'>): void {
  const column = possibleList(settings, columns)
  if (column?.field?.type.kind === 'null') column.mayBeList = true
}

/** The nesting of a list type; the length of its innermost lists is measured later by {@link nestedWidthOf}. */
function nestingOfType(type: DataType): Column['nested'] {
  const item = isList(type) ? fieldsOf(type)[0]!.type : undefined
  if (!item || !isList(item)) return undefined
  const inner = nestingOfType(item)
  if (inner) return { ...inner, depth: inner.depth + 1 }
  if (!isNumeric(fieldsOf(item)[0]!.type)) return undefined
  return { depth: 1, width: item.kind === 'fixed_size_list' ? item.size : 0 }
}

function isList({ kind }: DataType): boolean {
  return kind === 'list' || kind === 'fixed_size_list'
}

/** The selected nested column, if the length of its innermost lists is not known yet. */
export function unmeasuredNested(columns: readonly Column[], { logits }: Pick<SettingsOf<'bytes'>, 'logits'>) {
  if (!columns.some(({ nested }) => nested?.width === 0)) return undefined
  const index = findSelected({ logits }, columns)
  return index !== undefined && columns[index]!.nested?.width === 0 ? index : undefined
}

/** The same for the innermost lists of a nested column. */
export function nestedWidthOf(data: ColumnData, depth: number): number {
  return depth === 0 ? widthOf(data) : nestedWidthOf(itemsOf(data), depth - 1)
}

/** All items of a list column, without those outside its rows. */
export function itemsOf(data: ColumnData): ColumnData {
  return (data.offsets ? trimRanges(data) : data).children![0]!
}

/** The length of the first nonempty list; 0 if there is none. */
export function widthOf(data: ColumnData): number {
  for (let row = 0; row < data.length; row++) {
    const width = isValid(data, row) && data.offsets ? Number(data.offsets[row + 1]!) - Number(data.offsets[row]!) : 0
    if (width > 0) return width
  }
  return 0
}

/** How values of a type are used: lists and structs of numbers may hold logits. */
function valueTypeOf(type: DataType): ValueType {
  const fields = fieldsOf(type)
  const isNumbers = fields.length > 0 && fields.every(({ type }) => isNumeric(type))
  switch (type.kind) {
    case 'dictionary':
      return fieldsOf(type.values).length > 0 ? 'json' : valueTypeOf(type.values)
    case 'float':
      return 'number'
    case 'int':
      // Unsigned 64-bit integers do not fit the integers of other formats.
      return type.signed || type.bitWidth < 64 ? 'integer' : 'text'
    case 'bool':
      return 'boolean'
    case 'binary':
    case 'fixed_size_binary':
      return 'bytes'
    case 'list':
    case 'fixed_size_list':
      return isNumbers ? 'list' : 'json'
    case 'struct':
      return isNumbers ? 'record' : 'json'
    default:
      return fields.length > 0 ? 'json' : 'text'
  }
}

/** The fields of an output. */
export function outputFields({ kept, fields, classes, float32 }: OutputSchema): Field[] {
  const typeOf = typesOfResults(classes.length, float32)
  return [
    ...kept.map(keptField),
    ...fields.map((field) => ({ name: field.name, type: typeOf(field), nullable: mayBeNull(field) })),
  ]
}

/** The type of lists of class names. */
const NAMES: DataType = {
  kind: 'list',
  layout: 'offsets',
  item: { name: 'item', type: { kind: 'utf8', layout: 'offsets' }, nullable: false },
}

/** Creates the function that returns the type of a new column. */
function typesOfResults(classes: number, float32: boolean) {
  const result: DataType = { kind: 'float', bitWidth: float32 ? 32 : 64 }
  const item = { name: 'item', type: result, nullable: false }
  const types: Record<Exclude<OutputField['type'], 'nested' | 'top'>, DataType> = {
    text: { kind: 'utf8', layout: 'offsets' },
    count: { kind: 'int', bitWidth: 32, signed: false },
    result,
    boolean: { kind: 'bool' },
    names: NAMES,
    // Without classes there are no rows, and the list size is arbitrary.
    classes:
      classes === 0 ? { kind: 'list', layout: 'offsets', item } : { kind: 'fixed_size_list', size: classes, item },
  }
  const fixedList = (size: number, type: DataType): DataType => ({
    kind: 'fixed_size_list',
    size,
    item: { name: 'item', type, nullable: false },
  })
  const typeOf = ({ type, item: within, depth, of, size, isEachClass }: OutputField): DataType => {
    if (type === 'nested') return nestedType(typeOf(within!), mayBeNull(within!), depth!)
    if (type === 'top') return fixedList(size!, types[of!])
    return isEachClass ? fixedList(classes, types.boolean) : types[type]
  }
  return typeOf
}

/** A kept column as a field; columns of untyped formats are always nullable. */
function keptField(column: Column): Field {
  return column.field ?? { name: column.name, type: keptType(column), nullable: true }
}

/** The output type of a kept column. */
export function keptType({ type, field }: Column): DataType {
  return field?.type ?? dataTypeOf(type)
}

/**
 * Creates the function that builds columns from the good rows of a batch, in the form of `class-columns.ts`; `fields`
 * are the output fields.
 */
export function columnWriter(
  { kept, fields: added, classes, float32, byClass }: OutputSchema,
  fields: readonly Field[],
) {
  const joined = joinedFields(added, byClass)
  const typeOf = typesOfResults(classes.length, float32)
  return ({ batch, scores, good }: ScoredBatch): ColumnData[] => [
    ...kept.map((column, index) => keptColumn(column, fields[index]!, batch.kept[index]!, good)),
    ...joined.map((field) => {
      const column = (one: OutputField) =>
        one.item
          ? listsColumn(one.item, typeOf(one.item), typeOf(one), classes, scores, good)
          : newColumn(one, typeOf(one), classes, scores, good)
      return field.parts ? structOf(field.parts.map(column)) : column(field)
    }),
  ]
}

function keptColumn(kept: Column, field: Field, column: KeptColumn, good: readonly number[]): ColumnData {
  const rows = isColumnData(column)
    ? good.length === column.length
      ? column
      : takeRows(column, good)
    : buildColumn(requireFit(partOf(column, good), kept), kept.type)
  const same = sameType(rows.type, field.type) ? rows : inLayout(rows, field.type)
  if (same && (field.nullable || same.nullCount === 0)) return same
  const info = same
    ? { reason: 'it has nulls, but its type does not allow them' }
    : { type: typeName(rows.type), expected: typeName(field.type) }
  throw new SoftmaxError('E_COLUMN_TYPE', { column: kept.name, ...info })
}

/** Text in the layout of a type, such as the 64-bit offsets of Polars; undefined for other types and layouts. */
function inLayout(column: ColumnData, type: DataType): ColumnData | undefined {
  if (column.type.kind !== 'utf8' || type.kind !== 'utf8' || type.layout === 'view') return undefined
  const read = textReader(column)
  const text = buildColumn(
    Array.from({ length: column.length }, (_, row) => read(row)),
    'text',
  )
  return type.layout === 'offsets'
    ? text
    : { ...text, type, offsets: BigInt64Array.from(text.offsets as Int32Array, BigInt) }
}

/**
 * Checks that values have the type of the first input, even if they come from another one: text that looks like a
 * number remains text.
 */
function requireFit(values: ArrayLike<Value>, { name, type, field }: Column): ArrayLike<Value> {
  if (ArrayBuffer.isView(values)) return values
  const other = Array.prototype.find.call(values, (value) => !fits(value, type))
  if (other === undefined) return values
  const found = typeOf(other) ?? 'text'
  const both = type === 'integer' && found === 'number' ? 'float64' : 'text'
  // A type given by the first input was not requested, so no option can be suggested.
  const types = field ? undefined : withType('text', name, both)
  const info = { type: typeName(dataTypeOf(found)), expected: typeName(dataTypeOf(type)), types }
  throw new SoftmaxError('E_COLUMN_TYPE', { column: name, ...info })
}

function partOf(values: ArrayLike<Value>, good: readonly number[]): ArrayLike<Value> {
  return good.length === values.length ? values : good.map((row) => values[row]!)
}

/** A new column, with nulls where its field has them. */
function newColumn(
  field: OutputField,
  type: DataType,
  classes: readonly string[],
  scores: Scores,
  good: readonly number[],
): ColumnData {
  const column = filledColumn(field, type, classes, scores, good)
  if (!hasUnscored(field, scores)) return column
  return nullWhere(column, (row) => field.value(scores, good[row]!) === null)
}

function filledColumn(
  field: OutputField,
  type: DataType,
  classes: readonly string[],
  scores: Scores,
  good: readonly number[],
): ColumnData {
  const column = { type, length: good.length, nullCount: 0 }
  const { position, value } = field
  if (field.type === 'names') return namesColumn(field, scores, good)
  if (position) return positionColumn(field, scores, good)
  if (field.nullable && field.type !== 'text')
    return optionalColumn(
      field,
      type,
      good.map((row) => value(scores, row) as number | boolean | null),
    )
  if (field.type === 'text') {
    return buildColumn(
      good.map((row) => field.value(scores, row) as string | null),
      'text',
    )
  }
  const numbers = resultsOf(field, classes, scores, good)
  if (type.kind === 'list' || type.kind === 'fixed_size_list') {
    const items = {
      type: type.item.type,
      length: numbers.length,
      nullCount: 0,
      values: narrow(numbers, type.item.type),
    }
    return { ...column, children: [items] }
  }
  return { ...column, values: narrow(numbers, type) }
}

/** A list column of results; class names are strings. */
function listsColumn(
  { position, positions, members, ...item }: OutputField,
  itemType: DataType,
  type: DataType,
  classes: readonly string[],
  scores: Scores,
  good: readonly number[],
): ColumnData {
  const columnOf = (items: readonly number[]) => newColumn(item, itemType, classes, scores, items)
  return nestedColumn(scores.nesting!, good, columnOf, type)
}

/** Class positions; the writer knows the names. */
function positionColumn(field: OutputField, scores: Scores, good: readonly number[]): ColumnData {
  const values = positionsOf(field, scores, good)
  return {
    type: POSITION,
    length: values.length,
    values,
    ...(field.nullable ? validPositions(values) : { nullCount: 0 }),
  }
}

/** Lists of classes: positions if they are known, otherwise names. */
function namesColumn({ members, value }: OutputField, scores: Scores, good: readonly number[]): ColumnData {
  const offsets = new Int32Array(good.length + 1)
  const items: (number | string)[] = []
  for (let at = 0; at < good.length; at++) {
    for (const item of members?.(scores, good[at]!) ?? (value(scores, good[at]!) as string[] | null) ?? [])
      items.push(item)
    offsets[at + 1] = items.length
  }
  const child = members
    ? { type: POSITION, length: items.length, nullCount: 0, values: Int32Array.from(items as number[]) }
    : buildColumn(items, 'text')
  return { type: members ? POSITIONS : NAMES, length: good.length, nullCount: 0, offsets, children: [child] }
}

/** A nullable column of numbers or booleans. */
function optionalColumn({ type: kind }: OutputField, type: DataType, values: (number | boolean | null)[]): ColumnData {
  const built = buildColumn(values, kind === 'boolean' ? 'boolean' : 'number')
  return kind === 'boolean' ? built : { ...built, type, values: narrow(built.values as Float64Array, type) }
}

/** A loop, because `Int32Array.from` uses an iterator and takes ten times as long. */
export function positionsOf(field: OutputField, scores: Scores, good: readonly number[]): Int32Array {
  const { position, positions, value } = field
  if (positions && areAllFilled(field, scores, good)) return new Int32Array(positions(scores))
  const read = position ?? (value as NonNullable<typeof position>)
  const found = new Int32Array(good.length)
  for (let at = 0; at < good.length; at++) found[at] = read(scores, good[at]!)
  return found
}

/** A loop for the same reason as in {@link positionsOf}. */
function numbersAt(rows: readonly number[], value: (row: number) => number): Float64Array {
  const numbers = new Float64Array(rows.length)
  for (let at = 0; at < rows.length; at++) numbers[at] = value(rows[at]!)
  return numbers
}

/** Converts doubles to a numeric type. */
function narrow(numbers: Float64Array, { kind, bitWidth }: DataType & { bitWidth?: number }) {
  if (kind === 'int') return new Uint32Array(numbers)
  return bitWidth === 32 ? new Float32Array(numbers) : numbers
}

/** The numbers of a new column, 0 for null; those of a list are contiguous, row by row. */
export function resultsOf(
  field: OutputField,
  classes: readonly string[],
  scores: Scores,
  good: readonly number[],
): Float64Array {
  const { type, value, all, size: own } = field
  if (all && areAllFilled(field, scores, good)) return all(scores)
  if (type !== 'classes' && type !== 'top') return numbersAt(good, (row) => value(scores, row) as number)
  const size = own ?? classes.length
  const numbers = new Float64Array(good.length * size)
  for (const [index, row] of good.entries()) numbers.set((value(scores, row) as number[] | null) ?? [], index * size)
  return numbers
}

/** Whether all rows of a batch are good, and none of them is null. */
function areAllFilled(field: OutputField, scores: Scores, good: readonly number[]): boolean {
  return good.length === scores.rows && !hasUnscored(field, scores)
}
