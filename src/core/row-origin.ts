/** Where a row comes from if another stream read it, so that errors of later streams can report that position. */
import { hiddenProperty } from './hidden-property.js'

export interface RowOrigin {
  /** From 1, without the header. */
  row: number
  /** The name of the input, if it has one. */
  source?: string | undefined
}

const origins = hiddenProperty<RowOrigin>()

/** Attaches their origins to rows that were read: the numbers of those among `before` and more rows. */
export function putOrigins(
  rows: readonly object[],
  numbers: readonly number[],
  { before, source }: { before: number; source: string | undefined },
): void {
  for (const [nth, row] of rows.entries()) origins.put(row, { row: before + numbers[nth]!, source })
}

/** The origin of a row; undefined if it is unknown. */
export function rowOriginOf(row: unknown): RowOrigin | undefined {
  return typeof row === 'object' && row !== null ? origins.get(row) : undefined
}
