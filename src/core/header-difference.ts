/** How the names of an input differ from those of the first, in one sentence. */
import { plural, shown, shownNames } from './errors.js'

/** The first difference, or the names that only one of them has; `of` is what the message calls the other. */
export function headerDifference(
  names: readonly string[],
  others: readonly string[],
  of: string,
  noun: 'column' | 'class' | 'kept column' = 'column',
): string {
  const lacked = without(others, names)
  const added = without(names, others)
  const at = names.findIndex((name, index) => name !== others[index])
  if (names.length === others.length) {
    return `${noun} ${at + 1} is ${shown(names[at]!)}, but ${shown(others[at]!)} in ${of}`
  }
  const [one, several] = [noun, plural(2, noun).slice(2)]
  const listed = (list: readonly string[]) => `the ${list.length === 1 ? one : several} ${shownNames(list)}`
  if (lacked.length === 0 && added.length > 0) return `it has ${listed(added)}, which ${of} lacks`
  if (added.length === 0 && lacked.length > 0) return `it lacks ${listed(lacked)} of ${of}`
  if (lacked.length > 0) return `it lacks ${listed(lacked)} of ${of}, and has ${shownNames(added)} instead`
  return `it has ${plural(names.length, noun)}, but ${of} has ${others.length}`
}

function without(names: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others)
  return names.filter((name) => !known.has(name))
}
