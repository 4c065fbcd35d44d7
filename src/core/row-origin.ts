/** Where a row comes from if another stream read it, so that errors of later streams can report that position. */
import { hiddenProperty } from './hidden-property.js'

export interface RowOrigin {
  /** From 1, without the header. */
  row: number
  /** The name of the input, if it has one. */
  source?: string | undefined
}

const origins = hiddenProperty<RowOrigin>()

/** Attaches its origin to a row that was read: its number among `before` and more rows. */
export function putOrigin(
  row: object,
  number: number,
  { before, source }: { before: number; source: string | undefined },
): void {
  origins.put(row, { row: before + number, source })
}

/** The origin of a row; undefined if it is unknown. */
export function rowOriginOf(row: unknown): RowOrigin | undefined {
  return typeof row === 'object' && row !== null ? origins.get(row) : undefined
}
