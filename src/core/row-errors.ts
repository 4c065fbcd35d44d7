/**
 * The bad rows of a block. If there are many, they are kept in typed arrays, and an object is made for each only when it
 * is read: objects for all rows of the blocks in progress take a gigabyte.
 */
import type { Code } from './errors.js'
import { extended } from './extended.js'
import type { LocatedRowError, RowErrors } from './record-batch.js'

/** The number of errors in an array; more are packed. */
const FEW = 1 << 7
/** The number of packed errors in a group: their numbers are large enough to be transferred to another thread, not copied. */
const GROUP = 1 << 11
/** The initial size of the memory for the rows of a group. */
const RAW_ROOM = 1 << 16

/** What is packed of each error: its numbers, the index of its kind, and the end of its row in those of the group. */
const ROW = 0
const LINE = 1
const BYTE = 2
const START = 3
const END = 4
const KIND = 5
const RAW_END = 6
const FIELDS = 7

/** The value of a number that an error does not have; positions in a block are smaller. */
const NONE = 2 ** 32 - 1

type Info = Record<string, unknown>

/** What many errors have in common: all but their numbers and rows. */
type Kind = Pick<LocatedRowError, 'code'> & { info: Info }

/** Up to `GROUP` errors, and the bytes of their rows one after the other. */
interface Group {
  numbers: Uint32Array
  raws: Uint8Array | undefined
}

interface Packed {
  length: number
  kinds: Kind[]
  groups: Group[]
  /** Whether rows are text in UTF-8, and not bytes. */
  isText: boolean
}

/** Many errors. A thread receives only their data. */
class ManyErrors implements RowErrors {
  readonly packed: Packed
  readonly #change: (error: LocatedRowError) => LocatedRowError
  readonly #raws: readonly (Buffer | undefined)[]

  constructor(packed: Packed, change: (error: LocatedRowError) => LocatedRowError = (error) => error) {
    this.packed = packed
    this.#change = change
    this.#raws = packed.groups.map(({ raws }) => raws && Buffer.from(raws.buffer, raws.byteOffset, raws.length))
  }

  get length(): number {
    return this.packed.length
  }

  at(index: number): LocatedRowError | undefined {
    const { length, groups, kinds } = this.packed
    const nth = index < 0 ? length + index : index
    const group = Math.floor(nth / GROUP)
    if (nth >= length || !groups[group]) return undefined
    const { numbers } = groups[group]
    const error = unpacked(numbers, nth % GROUP, kinds)
    const raw = this.#rawIn(group, numbers, nth % GROUP)
    return this.#change(raw === undefined ? error : extended(error, { raw }))
  }

  map(change: (error: LocatedRowError) => LocatedRowError): RowErrors {
    return new ManyErrors(this.packed, (error) => change(this.#change(error)))
  }

  *codes(): Generator<Code> {
    const { groups, kinds } = this.packed
    for (const { numbers } of groups) {
      for (let at = KIND; at < numbers.length; at += FIELDS) yield kinds[numbers[at]!]!.code
    }
  }

  *[Symbol.iterator](): Generator<LocatedRowError> {
    for (let index = 0; index < this.length; index++) yield this.at(index)!
  }

  #rawIn(group: number, numbers: Uint32Array, nth: number): Uint8Array | string | undefined {
    const at = FIELDS * nth + RAW_END
    const [start, end] = [nth === 0 ? 0 : numbers[at - FIELDS]!, numbers[at]!]
    const raws = this.#raws[group]
    return this.packed.isText ? raws?.toString('utf8', start, end) : raws?.subarray(start, end)
  }
}

/** Errors as another thread has sent them. */
export function receivedErrors(errors: RowErrors): RowErrors {
  return Array.isArray(errors) ? errors : new ManyErrors((errors as ManyErrors).packed)
}

/** The codes of errors, in order, without an object for each error. */
export function* codesOf(errors: RowErrors): Generator<Code> {
  if (errors instanceof ManyErrors) yield* errors.codes()
  else for (const { code } of errors) yield code
}

/** Collects the errors of a block, in order. */
export class RowErrorList {
  #few: LocatedRowError[] = []
  readonly #packed: Packed = { length: 0, kinds: [], groups: [], isText: false }
  /** The numbers of the open group, if any errors are packed, and of how many of them. */
  #numbers: Uint32Array | undefined
  #count = 0
  /** Memory for the rows of the open group, and where they end in it. */
  #raws: Buffer | undefined
  #rawEnd = 0
  /** The indices of kinds, and that of the last error. */
  readonly #known = new Map<string, number>()
  #kind = 0

