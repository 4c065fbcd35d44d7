/** Refuses URLs as files, with a command that transfers the file. */
import { existsSync } from 'node:fs'
import { SoftmaxError } from '../core/errors.js'
import { shellWord, verbText } from '../core/option-words.js'
import type { SettingsOf, Verb } from '../core/options.js'

/** The commands that write what a URL names to standard output, and that copy a file there. */
const TRANSFERS: Readonly<Record<string, { read: (url: string) => string; write?: (url: string) => string }>> = {
  s3: { read: (url) => `aws s3 cp ${url} -`, write: (url) => `aws s3 cp FILE ${url}` },
  gs: { read: (url) => `gcloud storage cat ${url}`, write: (url) => `gcloud storage cp FILE ${url}` },
  hdfs: { read: (url) => `hdfs dfs -cat ${url}`, write: (url) => `hdfs dfs -put FILE ${url}` },
  http: { read: (url) => `curl -fsS ${url}` },
  https: { read: (url) => `curl -fsS ${url}` },
}

/** Throws E_INPUT or E_OUTPUT for a file that is a URL. */
export function requireNoUrls(
  inputs: readonly string[],
  { output, rejects, stats, metrics, report }: SettingsOf<'command'>,
  verb: Verb | undefined,
): void {
  for (const url of inputs.filter(isUrl)) {
    const pipe = `${transferOf(url).read(shellWord(url))} | ${verb ? verbText(verb) : 'softmax'}`
    throw new SoftmaxError('E_INPUT', { source: url, reason: `URLs are not supported; pipe it in, as with ${pipe}` })
  }
  for (const url of [output, rejects, stats, metrics, report].filter((path) => path !== undefined && isUrl(path))) {
    const copy = transferOf(url!).write?.(shellWord(url!))
    const remedy = copy === undefined ? 'write a file, and copy it there' : `write a file, and copy it with ${copy}`
    throw new SoftmaxError('E_OUTPUT', { path: url!, reason: `URLs are not supported; ${remedy}` })
  }
}

function isUrl(path: string): boolean {
  return Object.hasOwn(TRANSFERS, schemeOf(path)) && !existsSync(path)
}

function transferOf(url: string) {
  return TRANSFERS[schemeOf(url)]!
}

function schemeOf(path: string): string {
  const [, scheme = ''] = /^([a-z\d]+):\/\//i.exec(path) ?? []
  return scheme.toLowerCase()
}
