/** What the inputs of a run share, and the bytes that come in. */
import type { DataType } from '../core/data-type.js'
import { SoftmaxError } from '../core/errors.js'
import type { FormatName } from '../core/formats.js'
import { kindOf } from '../core/kind-of.js'
import type { SettingsOf } from '../core/options.js'
import type { Column, RecordBatchReader, RecordBatchWriter } from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'
import type { Probe } from '../kernel/host/metrics.js'
import type { Input, Opened } from './open-input.js'
import type { Stats } from './row-counts.js'
import type { RunMetrics } from './run-metrics.js'

/** Settings of an input whose format, and that of its output, is known. */
export type InputSettings = SettingsOf<'bytes'> & { from: FormatName; to: FormatName }

/** An input that is open: its bytes so far, and the number of its rows, where it is known. */
export interface Origin {
  opened: Opened
  taken: { bytes: number }
  rows: number | undefined
}

/** What the inputs of a run share. */
export interface Run {
  settings: SettingsOf<'bytes'>
  stats: Stats
  /** Whether there is one input only. */
  single: boolean
  /** Whether there are others of which the same is made, so that there may be bad rows only. */
  isPart?: boolean
  /** Whether who reads releases each chunk: then results may stand in a kernel's memory until they are written. */
  releasesChunks?: boolean
  emit(event: 'header' | 'schema' | 'input' | 'warning' | 'progress', what: unknown, source: string | undefined): void
  /** The first input, whose columns all others must have, and whose format the output takes where none is asked for. */
  first?: { name: string | undefined; format: FormatName; header: readonly string[]; schema: Schema }
  /** The types of kept columns, where they are inferred or asked for; undefined is what it is anyway. */
  types?: readonly (DataType | undefined)[]
  /** The columns that are kept of the first input. */
  kept?: readonly Column[]
  /** Inputs without rows, whose number of classes is that of an input that has rows, if one comes. */
  unmeasured?: { reader: RecordBatchReader; input: Input; settings: InputSettings; origin: Origin }[]
  /** Whether rows are judged only, and nothing is written; and what adds up the rows that are judged. */
  measures?: boolean
  counted?(): void
  metrics?: RunMetrics
  /** What a calibration looks at, of these rows. */
  probe?: Probe
  /** What the format of the output is called, where its rows are made as those of another. */
  outputFormat?: FormatName | undefined
  /** What makes the bytes of an output that is no text. */
  writer?: RecordBatchWriter
}

/** Whether as many rows were read as are asked for. */
export function isDone({ first, settings: { head }, stats }: Run): boolean {
  return first !== undefined && head !== undefined && stats.read >= head
}

/** Whatever was written to the stream, as buffers. */
export async function* toBuffers(chunks: AsyncIterable<unknown>, stats: Stats): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) {
      const remedy = 'rows are for softmax() and write()'
      throw new SoftmaxError('E_CHUNK', { takes: 'bytes or text', got: kindOf(chunk), remedy })
    }
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : asBuffer(chunk)
    stats.bytes += bytes.length
    yield bytes
  }
}

/** The same bytes: a buffer as it is, so that its owner can recycle it. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
