/** Random access to an input. */
import { type FileHandle, open } from 'node:fs/promises'
import { SoftmaxError, systemReason } from '../core/errors.js'
import type { Source } from '../core/record-batch.js'
import { HandleBytes, type OpenedFile } from './file-bytes.js'
import { TempFile } from './temp-file.js'

/** The bytes of an input: those of its file, or of a temporary copy. */
export async function openBytes({ file, chunks }: Source): Promise<OpenedFile> {
  const opened = file && (await regularFile(file.path))
  if (!file || !opened) {
    const copy = await TempFile.open()
    try {
      for await (const chunk of chunks) await copy.write(chunk)
    } catch (error) {
      await copy.close()
      throw error
    }
    return copy
  }
  // A generator that was never started does not run its `finally`.
  const { value: first } = await chunks.next()
  await chunks.return(undefined)
  return new HandleBytes(opened.handle, opened.size, upTo(opened.size - (first?.length ?? 0), file.count))
}

/** Counts up to `most` bytes in all: some are read more than once. */
function upTo(most: number, count: (bytes: number) => void): (bytes: number) => void {
  let left = most
  return (bytes) => {
    const some = Math.min(bytes, left)
    left -= some
    count(some)
  }
}

async function regularFile(path: string): Promise<{ handle: FileHandle; size: number } | undefined> {
  try {
    const handle = await open(path)
    const stat = await handle.stat()
    if (stat.isFile()) return { handle, size: stat.size }
    await handle.close()
    return undefined
  } catch (cause) {
    throw new SoftmaxError('E_INPUT', { reason: systemReason(cause) }, { cause })
  }
}
