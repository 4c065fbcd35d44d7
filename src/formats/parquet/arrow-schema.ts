/**
 * The `ARROW:schema` metadata entry, with the original schema of Arrow data: types that Parquet lacks are restored from
 * it, as pyarrow does.
 */
import { type DataType, type Field, fieldsOf, type TableSchema } from '../../core/data-type.js'
import { SoftmaxError } from '../../core/errors.js'
import { encodeMessage, readMessage, readPrefix } from '../arrow/message.js'
import { numberDictionaries, readKnownFields, schemaTable } from '../arrow/schema.js'
import { LOGICAL_TYPE } from './logical-types.js'
import type { Node } from './schema.js'

export const ARROW_SCHEMA = 'ARROW:schema'

/** Adds to nodes what the Arrow schema says beyond the Parquet schema. */
export function restoreNodes(nodes: readonly Node[], entry: string | undefined): Node[] {
  const originals = entry === undefined ? [] : originalsOf(Buffer.from(entry, 'base64'))
  return nodes.map((node, index) => {
    const original = originals[index]
    return original && original.name === node.field.name ? restore(node, original) : node
  })
}

/** The fields of an encapsulated schema message; empty if it cannot be read, as columns have types without it. */
function originalsOf(message: Buffer): (Field | undefined)[] {
  if (message.length < 8) return []
  try {
    const { size, length } = readPrefix(message)
    const { kind, header } = readMessage(message.subarray(size, size + length))
    return kind === 'schema' ? readKnownFields(header) : []
  } catch (error) {
    if (error instanceof SoftmaxError) return []
    throw error
  }
}

function restore(node: Node, original: Field): Node {
  const children = restoreChildren(node, original.type)
  const type = restoreType(withChildren(node.field.type, children), original.type)
  const metadata = new Map([...(node.field.metadata ?? []), ...(original.metadata ?? [])])
  const field = { ...node.field, type, ...(metadata.size > 0 && { metadata }) }
  return { ...node, children, field }
}

function restoreChildren({ children }: Node, original: DataType): Node[] {
  const originals = fieldsOf(original)
  return originals.length === children.length
    ? children.map((child, index) => restore(child, originals[index]!))
    : children
}

function withChildren(type: DataType, children: readonly Node[]): DataType {
  const fields = children.map(({ field }) => field)
  if (type.kind === 'struct') return { ...type, fields }
  if (type.kind === 'map') return { ...type, entries: fields[0]! }
  return type.kind === 'list' ? { ...type, item: fields[0]! } : type
}

/** Restores the original type of a Parquet column; unchanged if that is impossible. */
function restoreType(type: DataType, original: DataType): DataType {
  switch (type.kind) {
    case 'list':
      if (original.kind === 'fixed_size_list') return { kind: 'fixed_size_list', size: original.size, item: type.item }
      return original.kind === 'list' ? { ...type, layout: original.layout } : type
    case 'map':
      return original.kind === 'map' ? { ...type, keysSorted: original.keysSorted } : type
    case 'utf8':
    case 'binary':
      return restoreBytes(type, original)
    case 'timestamp': {
      const timezone = original.kind === 'timestamp' ? original.timezone : undefined
      return type.timezone && timezone ? { ...type, timezone } : type
    }
    case 'int':
      return type.bitWidth === 64 && type.signed && original.kind === 'duration' ? original : type
    case 'decimal':
      return original.kind === 'decimal' && original.precision === type.precision && original.scale === type.scale
        ? original
        : type
    default:
      return type
  }
}

function restoreBytes(type: DataType & { kind: 'utf8' | 'binary' }, original: DataType): DataType {
  if (original.kind === type.kind) return { ...type, layout: original.layout }
  if (original.kind !== 'dictionary' || original.values.kind !== type.kind) return type
  return { ...original, values: type }
}

/** The entry for columns to write. What the Parquet schema already says is omitted. */
export function arrowSchemaEntry({ fields, metadata }: TableSchema): string {
  const schema = schemaTable(numberDictionaries(fields.map(withoutLogical)), metadata)
  return Buffer.concat(encodeMessage('schema', schema).pieces).toString('base64')
}

function withoutLogical(field: Field): Field {
  const { metadata, ...rest } = field
  const kept = new Map([...(metadata ?? [])].filter(([key]) => key !== LOGICAL_TYPE))
  const children = fieldsOf(field.type).map(withoutLogical)
  return { ...rest, type: withFields(field.type, children), ...(kept.size > 0 && { metadata: kept }) }
}

function withFields(type: DataType, fields: readonly Field[]): DataType {
  if (type.kind === 'struct') return { ...type, fields }
  if (type.kind === 'map') return { ...type, entries: fields[0]! }
  return type.kind === 'list' || type.kind === 'fixed_size_list' ? { ...type, item: fields[0]! } : type
}
