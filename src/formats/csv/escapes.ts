/**
 * Cells without quotes, whose special bytes stand behind a backslash: text as PostgreSQL's COPY, Hive and Spark write it. `\N`
 * is null. See "Text Format" at https://www.postgresql.org/docs/current/sql-copy.html.
 */

/** A cell that has no value. */
export const NULL_CELL = '\\N'

const CODES: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }
const LETTERS: Record<string, string> = { '\n': 'n', '\r': 'r', '\t': 't' }

/** The cells of a row as they stand in it; a delimiter behind a backslash is part of a cell. */
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

/** Whether what follows a text stands behind a backslash. */
export function endsEscaped(text: string): boolean {
  let backslashes = 0
  while (text.at(-1 - backslashes) === '\\') backslashes++
  return backslashes % 2 === 1
}

/** The text of a cell, nothing for null. A backslash before any other character is left out; numbers are of bytes. */
export function unescapeCell(cell: string): string {
  if (cell === NULL_CELL) return ''
  if (!cell.includes('\\')) return cell
  return cell.replace(/\\(?:([0-7]{1,3})|x([\dA-Fa-f]{1,2})|(.))/gs, (_, octal, hex, character) => {
    if (character !== undefined) return CODES[character] ?? character
    return String.fromCharCode((octal === undefined ? Number.parseInt(hex, 16) : Number.parseInt(octal, 8)) & 0xff)
  })
}

/** Text as a cell. */
export function escapeCell(text: string, delimiter: string): string {
  return text.replace(/[\\\n\r\t]/g, (c) => `\\${LETTERS[c] ?? c}`).replaceAll(delimiter, (found) => `\\${found}`)
}
