/** The beginning of an input: its compression, encoding and format. */

import { corruptData } from '../core/corrupt-data.js'
import { decoderOf, encodingNamed, encodingOfBytes } from '../core/encoding.js'
import { SoftmaxError } from '../core/errors.js'
import { type FileKind, kindMagics, run, unsupported } from '../core/file-kinds.js'
import { BINARY_MAGICS, delimiterOf, FORMATS, type FormatName, isText, rowFormatOf } from '../core/formats.js'
import { firstMatch, type Magic } from '../core/magic.js'
import { optionText } from '../core/option-words.js'
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

/** What is known of an input before it is read. */
export interface Input extends Source {
  /** What it is called in messages; the extension gives its format where no option does. */
  name?: string | undefined
  /** Says that no more of it is wanted, at once: a read may be under way that never ends. */
  close?(): void
  /** Throws E_INPUT where it changed while it was read. */
  requireUnchanged?(): void
}

/** An input whose format is known; what it was compressed with, and what its text was before it was decoded, where that is known. */
export interface Opened extends Source {
  format: FormatName
  compression: CompressionName | 'none'
  encoding: string | undefined
}

/** The options that opening an input goes by. */
export type OpenSettings = Pick<SettingsOf<'bytes'>, 'from' | 'encoding' | 'decompress'>
type Warn = (text: string) => void

/**
 * Finds out the format of an input: the one that is asked for, or the one of its name, or CSV. Where the first bytes show
 * another, they win over a name, with a warning. What is asked for may be a limit on what others send, which they cannot change.
 *
 * @throws E_UNSUPPORTED for a file that holds no rows of any format, or of another than is asked for, E_ENCODING for text that
 * cannot be decoded
 */
export async function openInput(input: Input, settings: OpenSettings, warn: Warn): Promise<Opened> {
  const { name = '' } = input
  const { source, path, compression } = await unpack(input, settings, warn)
  const named = rowFormatOf(settings.from ?? formatOf(name))
  const kinds = kindsBeside(settings.from)
  const found = await source.peek((start) => firstMatch(kinds, start))
  if (typeof found === 'object') throw unsupported(found, input.path ?? 'FILE', source.start)
  const binary = found === 'none' ? undefined : found
  if (binary) requireAsked(binary, settings.from)
  const isBinary = binary ?? (named && !isText(named))
  if (isBinary && !binary) await requireNoText(source, named!)
  const text = isBinary ? { source, encoding: undefined } : await decode(source, settings.encoding, input.path, warn)
  const format = binary ?? (await textFormat(text.source, named, settings))
  if (named && named !== format) warn(`it is read as ${format}, as its first bytes show, and not as ${named}`)
  return {
    chunks: text.source.rest(),
    format,
    compression,
    encoding: text.encoding,
    ...(path !== undefined && { path }),
  }
}

/** Throws E_UNSUPPORTED where another format is asked for. Both of Arrow's go by its name. */
function requireAsked(found: FormatName, asked: FormatName | undefined): void {
  if (asked === undefined || asked === found || (asked.startsWith('arrow') && found.startsWith('arrow'))) return
  const feature = `${found}, which its first bytes show, where ${optionText('from', asked)} asks for ${asked}`
  throw new SoftmaxError('E_UNSUPPORTED', { feature, remedy: `${optionText('from', found)} reads it` })
}

/** A text that is taken for another format is no corrupt file of that. Throws E_CORRUPT that says so. */
async function requireNoText(source: Peekable, asked: FormatName): Promise<void> {
  const start = await source.peek((start) => (start.length < SEEN ? undefined : start))
  const text = start!.toString('utf8', 0, SEEN).trim()
  if (text.length < 4 || /[^\P{Cc}\s]|\ufffd(?!$)/u.test(text)) return
  throw corruptData(
    asked,
    `it is text; ${optionText('from', 'csv')} or ${optionText('from', 'ndjson')} reads it, if it is that`,
  )
}

/** How many bytes show that it is text. */
const SEEN = 256

/** The format of a text: lines of JSON are found by the first, where nothing but a name says otherwise. */
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

/** How much of the first line is looked at, where a name says that it is not JSON. */
const LONGEST_LINE = 1 << 20

