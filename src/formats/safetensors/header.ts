/**
 * The .safetensors header (https://github.com/huggingface/safetensors#format): its length in eight bytes, then JSON
 * that gives the type, shape and data range of each tensor. The data follows, contiguous and without gaps.
 *
 *     {"logits": {"dtype": "F32", "shape": [3, 10], "data_offsets": [0, 120]}}
 */
import { corruptData } from '../../core/corrupt-data.js'
import { shown } from '../../core/errors.js'
import type { NumberLayout } from '../../core/float.js'
import type { FileBytes } from '../../io/file-bytes.js'

/** The header entry of a tensor. */
export interface TensorEntry {
  dtype: string
  shape: number[]
  /** The offset of its data in the file, and its size. */
  start: number
  length: number
}

/** The limit of the reference implementation. */
const MOST_HEADER = 100_000_000

/** The layout of numbers by type; types that logits cannot have are undefined. */
export const LAYOUTS: Readonly<Record<string, NumberLayout | undefined>> = Object.assign(Object.create(null), {
  F64: layout('f', 8),
  F32: layout('f', 4),
  F16: layout('f', 2),
  BF16: layout('b', 2),
  BOOL: layout('?', 1),
  ...Object.fromEntries(
    ([1, 2, 4, 8] as const).flatMap((bytes) => [
      [`I${8 * bytes}`, layout('i', bytes)],
      [`U${8 * bytes}`, layout('u', bytes)],
    ]),
  ),
})

function layout(kind: NumberLayout['kind'], bytes: NumberLayout['bytes']): NumberLayout {
  return { kind, bytes, bigEndian: false }
}

/** The tensors of a file, by name. Throws E_CORRUPT if the header does not match the file. */
export async function readHeader(file: FileBytes): Promise<Map<string, TensorEntry>> {
  const lead = await file.read(0, 8)
  const length = lead.length < 8 ? Number.NaN : Number(lead.readBigUInt64LE())
  if (!(length <= Math.min(MOST_HEADER, file.size - 8))) throw corrupt('it ends before or in its header')
  const entries = parseHeader(await file.read(8, length))
  const tensors = new Map(entries.map(([name, entry]) => [name, tensorOf(name, entry, 8 + length)]))
  requireNoGaps([...tensors.values()], 8 + length, file.size)
  return tensors
}

const corrupt = (reason: string) => corruptData('safetensors', reason)

function parseHeader(bytes: Buffer): [string, unknown][] {
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw corruptData('safetensors', `its header is not JSON: ${(cause as Error).message}`, cause)
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw corrupt('its header is not an object')
  return Object.entries(header).filter(([name]) => name !== '__metadata__')
}

function tensorOf(name: string, entry: unknown, start: number): TensorEntry {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>
  if (typeof dtype !== 'string' || !areSizes(shape) || !areSizes(offsets) || offsets.length !== 2) {
    throw corrupt(`its header does not describe ${shown(name)} as a tensor`)
  }
  const [begin, end] = offsets as [number, number]
  const length = end - begin
  const expected = shape.reduce((product, size) => product * size, LAYOUTS[dtype]?.bytes ?? 0)
  if (length < 0 || (LAYOUTS[dtype] && expected !== length)) {
    throw corrupt(`${shown(name)} has ${length} bytes, but its shape is (${shape.join(', ')}) of ${dtype}`)
  }
  return { dtype, shape, start: start + begin, length }
}

function areSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)
}

/** Every byte after the header must belong to exactly one tensor, which detects overlaps and truncated files. */
function requireNoGaps(tensors: TensorEntry[], start: number, end: number): void {
  let at = start
  for (const { start, length } of tensors.sort((a, b) => a.start - b.start || a.length - b.length)) {
    if (start !== at) throw corrupt(`its tensors are not contiguous: one begins at byte ${start}, not ${at}`)
    at += length
  }
  if (at !== end) throw corrupt(`it has ${end} bytes where its header says ${at}`)
}
