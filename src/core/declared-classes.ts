/** Classes of logits that are an object of JSON: its keys, or the labels that declare them by name. */
import { plural, SoftmaxError, shown } from './errors.js'
import { labelNames } from './labels.js'
import { labelsText, optionText, someKeys } from './option-words.js'
import { nearest } from './suggestion.js'

type Labels = string | readonly string[] | undefined

/**
 * The keys of all rows in class order, given those of the first object. Labels that include these are keys themselves:
 * a row may lack some of them. Labels that include none of them only rename them.
 */
export function declaredKeys(labels: Labels, found: readonly string[]): readonly string[] {
  if (labels === undefined || found.length === 0) return found
  const names = labelNames(labels)
  const known = new Set(names)
  const areKeys = known.size === names.length && found.every((key) => known.has(key))
  return areKeys ? names : found
}

/**
 * Throws E_LABELS if only some of the keys are among the labels, or if all are but for their case; `name` is the path of
 * the logits.
 */
export function requireDeclared(labels: Labels, keys: readonly string[], name: string): void {
  if (labels === undefined) return
  const names = labelNames(labels)
  const known = new Set(names)
  const others = keys.filter((key) => !known.has(key))
  const [other] = others
  if (other === undefined || (others.length === keys.length && !areSameButCase(names, keys))) return
  const spelled = respelled(names, others)
  const remedy = spelled ? `did you mean ${optionText('labels', labelsText(spelled))}?` : remedyFor(names, keys, name)
  const reason = `the key ${shown(other)} of the logits is not one of the names; ${remedy}`
  throw new SoftmaxError('E_LABELS', { reason })
}

function areSameButCase(names: readonly string[], keys: readonly string[]): boolean {
  const folded = new Set(names.map((name) => name.toLowerCase()))
  return names.length === keys.length && keys.every((key) => folded.has(key.toLowerCase()))
}

/** The names with the keys that some were meant to be, each of another name; undefined if a key resembles none. */
function respelled(names: readonly string[], others: readonly string[]): readonly string[] | undefined {
  const spelled = [...names]
  for (const key of others) {
    const meant = nearest(
      key,
      spelled.filter((name) => names.includes(name)),
    )
    if (meant === undefined) return undefined
    spelled[spelled.indexOf(meant)] = key
  }
  return spelled
}

function remedyFor(names: readonly string[], keys: readonly string[], name: string): string {
  const others = keys.filter((key) => !names.includes(key))
  const all = labelsText([...names, ...others])
  const remedy = all === undefined ? `name all ${plural(keys.length, 'class')}` : `use ${optionText('labels', all)}`
  const some = someKeys(name, names)
  return some?.count === names.length ? `${remedy}, or ${some.text} to read only the keys listed` : remedy
}
