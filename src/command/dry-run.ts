/** A dry run: shows formats, columns, classes, the lane and the first rows, and writes nothing else. */
import type { Readable } from 'node:stream'
import { scoreFiles } from '../api/score-files.js'
import { textReader } from '../core/column-values.js'
import type { Dialect } from '../core/dialect.js'
import { listedName, plural, printable, SoftmaxError, shortened } from '../core/errors.js'
import { holdsArrays, isText, rowFormatOf } from '../core/formats.js'
import { type OptionsOf, parseOptions } from '../core/options.js'
import type { ReaderOptions, RecordBatch } from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'
import { jsonOf } from '../core/value-text.js'
import { loadFormat } from '../formats/index.js'
import { compressionOf } from '../io/compression.js'
import { plainOptions } from '../pipeline/first-rows.js'
import type { InputInfo } from '../pipeline/input-info.js'
import { columnRange, nameOfType } from './announcement.js'

/** The number of rows to show. */
const ROWS = 3

/** The names of inputs and output. */
interface Names {
  inputs: readonly string[]
  output: string | undefined
}

/** The report in parts, so that what is known before a failure is printed. `warn` receives warnings. */
export async function* dryRun(
  sources: readonly (string | Readable)[],
  options: OptionsOf<'bytes'>,
  names: Names,
  warn: (text: string, source: string | undefined) => void,
): AsyncGenerator<string> {
  const stream = scoreFiles(sources, { ...options, head: Math.min(options.head ?? ROWS, ROWS), jobs: 1 })
  const found: { schema?: Schema; info?: InputInfo } = {}
  stream.on('warning', warn)
  stream.once('schema', (schema: Schema) => {
    found.schema = schema
  })
  stream.once('input', (info: InputInfo) => {
    found.info = info
  })
  const pieces: Buffer[] = []
  let failure: unknown
  try {
    for await (const piece of stream) pieces.push(Buffer.from(piece))
  } catch (error) {
    failure = error
  }
  const { schema, info } = found
  if (schema && info) yield reportOf(schema, info, names)
  // Output truncated by a failure can be shown only if it is text.
  if (info && (!failure || isText(info.output.format))) yield await rowsText(Buffer.concat(pieces), info.output)
  if (failure) throw failure
}

function reportOf(schema: Schema, info: InputInfo, { inputs, output }: Names): string {
  const others = inputs.length > 1 ? `, the first of ${inputs.length} files` : ''
  const lines: [string, string][] = [
    ['input', `${inputs[0]}${others} (${inputText(info)})`],
    ['logits', `${logitsText(schema)}${schema.guessed ? ', guessed' : ''}`],
    ['kept', namesText(schema.kept.map((index) => schema.header[index]!))],
    ['classes', `${schema.classes.length}: ${namesText(schema.classes)}`],
    ['output', `${output ?? 'standard output'} (${outputText(info.output, output)})`],
    ['columns', columnsText(info.output)],
    ['lane', info.lane ?? 'none'],
  ]
  return lines.map(([key, value]) => `${`${key}:`.padEnd(8)} ${printable(value)}\n`).join('')
}

function inputText({ format, compression, encoding, dialect, headerLine, rows }: InputInfo): string {
  const header = headerLine === undefined ? 'no header' : `header in line ${headerLine}`
  return [
    format,
    // Other formats have compression inside, so they may be compressed without a compression around them.
    ...(compression !== 'none' ? [compression] : isText(format) ? ['not compressed'] : []),
    ...(encoding === undefined ? [] : [encoding]),
    ...(dialect ? [dialectText(dialect), header] : []),
    ...(rows === undefined ? [] : [plural(rows, 'row')]),
  ].join(', ')
}

function outputText({ format, dialect }: InputInfo['output'], path = ''): string {
  const { compression } = compressionOf(path)
  return [format, ...(compression ? [compression] : []), ...(dialect ? [dialectText(dialect)] : [])].join(', ')
}

