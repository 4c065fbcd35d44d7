/** Arrow's IPC formats: the file and the stream. Either is read by its first bytes, whatever it is called. */
import type { Format } from '../../core/record-batch.js'
import { read } from './reader.js'
import { encoder, writerOf } from './writer.js'

/** The file. */
export const arrow: Format = {
  shapes: ['columns', 'list'],
  typed: true,
  read,
  write: writerOf(true),
  encoder,
}

/** The stream. */
export const arrows: Format = {
  ...arrow,
  write: writerOf(false),
}
