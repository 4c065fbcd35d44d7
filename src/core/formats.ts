/** What is known of every format without its code: how its files are recognized. */
import { COMMAS, type Dialect } from './dialect.js'
import { SoftmaxError } from './errors.js'
import { beginsAs, beginsAsJson, beginsAsNpz, beginsAsSafetensors, firstMatch, type Magic } from './magic.js'

/** A format, as it is recognized. */
interface FormatInfo {
  /** File extensions. */
  extensions: readonly string[]
  /** Between the cells of delimited text. */
  delimiter?: string
  /** Of delimited text whose cells have no quotes, but special bytes behind a backslash. */
  escapes?: true
  /** Recognizes the first bytes of a file. */
  magic?: Magic
  /** True for text, whose first bytes are weaker evidence than an option. */
  text?: true
  /** Of arrays of numbers, which have axes: whether a file holds one, or several with names. */
  arrays?: 'one' | 'several'
  /** Of one array of rows: the format that has the same rows a line each, which reads it, too. */
  rowsOf?: 'ndjson'
}

/** Every format once; `formats/index.ts` has the code of each. */
const TABLE = {
  csv: { extensions: ['.csv'], delimiter: ',', text: true },
  tsv: { extensions: ['.tsv', '.tab'], delimiter: '\t', text: true },
  copy: { extensions: ['.copy'], delimiter: '\t', escapes: true, text: true },
  ndjson: { extensions: ['.ndjson', '.jsonl'], magic: beginsAsJson, text: true },
  json: { extensions: ['.json'], text: true, rowsOf: 'ndjson' },
  npy: { extensions: ['.npy'], magic: beginsAs('\x93NUMPY'), arrays: 'one' },
  npz: { extensions: ['.npz'], magic: beginsAsNpz, arrays: 'several' },
  safetensors: { extensions: ['.safetensors'], magic: beginsAsSafetensors, arrays: 'several' },
  // The second one has an encrypted footer, which is refused by name.
  parquet: { extensions: ['.parquet', '.pq'], magic: beginsAs('PAR1', 'PARE') },
  arrow: { extensions: ['.arrow', '.feather', '.ipc'], magic: beginsAs('ARROW1') },
  arrows: { extensions: ['.arrows'], magic: beginsAs('\xff\xff\xff\xff') },
} satisfies Record<string, FormatInfo>

/** The name of a format. */
export type FormatName = keyof typeof TABLE

/** Every format once; `formats/index.ts` has the code of each. */
export const FORMATS: Readonly<Record<FormatName, FormatInfo>> = TABLE

/** The names of all formats. */
export const FORMAT_NAMES = Object.keys(FORMATS) as FormatName[]

/** The format with an extension, given without its point. */
export function formatOfExtension(extension: string): FormatName | undefined {
  return FORMAT_NAMES.find((name) => FORMATS[name].extensions.includes(`.${extension}`))
}

/** Throws E_OPTION for what is no name of a format: a path, most likely. */
export function requireFormat(format: unknown): void {
  if (FORMAT_NAMES.includes(format as FormatName)) return
  const expected = `${FORMAT_NAMES.join(' or ')} (the bytes of a file are piped)`
  throw new SoftmaxError('E_OPTION', { option: 'format', value: format, expected })
}

/** The byte or bytes between cells of a format, undefined where it is not delimited text. */
export function delimiterOf(name: FormatName | undefined): string | undefined {
  return name && FORMATS[name].delimiter
}

/** The dialect of a format, undefined where it is not delimited text. */
export function dialectOf(name: FormatName): Dialect | undefined {
  const { delimiter, escapes } = FORMATS[name]
  if (delimiter === undefined) return undefined
  return { ...COMMAS, delimiter, ...(escapes && { quote: '', escape: '\\' }) }
}

/** True if a format is text. */
export function isText(name: FormatName): boolean {
  return FORMATS[name].text === true
}

/** The format whose rows those of a format are: of a JSON array, that of lines. */
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

/** The format of an input by its first bytes; undefined where more of them could decide. */
export function formatOfBytes(start: Buffer): FormatName | 'none' | undefined {
  return firstMatch(MAGICS, start)
}

const MAGICS = FORMAT_NAMES.flatMap((name): [FormatName, Magic][] => {
  const { magic } = FORMATS[name]
  return magic ? [[name, magic]] : []
})

/** The formats that are not text, and how each is recognized. */
export const BINARY_MAGICS = MAGICS.filter(([name]) => !isText(name))
