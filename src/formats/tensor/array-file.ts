/** Files with a directory of arrays, which need random access; a pipe is copied to a file first. */
import type { RecordBatchReader, Source } from '../../core/record-batch.js'
import type { FileBytes } from '../../io/file-bytes.js'
import { openBytes } from '../../io/input-bytes.js'

/** Opens a file for a reader and closes it when the reader ends; undefined if the file is empty. */
export async function readArrayFile(
  source: Source,
  readerOf: (file: FileBytes) => Promise<RecordBatchReader>,
): Promise<RecordBatchReader | undefined> {
  const file = await openBytes(source)
  try {
    const reader = file.size === 0 ? undefined : await readerOf(file)
    if (!reader) await file.close()
    return reader && { ...reader, close: () => file.close() }
  } catch (error) {
    await file.close()
    throw error
  }
}