  get length(): number {
    return this.#packed.length + this.#few.length
  }

  add(error: LocatedRowError): void {
    // Rows that are JavaScript values are in memory anyway; those of a reader are all values, or none is.
    const isOneOfFew = this.#few.length < FEW || error.value !== undefined
    if (!this.#numbers && isOneOfFew) this.#few.push(error)
    else {
      for (const earlier of this.#few.splice(0)) this.#pack(earlier)
      this.#pack(error)
    }
  }

  /** The errors; none may be added any more. */
  get errors(): RowErrors {
    if (!this.#numbers) return this.#few
    this.#closeGroup()
    return new ManyErrors(this.#packed)
  }

  #pack({ code, info, start = NONE, end = NONE, raw }: LocatedRowError): void {
    if (this.#count === GROUP) this.#closeGroup()
    this.#numbers ??= new Uint32Array(FIELDS * GROUP)
    const { row, line = NONE, byte = NONE, ...others } = info
    if (raw !== undefined) this.#putRaw(raw)
    const at = FIELDS * this.#count++
    this.#numbers[at + ROW] = row
    this.#numbers[at + LINE] = line
    this.#numbers[at + BYTE] = byte
    this.#numbers[at + START] = start
    this.#numbers[at + END] = end
    this.#numbers[at + KIND] = this.#kindOf(code, others)
    this.#numbers[at + RAW_END] = this.#rawEnd
    this.#packed.length++
  }

  /** Either all rows are bytes or all are text. Text is encoded: strings would be garbage that is collected late. */
  #putRaw(raw: Uint8Array | string): void {
    const isText = typeof raw === 'string'
    this.#packed.isText = isText
    const most = this.#rawEnd + (isText ? 3 : 1) * raw.length
    const room = this.#raws && this.#raws.length >= most ? this.#raws : this.#grown(most)
    if (!isText) room.set(raw, this.#rawEnd)
    this.#rawEnd += isText ? room.write(raw, this.#rawEnd) : raw.length
  }

  #grown(least: number): Buffer {
    const grown = Buffer.allocUnsafeSlow(Math.max(RAW_ROOM, 2 * least))
    this.#raws?.copy(grown, 0, 0, this.#rawEnd)
    this.#raws = grown
    return grown
  }

  #closeGroup(): void {
    const numbers = this.#count === GROUP ? this.#numbers! : this.#numbers!.slice(0, FIELDS * this.#count)
    // In memory of its own, because a worker posts a view together with the complete buffer behind it.
    const raws = this.#raws && new Uint8Array(this.#raws.subarray(0, this.#rawEnd))
    this.#packed.groups.push({ numbers, raws })
    this.#numbers = new Uint32Array(FIELDS * GROUP)
    this.#count = 0
    this.#rawEnd = 0
  }

  #kindOf(code: Code, info: Info): number {
    const last = this.#packed.kinds[this.#kind]
    if (last?.code === code && haveSameValues(last.info, info)) return this.#kind
    const key = keyOf(code, info)
    this.#kind = this.#known.get(key) ?? this.#packed.kinds.push({ code, info }) - 1
    this.#known.set(key, this.#kind)
    return this.#kind
  }
}

/** Different for different kinds; JSON has the same text for some values. */
function keyOf(code: Code, info: Info): string {
  const fields = Object.entries(info).map(([name, value]) => {
    return `${name}:${typeof value}:${typeof value === 'object' ? JSON.stringify(value) : value}`
  })
  return `${code}\n${fields.join('\n')}`
}

/** False also for equal objects, which have a key. */
function haveSameValues(first: Info, second: Info): boolean {
  for (const name in first) if (first[name] !== second[name]) return false
  for (const name in second) if (!(name in first)) return false
  return true
}

function unpacked(numbers: Uint32Array, nth: number, kinds: readonly Kind[]): LocatedRowError {
  const at = FIELDS * nth
  const [line, byte, start] = [numbers[at + LINE]!, numbers[at + BYTE]!, numbers[at + START]!]
  const { code, info } = kinds[numbers[at + KIND]!]!
  return {
    code,
    info: extended(info, {
      row: numbers[at + ROW]!,
      ...(line !== NONE && { line }),
      ...(byte !== NONE && { byte }),
    }),
    ...(start !== NONE && { start, end: numbers[at + END]! }),
  }
}
