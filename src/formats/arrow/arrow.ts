/** Arrow's IPC formats, file and stream. The magic number decides which is read, whatever the extension. */
import type { Format } from '../../core/record-batch.js'
import { read } from './reader.js'
import { encoder, writerOf } from './writer.js'

/** The file format. */
export const arrow: Format = {
  shapes: ['columns', 'list'],
  typed: true,
  read,
  write: writerOf(true),
  encoder,
}

/** The stream format. */
export const arrows: Format = {
  ...arrow,
  write: writerOf(false),
}
