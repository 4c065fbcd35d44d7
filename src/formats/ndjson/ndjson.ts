/**
 * NDJSON: a JSON object per line, or a bare array of logits.
 *
 *     {"id": 7, "logits": [1, 2, 3]}          a list
 *     {"id": 7, "logits": {"cat": 1, …}}      a record: its keys are the classes
 *     {"id": 7, "logit_cat": 1, …}            columns
 *     [1, 2, 3]
 *
 * `JSON.parse` validates each line. If the output is JSON as well, the text of a row is copied and the new keys are
 * inserted before its last brace.
 */
import type { Format } from '../../core/record-batch.js'
import { read } from './reader.js'
import { write } from './writer.js'

export const ndjson: Format = {
  shapes: ['columns', 'list', 'record'],
  typed: false,
  read,
  write,
  encoder: (schema) => write(schema).write,
}
