/** Determines the format of the output: the requested one, or the one of its extension. */
import { extname } from 'node:path'
import { SoftmaxError, shown } from '../core/errors.js'
import { type FormatName, formatOfBytes, isText } from '../core/formats.js'
import { formatOf } from '../formats/index.js'
import { compressionOf } from '../io/compression.js'
import { fileOf } from './conflict.js'

/**
 * Undefined if the name has no known extension: then the format is that of the input. A pipe or device may have any
 * name.
 *
 * @throws E_CONFLICT for the extension of a format or compression that cannot be written
 */
export function outputFormat(path: string | undefined, requested: FormatName | undefined): FormatName | undefined {
  if (path === undefined || requested !== undefined) return requested
  const format = formatOf(path)
  const ending = extname(compressionOf(path).inner)
  if (format || ending === '' || ending === PLAIN || (fileOf(path)?.isFile() ?? true) === false) return format
  throw new SoftmaxError('E_CONFLICT', {
    reason: `the output ${shown(path)} has the extension ${ending}, which is not a known format or compression; set the format with --to, such as --to csv`,
  })
}

/** The extension for text of any format. */
const PLAIN = '.txt'

/** Refuses to write a binary format, recognized by its first bytes, to a terminal. */
export function requireText(bytes: Buffer): void {
  const format = formatOfBytes(bytes)
  if (!format || format === 'none' || isText(format)) return
  throw new SoftmaxError('E_CONFLICT', {
    reason: `${format} is binary, and is not written to a terminal; write it to a file with -o, or write text with -t csv`,
  })
}
