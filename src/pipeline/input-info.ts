/** What a run knows about an input when it starts to score it. */

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
  /** The format it is read as. */
  format: FormatName
  /** Its compression. */
  compression: CompressionName | 'none'
  /** The encoding, for text. */
  encoding: string | undefined
  /** The dialect, for delimited text. */
  dialect: Dialect | undefined
  /** The line of the header, from 1, for delimited text; undefined if there is no header. */
  headerLine: number | undefined
  /** The number of rows, if the file states it. */
  rows: number | undefined
  /** The output. */
  output: {
    /** The output format. */
    format: FormatName
    /** The dialect, for delimited text. */
    dialect: Dialect | undefined
    /** The columns, with Arrow type names; undefined for text. */
    columns: {
      /** Its name in the output. */
      name: string
      /** Its type, such as `float64`. */
      type: string
    }[]
  }
  /** The lane that scores the rows, named as in `stats`. */
  lane: Stats['lane']
}

/** Describes an input once its job and lane are known. */
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
