/**
 * The csv packages, loaded on demand: most files need neither. Bundlers cannot follow that and resolve to
 * `csv-packages-in-bundle.js`: see `imports` in package.json.
 */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export const csvParse = (): typeof import('csv-parse/sync') => require('csv-parse/sync')
export const csvStringify = (): typeof import('csv-stringify/sync') => require('csv-stringify/sync')
