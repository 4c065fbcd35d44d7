/**
 * Converts between the schema of a Parquet file, which lists its elements depth first, and a tree of nodes with Arrow
 * types. Lists and maps are read by the backward compatibility rules
 * (https://parquet.apache.org/docs/file-format/types/logicaltypes/#nested-types) and written in three levels.
 */

import type { Field } from '../../core/data-type.js'
import { corrupt } from './corrupt.js'
import type { SchemaElement } from './footer-types.js'
import { LOGICAL_TYPE, leafElement, leafType, physicalType } from './logical-types.js'
import type { PhysicalType } from './values.js'

/** A column of a file, or a nested field of one. */
export interface Node {
  field: Field
  /** The definition levels from which on its value exists, and from which on there is a slot for it. */
  definition: number
  slot: number
  /** How many lists enclose it. */
  repetition: number
  /** The item of a list, the entries of a map or the fields of a struct; empty for a leaf. */
  children: Node[]
  /** The index of its first leaf in the file. */
  leaf: number
  leaves: number
  /** How a leaf is stored. */
  physical?: PhysicalType
}

/** A schema element with its descendants. */
interface Tree {
  element: SchemaElement
  children: Tree[]
}

/** The nesting limit. */
const DEEPEST = 64

/** The columns of a file. */
export function nodesOf(elements: readonly SchemaElement[]): Node[] {
  const next = { element: 0, leaf: 0 }
  const root = treeOf(elements, next, DEEPEST)
  if (next.element !== elements.length) throw corrupt('its schema has elements outside its root')
  return root.children.map((child) => nodeOf(child, ROOT, next))
}

function treeOf(elements: readonly SchemaElement[], next: { element: number }, deepest: number): Tree {
  const element = elements[next.element++]
  if (!element) throw corrupt('its schema is truncated')
  if (deepest === 0) throw corrupt('its schema is nested too deeply')
  const children: Tree[] = []
  for (let left = element.childCount ?? 0; left > 0; left--) children.push(treeOf(elements, next, deepest - 1))
  return { element, children }
}

/** The levels above a node. */
interface Levels {
  definition: number
  slot: number
  repetition: number
}

const ROOT: Levels = { definition: 0, slot: 0, repetition: 0 }

/** The levels of the items of a list. */
function itemLevels({ definition, repetition }: Levels): Levels {
  return { definition: definition + 1, slot: definition + 1, repetition: repetition + 1 }
}

/** A node with its repetition; a repeated node outside a list is a list of itself. */
function nodeOf(tree: Tree, above: Levels, next: { leaf: number }): Node {
  const { repetition } = tree.element
  if (repetition !== 'REPEATED') {
    const isNullable = repetition === 'OPTIONAL'
    return valueNode(tree, isNullable, { ...above, definition: above.definition + (isNullable ? 1 : 0) }, next)
  }
  const item = valueNode(tree, false, itemLevels(above), next)
  return listNode(tree.element, false, above, item)
}

/** A node without its repetition. */
function valueNode(tree: Tree, nullable: boolean, levels: Levels, next: { leaf: number }): Node {
  const { element, children } = tree
  if (children.length === 0) return leafNode(element, nullable, levels, next)
  const kind = element.logicalType?.type ?? element.convertedType
  const [repeated] = children
  const isRepeated = children.length === 1 && repeated!.element.repetition === 'REPEATED'
  const isMap = /^MAP/.test(kind ?? '') && isRepeated && repeated!.children.length === 2
  if (isMap) return mapNode(element, nullable, levels, valueNode(repeated!, false, itemLevels(levels), next))
  if (isRepeated && /^(LIST|MAP)/.test(kind ?? '')) {
    const item = isItem(repeated!, element.name)
      ? valueNode(repeated!, false, itemLevels(levels), next)
      : nodeOf(repeated!.children[0]!, itemLevels(levels), next)
    return listNode(element, nullable, levels, item)
  }
  return structNode(
    element,
    nullable,
    levels,
    children.map((child) => nodeOf(child, levels, next)),
  )
}

/** Whether the repeated element of a list is its item, rather than a group around it. */
function isItem({ element, children }: Tree, list: string): boolean {
  if (children.length !== 1) return true
  return element.name === 'array' || element.name === `${list}_tuple` || children[0]!.element.repetition === 'REPEATED'
}

