/** Rows that are JavaScript values (arrays of logits, or records that contain them) as record batches. */

import { isNoRow, isOneRow } from '../core/declared-shape.js'
import { shortened } from '../core/errors.js'
import { extended } from '../core/extended.js'
import { logitOf, ofNamedClass } from '../core/logit.js'
import { type MissingRule, nullsOf } from '../core/missing.js'
import { hasTextNumbers } from '../core/numbers-from-text.js'
import { predictedNames } from '../core/prediction.js'
import type { RecordBatch, RowError } from '../core/record-batch.js'
import { takenName } from '../core/renaming.js'
import { secondHeader } from '../core/second-header.js'
import { keptOf, misfit, type RowShape, type ShapeSettings } from './object-shape.js'
import { truthFinder } from './object-truths.js'
import { isRecord, type Properties } from './properties.js'

/** A batch, with the other properties of its records. */
interface ObjectBatch extends RecordBatch {
  rest: Properties[]
}

/** Reads rows into a batch; rows that do not match the shape are bad. */
export function readRows(rows: readonly unknown[], shape: RowShape, settings: ShapeSettings): ObjectBatch {
  const rule = { missing: settings.missing, nulls: nullsOf(settings) }
  const width = shape.columns.length
  const logits = new Float64Array(rows.length * width)
  const errors = new Map<number, RowError>()
  const added = predictedNames(shape.layout).map(([, name]) => name)
  const truths = truthFinder(shape, rows.length, rule.nulls)
  const rest = rows.map((row, index) => {
    const parts = shape.split(row)
    const kept = parts ? keptOf(parts.rest, shape, settings) : {}
    const rowError = parts
      ? (shapeError(row, shape) ??
        shape.lateError?.(row as Properties) ??
        readLogits(exactLogits(parts.logits, row), logits, index * width, shape, rule) ??
        nameError(kept, added, shape) ??
        truths?.find(parts.rest, index))
      : misfit(row, shape)
    if (rowError) errors.set(index, headerError(row) ?? rowError)
    return kept
  })
  return {
    numRows: rows.length,
    logits,
    kept: [],
    ...truths?.found,
    rest,
    errors,
    withPosition: ({ code, info, column }, row) => ({
      code,
      info: extended(info, { row, ...(column !== undefined && { column }) }),
      value: rows[row],
    }),
    lines: 0,
    bytes: 0,
  }
}

/** The error for a matrix of logits, such as the output of a model for a batch. */
const LISTS: RowError = {
  code: 'E_ROW',
  info: { reason: 'the logits are a list of lists; make each inner list a row of the stream' },
}

/** The error for a flat list that is a matrix of several rows, or does not match its shape. */
function shapeError(row: unknown, { declaredShapeOf }: RowShape): RowError | undefined {
  const declared = declaredShapeOf?.(row)
  if (!declared || !isNoRow(declared) || isOneRow(declared)) return undefined
  const { sizes, mismatch } = declared
  const reason = sizes
    ? `the logits have the shape ${shortened(`[${sizes}]`)}; make each row of it a row of the stream, or use softmaxMatrix()`
    : mismatch
  return { code: 'E_ROW', info: { reason } }
}

/** Logits without bigints that were text, which are rounded like other text. */
function exactLogits(values: ArrayLike<unknown>, row: unknown): ArrayLike<unknown> {
  if (!hasTextNumbers(row) && !hasTextNumbers(values)) return values
  return Array.from(values, (value) => (typeof value === 'bigint' ? String(value) : value))
}

/** Reads the logits of a row into the batch; returns the error, if any. */
function readLogits(
  values: ArrayLike<unknown>,
  into: Float64Array,
  at: number,
  { columns, layout }: RowShape,
  rule: MissingRule,
): RowError | undefined {
  const width = columns.length
  if (values.length !== width) return { code: 'E_WIDTH', info: { cells: values.length, width, of: 'the list' } }
  for (let index = 0; index < width; index++) {
    const logit = logitOf(values[index], rule)
    if (typeof logit !== 'number') {
      return layout.shape === 'list' && Array.isArray(values[index])
        ? LISTS
        : ofNamedClass(logit, columns[index], index)
    }
    into[at + index] = logit
  }
  return undefined
}

/** The error of a bad record if it is a header: then its values are names, too. */
function headerError(row: unknown): RowError | undefined {
  if (!isRecord(row)) return undefined
  const members = Object.entries(row).flatMap(([name, value]) =>
    isRecord(value) ? Object.entries(value) : [[name, value]],
  )
  const [names, values] = [members.map(([name]) => name as string), members.map(([, value]) => value)]
  return values.every((value) => typeof value === 'string') ? secondHeader(values, names) : undefined
}

function nameError(rest: Properties, added: readonly string[], { layout }: RowShape): RowError | undefined {
  const name = added.find((name) => Object.hasOwn(rest, name))
  if (name === undefined) return undefined
  return { code: 'E_NAME', info: takenName(name, Object.keys(rest), layout, predictedNames) }
}
