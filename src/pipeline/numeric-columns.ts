/** Which output columns a file of arrays has: those of numbers. */
import { SoftmaxError } from '../core/errors.js'
import { optionText } from '../core/option-words.js'
import { type ColumnNames, type OutputColumn, TRUTHS } from '../core/output-columns.js'

/** What is asked of a file of arrays. */
interface Asked {
  /** Its format. */
  to: string
  emit: readonly OutputColumn[]
  columnNames?: ColumnNames | undefined
  topK: number
  /** Whether `emit` is as it is by default. */
  isDefault: boolean
}

/** What a column of names is in numbers: a position, how many there are, or nothing. */
const IN_NUMBERS: { readonly [Name in OutputColumn]?: OutputColumn | undefined } = {
  label: 'index',
  labels: undefined,
  set: 'set_size',
}

/** The output columns of a file of arrays. Throws E_CONFLICT for one that holds no numbers; labels by default are left out. */
export function numericColumns({ to, emit, columnNames, topK, isDefault }: Asked): OutputColumn[] {
  const refuse = (reason: string) => new SoftmaxError('E_CONFLICT', { reason })
  if (topK > 0) throw refuse(`${to} holds numbers, and ${optionText('topK')} gives labels, too; leave it out`)
  const isOfNames = (name: OutputColumn) => name in IN_NUMBERS
  const asked = isDefault ? emit.filter((name) => !isOfNames(name)) : emit
  const text = asked.find(isOfNames)
  if (text !== undefined) {
    const remedy = optionText('emit', proposed(asked, columnNames))
    throw refuse(`${to} holds numbers, not names of classes, which ${text} is; ${remedy} gives numbers`)
  }
  const ofTruth = TRUTHS.find((name) => asked.includes(name))
  if (ofTruth === undefined) return [...asked]
  throw refuse(`${to} has no empty values, as ${ofTruth} is where there is no true class; write another format`)
}

/** The same columns in numbers. */
function proposed(emit: readonly OutputColumn[], names: ColumnNames = {}): string {
  const numbers = new Map<OutputColumn, string | undefined>()
  for (const name of emit) {
    const column = name in IN_NUMBERS ? IN_NUMBERS[name] : name
    if (column !== undefined && !numbers.has(column)) numbers.set(column, names[name])
  }
  const entries = [...numbers].map(([column, name]) => (name === undefined ? column : `${column}=${name}`))
  return entries.length > 0 ? entries.join() : 'probs'
}
