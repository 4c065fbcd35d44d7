/** Selects single values inside objects: `m.a,m.b` are two logits of `{"m":{"a":1,"b":2}}`. */
import type { ValueOf } from './options.js'
import { select } from './selector.js'

/** The keys and indices that lead to a value. */
type Path = readonly string[]

/**
 * The selected paths into the values of columns. If the selector is invalid, or excludes some, all paths into the columns
 * that it names: its error may list them.
 *
 * @param pathsIn the paths to single values inside the value of a column, which begin with its name
 */
export function selectedPaths(
  logits: ValueOf<'logits'> | undefined,
  columns: readonly string[],
  pathsIn: (column: string) => Path[],
): Path[] {
  const items = typeof logits === 'string' ? logits.split(',') : (logits ?? [])
  const leadsInto = (column: string) => items.some((item) => item.replace(/^[\s!"]*/, '').startsWith(`${column}.`))
  const paths = columns.filter(leadsInto).flatMap(pathsIn)
  if (paths.length === 0) return []
  const header = [...columns, ...paths.map(pathName)]
  const chosen = items.some((item) => /^\s*!/.test(item)) ? new Set(header.keys()) : selectedIn(logits!, header)
  // In the order of the selector, as objects of several inputs may have their keys in different orders.
  return [...chosen].flatMap((at) => (columns.includes(header[at]!) ? [] : [paths[at - columns.length]!]))
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
