/** Classes of logits that are an object of JSON: its keys, or the labels that declare them by name. */
import { plural, SoftmaxError, shown } from './errors.js'
import { labelNames } from './labels.js'
import { labelsText, optionText, someKeys } from './option-words.js'

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

/** Throws E_LABELS if only some of the keys are among the labels; `name` is the path of the logits. */
export function requireDeclared(labels: Labels, keys: readonly string[], name: string): void {
  if (labels === undefined) return
  const names = labelNames(labels)
  const known = new Set(names)
  const others = keys.filter((key) => !known.has(key))
  if (others.length === 0 || others.length === keys.length) return
  const all = labelsText([...names, ...others])
  const remedy = all === undefined ? `name all ${plural(keys.length, 'class')}` : `use ${optionText('labels', all)}`
  const some = someKeys(name, names)
  const or = some === undefined ? '' : `, or ${some} to read only the keys listed`
  const reason = `the key ${shown(others[0]!)} of the logits is not one of the names; ${remedy}${or}`
  throw new SoftmaxError('E_LABELS', { reason })
}
