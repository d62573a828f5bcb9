import type { Deed } from './model.js'

/** What was done to the site, in order. */
export interface Diary {
  readonly deeds: readonly Deed[]
  note(text: string): void
}

export function createDiary(): Diary {
  const deeds: Deed[] = []
  return { deeds, note: (text) => void deeds.push({ at: Date.now(), text }) }
}
