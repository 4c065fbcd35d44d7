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

/** The types that a stream has found; undefined if its input has none, or is not read yet. */
export function typesFoundBy(stream: Duplex): SourceTypes | undefined {
  return foundTypes.get(stream)?.types
}

/** The names of properties that a stream has found; undefined if it is not one of `read`. */
export function namesFoundBy(stream: Duplex): readonly string[] | undefined {
  return foundTypes.get(stream)?.names
}
