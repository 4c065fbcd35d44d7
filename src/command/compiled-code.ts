/** Caches the command's code as compiled by V8, which speeds up the start of later runs. */
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Enables Node's compile cache (since 22.1) in the user's cache directory: Node's default, the directory for temporary
 * files, is writable by others. Nothing is cached if the directory is not writable, or with
 * NODE_DISABLE_COMPILE_CACHE=1.
 */
export function keepCompiledCode(): void {
  const module = process.getBuiltinModule('node:module')
  if (!('enableCompileCache' in module)) return
  try {
    // Threads read it from the environment.
    process.env.NODE_COMPILE_CACHE ||= join(cacheFolder(), 'softmax-stream')
    ;(module.enableCompileCache as () => void)()
  } catch {
    // The user has no home directory.
  }
}

/** As in the XDG Base Directory Specification. */
function cacheFolder(): string {
  return process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
}
