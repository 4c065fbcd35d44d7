/** Selects single values inside objects: `m.a,m.b` are two logits of `{"m":{"a":1,"b":2}}`. */
import { SoftmaxError } from './errors.js'
import { optionText } from './option-words.js'
import type { ValueOf } from './options.js'
import { select } from './selector.js'

/** The keys and indices that lead to a value. */
type Path = readonly string[]

/**
 * The selected paths into the values of columns. If the selector is invalid, or excludes some, all paths into the columns
 * that it names: its error may list them.
 *
 * @param pathsIn the paths to single values inside the value of a column, which begin with its name
 * @param at the value at a path
 * @throws E_SELECTOR for a list or object beside other items
 */
export function selectedPaths(
  logits: ValueOf<'logits'> | undefined,
  columns: readonly string[],
  pathsIn: (column: string) => Path[],
  at: (path: Path) => unknown,
): Path[] {
  const items = typeof logits === 'string' ? logits.split(',') : (logits ?? [])
  const leadsInto = (column: string) => items.some((item) => item.replace(/^[\s!"]*/, '').startsWith(`${column}.`))
  const paths = columns.filter(leadsInto).flatMap(pathsIn)
  const header = [...columns, ...paths.map(pathName)]
  if (items.length > 1) requireValues(items, new Set(header), at)
  if (paths.length === 0) return []
  const chosen = items.some((item) => /^\s*!/.test(item)) ? new Set(header.keys()) : selectedIn(logits!, header)
  // In the order of the selector, as objects of several inputs may have their keys in different orders.
  return [...chosen].flatMap((at) => (columns.includes(header[at]!) ? [] : [paths[at - columns.length]!]))
}

/** Throws E_SELECTOR if one of several items leads to a list or an object, which would hold all logits. */
function requireValues(items: readonly string[], header: ReadonlySet<string>, at: (path: Path) => unknown): void {
  for (const item of items.map((item) => item.trim())) {
    if (!item.includes('.') || header.has(item)) continue
    const value = at(item.split('.'))
    if (typeof value !== 'object' || value === null) continue
    const what = Array.isArray(value) ? 'a list' : 'an object'
    const reason = `is ${what}, so it must be the only selector: ${optionText('logits', item)}`
    throw new SoftmaxError('E_SELECTOR', { item, reason })
  }
}

/** A path as a selector and column name. */
export function pathName(path: Path): string {
  return path.join('.')
}

function selectedIn(logits: ValueOf<'logits'>, header: readonly string[]): ReadonlySet<number> {
  try {
    return new Set(select(logits, header))
  } catch {
    return new Set(header.keys())
  }
}
