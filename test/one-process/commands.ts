/** Runs of the command in one process: each takes 8 ms of processor time, where one in a process of its own takes 160. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'

/** The entry of the command as it was compiled: the bundle would be loaded as a whole by each run. */
const ENTRY = fileURLToPath(new URL('../../dist/command/main.js', import.meta.url))

interface Run {
  args: string[]
  cwd: string
  env: NodeJS.ProcessEnv
}

class Commands {
  readonly #folder = mkdtempSync(join(tmpdir(), 'softmax-runs-'))
  readonly #files = ['stdin', 'stdout', 'stderr'].map((name) => join(this.#folder, name))
  readonly #bell = new Int32Array(new SharedArrayBuffer(4))
  readonly #port = this.#start()

  #start(): MessagePort {
    const { port1, port2 } = new MessageChannel()
    const workerData = { port: port2, bell: this.#bell, entry: ENTRY, files: this.#files }
    const options = { workerData, transferList: [port2], execArgv: [] }
    new Worker(new URL('thread.js', import.meta.url), options).unref()
    port1.unref()
    return port1
  }

  /** Runs the command, and waits for its end. */
  run(run: Run, input: string | Buffer) {
    const [stdin, stdout, stderr] = this.#files as [string, string, string]
    writeFileSync(stdin, input)
    Atomics.store(this.#bell, 0, 0)
    this.#port.postMessage(run)
    Atomics.wait(this.#bell, 0, 0)
    const status: number | null = receiveMessageOnPort(this.#port)!.message
    return { status, stdout: readFileSync(stdout, 'utf8'), stderr: readFileSync(stderr, 'utf8') }
  }
}

let commands: Commands | undefined

/** Runs the command in the process of other runs. */
export function runCommand(run: Run, input: string | Buffer) {
  commands ??= new Commands()
  return commands.run(run, input)
}
