/** Puts a JSON value on one line. */
import type { ByteQueue } from '../../io/byte-queue.js'

const [LF, CR, SPACE, QUOTE, BACKSLASH] = [10, 13, 32, 0x22, 0x5c]

/** Appends a value and a newline. A value that is on one line already is copied unchanged. */
export function putLine(value: Buffer, lines: ByteQueue): void {
  lines.append(value.includes(LF) || value.includes(CR) ? compact(value) : value)
  lines.append(NEWLINE)
}

const NEWLINE = Buffer.of(LF)

/** Replaces whitespace that contains a newline by one space; strings cannot contain newlines. */
function compact(value: Buffer): Buffer {
  const line = Buffer.allocUnsafe(value.length)
  let to = 0
  for (let at = 0; at < value.length; at++) {
    const byte = value[at]!
    if (byte === LF || byte === CR) {
      while (to > 0 && line[to - 1]! <= SPACE) to--
      line[to++] = SPACE
      while (at + 1 < value.length && value[at + 1]! <= SPACE) at++
    } else if (byte === QUOTE) {
      const end = textEnd(value, at)
      to += value.copy(line, to, at, end)
      at = end - 1
    } else line[to++] = byte
  }
  return line.subarray(0, to)
}

function textEnd(value: Buffer, from: number): number {
  let at = from + 1
  while (at < value.length && value[at] !== QUOTE) at += value[at] === BACKSLASH ? 2 : 1
  return Math.min(at + 1, value.length)
}
