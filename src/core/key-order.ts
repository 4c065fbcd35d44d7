/** The order of keys, where it is not that of JavaScript, which sorts keys that are integers and puts them first. */
import type { Field } from './data-type.js'
import { hiddenProperty } from './hidden-property.js'

/** Whether an object has the property of this name before others, whatever the order in which it got them. */
export function isIndex(name: string): boolean {
  return String(Number(name) >>> 0) === name
}

/** Attached to an object of logits. */
const order = hiddenProperty<readonly string[]>()

/** Creates the function that attaches the order of these keys to an object of logits that `read` makes, if it has another. */
export function keyOrderer(keys: readonly string[]): <Of extends object>(record: Of) => Of {
  if (!keys.some(isIndex)) return (record) => record
  return (record) => {
    if (!order.get(record)) order.put(record, keys)
    return record
  }
}

/** The names of the fields of a struct. */
export function structNames({ type }: Field): readonly string[] | undefined {
  return type.kind === 'struct' ? type.fields.map(({ name }) => name) : undefined
}

/** The keys of an object in the order of the columns, or of the given names; in its own if it has other keys by now. */
export function orderedKeys(record: object, names = order.get(record)): readonly string[] {
  const keys = Object.keys(record)
  const isSame = names?.length === keys.length && names.every((name) => Object.hasOwn(record, name))
  return isSame ? names : keys
}
