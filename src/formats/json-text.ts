/** Formats the values of output fields as JSON. */
import { type Nested, nestedValues } from '../core/nesting.js'
import type { Field } from '../core/output-columns.js'
import type { Scores } from '../kernel/host/scores.js'

type TextOf = (scores: Scores, row: number) => string

/** Creates the function that formats the value of a field. */
export function jsonText(field: Field, classes: readonly string[], print: (values: number[]) => string): TextOf {
  if (field.item) return nestedText(jsonText(field.item, classes, print))
  // A field for each class, of many, has no use for the names of all of them.
  const keys = field.shape === 'record' ? classes.map((name) => JSON.stringify(name)) : []
  return (scores, row) => {
    const value = field.value(scores, row)
    if (typeof value === 'string') return JSON.stringify(value)
    if (value === null || typeof value === 'boolean' || field.type === 'count') return String(value)
    if (typeof value === 'number') return quoteSpecial(print([value]))
    if (field.type === 'names') return JSON.stringify(value)
    const numbers = quoteSpecial(print(value as number[]))
    if (field.shape === 'list') return `[${numbers}]`
    return recordText(keys, numbers.split(','))
  }
}

function recordText(keys: readonly string[], values: readonly string[]): string {
  let text = ''
  for (let at = 0; at < keys.length; at++) text += `${at === 0 ? '' : ','}${keys[at]}:${values[at]}`
  return `{${text}}`
}

/** The same for lists nested like the logits. */
function nestedText(textOf: TextOf): TextOf {
  return (scores, row) => nestedJson(nestedValues(scores.nesting!, row, (item) => textOf(scores, item)))
}

/** Nested lists of JSON values. */
export function nestedJson(values: Nested<string>): string {
  return typeof values === 'string' ? values : `[${values.map(nestedJson).join(',')}]`
}

/** JSON has no NaN or infinities, so they are written as strings. */
function quoteSpecial(numbers: string): string {
  return /[NI]/.test(numbers) ? numbers.replace(/-?(?:NaN|Infinity)/g, '"$&"') : numbers
}
