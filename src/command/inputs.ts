/** The inputs of the command: files and standard input. */
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { isatty } from 'node:tty'
import { SoftmaxError } from '../core/errors.js'
import { PipeStream } from '../io/pipe-stream.js'
import { CHUNK } from '../pipeline/file-input.js'
import { partsOf } from '../pipeline/input-files.js'
import { fileOf } from './conflict.js'
import { isClosed, isStandardInput, DASH as STDIN } from './descriptor.js'
import { warn } from './messages.js'

/**
 * The inputs named by arguments, with directories expanded to their parts; standard input if there are none. Throws
 * E_NO_INPUT, E_PARTS.
 */
export function inputsOf(named: readonly string[], purpose: Purpose, settings: { quiet: boolean }): string[] {
  const warnOf = (text: string, source: string) => warn(settings, `${source}: ${text}`)
  const files = (name: string) => (name === STDIN ? [name] : partsOf(name, purpose, warnOf))
  const inputs = (named.length > 0 ? named : [STDIN]).flatMap(files)
  if (inputs.includes(STDIN) && isatty(0)) throw new SoftmaxError('E_NO_INPUT', {})
  return inputs
}

type Purpose = Parameters<typeof partsOf>[1]

/** The name of an input in messages. */
export function nameOf(input: string): string {
  return input === STDIN ? 'stdin' : input
}

/** The sources of the inputs: paths, and a stream for standard input. */
export function sourcesOf(inputs: readonly string[]): (string | Readable)[] {
  for (const input of inputs) requireReadable(input)
  return inputs.map((input) => (input === STDIN ? standardInput() : input))
}

/** Checks for errors that opening an input would not report. */
function requireReadable(input: string): void {
  if (input === '') throw new SoftmaxError('E_INPUT', { reason: 'the name is empty' })
  if (!isStandardInput(input)) return
  const reason = isClosed(0)
    ? 'it is closed, or a null device that was opened for writing, too; use </dev/null for an empty input'
    : fileOf(STDIN)?.isDirectory()
      ? 'it is a folder'
      : undefined
  if (reason) throw new SoftmaxError('E_INPUT', { source: nameOf(input), reason })
}

/** Standard input; a file or pipe is read in larger chunks than by Node's stream. */
function standardInput(): Readable {
  const file = fileOf(STDIN)
  if (file?.isFile()) return createReadStream('', { fd: 0, autoClose: false, highWaterMark: CHUNK })
  return READS_PIPES && (file?.isFIFO() || file?.isSocket()) ? new PipeStream(0, CHUNK) : process.stdin
}

/** Bun and Deno do not support `onread` buffers of sockets, and on Windows reading a pipe blocks. */
const READS_PIPES = !('bun' in process.versions || 'deno' in process.versions || process.platform === 'win32')

/** The total size of the inputs in bytes; undefined if one of them has no size. */
export function totalSize(inputs: readonly string[]): number | undefined {
  const files = inputs.map(fileOf)
  return files.every((file) => file?.isFile()) ? files.reduce((sum, file) => sum + file!.size, 0) : undefined
}
