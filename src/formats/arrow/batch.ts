/** Record batches as encoded in messages: the length of each column, and the position of its buffers in the body. */
import * as zlib from 'node:zlib'
import { SoftmaxError } from '../../core/errors.js'
import { corrupt, REWRITE, unsupported } from './corrupt.js'
import type { FlatTable } from './flatbuffer.js'
import { decodeLz4 } from './lz4.js'
import type { FieldNode } from './schema.js'

type Codec = (bytes: Uint8Array, size: number) => Uint8Array

/** The header of a record batch or dictionary batch. */
export interface BatchHeader {
  length: number
  /** The length and null count of each column and each nested field. */
  nodes: readonly (readonly number[])[]
  /** The offset and length of each buffer in the body. */
  buffers: readonly (readonly number[])[]
  /** The number of data buffers of each view column. */
  viewBuffers: readonly number[]
  decompress: Codec | undefined
}

/** Allocates a buffer of this length. */
export type Room = (length: number) => Buffer

/** Loads a range of the body, into memory from `room` unless it is in memory already. */
export type Body = (start: number, length: number, room?: Room) => Promise<Uint8Array> | Uint8Array

/** Reads the header of a batch with a body of `bodyLength` bytes. */
export function readBatchHeader(batch: FlatTable, bodyLength: number): BatchHeader {
  const buffers = batch.counts(2, 2)
  for (const [start, length] of buffers as [number, number][]) {
    if (start + length > bodyLength) throw corrupt('a buffer extends past the end of its batch')
  }
  return {
    length: batch.count(0),
    nodes: batch.counts(1, 2),
    buffers,
    viewBuffers: batch.counts(4).map(([count]) => count!),
    decompress: codecOf(batch.table(3)),
  }
}

const CODECS: readonly Codec[] = [decodeLz4, decodeZstd]

function codecOf(compression: FlatTable | undefined): Codec | undefined {
  if (!compression) return undefined
  const [codec, method] = [CODECS[compression.int(0, 1)], compression.int(1, 1)]
  if (!codec || method !== 0) unsupported('a compression other than LZ4 and ZSTD', REWRITE)
  return codec
}

function decodeZstd(bytes: Uint8Array, size: number): Uint8Array {
  if (!('zstdDecompressSync' in zlib)) {
    throw new SoftmaxError('E_NODE', { feature: 'zstd', needed: '22.15', version: process.version, remedy: REWRITE })
  }
  const decompress = zlib.zstdDecompressSync as (bytes: Uint8Array, options: { maxOutputLength: number }) => Buffer
  const { buffer, byteOffset, length } = decompress(bytes, { maxOutputLength: Math.max(1, size) })
  if (length !== size) throw corrupt(`a buffer has ${length} bytes where ${size} are expected`)
  return new Uint8Array(buffer, byteOffset, length)
}

/** The position of a column's first node and buffers among those of its batch. */
export interface Span {
  node: number
  buffer: number
  view: number
}

/** The spans of all columns, plus one at the end. */
export function spansOf(fields: readonly FieldNode[], header: BatchHeader): Span[] {
  const end = { node: 0, buffer: 0, view: 0 }
  const spans = fields.map((field) => {
    const span = { ...end }
    pass(field, end, header)
    return span
  })
  if (end.node !== header.nodes.length || end.buffer !== header.buffers.length) {
    throw corrupt('the columns of a batch differ from its schema')
  }
  return [...spans, end]
}

function pass(node: FieldNode, end: Span, header: BatchHeader): void {
  end.node++
  end.buffer += buffersOf(node)
  if (isView(node)) end.buffer += header.viewBuffers[end.view++] ?? 0
  if (node.dictionary === undefined) for (const child of node.children) pass(child, end, header)
}

/** Whether a field consists of string or binary views. For a dictionary field, the batch has the indices. */
function isView({ field: { type } }: FieldNode): boolean {
  return (type.kind === 'utf8' || type.kind === 'binary') && type.layout === 'view'
}

function buffersOf({ field: { type } }: FieldNode): number {
  switch (type.kind) {
    case 'null':
      return 0
    case 'struct':
    case 'fixed_size_list':
      return 1
    case 'list':
      return type.layout === 'view' || type.layout === 'large_view' ? 3 : 2
    case 'utf8':
    case 'binary':
      return type.layout === 'view' ? 2 : 3
    default:
      return 2
  }
}

/** Loads a range of buffers, usually contiguous, and decompresses them. */
export async function loadBuffers(
  { buffers, decompress }: BatchHeader,
  [first, last]: [number, number],
  body: Body,
  room?: Room,
): Promise<Uint8Array[]> {
  const wanted = buffers.slice(first, last) as [number, number][]
  const start = Math.min(...wanted.map(([start]) => start))
  const end = Math.max(...wanted.map(([start, length]) => start + length))
  if (wanted.length === 0 || end === start) return wanted.map(() => EMPTY)
  const bytes = await body(start, end - start, room)
  if (bytes.length < end - start) throw corrupt('it was truncated while it was read')
  const parts = wanted.map(([at, length]) => new Uint8Array(bytes.buffer, bytes.byteOffset + at - start, length))
  return decompress ? parts.map((part) => decompressed(part, decompress)) : parts
}

const EMPTY = new Uint8Array()

/** A compressed buffer is prefixed with its uncompressed length; -1 means that it is stored uncompressed. */
function decompressed(bytes: Uint8Array, decompress: Codec): Uint8Array {
  if (bytes.length === 0) return bytes
  if (bytes.length < 8) throw corrupt('a compressed buffer lacks its uncompressed length')
  const size = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true))
  const rest = bytes.subarray(8)
  if (size === -1) return rest
  if (size === 0) return EMPTY
  if (!(size > 0 && size <= MOST_BYTES)) throw corrupt(`a buffer has ${size} bytes`)
  try {
    return decompress(rest, size)
  } catch (error) {
    throw error instanceof SoftmaxError ? error : corrupt(reasonOf(error))
  }
}

/** Larger than any buffer of a batch. */
const MOST_BYTES = 2 ** 32

/** The message of our own decoder, or that the other one found a corrupt frame. */
function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException
  return code === undefined && /LZ4/.test(message) ? message : 'a compressed buffer is corrupt'
}
