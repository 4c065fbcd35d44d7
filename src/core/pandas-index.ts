/** The index of a table that pandas wrote, in the metadata `pandas` of Parquet and Arrow. */
import { isLogitName } from './column-name.js'
import { shown, shownNames } from './errors.js'
import { optionText } from './option-words.js'
import { type Metadata, pandasList } from './pandas-metadata.js'

/** An index without a column of its own. */
interface RangeIndex {
  kind: 'range'
  name: string | null
  start: number
  step: number
}

/** The names of columns, or ranges. */
const indexColumns = (metadata: Metadata) => pandasList(metadata, 'index_columns')

/** The columns that are the index. */
export function pandasIndexNames(metadata: Metadata): ReadonlySet<string> {
  return new Set(indexColumns(metadata).filter((name) => typeof name === 'string'))
}

/** The warning that columns named like logits are not read as such, because pandas stored its index in them. */
export function indexWarning(
  { header, logits }: { header: readonly string[]; logits: readonly number[] },
  { indexNames }: { indexNames?: ReadonlySet<string> },
): string | undefined {
  const isLeft = (name: string, index: number) => indexNames?.has(name) && isLogitName(name) && !logits.includes(index)
  const left = header.filter(isLeft)
  if (left.length === 0) return undefined
  const are = left.length === 1 ? 'is not read as a logit, because it is' : 'are not read as logits, because they are'
  return `${shownNames(left)} ${are} the index of a pandas table; ${optionText('logits')} selects other columns`
}

const REMEDY = 'to_parquet(index=True) in pandas stores it as one'

/**
 * The warning that an index is lost that is a range, other than that of the row numbers: it is only in the metadata, and
 * pandas ignores it if the number of rows is another one.
 */
export function lostIndexWarning(metadata: Metadata, isLost: boolean): string | undefined {
  const index = isLost ? indexColumns(metadata).find(isRange) : undefined
  if (!index || (index.name === null && isDefault(index))) return undefined
  return `${rangeText(index)}, so it is lost; ${REMEDY}`
}

/** The warning that rows were left out of a table whose index is a range, which pandas then numbers from 0. */
export function gapWarning(metadata: Metadata): string | undefined {
  const index = indexColumns(metadata).find(isRange)
  if (!index) return undefined
  const effect = isDefault(index) ? 'the rows after them have moved up in it' : 'it is lost'
  return `${rangeText(index)}, and rows were left out, so ${effect}; ${REMEDY}`
}

/** The index, as the subject of a sentence. */
function rangeText(index: RangeIndex): string {
  const name = index.name === null ? '' : ` ${shown(index.name)}`
  const range = isDefault(index) ? '' : ` (from ${index.start} in steps of ${index.step})`
  return `the pandas index${name} is a range${range} that is not stored as a column`
}

function isDefault({ start, step }: RangeIndex): boolean {
  return start === 0 && step === 1
}

function isRange(index: unknown): index is RangeIndex {
  return (index as Partial<RangeIndex> | null)?.kind === 'range'
}
