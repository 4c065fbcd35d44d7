/** The types that a stream of `read` finds, for rows that do not have them because the program made them. */
import type { Duplex } from 'node:stream'
import { hiddenProperty } from './hidden-property.js'
import type { SourceTypes } from './source-types.js'

/** The types of the first rows, once they are read. */
export interface FoundTypes {
  types?: SourceTypes
}

/** Attached to a stream of `read`. */
export const foundTypes = hiddenProperty<FoundTypes>()

/** The types that a stream has found; undefined if its input has none, or none of its rows is read. */
export function typesFoundBy(stream: Duplex): SourceTypes | undefined {
  return foundTypes.get(stream)?.types
}
