/** What a run has found out about an input, once it knows what it will do. */

import { typeName } from '../core/data-type.js'
import type { Dialect } from '../core/dialect.js'
import { type FormatName, isText } from '../core/formats.js'
import type { SettingsOf } from '../core/options.js'
import type { RecordBatchReader } from '../core/record-batch.js'
import { outputFields } from '../formats/columnar.js'
import type { CompressionName } from '../io/compression.js'
import type { Opened } from './open-input.js'
import type { Stats } from './row-counts.js'
import { outputSchema, type ScoreJob } from './score-job.js'

/** The `input` event of a stream of bytes. */
export interface InputInfo {
  format: FormatName
  compression: CompressionName | 'none'
  /** Of text. */
  encoding: string | undefined
  /** Of delimited text: how it is written, and the line of its header, if it has one. */
  dialect: Dialect | undefined
  headerLine: number | undefined
  /** The number of rows, where the file says it. */
  rows: number | undefined
  output: {
    format: FormatName
    dialect: Dialect | undefined
    /** The columns, with their types in Arrow's words; text has none. */
    columns: { name: string; type: string }[]
  }
  lane: Stats['lane']
}

/** What is known of an input whose job and lane are. */
export function inputInfo(
  { format, compression, encoding, rows }: Opened & { rows: number | undefined },
  reader: RecordBatchReader,
  job: ScoreJob,
  { to }: Pick<SettingsOf<'bytes'>, 'to'>,
  lane: Stats['lane'],
): InputInfo {
  return {
    format,
    compression,
    encoding: isText(format) ? (encoding ?? 'utf-8') : undefined,
    dialect: job.input,
    headerLine: reader.named ? reader.headerLine : undefined,
    rows,
    output: {
      format: to ?? format,
      dialect: job.output,
      columns: outputFields(outputSchema(job, reader, true)).map(({ name, type }) => ({ name, type: typeName(type) })),
    },
    lane,
  }
}
