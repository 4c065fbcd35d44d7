/** The code of every format, loaded when it is needed. */
import { FORMAT_NAMES, FORMATS, type FormatName } from '../core/formats.js'
import type { Format } from '../core/record-batch.js'
import { compressionOf } from '../io/compression.js'

/** Delimited text has no entry: its rows are split, not parsed, until the kernel reads them. */
const LOADERS: { readonly [Name in FormatName]?: () => Promise<Format> } = {
  ndjson: async () => (await import('./ndjson/ndjson.js')).ndjson,
  npy: async () => (await import('./npy/npy.js')).npy,
  parquet: async () => (await import('./parquet/parquet.js')).parquet,
  arrow: async () => (await import('./arrow/arrow.js')).arrow,
  arrows: async () => (await import('./arrow/arrow.js')).arrows,
}

/** The code of a format; undefined for delimited text. */
export async function loadFormat(name: FormatName): Promise<Format | undefined> {
  return LOADERS[name]?.()
}

/** The format by a file name; in `a.csv.gz` the extension before that of the compression decides. */
export function formatOf(path: string): FormatName | undefined {
  const inner = compressionOf(path).inner.toLowerCase()
  return FORMAT_NAMES.find((name) => FORMATS[name].extensions.some((ending) => inner.endsWith(ending)))
}
