/** The file descriptors inherited by the process. */
import { constants, fstatSync, readFileSync, statSync } from 'node:fs'

export const STDOUT = 1
export const STDERR = 2

/** The name of standard input among inputs, and of standard output among outputs. */
export const DASH = '-'

/**
 * The open descriptor that a path refers to: `-`, /dev/stdout, /dev/stderr, or a file such as /dev/fd/3. It is written
 * to directly: the file is not replaced, and keeps what others write to it. A pipe such as /dev/fd/63, which bash
 * creates for `>(gzip)`, is opened by path instead, because the number may be one of Node's own pipes.
 */
export function descriptorOf(path: string): number | undefined {
  if (path === DASH || path === '/dev/stdout') return STDOUT
  if (path === '/dev/stderr') return STDERR
  const [, number] = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path) ?? []
  const descriptor = number === undefined ? undefined : Number(number)
  return descriptor === undefined || descriptor <= STDERR || isFile(descriptor) ? descriptor : undefined
}

/** Whether an input is standard input: `-`, or a path such as /dev/stdin. */
export function isStandardInput(input: string): boolean {
  return input === DASH || /^\/(?:dev\/stdin|(?:dev|proc\/self)\/fd\/0)$/.test(input)
}

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile()
  } catch {
    return false
  }
}

/**
 * Whether the process was started without this descriptor: then Node has opened /dev/null for reading and writing,
 * which no shell does. Detectable only on Linux.
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
