/**
 * Writes a file of named arrays, one for each output column: the probabilities in the shape of the input, the others in that
 * shape without the classes. Arrays stand one after the other, so the first is written as its rows come, and the others wait
 * in temporary files; where the number of rows is not known, the first one waits, too.
 */
import type { ColumnData } from '../../core/column-data.js'
import type { Columns, OutputSchema, RecordBatchWriter } from '../../core/record-batch.js'
import { columnWriter, outputFields } from '../columnar.js'
import { type ArrayBytes, arrayBytes, type Numbers } from './array-bytes.js'
import { outputShape } from './tensor.js'

/** An array of the file, once it is known how many rows there are. */
export interface NamedArray {
  name: string
  kind: 'f' | 'i'
  itemBytes: 4 | 8
  sizes: readonly number[]
  /** The number of its bytes. */
  byteLength: number
}

/** What stands around the bytes of arrays. */
export interface Frame {
  /** Before all. */
  begin(arrays: readonly NamedArray[]): Uint8Array[]
  /** Before and behind the bytes of each. */
  before?(array: NamedArray): Uint8Array[]
  after?(array: NamedArray): Uint8Array[]
  /** Is shown the bytes of an array. */
  see?(bytes: Uint8Array): void
  /** Behind all. */
  end?(): Uint8Array[]
}

/** An array that is being written. */
interface Output {
  bytes: ArrayBytes
  describe(rows: number): NamedArray
  numbersOf(column: ColumnData): Numbers
}

/** The writer of a file of arrays. */
export async function arraysWriter(schema: OutputSchema, frame: Frame): Promise<RecordBatchWriter> {
  const { rows } = schema
  const columnsOf = columnWriter(schema, outputFields(schema))
  const outputs: Output[] = []
  const close = async () => {
    for (const { bytes } of outputs) await bytes.close()
  }
  try {
    for (const index of schema.fields.keys()) outputs.push(await outputOf(schema, index))
  } catch (error) {
    await close()
    throw error
  }
  let written = 0
  const seen = (pieces: Uint8Array[]) => {
    for (const bytes of pieces) frame.see?.(bytes)
    return pieces
  }
  const begin = (count: number) => {
    const arrays = outputs.map(({ describe }) => describe(count))
    return [...frame.begin(arrays), ...(frame.before?.(arrays[0]!) ?? [])]
  }
  const writeColumns = async (parts: readonly Columns[]) => {
    const pieces: Uint8Array[] = []
    for (const columns of parts) {
      written += columns[0]!.length
      for (const [index, { bytes, numbersOf }] of outputs.entries()) {
        pieces.push(...seen(await bytes.add(numbersOf(columns[index]!))))
      }
    }
    return pieces
  }
  return {
    begin: () => (rows === undefined ? [] : begin(rows)),
    write: (batch) => writeColumns([columnsOf(batch)]),
    writeColumns,
    async *end() {
      if (rows === undefined) yield* begin(written)
      for (const [index, { bytes, describe }] of outputs.entries()) {
        const array = describe(written)
        if (index > 0) yield* frame.before?.(array) ?? []
        for await (const piece of bytes.end()) yield* seen([piece])
        yield* frame.after?.(array) ?? []
      }
      yield* frame.end?.() ?? []
    },
    close,
  }
}

async function outputOf(schema: OutputSchema, index: number): Promise<Output> {
  const { classes, float32, fields, rows } = schema
  const { name, type } = fields[index]!
  const isList = type === 'classes'
  const { sizes, inner } = outputShape(schema, isList ? classes.length : undefined)
  const [kind, itemBytes] = type === 'count' ? (['i', 8] as const) : (['f', float32 ? 4 : 8] as const)
  return {
    bytes: await arrayBytes(isList ? classes.length : 1, inner, index > 0 || rows === undefined),
    describe(rows) {
      const lengths = sizes(rows)
      const byteLength = lengths.reduce((product, size) => product * size, itemBytes)
      return { name, kind, itemBytes, sizes: lengths, byteLength }
    },
    numbersOf({ values, children }) {
      const numbers = (values ?? children![0]!.values!) as Float64Array
      if (kind === 'f') return float32 ? new Float32Array(numbers) : numbers
      return BigInt64Array.from(numbers, BigInt)
    },
  }
}
