/** Parses rows of NDJSON into a batch: logits as numbers, plus kept values. */
import { isUtf8 } from 'node:buffer'
import { columnOfValues, misfitInfo, proposedTypes } from '../../core/cell-types.js'
import { dataTypeOf } from '../../core/column-builder.js'
import { isNoRow, shapeReason } from '../../core/declared-shape.js'
import { shown } from '../../core/errors.js'
import { extended } from '../../core/extended.js'
import { lateLogitError } from '../../core/late-logits.js'
import { areMissing, logitOf, missingLogits, notLogits, ofNamedClass, unknownClass } from '../../core/logit.js'
import {
  type Column,
  type JsonColumn,
  RawJson,
  type ReaderOptions,
  type RecordBatch,
  type RowError,
  type Value,
  type ValueType,
} from '../../core/record-batch.js'
import { fits } from '../../core/value-type.js'
import { exactNumber, itemsIn, valuesIn } from './json.js'
import { countNewlines, linesOf } from './line-splitter.js'
import { NestedRows, shapeAt } from './nested.js'
import { keysOn, repeatedKey } from './repeated-keys.js'
import { jsonError, type ParsedRow, parseRow, repeatedKeyError, textAt, textIn, valueAt } from './row.js'

/** How a reader handles each row. */
interface Task {
  plan: ReaderOptions
  /** The column that holds all logits, if there is one. */
  logitsColumn: JsonColumn | undefined
  /** The keys of the classes, and their names in errors. */
  keys: readonly string[]
  /** The paths to the logits, unless they are a list. */
  paths: readonly (readonly string[])[]
  /** The keys on the way to logits, and those of logits, which must not be duplicated. */
  uniqueKeys: ReturnType<typeof keysOn>
  /** The keys that are columns. */
  known: ReadonlySet<string>
  kept: JsonColumn[]
  bare: boolean
  /** Collects nested lists, if logits are nested. */
  nested: NestedRows | undefined
  /** Whether a value is extracted from the row; if none is, the row passes through as is. */
  taken(key: string): boolean
  /** Whether a key would be kept, but is not a column. */
  unexpected: ((key: string) => boolean) | undefined
}

/** Parses the rows of a block. */
export function readBatch(block: Buffer, columns: readonly JsonColumn[], plan: ReaderOptions): RecordBatch {
  const task = taskOf(columns, plan)
  const lines = Array.from(linesOf(block))
  const utf8 = isUtf8(block) || undefined
  const bad = new Map<number, RowError>()
  const logits = new Float64Array(task.nested ? 0 : lines.length * plan.classes)
  const kept: Value[][] = plan.kept.map(() => [])
  const objects: string[] = []
  lines.forEach(({ start, end }, row) => {
    const parsed = parseRow(block.subarray(start, end), plan.encoding, utf8)
    const rowError = 'value' in parsed ? putRow(parsed, logits, row * plan.classes, task) : parsed
    task.nested?.endRow()
    if (rowError) bad.set(row, rowError)
    const text = 'value' in parsed && !rowError ? parsed.text : '{}'
    if (plan.rawRowKeys) objects.push(text)
    else if (kept.length > 0 || task.unexpected) keep(text, kept, row, task, bad)
  })
  const columnsKept = task.kept.map((column, index) => typedColumn(kept[index]!, column, plan, bad))
  return {
    numRows: lines.length,
    logits,
    ...task.nested?.batch,
    kept: columnsKept,
    ...(plan.rawRowKeys && { rawRows: objects }),
    errors: bad,
    withPosition: ({ code, info: data, column }, row) => {
      const { line, start, end } = lines[row]!
      const info = extended(data, { row, line, byte: start, ...(column !== undefined && { column }) })
      // Copied to its own buffer, because a worker posts a view together with the complete buffer behind it.
      const raw = plan.wantRaw && { raw: new Uint8Array(block.subarray(start, end)) }
      return { code, info, start, end, ...raw }
    },
    lines: countNewlines(block),
    bytes: block.length,
  }
}

