// Where inputs, outputs, the Rust program and the virtual environment are.
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const FOLDER = join(tmpdir(), 'softmax-bench')
