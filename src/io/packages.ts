/**
 * The packages that this one is made of, loaded where they are first needed: together they take 8 ms, which is more than
 * it takes to score a small file without them.
 */
import { createRequire } from 'node:module'
import streams from 'node:stream'

const require = createRequire(import.meta.url)

export const csvParse = (): typeof import('csv-parse/sync') => require('csv-parse/sync')
export const csvStringify = (): typeof import('csv-stringify/sync') => require('csv-stringify/sync')

type Through2 = typeof import('through2')
let made: Through2 | undefined

/** through2, made of Node's own streams. */
export const through2 = (): Through2 => (made ??= makeThrough2())

/**
 * Loads through2 with Node's streams in the place of the readable-stream that it brings, which is older: it has no
 * `compose`, `toArray` or `signal`, and none of its streams is an `instanceof Transform`. Its own switch for that,
 * READABLE_STREAM=disable, throws since Node 15.
 */
function makeThrough2(): Through2 {
  const path = require.resolve('through2')
  const copy = createRequire(path).resolve('readable-stream')
  const node = { exports: streams, loaded: true } as NodeModule
  return withCache({ [path]: undefined, [copy]: node }, () => require(path))
}

/** Loads with other modules in the cache, and puts back those that were there, so that nobody else sees them. */
function withCache<Result>(modules: NodeJS.Dict<NodeModule>, load: () => Result): Result {
  const before = Object.keys(modules).map((path) => [path, require.cache[path]] as const)
  try {
    putInCache(Object.entries(modules))
    return load()
  } finally {
    putInCache(before)
  }
}

function putInCache(modules: Iterable<readonly [string, NodeModule | undefined]>): void {
  for (const [path, module] of modules) {
    if (module) require.cache[path] = module
    else delete require.cache[path]
  }
}
