/** The code of every format, loaded on demand. */
import { FORMAT_NAMES, FORMATS, type FormatName } from '../core/formats.js'
import type { Format } from '../core/record-batch.js'
import { compressionOf } from '../io/compression.js'

const csv = async () => (await import('./csv/csv.js')).csv
const ndjson = async () => (await import('./ndjson/ndjson.js')).ndjson

const LOADERS: Readonly<Record<FormatName, () => Promise<Format>>> = {
  csv,
  tsv: csv,
  copy: csv,
  ndjson,
  json: ndjson,
  npy: async () => (await import('./npy/npy.js')).npy,
  npz: async () => (await import('./npz/npz.js')).npz,
  safetensors: async () => (await import('./safetensors/safetensors.js')).safetensors,
  parquet: async () => (await import('./parquet/parquet.js')).parquet,
  arrow: async () => (await import('./arrow/arrow.js')).arrow,
  arrows: async () => (await import('./arrow/arrow.js')).arrows,
}

/** Loads the code of a format. */
export function loadFormat(name: FormatName): Promise<Format> {
  return LOADERS[name]()
}

/** The format of a file name; compression extensions are ignored, as in `a.csv.gz`. */
export function formatOf(path: string): FormatName | undefined {
  const inner = compressionOf(path).inner.toLowerCase()
  return FORMAT_NAMES.find((name) => FORMATS[name].extensions.some((ending) => inner.endsWith(ending)))
}
