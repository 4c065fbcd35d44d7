/**
 * Unquoted cells with backslash escapes: the text format of PostgreSQL's COPY, Hive and Spark, with `\N` for null. See
 * "Text Format" at https://www.postgresql.org/docs/current/sql-copy.html.
 */

/** A null cell. */
export const NULL_CELL = '\\N'

const CODES: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }
const LETTERS: Record<string, string> = { '\n': 'n', '\r': 'r', '\t': 't' }

/** Splits a row into raw cells; an escaped delimiter is part of a cell. */
export function splitEscaped(line: string, delimiter: string): string[] {
  const cells: string[] = []
  for (let start = 0, at = 0; ; ) {
    const end = line.indexOf(delimiter, at)
    if (end < 0) return [...cells, line.slice(start)]
    at = end + delimiter.length
    if (endsEscaped(line.slice(start, end))) continue
    cells.push(line.slice(start, end))
    start = at
  }
}

/** Whether text ends in an unpaired backslash, so that the next character is escaped. */
export function endsEscaped(text: string): boolean {
  let backslashes = 0
  while (text.at(-1 - backslashes) === '\\') backslashes++
  return backslashes % 2 === 1
}

/** Decodes a cell; null becomes empty. A backslash before any other character is dropped; numeric escapes are bytes. */
export function unescapeCell(cell: string): string {
  if (cell === NULL_CELL) return ''
  if (!cell.includes('\\')) return cell
  return cell.replace(/\\(?:([0-7]{1,3})|x([\dA-Fa-f]{1,2})|(.))/gs, (_, octal, hex, character) => {
    if (character !== undefined) return CODES[character] ?? character
    return String.fromCharCode((octal === undefined ? Number.parseInt(hex, 16) : Number.parseInt(octal, 8)) & 0xff)
  })
}

/** Encodes text as a cell. */
export function escapeCell(text: string, delimiter: string): string {
  return text.replace(/[\\\n\r\t]/g, (c) => `\\${LETTERS[c] ?? c}`).replaceAll(delimiter, (found) => `\\${found}`)
}
