/** The types of kept columns of parts: programs that read a directory as one table take those of the first file. */
import { plural, shown } from '../../core/errors.js'
import { optionText } from '../../core/option-words.js'
import { type TypeName, type Types, withType } from '../../core/requested-types.js'
import { nameOfType } from '../announcement.js'
import type { PartNames } from './names.js'

/** A type that a column has in some parts, and the first of these. */
interface TypeInParts {
  index: number
  part: string
  type: string
}

/** How a column differs between parts. */
interface Difference {
  column: string
  first: TypeInParts
  other: TypeInParts
  types: string[]
}

/** The types of each kept column. */
export class TypeSets {
  readonly #columns = new Map<string, Map<string, TypeInParts>>()

  add(index: number, part: string, kept: PartNames | undefined): void {
    for (const [nth, type] of (kept?.types ?? []).entries()) this.#add(kept!.names[nth]!, { index, part, type })
  }

  #add(column: string, found: TypeInParts): void {
    const types = this.#columns.get(column) ?? new Map<string, TypeInParts>()
    this.#columns.set(column, types)
    const key = storedType(found.type)
    const before = types.get(key)
    if (!before || found.index < before.index) types.set(key, found)
  }

  /** A warning with the first column that has several types; undefined if there is none. `areRequestable`: by option. */
  warning(types: Types, areRequestable: boolean): string | undefined {
    const differences = Array.from(this.#columns, differenceOf).filter((difference) => difference !== undefined)
    const [difference] = differences.sort((a, b) => a.other.index - b.other.index)
    if (!difference) return undefined
    const { column, first, other } = difference
    const what = `${shown(other.part)} has the kept column ${shown(column)} as ${nameOfType(other.type)}, ${shown(first.part)} as ${nameOfType(first.type)}`
    const more = differences.length - 1
    const others = more > 0 ? `, and ${plural(more, 'more column')} ${more === 1 ? 'has' : 'have'} several types` : ''
    return `${what}${others}; ${MEANING}${areRequestable ? remedyFor(difference, types) : ''}`
  }
}

const MEANING = 'each output has the types of its part'

function differenceOf([column, byType]: [string, Map<string, TypeInParts>]): Difference | undefined {
  const [first, other] = [...byType.values()].sort((a, b) => a.index - b.index)
  return first && other && { column, first, other, types: Array.from(byType.keys(), nameOfType) }
}

/** The type without what only its encoding shows, such as a dictionary, whose index grows with the number of values. */
function storedType(type: string): string {
  return type
    .replace(/^dictionary<u?int\d+, (.*)>(?: ordered)?$/, '$1')
    .replace(/\b(?:large|view)_(?=utf8|binary)/g, '')
}

/** `; --types v=float64 gives all parts one type`. The text may be that of a column that is null in some parts. */
function remedyFor({ column, types: names }: Difference, types: Types): string {
  const type = commonType(names)
  const [option, asText] = [type, 'text' as const].map((name) => withType(types, column, name))
  if (option === undefined) return ''
  const mayBeText = type !== 'text' && names.includes('text')
  const alternative = mayBeText ? `, or ${optionText('types', asText)} if some values are text` : ''
  return `; ${optionText('types', option)} gives all parts one type${alternative}`
}

/** The type for values of several types that are found in text. */
function commonType(names: readonly string[]): TypeName {
  const types = TYPES.filter((type) => names.includes(type))
  if (types.length === 1) return types[0]!
  return types.length === 2 && !types.includes('bool') ? 'float64' : 'text'
}

/** The types that values of JSON have. */
const TYPES = ['int64', 'float64', 'bool'] as const satisfies TypeName[]
