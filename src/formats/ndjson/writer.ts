/** Writes predictions as lines of JSON. */
import { textReader } from '../../core/column-values.js'
import type { OutputSchema, RecordBatchWriter, ScoredBatch } from '../../core/record-batch.js'
import { jsonOf } from '../../core/value-text.js'
import { acquireText } from '../../io/buffer-pool.js'
import { jsonText } from '../json-text.js'
import { columnLines } from './column-lines.js'
import { valuesIn } from './json.js'

/** Encodes rows as objects; unlike other writers, immediately. */
export function write(
  schema: OutputSchema,
): Omit<RecordBatchWriter, 'write'> & { write(rows: ScoredBatch): Uint8Array[] } {
  const { kept, isKept, fields, classes, print } = schema
  const writeColumns = columnLines(schema)
  const pairs = fields.map((field) => [`${JSON.stringify(field.name)}:`, jsonText(field, classes, print)] as const)
  const keys = kept.map(({ name }) => `${JSON.stringify(name)}:`)
  return {
    begin: () => [],
    write(rows) {
      const pieces = writeColumns?.(rows)
      if (pieces) return pieces
      const { batch, scores, good } = rows
      const { rawRows } = batch
      const read = batch.kept.map((column, index) => textReader(column, kept[index]?.field))
      const keptOf = (row: number) =>
        rawRows && isKept ? membersOf(rawRows[row]!, isKept) : keys.map((key, index) => key + jsonOf(read[index]!(row)))
      let text = ''
      for (const row of good) {
        const found = pairs.map(([key, valueText]) => key + valueText(scores, row))
        if (rawRows && !isKept) text += append(rawRows[row]!, found.join(','))
        else text += `{${[...keptOf(row), ...found].join(',')}}\n`
      }
      return text === '' ? [] : [acquireText(text, 'utf8')]
    },
    append: (part) => part as Uint8Array[],
    end: () => [],
  }
}

/** The members of an object whose keys pass a test. */
function membersOf(object: string, isKept: (key: string) => boolean): string[] {
  return Array.from(valuesIn(object)).flatMap(([key, value]) =>
    isKept(key) ? [`${JSON.stringify(key)}:${value}`] : [],
  )
}

/** An object with more members appended. */
function append(object: string, pairs: string): string {
  if (pairs === '') return `${object}\n`
  const body = object.slice(0, object.lastIndexOf('}')).trimEnd()
  return `${body}${body.endsWith('{') ? '' : ','}${pairs}}\n`
}
