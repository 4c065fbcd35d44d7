/** The .npz format of numpy.savez: a zip archive with one .npy file per array, optionally compressed. */
import { corruptData } from '../../core/corrupt-data.js'
import { SoftmaxError, shown } from '../../core/errors.js'
import { optionText } from '../../core/option-words.js'
import type { SettingsOf } from '../../core/options.js'
import type { Format, OutputSchema, RecordBatchReader, RecordBatchWriter } from '../../core/record-batch.js'
import { ByteReader } from '../../io/byte-reader.js'
import { bytesWithin, type FileBytes } from '../../io/file-bytes.js'
import { openBytes } from '../../io/input-bytes.js'
import { headerOf, readHeader, requireNumbers } from '../npy/header.js'
import { readArrayFile } from '../tensor/array-file.js'
import { arraysWriter, type Frame, type NamedArray } from '../tensor/arrays-writer.js'
import { openKept } from '../tensor/kept-arrays.js'
import { tensorReader } from '../tensor/reader.js'
import type { ArrayLayout, TensorSource } from '../tensor/tensor.js'
import { chooseTensors } from '../tensor/tensor-name.js'
import { ZipFrame } from './zip-frame.js'
import { type EntryBytes, type ZipEntry, zipEntries } from './zip-reader.js'

export const npz: Format = {
  shapes: ['list'],
  typed: true,
  numbersOnly: true,
  read: (source, settings) => readArrayFile(source, (file) => readerOf(file, settings)),
  write: (schema: OutputSchema): Promise<RecordBatchWriter> => arraysWriter(schema, archiveFrame()),
}

/** The extension of an array's file. */
const ENDING = '.npy'

async function readerOf(file: FileBytes, settings: SettingsOf<'bytes'>): Promise<RecordBatchReader> {
  const arrays = arraysOf(await zipEntries(file))
  const names = [...arrays.keys()]
  const { logits, truth, others } = chooseTensors(names, settings)
  const open = (name: string) => openArray(name, arrays.get(name)!)
  const ofTruth = truth === undefined ? undefined : await openTruth(truth, open)
  const found = await open(logits)
  const source = { ...found, tensor: requireNumbers(found.tensor) }
  const { kept, left } = await openKept(others, open, source.tensor, settings)
  return tensorReader('npz', source, settings, { names, truth: ofTruth, kept, left })
}

/** Throws E_CONFLICT for an array of another type than numbers and text: true classes are positions or names. */
async function openTruth<Source>(name: string, open: (name: string) => Promise<Source>): Promise<Source> {
  try {
    return await open(name)
  } catch (error) {
    if (!SoftmaxError.is(error, 'E_TYPE')) throw error
    const reason = `${optionText('truth', name)} is not an array of numbers or text: ${error.info.reason}`
    throw new SoftmaxError('E_CONFLICT', { reason })
  }
}

async function openArray(name: string, entry: ZipEntry): Promise<TensorSource<ArrayLayout>> {
  const bytes = await entry.open()
  const reader = new ByteReader(bytes.chunks)
  const header = await readHeader(reader)
  if (!header) throw corruptData('npz', `${shown(name)} is empty`)
  const chunks = () => reader.rest()
  const open = () => anywhere(bytes, chunks(), header.length)
  return {
    name,
    tensor: header.tensor,
    bytes: { chunks, open, length: bytes.size - header.length, close: () => reader.close() },
  }
}

/** The entries that are arrays, by name. Throws E_CORRUPT for duplicate names. */
function arraysOf(entries: readonly ZipEntry[]): Map<string, ZipEntry> {
  const arrays = new Map<string, ZipEntry>()
  for (const entry of entries) {
    if (!entry.name.endsWith(ENDING)) continue
    const name = entry.name.slice(0, -ENDING.length)
    if (arrays.has(name)) throw corruptData('npz', `it has two arrays called ${shown(name)}`)
    arrays.set(name, entry)
  }
  return arrays
}

/** Random access to the data of an array; uncompressed data is not copied, after its checksum was verified. */
async function anywhere({ stored }: EntryBytes, rest: AsyncGenerator<Buffer>, start: number): Promise<FileBytes> {
  if (!stored) return openBytes({ chunks: rest })
  for await (const _ of rest);
  return bytesWithin(stored, start, stored.size - start)
}

function archiveFrame(): Frame {
  const zip = new ZipFrame()
  return {
    begin: () => [],
    before(array) {
      const header = npyHeader(array)
      const lead = zip.before(array.name + ENDING, header.length + array.byteLength)
      zip.see(header)
      return [lead, header]
    },
    see: (bytes) => zip.see(bytes),
    after: () => [zip.after()],
    end: () => [zip.end()],
  }
}

function npyHeader({ sizes, kind, itemBytes }: NamedArray): Buffer {
  return headerOf(sizes, `${itemBytes === 1 ? '|' : '<'}${kind}${itemBytes}`)
}
