/** The command's code as V8 compiled it, kept from one run to the next, which starts sooner. */
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Keeps it where Node can, from version 22.1 on, in the user's own folder of caches: that of temporary files, Node's default, is one
 * that others can write to. Nothing is kept where that folder cannot be written, or with NODE_DISABLE_COMPILE_CACHE=1.
 */
export function keepCompiledCode(): void {
  const module = process.getBuiltinModule('node:module')
  if (!('enableCompileCache' in module)) return
  try {
    // Threads take it from the environment.
    process.env.NODE_COMPILE_CACHE ||= join(cacheFolder(), 'softmax-stream')
    ;(module.enableCompileCache as () => void)()
  } catch {
    // The user has no home folder.
  }
}

/** By the XDG Base Directory Specification. */
function cacheFolder(): string {
  return process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
}
