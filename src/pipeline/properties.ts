/** The properties of rows that are JavaScript objects. */
import { memberOf } from '../core/object-members.js'
import { inSourceOrder, typesOf } from '../core/source-types.js'

export type Properties = Record<string, unknown>

export function isRecord(value: unknown): value is Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}

export function ownValue(record: Properties, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

/** The value at a path; undefined if it leads nowhere. */
export function valueAt(row: Properties, path: readonly string[]): unknown {
  let value: unknown = row
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = memberOf(value, key)
  }
  return value
}

/** The properties of a row, in the order of its columns if `read` made it. */
export function namesOf(row: Properties): readonly string[] {
  return inSourceOrder(row, typesOf(row))
}
