/** The classes and kept columns of parts: other programs read a directory as one table, so they should agree. */
import { listedName, plural, SoftmaxError, shown } from '../../core/errors.js'
import { sha256 } from './digest.js'

/** The names of a part's classes or columns in the manifest: how many, the first ones, and a digest of all. */
export interface PartNames {
  count: number
  first: string
  sha256: string
  /** The digest in alphabetical order, if they are in another. */
  sorted?: string
}

export function partNames(names: readonly string[]): PartNames {
  const [digest, sorted] = [digestOfNames(names), digestOfNames([...names].sort())]
  const first = names.slice(0, NAMED).map(listedName).join()
  return { count: names.length, first, sha256: digest, ...(sorted !== digest && { sorted }) }
}

function digestOfNames(names: readonly string[]): string {
  return sha256().update(JSON.stringify(names)).digest('hex')
}

/** The digest that lists of the same names in any order have in common. */
function digestOfSet({ sha256, sorted = sha256 }: PartNames): string {
  return sorted
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

/** A list of names, the first part that has it, and the number of parts that do. */
interface NameList {
  index: number
  name: string
  names: PartNames
  parts: number
}

/** The distinct lists of names. */
export class NameSets {
  readonly #kind: Kind
  readonly #lists = new Map<string, NameList>()

  constructor(kind: Kind) {
    this.#kind = kind
  }

  add(index: number, name: string, names: PartNames | undefined): void {
    if (!names) return
    const before = this.#lists.get(names.sha256)
    const parts = 1 + (before?.parts ?? 0)
    const first = before && before.index < index ? before : { index, name, names }
    this.#lists.set(names.sha256, { ...first, parts })
  }

  /** The names of the first part. */
  get first(): PartNames | undefined {
    return this.#ordered[0]?.names
  }

  get #ordered(): NameList[] {
    return [...this.#lists.values()].sort((a, b) => a.index - b.index)
  }

  /** The first part with other names than the first of all, and how many more there are; undefined if all agree. */
  get difference(): string | undefined {
    const [first, ...rest] = this.#ordered
    const others = rest.filter(({ names }) => digestOfSet(names) !== digestOfSet(first!.names))
    const [other] = others
    return other && `${this.#differenceText(first!, other)}${moreText(others)}`
  }

  /** The first part with the names of an earlier one in another order, and how many more there are. */
  get orderDifference(): string | undefined {
    const bySet = new Map<string, NameList>()
    const others = this.#ordered.filter((list) => {
      const set = digestOfSet(list.names)
      if (bySet.has(set)) return true
      bySet.set(set, list)
      return false
    })
    const [other] = others
    return other && `${this.#orderText(bySet.get(digestOfSet(other.names))!, other)}${moreText(others)}`
  }

  /** Throws E_PARTS if parts differ; `remedy` is the alternative. */
  requireOne(remedy: string): void {
    const difference = this.difference ?? this.orderDifference
    if (difference !== undefined) throw new SoftmaxError('E_PARTS', { reason: `${difference}; ${remedy}` })
  }

  /** `"c.csv" has 2 classes ("x,y"), but "a.csv" has 2 classes ("a,b")` */
  #differenceText(first: NameList, other: NameList): string {
    const { verb, several } = this.#kind
    if (first.names.count === other.names.count && first.names.first === other.names.first) {
      return `${shown(other.name)} ${verb} other ${several} than ${shown(first.name)} after the first ${NAMED}`
    }
    const [one, two] = [first, other].map(({ name, names }) => `${shown(name)} ${verb} ${this.#text(names)}`)
    return `${two}, but ${one}`
  }

  /** `"b.csv" has the classes of "a.csv" in another order ("b,a", not "a,b")` */
  #orderText(first: NameList, other: NameList): string {
    const { verb, several } = this.#kind
    const [one, two] = [first.names.first, other.names.first]
    const how = one === two ? ` after the first ${NAMED}` : ` (${shown(two)}, not ${shown(one)})`
    return `${shown(other.name)} ${verb} the ${several} of ${shown(first.name)} in another order${how}`
  }

  /** `2 classes ("a,b")` */
  #text({ count, first }: PartNames): string {
    const { one, several } = this.#kind
    return `${count} ${count === 1 ? one : several}${count === 0 ? '' : ` (${shown(first)})`}`
  }
}

/** `; 3 other parts differ, too`: besides the first of some lists. */
function moreText(lists: readonly NameList[]): string {
  const more = lists.reduce((sum, { parts }) => sum + parts, -1)
  return more === 0 ? '' : `; ${plural(more, 'other part')} ${more === 1 ? 'differs' : 'differ'}, too`
}
