/** Reads the values of a leaf in a row group, some rows at a time, with their levels. */
import { corrupt } from './corrupt.js'
import { countLevel, joinIndices, joinLevels } from './levels.js'
import type { Page, PageReader } from './pages.js'
import {
  concatValues,
  lookUpValues,
  newArray,
  type PhysicalType,
  type Target,
  type ValueArray,
  type Values,
} from './values.js'

/** Some rows of a leaf: values of a page, each with its levels. */
export interface Leaf {
  /** The number of values, including nulls and empty lists. */
  count: number
  /** The level of each value; undefined if all have the maximum. */
  definition: Uint8Array | undefined
  /** The level of each value; undefined if each begins a row. */
  repetition: Uint8Array | undefined
  /** The values that are not null. */
  values: Values
  /** Their indices, if `values` is a dictionary. */
  indices?: Int32Array
}

/** A part of a page that was read. */
interface Part {
  count: number
  definition: Uint8Array | number
  repetition: Uint8Array | number
  values: Values
  indices: Int32Array | undefined
}

/** How rows are returned. */
export interface Wanted {
  /** Values stay dictionary-encoded if all have the same dictionary. */
  asIndices?: boolean
  /** Where values are written, as far as they fit. */
  target?: Target | undefined
}

/** Levels that were read; those from `at` on are still to be consumed. */
interface Window {
  at: number
  count: number
  definition: Uint8Array | number
  repetition: Uint8Array | number
}

/** How many levels of lists are decoded at once. */
const WINDOW = 1 << 14

export class LeafReader {
  readonly #pages: PageReader
  readonly #type: PhysicalType
  readonly #maxDefinition: number
  readonly #isRepeated: boolean
  #page: Page | undefined
  /** How many values of the page are not yet in a window. */
  #left = 0
  #window: Window | undefined

  constructor(
    pages: PageReader,
    { type, maxDefinition, maxRepetition }: { type: PhysicalType; maxDefinition: number; maxRepetition: number },
  ) {
    this.#pages = pages
    this.#type = type
    this.#maxDefinition = maxDefinition
    this.#isRepeated = maxRepetition > 0
  }

  /** The next rows, valid until {@link recycle} is called. */
  async take(rows: number, wanted: Wanted = {}): Promise<Leaf> {
    const parts: Part[] = []
    for (let done = 0; ; ) {
      const window = await this.#nextWindow(rows - done)
      if (!window) {
        if (done < rows) throw corrupt(`a column has ${done} of ${rows} rows`)
        break
      }
      const { end, begun } = this.#endOf(window, rows - done)
      if (end > window.at) parts.push(this.#takePart(window, end, wanted))
      done += begun
      // The end of the last list is known only when the next one begins.
      if (end < window.count || (done === rows && !this.#isRepeated)) break
    }
    return this.#join(parts, wanted)
  }

  /** Recycles the memory of finished pages; rows returned so far must no longer be used. */
  recycle(): void {
    this.#pages.recycle()
  }

  /** Throws if there are more rows than were read. Recycles memory if the rows were transient. */
  async end(passing: boolean): Promise<void> {
    const window = await this.#nextWindow(1)
    if (window) throw corrupt('a column has more rows than its row group')
    if (passing) this.#pages.close()
  }

  async #nextWindow(rows: number): Promise<Window | undefined> {
    const window = this.#window
    if (window && window.at < window.count) return window
    if (this.#left === 0) {
      this.#page = await this.#pages.next()
      if (!this.#page) return undefined
      this.#left = this.#page.count
    }
    const count = Math.min(this.#left, this.#isRepeated ? WINDOW : rows)
    this.#left -= count
    const { repetition, definition } = this.#page!
    this.#window = { at: 0, count, repetition: repetition.take(count), definition: definition.take(count) }
    return this.#window
  }

  /** Where the next `rows` rows end in a window, and how many of them begin there. */
  #endOf({ at, count, repetition }: Window, rows: number): { end: number; begun: number } {
    if (typeof repetition === 'number') {
      if (repetition > 0) return { end: count, begun: 0 }
      const begun = Math.min(rows, count - at)
      return { end: at + begun, begun }
    }
    let [end, begun] = [at, 0]
    for (; end < count; end++) {
      if (repetition[end] !== 0) continue
      if (begun === rows) break
      begun++
    }
    return { end, begun }
  }

  #takePart(window: Window, end: number, { asIndices = false, target }: Wanted): Part {
    const { at } = window
    const part = (levels: Uint8Array | number) => (typeof levels === 'number' ? levels : levels.subarray(at, end))
    const definition = part(window.definition)
    const count = end - at
    const defined = countLevel(definition, count, this.#maxDefinition)
    const { values } = this.#page!
    window.at = end
    const levels = { count, definition, repetition: part(window.repetition) }
    if (!('dictionary' in values)) {
      return { ...levels, values: placed(values.take(defined), target?.next(defined)), indices: undefined }
    }
    if (!asIndices) return { ...levels, values: values.takeValues(defined, target?.next(defined)), indices: undefined }
    return { ...levels, values: values.dictionary, indices: values.takeIndices(defined) }
  }

  #join(parts: Part[], { asIndices = false }: Wanted): Leaf {
    const count = parts.reduce((sum, part) => sum + part.count, 0)
    const levels = {
      count,
      definition: joinLevels(
        parts.map(({ count, definition: levels }) => ({ count, levels })),
        count,
        this.#maxDefinition,
      ),
      repetition: joinLevels(
        parts.map(({ count, repetition: levels }) => ({ count, levels })),
        count,
        0,
      ),
    }
    if (levels.repetition && levels.repetition[0] !== 0) throw corrupt('a column begins in the middle of a list')
    const [first] = parts
    const isOne = parts.every(({ values, indices }) => indices && values === first!.values)
    if (asIndices && first && isOne) {
      return { ...levels, values: first.values, indices: joinIndices(parts.map(({ indices }) => indices!)) }
    }
    const { room } = this.#pages
    const values = parts.map(({ values, indices }) =>
      indices ? lookUpValues(this.#type, values, indices, (length) => newArray(this.#type, length, room)) : values,
    )
    return { ...levels, values: concatValues(this.#type, values, room) }
  }
}

/** Copies values of a page to an array, if given. */
function placed(values: Values, data: ValueArray | undefined): Values {
  if (!data) return values
  data.set(values.data as never)
  return { length: values.length, data }
}
