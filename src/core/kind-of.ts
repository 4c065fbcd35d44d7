/** Describes values in messages. */

/** The kind of a value: `an array`, `bytes`, `a string`, ... */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (isBytes(value)) return 'bytes'
  if (ArrayBuffer.isView(value)) return 'a typed array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** Whether a value is a chunk of bytes, of Node or of the web. */
export function isBytes(value: unknown): value is Uint8Array | ArrayBuffer | DataView {
  return value instanceof Uint8Array || value instanceof ArrayBuffer || value instanceof DataView
}
