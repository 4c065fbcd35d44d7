/** Delimited text: CSV, TSV and any other delimiter. */
import type { Format } from '../../core/record-batch.js'
import { read } from './reader.js'
import { write } from './writer.js'

export const csv: Format = { shapes: ['columns'], typed: false, read, write, encoder: (schema) => write(schema).write }
