/** What the formats that keep columns together write: the columns that are kept, then the new ones. */
import { withType } from '../core/asked-types.js'
import { buildColumn, dataTypeOf } from '../core/column-builder.js'
import type { ColumnData } from '../core/column-data.js'
import { isNumeric } from '../core/column-numbers.js'
import { isValid, takeRows, trimRanges } from '../core/column-slices.js'
import { type DataType, type Field, fieldsOf, sameType, typeName } from '../core/data-type.js'
import { SoftmaxError } from '../core/errors.js'
import { findSelected } from '../core/logits-list.js'
import type { SettingsOf } from '../core/options.js'
import type { Field as OutputField } from '../core/output-columns.js'
import {
  type Column,
  isColumnData,
  type KeptColumn,
  type OutputSchema,
  RawJson,
  type ScoredBatch,
  type Value,
  type ValueType,
} from '../core/record-batch.js'
import { jsonOf } from '../core/value-text.js'
import { fits, typeOf } from '../core/value-type.js'
import type { Scores } from '../kernel/host/scores.js'
import { joinedFields, POSITION, POSITIONS, structOf, validPositions } from './class-columns.js'
import { nestedColumn, nestedType } from './nested-columns.js'

/** The column of an input that a field is; how long its lists are is found out by {@link widthOf}. */
export function columnOf(field: Field): Column {
  const { name, type } = field
  const sample = isNumeric(type) && type.kind !== 'dictionary' ? '0' : ''
  const column = { name, type: valueTypeOf(type), sample, field }
  const nested = nestingOfType(type)
  if (nested) return { ...column, nested }
  if (column.type === 'list') return { ...column, width: type.kind === 'fixed_size_list' ? type.size : 0 }
  return column.type === 'record' ? { ...column, keys: fieldsOf(type).map(({ name }) => name) } : column
}

/** How lists of lists of numbers are nested; how many numbers the inner ones have is found out by {@link nestedWidthOf}. */
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

/** The nested column that is selected, where how many logits its lists have is still to be found out. */
export function unmeasuredNested(columns: readonly Column[], { logits }: Pick<SettingsOf<'bytes'>, 'logits'>) {
  if (!columns.some(({ nested }) => nested?.width === 0)) return undefined
  const index = findSelected({ logits }, columns)
  return index !== undefined && columns[index]!.nested?.width === 0 ? index : undefined
}

/** The same of the inner lists of a nested column. */
export function nestedWidthOf(data: ColumnData, depth: number): number {
  return depth === 0 ? widthOf(data) : nestedWidthOf(itemsOf(data), depth - 1)
}

/** The items of all lists of a column, those before and behind its rows left out. */
export function itemsOf(data: ColumnData): ColumnData {
  return (data.offsets ? trimRanges(data) : data).children![0]!
}

/** The length of the first list that has items; 0 where none has. */
export function widthOf(data: ColumnData): number {
  for (let row = 0; row < data.length; row++) {
    const width = isValid(data, row) && data.offsets ? Number(data.offsets[row + 1]!) - Number(data.offsets[row]!) : 0
    if (width > 0) return width
  }
  return 0
}

