import type { Logger } from '../../src/core/adapter.js'

export interface LogLine {
  readonly level: keyof Logger
  readonly fields: object
  readonly message: string
}

/** A logger that remembers. */
export function createLogSpy(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = []
  const at =
    (level: keyof Logger) =>
    (fields: object, message: string): void => {
      lines.push({ level, fields, message })
    }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
