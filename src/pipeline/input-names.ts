/** The names of inputs in messages, events and rejects. */
import type { Readable } from 'node:stream'
import { SoftmaxError } from '../core/errors.js'

/** The option `source`: a name for all streams, or one for each. */
export type SourceNames = string | readonly string[] | undefined

/** The name of an input: its path, or of a stream that of `source`. Several streams have their position. */
export function inputName(
  input: string | Readable,
  inputs: readonly (string | Readable)[],
  source: SourceNames,
): string | undefined {
  if (typeof input === 'string') return input
  const streams = streamsOf(inputs)
  const position = streams.indexOf(input)
  const name = typeof source === 'string' ? source : source?.[position]
  return name ?? (streams.length > 1 ? `stream ${position + 1}` : undefined)
}

/** The name of the only stream. Throws E_OPTION. */
export function streamName(source: SourceNames): string | undefined {
  requireCount(1, source)
  return source === undefined ? undefined : String(source)
}

/** Throws E_OPTION for a list that does not have a name for each stream. */
export function requireNames(inputs: readonly (string | Readable)[], source: SourceNames): void {
  requireCount(streamsOf(inputs).length, source)
}

function requireCount(streams: number, source: SourceNames): void {
  if (source === undefined || typeof source === 'string' || source.length === streams) return
  const expected = `a name, or a list of one for each stream (${streams} here)`
  throw new SoftmaxError('E_OPTION', { option: 'source', value: source, expected })
}

function streamsOf(inputs: readonly (string | Readable)[]): Readable[] {
  return inputs.filter((input) => typeof input !== 'string')
}
