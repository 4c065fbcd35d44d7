/** Checks the beginning of an input: that it is text, has this delimiter, and has a header. */
import { fromBytes } from '../../core/dialect.js'
import { encodingInfo, isUtf8Text } from '../../core/encoding.js'
import { SoftmaxError, shown } from '../../core/errors.js'
import { isTwoLines, looksLikeData } from '../../core/header-names.js'
import { isNumber, withPoint } from '../../core/number.js'
import { optionText } from '../../core/option-words.js'
import type { SettingsOf } from '../../core/options.js'
import type { Column } from '../../core/record-batch.js'
import type { CsvHeader } from './header.js'
import { CONTROL, commentPrefix, controlBetween, delimiterOfLines } from './likely-delimiter.js'
import { parseListCell } from './list-cells.js'

/** A numeric first line may be a row. Throws E_HEADER unless an option says that it is a header. */
export function requireHeader(
  columns: readonly Column[],
  { header, line, dialect }: CsvHeader,
  settings: SettingsOf<'bytes'>,
): void {
  if (!header || settings.header !== undefined) return
  const isList = ({ name, listText, nested }: Column) => (listText || nested) && parseListCell(name)
  const names = columns.map(({ name }) => (dialect.decimalComma ? withPoint(name) : name))
  if (looksLikeData(names) || columns.some(isList)) throw new SoftmaxError('E_HEADER', { line })
}

/** Only one line is read as a header. Throws E_HEADER if pandas wrote two. */
export function requireOneLine(
  columns: readonly Column[],
  { header, first, line }: CsvHeader,
  { header: isHeader }: SettingsOf<'bytes'>,
): void {
  if (!header || !first || isHeader !== undefined) return
  const [names, cells] = [columns.map(({ name }) => name), columns.map(({ sample }) => sample)]
  if (isTwoLines(names, cells)) throw new SoftmaxError('E_HEADER', { line, levels: { lines: line } })
}

/** Column names must be text, because classes are named after them. Binary files soon contain control characters. */
export function requireText({ header = [], first, line }: CsvHeader, encoding: string | undefined): void {
  for (const cell of header) {
    if (!isUtf8Text(cell)) {
      throw new SoftmaxError('E_ENCODING', {
        ...encodingInfo(Buffer.from(cell, 'latin1'), 'the header', encoding),
        line,
      })
    }
    const name = fromBytes(cell)
    if (CONTROL.test(name)) {
      const delimiter = header.length === 1 ? controlBetween(name, first?.[0]) : undefined
      if (delimiter) throw new SoftmaxError('E_DELIMITER', { line, delimiter })
      const reason = `the header has a control character, in ${shown(name)}: it may be binary data, or not a header`
      throw new SoftmaxError('E_ENCODING', { reason, remedy: controlRemedy(name, encoding), line })
    }
  }
}

function controlRemedy(name: string, encoding: string | undefined): string {
  if (name.includes('\0')) return `if it is UTF-16, ${optionText('encoding', 'utf-16le')} reads it`
  return encoding === 'latin1'
    ? `try ${optionText('encoding', 'windows-1252')}`
    : `${optionText('header', false)} reads it as a row`
}

/** A single column that contains another common delimiter suggests that the delimiter is wrong. */
export function requireDelimiter({ header, first, dialect, line }: CsvHeader): void {
  const [cell, more] = header ?? first ?? []
  const { quote, blanks } = dialect
  if (cell === undefined || more !== undefined || blanks === 'delimit' || (quote && cell.startsWith(quote))) return
  const [row = dialect.misfit ? '' : cell] = first ?? []
  const delimiter = delimiterOfLines(cell, row)
  if (delimiter) throw new SoftmaxError('E_DELIMITER', { line, delimiter })
}

/**
 * A first line that looks like a comment may be a header above numbers, as numpy's `savetxt` writes it. Throws E_HEADER
 * if the lines below are not rows of its columns.
 */
export function requireNoComment({ header, first, dialect, line }: CsvHeader, settings: SettingsOf<'bytes'>): void {
  const comment = header?.length === 1 && dialect.comment === undefined ? commentPrefix(header) : undefined
  if (!header || !first || comment === undefined || settings.header !== undefined) return
  const [cell = ''] = first
  const delimiter = delimiterBelow(header[0]!, cell)
  if (!cell.startsWith(comment) && delimiter === undefined) return
  throw new SoftmaxError('E_HEADER', { line, comment, ...(delimiter !== undefined && { delimiter }) })
}

/** A delimiter that occurs in a row, and less often in the line above. */
function delimiterBelow(above: string, row: string): string | undefined {
  return [';', '|', '\t'].find((candidate) => {
    const cells = row.split(candidate)
    const isRow = cells.length > 1 && cells.every((cell) => isNameLike(cell) || isNumber(cell))
    return isRow && above.split(candidate).length !== cells.length
  })
}

function isNameLike(cell: string): boolean {
  return /^\s*"?[\p{L}_][\p{L}\p{N}_.:/ -]*"?\s*$/u.test(cell) && !isNumber(cell)
}
