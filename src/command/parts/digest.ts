/** Size and SHA-256 of files, to verify that an output is still the one that was written. */
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { isMissing } from '../../core/errors.js'
import { type Output, openOutput } from '../output.js'

/** Loaded on demand. */
export const sha256 = () => process.getBuiltinModule('node:crypto').createHash('sha256')

/** A digest of a file. */
export interface Digest {
  bytes: number
  sha256: string
}

/** Wraps an output, computing the digest of its bytes. */
export function digested(output: Output): { output: Output; digest(): Digest } {
  const hash = sha256()
  let bytes = 0
  const write: Output['write'] = (chunk, done) => {
    hash.update(chunk)
    bytes += chunk.length
    return output.write(chunk, done)
  }
  return { output: { ...output, write }, digest: () => ({ bytes, sha256: hash.digest('hex') }) }
}

/** An `open` function for one output, and the digest of what was written to it. */
export function digestingOutput(): { open: typeof openOutput; digest(): Digest } {
  let digest: () => Digest
  return {
    open: async (...target) => {
      const opened = digested(await openOutput(...target))
      digest = opened.digest
      return opened.output
    },
    digest: () => digest(),
  }
}

/** The digest of a file. */
export async function digestOf(path: string): Promise<Digest> {
  const hash = sha256()
  let bytes = 0
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK })) {
    hash.update(chunk as Buffer)
    bytes += (chunk as Buffer).length
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** Whether a file exists and has this digest. */
export async function hasDigest(path: string, digest: Digest): Promise<boolean> {
  try {
    return hasLength(path, digest.bytes) && (await sha256Of(path, digest.bytes)) === digest.sha256
  } catch (error) {
    // Another process may have removed it in the meantime.
    if (isMissing(error)) return false
    throw error
  }
}

/** A stream for each of very many small files would take most of the time. */
async function sha256Of(path: string, bytes: number): Promise<string> {
  return bytes > CHUNK ? (await digestOf(path)).sha256 : sha256().update(readFileSync(path)).digest('hex')
}

/** Files up to this size are read in one piece. */
const CHUNK = 1 << 20

/** Whether a file exists and has this size. */
export function hasLength(path: string, bytes: number): boolean {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat?.isFile() === true && stat.size === bytes
}
