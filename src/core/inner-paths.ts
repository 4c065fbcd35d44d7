/** Selects single values inside objects: `m.a,m.b` are two logits of `{"m":{"a":1,"b":2}}`. */
import { SoftmaxError, shown, shownNames } from './errors.js'
import { optionText } from './option-words.js'
import type { ValueOf } from './options.js'
import { listsRemedy } from './parallel-lists.js'
import { select } from './selector.js'
import { nearest } from './suggestion.js'

/** The keys and indices that lead to a value. */
type Path = readonly string[]

/**
 * The selected paths into the values of columns. If the selector is invalid, or excludes some, all paths into the columns
 * that it names: its error may list them.
 *
 * @param pathsIn the paths to single values inside the value of a column, which begin with its name
 * @param at the value at a path
 * @param mayLack whether a row may lack a selected value, so that the first rows may, too
 * @throws E_SELECTOR for a list or object beside other items, and for a path that leads nowhere
 */
export function selectedPaths(
  logits: ValueOf<'logits'> | undefined,
  columns: readonly string[],
  pathsIn: (column: string) => Path[],
  at: (path: Path) => unknown,
  mayLack: boolean,
): Path[] {
  const items = typeof logits === 'string' ? logits.split(',') : (logits ?? [])
  const leadsInto = (column: string) => items.some((item) => item.replace(/^[\s!"]*/, '').startsWith(`${column}.`))
  const inside = columns.filter(leadsInto).flatMap(pathsIn)
  const found = unique([...inside, ...namedPaths(items, columns, at)])
  const lacked = lackedPaths(items, found, at)
  if (lacked[0] && !mayLack)
    throw notThere(pathName(lacked[0]), `${optionText('missing', '-inf')} masks a logit that a row lacks`)
  const paths = [...found, ...lacked]
  const header = [...columns, ...paths.map(pathName)]
  if (items.length > 1) requireValues(items, new Set(header), at)
  else if (isPath(items[0]) && selectedIn(logits!, header) === undefined) requirePath(items[0].trim(), columns, at)
  if (paths.length === 0) return []
  const chosen = items.some((item) => /^\s*!/.test(item)) ? undefined : selectedIn(logits!, header)
  // In the order of the selector, as objects of several inputs may have their keys in different orders.
  return [...(chosen ?? header.keys())].flatMap((at) =>
    columns.includes(header[at]!) ? [] : [paths[at - columns.length]!],
  )
}

/**
 * The paths to single values that items name, in some of the first rows: also behind a list, by index, with those beside
 * them in an object. Lists may have any length, so other paths do not lead into them.
 */
function namedPaths(items: readonly string[], columns: readonly string[], at: (path: Path) => unknown): Path[] {
  const names = items.map((item) => item.trim()).filter((item) => isPath(item) && !columns.includes(item))
  const paths = names.map((name) => name.split('.'))
  const isBehindList = (path: Path) => path.some((_, length) => Array.isArray(at(path.slice(0, length))))
  return paths
    .flatMap((path) => (isBehindList(path) ? [...besides(path, at), path] : [path]))
    .filter((path) => isSingle(at(path)))
}

/** Paths without duplicates. */
function unique(paths: readonly Path[]): Path[] {
  return [...new Map(paths.map((path) => [pathName(path), path])).values()]
}

/** The paths to all values of the object that has a value; only its own in a list. */
function besides(path: Path, at: (path: Path) => unknown): Path[] {
  const above = path.slice(0, -1)
  const holder = at(above)
  return Array.isArray(holder) ? [path] : keysOf(holder).map((key) => [...above, key])
}

/** Whether there is a value, which is neither list nor object. */
function isSingle(value: unknown): boolean {
  return value === null || (value !== undefined && typeof value !== 'object')
}

/**
 * The selected paths to a key that an object lacks although it has others that are selected: one of several classes, of
 * which each row may have only some. A key like one that no item selects is mistyped.
 */
function lackedPaths(items: readonly string[], found: readonly Path[], at: (path: Path) => unknown): Path[] {
  const names = new Set(items.map((item) => item.trim()))
  const known = new Set(found.map(pathName))
  const lacked = [...names].filter((name) => isPath(name) && !known.has(name) && at(name.split('.')) === undefined)
  return lacked
    .map((name) => name.split('.'))
    .filter((path) => {
      const beside = found.filter((other) => pathName(other.slice(0, -1)) === pathName(path.slice(0, -1)))
      const others = beside.filter((other) => !names.has(pathName(other)))
      return others.length < beside.length && !isMistyped(path, others)
    })
}

/** Whether a path is like one of others: all of it, unless its last key is so short that any two are alike. */
function isMistyped(path: Path, others: readonly Path[]): boolean {
  const isShort = path.at(-1)!.length < 3
  const textOf = (one: Path) => (isShort ? one.at(-1)! : pathName(one))
  return nearest(textOf(path), others.map(textOf)) !== undefined
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

/** What a selector selects; undefined if it is invalid. */
function selectedIn(logits: ValueOf<'logits'>, header: readonly string[]): ReadonlySet<number> | undefined {
  try {
    return new Set(select(logits, header))
  } catch {
    return undefined
  }
}

/** Whether an item of a selector is a path, not a pattern. */
function isPath(item: string | undefined): item is string {
  return item !== undefined && /^[^!"/*?]+\.[^!"/*?]+$/.test(item)
}

/**
 * Throws E_SELECTOR for a path into a column that does not exist, with the path that was probably meant, or the keys of
 * the object that it leads to.
 */
function requirePath(item: string, columns: readonly string[], at: (path: Path) => unknown): void {
  if (at(item.split('.')) !== undefined) return
  const found: string[] = []
  let list: number | undefined
  for (const key of item.split('.')) {
    if (Array.isArray(at(found)) && !/^\d+$/.test(key)) {
      list = found.length
      found.push('0')
    }
    const keys = found.length === 0 ? columns : keysOf(at(found))
    const meant = keys.includes(key) ? key : nearest(key, keys)
    if (meant === undefined && (found.length === 0 || keys.length === 0)) return
    if (meant === undefined) throw notThere(item, `${shown(pathName(found))} has ${shownNames(keys)}`)
    found.push(meant)
  }
  if (list !== undefined) requireNoList(item, found, list, { columns, isText: typeof at(found) === 'string' })
  throw notThere(item, `did you mean ${optionText('logits', pathName(found))}?`)
}

/**
 * Throws E_SELECTOR for a path into the objects of a list, which has any length: the first is not all of it. Only the
 * tensors of an inference server have their data there.
 */
function requireNoList(
  item: string,
  found: Path,
  length: number,
  { columns, isText }: { columns: readonly string[]; isText: boolean },
): void {
  if (found.at(-1) === 'data') return
  const list = found.slice(0, length)
  const remedy = isText ? undefined : listsRemedy(list, found.slice(length + 1), columns)
  const reason = `leads into ${shown(pathName(list))}, which is a list of objects`
  throw new SoftmaxError('E_SELECTOR', { item, reason: remedy === undefined ? reason : `${reason}; ${remedy}` })
}

function notThere(item: string, hint: string): SoftmaxError {
  return new SoftmaxError('E_SELECTOR', { item, reason: `does not exist in the first rows; ${hint}` })
}

function keysOf(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : []
}
