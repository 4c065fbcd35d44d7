/** What is known about every format without loading its code: how its files are recognized. */
import { COMMAS, type Dialect } from './dialect.js'
import { SoftmaxError } from './errors.js'
import { beginsAs, beginsAsJson, beginsAsNpz, beginsAsSafetensors, firstMatch, type Magic } from './magic-numbers.js'
import { nearest } from './suggestion.js'

/** How a format is recognized. */
interface FormatInfo {
  /** File extensions. */
  extensions: readonly string[]
  /** The delimiter, for delimited text. */
  delimiter?: string
  /** For delimited text with backslash escapes instead of quotes. */
  escapes?: true
  /** Detects the magic number. */
  magic?: Magic
  /** Whether the format is text, whose first bytes are weaker evidence than an option. */
  text?: true
  /** For array formats: whether a file holds one array or several named ones. */
  arrays?: 'one' | 'several'
  /** For a single array of rows: the equivalent format with one row per line, whose reader is used. */
  rowsOf?: 'ndjson'
}

/** All formats; `formats/index.ts` has their code. */
const TABLE = {
  csv: { extensions: ['.csv'], delimiter: ',', text: true },
  tsv: { extensions: ['.tsv', '.tab'], delimiter: '\t', text: true },
  copy: { extensions: ['.copy'], delimiter: '\t', escapes: true, text: true },
  ndjson: { extensions: ['.ndjson', '.jsonl'], magic: beginsAsJson, text: true },
  json: { extensions: ['.json'], text: true, rowsOf: 'ndjson' },
  npy: { extensions: ['.npy'], magic: beginsAs('\x93NUMPY'), arrays: 'one' },
  npz: { extensions: ['.npz'], magic: beginsAsNpz, arrays: 'several' },
  safetensors: { extensions: ['.safetensors'], magic: beginsAsSafetensors, arrays: 'several' },
  // The second magic means an encrypted footer, which is refused with a specific error.
  parquet: { extensions: ['.parquet', '.pq'], magic: beginsAs('PAR1', 'PARE') },
  arrow: { extensions: ['.arrow', '.feather', '.ipc'], magic: beginsAs('ARROW1') },
  arrows: { extensions: ['.arrows'], magic: beginsAs('\xff\xff\xff\xff') },
} satisfies Record<string, FormatInfo>

/** The name of a format. */
export type FormatName = keyof typeof TABLE

/** All formats; `formats/index.ts` has their code. */
export const FORMATS: Readonly<Record<FormatName, FormatInfo>> = TABLE

/** The names of all formats. */
export const FORMAT_NAMES = Object.keys(FORMATS) as FormatName[]

/** The format with an extension, given without its dot. */
export function formatOfExtension(extension: string): FormatName | undefined {
  return FORMAT_NAMES.find((name) => FORMATS[name].extensions.includes(`.${extension}`))
}

/** Throws E_OPTION for an unknown format, such as a path. */
export function requireFormat(format: unknown): void {
  if (FORMAT_NAMES.includes(format as FormatName)) return
  const expected = `${FORMAT_NAMES.join(' or ')} (the bytes of a file are piped)`
  const near = typeof format === 'string' ? (formatOfExtension(format) ?? nearest(format, FORMAT_NAMES)) : undefined
  throw new SoftmaxError('E_OPTION', { option: 'format', value: format, expected, near })
}

/** The delimiter of a format, undefined unless it is delimited text. */
export function delimiterOf(name: FormatName | undefined): string | undefined {
  return name && FORMATS[name].delimiter
}

/** The dialect of a format, undefined unless it is delimited text. */
export function dialectOf(name: FormatName): Dialect | undefined {
  const { delimiter, escapes } = FORMATS[name]
  if (delimiter === undefined) return undefined
  return { ...COMMAS, delimiter, ...(escapes && { quote: '', escape: '\\' }) }
}

/** True if a format is text. */
export function isText(name: FormatName): boolean {
  return FORMATS[name].text === true
}

/** The equivalent format with one row per line: NDJSON for a JSON array. */
export function rowFormatOf<Name extends FormatName | undefined>(name: Name): Name | 'ndjson' {
  return (name && FORMATS[name].rowsOf) ?? name
}

/** True if a format holds arrays of numbers. */
export function isArray(name: FormatName): boolean {
  return FORMATS[name].arrays !== undefined
}

/** True if files of a format hold several arrays, by name. */
export function holdsArrays(name: FormatName): boolean {
  return FORMATS[name].arrays === 'several'
}

/** The format detected from the first bytes; undefined if more bytes are needed. */
export function formatOfBytes(start: Buffer): FormatName | 'none' | undefined {
  return firstMatch(MAGICS, start)
}

const MAGICS = FORMAT_NAMES.flatMap((name): [FormatName, Magic][] => {
  const { magic } = FORMATS[name]
  return magic ? [[name, magic]] : []
})

/** The binary formats, with their detection. */
export const BINARY_MAGICS = MAGICS.filter(([name]) => !isText(name))
