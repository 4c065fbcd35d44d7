/** Opens an input: detects its compression, encoding and format. */

import { corruptData } from '../core/corrupt-data.js'
import { decoderOf, encodingNamed, encodingOfBytes, isSingleByte } from '../core/encoding.js'
import { SoftmaxError } from '../core/errors.js'
import { type FileKind, kindMagics, run, unsupported } from '../core/file-kinds.js'
import { BINARY_MAGICS, delimiterOf, FORMATS, type FormatName, isText, rowFormatOf } from '../core/formats.js'
import { firstMatch, type Magic } from '../core/magic-numbers.js'
import { fromText, optionText } from '../core/option-words.js'
import { optionGiven, type SettingsOf } from '../core/options.js'
import type { Source } from '../core/record-batch.js'
import { formatOf } from '../formats/index.js'
import { isJsonLine } from '../formats/ndjson/json.js'
import {
  type CompressionName,
  compressionOf,
  compressionOfBytes,
  decompress,
  requireReadableBy,
} from '../io/compression.js'
import { Peekable } from '../io/peekable.js'
import { decoded } from '../io/text-decoder.js'
import { warnIfUtf8 } from './mistaken-encoding.js'
import { warnIfLineIsTruncated, warnIfTruncated } from './truncated-text.js'

/** An input before it is read. */
export interface Input extends Source {
  /** Its name in messages; the extension determines the format if no option does. */
  name?: string | undefined
  /** Stops reading immediately: a pending read may never finish. */
  close?(): void
  /** Whether it was closed, so that its chunks may end before it does. */
  isClosed?(): boolean
  /** Throws E_INPUT if the input changed while it was read. */
  requireUnchanged?(): void
}

/** An input of known format, with its compression and original text encoding if known. */
export interface Opened extends Source {
  format: FormatName
  compression: CompressionName | 'none'
  encoding: string | undefined
}

/** The options that affect opening an input. */
export type OpenSettings = Pick<SettingsOf<'bytes'>, 'from' | 'encoding' | 'decompress'>
/** `isShared`: other inputs of the run probably have the same warning, which is not repeated. */
type Warn = (text: string, isShared?: boolean) => void

/**
 * Detects the format of an input: the requested one, else the one of its extension, else CSV. A magic number overrides
 * the extension, with a warning. It does not override a requested format, which may exist to restrict untrusted input.
 *
 * @throws E_UNSUPPORTED for a file in no supported format or in another one than requested, E_ENCODING for text that
 * cannot be decoded
 */
export async function openInput(input: Input, settings: OpenSettings, warn: Warn): Promise<Opened> {
  const { name = '' } = input
  const { source, file, compression } = await unpack(input, settings, warn)
  const named = rowFormatOf(settings.from ?? formatOf(name))
  const kinds = kindsBeside(settings.from)
  const found = await source.peek((start) => firstMatch(kinds, start))
  if (typeof found === 'object') throw unsupported(found, input.file?.path ?? 'FILE', source.start)
  const binary = found === 'none' ? undefined : found
  if (binary) requireFormat(binary, settings.from)
  const isBinary = binary ?? (named && !isText(named))
  if (isBinary && !binary) await requireNoText(source, named!)
  const text = isBinary
    ? { source, encoding: undefined }
    : await decode(source, settings.encoding, input.file?.path, warn)
  const format = binary ?? (await textFormat(text.source, named, settings))
  if (named && named !== format && !areArrow(named, format))
    warn(`it is read as ${format}, according to its first bytes, not as ${named}`)
  const chunks = text.source.rest()
  return {
    chunks: watched(chunks, format, warn, input.isClosed),
    format,
    compression,
    encoding: text.encoding,
    file,
  }
}

/** Chunks of text that warn if they are truncated. */
function watched(
  chunks: AsyncGenerator<Buffer>,
  format: FormatName,
  warn: Warn,
  isClosed: Input['isClosed'],
): AsyncGenerator<Buffer> {
  if (format === 'ndjson') return warnIfLineIsTruncated(chunks, warn, isClosed)
  return delimiterOf(format) === undefined ? chunks : warnIfTruncated(chunks, warn, isClosed)
}

