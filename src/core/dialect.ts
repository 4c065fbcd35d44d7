/**
 * The dialect of delimited text. Internally, bytes are kept as latin1 strings, one character per byte: kept cells are
 * written back byte for byte whatever their encoding, and our own text is encoded on the way in.
 */
export interface Dialect {
  /** Between cells; a space if runs of blanks separate them. */
  delimiter: string
  /** Encloses cells; empty if there are no quotes. */
  quote: string
  /** Precedes a quote (or itself) inside quotes; usually the quote itself. Without quotes, precedes special bytes. */
  escape: string
  /** Begins a line to skip. */
  comment: string | undefined
  /** Whether decimals use a comma. */
  decimalComma?: true
  /**
   * Ends a row; `
   * ` includes `\r
   * `.
   */
  newline: '\n' | '\r'
  /** Whether blanks around cells are kept, trimmed, or, in runs, the delimiter. */
  blanks: 'keep' | 'trim' | 'delimit'
  /** Whether a quote is literal in a cell that does not begin with one. */
  lazyQuotes: boolean
  /** Whether rows end in a delimiter that is not followed by a cell. */
  trailing: boolean
  /** Whether no row was found that is as wide as the header. */
  misfit?: boolean
}

/** The dialect of RFC 4180, except for the newline. */
export const COMMAS: Dialect = {
  delimiter: ',',
  quote: '"',
  escape: '"',
  comment: undefined,
  newline: '\n',
  blanks: 'keep',
  lazyQuotes: false,
  trailing: false,
}

/** The UTF-8 bytes of a text, as latin1. */
export function toBytes(text: string): string {
  if (isPlain(text)) return text
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** Decodes UTF-8 bytes given as latin1. */
export function fromBytes(bytes: string): string {
  if (isPlain(bytes)) return bytes
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/** True for nearly all cells, which are ASCII and need no conversion; the test takes a tenth of the time. */
function isPlain(text: string): boolean {
  return !NOT_ASCII.test(text)
}

const NOT_ASCII = /[\u0080-\uffff]/

/** Whether special bytes are escaped by a backslash rather than quoted. */
export function isEscaped({ quote, escape }: Pick<Dialect, 'quote' | 'escape'>): boolean {
  return quote === '' && escape !== ''
}

/** Whether two dialects write cells alike, so that raw cells can be copied. */
export function sameCells(a: Dialect, b: Dialect): boolean {
  return a.delimiter === b.delimiter && a.quote === b.quote && a.escape === b.escape && a.blanks === b.blanks
}
