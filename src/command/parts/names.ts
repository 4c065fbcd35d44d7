/** The classes and kept columns of parts: other programs read a directory as one table, so they should agree. */
import { plural, SoftmaxError, shown } from '../../core/errors.js'
import { firstDifference, type Noun, namesDifference, pluralOf } from '../../core/header-difference.js'
import { sha256 } from './digest.js'

/** The names of a part's classes or columns in the manifest: how many, the first ones, and a digest of all. */
export interface PartNames {
  count: number
  names: string[]
  sha256: string
  /** The digest of the names in alphabetical order, if they are in another order. */
  sorted?: string
  /** The types of the columns with the first names, if the output has types. */
  types?: string[]
}

export function partNames(names: readonly string[], types?: readonly string[]): PartNames {
  const [digest, sorted] = [digestOfNames(names), digestOfNames([...names].sort())]
  const first = firstOf(names)
  return {
    count: names.length,
    names: first,
    sha256: digest,
    ...(sorted !== digest && { sorted }),
    ...(types && { types: types.slice(0, first.length) }),
  }
}

/** The first names, up to a total length. */
function firstOf(names: readonly string[]): string[] {
  let length = 0
  const end = names.findIndex((name) => {
    length += name.length
    return length > LONGEST
  })
  return names.slice(0, end < 0 ? undefined : end)
}

/** A line of the manifest is then hardly longer than the header of its part. */
const LONGEST = 10_000

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

/** A list of names, the first part that has it, and the number of parts that do. */
interface NameList {
  index: number
  name: string
  names: PartNames
  parts: number
}

/** The distinct lists of names. */
export class NameSets {
  readonly #noun: Noun
  readonly #lists = new Map<string, NameList>()

  constructor(noun: Noun) {
    this.#noun = noun
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

  /** `"c.csv" has the class "x", which "a.csv" lacks` */
  #differenceText(first: NameList, { name, names }: NameList): string {
    const of = shown(first.name)
    if ([names, first.names].every(isComplete) && ![names, first.names].every(positionsIn)) {
      return `${shown(name)} ${namesDifference(names.names, first.names.names, of, this.#noun)}`
    }
    const { count } = first.names
    if (count !== names.count) return `${shown(name)} has ${plural(names.count, this.#noun)}, but ${of} has ${count}`
    return `${shown(name)} has other ${pluralOf(this.#noun)} than ${of}${this.#firstText(first.names, names)}`
  }

  /** `"b.csv" has the classes of "a.csv" in another order (class 1 is "b", not "a")` */
  #orderText(first: NameList, { name, names }: NameList): string {
    const what = `the ${pluralOf(this.#noun)} of ${shown(first.name)}`
    return `${shown(name)} has ${what} in another order${this.#firstText(first.names, names)}`
  }

  /** ` (class 1 is "b", not "a")` */
  #firstText({ names: others }: PartNames, { names }: PartNames): string {
    const at = firstDifference(names, others)
    if (at < 0 || at >= others.length) return ` after the first ${names.length}`
    return ` (${this.#noun} ${at + 1} is ${shown(names[at]!)}, not ${shown(others[at]!)})`
  }
}

/** Whether all names are known, not only the first ones. */
function isComplete({ count, names }: PartNames): boolean {
  return names.length === count
}

/** ` (3 more parts differ)`: besides the first of some lists. */
function moreText(lists: readonly NameList[]): string {
  const more = lists.reduce((sum, { parts }) => sum + parts, -1)
  return more === 0 ? '' : ` (${plural(more, 'more part')} ${more === 1 ? 'differs' : 'differ'})`
}
