/** The file descriptors that the process was started with. */
import { constants, fstatSync, readFileSync, statSync } from 'node:fs'

export const STDOUT = 1
export const STDERR = 2

/** The name of standard input among the inputs, and of standard output among the outputs. */
export const DASH = '-'

/**
 * The open descriptor that a path stands for: `-`, /dev/stdout, /dev/stderr, or a file as /dev/fd/3. It is written to as it
 * is: the file behind it is not replaced, and keeps what others write to it. A pipe as /dev/fd/63, as bash makes for
 * `>(gzip)`, is opened by its path: Node has pipes of its own, which must be left to it.
 */
export function descriptorOf(path: string): number | undefined {
  if (path === DASH || path === '/dev/stdout') return STDOUT
  if (path === '/dev/stderr') return STDERR
  const [, number] = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path) ?? []
  const descriptor = number === undefined ? undefined : Number(number)
  return descriptor === undefined || descriptor <= STDERR || isFile(descriptor) ? descriptor : undefined
}

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile()
  } catch {
    return false
  }
}

/**
 * True for a descriptor that the process was started without: Node has opened /dev/null in its place, for reading and
 * writing, as no shell does. Only Linux can say.
 */
export function isClosed(descriptor: number): boolean {
  try {
    const [, octal] = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))!
    const isNull = fstatSync(descriptor).rdev === statSync('/dev/null').rdev
    return isNull && (Number.parseInt(octal!, 8) & constants.O_RDWR) !== 0
  } catch {
    return false
  }
}
