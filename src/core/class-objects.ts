/** Objects inside JSON rows that appear to have a number for each class. */

import { hasLogitWord } from './column-name.js'
import { areNamedAsClasses, factsOf, isEvident } from './evidence.js'
import { MOST_LEVELS } from './object-members.js'
import { signOfProbabilities } from './probabilities.js'
import type { ClassObject } from './record-batch.js'
import { typeOf } from './value-type.js'

/** The class objects in a value, which may be one itself; the path is that of the value. */
export function classObjectsIn(value: unknown, path: readonly string[], deepest = MOST_LEVELS): ClassObject[] {
  const type = typeOf(value)
  if ((type !== 'json' && type !== 'record') || Array.isArray(value) || deepest === 0) return []
  const entries = Object.entries(value as object)
  if (type === 'json') return entries.flatMap(([key, item]) => classObjectsIn(item, [...path, key], deepest - 1))
  if (!path.every((key) => PLAIN.test(key))) return []
  const holds = contentOf(entries, path.at(-1)!)
  return holds === undefined ? [] : [{ path: path.join('.'), holds }]
}

/** What an object holds, by the evidence that a header of the same names would give. */
function contentOf(entries: readonly [string, unknown][], name: string): ClassObject['holds'] | undefined {
  if (entries.length < 2 || !entries.every(([, value]) => typeof value === 'number')) return undefined
  if (hasLogitWord(name)) return 'logits'
  const header = entries.map(([key]) => key)
  const facts = entries.map(([name, value], index) =>
    factsOf({ name, type: 'number', cells: [String(value)] }, index, header),
  )
  if (facts.some(({ isOther, isIndex }) => isOther || isIndex)) return undefined
  if (signOfProbabilities([entries.map(([, value]) => value as number)]) === 'sum') return 'probabilities'
  const circumstances = { named: true, labels: undefined }
  return areNamedAsClasses(facts, circumstances) || isEvident(facts, circumstances) ? 'logits' : undefined
}

/** Keys that need no quotes in a selector. */
const PLAIN = /^[\p{L}_][\p{L}\p{N}_-]*$/u
