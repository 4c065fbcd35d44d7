/** Duplicate keys that matter: JSON does not define which of them counts. */
import { hasUniqueKeys, itemsIn, repeatedKeys, valuesIn } from './json.js'
import { POSITION } from './row.js'

/** The keys of an object that must not be duplicated, and the objects and lists inside it that have such keys. */
interface UniqueKeys {
  readonly keys: Set<string>
  readonly inside: Map<string, UniqueKeys>
}

/** The keys on some paths. */
export function keysOn(paths: readonly (readonly string[])[]): UniqueKeys {
  const root = noKeys()
  for (const path of paths) {
    let object = root
    for (const [depth, key] of path.entries()) {
      object.keys.add(key)
      if (depth < path.length - 1) object = insideOf(object, key)
    }
  }
  return root
}

function insideOf({ inside }: UniqueKeys, key: string): UniqueKeys {
  const object = inside.get(key) ?? noKeys()
  inside.set(key, object)
  return object
}

function noKeys(): UniqueKeys {
  return { keys: new Set(), inside: new Map() }
}

/** The first duplicate key of a row, and of what is inside it; `matters` is whether a further key of the row is used. */
export function repeatedKey(
  value: object,
  text: string,
  { keys, inside }: UniqueKeys,
  matters: (key: string) => boolean = () => false,
): string | undefined {
  if (hasUniqueKeys(text, value)) return undefined
  const repeated = Array.isArray(value) ? [] : [...repeatedKeys(text)]
  const found = repeated.find((key) => keys.has(key) || matters(key))
  return found ?? (inside.size > 0 ? repeatedInside(value, text, inside) : undefined)
}

/** The same inside the values of an object or list. Its text is split once for all of them. */
function repeatedInside(value: object, text: string, inside: UniqueKeys['inside']): string | undefined {
  const texts = Array.isArray(value) ? itemsIn(text) : valuesIn(text)
  const textOf = (key: string) => (Array.isArray(texts) ? texts[Number(key)] : texts.get(key))
  for (const [key, keys] of inside) {
    if (Array.isArray(value) && !POSITION.test(key)) continue
    const item = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
    if (typeof item !== 'object' || item === null) continue
    const repeated = repeatedKey(item, textOf(key)!, keys)
    if (repeated !== undefined) return repeated
  }
  return undefined
}
