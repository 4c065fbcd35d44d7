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

  /** Throws where a vector has more parts, of so many bytes each, than there is room for. */
  checkVector(slot: number, size: number): void {
    const at = this.field(slot)
    if (at === 0) return
    const start = at + this.#view.getUint32(at, true)
    if (this.#view.getUint32(start, true) * size > this.#view.byteLength - start) throw new RangeError(TOO_MANY)
  }

  /** The tables of a vector. Throws where it says that it has more than there is room for. */
  tables(slot: number): Table[] {
    const at = this.field(slot)
    if (at === 0) return []
    this.checkVector(slot, 4)
    const start = at + this.#view.getUint32(at, true)
    const length = this.#view.getUint32(start, true)
    return Array.from({ length }, (_, index) => {
      const entry = start + 4 + 4 * index
      return new Table(this.#view, entry + this.#view.getUint32(entry, true))
    })
  }
}

const TOO_MANY = 'a message has more parts than bytes'
const SCHEMA = 1
const DICTIONARY = 2
const BATCH = 3

/** Throws where a message tells of more fields, columns or buffers than it has bytes for. */
export function checkMessage(bytes: Uint8Array): void {
  const { root, kind } = messageOf(bytes)
  root.tables(4)
  const header = root.table(2)
  if (kind === SCHEMA) checkSchema(header)
  const batch = kind === BATCH ? header : kind === DICTIONARY ? header?.table(1) : undefined
  for (const slot of [1, 2]) batch?.checkVector(slot, 16)
}

export function isSchema(message: Uint8Array): boolean {
  return messageOf(message).kind === SCHEMA
}

/** The same of a table of contents, which has the schema and where each batch lies. */
export function checkFooter(bytes: Uint8Array): void {
  const root = rootOf(bytes)
  checkSchema(root.table(1))
  for (const slot of [2, 3]) root.checkVector(slot, 24)
}

function messageOf(bytes: Uint8Array): { root: Table; kind: number } {
  const root = rootOf(bytes)
  const type = root.field(1)
  return { root, kind: type === 0 ? 0 : viewOf(bytes).getUint8(type) }
}

function rootOf(bytes: Uint8Array): Table {
  const view = viewOf(bytes)
  return new Table(view, view.getUint32(0, true))
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function checkSchema(schema: Table | undefined): void {
  schema?.tables(2)
  for (const field of schema?.tables(1) ?? []) checkField(field, DEEPEST)
}

const DEEPEST = 64

function checkField(field: Table, deepest: number): void {
  if (deepest === 0) throw new RangeError('a field is nested too deep')
  field.tables(6)
  for (const child of field.tables(5)) checkField(child, deepest - 1)
}
