#!/usr/bin/env node
/** The command. Nothing is imported at once but what makes the rest start sooner. */
import { keepCompiledCode } from './command/compiled-code.js'

keepCompiledCode()
import('./command/main.js')
