/** New names for columns whose names are taken: the `emit` that messages suggest. */
import { type ColumnNames, fieldsOf, type OutputColumn, type OutputLayout } from './output-columns.js'

/** The output names of a layout, each with its output column. */
type NamesOf = (layout: OutputLayout) => (readonly [OutputColumn, string])[]

/**
 * The requested `emit` with other names for new columns whose names are `taken` or duplicated; undefined if renaming
 * does not help.
 */
function emitBeside(
  taken: Iterable<string>,
  layout: OutputLayout,
  namesOf: NamesOf = namesOfFields,
): string | undefined {
  const others = new Set(taken)
  const left = new Map<OutputColumn, (string | undefined)[]>()
  let columnNames: ColumnNames = { ...layout.columnNames }
  for (;;) {
    const column = clashing({ ...layout, columnNames }, others, namesOf)
    if (column === undefined) return emitText(layout.emit, columnNames)
    const names = left.get(column) ?? alternatives(column, layout)
    if (names.length === 0) return undefined
    left.set(column, names.slice(1))
    columnNames = { ...columnNames, [column]: names[0] }
  }
}

/** The data of an E_NAME for a new column whose name is taken. */
export type TakenName = {
  name: string
  emit: string | undefined
  /** Whether it has the name of a class, so that renaming the class would help. */
  isClass: boolean
}

/** The same for a name of a layout, next to other names. */
export function takenName(
  name: string,
  taken: Iterable<string>,
  layout: OutputLayout,
  namesOf: NamesOf = namesOfFields,
): TakenName {
  const fields = layout.emit.includes('probs') ? fieldsOf(['probs'], layout) : []
  const isClass = fields.some((field) => field.name === name && field.classIndex !== undefined)
  return { name, emit: emitBeside(taken, layout, namesOf), isClass }
}

export function namesOfFields(layout: OutputLayout): (readonly [OutputColumn, string])[] {
  return layout.emit.flatMap((column) => fieldsOf([column], layout).map(({ name }) => [column, name] as const))
}

/** The first output column with a name that is taken, or that an earlier one has; undefined if there is none. */
function clashing(layout: OutputLayout, taken: ReadonlySet<string>, namesOf: NamesOf): OutputColumn | undefined {
  const used = new Set(taken)
  for (const [column, name] of namesOf(layout)) {
    // With the most probable classes, the columns of their labels have the name of the label.
    if (used.has(name)) return column === 'probs' && isRanked(name, layout) ? 'label' : column
    used.add(name)
  }
  return undefined
}

function isRanked(name: string, { topK, columnNames }: OutputLayout): boolean {
  return topK > 0 && name.startsWith(`${columnNames?.label ?? 'label'}_`)
}

/** Names to try, beginning with the default. */
function alternatives(column: OutputColumn, { columnNames, shape = 'columns', topK, arrays }: OutputLayout) {
  const own = columnNames?.[column] === undefined ? [] : [undefined]
  if (column === 'label') return [...own, 'predicted', 'predicted_label', 'softmax_label']
  if (column !== 'probs') return [...own, `predicted_${column}`, `softmax_${column}`]
  const isPrefix = !arrays && (shape === 'columns' || topK > 0)
  return [...own, ...(isPrefix ? ['prob_', 'softmax_'] : ['probabilities', 'softmax'])]
}

/** Entries of the option, as one text if possible. A renamed column must be among them. */
function emitText(emit: readonly OutputColumn[], columnNames: ColumnNames): string | undefined {
  if (Object.values(columnNames).some((name) => name?.includes(','))) return undefined
  const renamed = (Object.keys(columnNames) as OutputColumn[]).filter((column) => columnNames[column] !== undefined)
  const columns = [...new Set([...emit, ...renamed])]
  return columns
    .map((column) => (columnNames[column] === undefined ? column : `${column}=${columnNames[column]}`))
    .join()
}
