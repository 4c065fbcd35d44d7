/** The examples that load scores into a database: into a real one, all rows or none. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exampleCopy } from '../support.js'

/** The user that PostgreSQL runs as: it refuses to be root. */
const USER = (() => {
  if (userInfo().uid !== 0) return {}
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres']).toString())
  return { uid: id('-u'), gid: id('-g') }
})()

/** The programs of the newest PostgreSQL that there is. */
const PROGRAMS = (() => {
  const versions = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a))
  return `/usr/lib/postgresql/${versions[0]}/bin`
})()

/** Where its data and its socket are. It listens to no port. */
const HOME = mkdtempSync(join(tmpdir(), 'softmax-pg-'))

/** What libpq takes the database from. */
const DATABASE = {
  PGHOST: HOME,
  PGUSER: 'postgres',
  PGDATABASE: 'postgres',
  LC_MESSAGES: 'C',
  PGOPTIONS: '-c client_min_messages=warning',
}
let server: ChildProcess

beforeAll(async () => {
  if (USER.uid !== undefined) chownSync(HOME, USER.uid, USER.gid)
  const data = join(HOME, 'data')
  const options = { ...USER, cwd: HOME, stdio: 'ignore' } as const
  execFileSync(
    join(PROGRAMS, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
    options,
  )
  server = spawn(join(PROGRAMS, 'postgres'), ['-D', data, '-k', HOME, '-c', 'listen_addresses='], options)
  while (spawnSync(join(PROGRAMS, 'pg_isready'), ['-h', HOME]).status !== 0) await wait(100)
}, 60_000)

afterAll(async () => {
  const ended = once(server, 'exit')
  server.kill('SIGINT')
  await ended
  rmSync(HOME, { recursive: true, force: true })
})

const query = (sql: string) =>
  execFileSync('psql', ['-XAtc', sql], { env: { ...process.env, ...DATABASE } })
    .toString()
    .trim()

/** Runs a script of an example, whose input a test may change before. */
function run(example: string, script: string, change: (cwd: string) => void = () => {}) {
  const { cwd, env } = exampleCopy(example)
  change(cwd)
  const { status, stderr } = spawnSync('bash', [script], { cwd, env: { ...env, ...DATABASE }, encoding: 'utf8' })
  const read = (name: string) => (existsSync(join(cwd, name)) ? readFileSync(join(cwd, name), 'utf8') : undefined)
  return { cwd, status, stderr, read }
}

/** More rows than a pipe, or a block of the run, has room for; the last of them is bad. */
const badAtTheEnd = (cwd: string) => {
  const rows = Array.from({ length: 300_000 }, (_, id) => `${id + 1000},1.5,2.25,-0.125\n`)
  appendFileSync(join(cwd, 'logits.csv'), `${rows.join('')}7000000,1,2,x\n`)
}

describe.each(['run.sh', 'stream.sh'])('the example postgres, %s', (script) => {
  it('loads all rows', () => {
    query('drop table if exists scores')
    const { status, stderr, read } = run('postgres', script)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(read('loaded.csv')).toBe(read('expected.csv'))
  })

  it('loads none where a row is bad, and keeps those that are there', () => {
    query('drop table if exists scores; create table scores (id bigint primary key, label text, confidence float8)')
    query("insert into scores values (-1, 'old', 0)")
    const { status, stderr, read } = run('postgres', script, badAtTheEnd)
    expect(status).not.toBe(0)
    expect(stderr).toContain('"x" is not a number; --on-error skip skips such rows [E_CELL]')
    expect([query('select id from scores'), read('loaded.csv')]).toEqual(['-1', undefined])
  })

  it('loads none where the table refuses one, and may be run again after that', () => {
    query("truncate scores; insert into scores values (250, 'old', 0)")
    const refused = run('postgres', script)
    expect(refused.status).not.toBe(0)
    expect(refused.stderr).toContain('duplicate key')
    expect(query('select count(*) from scores')).toBe('1')
    query('truncate scores')
    expect(run('postgres', script).status).toBe(0)
    expect(query('select count(*) from scores')).toBe('500')
  })

  it('loads none into the columns of others', () => {
    query('truncate scores')
    const { status } = run('postgres', script, (cwd) => {
      writeFileSync(join(cwd, 'logits.csv'), 'key,logit_a,logit_b\n1,2,3\n')
    })
    expect(status).not.toBe(0)
    expect(query('select count(*) from scores')).toBe('0')
  })
})

describe('the example duckdb', () => {
  const count = (cwd: string) =>
    execFileSync('duckdb', ['-noheader', '-list', 'warehouse.duckdb', 'select count(*) from scores'], { cwd })
      .toString()
      .trim()

  it('loads all rows, once', () => {
    const { cwd, status, stderr, read } = run('duckdb', 'run.sh')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(read('loaded.csv')).toBe(read('expected.csv'))
    const again = spawnSync('bash', ['run.sh'], { cwd, env: exampleCopy('duckdb').env, encoding: 'utf8' })
    expect(again.status).not.toBe(0)
    expect(again.stderr).toContain('uplicate key')
    expect(count(cwd)).toBe('500')
  })

  it('loads none where a row is bad', () => {
    const { status, stderr, read } = run('duckdb', 'run.sh', badAtTheEnd)
    expect({ status, loaded: read('loaded.csv') }).toEqual({ status: 1, loaded: undefined })
    expect(stderr).toContain('"x" is not a number; --on-error skip skips such rows [E_CELL]')
  })
})
