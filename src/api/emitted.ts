/** What the compiler knows of a prediction by the `emit` that it is made with. */
import type { Emitted, OutputColumn } from '../core/output-columns.js'
import type { Prediction } from '../core/prediction.js'

/** What each output column is in a prediction. */
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

/** The entries of `emit`, a text or a list, or what is emitted without it; `string` where they are not known until run time. */
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

/** Whether a type is one of several. */
export type IsUnion<Type, All = Type> = Type extends unknown ? ([All] extends [Type] ? false : true) : never

type ColumnOf<Entry> = Entry extends `${infer Column}=${string}` ? Column : Entry

/** The output columns that `emit` names; none is known where `emit` is not. */
export type Columns<Emit> = string extends Entries<Emit> ? never : ColumnOf<Entries<Emit>>

/** The property that an entry makes: the list of probabilities has one name, whatever its columns are called. */
type PropertyOf<Entry, List> =
  ColumnOf<Entry> extends 'probs' ? List : Entry extends `${string}=${infer Name}` ? Name : Entry

/** What holds the probabilities: with `topK` it is another list; where that is known at run time only, none is known. */
type ListOf<List, TopK> = [TopK] extends [undefined] ? List : undefined extends TopK ? never : 'top'

/** The most probable classes, which all have a label where each row has one. */
type TopOf<List, Least, Top = NonNullable<Prediction['top']>[number]> = (Top & {
  [Name in List extends 'probabilities' ? 'probability' : 'logProbability']: number
} & ([Least] extends [undefined] ? { label: string } : unknown))[]

/** The value of a column, where `topK`, and what leaves labels out, may be given. */
type ValueOf<Column, List, TopK, Least> = Column extends 'probs'
  ? [TopK] extends [undefined]
    ? number[]
    : TopOf<List, Least>
  : Column extends 'label'
    ? [Least] extends [undefined]
      ? string
      : string | null
    : Values[Column & keyof Values]

/** The properties that `emit` makes; none is known where `emit` is not. */
export type Emits<Emit, List extends string, TopK = undefined, Least = undefined> =
  string extends Entries<Emit>
    ? unknown
    : {
        [Entry in Entries<Emit> & string as PropertyOf<Entry, ListOf<List, TopK>> & string]: ValueOf<
          ColumnOf<Entry>,
          List,
          TopK,
          Least
        >
      }

/** Nothing more, of an `emit` whose entries are all output columns; of another, which is none. */
export type Checked<Emit> =
  string extends Entries<Emit>
    ? unknown
    : [Exclude<Entries<Emit>, Emitted>] extends [never]
      ? unknown
      : NoOutputColumn<Exclude<Entries<Emit>, Emitted>>

/** What no `emit` is: the compiler's message has the name. */
interface NoOutputColumn<Name> {
  noOutputColumn: Name
}
