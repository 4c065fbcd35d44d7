/** Lists of labels with scores, as classifiers and chat models return them: `[{"label": "A", "score": 2.1}, …]`. */

import { shown } from './errors.js'
import { run } from './file-kinds.js'
import { jqKey, jqPath } from './jq.js'
import { MOST_LEVELS } from './object-members.js'
import { optionText, PLAIN_KEY } from './option-words.js'

/** The keys and indices that lead to a value. */
type Path = readonly string[]

/** Where a list is, and the keys of its labels and scores. */
export interface ScoreList {
  path: Path
  label: string
  score: string
}

/** The list at a path, if it is one: each item has one text and one number, and nothing else but null or flat lists. */
export function scoreListAt(value: unknown, path: Path): ScoreList | undefined {
  if (!Array.isArray(value) || value.length < 2) return undefined
  const keys = keysOf(value[0])
  if (!keys) return undefined
  const isLike = (item: unknown) => {
    const { label, score } = keysOf(item) ?? {}
    return label === keys.label && score === keys.score
  }
  return value.every(isLike) ? { path, ...keys } : undefined
}

function keysOf(item: unknown): Pick<ScoreList, 'label' | 'score'> | undefined {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined
  const entries = Object.entries(item)
  const [label, ...labels] = entries.filter(([, value]) => typeof value === 'string')
  const [score, ...scores] = entries.filter(([, value]) => typeof value === 'number')
  const others = entries.filter(([, value]) => typeof value !== 'string' && typeof value !== 'number')
  if (!label || !score || labels.length + scores.length > 0 || !others.every(([, value]) => isFlat(value)))
    return undefined
  return { label: label[0], score: score[0] }
}

/** Whether a value is null, or a list without objects, as the bytes of a token are. */
function isFlat(value: unknown): boolean {
  if (value === null) return true
  return Array.isArray(value) && !value.some((item) => typeof item === 'object' && item !== null)
}

/** The first such list in a value, also behind lists of one item, as answers of chat models have them. */
export function scoreListIn(value: unknown, path: Path, deepest = MOST_LEVELS): ScoreList | undefined {
  if (typeof value !== 'object' || value === null || deepest === 0) return undefined
  const own = scoreListAt(value, path)
  if (own || (Array.isArray(value) && value.length > 1)) return own
  for (const [key, item] of Object.entries(value)) {
    const found = scoreListIn(item, [...path, key], deepest - 1)
    if (found) return found
  }
  return undefined
}

/** The list that a path leads into. */
export function scoreListOn(path: Path, at: (path: Path) => unknown): ScoreList | undefined {
  for (let length = 1; length <= path.length; length++) {
    const list = scoreListAt(at(path.slice(0, length)), path.slice(0, length))
    if (list) return list
  }
  return undefined
}

/** Says what is at its path, and what to do. */
export function scoreListReason(list: ScoreList, remedy: string): string {
  return `${nameOf(list)} is ${WHAT}${remedy}`
}

/** Says the same of a path that leads into it. */
export function scoreItemReason(list: ScoreList, remedy: string): string {
  return `leads into ${nameOf(list)}, which is ${WHAT}${remedy}`
}

const WHAT = 'a list of labels with scores'

function nameOf({ path }: ScoreList): string {
  return shown(path.join('.'))
}

/** The command that makes an object of a list in rows like this one, whose keys are the classes; empty if none can. */
export function jqRemedy({ path, label, score }: ScoreList, row: unknown): string {
  const at = jqPath(path, row)
  if (at === undefined || !PLAIN_KEY.test(label) || !PLAIN_KEY.test(score)) return ''
  // A row without a list becomes one with null, which is counted, where `map` would fail and lose it.
  const program = `${at} |= ((. // []) | map({(${jqKey(label)}): ${jqKey(score)}}) | add)`
  const command = run(`jq -c '${program}' FILE`, path.join('.'))('FILE')
  return `; ${command}; if rows have different labels, list all with ${optionText('labels')} and add ${optionText('missing', '-inf')}`
}

/** How a program makes such an object. */
export function objectRemedy({ label, score }: ScoreList): string {
  return `; make it an object, whose keys are the classes: Object.fromEntries(list.map((item) => [item.${label}, item.${score}]))`
}
