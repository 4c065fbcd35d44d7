/** Writes predictions as lines of JSON. */
import { valueReader } from '../../core/column-values.js'
import type { Field } from '../../core/output-columns.js'
import type { OutputSchema, RecordBatchWriter, ScoredBatch } from '../../core/record-batch.js'
import { jsonOf } from '../../core/value-text.js'

/** Writes rows as objects; at once, unlike other writers. */
export function write({
  kept,
  fields,
  classes,
  print,
}: OutputSchema): Omit<RecordBatchWriter, 'write'> & { write(rows: ScoredBatch): Uint8Array[] } {
  const pairs = fields.map((field) => [`${JSON.stringify(field.name)}:`, textOf(field, classes, print)] as const)
  const keys = kept.map(({ name }) => `${JSON.stringify(name)}:`)
  return {
    begin: () => [],
    write({ batch, scores, good }) {
      const read = batch.kept.map((column, index) => valueReader(column, kept[index]?.field))
      let text = ''
      for (const row of good) {
        const found = pairs.map(([key, valueText]) => key + valueText(scores, row))
        if (batch.rawRows) text += append(batch.rawRows[row]!, found.join(','))
        else text += `{${[...keys.map((key, index) => key + jsonOf(read[index]!(row))), ...found].join(',')}}\n`
      }
      return text === '' ? [] : [Buffer.from(text)]
    },
    end: () => [],
  }
}

/** An object with more keys behind its own. */
function append(object: string, pairs: string): string {
  const body = object.slice(0, object.lastIndexOf('}')).trimEnd()
  return `${body}${body.endsWith('{') ? '' : ','}${pairs}}\n`
}

/** The function that writes what a field has for a row. */
function textOf(field: Field, classes: readonly string[], print: (values: number[]) => string) {
  const keys = classes.map((name) => JSON.stringify(name))
  return (...place: Parameters<Field['value']>): string => {
    const value = field.value(...place)
    if (typeof value === 'string') return JSON.stringify(value)
    if (value === null || typeof value === 'boolean' || field.type === 'count') return String(value)
    if (typeof value === 'number') return quoteSpecial(print([value]))
    if (field.type === 'names') return JSON.stringify(value)
    const numbers = quoteSpecial(print(value as number[]))
    if (field.shape === 'list') return `[${numbers}]`
    return `{${numbers.split(',').map((number, index) => `${keys[index]}:${number}`)}}`
  }
}

/** NaN and infinities are texts in JSON. */
function quoteSpecial(numbers: string): string {
  return /[NI]/.test(numbers) ? numbers.replace(/-?(?:NaN|Infinity)/g, '"$&"') : numbers
}