/** Whether both are Arrow, whose files and streams often have the same extension. */
function areArrow(...formats: readonly FormatName[]): boolean {
  return formats.every((format) => format === 'arrow' || format === 'arrows')
}

/** Throws E_UNSUPPORTED if another format is requested. The two Arrow formats share a name. */
function requireFormat(found: FormatName, requested: FormatName | undefined): void {
  if (requested === undefined || requested === found || (requested.startsWith('arrow') && found.startsWith('arrow')))
    return
  const feature = `${optionText('from', requested)} for ${found} data, which the input is according to its first bytes`
  throw new SoftmaxError('E_UNSUPPORTED', { feature, remedy: `${fromText(found)} reads it` })
}

/** Compressed data and binary formats have at least a header: a file of 0 bytes is truncated. */
const EMPTY = 'it is empty (0 bytes)'

/** Text read as another format is not a corrupt file of that format. Throws E_CORRUPT that says so. */
async function requireNoText(source: Peekable, requested: FormatName): Promise<void> {
  const start = await source.peek((start) => (start.length < SEEN ? undefined : start))
  if (source.start.length === 0) throw corruptData(requested, EMPTY)
  const text = start!.toString('utf8', 0, SEEN).trim()
  if (text.length < 4 || /[^\P{Cc}\s]|\ufffd(?!$)/u.test(text)) return
  throw new SoftmaxError('E_CORRUPT', { format: requested, reason: 'it is text', looksLike: likelyFormat(text) })
}

