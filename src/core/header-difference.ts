/** How the names of an input differ from those of the first, in one sentence. */
import { plural, shown, shownNames } from './errors.js'

/** What the names are of. */
export type Noun = 'column' | 'class' | 'kept column'

/** The first difference, or the names that only one of them has; `of` is what the message calls the other. */
export function headerDifference(
  names: readonly string[],
  others: readonly string[],
  of: string,
  noun: Noun = 'column',
): string {
  if (names.length !== others.length) return `it ${namesDifference(names, others, of, noun)}`
  const at = firstDifference(names, others)
  return `${noun} ${at + 1} is ${shown(names[at]!)}, but ${shown(others[at]!)} in ${of}`
}

/** The same without the order, as what the owner of the names `has` or `lacks`. */
export function namesDifference(names: readonly string[], others: readonly string[], of: string, noun: Noun): string {
  const lacked = without(others, names)
  const added = without(names, others)
  const several = pluralOf(noun)
  const listed = (list: readonly string[]) => `the ${list.length === 1 ? noun : several} ${shownNames(list)}`
  if (lacked.length === 0 && added.length > 0) return `has ${listed(added)}, which ${of} lacks`
  if (added.length === 0 && lacked.length > 0) return `lacks ${listed(lacked)} of ${of}`
  if (lacked.length > 0) return `lacks ${listed(lacked)} of ${of}, and has ${shownNames(added)} instead`
  return `has ${plural(names.length, noun)}, but ${of} has ${others.length}`
}

/** The first position, from 0, at which lists of names differ; -1 if there is none. */
export function firstDifference(names: readonly string[], others: readonly string[]): number {
  return names.findIndex((name, index) => name !== others[index])
}

/** `classes` */
export function pluralOf(noun: Noun): string {
  return plural(2, noun).slice(2)
}

function without(names: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others)
  return names.filter((name) => !known.has(name))
}
