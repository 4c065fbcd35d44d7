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
  /** The format that it is read as. */
  format: FormatName
  /** How its bytes are compressed. */
  compression: CompressionName | 'none'
  /** Of text: its encoding. */
  encoding: string | undefined
  /** Of delimited text: how it is written. */
  dialect: Dialect | undefined
  /** Of delimited text: the line of its header, from 1; undefined without one. */
  headerLine: number | undefined
  /** The number of rows, where the file says it. */
  rows: number | undefined
  /** What is written of it. */
  output: {
    /** The format that is written. */
    format: FormatName
    /** Of delimited text: how it is written. */
    dialect: Dialect | undefined
    /** The columns, with their types in Arrow's words; text has none. */
    columns: {
      /** Its name in the output. */
      name: string
      /** Its type, such as `float64`. */
      type: string
    }[]
  }
  /** Which lane does the rows, as the option `lane` names them. */
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