/** What values of a type are: lists and structs of numbers may hold logits. */
function valueTypeOf(type: DataType): ValueType {
  const fields = fieldsOf(type)
  const isNumbers = fields.length > 0 && fields.every(({ type }) => isNumeric(type))
  switch (type.kind) {
    case 'dictionary':
      return fieldsOf(type.values).length > 0 ? 'json' : valueTypeOf(type.values)
    case 'float':
      return 'number'
    case 'int':
      // Those of 64 bits without a sign have no room in what other formats are written with.
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

/** The columns of an output. */
export function outputFields({ kept, fields, classes, float32 }: OutputSchema): Field[] {
  const typeOf = typesOfResults(classes.length, float32)
  return [
    ...kept.map(keptField),
    ...fields.map((field) => ({ name: field.name, type: typeOf(field), nullable: field.nullable ?? false })),
  ]
}

/** The function that gives the type of a new column. */
function typesOfResults(classes: number, float32: boolean) {
  const result: DataType = { kind: 'float', bitWidth: float32 ? 32 : 64 }
  const item = { name: 'item', type: result, nullable: false }
  const types: Record<Exclude<OutputField['type'], 'nested'>, DataType> = {
    text: { kind: 'utf8', layout: 'offsets' },
    count: { kind: 'int', bitWidth: 32, signed: false },
    result,
    boolean: { kind: 'bool' },
    names: {
      kind: 'list',
      layout: 'offsets',
      item: { name: 'item', type: { kind: 'utf8', layout: 'offsets' }, nullable: false },
    },
    // Without a class there are no rows, and no size.
    classes:
      classes === 0 ? { kind: 'list', layout: 'offsets', item } : { kind: 'fixed_size_list', size: classes, item },
  }
  const typeOf = ({ type, item: within, depth }: OutputField): DataType =>
    type === 'nested' ? nestedType(typeOf(within!), within!.nullable === true, depth!) : types[type]
  return typeOf
}

/** A column as its format has it; one of a format without types may always be empty. */
function keptField(column: Column): Field {
  return column.field ?? { name: column.name, type: keptType(column), nullable: true }
}

/** The type that a kept column has in the output. */
export function keptType({ type, field }: Column): DataType {
  return field?.type ?? dataTypeOf(type)
}

/** The function that makes columns of the good rows of a batch, as `class-columns.ts` has them; `fields` are of the output. */
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
  const isSame = sameType(rows.type, field.type) && (field.nullable || rows.nullCount === 0)
  if (isSame) return rows
  throw new SoftmaxError('E_COLUMN_TYPE', { column: kept.name, type: typeName(rows.type), expected: fieldName(field) })
}

/** Values are of the first input's type where they are of another input too: text is no number because it looks like one. */
function requireFit(values: ArrayLike<Value>, { name, type, field }: Column): ArrayLike<Value> {
  if (ArrayBuffer.isView(values)) return values
  const other = Array.prototype.find.call(values, (value) => !fits(value, type))
  if (other === undefined) return values
  const found = typeOf(other) ?? 'text'
  const both = type === 'integer' && found === 'number' ? 'float64' : 'text'
  // What the first input has a type for is not asked for.
  const types = field ? undefined : withType('text', name, both)
  const info = { type: typeName(dataTypeOf(found)), expected: typeName(dataTypeOf(type)), types }
  throw new SoftmaxError('E_COLUMN_TYPE', { column: name, ...info })
}

function fieldName({ type, nullable }: Field): string {
  return `${typeName(type)}${nullable ? '' : ' without nulls'}`
}

function partOf(values: ArrayLike<Value>, good: readonly number[]): ArrayLike<Value> {
  return good.length === values.length ? values : good.map((row) => values[row]!)
}

function newColumn(
  field: OutputField,
  type: DataType,
  classes: readonly string[],
  scores: Scores,
  good: readonly number[],
): ColumnData {
  const column = { type, length: good.length, nullCount: 0 }
  const { position, value } = field
  if (field.type === 'names') return namesColumn(field, type, scores, good)
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

/** Lists of results; names are text in them. */
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

/** The positions of classes, which the writer knows the names of. */
function positionColumn(field: OutputField, scores: Scores, good: readonly number[]): ColumnData {
  const values = positionsOf(field, scores, good)
  return {
    type: POSITION,
    length: values.length,
    values,
    ...(field.nullable ? validPositions(values) : { nullCount: 0 }),
  }
}

/** Lists of classes: their positions, or, where these are not known, their names. */
function namesColumn(field: OutputField, type: DataType, scores: Scores, good: readonly number[]): ColumnData {
  const { members, value } = field
  const offsets = new Int32Array(good.length + 1)
  const items: (number | string)[] = []
  for (let at = 0; at < good.length; at++) {
    for (const item of members?.(scores, good[at]!) ?? (value(scores, good[at]!) as string[])) items.push(item)
    offsets[at + 1] = items.length
  }
  const child = members
    ? { type: POSITION, length: items.length, nullCount: 0, values: Int32Array.from(items as number[]) }
    : buildColumn(items, 'text')
  return { type: members ? POSITIONS : type, length: good.length, nullCount: 0, offsets, children: [child] }
}

/** A column of numbers or truths that may be null. */
function optionalColumn({ type: kind }: OutputField, type: DataType, values: (number | boolean | null)[]): ColumnData {
  const built = buildColumn(values, kind === 'boolean' ? 'boolean' : 'number')
  return kind === 'boolean' ? built : { ...built, type, values: narrow(built.values as Float64Array, type) }
}

/** In a loop: `Int32Array.from` goes through an iterator, which takes ten times as long. */
export function positionsOf(
  { position, positions, value }: OutputField,
  scores: Scores,
  good: readonly number[],
): Int32Array {
  if (positions && good.length === scores.rows) return new Int32Array(positions(scores))
  const read = position ?? (value as NonNullable<typeof position>)
  const found = new Int32Array(good.length)
  for (let at = 0; at < good.length; at++) found[at] = read(scores, good[at]!)
  return found
}

/** Doubles as the numbers of a type, which can hold them. */
function narrow(numbers: Float64Array, { kind, bitWidth }: DataType & { bitWidth?: number }) {
  if (kind === 'int') return Uint32Array.from(numbers)
  return bitWidth === 32 ? Float32Array.from(numbers) : numbers
}

/** The numbers of a new column; those of all classes stand one after the other. */
export function resultsOf(
  { type, value, all }: OutputField,
  classes: readonly string[],
  scores: Scores,
  good: readonly number[],
): Float64Array {
  if (all && good.length === scores.rows) return all(scores)
  if (type !== 'classes') return Float64Array.from(good, (row) => value(scores, row) as number)
  const numbers = new Float64Array(good.length * classes.length)
  for (const [index, row] of good.entries()) numbers.set(value(scores, row) as number[], index * classes.length)
  return numbers
}

/** A value of a column that is kept, as rows have it. */
export function valueOf(value: unknown): Value {
  if (value === undefined || value === null) return null
  if (typeof value !== 'object' || PLAIN.some((type) => value instanceof type)) return value as Value
  return new RawJson(nestedText(value))
}

/** The values of a column that is kept: an array of numbers is one. */
export function valuesOf(cells: ArrayLike<unknown>): ArrayLike<Value> {
  return ArrayBuffer.isView(cells) ? (cells as unknown as ArrayLike<Value>) : Array.from(cells, valueOf)
}

const PLAIN = [Uint8Array, Date, RawJson]

/** A nested value as JSON, as `JSON.stringify` has it but for integers, of which all digits are kept. */
function nestedText(value: unknown): string {
  if (typeof value === 'function' || typeof value === 'symbol') return 'null'
  if (typeof value !== 'object' || value === null) return jsonOf(value as Value)
  if ('toJSON' in value && typeof value.toJSON === 'function') return nestedText(value.toJSON())
  if (Array.isArray(value)) return `[${Array.from(value, nestedText)}]`
  if (ArrayBuffer.isView(value)) return `[${Array.from(value as unknown as ArrayLike<unknown>, nestedText)}]`
  const pairs = Object.entries(value).filter(([, item]) => !['undefined', 'function', 'symbol'].includes(typeof item))
  return `{${pairs.map(([key, item]) => `${JSON.stringify(key)}:${nestedText(item)}`)}}`
}

/** A whole number with a sign, in bytes of which the last is the least. */
export function signedNumber(bytes: Uint8Array): bigint {
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`))
}
