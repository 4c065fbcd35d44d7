/** Writes the Arrow IPC formats: a stream, or a file, which is a stream between two magic strings with a footer. */
import type { Columns, Encode, OutputSchema, RecordBatchWriter } from '../../core/record-batch.js'
import { outputColumns } from '../class-columns.js'
import { columnWriter, outputFields } from '../columnar.js'
import { encodeBatch } from './column-encoder.js'
import { type DictionaryMessage, DictionaryWriter, hasDictionary } from './dictionary-writer.js'
import { END_OF_STREAM, type EncodedMessage, encodeMessage, type FileBlock, footerBytes, MAGIC } from './message.js'
import { type FieldNode, numberDictionaries, schemaTable } from './schema.js'

/** Creates the writer of a stream or a file. */
export const writerOf =
  (isFile: boolean) =>
  (schema: OutputSchema): RecordBatchWriter => {
    const fields = outputFields(schema)
    const columnsOf = columnWriter(schema, fields)
    const writer = new MessageWriter(numberDictionaries(fields), schema.metadata ?? new Map(), isFile)
    const outputOf = outputColumns(schema, 'text')
    const writeColumns = (parts: readonly Columns[]) => writer.write(outputOf(parts))
    return {
      begin: () => writer.begin(),
      write: (rows) => writeColumns([columnsOf(rows)]),
      writeColumns,
      append: (part) => writer.append(part as EncodedMessage),
      end: () => writer.end(),
    }
  }

/**
 * Creates the encoder of record batches for worker threads; undefined if there are dictionaries, which depend on
 * earlier batches.
 */
export function encoder(schema: OutputSchema): Encode | undefined {
  const fields = outputFields(schema)
  if (numberDictionaries(fields).some(hasDictionary)) return undefined
  const columnsOf = columnWriter(schema, fields)
  const outputOf = outputColumns(schema, 'text')
  return (rows) => encodeColumns(outputOf([columnsOf(rows)]))
}

/** Encodes a record batch as a message. */
function encodeColumns(columns: Columns): EncodedMessage {
  const { header, body, bodyLength } = encodeBatch(columns, columns[0]!.length)
  return encodeMessage('batch', header, body, bodyLength)
}

/** Writes messages, recording their positions for the footer of a file. */
class MessageWriter {
  readonly #fields: readonly FieldNode[]
  readonly #schema: ReturnType<typeof schemaTable>
  readonly #isFile: boolean
  readonly #dictionaries: DictionaryWriter
  /** The positions of dictionaries, by id, and of batches in a file. */
  readonly #dictionaryBlocks = new Map<bigint, FileBlock>()
  readonly #batchBlocks: FileBlock[] = []
  /** After the magic of a file. */
  #offset = 8

  constructor(fields: readonly FieldNode[], metadata: ReadonlyMap<string, string>, isFile: boolean) {
    this.#fields = fields
    this.#schema = schemaTable(fields, metadata)
    this.#isFile = isFile
    this.#dictionaries = new DictionaryWriter(isFile)
  }

  begin(): Uint8Array[] {
    const magic = this.#isFile ? [Buffer.from(`${MAGIC}\0\0`)] : []
    const message = encodeMessage('schema', this.#schema)
    this.#blockOf(message)
    return [...magic, ...message.pieces]
  }

  write(columns: Columns): Uint8Array[] {
    const mapped = columns.map((column, index) => this.#dictionaries.column(this.#fields[index]!, column))
    const dictionaries = this.#dictionaries.taken().flatMap((message) => this.#dictionary(message))
    return [...dictionaries, ...this.append(encodeColumns(mapped))]
  }

  append(message: EncodedMessage): Uint8Array[] {
    this.#batchBlocks.push(this.#blockOf(message))
    return message.pieces
  }

  end(): Uint8Array[] {
    if (!this.#isFile) return [END_OF_STREAM]
    const dictionaries = this.#dictionaries.complete().flatMap((message) => this.#dictionary(message))
    const footer = footerBytes(this.#schema, [...this.#dictionaryBlocks.values()], this.#batchBlocks)
    return [...dictionaries, END_OF_STREAM, footer]
  }

  /**
   * The bytes of a dictionary. The footer lists each dictionary once, as a complete one: either the first version or
   * the final one, no deltas.
   */
  #dictionary(message: DictionaryMessage): Uint8Array[] {
    const block = this.#blockOf(message)
    if (!message.isDelta) this.#dictionaryBlocks.set(message.id, block)
    return message.pieces
  }

  #blockOf({ metadata, body }: EncodedMessage): FileBlock {
    const offset = this.#offset
    this.#offset += metadata + body
    return { offset, metadata, body }
  }
}
