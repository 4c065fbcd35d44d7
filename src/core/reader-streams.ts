/** The streams of `read`. Without the types that they find, because options are checked before anything else is loaded. */
import type { Duplex } from 'node:stream'

const readers = new WeakSet<object>()

export function addReader(stream: Duplex): void {
  readers.add(stream)
}

export function isReader(value: unknown): value is Duplex {
  return typeof value === 'object' && value !== null && readers.has(value)
}