function taskOf(columns: readonly JsonColumn[], plan: ReaderOptions): Task {
  const chosen = plan.logits.map((index) => columns[index]!)
  const [logitsColumn] = plan.logitsList ? chosen : []
  const keys = logitsColumn ? (logitsColumn.keys ?? []) : chosen.map(({ name }) => name)
  const paths = logitsColumn ? keys.map((key) => [...logitsColumn.path, key]) : chosen.map(({ path }) => path)
  const known = new Set(columns.flatMap(({ name, inner }) => (inner ? [] : [name])))
  const kept = plan.kept.map((index) => columns[index]!)
  const names = new Set(kept.map(({ name }) => name))
  const { rawRowKeys, isKept } = plan
  const taken = (key: string) => (rawRowKeys ? rawRowKeys.length === 0 || isKept?.(key) === true : names.has(key))
  const bare = logitsColumn?.path.length === 0
  const unexpected = isKept && !bare && !rawRowKeys ? (key: string) => !known.has(key) && isKept(key) : undefined
  const nested = logitsColumn && plan.depth !== undefined ? new NestedRows(logitsColumn, plan.depth, plan) : undefined
  const { path = [], shapePath = [] } = logitsColumn ?? {}
  const uniqueKeys = keysOn([path, shapePath, ...paths])
  return { plan, logitsColumn, keys, paths, uniqueKeys, known, kept, nested, bare, unexpected, taken }
}

/** Reads the logits of a row; returns the error, if any. */
function putRow({ value, text }: ParsedRow, into: Float64Array, at: number, task: Task) {
  const { logitsColumn, bare, keys, plan } = task
  const clash = plan.rawRowKeys?.find((name) => Object.hasOwn(value, name) && plan.isKept?.(name) !== false)
  if (clash !== undefined) {
    return { code: 'E_NAME' as const, info: plan.takenName?.(clash, Object.keys(value)) ?? { name: clash } }
  }
  if (Array.isArray(value) !== bare)
    return jsonError(
      `expected ${bare ? 'an array' : 'an object'} like the first row, got ${bare ? 'an object' : 'an array'}`,
    )
  const repeated = repeatedKey(value, text, task.uniqueKeys, task.taken)
  if (repeated !== undefined) return repeatedKeyError(repeated)
  const late = plan.isLateLogit && !bare && lateLogitError(value, plan.isLateLogit, task.known, keys)
  if (late) return late
  const found = logitsColumn ? valueAt(value, logitsColumn.path) : value
  const isOptional = plan.missing !== 'error' && !task.nested
  if (logitsColumn && found === undefined && !isOptional)
    return {
      code: 'E_ROW' as const,
      info: { reason: `the row has no ${shown(logitsColumn.name)}`, isIncomplete: true as const },
    }
  if (task.nested) return task.nested.put(found, { value, text })
  if (logitsColumn && areMissing(found, plan)) return putMissing(into, at, task)
  const declared = logitsColumn && shapeAt(value, logitsColumn.path)
  if (declared && isNoRow(declared)) return jsonError(shapeReason(declared))
  const values = valuesOf(found, task)
  if (!values) return notLogits(logitsColumn!.name, found, logitsColumn!.type === 'list' ? 'a list' : 'an object')
  const unknown = logitsColumn?.type === 'record' ? unknownClass(found as object, keys, logitsColumn.name) : undefined
  if (unknown) return unknown
  if (values.length !== plan.classes) {
    return { code: 'E_WIDTH' as const, info: { cells: values.length, width: plan.classes, of: 'the list' } }
  }
  for (let index = 0; index < values.length; index++) {
    const item = values[index]
    if (typeof item === 'number' && Number.isFinite(item) && !plan.nulls?.hasNumber(item)) {
      into[at + index] = item
      continue
    }
    const logit = typeof item === 'number' && !Number.isFinite(item) ? overflow(text, index, task) : logitOf(item, plan)
    if (typeof logit !== 'number') return ofNamedClass(logit, keys[index], index)
    into[at + index] = logit
  }
  return undefined
}

