/**
 * A process that runs the command many times. Each run is a new instance of the command's entry module, and ends where a
 * process of its own would end: when nothing is left to wait for.
 */
import { closeSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'

const [, , entry, ...files] = process.argv
/** What a run listens to until its process ends. */
const EVENTS = ['exit', 'beforeExit', 'SIGINT', 'SIGTERM', 'SIGHUP']
const NULL = ['/dev/null', '/dev/null', '/dev/null']
const own = new Set(process.rawListeners('exit'))
/** The threads of a run, which end with its process. */
const workers = new Set()
let runs = 0

process.on('worker', (worker) => {
  workers.add(worker)
  worker.once('exit', () => workers.delete(worker))
})

process.on('message', ({ args, cwd, env }) => {
  // From now on, only the run keeps the process alive.
  process.channel.unref()
  process.chdir(cwd)
  replaceEnvironment(env)
  process.argv = [process.execPath, entry, ...args]
  openStandard(files)
  process.once('beforeExit', () => setImmediate(endRun))
  import(`${entry}?${++runs}`)
})

// The processes of the tests are ended by a signal.
process.once('disconnect', () => rmSync(dirname(files[0]), { recursive: true }))

/** Opens files as standard input, output and error: a file gets the lowest number that is free. */
function openStandard(paths) {
  for (const [descriptor, path] of paths.entries()) {
    try {
      closeSync(descriptor)
    } catch {
      // The run has closed it.
    }
    const opened = openSync(path, descriptor === 0 ? 'r' : 'w')
    if (opened !== descriptor) throw new Error(`${path} is descriptor ${opened}, not ${descriptor}`)
  }
}

function replaceEnvironment(env) {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name]
  Object.assign(process.env, env)
}

/** Does what the end of a process does, and waits for the next run. */
async function endRun() {
  // A thread that is still loading opens files, which could get the descriptors of the standard streams.
  await Promise.all(Array.from(workers, (worker) => worker.terminate()))
  for (const event of EVENTS) for (const listener of process.rawListeners(event)) endListener(event, listener)
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error')
  openStandard(NULL)
  const status = process.exitCode ?? 0
  process.exitCode = undefined
  if (!process.connected) return
  process.channel.ref()
  process.send(status)
}

function endListener(event, listener) {
  if (own.has(listener)) return
  process.off(event, listener)
  if (event === 'exit') listener()
}
