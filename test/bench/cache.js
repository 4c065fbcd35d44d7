// Where inputs, outputs, the native program and the virtual environment are.
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const FOLDER = join(tmpdir(), 'softmax-bench')