/** The text format of the first bytes of a file. */
function likelyFormat(text: string): FormatName {
  if (/^\{|^\[\s*[-\d]/.test(text)) return 'ndjson'
  if (text.startsWith('[')) return 'json'
  const [line] = text.split('\n', 1) as [string]
  return line.includes('\t') && !line.includes(',') ? 'tsv' : 'csv'
}

/** The number of bytes needed to recognize text. */
const SEEN = 256

/** The format of text: NDJSON is detected by its first line if only a file name says otherwise. */
async function textFormat(
  source: Peekable,
  named: FormatName | undefined,
  settings: OpenSettings,
): Promise<FormatName> {
  const isDelimited = named && delimiterOf(named) !== undefined
  if (settings.from ?? optionGiven(settings, 'delimited') ?? (isDelimited ? undefined : named)) return named ?? 'csv'
  const begins = await source.peek(FORMATS.ndjson.magic!)
  const isJson = begins && (!named || (await source.peek(isJsonLine, LONGEST_LINE)))
  return isJson ? 'ndjson' : (named ?? 'csv')
}

/** The maximum size of a first line to check for JSON, if the name says it is another format. */
const LONGEST_LINE = 1 << 20

/** Decodes text to UTF-8, from the encoding of its BOM or the requested one. */
async function decode(
  source: Peekable,
  requested: string | undefined,
  path: string | undefined,
  warn: Warn,
): Promise<Text> {
  const named = requested === undefined ? undefined : encodingNamed(requested)
  const found = (await source.peek(encodingOfBytes)) ?? 'none'
  if (found === 'none') return decodedBy(source, named, warn)
  const { encoding, hasByteOrderMark } = found
  if (!hasByteOrderMark && named !== undefined) return decodedBy(source, named, warn)
  if (encoding.startsWith('utf-32')) throw undecodable(encoding, path)
  if (!hasByteOrderMark) throw withoutByteOrderMark(encoding)
  if (named !== undefined && named !== encoding && requested !== 'utf-16') {
    warn(`it is read as ${encoding}, according to its byte order mark, not as ${requested}`)
  }
  return decodedBy(source, encoding === 'utf-8' && named === undefined ? undefined : encoding, warn)
}

interface Text {
  source: Peekable
  encoding: string | undefined
}

function decodedBy(source: Peekable, encoding: string | undefined, warn: Warn): Text {
  const decoder = encoding === undefined ? undefined : decoderOf(encoding)
  if (!decoder) return { source, encoding }
  const chunks = isSingleByte(encoding!)
    ? warnIfUtf8(source.rest(), encoding!, (text) => warn(text, true))
    : source.rest()
  return { source: new Peekable(decoded(chunks, decoder)), encoding }
}

function withoutByteOrderMark(encoding: string): SoftmaxError {
  return new SoftmaxError('E_ENCODING', {
    reason: `the input looks like ${encoding} without a byte order mark`,
    remedy: `${optionText('encoding', encoding)} reads it`,
  })
}

function undecodable(encoding: string, path = 'FILE'): SoftmaxError {
  const remedy = `it is not supported; ${run(`iconv -f ${encoding} -t utf-8 FILE`)(path)}`
  return new SoftmaxError('E_ENCODING', { reason: `the input is ${encoding}`, remedy })
}

/**
 * Throws what opening a file with these first bytes would throw: E_NODE for its compression, E_UNSUPPORTED for its
 * kind.
 */
export async function requireSupported(start: Buffer, path: string, settings: OpenSettings): Promise<void> {
  const source = new Peekable(piecesOf(start))
  const compression = (await source.peek(compressionOfBytes)) ?? 'none'
  if (compression !== 'none') return requireUnpackable(compression, settings, path)
  const kind = await source.peek((start) => firstMatch(kindsBeside(settings.from), start))
  if (typeof kind === 'object') throw unsupported(kind, path, start)
  if (kind && kind !== 'none') requireFormat(kind, settings.from)
}

/** Formats and file kinds by magic number, given the requested format. */
function kindsBeside(from: FormatName | undefined): [FormatName | FileKind, Magic][] {
  return [...BINARY_MAGICS, ...kindMagics(from !== undefined)]
}

async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

interface Unpacked {
  source: Peekable
  compression: CompressionName | 'none'
  file?: Source['file']
}

/** Decompresses an input. */
async function unpack(input: Input, settings: OpenSettings, warn: Warn): Promise<Unpacked> {
  const source = new Peekable(input.chunks)
  const found = (await source.peek(compressionOfBytes)) ?? 'none'
  const { compression = 'none' } = compressionOf(input.name ?? '')
  const isNamed = compression !== 'none' || formatOf(input.name ?? '') !== undefined
  if (compression !== 'none' && source.start.length === 0) throw corruptData(compression, EMPTY)
  if (isNamed && source.start.length > 0 && found !== compression) {
    const not = (name: string) => (name === 'none' ? 'not compressed' : `compressed with ${name}`)
    warn(`it is ${not(found)}, according to its first bytes, although its name says otherwise`)
  }
  if (found === 'none') return { source, compression: found, file: input.file }
  requireUnpackable(found, settings, input.file?.path)
  const plain = new Peekable(decompress(found, source.rest()))
  const inner = await plain.peek(compressionOfBytes)
  if (inner && inner !== 'none') throw packedTwice(inner, found, input.file?.path ?? 'FILE')
  return { source: plain, compression: found }
}

/** Throws E_UNSUPPORTED if compression is disallowed, and E_NODE if this Node cannot decompress it. */
function requireUnpackable(name: CompressionName, { decompress }: OpenSettings, path: string | undefined): void {
  if (!decompress) {
    const option = optionText('decompress', false)
    const feature = `${name} compression with ${option}`
    throw new SoftmaxError('E_UNSUPPORTED', { feature, remedy: `to decompress the input, leave out ${option}` })
  }
  requireReadableBy(name, path)
}

function packedTwice(inner: CompressionName, outer: CompressionName, file: string): SoftmaxError {
  return new SoftmaxError('E_UNSUPPORTED', {
    feature: `${inner} inside ${outer}`,
    remedy: `run ${outer} -dc ${file} | softmax`,
  })
}
