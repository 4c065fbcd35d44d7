// The machine and the versions of what runs on it.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, release, type } from 'node:os'
import { join } from 'node:path'
import { PEERS } from './peers.js'

const COMMANDS = {
  pandas: ['python3', '-c', "import pandas; print('pandas', pandas.__version__)"],
  native: ['g++', '--version'],
}

/** One line a fact, as a Markdown list. */
export function machine(contestants) {
  const commands = contestants.flatMap(({ name }) => (name in COMMANDS ? [COMMANDS[name]] : []))
  const facts = [
    `${cpus()[0].model}, ${cpus().length} cores, ${type()} ${release()}`,
    `Node ${process.versions.node}`,
    ...Object.entries(PEERS).map(([name, version]) => `${name} ${version}`),
    `csv-parse ${packageVersion('csv-parse')}`,
    ...commands.map(([file, ...args]) => execFileSync(file, args, { encoding: 'utf8' }).split('\n')[0]),
  ]
  return facts.map((fact) => `- ${fact}`).join('\n')
}

function packageVersion(name) {
  const path = join(import.meta.dirname, '../../node_modules', name, 'package.json')
  return JSON.parse(readFileSync(path, 'utf8')).version
}