function leafNode(element: SchemaElement, nullable: boolean, levels: Levels, next: { leaf: number }): Node {
  const physical = physicalType(element)
  const { type, metadata } = leafType(element)
  const field: Field = { name: element.name, type, nullable, ...metadataOf(element, metadata) }
  return { field, ...levels, children: [], leaf: next.leaf++, leaves: 1, physical }
}

function structNode(element: SchemaElement, nullable: boolean, levels: Levels, children: Node[]): Node {
  const isVariant = element.logicalType?.type === 'VARIANT'
  const metadata = metadataOf(element, isVariant ? [LOGICAL_TYPE, 'VARIANT'] : undefined)
  const type = { kind: 'struct', fields: children.map(({ field }) => field) } as const
  return groupNode({ name: element.name, type, nullable, ...metadata }, levels, children)
}

function listNode(element: SchemaElement, nullable: boolean, levels: Levels, item: Node): Node {
  const type = { kind: 'list', layout: 'offsets', item: item.field } as const
  return groupNode({ name: element.name, type, nullable, ...metadataOf(element) }, levels, [item])
}

function mapNode(element: SchemaElement, nullable: boolean, levels: Levels, entries: Node): Node {
  const type = { kind: 'map', entries: entries.field, keysSorted: false } as const
  return groupNode({ name: element.name, type, nullable, ...metadataOf(element) }, levels, [entries])
}

function groupNode(field: Field, levels: Levels, children: Node[]): Node {
  const leaves = children.reduce((sum, child) => sum + child.leaves, 0)
  return { field, ...levels, children, leaf: children[0]!.leaf, leaves }
}

const FIELD_ID = 'PARQUET:field_id'

function metadataOf({ fieldId: id }: SchemaElement, entry?: readonly [string, string]) {
  const entries = [...(id === undefined ? [] : [[FIELD_ID, String(id)] as const]), ...(entry ? [entry] : [])]
  return entries.length > 0 ? { metadata: new Map(entries) } : {}
}

/** The schema elements of a file with these columns, root first. */
export function elementsOf(fields: readonly Field[]): SchemaElement[] {
  return [{ name: 'schema', childCount: fields.length }, ...fields.flatMap((field) => fieldElements(field))]
}

function fieldElements(field: Field, name = field.name): SchemaElement[] {
  const { type } = field
  const head = headOf(field, name)
  switch (type.kind) {
    case 'struct':
      return [
        { ...head, childCount: type.fields.length, ...variantOf(field) },
        ...type.fields.flatMap((child) => fieldElements(child)),
      ]
    case 'list':
    case 'fixed_size_list':
      return [
        { ...head, childCount: 1, convertedType: 'LIST', logicalType: { type: 'LIST' } },
        repeated('list', 1),
        ...fieldElements(type.item, 'element'),
      ]
    case 'map': {
      const [key, value] = entryFields(type.entries)
      return [
        { ...head, childCount: 1, convertedType: 'MAP', logicalType: { type: 'MAP' } },
        repeated('key_value', 2),
        ...fieldElements({ ...key, nullable: false }, 'key'),
        ...fieldElements(value, 'value'),
      ]
    }
    default:
      return [{ ...head, ...leafElement(field) }]
  }
}

function headOf({ nullable, metadata }: Field, name: string): SchemaElement {
  const id = metadata?.get(FIELD_ID)
  return {
    name,
    repetition: nullable ? 'OPTIONAL' : 'REQUIRED',
    ...(id !== undefined && /^-?\d{1,9}$/.test(id) && { fieldId: Number(id) }),
  }
}

function repeated(name: string, childCount: number): SchemaElement {
  return { name, repetition: 'REPEATED', childCount }
}

function variantOf({ metadata }: Field): Pick<SchemaElement, 'logicalType'> {
  return metadata?.get(LOGICAL_TYPE) === 'VARIANT' ? { logicalType: { type: 'VARIANT' } } : {}
}

/** The key and value fields of a map's entries. */
function entryFields({ type }: Field): [key: Field, value: Field] {
  const fields = type.kind === 'struct' ? type.fields : []
  if (fields.length !== 2) throw new TypeError('entries of a map are structs of a key and a value')
  return fields as [key: Field, value: Field]
}
