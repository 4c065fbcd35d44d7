/** Rows that lack their list of logits, which is read as missing logits once it is known how many there are. */
import { pathName } from '../core/inner-paths.js'
import { labelNames } from '../core/labels.js'
import { areMissing } from '../core/logit.js'
import { possibleList } from '../core/logits-list.js'
import { nullsOf } from '../core/missing.js'
import type { SettingsOf } from '../core/options.js'
import type { RowError } from '../core/record-batch.js'
import { isRecord, namesOf, ownValue, type Properties, valueAt } from './properties.js'

type Settings = Pick<SettingsOf<'objects'>, 'logits' | 'binary' | 'missing' | 'null'>

/** Whether a row has null instead of what may be a list of logits, and is not bad. */
export function lacksList(row: unknown, settings: Settings): row is Properties {
  return settings.missing !== 'error' && isRecord(row) && missingPath(row, settings) !== undefined
}

/** The error of a row that has null instead of its logits, and is bad; undefined if these are one logit. */
export function missingListError(
  row: Properties,
  settings: Settings & Pick<SettingsOf<'bytes'>, 'labels' | 'op'>,
): RowError | undefined {
  if (settings.missing !== 'error' || isSingle(settings)) return undefined
  const path = missingPath(row, settings)
  // A path that the row does not have is an error of the selector.
  if (!path || (path.length > 1 && valueAt(row, path) === undefined)) return undefined
  return { code: 'E_MISSING', info: { of: 'list', column: pathName(path) } }
}

/** Whether there is one logit per row: one label, or a probability of its own. */
export function isSingle({ labels, op }: Pick<SettingsOf<'bytes'>, 'labels' | 'op'>): boolean {
  return labels === undefined ? op.endsWith('sigmoid') : labelNames(labels).length === 1
}

/** The path to the null instead of what may be a list of logits. */
function missingPath(row: Properties, settings: Settings): readonly string[] | undefined {
  const path = possiblePath(row, settings)
  return path && areMissing(valueAt(row, path), { nulls: nullsOf(settings) }) ? path : undefined
}

/** The path to what may be a list of logits in a row that lacks it. */
function possiblePath(row: Properties, { logits, binary }: Settings): readonly string[] | undefined {
  const list = possibleList(
    { logits, binary },
    namesOf(row).map((name) => ({ name })),
  )
  if (list) return [list.name]
  return binary === undefined && typeof logits === 'string' && isOnePath(logits) ? logits.split('.') : undefined
}

/** Whether a selector is the path to one value: several paths select a logit each, which rows may lack. */
function isOnePath(selector: string): boolean {
  return /^[^!"/*?,]+\.[^!"/*?,]+$/.test(selector)
}

/** A copy of such a row, with a list of missing logits. */
export function withMissing(row: Properties, width: number, settings: Settings): Properties {
  const logits = Array.from({ length: width }, () => null)
  return withValue(row, possiblePath(row, settings)!, logits)
}

/** A copy of a row with another value at a path. */
function withValue(row: Properties, [key, ...rest]: readonly string[], value: unknown): Properties {
  const inner = ownValue(row, key!)
  return { ...row, [key!]: rest.length === 0 ? value : withValue(isRecord(inner) ? inner : {}, rest, value) }
}
