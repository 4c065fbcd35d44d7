// The machine and the versions of what runs on it.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { PEERS, PYTHON } from './peers.js'

/** One line a fact, as a Markdown list. */
export function machine({ rust }) {
  const facts = [
    `${cpus()[0].model}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}`,
    `softmax-stream ${packageVersion('../..')}, Node ${process.versions.node}`,
    `${firstLine(PYTHON, '--version')}: ${PEERS.trim().replaceAll('==', ' ').replaceAll('\n', ', ')}`,
    `csv-parse ${packageVersion('../../node_modules/csv-parse')}`,
    ...(rust ? [firstLine('rustc', '--version')] : []),
  ]
  return facts.map((fact) => `- ${fact}`).join('\n')
}

function firstLine(file, ...args) {
  return execFileSync(file, args, { encoding: 'utf8' }).split('\n')[0]
}

function packageVersion(folder) {
  return JSON.parse(readFileSync(join(import.meta.dirname, folder, 'package.json'), 'utf8')).version
}