/** A text as UTF-8, and what it was: what its byte order mark says, or what is asked for. */
async function decode(
  source: Peekable,
  asked: string | undefined,
  path: string | undefined,
  warn: Warn,
): Promise<Text> {
  const named = asked === undefined ? undefined : encodingNamed(asked)
  const found = (await source.peek(encodingOfBytes)) ?? 'none'
  if (found === 'none') return decodedBy(source, named)
  const { encoding, isMarked } = found
  if (!isMarked && named !== undefined) return decodedBy(source, named)
  if (encoding.startsWith('utf-32')) throw undecodable(encoding, path)
  if (!isMarked) throw unmarked(encoding)
  if (named !== undefined && named !== encoding && asked !== 'utf-16') {
    warn(`it is read as ${encoding}, as its byte order mark says, and not as ${asked}`)
  }
  return decodedBy(source, encoding === 'utf-8' && named === undefined ? undefined : encoding)
}

interface Text {
  source: Peekable
  encoding: string | undefined
}

function decodedBy(source: Peekable, encoding: string | undefined): Text {
  const decoder = encoding === undefined ? undefined : decoderOf(encoding)
  return { source: decoder ? new Peekable(decoded(source.rest(), decoder)) : source, encoding }
}

function unmarked(encoding: string): SoftmaxError {
  return new SoftmaxError('E_ENCODING', {
    reason: `the input looks like ${encoding} without a byte order mark`,
    remedy: `${optionText('encoding', encoding)} reads it`,
  })
}

function undecodable(encoding: string, path = 'FILE'): SoftmaxError {
  const remedy = `it is not supported; ${run(`iconv -f ${encoding} -t utf-8 FILE`)(path)}`
  return new SoftmaxError('E_ENCODING', { reason: `the input is ${encoding}`, remedy })
}

/** Throws what opening a file that begins so would: E_NODE for its compression, E_UNSUPPORTED for its kind. */
export async function requireSupported(start: Buffer, path: string, settings: OpenSettings): Promise<void> {
  const source = new Peekable(piecesOf(start))
  const compression = (await source.peek(compressionOfBytes)) ?? 'none'
  if (compression !== 'none') return requireUnpackable(compression, settings, path)
  const kind = await source.peek((start) => firstMatch(kindsBeside(settings.from), start))
  if (typeof kind === 'object') throw unsupported(kind, path, start)
  if (kind && kind !== 'none') requireAsked(kind, settings.from)
}

/** Formats and kinds of files by their first bytes, where a format may be asked for. */
function kindsBeside(from: FormatName | undefined): [FormatName | FileKind, Magic][] {
  return [...BINARY_MAGICS, ...kindMagics(from !== undefined)]
}

async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

interface Unpacked {
  source: Peekable
  compression: CompressionName | 'none'
  path?: string
}

/** An input without its compression. */
async function unpack(input: Input, settings: OpenSettings, warn: Warn): Promise<Unpacked> {
  const source = new Peekable(input.chunks)
  const found = (await source.peek(compressionOfBytes)) ?? 'none'
  const { compression = 'none' } = compressionOf(input.name ?? '')
  const isNamed = compression !== 'none' || formatOf(input.name ?? '') !== undefined
  if (isNamed && source.start.length > 0 && found !== compression) {
    const not = (name: string) => (name === 'none' ? 'not compressed' : `compressed with ${name}`)
    warn(`it is ${not(found)}, as its first bytes show, though its name says otherwise`)
  }
  if (found === 'none') return { source, compression: found, ...(input.path !== undefined && { path: input.path }) }
  requireUnpackable(found, settings, input.path)
  const plain = new Peekable(decompress(found, source.rest()))
  const inner = await plain.peek(compressionOfBytes)
  if (inner && inner !== 'none') throw packedTwice(inner, found, input.path ?? 'FILE')
  return { source: plain, compression: found }
}

/** Throws E_UNSUPPORTED where no compression is allowed, and E_NODE for one that this Node cannot read. */
function requireUnpackable(name: CompressionName, { decompress }: OpenSettings, path: string | undefined): void {
  if (!decompress) {
    const feature = `${name} compression with ${optionText('decompress', false)}`
    throw new SoftmaxError('E_UNSUPPORTED', { feature, remedy: 'leave the option out to decompress it' })
  }
  requireReadableBy(name, path)
}

function packedTwice(inner: CompressionName, outer: CompressionName, file: string): SoftmaxError {
  return new SoftmaxError('E_UNSUPPORTED', {
    feature: `${inner} within ${outer}`,
    remedy: `run ${outer} -dc ${file} | softmax`,
  })
}