/** Stores the logits of a row without any; returns the error, if any. */
function putMissing(into: Float64Array, at: number, { logitsColumn, plan }: Task): RowError | undefined {
  const logit = missingLogits(plan)
  if (typeof logit !== 'number') return { ...logit, column: logitsColumn!.name }
  into.fill(logit, at, at + plan.classes)
  return undefined
}

/** The values of the classes in order. */
function valuesOf(found: unknown, { logitsColumn, keys, paths }: Task): unknown[] | undefined {
  if (logitsColumn?.type === 'list') return Array.isArray(found) ? found : undefined
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return undefined
  const record = found as Record<string, unknown>
  return logitsColumn
    ? keys.map((key) => (Object.hasOwn(record, key) ? record[key] : undefined))
    : paths.map((path) => valueAt(record, path))
}

/** JSON has no infinity, so an infinite number overflowed; finds its text again. */
function overflow(text: string, index: number, { logitsColumn, paths }: Task): RowError {
  const cell =
    logitsColumn?.type === 'list' ? itemsIn(textAt(text, logitsColumn.path))[index]! : textAt(text, paths[index]!)
  return { code: 'E_OVERFLOW', info: { cell } }
}

/** Extracts kept values. A key that is not a column cannot be written, so its row is bad. */
function keep(text: string, kept: Value[][], row: number, task: Task, bad: Map<number, RowError>): void {
  const values = valuesIn(text)
  const extra = task.unexpected && [...values.keys()].find(task.unexpected)
  if (extra !== undefined) bad.set(row, { code: 'E_KEY', info: { ...task.plan.otherKey?.(extra), key: extra } })
  const { typed, types } = task.plan
  task.kept.forEach(({ name, type, field, inner }, index) => {
    const found = inner ? textIn(text, inner) : values.get(name)
    const isError = typeof found === 'object'
    if (isError && !bad.has(row)) bad.set(row, found)
    const value = valueFrom(isError ? undefined : found, typed && (field !== undefined || isNumeric(type)))
    kept[index]!.push(value)
    if (bad.has(row)) return
    if (typed && !field && !fits(value, type)) {
      bad.set(row, {
        code: 'E_KEY',
        info: { key: name, type, types: proposedTypes(name, dataTypeOf(type), value, types) },
      })
    }
    // JSON can escape a lone surrogate; no other format can.
    if (typeof value === 'string' && !value.isWellFormed()) bad.set(row, { code: 'E_CELL_ENCODING', info: {} })
  })
}

/** Converts the values of a column of requested type; a row whose value does not fit is bad. */
function typedColumn(
  values: Value[],
  { name, field }: Column,
  { types, nulls }: ReaderOptions,
  bad: Map<number, RowError>,
) {
  if (!field) return values
  const present = nulls ? values.map((value) => (nulls.hasValue(value) ? null : value)) : values
  const { column, misfits } = columnOfValues(present, field.type)
  for (const row of misfits) {
    const info = misfitInfo(values[row]!, field, types)
    if (!bad.has(row)) bad.set(row, { code: 'E_CELL_TYPE', info, column: name })
  }
  return column
}

function isNumeric(type: ValueType): boolean {
  return type === 'number' || type === 'integer'
}

/** Parses a JSON value; a number that will be text keeps its text, with all digits. */
function valueFrom(text: string | undefined, asNumber: boolean): Value {
  if (text === undefined) return null
  if (text.startsWith('{') || text.startsWith('[')) return new RawJson(text)
  const value = JSON.parse(text)
  if (typeof value !== 'number') return value
  return asNumber || String(value) === text ? exactNumber(text, value) : new RawJson(text)
}
