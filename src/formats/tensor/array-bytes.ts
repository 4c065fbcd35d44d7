/**
 * Serializes the numbers of an array in storage order, which may differ from row order: if the classes are not along
 * the last axis, the numbers of a row are not contiguous.
 */
import type { NumberArray } from '../../core/column-data.js'
import { TempFile } from '../../io/temp-file.js'

/** Numbers of one type, in row order; 16-bit floats are their bits. */
export type Numbers = NumberArray

/** Takes rows, and returns the bytes of the array that are complete. */
export interface ArrayBytes {
  add(rows: Numbers): Promise<Uint8Array[]>
  end(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  close(): Promise<void>
}

/** How many numbers may be transposed in memory; larger blocks use a temporary file. */
const BLOCK = 1 << 21

/**
 * The serializer of an array whose rows have `width` numbers, with a stride of `inner`. With `waits`, all output is kept in a
 * temporary file until the end.
 */
export async function arrayBytes(width: number, inner: number, waits: boolean): Promise<ArrayBytes> {
  const isTurned = inner > 1 && width > 1
  if (!waits && !isTurned) return { add: async (rows) => [littleEndian(rows)], end: () => [], close: async () => {} }
  const inMemory = isTurned && width * inner <= BLOCK ? turnedInMemory(width, inner) : undefined
  if (!waits && inMemory) return inMemory
  const file = await TempFile.open()
  const turned = isTurned && !inMemory ? turnedInFile(width, inner, file) : undefined
  return {
    async add(rows) {
      if (turned) await turned(rows)
      else for (const bytes of inMemory ? await inMemory.add(rows) : [littleEndian(rows)]) await file.write(bytes)
      return []
    },
    end: () => file.chunks(),
    close: () => file.close(),
  }
}

/** Transposes blocks of `inner` rows in memory. */
function turnedInMemory(width: number, inner: number): ArrayBytes {
  let block: Numbers | undefined
  let row = 0
  const add = async (rows: Numbers) => {
    const blocks: Uint8Array[] = []
    for (let at = 0; at < rows.length; at += width) {
      block ??= new (rows.constructor as Float64ArrayConstructor)(width * inner) as Numbers
      for (let index = 0; index < width; index++) block[index * inner + row] = rows[at + index]!
      if (++row < inner) continue
      blocks.push(littleEndian(block))
      block = undefined
      row = 0
    }
    return blocks
  }
  return { add, end: () => [], close: async () => {} }
}

/**
 * Creates the function that transposes rows in a file: it writes many rows at once, those of each class position
 * together.
 */
function turnedInFile(width: number, inner: number, file: TempFile): (rows: Numbers) => Promise<void> {
  const most = Math.max(1, Math.floor(BLOCK / width))
  let buffer: Numbers | undefined
  let [row, count] = [0, 0]
  const flush = async () => {
    const part = buffer!.subarray(0, count * width)
    const start = Math.floor(row / inner) * width * inner + (row % inner)
    for (let index = 0; index < width; index++) {
      await file.write(littleEndian(everyOf(part, index, width)), (start + index * inner) * part.BYTES_PER_ELEMENT)
    }
    row += count
    count = 0
  }
  return async (rows) => {
    buffer ??= new (rows.constructor as Float64ArrayConstructor)(Math.min(most, inner) * width) as Numbers
    for (let at = 0; at < rows.length; at += width) {
      for (let index = 0; index < width; index++) buffer[count * width + index] = rows[at + index]!
      if (++count === Math.min(most, inner) || (row + count) % inner === 0) await flush()
    }
  }
}

/** Every `step`-th number, starting at `first`. */
function everyOf(rows: Numbers, first: number, step: number): Numbers {
  const found = new (rows.constructor as Float64ArrayConstructor)(rows.length / step) as Numbers
  for (let at = first, to = 0; at < rows.length; at += step) found[to++] = rows[at]!
  return found
}

/** Numbers as little-endian bytes. */
function littleEndian({ buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: size }: Numbers): Buffer {
  const bytes = Buffer.from(buffer, byteOffset, byteLength)
  if (size === 1 || new Uint8Array(Uint16Array.of(1).buffer)[0] === 1) return bytes
  return size === 8 ? bytes.swap64() : size === 4 ? bytes.swap32() : bytes.swap16()
}
