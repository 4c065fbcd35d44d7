import type { TableFormat } from './batch.js'
import { compressionOf } from './compression.js'
import { beginsAs, beginsAsJson, type Magic } from './magic.js'

/** Delimited text: which file names are of it, and what stands between its cells. */
interface Delimited {
  extensions: readonly string[]
  delimiter: string
}

/** Anything else: how its first bytes tell it, whether it is text, which tells less, and how it is read and written. */
interface Other {
  extensions: readonly string[]
  magic: Magic
  text?: true
  load(): Promise<TableFormat>
}

/** Every format once. The code of one is loaded where it is needed. */
export const FORMATS = {
  csv: { extensions: ['.csv'], delimiter: ',' },
  tsv: { extensions: ['.tsv', '.tab'], delimiter: '\t' },
  ndjson: {
    extensions: ['.ndjson', '.jsonl', '.json'],
    magic: beginsAsJson,
    text: true,
    load: async () => (await import('./ndjson.js')).ndjson,
  },
  npy: { extensions: ['.npy'], magic: beginsAs('\x93NUMPY'), load: async () => (await import('./npy.js')).npy },
  parquet: {
    extensions: ['.parquet', '.pq'],
    magic: beginsAs('PAR1'),
    load: async () => (await import('./parquet.js')).parquet,
  },
  arrow: {
    extensions: ['.arrow', '.feather', '.ipc'],
    magic: beginsAs('ARROW1'),
    load: async () => (await import('./arrow.js')).arrow,
  },
  arrows: {
    extensions: ['.arrows'],
    magic: beginsAs('\xff\xff\xff\xff'),
    load: async () => (await import('./arrow.js')).arrows,
  },
} satisfies Record<string, Delimited | Other>

/** A name of {@link FORMATS}. */
export type FormatName = keyof typeof FORMATS

/** All names of {@link FORMATS}. */
export const FORMAT_NAMES = Object.keys(FORMATS) as FormatName[]

/** The format whose files are named so, if there is one; in `a.csv.gz` the name before the compression's tells. */
export function formatOf(path: string): FormatName | undefined {
  const inner = compressionOf(path).inner.toLowerCase()
  return FORMAT_NAMES.find((name) => FORMATS[name].extensions.some((ending) => inner.endsWith(ending)))
}

/** What stands between the cells of a format, where it is delimited text. */
export function delimiterOf(name: FormatName | undefined): string | undefined {
  return name && (FORMATS[name] as Partial<Delimited>).delimiter
}

/** Whether a format is text, so that its first bytes tell less. */
export function isText(name: FormatName): boolean {
  const { text, delimiter } = FORMATS[name] as Partial<Delimited & Other>
  return text === true || delimiter !== undefined
}

/** How a format is read and written, where it is not delimited text. */
export async function loadFormat(name: FormatName): Promise<TableFormat | undefined> {
  return (FORMATS[name] as Partial<Other>).load?.()
}

/** The format of an input that begins so, where its bytes tell; undefined where more of them might. */
export function formatOfBytes(start: Buffer): FormatName | 'none' | undefined {
  const told = FORMAT_NAMES.map((name) => {
    const { magic } = FORMATS[name] as Partial<Other>
    return magic ? magic(start) : false
  })
  return FORMAT_NAMES[told.indexOf(true)] ?? (told.includes(undefined) ? undefined : 'none')
}
