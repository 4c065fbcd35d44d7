/** The classes of parts: those of a folder are of one table, as a rule, which other programs read as one. */
import { SoftmaxError, shown } from '../../core/errors.js'
import { sha256 } from './digest.js'

/** What the manifest says of a part's classes: how many there are, what the first are called, and a digest of all names. */
export interface PartClasses {
  count: number
  first: string
  sha256: string
}

export function partClasses(names: readonly string[]): PartClasses {
  const digest = sha256().update(JSON.stringify(names)).digest('hex')
  return { count: names.length, first: names.slice(0, NAMED).join(), sha256: digest }
}

/** How many names of classes are held. */
const NAMED = 5

/** The different sets of classes, each with the first part that has it. */
export class ClassSets {
  readonly #sets = new Map<string, { index: number; name: string; classes: PartClasses }>()

  add(index: number, name: string, classes: PartClasses): void {
    const before = this.#sets.get(classes.sha256)
    if (!before || index < before.index) this.#sets.set(classes.sha256, { index, name, classes })
  }

  /** What differs between the first part and the first of another kind; undefined where all are of one. */
  get difference(): string | undefined {
    const [first, other] = [...this.#sets.values()].sort((a, b) => a.index - b.index)
    if (!first || !other) return undefined
    const [one, two] = [first, other].map(({ name, classes }) => `${shown(name)} has ${classesText(classes)}`)
    return `${two}, and ${one}`
  }

  /** Throws E_PARTS where parts differ; `remedy` is what else to do. */
  requireOne(remedy: string): void {
    const { difference } = this
    if (difference !== undefined) throw new SoftmaxError('E_PARTS', { reason: `${difference}; ${remedy}` })
  }
}

/** `2 classes ("a,b")` */
function classesText({ count, first }: PartClasses): string {
  return `${count} ${count === 1 ? 'class' : 'classes'} (${shown(first)})`
}
