/**
 * Writes dictionaries. A stream may replace a dictionary by another one. A file must have exactly one per id, so new
 * values are appended as deltas, and the complete dictionary is written at the end.
 */

import type { ColumnData } from '../../core/column-data.js'
import { concatColumns, isValid, takeRows } from '../../core/column-slices.js'
import { keyReader } from '../../core/column-values.js'
import type { DataType } from '../../core/data-type.js'
import { optionText } from '../../core/option-words.js'
import { encodeBatch } from './column-encoder.js'
import { unsupported } from './corrupt.js'
import { int, table } from './flatbuffer.js'
import { type EncodedMessage, encodeMessage } from './message.js'
import type { FieldNode } from './schema.js'

/** A dictionary that was written. */
interface Written {
  /** The last input dictionary, the values written so far, and an index of these. */
  last: ColumnData
  all: ColumnData
  positions?: Map<string, number>
  /** The written positions of the values of `last`, if they differ. */
  moved?: readonly (number | bigint)[] | undefined
  /** Whether values were appended after the first write. */
  isGrown: boolean
}

/** A message with the id of its dictionary. */
export interface DictionaryMessage extends EncodedMessage {
  id: bigint
  isDelta: boolean
}

/** Writes dictionaries before the batches that use them. */
export class DictionaryWriter {
  readonly #isFile: boolean
  readonly #written = new Map<bigint, Written>()
  #messages: DictionaryMessage[] = []

  constructor(isFile: boolean) {
    this.#isFile = isFile
  }

  /** A column with its indices mapped to the written dictionaries. */
  column(node: FieldNode, data: ColumnData): ColumnData {
    if (!hasDictionary(node)) return data
    if (node.dictionary !== undefined) return this.#indices(node, node.dictionary, data)
    return { ...data, children: node.children.map((child, index) => this.column(child, data.children![index]!)) }
  }

  /** The messages to write before the columns seen since the last call. */
  taken(): DictionaryMessage[] {
    const messages = this.#messages
    this.#messages = []
    return messages
  }

  /** The complete dictionaries of a file that were extended. */
  complete(): DictionaryMessage[] {
    for (const [id, { all, isGrown }] of this.#written) if (isGrown) this.#write(id, all, false)
    return this.taken()
  }

  #indices(node: FieldNode, id: bigint, data: ColumnData): ColumnData {
    const dictionary = data.dictionary!
    const before = this.#written.get(id)
    if (before?.last === dictionary && !this.#isFile) return data
    if (before && this.#isFile) return this.#merged(node, id, before, data)
    const all = this.#values(node, dictionary)
    this.#written.set(id, { last: dictionary, all, isGrown: false })
    this.#write(id, all, false)
    return data
  }

  /** The values of a dictionary, which may themselves be dictionary-encoded. */
  #values({ children }: FieldNode, dictionary: ColumnData): ColumnData {
    if (!children.some(hasDictionary)) return dictionary
    return { ...dictionary, children: children.map((child, index) => this.column(child, dictionary.children![index]!)) }
  }

  #write(id: bigint, values: ColumnData, isDelta: boolean): void {
    const { header, body, bodyLength } = encodeBatch([values], values.length)
    const message = table(int(8, id), header, int(1, isDelta))
    // Its values may be shared with another batch, so the consumer must not modify them.
    this.#messages.push({ id, isDelta, ...encodeMessage('dictionary', message, [Buffer.concat(body)], bodyLength) })
  }

  /** Indices into the merged dictionary. */
  #merged(node: FieldNode, id: bigint, written: Written, data: ColumnData): ColumnData {
    if (written.last !== data.dictionary) this.#extend(node, id, written, data.dictionary!)
    const { moved, all } = written
    if (!moved) return { ...data, dictionary: all }
    const values = data.values!.slice() as Int32Array
    for (let row = 0; row < data.length; row++)
      if (isValid(data, row)) values[row] = moved[Number(values[row]!)] as number
    return { ...data, values, dictionary: all }
  }

  /** Appends the new values of a dictionary to those written. */
  #extend(node: FieldNode, id: bigint, written: Written, dictionary: ColumnData): void {
    if (node.children.some(hasDictionary)) unsupported('a file with nested dictionaries that change', toStream())
    written.positions ??= new Map(keysOf(written.all).map((key, position) => [key, position]))
    const { positions } = written
    const added: number[] = []
    const moved = keysOf(dictionary).map((key, entry) => {
      const position = positions.get(key) ?? written.all.length + added.push(entry) - 1
      positions.set(key, position)
      return position
    })
    written.last = dictionary
    written.moved = moved.every((position, entry) => position === entry) ? undefined : movedBy(moved, node)
    if (added.length === 0) return
    const more = takeRows(dictionary, added)
    this.#write(id, more, true)
    written.all = concatColumns([written.all, more])
    written.isGrown = true
  }
}

const toStream = () => `write a stream with ${optionText('to', 'arrows')}`

function keysOf(dictionary: ColumnData): string[] {
  const read = keyReader(dictionary)
  return Array.from({ length: dictionary.length }, (_, entry) => read(entry))
}

/** Maps indices to new positions; their integer type must be able to hold them. */
function movedBy(positions: readonly number[], { field: { type } }: FieldNode): readonly (number | bigint)[] {
  const { index } = type as DataType & { kind: 'dictionary' }
  const most = 2 ** (index.signed ? index.bitWidth - 1 : index.bitWidth) - 1
  if (positions.some((position) => position > most)) {
    unsupported(
      `a file whose dictionaries have more than ${most + 1} values in total, with ${index.bitWidth}-bit indices`,
      toStream(),
    )
  }
  return index.bitWidth === 64 ? positions.map(BigInt) : positions
}

export function hasDictionary({ dictionary, children }: FieldNode): boolean {
  return dictionary !== undefined || children.some(hasDictionary)
}
