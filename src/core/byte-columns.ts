/** Columns of bytes in the text format of COPY, which Hive and Spark read as base64, but PostgreSQL does not. */
import type { DataType } from './data-type.js'
import { shownNames } from './errors.js'
import { extensionOf } from './extension-types.js'
import type { Column } from './record-batch.js'

/** The warning about such columns: PostgreSQL stores base64 in a bytea column without an error; undefined if there are none. */
export function base64Warning(kept: readonly Column[]): string | undefined {
  const names = kept.filter(holdsBytes).map(({ name }) => name)
  if (names.length === 0) return undefined
  const [noun, have, them] = names.length === 1 ? ['column', 'has', 'it'] : ['columns', 'have', 'them']
  return `the ${noun} ${shownNames(names)} ${have} bytes, written as base64, as Hive reads them; in PostgreSQL, load ${them} as text and use decode(${sqlName(names[0]!)}, 'base64')`
}

/** Whether the values of a column are bytes, which are not written as another text, such as that of a UUID. */
function holdsBytes({ type, field }: Column): boolean {
  return field ? isBinary(field.type) && !extensionOf(field) : type === 'bytes'
}

function isBinary(type: DataType): boolean {
  if (type.kind === 'dictionary') return isBinary(type.values)
  return type.kind === 'binary' || type.kind === 'fixed_size_binary'
}

/** A name in SQL: without quotes, PostgreSQL reads it in lower case. */
function sqlName(name: string): string {
  return /^[a-z_][a-z\d_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
