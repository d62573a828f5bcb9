import { expect, it } from 'vitest'
import { changed } from '../../../src/core/model/changed.js'

it('copies an object with members in it, and leaves both as they were', () => {
  const value = Object.freeze({ id: 'a', status: 'accepted', place: 1 })
  const change = Object.freeze({ status: 'sent', sentAt: 5 })
  const copy = changed(value, change)
  expect(copy).toEqual({ id: 'a', status: 'sent', place: 1, sentAt: 5 })
  expect(value).toEqual({ id: 'a', status: 'accepted', place: 1 })
  expect(change).toEqual({ status: 'sent', sentAt: 5 })
})
