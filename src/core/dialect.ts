/**
 * How a delimited text is written. Inside the package bytes are held as latin1 text, one character a byte: cells that
 * are kept come out as the same bytes, whatever their encoding, and text of our own is encoded on the way in.
 */
export interface Dialect {
  /** One or more bytes between cells; a blank where runs of blanks are. */
  delimiter: string
  /** Around cells; empty where they have none. */
  quote: string
  /** Stands before a quote (or itself) inside quotes; the quote itself, as a rule. Without quotes, before special bytes. */
  escape: string
  /** Begins a line that is skipped. */
  comment: string | undefined
  /** Whether decimals have a comma. */
  decimalComma?: true
  /** Ends a row, after `\r` or none where it is `\n`. */
  newline: '\n' | '\r'
  /** What blanks around cells are: part of them, nothing, or, in runs, what stands between them. */
  blanks: 'keep' | 'trim' | 'delimit'
  /** Whether a quote in a cell that does not begin with one is text. */
  lazyQuotes: boolean
  /** Whether rows end in a delimiter that has no cell behind it. */
  trailing: boolean
  /** True where no row was found that is as wide as the header. */
  misfit?: boolean
}

/** The dialect of RFC 4180, but for its newline. */
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

/** UTF-8 bytes of a text, as latin1 text. */
export function toBytes(text: string): string {
  if (isPlain(text)) return text
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** The text whose UTF-8 bytes are given as latin1 text. */
export function fromBytes(bytes: string): string {
  if (isPlain(bytes)) return bytes
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/** True for nearly all cells, which are ASCII: there is nothing to do for these, and the test takes a tenth of the time. */
function isPlain(text: string): boolean {
  return !NOT_ASCII.test(text)
}

const NOT_ASCII = /[\u0080-\uffff]/

/** Whether special bytes of cells stand behind a backslash, and not in quotes. */
export function isEscaped({ quote, escape }: Pick<Dialect, 'quote' | 'escape'>): boolean {
  return quote === '' && escape !== ''
}

/** True if two dialects write a cell alike, so that a cell may be copied from one to the other as it stands. */
export function sameCells(a: Dialect, b: Dialect): boolean {
  return a.delimiter === b.delimiter && a.quote === b.quote && a.escape === b.escape && a.blanks === b.blanks
}
