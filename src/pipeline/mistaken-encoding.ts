/** Text read in an encoding of one byte per character although it is UTF-8: every byte is valid, and every result wrong. */
import { isAscii, isUtf8 } from 'node:buffer'
import { optionText } from '../core/option-words.js'

/**
 * Passes chunks on, and warns if their first bytes look like UTF-8: by chance, text in an encoding of one byte per
 * character hardly ever has only valid sequences.
 */
export async function* warnIfUtf8(
  chunks: AsyncGenerator<Buffer>,
  encoding: string,
  warn: (text: string) => void,
): AsyncGenerator<Buffer> {
  const sample = new Sample()
  try {
    for await (const chunk of chunks) {
      sample.add(chunk)
      yield chunk
    }
    sample.end()
  } finally {
    // A reader that needs no more rows ends it here.
    if (sample.looksLikeUtf8) warn(`its text looks like UTF-8, not ${encoding}; leave out ${optionText('encoding')}`)
  }
}

/** How many bytes to examine. */
const MOST = 1 << 20

/** The first bytes of a text, which arrive in chunks that may begin and end within a character. */
class Sample {
  #length = 0
  #rest: Buffer = Buffer.alloc(0)
  #hasCharacters = false
  #isValid = true

  /** Whether there was a character beyond ASCII, and no invalid byte. */
  get looksLikeUtf8(): boolean {
    return this.#isValid && this.#hasCharacters
  }

  add(chunk: Buffer): void {
    if (!this.#isValid || this.#length >= MOST) return
    const bytes = Buffer.concat([this.#rest, chunk.subarray(0, MOST - this.#length)])
    this.#length += bytes.length - this.#rest.length
    const end = completeLength(bytes)
    // Its memory is used again.
    this.#rest = Buffer.from(bytes.subarray(end))
    this.#check(bytes.subarray(0, end))
  }

  /** The text ends here: an incomplete character is invalid. */
  end(): void {
    if (this.#length < MOST) this.#check(this.#rest)
  }

  #check(bytes: Buffer): void {
    if (isAscii(bytes)) return
    this.#isValid &&= isUtf8(bytes)
    this.#hasCharacters = true
  }
}

/** The length of bytes without a character that may continue in the next chunk. */
function completeLength(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(LONGEST - 1, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!
    if (byte < CONTINUATION) return bytes.length
    if (byte >= LEAD) return lengthOf(byte) > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}

/** The number of bytes in a character with this first byte. */
function lengthOf(lead: number): number {
  if (lead < 0xe0) return 2
  return lead < 0xf0 ? 3 : LONGEST
}

const CONTINUATION = 0x80
const LEAD = 0xc0
const LONGEST = 4
