/**
 * Canonical extension types (https://arrow.apache.org/docs/format/CanonicalExtensions.html) whose values differ from
 * their storage.
 */
import type { Field } from './data-type.js'
import { nestedText } from './object-value.js'
import { RawJson, type Value } from './record-batch.js'

/** The metadata key for the extension type of a field. */
const EXTENSION_NAME = 'ARROW:extension:name'

/** Creates the function that converts stored values of a field; undefined if they need no conversion. */
export function extensionOf(field: Field | undefined): ((stored: Value) => Value) | undefined {
  const name = field?.metadata?.get(EXTENSION_NAME)
  const convert = name === undefined ? undefined : EXTENSIONS.get(name)
  return convert && ((stored) => (stored === null ? null : convert(stored)))
}

/** The inverse; it returns undefined for a value that is not of the type. */
export function storedAs(field: Pick<Field, 'metadata'>): ((value: unknown) => unknown) | undefined {
  return STORED.get(field.metadata?.get(EXTENSION_NAME) ?? '')
}

const EXTENSIONS: ReadonlyMap<string, (stored: NonNullable<Value>) => Value> = new Map([
  ['arrow.uuid', uuidOf],
  ['arrow.json', jsonOf],
  ['arrow.bool8', (stored) => stored !== 0],
])

const STORED: ReadonlyMap<string, (value: unknown) => unknown> = new Map([
  ['arrow.uuid', bytesOfUuid],
  ['arrow.json', nestedText],
  ['arrow.bool8', (value) => (typeof value === 'boolean' ? Number(value) : undefined)],
])

function bytesOfUuid(value: unknown): unknown {
  const isUuid = typeof value === 'string' && /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(value)
  return isUuid ? Buffer.from(value.replaceAll('-', ''), 'hex') : undefined
}

function uuidOf(stored: NonNullable<Value>): Value {
  if (!(stored instanceof Uint8Array) || stored.length !== 16) return stored
  return Buffer.from(stored)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** JSON on one line, if it is valid. */
function jsonOf(stored: NonNullable<Value>): Value {
  const text = String(stored)
  try {
    JSON.parse(text)
    return new RawJson(text.replace(/[\r\n]/g, ' '))
  } catch {
    return text
  }
}
