/** The entry `pandas` in the metadata of Parquet and Arrow: https://pandas.pydata.org/docs/development/developer.html */

export type Metadata = ReadonlyMap<string, string> | undefined

/** The description of a column; before pyarrow 0.8, it had no name of the field. */
interface ColumnEntry {
  name?: string | null
  field_name?: string | null
}

/** The description of one level of the names of columns. */
interface LevelEntry {
  name: string | null
  field_name: string | null
  pandas_type: string
}

const KEY = 'pandas'

/** A list in the entry; an empty one if there is none. */
export function pandasList(metadata: Metadata, key: string): unknown[] {
  return listOf(membersOf(metadata?.get(KEY) ?? '').get(key)) ?? []
}

/**
 * The metadata of a table to which columns are added. pandas converts all names of columns to the type in the metadata,
 * such as int64, and fails if one does not fit. So all become text, unless the table had columns of the added names. What
 * the metadata says about an earlier column of an added name (its type; that it is the index) is removed.
 */
export function withAdded(metadata: Metadata, added: readonly string[]): Metadata {
  if (!metadata?.has(KEY)) return metadata
  const members = membersOf(metadata.get(KEY)!)
  const list = (key: string) => listOf(members.get(key)) ?? []
  const [index, columns, levels] = [list('index_columns'), list('columns'), list('column_indexes')]
  const before = new Set(columns.map(fieldName).filter((name) => !index.includes(name)))
  const isAdded = new Set<unknown>(added)
  const isText = added.every((name) => before.has(name)) || hasTextNames(levels)
  const changed = {
    index_columns: index.filter((name) => !isAdded.has(name)),
    columns: columns.filter((column) => !isAdded.has(fieldName(column))),
    column_indexes: isText ? levels : [textLevel(levels)],
  }
  const isSame = isText && changed.index_columns.length === index.length && changed.columns.length === columns.length
  return isSame ? metadata : new Map([...metadata, [KEY, entryOf(members, changed)]])
}

function fieldName(column: unknown): string | null | undefined {
  const { name, field_name: field = name } = (column ?? {}) as ColumnEntry
  return field
}

/** pyarrow calls names `mixed` if some of them are text: it reads them all as text. */
function hasTextNames(levels: readonly unknown[]): boolean {
  const [level] = levels as Partial<LevelEntry>[]
  return levels.length === 0 || (levels.length === 1 && /^(unicode|string|mixed.*)$/.test(level?.pandas_type ?? ''))
}

/** The level of names that are text, with the name of the only level before, if any. */
function textLevel(levels: readonly unknown[]): unknown {
  const [level] = levels as (Partial<LevelEntry> | null)[]
  const { name = null, field_name = null } = (levels.length === 1 && level) || {}
  return { name, field_name, pandas_type: 'unicode', numpy_type: 'object', metadata: { encoding: 'UTF-8' } }
}

function entryOf(members: ReadonlyMap<string, string>, changed: Record<string, unknown[]>): string {
  const text = (key: string, json: string) => (changed[key] && listOf(json) ? JSON.stringify(changed[key]) : json)
  return `{${Array.from(members, ([key, json]) => `"${key}": ${text(key, json.trim())}`).join(', ')}}`
}

/** The list in a JSON text; undefined if it is none, or not JSON, as it may have Python's NaN: then it stays as it is. */
function listOf(json: string | undefined): unknown[] | undefined {
  if (json === undefined) return undefined
  try {
    const value: unknown = JSON.parse(json)
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The members of an object as JSON texts, because among its attributes, Python writes NaN and integers of any length. */
function membersOf(text: string): Map<string, string> {
  const members = new Map<string, string>()
  let key: string | undefined
  let start = 0
  for (const { token, index } of outerTokens(text)) {
    const part = text.slice(start, index)
    start = index + 1
    if (token === ':') key = part.trim().slice(1, -1)
    else if (key !== undefined) members.set(key, part)
  }
  return members
}

/** The braces, colons and commas of an object, but not of objects, lists and strings in it. */
function* outerTokens(text: string): Generator<{ token: string; index: number }> {
  let [depth, isInString] = [0, false]
  for (const { 0: token, index } of text.matchAll(/[{}[\],:"]|\\./gs)) {
    if (token === '"') isInString = !isInString
    if (isInString || token === '"') continue
    if (token === '{' || token === '[') depth += 1
    if (depth === 1 && token.length === 1) yield { token, index }
    if (token === '}' || token === ']') depth -= 1
  }
}
