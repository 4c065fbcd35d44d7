/** The types that a stream of `read` finds, for rows that do not have them because the program made them. */
import type { Duplex } from 'node:stream'
import { hiddenProperty } from './hidden-property.js'
import type { SourceTypes } from './source-types.js'

/** What a stream has found about its rows, once its columns are known. */
export interface FoundTypes {
  /** The names of their properties, if the input names them; rows of JSON have any. */
  names?: readonly string[]
  /** The types of the first rows, or of the columns if there are no rows. */
  types?: SourceTypes
}

/** Attached to a stream of `read`. */
export const foundTypes = hiddenProperty<FoundTypes>()

/** The latest streams that found types of columns, which copies lose, and how many did in all. */
const latest: FoundTypes[] = []
let count = 0
const REMEMBERED = 4

/** Notes the types that a stream finds first. */
export function noteTypes(found: FoundTypes, types: SourceTypes): void {
  if (found.types) return
  found.types = types
  if (types.columns.size === 0) return
  latest.unshift({ ...found, types: withoutSeeds(types) })
  latest.length = Math.min(latest.length, REMEMBERED)
  count += 1
}

/** How many streams have found types so far. */
export function countOfTypes(): number {
  return count
}

/**
 * The types that streams have found since there were `before` of them, if the properties of the given names may be copies
 * of their rows. A small input is read to its end, and its stream closed, before copies are written.
 */
export function typesOfCopies(names: readonly string[], before: number): SourceTypes[] {
  const has = new Set(names)
  return latest.slice(0, count - before).flatMap(({ names: all = [], types }) => {
    const shared = all.filter((name) => has.has(name)).length
    return types && 2 * shared >= all.length ? types : []
  })
}

/** Types that do not keep the values of dictionaries in memory. */
function withoutSeeds({ columns, ...types }: SourceTypes): SourceTypes {
  const entries = [...columns].map(([name, { field }]) => [name, { field, seed: undefined }] as const)
  return { ...types, columns: new Map(entries) }
}

/** The types that a stream has found; undefined if its input has none, or is not read yet. */
export function typesFoundBy(stream: Duplex): SourceTypes | undefined {
  return foundTypes.get(stream)?.types
}

/** The names of properties that a stream has found; undefined if it is not one of `read`. */
export function namesFoundBy(stream: Duplex): readonly string[] | undefined {
  return foundTypes.get(stream)?.names
}
