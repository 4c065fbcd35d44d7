/** The selector that a message proposes for some columns. */
import { plainName } from './column-name.js'
import { select } from './selector.js'

/** Up to this many columns are listed one by one. */
const FEW = 8
/** More runs or longer names would make a message that nobody reads. */
const MOST_RUNS = 32
const LONGEST_NAME = 80

/** Selects columns by their names if that is unambiguous, otherwise by position; undefined if there are none. */
export function proposedSelector(header: readonly string[], indices: readonly number[]): string | undefined {
  if (indices.length === 0) return undefined
  const runs = runsOf(indices)
  return byNames(header, indices, runs) ?? runs.map(([first, last]) => rangeText(first + 1, last + 1)).join()
}

function byNames(header: readonly string[], indices: readonly number[], runs: readonly Run[]): string | undefined {
  const nameOf = (index: number) => plainName(header[index]!)
  const named: readonly Run[] = indices.length <= FEW ? indices.map((index) => [index, index]) : runs
  if (named.length > MOST_RUNS || !named.flat().every((index) => isPlain(nameOf(index)))) return undefined
  const text = named.map(([first, last]) => rangeText(nameOf(first), nameOf(last))).join()
  return selects(text, header, indices) ? text : undefined
}

/** Whether a selector takes a text for a name, and not for a position or a pattern. */
function isPlain(name: string): boolean {
  return name.length <= LONGEST_NAME && /^[\p{L}_][^,"*?]*$/u.test(name)
}

function selects(text: string, header: readonly string[], indices: readonly number[]): boolean {
  try {
    const found = select(text, header)
    return found.length === indices.length && found.every((index, position) => index === indices[position])
  } catch {
    // Two columns with the same name can be selected only by position.
    return false
  }
}

function rangeText(first: number | string, last: number | string): string {
  return first === last ? `${first}` : `${first}-${last}`
}

/** The first and last of consecutive numbers. */
type Run = [first: number, last: number]

function runsOf(numbers: readonly number[]): Run[] {
  const runs: Run[] = []
  for (const number of numbers) {
    const run = runs.at(-1)
    if (run && run[1] + 1 === number) run[1] = number
    else runs.push([number, number])
  }
  return runs
}
