/**
 * Writes flatbuffers (https://flatbuffers.dev/internals/) from the front to the back: a table, then what it refers to, whose
 * place is filled in once it is known.
 */

/** A field of a table: a number of so many bytes, or something that is written behind the table and referred to. */
export type Slot = { size: 1 | 2 | 4 | 8; value: number } | Part | undefined

/** Writes something and gives its place. */
export type Part = (builder: FlatbufferBuilder) => number

export class FlatbufferBuilder {
  #bytes = Buffer.alloc(1024)
  #length = 0

  /** A buffer whose root is a table, padded to a multiple of 8 bytes. */
  static build(root: Part): Uint8Array {
    const builder = new FlatbufferBuilder()
    builder.#reserve(4)
    builder.#refer(0, root)
    builder.#align(8)
    return builder.#bytes.subarray(0, builder.#length)
  }

  table(slots: readonly Slot[]): number {
    const vtable = this.#alignedFor(slots)
    const table = vtable + 4 + 2 * slots.length
    const places = layOut(slots, table)
    const end = Math.max(table + 4, ...places.map((place, index) => place + sizeOf(slots[index])))
    this.#reserve(end - this.#length)
    this.#bytes.writeUInt16LE(table - vtable, vtable)
    this.#bytes.writeUInt16LE(end - table, vtable + 2)
    this.#bytes.writeInt32LE(table - vtable, table)
    for (const [index, slot] of slots.entries()) {
      if (slot === undefined) continue
      this.#bytes.writeUInt16LE(places[index]! - table, vtable + 4 + 2 * index)
      if (typeof slot === 'function') this.#refer(places[index]!, slot)
      else this.#writeNumber(places[index]!, slot)
    }
    return table
  }

  vector(parts: readonly Part[]): number {
    this.#align(4)
    const start = this.#length
    this.#reserve(4 + 4 * parts.length)
    this.#bytes.writeUInt32LE(parts.length, start)
    for (const [index, part] of parts.entries()) this.#refer(start + 4 + 4 * index, part)
    return start
  }

  string(text: string): number {
    this.#align(4)
    const start = this.#length
    const bytes = Buffer.from(text)
    // A zero behind it, which is not counted.
    this.#reserve(4 + bytes.length + 1)
    this.#bytes.writeUInt32LE(bytes.length, start)
    this.#bytes.set(bytes, start + 4)
    return start
  }

  /** Where a vtable goes so that the table behind it begins at a multiple of 8 or, without long numbers, of 4. */
  #alignedFor(slots: readonly Slot[]): number {
    const unit = slots.some((slot) => sizeOf(slot) === 8) ? 8 : 4
    const size = 4 + 2 * slots.length
    const start = this.#length + ((unit - ((this.#length + size) % unit)) % unit)
    this.#reserve(start - this.#length)
    return start
  }

  #refer(at: number, part: Part): void {
    const place = part(this)
    this.#bytes.writeUInt32LE(place - at, at)
  }

  #writeNumber(at: number, { size, value }: { size: 1 | 2 | 4 | 8; value: number }): void {
    this.#bytes.writeIntLE(value, at, size === 8 ? 6 : size)
  }

  #align(unit: number): void {
    this.#reserve((unit - (this.#length % unit)) % unit)
  }

  /** Makes room for some more bytes, which are zeros. */
  #reserve(more: number): void {
    this.#length += more
    if (this.#length <= this.#bytes.length) return
    const grown = Buffer.alloc(2 * this.#length)
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

function sizeOf(slot: Slot): number {
  return slot === undefined ? 0 : typeof slot === 'function' ? 4 : slot.size
}

/** The places of the fields of a table, the long ones first, so that each is at a multiple of its size. */
function layOut(slots: readonly Slot[], table: number): number[] {
  const places: number[] = slots.map(() => 0)
  let at = table + 4
  for (const size of [8, 4, 2, 1]) {
    for (const [index, slot] of slots.entries()) {
      if (sizeOf(slot) !== size) continue
      at = Math.ceil(at / size) * size
      places[index] = at
      at += size
    }
  }
  return places
}
