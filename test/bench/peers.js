// The Python packages that compete, installed on first use in a virtual environment of their own.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FOLDER } from './cache.js'

const ENVIRONMENT = join(FOLDER, 'venv')
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt')
const INSTALLED = join(ENVIRONMENT, 'requirements.txt')

export const PYTHON = join(ENVIRONMENT, 'bin/python')

/** Exact versions, a package a line: polars==2.1.0. */
export const PEERS = readFileSync(REQUIREMENTS, 'utf8')

export function installPeers() {
  if (existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === PEERS) return
  console.error(`installing ${PEERS.trim().replaceAll('\n', ', ')} in ${ENVIRONMENT}`)
  mkdirSync(FOLDER, { recursive: true })
  execFileSync('python3', ['-m', 'venv', '--clear', ENVIRONMENT], { stdio: 'inherit' })
  const options = ['--quiet', '--disable-pip-version-check', '--requirement', REQUIREMENTS]
  execFileSync(PYTHON, ['-m', 'pip', 'install', ...options], { stdio: 'inherit' })
  copyFileSync(REQUIREMENTS, INSTALLED)
}
