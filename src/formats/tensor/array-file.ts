/** Files that have a directory of their arrays, which are read at any offset; a pipe is put into a file first. */
import type { RecordBatchReader, Source } from '../../core/record-batch.js'
import { type FileBytes, openBytes } from '../../io/temp-file.js'

/** Opens a file for a reader, which closes it at its end; undefined where the file is empty. */
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
