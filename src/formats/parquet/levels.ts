/**
 * Definition and repetition levels. A definition level says how much of the path to a value is defined, a repetition
 * level which list on that path continues (https://parquet.apache.org/docs/file-format/nestedencoding/).
 */
import { corrupt } from './corrupt.js'
import { RunReader, unpackLevels, widthOf } from './runs.js'

/** Reads the levels of a page in order. */
export interface LevelReader {
  /** The next `count` levels; a number if all are equal. */
  take(count: number): Uint8Array | number
}

/** Levels with a maximum of 0 are not stored. */
export const NO_LEVELS: LevelReader = { take: () => 0 }

/** Levels encoded as runs. */
export function levelReader(bytes: Uint8Array, most: number): LevelReader {
  const runs = new RunReader(bytes, widthOf(most))
  return {
    take(count) {
      const level = runs.constant(count)
      if (level === undefined) return checkedLevels(runs.fill(new Uint8Array(count)), most)
      if (level > most) throw tooHigh()
      return level
    },
  }
}

/** The levels in front of the values of a version 1 page, and the bytes after them. */
export function levelsBefore(
  bytes: Uint8Array,
  most: number,
  encoding: number,
  count: number,
): { levels: LevelReader; rest: Uint8Array } {
  if (most === 0) return { levels: NO_LEVELS, rest: bytes }
  if (encoding === BIT_PACKED) return packedBefore(bytes, most, count)
  const length = bytes.length < 4 ? Infinity : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  if (length > bytes.length - 4) throw corrupt('the levels of a page are truncated')
  return { levels: levelReader(bytes.subarray(4, 4 + length), most), rest: bytes.subarray(4 + length) }
}

const BIT_PACKED = 4

function packedBefore(bytes: Uint8Array, most: number, count: number): { levels: LevelReader; rest: Uint8Array } {
  const size = Math.ceil((count * widthOf(most)) / 8)
  if (size > bytes.length) throw corrupt('the levels of a page are truncated')
  const levels = checkedLevels(unpackLevels(bytes.subarray(0, size), widthOf(most), new Uint8Array(count)), most)
  let at = 0
  return {
    levels: {
      take(some) {
        at += some
        return levels.subarray(at - some, at)
      },
    },
    rest: bytes.subarray(size),
  }
}

/** A level can exceed `most` only if that is not the largest number of its bit width. */
function checkedLevels(levels: Uint8Array, most: number): Uint8Array {
  if ((most & (most + 1)) === 0) return levels
  for (const level of levels) if (level > most) throw tooHigh()
  return levels
}

const tooHigh = () => corrupt('a page has a level that is higher than its schema allows')

/** How many levels are the maximum, that of values that are not null. */
export function countLevel(levels: Uint8Array | number, count: number, most: number): number {
  if (typeof levels === 'number') return levels === most ? count : 0
  let found = 0
  for (let at = 0; at < count; at++) if (levels[at] === most) found++
  return found
}

/** Concatenates levels; undefined if all have the default. */
export function joinLevels(
  parts: { count: number; levels: Uint8Array | number }[],
  count: number,
  usual: number,
): Uint8Array | undefined {
  if (parts.every(({ levels }) => levels === usual)) return undefined
  const [first] = parts
  if (parts.length === 1 && typeof first!.levels !== 'number') return first!.levels
  const joined = new Uint8Array(count)
  let at = 0
  for (const { count, levels } of parts) {
    if (typeof levels === 'number') joined.fill(levels, at, at + count)
    else joined.set(levels, at)
    at += count
  }
  return joined
}

/** Concatenates indices. */
export function joinIndices(parts: Int32Array[]): Int32Array {
  if (parts.length === 1) return parts[0]!
  const joined = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
