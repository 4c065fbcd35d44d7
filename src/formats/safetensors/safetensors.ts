/** The .safetensors format of Hugging Face: a JSON header, then the numbers of named tensors. */
import { SoftmaxError, shown } from '../../core/errors.js'
import type { SettingsOf } from '../../core/options.js'
import type { Format, OutputSchema, RecordBatchReader, RecordBatchWriter } from '../../core/record-batch.js'
import { bytesWithin, chunksOf, type FileBytes } from '../../io/file-bytes.js'
import { readArrayFile } from '../tensor/array-file.js'
import { arraysWriter, type NamedArray } from '../tensor/arrays-writer.js'
import { openKept } from '../tensor/kept-arrays.js'
import { tensorReader } from '../tensor/reader.js'
import type { TensorSource } from '../tensor/tensor.js'
import { chooseTensors } from '../tensor/tensor-name.js'
import { LAYOUTS, readHeader, type TensorEntry } from './header.js'

export const safetensors: Format = {
  shapes: ['list'],
  typed: true,
  numbersOnly: true,
  read: (source, settings) => readArrayFile(source, (file) => readerOf(file, settings)),
  write: (schema: OutputSchema): Promise<RecordBatchWriter> =>
    arraysWriter(schema, { isAligned: true, begin: headerOf }),
}

async function readerOf(file: FileBytes, settings: SettingsOf<'bytes'>): Promise<RecordBatchReader> {
  const tensors = await readHeader(file)
  const names = [...tensors.keys()]
  const { logits, truth, others } = chooseTensors(names, settings)
  const open = (name: string) => openTensor(file, name, tensors.get(name)!)
  const ofTruth = truth === undefined ? undefined : open(truth)
  const source = open(logits)
  const { kept, left } = await openKept(others, open, source.tensor, settings)
  return tensorReader('safetensors', source, settings, { names, truth: ofTruth, kept, left })
}

function openTensor(file: FileBytes, name: string, { dtype, shape, start, length }: TensorEntry): TensorSource {
  const layout = LAYOUTS[dtype]
  if (!layout) {
    const reason = `${shown(name)} is ${shown(dtype)}; save it as F64, F32, F16, BF16 or integers`
    throw new SoftmaxError('E_TYPE', { reason })
  }
  const bytes = bytesWithin(file, start, length)
  const tensor = { layout, sizes: shape, fortran: false }
  return { name, tensor, bytes: { chunks: () => chunksOf(bytes), open: async () => bytes } }
}

/** The header, padded with spaces so that the data begins at a multiple of 8. */
function headerOf(arrays: readonly NamedArray[]): Buffer[] {
  let at = 0
  const entries = arrays.map(({ name, kind, itemBytes, sizes, byteLength }) => {
    const data_offsets = [at, at + byteLength]
    at += byteLength
    const dtype = kind === 'b' ? 'BOOL' : `${kind.toUpperCase()}${8 * itemBytes}`
    return [name, { dtype, shape: sizes, data_offsets }]
  })
  const header = Buffer.from(`{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`)}}`)
  const padding = Buffer.alloc((8 - (header.length % 8)) % 8, ' ')
  const lead = Buffer.alloc(8)
  lead.writeBigUInt64LE(BigInt(header.length + padding.length))
  return [Buffer.concat([lead, header, padding])]
}
