/** Record batches as messages have them: how long each column is, and where its buffers stand in the body. */
import * as zlib from 'node:zlib'
import { SoftmaxError } from '../../core/errors.js'
import { corrupt, REWRITE, unsupported } from './corrupt.js'
import type { FlatTable } from './flatbuffer.js'
import { decodeLz4 } from './lz4.js'
import type { FieldNode } from './schema.js'

type Codec = (bytes: Uint8Array, size: number) => Uint8Array

/** The header of a record batch or dictionary. */
export interface BatchHeader {
  length: number
  /** Of each column and each part of one: its length, and how many of its values are null. */
  nodes: readonly (readonly number[])[]
  /** Where each buffer begins in the body, and its length. */
  buffers: readonly (readonly number[])[]
  /** How many buffers of data each column of views has. */
  viewBuffers: readonly number[]
  decompress: Codec | undefined
}

/** Gives so many bytes of memory. */
export type Room = (length: number) => Buffer

/** Some bytes of a body, in memory that `room` gives where they are not in memory already. */
export type Body = (start: number, length: number, room?: Room) => Promise<Uint8Array> | Uint8Array

/** Reads the header of a batch whose body has so many bytes. */
export function readBatchHeader(batch: FlatTable, bodyLength: number): BatchHeader {
  const buffers = batch.counts(2, 2)
  for (const [start, length] of buffers as [number, number][]) {
    if (start + length > bodyLength) throw corrupt('a buffer does not end where its batch does')
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

/** Where the parts of a column begin among those of its batch. */
export interface Span {
  node: number
  buffer: number
  view: number
}

/** Where the parts of each column begin; the last stands behind all of them. */
export function spansOf(fields: readonly FieldNode[], header: BatchHeader): Span[] {
  const end = { node: 0, buffer: 0, view: 0 }
  const spans = fields.map((field) => {
    const span = { ...end }
    pass(field, end, header)
    return span
  })
  if (end.node !== header.nodes.length || end.buffer !== header.buffers.length) {
    throw corrupt('a batch has other columns than its schema')
  }
  return [...spans, end]
}

function pass(node: FieldNode, end: Span, header: BatchHeader): void {
  end.node++
  end.buffer += buffersOf(node)
  if (isView(node)) end.buffer += header.viewBuffers[end.view++] ?? 0
  if (node.dictionary === undefined) for (const child of node.children) pass(child, end, header)
}

/** True of text and bytes as views: of a dictionary, the indices are what a batch has. */
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

/** The buffers from one to another, which are next to one another as a rule, without their compression. */
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

/** A buffer is compressed behind its length; where that would not pay, it stands there as it is, and the length is -1. */
function decompressed(bytes: Uint8Array, decompress: Codec): Uint8Array {
  if (bytes.length === 0) return bytes
  if (bytes.length < 8) throw corrupt('a compressed buffer has no length')
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

/** More than a buffer of any batch has. */
const MOST_BYTES = 2 ** 32

/** What our own decoder says, or that the other found a frame corrupt. */
function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException
  return code === undefined && /LZ4/.test(message) ? message : 'a compressed buffer is corrupt'
}
