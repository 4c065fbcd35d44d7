/** Messages of the Arrow IPC formats (`Message.fbs`): metadata, followed by a body of buffers. */
import { corrupt, REWRITE, unsupported } from './corrupt.js'
import { type FlatNode, FlatTable, flatBuffer, int, table } from './flatbuffer.js'

/** The magic at both ends of a file; at the start, two zero bytes follow. */
export const MAGIC = 'ARROW1'
/** Precedes the metadata length of a message. */
const CONTINUATION = -1
/** The metadata version since Arrow 1.0; those of 0.8 to 0.17 differ only in unions. */
const VERSION_5 = 4
const VERSION_4 = 3

const HEADERS = ['none', 'schema', 'dictionary', 'batch'] as const

/** The metadata of a message. */
export interface Message {
  kind: (typeof HEADERS)[number]
  header: FlatTable
  bodyLength: number
}

/** Decodes the metadata of a message. */
export function readMessage(metadata: Uint8Array): Message {
  const message = FlatTable.root(metadata)
  const version = message.int(0, 2)
  if (version < VERSION_4) unsupported(`Arrow metadata version ${version + 1}`, REWRITE)
  const kind = HEADERS[message.int(1, 1)]
  const header = message.table(2)
  if (!kind || !header) throw corrupt('a message has an unknown kind')
  return { kind, header, bodyLength: message.count(3) }
}

/** Decodes the length of the metadata from its 8-byte prefix, and the size of the prefix itself. */
export function readPrefix(prefix: Buffer): { length: number; size: 4 | 8 } {
  const first = prefix.readInt32LE(0)
  // Before 0.15, and in the schema of some files, there is no continuation marker.
  const { length, size } =
    first === CONTINUATION ? { length: prefix.readInt32LE(4), size: 8 as const } : { length: first, size: 4 as const }
  if (length < 0) throw corrupt(`a message has ${length} bytes of metadata`)
  return { length, size }
}

/** The kinds of messages that can be written. */
export type Kind = Exclude<Message['kind'], 'none'>

/** An encoded message. */
export interface EncodedMessage {
  pieces: Uint8Array[]
  /** The sizes of its metadata and body, in bytes. */
  metadata: number
  body: number
}

/** Encodes a message from a header and a body of this size, both padded to 8 bytes. */
export function encodeMessage(kind: Kind, header: FlatNode, body: Uint8Array[] = [], bodyLength = 0): EncodedMessage {
  const metadata = flatBuffer(table(int(2, VERSION_5), int(1, HEADERS.indexOf(kind)), header, int(8, bodyLength)))
  const prefix = new Uint8Array(Int32Array.of(CONTINUATION, metadata.length).buffer)
  return { pieces: [prefix, metadata, ...body], metadata: prefix.length + metadata.length, body: bodyLength }
}

/** The end of a stream. */
export const END_OF_STREAM = new Uint8Array(Int32Array.of(CONTINUATION, 0).buffer)

/** The position of a message in a file. */
export interface FileBlock {
  offset: number
  metadata: number
  body: number
}

/** The footer of a file: its schema and the positions of its dictionaries and batches. */
export interface Footer {
  schema: FlatTable
  dictionaries: FileBlock[]
  batches: FileBlock[]
}

/** Decodes a footer. */
export function readFooter(bytes: Uint8Array): Footer {
  const footer = FlatTable.root(bytes)
  const schema = footer.table(1)
  if (!schema) throw corrupt('its footer has no schema')
  return { schema, dictionaries: footer.blocks(2), batches: footer.blocks(3) }
}

/** Encodes a footer, with its length and the closing magic. */
export function footerBytes(
  schema: FlatNode,
  dictionaries: readonly FileBlock[],
  batches: readonly FileBlock[],
): Uint8Array {
  const blocks = (blocks: readonly FileBlock[]): FlatNode => ({
    kind: 'structs',
    count: blocks.length,
    bytes: new Uint8Array(
      BigInt64Array.from(
        blocks.flatMap(({ offset, metadata, body }) => [offset, metadata, body]),
        BigInt,
      ).buffer,
    ),
  })
  const footer = flatBuffer(table(int(2, VERSION_5), schema, blocks(dictionaries), blocks(batches)))
  const length = new Uint8Array(Int32Array.of(footer.length).buffer)
  return Buffer.concat([footer, length, Buffer.from(MAGIC)])
}
