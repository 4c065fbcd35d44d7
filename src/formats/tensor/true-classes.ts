/** An array of true classes beside that of the logits, whose rows it follows. */
import type { ColumnData } from '../../core/column-data.js'
import { SoftmaxError, shown } from '../../core/errors.js'
import { optionText } from '../../core/option-words.js'
import type { Column } from '../../core/record-batch.js'
import { type RowOrder, type Tensor, tuple } from './tensor.js'

const INTEGER = { kind: 'int', bitWidth: 64, signed: true } as const
const FLOAT = { kind: 'float', bitWidth: 64 } as const

const typeOf = ({ layout }: Tensor) => (layout.kind === 'f' ? FLOAT : INTEGER)

/** The column that it is. */
export function truthColumn(name: string, tensor: Tensor): Column {
  const type = typeOf(tensor)
  return {
    name,
    type: type === INTEGER ? 'integer' : 'number',
    sample: '0',
    field: { name, type, nullable: false },
  }
}

/** The same array with an axis of one class: its rows are those of the logits. Throws E_CONFLICT where it has others. */
export function asRows(name: string, tensor: Tensor, { shape }: RowOrder): Tensor {
  const { sizes } = tensor
  const expected = shape.sizes.toSpliced(shape.axis, 1)
  if (tuple(sizes) === tuple(expected)) return { ...tensor, sizes: [...sizes, 1] }
  if (tuple(sizes) === tuple([...expected, 1])) return tensor
  if (tuple(sizes) === tuple(shape.sizes)) {
    const reason = `${optionText('truth', name)} has a number for each class of a row; of arrays, true classes are positions, one a row, as by argmax(-1), and several a row are read from columns`
    throw new SoftmaxError('E_CONFLICT', { reason })
  }
  const reason = `${optionText('truth', name)} has the shape ${tuple(sizes)}, and the logits have rows of the shape ${tuple(expected)}`
  throw new SoftmaxError('E_CONFLICT', { reason: `${reason}; ${shown(name)} needs a true class for each of these` })
}

/** True classes in the order of rows, as many at a time as are asked for. */
export class TrueClasses {
  readonly #parts: AsyncGenerator<Float64Array>
  readonly #tensor: Tensor
  #rest = new Float64Array()

  constructor(parts: AsyncGenerator<Float64Array>, tensor: Tensor) {
    this.#parts = parts
    this.#tensor = tensor
  }

  async take(rows: number): Promise<ColumnData> {
    const taken = new Float64Array(rows)
    let count = 0
    while (count < rows) {
      if (this.#rest.length === 0) this.#rest = (await this.#parts.next()).value
      const part = this.#rest.subarray(0, rows - count)
      taken.set(part, count)
      count += part.length
      this.#rest = this.#rest.subarray(part.length)
    }
    const type = typeOf(this.#tensor)
    return { type, length: rows, nullCount: 0, values: type === INTEGER ? BigInt64Array.from(taken, BigInt) : taken }
  }

  /** Reads to the end, so that all bytes are checked. */
  async end(): Promise<void> {
    for await (const _ of this.#parts);
  }

  async close(): Promise<void> {
    await this.#parts.return(undefined)
  }
}
