/** Refuses URLs as files, with a command that transfers the file. */
import { existsSync } from 'node:fs'
import { SoftmaxError } from '../core/errors.js'
import { shellWord, verbText } from '../core/option-words.js'
import type { SettingsOf, Verb } from '../core/options.js'

/** The commands that write what a URL names to standard output, copy a folder from there, and copy a file there. */
interface Transfer {
  read: (url: string) => string
  readFolder?: (url: string) => string
  write?: (url: string) => string
}

const TRANSFERS: Readonly<Record<string, Transfer>> = {
  s3: {
    read: (url) => `aws s3 cp ${url} -`,
    readFolder: (url) => `aws s3 sync ${url} FOLDER/`,
    write: (url) => `aws s3 cp FILE ${url}`,
  },
  gs: {
    read: (url) => `gcloud storage cat ${url}`,
    readFolder: (url) => `gcloud storage rsync -r ${url} FOLDER/`,
    write: (url) => `gcloud storage cp FILE ${url}`,
  },
  hdfs: {
    read: (url) => `hdfs dfs -cat ${url}`,
    readFolder: (url) => `hdfs dfs -get ${url} FOLDER/`,
    write: (url) => `hdfs dfs -put FILE ${url}`,
  },
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
    throw new SoftmaxError('E_INPUT', { source: url, reason: `URLs are not supported; ${readRemedy(url, verb)}` })
  }
  for (const url of [output, rejects, stats, metrics, report].filter((path) => path !== undefined && isUrl(path))) {
    const copy = transferOf(url!)?.write?.(shellWord(url!))
    const remedy = copy === undefined ? 'write a file, and copy it there' : `write a file, and copy it with ${copy}`
    throw new SoftmaxError('E_OUTPUT', { path: url!, reason: `URLs are not supported; ${remedy}` })
  }
}

function readRemedy(url: string, verb: Verb | undefined): string {
  const transfer = transferOf(url)
  if (!transfer) return 'copy it to a file, and name that'
  const { read, readFolder } = transfer
  if (url.endsWith('/') && readFolder) return `copy it, as with ${readFolder(shellWord(url))}, and name that folder`
  return `pipe it in, as with ${read(shellWord(url))} | ${verb ? verbText(verb) : 'softmax'}`
}

/** Whether a path has a scheme, of more letters than the name of a drive, and is no file. */
function isUrl(path: string): boolean {
  return schemeOf(path).length > 1 && !existsSync(path)
}

function transferOf(url: string): Transfer | undefined {
  const scheme = schemeOf(url)
  return Object.hasOwn(TRANSFERS, scheme) ? TRANSFERS[scheme] : undefined
}

function schemeOf(path: string): string {
  const [, scheme = ''] = /^([a-z][a-z\d+.-]*):\/\//i.exec(path) ?? []
  return scheme.toLowerCase()
}
