/**
 * Parquet (https://parquet.apache.org/docs/file-format/). Pages are converted to and from Arrow's memory layout.
 *
 * Memory: for reading, a page per leaf and a batch; for writing, a row group of about 16 MB.
 */
import type { Format } from '../../core/record-batch.js'
import { encoder } from './encoder.js'
import { read, readGroups } from './reader.js'
import { write } from './writer.js'

export const parquet: Format = {
  shapes: ['columns', 'list'],
  typed: true,
  read,
  readGroups,
  write,
  encoder,
}
