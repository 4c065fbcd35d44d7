#!/usr/bin/env node
/** The entry point of the command. Imported first: only what speeds up loading the rest. */
import { keepCompiledCode } from './command/compiled-code.js'

keepCompiledCode()
import('./command/main.js')
