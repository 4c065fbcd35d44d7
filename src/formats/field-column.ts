/** Columns of formats that have types, as the options that choose columns see them. */
import { isNumeric } from '../core/column-numbers.js'
import { type DataType, type Field, fieldsOf } from '../core/data-type.js'
import type { Column, ValueType } from '../core/record-batch.js'

/** A column of a field. `width` is the number of items in a list, where it is known. */
export function columnOfField(field: Field, width = 0): Column {
  const { name, type } = field
  const valueType = valueTypeOf(field)
  return {
    name,
    type: valueType,
    field,
    sample: isNumeric(type) ? '0' : '',
    ...(valueType === 'list' && { width: type.kind === 'fixed_size_list' ? type.size : width }),
    ...(valueType === 'record' && { keys: fieldsOf(type).map(({ name }) => name) }),
  }
}

function valueTypeOf({ type, metadata }: Field): ValueType {
  if (type.kind === 'dictionary') return plainType(type.values)
  if (metadata?.get('ARROW:extension:name') === 'arrow.json') return 'json'
  return plainType(type)
}

/** Lists and structs of numbers may hold logits. */
function plainType(type: DataType): ValueType {
  const parts = fieldsOf(type)
  const areNumbers = parts.length > 0 && parts.every((part) => isNumeric(part.type))
  switch (type.kind) {
    case 'int':
      // Integers of 64 bits without a sign keep all their digits as text alone, as decimals do.
      return type.signed || type.bitWidth < 64 ? 'integer' : 'text'
    case 'float':
      return 'number'
    case 'bool':
      return 'boolean'
    case 'binary':
    case 'fixed_size_binary':
      return 'bytes'
    case 'list':
    case 'fixed_size_list':
      return areNumbers ? 'list' : 'json'
    case 'struct':
      return areNumbers ? 'record' : 'json'
    case 'map':
      return 'json'
    default:
      return 'text'
  }
}
