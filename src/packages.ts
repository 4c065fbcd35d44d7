/**
 * The packages that this one is made of, loaded where they are first needed: together they take 35 ms, which is more than
 * it takes to score a small file without them.
 */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export const csvParse = (): typeof import('csv-parse/sync') => require('csv-parse/sync')
export const csvStringify = (): typeof import('csv-stringify/sync') => require('csv-stringify/sync')
export const through2 = (): typeof import('through2').default => require('through2').default
