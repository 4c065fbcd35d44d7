/**
 * As much of Arrow's flatbuffers as tells whether the library can be let at a message: it believes any number of fields
 * that a damaged message tells of, and is busy for minutes.
 */

/** A table: where a field of it stands, or 0. */
class Table {
  readonly #view: DataView
  readonly #at: number

  constructor(view: DataView, at: number) {
    this.#view = view
    this.#at = at
  }

  field(slot: number): number {
    const vtable = this.#at - this.#view.getInt32(this.#at, true)
    const entry = 4 + 2 * slot
    if (entry >= this.#view.getUint16(vtable, true)) return 0
    const offset = this.#view.getUint16(vtable + entry, true)
    return offset === 0 ? 0 : this.#at + offset
  }

  table(slot: number): Table | undefined {
    const at = this.field(slot)
    return at === 0 ? undefined : new Table(this.#view, at + this.#view.getUint32(at, true))
  }

  /** The tables of a vector. Throws where it says that it has more than there is room for. */
  tables(slot: number): Table[] {
    const at = this.field(slot)
    if (at === 0) return []
    const start = at + this.#view.getUint32(at, true)
    const length = this.#view.getUint32(start, true)
    if (length * 4 > this.#view.byteLength - start) throw new RangeError('a message has more parts than bytes')
    return Array.from({ length }, (_, index) => {
      const entry = start + 4 + 4 * index
      return new Table(this.#view, entry + this.#view.getUint32(entry, true))
    })
  }
}

const SCHEMA = 1

/** Throws where a message is a schema with more fields, or values beside them, than it has bytes. */
export function checkMessage(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const message = new Table(view, view.getUint32(0, true))
  const type = message.field(1)
  message.tables(4)
  if (type === 0 || view.getUint8(type) !== SCHEMA) return
  const schema = message.table(2)
  schema?.tables(2)
  for (const field of schema?.tables(1) ?? []) checkField(field, DEEPEST)
}

const DEEPEST = 64

function checkField(field: Table, deepest: number): void {
  if (deepest === 0) throw new RangeError('a field is nested too deep')
  field.tables(6)
  for (const child of field.tables(5)) checkField(child, deepest - 1)
}
