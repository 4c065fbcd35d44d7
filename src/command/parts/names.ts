/** The classes and kept columns of parts: other programs read a directory as one table, so they should agree. */
import { listedName, SoftmaxError, shown } from '../../core/errors.js'
import { sha256 } from './digest.js'

/** The names of a part's classes or columns in the manifest: how many, the first ones, and a digest of all. */
export interface PartNames {
  count: number
  first: string
  sha256: string
}

export function partNames(names: readonly string[]): PartNames {
  const digest = sha256().update(JSON.stringify(names)).digest('hex')
  return { count: names.length, first: names.slice(0, NAMED).map(listedName).join(), sha256: digest }
}

/** The positions of classes that have no names; undefined for names. */
export function positionsIn(names: PartNames | undefined): string[] | undefined {
  const positions = Array.from({ length: names?.count ?? 0 }, (_, index) => String(index))
  return names && partNames(positions).sha256 === names.sha256 ? positions : undefined
}

/** How many names the manifest lists. */
const NAMED = 5

/** What is compared: `has 2 classes`, `keeps 1 column`. */
interface Kind {
  verb: string
  one: string
  several: string
}

/** The distinct lists of names, each with the first part that has it. */
export class NameSets {
  readonly #kind: Kind
  readonly #sets = new Map<string, { index: number; name: string; names: PartNames }>()

  constructor(kind: Kind) {
    this.#kind = kind
  }

  add(index: number, name: string, names: PartNames | undefined): void {
    const before = names && this.#sets.get(names.sha256)
    if (names && (!before || index < before.index)) this.#sets.set(names.sha256, { index, name, names })
  }

  /** The names of the first part. */
  get first(): PartNames | undefined {
    return this.#ordered[0]?.names
  }

  get #ordered() {
    return [...this.#sets.values()].sort((a, b) => a.index - b.index)
  }

  /** The difference between the first part and the first deviating one; undefined if all agree. */
  get difference(): string | undefined {
    const [first, other] = this.#ordered
    if (!first || !other) return undefined
    const { verb, several } = this.#kind
    if (first.names.count === other.names.count && first.names.first === other.names.first) {
      return `${shown(other.name)} ${verb} other ${several} than ${shown(first.name)} after the first ${NAMED}`
    }
    const [one, two] = [first, other].map(({ name, names }) => `${shown(name)} ${verb} ${this.#text(names)}`)
    return `${two}, but ${one}`
  }

  /** Throws E_PARTS if parts differ; `remedy` is the alternative. */
  requireOne(remedy: string): void {
    const { difference } = this
    if (difference !== undefined) throw new SoftmaxError('E_PARTS', { reason: `${difference}; ${remedy}` })
  }

  /** `2 classes ("a,b")` */
  #text({ count, first }: PartNames): string {
    const { one, several } = this.#kind
    return `${count} ${count === 1 ? one : several}${count === 0 ? '' : ` (${shown(first)})`}`
  }
}
