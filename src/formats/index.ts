import { arrow, arrows } from './arrow.js'
import type { TableFormat } from './batch.js'
import { compressionOf } from './compression.js'
import { ndjson } from './ndjson.js'
import { npy } from './npy.js'
import { parquet } from './parquet.js'

/** Every format once: which file names are of it; and what stands between its cells, or how it is read and written. */
interface Format {
  extensions: readonly string[]
  delimiter?: string
  table?: TableFormat
}

/** The table of formats. */
export const FORMATS = {
  csv: { extensions: ['.csv'], delimiter: ',' },
  tsv: { extensions: ['.tsv', '.tab'], delimiter: '\t' },
  ndjson: { extensions: ['.ndjson', '.jsonl'], table: ndjson },
  npy: { extensions: ['.npy'], table: npy },
  parquet: { extensions: ['.parquet', '.pq'], table: parquet },
  arrow: { extensions: ['.arrow', '.feather', '.ipc'], table: arrow },
  arrows: { extensions: ['.arrows'], table: arrows },
} satisfies Record<string, Format>

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
  return name && (FORMATS[name] as Format).delimiter
}

/** How a format is read and written, where it is not delimited text. */
export function tableFormat(name: FormatName): TableFormat | undefined {
  return (FORMATS[name] as Format).table
}

/** The format of an input that begins so, where its bytes tell; undefined where more of them might. */
export function formatOfBytes(start: Buffer): FormatName | 'none' | undefined {
  const told = FORMAT_NAMES.map((name) => tableFormat(name)?.magic(start) ?? (tableFormat(name) ? undefined : false))
  return FORMAT_NAMES[told.indexOf(true)] ?? (told.includes(undefined) ? undefined : 'none')
}
