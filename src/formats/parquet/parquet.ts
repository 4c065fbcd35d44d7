/**
 * Parquet (https://parquet.apache.org/docs/file-format/). hyparquet reads its footer; pages are columns in
 * Arrow's memory layout before and after.
 *
 * Memory: of what is read, a page of each leaf and a batch; of what is written, a row group of some 16 MB.
 */
import type { Format } from '../../core/record-batch.js'
import { encoder } from './encoder.js'
import { read } from './reader.js'
import { write } from './writer.js'

export const parquet: Format = {
  shapes: ['columns', 'list'],
  typed: true,
  read,
  write,
  encoder,
}
