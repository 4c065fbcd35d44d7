/** Class names as `--labels` gives them: a list, or `@` and a file with one a line or JSON. */
import { readFileSync } from 'node:fs'
import { SoftmaxError, shown, systemReason } from './errors.js'

/** The names for `classes` classes, in column order. Throws E_LABELS where the file cannot be used or the count is off. */
export function readLabels(labels: string | readonly string[], classes: number): string[] {
  const names =
    typeof labels !== 'string' ? [...labels] : labels.startsWith('@') ? readFile(labels.slice(1)) : labels.split(',')
  if (names.length !== classes) {
    throw new SoftmaxError('E_LABELS', { reason: `${names.length} names for ${classes} classes` })
  }
  const seen = new Set<string>()
  const twice = names.find((name) => seen.size === seen.add(name).size)
  if (twice !== undefined) throw new SoftmaxError('E_LABELS', { reason: `two classes are called ${shown(twice)}` })
  return names
}

function readFile(path: string): string[] {
  const text = readText(path).replace(/^\ufeff/, '')
  if (/^\s*[[{]/.test(text)) return fromJson(text, path)
  return text.replace(/\r?\n$/, '').split(/\r?\n/)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new SoftmaxError('E_LABELS', { reason: `cannot read ${path}: ${systemReason(cause)}` }, { cause })
  }
}

/** An array of names, or a Hugging Face `config.json`, whose `id2label` maps "0", "1", … to names. */
function fromJson(text: string, path: string): string[] {
  const names = namesIn(parse(text, path))
  if (names?.every((name) => typeof name === 'string')) return names as string[]
  throw new SoftmaxError('E_LABELS', {
    reason: `${path} holds neither an array of names nor an id2label of 0, 1, 2, …`,
  })
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SoftmaxError('E_LABELS', { reason: `${path} is not JSON: ${(cause as Error).message}` }, { cause })
  }
}

function namesIn(json: unknown): unknown[] | undefined {
  if (Array.isArray(json)) return json
  const map = (json as { id2label?: Record<string, unknown> }).id2label
  if (map === null || typeof map !== 'object') return undefined
  return Array.from({ length: Object.keys(map).length }, (_, id) => (Object.hasOwn(map, id) ? map[id] : undefined))
}
