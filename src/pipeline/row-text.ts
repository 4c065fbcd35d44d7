/** Bad rows of typed columns, as JSON: their values are written as in NDJSON output. */
import { shortest, textReader } from '../core/column-values.js'
import { type DataType, fieldsOf } from '../core/data-type.js'
import { extended } from '../core/extended.js'
import { nestedValues } from '../core/nesting.js'
import type { Column, LocatedRowError, ReaderOptions, RecordBatch } from '../core/record-batch.js'
import { jsonOf } from '../core/value-text.js'
import { nestedJson } from '../formats/json-text.js'

/** What is known of the rows of a batch. */
type Rows = Pick<RecordBatch, 'logits' | 'byClass' | 'badLogits' | 'nesting' | 'kept'>

/** The columns that were read. */
type ReadColumns = Pick<ReaderOptions, 'logits' | 'logitsList' | 'classes' | 'kept'>

/** The JSON of a row's value. */
type TextOf = (row: number) => string

/** Adds what is reported of a bad row to its error. */
export type Describe = (error: LocatedRowError) => LocatedRowError

/** For each batch, creates the function that adds a row to its error, if there are `columns`. */
export function rowReporter(columns: readonly Column[] | undefined, read: ReadColumns) {
  return (batch: Rows): Describe => {
    if (!columns) return (error) => error
    let textOf: ReturnType<typeof rowText> | undefined
    return (error) => {
      textOf ??= rowText(batch, columns, read)
      return extended(error, { raw: textOf(error) })
    }
  }
}

/** Creates the function that returns a bad row as a JSON object of its columns, in their order. */
function rowText(batch: Rows, columns: readonly Column[], read: ReadColumns): (error: LocatedRowError) => string {
  const texts = [...keptTexts(batch, columns, read), ...logitTexts(batch, columns, read)]
  const members = texts
    .sort(([first], [second]) => first - second)
    .map(([index, textOf]) => [`${JSON.stringify(columns[index]!.name)}:`, textOf] as const)
  return ({ code, info: { row } }) => {
    const pairs = members.map(([key, textOf]) => key + textOf(row))
    // Invalid UTF-8 would become other, valid text, and hide the error.
    const found = code === 'E_CELL_ENCODING' ? pairs.filter((pair) => !pair.includes(REPLACEMENT)) : pairs
    return `{${found.join(',')}}`
  }
}

const REPLACEMENT = '\ufffd'

function keptTexts({ kept }: Rows, columns: readonly Column[], read: ReadColumns): [number, TextOf][] {
  return read.kept.map((index, nth) => {
    const value = textReader(kept[nth]!, columns[index]!.field)
    return [index, (row) => jsonOf(value(row))]
  })
}

function logitTexts(batch: Rows, columns: readonly Column[], read: ReadColumns): [number, TextOf][] {
  const { logits, logitsList, classes } = read
  if (logitsList) return logits.map((index) => [index, listText(batch, columns[index]!, classes)])
  return logits.map((index, nth) => {
    const text = numberText(batch, classes, isFloat32(columns[index]!.field?.type))
    return [index, (row) => batch.badLogits?.get(row * classes + nth) ?? text(row, nth)]
  })
}

/** The text of all logits of a row: a list, nested lists, or an object. */
function listText(batch: Rows, column: Column, classes: number): TextOf {
  const { nesting, badLogits } = batch
  const type = column.field && innermost(column.field.type)
  const fields = type ? fieldsOf(type) : []
  const keys = type?.kind === 'struct' ? fields.map(({ name }) => `${JSON.stringify(name)}:`) : undefined
  const texts = Array.from({ length: classes }, (_, nth) => {
    const { type = undefined } = fields[keys ? nth : 0] ?? {}
    return numberText(batch, classes, column.isFloat32 ?? isFloat32(type))
  })
  const textOf: TextOf = (row) => {
    const items = texts.map((text, nth) => (keys?.[nth] ?? '') + text(row, nth))
    return keys ? `{${items.join(',')}}` : `[${items.join(',')}]`
  }
  const all: TextOf = nesting ? (row) => nestedJson(nestedValues(nesting, row, textOf)) : textOf
  return (row) => badLogits?.get(row) ?? all(row)
}

/** The type of the innermost lists, or of structs. */
function innermost(type: DataType): DataType {
  const [item] = fieldsOf(type)
  return type.kind !== 'struct' && item && fieldsOf(item.type).length > 0 ? innermost(item.type) : type
}

function isFloat32(type: DataType | undefined): boolean {
  if (type?.kind === 'dictionary') return isFloat32(type.values)
  return type?.kind === 'float' && type.bitWidth === 32
}

/** Creates the function that returns a logit that was read. */
function numberText({ logits, byClass }: Rows, classes: number, isShort: boolean) {
  const [rowStep, classStep] = byClass ? [1, logits.length / classes] : [classes, 1]
  return (row: number, nth: number): string => {
    const number = logits[row * rowStep + nth * classStep]!
    return jsonOf(isShort ? shortest(number) : number)
  }
}
