/** State shared by the inputs of a run. */
import type { DataType } from '../core/data-type.js'
import type { Dialect } from '../core/dialect.js'
import type { FormatName } from '../core/formats.js'
import type { LogitsForm } from '../core/logits-list.js'
import type { SettingsOf } from '../core/options.js'
import type { Column, RecordBatchReader, RecordBatchWriter } from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'
import type { Probe } from '../kernel/host/metrics.js'
import type { Input, Opened } from './open-input.js'
import type { Stats } from './row-counts.js'
import type { RunMetrics } from './run-metrics.js'

/** The settings of an input, with its format and that of its output resolved. */
export type InputSettings = SettingsOf<'bytes'> & { from: FormatName; to: FormatName }

/** An open input: its bytes so far, and its number of rows if known. */
export interface Origin {
  opened: Opened
  taken: { bytes: number }
  rows: number | undefined
}

/** State shared by the inputs of a run. */
export interface Run {
  settings: SettingsOf<'bytes'>
  stats: Stats
  /** Whether there is only one input. */
  single: boolean
  /** Whether this run is one of several parts: a part may consist of bad rows only. */
  isPart?: boolean
  /** Whether the consumer releases each chunk, so that results may stay in kernel memory until they are written. */
  releasesChunks?: boolean
  emit(event: 'header' | 'schema' | 'input' | 'warning' | 'progress', what: unknown, source: string | undefined): void
  /** The first input: all others must have its columns, and the output has its format unless another is requested. */
  first?: {
    name: string | undefined
    format: FormatName
    named: boolean
    header: readonly string[]
    columns: readonly Column[]
    schema: Schema
  }
  /** Finds the form of the logits in a later input, if that of the first cannot be seen. */
  laterForm?: () => Promise<LogitsForm | undefined>
  /** The warnings about columns so far: further inputs have the same ones. */
  columnWarnings?: Set<string>
  /** The types of kept columns, if inferred or requested; undefined leaves a column as it is. */
  types?: readonly (DataType | undefined)[]
  /** For each input: the keys that it need not have, and no row has so far. */
  unseenKeys?: (() => readonly string[])[]
  /** The kept columns of the first input. */
  kept?: readonly Column[]
  /** The dialect of delimited output, for all inputs, each of which may have its own sep= line. */
  dialect?: Dialect
  /** Inputs without rows, waiting for an input that defines the number of classes. */
  unmeasured?: { reader: RecordBatchReader; input: Input; settings: InputSettings; origin: Origin }[]
  /** The warning if rows are left out, of inputs whose rows have no labels but their positions. */
  gapWarning?: string | undefined
  /** Whether metrics are requested, which cannot count rows of NaN. */
  isMeasured?: boolean
  /** Whether rows are only evaluated and nothing is written; and the accumulator of evaluated rows. */
  measures?: boolean
  counted?(): void
  metrics?: RunMetrics
  /** What a calibration measures on these rows. */
  probe?: Probe
  /** The name of the output format, if its rows are produced by way of another format. */
  outputFormat?: FormatName | undefined
  /** Whether the output has the shape of the input array unless a row is rejected. */
  mayFlatten?: boolean
  /** The encoder of a binary output. */
  writer?: RecordBatchWriter
}

/** Emits a warning about the columns of an input, unless an earlier input had the same one. */
export function warnOfColumns(run: Pick<Run, 'emit' | 'columnWarnings'>, text: string, name: string | undefined): void {
  run.columnWarnings ??= new Set()
  if (run.columnWarnings.has(text)) return
  run.columnWarnings.add(text)
  run.emit('warning', text, name)
}

/** Whether the requested number of rows has been read. */
export function isDone({ first, settings: { head }, stats }: Run): boolean {
  return first !== undefined && head !== undefined && stats.read >= head
}