function dialectText({ delimiter, quote, escape, comment, decimalComma }: Dialect): string {
  const symbols = {
    delimiter,
    quote,
    ...(escape !== quote && { escape }),
    ...(comment !== undefined && { comment }),
    ...(decimalComma && { decimal: ',' }),
  }
  return Object.entries(symbols)
    .map(([name, symbol]) => `${name} '${symbol}'`)
    .join(', ')
}

function logitsText({ header, logits, logitsList }: Schema): string {
  const names = logits.map((index) => header[index]!)
  return logitsList
    ? `all in ${listedName(names[0]!)}`
    : `${names.length} ${names.length === 1 ? 'column' : 'columns'} (${columnRange(names)})`
}

/** Names; if they do not fit on a line, the first and last ones. */
function namesText(names: readonly string[]): string {
  if (names.length === 0) return 'none'
  const listed = (some: readonly string[]) => some.map(listedName).join(', ')
  const all = listed(names)
  return all.length <= LINE ? all : shortened(`${listed(names.slice(0, 3))} ... ${listed(names.slice(-1))}`)
}

const LINE = 66

/** Columns with types, which those of JSON do not have; adjacent columns of the same type are grouped. */
function columnsText({ format, columns }: InputInfo['output']): string {
  if (rowFormatOf(format) === 'ndjson') return namesText(columns.map(({ name }) => name))
  const runs: { names: string[]; type: string }[] = []
  for (const { name, type: own } of columns) {
    const type = nameOfType(own)
    const last = runs.at(-1)
    if (last?.type === type) last.names.push(name)
    else runs.push({ names: [name], type })
  }
  return runs.map(({ names, type }) => `${columnRange(names)}: ${type}`).join('; ')
}

/** The output rows; if they cannot be read back, why not. */
async function rowsText(bytes: Buffer, output: InputInfo['output']): Promise<string> {
  try {
    return `rows:\n${await rowsOf(bytes, output)}`
  } catch (error) {
    if (!SoftmaxError.is(error, 'E_TYPE')) throw error
    return `rows:    not shown: ${output.format} contains only booleans\n`
  }
}

/** The output rows; binary formats are shown as lines of JSON. */
async function rowsOf(bytes: Buffer, { format, columns }: InputInfo['output']): Promise<string> {
  if (isText(format)) return bytes.toString()
  const lines: string[] = []
  const settings = parseOptions(
    { from: format, ...(holdsArrays(format) && { tensor: shownArray(columns), keep: false }) },
    'bytes',
  )
  const reader = await (await loadFormat(format)).read({ chunks: chunksOf(bytes) }, settings)
  const names = reader?.named ? columns.map(({ name }) => `${JSON.stringify(name)}:`) : undefined
  for await (const batch of reader?.batches(readAll(names?.length, reader.columns[0]?.width)) ?? []) {
    const values = batch.kept.map((column) => textReader(column))
    for (let row = 0; row < batch.numRows; row++) {
      const line = names?.map((name, index) => name + jsonOf(values[index]!(row))) ?? matrixRow(batch, row)
      lines.push(names ? `{${line}}\n` : `[${line}]\n`)
    }
  }
  await reader?.close?.()
  return lines.join('')
}

/** The array to show: the probabilities, or the first one of numbers, as the reader refuses booleans. */
function shownArray(columns: InputInfo['output']['columns']): string {
  const numbers = columns.filter(({ type }) => !/bool/.test(type))
  return (numbers.find(({ type }) => /list/.test(type)) ?? numbers[0] ?? columns[0]!).name
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

function matrixRow({ logits, numRows }: RecordBatch, row: number): string[] {
  const width = logits.length / numRows
  return Array.from(logits.subarray(row * width, (row + 1) * width), jsonOf)
}

/** Keeps all columns if they have names; otherwise there is one column of numbers. */
function readAll(count: number | undefined, width = 1): ReaderOptions {
  const options = plainOptions([...Array(count ?? 0).keys()], width)
  return count === undefined ? { ...options, logits: [0], logitsList: true } : options
}
