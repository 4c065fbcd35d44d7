/** The values of a leaf of the schema in a row group, taken some rows at a time, with their levels. */
import { corrupt } from './corrupt.js'
import { countLevel, joinIndices, joinLevels } from './levels.js'
import type { Page, PageReader } from './pages.js'
import { concatValues, lookUpValues, type PhysicalType, type Values } from './values.js'

/** Some rows of a leaf: as many values of a page as there are, each with its levels. */
export interface Leaf {
  /** The number of values, nulls and empty lists included. */
  count: number
  /** A level for each; undefined where each is the highest one. */
  definition: Uint8Array | undefined
  /** A level for each; undefined where each begins a row. */
  repetition: Uint8Array | undefined
  /** The values that are not null. */
  values: Values
  /** The indices of these in a dictionary, which `values` then are. */
  indices?: Int32Array
}

/** A part of what was read of a page. */
interface Part {
  count: number
  definition: Uint8Array | number
  repetition: Uint8Array | number
  values: Values
  indices: Int32Array | undefined
}

/** Levels that were read, of which those from `at` on are not yet taken. */
interface Window {
  at: number
  count: number
  definition: Uint8Array | number
  repetition: Uint8Array | number
}

/** How many levels of lists are read together. */
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

  /**
   * The next rows, which are good until {@link recycle} is called. With `keepIndices` the values of a dictionary are left in
   * it, where all are of one.
   */
  async take(rows: number, keepIndices = false): Promise<Leaf> {
    const parts: Part[] = []
    for (let done = 0; ; ) {
      const window = await this.#nextWindow(rows - done)
      if (!window) {
        if (done < rows) throw corrupt(`a column has ${done} of ${rows} rows`)
        break
      }
      const { end, begun } = this.#endOf(window, rows - done)
      if (end > window.at) parts.push(this.#takePart(window, end, keepIndices))
      done += begun
      // Where the last list of these rows ends is known once the next one begins.
      if (end < window.count || (done === rows && !this.#isRepeated)) break
    }
    return this.#join(parts, keepIndices)
  }

  /** Gives back the memory of pages that are done: no rows that were taken must be used any longer. */
  recycle(): void {
    this.#pages.recycle()
  }

  /** Lets go of that memory, where the rows are used for longer. */
  forget(): void {
    this.#pages.forget()
  }

  /** Throws where there are more rows than were taken. Where they were passing, gives back their memory. */
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

  /** Where so many rows end in a window, and how many of them begin there. */
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

  #takePart(window: Window, end: number, keepIndices: boolean): Part {
    const { at } = window
    const part = (levels: Uint8Array | number) => (typeof levels === 'number' ? levels : levels.subarray(at, end))
    const definition = part(window.definition)
    const count = end - at
    const defined = countLevel(definition, count, this.#maxDefinition)
    const { values } = this.#page!
    window.at = end
    const levels = { count, definition, repetition: part(window.repetition) }
    if (!('dictionary' in values)) return { ...levels, values: values.take(defined), indices: undefined }
    if (!keepIndices) return { ...levels, values: values.takeValues(defined), indices: undefined }
    return { ...levels, values: values.dictionary, indices: values.takeIndices(defined) }
  }

  #join(parts: Part[], keepIndices: boolean): Leaf {
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
    if (levels.repetition && levels.repetition[0] !== 0) throw corrupt('a column begins within a list')
    const [first] = parts
    const isOne = parts.every(({ values, indices }) => indices && values === first!.values)
    if (keepIndices && first && isOne) {
      return { ...levels, values: first.values, indices: joinIndices(parts.map(({ indices }) => indices!)) }
    }
    const values = parts.map(({ values, indices }) =>
      indices ? lookUpValues(this.#type, values, indices, this.#pages.room) : values,
    )
    return { ...levels, values: concatValues(this.#type, values, this.#pages.room) }
  }
}
