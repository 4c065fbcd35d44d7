/** Converts lines of JSON to one JSON array, still with one row per line. */
import { acquireReleasable, release } from '../../io/buffer-pool.js'
import { countNewlines } from './line-splitter.js'

const LF = 10
const BETWEEN = Buffer.from(',\n')

/**
 * Wraps lines, each a terminated row, in an array; no lines make an empty array. If the input fails, the array is left
 * unclosed.
 */
export async function* arrayOf(lines: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  // The separator before the next row.
  let lead = Buffer.from('[\n')
  let hasRows = false
  for await (const piece of lines) {
    if (piece.length === 0) continue
    const part = withCommas(piece, lead)
    release(piece)
    hasRows = true
    lead = part.endsRow ? BETWEEN : NONE
    yield part.bytes
  }
  yield Buffer.from(hasRows ? '\n]\n' : '[]\n')
}

const NONE = Buffer.alloc(0)

/** Lines with commas between them; the end of the last line is left to the next piece. */
function withCommas(piece: Uint8Array, lead: Buffer): { bytes: Buffer; endsRow: boolean } {
  const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length)
  const endsRow = bytes.at(-1) === LF
  const within = endsRow ? bytes.subarray(0, -1) : bytes
  const all = acquireReleasable(lead.length + within.length + countNewlines(within))
  let to = lead.copy(all)
  for (let at = 0; at < within.length; ) {
    const newline = within.indexOf(LF, at)
    const end = newline < 0 ? within.length : newline
    to += within.copy(all, to, at, end)
    if (newline >= 0) to += BETWEEN.copy(all, to)
    at = newline < 0 ? end : end + 1
  }
  return { bytes: all, endsRow }
}
