/** A thread that has a process run commands, while the thread of the tests waits. */
import { fork } from 'node:child_process'
import { workerData } from 'node:worker_threads'

const { port, bell, entry, files } = workerData
const script = new URL('process.js', import.meta.url)
/** How long a run may take, in ms. Then its process is killed, as the thread that waits has no timeout. */
const LIMIT = 120_000
let child
let limit

port.on('message', (run) => {
  child ??= start()
  limit = setTimeout(() => child.kill('SIGKILL'), LIMIT)
  child.send(run)
})

/** Starts the process. If it ends, the run has its status, and the next run has another process. */
function start() {
  const started = fork(script, [entry, ...files], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  started.on('message', reply)
  started.on('exit', (status) => {
    child = undefined
    reply(status)
  })
  return started
}

function reply(status) {
  if (!limit) return
  clearTimeout(limit)
  limit = undefined
  port.postMessage(status)
  Atomics.store(bell, 0, 1)
  Atomics.notify(bell, 0)
}
