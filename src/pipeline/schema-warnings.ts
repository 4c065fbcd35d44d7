/** The warnings about the columns of an input. */
import { base64Warning } from '../core/byte-columns.js'
import { ignoredShapeWarning } from '../core/declared-shape.js'
import { isArray } from '../core/formats.js'
import { headerWarnings } from '../core/header-names.js'
import { nestedWarning } from '../core/lost-types.js'
import { fieldsOf } from '../core/output-columns.js'
import { gapWarning, indexWarning, lostIndexWarning } from '../core/pandas-index.js'
import type { Column } from '../core/record-batch.js'
import { requestedTypes } from '../core/requested-types.js'
import type { Schema } from '../core/schema.js'
import { pointsWarning } from '../formats/csv/dialect-options.js'
import { firstLine, hasDetectedHeader, type InputContext, isTable, type ResolvedSchema } from './input-schema.js'
import type { InputSettings, Run } from './run.js'
import { textNullsWarning } from './untyped-nulls.js'

/** The warnings about an input; those about the output come with the first input. */
export async function schemaWarnings(context: InputContext, resolved: ResolvedSchema): Promise<string[]> {
  const warnings = [
    ...inputWarnings(context, resolved),
    ...(resolved.isFirst ? await outputWarnings(context, resolved.schema) : []),
  ]
  return warnings.filter((text) => text !== undefined)
}

function inputWarnings(context: InputContext, { schema, evidence }: ResolvedSchema): (string | undefined)[] {
  const { reader, format, settings } = context
  const { columns, indexNames } = reader
  const isDetected = hasDetectedHeader(reader, settings) && !indexNames
  return [
    ...(isDetected ? headerWarnings(firstLine(reader, schema, settings)) : []),
    ...(reader.warnings?.(schema.kept) ?? []),
    schema.guessed || settings.logits !== undefined ? undefined : indexWarning(schema, evidence),
    lostIndexOf(context),
    shapeWarning(schema, columns),
    isTable(format) ? nestedWarning(keptOf(schema, columns), requestedTypes(settings.types)) : undefined,
  ]
}

async function outputWarnings(context: InputContext, schema: Schema): Promise<(string | undefined)[]> {
  const { reader, format, run, settings } = context
  const hasTypes = isTable(format) && schema.kept.length > 0
  return [
    hasTypes ? await textNullsWarning(reader, schema, settings) : undefined,
    ...(run.measures
      ? []
      : [
          settings.to === 'copy' ? base64Warning(keptOf(schema, reader.columns)) : undefined,
          pointsWarning(run.dialect, fieldsOf(schema.emit, schema)),
        ]),
  ]
}

function keptOf({ kept }: Schema, columns: readonly Column[]): Column[] {
  return kept.map((index) => columns[index]!)
}

/** The warning that an index of pandas is lost; otherwise notes the one that it gets gaps if rows are left out. */
function lostIndexOf({ reader: { metadata }, format, run, settings }: InputContext): string | undefined {
  const lost = lostIndexWarning(metadata, losesIndex(settings, run, isTable(format)))
  // The rows of an array never have labels.
  if (lost === undefined && !isArray(settings.to)) run.gapWarning ??= gapWarning(metadata)
  return lost
}

/** The warning that a shape next to the logits is not theirs. */
function shapeWarning({ logits: [first], logitsList }: Schema, columns: readonly Column[]): string | undefined {
  const { otherShape, name } = columns[first!]!
  return logitsList && otherShape ? ignoredShapeWarning(name, otherShape) : undefined
}

/** Whether an index of pandas without a column is lost in any case: the output has no metadata, or not for all rows. */
function losesIndex({ keep, head }: InputSettings, { measures }: Run, hasMetadata: boolean): boolean {
  return measures !== true && keep === true && (head !== undefined || !hasMetadata)
}
