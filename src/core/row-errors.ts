/**
 * The bad rows of a block. If there are many, they are kept in typed arrays, and an object is made for each only when it
 * is read: objects for all rows of the blocks in progress take a gigabyte.
 */
import type { LocatedRowError, RowErrors } from './record-batch.js'

/** The number of errors in an array; more are packed. */
const GROUP = 1 << 10

/** What is packed of each error: its numbers, the index of its kind, and the end of its row in those of the group. */
const ROW = 0
const LINE = 1
const BYTE = 2
const START = 3
const END = 4
const KIND = 5
const RAW_END = 6
const FIELDS = 7

/** Stands for a number that an error does not have; positions in a block are smaller. */
const NONE = 2 ** 32 - 1

/** What many errors have in common: all but their numbers and rows. */
type Kind = Pick<LocatedRowError, 'code'> & { info: Record<string, unknown> }

/** Up to `GROUP` errors, and their rows one after the other. */
interface Group {
  numbers: Uint32Array
  raws: Uint8Array | string | undefined
}

interface Packed {
  length: number
  kinds: Kind[]
  groups: Group[]
}

/** Many errors. A thread receives only their data. */
class ManyErrors implements RowErrors {
  readonly packed: Packed
  readonly #change: (error: LocatedRowError) => LocatedRowError

  constructor(packed: Packed, change: (error: LocatedRowError) => LocatedRowError = (error) => error) {
    this.packed = packed
    this.#change = change
  }

  get length(): number {
    return this.packed.length
  }

  at(index: number): LocatedRowError | undefined {
    const { length, groups, kinds } = this.packed
    const nth = index < 0 ? length + index : index
    const group = groups[Math.floor(nth / GROUP)]
    return nth < length && group ? this.#change(unpacked(group, nth % GROUP, kinds)) : undefined
  }

  map(change: (error: LocatedRowError) => LocatedRowError): RowErrors {
    return new ManyErrors(this.packed, (error) => change(this.#change(error)))
  }

  *[Symbol.iterator](): Generator<LocatedRowError> {
    for (let index = 0; index < this.length; index++) yield this.at(index)!
  }
}

/** Errors as another thread has sent them. */
export function receivedErrors(errors: RowErrors): RowErrors {
  return Array.isArray(errors) ? errors : new ManyErrors((errors as ManyErrors).packed)
}

/** Collects the errors of a block, in order. */
export class RowErrorList {
  #few: LocatedRowError[] = []
  readonly #packed: Packed = { length: 0, kinds: [], groups: [] }
  /** The indices of kinds. */
  readonly #known = new Map<string, number>()

  get length(): number {
    return this.#packed.length + this.#few.length
  }

  add(error: LocatedRowError): void {
    // Rows that are JavaScript values are in memory anyway.
    if (this.#few.length >= GROUP && error.value === undefined) this.#pack()
    this.#few.push(error)
  }

  /** The errors; none may be added any more. */
  get errors(): RowErrors {
    if (this.#packed.length === 0) return this.#few
    this.#pack()
    return new ManyErrors(this.#packed)
  }

  #pack(): void {
    const numbers = new Uint32Array(FIELDS * this.#few.length)
    const raws = joined(this.#few.map(({ raw }) => raw))
    let rawEnd = 0
    for (const [nth, { code, info, start = NONE, end = NONE, raw }] of this.#few.entries()) {
      const { row, line = NONE, byte = NONE, ...others } = info
      rawEnd += raw?.length ?? 0
      numbers.set([row, line, byte, start, end, this.#kindOf({ code, info: others }), rawEnd], FIELDS * nth)
    }
    this.#packed.groups.push({ numbers, raws })
    this.#packed.length += this.#few.length
    this.#few = []
  }

  #kindOf(kind: Kind): number {
    const key = keyOf(kind)
    const known = this.#known.get(key) ?? this.#packed.kinds.push(kind) - 1
    this.#known.set(key, known)
    return known
  }
}

/** Different for different kinds; JSON has the same text for some values. */
function keyOf({ code, info }: Kind): string {
  const fields = Object.entries(info).map(([name, value]) => {
    return `${name}:${typeof value}:${typeof value === 'object' ? JSON.stringify(value) : value}`
  })
  return `${code}\n${fields.join('\n')}`
}

/** Either all rows are bytes or all are text, if they are requested. */
function joined(raws: readonly LocatedRowError['raw'][]): Group['raws'] {
  if (raws[0] === undefined) return undefined
  if (typeof raws[0] === 'string') return raws.join('')
  // In memory of its own, because a worker posts a view together with the complete buffer behind it.
  return new Uint8Array(Buffer.concat(raws as Uint8Array[]))
}

function unpacked({ numbers, raws }: Group, nth: number, kinds: readonly Kind[]): LocatedRowError {
  const at = FIELDS * nth
  const [line, byte, start] = [numbers[at + LINE]!, numbers[at + BYTE]!, numbers[at + START]!]
  const { code, info } = kinds[numbers[at + KIND]!]!
  const rawStart = nth === 0 ? 0 : numbers[at - FIELDS + RAW_END]!
  return {
    code,
    info: {
      ...info,
      row: numbers[at + ROW]!,
      ...(line !== NONE && { line }),
      ...(byte !== NONE && { byte }),
    },
    ...(start !== NONE && { start, end: numbers[at + END]! }),
    ...(raws !== undefined && { raw: slice(raws, rawStart, numbers[at + RAW_END]!) }),
  }
}

function slice(raws: Uint8Array | string, start: number, end: number): Uint8Array | string {
  return typeof raws === 'string' ? raws.slice(start, end) : raws.subarray(start, end)
}
