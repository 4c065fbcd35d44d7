/** The type of a prediction, derived from the type of the option `emit`. */
import type { Emitted, OutputColumn } from '../core/output-columns.js'
import type { Prediction } from '../core/prediction.js'

/** The type of each output column in a prediction. */
interface Values extends Record<OutputColumn, unknown> {
  probs: number[]
  label: string
  index: number
  labels: string[]
  set: string[]
  set_size: number
  confidence: number
  margin: number
  entropy: number
  logsumexp: number
  loss: number | null
  rank: number | null
  correct: boolean | null
}

/** The entries of `emit`, a text or a list, or of its default; `string` if they are known only at run time. */
type Entries<Emit> = [Emit] extends [undefined]
  ? 'probs' | 'index' | 'label'
  : true extends IsUnion<Emit>
    ? string
    : Emit extends readonly (infer Entry)[]
      ? number extends Emit['length']
        ? string
        : Entry
      : Emit extends `${infer Entry},${infer Rest}`
        ? Entry | Entries<Rest>
        : Emit

/** Whether a type is a union. */
export type IsUnion<Type, All = Type> = Type extends unknown ? ([All] extends [Type] ? false : true) : never

type ColumnOf<Entry> = Entry extends `${infer Column}=${string}` ? Column : Entry

/** The output columns that `emit` names; `never` if they are known only at run time. */
export type Columns<Emit> = string extends Entries<Emit> ? never : ColumnOf<Entries<Emit>>

/** The property that an entry adds; the list of probabilities keeps its name if its columns are renamed. */
type PropertyOf<Entry, List> =
  ColumnOf<Entry> extends 'probs' ? List : Entry extends `${string}=${infer Name}` ? Name : Entry

/** The property with the probabilities: `top` with `topK`; `never` if `topK` is known only at run time. */
type ListOf<List, TopK> = [TopK] extends [undefined] ? List : undefined extends TopK ? never : 'top'

/** The type of `top`: every class has a label, unless rows may have none. */
type TopOf<List, Least, Top = NonNullable<Prediction['top']>[number]> = (Top & {
  [Name in List extends 'probabilities' ? 'probability' : 'logProbability']: number
} & ([Least] extends [undefined] ? { label: string } : unknown))[]

/** The type of a column; `Least` is set by options that may leave out labels. */
type ValueOf<Column, List, TopK, Least> = Column extends 'probs'
  ? [TopK] extends [undefined]
    ? number[]
    : TopOf<List, Least>
  : Column extends 'label'
    ? [Least] extends [undefined]
      ? string
      : string | null
    : Values[Column & keyof Values]

/** The properties that `emit` adds, or `Null`; `unknown` if they are known only at run time. */
export type Emits<Emit, List extends string, TopK = undefined, Least = undefined, Null extends null = never> =
  string extends Entries<Emit>
    ? unknown
    : {
        [Entry in Entries<Emit> & string as PropertyOf<Entry, ListOf<List, TopK>> & string]:
          | ValueOf<ColumnOf<Entry>, List, TopK, Least>
          | Null
      }

/** `unknown` if all entries of `emit` are output columns; otherwise a type that `emit` does not have, with the invalid entry. */
export type Checked<Emit> =
  string extends Entries<Emit>
    ? unknown
    : [Exclude<Entries<Emit>, Emitted>] extends [never]
      ? unknown
      : NoOutputColumn<Exclude<Entries<Emit>, Emitted>>

/** No value of `emit` has this type, so the compiler's error names the entry. */
interface NoOutputColumn<Name> {
  noOutputColumn: Name
}
