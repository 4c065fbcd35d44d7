import { type ScoreOptions, SoftmaxError, type Stats, score } from 'softmax-stream'

/** The result of a run: the bytes before it ended, and how it ended. */
export interface Outcome {
  bytes: Buffer
  /** The same as UTF-8 text. */
  text: string
  error: SoftmaxError | undefined
  stats: Stats
  warnings: string[]
}

/** Chunks of `size` bytes; the last may be shorter. */
export function chunksOf(input: Buffer | string, size: number): Buffer[] {
  const bytes = Buffer.from(input)
  if (size >= bytes.length) return [bytes]
  const count = Math.ceil(bytes.length / size)
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size))
}

/** The same, also of options that are refused before there is a stream. */
export async function run(...args: Parameters<typeof scored>): Promise<Outcome> {
  try {
    return await scored(...args)
  } catch (error) {
    if (!(error instanceof SoftmaxError)) throw error
    const stats: Stats = { bytes: 0, read: 0, written: 0, abstained: 0, rejected: {}, lane: undefined }
    return { bytes: Buffer.alloc(0), text: '', error, stats, warnings: [] }
  }
}

/** Scores an input that arrives in one chunk, in chunks of a size, or in the given chunks. */
async function scored(
  input: Buffer | string | Buffer[] | AsyncIterable<Buffer>,
  options: ScoreOptions = {},
  size = Number.POSITIVE_INFINITY,
): Promise<Outcome> {
  const stream = score(options)
  const warnings: string[] = []
  stream.on('warning', (text: string) => warnings.push(text))
  stream.on('error', () => {})
  if (typeof input === 'string' || input instanceof Uint8Array) input = chunksOf(input, size)
  if (Array.isArray(input)) {
    for (const chunk of input) stream.write(chunk)
    stream.end()
  } else {
    const chunks = input
    const feed = async () => {
      for await (const chunk of chunks) stream.write(chunk)
      stream.end()
    }
    feed().catch((failure) => stream.destroy(failure))
  }
  const pieces: Buffer[] = []
  let error: SoftmaxError | undefined
  try {
    for await (const piece of stream) pieces.push(piece as Buffer)
  } catch (thrown) {
    if (!(thrown instanceof SoftmaxError)) throw thrown
    error = thrown
  }
  return outcomeOf({ bytes: Buffer.concat(pieces), error, stats: stream.stats, warnings })
}

/** With the text, which is decoded only where a test reads it. */
function outcomeOf(outcome: Omit<Outcome, 'text'>): Outcome {
  let text: string | undefined
  return {
    ...outcome,
    get text() {
      text ??= outcome.bytes.toString()
      return text
    },
  }
}

/** What an error reports, for comparison. */
export function reported(error: SoftmaxError | undefined) {
  return error && { code: error.code, message: error.message, info: error.info }
}

/** The number of rejected rows, with any code. */
export function rejected({ stats }: Pick<Outcome, 'stats'>): number {
  return Object.values(stats.rejected).reduce((sum, count) => sum + count, 0)
}

/** Softmax of [1, 2, 3] as written. */
export const P123 = '0.09003057317038046,0.24472847105479764,0.6652409557748219'
/** Softmax of [2, 1], from mpmath. */
export const P21 = '0.7310585786300049,0.2689414213699951'
